//! Parts of a function that differentiation ignores.

use crate::Tree;
use crate::tensor::{at_caller, with_user_locations};

/// Returns the result of `f` as constants for differentiation: applies
/// [`Tensor::stop_gradient`](crate::Tensor::stop_gradient) to its float leaves.
///
/// `no_grad` affects only the result of `f`. Tensors that `f` captures do not change, and their uses elsewhere are
/// differentiated as usual. If a tensor leaves `f` in another way than through the result, it does not change either.
///
/// ```
/// use rune_trace::{Tensor, grad, no_grad};
/// let f = |x: &Tensor| x * no_grad(|| x * x);
/// assert_eq!(grad(f)(&Tensor::scalar(3.0f32)).item::<f32>().unwrap(), 9.0);
/// ```
#[track_caller]
pub fn no_grad<Y: Tree>(f: impl FnOnce() -> Y) -> Y {
    let y = with_user_locations(f);
    at_caller(|| y.map(&mut |y| if y.dtype().is_inexact() { y.stop_gradient() } else { y.clone() }))
}
