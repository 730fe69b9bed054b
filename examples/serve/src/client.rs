//! A client for tests and for the load generator.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as Http, Error as HttpError};
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::json;

/// The maximum length of an answer, in bytes.
const MAX_BODY: usize = 1 << 28;

/// There is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address is invalid, or the body cannot be sent or received.
    #[error(transparent)]
    Http(#[from] axum::http::Error),
    /// The server cannot be reached, or closes the connection.
    #[error("the server cannot be reached, or breaks off: {0:?}")]
    Send(#[from] HttpError),
    /// The answer is incomplete.
    #[error("the answer breaks off: {0}")]
    Receive(#[from] axum::Error),
    /// The answer is not JSON of the expected form.
    #[error("the answer is not as expected: {0}")]
    Json(#[from] serde_json::Error),
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

#[derive(Deserialize)]
struct Embeddings {
    embeddings: Vec<Vec<f32>>,
}

impl Answer {
    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    /// Returns the embeddings.
    ///
    /// # Errors
    /// If the body has none.
    pub fn embeddings(&self) -> Result<Vec<Vec<f32>>, ClientError> {
        Ok(serde_json::from_slice::<Embeddings>(&self.body)?.embeddings)
    }
}

/// A client of one server. It keeps connections for later requests. Clones share them.
#[derive(Clone)]
pub struct Client {
    http: Http<HttpConnector, Body>,
    base: String,
}

impl Client {
    /// Creates a client. `base` is the address of the server, such as `http://127.0.0.1:8080`.
    pub fn new(base: impl Into<String>) -> Client {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Client { http: Http::builder(TokioExecutor::new()).build(connector), base: base.into() }
    }
    /// Requests embeddings. `timeout_ms` limits the time for the answer.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn embed(&self, texts: &[impl AsRef<str>], timeout_ms: Option<u64>) -> Result<Answer, ClientError> {
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let body = match timeout_ms {
            Some(limit) => json!({ "texts": texts, "timeout_ms": limit }),
            None => json!({ "texts": texts }),
        };
        self.post("/embed", body.to_string()).await
    }
    /// Sends a JSON body.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post(&self, path: &str, body: impl Into<Body>) -> Result<Answer, ClientError> {
        let request = Request::post(format!("{}{path}", self.base)).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(body.into())?).await
    }
    /// Reads a page.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&self, path: &str) -> Result<Answer, ClientError> {
        self.send(Request::get(format!("{}{path}", self.base)).body(Body::empty())?).await
    }
    async fn send(&self, request: Request<Body>) -> Result<Answer, ClientError> {
        let (parts, body) = self.http.request(request).await?.into_parts();
        let body = to_bytes(Body::new(body), MAX_BODY).await?.to_vec();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }
}
