//! A training that stops and continues gives the same result as one that never stops.

use rune::nn::{self, Dropout, Linear};
use rune::optim::{self, AdamW, MultiSteps};
use rune::prelude::*;
use rune::random;
use rune::train::data::{Arrays, Batch, Batches, Loader};
use rune::train::{Checkpoints, Metrics, Phase, StopReason, TrainError, Trainer, average};
use rune::{Tier, train::History};
use std::path::Path;

#[derive(Tree, Clone)]
struct Model {
    hidden: Linear,
    dropout: Dropout,
    output: Linear,
}

#[derive(Tree, Clone)]
struct Training {
    model: Model,
    optimizer: optim::State<MultiSteps<AdamW>, Model>,
    key: Tensor,
}

#[derive(Tree)]
struct Mine {
    loss: Tensor,
    accuracy: Tensor,
}

type Items = (Tensor, Tensor);

fn optimizer() -> MultiSteps<AdamW> {
    optim::multi_steps(optim::adamw(optim::cosine_decay_schedule(1e-2, 20, 0.0)), 2)
}

impl Training {
    fn new() -> Training {
        let [a, b, key] = random::split_into(&random::key(3));
        let (hidden, output) = (Linear::new(&a, 4, 16), Linear::new(&b, 16, 3));
        let model = Model { hidden, dropout: Dropout { rate: 0.2 }, output };
        Training { optimizer: optimizer().init(&model), model, key }
    }
    fn losses(model: &Model, (x, classes): &Items, key: Option<&Tensor>) -> (Tensor, Tensor) {
        let h = model.dropout.forward(&model.hidden.forward(x).tanh(), key);
        let logits = model.output.forward(&h);
        (nn::softmax_cross_entropy_with_integer_labels(&logits, classes), logits.argmax_axis(-1).eq(classes))
    }
    fn step(&self, batch: &Batch<Items>) -> (Training, Mine) {
        let [key, now] = random::split_into(&self.key);
        let loss = |model: &Model| {
            let (losses, right) = Training::losses(model, &batch.items, Some(&now));
            (batch.mean(&losses), batch.mean(&right))
        };
        let ((loss, accuracy), gradient) = value_and_grad_aux(loss)(&self.model);
        let (updates, optimizer) = optimizer().update(&gradient, &self.optimizer, &self.model);
        let model = optim::apply_updates(&self.model, &updates);
        (Training { model, optimizer, key }, Mine { loss, accuracy })
    }
}

/// 37 items, so that the last batch of each epoch is not full.
fn items() -> Items {
    let x = random::normal(&random::key(8), [37, 4], DType::F32);
    let classes = x.i((.., ..3)).argmax_axis(-1).cast(DType::I32);
    (x, classes)
}

fn loader() -> Loader<Arrays<Items>> {
    Loader::new(Arrays::new(items()).unwrap(), 8).shuffled(&random::key(5))
}

fn evaluate(training: &Training) -> Result<Metrics, TrainError> {
    average(&loader(), |batch| batch.mean(&Training::losses(&training.model, &batch.items, None).0))
}

fn trainer(folder: &Path, steps: u64) -> Trainer {
    Trainer {
        steps,
        log_every: 3,
        evaluate_every: Some(4),
        checkpoints: Some(Checkpoints { every: 7, resume: true, ..Checkpoints::new(folder) }),
        metrics: Some(folder.join("metrics.jsonl")),
        curve: Some(folder.join("loss.png")),
        ctrl_c: false,
        ..Trainer::default()
    }
}

fn bits(training: &Training) -> Vec<Vec<u8>> {
    training.leaves().iter().map(|leaf| leaf.to_array().unwrap().bytes().to_vec()).collect()
}

#[test]
fn a_resumed_training_continues_bit_for_bit() {
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let step = jit(Training::step).tier(Tier::Host).donate();
    let one = trainer(whole.path(), 20)
        .fit_and_evaluate(Training::new(), &mut loader(), |t, batch| step(t, batch), evaluate)
        .unwrap();
    assert_eq!((one.step, one.reason), (20, StopReason::Finished));

    // A stop is requested during the tenth step. Batches are read ahead meanwhile, and must not be lost.
    let first = trainer(parts.path(), 20);
    let mut taken = 0;
    let stopping = |t: Training, batch: &Batch<Items>| {
        taken += 1;
        if taken == 10 {
            first.stop.request();
        }
        step(t, batch)
    };
    let mut batches = loader().prefetched(3);
    let stopped = first.fit_and_evaluate(Training::new(), &mut batches, stopping, evaluate).unwrap();
    assert_eq!((stopped.step, stopped.reason), (10, StopReason::Interrupted));
    assert_ne!(bits(&stopped.state), bits(&one.state));

    // Another process starts with another seed for the order, which the checkpoint replaces.
    let mut batches = loader().shuffled(&random::key(99)).prefetched(2);
    let step = jit(Training::step).tier(Tier::Host).donate();
    let two = trainer(parts.path(), 20)
        .fit_and_evaluate(Training::new(), &mut batches, |t, batch| step(t, batch), evaluate)
        .unwrap();
    assert_eq!((two.step, two.reason), (20, StopReason::Finished));
    assert_eq!(bits(&two.state), bits(&one.state));
    assert_eq!((two.best, &two.evaluation), (one.best, &one.evaluation));
    assert_eq!(batches.position().epoch, 20 / 5 - 1);

    // The file of metrics has each step once. Both runs have the same evaluations.
    let evaluations = |folder: &Path| {
        let history = History::read(folder.join("metrics.jsonl")).unwrap();
        assert!(history.records().is_sorted_by_key(|record| record.step), "{history:?}");
        history.series(Phase::Evaluation, "loss")
    };
    assert_eq!(evaluations(parts.path()), evaluations(whole.path()));
    assert_eq!(evaluations(parts.path()).len(), 5);
    assert!(image::open(parts.path().join("loss.png")).unwrap().width() > 100);

    // No steps are left; the state is that of the checkpoint.
    let done = trainer(parts.path(), 20)
        .fit_and_evaluate(Training::new(), &mut loader(), |t, batch| step(t, batch), evaluate)
        .unwrap();
    assert_eq!((bits(&done.state), &done.evaluation), (bits(&one.state), &one.evaluation));
    assert_eq!(evaluations(parts.path()), evaluations(whole.path()));
}

#[test]
fn steps_after_the_last_checkpoint_are_taken_again() {
    let (whole, crashed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let step = jit(Training::step).tier(Tier::Host);
    let run = |folder: &Path, crash_at: usize| {
        let mut taken = 0;
        let stepping = |t: Training, batch: &Batch<Items>| {
            taken += 1;
            assert!(taken != crash_at, "the machine crashes");
            step(&t, batch)
        };
        let trainer = Trainer { evaluate_every: None, ..trainer(folder, 12) };
        trainer.fit(Training::new(), &mut loader(), stepping).unwrap()
    };
    let one = run(whole.path(), 0);
    let crash = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(crashed.path(), 11)));
    assert!(crash.is_err());
    let before = History::read(crashed.path().join("metrics.jsonl")).unwrap();
    assert_eq!(before.records().last().unwrap().step, 9);
    let two = run(crashed.path(), 0);
    assert_eq!(bits(&two.state), bits(&one.state));
    let steps: Vec<u64> = two.history.series(Phase::Train, "loss").into_iter().map(|(step, _)| step).collect();
    assert_eq!(steps, [3, 6, 7, 9, 12]);
}
