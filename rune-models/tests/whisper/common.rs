//! Helpers that the tests share.

use rune_models::whisper::{DecodeOptions, Segment, Task};
use serde_json::Value;
use std::path::{Path, PathBuf};

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/whisper")
}

pub fn data(name: &str) -> Value {
    let path = folder().join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

pub fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

pub fn ints(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|x| u32::try_from(x.as_u64().unwrap()).unwrap()).collect()
}

/// Returns a test signal, by the same formula as the script.
pub fn signal(seconds: f64, seed: u64) -> Vec<f32> {
    let sample = |i: u64| {
        let t = i as f64 / 16000.0;
        let sine = |hertz: f64| (2.0 * std::f64::consts::PI * hertz * t).sin();
        let noise = ((i * 7919 + seed * 104_729) % 10007) as f64 / 10007.0 - 0.5;
        let loud = 0.5 + 0.5 * sine(0.7);
        let tones = 0.4 * sine(220.0 + 90.0 * seed as f64) + 0.2 * sine(3100.0);
        (loud * tones + 0.01 * noise) as f32
    };
    (0..(seconds * 16000.0) as u64).map(sample).collect()
}

/// Returns the greatest difference.
pub fn difference(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(&a, &b)| (f64::from(a) - b).abs()).fold(0.0, f64::max)
}

/// Returns the options of a case.
pub fn options(case: &Value) -> DecodeOptions {
    let case = case.as_object().unwrap();
    let mut options = DecodeOptions { language: Some("en".to_owned()), ..DecodeOptions::default() };
    for (name, value) in case {
        match name.as_str() {
            "seed" | "condition_on_previous_text" | "initial_prompt" => {}
            "beam_size" => options.beams = value.as_u64().map(|n| n as usize),
            "patience" => options.patience = value.as_f64().unwrap(),
            "length_penalty" => options.length_penalty = value.as_f64(),
            "without_timestamps" => options.timestamps = !value.as_bool().unwrap(),
            "max_initial_timestamp" => options.max_initial_timestamp = value.as_f64(),
            "prompt" => options.prompt = ints(value),
            "language" => options.language = value.as_str().map(str::to_owned),
            "task" => options.task = Task::Translate,
            "sample_len" => options.max_tokens = value.as_u64().map(|n| n as usize),
            "suppress_blank" => options.suppress_blank = value.as_bool().unwrap(),
            other => panic!("the test does not know `{other}`"),
        }
    }
    options
}

pub fn near(found: f64, expected: &Value) -> bool {
    (found - expected.as_f64().unwrap()).abs() < 1e-4
}

/// Compares segments with those of `openai-whisper`.
pub fn compare(found: &[Segment], expected: &Value) {
    let expected = expected.as_array().unwrap();
    let tokens: Vec<_> = found.iter().map(|s| &s.tokens).collect();
    let theirs: Vec<_> = expected.iter().map(|s| ints(&s["tokens"])).collect();
    assert_eq!(tokens, theirs.iter().collect::<Vec<_>>());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.text, expected["text"].as_str().unwrap());
        assert!(near(found.start, &expected["start"]) && near(found.end, &expected["end"]), "{found:?} {expected}");
        assert!(near(found.mean_log_probability, &expected["avg_logprob"]), "{found:?} {expected}");
        assert!(near(found.no_speech_probability.unwrap(), &expected["no_speech_prob"]), "{found:?} {expected}");
    }
}
