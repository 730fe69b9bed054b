//! Tests of reading tensors outside compiled functions.

use rune::prelude::*;

#[test]
fn a_training_loop_that_reads_only_the_loss_keeps_no_history() {
    let x = Tensor::from([[1.0f32, 2.0], [3.0, -1.0], [0.5, 0.5]]);
    let y = Tensor::from([[5.0f32], [1.0], [1.5]]);
    let loss = |w: &Tensor| (x.matmul(w) - &y).powi(2).mean();
    let mut w = Tensor::zeros([2, 1], DType::F32);
    let mut last = f32::INFINITY;
    for _ in 0..200 {
        let (value, dw) = value_and_grad(loss)(&w);
        w -= dw * 0.05;
        let value = value.item::<f32>().unwrap();
        assert!(value <= last, "{value} after {last}");
        last = value;
    }
    assert!(last < 0.1, "{last}");
}

#[test]
fn host_control_flow_under_grad() {
    // A Newton iteration for √a is differentiated through its own stopping rule: d√a/da = 1 / (2√a).
    let root = |a: &Tensor| {
        let mut x = a.clone();
        while ((&x * &x - a).abs()).item::<f64>().unwrap() > 1e-12 {
            x = (&x + a / &x) * 0.5;
        }
        x
    };
    let a = Tensor::scalar(2.0f64);
    let (value, derivative) = value_and_grad(root)(&a);
    assert!((value.item::<f64>().unwrap() - 2f64.sqrt()).abs() < 1e-12);
    assert!((derivative.item::<f64>().unwrap() - 0.5 / 2f64.sqrt()).abs() < 1e-9);
}

#[test]
fn captures_of_an_outer_gradient_are_differentiated() {
    // d/dx (d/dy x·y² at y = x) = d/dx 2x² = 4x
    let f = |x: &Tensor| grad(|y: &Tensor| x * y * y)(x);
    assert_eq!(grad(f)(&Tensor::scalar(3.0f32)).item::<f32>().unwrap(), 12.0);
}

/// `environment` runs this test again, and checks what is compiled.
#[test]
fn work_that_recurs_computes_the_same_however_it_is_done() {
    let x = Tensor::full([384, 384], 0.001f32, DType::F32);
    let mut y = x.clone();
    let mut last = 0.0;
    for _ in 0..40 {
        y = x.matmul(&y) * 2.6;
        last = y.sum().item::<f32>().unwrap();
    }
    // Each step multiplies every element by 384 · 0.001 · 2.6.
    let expected = 384.0f64 * 384.0 * 0.001 * (384.0f64 * 0.001 * 2.6).powi(40);
    assert!((f64::from(last) / expected - 1.0).abs() < 1e-3, "{last} and {expected}");
}
