//! Tests of a server that stops.

use crate::small::{Gated, Running, assert_right, settings, text, wait_until};
use rune_models::sentences::EmbedError;
use rune_serve::client::Client;
use rune_serve::{Encoder, Server, ServerError, Settings};
use std::sync::Arc;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_answers_what_it_accepted_and_refuses_the_rest() {
    let running = Running::start(settings()).await;
    let first = running.block_model().await;
    let asked: Vec<_> = (0..10).map(|i| running.send(&[text(i, 2 * i), text(i, 30)])).collect();
    running.wait_for_depth(20).await;
    let Running { server, encoder, .. } = running;
    let base = format!("http://{}", server.address());
    let stopped = tokio::spawn(server.stop());
    // Uses a new connection, because the server may keep older ones open until they have their answers.
    let refused = async || match Client::new(&base[..]).embed(&["w1"], None).await {
        Ok(answer) => answer.status == 503,
        Err(_) => true,
    };
    wait_until("new requests are refused", refused).await;
    assert!(!stopped.is_finished());
    encoder.model.open();
    assert_right(&first.await.unwrap(), &[text(1, 1)]);
    for (i, answer) in asked.into_iter().enumerate() {
        assert_right(&answer.await.unwrap(), &[text(i, 2 * i), text(i, 30)]);
    }
    stopped.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_being_divided_into_tokens_is_accepted() {
    let running = Running::start(settings()).await;
    running.encoder.tokenizer.shut();
    let asked = running.send(&[text(1, 5)]);
    let Running { server, encoder, client } = running;
    wait_until("the tokenizer is busy", async || encoder.tokenizer.calls() == 1).await;
    let stopped = tokio::spawn(server.stop());
    wait_until("connections are refused", async || client.get("/health").await.is_err()).await;
    encoder.tokenizer.open();
    assert_right(&asked.await.unwrap(), &[text(1, 5)]);
    stopped.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_cannot_finish_says_so() {
    let running = Running::start(Settings { stop: Duration::from_millis(100), ..settings() }).await;
    let first = running.block_model().await;
    let error = running.server.stop().await.unwrap_err();
    assert!(matches!(error, ServerError::Unfinished(_)), "{error}");
    running.encoder.model.open();
    first.await.unwrap();
}

/// An encoder that always fails.
struct Broken;

impl Encoder for Broken {
    fn tokenize(&self, _: &str) -> Result<Vec<u32>, EmbedError> {
        Ok(vec![1])
    }
    fn longest(&self) -> usize {
        1
    }
    fn padded_shape(&self, texts: usize, longest: usize) -> [usize; 2] {
        [texts, longest]
    }
    fn embed(&self, _: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Err(EmbedError::TooLong { found: 1, longest: 0 })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_cannot_be_computed_is_never_ready() {
    let server = Server::start(settings(), Arc::new(Broken)).await.unwrap();
    assert!(matches!(server.ready().await, Err(ServerError::WarmUp)));
    let client = Client::new(format!("http://{}", server.address()));
    let health = client.get("/health").await.unwrap();
    assert_eq!((health.status.as_u16(), &health.text()[..]), (503, "{\"status\":\"failed\"}"));
    assert_eq!(client.embed(&["w1"], None).await.unwrap().status, 503);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_ready_yet_stops() {
    let encoder = Arc::<Gated>::default();
    encoder.model.shut();
    let running = Running::starting(settings(), encoder.clone()).await;
    wait_until("the encoder warms up", async || encoder.model.calls() == 1).await;
    let Running { server, client, .. } = running;
    let stopped = tokio::spawn(server.stop());
    let refused = async || client.get("/health").await.is_err();
    wait_until("connections are refused", refused).await;
    encoder.model.open();
    stopped.await.unwrap().unwrap();
    // The server stops before the warm-up is complete.
    assert_eq!(encoder.lengths().len(), 1);
}
