//! Newton's method without a Hessian matrix: `cargo run --example newton`.
//!
//! Each step solves `H d = g`. The conjugate gradient method needs only products of `H` with vectors, and `hvp`
//! computes these as directional derivatives of the gradient. The example does it once with a Rust loop, and once with
//! `while_loop`, which makes the whole step one compiled program.

use rune::{prelude::*, random, while_loop};

/// Labelled points for logistic regression.
#[derive(Tree, Clone)]
pub struct Data {
    points: Tensor,
    /// 1 or -1.
    labels: Tensor,
}

impl Data {
    /// Creates points, some of them on the wrong side.
    pub fn new(count: usize, features: usize) -> Data {
        let [kx, kw, kn] = random::split_into(&random::key(1));
        let points = random::normal(&kx, [count, features], DType::F64);
        let truth = random::normal(&kw, [features], DType::F64);
        let noise = random::normal(&kn, [count], DType::F64);
        Data { labels: (points.matmul(&truth) + noise).sign(), points }
    }
}

/// Returns the negative log likelihood of the labels, plus a small penalty on large weights.
pub fn loss(weights: &Tensor, data: &Data) -> Tensor {
    let margins = &data.labels * data.points.matmul(weights);
    (-margins).softplus().mean() + 1e-3 * weights.square().sum()
}

/// Solves `a(x) = b` for a symmetric positive definite `a`. Returns `x` and the number of products.
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

/// Solves the same system in one operation, which can be compiled. The names are those of `conjugate_gradients`.
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

/// The squared relative norm of the residual at which to stop.
const TOLERANCE: f64 = 1e-20;

/// Returns the weights after a step with a Rust loop, and the number of Hessian-vector products.
pub fn step(weights: &Tensor, data: &Data) -> anyhow::Result<(Tensor, usize)> {
    let product = jit(|w: &Tensor, data: &Data, v: &Tensor| hvp(|w: &Tensor| loss(w, data), w, v));
    let (down, products) = conjugate_gradients(|v| product(weights, data, v), &grad(loss)(weights, data))?;
    Ok((weights - down, products))
}

/// Takes the same step as one program. It linearizes the gradient once, and the loop computes only the linear part.
pub fn compiled_step(weights: &Tensor, data: &Data) -> (Tensor, Tensor) {
    let (gradient, hessian) = linearize(grad(|w: &Tensor| loss(w, data)), weights);
    let (down, products) = compiled_conjugate_gradients(|v| hessian.call(v), &gradient);
    (weights - down, products)
}

/// Returns the norm of the gradient.
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
