//! Slope's tutorial in rune: `cargo run --example slope_tutorial`. Set `LOG_JIT=1` to see what is compiled.

use rune::{prelude::*, random};

/// Computes with the familiar syntax. Values are computed when they are read.
pub fn tensors() -> anyhow::Result<Tensor> {
    let x = Tensor::ones([2, 5], DType::F32);
    let w = Tensor::arange(0..15, DType::F32).reshape([5, 3]);
    let b = Tensor::from([1.0f32, 2.0, 3.0]);
    let y = x.matmul(&w) + b;
    println!("{y}");
    Ok(y)
}

/// Compiles a function, and returns its program and its code.
pub fn square() -> anyhow::Result<(String, String)> {
    fn f(x: &Tensor) -> Tensor {
        x * x
    }
    let f = jit(f);
    let x = Tensor::full([1], 2.0, DType::F32);
    println!("{}", f(&x));
    let lowered = f.lower(&x)?;
    let (program, code) = (lowered.program().to_string(), lowered.code().to_owned());
    println!("{program}\n{code}");
    Ok((program, code))
}

fn f(x: &Tensor, w: &Tensor) -> Tensor {
    x.matmul(w)
}

fn loss_fn(x: &Tensor, w: &Tensor, y: &Tensor) -> Tensor {
    let y_hat = f(x, w);
    (y_hat - y).powi(2).sum()
}

/// Returns the loss, and the weights after one descent step.
fn train_step(x: &Tensor, w: &Tensor, y: &Tensor, lr: &Tensor) -> (Tensor, Tensor) {
    let gloss_fn = value_and_grad_argnums(Argnum::<1>, loss_fn);
    let (loss, gw) = gloss_fn(x, w, y);
    (loss, w - lr * gw)
}

/// Takes ten steps of linear regression, and returns their losses.
pub fn regression() -> anyhow::Result<Vec<f32>> {
    let n = 50;
    let [kx, ky, kw] = random::split_into(&random::key(0));
    let x = random::normal(&kx, [n, 2], DType::F32);
    let y = random::normal(&ky, [n, 1], DType::F32);
    let mut w = random::normal(&kw, [2, 1], DType::F32);
    let lr = Tensor::from([0.001f32]);
    let train_step = jit(train_step);
    let mut losses = Vec::new();
    for i in 0..10 {
        let (loss, updated) = train_step(&x, &w, &y, &lr);
        w = updated;
        println!("{i} {loss}");
        losses.push(loss.item()?);
    }
    Ok(losses)
}

fn main() -> anyhow::Result<()> {
    tensors()?;
    square()?;
    regression()?;
    Ok(())
}
