//! Batches that a thread reads ahead.

use super::{Batches, DataError, Position};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Batches that a thread reads ahead, in the order of their source.
///
/// The position counts the batches that were returned, not those that were read ahead. If the source fails or panics,
/// `next_batch` returns the error. When this value is dropped, the thread ends after the batch that it is reading.
///
/// ```
/// use rune::{prelude::*, train::data::{Arrays, Batches, Loader}};
/// let mut batches = Loader::new(Arrays::new(Tensor::arange(0..100, DType::I32))?, 10).prefetched(4);
/// let first = batches.next_batch()?.unwrap();
/// assert_eq!(first.items.to_vec::<i32>()?, (0..10).collect::<Vec<_>>());
/// assert_eq!(batches.position().index, 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Prefetched<S: Batches> {
    ahead: usize,
    /// The position of the next batch to return.
    position: Position,
    state: State<S>,
}

type Message<B> = (Result<Option<B>, DataError>, Position);

enum State<S: Batches> {
    /// No thread is running, and the source is at `position`.
    Idle(S),
    Running(Receiver<Message<S::Batch>>, JoinHandle<S>),
    /// The source panicked.
    Lost(String),
}

impl<S: Batches + Send + 'static> Prefetched<S>
where
    S::Batch: Send,
{
    /// Returns a reader that reads up to `ahead` batches ahead of the consumer, and at least one. The thread starts
    /// with the first batch.
    pub fn new(source: S, ahead: usize) -> Prefetched<S> {
        Prefetched { ahead: ahead.max(1), position: source.position(), state: State::Idle(source) }
    }
    /// Ends the thread, if there is one, and returns the source.
    fn stop(&mut self) -> Result<S, DataError> {
        match std::mem::replace(&mut self.state, State::Lost(String::new())) {
            State::Idle(source) => Ok(source),
            State::Running(receiver, thread) => {
                drop(receiver);
                thread.join().map_err(|panic| self.fail(message(&*panic)))
            }
            State::Lost(message) => Err(self.fail(message)),
        }
    }
    fn fail(&mut self, message: String) -> DataError {
        self.state = State::Lost(message.clone());
        DataError::Panicked { message }
    }
}

impl<S: Batches + Send + 'static> Batches for Prefetched<S>
where
    S::Batch: Send,
{
    type Batch = S::Batch;
    fn next_batch(&mut self) -> Result<Option<S::Batch>, DataError> {
        if let State::Running(receiver, _) = &self.state
            && let Ok((batch, position)) = receiver.recv()
        {
            self.position = position;
            return batch;
        }
        // The thread has not started yet, or it ended after the end of the data, an error or a panic.
        let source = self.stop()?;
        let (sender, receiver) = sync_channel(self.ahead - 1);
        let thread = std::thread::Builder::new().name("rune-prefetch".to_owned());
        // If the thread cannot start, the source is lost.
        let thread = thread.spawn(move || read(source, &sender)).map_err(|error| self.fail(error.to_string()))?;
        let first = receiver.recv();
        self.state = State::Running(receiver, thread);
        match first {
            Ok((batch, position)) => {
                self.position = position;
                batch
            }
            Err(_) => Err(self.stop().err().unwrap_or(DataError::Empty)),
        }
    }
    fn position(&self) -> Position {
        self.position.clone()
    }
    fn seek(&mut self, position: &Position) -> Result<(), DataError> {
        let mut source = self.stop()?;
        let sought = source.seek(position);
        self.position = source.position();
        self.state = State::Idle(source);
        sought
    }
}

/// Reads batches until the data ends, an error occurs, or the receiver is dropped. Returns the source.
fn read<S: Batches>(mut source: S, sender: &SyncSender<Message<S::Batch>>) -> S {
    loop {
        let batch = match catch_unwind(AssertUnwindSafe(|| source.next_batch())) {
            Ok(batch) => batch,
            Err(panic) => {
                // The source may be in any state, so it is not used again.
                let message = message(&*panic);
                drop(sender.send((Err(DataError::Panicked { message }), source.position())));
                std::panic::resume_unwind(panic);
            }
        };
        let is_last = !matches!(batch, Ok(Some(_)));
        if sender.send((batch, source.position())).is_err() || is_last {
            return source;
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("the panic has no message").to_owned()
}

impl<S: Batches> Drop for Prefetched<S> {
    fn drop(&mut self) {
        if let State::Running(receiver, thread) = std::mem::replace(&mut self.state, State::Lost(String::new())) {
            drop(receiver);
            // `next_batch` has returned the panic as an error, or the panic concerns a batch that nobody needs.
            drop(thread.join());
        }
    }
}

/// After an error, the source decides whether the iterator ends.
impl<S: Batches + Send + 'static> Iterator for Prefetched<S>
where
    S::Batch: Send,
{
    type Item = Result<S::Batch, DataError>;
    fn next(&mut self) -> Option<Self::Item> {
        self.next_batch().transpose()
    }
}
