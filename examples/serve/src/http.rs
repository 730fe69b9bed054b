//! The HTTP interface.

use crate::Phase;
use crate::encoder::Encoder;
use crate::metrics::Metrics;
use crate::queue::{Failure, Item, Queue, Slot};
use crate::refusal::Refusal;
use crate::settings::Settings;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{TryAcquireError, mpsc, watch};
use tokio::time::timeout_at;

/// The state that all requests share.
pub(crate) struct Shared {
    pub settings: Settings,
    pub encoder: Arc<dyn Encoder>,
    pub queue: Queue,
    pub metrics: Metrics,
    pub phase: watch::Sender<Phase>,
}

/// When a request arrived.
#[derive(Clone, Copy)]
struct ArrivalTime(Instant);

/// The body of a request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    texts: Vec<String>,
    /// The time in milliseconds after which the answer is useless.
    timeout_ms: Option<u64>,
}

/// The body of an answer.
#[derive(Serialize)]
struct Embeddings {
    embeddings: Vec<Vec<f32>>,
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/embed", post(embed).layer(middleware::from_fn_with_state(shared.clone(), observe)))
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .fallback(|| async { Refusal::NotFound })
        .method_not_allowed_fallback(|| async { Refusal::Method })
        .layer(DefaultBodyLimit::max(shared.settings.body_bytes))
        .with_state(shared)
}

/// Counts a request on drop, because the client may disconnect before the answer.
struct Observed {
    shared: Arc<Shared>,
    begin: Instant,
    status: Option<StatusCode>,
}

impl Drop for Observed {
    fn drop(&mut self) {
        let took = self.begin.elapsed();
        let status = self.status.as_ref().map_or("gone", StatusCode::as_str);
        self.shared.metrics.request(status, took);
        tracing::debug!(status, milliseconds = took.as_secs_f64() * 1e3, "request");
    }
}

async fn observe(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let begin = Instant::now();
    // The deadline of the request limits the wait for the model. This one limits the wait for a body that does not
    // arrive.
    let deadline = begin + shared.settings.timeout + Duration::from_secs(1);
    let mut observed = Observed { shared, begin, status: None };
    request.extensions_mut().insert(ArrivalTime(begin));
    let response = match timeout_at(deadline.into(), next.run(request)).await {
        Ok(response) => response,
        Err(_) => Refusal::SlowBody.into_response(),
    };
    observed.status = Some(response.status());
    response
}

async fn embed(
    State(shared): State<Arc<Shared>>,
    Extension(ArrivalTime(arrived)): Extension<ArrivalTime>,
    body: Result<Json<Texts>, JsonRejection>,
) -> Result<Json<Embeddings>, Refusal> {
    let Json(Texts { texts, timeout_ms }) = body.map_err(|rejection| refused_body(rejection, &shared.settings))?;
    match *shared.phase.borrow() {
        Phase::Starting => return Err(Refusal::Starting),
        Phase::Ready => {}
        Phase::Stopping => return Err(Refusal::Stopping),
        Phase::Failed => return Err(Refusal::Broken),
    }
    check(&texts, &shared.settings)?;
    let timeout = timeout_ms.map_or(shared.settings.timeout, Duration::from_millis).min(shared.settings.timeout);
    let deadline = arrived + timeout;
    let late = Refusal::Late { milliseconds: timeout.as_millis() };
    let count = texts.len();
    match timeout_at(deadline.into(), embed_texts(&shared, texts, deadline)).await {
        Err(_) | Ok(Err(Refusal::Late { .. })) => Err(late),
        Ok(Ok(embeddings)) if embeddings.len() == count => Ok(Json(Embeddings { embeddings })),
        Ok(Ok(_)) => Err(Refusal::Failed),
        Ok(Err(refusal)) => Err(refusal),
    }
}

/// Puts the texts into the queue, and waits for their embeddings.
async fn embed_texts(shared: &Arc<Shared>, texts: Vec<String>, deadline: Instant) -> Result<Vec<Vec<f32>>, Refusal> {
    let count = u32::try_from(texts.len()).unwrap_or(u32::MAX);
    let mut places = shared.queue.reserve(count).map_err(|error| match error {
        TryAcquireError::NoPermits => Refusal::Full { seconds: seconds_of_work(shared) },
        TryAcquireError::Closed => Refusal::Stopping,
    })?;
    let encoder = shared.encoder.clone();
    let tokenize = move || texts.iter().map(|text| encoder.tokenize(text)).collect::<Result<Vec<_>, _>>();
    let tokens = match tokio::task::spawn_blocking(tokenize).await {
        Ok(Ok(tokens)) => tokens,
        Ok(Err(error)) => return Err(Refusal::Text(error)),
        Err(error) => {
            tracing::error!(%error, "the tokenizer fails");
            return Err(Refusal::Failed);
        }
    };
    let mut embeddings = vec![Vec::new(); tokens.len()];
    let (reply, mut replies) = mpsc::unbounded_channel();
    let since = Instant::now();
    let item = |(index, tokens)| {
        let place = places.split(1)?;
        Some(Item { tokens, since, deadline, slot: Slot { index, reply: reply.clone() }, place })
    };
    shared.queue.push(tokens.into_iter().enumerate().filter_map(item).collect());
    drop(reply);
    for _ in 0..embeddings.len() {
        // The channel closes early only if a text is dropped without an answer.
        let (index, result) = replies.recv().await.ok_or(Refusal::Failed)?;
        embeddings[index] = result.map_err(|failure| match failure {
            Failure::Late => Refusal::Late { milliseconds: 0 },
            Failure::Failed => Refusal::Failed,
        })?;
    }
    Ok(embeddings)
}

/// Returns the estimated time of the queued work, in seconds.
fn seconds_of_work(shared: &Shared) -> u64 {
    let seconds = shared.queue.depth() as f64 / shared.metrics.texts_per_second().max(1.0);
    (seconds.ceil() as u64).clamp(1, 60)
}

fn check(texts: &[String], settings: &Settings) -> Result<(), Refusal> {
    if texts.is_empty() {
        return Err(Refusal::NoTexts);
    }
    if texts.len() > settings.request_texts {
        return Err(Refusal::ManyTexts { found: texts.len(), most: settings.request_texts });
    }
    let too_long = texts.iter().position(|text| text.len() > settings.text_bytes);
    too_long
        .map_or(Ok(()), |index| Err(Refusal::LongText { index, found: texts[index].len(), most: settings.text_bytes }))
}

fn refused_body(rejection: JsonRejection, settings: &Settings) -> Refusal {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::LongBody { most: settings.body_bytes },
        status => Refusal::Body { status, reason: rejection.body_text() },
    }
}

async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let (status, phase) = match *shared.phase.borrow() {
        Phase::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
        Phase::Ready => (StatusCode::OK, "ready"),
        Phase::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        Phase::Failed => (StatusCode::SERVICE_UNAVAILABLE, "failed"),
    };
    (status, Json(json!({ "status": phase }))).into_response()
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    match shared.metrics.text(shared.queue.depth()) {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            Refusal::Failed.into_response()
        }
    }
}
