//! Effects: operations such as printing, which are applied for their side effects, not for their results.
//!
//! A trace records the operations on which its outputs depend, and no output depends on an effect. Therefore, each
//! thread records the effects that are applied while a function is traced, in order, and the trace takes those since it
//! began. Outside a trace, effects happen immediately.
//!
//! Other threads that a traced function starts record nothing, unless they run in its
//! [`TraceContext`](super::TraceContext).

use super::Tensor;
use super::evaluate::{EvalError, perform};
use super::node::{Apply, next_id};
use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

thread_local! {
    /// The number of active traces of the thread.
    static UNDER_WAY: Cell<usize> = const { Cell::new(0) };
    /// The effects of these traces, oldest first.
    static NOTED: RefCell<Vec<Arc<Apply>>> = const { RefCell::new(Vec::new()) };
    /// For each trace, the inbox for effects of other threads, if there may be any.
    static INBOXES: RefCell<Vec<Option<Arc<Inbox>>>> = const { RefCell::new(Vec::new()) };
}

/// The number of active traces of all threads.
static EVERYWHERE: AtomicUsize = AtomicUsize::new(0);

/// The effects that other threads apply for a trace. It is `None` after the trace has ended.
pub(super) struct Inbox(Mutex<Option<Vec<Arc<Apply>>>>);

/// The trace has ended.
pub(super) struct Ended;

impl Inbox {
    fn put(&self, effects: Vec<Arc<Apply>>) -> Result<(), Ended> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(noted) => {
                noted.extend(effects);
                Ok(())
            }
            None if effects.is_empty() => Ok(()),
            None => Err(Ended),
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
    if UNDER_WAY.get() > 0 { INBOXES.with_borrow_mut(innermost) } else { None }
}

/// Runs `f` on this thread as a part of the trace with this inbox.
pub(super) fn handing_in<R>(inbox: &Arc<Inbox>, f: impl FnOnce() -> R) -> Result<R, Ended> {
    struct Restore(Vec<Arc<Apply>>, Vec<Option<Arc<Inbox>>>, usize);
    impl Drop for Restore {
        fn drop(&mut self) {
            NOTED.set(std::mem::take(&mut self.0));
            INBOXES.set(std::mem::take(&mut self.1));
            UNDER_WAY.set(self.2);
        }
    }
    let inboxes = vec![Some(inbox.clone())];
    let _restore = Restore(NOTED.take(), INBOXES.replace(inboxes), UNDER_WAY.replace(1));
    let result = f();
    inbox.put(NOTED.take()).map(|()| result)
}

/// An active trace. It takes the effects that are applied on this thread. If it is dropped, for example by a panic, its
/// effects do not happen.
pub(crate) struct Since {
    /// The id of its first node.
    id: u64,
    thread: PhantomData<*const ()>,
}

/// The operations of a trace.
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
    EVERYWHERE.fetch_add(1, Ordering::Relaxed);
    INBOXES.with_borrow_mut(|inboxes| inboxes.push(None));
    Since { id: next_id(), thread: PhantomData }
}

impl Since {
    /// Ends the trace.
    pub fn end(self) -> Applied {
        let mut effects = self.take();
        if let Some(inbox) = INBOXES.with_borrow_mut(|inboxes| inboxes.last_mut().and_then(Option::take)) {
            effects.extend(inbox.close());
            effects.sort_unstable_by_key(|apply| apply.id);
        }
        Applied { since: self.id, effects }
    }
    fn take(&self) -> Vec<Arc<Apply>> {
        NOTED.with_borrow_mut(|noted| noted.split_off(noted.partition_point(|apply| apply.id < self.id)))
    }
}

impl Drop for Since {
    fn drop(&mut self) {
        drop(self.take());
        if let Some(inbox) = INBOXES.with_borrow_mut(Vec::pop).flatten() {
            drop(inbox.close());
        }
        EVERYWHERE.fetch_sub(1, Ordering::Relaxed);
        UNDER_WAY.set(UNDER_WAY.get() - 1);
    }
}

/// Returns the result of `f`. If it is `None`, removes the effects that `f` recorded.
pub(crate) fn tentatively<R>(f: impl FnOnce() -> Option<R>) -> Option<R> {
    let before = next_id();
    let result = f();
    if result.is_none() {
        NOTED.with_borrow_mut(|noted| noted.truncate(noted.partition_point(|apply| apply.id < before)));
    }
    result
}

/// Records an effect that was just applied, or lets it happen immediately.
///
/// # Errors
/// If it happens immediately, and an operand cannot be computed because another thread traces it.
pub(super) fn applied(apply: &Arc<Apply>, results: &[Tensor]) -> Result<(), EvalError> {
    if UNDER_WAY.get() > 0 {
        NOTED.with_borrow_mut(|noted| noted.push(apply.clone()));
        return Ok(());
    }
    if EVERYWHERE.load(Ordering::Relaxed) > 0 {
        if apply.op.operands().into_iter().any(Tensor::is_traced) {
            return Err(EvalError::OtherThread { op: apply.op.name() });
        }
        warn_of_threads(apply);
    }
    perform(apply, results)
}

/// Lets an operation over an axis of ranks happen immediately. While a function is being traced, it is part of its
/// program instead. All ranks take part in it, so it must not wait until one of them reads the result.
///
/// # Errors
/// If it happens immediately and fails.
pub(super) fn exchanged(apply: &Arc<Apply>, results: &[Tensor]) -> Result<(), EvalError> {
    if UNDER_WAY.get() > 0 { Ok(()) } else { perform(apply, results) }
}

/// Warns once if an effect happens immediately while another thread, which may have started this one, traces a
/// function.
fn warn_of_threads(apply: &Apply) {
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
            UNDER_WAY.set(self.0);
            EVERYWHERE.fetch_add(self.0, Ordering::Relaxed);
        }
    }
    let restore = Restore(UNDER_WAY.replace(0));
    EVERYWHERE.fetch_sub(restore.0, Ordering::Relaxed);
    f()
}
