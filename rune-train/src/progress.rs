//! The display of progress.

use crate::metrics::{Metrics, four_digits};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whether the progress of training is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Shows a bar if standard error is a terminal.
    Terminal,
    /// Shows nothing.
    Hidden,
}

/// The progress bar.
pub(crate) struct Bar {
    bar: ProgressBar,
    first: bool,
    train: String,
    evaluation: String,
}

impl Bar {
    pub fn new(progress: Progress, step: u64, steps: u64) -> Bar {
        // The bar is hidden if standard error is not a terminal.
        let target = match progress {
            Progress::Terminal => ProgressDrawTarget::stderr(),
            Progress::Hidden => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(steps), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} steps, {elapsed}, {eta} left  {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.set_position(step);
        bar.reset_eta();
        bar.tick();
        Bar { bar, first: true, train: String::new(), evaluation: String::new() }
    }
    pub fn step(&mut self) {
        self.bar.inc(1);
        if std::mem::take(&mut self.first) {
            self.bar.reset_eta(); // Only the first step includes compilation.
        }
    }
    pub fn train(&mut self, metrics: &Metrics, steps_per_second: f64) {
        self.train = format!("{metrics}, {} steps/s", four_digits(steps_per_second));
        self.message();
    }
    pub fn evaluation(&mut self, metrics: &Metrics) {
        self.evaluation = format!(" | evaluation: {metrics}");
        self.message();
    }
    fn message(&self) {
        self.bar.set_message(format!("{}{}", self.train, self.evaluation));
    }
    /// Prints a line above the bar. Prints nothing if the bar is hidden.
    pub fn print_above(&self, line: &str) {
        self.bar.println(line);
    }
    pub fn finish(&self) {
        self.bar.finish();
    }
}
