//! Sends requests to a server of sentence embeddings at a stated rate, and checks every answer:
//! `cargo run --release -p rune-serve --bin serve-load -- --rate 20 --seconds 30`.
//!
//! The load is open-loop: requests leave at their scheduled times, whether earlier ones are answered or not, and
//! latency counts from the scheduled time. A slow server therefore cannot slow down the load that measures it.

use anyhow::{Context, ensure};
use axum::http::StatusCode;
use clap::Parser;
use rune_models::sentences::SentenceEncoder;
use rune_serve::client::Client;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep_until;

/// The maximum difference of served and expected embeddings.
const TOLERANCE: f32 = 1e-5;
/// The number of different texts.
const TEXTS: usize = 50;

/// Sends requests at a stated rate, and checks every answer.
#[derive(Parser)]
struct Options {
    /// The server.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The folder of the model that the server uses.
    #[arg(long, default_value = "data/minilm")]
    model: PathBuf,
    /// The server truncates texts after this many tokens.
    #[arg(long, default_value_t = 256)]
    longest: usize,
    /// Requests per second, on average. The times between them are exponentially distributed.
    #[arg(long, default_value_t = 20.0)]
    rate: f64,
    /// Sends for this many seconds.
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// Takes texts from the lines of this file, instead of made-up texts of 3 to 200 words.
    #[arg(long)]
    from: Option<PathBuf>,
    /// Texts in a request.
    #[arg(long, default_value_t = 1)]
    texts: usize,
    /// Gives up after this many milliseconds. This is the field `timeout_ms` of requests.
    #[arg(long)]
    timeout_ms: Option<u64>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

/// A text and its embedding, computed without the server.
struct Sample {
    text: String,
    embedding: Vec<f32>,
}

/// The result of a request.
enum Outcome {
    Right(Duration),
    /// The answer has wrong embeddings.
    Wrong,
    /// The answer has an error status.
    Refused(StatusCode),
    Lost(String),
}

/// A source of numbers from 0 to 1: the generator SplitMix64 (Steele et al., 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
    fn below(&mut self, end: usize) -> usize {
        (self.next() * end as f64) as usize
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    ensure!(options.rate > 0.0 && options.seconds > 0.0 && options.texts > 0, "rate, seconds and texts are positive");
    let encoder = SentenceEncoder::load(&options.model, options.longest)?;
    let texts = match &options.from {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            text.lines().map(str::to_owned).collect()
        }
        None => made_up_texts(),
    };
    let samples: Arc<[Sample]> = samples(&encoder, texts)?.into();
    drop(encoder);
    let client = Client::new(&options.url[..]);
    let health = client.get("/health").await.context("the server does not answer")?;
    ensure!(health.status == StatusCode::OK, "the server is not ready: {}", health.text());
    report(&options, run(&options, &client, &samples).await?);
    Ok(())
}

/// Returns texts of different lengths: 60% have three to twelve words, 30% have twenty to sixty, and 10% have one
/// hundred to two hundred.
fn made_up_texts() -> Vec<String> {
    let words: Vec<&str> =
        "the a river stone runs over under bright night morning city engine writes reads quiet loud \
                            garden number music water small letter answer question train cloud winter paper green"
            .split_whitespace()
            .collect();
    let mut random = Random(1);
    let text = |i: usize| {
        let (least, most) = match i % 10 {
            0..6 => (3, 12),
            6..9 => (20, 60),
            _ => (100, 200),
        };
        let count = least + random.below(most - least + 1);
        let words: Vec<&str> = (0..count).map(|_| words[random.below(words.len())]).collect();
        format!("{i} {}", words.join(" "))
    };
    (0..TEXTS).map(text).collect()
}

/// Computes the embeddings of texts.
fn samples(encoder: &SentenceEncoder, texts: Vec<String>) -> anyhow::Result<Vec<Sample>> {
    ensure!(!texts.is_empty(), "there are no texts to send");
    let embeddings = encoder.embed(&texts.iter().map(String::as_str).collect::<Vec<_>>())?;
    // If two embeddings were equal, the check could not distinguish their texts.
    for (i, a) in embeddings.iter().enumerate() {
        for (j, b) in embeddings[..i].iter().enumerate() {
            ensure!(distance(a, b) > 100.0 * TOLERANCE, "the texts {i} and {j} have the same embedding");
        }
    }
    Ok(texts.into_iter().zip(embeddings).map(|(text, embedding)| Sample { text, embedding }).collect())
}

/// Returns the largest difference of two elements.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).fold(0.0, |most, (a, b)| most.max((a - b).abs()))
}

/// Sends all requests, and waits for their answers.
async fn run(options: &Options, client: &Client, samples: &Arc<[Sample]>) -> anyhow::Result<Vec<Outcome>> {
    let mut random = Random(2);
    let mut requests = JoinSet::new();
    let begin = Instant::now();
    let mut at = 0.0;
    loop {
        at -= (1.0 - random.next()).ln() / options.rate;
        if at > options.seconds {
            break;
        }
        let intended = begin + Duration::from_secs_f64(at);
        let chosen: Vec<usize> = (0..options.texts).map(|_| random.below(samples.len())).collect();
        let (client, samples, timeout_ms) = (client.clone(), samples.clone(), options.timeout_ms);
        sleep_until(intended.into()).await;
        requests.spawn(async move { send_request(&client, &samples, &chosen, timeout_ms, intended).await });
    }
    Ok(requests.join_all().await)
}

/// Sends one request.
async fn send_request(
    client: &Client,
    samples: &[Sample],
    chosen: &[usize],
    timeout_ms: Option<u64>,
    intended: Instant,
) -> Outcome {
    let texts: Vec<&str> = chosen.iter().map(|&i| &samples[i].text[..]).collect();
    let answer = match client.embed(&texts, timeout_ms).await {
        Ok(answer) => answer,
        Err(error) => return Outcome::Lost(error.to_string()),
    };
    let latency = intended.elapsed();
    if answer.status != StatusCode::OK {
        return Outcome::Refused(answer.status);
    }
    let Ok(embeddings) = answer.embeddings() else { return Outcome::Wrong };
    let same = |(embedding, &i): (&Vec<f32>, &usize)| {
        embedding.len() == samples[i].embedding.len() && distance(embedding, &samples[i].embedding) < TOLERANCE
    };
    let right = embeddings.len() == chosen.len() && embeddings.iter().zip(chosen).all(same);
    if right { Outcome::Right(latency) } else { Outcome::Wrong }
}

fn report(options: &Options, outcomes: Vec<Outcome>) {
    let sent = outcomes.len();
    let (mut latencies, mut wrong, mut full, mut late, mut other, mut lost) = (Vec::new(), 0, 0, 0, 0, Vec::new());
    for outcome in outcomes {
        match outcome {
            Outcome::Right(latency) => latencies.push(latency.as_secs_f64() * 1e3),
            Outcome::Wrong => wrong += 1,
            Outcome::Refused(StatusCode::TOO_MANY_REQUESTS) => full += 1,
            Outcome::Refused(StatusCode::GATEWAY_TIMEOUT) => late += 1,
            Outcome::Refused(_) => other += 1,
            Outcome::Lost(error) => lost.push(error),
        }
    }
    latencies.sort_by(f64::total_cmp);
    // The smallest latency that this fraction of the requests does not exceed.
    let percentile = |part: f64| {
        let rank = (part * latencies.len() as f64).ceil() as usize;
        latencies.get(rank.max(1) - 1).copied()
    };
    let [p50, p90, p99, most] = [0.5, 0.9, 0.99, 1.0].map(percentile);
    if options.json {
        let report = json!({
            "rate": options.rate, "seconds": options.seconds, "texts": options.texts,
            "sent": sent, "answered": latencies.len(), "wrong": wrong, "full": full, "late": late, "other": other,
            "lost": lost.len(), "first_lost": lost.first(),
            "p50_ms": p50, "p90_ms": p90, "p99_ms": p99, "max_ms": most,
        });
        println!("{report}");
        return;
    }
    println!("{} requests/s for {} s, {} texts each: {sent} sent", options.rate, options.seconds, options.texts);
    println!("{} answered, and equal to the embeddings computed directly; {wrong} wrong", latencies.len());
    println!("{full} refused (429), {late} late (504), {other} with another status, {} lost", lost.len());
    if let [Some(p50), Some(p90), Some(p99), Some(most)] = [p50, p90, p99, most] {
        println!("latency: p50 {p50:.1} ms, p90 {p90:.1} ms, p99 {p99:.1} ms, longest {most:.1} ms");
    }
    if let Some(error) = lost.first() {
        println!("the first lost request: {error}");
    }
}
