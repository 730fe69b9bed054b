//! The bounded queue of texts. The model takes its batches from it.

use crate::encoder::Encoder;
use crate::settings::Settings;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// The reason why a text has no embedding.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Failure {
    /// The deadline passed before the computation began.
    Late,
    /// The computation failed. The log has the reason.
    Failed,
}

/// The index of a text in its request, and its embedding.
pub(crate) type Reply = (usize, Result<Vec<f32>, Failure>);

/// The destination of the embedding of a text.
pub(crate) struct Slot {
    pub index: usize,
    pub reply: UnboundedSender<Reply>,
}

impl Slot {
    /// Answers the text. The request may be gone already.
    pub fn answer(&self, result: Result<Vec<f32>, Failure>) {
        self.reply.send((self.index, result)).ok();
    }
}

/// A text in the queue.
pub(crate) struct Item {
    pub tokens: Vec<u32>,
    pub since: Instant,
    pub deadline: Instant,
    pub slot: Slot,
    /// The place in the queue. It becomes free when a batch takes the text.
    pub place: OwnedSemaphorePermit,
}

/// Texts to compute together.
#[derive(Default)]
pub(crate) struct Batch {
    pub tokens: Vec<Vec<u32>>,
    pub slots: Vec<Slot>,
}

impl Extend<Item> for Batch {
    fn extend<I: IntoIterator<Item = Item>>(&mut self, items: I) {
        for Item { tokens, slot, place, .. } in items {
            self.tokens.push(tokens);
            self.slots.push(slot);
            drop(place);
        }
    }
}

#[derive(Default)]
struct State {
    /// The texts by their number of positions, including padding. The oldest is in front.
    groups: BTreeMap<usize, VecDeque<Item>>,
    /// Whether batches are no longer delayed.
    delay_ended: bool,
    /// Whether the queue accepts no more texts.
    closed: bool,
}

pub(crate) struct Queue {
    encoder: Arc<dyn Encoder>,
    settings: Settings,
    places: Arc<Semaphore>,
    state: Mutex<State>,
    changed: Condvar,
}

impl Queue {
    pub fn new(encoder: Arc<dyn Encoder>, settings: &Settings) -> Queue {
        Queue {
            encoder,
            settings: settings.clone(),
            places: Arc::new(Semaphore::new(settings.queue_texts)),
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }
    /// Reserves places for the texts of a request.
    pub fn reserve(&self, texts: u32) -> Result<OwnedSemaphorePermit, TryAcquireError> {
        self.places.clone().try_acquire_many_owned(texts)
    }
    /// Returns the number of waiting texts. Texts that are still being tokenized have a place, but are not counted.
    pub fn depth(&self) -> usize {
        self.lock().groups.values().map(VecDeque::len).sum()
    }
    pub fn push(&self, items: Vec<Item>) {
        let mut state = self.lock();
        for item in items {
            let [_, positions] = self.encoder.padded_shape(1, item.tokens.len());
            state.groups.entry(positions).or_default().push_back(item);
        }
        drop(state);
        self.changed.notify_all();
    }
    /// Ends the delay that lets batches fill.
    pub fn end_delay(&self) {
        self.lock().delay_ended = true;
        self.changed.notify_all();
    }
    /// Makes [`Queue::next`] return the waiting texts, and then nothing.
    pub fn close(&self) {
        self.places.close();
        self.lock().closed = true;
        self.changed.notify_all();
    }
    /// Waits for a batch. Returns nothing when the queue is closed and empty.
    pub fn next(&self) -> Option<Batch> {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            state.discard_late(now);
            let Some((oldest, since)) = state.oldest() else {
                if state.closed {
                    return None;
                }
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let waited = now.duration_since(since);
            if state.delay_ended || waited >= self.settings.batch_wait {
                return Some(self.take(&mut state, oldest));
            }
            let is_full = |(&positions, group): (&usize, &VecDeque<Item>)| {
                (group.len() >= self.settings.texts_in_batch(positions)).then_some(positions)
            };
            if let Some(positions) = state.groups.iter().find_map(is_full) {
                return Some(self.take(&mut state, positions));
            }
            let left = self.settings.batch_wait - waited;
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
    /// Takes a batch of texts with this many positions.
    fn take(&self, state: &mut State, positions: usize) -> Batch {
        let most = self.settings.texts_in_batch(positions);
        let group = state.groups.entry(positions).or_default();
        let mut batch = Batch::default();
        batch.extend(group.drain(..group.len().min(most)));
        // Shorter texts take the rows that would otherwise be padding, which costs nothing.
        let [rows, _] = self.encoder.padded_shape(batch.slots.len(), positions);
        for (_, shorter) in state.groups.range_mut(..positions).rev() {
            let free = rows.min(most) - batch.slots.len();
            batch.extend(shorter.drain(..shorter.len().min(free)));
        }
        state.groups.retain(|_, group| !group.is_empty());
        batch
    }
    fn lock(&self) -> MutexGuard<'_, State> {
        // No panic can leave the state half-changed, so a poisoned lock is harmless.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Returns the group of the text that has waited longest, and since when it has waited.
    fn oldest(&self) -> Option<(usize, Instant)> {
        let fronts = self.groups.iter().filter_map(|(&positions, group)| Some((positions, group.front()?.since)));
        fronts.min_by_key(|&(_, since)| since)
    }
    /// Answers the texts whose deadline has passed, and drops those whose request is gone.
    fn discard_late(&mut self, now: Instant) {
        for group in self.groups.values_mut() {
            group.retain(|item| {
                if item.deadline <= now {
                    item.slot.answer(Err(Failure::Late));
                }
                item.deadline > now && !item.slot.reply.is_closed()
            });
        }
        self.groups.retain(|_, group| !group.is_empty());
    }
}
