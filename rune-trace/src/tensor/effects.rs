//! Effects: operations that are there for what they do, as printing, and not for their results.
//!
//! A trace writes down what its outputs come from, and no output comes from an effect. So while a function is traced, the effects
//! applied on the thread are noted in order, and the trace takes those since it began. Where no function is traced they happen at once.

use super::Tensor;
use super::evaluate::{EvalError, perform};
use super::node::{Apply, next_id};
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::sync::Arc;

thread_local! {
    /// How many traces are under way.
    static UNDER_WAY: Cell<usize> = const { Cell::new(0) };
    /// The effects that belong to them, oldest first.
    static NOTED: RefCell<Vec<Arc<Apply>>> = const { RefCell::new(Vec::new()) };
}

/// A trace that is under way: what is applied on this thread belongs to it. Where it is dropped, as by a panic, its effects do not
/// happen.
pub(crate) struct Since {
    /// The id of the first node that belongs to it.
    id: u64,
    thread: PhantomData<*const ()>,
}

/// What was applied during a trace.
#[derive(Clone)]
pub(crate) struct Applied {
    /// The id of the first node.
    pub since: u64,
    /// The effects, oldest first.
    pub effects: Vec<Arc<Apply>>,
}

/// Begins a trace.
pub(crate) fn begin_trace() -> Since {
    UNDER_WAY.set(UNDER_WAY.get() + 1);
    Since { id: next_id(), thread: PhantomData }
}

impl Since {
    /// Ends the trace.
    pub fn end(self) -> Applied {
        Applied { since: self.id, effects: self.take() }
    }
    fn take(&self) -> Vec<Arc<Apply>> {
        NOTED.with_borrow_mut(|noted| noted.split_off(noted.partition_point(|apply| apply.id < self.id)))
    }
}

impl Drop for Since {
    fn drop(&mut self) {
        drop(self.take());
        UNDER_WAY.set(UNDER_WAY.get() - 1);
    }
}

/// What `f` gives. If that is nothing, the effects noted meanwhile are forgotten.
pub(crate) fn tentatively<R>(f: impl FnOnce() -> Option<R>) -> Option<R> {
    let before = next_id();
    let result = f();
    if result.is_none() {
        NOTED.with_borrow_mut(|noted| noted.truncate(noted.partition_point(|apply| apply.id < before)));
    }
    result
}

/// Notes an effect that was just applied, or has it happen.
///
/// # Errors
/// If it happens, and an operand cannot be computed.
pub(super) fn applied(apply: &Arc<Apply>, results: &[Tensor]) -> Result<(), EvalError> {
    if UNDER_WAY.get() > 0 {
        NOTED.with_borrow_mut(|noted| noted.push(apply.clone()));
        return Ok(());
    }
    perform(apply, results)
}

/// Runs `f` as if no function were being traced: what it does is no part of one.
pub(super) fn outside<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(usize);
    impl Drop for Restore {
        fn drop(&mut self) {
            UNDER_WAY.set(self.0);
        }
    }
    let _restore = Restore(UNDER_WAY.replace(0));
    f()
}
