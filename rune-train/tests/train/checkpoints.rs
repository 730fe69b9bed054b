//! Checkpoint files.

use rune::prelude::*;
use rune::train::data::{FromFn, Position};
use rune::train::{Checkpoint, CheckpointError, Checkpoints, Metrics, Monitor, TrainError, Trainer, Watched};
use std::path::Path;

fn checkpoint<S>(state: S, step: u64) -> Checkpoint<S> {
    let position = Position { epoch: 1, index: step, items: 50, key: Some(vec![1, u32::MAX]) };
    let watched = Watched { best: Some(f64::MIN_POSITIVE / 3.0), best_step: 7, waited: 2 };
    Checkpoint { state, step, position, watched }
}

fn state(x: f32) -> (Tensor, Tensor) {
    (Tensor::from([x, f32::NAN, -0.0]), Tensor::from([x; 4]).cast(DType::BF16))
}

/// Returns a folder with checkpoints of the steps 1 to 3.
fn three(folder: &Path) -> Checkpoints {
    let checkpoints = Checkpoints { resume: true, ..Checkpoints::new(folder) };
    for step in 1..4 {
        checkpoints.save(&checkpoint(state(step as f32), step)).unwrap();
    }
    checkpoints
}

#[test]
fn everything_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = three(folder.path());
    let latest = checkpoints.latest(&state(0.0)).unwrap().unwrap();
    let expected = checkpoint(state(3.0), 3);
    assert!(latest.damaged.is_empty());
    assert_eq!((latest.checkpoint.position, latest.checkpoint.watched), (expected.position, expected.watched));
    for (found, expected) in latest.checkpoint.state.leaves().iter().zip(expected.state.leaves()) {
        assert_eq!(found.to_array().unwrap().bytes(), expected.to_array().unwrap().bytes());
    }
    // Other tools find the tensors under their names.
    let arrays = rune::storage::read(checkpoints.file(3)).unwrap();
    assert_eq!(arrays.keys().collect::<Vec<_>>(), ["state.0", "state.1"]);
}

#[test]
fn a_damaged_checkpoint_is_reported_and_the_one_before_is_used() {
    let read = |path: &Path| std::fs::read(path).unwrap();
    type Damage = fn(Vec<u8>) -> Vec<u8>;
    let damages: [(&str, Damage); 5] = [
        ("empty", |_| Vec::new()),
        ("cut", |mut bytes| {
            bytes.truncate(bytes.len() - 1);
            bytes
        }),
        ("no safetensors file", |_| b"something else entirely".to_vec()),
        ("a bit of a tensor", |mut bytes| {
            *bytes.last_mut().unwrap() ^= 1;
            bytes
        }),
        ("a bit of the metadata", |mut bytes| {
            let at = bytes.windows(9).position(|text| text == b"waited\\\":").unwrap();
            bytes[at + 9] ^= 1;
            bytes
        }),
    ];
    for (name, damage) in damages {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = three(folder.path());
        std::fs::write(checkpoints.file(3), damage(read(&checkpoints.file(3)))).unwrap();
        // A crash during a write leaves such a file behind.
        std::fs::write(folder.path().join("partial"), "half of a file").unwrap();
        let latest = checkpoints.latest(&state(0.0)).unwrap().unwrap();
        assert_eq!(latest.checkpoint.step, 2, "{name}");
        let [error @ CheckpointError::Damaged { path, .. }] = &latest.damaged[..] else {
            panic!("{name}: {:?}", latest.damaged)
        };
        assert_eq!(*path, checkpoints.file(3), "{name}");
        assert!(error.to_string().contains("is damaged: "), "{name}: {error}");

        let trainer = Trainer { steps: 4, checkpoints: Some(checkpoints.clone()), ctrl_c: false, ..Trainer::default() };
        let mut numbers = Vec::new();
        let mut batches = Positions(FromFn::new(Ok), 50);
        let done = trainer.fit(state(0.0), &mut batches, |state, &i| {
            numbers.push(i);
            (state, Tensor::scalar(1.0f32))
        });
        let done = done.unwrap();
        assert_eq!((numbers, done.damaged.len()), (vec![2, 3], 1), "{name}");

        for step in checkpoints.steps().unwrap() {
            std::fs::write(checkpoints.file(step), "").unwrap();
        }
        let error = checkpoints.latest(&state(0.0)).unwrap_err();
        assert!(matches!(&error, CheckpointError::AllDamaged { damaged, .. } if damaged.len() == 3), "{error}");
    }
}

/// Batches with a given number of items in their position.
struct Positions<F>(FromFn<F>, u64);

impl<F: FnMut(u64) -> Result<u64, rune::train::data::DataError>> rune::train::data::Batches for Positions<F> {
    type Batch = u64;
    fn next_batch(&mut self) -> Result<Option<u64>, rune::train::data::DataError> {
        self.0.next_batch()
    }
    fn position(&self) -> Position {
        Position { items: self.1, ..self.0.position() }
    }
    fn seek(&mut self, position: &Position) -> Result<(), rune::train::data::DataError> {
        self.0.seek(&Position { items: 0, ..position.clone() })
    }
}

#[test]
fn a_checkpoint_of_another_model_tells_all_differences() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = three(folder.path());
    let other = (Tensor::from([0.0f32; 5]), Tensor::scalar(1i32));
    let error = checkpoints.latest(&other).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, CheckpointError::Differs { .. }), "{text}");
    for expected in [
        "`state.0` is of type [3, f32] in the file, and of [5, f32] in the tree",
        "`state.1` is of type [4, bf16] in the file, and of [i32] in the tree",
    ] {
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn the_last_ones_and_the_best_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints { every: 1, keep: 2, ..Checkpoints::new(folder.path().join("new/folder")) };
    let scores = [0.3, 0.5, 0.9, 0.9, f64::NAN, 0.2];
    let trainer = Trainer {
        steps: 6,
        evaluate_every: Some(1),
        monitor: Monitor::max("score"),
        checkpoints: Some(checkpoints.clone()),
        ctrl_c: false,
        ..Trainer::default()
    };
    let step = |n: Tensor, _: &u64| (&n + 1i32, Tensor::scalar(0.0f32));
    let evaluate = |n: &Tensor| {
        let score = scores[n.item::<i32>().unwrap() as usize - 1];
        Ok::<_, TrainError>(Metrics::from_iter([("score".to_owned(), score)]))
    };
    let done = trainer.fit_and_evaluate(Tensor::scalar(0i32), &mut FromFn::new(Ok), step, evaluate).unwrap();
    assert_eq!(done.best, Some((0.9, 3)));
    assert_eq!(checkpoints.steps().unwrap(), [5, 6]);
    let best = checkpoints.load_best(&done.state).unwrap();
    assert_eq!((best.step, best.state.item::<i32>().unwrap(), best.watched.best), (3, 3, Some(0.9)));
    let mut names: Vec<_> = std::fs::read_dir(&checkpoints.folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["best.safetensors", "step-000000005.safetensors", "step-000000006.safetensors"]);

    // A new training does not mix its files with these.
    let again = trainer.fit(Tensor::scalar(0i32), &mut FromFn::new(Ok), step);
    let Err(TrainError::Zero { .. } | TrainError::NoEvaluation { .. }) = again else { panic!("{again:?}") };
    let again = trainer.fit_and_evaluate(Tensor::scalar(0i32), &mut FromFn::new(Ok), step, evaluate);
    let error = again.unwrap_err();
    assert!(matches!(error, TrainError::Checkpoint(CheckpointError::Occupied { step: 6, .. })), "{error}");
}
