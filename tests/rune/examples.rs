//! Tests that the larger examples, at a small size, reach the accuracy that they claim.

#[allow(dead_code)]
#[path = "../../examples/cnn.rs"]
mod cnn;
#[allow(dead_code)]
#[path = "../../examples/decoder.rs"]
mod decoder;
#[allow(dead_code)]
#[path = "../../examples/hmc.rs"]
mod hmc;
#[allow(dead_code)]
#[path = "../../examples/image_filters.rs"]
mod image_filters;
#[allow(dead_code)]
#[path = "../../examples/pinn.rs"]
mod pinn;
#[allow(dead_code)]
#[path = "../../examples/server.rs"]
mod server;
#[allow(dead_code)]
#[path = "../../examples/vae.rs"]
mod vae;

use crate::engine::jit;
use rune::{prelude::*, random};
use rune_examples::digits::Digits;
use rune_models::sentences::{self, SentenceEncoder};
use serde::Deserialize;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

/// Runs a script that downloads a test's data, if it is missing.
fn fetch(script: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts").join(script);
    assert!(Command::new(&path).status().unwrap().success(), "{} failed", path.display());
}

#[derive(Deserialize)]
struct Embeddings {
    texts: Vec<String>,
    embeddings: Vec<Vec<f32>>,
}

/// `rune-models` tests the same on the host engine with more texts.
#[test]
fn compiled_sentence_embeddings_are_those_of_transformers() {
    fetch("fetch-minilm");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected = std::fs::read_to_string(root.join("rune-models/tests/data/minilm.json")).unwrap();
    let expected: Embeddings = serde_json::from_str(&expected).unwrap();
    let encoder = SentenceEncoder::load(root.join("data/minilm"), 256).unwrap();
    let texts: Vec<&str> = expected.texts.iter().map(String::as_str).collect();
    let tokens = encoder.tokenize(&texts).unwrap();
    // The truncated text makes the others nearly all padding.
    let (tokens, mask) = encoder.padded(&tokens.iter().map(Vec::as_slice).collect::<Vec<_>>());
    assert_eq!(tokens.shape().to_vec(), [8, 256]);
    let embeddings = jit(sentences::embed)(encoder.model(), &tokens, &mask);
    for (i, expected) in expected.embeddings.iter().enumerate() {
        let apart = (embeddings.i(i) - Tensor::from(expected.as_slice())).abs().max().item::<f32>().unwrap();
        assert!(apart < 1e-5, "text {i}: apart by {apart:e}");
    }
}

#[test]
fn a_cnn_learns_digits() {
    fetch("fetch-digits");
    let digits = Digits::load(&random::key(0)).unwrap();
    let mut losses = Vec::new();
    let training = cnn::train(&digits, 2, |_, loss| losses.push(loss)).unwrap();
    let mean = |losses: &[f32]| losses.iter().sum::<f32>() / losses.len() as f32;
    let (first, second) = losses.split_at(losses.len() / 2);
    assert!(mean(second) < 0.3 * mean(first), "{losses:?}");
    let accuracy = training.accuracy(&digits.held_out).item::<f32>().unwrap();
    assert!(accuracy > 0.95, "{accuracy}");
}

#[test]
fn a_vae_learns_digits() {
    fetch("fetch-digits");
    let digits = Digits::load(&random::key(0)).unwrap();
    let mut losses = Vec::new();
    let model = vae::train(&digits.images, 300, |_, loss| losses.push(loss)).unwrap();
    let mean = |losses: &[f32]| losses.iter().sum::<f32>() / losses.len() as f32;
    assert!(mean(&losses[280..]) < 0.75 * mean(&losses[..5]), "{losses:?}");
    let drawn = model.draw(&random::key(1), 4);
    assert_eq!(drawn.shape().to_vec(), [4, 64]);
    assert!(drawn.isfinite().all().item::<bool>().unwrap());
}

#[test]
fn a_network_solves_the_heat_equation() {
    let mut losses = Vec::new();
    let net = pinn::train(300, |_, loss| losses.push(loss)).unwrap();
    let error = pinn::error(&net).unwrap();
    assert!(losses[299] < 1e-2 * losses[0] && error < 0.02, "{} to {}, error {error}", losses[0], losses[299]);
}

#[test]
fn hamiltonian_monte_carlo_finds_the_posterior() {
    let truth = Tensor::from([1.0f32, -2.0, 0.5]);
    let data = hmc::Data::new(&random::key(0), 500, &truth);
    let (states, accepted) =
        jit(|data: &hmc::Data, key: &Tensor| hmc::sample(data, 2, 300, key))(&data, &random::key(1));
    assert_eq!(states.shape().to_vec(), [2, 300, 3]);
    let accepted = accepted.item::<f32>().unwrap();
    assert!(accepted > 0.8, "{accepted}");
    // The posterior is close to the normal distribution around its mode (Laplace's approximation).
    let mut mode = truth.zeros_like();
    for _ in 0..10 {
        let log_density = |w: &Tensor| hmc::log_density(w, &data);
        mode = &mode - rune::linalg::solve(&hessian(log_density)(&mode), &grad(log_density)(&mode));
    }
    let inverse = rune::linalg::inv(&-hessian(|w: &Tensor| hmc::log_density(w, &data))(&mode));
    let deviation = inverse.diagonal(0, -2, -1).sqrt();
    let kept = states.i((.., 50..)).flatten_axes(0, 1);
    let apart = ((kept.mean_axes(0) - mode) / &deviation).abs().max().item::<f32>().unwrap();
    assert!(apart < 0.3, "the mean is {apart} deviations off");
    let ratio = (kept.std_axes(0) / deviation).to_vec::<f32>().unwrap();
    assert!(ratio.iter().all(|r| (0.8..1.25).contains(r)), "{ratio:?}");
}

#[test]
fn decoding_with_a_cache_is_decoding_without() {
    let sizes = decoder::Sizes { tokens: 50, features: 32, layers: 2, heads: 4, key_heads: 2, context: 24 };
    let model = decoder::Decoder::new(&random::key(0), sizes);
    let prompt = [3, 1, 4, 1, 5];
    let mut generated = Vec::new();
    decoder::generate(&model, &prompt, 12, |token| generated.push(token)).unwrap();
    // Without a cache, each step reads the whole text again.
    let mut text = prompt.to_vec();
    for _ in 0..12 {
        let (logits, _) = model.forward(&model.caches(), &text.as_slice().into(), &Tensor::scalar(0i32));
        text.push(logits.i(-1).argmax().item::<i32>().unwrap());
    }
    assert_eq!(generated, text[prompt.len()..]);
}

#[test]
fn image_filters() {
    let numbers = |x: &Tensor| x.to_vec::<f32>().unwrap();
    let flat = Tensor::full([9, 7], 0.3f32, DType::F32);
    for filtered in
        [image_filters::gaussian_blur(&flat, 1.5), image_filters::median(&flat), image_filters::erode(&flat)]
    {
        assert_eq!(filtered.shape().to_vec(), [9, 7]);
        assert!(numbers(&filtered).iter().all(|x| (x - 0.3).abs() < 1e-6), "{filtered}");
    }
    assert!(numbers(&image_filters::sobel(&flat)).iter().all(|x| x.abs() < 1e-6));
    // A slope of 1 per column. Its edges are repeated outward.
    let ramp = Tensor::iota([5, 6], 1, DType::F32);
    assert_eq!(numbers(&image_filters::sobel(&ramp).i(2)), [4.0, 8.0, 8.0, 8.0, 8.0, 4.0]);
    // In a picture with a single bright pixel, the median removes it. A blur spreads it, and keeps its sum.
    let spot = Tensor::zeros([15, 15], DType::F32).at((7, 7)).set(1.0f32);
    assert_eq!(image_filters::median(&spot).max().item::<f32>().unwrap(), 0.0);
    let blurred = image_filters::gaussian_blur(&spot, 1.0);
    assert!((blurred.sum().item::<f32>().unwrap() - 1.0).abs() < 1e-5);
    let peak = blurred.i((7, 7)).item::<f32>().unwrap();
    assert!((peak - 0.1592).abs() < 2e-3, "1 / 2π, and the peak is {peak}");
    let picture = image_filters::draw_picture(20, &random::key(0));
    let sharp = jit(image_filters::each_channel(|x| image_filters::unsharp_mask(x, 1.0, 1.0)))(&picture);
    assert_eq!(sharp.shape().to_vec(), [20, 20, 3]);
}

#[test]
fn a_server_answers_on_four_threads() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let line = |seed: usize| (0..16).map(|j| (seed * j % 5).to_string()).collect::<Vec<_>>().join(" ");
    let requests = std::thread::scope(|scope| {
        let serving = scope.spawn(|| server::run(&listener, 6));
        for seed in 0..6 {
            scope.spawn(move || {
                let lines = [line(seed), "1 2 3".to_owned(), "x".to_owned(), line(seed)];
                let answers = server::send_lines(address, &lines).unwrap();
                assert_eq!(answers[0], answers[3]);
                assert!(answers[1].contains("16 numbers are needed, and the line has 3"), "{}", answers[1]);
                assert!(answers[2].starts_with("error: "), "{}", answers[2]);
                let numbers: Vec<f32> = lines[0].split(' ').map(|x| x.parse().unwrap()).collect();
                let expected = server::probabilities(&server::model(), &numbers.into()).to_vec::<f32>().unwrap();
                for (answer, expected) in answers[0].split(' ').zip(expected) {
                    assert!((answer.parse::<f32>().unwrap() - expected).abs() < 1e-5, "{answer} and {expected}");
                }
            });
        }
        serving.join().unwrap()
    });
    assert_eq!(requests, 24);
}
