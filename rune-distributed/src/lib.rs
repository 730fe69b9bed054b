//! Distributed runs: one program on several ranks, which exchange arrays.
//!
//! [`init`] begins a run. [`spmd`] binds the name of an axis to the ranks: in the function that it takes, `psum`,
//! `all_gather` and the other operations over a named axis exchange arrays. [`all_reduce_grads`] averages gradients,
//! [`broadcast_parameters`] copies the model of rank 0 to all ranks, and [`zero1`] divides the state of an optimiser
//! among them.
//!
//! ```
//! use rune_distributed::{all_reduce_grads, broadcast_parameters, init, spmd};
//! use rune_trace::{Tensor, grad};
//!
//! let world = init()?;
//! let w = broadcast_parameters(&Tensor::from([0.0f32, 0.0]))?;
//! // Each rank has its part of the data.
//! let batch = Tensor::from([[1.0f32, world.rank() as f32]]);
//! let loss = |w: &Tensor, x: &Tensor| (x.matmul(w) - 1.0).square().mean();
//! let gradient = spmd(|w: &Tensor, x: &Tensor| all_reduce_grads(&grad(loss)(w, x), "hosts"), "hosts");
//! let w = &w - gradient(&w, &batch) * 0.1;
//! # assert_eq!(w.to_vec::<f32>()?, [0.2, 0.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With the feature `mpi`, the ranks are the processes that `mpirun` starts. [`run_threads`] runs several ranks in one
//! process. See `docs/distributed.md`.

mod check;
mod error;
mod exchange;
mod gradients;
mod init;
#[cfg(feature = "mpi")]
mod mpi;
pub mod network;
#[cfg(feature = "mpi")]
mod process;
mod queue;
mod replicas;
mod spmd;
mod threads;
mod transport;
mod world;
mod zero1;

pub use error::Error;
pub use gradients::{BUCKET_BYTES, all_reduce_grads, all_reduce_grads_with};
pub use init::init;
pub use replicas::{broadcast_parameters, check_equal};
pub use spmd::{spmd, spmd_on};
pub use threads::run_threads;
#[doc(hidden)]
pub use threads::run_threads_with;
pub use world::{Recorded, World};
pub use zero1::{Zero1, zero1};
