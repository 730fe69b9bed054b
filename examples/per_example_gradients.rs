//! Per-example gradients of a batch, computed at once: `cargo run --example per_example_gradients`.
//!
//! The gradient of a mean hides the contribution of each example. `vmap(grad(loss))` applies the gradient of one
//! example to the whole batch. Each gradient can then be clipped separately, as in private learning (Abadi et al.,
//! "Deep learning with differential privacy", 2016).

use rune::{prelude::*, random};

/// A two-layer network.
#[derive(Tree, Clone)]
pub struct Mlp {
    w1: Tensor,
    b1: Tensor,
    w2: Tensor,
    b2: Tensor,
}

impl Mlp {
    fn new(key: &Tensor, inputs: usize, hidden: usize) -> Mlp {
        let [k1, k2] = random::split_into(key);
        Mlp {
            w1: random::uniform(&k1, [inputs, hidden], DType::F32, -0.5, 0.5),
            b1: Tensor::zeros([hidden], DType::F32),
            w2: random::uniform(&k2, [hidden], DType::F32, -0.5, 0.5),
            b2: Tensor::scalar(0.0f32),
        }
    }
    /// Applies the network to one example; the code does not mention batches.
    fn apply(&self, x: &Tensor) -> Tensor {
        (x.matmul(&self.w1) + &self.b1).tanh().matmul(&self.w2) + &self.b2
    }
}

fn loss(mlp: &Mlp, x: &Tensor, y: &Tensor) -> Tensor {
    (mlp.apply(x) - y).square()
}

/// Returns a network, and examples of the function to learn.
pub fn problem(examples: usize) -> (Mlp, Tensor, Tensor) {
    let [data, weights] = random::split_into(&random::key(0));
    let xs = random::uniform(&data, [examples, 3], DType::F32, -2.0, 2.0);
    let ys = xs.sin().sum_axes(-1);
    (Mlp::new(&weights, 3, 16), xs, ys)
}

/// Returns the gradients of all examples at once. Each leaf has one more axis than the parameter: the first one.
pub fn all_at_once(mlp: &Mlp, xs: &Tensor, ys: &Tensor) -> Mlp {
    jit(vmap_axes((None, 0, 0), 0, grad(loss)))(mlp, xs, ys)
}

/// Returns the same gradients, one example after the other.
pub fn in_a_loop(mlp: &Mlp, xs: &Tensor, ys: &Tensor) -> Vec<Mlp> {
    let gradient = jit(grad(loss));
    (0..xs.shape()[0]).map(|i| gradient(mlp, &xs.i(i), &ys.i(i))).collect()
}

/// Returns the mean of the gradients after clipping each to the norm `longest`, and the norm of each.
pub fn clipped_mean(gradients: &Mlp, longest: f64) -> (Mlp, Tensor) {
    let clip = |gradient: &Mlp| {
        let square = gradient.leaves().iter().map(|g| g.square().sum()).reduce(|a, b| a + b).expect("there are leaves");
        let length = square.sqrt();
        let scale = (longest / &length).minimum(1.0);
        (gradient.map(&mut |g| g * &scale), length)
    };
    let (clipped, lengths) = vmap(clip)(gradients);
    (clipped.map(&mut |g| g.mean_axes(0)), lengths)
}

fn main() -> anyhow::Result<()> {
    let (mut mlp, xs, ys) = problem(64);
    let gradients = all_at_once(&mlp, &xs, &ys);
    println!("the gradients of w1 are of type {}", gradients.w1.ty());
    let first = &in_a_loop(&mlp, &xs.i(..1), &ys.i(..1))[0];
    println!("the first by b2: {:.4}, and by itself {:.4}", gradients.b2.i(0), first.b2);

    let step = jit(|mlp: &Mlp, xs: &Tensor, ys: &Tensor| {
        let gradients = vmap_axes((None, 0, 0), 0, grad(loss))(mlp, xs, ys);
        let (gradient, lengths) = clipped_mean(&gradients, 1.0);
        (mlp.map2(&gradient, &mut |p, g| p - 0.5 * g), lengths.max())
    });
    for i in 0..200 {
        let (next, longest) = step(&mlp, &xs, &ys);
        mlp = next;
        if i % 50 == 0 {
            println!("step {i:3}: the longest gradient is of length {longest:.3}");
        }
    }
    let mean = vmap_axes((None, 0, 0), 0, loss)(&mlp, &xs, &ys).mean();
    println!("the mean loss afterwards: {mean:.4}");
    Ok(())
}
