//! The published weights.

use crate::common::{compare, data, folder, options};
use rune_models::whisper::{Recognizer, TranscribeOptions, read_wav};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// Returns the published model. Gets it with `scripts/fetch-whisper` if it is missing.
fn published() -> &'static Recognizer {
    static RECOGNIZER: OnceLock<Recognizer> = OnceLock::new();
    RECOGNIZER.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let script = root.join("scripts/fetch-whisper");
        assert!(Command::new(&script).status().unwrap().success(), "{} failed", script.display());
        Recognizer::load(root.join("data/whisper")).unwrap()
    })
}

#[test]
fn the_published_model_hears_what_openai_hears() {
    let recognizer = published();
    let sound = read_wav(folder().join("spoken.wav")).unwrap();
    for case in data("spoken.json").as_array().unwrap() {
        let options = TranscribeOptions { decode: options(&case["options"]), ..TranscribeOptions::default() };
        compare(&recognizer.transcribe(&sound, &options).unwrap().segments, &case["segments"]);
    }
}

#[test]
fn the_published_model_understands_a_synthetic_voice() {
    let recognizer = published();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spoken.wav");
    for sentence in
        ["Please open the window and let the fresh air in.", "We will meet again tomorrow morning at the station."]
    {
        let spoken =
            Command::new("espeak-ng").args(["-v", "en-us", "-s", "150", "-w"]).arg(&path).arg(sentence).status();
        if spoken.is_err() {
            println!("skipped: `scripts/setup --with speech` installs espeak-ng");
            return;
        }
        let transcript = recognizer.transcribe(&read_wav(&path).unwrap(), &TranscribeOptions::default()).unwrap();
        let words = |text: &str| -> Vec<String> {
            let word = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            text.split_whitespace().map(word).collect()
        };
        assert_eq!(words(&transcript.text()), words(sentence));
    }
}
