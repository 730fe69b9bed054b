//! Functions that recompute values for their derivative instead of keeping them.

use crate::call_site::CallSite;
use crate::function::{Arguments, Function};
use crate::tensor::{Keep, begin_trace, fresh_params, lax, trace};
use crate::{Tensor, Tree, make_program::name_of};
use rune_ir::op::CheckpointPolicy;
use std::sync::Arc;

/// Returns a function that computes the same as `f`. Its derivative keeps no intermediate values: the backward pass
/// recomputes them from the arguments and from captured tensors. This takes more time and less memory. JAX also calls
/// it `remat`.
///
/// ```
/// use rune_trace::{Tensor, checkpoint, grad, saved_residuals};
/// let layer = |x: &Tensor| x.sin().exp().tanh();
/// let x = Tensor::from([0.5f32, 1.0]);
/// let computed = |kept: Vec<rune_trace::SavedResidual>| kept.len();
/// assert_eq!(computed(saved_residuals(layer, &x)), 3);
/// let kept = saved_residuals(checkpoint(layer), &x);
/// assert_eq!(kept.len(), 1);
/// assert_eq!(kept[0].to_string(), "[2, f32] from the argument arguments[0]");
///
/// let loss = |x: &Tensor| checkpoint(layer)(x).sum();
/// let plain = |x: &Tensor| layer(x).sum();
/// assert_eq!(grad(loss)(&x).to_vec::<f32>().unwrap(), grad(plain)(&x).to_vec::<f32>().unwrap());
/// ```
///
/// A barrier delays the recomputation until the backward pass reaches it. Neither rune nor the compiler moves anything
/// across the barrier. Checkpointed functions may be nested, and work in loops and under every transformation. Second
/// derivatives also keep no intermediate values. A function that is not differentiated does not change. `f` runs once
/// for each call, and may read values if its arguments are known.
#[track_caller]
pub fn checkpoint<'f, X, F>(f: F) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X, Output: Tree> + 'f,
{
    checkpoint_with(checkpoint_policies::nothing_saveable(), f)
}

/// Like [`checkpoint`], but keeps what `policy` allows.
///
/// ```
/// use rune_trace::{Tensor, checkpoint_policies, checkpoint_with, saved_residuals};
/// let w = Tensor::from([[0.1f32, 0.2], [0.3, 0.4]]);
/// let layer = |x: &Tensor| x.matmul(&w).sin().matmul(&w).sin();
/// let kept = saved_residuals(checkpoint_with(checkpoint_policies::dots_saveable(), layer), &Tensor::from([0.5f32, 1.0]));
/// let shown: Vec<String> = kept.iter().map(|r| r.to_string()).collect();
/// assert_eq!(kept.len(), 3);
/// assert_eq!(shown[0], "[2, 2, f32] from a captured tensor");
/// assert!(shown[1].starts_with("[2, f32] output of dot_general"));
/// assert!(shown[2].starts_with("[2, f32] output of dot_general"));
/// ```
#[track_caller]
pub fn checkpoint_with<'f, X, F>(policy: CheckpointPolicy, f: F) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X, Output: Tree> + 'f,
{
    let (name, place) = (name_of::<F>(), CallSite::here("checkpoint"));
    F::returning(move |args| {
        place.run_in_closure::<X, _, _>(&f, args, || {
            let mut leaves = Vec::new();
            X::visit(args, &mut |_, _, leaf| leaves.push(leaf.clone()));
            let active_trace = begin_trace();
            let params = fresh_params(&leaves, true, "checkpoint");
            let mut next = params.iter().cloned();
            let output = f.call(&X::map(args, &mut |_| next.next().expect("one parameter for each leaf")));
            let traced = trace(&name, &params, &output.leaves(), Keep::Recorded(active_trace.end()));
            let inputs: Vec<Tensor> = leaves.into_iter().chain(traced.captured).collect();
            let mut results = lax::remat(&Arc::new(traced.program), &inputs, &policy, false).into_iter();
            output.map(&mut |_| results.next().expect("one result for each leaf"))
        })
    })
}

/// Returns `x` under a name that a [policy](crate::checkpoint_policies) can refer to.
///
/// ```
/// use rune_trace::{Tensor, checkpoint_name, checkpoint_policies, checkpoint_with, saved_residuals};
/// let layer = |x: &Tensor| checkpoint_name(&x.exp(), "grown").sin();
/// let policy = checkpoint_policies::save_only_these_names(["grown"]);
/// let kept = saved_residuals(checkpoint_with(policy, layer), &Tensor::from([0.5f32, 1.0]));
/// assert_eq!(kept.len(), 1);
/// assert!(kept[0].to_string().starts_with("[2, f32] output of exp"));
/// ```
#[track_caller]
pub fn checkpoint_name(x: &Tensor, name: &str) -> Tensor {
    lax::checkpoint_name(x, name)
}

/// Policies of [`checkpoint_with`]; the names are JAX's.
pub mod checkpoint_policies {
    use rune_ir::op::CheckpointPolicy;

    fn owned<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Vec<String> {
        names.into_iter().map(Into::into).collect()
    }
    /// Recomputes everything, like [`checkpoint`](crate::checkpoint).
    pub fn nothing_saveable() -> CheckpointPolicy {
        CheckpointPolicy::NothingSaveable
    }
    /// Keeps everything that is needed, as without `checkpoint`.
    pub fn everything_saveable() -> CheckpointPolicy {
        CheckpointPolicy::EverythingSaveable
    }
    /// Keeps products and convolutions, which take long to compute.
    #[doc(alias = "checkpoint_dots")]
    pub fn dots_saveable() -> CheckpointPolicy {
        CheckpointPolicy::DotsSaveable
    }
    /// Keeps products without batch axes: those with parameters, but not those inside attention.
    #[doc(alias = "checkpoint_dots_with_no_batch_dims")]
    pub fn dots_with_no_batch_dims_saveable() -> CheckpointPolicy {
        CheckpointPolicy::DotsWithNoBatchDimsSaveable
    }
    /// Keeps values with one of these [names](crate::checkpoint_name).
    pub fn save_only_these_names<S: Into<String>>(names: impl IntoIterator<Item = S>) -> CheckpointPolicy {
        CheckpointPolicy::SaveOnlyTheseNames(owned(names))
    }
    /// Keeps values with a [name](crate::checkpoint_name), except these names.
    pub fn save_any_names_but_these<S: Into<String>>(names: impl IntoIterator<Item = S>) -> CheckpointPolicy {
        CheckpointPolicy::SaveAnyNamesButThese(owned(names))
    }
    /// Keeps everything except values with one of these [names](crate::checkpoint_name). (JAX 0.10 keeps these too.)
    pub fn save_anything_except_these_names<S: Into<String>>(names: impl IntoIterator<Item = S>) -> CheckpointPolicy {
        CheckpointPolicy::SaveAnythingExceptTheseNames(owned(names))
    }
    /// Keeps what either policy keeps.
    pub fn save_from_both_policies(one: CheckpointPolicy, other: CheckpointPolicy) -> CheckpointPolicy {
        CheckpointPolicy::SaveFromBothPolicies(Box::new((one, other)))
    }
}
