//! Training: a loop over your own step, checkpoints, data, gradient accumulation and mixed precision.
//!
//! The step is your function, usually compiled by `rune::jit`. It takes the state by value, and a batch. It returns the
//! next state and a tree of scalar metrics. [`Trainer`] calls it; everything else is optional.
//!
//! ```
//! use rune::{nn::{self, Mlp}, optim::{self, Adam}, prelude::*, random};
//! use rune::train::{Trainer, data::{Arrays, Batch, Loader}};
//!
//! #[derive(Tree, Clone)]
//! struct Training { model: Mlp, optimizer: optim::State<Adam, Mlp> }
//!
//! let [start, points, order] = random::split_into(&random::key(0));
//! let x = random::uniform(&points, [100, 1], DType::F32, -3.0, 3.0);
//! let mut batches = Loader::new(Arrays::new((x.clone(), x.sin()))?, 32).shuffled(&order);
//!
//! let adam = optim::adam(1e-2);
//! let step = jit(|t: &Training, batch: &Batch<(Tensor, Tensor)>| {
//!     let (x, y) = &batch.items;
//!     let loss = |model: &Mlp| batch.mean(&(model.forward(x) - y).square());
//!     let (loss, gradient) = value_and_grad(loss)(&t.model);
//!     let (updates, optimizer) = adam.update(&gradient, &t.optimizer, &t.model);
//!     (Training { model: optim::apply_updates(&t.model, &updates), optimizer }, loss)
//! }).donate();
//!
//! let model = Mlp::new(&start, &[1, 32, 1], Tensor::tanh);
//! let training = Training { optimizer: adam.init(&model), model };
//! let trainer = Trainer { steps: 200, ..Trainer::default() };
//! let done = trainer.fit(training, &mut batches, |training, batch| step(training, batch))?;
//! assert!(done.metrics.get("loss").unwrap() < 0.2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accumulate;
mod checkpoint;
mod curve;
pub mod data;
mod error;
mod history;
mod interrupt;
mod metrics;
mod precision;
mod progress;
mod run;
mod trainer;

pub use accumulate::{accumulate, accumulate_weighted};
pub use checkpoint::{Checkpoint, CheckpointError, Checkpoints, Latest, Watched};
pub use curve::{Curve, draw_curves};
pub use error::TrainError;
pub use history::{History, Phase, Record};
pub use metrics::{Metrics, average};
pub use precision::{LossScale, LossScaling, all_finite, cast_floats, mixed, select};
pub use progress::Progress;
pub use run::{Outcome, StopReason};
pub use trainer::{Goal, Monitor, Stop, Trainer};

/// Runs the programs in the tutorial on training.
#[cfg(doctest)]
#[doc = include_str!("../../docs/training.md")]
struct Tutorial;
