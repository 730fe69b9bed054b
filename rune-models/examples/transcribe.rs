//! Transcribes a WAV file: `cargo run --release -p rune-models --example transcribe -- speech.wav`.
//!
//! `scripts/fetch-whisper` gets a model for English. `--model FOLDER` chooses another one in Hugging Face's layout,
//! `--language CODE` the language, `--beams N` a search with beams, and `--translate` translates into English.

use rune_models::whisper::{Recognizer, SAMPLE_RATE, Task, TranscribeOptions, read_wav};
use std::path::{Path, PathBuf};
use std::time::Instant;

fn main() -> anyhow::Result<()> {
    let mut options = TranscribeOptions::default();
    let mut folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/whisper");
    let mut file = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| anyhow::anyhow!("`{argument}` needs a value"));
        match argument.as_str() {
            "--model" => folder = PathBuf::from(value()?),
            "--language" => options.decode.language = Some(value()?),
            "--beams" => options.decode.beams = Some(value()?.parse()?),
            "--translate" => options.decode.task = Task::Translate,
            _ => file = Some(PathBuf::from(argument)),
        }
    }
    let file = file.ok_or_else(|| anyhow::anyhow!("usage: transcribe FILE.wav [--model FOLDER] [--beams N] …"))?;
    let begin = Instant::now();
    let recognizer =
        Recognizer::load(&folder).map_err(|e| anyhow::anyhow!("{e}; scripts/fetch-whisper gets a model"))?;
    let samples = read_wav(&file)?;
    let loaded = begin.elapsed();
    let transcript = recognizer.transcribe(&samples, &options)?;
    for segment in &transcript.segments {
        println!("{:7.2} – {:7.2} {}", segment.start, segment.end, segment.text);
    }
    let seconds = samples.len() as f64 / f64::from(SAMPLE_RATE);
    println!(
        "loaded in {loaded:.1?}, transcribed {seconds:.1} s of language {} in {:.1?}",
        transcript.language,
        begin.elapsed() - loaded
    );
    Ok(())
}
