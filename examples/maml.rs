//! Model-agnostic meta-learning: `cargo run --example maml`.
//!
//! Each task is a sine with its own amplitude and phase. The goal is a network that masters a task after three steps of
//! gradient descent on ten of its points. The loss is therefore the loss after these steps, and its gradient passes
//! through their gradients (Finn et al., "Model-agnostic meta-learning", 2017). `scripts/maml-in-jax` computes the same
//! in JAX.

use rune::prelude::*;

/// Layers of weights and biases.
pub type Net = Vec<(Tensor, Tensor)>;

/// The points of a task: some for adaptation, and others for evaluation.
#[derive(Tree, Clone)]
pub struct Task {
    support: (Tensor, Tensor),
    query: (Tensor, Tensor),
}

const INNER_STEPS: usize = 3;
const INNER_RATE: f64 = 0.05;
const OUTER_RATE: f64 = 0.02;

/// Returns a network with layer sizes 1, 24, 24, 1. The weights are the same on every machine.
pub fn net() -> Net {
    let sizes = [1, 24, 24, 1];
    let layer = |i: usize| {
        let (inputs, outputs) = (sizes[i], sizes[i + 1]);
        let n = Tensor::arange(0..(inputs * outputs) as i64, DType::F64);
        let weights = (n * 1.7 + i as f64).sin().reshape([inputs, outputs]) / (inputs as f64).sqrt();
        (weights, Tensor::zeros([outputs], DType::F64))
    };
    (0..3).map(layer).collect()
}

/// Returns a batch of tasks. The first axis of each leaf is the axis of the tasks.
pub fn tasks(count: usize) -> Task {
    let n = Tensor::arange(0..count as i64, DType::F64);
    let (height, phase) = (1.0 + 0.5 * n.sin(), &n * 0.7);
    let points = |from: f64, to: f64| {
        let x = Tensor::linspace(from, to, 10, DType::F64).reshape([10, 1]);
        let y = vmap_axes((0, 0), 0, |h: &Tensor, p: &Tensor| h * (&x + p).sin())(&height, &phase);
        (x.expand([count as isize, 10, 1]), y)
    };
    Task { support: points(-3.0, 3.0), query: points(-2.5, 2.5) }
}

fn apply(net: &Net, x: &Tensor) -> Tensor {
    let last = net.len() - 1;
    net.iter().enumerate().fold(x.clone(), |x, (i, (weights, bias))| {
        let y = x.matmul(weights) + bias;
        if i < last { y.tanh() } else { y }
    })
}

fn loss(net: &Net, (x, y): &(Tensor, Tensor)) -> Tensor {
    (apply(net, x) - y).square().mean()
}

/// Returns the network after a few steps of gradient descent on the points of one task.
fn adapted(net: &Net, points: &(Tensor, Tensor)) -> Net {
    (0..INNER_STEPS).fold(net.clone(), |net, _| {
        let gradient = grad(loss)(&net, points);
        net.map2(&gradient, &mut |p, g| p - INNER_RATE * g)
    })
}

/// Returns the mean loss over the tasks, each on points that were not used for adaptation.
pub fn meta_loss(net: &Net, tasks: &Task) -> Tensor {
    let of_one = |net: &Net, task: &Task| loss(&adapted(net, &task.support), &task.query);
    vmap_axes((None, 0), 0, of_one)(net, tasks).mean()
}

/// Returns the losses of `steps` meta-learning steps, and the norm of the first gradient.
pub fn meta_train(steps: usize) -> anyhow::Result<(Vec<f64>, f64)> {
    let (mut net, tasks) = (net(), tasks(8));
    let step = jit(|net: &Net, tasks: &Task| {
        let (loss, gradient) = value_and_grad(meta_loss)(net, tasks);
        let square = gradient.leaves().iter().map(|g| g.square().sum()).reduce(|a, b| a + b).expect("there are leaves");
        (loss, net.map2(&gradient, &mut |p, g| p - OUTER_RATE * g), square.sqrt())
    });
    let (mut losses, mut first) = (Vec::new(), 0.0);
    for i in 0..steps {
        let (loss, next, length) = step(&net, &tasks);
        net = next;
        losses.push(loss.item()?);
        if i == 0 {
            first = length.item()?;
        }
    }
    Ok((losses, first))
}

fn main() -> anyhow::Result<()> {
    let (losses, first) = meta_train(300)?;
    println!("the first gradient through three gradients is of length {first:.6}");
    for (i, loss) in losses.iter().enumerate().filter(|(i, _)| i % 50 == 0) {
        println!("step {i:3}: loss after adaptation {loss:.6}");
    }
    println!("in the end: {:.6}", losses[losses.len() - 1]);
    Ok(())
}
