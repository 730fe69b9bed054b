//! Measures Whisper: `cargo run --release -p rune-models --example whisper_times -- FOLDER FILE.wav`.
//!
//! Prints JSON: the seconds of loading, of the front end, of the encoder for one window, and of one step of the
//! decoder, each the fastest of several calls; the seconds of transcribing the file after all programs are planned; and
//! the peak memory in bytes.

use anyhow::{Context, Result, bail};
use rune_models::whisper::{DecodeOptions, Recognizer, SAMPLE_RATE, TranscribeOptions, read_wav};
use std::time::Instant;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, file] = &arguments[..] else { bail!("usage: whisper_times FOLDER FILE.wav") };
    let begin = Instant::now();
    let recognizer = Recognizer::load(folder)?;
    let load = begin.elapsed().as_secs_f64();
    let samples = read_wav(file)?;
    let begin = Instant::now();
    recognizer.transcribe(&samples, &TranscribeOptions::default())?;
    let first = begin.elapsed().as_secs_f64();

    let frames = recognizer.model().config.frames();
    let mel = recognizer.front_end().window(&samples, frames)?;
    let front_end = fastest(|| Ok(recognizer.front_end().window(&samples, frames)?))?;
    let encoder = fastest(|| Ok(recognizer.encode(&mel)?))?;
    let sound = recognizer.encode(&mel)?;
    let mut steps = Vec::new();
    for beams in [None, Some(5)] {
        let options = DecodeOptions { beams, language: Some("en".to_owned()), ..DecodeOptions::default() };
        let count = recognizer.decode(&sound, &options)?.tokens.len() + 1;
        let seconds = fastest(|| Ok(recognizer.decode(&sound, &options)?))?;
        steps.push(seconds / count as f64);
    }
    let transcribe = fastest(|| Ok(recognizer.transcribe(&samples, &TranscribeOptions::default())?))?;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    let peak = peak.context("this system does not tell the peak of memory")? * 1024;
    let result = serde_json::json!({
        "seconds": samples.len() as f64 / f64::from(SAMPLE_RATE), "load": load, "first": first, "front_end": front_end,
        "encoder": encoder, "step": steps[0], "step_of_5_beams": steps[1], "transcribe": transcribe, "peak": peak,
    });
    println!("{result}");
    Ok(())
}

/// Returns the seconds of the fastest of several calls.
fn fastest<T>(mut f: impl FnMut() -> Result<T>) -> Result<f64> {
    let (begin, mut fastest) = (Instant::now(), f64::INFINITY);
    for _ in 0..20 {
        let call = Instant::now();
        f()?;
        fastest = fastest.min(call.elapsed().as_secs_f64());
        if begin.elapsed().as_secs_f64() > 3.0 {
            break;
        }
    }
    Ok(fastest)
}
