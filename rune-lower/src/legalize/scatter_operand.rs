//! Operands of updates that have other uses.

use crate::builder::{Builder, Val};
use rune_ir::op::Literal;
use rune_ir::{DType, Op, Program, Shape, Var};

/// Returns, for each variable, whether it is the operand of a `scatter` and has other uses.
///
/// IREE updates such an operand in place, although others still have to read it. In the derivative of a gradient of a
/// scatter, a `gather` read an array that a `scatter` updated, and the gather's result was wrong if both were results
/// (3.13.0).
pub(crate) fn contested(program: &Program) -> Vec<bool> {
    let (mut uses, mut updated) = (vec![0; program.num_vars()], vec![false; program.num_vars()]);
    for instruction in program.instructions() {
        instruction.op.operands().into_iter().for_each(|v| uses[v.index()] += 1);
        if let Some(v) = start(&instruction.op) {
            updated[v.index()] = true;
        }
    }
    program.outputs().iter().for_each(|v| uses[v.index()] += 1);
    updated.iter().zip(uses).map(|(&updated, uses)| updated && uses > 1).collect()
}

/// Returns, for each variable, whether it is a part of the array to which a `dynamic_update_slice` writes it.
///
/// IREE copies within the buffer, and fails if the ranges overlap ("source and target ranges overlap"), as in a shift
/// of a donated argument.
pub(crate) fn overlapping(program: &Program) -> Vec<bool> {
    let mut roots: Vec<Var> = (0..program.num_vars() as u32).map(Var).collect();
    let mut found = vec![false; program.num_vars()];
    for instruction in program.instructions() {
        #[allow(clippy::wildcard_enum_match_arm, reason = "all other operations compute their result elsewhere")]
        let same_memory = match &instruction.op {
            Op::Slice { x, .. } | Op::DynamicSlice { x, .. } | Op::Reshape { x, .. } | Op::StopGradient { x } => {
                Some(*x)
            }
            Op::CheckpointName { x, .. } | Op::Scatter { x, .. } => Some(*x),
            Op::DynamicUpdateSlice { x, update, .. } => {
                found[update.index()] |= roots[x.index()] == roots[update.index()];
                Some(*x)
            }
            _ => None,
        };
        if let Some(x) = same_memory {
            instruction.results().for_each(|r| roots[r.index()] = roots[x.index()]);
        }
    }
    found
}

/// Returns the operand that a scatter updates.
pub(crate) fn start(op: &Op) -> Option<Var> {
    if let Op::Scatter { x, .. } = op { Some(*x) } else { None }
}

/// Returns the update of a `dynamic_update_slice`.
pub(crate) fn source(op: &Op) -> Option<Var> {
    if let Op::DynamicUpdateSlice { update, .. } = op { Some(*update) } else { None }
}

/// Returns `x`, recomputed for one use. It adds a neutral number from behind a barrier, so that the compiler does not
/// recognize the number and remove the addition.
pub(crate) fn computed<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    let dtype = x.dtype();
    if dtype.is_float8() {
        return b.bits(&computed(b, &b.bits(x, DType::I8)), dtype);
    }
    // Only a host call scatters complex numbers, and it writes to another array.
    if dtype.is_complex() {
        return x.clone();
    }
    let neutral = if dtype.is_float() { -0.0 } else { 0.0 };
    let unknown = b.barrier(&[&b.full(Literal::from_f64(dtype, neutral), &Shape::scalar())]).remove(0);
    let everywhere = b.broadcast(&unknown, x.shape().clone(), &[]);
    if dtype.is_float() || dtype.is_int() { b.add(x, &everywhere) } else { b.or(x, &everywhere) }
}
