//! An HTTP server of sentence embeddings.
//!
//! Texts of several requests wait in one bounded queue. Dedicated threads take batches of similar lengths from it and
//! compute them. The asynchronous threads only read requests and write answers. See `docs/serving.md`.
//!
//! ```text
//! request ──limits──▶ place in the queue ──tokens──▶ queue ──batch──▶ model ──▶ answer
//!    413, 422              429                          504             500
//! ```

pub mod client;
mod encoder;
mod http;
mod metrics;
mod model;
mod queue;
mod refusal;
mod settings;

pub use encoder::Encoder;
pub use model::BatchError;
pub use settings::Settings;

use axum::serve::ListenerExt;
use http::Shared;
use metrics::Metrics;
use queue::Queue;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task;
use tokio::time::timeout;

/// The phase of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The model warms up. Requests are refused.
    Starting,
    /// Requests are answered.
    Ready,
    /// Accepted requests are answered, and new ones are refused.
    Stopping,
    /// The model cannot be computed. Requests are refused.
    Failed,
}

/// A server does not start or stop as requested.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A setting is unusable.
    #[error("a setting is unusable: {0}")]
    Settings(String),
    /// The server cannot listen at the address.
    #[error("the server cannot listen at {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// A metric cannot be registered.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// A thread cannot be started, or connections fail.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The model cannot be computed. The log has the reason.
    #[error("the model cannot be computed; the log has the reason")]
    WarmUp,
    /// Some requests are unanswered.
    #[error("{0:?} after the signal to stop, requests are still unanswered")]
    Unfinished(Duration),
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    served: task::JoinHandle<io::Result<()>>,
    models: Vec<JoinHandle<()>>,
}

impl Server {
    /// Starts a server in this Tokio runtime. It refuses requests until the encoder is warm; see [`Server::ready`].
    ///
    /// # Errors
    /// If a setting is unusable, or the server cannot listen at its address.
    pub async fn start(settings: Settings, encoder: Arc<dyn Encoder>) -> Result<Server, ServerError> {
        if let Some(problem) = settings.problem() {
            return Err(ServerError::Settings(problem));
        }
        let listen = |source| ServerError::Listen { address: settings.address, source };
        let listener = TcpListener::bind(settings.address).await.map_err(listen)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            queue: Queue::new(encoder.clone(), &settings),
            metrics: Metrics::new()?,
            phase: watch::Sender::new(Phase::Starting),
            settings,
            encoder,
        });
        let models = (0..shared.settings.model_threads).map(|i| model_thread(i, &shared)).collect::<Result<_, _>>()?;
        let mut phase = shared.phase.subscribe();
        let stopping = async move {
            phase.wait_for(|phase| *phase == Phase::Stopping).await.ok();
        };
        // Sends answers at once: they are small, and a client waits for each.
        let listener = listener.tap_io(|connection| {
            connection.set_nodelay(true).ok();
        });
        let serving = axum::serve(listener, http::router(shared.clone())).with_graceful_shutdown(stopping);
        let served = tokio::spawn(serving.into_future());
        tracing::info!(%address, "listening");
        Ok(Server { address, shared, served, models })
    }
    /// Returns the address at which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
    /// Waits until the server answers requests.
    ///
    /// # Errors
    /// If the encoder fails.
    pub async fn ready(&self) -> Result<(), ServerError> {
        let mut phase = self.shared.phase.subscribe();
        let settled = phase.wait_for(|phase| *phase != Phase::Starting).await;
        match settled.map(|phase| *phase) {
            Ok(Phase::Starting | Phase::Ready | Phase::Stopping) => Ok(()),
            Ok(Phase::Failed) | Err(_) => Err(ServerError::WarmUp),
        }
    }
    /// Refuses new requests, answers all that it accepted, and stops.
    ///
    /// # Errors
    /// If requests are unanswered after [`Settings::stop`].
    pub async fn stop(self) -> Result<(), ServerError> {
        let begin = Instant::now();
        tracing::info!(queue = self.shared.queue.depth(), "stopping");
        self.shared.phase.send_replace(Phase::Stopping);
        self.shared.queue.end_delay();
        let limit = self.shared.settings.stop;
        let finished = async {
            self.served.await.map_err(io::Error::other)??;
            // No remaining request can put texts into the queue.
            self.shared.queue.close();
            let join = move || self.models.into_iter().all(|model| model.join().is_ok());
            let joined = task::spawn_blocking(join).await.map_err(io::Error::other)?;
            if joined { Ok(()) } else { Err(io::Error::other("a model thread panicked")) }
        };
        timeout(limit, finished).await.map_err(|_| ServerError::Unfinished(limit))??;
        tracing::info!(milliseconds = begin.elapsed().as_secs_f64() * 1e3, "stopped");
        Ok(())
    }
}

/// Starts a thread that computes batches. The first thread warms up the encoder.
fn model_thread(index: usize, shared: &Arc<Shared>) -> io::Result<JoinHandle<()>> {
    let shared = shared.clone();
    thread::Builder::new().name(format!("model {index}")).spawn(move || {
        if index == 0 {
            warm_up(&shared);
        }
        model::run(&shared.queue, &*shared.encoder, &shared.metrics);
    })
}

fn warm_up(shared: &Shared) {
    let begin = Instant::now();
    let starting = || *shared.phase.borrow() == Phase::Starting;
    let next = match model::warm_up(&*shared.encoder, &shared.settings, starting) {
        Ok(shapes) => {
            tracing::info!(shapes, milliseconds = begin.elapsed().as_secs_f64() * 1e3, "ready");
            Phase::Ready
        }
        Err(error) => {
            tracing::error!(%error, "the encoder fails");
            Phase::Failed
        }
    };
    shared.phase.send_if_modified(|phase| {
        let starting = *phase == Phase::Starting;
        if starting {
            *phase = next;
        }
        starting
    });
}
