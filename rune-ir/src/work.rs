//! Counts the work of transformations in steps, for tests, because times differ between machines. Only builds with
//! debug assertions count.

use std::cell::Cell;

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Counts a step: an operation is applied, or an instruction is visited.
#[inline]
pub fn count_step() {
    #[cfg(debug_assertions)]
    STEPS.set(STEPS.get() + 1);
}

/// Returns the number of steps that `f` takes on this thread.
pub fn count_steps<R>(f: impl FnOnce() -> R) -> usize {
    let before = STEPS.get();
    f();
    STEPS.get() - before
}
