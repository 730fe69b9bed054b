//! The workloads of `scripts/bench-against-jax`, in rune. `scripts/against_jax/workloads.py` has the same functions in
//! JAX, and the arguments.

use crate::transformer::Block;
use rune::{ConvOptions, ConvPadding, Layout, PoolOptions, complex, einsum, fft, prelude::*, where_};

/// A function of tensors.
pub type Workload = fn(&[Tensor]) -> Vec<Tensor>;

/// Returns the workload with this name.
pub fn find(name: &str) -> Option<Workload> {
    Some(match name {
        "matmul256" | "matmul512" | "matmul1024" | "matmul2048" => |x| vec![x[0].matmul(&x[1])],
        "ew_chain_4M" => |x| vec![elementwise_chain(&x[0], &x[1])],
        "add_16M" => |x| vec![&x[0] + &x[1]],
        "sum_16M" => |x| vec![x[0].sum()],
        "sum_axis0_4M" => |x| vec![x[0].sum_axes(0)],
        "sum_axis1_4M" => |x| vec![x[0].sum_axes(1)],
        "softmax_2k" => |x| vec![x[0].softmax(-1)],
        "layernorm_2k" => |x| vec![x[0].standardize(-1, 1e-5) * &x[1] + &x[2]],
        "attention" => |x| vec![attention(&x[0], &x[1], &x[2])],
        "mlp_infer_b1" => |x| vec![mlp(&x[..6], &x[6])],
        "mlp_train" => |x| mlp_train(&x[..6], &x[6], &x[7]),
        "conv_nhwc" => |x| vec![conv(&x[0], &x[1], Layout::ChannelsLast)],
        "conv_nchw" => |x| vec![conv(&x[0], &x[1], Layout::ChannelsFirst)],
        "cnn_train" => |x| cnn_train(&x[..3], &x[3], &x[4]),
        "tf_block_fwd" => |x| vec![block(&x[..8]).apply(&x[8], HEADS)],
        "tf_block_grad" => |x| block_gradient(&x[..8], &x[8]),
        "rnn_scan" => |x| vec![rnn(&x[0], &x[1], &x[2])],
        "gather" => |x| vec![x[0].take(&x[1], 0)],
        "scatter_add" => |x| vec![x[0].at(&x[1]).add(&x[2])],
        "sort_4096" => |x| vec![x[0].sort(0)],
        "cumsum" => |x| vec![x[0].cumsum(-1)],
        "tiny_mul" => |x| vec![&x[0] * &x[1]],
        "complex_ew" => |x| vec![complex_elementwise(&x[0], &x[1])],
        "complex_matmul" => |x| vec![complex(&x[0], &x[1]).matmul(complex(&x[1], &x[0])).abs()],
        "mandelbrot" => |x| vec![mandelbrot(&complex(&x[0], &x[1]))],
        "fft_1024" => |x| vec![fft::fft(&complex(&x[0], -&x[0])).abs()],
        "rfft_1024" => |x| vec![fft::rfft(&x[0]).abs()],
        "fft2_512" => |x| vec![fft::fft2(&complex(&x[0], -&x[0])).abs()],
        _ => return None,
    })
}

fn elementwise_chain(x: &Tensor, y: &Tensor) -> Tensor {
    (x * y + x.sin()).tanh() * (-y * y).exp()
}

fn complex_elementwise(re: &Tensor, im: &Tensor) -> Tensor {
    let z = complex(re, im + 1.0);
    (z.exp() * &z + 1.0 / &z).abs()
}

fn mandelbrot(c: &Tensor) -> Tensor {
    let step = |_: &Tensor, z: &Tensor| where_(z.abs().lt(2.0), z * z + c, z);
    fori_loop(0, 50, step, c).abs()
}

fn attention(q: &Tensor, k: &Tensor, v: &Tensor) -> Tensor {
    let scores = einsum("bhqd,bhkd->bhqk", &[q, k]) * 0.125;
    einsum("bhqk,bhkd->bhqd", &[&scores.softmax(-1), v])
}

fn mlp(parameters: &[Tensor], x: &Tensor) -> Tensor {
    let [w1, b1, w2, b2, w3, b3] = parameters else { panic!("three layers") };
    let x = (x.matmul(w1) + b1).relu();
    let x = (x.matmul(w2) + b2).relu();
    x.matmul(w3) + b3
}

fn cross_entropy(logits: &Tensor, truth: &Tensor) -> Tensor {
    -(logits.log_softmax(-1) * truth).sum_axes(-1).mean()
}

fn mlp_train(parameters: &[Tensor], x: &Tensor, truth: &Tensor) -> Vec<Tensor> {
    let parameters = parameters.to_vec();
    let (loss, gradient) = value_and_grad(|p: &Vec<Tensor>| cross_entropy(&mlp(p, x), truth))(&parameters);
    let updated = parameters.iter().zip(&gradient).map(|(p, g)| p - g * 0.01);
    std::iter::once(loss).chain(updated).collect()
}

fn conv(x: &Tensor, kernel: &Tensor, layout: Layout) -> Tensor {
    x.conv(kernel, &ConvOptions::new().padding(ConvPadding::Same).layout(layout))
}

fn cnn_train(parameters: &[Tensor], x: &Tensor, truth: &Tensor) -> Vec<Tensor> {
    let last = Layout::ChannelsLast;
    let stage =
        |x: &Tensor, kernel: &Tensor| conv(x, kernel, last).relu().max_pool(2, &PoolOptions::new().layout(last));
    let logits = |p: &[Tensor]| {
        let h = stage(&stage(x, &p[0]), &p[1]);
        h.reshape([h.shape()[0], p[2].shape()[0]]).matmul(&p[2])
    };
    let (loss, gradient) = value_and_grad(|p: &Vec<Tensor>| cross_entropy(&logits(p), truth))(&parameters.to_vec());
    std::iter::once(loss).chain(gradient).collect()
}

const HEADS: usize = 4;

fn block(parameters: &[Tensor]) -> Block {
    Block::new(std::array::from_fn(|i| parameters[i].clone()))
}

fn block_gradient(parameters: &[Tensor], x: &Tensor) -> Vec<Tensor> {
    grad(|p: &Vec<Tensor>| block(p).apply(x, HEADS).square().sum())(&parameters.to_vec())
}

fn rnn(hidden: &Tensor, inputs: &Tensor, xs: &Tensor) -> Tensor {
    let rest = Tensor::zeros([xs.shape()[1], hidden.shape()[0]], xs.dtype());
    let step = |h: &Tensor, x: &Tensor| {
        let h = (h.matmul(hidden) + x.matmul(inputs)).tanh();
        (h.clone(), h)
    };
    scan(step, &rest, xs).1
}
