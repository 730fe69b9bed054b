//! The ranks of a distributed run.

use crate::Error;
use crate::check::ExchangeDescription;
use crate::exchange;
use crate::queue::{Queue, Work};
use crate::transport::{SingleRank, Transport};
use rune_ir::op::{Communicator, Exchange, Ranks};
use rune_ir::{Array, Loc};
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// The ranks of a distributed run, from the view of one of them. It is cheap to clone.
///
/// ```
/// let world = rune_distributed::init()?;
/// // Without `mpirun`, the program is the only rank.
/// assert_eq!((world.rank(), world.world_size()), (0, 1));
/// # Ok::<(), rune_distributed::Error>(())
/// ```
#[derive(Clone)]
pub struct World {
    link: Arc<Link>,
    ranks: Ranks,
}

/// The connection of one rank to the others.
pub(crate) struct Link {
    rank: usize,
    size: usize,
    overlaps: bool,
    /// `None` if there is only one rank, whose exchanges are immediate.
    queue: Option<Arc<Queue>>,
    alone: Mutex<HashMap<i32, Array>>,
    next: AtomicI32,
    recorded: Mutex<Option<Vec<Recorded>>>,
}

/// An exchange that started while [`World::record`] was on.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The operation.
    pub name: &'static str,
    /// The bytes of its operand.
    pub bytes: usize,
    /// The time at which its operand was computed.
    pub started: Instant,
}

/// The world of the process, once it is known.
pub(crate) static WORLD: OnceLock<World> = OnceLock::new();

thread_local! {
    /// The world of a thread that is a rank: see [`run_threads`](crate::run_threads).
    static OF_THREAD: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// Returns the ranks of the run to which this thread belongs.
pub(crate) fn current() -> Option<World> {
    OF_THREAD.with_borrow(Clone::clone).or_else(|| WORLD.get().cloned())
}

/// Runs `f` on this thread as a rank of `world`.
pub(crate) fn with_world<R>(world: &World, f: impl FnOnce() -> R) -> R {
    struct Restore(Option<World>);
    impl Drop for Restore {
        fn drop(&mut self) {
            OF_THREAD.set(self.0.take());
        }
    }
    let _restore = Restore(OF_THREAD.replace(Some(world.clone())));
    f()
}

/// Returns whether an environment variable is set to a value other than `0`, `false` and the empty text. Returns
/// `default` if the variable is not set.
pub(crate) fn is_set(name: &str, default: bool) -> bool {
    std::env::var(name).map_or(default, |value| !matches!(value.trim(), "" | "0" | "false"))
}

impl World {
    /// Returns the world of a process that is the only rank.
    pub(crate) fn single() -> World {
        World::new(0, 1, None)
    }
    /// Returns the world of a rank whose work goes to `queue`.
    pub(crate) fn new(rank: usize, size: usize, queue: Option<Arc<Queue>>) -> World {
        let overlaps = queue.is_some() && is_set("RUNE_DISTRIBUTED_OVERLAP", true);
        World::with_overlap(rank, size, queue, overlaps)
    }
    pub(crate) fn with_overlap(rank: usize, size: usize, queue: Option<Arc<Queue>>, overlaps: bool) -> World {
        let (alone, next, recorded) = (Mutex::default(), AtomicI32::new(0), Mutex::default());
        let link = Arc::new(Link { rank, size, overlaps, queue, alone, next, recorded });
        World { ranks: Ranks::new(link.clone()), link }
    }
    /// Returns the index of this rank, from 0.
    pub fn rank(&self) -> usize {
        self.link.rank
    }
    /// Returns the number of ranks.
    pub fn world_size(&self) -> usize {
        self.link.size
    }
    /// Returns the ranks as the batch elements of an axis.
    pub fn ranks(&self) -> &Ranks {
        &self.ranks
    }
    /// Starts or stops recording the exchanges of this rank, and returns those recorded so far.
    pub fn record(&self, on: bool) -> Vec<Recorded> {
        let mut recorded = self.link.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *recorded, on.then(Vec::new)).unwrap_or_default()
    }
    /// Waits until all ranks have reached this call.
    ///
    /// # Errors
    /// If an earlier exchange failed.
    pub fn barrier(&self) -> Result<(), Error> {
        self.run("barrier", String::new(), |transport| {
            transport.all_gather(&[0], &mut vec![0; transport.size()])?;
            Ok(exchange::bytes_array(&[]))
        })
        .map(drop)
    }
    /// Returns the bytes of all ranks, in order of the ranks. All ranks must pass the same number of bytes.
    pub(crate) fn gather(&self, what: &'static str, own: Vec<u8>) -> Result<Array, Error> {
        let types = format!("{} bytes", own.len());
        self.run(what, types, move |transport| {
            let mut all = vec![0; own.len() * transport.size()];
            transport.all_gather(&own, &mut all)?;
            Ok(exchange::bytes_array(&all))
        })
    }
    /// Returns the bytes of rank 0, on all ranks.
    pub(crate) fn broadcast(&self, what: &'static str, own: Vec<u8>) -> Result<Array, Error> {
        let types = format!("{} bytes", own.len());
        self.run(what, types, move |transport| {
            let mut bytes = own;
            transport.broadcast(0, &mut bytes)?;
            Ok(exchange::bytes_array(&bytes))
        })
    }
    fn run(
        &self,
        what: &'static str,
        types: String,
        work: impl FnOnce(&mut dyn Transport) -> Result<Array, String> + Send + 'static,
    ) -> Result<Array, Error> {
        let text = if types.is_empty() { what.to_owned() } else { format!("{what} of {types}") };
        let done = match &self.link.queue {
            None => work(&mut SingleRank),
            Some(queue) => {
                queue.add(ExchangeDescription { text, at: None }, Box::new(work)).and_then(|ticket| queue.take(ticket))
            }
        };
        done.map_err(|reason| Error::Exchange { what, reason })
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "World(rank {} of {})", self.rank(), self.world_size())
    }
}

impl Communicator for Link {
    fn rank(&self) -> usize {
        self.rank
    }
    fn size(&self) -> usize {
        self.size
    }
    fn overlaps(&self) -> bool {
        self.overlaps
    }
    fn start(&self, exchange: &Exchange, x: Array, loc: Option<&Loc>) -> Result<i32, String> {
        if let Some(recorded) = &mut *self.recorded.lock().unwrap_or_else(PoisonError::into_inner) {
            recorded.push(Recorded { name: exchange.name(), bytes: x.bytes().len(), started: Instant::now() });
        }
        let Some(queue) = &self.queue else {
            let ticket = self.next.fetch_add(1, Ordering::Relaxed) & i32::MAX;
            let result = exchange::run(&mut SingleRank, 0, exchange, &x)?;
            self.alone.lock().unwrap_or_else(PoisonError::into_inner).insert(ticket, result);
            return Ok(ticket);
        };
        let pairs = if let Exchange::Permute(pairs) = exchange { format!(" by {pairs:?}") } else { String::new() };
        let text = format!("{} of {}{pairs}", exchange.name(), x.ty());
        let (rank, exchange) = (self.rank, exchange.clone());
        let work: Work = Box::new(move |transport| exchange::run(transport, rank, &exchange, &x));
        queue.add(ExchangeDescription { text, at: loc.map(ToString::to_string) }, work)
    }
    fn wait(&self, ticket: i32) -> Result<Array, String> {
        let Some(queue) = &self.queue else {
            let taken = self.alone.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket);
            return taken.ok_or_else(|| format!("no exchange has ticket {ticket}"));
        };
        queue.take(ticket)
    }
}
