//! The training loop.

use rune::prelude::*;
use rune::train::data::{Arrays, DataError, FromFn, Loader};
use rune::train::{Checkpoints, Metrics, Monitor, Phase, StopReason, TrainError, Trainer};

fn quiet(steps: u64) -> Trainer {
    Trainer { steps, ctrl_c: false, ..Trainer::default() }
}

fn scores(value: f64) -> Result<Metrics, TrainError> {
    Ok(Metrics::from_iter([("loss".to_owned(), value)]))
}

#[test]
fn metrics_are_read_only_when_they_are_logged() {
    let mut seen: Vec<Tensor> = Vec::new();
    let trainer = Trainer { log_every: 5, ..quiet(12) };
    let done = trainer.fit((), &mut FromFn::new(Ok), |(), &i| {
        // The step is not compiled, so its metric is computed when it is read.
        let loss = Tensor::scalar(i as f32) * 2.0;
        let read = seen.iter().filter(|loss| !loss.is_pending()).count();
        assert_eq!(read as u64, i / 5 * 5, "before step {i}");
        seen.push(loss.clone());
        ((), loss)
    });
    let done = done.unwrap();
    // Each record is the mean over the steps since the previous one.
    assert_eq!(done.history.series(Phase::Train, "loss"), [(5, 4.0), (10, 14.0), (12, 21.0)]);
    assert_eq!(done.metrics.get("loss"), Some(21.0));
}

#[test]
fn training_stops_early_after_patience() {
    let losses = [5.0, 4.0, 4.5, 3.9995, 4.2, 1.0, 0.5];
    let monitor = Monitor { min_delta: 0.01, ..Monitor::min("loss") };
    let trainer = Trainer { evaluate_every: Some(2), patience: Some(3), monitor, ..quiet(100) };
    let mut evaluations = losses.into_iter();
    let done = trainer
        .fit_and_evaluate(
            (),
            &mut FromFn::new(Ok),
            |(), _| ((), Tensor::scalar(0.0f32)),
            |()| scores(evaluations.next().unwrap()),
        )
        .unwrap();
    assert_eq!((done.step, done.reason, done.best), (10, StopReason::EarlyStop, Some((4.0, 4))));
}

#[test]
fn data_may_end_before_the_steps_do() {
    let data = Arrays::new(Tensor::arange(0..10, DType::F32)).unwrap();
    let mut batches = Loader::new(data, 4).epochs(2);
    let step = jit(|sum: &Tensor, batch: &rune::train::data::Batch<Tensor>| {
        (sum + batch.sum(&batch.items), batch.mean(&batch.items))
    });
    let done = quiet(100).fit(Tensor::scalar(0.0f32), &mut batches, |sum, batch| step(&sum, batch)).unwrap();
    assert_eq!((done.step, done.reason), (6, StopReason::DataEnded));
    assert_eq!(done.state.item::<f32>().unwrap(), 90.0);
    assert_eq!(step.compiled_programs(), 1, "the last batch of an epoch is like the others");
}

#[test]
fn what_is_wrong_is_told() {
    let step = |(): (), _: &u64| ((), Tensor::scalar(1.0f32));
    let evaluated = |trainer: Trainer, metrics: &[(&str, f64)]| {
        let metrics: Metrics = metrics.iter().map(|&(name, value)| (name.to_owned(), value)).collect();
        let evaluate = |(): &()| Ok::<_, TrainError>(metrics.clone());
        trainer.fit_and_evaluate((), &mut FromFn::new(Ok), step, evaluate).unwrap_err().to_string()
    };
    let fitted = |trainer: Trainer| trainer.fit((), &mut FromFn::new(Ok), step).unwrap_err().to_string();
    assert_eq!(
        evaluated(quiet(2), &[("accuracy", 1.0), ("los", 2.0)]),
        "there is no metric `loss` to monitor; the evaluation returns `accuracy`, `los`"
    );
    assert_eq!(
        fitted(Trainer { patience: Some(1), ..quiet(2) }),
        "`Trainer::patience` needs an evaluation: call `fit_and_evaluate` instead of `fit`"
    );
    assert_eq!(fitted(Trainer { log_every: 0, ..quiet(2) }), "`Trainer::log_every` is 0, and has to be at least 1");
    let metric = |metric: fn(u64) -> Tensor| {
        let step = |(): (), &i: &u64| ((), (Tensor::scalar(1.0f32), metric(i)));
        Trainer { log_every: 4, ..quiet(8) }.fit((), &mut FromFn::new(Ok), step)
    };
    let error = metric(|_| Tensor::from([1.0f32, 2.0])).unwrap_err().to_string();
    assert_eq!(error, "metrics are scalars, and `1` is of type [2, f32]; reduce it, for example with `.mean()`");
    let diverges: fn(u64) -> Tensor = |i| Tensor::scalar(if i == 5 { f32::INFINITY } else { 0.5 });
    let error = metric(diverges).unwrap_err().to_string();
    assert!(error.starts_with("the metric `1` is inf at step 6; "), "{error}");
}

#[test]
fn an_error_of_the_data_or_the_evaluation_saves_the_state_first() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, bad_batch: u64, bad_evaluation: i32| {
        let checkpoints = Checkpoints { resume: true, ..Checkpoints::new(folder.path().join(name)) };
        let trainer = Trainer { evaluate_every: Some(3), checkpoints: Some(checkpoints), ..quiet(8) };
        let mut batches =
            FromFn::new(move |i| if i == bad_batch { Err(DataError::other("no more disk")) } else { Ok(i) });
        let step = |n: Tensor, _: &u64| (n + 1i32, Tensor::scalar(1.0f32));
        let evaluate = |n: &Tensor| match n.item::<i32>().unwrap() {
            n if n == bad_evaluation => Err("the labels are lost".into()),
            _ => scores(1.0).map_err(Box::<dyn std::error::Error + Send + Sync>::from),
        };
        trainer.fit_and_evaluate(Tensor::scalar(0i32), &mut batches, step, evaluate)
    };
    let error = run("data", 5, 0).unwrap_err().to_string();
    assert_eq!(error, "the batch for step 6 cannot be read: no more disk");
    // The five earlier steps are not taken again.
    let done = run("data", 100, 0).unwrap();
    assert_eq!((done.step, done.state.item::<i32>().unwrap()), (8, 8));
    assert_eq!(Checkpoints::new(folder.path().join("data")).steps().unwrap(), [3, 5, 8]);

    let error = run("evaluation", 100, 6).unwrap_err().to_string();
    assert_eq!(error, "the evaluation after step 6 failed: the labels are lost");
    assert_eq!(Checkpoints::new(folder.path().join("evaluation")).steps().unwrap(), [3, 6]);
}
