//! How much work transformations are, for tests: counted in steps, since times differ from machine to machine. Only builds with debug assertions
//! count.

use std::cell::Cell;

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

/// Notes a step: an operation that is applied, or an instruction that is looked at.
#[inline]
pub fn note() {
    #[cfg(debug_assertions)]
    STEPS.set(STEPS.get() + 1);
}

/// The steps that `f` takes on this thread.
pub fn of<R>(f: impl FnOnce() -> R) -> usize {
    let before = STEPS.get();
    f();
    STEPS.get() - before
}
