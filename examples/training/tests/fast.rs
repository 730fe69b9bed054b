//! The programs at a small size.

use rune::prelude::*;
use rune::random;
use rune::train::{Phase, StopReason};
use rune_training_examples::language::{self, Settings};
use rune_training_examples::pictures;
use std::process::Command;

#[test]
fn a_small_gpt_learns_and_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let done = language::train(Settings::fast(), folder.path(), false).unwrap();
    assert_eq!((done.step, done.reason), (40, StopReason::Finished));
    let losses = done.history.series(Phase::Evaluation, "loss");
    assert_eq!(losses.len(), 2);
    // An even guess has the loss ln 256 = 5.55.
    assert!(losses[0].1 < 5.0 && losses[1].1 < losses[0].1 && losses[1].1 < 4.0, "{losses:?}");
    for file in ["metrics.jsonl", "loss.png", "checkpoints/best.safetensors"] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
    // Nothing is left to do.
    let again = language::train(Settings::fast(), folder.path(), true).unwrap();
    let leaves = |model: &language::Training| model.leaves().iter().map(|x| x.to_array().unwrap()).collect::<Vec<_>>();
    assert_eq!(leaves(&again.state), leaves(&done.state));
    let [loss, eight, four] = language::quantized_losses(&done.state.model, Settings::fast(), folder.path()).unwrap();
    assert!((loss - losses[1].1).abs() < 1e-5, "{loss} after {losses:?}");
    assert!((eight - loss).abs() < 0.01 && (four - loss).abs() < 0.2 && four != loss, "{loss} {eight} {four}");
    let text = language::write(&done.state.model, "a", 20, &random::key(0)).unwrap();
    assert!(text.starts_with('a') && text.len() >= 21, "{text:?}");
}

#[test]
fn a_small_cnn_tells_photographs_apart() {
    let root = rune_training_examples::root();
    let script = root.join("scripts/fetch-pictures");
    assert!(Command::new(&script).status().unwrap().success(), "{} failed", script.display());
    let folder = tempfile::tempdir().unwrap();
    let done = pictures::train(pictures::Settings::fast(), &root.join("data/pictures"), folder.path(), false).unwrap();
    assert_eq!(done.reason, StopReason::Finished);
    // A guess is right once in ten times.
    let (accuracy, _) = done.best.unwrap();
    assert!(accuracy > 0.3, "{accuracy}: {:?}", done.history.records());
    assert!(folder.path().join("checkpoints/best.safetensors").exists());
}
