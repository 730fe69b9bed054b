//! Tensors: nodes of a graph that is evaluated when a tensor is read.

mod apply;
mod caller;
mod context;
mod effects;
mod evaluate;
mod graph;
mod ids;
pub mod lax;
mod named_axes;
mod node;
mod origin;
mod program;
mod read;
mod residuals;
mod trace;

pub use caller::{Caller, at_caller, fail};
pub(crate) use caller::{fail_with, in_closure_of, refuse};
pub use context::TraceContext;
pub(crate) use effects::{TraceRecord, begin_trace, discard_effects_on_none};
#[cfg(not(target_family = "wasm"))]
pub use evaluate::EVALUATORS;
#[cfg(target_family = "wasm")]
pub use evaluate::register_evaluator;
pub use evaluate::{EvalError, Evaluator, interpret_eagerly};
pub(crate) use named_axes::named_axis;
pub use named_axes::{AxisNames, has_batch_axes, named_axes, within_axis};
pub use node::Tensor;
pub(crate) use node::fresh_params;
pub use origin::name_scope;
pub(crate) use origin::{current as current_origin, with_location, with_origin, with_transform, with_user_locations};
pub(crate) use trace::{Keep, trace};

/// Runs a user function in the middle of a program. It is independent of everything that is active on this thread.
pub(crate) fn outside_trace<R>(f: impl FnOnce() -> R) -> R {
    effects::outside(|| origin::with_fresh_origin(|| named_axes::outside_axes(f)))
}
