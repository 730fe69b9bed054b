//! Embeddings of sentences against `transformers`, with the published weights of `all-MiniLM-L6-v2`.

use crate::made_up::{Expected, data};
use rune::DType;
use rune_models::sentences::SentenceEncoder;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// The number of tokens after which the published model truncates texts.
const MAX_TOKENS: usize = 256;

static MINILM: LazyLock<SentenceEncoder> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    assert!(Command::new(root.join("scripts/fetch-minilm")).status().unwrap().success());
    SentenceEncoder::load(root.join("data/minilm"), MAX_TOKENS).unwrap()
});

#[derive(Deserialize)]
struct Embeddings {
    texts: Vec<String>,
    embeddings: Vec<Vec<f32>>,
}

#[track_caller]
fn assert_same(found: &[Vec<f32>], expected: &[&[f32]]) {
    assert_eq!(found.len(), expected.len());
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert_eq!(found.len(), expected.len());
        let apart = found.iter().zip(*expected).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
        assert!(apart < 1e-5, "text {i}: apart by {apart:e}");
    }
}

#[test]
fn sentence_embeddings_are_those_of_transformers() {
    let Embeddings { texts, embeddings } = data("minilm");
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let expected: Vec<&[f32]> = embeddings.iter().map(Vec::as_slice).collect();
    let lengths: Vec<usize> = MINILM.tokenize(&texts).unwrap().iter().map(Vec::len).collect();
    // Some texts have no word, and some are truncated.
    assert_eq!((lengths.iter().min(), lengths.iter().max()), (Some(&2), Some(&MAX_TOKENS)), "{lengths:?}");
    // Next to the longest text, the others are nearly all padding.
    assert_same(&MINILM.embed(&texts).unwrap(), &expected);
    for (text, expected) in texts.iter().zip(&expected) {
        assert_same(&MINILM.embed(&[text]).unwrap(), &[expected]);
    }
    // Three texts share a batch with a row of padding. The results are in the order of the texts.
    let order = [6, 0, 3];
    assert_same(&MINILM.embed(&order.map(|i| texts[i])).unwrap(), &order.map(|i| expected[i]));
    assert_eq!(MINILM.embed(&[]).unwrap(), Vec::<Vec<f32>>::new());
}

/// Loads an encoder with made-up weights, whose tokens are single digits.
fn digits(context: usize, longest: usize) -> SentenceEncoder {
    let mut made_up: Expected<IgnoredAny> = data("bert");
    let config = made_up.config.as_mut().unwrap();
    config["max_position_embeddings"] = context.into();
    for (name, shape) in &mut made_up.shapes {
        if name.ends_with("position_embeddings.weight") {
            shape[0] = context;
        }
    }
    let folder = tempfile::tempdir().unwrap();
    made_up.write(folder.path(), DType::F32);
    let vocabulary: serde_json::Map<_, _> = (0..10u32).map(|digit| (digit.to_string(), digit.into())).collect();
    let tokenizer = json!({
        "added_tokens": [],
        "pre_tokenizer": { "type": "Whitespace" },
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "0" },
    });
    std::fs::write(folder.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
    SentenceEncoder::load(folder.path(), longest).unwrap()
}

#[test]
fn few_programs_serve_many_shapes() {
    let encoder = digits(64, 64);
    let (mut shapes, mut padded) = (HashSet::new(), HashSet::new());
    for texts in 1..=9 {
        for words in (0..=70).step_by(5) {
            let text = vec!["3"; words].join(" ");
            encoder.embed(&vec![&text[..]; texts]).unwrap();
            shapes.insert((texts, words.min(64)));
            padded.insert(encoder.padded_shape(texts, words.min(64)));
        }
    }
    // 1, 2, 4, 8 or 16 texts, of 16, 32 or 64 tokens.
    assert_eq!(padded.len(), 5 * 3);
    assert_eq!(encoder.compiled_programs(), padded.len());
    assert!(shapes.len() > 8 * padded.len(), "{} shapes", shapes.len());
}

/// Padding must not exceed the positions of the model.
#[test]
fn any_number_of_positions_is_filled() {
    for (context, longest) in [(40, 40), (40, 33), (40, 1000), (5, 5)] {
        let encoder = digits(context, longest);
        let most = longest.min(context);
        assert_eq!(encoder.longest(), most);
        let whole = vec!["7"; most].join(" ");
        let longer = format!("{whole} 1 2 3");
        let found = encoder.embed(&[&longer, "4", &whole]).unwrap();
        assert_eq!(found[0], found[2]);
        let alone = encoder.embed(&["4"]).unwrap();
        assert_same(&[found[1].clone()], &[&alone[0]]);
        let error = encoder.embed_batch(&[&[1], &vec![1; most + 1]]).unwrap_err().to_string();
        let expected = format!("a text has {} tokens, and the encoder takes {most}; `tokenize` cuts texts", most + 1);
        assert_eq!(error, expected);
    }
}
