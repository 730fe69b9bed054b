//! Derivatives of functions. All of them work in the same way. First, a function [runs](TracedFunction) once on
//! parameters that know their arguments, with its own control flow and effects, and becomes a program. Then the program
//! is transformed.

mod checkpoint;
mod constant;
mod custom;
mod custom_jvp;
mod custom_vjp;
mod grad;
mod implicit;
mod jacobian;
mod jvp;
mod linearize;
mod residuals;
mod traced_function;

pub use checkpoint::{checkpoint, checkpoint as remat, checkpoint_name, checkpoint_policies, checkpoint_with};
pub use constant::no_grad;
pub use custom_jvp::{custom_jvp, custom_tangent};
pub use custom_vjp::custom_vjp;
pub use grad::{
    grad, grad_argnums, grad_aux, grad_aux_argnums, grad_holomorphic, value_and_grad, value_and_grad_argnums,
    value_and_grad_aux, value_and_grad_aux_argnums, value_and_grad_holomorphic,
};
pub use implicit::{TensorFn, custom_linear_solve, custom_root};
pub use jacobian::{
    Hessian, Jacobian, hessian, hessian_argnums, hessian_aux, hessian_aux_argnums, jacfwd, jacfwd_argnums, jacfwd_aux,
    jacfwd_aux_argnums, jacfwd_holomorphic, jacrev, jacrev_argnums, jacrev_aux, jacrev_aux_argnums, jacrev_holomorphic,
};
pub use jvp::{hvp, jvp, jvp_aux};
pub use linearize::{Linearized, Pullback, linear_transpose, linearize, vjp, vjp_aux};
pub use residuals::{print_saved_residuals, saved_residuals};

pub(crate) use jvp::forward;
pub(crate) use linearize::linearize_at;
use traced_function::TracedFunction;
pub(crate) use traced_function::{DerivativeKind, float_leaves, gradients};
