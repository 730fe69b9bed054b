//! The queue of compilations.
//!
//! A few threads each compile one program at a time, in child processes of the lowest priority. The program with the
//! longest total time on the host engine is compiled first. A thread ends when the queue is empty.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The maximum number of concurrent compilations on any number of cores: a compiler needs 0.2 to 2 GB of memory.
const MAX_WORKERS: usize = 8;

/// A program in the queue.
pub(super) struct Job {
    /// The total time of the program on the host engine.
    pub spent: Duration,
    /// Compiles the program.
    pub compile: Box<dyn FnOnce() + Send>,
    /// Keeps the program on the host engine, if no thread can compile it.
    pub refuse: Box<dyn FnOnce() + Send>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Job>,
    workers: usize,
}

static QUEUE: Mutex<Queue> = Mutex::new(Queue { waiting: Vec::new(), workers: 0 });

fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Queues a program for compilation, and starts a thread if fewer than the maximum run.
pub(super) fn add(job: Job) {
    let mut queue = queue();
    queue.waiting.push(job);
    if queue.workers >= cores().min(MAX_WORKERS) {
        return;
    }
    let started = std::thread::Builder::new().name("rune-compile".to_owned()).spawn(run_jobs);
    match started {
        Ok(_) => queue.workers += 1,
        // The existing threads will compile it.
        Err(_) if queue.workers > 0 => {}
        Err(error) => {
            tracing::warn!("programs stay on the host engine: no thread for the compiler can be started: {error}");
            for job in queue.waiting.drain(..) {
                (job.refuse)();
            }
        }
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Compiles until the queue is empty.
fn run_jobs() {
    while let Some(job) = next() {
        (job.compile)();
    }
}

/// Returns the next job. If there is none, the calling thread ends.
fn next() -> Option<Job> {
    let mut queue = queue();
    let longest = (0..queue.waiting.len()).max_by_key(|&i| queue.waiting[i].spent);
    match longest {
        Some(i) => Some(queue.waiting.swap_remove(i)),
        None => {
            queue.workers -= 1;
            None
        }
    }
}
