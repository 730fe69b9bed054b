//! What differentiation does not see.

use crate::Tree;
use crate::tensor::{at_caller, users};

/// What `f` returns, as constants to differentiation: its float leaves are wrapped in [`Tensor::stop_gradient`](crate::Tensor::stop_gradient).
///
/// It concerns what is computed inside. Tensors that `f` captures stay what they are, and uses of them outside are differentiated as
/// ever; a tensor that leaves `f` by another way than its result is not wrapped.
///
/// ```
/// use rune_trace::{Tensor, grad, no_grad};
/// let f = |x: &Tensor| x * no_grad(|| x * x);
/// assert_eq!(grad(f)(&Tensor::scalar(3.0f32)).item::<f32>().unwrap(), 9.0);
/// ```
#[track_caller]
pub fn no_grad<Y: Tree>(f: impl FnOnce() -> Y) -> Y {
    let y = users(f);
    at_caller(|| y.map(&mut |y| if y.dtype().is_inexact() { y.stop_gradient() } else { y.clone() }))
}
