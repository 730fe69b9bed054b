//! Transformations: each one creates a program from a program by running its instructions under other rules.
//!
//! [`jvp`](mod@jvp) carries tangents forward. Everything that depends on a tangent is linear in it, so [`linearize`]
//! can split it from the forward pass, and [`transpose`] can run it backward. Reverse mode is these two together; there
//! are no other derivative rules.
//!
//! [`vmap`](mod@vmap) turns an operation on one batch element into one on the whole batch.

mod control;
mod cumulative;
mod derivs;
mod jvp;
mod linalg;
mod linear_programs;
mod linearize;
mod program_ext;
mod programs;
mod residuals;
mod shared;
mod tangent;
mod transpose;
mod trip_counts;
mod vmap;
mod windows;

pub(crate) use linearize::{Linear, linearize, push_forward};
pub use program_ext::ProgramExt;
pub use programs::DerivativeError;
pub(crate) use residuals::residuals;
pub use residuals::{ResidualSource, SavedResidual};
pub(crate) use trip_counts::with_known_trip_counts;
pub use vmap::VmapError;
pub(crate) use vmap::{BatchAxis, Batched, move_axis, position, vmap};

use crate::tensor::with_origin;
use crate::{Tensor, fail};
use rune_ir::Program;

/// See [`ProgramExt::apply`].
#[track_caller]
fn apply_program(program: &Program, args: &[Tensor]) -> Vec<Tensor> {
    if args.len() != program.inputs().len() {
        fail(&format!("`{}` takes {} arguments, but got {}", program.name(), program.inputs().len(), args.len()));
    }
    for (i, (arg, ty)) in args.iter().zip(program.input_types()).enumerate() {
        if arg.ty() != ty {
            fail(&format!("`{}` takes a {ty} as argument {i}, but got a {}", program.name(), arg.ty()));
        }
    }
    let mut env: Vec<Tensor> = args.to_vec();
    env.extend(program.constants().iter().map(|c| Tensor::from_value(c.clone())));
    for instruction in program.instructions() {
        let op = instruction.op.map(|v| env[v.index()].clone());
        env.extend(with_origin(&instruction.origin, || Tensor::apply(op)));
    }
    program.outputs().iter().map(|v| env[v.index()].clone()).collect()
}
