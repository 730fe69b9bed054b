//! Effects: operations such as printing, which are applied for their side effects, not for their results.
//!
//! A trace records the operations on which its outputs depend. No output depends on an effect. Therefore, each thread
//! records in order the effects that are applied while it traces a function. When a trace ends, it takes the effects
//! that were recorded since it began. Outside a trace, effects happen immediately.
//!
//! Other threads that a traced function starts record nothing, unless they run in its
//! [`TraceContext`](super::TraceContext).

use super::Tensor;
use super::evaluate::{EvalError, run_now};
use super::node::{Apply, next_id};
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

thread_local! {
    /// The number of active traces of the thread.
    static ACTIVE_TRACES: Cell<usize> = const { Cell::new(0) };
    /// The effects of these traces, oldest first.
    static RECORDED_EFFECTS: RefCell<Vec<Arc<Apply>>> = const { RefCell::new(Vec::new()) };
    /// For each trace, the inbox for effects of other threads, if there may be any.
    static INBOXES: RefCell<Vec<Option<Arc<Inbox>>>> = const { RefCell::new(Vec::new()) };
}

/// The number of active traces of all threads.
static TOTAL_ACTIVE_TRACES: AtomicUsize = AtomicUsize::new(0);

/// The effects that other threads apply for a trace, or `None` after the trace has ended.
pub(super) struct Inbox(Mutex<Option<Vec<Arc<Apply>>>>);

/// The trace has ended.
pub(super) struct TraceEnded;

impl Inbox {
    fn put(&self, effects: Vec<Arc<Apply>>) -> Result<(), TraceEnded> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(received) => {
                received.extend(effects);
                Ok(())
            }
            None if effects.is_empty() => Ok(()),
            None => Err(TraceEnded),
        }
    }
    fn close(&self) -> Vec<Arc<Apply>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }
}

/// Returns the inbox of the innermost active trace of the thread.
pub(super) fn inbox() -> Option<Arc<Inbox>> {
    let new = || Arc::new(Inbox(Mutex::new(Some(Vec::new()))));
    let innermost = |inboxes: &mut Vec<Option<Arc<Inbox>>>| Some(inboxes.last_mut()?.get_or_insert_with(new).clone());
    if ACTIVE_TRACES.get() > 0 { INBOXES.with_borrow_mut(innermost) } else { None }
}

/// Runs `f` on this thread as a part of the trace with this inbox.
pub(super) fn with_inbox<R>(inbox: &Arc<Inbox>, f: impl FnOnce() -> R) -> Result<R, TraceEnded> {
    struct Restore(Vec<Arc<Apply>>, Vec<Option<Arc<Inbox>>>, usize);
    impl Drop for Restore {
        fn drop(&mut self) {
            RECORDED_EFFECTS.set(std::mem::take(&mut self.0));
            INBOXES.set(std::mem::take(&mut self.1));
            ACTIVE_TRACES.set(self.2);
        }
    }
    let inboxes = vec![Some(inbox.clone())];
    let _restore = Restore(RECORDED_EFFECTS.take(), INBOXES.replace(inboxes), ACTIVE_TRACES.replace(1));
    let result = f();
    inbox.put(RECORDED_EFFECTS.take()).map(|()| result)
}

/// An active trace. It takes the effects that are applied on this thread. If it is dropped, for example by a panic, its
/// effects do not happen.
pub(crate) struct ActiveTrace {
    /// The id of its first node.
    id: u64,
    thread: PhantomData<*const ()>,
}

/// The operations of a trace.
#[derive(Clone)]
pub(crate) struct TraceRecord {
    /// The id of the first node.
    pub first_id: u64,
    /// The effects, oldest first.
    pub effects: Vec<Arc<Apply>>,
}

/// Begins a trace.
pub(crate) fn begin_trace() -> ActiveTrace {
    ACTIVE_TRACES.set(ACTIVE_TRACES.get() + 1);
    TOTAL_ACTIVE_TRACES.fetch_add(1, Ordering::Relaxed);
    INBOXES.with_borrow_mut(|inboxes| inboxes.push(None));
    ActiveTrace { id: next_id(), thread: PhantomData }
}

impl ActiveTrace {
    /// Ends the trace.
    pub fn end(self) -> TraceRecord {
        let mut effects = self.take_effects();
        if let Some(inbox) = INBOXES.with_borrow_mut(|inboxes| inboxes.last_mut().and_then(Option::take)) {
            effects.extend(inbox.close());
            effects.sort_unstable_by_key(|apply| apply.id);
        }
        TraceRecord { first_id: self.id, effects }
    }
    fn take_effects(&self) -> Vec<Arc<Apply>> {
        RECORDED_EFFECTS
            .with_borrow_mut(|effects| effects.split_off(effects.partition_point(|apply| apply.id < self.id)))
    }
}

impl Drop for ActiveTrace {
    fn drop(&mut self) {
        drop(self.take_effects());
        if let Some(inbox) = INBOXES.with_borrow_mut(Vec::pop).flatten() {
            drop(inbox.close());
        }
        TOTAL_ACTIVE_TRACES.fetch_sub(1, Ordering::Relaxed);
        ACTIVE_TRACES.set(ACTIVE_TRACES.get() - 1);
    }
}

/// Returns the result of `f`. If the result is `None`, removes the effects that `f` recorded.
pub(crate) fn discard_effects_on_none<R>(f: impl FnOnce() -> Option<R>) -> Option<R> {
    let before = next_id();
    let result = f();
    if result.is_none() {
        RECORDED_EFFECTS
            .with_borrow_mut(|effects| effects.truncate(effects.partition_point(|apply| apply.id < before)));
    }
    result
}

/// Records an effect that was just applied, or lets it happen immediately.
///
/// # Errors
/// If the effect happens immediately, and an operand cannot be computed because another thread traces it.
pub(super) fn record_or_run_effect(apply: &Arc<Apply>, results: &[Tensor]) -> Result<(), EvalError> {
    if ACTIVE_TRACES.get() > 0 {
        RECORDED_EFFECTS.with_borrow_mut(|effects| effects.push(apply.clone()));
        return Ok(());
    }
    if TOTAL_ACTIVE_TRACES.load(Ordering::Relaxed) > 0 {
        if apply.op.operands().into_iter().any(Tensor::is_traced) {
            return Err(EvalError::OtherThread { op: apply.op.name() });
        }
        warn_of_other_thread(apply);
    }
    run_now(apply, results)
}

/// Lets an operation over an axis of ranks happen immediately, unless a function is being traced: then the operation is
/// a part of the traced program. All ranks take part in the operation, so it must not wait until one of them reads the
/// result.
///
/// # Errors
/// If the operation happens immediately and fails.
pub(super) fn run_rank_op_if_untraced(apply: &Arc<Apply>, results: &[Tensor]) -> Result<(), EvalError> {
    if ACTIVE_TRACES.get() > 0 { Ok(()) } else { run_now(apply, results) }
}

/// Warns once if an effect happens immediately while another thread, which may have started this one, traces a
/// function.
fn warn_of_other_thread(apply: &Apply) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let at = apply.origin.loc.as_ref().map(|loc| format!(" at {loc}")).unwrap_or_default();
        tracing::warn!(
            "`{}`{at} happens immediately, on a thread that traces no function, while another thread traces one. If the traced function \
             started this thread, run the work in the `TraceContext` of that function, so that the effect is part of it",
            apply.op.name()
        );
    });
}

/// Runs `f` outside any trace.
pub(super) fn outside<R>(f: impl FnOnce() -> R) -> R {
    struct Restore(usize);
    impl Drop for Restore {
        fn drop(&mut self) {
            ACTIVE_TRACES.set(self.0);
            TOTAL_ACTIVE_TRACES.fetch_add(self.0, Ordering::Relaxed);
        }
    }
    let restore = Restore(ACTIVE_TRACES.replace(0));
    TOTAL_ACTIVE_TRACES.fetch_sub(restore.0, Ordering::Relaxed);
    f()
}
