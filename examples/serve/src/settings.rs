//! The settings of a server.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::ParseIntError;
use std::time::Duration;

/// The settings of a [`Server`](crate::Server). The defaults suit a small encoder on a few cores.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Listens at this address. Port 0 takes a free port.
    #[arg(long, default_value_t = Settings::default().address)]
    pub address: SocketAddr,
    /// Computes this many batches at once. Each batch uses all cores if it is large enough.
    #[arg(long, default_value_t = Settings::default().model_threads)]
    pub model_threads: usize,
    /// Puts at most this many texts into a batch.
    #[arg(long, default_value_t = Settings::default().batch_texts)]
    pub batch_texts: usize,
    /// Puts at most this many tokens into a batch, including padding. A batch of one text may have more.
    #[arg(long, default_value_t = Settings::default().batch_tokens)]
    pub batch_tokens: usize,
    /// Waits this many milliseconds for a batch to fill.
    #[arg(long = "batch-wait-ms", value_name = "MS", default_value = "3", value_parser = milliseconds)]
    pub batch_wait: Duration,
    /// Lets at most this many texts wait. Requests beyond them are answered with 429.
    #[arg(long, default_value_t = Settings::default().queue_texts)]
    pub queue_texts: usize,
    /// Answers a request within this many milliseconds. A request may set a shorter time.
    #[arg(long = "timeout-ms", value_name = "MS", default_value = "10000", value_parser = milliseconds)]
    pub timeout: Duration,
    /// Takes at most this many texts in a request.
    #[arg(long, default_value_t = Settings::default().request_texts)]
    pub request_texts: usize,
    /// Takes at most this many bytes in a text.
    #[arg(long, default_value_t = Settings::default().text_bytes)]
    pub text_bytes: usize,
    /// Takes at most this many bytes in the body of a request.
    #[arg(long, default_value_t = Settings::default().body_bytes)]
    pub body_bytes: usize,
    /// Ends this many milliseconds after the signal to stop, even if requests are unanswered.
    #[arg(long = "stop-ms", value_name = "MS", default_value = "30000", value_parser = milliseconds)]
    pub stop: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            address: (Ipv4Addr::LOCALHOST, 8080).into(),
            model_threads: 1,
            batch_texts: 32,
            batch_tokens: 2048,
            batch_wait: Duration::from_millis(3),
            queue_texts: 512,
            timeout: Duration::from_secs(10),
            request_texts: 64,
            text_bytes: 32 << 10,
            body_bytes: 1 << 20,
            stop: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// Returns the maximum number of texts in a batch with this many positions.
    pub(crate) fn texts_in_batch(&self, positions: usize) -> usize {
        (self.batch_tokens / positions.max(1)).min(self.batch_texts).max(1)
    }
    /// Returns the problem with the settings, if any.
    pub(crate) fn problem(&self) -> Option<String> {
        let counts = [
            ("model-threads", self.model_threads),
            ("batch-texts", self.batch_texts),
            ("batch-tokens", self.batch_tokens),
            ("queue-texts", self.queue_texts),
            ("request-texts", self.request_texts),
        ];
        if let Some((name, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Some(format!("`{name}` is 0; it must be at least 1"));
        }
        (self.request_texts > self.queue_texts).then(|| {
            format!(
                "`request-texts` is {}, and `queue-texts` is {}; the queue must hold the largest request",
                self.request_texts, self.queue_texts
            )
        })
    }
}

fn milliseconds(text: &str) -> Result<Duration, ParseIntError> {
    text.parse().map(Duration::from_millis)
}
