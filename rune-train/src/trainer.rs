//! The settings of training.

use crate::checkpoint::Checkpoints;
use crate::progress::Progress;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The settings of training. Set the fields that differ from the default: `Trainer { steps: 500, ..Trainer::default()
/// }`.
#[derive(Clone, Debug)]
pub struct Trainer {
    /// The total number of steps, including those of earlier runs that are resumed.
    pub steps: u64,
    /// The number of steps between reads of the metrics. The host waits for the device only there.
    pub log_every: u64,
    /// The number of steps between evaluations. `None` evaluates only after the last step.
    pub evaluate_every: Option<u64>,
    /// The metric of the evaluation that determines the best state.
    pub monitor: Monitor,
    /// The number of evaluations without a new best value after which training stops early.
    pub patience: Option<u64>,
    /// Where and how often to write checkpoints.
    pub checkpoints: Option<Checkpoints>,
    /// A file for all metrics, as JSON lines: see [`Record`](crate::Record). If training resumes from a checkpoint, the
    /// file is continued; else it is replaced.
    pub metrics: Option<PathBuf>,
    /// A PNG file for a plot of the monitored metric. It is drawn after each evaluation and at the end.
    pub curve: Option<PathBuf>,
    /// Whether to show a progress bar in a terminal.
    pub progress: Progress,
    /// Whether a NaN or infinite metric is an error. It is noticed when metrics are read.
    pub stop_at_non_finite: bool,
    /// Whether Ctrl-C, or the signal of `kill`, finishes the step, saves and stops. A second one ends the process.
    pub ctrl_c: bool,
    /// A request to stop, which another thread can make.
    pub stop: Stop,
}

impl Default for Trainer {
    /// Returns settings for 1,000 steps, with a log every 10 steps, a bar and Ctrl-C, without files.
    fn default() -> Trainer {
        Trainer {
            steps: 1000,
            log_every: 10,
            evaluate_every: None,
            monitor: Monitor::min("loss"),
            patience: None,
            checkpoints: None,
            metrics: None,
            curve: None,
            progress: Progress::Terminal,
            stop_at_non_finite: true,
            ctrl_c: true,
            stop: Stop::default(),
        }
    }
}

/// The direction in which a metric gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// Less is better, as for a loss.
    Min,
    /// More is better, as for an accuracy.
    Max,
}

/// The metric that determines the best state.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitor {
    /// The name of the metric.
    pub metric: String,
    /// Whether less or more is better.
    pub goal: Goal,
    /// The least change that counts as better.
    pub min_delta: f64,
}

impl Monitor {
    /// Monitors a metric for which less is better.
    pub fn min(metric: impl Into<String>) -> Monitor {
        Monitor { metric: metric.into(), goal: Goal::Min, min_delta: 0.0 }
    }
    /// Monitors a metric for which more is better.
    pub fn max(metric: impl Into<String>) -> Monitor {
        Monitor { metric: metric.into(), goal: Goal::Max, min_delta: 0.0 }
    }
    /// Returns whether `value` is better than `best`. NaN is never better.
    pub(crate) fn is_better(&self, value: f64, best: Option<f64>) -> bool {
        match (best, self.goal) {
            (None, _) => !value.is_nan(),
            (Some(best), Goal::Min) => value < best - self.min_delta,
            (Some(best), Goal::Max) => value > best + self.min_delta,
        }
    }
}

/// A request to stop. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks training to finish the current step, save and stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
    /// Returns whether a stop was requested.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
