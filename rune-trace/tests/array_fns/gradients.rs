//! Derivatives of composites at special points: at 0, at ties, and where a branch not taken overflows.

use rune_trace::{Tensor, grad, stats};

fn derivative(f: impl Fn(&Tensor) -> Tensor + Send + Sync, at: f64) -> f64 {
    grad(|x: &Tensor| f(x))(&Tensor::scalar(at)).item::<f64>().unwrap()
}

#[test]
fn at_seams() {
    let close = |found: f64, expected: f64, what: &str| {
        assert!(
            (found - expected).abs() <= 1e-12 * expected.abs().max(1.0),
            "{what}: {found}, and should be {expected}"
        );
    };
    close(derivative(|x| x.relu(), 0.0), 0.0, "relu at 0");
    close(derivative(|x| x.relu6(), 6.0), 0.0, "relu6 at 6");
    close(derivative(|x| x.abs(), 0.0), 1.0, "abs at 0");
    close(derivative(|x| x.asinh(), 0.0), 1.0, "asinh at 0");
    close(derivative(|x| x.asinh(), -3.0), 1.0 / 10f64.sqrt(), "asinh at -3");
    close(derivative(|x| x.asinh(), 1e300), 1e-300, "asinh at 1e300");
    close(derivative(|x| x.acosh(), 2.0), 1.0 / 3f64.sqrt(), "acosh at 2");
    close(derivative(|x| x.sinh(), 0.0), 1.0, "sinh at 0");
    close(derivative(|x| x.sinh(), 20.0), 20f64.cosh(), "sinh at 20");
    close(derivative(|x| x.elu(1.0), 1000.0), 1.0, "elu at 1000");
    close(derivative(|x| x.celu(0.7), 0.0), 1.0, "celu at 0");
    close(derivative(|x| x.hard_tanh(), 1.0), 1.0, "hard_tanh at 1");
    close(derivative(|x| x.hard_tanh(), -1.0), 1.0, "hard_tanh at -1");
    close(derivative(|x| x.hard_tanh(), 1.5), 0.0, "hard_tanh at 1.5");
    close(derivative(|x| x.leaky_relu(0.1), 0.0), 1.0, "leaky_relu at 0");
    close(derivative(|x| x.softplus(), 0.0), 0.5, "softplus at 0");
    close(derivative(|x| x.softplus(), 1000.0), 1.0, "softplus at 1000");
    close(derivative(|x| x.softplus(), -1000.0), 0.0, "softplus at -1000");
    close(derivative(|x| x.logaddexp(x), 3.0), 1.0, "logaddexp with itself");
    close(derivative(|x| x.erf_inv(), 0.0), std::f64::consts::PI.sqrt() / 2.0, "erf_inv at 0");
    close(derivative(|x| x.hypot(4.0), 3.0), 0.6, "hypot at (3, 4)");
    close(derivative(|x| x.gelu(), 0.0), 0.5, "gelu at 0");
    for power in [0.5, 1.0, 2.0] {
        // The derivative of a probability is the density.
        let density = stats::gennorm::pdf(0.0, power, 0.0, 3.0).item::<f32>().unwrap();
        let slope = derivative(|x| stats::gennorm::cdf(x, power, 0.0, 3.0), 0.0);
        assert!((slope - f64::from(density)).abs() < 1e-6, "gennorm::cdf at 0: {slope}, and should be {density}");
    }
    close(derivative(|x| x.silu(), 0.0), 0.5, "silu at 0");
    close(derivative(|x| x.atan(), 1.0), 0.5, "atan at 1");
    close(derivative(|x| x.asin(), 0.0), 1.0, "asin at 0");
    close(derivative(|x| x.acos(), 0.5), -1.0 / 0.75f64.sqrt(), "acos at 0.5");
}

#[test]
fn of_rows() {
    let x = Tensor::from([[1.0f64, 2.0, 3.0], [0.0, 0.0, 0.0]]);
    let dx = grad(|x: &Tensor| (x.log_softmax(-1) * Tensor::from([1.0f64, 0.0, 0.0])).sum())(&x);
    let p = x.softmax(-1).to_vec::<f64>().unwrap();
    for (i, d) in dx.to_vec::<f64>().unwrap().into_iter().enumerate() {
        let expected = f64::from(u8::from(i % 3 == 0)) - p[i];
        assert!((d - expected).abs() < 1e-14, "{d}, and should be {expected}");
    }
    let d = grad(|x: &Tensor| x.logsumexp())(&x).sum().item::<f64>().unwrap();
    assert!((d - 1.0).abs() < 1e-14);
    let d = grad(|x: &Tensor| x.i((0, [1, 1])).sum() + x.at((1, 0)).set(5.0).sum())(&x);
    assert_eq!(d.to_vec::<f64>().unwrap(), [1.0, 3.0, 1.0, 0.0, 1.0, 1.0]);
}
