//! The training loop.

use crate::checkpoint::{Checkpoint, CheckpointError, Checkpoints, Latest, Watched};
use crate::curve::draw_history;
use crate::data::Batches;
use crate::error::TrainError;
use crate::history::{History, Phase, Record};
use crate::interrupt::Interrupt;
use crate::metrics::{Metrics, Window};
use crate::progress::Bar;
use crate::trainer::Trainer;
use rune_trace::Tree;
use std::error::Error;
use std::time::Instant;

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// All steps are taken.
    Finished,
    /// There are no more batches.
    DataEnded,
    /// The monitored metric did not improve for too long.
    EarlyStop,
    /// Ctrl-C, a signal or [`Stop`](crate::Stop) asked for it.
    Interrupted,
}

/// The result of training.
#[derive(Debug)]
pub struct Outcome<S> {
    /// The state after the last step.
    pub state: S,
    /// The total number of steps, including those of earlier runs.
    pub step: u64,
    /// Why training ended.
    pub reason: StopReason,
    /// The means of the metrics over the last logged steps.
    pub metrics: Metrics,
    /// The metrics of the last evaluation.
    pub evaluation: Metrics,
    /// The best value of the monitored metric, and its step.
    pub best: Option<(f64, u64)>,
    /// The records of this run. If there is a file of metrics, also those of earlier runs.
    pub history: History,
    /// The errors of checkpoints newer than the one from which training continued.
    pub damaged: Vec<CheckpointError>,
}

/// The type of an absent evaluation.
type NoEvaluation<S> = fn(&S) -> Result<Metrics, TrainError>;

impl Trainer {
    /// Trains. `step` takes the state and a batch, and returns the next state and its metrics: a tree of scalars, such
    /// as a loss or a struct of several metrics.
    ///
    /// ```
    /// use rune::{prelude::*, train::{StopReason, Trainer, data::FromFn}};
    /// let step = jit(|w: &Tensor, x: &Tensor| {
    ///     let (loss, dw) = value_and_grad(|w: &Tensor| (w - x).square().mean())(w);
    ///     (w - 0.2 * dw, loss)
    /// });
    /// let mut batches = FromFn::new(|i| Ok(Tensor::from([1.0f32, 2.0 + (i % 2) as f32])));
    /// let trainer = Trainer { steps: 50, ..Trainer::default() };
    /// let done = trainer.fit(Tensor::scalar(0.0f32), &mut batches, |w, x| step(&w, x))?;
    /// assert!((done.state.item::<f32>()? - 1.75).abs() < 0.2);
    /// assert_eq!((done.step, done.reason), (50, StopReason::Finished));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If a batch cannot be read, if a metric is not a scalar or not finite, or if a file cannot be written or read.
    pub fn fit<S, D, M>(
        &self,
        state: S,
        batches: &mut D,
        step: impl FnMut(S, &D::Batch) -> (S, M),
    ) -> Result<Outcome<S>, TrainError>
    where
        S: Tree,
        D: Batches,
        M: Tree,
    {
        run::<S, D, M, NoEvaluation<S>, TrainError>(self, state, batches, step, None)
    }
    /// Like [`Trainer::fit`], but also evaluates the state, usually on data that training does not see.
    /// [`average`](crate::average) computes means over a loader.
    ///
    /// # Errors
    /// Like [`Trainer::fit`]. Also if the evaluation fails, or lacks the metric to monitor.
    pub fn fit_and_evaluate<S, D, M, E>(
        &self,
        state: S,
        batches: &mut D,
        step: impl FnMut(S, &D::Batch) -> (S, M),
        evaluate: impl FnMut(&S) -> Result<Metrics, E>,
    ) -> Result<Outcome<S>, TrainError>
    where
        S: Tree,
        D: Batches,
        M: Tree,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        run(self, state, batches, step, Some(evaluate))
    }
}

fn run<S, D, M, V, E>(
    trainer: &Trainer,
    state: S,
    batches: &mut D,
    mut step: impl FnMut(S, &D::Batch) -> (S, M),
    mut evaluate: Option<V>,
) -> Result<Outcome<S>, TrainError>
where
    S: Tree,
    D: Batches,
    M: Tree,
    V: FnMut(&S) -> Result<Metrics, E>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    check(trainer, evaluate.is_some())?;
    let interrupt = trainer.ctrl_c.then(Interrupt::listen).transpose().map_err(TrainError::Signal)?;
    let Latest { checkpoint: mut at, damaged } = begin(trainer, state, batches)?;
    let first = at.step;
    let mut log = Log::new(trainer, &at)?;
    for error in &damaged {
        log.bar.print_above(&error.to_string());
    }
    let mut saver = Saver { checkpoints: trainer.checkpoints.as_ref(), saved: (at.step > 0).then_some(at.step) };
    let mut evaluated = None;
    let stopped = || trainer.stop.is_requested() || interrupt.as_ref().is_some_and(Interrupt::is_requested);
    let reason = loop {
        if at.step >= trainer.steps {
            break StopReason::Finished;
        }
        if stopped() {
            break StopReason::Interrupted;
        }
        if trainer.patience.is_some_and(|patience| at.watched.waited >= patience) {
            break StopReason::EarlyStop;
        }
        let batch = match batches.next_batch() {
            Ok(Some(batch)) => batch,
            Ok(None) => break StopReason::DataEnded,
            Err(source) => {
                log.read(&at)?;
                saver.save(&at)?;
                return Err(TrainError::Data { step: at.step + 1, source });
            }
        };
        let (state, metrics) = step(at.state, &batch);
        drop(batch);
        (at.state, at.step, at.position) = (state, at.step + 1, batches.position());
        log.step(&metrics)?;
        let due = |every: u64| at.step.is_multiple_of(every);
        let evaluates = trainer.evaluate_every.is_some_and(due);
        let saves = saver.checkpoints.is_some_and(|checkpoints| due(checkpoints.every));
        if due(trainer.log_every) || evaluates || saves {
            log.read(&at)?;
        }
        if let Some(evaluate) = evaluate.as_mut().filter(|_| evaluates) {
            evaluation(&mut log, &mut saver, &mut at, evaluate)?;
            evaluated = Some(at.step);
        }
        if saves {
            saver.save(&at)?;
        }
        if evaluates || saves {
            log.window_start = Instant::now();
        }
    };
    log.read(&at)?;
    if let Some(evaluate) = &mut evaluate
        && matches!(reason, StopReason::Finished | StopReason::DataEnded)
        && evaluated != Some(at.step)
        && (at.step > first || log.evaluation.is_empty())
    {
        evaluation(&mut log, &mut saver, &mut at, evaluate)?;
    }
    saver.save(&at)?;
    log.draw()?;
    log.bar.finish();
    let best = at.watched.best.map(|best| (best, at.watched.best_step));
    let Log { metrics, evaluation, history, .. } = log;
    Ok(Outcome { state: at.state, step: at.step, reason, metrics, evaluation, best, history, damaged })
}

fn check(trainer: &Trainer, evaluates: bool) -> Result<(), TrainError> {
    let checkpoints = trainer.checkpoints.as_ref();
    let numbers = [
        ("Trainer::log_every", Some(trainer.log_every)),
        ("Trainer::evaluate_every", trainer.evaluate_every),
        ("Trainer::patience", trainer.patience),
        ("Checkpoints::every", checkpoints.map(|c| c.every)),
        ("Checkpoints::keep", checkpoints.map(|c| c.keep as u64)),
    ];
    if let Some((field, _)) = numbers.into_iter().find(|(_, number)| *number == Some(0)) {
        return Err(TrainError::Zero { field });
    }
    let needs = [
        ("Trainer::evaluate_every", trainer.evaluate_every.is_some()),
        ("Trainer::patience", trainer.patience.is_some()),
    ];
    match needs.into_iter().find(|(_, is_set)| *is_set && !evaluates) {
        Some((field, _)) => Err(TrainError::NoEvaluation { field }),
        None => Ok(()),
    }
}

/// Returns where to start: the newest checkpoint, or the beginning.
fn begin<S: Tree, D: Batches>(trainer: &Trainer, state: S, batches: &mut D) -> Result<Latest<S>, TrainError> {
    let start = |state| {
        let checkpoint = Checkpoint { state, step: 0, position: batches.position(), watched: Watched::default() };
        Latest { checkpoint, damaged: Vec::new() }
    };
    let Some(checkpoints) = &trainer.checkpoints else { return Ok(start(state)) };
    if !checkpoints.resume {
        return match checkpoints.steps()?.last() {
            Some(&step) => Err(CheckpointError::Occupied { folder: checkpoints.folder.clone(), step }.into()),
            None => Ok(start(state)),
        };
    }
    let Some(latest) = checkpoints.latest(&state)? else { return Ok(start(state)) };
    for error in &latest.damaged {
        tracing::warn!("{error}; training continues from step {}", latest.checkpoint.step);
    }
    batches.seek(&latest.checkpoint.position).map_err(TrainError::Position)?;
    Ok(latest)
}

/// Evaluates the state, and saves it if it is the best so far.
fn evaluation<S: Tree, E: Into<Box<dyn Error + Send + Sync>>>(
    log: &mut Log<'_>,
    saver: &mut Saver<'_>,
    at: &mut Checkpoint<S>,
    evaluate: &mut impl FnMut(&S) -> Result<Metrics, E>,
) -> Result<(), TrainError> {
    let metrics = match evaluate(&at.state) {
        Ok(metrics) => metrics,
        Err(error) => {
            saver.save(at)?;
            return Err(TrainError::Evaluation { step: at.step, source: error.into() });
        }
    };
    let monitor = &log.trainer.monitor;
    let Some(value) = metrics.get(&monitor.metric) else {
        saver.save(at)?;
        let known = metrics.iter().map(|(name, _)| name.to_owned()).collect();
        return Err(TrainError::NoSuchMetric { name: monitor.metric.clone(), known });
    };
    let is_better = monitor.is_better(value, at.watched.best);
    at.watched = match is_better {
        true => Watched { best: Some(value), best_step: at.step, waited: 0 },
        false => Watched { waited: at.watched.waited + 1, ..at.watched.clone() },
    };
    log.evaluation(at, metrics)?;
    if is_better && let Some(checkpoints) = saver.checkpoints.filter(|checkpoints| checkpoints.best) {
        saver.save(at)?;
        checkpoints.mark_best(at.step)?;
    }
    log.draw()
}

/// Writes checkpoints, each of them once.
struct Saver<'a> {
    checkpoints: Option<&'a Checkpoints>,
    saved: Option<u64>,
}

impl Saver<'_> {
    fn save<S: Tree>(&mut self, at: &Checkpoint<S>) -> Result<(), TrainError> {
        if let Some(checkpoints) = self.checkpoints.filter(|_| self.saved != Some(at.step)) {
            checkpoints.save(at)?;
            self.saved = Some(at.step);
        }
        Ok(())
    }
}

/// Metrics, progress and plots.
struct Log<'a> {
    trainer: &'a Trainer,
    bar: Bar,
    history: History,
    window: Window,
    window_start: Instant,
    start: Instant,
    metrics: Metrics,
    evaluation: Metrics,
}

impl<'a> Log<'a> {
    fn new<S>(trainer: &'a Trainer, at: &Checkpoint<S>) -> Result<Log<'a>, TrainError> {
        let history = History::resume(trainer.metrics.as_deref(), at.step)?;
        let last = |phase| {
            let mut records = history.records().iter().rev();
            records.find(|record| record.phase == phase).map(|record| record.metrics.clone()).unwrap_or_default()
        };
        Ok(Log {
            bar: Bar::new(trainer.progress, at.step, trainer.steps),
            metrics: last(Phase::Train),
            evaluation: last(Phase::Evaluation),
            history,
            trainer,
            window: Window::default(),
            window_start: Instant::now(),
            start: Instant::now(),
        })
    }
    fn step<M: Tree>(&mut self, metrics: &M) -> Result<(), TrainError> {
        self.bar.step();
        self.window.push(metrics)
    }
    /// Reads the metrics of the steps since the last read. Here the host waits for the device.
    fn read<S>(&mut self, at: &Checkpoint<S>) -> Result<(), TrainError> {
        if self.window.is_empty() {
            return Ok(());
        }
        let steps = self.window.len() as f64;
        let means = self.window.take()?;
        let steps_per_second = steps / self.window_start.elapsed().as_secs_f64();
        self.window_start = Instant::now();
        self.bar.train(&means.metrics, steps_per_second);
        self.record(at, Phase::Train, means.metrics.clone())?;
        self.metrics = means.metrics;
        match means.non_finite {
            Some((name, value, later)) if self.trainer.stop_at_non_finite => {
                Err(TrainError::NonFinite { name, value, step: at.step - later as u64 })
            }
            _ => Ok(()),
        }
    }
    fn evaluation<S>(&mut self, at: &Checkpoint<S>, metrics: Metrics) -> Result<(), TrainError> {
        self.bar.evaluation(&metrics);
        self.record(at, Phase::Evaluation, metrics.clone())?;
        self.evaluation = metrics;
        Ok(())
    }
    fn record<S>(&mut self, at: &Checkpoint<S>, phase: Phase, metrics: Metrics) -> Result<(), TrainError> {
        let (step, epoch, seconds) = (at.step, at.position.epoch, self.start.elapsed().as_secs_f64());
        self.history.push(Record { step, epoch, phase, seconds, metrics })
    }
    fn draw(&self) -> Result<(), TrainError> {
        match &self.trainer.curve {
            Some(path) => draw_history(path, &self.history, &self.trainer.monitor.metric),
            None => Ok(()),
        }
    }
}
