//! Layers, activations and initialisers against Flax, Equinox and JAX: values and gradients.

use crate::vectors::{argument, lines, near, numbers, shape};
use rune_nn::nn::init::{self, Distribution, Fan, VarianceScaling};
use rune_nn::nn::{
    Attention, BatchNorm, BatchStatistics, Conv, ConvTranspose, Dropout, Embedding, GroupNorm, GruCell, LayerNorm,
    Linear, LstmCell, LstmState, Mlp, MultiHeadAttention, RmsNorm, dot_product_attention, rotary_embedding,
};
use rune_trace::{ConvOptions, ConvPadding, DType, Layout, Tensor, Tree, TreePath, random, value_and_grad};
use serde_json::Value;

const VECTORS: &str = include_str!("../data/layers.jsonl");

/// Applies `f` to the layer with other parameters, in the order of its leaves.
fn with<L: Tree>(layer: L, params: &[Tensor], f: impl FnOnce(&L) -> Tensor) -> Tensor {
    let mut shapes = Vec::new();
    layer.visit(&mut TreePath::default(), &mut |_, leaf| shapes.push(leaf.shape().clone()));
    let given: Vec<_> = params.iter().map(|p| p.shape().clone()).collect();
    assert_eq!(shapes, given, "the shapes of the parameters that the layer makes");
    f(&layer.with_leaves(params.iter().cloned()))
}

fn conv_options(settings: &Value) -> ConvOptions {
    let number = |name: &str| settings[name].as_u64().unwrap_or(1) as usize;
    let padding = match &settings["padding"] {
        Value::String(name) if name == "SAME" => ConvPadding::Same,
        Value::Array(pairs) => ConvPadding::Explicit(
            pairs.iter().map(|p| (p[0].as_i64().unwrap() as isize, p[1].as_i64().unwrap() as isize)).collect(),
        ),
        _ => ConvPadding::Valid,
    };
    let options = ConvOptions::new().strides(number("strides")).dilations(number("dilations"));
    options.groups(number("groups")).padding(padding)
}

/// Constructs the layer of this name with these parameters, and applies it to these inputs.
fn apply(name: &str, settings: &Value, x: &[Tensor], p: &[Tensor]) -> Tensor {
    let key = random::key(0);
    match name {
        "linear" => with(Linear::new(&key, 4, 5), p, |l| l.forward(&x[0])),
        "linear_without_bias" => with(Linear::new(&key, 4, 5).without_bias(), p, |l| l.forward(&x[0])),
        "embedding" => with(Embedding::new(&key, 6, 3), p, |l| l.forward(&x[0])),
        "embedding_attend" => with(Embedding::new(&key, 6, 3), p, |l| l.attend(&x[0])),
        "mlp" => with(Mlp::new(&key, &[3, 4, 2], Tensor::tanh), p, |l| l.forward(&x[0])),
        "conv" => match p[0].rank() {
            3 => with(Conv::new(&key, 2, 4, [3], conv_options(settings)), p, |l| l.forward(&x[0])),
            4 => with(Conv::new(&key, 2, 4, [3, 2], conv_options(settings)), p, |l| l.forward(&x[0])),
            _ => with(Conv::new(&key, 2, 4, [2, 2, 2], conv_options(settings)), p, |l| l.forward(&x[0])),
        },
        "conv_transpose" => match p[0].rank() {
            3 => with(ConvTranspose::new(&key, 2, 4, [3], conv_options(settings)), p, |l| l.forward(&x[0])),
            4 => with(ConvTranspose::new(&key, 2, 4, [3, 2], conv_options(settings)), p, |l| l.forward(&x[0])),
            _ => with(ConvTranspose::new(&key, 2, 4, [2, 2, 2], conv_options(settings)), p, |l| l.forward(&x[0])),
        },
        "conv_channels_last" => {
            let options = ConvOptions::new().layout(Layout::ChannelsLast);
            with(Conv::new(&key, 3, 4, [3, 2], options), p, |l| l.forward(&x[0]))
        }
        "layer_norm" => with(LayerNorm::new(4), p, |l| l.forward(&x[0])),
        "rms_norm" => with(RmsNorm::new(4), p, |l| l.forward(&x[0])),
        "group_norm" => with(GroupNorm::new(3, 6), p, |l| l.forward(&x[0])),
        "group_norm_channels_last" => {
            with(GroupNorm { layout: Layout::ChannelsLast, ..GroupNorm::new(3, 6) }, p, |l| l.forward(&x[0]))
        }
        "batch_norm" | "batch_norm_train" => {
            let layer = BatchNorm { momentum: 0.9, ..BatchNorm::new(2) };
            let before = BatchStatistics { mean: x[1].clone(), variance: x[2].abs() + 0.1 };
            with(layer, p, |l| {
                if name == "batch_norm" {
                    return l.forward(&x[0], &before);
                }
                let (y, after) = l.train(&x[0], &before);
                let after = after.map(&mut Tensor::stop_gradient);
                Tensor::concat(&[y.flatten(), after.mean, after.variance], 0)
            })
        }
        "attention" => with(MultiHeadAttention::new(&key, 6, 2), p, |l| l.forward(&x[0], &x[0], &Attention::causal())),
        "attention_to_another" => {
            with(MultiHeadAttention::new(&key, 6, 2), p, |l| l.forward(&x[0], &x[1], &Attention::default()))
        }
        "dot_product_attention" => dot_product_attention(&x[0], &x[1], &x[2], &Attention::default()),
        "dot_product_attention_grouped" => {
            let how = Attention { is_causal: true, scale: Some(0.3), ..Attention::default() };
            dot_product_attention(&x[0], &x[1], &x[2], &how)
        }
        "dot_product_attention_masked" => {
            let rows = settings.as_array().unwrap();
            let mask: Vec<bool> =
                rows.iter().flat_map(|row| row.as_array().unwrap().iter().map(|m| m.as_bool().unwrap())).collect();
            let mask = Tensor::from_slice([rows.len(), mask.len() / rows.len()], &mask);
            let how = Attention { mask: Some(&mask), bias: Some(&x[3]), ..Attention::default() };
            dot_product_attention(&x[0], &x[1], &x[2], &how)
        }
        "rotary_embedding" => rotary_embedding(&x[0], &Tensor::arange(0..5, DType::I32), 100.0),
        "gru" => with(GruCell::new(&key, 3, 4), p, |l| {
            let (last, ys) = l.forward(&x[1], &x[0]);
            Tensor::concat(&[ys.flatten(), last.flatten()], 0)
        }),
        "lstm" => with(LstmCell::new(&key, 3, 4), p, |l| {
            let (last, ys) = l.forward(&LstmState { hidden: x[1].clone(), cell: x[2].clone() }, &x[0]);
            Tensor::concat(&[ys.flatten(), last.cell.flatten()], 0)
        }),
        _ => activation(name, &(&x[0] * 3.0)),
    }
}

fn activation(name: &str, x: &Tensor) -> Tensor {
    match name {
        "relu" => x.relu(),
        "relu6" => x.relu6(),
        "leaky_relu" => x.leaky_relu(0.01),
        "elu" => x.elu(1.0),
        "celu" => x.celu(0.7),
        "selu" => x.selu(),
        "softplus" => x.softplus(),
        "silu" => x.silu(),
        "mish" => x.mish(),
        "gelu" => x.gelu(),
        "gelu_exact" => x.gelu_exact(),
        "log_sigmoid" => x.log_sigmoid(),
        "hard_sigmoid" => x.hard_sigmoid(),
        "hard_silu" => x.hard_silu(),
        "hard_tanh" => x.hard_tanh(),
        "soft_sign" => x.soft_sign(),
        "squareplus" => x.squareplus(3.0),
        "glu" => x.glu(-1),
        _ => panic!("the layer {name} is not known here"),
    }
}

/// An input: a shape, or a nested list of integers.
fn input(seed: usize, given: &Value) -> Tensor {
    match &given[0] {
        Value::Array(_) => {
            let rows = given.as_array().unwrap();
            let integers: Vec<i32> = rows.iter().flat_map(numbers).map(|n| n as i32).collect();
            Tensor::from_slice([rows.len(), integers.len() / rows.len()], &integers)
        }
        _ => argument(seed, &shape(given)),
    }
}

#[test]
fn layers_and_their_gradients_are_those_of_flax_and_equinox() {
    let mut count = 0;
    for case in lines(VECTORS) {
        let Some(name) = case["layer"].as_str() else { continue };
        let inputs: Vec<Tensor> =
            case["inputs"].as_array().unwrap().iter().enumerate().map(|(k, x)| input(k, x)).collect();
        let params: Vec<Tensor> = case["params"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
            .map(|(k, s)| argument(10 + k, &shape(s)) * 0.5)
            .collect();
        let (given, whole): (Vec<Tensor>, Vec<Tensor>) = inputs.iter().cloned().partition(|x| x.dtype().is_float());
        let run = |given: &Vec<Tensor>, params: &Vec<Tensor>| {
            let x = if whole.is_empty() { given } else { &whole };
            let y = apply(name, &case["settings"], x, params);
            let weighted = (&y * argument(99, y.shape())).sum();
            (weighted, y)
        };
        let gradients = rune_trace::value_and_grad_aux(|all: &(Vec<Tensor>, Vec<Tensor>)| run(&all.0, &all.1));
        let ((_, y), (by_inputs, by_params)) = gradients(&(given, params));
        let what = format!("{name} {} {}", case["settings"], case["inputs"]);
        // JAX always computes the weights of this function in f32.
        let tolerance = if name.starts_with("dot_product_attention") { 2e-6 } else { 1e-12 };
        assert_eq!(y.shape().to_vec(), shape(&case["shape"]), "{what}");
        near(&what, &y.to_vec().unwrap(), &numbers(&case["out"]), tolerance);
        let expected = case["gradients"].as_array().unwrap();
        assert_eq!(by_inputs.len() + by_params.len(), expected.len(), "{what}");
        for (k, (found, expected)) in by_inputs.iter().chain(&by_params).zip(expected).enumerate() {
            near(&format!("gradient {k} of {what}"), &found.to_vec().unwrap(), &numbers(expected), tolerance);
        }
        count += 1;
    }
    assert!(count >= 59, "{count} layers");
}

fn initializer(name: &str) -> Option<VarianceScaling> {
    Some(match name {
        "glorot_uniform" => init::glorot_uniform(),
        "glorot_normal" => init::glorot_normal(),
        "lecun_uniform" => init::lecun_uniform(),
        "lecun_normal" => init::lecun_normal(),
        "he_uniform" => init::he_uniform(),
        "he_normal" => init::he_normal(),
        "geometric" => init::variance_scaling(0.5, Fan::GeometricAverage, Distribution::Normal),
        "fan_out" => init::variance_scaling(1.5, Fan::Out, Distribution::Uniform),
        "he_normal_outputs_first" => init::he_normal().axes([1], [0]),
        _ => return None,
    })
}

#[test]
fn initialisers_draw_what_jax_draws() {
    let mut count = 0;
    for case in lines(VECTORS) {
        let Some(name) = case["initializer"].as_str() else { continue };
        let (key, shape) = (random::key(case["seed"].as_u64().unwrap()), shape(&case["shape"]));
        let drawn = match (initializer(name), name) {
            (Some(initializer), _) => initializer.draw(&key, shape, DType::F32),
            (None, "uniform") => init::uniform(&key, 0.2, shape, DType::F32),
            (None, "normal") => init::normal(&key, 0.2, shape, DType::F32),
            (None, "truncated_normal") => init::truncated_normal(&key, 0.2, shape, DType::F32),
            (None, "dropout") => Dropout { rate: 0.3 }.forward(&argument(0, &shape), Some(&key)),
            (None, _) => panic!("the initialiser {name} is not known here"),
        };
        let found: Vec<f64> = drawn.cast(DType::F64).to_vec().unwrap();
        let expected = numbers(&case["out"]);
        assert_eq!(found.len(), expected.len(), "{name}");
        for (i, (x, y)) in found.iter().zip(&expected).enumerate() {
            // XLA rounds logarithms and products differently, by a few units in the last place.
            assert!(
                (x - y).abs() <= 4.0 * f64::from(f32::EPSILON) * y.abs(),
                "{name}: number {i} is {x}, and should be {y}"
            );
        }
        count += 1;
    }
    assert!(count >= 24, "{count} initialisers");
}

#[test]
fn orthogonal_initialisers_draw_orthonormal_matrices() {
    let key = &random::key(5);
    let orthonormal = |m: &Tensor, scale: f64| {
        let square = if m.shape()[0] < m.shape()[1] { m.matmul(m.t()) } else { m.t().matmul(m) };
        let off = square - Tensor::eye(m.shape()[0].min(m.shape()[1]), DType::F32) * scale * scale;
        assert!(off.abs().max().item::<f32>().unwrap() < 4e-6, "{m:?}");
    };
    for (shape, axis, rows) in [(vec![4, 2], -1, 4), (vec![2, 5], -1, 2), (vec![3, 2, 4], 0, 8), (vec![3, 2, 4], 1, 12)]
    {
        let w = init::orthogonal(key, 1.5, shape.clone(), axis, DType::F32);
        assert_eq!(w.shape().to_vec(), shape);
        let columns = w.size() / rows;
        let matrix = w.moveaxis(axis, -1).reshape([rows as isize, columns as isize]);
        orthonormal(&matrix, 1.5);
        // The same as JAX's, as the tests of random numbers show.
        let drawn = random::orthogonal(key, rows, columns, [], DType::F32) * 1.5;
        assert_eq!(matrix.to_vec::<f32>().unwrap(), drawn.to_vec::<f32>().unwrap());
    }
    let window = init::delta_orthogonal(key, 1.0, [3, 4, 2, 3], DType::F32);
    assert_eq!(window.shape().to_vec(), [3, 4, 2, 3]);
    orthonormal(&window.i((1, 1)), 1.0);
    let rest = window.at((1, 1)).set(0.0);
    assert_eq!(rest.abs().max().item::<f32>().unwrap(), 0.0);
}

#[test]
fn halves_are_normalized_in_f32() {
    let x = argument(0, &[3, 64]).cast(DType::F32) * 100.0;
    let exact = LayerNorm::new(64).forward(&x);
    let half = LayerNorm::new(64).forward(&x.cast(DType::BF16));
    assert_eq!(half.dtype(), DType::BF16);
    let apart = (half.cast(DType::F32) - exact).abs().max().item::<f32>().unwrap();
    assert!(apart < 0.02, "{apart}");
}

#[test]
fn a_batch_norm_is_a_value_that_learns() {
    let x = argument(0, &[8, 2]).cast(DType::F32) * 3.0 + 5.0;
    let (layer, mut statistics) = (BatchNorm { momentum: 0.5, ..BatchNorm::new(2) }, BatchStatistics::new(2));
    for _ in 0..30 {
        statistics = layer.train(&x, &statistics).1;
    }
    let (trained, used) = (layer.train(&x, &statistics).0, layer.forward(&x, &statistics));
    assert!((trained - used).abs().max().item::<f32>().unwrap() < 1e-5);
    let loss = |layer: &BatchNorm| layer.train(&x, &statistics).0.square().sum();
    let (_, gradient) = value_and_grad(loss)(&layer);
    assert_eq!(gradient.leaves().len(), 2, "statistics are no parameters");
}
