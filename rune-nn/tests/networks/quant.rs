//! Quantized layers against their definition.

use rune_nn::nn::Linear;
use rune_nn::quant::{Bits, QuantizedLinear};
use rune_trace::{DType, Tensor, grad, random, storage};

fn layer(inputs: usize, outputs: usize) -> Linear {
    let [a, b] = random::split_into(&random::key(3));
    let weight = random::normal(&a, [inputs, outputs], DType::F32);
    Linear { weight, bias: Some(random::normal(&b, [outputs], DType::F32)) }
}

fn numbers(x: &Tensor) -> Vec<f32> {
    x.to_vec().unwrap()
}

const FORMS: [(Bits, usize, f32); 4] = [
    (Bits::Eight, 32, 127.0),
    (Bits::Four { group: 16 }, 16, 7.0),
    (Bits::Four { group: 4 }, 4, 7.0),
    (Bits::Four { group: 1 }, 1, 7.0),
];

/// Each weight is off by at most half a step, and each group has its own step.
#[test]
fn weights_are_rounded_to_the_nearest_code() {
    let layer = layer(32, 6);
    let weight = numbers(&layer.weight);
    for (bits, group, largest) in FORMS {
        let found = numbers(&QuantizedLinear::new(&layer, bits).dequantized().weight);
        for i in 0..32 {
            for j in 0..6 {
                let of_group = (i / group * group..(i / group + 1) * group).map(|i| weight[i * 6 + j].abs());
                let step = of_group.fold(0.0, f32::max) / largest;
                let apart = (found[i * 6 + j] - weight[i * 6 + j]).abs();
                assert!(apart <= 0.5001 * step, "{bits:?}: weight {i}, {j} is apart by {apart}, with steps of {step}");
            }
        }
    }
}

/// Products of few rows and of many rows use different code.
#[test]
fn products_are_those_of_the_rounded_weights() {
    let layer = layer(32, 6);
    for (bits, ..) in FORMS {
        let quantized = QuantizedLinear::new(&layer, bits);
        let rounded = quantized.dequantized();
        for shape in [vec![32], vec![1, 32], vec![2, 3, 32], vec![40, 32]] {
            let x = random::normal(&random::key(4), shape, DType::F32);
            let (found, expected) = (quantized.forward(&x), rounded.forward(&x));
            assert_eq!(found.shape(), expected.shape());
            let apart = (found - expected).abs().max().item::<f32>().unwrap();
            assert!(apart < 1e-5, "{bits:?}: apart by {apart}");
        }
    }
}

/// Zeros stay zeros, and derivatives with respect to the input work.
#[test]
fn zeros_and_derivatives() {
    let zeros = Linear { weight: Tensor::zeros([4, 2], DType::F32), bias: None };
    let quantized = QuantizedLinear::new(&zeros, Bits::Eight);
    assert_eq!(numbers(&quantized.forward(&Tensor::ones([4], DType::F32))), [0.0, 0.0]);
    let layer = layer(8, 3);
    let quantized = QuantizedLinear::new(&layer, Bits::Four { group: 4 });
    let rounded = quantized.dequantized();
    let x = random::normal(&random::key(5), [8], DType::F32);
    let by_codes = grad(|x: &Tensor| quantized.forward(x).square().sum())(&x);
    let by_weights = grad(|x: &Tensor| rounded.forward(x).square().sum())(&x);
    assert!((by_codes - by_weights).abs().max().item::<f32>().unwrap() < 1e-4);
}

/// A quantized layer comes back from a file with its codes and its number of bits.
#[test]
fn files_hold_quantized_layers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.safetensors");
    let quantized = QuantizedLinear::new(&layer(16, 3), Bits::Four { group: 8 });
    storage::save(&path, &quantized).unwrap();
    let like = QuantizedLinear::new(&layer(16, 3), Bits::Four { group: 8 });
    let loaded = storage::load(&path, &like).unwrap();
    assert_eq!(loaded.bytes(), 16 * 3 / 2 + 2 * 3 * 4 + 3 * 4);
    let x = Tensor::ones([16], DType::F32);
    assert_eq!(numbers(&loaded.forward(&x)), numbers(&quantized.forward(&x)));
}
