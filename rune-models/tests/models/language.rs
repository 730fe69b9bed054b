//! GPT-2 and Llama against `transformers`.

use crate::made_up::{Expected, assert_close, data, made_up};
use rune::quant::Bits;
use rune::{DType, Tensor, Tree, jit, random};
use rune_models::gpt2::Gpt2;
use rune_models::llama::Llama;
use rune_models::{Checkpoint, Decoder, Generator, Sampling};
use serde::Deserialize;

#[derive(Deserialize)]
struct Text {
    prompt: Vec<u32>,
    logits: Vec<f64>,
    text: Vec<u32>,
}

impl Text {
    fn tokens(&self) -> Tensor {
        let tokens = self.prompt.iter().map(|&token| token.cast_signed()).collect();
        Tensor::from_vec([1, self.prompt.len()], tokens)
    }
}

/// Checks the logits of the prompt and the greedy continuation.
fn check<M: Decoder>(model: M, expected: &Text, tolerance: f64) {
    let logits = jit(|model: &M, tokens: &Tensor| model.forward(tokens));
    assert_close(&logits(&model, &expected.tokens()), &expected.logits, tolerance);
    let (generator, count) = (Generator::new(model), expected.text.len() - expected.prompt.len());
    let found = generator.continue_from(&expected.prompt, &Sampling::greedy(), 0).take(count);
    let found: Vec<u32> = found.collect::<Result<_, _>>().unwrap();
    assert_eq!(found, expected.text[expected.prompt.len()..]);
}

#[test]
fn gpt2_is_that_of_transformers() {
    let expected: Expected<Text> = data("gpt2");
    let folder = tempfile::tempdir().unwrap();
    expected.write(folder.path(), DType::F32);
    check(Gpt2::load(folder.path()).unwrap(), &expected.values, 3e-6);
}

#[test]
fn llama_is_that_of_transformers() {
    for (name, files) in [("llama", 3), ("llama3", 1)] {
        let expected: Expected<Text> = data(name);
        let folder = tempfile::tempdir().unwrap();
        if files == 1 {
            expected.write(folder.path(), DType::F32);
        } else {
            expected.write_sharded(folder.path(), DType::F32, files);
        }
        check(Llama::load(folder.path()).unwrap(), &expected.values, 3e-6);
    }
}

/// bf16 has a precision of 8 bits, and both libraries round at different places.
#[test]
fn llama_in_bf16_is_that_of_transformers_to_the_precision_of_bf16() {
    let expected: Expected<Text> = data("llama3-bf16");
    let folder = tempfile::tempdir().unwrap();
    expected.write(folder.path(), DType::BF16);
    let model = Llama::load(folder.path()).unwrap();
    assert_eq!(model.key_values().dtype, DType::BF16);
    assert_close(&model.forward(&expected.values.tokens()), &expected.values.logits, 0.03);
    // The same file in f32 stays within the tolerance of the rounded results.
    let wide = Checkpoint::open(folder.path()).unwrap().with_dtype(DType::F32);
    let wide = Llama::from_checkpoint(wide, &folder.path().join("config.json")).unwrap();
    assert_eq!(wide.key_values().dtype, DType::F32);
    assert_close(&wide.forward(&expected.values.tokens()), &expected.values.logits, 0.03);
}

/// Older files have the base of the rotation at the top level, and `type` instead of `rope_type`.
#[test]
fn older_settings_of_rotary_positions_are_read() {
    let expected: Expected<Text> = data("llama3");
    let folder = tempfile::tempdir().unwrap();
    expected.write(folder.path(), DType::F32);
    let mut config = expected.config.clone().unwrap();
    let mut scaling = config["rope_parameters"].take();
    config["rope_theta"] = scaling["rope_theta"].take();
    scaling.as_object_mut().unwrap().remove("rope_theta");
    scaling["type"] = scaling["rope_type"].take();
    scaling.as_object_mut().unwrap().remove("rope_type");
    config["rope_scaling"] = scaling;
    config.as_object_mut().unwrap().remove("rope_parameters");
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    check(Llama::load(folder.path()).unwrap(), &expected.values, 3e-6);

    config["rope_scaling"]["type"] = "yarn".into();
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let error = Llama::load(folder.path()).unwrap_err().to_string();
    assert!(
        error.ends_with("`rope_type` is `yarn`, and the model supports `default`, `linear` and `llama3`"),
        "{error}"
    );
}

/// Keys and values grow with the text. The text ends when the context is full.
#[test]
fn generation_ends_at_the_context() {
    let expected: Expected<Text> = data("gpt2");
    let folder = tempfile::tempdir().unwrap();
    expected.write(folder.path(), DType::F32);
    let model = Gpt2::load(folder.path()).unwrap();
    let context = model.context();
    let generator = Generator::new(model);
    for prompt in [1, 16, 17, context - 1, context] {
        let tokens: Vec<u32> = (0..prompt as u32).map(|i| i * 7 % 96).collect();
        let written: Vec<u32> =
            generator.continue_from(&tokens, &Sampling::greedy(), 0).collect::<Result<_, _>>().unwrap();
        assert_eq!(written.len(), context - prompt + 1, "from {prompt} tokens");
        // Reading the whole text at once gives the same tokens.
        let text: Vec<i32> = tokens.iter().chain(&written).map(|&token| token.cast_signed()).collect();
        let logits = generator.model().forward(&Tensor::from_vec([1, context], text[..context].to_vec()));
        let likeliest = logits.i((0, prompt as isize - 1..)).argmax_axis(-1).to_vec::<i32>().unwrap();
        assert_eq!(likeliest, text[prompt..]);
    }
}

#[test]
fn equal_seeds_draw_equal_texts() {
    let expected: Expected<Text> = data("llama");
    let folder = tempfile::tempdir().unwrap();
    expected.write(folder.path(), DType::F32);
    let generator = Generator::new(Llama::load(folder.path()).unwrap());
    let sampling = Sampling::with_temperature(1.5).top_k(50).top_p(0.95);
    let draw = |seed| {
        let text = generator.continue_from(&expected.values.prompt, &sampling, seed).take(20);
        text.collect::<Result<Vec<u32>, _>>().unwrap()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

/// Quantized models are close to the model: within about 1% at 8 bits, and 10% at 4 bits. A quantized model continues a
/// text with the likeliest tokens of its own logits.
#[test]
fn quantized_models_are_near_the_model() {
    let expected: Expected<Text> = data("llama");
    let folder = tempfile::tempdir().unwrap();
    expected.write(folder.path(), DType::F32);
    let model = Llama::load(folder.path()).unwrap();
    for (bits, tolerance) in [(Bits::Eight, 0.015), (Bits::Four { group: 4 }, 0.15)] {
        let quantized = model.clone().quantized(bits);
        let bytes = |model: &Llama| model.leaves().iter().map(|leaf| leaf.ty().bytes()).sum::<usize>();
        assert!(bytes(&quantized) < bytes(&model) * 3 / 5);
        assert_close(&quantized.forward(&expected.values.tokens()), &expected.values.logits, tolerance);
        let generator = Generator::new(quantized);
        let text = generator.continue_from(&expected.values.prompt, &Sampling::greedy(), 0).take(6);
        let text: Vec<u32> = text.collect::<Result<_, _>>().unwrap();
        let whole: Vec<i32> = expected.values.prompt.iter().chain(&text).map(|&token| token.cast_signed()).collect();
        let logits = generator.model().forward(&Tensor::from_vec([1, whole.len()], whole.clone()));
        let likeliest = logits.i((0, expected.values.prompt.len() as isize - 1..-1)).argmax_axis(-1);
        assert_eq!(likeliest.to_vec::<i32>().unwrap(), whole[expected.values.prompt.len()..]);
    }
}

#[derive(Deserialize)]
struct Case {
    temperature: f32,
    k: Option<usize>,
    p: Option<f32>,
    probabilities: Vec<Vec<f64>>,
}

#[derive(Deserialize)]
struct Cases {
    logits: Vec<Vec<f32>>,
    cases: Vec<Case>,
}

#[test]
fn probabilities_of_samples_are_those_of_transformers() {
    let Cases { logits, cases } = data("sampling");
    for case in &cases {
        let mut sampling = Sampling::with_temperature(case.temperature);
        sampling = case.k.map_or(sampling.clone(), |k| sampling.top_k(k));
        sampling = case.p.map_or(sampling.clone(), |p| sampling.top_p(p));
        for (logits, expected) in logits.iter().zip(&case.probabilities) {
            let logits = Tensor::from(&logits[..]);
            let (kept, tokens) = sampling.candidates(&(&logits / case.temperature));
            let probabilities = kept.softmax(-1).to_vec::<f32>().unwrap();
            let tokens = tokens.map_or((0..logits.size() as i32).collect(), |t| t.to_vec::<i32>().unwrap());
            let mut found = vec![0.0; logits.size()];
            tokens.iter().zip(&probabilities).for_each(|(&token, &p)| found[token as usize] = f64::from(p));
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-6, "{found} for {expected}, temperature {}", case.temperature);
            }
            for seed in 0..20 {
                let token = sampling.choose(&logits, &random::key(seed)).item::<i32>().unwrap();
                assert!(expected[token as usize] > 0.0, "token {token} may not be chosen");
            }
        }
    }
}

/// The weights here and in the script are the same. This test finds a wrong formula at once.
#[test]
fn made_up_weights_are_those_of_the_script() {
    assert_eq!(made_up("picture", &[2]), made_up("picture", &[3])[..2]);
}
