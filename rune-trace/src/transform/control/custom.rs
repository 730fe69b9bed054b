//! Functions with custom derivatives.

use super::subprogram::{sub_program, zeros};
use crate::Tensor;
use crate::tensor::refuse;
use crate::tensor::{current_origin, lax};
use crate::transform::ProgramExt;
use crate::transform::jvp::Mode;
use crate::transform::tangent::{Dual, Tangent};
use crate::transform::transpose::{Cotangents, NotLinear, VariableState};
use crate::transform::vmap::{BatchAxis, Batched, vmap};
use rune_ir::op::{Control, Padding};
use rune_ir::program::dependence::{DependenceKind, reached, reached_variables, scan_iteration, while_iteration};
use rune_ir::{Instruction, Op, Program, Shape, Type};
use smallvec::SmallVec;
use std::iter::once;
use std::sync::Arc;

type Duals = SmallVec<[Dual; 2]>;

/// Returns the results of a function with a rule for tangents, and their tangents. The rule returns the results too,
/// unless it takes them as `results`. In that case, the results come from the same operation, so the rule holds for
/// derivatives of any order.
pub(in crate::transform) fn jvp_by_rule(
    args: &[Dual],
    program: &Program,
    rule: &Program,
    num_args: usize,
    results: Option<Vec<Tensor>>,
) -> Duals {
    refuse_captured("custom_jvp", &args[num_args..]);
    let values = args.iter().map(|x| x.v.clone()).chain(results.iter().flatten().cloned());
    let inputs: Vec<Tensor> = values.chain(tangents(&args[..num_args])).collect();
    let mut given = rule.apply(&inputs);
    match results {
        Some(results) => duals(results, given),
        None => {
            let changes = given.split_off(program.outputs().len());
            duals(given, changes)
        }
    }
}

/// Returns the results of a function with a rule for cotangents, and their tangents. A linear operation that can only
/// be transposed computes the tangents.
pub(in crate::transform) fn jvp_by_transpose(
    args: &[Dual],
    program: &Program,
    forward: &Program,
    backward: &Arc<Program>,
    num_args: usize,
    mode: Mode,
) -> Duals {
    refuse_captured("custom_vjp", &args[num_args..]);
    if mode == Mode::Forward {
        no_forward_mode();
    }
    let values: Vec<Tensor> = args.iter().map(|x| x.v.clone()).collect();
    let mut results = forward.apply(&values);
    let residuals = results.split_off(program.outputs().len());
    let xs = tangents(&args[..num_args]).chain(residuals).collect();
    let changes = Tensor::apply(Op::CustomLinear { xs, backward: backward.clone() });
    duals(results, changes)
}

/// Returns the results of a linear operation that can only be transposed, and their tangents.
pub(in crate::transform) fn jvp_of_linear(xs: &[Dual], backward: &Arc<Program>) -> Duals {
    let (moved, residuals) = xs.split_at(backward.outputs().len());
    // The rule does not define the derivative with respect to residuals.
    if residuals.iter().any(|x| !x.t.is_zero()) {
        no_forward_mode();
    }
    let apply = |xs: Vec<Tensor>| Tensor::apply(Op::CustomLinear { xs, backward: backward.clone() });
    let results = apply(xs.iter().map(|x| x.v.clone()).collect()).into_vec();
    let changes = apply(tangents(moved).chain(residuals.iter().map(|x| x.v.clone())).collect());
    duals(results, changes)
}

/// Returns the tangents of the floats.
fn tangents(xs: &[Dual]) -> impl Iterator<Item = Tensor> {
    xs.iter().filter(|x| x.v.dtype().is_inexact()).map(Dual::tangent)
}

/// Returns results with tangents. `changes` are the tangents of the float results.
fn duals(results: Vec<Tensor>, changes: impl IntoIterator<Item = Tensor>) -> Duals {
    let mut changes = changes.into_iter();
    let mut change = |v: &Tensor| if v.dtype().is_inexact() { Tangent::new(changes.next()) } else { Tangent::ZERO };
    results.into_iter().map(|v| Dual { t: change(&v), v }).collect()
}

fn location_suffix() -> String {
    current_origin().loc.map(|loc| format!(" at {loc}")).unwrap_or_default()
}

fn no_forward_mode() -> ! {
    refuse!(
        "custom_vjp{} has no forward mode, because its rule computes cotangents; use `custom_jvp` for both modes",
        location_suffix()
    )
}

/// The reason why there is no derivative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::transform) enum Refusal {
    /// A function is differentiated with respect to a captured value.
    Captured,
    /// A function has only a rule for cotangents, and forward mode needs one for tangents.
    NoForwardMode,
    /// A user function has no rule.
    Callback,
    /// A loop would run twice, but contains functions that must be called once.
    CalledTwice,
}

/// Returns the first operation that has no derivative with respect to the inputs and constants that `moves` marks.
pub(in crate::transform) fn refused<'a>(
    program: &'a Program,
    moves: &[bool],
    mode: Mode,
) -> Option<(&'a Instruction, Refusal)> {
    let env = reached_variables(program, &DependenceKind::Tangents, moves);
    program.instructions().iter().find_map(|instruction| {
        let mut operands: Vec<bool> = instruction.op.operands().into_iter().map(|v| env[v.index()]).collect();
        if !operands.contains(&true) {
            return None;
        }
        if instruction.op.callback().is_some() {
            return Some((instruction, Refusal::Callback));
        }
        match instruction.op.control()? {
            Control::CustomJvp { num_args, .. } | Control::CustomVjp { num_args, .. }
                if operands[num_args..].contains(&true) =>
            {
                Some((instruction, Refusal::Captured))
            }
            // The derivative follows from the equation.
            Control::CustomLinearSolve { .. } => None,
            Control::CustomVjp { .. } | Control::CustomLinear { .. } => {
                (mode == Mode::Forward).then_some((instruction, Refusal::NoForwardMode))
            }
            // The rule is differentiated instead.
            Control::CustomJvp { .. } => None,
            Control::Call { program, .. } | Control::Remat { program, .. } => refused(program, &operands, mode),
            Control::Case { branches, .. } => branches.iter().find_map(|b| refused(b, &operands[1..], mode)),
            Control::While { consts, cond, body, .. } => {
                while_iteration(cond, body, &DependenceKind::Tangents, &mut operands, consts, &true);
                let moves = operands[consts..].contains(&true);
                if moves && mode == Mode::Linearize && (cond.io_callback().or(body.io_callback())).is_some() {
                    return Some((instruction, Refusal::CalledTwice));
                }
                refused(body, &operands, Mode::Forward)
            }
            Control::Scan { consts, carry, body, .. } => {
                scan_iteration(body, &DependenceKind::Tangents, &mut operands, consts, carry, &true);
                refused(body, &operands, mode)
            }
        }
    })
}

/// Returns the cotangents of the tangents, for a linear function whose transpose is known.
pub(in crate::transform) fn transpose(
    tangents: &[&VariableState],
    residuals: &[&VariableState],
    backward: &Program,
    cotangents: &[Option<Tensor>],
    acc: &mut Cotangents,
) -> Result<(), NotLinear> {
    let known = residuals.iter().map(|x| x.known().cloned()).collect::<Result<Vec<_>, _>>()?;
    let types = &backward.input_types()[residuals.len()..];
    let cts = cotangents.iter().zip(types).map(|(ct, ty)| ct.clone().unwrap_or_else(|| zeros(ty)));
    let given = backward.apply(&known.into_iter().chain(cts).collect::<Vec<_>>());
    for (x, ct) in tangents.iter().zip(given) {
        acc.accumulate(x, || ct);
    }
    Ok(())
}

/// A rule defines no derivative with respect to captured values.
fn refuse_captured(what: &str, captured: &[Dual]) {
    let Some(x) = captured.iter().find(|x| !x.t.is_zero()) else { return };
    refuse!(
        "{what}{}: the function or its rule captured a differentiated tensor of type {}, but the rule covers only the arguments; make it an argument, or a constant with `.stop_gradient()`",
        location_suffix(),
        x.v.ty()
    )
}

/// Batches a `custom_jvp`. `mapped` says which results are mapped.
pub(in crate::transform) fn batch_custom_jvp(
    args: &[Batched],
    [program, rule]: [&Arc<Program>; 2],
    num_args: usize,
    takes_results: bool,
    mapped: &[bool],
    batch_axis: &BatchAxis,
) -> Op<Tensor> {
    let (arguments, tangents) = (mapped_marks(args), floats(&args[..num_args]));
    let changes = marked_floats(program, mapped);
    // The results that the rule takes or returns.
    let (given, asked) = if takes_results { (mapped, &[][..]) } else { (&[][..], mapped) };
    let rule = batched_program(rule, &[&arguments, given, &tangents].concat(), &[asked, &changes].concat(), batch_axis);
    let program = batched_program(program, &arguments, mapped, batch_axis);
    Op::CustomJvp { args: tensors(args), program, rule, num_args, takes_results }
}

/// Batches a `custom_vjp`. `mapped` says which results are mapped.
pub(in crate::transform) fn batch_custom_vjp(
    args: &[Batched],
    [program, forward, backward]: [&Arc<Program>; 3],
    num_args: usize,
    mapped: &[bool],
    batch_axis: &BatchAxis,
) -> Op<Tensor> {
    let arguments = mapped_marks(args);
    let residuals = reached(forward, &batch_axis.dependence(), &arguments).split_off(mapped.len());
    let moved = floats(&args[..num_args]);
    let backward = batched_backward(backward, &residuals, &marked_floats(program, mapped), &moved, batch_axis);
    let forward = batched_program(forward, &arguments, &[mapped, &residuals].concat(), batch_axis);
    let program = batched_program(program, &arguments, mapped, batch_axis);
    Op::CustomVjp { args: tensors(args), program, forward, backward, num_args }
}

/// Batches a linear operation that can only be transposed. `mapped` marks its results.
pub(in crate::transform) fn batch_custom_linear(
    xs: &[Batched],
    backward: &Program,
    mapped: &[bool],
    batch_axis: &BatchAxis,
) -> Op<Tensor> {
    let all = mapped_marks(xs);
    let (tangents, residuals) = all.split_at(backward.outputs().len());
    Op::CustomLinear { xs: tensors(xs), backward: batched_backward(backward, residuals, mapped, tangents, batch_axis) }
}

fn tensors(xs: &[Batched]) -> Vec<Tensor> {
    xs.iter().map(|x| x.t.clone()).collect()
}

pub(super) fn mapped_marks(xs: &[Batched]) -> Vec<bool> {
    xs.iter().map(|x| x.mapped).collect()
}

/// Returns the marks of the float outputs of `program`.
fn marked_floats(program: &Program, marks: &[bool]) -> Vec<bool> {
    let floats = program.output_types().into_iter().zip(marks).filter(|(ty, _)| ty.dtype.is_inexact());
    floats.map(|(_, &mark)| mark).collect()
}

/// Returns, for each float, whether it is mapped.
fn floats(xs: &[Batched]) -> Vec<bool> {
    xs.iter().filter(|x| x.t.dtype().is_inexact()).map(|x| x.mapped).collect()
}

/// Batches a rule for cotangents. An unmapped argument gets the sum of the cotangents of all batch elements.
fn batched_backward(
    backward: &Program,
    residuals: &[bool],
    results: &[bool],
    arguments: &[bool],
    batch_axis: &BatchAxis,
) -> Arc<Program> {
    let takes = [residuals, results].concat();
    let types = batched_types(backward, &takes, batch_axis);
    let any = takes.contains(&true);
    sub_program(&format!("{}_vmap", backward.name()), types, |params| {
        let inputs = params.iter().zip(&takes).enumerate().map(|(i, (p, &mapped))| {
            // An unmapped result has one cotangent, which must count only once in that sum.
            let once = i >= residuals.len() && !mapped && any;
            if once { Batched::mapped(in_first_element(p, batch_axis.size)) } else { Batched { t: p.clone(), mapped } }
        });
        let given = vmap(backward, batch_axis, inputs.collect());
        let fit = |(ct, &mapped): (Batched, &bool)| match (ct.mapped, mapped) {
            (_, true) => ct.broadcast(batch_axis.size),
            (true, false) => lax::reduce_sum(&ct.t, &[0]),
            (false, false) => ct.t,
        };
        given.into_iter().zip(arguments).map(fit).collect()
    })
}

/// Returns `x` in the first batch element, and zero in all others.
fn in_first_element(x: &Tensor, size: usize) -> Tensor {
    let first = lax::reshape(x, once(1).chain(x.shape().iter().copied()).collect::<Shape>());
    let behind = Padding { low: 0, high: size as i64 - 1, interior: 0 };
    let config = once(behind).chain(x.shape().iter().map(|_| Padding::default())).collect();
    lax::pad(&first, &zeros(&Type::scalar(x.dtype())), config)
}

/// Returns `program` for a batch. `takes` marks the inputs that are mapped, and `gives` marks the outputs that are
/// mapped.
pub(super) fn batched_program(
    program: &Program,
    takes: &[bool],
    gives: &[bool],
    batch_axis: &BatchAxis,
) -> Arc<Program> {
    let types = batched_types(program, takes, batch_axis);
    sub_program(&format!("{}_vmap", program.name()), types, |params| {
        let inputs = params.iter().zip(takes).map(|(p, &mapped)| Batched { t: p.clone(), mapped });
        let outputs = vmap(program, batch_axis, inputs.collect());
        outputs
            .into_iter()
            .zip(gives)
            .map(|(y, &mapped)| if mapped { y.broadcast(batch_axis.size) } else { y.t })
            .collect()
    })
}

/// Returns the types of the inputs of `program` for a batch.
fn batched_types(program: &Program, takes: &[bool], batch_axis: &BatchAxis) -> Vec<Type> {
    let wide = |(ty, &mapped): (&Type, &bool)| {
        let size = once(batch_axis.size).filter(|_| mapped);
        ty.with_shape(size.chain(ty.shape.iter().copied()).collect::<Shape>())
    };
    program.input_types().iter().zip(takes).map(wide).collect()
}
