//! A physics-informed neural network (Raissi et al., 2019) solves the heat equation: `cargo run --release --example
//! pinn`.
//!
//! The network is a function `u(x, t)`. Its loss contains derivatives of `u`, and training differentiates the loss. One
//! compiled step thus contains three nested derivatives, batched over points.

use rune::nn::Mlp;
use rune::optim::{self, Adam};
use rune::{prelude::*, random};
use std::f64::consts::PI;

/// The diffusivity.
const ALPHA: f64 = 0.1;

/// Returns the exact solution of `u_t = α u_xx` on `0 ≤ x ≤ 1` that starts as `sin πx` and is 0 at both ends.
pub fn exact(x: &Tensor, t: &Tensor) -> Tensor {
    (t * (-ALPHA * PI * PI)).exp() * (x * PI).sin()
}

/// Returns the solution at a point. The factor and the sum make the start and both ends exact, whatever the network.
pub fn solution(net: &Mlp, x: &Tensor, t: &Tensor) -> Tensor {
    let y = net.forward(&Tensor::stack(&[x, t], 0)).i(0);
    (x * PI).sin() + t * x * (1.0 - x) * y
}

/// Returns the residual of the equation at a point.
fn residual(net: &Mlp, x: &Tensor, t: &Tensor) -> Tensor {
    let u_t = grad(|t: &Tensor| solution(net, x, t))(t);
    let u_xx = grad(grad(|x: &Tensor| solution(net, x, t)))(x);
    u_t - ALPHA * u_xx
}

/// Returns the mean squared residual over points.
pub fn loss(net: &Mlp, xs: &Tensor, ts: &Tensor) -> Tensor {
    vmap(|x: &Tensor, t: &Tensor| residual(net, x, t))(xs, ts).square().mean()
}

#[derive(Tree, Clone)]
struct Training {
    net: Mlp,
    optimizer: optim::State<Adam, Mlp>,
    key: Tensor,
}

impl Training {
    fn step(&self, adam: &Adam) -> (Training, Tensor) {
        let [key, kx, kt] = random::split_into(&self.key);
        let point = |key: &Tensor| random::uniform(key, [128], DType::F32, 0.0, 1.0);
        let (loss, gradient) = value_and_grad(loss)(&self.net, &point(&kx), &point(&kt));
        let (updates, optimizer) = adam.update(&gradient, &self.optimizer, &self.net);
        (Training { net: optim::apply_updates(&self.net, &updates), optimizer, key }, loss)
    }
}

/// Trains a network. Calls `told` with the number of each step and the loss before it.
pub fn train(steps: usize, mut report: impl FnMut(usize, f32)) -> anyhow::Result<Mlp> {
    let [start, key] = random::split_into(&random::key(0));
    let adam = optim::adam(optim::cosine_decay_schedule(5e-3, steps, 0.0));
    let net = Mlp::new(&start, &[2, 24, 24, 1], Tensor::tanh);
    let mut training = Training { optimizer: adam.init(&net), net, key };
    let step = jit(|training: &Training| training.step(&adam));
    for i in 0..steps {
        let (next, loss) = step(&training);
        training = next;
        report(i, loss.item()?);
    }
    Ok(training.net)
}

/// Returns the largest error on a grid.
pub fn error(net: &Mlp) -> anyhow::Result<f32> {
    let axis = Tensor::linspace(0.0, 1.0, 41, DType::F32);
    let grid = Tensor::meshgrid(&[&axis, &axis]);
    let (x, t) = (grid[0].flatten(), grid[1].flatten());
    let u = vmap(|x: &Tensor, t: &Tensor| solution(net, x, t))(&x, &t);
    Ok((u - exact(&x, &t)).abs().max().item()?)
}

fn main() -> anyhow::Result<()> {
    let net = train(1500, |i, loss| {
        if i % 250 == 0 {
            println!("step {i:4}  mean squared residual {loss:.2e}");
        }
    })?;
    println!("largest error {:.1e}", error(&net)?);
    Ok(())
}
