//! The queue of a rank: its own thread runs the exchanges in order.

use crate::check::{ExchangeDescription, check};
use crate::transport::Transport;
use rune_ir::Array;
use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Work for the transport.
pub(crate) type Work = Box<dyn FnOnce(&mut dyn Transport) -> Result<Array, String> + Send>;

struct Job {
    ticket: i32,
    what: ExchangeDescription,
    work: Work,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    results: HashMap<i32, Result<Array, String>>,
    next: i32,
    closed: bool,
}

/// Pending exchanges, and results that have not been taken.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// Adds work, and returns its ticket.
    pub fn add(&self, what: ExchangeDescription, work: Work) -> Result<i32, String> {
        let mut state = self.lock();
        if state.closed {
            return Err("the distributed run has ended".to_owned());
        }
        let ticket = state.next;
        state.next = (state.next + 1) & i32::MAX;
        state.jobs.push_back(Job { ticket, what, work });
        self.changed.notify_all();
        Ok(ticket)
    }
    /// Waits for the result of the work with this ticket.
    pub fn take(&self, ticket: i32) -> Result<Array, String> {
        let mut state = self.lock();
        loop {
            if let Some(result) = state.results.remove(&ticket) {
                return result;
            }
            if state.closed && state.jobs.is_empty() {
                return Err("the distributed run has ended".to_owned());
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
    /// Makes [`Queue::serve`] return when all work is done.
    pub fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
    /// Runs the work in order, until the queue is closed. After a failure, all later work fails for the same reason,
    /// because the ranks are no longer in step.
    pub fn serve(&self, transport: &mut dyn Transport, checked: bool) {
        let (mut failed, mut number) = (None, 0);
        loop {
            let mut state = self.lock();
            let job = loop {
                match state.jobs.pop_front() {
                    Some(job) => break Some(job),
                    None if state.closed => break None,
                    None => state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                }
            };
            drop(state);
            let Some(Job { ticket, what, work }) = job else { break };
            let result = match &failed {
                Some(reason) => Err(String::clone(reason)),
                None if checked => check(transport, number, &what).and_then(|()| work(transport)),
                None => work(transport),
            };
            number += 1;
            failed = failed.or_else(|| result.as_ref().err().cloned());
            let mut state = self.lock();
            state.results.insert(ticket, result);
            self.changed.notify_all();
        }
        if checked && failed.is_none() {
            let end = ExchangeDescription { text: "the end of the program".to_owned(), at: None };
            if let Err(reason) = check(transport, number, &end) {
                tracing::error!("{reason}");
            }
        }
    }
}
