//! Fits the length scale, the height and the noise of a Gaussian process by the gradient of its likelihood, through the
//! Cholesky factorization. `cargo run --release --example gaussian_process`.

use rune::prelude::*;
use rune::{linalg, random};

/// Returns the covariance of two sets of numbers. `logs` holds the logarithms of length scale, height and noise. The
/// first two are used.
fn kernel(x: &Tensor, y: &Tensor, logs: &Tensor) -> Tensor {
    let distance = (x.unsqueeze(-1) - y.unsqueeze(0)) / logs.i(0).exp();
    (logs.i(1) * 2.0).exp() * (distance.square() * -0.5).exp()
}

/// Returns the Cholesky factor of the observations' covariance, including noise.
fn factor(x: &Tensor, logs: &Tensor) -> Tensor {
    let noise = (logs.i(2) * 2.0).exp() + 1e-8;
    linalg::cholesky(&(kernel(x, x, logs) + noise * Tensor::eye(x.size(), x.dtype())))
}

/// Returns the negative log likelihood of `y` at `x`: ½ yᵀ K⁻¹ y + ½ ln det K + ½ n ln 2π.
fn surprise(logs: &Tensor, x: &Tensor, y: &Tensor) -> Tensor {
    let l = factor(x, logs);
    let half_log_det = l.diagonal(0, -2, -1).log().sum();
    0.5 * (y * linalg::cho_solve(&l, y)).sum() + half_log_det + 0.5 * y.size() as f64 * std::f64::consts::TAU.ln()
}

/// Returns the mean and the standard deviation at `new`.
fn predict(logs: &Tensor, x: &Tensor, y: &Tensor, new: &Tensor) -> (Tensor, Tensor) {
    let (l, across) = (factor(x, logs), kernel(x, new, logs));
    let explained = linalg::triangular_solve(&l, &across, linalg::Triangular::left(true));
    let variance = (logs.i(1) * 2.0).exp() - explained.square().sum_axes(0);
    (across.t().matmul(linalg::cho_solve(&l, y)), variance.maximum(0.0).sqrt())
}

fn main() -> anyhow::Result<()> {
    let [places, noise] = random::split_into(&random::key(0));
    let x = random::uniform(&places, [40], DType::F64, -3.0, 3.0);
    let y = (&x * 2.0).sin() + random::normal(&noise, [40], DType::F64) * 0.1;

    let mut logs = Tensor::from([0.7f64, -0.5, -0.5]);
    let step = jit(value_and_grad_argnums(Argnum::<0>, surprise));
    let (mut first, mut second) = (logs.zeros_like(), logs.zeros_like());
    for i in 1..=200 {
        // Adam.
        let (loss, slope) = step(&logs, &x, &y);
        first = &first * 0.9 + &slope * 0.1;
        second = &second * 0.99 + slope.square() * 0.01;
        let (m, v) = (&first / (1.0 - 0.9f64.powi(i)), &second / (1.0 - 0.99f64.powi(i)));
        logs -= m / (v.sqrt() + 1e-8) * 0.05;
        if i % 50 == 0 || i == 1 {
            let found = logs.exp().to_vec::<f64>()?;
            println!(
                "step {i:>3}: negative log likelihood {:>8.3}; length, height and noise {found:.3?}",
                loss.item::<f64>()?
            );
        }
    }
    let new = Tensor::linspace(-2.5, 2.5, 6, DType::F64);
    let (mean, deviation) = jit(predict)(&logs, &x, &y, &new);
    let rows = new.to_vec::<f64>()?.into_iter().zip(mean.to_vec::<f64>()?).zip(deviation.to_vec::<f64>()?);
    for ((x, mean), deviation) in rows {
        println!("at {x:>5.2}: {mean:>6.3} ± {deviation:.3}, true value {:>6.3}", (2.0 * x).sin());
    }
    Ok(())
}
