//! The origin of operations: the caller's line, the enclosing name scopes, and overrides by transformations.

use rune_ir::{Loc, Origin, Transform, Transforms};
use std::cell::RefCell;
use std::panic::Location;
use std::sync::Arc;

thread_local! {
    static SCOPE: RefCell<Option<Arc<str>>> = const { RefCell::new(None) };
    static OVERRIDE: RefCell<Option<Origin>> = const { RefCell::new(None) };
}

/// Returns the origin of an operation that is applied now: the line of the nearest caller that is not
/// `#[track_caller]`.
#[track_caller]
pub(crate) fn current() -> Origin {
    let location = Location::caller();
    OVERRIDE.with_borrow(|o| match o {
        Some(origin) => origin.clone(),
        None => Origin {
            loc: Some(Loc::from(location)),
            scope: SCOPE.with_borrow(Clone::clone),
            transforms: Transforms::NONE,
        },
    })
}

/// Returns the origin that replaces the line of the caller, if there is one.
pub(super) fn override_origin() -> Option<Origin> {
    OVERRIDE.with_borrow(Clone::clone)
}

/// Runs a user function, whose operations keep their own lines.
pub(crate) fn with_user_locations<R>(f: impl FnOnce() -> R) -> R {
    let _restore = Restore(OVERRIDE.replace(None));
    f()
}

/// Runs `f`, whose operations have the origin `origin`.
pub(crate) fn with_origin<R>(origin: &Origin, f: impl FnOnce() -> R) -> R {
    let _restore = Restore(OVERRIDE.replace(Some(origin.clone())));
    f()
}

/// Runs `f`, whose operations have the current origin, with `transform` added.
pub(crate) fn with_transform<R>(transform: Transform, f: impl FnOnce() -> R) -> R {
    struct Restore(Transforms);
    impl Drop for Restore {
        fn drop(&mut self) {
            set(self.0);
        }
    }
    fn set(transforms: Transforms) -> Transforms {
        OVERRIDE.with_borrow_mut(|origin| match origin {
            Some(origin) => std::mem::replace(&mut origin.transforms, transforms),
            None => Transforms::NONE,
        })
    }
    let before = OVERRIDE.with_borrow(|origin| origin.as_ref().map_or(Transforms::NONE, |o| o.transforms));
    let _restore = Restore(set(before.then(transform)));
    f()
}

/// Runs `f`, whose operations have the origin `location`, unless a transformation has set another one.
pub(crate) fn with_location<R>(location: &'static Location<'static>, f: impl FnOnce() -> R) -> R {
    if OVERRIDE.with_borrow(Option::is_some) {
        return f();
    }
    let scope = SCOPE.with_borrow(Clone::clone);
    with_origin(&Origin { loc: Some(Loc::from(location)), scope, transforms: Transforms::NONE }, f)
}

struct Restore(Option<Origin>);
impl Drop for Restore {
    fn drop(&mut self) {
        OVERRIDE.set(self.0.take());
    }
}

struct RestoreScope(Option<Arc<str>>);
impl Drop for RestoreScope {
    fn drop(&mut self) {
        SCOPE.set(self.0.take());
    }
}

/// Runs `f` in the name scope `name`, which becomes part of the origin of each operation that `f` applies.
///
/// ```
/// use rune_trace::{Tensor, name_scope};
/// let y = name_scope("layer1", || Tensor::scalar(1.0f32).exp());
/// ```
#[doc(alias = "named_call")]
#[doc(alias = "named_scope")]
pub fn name_scope<R>(name: &str, f: impl FnOnce() -> R) -> R {
    let outer = SCOPE.with_borrow(Clone::clone);
    let inner = match &outer {
        Some(outer) => format!("{outer}/{name}"),
        None => name.to_owned(),
    };
    SCOPE.set(Some(inner.into()));
    let _restore_scope = RestoreScope(outer);
    f()
}

/// The origin that a thread assigns to its operations.
#[derive(Clone)]
pub(super) struct OriginContext {
    scope: Option<Arc<str>>,
    overriding: Option<Origin>,
}

impl OriginContext {
    pub fn current() -> OriginContext {
        OriginContext { scope: SCOPE.with_borrow(Clone::clone), overriding: override_origin() }
    }
}

/// Runs `f` with the origin of another thread: its operations get the scope and the origin of that thread.
pub(super) fn with_origin_context<R>(context: &OriginContext, f: impl FnOnce() -> R) -> R {
    let _restore = Restore(OVERRIDE.replace(context.overriding.clone()));
    let _restore_scope = RestoreScope(SCOPE.replace(context.scope.clone()));
    f()
}

/// Runs `f`. Its operations have their own lines, and no scope.
pub(super) fn with_fresh_origin<R>(f: impl FnOnce() -> R) -> R {
    let _restore = Restore(OVERRIDE.replace(None));
    let _restore_scope = RestoreScope(SCOPE.replace(None));
    f()
}
