//! Serves sentence embeddings: `cargo run --release -p rune-serve`, after `scripts/fetch-minilm`.

use anyhow::Context;
use clap::{Parser, ValueEnum};
use rune_models::sentences::SentenceEncoder;
use rune_serve::{Server, Settings};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Serves embeddings of sentences over HTTP: POST /embed {"texts": ["…"]}, GET /health, GET /metrics.
#[derive(Parser)]
struct Options {
    /// The folder of the model: config.json, model.safetensors and tokenizer.json.
    #[arg(long, default_value = "data/minilm")]
    model: PathBuf,
    /// Truncates texts after this many tokens.
    #[arg(long, default_value_t = 256)]
    longest: usize,
    /// The form of the log. `RUST_LOG` sets its level.
    #[arg(long, value_enum, default_value = "text")]
    log: Log,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Clone, Copy, ValueEnum)]
enum Log {
    Text,
    Json,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    // Hides the advice to compile fewer programs: each shape of a batch has its own.
    let level = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,rune::jit=error"));
    let log = tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr);
    match options.log {
        Log::Text => log.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        Log::Json => log.json().init(),
    }
    let encoder = SentenceEncoder::load(&options.model, options.longest)
        .with_context(|| format!("{} has no model; run scripts/fetch-minilm", options.model.display()))?;
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(serve(options.settings, encoder));
    // Do not wait for a batch that is still being computed.
    runtime.shutdown_background();
    result
}

/// Serves until a signal requests a stop.
async fn serve(settings: Settings, encoder: SentenceEncoder) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut stop = async || {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM"),
            _ = interrupt.recv() => tracing::info!("SIGINT"),
        }
    };
    let server = Server::start(settings, Arc::new(encoder)).await?;
    println!("listening at http://{}", server.address());
    tokio::select! {
        ready = server.ready() => {
            ready?;
            stop().await;
        }
        () = stop() => {}
    }
    tokio::select! {
        stopped = server.stop() => anyhow::Ok(stopped?),
        () = stop() => anyhow::bail!("a second signal ends the server at once"),
    }
}
