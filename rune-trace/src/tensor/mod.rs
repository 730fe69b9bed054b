//! Tensors: nodes of a graph that is evaluated when somebody looks.

mod display;
mod evaluate;
mod graph;
pub mod lax;
mod node;
mod origin;
mod read;
mod residuals;
mod trace;

pub use evaluate::{BACKENDS, Backend, EvalError, interpret_eagerly};
pub use node::Tensor;
pub(crate) use node::{fresh_params, next_id};
pub use origin::name_scope;
pub(crate) use origin::{current as current_origin, made_by, with_location, with_origin};
pub(crate) use trace::{Keep, trace};
