//! Branches and loops. Their programs become regions, which can use values from outside.

use super::instructions;
use crate::attr;
use crate::builder::{Builder, Val};
use crate::legalize::{branches, carried, waits};
use crate::module_lowering::{EmitError, ModuleLowering};
use rune_ir::op::{Comparison, Control, Literal};
use rune_ir::{DType, Program, Shape, Type};
use std::sync::Arc;

type Emitted<'c> = Result<Vec<Val<'c>>, EmitError>;

/// Emits a program into the current block, and returns its outputs.
pub(super) fn inline<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    program: &Program,
    inputs: Vec<Val<'c>>,
) -> Emitted<'c> {
    instructions(b, lowering, program, inputs).map_err(EmitError::Within)
}

pub(super) fn case<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    index: &Val<'c>,
    args: &[Val<'c>],
    branches: &[Arc<Program>],
    types: &[&Type],
) -> Emitted<'c> {
    if let [only] = branches {
        return inline(b, lowering, only, args.to_vec());
    }
    // StableHLO takes the last branch for an out-of-range index, even a negative one.
    let index = b.max(index, &b.number(0.0, index));
    let token = branches.iter().any(|p| p.has_effects()).then(|| lowering.token(b));
    let regions = branches.iter().map(|p| {
        b.try_region(&[], |b, _| {
            let outputs = within(b, lowering, token.clone(), |b| inline(b, lowering, p, args.to_vec()))?;
            Ok::<_, EmitError>(branches::results(b, &outputs))
        })
    });
    let regions = regions.collect::<Result<Vec<_>, _>>()?;
    let types: Vec<Type> = types.iter().map(|&t| t.clone()).chain(token.iter().map(|t| t.ty.clone())).collect();
    Ok(after(lowering, token.is_some(), b.op("stablehlo.case", &[&index], &[], regions, &types)))
}

pub(super) fn while_loop<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    args: &[Val<'c>],
    consts: usize,
    cond: &Program,
    body: &Program,
) -> Emitted<'c> {
    let args = carried::initial_of_while(b, args);
    let (fixed, init) = args.split_at(consts);
    looped(
        b,
        lowering,
        cond.has_effects() || body.has_effects(),
        init,
        |b, carried| Ok(inline(b, lowering, cond, [fixed, carried].concat())?.remove(0)),
        |b, carried| {
            let next = inline(b, lowering, body, [fixed, carried].concat())?;
            Ok(carried::copied(b, carried, next))
        },
    )
}

/// Returns the results of `emit` inside a region. If there are effects, they follow the effect of `token`, and the last
/// result is the region's final token.
fn within<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    token: Option<Val<'c>>,
    emit: impl FnOnce(&Builder<'c>) -> Emitted<'c>,
) -> Emitted<'c> {
    let Some(token) = token else { return emit(b) };
    lowering.set_token(token);
    let mut results = emit(b)?;
    results.push(lowering.token(b));
    Ok(results)
}

/// Returns the results of an operation. If there are effects, the last result is their token, which is removed and
/// recorded for the next effect.
fn after<'c>(lowering: &ModuleLowering<'c>, effects: bool, mut results: Vec<Val<'c>>) -> Vec<Val<'c>> {
    if effects && let Some(token) = results.pop() {
        lowering.set_token(token);
    }
    results
}

/// Emits StableHLO's `while` from `init`. If there are effects, the loop also carries their token.
fn looped<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    effects: bool,
    init: &[Val<'c>],
    cond: impl FnOnce(&Builder<'c>, &[Val<'c>]) -> Result<Val<'c>, EmitError>,
    body: impl FnOnce(&Builder<'c>, &[Val<'c>]) -> Emitted<'c>,
) -> Emitted<'c> {
    let token = effects.then(|| lowering.token(b));
    let init: Vec<&Val<'c>> = init.iter().chain(&token).collect();
    let types: Vec<Type> = init.iter().map(|x| x.ty.clone()).collect();
    let parts = |all: &[Val<'c>]| match effects {
        true => (all[..all.len() - 1].to_vec(), all.last().cloned()),
        false => (all.to_vec(), None),
    };
    let cond = b.try_region(&types, |b, all| {
        let (carried, token) = parts(all);
        waits::note_carried(b.context, &carried);
        // The condition comes before the body, and so do its effects.
        let mut holds = within(b, lowering, token, |b| Ok(vec![cond(b, &carried)?]))?;
        holds.truncate(1);
        Ok(holds)
    })?;
    let body = b.try_region(&types, |b, all| {
        let (carried, token) = parts(all);
        waits::note_carried(b.context, &carried);
        within(b, lowering, token, |b| body(b, &carried))
    })?;
    Ok(after(lowering, effects, b.op("stablehlo.while", &init, &[], vec![cond, body], &types)))
}

/// The mapping of iterations of a compiled loop to positions of a scan.
pub(super) struct UnrollPlan {
    length: usize,
    reverse: bool,
    /// The number of positions per iteration.
    unroll: usize,
}

impl UnrollPlan {
    pub fn new(length: usize, reverse: bool, unroll: usize, body: &Program) -> UnrollPlan {
        let unroll = if unroll == 0 { unroll_for(body) } else { unroll };
        UnrollPlan { length, reverse, unroll: unroll.min(length) }
    }
    /// Returns the position of a step; both count from 0.
    fn position(&self, step: usize) -> usize {
        if self.reverse { self.length - 1 - step } else { step }
    }
}

/// The approximate number of instructions to unroll into one iteration.
const UNROLLED: usize = 128;

/// Returns the number of steps to unroll into one iteration.
///
/// IREE needs some µs for each iteration in addition to its computation, and one more step per iteration costs little
/// compile time. Small bodies therefore gain from unrolling (docs/performance.md has figures). Bodies with loops or
/// branches are not unrolled: nested unrolling multiplies, and IREE fails on many loops or branches in a row ("failed
/// to solve for timepoint coverage").
fn unroll_for(body: &Program) -> usize {
    const MAX_UNROLLED: usize = 8;
    match straight(body) {
        Some(length) => (UNROLLED / length.max(1)).clamp(1, MAX_UNROLLED),
        None => 1,
    }
}

/// Returns the number of instructions of a program and the programs it calls. Returns `None` if it contains loops or
/// branches, or more instructions than an iteration should hold: nested calls can be too many to count.
fn straight(program: &Program) -> Option<usize> {
    program.instructions().iter().try_fold(0usize, |sum, instruction| {
        let length = match instruction.op.control() {
            Some(Control::Case { .. } | Control::While { .. } | Control::Scan { .. }) => return None,
            Some(
                Control::Call { program, .. }
                | Control::Remat { program, .. }
                | Control::CustomJvp { program, .. }
                | Control::CustomVjp { program, .. },
            ) => straight(program)?.max(1),
            Some(Control::CustomLinearSolve { solve, .. }) => straight(solve)?.max(1),
            Some(Control::CustomLinear { .. }) | None => 1,
        };
        Some(sum + length).filter(|&sum| sum <= UNROLLED)
    })
}

pub(super) fn scan<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    fixed: &[Val<'c>],
    init: &[Val<'c>],
    xs: &[Val<'c>],
    body: &Program,
    plan: UnrollPlan,
) -> Emitted<'c> {
    let UnrollPlan { length, unroll, .. } = plan;
    let carry = init.len();
    let stacked = body.output_types().split_off(carry);
    if length == 0 {
        let empty = stacked.iter().map(|ty| b.number_of(0.0, ty.dtype, &batched(ty, 0)));
        return Ok(init.iter().cloned().chain(empty).collect());
    }
    // Takes several steps. They read slices of the stacked arrays along their first axis.
    let steps = |b: &Builder<'c>, fixed: &[Val<'c>], mut carried: Vec<Val<'c>>, rows: &[Val<'c>], count: usize| {
        let mut stacks: Vec<Vec<Val<'c>>> = vec![Vec::new(); stacked.len()];
        for step in 0..count {
            let row = if plan.reverse { count - 1 - step } else { step };
            let slices = rows.iter().map(|x| b.reshape(&b.slice_axis(x, 0, row, row + 1), &x.shape()[1..]));
            let inputs = fixed.iter().cloned().chain(carried).chain(slices).collect();
            carried = inline(b, lowering, body, inputs)?;
            let given = carried.split_off(carry);
            let given = given.iter().map(|y| b.opaque(y));
            stacks.iter_mut().zip(given).for_each(|(stack, y)| stack.push(b.reshape(&y, batched(&y.ty, 1))));
        }
        let join = |mut rows: Vec<Val<'c>>| {
            if plan.reverse {
                rows.reverse();
            }
            b.concat(&rows.iter().collect::<Vec<_>>(), 0)
        };
        Ok::<_, EmitError>((carried, stacks.into_iter().map(join).collect::<Vec<_>>()))
    };
    let whole = length / unroll;
    if whole <= 1 && length - whole * unroll == 0 {
        let (carried, stacks) = steps(b, fixed, init.to_vec(), xs, length)?;
        return Ok([carried, stacks].concat());
    }
    // The loop carries the number of finished iterations, the values, and the stacks to which each iteration writes its
    // rows.
    let counter = Type::scalar(if i32::try_from(length).is_ok() { DType::I32 } else { DType::I64 });
    let number = |b: &Builder<'c>, n: usize| b.full(Literal::from_f64(counter.dtype, n as f64), &Shape::scalar());
    let empty = stacked.iter().map(|ty| b.number_of(0.0, ty.dtype, &batched(ty, length)));
    let (fixed, init, xs) = (carried::initial(b, fixed), carried::initial(b, init), carried::initial(b, xs));
    let read = carried::read_by(body, fixed.len(), carry);
    let start: Vec<_> = [number(b, 0)].into_iter().chain(init.iter().cloned()).chain(empty).collect();
    let results = looped(
        b,
        lowering,
        body.has_effects(),
        &start,
        |b, all| Ok(b.compare(Comparison::Lt, &all[0], &number(b, whole))),
        |b, all| {
            let (iteration, carried, stacks) = (&all[0], &all[1..=carry], &all[carry + 1..]);
            let done = b.mul(iteration, &number(b, unroll));
            let first = if plan.reverse { b.sub(&number(b, length - unroll), &done) } else { done };
            let rows: Vec<_> = xs.iter().map(|x| read_rows(b, x, &first, unroll)).collect();
            let (next, rows) = steps(b, &fixed, carried.to_vec(), &rows, unroll)?;
            let carried = carried::replaced(b, carried, next, &read);
            let stacks = stacks.iter().zip(&rows).map(|(stack, rows)| write_rows(b, stack, rows, &first));
            let next = b.add(iteration, &number(b, 1));
            Ok([next].into_iter().chain(carried).chain(stacks).collect())
        },
    )?;
    let (carried, stacks) = (results[1..=carry].to_vec(), &results[carry + 1..]);
    let rest = length - whole * unroll;
    if rest == 0 {
        return Ok([&carried, stacks].concat());
    }
    // The remaining steps do not fill an iteration.
    let lowest = plan.position(length - 1).min(plan.position(whole * unroll));
    let rows: Vec<_> = xs.iter().map(|x| b.slice_axis(x, 0, lowest, lowest + rest)).collect();
    let (carried, rows) = steps(b, &fixed, carried, &rows, rest)?;
    let at = number(b, lowest);
    let stacks = stacks.iter().zip(&rows).map(|(stack, rows)| write_rows(b, stack, rows, &at));
    Ok(carried.into_iter().chain(stacks).collect())
}

fn batched(ty: &Type, n: usize) -> Shape {
    std::iter::once(n).chain(ty.shape.iter().copied()).collect()
}

/// Returns `count` rows of `x` from row `first` on.
fn read_rows<'c>(b: &Builder<'c>, x: &Val<'c>, first: &Val<'c>, count: usize) -> Val<'c> {
    let mut sizes = x.shape().clone();
    sizes.dims_mut()[0] = count;
    if x.ty.size() == 0 {
        return b.number_of(0.0, x.dtype(), &sizes);
    }
    let operands = starts(b, x, first);
    let operands: Vec<_> = std::iter::once(x).chain(&operands).collect();
    let attributes = [("slice_sizes", attr::dims(b.context, &sizes))];
    b.op1("stablehlo.dynamic_slice", &operands, &attributes, x.ty.with_shape(sizes.clone()))
}

/// Returns `x` with `rows` written from row `first` on.
fn write_rows<'c>(b: &Builder<'c>, x: &Val<'c>, rows: &Val<'c>, first: &Val<'c>) -> Val<'c> {
    if rows.ty.size() == 0 {
        return x.clone();
    }
    let operands = starts(b, x, first);
    let operands: Vec<_> = [x, rows].into_iter().chain(&operands).collect();
    b.op1("stablehlo.dynamic_update_slice", &operands, &[], x.ty.clone())
}

fn starts<'c>(b: &Builder<'c>, x: &Val<'c>, first: &Val<'c>) -> Vec<Val<'c>> {
    let zero = b.number(0.0, first);
    std::iter::once(first.clone()).chain((1..x.rank()).map(|_| zero.clone())).collect()
}
