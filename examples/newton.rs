//! Newton's method without a Hessian: `cargo run --example newton`.
//!
//! A step of it solves `H d = g`. The method of conjugate gradients needs products of `H` with vectors only, and these are derivatives along
//! a direction of the gradient: `hvp`. Once as a loop of Rust, and once as a `while_loop`, so that a whole step is one compiled program.

use rune::{prelude::*, random, while_loop};

/// Labelled points, for logistic regression.
#[derive(Tree, Clone)]
pub struct Data {
    points: Tensor,
    /// 1 or -1.
    labels: Tensor,
}

impl Data {
    /// Points of which some are on the wrong side.
    pub fn new(count: usize, features: usize) -> Data {
        let [kx, kw, kn] = random::split_into(&random::key(1));
        let points = random::normal(&kx, [count, features], DType::F64);
        let truth = random::normal(&kw, [features], DType::F64);
        let noise = random::normal(&kn, [count], DType::F64);
        Data { labels: (points.matmul(&truth) + noise).sign(), points }
    }
}

/// How unlikely the labels are, and a little for large weights.
pub fn loss(weights: &Tensor, data: &Data) -> Tensor {
    let margins = &data.labels * data.points.matmul(weights);
    (-margins).softplus().mean() + 1e-3 * weights.square().sum()
}

/// Solves `a(x) = b` for a symmetric positive `a`. Gives `x`, and how many products it took.
pub fn conjugate_gradients(a: impl Fn(&Tensor) -> Tensor, b: &Tensor) -> anyhow::Result<(Tensor, usize)> {
    let (mut x, mut residual, mut direction) = (b.zeros_like(), b.clone(), b.clone());
    let mut square = residual.dot(&residual);
    let enough = TOLERANCE * square.item::<f64>()?;
    for products in 0.. {
        if square.item::<f64>()? <= enough {
            return Ok((x, products));
        }
        let along = a(&direction);
        let step = &square / direction.dot(&along);
        x += &step * &direction;
        residual -= step * along;
        let next = residual.dot(&residual);
        direction = &residual + (&next / &square) * direction;
        square = next;
    }
    unreachable!("the range has no end")
}

/// The same as one operation, which can be compiled. The names are those of above.
pub fn compiled_conjugate_gradients(a: impl Fn(&Tensor) -> Tensor, b: &Tensor) -> (Tensor, Tensor) {
    let enough = TOLERANCE * b.dot(b);
    let start = (b.zeros_like(), b.clone(), b.clone(), b.dot(b), Tensor::scalar(0i32));
    let (x, _, _, _, products) = while_loop(
        |(_, _, _, square, _): &(Tensor, Tensor, Tensor, Tensor, Tensor)| square.gt(&enough),
        |(x, residual, direction, square, products)| {
            let along = a(direction);
            let step = square / direction.dot(&along);
            let residual = residual - &step * along;
            let next = residual.dot(&residual);
            (x + step * direction, residual.clone(), residual + (&next / square) * direction, next, products + 1)
        },
        &start,
    );
    (x, products)
}

/// The square of the relative length of the residual that is good enough.
const TOLERANCE: f64 = 1e-20;

/// The weights after a step, with a loop of Rust; and how many products with the Hessian it took.
pub fn step(weights: &Tensor, data: &Data) -> anyhow::Result<(Tensor, usize)> {
    let product = jit(|w: &Tensor, data: &Data, v: &Tensor| hvp(|w: &Tensor| loss(w, data), w, v));
    let (down, products) = conjugate_gradients(|v| product(weights, data, v), &grad(loss)(weights, data))?;
    Ok((weights - down, products))
}

/// The same as one program. The gradient is linearized once, and the linear part of it is all that the loop computes.
pub fn compiled_step(weights: &Tensor, data: &Data) -> (Tensor, Tensor) {
    let (gradient, hessian) = linearize(grad(|w: &Tensor| loss(w, data)), weights);
    let (down, products) = compiled_conjugate_gradients(|v| hessian.call(v), &gradient);
    (weights - down, products)
}

/// How long the gradient is.
pub fn slope(weights: &Tensor, data: &Data) -> anyhow::Result<f64> {
    Ok(grad(loss)(weights, data).square().sum().sqrt().item()?)
}

fn main() -> anyhow::Result<()> {
    let data = Data::new(500, 20);
    let mut weights = Tensor::zeros([20], DType::F64);
    let (by_hand, products) = step(&weights, &data)?;
    println!("a step by a loop of Rust: {products} products with the Hessian");
    let step = jit(compiled_step);
    for i in 0..8 {
        println!("step {i}: loss {:.6}, slope {:.1e}", loss(&weights, &data), slope(&weights, &data)?);
        let (next, products) = step(&weights, &data);
        if i == 0 {
            let apart = (&next - &by_hand).abs().max().item::<f64>()?;
            println!("the same step, compiled: {products} products; apart by {apart:.1e}");
        }
        weights = next;
    }
    Ok(())
}
