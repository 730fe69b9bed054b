//! A small model with random weights.

use crate::common::{compare, data, difference, floats, folder, ints, near, options, signal};
use rune_models::whisper::{DecodeOptions, Decoded, Recognizer, TranscribeOptions, WhisperError};
use serde_json::Value;

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

/// Both libraries continue with the same tokens if texts cannot end.
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

/// Covers timestamps, prompts, languages, beams with patience, and penalties.
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
        assert_eq!(
            (&*found.text, &*found.language),
            (case["text"].as_str().unwrap(), case["language"].as_str().unwrap())
        );
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
    let likeliest =
        transcribe(&TranscribeOptions { min_log_probability: None, max_compression: None, ..options.clone() });
    assert!(likeliest.segments.iter().all(|s| s.temperature == 0.0));
    // A window that is silent and improbable gives no text.
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
    assert!(
        layers.contains("`encoder.layers.1.fc1.bias` of type [96, f16] is in the file and not in the tree"),
        "{layers}"
    );
    let more = load("decoder_layers", 3.into());
    assert!(more.contains("`decoder.layers.2.self_attn_layer_norm.weight` of type [24, f32] is missing"), "{more}");
    let heads = load("decoder_attention_heads", 5.into());
    assert!(heads.contains("`decoder_attention_heads` is 5, and the model supports divisors of `d_model`"), "{heads}");
    assert!(load("activation_function", "relu".into()).contains("`activation_function` is relu"));
}
