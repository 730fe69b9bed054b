//! Builds programs from sub-programs by running a rule on parameters.

use super::super::jvp::{Mode, jvp};
use super::super::tangent::{Dual, Tangent};
use super::super::transpose::{VariableState, transpose};
use crate::Tensor;
use crate::tensor::{Keep, begin_trace, lax, trace};
use rune_ir::op::Control;
use rune_ir::program::dependence::{DependenceKind, reached_variables, scan_iteration};
use rune_ir::{Instruction, Program, Type};
use smallvec::SmallVec;
use std::sync::Arc;

/// Returns a program of the operations that `f` applies to parameters of these types.
pub(in crate::transform) fn sub_program(
    name: &str,
    types: impl IntoIterator<Item = Type>,
    f: impl FnOnce(&[Tensor]) -> Vec<Tensor>,
) -> Arc<Program> {
    let active_trace = begin_trace();
    let params: Vec<Tensor> = types.into_iter().map(|ty| Tensor::param(ty, None, "a transformation")).collect();
    let outputs = f(&params);
    let traced = trace(name, &params, &outputs, Keep::Recorded(active_trace.end()));
    debug_assert!(traced.captured.is_empty(), "a sub-program captures nothing");
    Arc::new(traced.program)
}

/// The source of a residual of a sub-program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::transform) enum Residual {
    /// The input with this index.
    Input(usize),
    /// The result of the forward program with this index, counted after the outputs.
    Made(usize),
}

/// A linearized sub-program: its forward pass, and its linear part.
pub(in crate::transform) struct Split {
    /// Takes the inputs. Returns the outputs, and then the residuals that it computes.
    pub forward: Arc<Program>,
    /// Takes the tangents of the inputs that have one, then the residuals. Returns the tangents of the outputs that
    /// have one.
    pub linear: Arc<Program>,
    /// The residuals, in the order in which the linear program takes them.
    pub residuals: Vec<Residual>,
    /// For each output, whether it has a tangent.
    pub moving: Vec<bool>,
}

impl Split {
    /// Returns the types of the residuals that the forward program computes.
    pub fn residual_types(&self) -> Vec<Type> {
        self.forward.output_types().split_off(self.moving.len())
    }
}

/// Linearizes `program`. `moves` marks the inputs with a tangent. Outputs that `instantiate` marks always have a
/// tangent.
pub(in crate::transform) fn split(program: &Program, moves: &[bool], instantiate: &[bool]) -> Split {
    let active_trace = begin_trace();
    let params = parameters(program.input_types(), |_| true);
    let tangents = parameters(program.input_types(), |i| moves[i]);
    let outputs = move_along(program, &params, &tangents, moves, instantiate, Mode::Linearize);
    let moving: Vec<bool> = outputs.iter().map(|y| !y.t.is_zero()).collect();
    let moved: Vec<Tensor> = outputs.iter().filter_map(|y| y.t.clone().into_tensor()).collect();
    let linear = trace(&format!("{}_jvp", program.name()), &tangents, &moved, Keep::Dependent);

    let mut made = Vec::new();
    let origin = |r: &Tensor| match params.iter().position(|p| p.ptr_eq(r)) {
        Some(i) => Residual::Input(i),
        None => {
            made.push(r.clone());
            Residual::Made(made.len() - 1)
        }
    };
    let residuals = linear.captured.iter().map(origin).collect();
    let all: Vec<Tensor> = outputs.iter().map(|y| y.v.clone()).chain(made).collect();
    let forward = trace(program.name(), &params, &all, Keep::Recorded(active_trace.end()));
    debug_assert!(forward.captured.is_empty(), "a sub-program captures nothing");
    Split { forward: Arc::new(forward.program), linear: Arc::new(linear.program), residuals, moving }
}

/// Returns the JVP of `program` as a new program, and which outputs of `program` have a tangent. Outputs that
/// `instantiate` marks always have one. The new program takes the inputs of `program`, then the tangents of those that
/// `moves` marks. It returns the outputs of `program`, then the tangents of those that have one.
pub(in crate::transform) fn pushed_forward(
    program: &Program,
    moves: &[bool],
    instantiate: &[bool],
) -> (Arc<Program>, Vec<bool>) {
    let mut moving = Vec::new();
    let types = program.input_types();
    let changes = types.iter().zip(moves).filter(|(_, m)| **m).map(|(ty, _)| ty.clone());
    let pushed = sub_program(&format!("{}_jvp", program.name()), types.iter().cloned().chain(changes), |params| {
        let (values, tangents) = params.split_at(types.len());
        let outputs = move_along(program, values, tangents, moves, instantiate, Mode::Forward);
        moving = outputs.iter().map(|y| !y.t.is_zero()).collect();
        let values = outputs.iter().map(|y| y.v.clone());
        values.chain(outputs.iter().filter_map(|y| y.t.clone().into_tensor())).collect()
    });
    (pushed, moving)
}

/// Returns a loop of unknown length on which the tangents of the outputs `wanted` depend. `moves` marks the inputs with
/// a tangent. Such a loop has no reverse mode.
pub(in crate::transform) fn unbounded_loop<'a>(
    program: &'a Program,
    moves: &[bool],
    wanted: &[bool],
) -> Option<&'a Instruction> {
    let env = reached_variables(program, &DependenceKind::Tangents, moves);
    let mut needed = vec![false; program.num_vars()];
    program.outputs().iter().zip(wanted).for_each(|(v, w)| needed[v.index()] |= w & env[v.index()]);
    for instruction in program.instructions().iter().rev() {
        let results: Vec<bool> = instruction.results().map(|v| needed[v.index()]).collect();
        if !results.contains(&true) || instruction.op.is_flat() {
            continue;
        }
        let operands: Vec<bool> = instruction.op.operands().into_iter().map(|v| env[v.index()]).collect();
        let inside = match instruction.op.control() {
            Some(Control::While { .. }) => return Some(instruction),
            Some(Control::Call { program, .. } | Control::Remat { program, .. }) => {
                unbounded_loop(program, &operands, &results)
            }
            Some(Control::Case { branches, .. }) => {
                branches.iter().find_map(|b| unbounded_loop(b, &operands[1..], &results))
            }
            Some(Control::Scan { consts, carry, body, .. }) => {
                let mut marks = operands;
                scan_iteration(body, &DependenceKind::Tangents, &mut marks, consts, carry, &true);
                unbounded_loop(body, &marks, &vec![true; results.len()])
            }
            // A loop in a rule is found when the rule is transposed.
            Some(Control::CustomJvp { .. } | Control::CustomVjp { .. }) => None,
            // These are not transposed.
            Some(Control::CustomLinear { .. } | Control::CustomLinearSolve { .. }) | None => None,
        };
        if inside.is_some() {
            return inside;
        }
        instruction.op.operands().into_iter().for_each(|v| needed[v.index()] |= env[v.index()]);
    }
    None
}

/// Returns the cotangents of the inputs that are `None` in `known`. `program` must be linear in them.
pub(in crate::transform) fn pulled_back(
    program: &Program,
    known: Vec<Option<Tensor>>,
    cotangents: Vec<Option<Tensor>>,
) -> Vec<Option<Tensor>> {
    let slot = |(known, ty): (Option<Tensor>, &Type)| {
        known.map_or_else(|| VariableState::wanted(ty.clone()), VariableState::Known)
    };
    let slots = known.into_iter().zip(program.input_types()).map(slot).collect();
    transpose(program, slots, cotangents)
}

/// Returns values with tangents. There is one tangent for each value that `moving` marks.
pub(in crate::transform) fn duals(
    values: impl IntoIterator<Item = Tensor>,
    moving: &[bool],
    changes: impl IntoIterator<Item = Tensor>,
) -> SmallVec<[Dual; 2]> {
    let mut changes = changes.into_iter();
    let mut tangent = |moves: bool| if moves { Tangent::new(changes.next()) } else { Tangent::ZERO };
    values.into_iter().zip(moving).map(|(v, &m)| Dual { v, t: tangent(m) }).collect()
}

/// Returns zeros of this type.
pub(in crate::transform) fn zeros(ty: &Type) -> Tensor {
    lax::full(ty.dtype, &ty.shape, 0.0)
}

pub(super) fn parameters(types: &[Type], wanted: impl Fn(usize) -> bool) -> Vec<Tensor> {
    let wanted = types.iter().enumerate().filter(|(i, _)| wanted(*i));
    wanted.map(|(_, ty)| Tensor::param(ty.clone(), None, "a transformation")).collect()
}

pub(super) fn move_along(
    program: &Program,
    values: &[Tensor],
    tangents: &[Tensor],
    moves: &[bool],
    instantiate: &[bool],
    mode: Mode,
) -> Vec<Dual> {
    let inputs = duals(values.iter().cloned(), moves, tangents.iter().cloned());
    let mut outputs = jvp(program, inputs.into_vec(), mode);
    for (y, _) in outputs.iter_mut().zip(instantiate).filter(|(_, i)| **i) {
        y.t = Tangent::new(Some(y.tangent()));
    }
    outputs
}
