//! Rune's guide "Getting started", part by part, in rune: `cargo run --example getting_started`.

use rune::{prelude::*, random};

/// Your first gradient.
pub fn first_gradient() -> anyhow::Result<[f32; 2]> {
    let f = |x: &Tensor| x * x + x.sin();
    let df = grad(f);

    let x = Tensor::scalar(2.0f32);
    let (y, dy_dx) = (f(&x).item()?, df(&x).item()?);
    println!("f(2) = {y:.4}");
    println!("f'(2) = {dy_dx:.4}");
    Ok([y, dy_dx])
}

/// Transformations compose.
pub fn composition() -> anyhow::Result<[f32; 2]> {
    let f = |x: &Tensor| x * x + x.sin();
    let second = grad(grad(f));
    let fast_grad = jit(grad(f));

    let x = Tensor::scalar(2.0f32);
    let (curvature, slope) = (second(&x).item()?, fast_grad(&x).item()?);
    println!("f''(2) = {curvature:.4}");
    println!("f'(2), compiled = {slope:.4}");
    Ok([curvature, slope])
}

/// Takes the gradient of a loss with respect to the parameters of a linear model, a tree, and one descent step.
pub fn training_step() -> anyhow::Result<[f32; 2]> {
    #[derive(Tree)]
    struct Linear {
        w: Tensor,
        b: Tensor,
    }
    fn linear_model(model: &Linear, x: &Tensor) -> Tensor {
        &model.w * x + &model.b
    }
    fn loss_fn(model: &Linear, x: &Tensor, y: &Tensor) -> Tensor {
        let errors = linear_model(model, x) - y;
        (&errors * &errors).mean()
    }
    fn train_step(model: &Linear, x: &Tensor, y: &Tensor, learning_rate: f64) -> (Tensor, Linear) {
        let (loss, gradient) = value_and_grad(loss_fn)(model, x, y);
        (loss, model.map2(&gradient, &mut |p, g| p - learning_rate * g))
    }

    let x = Tensor::linspace(-1.0, 1.0, 20, DType::F32);
    let y = &x * 3.0 - 0.5;
    let mut model = Linear { w: Tensor::scalar(0.0f32), b: Tensor::scalar(0.0f32) };
    for _ in 0..100 {
        (_, model) = train_step(&model, &x, &y, 0.1);
    }
    println!("w = {:.2}, b = {:.2}", model.w, model.b);
    Ok([model.w.item()?, model.b.item()?])
}

/// Compiles once per shape. Returns the sum of each result, and the number of compiled programs.
pub fn compilation() -> anyhow::Result<([f32; 2], usize)> {
    let matmul_relu = |a: &Tensor, b: &Tensor| {
        let c = a.matmul(b);
        c.maximum(c.zeros_like())
    };
    let fast_matmul_relu = jit(matmul_relu);

    let [ka, kb] = random::split_into(&random::key(1));
    let a = random::uniform(&ka, [100, 10], DType::F32, -1.0, 1.0);
    let b = random::uniform(&kb, [10, 100], DType::F32, -1.0, 1.0);
    let result = fast_matmul_relu(&a, &b);
    let again = fast_matmul_relu(&a, &(b * 2.0));
    let sums = [result.sum().item()?, again.sum().item()?];
    println!("relu(a @ b) is of type {}, its sum {:.3}", result.ty(), sums[0]);
    println!("twice that: {:.3}; programs compiled: {}", sums[1], fast_matmul_relu.compiled_programs());
    Ok((sums, fast_matmul_relu.compiled_programs()))
}

/// Computes gradients of a two-layer network whose parameters are a struct instead of a list.
pub fn neural_network() -> anyhow::Result<Vec<f32>> {
    #[derive(Tree)]
    struct Mlp {
        w1: Tensor,
        b1: Tensor,
        w2: Tensor,
        b2: Tensor,
    }
    fn mlp(p: &Mlp, x: &Tensor) -> Tensor {
        let h = x.matmul(&p.w1) + &p.b1;
        let h = h.maximum(h.zeros_like()); // ReLU
        h.matmul(&p.w2) + &p.b2
    }
    fn init_mlp(key: &Tensor, inputs: usize, hidden: usize, outputs: usize) -> Mlp {
        let [k1, k2] = random::split_into(key);
        Mlp {
            w1: random::uniform(&k1, [inputs, hidden], DType::F32, -0.5, 0.5),
            b1: Tensor::zeros([hidden], DType::F32),
            w2: random::uniform(&k2, [hidden, outputs], DType::F32, -0.5, 0.5),
            b2: Tensor::zeros([outputs], DType::F32),
        }
    }
    fn loss(params: &Mlp, x: &Tensor, y: &Tensor) -> Tensor {
        (mlp(params, x) - y).powi(2).mean()
    }
    fn train_step(params: &Mlp, x: &Tensor, y: &Tensor, lr: &Tensor) -> (Tensor, Mlp) {
        let (loss, gradient) = value_and_grad(loss)(params, x, y);
        (loss, params.map2(&gradient, &mut |p, g| p - lr * g))
    }

    let x = Tensor::linspace(-1.0, 1.0, 64, DType::F32).reshape([64, 1]);
    let y = (&x * 3.0).sin();
    let mut params = init_mlp(&random::key(2), 1, 16, 1);
    let lr = Tensor::scalar(0.1f32);
    let train_step = jit(train_step);
    let mut losses = Vec::new();
    for i in 0..=400 {
        let (loss, updated) = train_step(&params, &x, &y, &lr);
        params = updated;
        if i % 100 == 0 {
            println!("step {i:3}  loss {loss:.4}");
            losses.push(loss.item()?);
        }
    }
    Ok(losses)
}

/// Higher derivatives.
pub fn higher_order() -> anyhow::Result<f32> {
    let f = |x: &Tensor| x * (x * x) + x * x;
    let third = grad(grad(grad(f)));
    let y = third(&Tensor::scalar(2.0f32)).item()?;
    println!("f'''(2) = {y:.4}");
    Ok(y)
}

/// Differentiates with respect to several inputs: as a list, as in the guide, and as several arguments.
pub fn several_inputs() -> anyhow::Result<[f32; 4]> {
    let (three, four) = (Tensor::scalar(3.0f32), Tensor::scalar(4.0f32));
    let f = |xy: &[Tensor; 2]| &xy[0] * &xy[0] + &xy[1] * &xy[1];
    let [dx, dy] = grad(f)(&[three.clone(), four.clone()]);
    println!("dx = {dx}, dy = {dy}");

    let g = |x: &Tensor, y: &Tensor| x * x + y * y;
    let (dx2, dy2) = grad_argnums((Argnum::<0>, Argnum::<1>), g)(&three, &four);
    println!("dx = {dx2}, dy = {dy2}");
    Ok([dx.item()?, dy.item()?, dx2.item()?, dy2.item()?])
}

fn main() -> anyhow::Result<()> {
    first_gradient()?;
    composition()?;
    training_step()?;
    compilation()?;
    neural_network()?;
    higher_order()?;
    several_inputs()?;
    Ok(())
}
