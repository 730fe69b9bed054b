//! Ranks that are MPI processes.
//!
//! One thread of each process calls MPI: it initializes MPI, runs all exchanges, and finalizes MPI when the process
//! exits. The program can therefore compute while arrays are exchanged.

use crate::Error;
use crate::process;
use crate::queue::Queue;
use crate::transport::Transport;
use crate::world::{World, is_set};
use mpi::environment::Universe;
use mpi::point_to_point::{Destination, Source};
use mpi::topology::SimpleCommunicator;
use mpi::traits::{Communicator, CommunicatorCollectives, Root};
use mpi::{Threading, initialize_with_threading};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};

/// The maximum size of a message in bytes: MPI counts them in 32 bits.
const MAX_MESSAGE: usize = 1 << 30;

/// Initializes MPI, and returns the world of this process.
pub(crate) fn begin() -> Result<World, Error> {
    let queue = Arc::new(Queue::default());
    let (sender, receiver) = mpsc::channel();
    let served = queue.clone();
    let serve = move || {
        let Some((universe, threading)) = initialize_with_threading(Threading::Multiple) else {
            let _ = sender.send(Err("another part of the program initialized MPI".to_owned()));
            return;
        };
        let world = universe.world();
        let _ = sender.send(Ok((world.rank() as usize, world.size() as usize, threading >= Threading::Multiple)));
        let mut transport =
            Mpi { size: world.size() as usize, rank: world.rank() as usize, world, universe: Some(universe) };
        let checked = is_set("RUNE_DISTRIBUTED_CHECK", false);
        if catch_unwind(AssertUnwindSafe(|| served.serve(&mut transport, checked))).is_err() {
            transport.world.abort(1);
        }
        // This finalizes MPI.
        drop(transport.universe.take());
    };
    let thread = std::thread::Builder::new().name("mpi".to_owned()).spawn(serve);
    let thread = thread.map_err(|error| Error::Mpi(format!("no thread for it: {error}")))?;
    let outcome = receiver.recv().map_err(|_| Error::Mpi("its initialization failed".to_owned()))?;
    let (rank, size, abortable) = outcome.map_err(Error::Mpi)?;
    let closed = queue.clone();
    process::at_exit(move |code| match code {
        0 => {
            closed.close();
            // If the thread panicked, it has ended the process already.
            let _ = thread.join();
        }
        // Another thread may be in the middle of an exchange. If MPI does not support calls from two threads, this
        // process exits without finalizing MPI, and `mpirun` then ends the other processes.
        code if abortable => SimpleCommunicator::world().abort(code),
        _ => {}
    });
    process::name_panics(rank, size);
    Ok(World::new(rank, size, Some(queue)))
}

struct Mpi {
    rank: usize,
    size: usize,
    world: SimpleCommunicator,
    universe: Option<Universe>,
}

fn check_length(bytes: usize) -> Result<(), String> {
    if bytes <= MAX_MESSAGE {
        return Ok(());
    }
    Err(format!("a message of {bytes} bytes is longer than the {MAX_MESSAGE} that fit; exchange the array in parts"))
}

impl Transport for Mpi {
    fn size(&self) -> usize {
        self.size
    }
    fn all_gather(&mut self, part: &[u8], all: &mut [u8]) -> Result<(), String> {
        check_length(part.len())?;
        self.world.all_gather_into(part, all);
        Ok(())
    }
    fn all_to_all(&mut self, parts: &[u8], received: &mut [u8]) -> Result<(), String> {
        check_length(parts.len() / self.size)?;
        self.world.all_to_all_into(parts, received);
        Ok(())
    }
    fn send_receive(&mut self, to: Option<(usize, &[u8])>, from: Option<(usize, &mut [u8])>) -> Result<(), String> {
        match (to, from) {
            (Some((to, sent)), Some((from, received))) if to == self.rank && from == self.rank => {
                received.copy_from_slice(sent);
            }
            (to, from) => {
                let bytes = to.map(|(_, sent)| sent.len()).max(from.as_ref().map(|(_, received)| received.len()));
                check_length(bytes.unwrap_or(0))?;
                mpi::request::scope(|scope| {
                    let sent = to.map(|(to, sent)| self.world.process_at_rank(to as i32).immediate_send(scope, sent));
                    if let Some((from, received)) = from {
                        self.world.process_at_rank(from as i32).receive_into(received);
                    }
                    if let Some(sent) = sent {
                        sent.wait();
                    }
                });
            }
        }
        Ok(())
    }
    fn broadcast(&mut self, root: usize, bytes: &mut [u8]) -> Result<(), String> {
        for part in bytes.chunks_mut(MAX_MESSAGE) {
            self.world.process_at_rank(root as i32).broadcast_into(part);
        }
        Ok(())
    }
}
