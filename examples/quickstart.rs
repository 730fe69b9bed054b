//! A one-minute tour of rune: `cargo run --example quickstart`.

use rune::prelude::*;

/// x² + sin x.
fn f(x: &Tensor) -> Tensor {
    x * x + x.sin()
}

/// x³ + x².
fn cubic(x: &Tensor) -> Tensor {
    x * x * x + x * x
}

fn matmul_relu(a: &Tensor, b: &Tensor) -> Tensor {
    a.matmul(b).relu()
}

fn square(x: &Tensor) -> Tensor {
    x * x
}

fn main() -> anyhow::Result<()> {
    let x = Tensor::scalar(2.0f32);
    println!("f(2) = {:.4}", f(&x).item::<f32>()?);
    println!("f'(2) = {:.4}", grad(f)(&x).item::<f32>()?);
    println!("f'''(2) = {:.1} for x^3 + x^2", grad(grad(grad(cubic)))(&x).item::<f32>()?);

    // The first call compiles it with IREE. Later calls reuse the machine code.
    let fast = jit(matmul_relu);
    let a = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
    let b = Tensor::from([[1.0f32, -1.0], [-1.0, 1.0]]);
    println!("relu(a @ b) = {}", fast(&a, &b));
    println!("compiled twice-differentiated f: {:.4}", jit(grad(grad(f)))(&x).item::<f32>()?);

    // Shows what is compiled, as a typed program and as StableHLO.
    let lowered = jit(square).lower(&Tensor::from([2.0f32]))?;
    println!("\n{}\n\n{}", lowered.program(), lowered.code());
    Ok(())
}
