//! A gradient for WebAssembly or for other crates.

use rune::prelude::*;

fn f(x: &Tensor) -> Tensor {
    (x * x + x.sin()).sum()
}

/// Returns the derivative of x² + sin x by a jitted gradient.
///
/// # Panics
/// Panics if it cannot be computed.
#[unsafe(no_mangle)]
pub extern "C" fn derivative(x: f32) -> f32 {
    jit(grad(f))(&Tensor::full([1], x, DType::F32)).item::<f32>().expect("the gradient is a number")
}
