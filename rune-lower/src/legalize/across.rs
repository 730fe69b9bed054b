//! Values that are computed before a loop and used after it.
//!
//! IREE fuses an operation after a loop with an operation before the loop that produces one of its operands, even if
//! the loop also depends on that producer. It then reports a "circular dependency: input operation uses partition
//! output". Values that are used across a loop therefore go through a barrier.

use crate::builder::{Builder, Val};
use rune_ir::op::Control;
use rune_ir::{Op, Program};
use std::collections::HashMap;

/// Returns, for each variable, the last instruction that uses it.
pub(crate) fn last_uses(program: &Program) -> Vec<usize> {
    let mut last = vec![0; program.num_vars()];
    for (i, instruction) in program.instructions().iter().enumerate() {
        instruction.op.operands().into_iter().for_each(|v| last[v.index()] = i);
    }
    program.outputs().iter().for_each(|v| last[v.index()] = usize::MAX);
    last
}

/// Returns whether an operation contains a loop or a branch. `known` caches the results for programs.
pub(crate) fn has_loop(op: &Op, known: &mut HashMap<*const Program, bool>) -> bool {
    match op.control() {
        Some(Control::While { .. } | Control::Scan { .. } | Control::Case { .. }) => return true,
        Some(
            Control::Call { .. }
            | Control::Remat { .. }
            | Control::CustomJvp { .. }
            | Control::CustomVjp { .. }
            | Control::CustomLinear { .. }
            | Control::CustomLinearSolve { .. },
        )
        | None => {}
    }
    op.programs().iter().any(|(_, program)| {
        let key = std::ptr::from_ref::<Program>(program);
        if let Some(&found) = known.get(&key) {
            return found;
        }
        let found = program.instructions().iter().any(|i| has_loop(&i.op, known));
        known.insert(key, found);
        found
    })
}

/// The values of a program so far. A value that is needed after a loop goes through a barrier before the loop, once.
#[derive(Default)]
pub(crate) struct Fence {
    /// For each value, whether an operation may be fused with the one that defines it.
    open: Vec<bool>,
}

impl Fence {
    /// Adds `count` values. `open` says whether operations may be fused with the operation that defines them.
    pub fn push(&mut self, count: usize, open: bool) {
        self.open.resize(self.open.len() + count, open);
    }
    /// Puts the `values` that `needed` marks behind a barrier.
    pub fn before_loop<'c>(&mut self, b: &Builder<'c>, values: &mut [Val<'c>], needed: impl Fn(usize) -> bool) {
        for (i, x) in values.iter_mut().enumerate() {
            if self.open[i] && !x.known.is_constant() && needed(i) {
                *x = b.schedule_barrier(&[x]).remove(0);
                self.open[i] = false;
            }
        }
    }
}
