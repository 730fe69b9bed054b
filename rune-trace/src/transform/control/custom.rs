//! Functions with derivatives of their own.

use super::subprogram::{sub_program, zeros};
use crate::Tensor;
use crate::tensor::refuse;
use crate::tensor::{current_origin, lax};
use crate::transform::ProgramExt;
use crate::transform::jvp::Mode;
use crate::transform::tangent::{Dual, Tangent};
use crate::transform::transpose::{Acc, NotLinear, Slot};
use crate::transform::vmap::{Batched, Lanes, vmap};
use rune_ir::op::{Control, Padding};
use rune_ir::program::dependence::{Along, reached, reached_variables, scan_turn, while_turn};
use rune_ir::{Instruction, Op, Program, Shape, Type};
use smallvec::SmallVec;
use std::iter::once;
use std::sync::Arc;

type Duals = SmallVec<[Dual; 2]>;

/// The results of a function with a rule for tangents, and their tangents. The rule gives the results unless they are
/// `results`, which it takes. These are of the same operation, so that the rule holds for derivatives of any order.
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

/// The results of a function with a rule for cotangents, and their tangents: a linear operation that only has a
/// transpose.
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

/// The results of a linear operation that only has a transpose, and their tangents.
pub(in crate::transform) fn jvp_of_linear(xs: &[Dual], backward: &Arc<Program>) -> Duals {
    let (moved, residuals) = xs.split_at(backward.outputs().len());
    // The residuals belong to the function that is not known.
    if residuals.iter().any(|x| !x.t.is_zero()) {
        no_forward_mode();
    }
    let apply = |xs: Vec<Tensor>| Tensor::apply(Op::CustomLinear { xs, backward: backward.clone() });
    let results = apply(xs.iter().map(|x| x.v.clone()).collect()).into_vec();
    let changes = apply(tangents(moved).chain(residuals.iter().map(|x| x.v.clone())).collect());
    duals(results, changes)
}

/// The tangents of those that are of a float dtype.
fn tangents(xs: &[Dual]) -> impl Iterator<Item = Tensor> {
    xs.iter().filter(|x| x.v.dtype().is_inexact()).map(Dual::tangent)
}

/// Results with tangents, which are those of the results of a float dtype.
fn duals(results: Vec<Tensor>, changes: impl IntoIterator<Item = Tensor>) -> Duals {
    let mut changes = changes.into_iter();
    let mut change = |v: &Tensor| if v.dtype().is_inexact() { Tangent::new(changes.next()) } else { Tangent::ZERO };
    results.into_iter().map(|v| Dual { t: change(&v), v }).collect()
}

fn place() -> String {
    current_origin().loc.map(|loc| format!(" at {loc}")).unwrap_or_default()
}

fn no_forward_mode() -> ! {
    refuse!(
        "custom_vjp{}: there is no forward mode: the rule is for cotangents; `custom_jvp` serves both modes",
        place()
    )
}

/// What a derivative is refused for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::transform) enum Refusal {
    /// A function is differentiated by what it captured.
    Captured,
    /// A function has a rule for cotangents, and forward mode asks for one for tangents.
    NoForwardMode,
    /// A function of the user's has no rule at all.
    Callback,
    /// A loop would be run twice, with functions in it that are to be called once.
    CalledTwice,
}

/// The first operation that refuses to move with those inputs and constants that `moves` marks.
pub(in crate::transform) fn refused<'a>(
    program: &'a Program,
    moves: &[bool],
    mode: Mode,
) -> Option<(&'a Instruction, Refusal)> {
    let env = reached_variables(program, &Along::Tangents, moves);
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
            Control::CustomVjp { .. } | Control::CustomLinear { .. } => {
                (mode == Mode::Forward).then_some((instruction, Refusal::NoForwardMode))
            }
            // The rule is what is differentiated.
            Control::CustomJvp { .. } => None,
            Control::Call { program, .. } | Control::Remat { program, .. } => refused(program, &operands, mode),
            Control::Case { branches, .. } => branches.iter().find_map(|b| refused(b, &operands[1..], mode)),
            Control::While { consts, cond, body, .. } => {
                while_turn(cond, body, &Along::Tangents, &mut operands, consts, &true);
                let moves = operands[consts..].contains(&true);
                if moves && mode == Mode::Linearize && (cond.io_callback().or(body.io_callback())).is_some() {
                    return Some((instruction, Refusal::CalledTwice));
                }
                refused(body, &operands, Mode::Forward)
            }
            Control::Scan { consts, carry, body, .. } => {
                scan_turn(body, &Along::Tangents, &mut operands, consts, carry, &true);
                refused(body, &operands, mode)
            }
        }
    })
}

/// The cotangents of the tangents of a linear function of which only the transpose is known.
pub(in crate::transform) fn transpose(
    tangents: &[&Slot],
    residuals: &[&Slot],
    backward: &Program,
    cotangents: &[Option<Tensor>],
    acc: &mut Acc,
) -> Result<(), NotLinear> {
    let known = residuals.iter().map(|x| x.known().cloned()).collect::<Result<Vec<_>, _>>()?;
    let types = &backward.input_types()[residuals.len()..];
    let cts = cotangents.iter().zip(types).map(|(ct, ty)| ct.clone().unwrap_or_else(|| zeros(ty)));
    let given = backward.apply(&known.into_iter().chain(cts).collect::<Vec<_>>());
    for (x, ct) in tangents.iter().zip(given) {
        acc.give(x, || ct);
    }
    Ok(())
}

/// A rule tells nothing of how results move with what the function captured.
fn refuse_captured(what: &str, captured: &[Dual]) {
    let Some(x) = captured.iter().find(|x| !x.t.is_zero()) else { return };
    refuse!(
        "{what}{}: a tensor of type {} that the function or its rule captured is differentiated by, and the rule is for the \
         arguments alone; make it an argument, or a constant with `.stop_gradient()`",
        place(),
        x.v.ty()
    )
}

/// A function with a rule for tangents, on all lanes. `mapped` marks its results.
pub(in crate::transform) fn batch_custom_jvp(
    args: &[Batched],
    [program, rule]: [&Arc<Program>; 2],
    num_args: usize,
    takes_results: bool,
    mapped: &[bool],
    lanes: &Lanes,
) -> Op<Tensor> {
    let (arguments, tangents) = (marks(args), floats(&args[..num_args]));
    let changes = marked_floats(program, mapped);
    // What the rule takes or gives of results.
    let (given, asked) = if takes_results { (mapped, &[][..]) } else { (&[][..], mapped) };
    let rule = wide(rule, &[&arguments, given, &tangents].concat(), &[asked, &changes].concat(), lanes);
    let program = wide(program, &arguments, mapped, lanes);
    Op::CustomJvp { args: tensors(args), program, rule, num_args, takes_results }
}

/// A function with a rule for cotangents, on all lanes. `mapped` marks its results.
pub(in crate::transform) fn batch_custom_vjp(
    args: &[Batched],
    [program, forward, backward]: [&Arc<Program>; 3],
    num_args: usize,
    mapped: &[bool],
    lanes: &Lanes,
) -> Op<Tensor> {
    let arguments = marks(args);
    let residuals = reached(forward, &lanes.along(), &arguments).split_off(mapped.len());
    let moved = floats(&args[..num_args]);
    let backward = wide_backward(backward, &residuals, &marked_floats(program, mapped), &moved, lanes);
    let forward = wide(forward, &arguments, &[mapped, &residuals].concat(), lanes);
    let program = wide(program, &arguments, mapped, lanes);
    Op::CustomVjp { args: tensors(args), program, forward, backward, num_args }
}

/// A linear operation that only has a transpose, on all lanes. `mapped` marks its results.
pub(in crate::transform) fn batch_custom_linear(
    xs: &[Batched],
    backward: &Program,
    mapped: &[bool],
    lanes: &Lanes,
) -> Op<Tensor> {
    let all = marks(xs);
    let (tangents, residuals) = all.split_at(backward.outputs().len());
    Op::CustomLinear { xs: tensors(xs), backward: wide_backward(backward, residuals, mapped, tangents, lanes) }
}

fn tensors(xs: &[Batched]) -> Vec<Tensor> {
    xs.iter().map(|x| x.t.clone()).collect()
}

fn marks(xs: &[Batched]) -> Vec<bool> {
    xs.iter().map(|x| x.mapped).collect()
}

/// The marks of those outputs of `program` that are of a float dtype.
fn marked_floats(program: &Program, marks: &[bool]) -> Vec<bool> {
    let floats = program.output_types().into_iter().zip(marks).filter(|(ty, _)| ty.dtype.is_inexact());
    floats.map(|(_, &mark)| mark).collect()
}

/// For each of those of a float dtype whether it is mapped.
fn floats(xs: &[Batched]) -> Vec<bool> {
    xs.iter().filter(|x| x.t.dtype().is_inexact()).map(|x| x.mapped).collect()
}

/// The rule for cotangents on all lanes. What is the same for all lanes gets the sum of what all of them give.
fn wide_backward(
    backward: &Program,
    residuals: &[bool],
    results: &[bool],
    arguments: &[bool],
    lanes: &Lanes,
) -> Arc<Program> {
    let takes = [residuals, results].concat();
    let types = wide_types(backward, &takes, lanes);
    let any = takes.contains(&true);
    sub_program(&format!("{}_vmap", backward.name()), types, |params| {
        let inputs = params.iter().zip(&takes).enumerate().map(|(i, (p, &mapped))| {
            // A result that is the same for all lanes has one cotangent, which counts once in that sum.
            let once = i >= residuals.len() && !mapped && any;
            if once { Batched::mapped(in_first_lane(p, lanes.size)) } else { Batched { t: p.clone(), mapped } }
        });
        let given = vmap(backward, lanes, inputs.collect());
        let fit = |(ct, &mapped): (Batched, &bool)| match (ct.mapped, mapped) {
            (_, true) => ct.spread(lanes.size),
            (true, false) => lax::reduce_sum(&ct.t, &[0]),
            (false, false) => ct.t,
        };
        given.into_iter().zip(arguments).map(fit).collect()
    })
}

/// `x` in the first lane, zero in all others.
fn in_first_lane(x: &Tensor, size: usize) -> Tensor {
    let first = lax::reshape(x, once(1).chain(x.shape().iter().copied()).collect::<Shape>());
    let behind = Padding { low: 0, high: size as i64 - 1, interior: 0 };
    let config = once(behind).chain(x.shape().iter().map(|_| Padding::default())).collect();
    lax::pad(&first, &zeros(&Type::scalar(x.dtype())), config)
}

/// `program` on all lanes, with those inputs mapped that `takes` marks, and those outputs that `gives` marks.
fn wide(program: &Program, takes: &[bool], gives: &[bool], lanes: &Lanes) -> Arc<Program> {
    let types = wide_types(program, takes, lanes);
    sub_program(&format!("{}_vmap", program.name()), types, |params| {
        let inputs = params.iter().zip(takes).map(|(p, &mapped)| Batched { t: p.clone(), mapped });
        let outputs = vmap(program, lanes, inputs.collect());
        outputs.into_iter().zip(gives).map(|(y, &mapped)| if mapped { y.spread(lanes.size) } else { y.t }).collect()
    })
}

/// The types of the inputs of `program` on all lanes.
fn wide_types(program: &Program, takes: &[bool], lanes: &Lanes) -> Vec<Type> {
    let wide = |(ty, &mapped): (&Type, &bool)| {
        let size = once(lanes.size).filter(|_| mapped);
        ty.with_shape(size.chain(ty.shape.iter().copied()).collect::<Shape>())
    };
    program.input_types().iter().zip(takes).map(wide).collect()
}
