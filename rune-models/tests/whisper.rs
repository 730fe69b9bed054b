//! Whisper against `transformers` and `openai-whisper`, on data that `scripts/vectors whisper` writes.

use rune_models::whisper::{
    DecodeOptions, Decoded, LogMel, Recognizer, Segment, Task, TranscribeOptions, WhisperError, read_wav, resample,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/whisper")
}

fn data(name: &str) -> Value {
    let path = folder().join(name);
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn ints(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|x| u32::try_from(x.as_u64().unwrap()).unwrap()).collect()
}

/// The formula of the script.
fn signal(seconds: f64, seed: u64) -> Vec<f32> {
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
fn difference(found: &[f32], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    found.iter().zip(expected).map(|(&a, &b)| (f64::from(a) - b).abs()).fold(0.0, f64::max)
}

#[test]
fn spectrograms_are_those_of_transformers() {
    for case in data("front-end.json")["mel"].as_array().unwrap() {
        let (mels, seed) = (case["mels"].as_u64().unwrap() as usize, case["seed"].as_u64().unwrap());
        let sound = signal(case["seconds"].as_f64().unwrap(), seed);
        let mel = LogMel::new(mels).window(&sound, 3000).unwrap();
        assert_eq!(mel.shape()[..], [mels, 3000]);
        let columns = mel.t().to_vec::<f32>().unwrap();
        let mut greatest = 0f64;
        for (frame, values) in ints(&case["frames"]).into_iter().zip(case["values"].as_array().unwrap()) {
            let at = frame as usize * mels;
            greatest = greatest.max(difference(&columns[at..at + mels], &floats(values)));
        }
        println!("{mels} filters, seed {seed}: {greatest:.1e}");
        assert!(greatest < 1e-4, "{mels} filters, seed {seed}: {greatest}");
    }
}

#[test]
fn a_long_spectrogram_continues_across_blocks() {
    let front_end = LogMel::new(80);
    let sound = signal(61.0, 1);
    let whole = front_end.spectrogram(&sound).unwrap();
    assert_eq!(whole.shape()[..], [80, 6100]);
    // The maximum is that of the whole sound: compare where it is the same.
    let part = front_end.spectrogram(&sound[2000 * 160..4000 * 160]).unwrap();
    let (a, b) = (whole.i((.., 2010..3990)), part.i((.., 10..1990)));
    let floor = (b.max() - 1.9).item::<f32>().unwrap();
    let apart = (a.maximum(floor) - b.maximum(floor)).abs().max().item::<f32>().unwrap();
    assert!(apart < 1e-4, "{apart}");
    assert_eq!(front_end.spectrogram(&[]).unwrap().shape()[..], [80, 0]);
}

#[test]
fn sampling_rates_are_converted_as_scipy_does() {
    for case in data("front-end.json")["resampled"].as_array().unwrap() {
        let rate = case["rate"].as_u64().unwrap() as u32;
        let sound = &signal(0.03, 1)[..case["count"].as_u64().unwrap() as usize];
        let apart = difference(&resample(sound, rate, 16_000).unwrap(), &floats(&case["values"]));
        assert!(apart < 1e-6, "{rate}: {apart}");
    }
    assert!(matches!(resample(&[0.0], 0, 16_000), Err(WhisperError::Rate { .. })));
    assert!(matches!(resample(&[0.0], 1_000_003, 16_000), Err(WhisperError::Rate { .. })));
    assert_eq!(resample(&[0.5, 0.25], 16_000, 16_000).unwrap(), [0.5, 0.25]);
    assert!(resample(&[], 8_000, 16_000).unwrap().is_empty());
}

#[test]
fn wav_files_of_all_forms_are_read() {
    use hound::{SampleFormat, WavSpec, WavWriter};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.wav");
    let spec = |channels, bits_per_sample, sample_format| WavSpec {
        channels,
        sample_rate: 16_000,
        bits_per_sample,
        sample_format,
    };
    for bits in [8, 16, 24, 32] {
        let mut writer = WavWriter::create(&path, spec(1, bits, SampleFormat::Int)).unwrap();
        let half = 1i32 << (bits - 2);
        [0, half, -half, -2 * (half - 1) - 2].into_iter().for_each(|x| writer.write_sample(x).unwrap());
        writer.finalize().unwrap();
        assert_eq!(read_wav(&path).unwrap(), [0.0, 0.5, -0.5, -1.0], "{bits} bits");
    }
    let mut writer = WavWriter::create(&path, spec(2, 32, SampleFormat::Float)).unwrap();
    [0.5f32, 0.25, -1.0, 1.0].into_iter().for_each(|x| writer.write_sample(x).unwrap());
    writer.finalize().unwrap();
    assert_eq!(read_wav(&path).unwrap(), [0.375, 0.0]);

    std::fs::write(&path, "RIFF").unwrap();
    assert!(matches!(read_wav(&path), Err(WhisperError::Wav { .. })));
    assert!(matches!(read_wav(folder.path().join("none.wav")), Err(WhisperError::Io { .. })));
}

#[test]
fn features_and_logits_are_those_of_transformers() {
    let (expected, recognizer) = (data("expected.json"), Recognizer::load(folder()).unwrap());
    let mel = recognizer.front_end().window(&signal(4.0, 1), 3000).unwrap();
    let features = recognizer.features(&mel).unwrap();
    let mut greatest = 0f64;
    for (position, row) in ints(&expected["positions"]).into_iter().zip(expected["features"].as_array().unwrap()) {
        let row = difference(&features.i(position as usize).to_vec::<f32>().unwrap(), &floats(row));
        greatest = greatest.max(row);
    }
    println!("features: {greatest:.1e}");
    assert!(greatest < 1e-4, "{greatest}");

    let sound = recognizer.encode(&mel).unwrap();
    let text = ints(&expected["text"]);
    let logits = recognizer.logits(&sound, &text).unwrap();
    let mut greatest = 0f64;
    for (i, row) in expected["logits"].as_array().unwrap().iter().enumerate() {
        let found = logits.i(i).to_vec::<f32>().unwrap();
        let found: Vec<f32> = found[..300].iter().copied().step_by(3).collect();
        greatest = greatest.max(difference(&found, &floats(row)));
    }
    println!("logits: {greatest:.1e}");
    assert!(greatest < 1e-4, "{greatest}");
    assert!(matches!(recognizer.logits(&sound, &[]), Err(WhisperError::Option { .. })));
    assert!(matches!(recognizer.features(&mel.i((.., ..2998))), Err(WhisperError::Shape { .. })));
}

/// Both libraries continue with the same tokens, if texts cannot end.
#[test]
fn greedy_and_beam_continuations_are_those_of_transformers() {
    let endless = tempfile::tempdir().unwrap();
    for file in ["model.safetensors", "config.json", "tokenizer.json"] {
        std::fs::copy(folder().join(file), endless.path().join(file)).unwrap();
    }
    let mut settings = data("generation_config.json");
    let end = settings["eos_token_id"].clone();
    settings["suppress_tokens"].as_array_mut().unwrap().push(end);
    std::fs::write(endless.path().join("generation_config.json"), settings.to_string()).unwrap();
    let (expected, recognizer) = (data("expected.json"), Recognizer::load(endless.path()).unwrap());
    let sound = recognizer.encode(&recognizer.front_end().window(&signal(4.0, 1), 3000).unwrap()).unwrap();
    for (name, beams) in [("greedy", None), ("beams", Some(4))] {
        let options = DecodeOptions {
            language: Some("de".to_owned()),
            beams,
            timestamps: false,
            max_tokens: Some(40),
            ..DecodeOptions::default()
        };
        assert_eq!(recognizer.decode(&sound, &options).unwrap().tokens, ints(&expected[name]), "{name}");
    }
}

fn options(case: &Value) -> DecodeOptions {
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

fn near(found: f64, expected: &Value) -> bool {
    (found - expected.as_f64().unwrap()).abs() < 1e-4
}

/// Timestamps, prompts, languages, beams with patience and penalties.
#[test]
fn windows_are_decoded_as_by_openai() {
    let (expected, recognizer) = (data("expected.json"), Recognizer::load(folder()).unwrap());
    let mut sounds = std::collections::BTreeMap::new();
    for case in expected["windows"].as_array().unwrap() {
        let seed = case["options"]["seed"].as_u64().unwrap();
        let sound = sounds.entry(seed).or_insert_with(|| {
            let mut samples = signal(4.0, seed);
            samples.resize(34 * 16_000, 0.0);
            let mel = recognizer.front_end().spectrogram(&samples).unwrap();
            recognizer.encode(&mel.i((.., ..3000))).unwrap()
        });
        let found: Decoded = recognizer.decode(sound, &options(&case["options"])).unwrap();
        assert_eq!(found.tokens, ints(&case["tokens"]), "{}", case["options"]);
        assert_eq!((&*found.text, &*found.language), (case["text"].as_str().unwrap(), case["language"].as_str().unwrap()));
        assert!(near(found.mean_log_probability, &case["avg_logprob"]), "{found:?} {case}");
        assert!(near(found.no_speech_probability.unwrap(), &case["no_speech_prob"]), "{found:?} {case}");
    }
    let mel = recognizer.front_end().window(&signal(4.0, 1), 3000).unwrap();
    let languages = recognizer.languages(&recognizer.encode(&mel).unwrap()).unwrap();
    assert!(languages.is_sorted_by(|a, b| a.1 >= b.1));
    for (code, probability) in &languages {
        assert!(near(*probability, &expected["languages"][code]), "{code}: {probability}");
    }
    assert_eq!(languages.len(), expected["languages"].as_object().unwrap().len());
}

fn compare(found: &[Segment], expected: &Value) {
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

#[test]
fn long_sound_is_transcribed_as_by_openai() {
    let (expected, recognizer) = (data("expected.json"), Recognizer::load(folder()).unwrap());
    for case in expected["long"].as_array().unwrap() {
        let options = TranscribeOptions {
            decode: options(&case["options"]),
            temperatures: vec![0.0],
            max_compression: None,
            min_log_probability: None,
            max_no_speech: None,
            condition_on_previous: case["options"]["condition_on_previous_text"].as_bool().unwrap_or(true),
            initial_prompt: case["options"]["initial_prompt"].as_str().map(str::to_owned),
        };
        let found = recognizer.transcribe(&signal(65.0, 3), &options).unwrap();
        compare(&found.segments, &case["segments"]);
    }
}

#[test]
fn improbable_texts_are_drawn_again_at_a_higher_temperature() {
    let recognizer = Recognizer::load(folder()).unwrap();
    let decode = DecodeOptions { language: Some("en".to_owned()), ..DecodeOptions::default() };
    let options = TranscribeOptions {
        decode,
        temperatures: vec![0.0, 0.5],
        min_log_probability: Some(-1e-3),
        max_no_speech: None,
        ..TranscribeOptions::default()
    };
    let sound = signal(4.0, 1);
    let transcribe = |options: &TranscribeOptions| recognizer.transcribe(&sound, options).unwrap();
    let drawn = transcribe(&options);
    assert!(drawn.segments.iter().all(|s| s.temperature == 0.5) && !drawn.segments.is_empty());
    assert_eq!(drawn, transcribe(&options), "the seed determines what is drawn");
    let likeliest = transcribe(&TranscribeOptions { min_log_probability: None, max_compression: None, ..options.clone() });
    assert!(likeliest.segments.iter().all(|s| s.temperature == 0.0));
    // A window that is silent and improbable has no text.
    let silent = transcribe(&TranscribeOptions { max_no_speech: Some(-1.0), ..options });
    assert!(silent.segments.is_empty());
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let recognizer = Recognizer::load(folder()).unwrap();
    let sound = recognizer.encode(&recognizer.front_end().window(&[], 3000).unwrap()).unwrap();
    let message = |options: DecodeOptions| recognizer.decode(&sound, &options).unwrap_err().to_string();
    let default = DecodeOptions::default;
    let language = message(DecodeOptions { language: Some("tlh".to_owned()), ..default() });
    assert_eq!(language, "the model has no language `tlh`; it has en, zh, de");
    let beams = message(DecodeOptions { beams: Some(0), ..default() });
    assert_eq!(beams, "the option `beams` is 0, but must be between 1 and 64");
    assert!(message(DecodeOptions { patience: f64::NAN, ..default() }).contains("`patience` is NaN"));
    assert!(message(DecodeOptions { length_penalty: Some(2.0), ..default() }).contains("`length_penalty` is 2"));
    assert!(message(DecodeOptions { temperature: -1.0, ..default() }).contains("`temperature` is -1"));
    assert!(message(DecodeOptions { max_tokens: Some(0), ..default() }).contains("`max_tokens` is 0"));
    assert!(message(DecodeOptions { prompt: vec![9999], ..default() }).contains("`prompt` is 9999"));
}

#[test]
fn damaged_models_are_refused_with_all_differences() {
    let damaged = tempfile::tempdir().unwrap();
    for file in ["model.safetensors", "generation_config.json", "tokenizer.json"] {
        std::fs::copy(folder().join(file), damaged.path().join(file)).unwrap();
    }
    let load = |setting: &str, value: Value| {
        let mut config = data("config.json");
        config[setting] = value;
        std::fs::write(damaged.path().join("config.json"), config.to_string()).unwrap();
        Recognizer::load(damaged.path()).err().unwrap().to_string()
    };
    let layers = load("encoder_layers", 1.into());
    assert!(layers.contains("`encoder.layers.1.fc1.bias` of type [96, f16] is in the file and not in the tree"), "{layers}");
    let more = load("decoder_layers", 3.into());
    assert!(more.contains("`decoder.layers.2.encoder_attn.k_proj.weight` of type [24, 24, f32] is missing"), "{more}");
    let heads = load("decoder_attention_heads", 5.into());
    assert!(heads.contains("`decoder_attention_heads` is 5, and the model supports divisors of `d_model`"), "{heads}");
    assert!(load("activation_function", "relu".into()).contains("`activation_function` is relu"));
}

/// Returns the published model, if `scripts/fetch-whisper` got it.
fn published() -> Option<Recognizer> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/whisper");
    if !folder.exists() {
        println!("skipped: `scripts/fetch-whisper` gets the model");
        return None;
    }
    Some(Recognizer::load(folder).unwrap())
}

#[test]
fn the_published_model_hears_what_openai_hears() {
    let Some(recognizer) = published() else { return };
    let sound = read_wav(folder().join("spoken.wav")).unwrap();
    for case in data("spoken.json").as_array().unwrap() {
        let options = TranscribeOptions { decode: options(&case["options"]), ..TranscribeOptions::default() };
        compare(&recognizer.transcribe(&sound, &options).unwrap().segments, &case["segments"]);
    }
}

#[test]
fn the_published_model_understands_a_synthetic_voice() {
    let Some(recognizer) = published() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spoken.wav");
    for sentence in ["Please open the window and let the fresh air in.", "My brother bought seven apples at the market."] {
        let said = Command::new("espeak-ng").args(["-v", "en-us", "-s", "150", "-w"]).arg(&path).arg(sentence).status();
        if said.is_err() {
            println!("skipped: `scripts/setup` installs espeak-ng");
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
