//! Ranks: the processes of a distributed run, which are the batch elements of an axis.

use super::CollectiveFn;
use crate::{Array, Loc};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Carries out the operations over an axis whose batch elements are the ranks of a distributed run.
///
/// All ranks start the same exchanges in the same order. A rank may start several before it waits for the first.
pub trait Communicator: Send + Sync {
    /// Returns the index of this rank, from 0.
    fn rank(&self) -> usize;
    /// Returns the number of ranks.
    fn size(&self) -> usize;
    /// Returns whether exchanges run while the program computes. If not, each is waited for as soon as it is started.
    fn overlaps(&self) -> bool;
    /// Starts an exchange of `x`, and returns a ticket for [`Communicator::wait`]. `loc` is the line of the operation.
    ///
    /// # Errors
    /// If an exchange failed before.
    fn start(&self, exchange: &Exchange, x: Array, loc: Option<&Loc>) -> Result<i32, String>;
    /// Waits for the exchange with this ticket, and returns its result. A ticket can be used once.
    ///
    /// # Errors
    /// If the exchange failed, or there is none with this ticket.
    fn wait(&self, ticket: i32) -> Result<Array, String>;
}

/// A communication between all ranks.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Exchange {
    /// Reduces corresponding elements over all ranks. The result is the same for all of them.
    Reduce(CollectiveFn),
    /// Stacks the arrays of all ranks along a new first axis. The result is the same for all of them.
    Gather,
    /// Sends part `i` along the first axis to rank `i`. Each rank stacks the parts that it receives, in rank order.
    AllToAll,
    /// Sends the array from rank `from` to rank `to`, for each pair `(from, to)`. Ranks that receive nothing get zeros.
    Permute(Vec<(usize, usize)>),
}

impl Exchange {
    /// Returns the name of the operation.
    pub fn name(&self) -> &'static str {
        match self {
            Exchange::Reduce(f) => f.name(),
            Exchange::Gather => "all_gather",
            Exchange::AllToAll => "all_to_all",
            Exchange::Permute(_) => "ppermute",
        }
    }
}

/// A handle of one rank to the ranks of a distributed run. It is cheap to clone. Two handles are equal if one is a
/// clone of the other.
#[derive(Clone)]
pub struct Ranks {
    communicator: Arc<dyn Communicator>,
    number: u64,
}

static NEXT: AtomicU64 = AtomicU64::new(0);

impl Ranks {
    /// Returns a new handle.
    pub fn new(communicator: Arc<dyn Communicator>) -> Ranks {
        Ranks { communicator, number: NEXT.fetch_add(1, Ordering::Relaxed) }
    }
    /// Returns the index of this rank, from 0.
    pub fn rank(&self) -> usize {
        self.communicator.rank()
    }
    /// Returns the number of ranks.
    pub fn size(&self) -> usize {
        self.communicator.size()
    }
    /// Returns the communicator of the exchanges.
    pub fn communicator(&self) -> &Arc<dyn Communicator> {
        &self.communicator
    }
    /// Returns a number that is unique in this process.
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

impl fmt::Debug for Ranks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ranks(rank {} of {})", self.rank(), self.size())
    }
}
