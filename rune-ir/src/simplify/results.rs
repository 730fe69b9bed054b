//! Removes results of operations with sub-programs, if they are unused or known without the operation.

use super::compact::{needed_inputs, rearranged};
use crate::op::Control;
use crate::{Op, Program, Var};
use std::sync::Arc;

/// The new source of a result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Source {
    /// This result of the narrower operation.
    Result(usize),
    /// This operand.
    Operand(Var),
    /// None, because nothing uses it.
    Unused,
}

/// Returns the operation with as few results as possible, and the source of each result that `alive` marks. Returns
/// `None` if all results are needed.
pub(super) fn narrow(op: &Op, alive: &[bool]) -> Option<(Op, Vec<Source>)> {
    let (narrower, sources) = match op.control()? {
        Control::Call { args, program } => {
            let (kept, sources) = distinct(args, &[program], alive);
            if kept.len() == alive.len() {
                return None;
            }
            (Op::Call { args: args.to_vec(), program: with_outputs(program, &kept) }, sources)
        }
        Control::Remat { args, program, policy, differentiated } => {
            let (kept, sources) = distinct(args, &[program], alive);
            if kept.len() == alive.len() {
                return None;
            }
            let (program, policy) = (with_outputs(program, &kept), policy.clone());
            (Op::Remat { args: args.to_vec(), program, policy, differentiated }, sources)
        }
        Control::Case { index, args, branches } => {
            let (kept, sources) = distinct(args, &branches.iter().collect::<Vec<_>>(), alive);
            if kept.len() == alive.len() {
                return None;
            }
            let branches = branches.iter().map(|b| with_outputs(b, &kept)).collect();
            (Op::Case { index: *index, args: args.to_vec(), branches }, sources)
        }
        Control::While { args, consts, cond, body } => while_loop(args, consts, cond, body, alive)?,
        Control::Scan { args, consts, carry, length, reverse, unroll, body } => {
            let parts = scan(args, consts, carry, length, body, alive)?;
            let (consts, carry, body) = (parts.consts, parts.carry, parts.body);
            (Op::Scan { args: parts.args, consts, carry, length, reverse, unroll, body }, parts.sources)
        }
        // The outputs of a rule correspond to those of its function.
        Control::CustomJvp { .. } | Control::CustomVjp { .. } => return None,
        Control::CustomLinear { .. } | Control::CustomLinearSolve { .. } => return None,
    };
    Some((narrower, sources))
}

/// Returns the outputs to keep of programs with the same inputs and outputs, and the source of each result. Outputs
/// that are equal in all programs are kept once. If an output is the same input in all programs, its source is the
/// operand.
fn distinct(args: &[Var], programs: &[&Arc<Program>], alive: &[bool]) -> (Vec<usize>, Vec<Source>) {
    let mut kept: Vec<usize> = Vec::new();
    let same = |i: usize, j: usize| programs.iter().all(|p| p.outputs()[i] == p.outputs()[j]);
    let sources = (0..alive.len())
        .map(|i| {
            if !alive[i] {
                return Source::Unused;
            }
            let input = programs[0].outputs()[i];
            if input.index() < args.len() && programs.iter().all(|p| p.outputs()[i] == input) {
                return Source::Operand(args[input.index()]);
            }
            let at = kept.iter().position(|&k| same(k, i)).unwrap_or_else(|| {
                kept.push(i);
                kept.len() - 1
            });
            Source::Result(at)
        })
        .collect();
    (kept, sources)
}

/// Returns the program with only these outputs.
fn with_outputs(program: &Arc<Program>, outputs: &[usize]) -> Arc<Program> {
    let inputs: Vec<usize> = (0..program.inputs().len()).collect();
    Arc::new(rearranged(program, &inputs, outputs))
}

fn while_loop(
    args: &[Var],
    consts: usize,
    cond: &Arc<Program>,
    body: &Arc<Program>,
    alive: &[bool],
) -> Option<(Op, Vec<Source>)> {
    let carry = alive.len();
    let mut kept = alive.to_vec();
    mark(&mut kept, &needed_inputs(cond, &[0])[consts..]);
    needed_by_iterations(&mut kept, consts, body, &[]);
    // A part of the carry that no iteration changes becomes a constant of the loop. One part remains, because a loop
    // without results would be dead, and with it the effects of its body.
    let stays = |i: usize| body.outputs()[i].index() == consts + i;
    let (mut fixed, mut carried): (Vec<usize>, Vec<usize>) = (0..carry).filter(|&i| kept[i]).partition(|&i| stays(i));
    if carried.is_empty() && !fixed.is_empty() {
        carried.push(fixed.remove(0));
    }
    if carried.len() == carry {
        return None;
    }
    let inputs: Vec<usize> = (0..consts).chain(fixed.iter().chain(&carried).map(|i| consts + i)).collect();
    let narrower = Op::While {
        args: inputs.iter().map(|&i| args[i]).collect(),
        consts: consts + fixed.len(),
        cond: Arc::new(rearranged(cond, &inputs, &[0])),
        body: Arc::new(rearranged(body, &inputs, &carried)),
    };
    let source = |i| match carried.iter().position(|&c| c == i) {
        Some(at) => Source::Result(at),
        None if kept[i] => Source::Operand(args[consts + i]),
        None => Source::Unused,
    };
    Some((narrower, (0..carry).map(source).collect()))
}

/// Marks the parts of the carry that the next iteration needs for the marked parts and for the outputs `others`.
fn needed_by_iterations(kept: &mut [bool], consts: usize, body: &Program, others: &[usize]) {
    loop {
        let outputs: Vec<usize> = (0..kept.len()).filter(|&i| kept[i]).chain(others.iter().copied()).collect();
        let needed = needed_inputs(body, &outputs);
        if !mark(kept, &needed[consts..][..kept.len()]) {
            return;
        }
    }
}

/// Adds the marks of `more`. Returns whether any is new.
fn mark(marks: &mut [bool], more: &[bool]) -> bool {
    let mut new = false;
    for (mark, more) in marks.iter_mut().zip(more) {
        new |= *more && !*mark;
        *mark |= *more;
    }
    new
}

struct Narrowed {
    args: Vec<Var>,
    consts: usize,
    carry: usize,
    body: Arc<Program>,
    sources: Vec<Source>,
}

fn scan(
    args: &[Var],
    consts: usize,
    carry: usize,
    length: usize,
    body: &Arc<Program>,
    alive: &[bool],
) -> Option<Narrowed> {
    let outputs = body.outputs();
    let is_input = |v: Var| v.index() < args.len();
    let stays = |i: usize| outputs[i].index() == consts + i;
    // Equal stacks are kept once. A stack of all slices of a scanned array is that array.
    let mut stacked: Vec<usize> = Vec::new();
    let mut sources = vec![Source::Unused; alive.len()];
    for i in (carry..alive.len()).filter(|&i| alive[i]) {
        let v = outputs[i];
        if is_input(v) && v.index() >= consts + carry {
            sources[i] = Source::Operand(args[v.index()]);
            continue;
        }
        let at = stacked.iter().position(|&k| outputs[k] == v).unwrap_or_else(|| {
            stacked.push(i);
            stacked.len() - 1
        });
        sources[i] = Source::Result(at); // after the carry, which is counted below
    }
    let mut kept = alive[..carry].to_vec();
    needed_by_iterations(&mut kept, consts, body, &stacked);
    // A part of the carry is a constant of the loop if each iteration sets it to that constant and none reads it.
    let given: Vec<usize> = (0..carry).filter(|&i| kept[i]).chain(stacked.iter().copied()).collect();
    let read = needed_inputs(body, &given);
    let is_set = |i: usize| length > 0 && outputs[i].index() < consts && !read[consts + i];
    // A part of the carry that no iteration changes becomes a constant of the loop.
    let carried: Vec<usize> = (0..carry).filter(|&i| kept[i] && !stays(i) && !is_set(i)).collect();
    if carried.len() + stacked.len() == alive.len() {
        return None;
    }
    let fixed = (0..consts).chain((0..carry).filter(|&i| kept[i] && stays(i)).map(|i| consts + i));
    let mut inputs: Vec<usize> = fixed.collect();
    let fixed = inputs.len();
    inputs.extend(carried.iter().map(|i| consts + i));
    inputs.extend(consts + carry..args.len());
    let given: Vec<usize> = carried.iter().chain(&stacked).copied().collect();
    for (i, source) in sources.iter_mut().enumerate() {
        match source {
            Source::Result(at) => *at += carried.len(),
            Source::Unused if i < carry && alive[i] && stays(i) => *source = Source::Operand(args[consts + i]),
            Source::Unused if i < carry && alive[i] && is_set(i) => *source = Source::Operand(args[outputs[i].index()]),
            Source::Unused if i < carry && kept[i] => {
                *source = carried.iter().position(|&c| c == i).map_or(Source::Unused, Source::Result);
            }
            Source::Operand(_) | Source::Unused => {}
        }
    }
    Some(Narrowed {
        args: inputs.iter().map(|&i| args[i]).collect(),
        consts: fixed,
        carry: carried.len(),
        body: Arc::new(rearranged(body, &inputs, &given)),
        sources,
    })
}
