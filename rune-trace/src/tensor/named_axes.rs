//! The named axes of the enclosing `vmap`s of a function that is being called.

use super::refuse;
use rune_ir::op::{AxisName, NamedAxis};
use std::cell::RefCell;

thread_local! {
    /// The named axes, outermost first.
    static NAMED_AXES: RefCell<Vec<NamedAxis>> = const { RefCell::new(Vec::new()) };
}

/// Runs `f` inside one more named axis, which `axis_index`, `psum` and similar functions find by its name.
#[doc(hidden)]
pub fn within_axis<R>(axis: NamedAxis, f: impl FnOnce() -> R) -> R {
    struct PopOnDrop;
    impl Drop for PopOnDrop {
        fn drop(&mut self) {
            NAMED_AXES.with_borrow_mut(Vec::pop);
        }
    }
    NAMED_AXES.with_borrow_mut(|axes| axes.push(axis));
    let _pop = PopOnDrop;
    f()
}

/// Runs `f` outside of all named axes.
pub(super) fn outside_axes<R>(f: impl FnOnce() -> R) -> R {
    with_axes(&[], f)
}

/// Runs `f` inside exactly these named axes.
pub(super) fn with_axes<R>(axes: &[NamedAxis], f: impl FnOnce() -> R) -> R {
    struct Restore(Vec<NamedAxis>);
    impl Drop for Restore {
        fn drop(&mut self) {
            NAMED_AXES.set(std::mem::take(&mut self.0));
        }
    }
    let _restore = Restore(NAMED_AXES.replace(axes.to_vec()));
    f()
}

/// Returns the named axes of the `vmap`s around the code that runs in this thread, outermost first.
///
/// ```
/// use rune_trace::{Tensor, named_axes, vmap_named};
/// let f = vmap_named("i", |x: &Tensor| {
///     assert_eq!((named_axes()[0].name.as_str(), named_axes()[0].size), ("i", 3));
///     x.clone()
/// });
/// f(&Tensor::from([1, 2, 3]));
/// assert!(named_axes().is_empty());
/// ```
pub fn named_axes() -> Vec<NamedAxis> {
    NAMED_AXES.with_borrow(Clone::clone)
}

/// Returns whether the current trace is inside an axis that a `vmap` maps.
pub fn has_batch_axes() -> bool {
    NAMED_AXES.with_borrow(|axes| axes.iter().any(|axis| axis.name.ranks().is_none()))
}

/// Returns the innermost axis of this name.
///
/// # Panics
/// At the caller's line, if there is none.
#[track_caller]
pub(crate) fn named_axis(function: &str, name: &AxisName) -> NamedAxis {
    let found =
        NAMED_AXES.with_borrow(|axes| axes.iter().rev().find(|axis| axis.name.as_str() == name.as_str()).cloned());
    let Some(axis) = found else {
        let others: Vec<String> = named_axes().iter().map(|a| format!("`{}` of size {}", a.name, a.size)).collect();
        let others =
            if others.is_empty() { "there are none".to_owned() } else { format!("there are {}", others.join(" and ")) };
        refuse!(
            "{function}: no enclosing `vmap` has an axis `{name}` ({others}); name one, as with `vmap_named({:?}, f)`",
            name.as_str()
        );
    };
    axis
}

/// Names of batch axes: one, or a list of them.
pub trait AxisNames {
    /// Returns the names in order.
    fn axis_names(self) -> Vec<AxisName>;
}

macro_rules! one_name {
    ($($T:ty),*) => {$(
        impl AxisNames for $T {
            fn axis_names(self) -> Vec<AxisName> {
                vec![self.into()]
            }
        }
    )*};
}
one_name!(&str, String, AxisName, &AxisName);

impl<T: Into<AxisName>, const N: usize> AxisNames for [T; N] {
    fn axis_names(self) -> Vec<AxisName> {
        self.into_iter().map(Into::into).collect()
    }
}
impl<T: Into<AxisName>> AxisNames for Vec<T> {
    fn axis_names(self) -> Vec<AxisName> {
        self.into_iter().map(Into::into).collect()
    }
}
impl<T: Clone + Into<AxisName>> AxisNames for &[T] {
    fn axis_names(self) -> Vec<AxisName> {
        self.iter().cloned().map(Into::into).collect()
    }
}
