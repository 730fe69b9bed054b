//! Estimates the rates of an ordinary differential equation from observations, by the gradient of its solution. `cargo
//! run --release --example ode`.

use rune::prelude::*;
#[allow(dead_code, reason = "shared with the tests")]
use rune_examples::ode::populations;

fn main() -> anyhow::Result<()> {
    let truth = Tensor::from([1.1, 0.4, 0.4, 0.1]);
    let start = Tensor::from([10.0, 5.0]);
    let times = Tensor::linspace(0.0, 10.0, 41, DType::F64);
    let observed = populations(&truth, &start, &times, 8);

    let error = |rates: &Tensor| (populations(rates, &start, &times, 8) - &observed).square().mean();
    // Gauss-Newton: the Jacobian of the observations, and a small linear system on the host.
    let seen = jit(|rates: &Tensor| (populations(rates, &start, &times, 8) - &observed).reshape([-1]));
    let jacobian = jit(jacfwd(|rates: &Tensor| populations(rates, &start, &times, 8).reshape([-1])));
    let mut rates = Tensor::from([0.9, 0.3, 0.5, 0.15]);
    println!("gradient by reverse mode at the start: {}", jit(grad(error))(&rates));
    for step in 0..=8 {
        let (r, j) = (seen(&rates), jacobian(&rates));
        println!(
            "step {step:>2}: mean square error {:.3e}, rates {:.4?}",
            r.square().mean().item::<f64>()?,
            rates.to_vec::<f64>()?
        );
        let (normal, right) = (j.transpose().matmul(&j), j.transpose().matmul(&r));
        rates -= solved(normal.to_vec()?, right.to_vec()?);
    }
    Ok(())
}

/// Solves a system of four equations by elimination, with a small number added to the diagonal.
fn solved(mut a: Vec<f64>, mut b: Vec<f64>) -> Tensor {
    let n = b.len();
    (0..n).for_each(|i| a[i * n + i] *= 1.001);
    for i in 0..n {
        for k in i + 1..n {
            let factor = a[k * n + i] / a[i * n + i];
            (i..n).for_each(|j| a[k * n + j] -= factor * a[i * n + j]);
            b[k] -= factor * b[i];
        }
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| a[i * n + j] * b[j]).sum();
        b[i] = (b[i] - known) / a[i * n + i];
    }
    Tensor::from_vec([n], b)
}
