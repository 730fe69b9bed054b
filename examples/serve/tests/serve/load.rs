//! Concurrent requests: batches, a full queue, deadlines.

use crate::small::{PANIC, Running, assert_right, settings, text, wait_until};
use rune_serve::Settings;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn served_embeddings_are_those_computed_directly() {
    let running = Running::start(Settings { model_threads: 2, ..settings() }).await;
    // The lengths range from no word to more words than the model takes, mixed within requests.
    let requests: Vec<Vec<String>> =
        (0..30).map(|i| (0..i % 5 + 1).map(|j| text(i + j, (i * 11 + j * 29) % 80)).collect()).collect();
    let asked: Vec<_> = requests.iter().map(|texts| running.send(texts)).collect();
    for (texts, answer) in requests.iter().zip(asked) {
        assert_right(&answer.await.unwrap(), texts);
    }
    let texts: usize = requests.iter().map(Vec::len).sum();
    assert_eq!(running.metric("serve_texts_total").await, texts as f64);
    assert_eq!(running.metric("serve_requests_total{status=\"200\"}").await, 30.0);
    assert_eq!(running.metric("serve_request_seconds_count").await, 30.0);
    assert_eq!(running.metric("serve_queue_depth").await, 0.0);
    assert!(running.metric("process_resident_memory_bytes").await > 1e6);
    running.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_of_similar_lengths_share_a_batch() {
    let running = Running::start(settings()).await;
    let first = running.block_model().await;
    let mut asked = Vec::new();
    // Texts of 16 and of 64 positions alternate.
    for i in 0..4 {
        for texts in [vec![text(i, 40)], vec![text(i, 3), text(i, 5)]] {
            asked.push((running.send(&texts), texts));
        }
    }
    running.wait_for_depth(12).await;
    running.encoder.model.open();
    assert_right(&first.await.unwrap(), &[text(1, 1)]);
    for (answer, texts) in asked {
        assert_right(&answer.await.unwrap(), &texts);
    }
    let mut lengths = running.encoder.lengths();
    lengths.iter_mut().for_each(|batch| batch.sort_unstable());
    assert_eq!(lengths[0], [1]);
    lengths[1..].sort();
    assert_eq!(lengths[1..], [vec![3, 3, 3, 3, 5, 5, 5, 5], vec![40; 4]]);
    assert_eq!(running.metric("serve_batch_texts_sum").await, 13.0);
    assert_eq!(running.metric("serve_batch_texts_count").await, 3.0);
    running.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn short_texts_take_rows_that_padding_would_fill() {
    let running = Running::start(settings()).await;
    let first = running.block_model().await;
    // These texts wait longest, so their batch is next. Its fourth row would be padding.
    let long: Vec<String> = (0..3).map(|i| text(i, 50)).collect();
    let long_asked = running.send(&long);
    running.wait_for_depth(3).await;
    let short: Vec<String> = (0..3).map(|i| text(i, 2)).collect();
    let short_asked = running.send(&short);
    running.wait_for_depth(6).await;
    running.encoder.model.open();
    first.await.unwrap();
    assert_right(&long_asked.await.unwrap(), &long);
    assert_right(&short_asked.await.unwrap(), &short);
    assert_eq!(running.encoder.lengths(), [vec![1], vec![50, 50, 50, 2], vec![2, 2]]);
    running.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_no_larger_than_the_settings() {
    let running = Running::start(Settings { batch_texts: 6, batch_tokens: 256, ..settings() }).await;
    let first = running.block_model().await;
    let texts: Vec<String> = (0..20).map(|i| text(i, if i < 10 { 2 } else { 40 })).collect();
    let asked = running.send(&texts);
    running.wait_for_depth(20).await;
    running.encoder.model.open();
    first.await.unwrap();
    assert_right(&asked.await.unwrap(), &texts);
    for batch in &running.encoder.lengths()[1..] {
        let most = if batch.contains(&40) { 256 / 64 } else { 6 };
        assert!(batch.len() <= most, "{batch:?}");
    }
    running.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_computed_when_it_is_full_or_after_the_wait() {
    let wait = Duration::from_millis(150);
    let running = Running::start(Settings { batch_wait: wait, ..settings() }).await;
    let begin = Instant::now();
    assert_right(&running.send(&[text(1, 4)]).await.unwrap(), &[text(1, 4)]);
    assert!(begin.elapsed() >= wait);
    running.server.stop().await.unwrap();

    let wait = Duration::from_secs(200);
    let running = Running::start(Settings { batch_wait: wait, batch_texts: 3, ..settings() }).await;
    let begin = Instant::now();
    let asked: Vec<_> = (1..4).map(|i| running.send(&[text(i, 4)])).collect();
    for (answer, i) in asked.into_iter().zip(1..4) {
        assert_right(&answer.await.unwrap(), &[text(i, 4)]);
    }
    assert!(begin.elapsed() < wait);
    assert_eq!(running.encoder.lengths(), [[4, 4, 4]]);
    running.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_refuses_requests() {
    let running = Running::start(Settings { queue_texts: 4, request_texts: 2, ..settings() }).await;
    let first = running.block_model().await;
    let accepted: Vec<_> = (0..3).map(|i| running.send(&[text(i, 3)])).collect();
    running.wait_for_depth(3).await;
    // One place is left, but two texts need two.
    let refused = running.send(&[text(1, 1), text(2, 2)]).await.unwrap();
    assert_eq!(refused.status, 429);
    let last = running.send(&[text(3, 3)]);
    running.wait_for_depth(4).await;
    let refused = running.send(&[text(1, 1)]).await.unwrap();
    assert_eq!(refused.status, 429);
    let seconds: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds));
    assert_eq!(refused.text(), format!("{{\"error\":\"the queue is full; try again in {seconds} s\"}}"));
    running.encoder.model.open();
    assert_right(&first.await.unwrap(), &[text(1, 1)]);
    for (i, answer) in accepted.into_iter().chain([last]).enumerate() {
        assert_right(&answer.await.unwrap(), &[text(i, 3)]);
    }
    assert_right(&running.send(&[text(1, 1)]).await.unwrap(), &[text(1, 1)]);
    assert_eq!(running.metric("serve_requests_total{status=\"429\"}").await, 2.0);
    running.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_whose_deadline_passed_is_not_computed() {
    let running = Running::start(settings()).await;
    let first = running.block_model().await;
    let begin = Instant::now();
    let late = running.send_with_deadline(&["w90".to_owned(), text(1, 50)], Some(60)).await.unwrap();
    assert_eq!(late.status, 504);
    assert!(late.text().contains("not ready within 60 ms"), "{}", late.text());
    assert!(begin.elapsed() >= Duration::from_millis(60));
    let in_time = running.send(&[text(5, 5)]);
    // The late texts are still in the queue, because the model is busy.
    running.wait_for_depth(3).await;
    running.encoder.model.open();
    assert_right(&first.await.unwrap(), &[text(1, 1)]);
    assert_right(&in_time.await.unwrap(), &[text(5, 5)]);
    assert!(!running.encoder.received_word(90));
    assert_eq!(running.encoder.lengths(), [[1], [5]]);
    // The deadline passes during the computation.
    running.encoder.model.shut();
    assert_eq!(running.send_with_deadline(&["w91".to_owned()], Some(60)).await.unwrap().status, 504);
    running.encoder.model.open();
    assert_eq!(running.metric("serve_requests_total{status=\"504\"}").await, 2.0);
    running.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_whose_client_is_gone_is_not_computed() {
    let running = Running::start(settings()).await;
    let first = running.block_model().await;
    let gone = running.send(&["w92".to_owned()]);
    running.wait_for_depth(1).await;
    gone.abort();
    let counted = async || running.metric("serve_requests_total{status=\"gone\"}").await == 1.0;
    wait_until("the request is counted", counted).await;
    running.encoder.model.open();
    first.await.unwrap();
    running.send(&[text(5, 5)]).await.unwrap();
    assert!(!running.encoder.received_word(92));
    assert_eq!(running.metric("serve_queue_depth").await, 0.0);
    running.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_fails_one_batch_and_the_server_lives_on() {
    let running = Running::start(settings()).await;
    for round in 1..=2 {
        let first = running.block_model().await;
        let asked = [running.send(&[format!("w{PANIC}")]), running.send(&[text(2, 2)])];
        running.wait_for_depth(2).await;
        running.encoder.model.open();
        assert_right(&first.await.unwrap(), &[text(1, 1)]);
        for answer in asked {
            let answer = answer.await.unwrap();
            assert_eq!(answer.status, 500);
            assert!(!answer.text().contains("made-up"), "the reason is in the log alone: {}", answer.text());
        }
        assert_right(&running.send(&[text(3, 30)]).await.unwrap(), &[text(3, 30)]);
        assert_eq!(running.metric("serve_requests_total{status=\"500\"}").await, f64::from(2 * round));
    }
    running.server.stop().await.unwrap();
}
