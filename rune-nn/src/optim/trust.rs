//! Scaling of updates relative to the parameters.

use super::leaves::{accumulation_dtype, expect_shapes, zip};
use super::{GradientTransformation, Params};
use rune_trace::{Tensor, at_caller, where_};

#[track_caller]
fn norm(x: &Tensor) -> Tensor {
    x.cast(accumulation_dtype(x.dtype())).square().sum().sqrt()
}

#[track_caller]
fn root_mean_square(x: &Tensor) -> Tensor {
    x.cast(accumulation_dtype(x.dtype())).square().mean().sqrt()
}

/// Scales the updates of each leaf to the norm of the parameters of the leaf (You et al., 2020). If the norm of the
/// updates or of the parameters is 0, the updates stay the same.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByTrustRatio;

impl GradientTransformation for ScaleByTrustRatio {
    type State<P: Params> = ();
    #[track_caller]
    fn init<P: Params>(&self, _: &P) {}
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, (): &(), params: &P) -> (P, ()) {
        at_caller(|| {
            expect_shapes("gradients", updates, "parameters", params);
            let scaled = zip(updates, [params], |u, [p]| {
                let (of_update, of_param) = (norm(u), norm(p));
                let none = of_update.eq(0.0) | of_param.eq(0.0);
                u * where_(none, 1.0, of_param / of_update).cast(u.dtype())
            });
            (scaled, ())
        })
    }
}

/// Multiplies the updates of each leaf by the root mean square of its parameters, which counts as at least 1e-3.
#[derive(Clone, Copy, Debug)]
pub struct ScaleByParamBlockRms;

impl GradientTransformation for ScaleByParamBlockRms {
    type State<P: Params> = ();
    #[track_caller]
    fn init<P: Params>(&self, _: &P) {}
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, (): &(), params: &P) -> (P, ()) {
        at_caller(|| {
            expect_shapes("gradients", updates, "parameters", params);
            let scaled = zip(updates, [params], |u, [p]| u * root_mean_square(p).maximum(1e-3).cast(u.dtype()));
            (scaled, ())
        })
    }
}

/// Scales the updates of each leaf down so that their root mean square is at most this number.
#[derive(Clone, Copy, Debug)]
pub struct ClipByBlockRms(pub f64);

/// Returns a transformation that scales the updates of each leaf down so that their root mean square is at most
/// `threshold`.
pub fn clip_by_block_rms(threshold: f64) -> ClipByBlockRms {
    ClipByBlockRms(threshold)
}

impl GradientTransformation for ClipByBlockRms {
    type State<P: Params> = ();
    #[track_caller]
    fn init<P: Params>(&self, _: &P) {}
    #[track_caller]
    fn update<P: Params>(&self, updates: &P, (): &(), _: &P) -> (P, ()) {
        at_caller(|| {
            let clipped = |u: &Tensor| u / (root_mean_square(u) / self.0).maximum(1.0).cast(u.dtype());
            (updates.map(&mut |u| clipped(u)), ())
        })
    }
}
