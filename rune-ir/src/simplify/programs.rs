//! Simplification of sub-programs. Each is simplified once, even if it is used several times.

use super::{compact, simplify};
use crate::op::Control;
use crate::{Op, Program, Var};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The sub-programs that have been simplified.
#[derive(Default)]
pub(super) struct SubPrograms {
    /// Keyed by address. The value keeps the original alive, so that its address is not reused.
    simple: FxHashMap<*const Program, (Arc<Program>, Simple)>,
}

/// A simplified sub-program.
#[derive(Clone)]
struct Simple {
    /// The program with all its inputs.
    full: Arc<Program>,
    /// The program without the inputs that it does not use.
    program: Arc<Program>,
    /// The inputs that it uses.
    used: Arc<[bool]>,
}

impl SubPrograms {
    /// Returns the operation with simplified programs, and without the operands that these do not use. Returns `None`
    /// if nothing changes.
    pub(super) fn rewrite(&mut self, op: &Op) -> Option<Op> {
        let simple = match op.control()? {
            Control::Call { args, program } => {
                let Simple { program: simple, used, .. } = self.simplified(program);
                if Arc::ptr_eq(&simple, program) {
                    return None;
                }
                return Some(Op::Call { args: select(args, &used), program: simple });
            }
            Control::Remat { args, program, policy, differentiated } => {
                let Simple { program: simple, used, .. } = self.simplified(program);
                if Arc::ptr_eq(&simple, program) {
                    return None;
                }
                let (policy, differentiated) = (policy.clone(), differentiated);
                return Some(Op::Remat { args: select(args, &used), program: simple, policy, differentiated });
            }
            Control::Case { index, args, branches } => {
                let simple: Vec<Simple> = branches.iter().map(|b| self.simplified(b)).collect();
                let used: Vec<bool> = (0..args.len()).map(|i| simple.iter().any(|s| s.used[i])).collect();
                let branches = simple.iter().map(|s| s.with_inputs(&used)).collect();
                Op::Case { index: *index, args: select(args, &used), branches }
            }
            Control::While { args, consts, cond, body } => {
                let (cond, body) = (self.simplified(cond), self.simplified(body));
                let used: Vec<bool> = (0..args.len()).map(|i| i >= consts || cond.used[i] || body.used[i]).collect();
                Op::While {
                    args: select(args, &used),
                    consts: used[..consts].iter().filter(|u| **u).count(),
                    cond: cond.with_inputs(&used),
                    body: body.with_inputs(&used),
                }
            }
            Control::Scan { args, consts, carry, length, reverse, unroll, body } => {
                let body = self.simplified(body);
                let carried = consts..consts + carry;
                let used: Vec<bool> = (0..args.len()).map(|i| carried.contains(&i) || body.used[i]).collect();
                Op::Scan {
                    args: select(args, &used),
                    consts: used[..consts].iter().filter(|u| **u).count(),
                    carry,
                    length,
                    reverse,
                    unroll,
                    body: body.with_inputs(&used),
                }
            }
            // A rule takes the operands of its function, so no input is removed.
            Control::CustomJvp { args, program, rule, num_args, takes_results } => Op::CustomJvp {
                args: args.to_vec(),
                program: self.simplified(program).full,
                rule: self.simplified(rule).full,
                num_args,
                takes_results,
            },
            Control::CustomVjp { args, program, forward, backward, num_args } => Op::CustomVjp {
                args: args.to_vec(),
                program: self.simplified(program).full,
                forward: self.simplified(forward).full,
                backward: self.simplified(backward).full,
                num_args,
            },
            Control::CustomLinear { xs, backward } => {
                Op::CustomLinear { xs: xs.to_vec(), backward: self.simplified(backward).full }
            }
            Control::CustomLinearSolve { args, matvec, solve, transpose_solve } => Op::CustomLinearSolve {
                args: args.to_vec(),
                matvec: self.simplified(matvec).full,
                solve: self.simplified(solve).full,
                transpose_solve: self.simplified(transpose_solve).full,
            },
        };
        (simple != *op).then_some(simple)
    }

    fn simplified(&mut self, program: &Arc<Program>) -> Simple {
        let key = Arc::as_ptr(program);
        if let Some((_, simple)) = self.simple.get(&key) {
            return simple.clone();
        }
        let simplified = simplify(program, self);
        let mut used = compact::live(&simplified).vars;
        used.truncate(program.inputs().len());
        let small = compact::without_dead_inputs(&simplified);
        // A program that is already simple stays the same object, because its address identifies it.
        let same = |other: Program| if other == **program { program.clone() } else { Arc::new(other) };
        let (small, full) = (same(small), same(simplified));
        let simple = Simple { full, program: small.clone(), used: used.into() };
        let all = vec![true; small.inputs().len()].into();
        let settled = Simple { full: small.clone(), program: small.clone(), used: all };
        self.simple.insert(Arc::as_ptr(&small), (small, settled));
        self.simple.insert(key, (program.clone(), simple.clone()));
        simple
    }
}

impl Simple {
    /// Returns the program with the marked inputs. It may leave some of them unused.
    fn with_inputs(&self, marks: &[bool]) -> Arc<Program> {
        if marks.iter().all(|m| *m) {
            return self.full.clone();
        }
        let inputs: Vec<usize> = (0..marks.len()).filter(|&i| marks[i]).collect();
        let outputs: Vec<usize> = (0..self.full.outputs().len()).collect();
        Arc::new(compact::rearranged(&self.full, &inputs, &outputs))
    }
}

fn select(args: &[Var], marks: &[bool]) -> Vec<Var> {
    args.iter().zip(marks).filter(|(_, m)| **m).map(|(&v, _)| v).collect()
}
