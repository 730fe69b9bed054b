//! Compares a transformer block with JAX. The tests bound the cost and the residuals of its gradient.

use crate::engine::jit;
use rune::prelude::*;
use rune::{ResidualSource, SavedResidual};
use rune_examples::transformer::{Block, Sizes, costs, loss};
use serde_json::Value;

/// Compares some elements, and the norm, with a result of JAX.
fn assert_like_jax(shown: &Value, x: &Tensor) {
    let x: Vec<f64> = x.cast(DType::F64).to_vec().unwrap();
    let norm = |x: &[f64]| x.iter().map(|e| e * e).sum::<f64>().sqrt();
    let expected = shown["norm"].as_f64().unwrap();
    assert!((norm(&x) - expected).abs() <= 1e-5 * expected, "norm {} and {expected}", norm(&x));
    // An element has the rounding error of its terms, which are as large as those of other elements.
    let usual = expected / (x.len() as f64).sqrt();
    let step = shown["step"].as_u64().unwrap() as usize;
    let elements = shown["elements"].as_array().unwrap();
    assert_eq!(x.iter().step_by(step).count(), elements.len());
    for (x, expected) in x.iter().step_by(step).zip(elements) {
        let expected = expected.as_f64().unwrap();
        assert!((x - expected).abs() <= 2e-5 * (usual + expected.abs()), "{x} and {expected}");
    }
}

struct Case {
    sizes: Sizes,
    block: Block,
    x: Tensor,
    jax: Value,
}

fn case(name: &str) -> Case {
    let path = format!("{}/tests/data/transformer/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let jax: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let [batch, tokens, features, heads] = serde_json::from_value(jax["sizes"].clone()).unwrap();
    let sizes = Sizes { batch, tokens, features, heads };
    let argument = |seed: usize, shape: &[usize]| {
        let n: usize = shape.iter().product();
        let number = |i| ((i * 7919 + seed * 104_729) % 10_007) as f64 / 10_007.0 * 0.4 - 0.2;
        Tensor::from_slice(shape, &(0..n).map(|i| number(i) as f32).collect::<Vec<_>>())
    };
    let (shapes, of_x) = sizes.shapes();
    let block = Block::new(std::array::from_fn(|i| argument(i, &shapes[i])));
    Case { sizes, block, x: argument(shapes.len(), &of_x), jax }
}

impl Case {
    fn check(&self, value: &Tensor, gradient: &Block) {
        assert_like_jax(&self.jax["value"], value);
        let gradients = self.jax["gradient"].as_array().unwrap();
        gradients.iter().zip(gradient.leaves()).for_each(|(jax, g)| assert_like_jax(jax, &g));
    }
}

#[test]
fn the_block_and_its_gradient_are_those_of_jax() {
    let small = case("small");
    let heads = small.sizes.heads;
    small.check(&small.block.apply(&small.x, heads), &grad(|b: &Block| loss(b, &small.x, heads))(&small.block));
    let bench = case("bench");
    let forward = jit(|b: &Block, x: &Tensor| b.apply(x, heads));
    let gradient = jit(|b: &Block, x: &Tensor| grad(|b: &Block| loss(b, x, heads))(b));
    bench.check(&forward(&bench.block, &bench.x), &gradient(&bench.block, &bench.x));
}

#[test]
fn the_gradient_of_the_block_costs_three_times_the_block() {
    let bench = case("bench");
    let (forward, gradient) = costs(&bench.block, &bench.x, bench.sizes.heads).unwrap();
    let Sizes { batch, tokens, features, .. } = bench.sizes;
    let products = batch * tokens * features * features * 12 + 2 * batch * tokens * tokens * features;
    assert_eq!(forward.multiply_adds, products as u64);
    assert!(gradient.multiply_adds <= 3 * forward.multiply_adds, "{forward}\n{gradient}");
}

fn bytes(residuals: &[SavedResidual]) -> usize {
    residuals.iter().map(|r| r.ty.bytes()).sum()
}

#[test]
fn the_gradient_of_the_block_keeps_less_than_that_of_jax() {
    let bench = case("bench");
    let kept = saved_residuals(|b: &Block, x: &Tensor| loss(b, x, bench.sizes.heads), (&bench.block, &bench.x));
    let shown: Vec<String> = kept
        .iter()
        .map(|r| match &r.source {
            ResidualSource::Argument { name } => format!("{} {name}", r.ty),
            ResidualSource::Captured => format!("{} captured", r.ty),
            ResidualSource::Operation { name, .. } => format!("{} {name}", r.ty),
        })
        .collect();
    // These are, for each normalization, the centered values and their scale; the queries, keys and values; the
    // numerators and denominators of the softmax, from which its results are recomputed; and the sigmoid and the
    // operand of GELU. JAX also keeps the result of each intermediate operation.
    insta::assert_snapshot!(shown.join("\n"), @r"
    [256, f32] arguments[0].scale1
    [256, f32] arguments[0].shift1
    [256, f32] arguments[0].scale2
    [256, f32] arguments[0].shift2
    [256, 768, f32] arguments[0].qkv
    [256, 256, f32] arguments[0].out
    [256, 1024, f32] arguments[0].up
    [1024, 256, f32] arguments[0].down
    [4, 128, 256, f32] sub
    [4, 128, 1, f32] rsqrt
    [4, 128, 1, f32] mul
    [4, 128, 256, f32] slice
    [4, 128, 256, f32] slice
    [4, 128, 256, f32] slice
    [4, 4, 128, 128, f32] exp
    [4, 4, 128, f32] reduce_sum
    [4, 4, 128, 64, f32] dot_general
    [4, 128, 256, f32] sub
    [4, 128, 1, f32] rsqrt
    [4, 128, 1, f32] mul
    [4, 128, 1024, f32] dot_general
    [4, 128, 1024, f32] logistic
    [4, 128, 256, f32] add
    ");
    let in_jax = bench.jax["residuals"].as_array().unwrap();
    let bytes_in_jax = |residual: &Value| {
        let [dtype, shape, _] = residual.as_array().unwrap().as_slice() else { panic!("not a residual: {residual}") };
        let sizes = shape.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize);
        sizes.product::<usize>() * if dtype == "float32" { 4 } else { 8 }
    };
    let all_in_jax: usize = in_jax.iter().map(bytes_in_jax).sum();
    assert!(2 * bytes(&kept) < all_in_jax, "{} bytes, and in JAX {all_in_jax}", bytes(&kept));
}
