//! Hamiltonian Monte Carlo (Neal, 2011) for Bayesian logistic regression: `cargo run --release --example hmc`.
//!
//! The leapfrog steps are a `fori_loop`, and the chain is a `scan` over keys, so the whole chain is one program. `vmap`
//! runs several chains at once.

use rune::{fori_loop, prelude::*, random, where_};

/// Points, and labels that tell whether each belongs to the class.
#[derive(Tree, Clone)]
pub struct Data {
    points: Tensor,
    /// 0 or 1.
    labels: Tensor,
}

impl Data {
    /// Draws points, and labels from the model with these weights.
    pub fn new(key: &Tensor, count: usize, weights: &Tensor) -> Data {
        let [kx, ky] = random::split_into(key);
        let points = random::normal(&kx, [count, weights.size()], weights.dtype());
        let labels = random::bernoulli(&ky, points.matmul(weights).sigmoid(), [count]).cast(weights.dtype());
        Data { points, labels }
    }
}

/// Returns the logarithm of the posterior density of the weights, up to a constant. The prior is standard normal.
pub fn log_density(weights: &Tensor, data: &Data) -> Tensor {
    let logits = data.points.matmul(weights);
    (&data.labels * &logits - logits.softplus()).sum() - weights.square().sum() * 0.5
}

/// The settings of the sampler.
#[derive(Clone, Copy)]
pub struct Sampler {
    /// The time between two leapfrog steps.
    pub step_size: f64,
    /// The number of leapfrog steps per proposal.
    pub leapfrog_steps: usize,
}

impl Sampler {
    /// Draws the next state of the chain. Returns it, and whether the proposal was accepted.
    pub fn step(
        self,
        log_density: impl Fn(&Tensor) -> Tensor + Send + Sync,
        position: &Tensor,
        key: &Tensor,
    ) -> (Tensor, Tensor) {
        let [kp, ku] = random::split_into(key);
        let force = grad(&log_density);
        let momentum = random::normal(&kp, position.shape().clone(), position.dtype());
        let h = self.step_size;
        let leapfrog = |_: &Tensor, (q, p): &(Tensor, Tensor)| {
            let p = p + force(q) * (0.5 * h);
            let q = q + &p * h;
            let p = p + force(&q) * (0.5 * h);
            (q, p)
        };
        let (q, p) = fori_loop(0, self.leapfrog_steps, leapfrog, &(position.clone(), momentum.clone()));
        let energy = |q: &Tensor, p: &Tensor| p.square().sum() * 0.5 - log_density(q);
        let accepted =
            random::uniform(&ku, [], position.dtype(), 0.0, 1.0).log().lt(energy(position, &momentum) - energy(&q, &p));
        (where_(&accepted, q, position), accepted)
    }
    /// Draws one state per key. Returns the states, and the fraction of accepted proposals.
    pub fn chain(self, data: &Data, start: &Tensor, keys: &Tensor) -> (Tensor, Tensor) {
        let step = |position: &Tensor, key: &Tensor| {
            let (next, accepted) = self.step(|w: &Tensor| log_density(w, data), position, key);
            (next.clone(), (next, accepted))
        };
        let (_, (states, accepted)) = scan(step, start, keys);
        (states, accepted.mean())
    }
}

/// Runs `chains` chains of `length` states. Returns the states `[chains, length, weights]`, and the acceptance rate.
pub fn sample(data: &Data, chains: usize, length: usize, key: &Tensor) -> (Tensor, Tensor) {
    let sampler = Sampler { step_size: 0.03, leapfrog_steps: 10 };
    let n = data.points.shape()[1];
    let keys = vmap(|key: &Tensor| random::split(key, length))(&random::split(key, chains));
    let starts = Tensor::zeros([chains, n], data.points.dtype());
    let (states, accepted) = vmap(|start: &Tensor, keys: &Tensor| sampler.chain(data, start, keys))(&starts, &keys);
    (states, accepted.mean())
}

fn main() -> anyhow::Result<()> {
    let truth = Tensor::from([1.0f32, -2.0, 0.5, 0.0, 1.5]);
    let data = Data::new(&random::key(0), 500, &truth);
    let (states, accepted) = jit(|data: &Data, key: &Tensor| sample(data, 4, 1000, key))(&data, &random::key(1));
    // The first states depend on the start.
    let kept = states.i((.., 200..)).flatten_axes(0, 1);
    println!("accepted  {:.2}", accepted.item::<f32>()?);
    println!("true      {truth:.2}");
    println!("mean      {:.2}", kept.mean_axes(0));
    println!("deviation {:.2}", kept.std_axes(0));
    Ok(())
}
