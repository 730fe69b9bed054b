//! Detects short programs whose transformations would need too much time or memory.

use rune_ir::op::Control;
use rune_ir::{Program, Var};
use rustc_hash::FxHashMap;

/// A transformation visits a sub-program once for each use. If it would repeat more operations than this, it is
/// rejected: a few levels of calls that call others several times would need unbounded time and memory.
const MAX_OPERATIONS: u64 = 1 << 20;

/// Returns the number of operations that a transformation of `program` would visit, if that number is too large.
pub(super) fn too_many(program: &Program) -> Option<u64> {
    let mut known = FxHashMap::default();
    let all = measure(program, &mut known).operations;
    let written: u64 = known.values().map(|e| e.own).sum();
    (all.saturating_sub(written) > MAX_OPERATIONS).then_some(all)
}

/// Returns whether the stacked variables of loops, for a backward pass, would exceed any memory.
pub(super) fn too_large(program: &Program) -> bool {
    measure(program, &mut FxHashMap::default()).stacked > isize::MAX as usize
}

#[derive(Clone, Copy)]
struct ProgramSize {
    /// The number of operations of the program itself.
    own: u64,
    /// The number of operations, including those of sub-programs for each use.
    operations: u64,
    /// The size of the largest variable in bytes; in sub-programs of loops, times the number of iterations.
    stacked: usize,
}

/// Visits each program once, and records its extent.
fn measure(program: &Program, known: &mut FxHashMap<*const Program, ProgramSize>) -> ProgramSize {
    if let Some(extent) = known.get(&std::ptr::from_ref(program)) {
        return *extent;
    }
    let own = program.instructions().len() as u64;
    let variables = (0..program.num_vars()).map(|i| program.ty(Var(i as u32)).bytes());
    let mut all = ProgramSize { own, operations: own, stacked: variables.max().unwrap_or(0).max(1) };
    for instruction in program.instructions() {
        let trip_count = match instruction.op.control() {
            Some(Control::Scan { length, .. }) => length,
            // The length of a `while` is unknown, and reverse mode rejects it.
            Some(
                Control::While { .. }
                | Control::Call { .. }
                | Control::Remat { .. }
                | Control::Case { .. }
                | Control::CustomJvp { .. }
                | Control::CustomVjp { .. }
                | Control::CustomLinear { .. }
                | Control::CustomLinearSolve { .. },
            )
            | None => 1,
        };
        for (_, inner) in instruction.op.programs() {
            let inner = measure(inner, known);
            all.operations = all.operations.saturating_add(inner.operations);
            all.stacked = all.stacked.max(inner.stacked.saturating_mul(trip_count));
        }
    }
    known.insert(program, all);
    all
}

#[cfg(test)]
mod tests {
    use crate::ProgramExt;
    use crate::tensor::lax;
    use crate::transform::{DerivativeError, VmapError};
    use crate::{Tensor, make_program};
    use rune_ir::Program;
    use std::sync::Arc;

    /// Returns a chain of this many programs, each of which calls the previous one twice.
    fn calls(count: usize) -> Program {
        let x = Tensor::from([1.0f32, 2.0]);
        let mut program = Arc::new(make_program(|x: &Tensor| x.sin(), &x).unwrap());
        for _ in 0..count {
            let twice = |x: &Tensor| lax::call(&program, &lax::call(&program, std::slice::from_ref(x))).remove(0);
            program = Arc::new(make_program(twice, &x).unwrap());
        }
        Program::clone(&program)
    }

    #[test]
    fn calls_of_calls_are_refused_where_they_do_not_end() {
        let few = calls(3);
        few.vjp(&[0]).unwrap().verify().unwrap();
        few.vmap(2, &[Some(0)], &[Some(0)]).unwrap().verify().unwrap();
        let many = calls(60);
        let error = many.jvp(&[0]).unwrap_err();
        assert!(matches!(error, DerivativeError::TooLong { operations, .. } if operations > 1 << 60), "{error}");
        for refused in [many.vjp(&[0]), many.linearize(&[0]).map(|(forward, _)| forward), many.transpose(&[0])] {
            assert_eq!(refused.unwrap_err(), error);
        }
        assert!(matches!(many.vmap(2, &[Some(0)], &[Some(0)]), Err(VmapError::TooLong { .. })));
    }

    #[test]
    fn loops_in_loops_keep_no_more_than_memory_holds() {
        let loops = |length: usize| -> Program {
            let how = format!("consts=0, carry=1, length={length}, reverse=false, unroll=1");
            let text = format!(
                "def outer(x0): # [f32] -> [f32]
    def middle(x0): # [f32] -> [f32]
        def inner(x0): # [f32] -> [f32]
            y0 = rune.sin(x0)
            return y0
        y0 = rune.scan(x0, {how}, body=@inner)
        return y0
    y0 = rune.scan(x0, {how}, body=@middle)
    return y0
"
            );
            text.parse().unwrap()
        };
        loops(1 << 20).vjp(&[0]).unwrap().verify().unwrap();
        let endless = loops(1 << 31);
        endless.jvp(&[0]).unwrap().verify().unwrap();
        assert!(matches!(endless.vjp(&[0]), Err(DerivativeError::TooLarge { .. })));
    }
}
