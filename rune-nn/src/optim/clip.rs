//! Clipping of updates.

use super::{GradientTransformation, Params, global_norm};
use rune_trace::{Tensor, at_caller, where_};

/// Clips each element to the range from -max to max. See [`clip`].
#[derive(Clone, Copy, Debug)]
pub struct Clip(pub f64);

/// Returns a transformation that clips each element of the updates to the range from `-max_delta` to `max_delta`.
pub fn clip(max_delta: f64) -> Clip {
    Clip(max_delta)
}

impl GradientTransformation for Clip {
    type State<P: Params> = ();
    #[track_caller]
    fn init<P: Params>(&self, _: &P) {}
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, (): &(), _: &P) -> (P, ()) {
        at_caller(|| (updates.map(&mut |u| u.clamp(-self.0, self.0)), ()))
    }
}

/// Limits the global norm of the updates. See [`clip_by_global_norm`].
#[derive(Clone, Copy, Debug)]
pub struct ClipByGlobalNorm(pub f64);

/// Returns a transformation that scales the updates down so that their global norm is at most `max_norm`.
///
/// ```
/// use rune_nn::optim::{self, GradientTransformation};
/// use rune_trace::Tensor;
/// let gradients = (Tensor::scalar(30.0f32), Tensor::scalar(40.0f32));
/// let ((a, b), ()) = optim::clip_by_global_norm(5.0).update(&gradients, &(), &gradients);
/// assert_eq!((a.item::<f32>().unwrap(), b.item::<f32>().unwrap()), (3.0, 4.0));
/// ```
#[doc(alias = "clip_grad_norm_")]
pub fn clip_by_global_norm(max_norm: f64) -> ClipByGlobalNorm {
    ClipByGlobalNorm(max_norm)
}

impl GradientTransformation for ClipByGlobalNorm {
    type State<P: Params> = ();
    #[track_caller]
    fn init<P: Params>(&self, _: &P) {}
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, (): &(), _: &P) -> (P, ()) {
        at_caller(|| {
            let norm = global_norm(updates);
            let small = norm.lt(self.0);
            let clipped = |u: &Tensor| where_(&small, u, u / norm.cast(u.dtype()) * self.0);
            (updates.map(&mut |u| clipped(u)), ())
        })
    }
}
