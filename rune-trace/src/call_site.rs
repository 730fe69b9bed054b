//! The user's line at which a transformation is called.

use crate::Tensor;
use crate::function::{Arguments, Function};
use crate::tensor::{Caller, fail_with, in_closure_of, with_origin};
use rune_ir::{Loc, Origin, Transform, Transforms, Type};
use std::panic::Location;

/// The place where a transformation was called, for messages about the function.
#[derive(Clone, Copy)]
pub(crate) struct CallSite {
    transform: &'static str,
    location: &'static Location<'static>,
}

impl CallSite {
    #[track_caller]
    pub(crate) fn here(transform: &'static str) -> CallSite {
        CallSite { transform, location: Location::caller() }
    }
    /// Panics at the user's line: see [`fail`].
    #[track_caller]
    pub(crate) fn fail(self, what: &str) -> ! {
        self.fail_with(what, None)
    }
    /// Like [`CallSite::fail`], for a problem with `x`.
    #[track_caller]
    pub(crate) fn fail_for(self, x: &Tensor, what: &str) -> ! {
        self.fail_with(what, x.producing_op().and_then(|(_, _, origin)| origin.loc))
    }
    #[track_caller]
    fn fail_with(self, what: &str, at: Option<Loc>) -> ! {
        fail_with(&format!("{} at {}: {what}", self.transform, self.location), at)
    }
    /// Runs `body`, the inside of a closure that was created for the user function `f` and is called with `args`.
    pub(crate) fn run_in_closure<X: Arguments, F: Function<X>, R>(
        self,
        f: &F,
        args: X::Refs<'_>,
        body: impl FnOnce() -> R,
    ) -> R {
        in_closure::<X, F, R>(Caller(self.location), self.transform, f, args, body)
    }
    /// Runs `f`. Its operations have this place as their origin, with `transform` added. Do not use it for user
    /// functions.
    pub(crate) fn run<R>(self, transform: Transform, f: impl FnOnce() -> R) -> R {
        let transforms = Transforms::NONE.then(transform);
        with_origin(&Origin { loc: Some(self.location.into()), scope: None, transforms }, f)
    }
    /// Returns a parameter of this type whose value cannot be read.
    pub(crate) fn opaque_param(self, ty: Type) -> Tensor {
        Tensor::param(ty, None, self.transform)
    }
    pub(crate) fn transform(self) -> &'static str {
        self.transform
    }
    pub(crate) fn location(self) -> &'static Location<'static> {
        self.location
    }
    /// Returns a tensor of the same type without a value.
    pub(crate) fn stand_in(self, like: &Tensor) -> Tensor {
        self.opaque_param(like.ty().clone())
    }
}

/// Runs `body`, the inside of a closure that was created for the user function `f` at the line `made`, and is called
/// with `args`. If it fails, the panic occurs inside `f`.
pub fn in_closure<X: Arguments, F: Function<X>, R>(
    made: Caller,
    transform: &'static str,
    f: &F,
    args: X::Refs<'_>,
    body: impl FnOnce() -> R,
) -> R {
    let rerun = || {
        let args = X::map(args, &mut |leaf| Tensor::param(leaf.ty().clone(), Some(leaf.clone()), transform));
        drop(f.call(&args));
    };
    in_closure_of(made, rerun, body)
}
