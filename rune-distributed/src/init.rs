//! The beginning of a distributed run.

use crate::Error;
use crate::world::{WORLD, World, current};
use std::sync::{Mutex, PoisonError};

/// Begins a distributed run, and returns its ranks: the processes that `mpirun` started, or this one alone. Further
/// calls return the same ranks.
///
/// With several ranks, a panic, an error that `main` returns, and [`std::process::exit`] with a code other than 0 end
/// all ranks.
///
/// # Errors
/// If `mpirun` started the process, but MPI cannot be used.
pub fn init() -> Result<World, Error> {
    if let Some(world) = current() {
        return Ok(world);
    }
    static STARTING: Mutex<()> = Mutex::new(());
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(world) = WORLD.get() {
        return Ok(world.clone());
    }
    let world = begin()?;
    Ok(WORLD.get_or_init(|| world).clone())
}

/// The environment variables with the number of ranks: of Open MPI, of MPICH and Intel MPI, and of Slurm.
const SIZES: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];

fn begin() -> Result<World, Error> {
    match SIZES.iter().find_map(|name| std::env::var(name).ok()) {
        #[cfg(feature = "mpi")]
        Some(_) => crate::mpi::begin(),
        #[cfg(not(feature = "mpi"))]
        Some(size) if size.trim() != "1" => Err(Error::WithoutMpi { size }),
        #[cfg(not(feature = "mpi"))]
        Some(_) => Ok(World::alone()),
        None => Ok(World::single()),
    }
}
