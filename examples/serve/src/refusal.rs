//! Answers without embeddings.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rune_models::sentences::EmbedError;
use serde_json::json;

/// The reason why a request gets no embeddings. The field `error` of the answer has the text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the body is not `{{\"texts\": [\"…\"]}}`: {reason}")]
    Body { status: StatusCode, reason: String },
    #[error("the body does not arrive; send it faster")]
    SlowBody,
    #[error("the body is longer than {most} bytes; divide the texts among several requests")]
    LongBody { most: usize },
    #[error("`texts` is empty; send at least one text")]
    NoTexts,
    #[error("`texts` has {found} texts, and the server takes {most}; divide them among several requests")]
    ManyTexts { found: usize, most: usize },
    #[error("text {index} has {found} bytes, and the server takes {most}; send a shorter part of it")]
    LongText { index: usize, found: usize, most: usize },
    #[error(transparent)]
    Text(EmbedError),
    #[error("the queue is full; try again in {seconds} s")]
    Full { seconds: u64 },
    #[error("the server is starting; try again in a second")]
    Starting,
    #[error("the server is stopping")]
    Stopping,
    #[error("the model cannot be computed; the log of the server has the reason")]
    Broken,
    #[error("the embeddings are not ready within {milliseconds} ms; ask for less, or allow more time in `timeout_ms`")]
    Late { milliseconds: u128 },
    #[error("the computation fails; the log of the server has the reason")]
    Failed,
    #[error("there are `POST /embed`, `GET /health` and `GET /metrics`")]
    NotFound,
    #[error("use `POST` for `/embed`, and `GET` for `/health` and `/metrics`")]
    Method,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Body { status, .. } => *status,
            Refusal::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Refusal::LongBody { .. } | Refusal::ManyTexts { .. } | Refusal::LongText { .. } => {
                StatusCode::PAYLOAD_TOO_LARGE
            }
            Refusal::NoTexts | Refusal::Text(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::Full { .. } => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Starting | Refusal::Stopping | Refusal::Broken => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::Late { .. } => StatusCode::GATEWAY_TIMEOUT,
            Refusal::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::Method => StatusCode::METHOD_NOT_ALLOWED,
        }
    }
    /// Returns the number of seconds after which the client may try again.
    fn retry_after(&self) -> Option<u64> {
        if let Refusal::Full { seconds } = self {
            return Some(*seconds);
        }
        matches!(self, Refusal::Starting).then_some(1)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(json!({ "error": self.to_string() }))).into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
