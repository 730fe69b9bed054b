//! A small encoder with made-up weights, and a server for it.

use rune::{Array, storage};
use rune_models::sentences::{EmbedError, SentenceEncoder};
use rune_serve::client::{Answer, Client};
use rune_serve::{Encoder, Server, Settings};
use serde_json::json;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, LazyLock, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// The words are `w0` to `w95`, and the token of each is its number.
const WORDS: usize = 96;
/// The number of tokens after which texts are truncated.
pub const MAX_TOKENS: usize = 64;
/// The time that no test exceeds, even on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(300);
/// The encoder panics at this word.
pub const PANIC: usize = 66;

/// Writes the encoder into a folder.
pub fn write(folder: &Path) {
    let (n, inner) = (16, 32);
    let config = json!({
        "vocab_size": WORDS, "hidden_size": n, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": inner, "hidden_act": "gelu", "max_position_embeddings": MAX_TOKENS, "type_vocab_size": 1,
        "layer_norm_eps": 1e-12,
    });
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![WORDS, n]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![MAX_TOKENS, n]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![1, n]),
    ];
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in (0..2).map(|i| format!("encoder.layer.{i}")) {
        let linear = [
            ("attention.self.query", n, n),
            ("attention.self.key", n, n),
            ("attention.self.value", n, n),
            ("attention.output.dense", n, n),
            ("intermediate.dense", n, inner),
            ("output.dense", inner, n),
        ];
        for (name, inputs, outputs) in linear {
            shapes.push((format!("{layer}.{name}.weight"), vec![outputs, inputs]));
            shapes.push((format!("{layer}.{name}.bias"), vec![outputs]));
        }
        norms.extend([format!("{layer}.attention.output.LayerNorm"), format!("{layer}.output.LayerNorm")]);
    }
    shapes.extend(norms.iter().flat_map(|norm| ["weight", "bias"].map(|part| (format!("{norm}.{part}"), vec![n]))));
    let array = |(i, (name, shape)): (usize, &(String, Vec<usize>))| {
        let element = |j: usize| {
            let x = (((i as u64) << 32) | j as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            let x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
            let u = (x >> 40) as f32 / (1u32 << 23) as f32 - 1.0;
            match shape[..] {
                [_, inputs] => u * (3.0 / inputs as f32).sqrt(),
                _ if name.ends_with("weight") => 1.0 + 0.5 * u,
                _ => 0.2 * u,
            }
        };
        let elements: Vec<f32> = (0..shape.iter().product()).map(element).collect();
        (name.clone(), Array::from_slice(&shape[..], &elements))
    };
    let arrays: Vec<(String, Array)> = shapes.iter().enumerate().map(array).collect();
    storage::write(folder.join("model.safetensors"), arrays.iter().map(|(name, array)| (name.as_str(), array)))
        .unwrap();
    let vocabulary: serde_json::Map<_, _> = (0..WORDS).map(|i| (format!("w{i}"), i.into())).collect();
    let tokenizer = json!({
        "added_tokens": [],
        "pre_tokenizer": { "type": "Whitespace" },
        "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "w0" },
    });
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    std::fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
}

static ENCODER: LazyLock<SentenceEncoder> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    SentenceEncoder::load(folder.path(), MAX_TOKENS).unwrap()
});

/// Returns a text of `count` consecutive words, from the word `first` on.
pub fn text(first: usize, count: usize) -> String {
    (0..count).map(|i| format!("w{}", (first + i * i) % PANIC)).collect::<Vec<_>>().join(" ")
}

/// Checks that the embeddings in an answer equal those that the encoder computes without a server.
#[track_caller]
pub fn assert_right(answer: &Answer, texts: &[impl AsRef<str>]) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let found = answer.embeddings().unwrap();
    let expected = ENCODER.embed(&texts.iter().map(AsRef::as_ref).collect::<Vec<_>>()).unwrap();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        let apart = found.iter().zip(expected).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
        assert!(found.len() == expected.len() && apart < 1e-6, "apart by {apart:e}");
    }
}

/// Blocks calls while it is shut.
#[derive(Default)]
pub struct Gate {
    is_shut: Mutex<bool>,
    opened: Condvar,
    arrived: AtomicUsize,
}

impl Gate {
    pub fn shut(&self) {
        *self.is_shut.lock().unwrap() = true;
    }
    pub fn open(&self) {
        *self.is_shut.lock().unwrap() = false;
        self.opened.notify_all();
    }
    fn pass(&self) {
        self.arrived.fetch_add(1, Ordering::SeqCst);
        let is_shut = self.is_shut.lock().unwrap();
        drop(self.opened.wait_while(is_shut, |is_shut| *is_shut).unwrap());
    }
    /// Returns the number of calls that have arrived, whether they wait or have passed.
    pub fn calls(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }
}

/// An encoder behind gates, which records its batches.
#[derive(Default)]
pub struct Gated {
    pub tokenizer: Gate,
    pub model: Gate,
    batches: Mutex<Vec<Vec<Vec<u32>>>>,
}

impl Gated {
    /// Returns the lengths of the texts of each batch.
    pub fn lengths(&self) -> Vec<Vec<usize>> {
        self.batches.lock().unwrap().iter().map(|batch| batch.iter().map(Vec::len).collect()).collect()
    }
    /// Returns whether a batch contained this word.
    pub fn received_word(&self, word: u32) -> bool {
        self.batches.lock().unwrap().iter().flatten().flatten().any(|&token| token == word)
    }
}

impl Encoder for Gated {
    fn tokenize(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        self.tokenizer.pass();
        Encoder::tokenize(&*ENCODER, text)
    }
    fn longest(&self) -> usize {
        MAX_TOKENS
    }
    fn padded_shape(&self, texts: usize, longest: usize) -> [usize; 2] {
        ENCODER.padded_shape(texts, longest)
    }
    fn embed(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.model.pass();
        self.batches.lock().unwrap().push(texts.iter().map(|text| text.to_vec()).collect());
        assert!(texts.iter().all(|text| !text.contains(&(PANIC as u32))), "a made-up defect");
        ENCODER.embed_batch(texts)
    }
}

/// A server that is ready.
pub struct Running {
    pub server: Server,
    pub encoder: Arc<Gated>,
    pub client: Client,
}

/// Returns settings with a free port. Even on a busy machine, only those deadlines pass that a test sets.
pub fn settings() -> Settings {
    Settings { address: ([127, 0, 0, 1], 0).into(), timeout: TIMEOUT, stop: TIMEOUT, ..Settings::default() }
}

impl Running {
    pub async fn start(settings: Settings) -> Running {
        let running = Running::starting(settings, Arc::default()).await;
        running.server.ready().await.unwrap();
        running.encoder.batches.lock().unwrap().clear();
        running
    }
    /// Starts a server, without waiting for its encoder.
    pub async fn starting(settings: Settings, encoder: Arc<Gated>) -> Running {
        let server = Server::start(settings, encoder.clone()).await.unwrap();
        let client = Client::new(format!("http://{}", server.address()));
        Running { server, encoder, client }
    }
    /// Starts a request.
    pub fn send(&self, texts: &[String]) -> JoinHandle<Answer> {
        self.send_with_deadline(texts, None)
    }
    /// Starts a request with a deadline.
    pub fn send_with_deadline(&self, texts: &[String], timeout_ms: Option<u64>) -> JoinHandle<Answer> {
        let (client, texts) = (self.client.clone(), texts.to_vec());
        tokio::spawn(async move { client.embed(&texts, timeout_ms).await.unwrap() })
    }
    /// Shuts the gate, and sends a request that occupies the model until the gate opens.
    pub async fn block_model(&self) -> JoinHandle<Answer> {
        self.encoder.model.shut();
        let before = self.encoder.model.calls();
        let asked = self.send(&[text(1, 1)]);
        wait_until("the model is busy", async || self.encoder.model.calls() > before).await;
        asked
    }
    /// Waits until this many texts are in the queue.
    pub async fn wait_for_depth(&self, depth: usize) {
        wait_until("texts wait", async || self.metric("serve_queue_depth").await == depth as f64).await;
    }
    /// Returns a metric, or 0 if the server does not have it yet.
    pub async fn metric(&self, name: &str) -> f64 {
        metric(&self.client.get("/metrics").await.unwrap().text(), name)
    }
}

/// Returns a metric from Prometheus' text form, or 0 if it is not there.
pub fn metric(text: &str, name: &str) -> f64 {
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.map_or(0.0, |value| value.parse().unwrap())
}

/// Waits until a condition holds.
pub async fn wait_until(what: &str, condition: impl AsyncFn() -> bool) {
    let begin = Instant::now();
    while !condition().await {
        assert!(begin.elapsed() < TIMEOUT, "it takes too long until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
