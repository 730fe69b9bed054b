//! Ranks that are threads of one process.

use crate::queue::Queue;
use crate::transport::Transport;
use crate::world::{World, is_set, with_world};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Runs `f` on `size` threads as the ranks of a run, and returns their results in order of the ranks. It needs no MPI.
/// Use it for tests, and to try a distributed program in one process.
///
/// ```
/// use rune_distributed::{run_threads, spmd};
/// use rune_trace::{Tensor, psum};
/// let sums = run_threads(3, |world| {
///     let total = spmd(|x: &Tensor| psum(x, "hosts"), "hosts");
///     total(&Tensor::scalar(world.rank() as f32 + 1.0)).item::<f32>().unwrap()
/// });
/// assert_eq!(sums, [6.0, 6.0, 6.0]);
/// ```
///
/// # Panics
/// If a rank panics. The other ranks then fail at their next exchange.
pub fn run_threads<R: Send>(size: usize, f: impl Fn(&World) -> R + Sync) -> Vec<R> {
    let overlaps = is_set("RUNE_DISTRIBUTED_OVERLAP", true);
    let checked = is_set("RUNE_DISTRIBUTED_CHECK", false);
    run_threads_with(size, overlaps, checked, f)
}

/// Like [`run_threads`], but ignores the environment. `overlaps` determines whether exchanges run while programs
/// compute, and `checked` whether the ranks check that they run the same exchanges.
#[doc(hidden)]
pub fn run_threads_with<R: Send>(size: usize, overlaps: bool, checked: bool, f: impl Fn(&World) -> R + Sync) -> Vec<R> {
    let rendezvous = Arc::new(Rendezvous::default());
    let (rendezvous, f) = (&rendezvous, &f);
    let rank = |rank: usize| {
        let queue = Arc::new(Queue::default());
        let world = World::with_overlap(rank, size, Some(queue.clone()), overlaps);
        std::thread::scope(|scope| {
            let served = queue.clone();
            scope.spawn(move || {
                served.serve(&mut Thread { rendezvous: rendezvous.clone(), rank, size }, checked);
                // This rank exchanges nothing more, so ranks that wait for it must fail.
                rendezvous.fail(format!("rank {rank} left the run, but other ranks still exchange"));
            });
            let result = catch_unwind(AssertUnwindSafe(|| with_world(&world, || f(&world))));
            if let Err(panic) = &result {
                rendezvous.fail(format!("rank {rank} ended: {}", message(&**panic)));
            }
            queue.close();
            result
        })
    };
    let results: Vec<std::thread::Result<R>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..size).map(|i| scope.spawn(move || rank(i))).collect();
        threads.into_iter().map(|thread| thread.join().and_then(|result| result)).collect()
    });
    // The first failure is the reason for the others.
    let first = rendezvous.lock().failed.as_ref().map(|(_, text)| text.clone());
    let mut done = Vec::with_capacity(size);
    let mut panics = Vec::new();
    for (rank, result) in results.into_iter().enumerate() {
        match result {
            Ok(result) => done.push(result),
            Err(panic) => panics.push((rank, panic)),
        }
    }
    let cause = |(rank, _): &(usize, Box<dyn Any + Send>)| {
        first.as_ref().is_some_and(|text| text.starts_with(&format!("rank {rank} ended")))
    };
    let position = panics.iter().position(cause).unwrap_or(0);
    if position < panics.len() {
        resume_unwind(panics.swap_remove(position).1);
    }
    done
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it panicked")
}

/// The meeting point of the threads: each brings bytes, and receives those of all.
#[derive(Default)]
struct Rendezvous {
    round: Mutex<Round>,
    changed: Condvar,
}

#[derive(Default)]
struct Round {
    number: u64,
    brought: Vec<(usize, Vec<u8>)>,
    /// The bytes of the last round, in order of the ranks.
    all: Arc<Vec<Vec<u8>>>,
    /// The first failure: the number of the next round, and the reason.
    failed: Option<(u64, String)>,
}

impl Rendezvous {
    fn lock(&self) -> std::sync::MutexGuard<'_, Round> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn fail(&self, why: String) {
        let mut round = self.lock();
        let number = round.number;
        round.failed.get_or_insert((number, why));
        self.changed.notify_all();
    }
    fn exchange(&self, rank: usize, size: usize, bytes: Vec<u8>) -> Result<Arc<Vec<Vec<u8>>>, String> {
        let mut round = self.lock();
        let number = round.number;
        round.brought.push((rank, bytes));
        if round.brought.len() == size {
            let mut brought = std::mem::take(&mut round.brought);
            brought.sort_unstable_by_key(|(rank, _)| *rank);
            round.all = Arc::new(brought.into_iter().map(|(_, bytes)| bytes).collect());
            round.number += 1;
            self.changed.notify_all();
        }
        // No rank replaces `all` before this rank comes to the next round.
        while round.number == number {
            if let Some((_, why)) = &round.failed {
                return Err(why.clone());
            }
            round = self.changed.wait(round).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(round.all.clone())
    }
}

/// The transport of a rank that is a thread.
struct Thread {
    rendezvous: Arc<Rendezvous>,
    rank: usize,
    size: usize,
}

impl Thread {
    fn exchange(&self, bytes: &[u8]) -> Result<Arc<Vec<Vec<u8>>>, String> {
        self.rendezvous.exchange(self.rank, self.size, bytes.to_vec())
    }
}

/// Copies bytes from another rank. Fails if their number is unexpected.
fn copy_exact(into: &mut [u8], from: &[u8]) -> Result<(), String> {
    if into.len() != from.len() {
        return Err(format!(
            "the ranks exchange {} and {} bytes; all must exchange arrays of one type",
            into.len(),
            from.len()
        ));
    }
    into.copy_from_slice(from);
    Ok(())
}

impl Transport for Thread {
    fn size(&self) -> usize {
        self.size
    }
    fn all_gather(&mut self, part: &[u8], all: &mut [u8]) -> Result<(), String> {
        copy_exact(all, &self.exchange(part)?.concat())
    }
    fn all_to_all(&mut self, parts: &[u8], received: &mut [u8]) -> Result<(), String> {
        let (all, part) = (self.exchange(parts)?, parts.len() / self.size);
        let mine = all.iter().map(|parts| parts.get(self.rank * part..(self.rank + 1) * part).unwrap_or_default());
        copy_exact(received, &mine.collect::<Vec<_>>().concat())
    }
    fn send_receive(&mut self, to: Option<(usize, &[u8])>, from: Option<(usize, &mut [u8])>) -> Result<(), String> {
        let all = self.exchange(to.map_or(&[], |(_, bytes)| bytes))?;
        match from {
            Some((from, received)) => copy_exact(received, &all[from]),
            None => Ok(()),
        }
    }
    fn broadcast(&mut self, root: usize, bytes: &mut [u8]) -> Result<(), String> {
        let all = self.exchange(bytes)?;
        copy_exact(bytes, &all[root])
    }
}
