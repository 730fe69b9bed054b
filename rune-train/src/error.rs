use crate::checkpoint::CheckpointError;
use crate::data::DataError;
use rune_trace::EvalError;
use std::error::Error;
use std::path::PathBuf;

/// Training cannot start or continue.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The next batch cannot be read. The state is saved first, if there is a folder for checkpoints.
    #[error("the batch for step {step} cannot be read: {source}")]
    Data {
        /// The step that the batch is for, counted from 1.
        step: u64,
        /// The reason.
        source: DataError,
    },
    /// The position of a checkpoint does not fit the data.
    #[error("the data cannot continue where the checkpoint ends: {0}")]
    Position(#[source] DataError),
    /// A checkpoint cannot be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A metric is not a scalar.
    #[error("metrics are scalars, and `{name}` is of type {ty}; reduce it, for example with `.mean()`")]
    NotScalar {
        /// The metric.
        name: String,
        /// Its type.
        ty: String,
    },
    /// A metric cannot be computed.
    #[error("the metrics cannot be read: {0}")]
    Read(#[source] EvalError),
    /// A metric is NaN or infinite.
    #[error(
        "the metric `{name}` is {value} at step {step}; the last checkpoint, if any, is from before. Lower the learning rate, clip \
         gradients, or look for the operation with `RUNE_DEBUG_NANS=1`. `Trainer::stop_at_non_finite: false` goes on instead"
    )]
    NonFinite {
        /// The metric.
        name: String,
        /// Its value.
        value: f64,
        /// The step.
        step: u64,
    },
    /// The metric to monitor does not exist.
    #[error("there is no metric `{name}` to monitor; the evaluation returns {}", list(known))]
    NoSuchMetric {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: Vec<String>,
    },
    /// `patience` or `evaluate_every` is set, but there is no evaluation.
    #[error("`{field}` needs an evaluation: call `fit_and_evaluate` instead of `fit`")]
    NoEvaluation {
        /// The field of the trainer.
        field: &'static str,
    },
    /// A number of steps is 0.
    #[error("`{field}` is 0, and has to be at least 1")]
    Zero {
        /// The field.
        field: &'static str,
    },
    /// The user's evaluation failed.
    #[error("the evaluation after step {step} failed: {source}")]
    Evaluation {
        /// The last step before the evaluation.
        step: u64,
        /// The error of the evaluation.
        source: Box<dyn Error + Send + Sync>,
    },
    /// There are no items to average over.
    #[error("there are no items to average over")]
    Nothing,
    /// A file of metrics, or a picture, cannot be written or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A file of metrics is damaged.
    #[error("line {line} of {} is no record of metrics: {reason}; move the file away to start a new one", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The problem.
        reason: String,
    },
    /// A picture cannot be drawn.
    #[error("{} is not drawn: {reason}", path.display())]
    Curve {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// The operating system refuses to report Ctrl-C.
    #[error("Ctrl-C cannot be listened to: {0}; set `Trainer::ctrl_c: false` to train without")]
    Signal(#[source] std::io::Error),
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
