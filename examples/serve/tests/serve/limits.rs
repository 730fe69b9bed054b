//! Requests and settings that are refused.

use crate::small::{Running, assert_right, settings, text};
use rune_serve::{Server, Settings};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unusable_requests_are_refused_with_the_reason() {
    let running = Running::start(Settings { request_texts: 3, text_bytes: 20, body_bytes: 200, ..settings() }).await;
    let long_text = format!("{{\"texts\": [\"w1\", \"{}\"]}}", "x".repeat(21));
    let long_body = format!("{{\"texts\": [\"{}\"]}}", "x".repeat(200));
    let cases = [
        ("{\"texts\": [", 400, "EOF while parsing"),
        ("[]", 422, "invalid length 0"),
        ("{}", 422, "missing field `texts`"),
        ("{\"texts\": \"w1\"}", 422, "expected a sequence"),
        ("{\"texts\": [1]}", 422, "expected a string"),
        ("{\"texts\": [\"w1\"], \"text\": 1}", 422, "unknown field `text`"),
        ("{\"texts\": [\"w1\"], \"timeout_ms\": -1}", 422, "expected u64"),
        ("{\"texts\": []}", 422, "`texts` is empty"),
        ("{\"texts\": [\"\", \"\", \"\", \"\"]}", 413, "`texts` has 4 texts, and the server takes 3"),
        (&long_text, 413, "text 1 has 21 bytes, and the server takes 20"),
        (&long_body, 413, "the body is longer than 200 bytes"),
    ];
    for (body, status, reason) in cases {
        let answer = running.client.post("/embed", body.to_owned()).await.unwrap();
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        let error: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(error["error"].as_str().unwrap().contains(reason), "{body}: {error}");
    }
    assert_eq!(running.client.get("/embed").await.unwrap().status, 405);
    assert_eq!(running.client.get("/else").await.unwrap().status, 404);
    // Nothing has reached the model. Requests exactly at the limits are allowed.
    assert!(running.encoder.lengths().is_empty());
    let texts = ["w1 w2 w3 w4 w5 w6 w7".to_owned(), "x".repeat(20), String::new()];
    assert_eq!(texts[0].len(), 20);
    assert_right(&running.send(&texts).await.unwrap(), &texts);
    running.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_ready_when_its_model_is_warm() {
    let encoder = Arc::<crate::small::Gated>::default();
    encoder.model.shut();
    let running = Running::starting(settings(), encoder).await;
    let health = running.client.get("/health").await.unwrap();
    assert_eq!((health.status.as_u16(), &health.text()[..]), (503, "{\"status\":\"starting\"}"));
    let refused = running.send(&[text(1, 1)]).await.unwrap();
    assert_eq!((refused.status.as_u16(), refused.headers["retry-after"].as_bytes()), (503, &b"1"[..]));
    running.encoder.model.open();
    running.server.ready().await.unwrap();
    let health = running.client.get("/health").await.unwrap();
    assert_eq!((health.status.as_u16(), &health.text()[..]), (200, "{\"status\":\"ready\"}"));
    let shapes: Vec<(usize, usize)> =
        running.encoder.lengths().iter().map(|batch| (batch.len().next_power_of_two(), batch[0])).collect();
    // The shortest texts of 16, 32 and 64 positions.
    let expected: Vec<_> = [1, 2, 4, 8, 16, 32].iter().flat_map(|&texts| [1, 17, 33].map(|n| (texts, n))).collect();
    assert_eq!(shapes, expected);
    running.server.stop().await.unwrap();
}

#[tokio::test]
async fn unusable_settings_are_errors() {
    let error = async |settings| match Server::start(settings, Arc::<crate::small::Gated>::default()).await {
        Ok(_) => panic!("the server starts"),
        Err(error) => error.to_string(),
    };
    let zero = error(Settings { model_threads: 0, ..settings() }).await;
    assert_eq!(zero, "a setting is unusable: `model-threads` is 0; it must be at least 1");
    let small = error(Settings { request_texts: 9, queue_texts: 8, ..settings() }).await;
    assert!(small.contains("`request-texts` is 9, and `queue-texts` is 8"), "{small}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let taken = error(Settings { address, ..settings() }).await;
    assert!(taken.starts_with(&format!("the server cannot listen at {address}: ")), "{taken}");
}
