//! Measures a transformer block and its gradient: their cost, the gradient's residuals, and their time on this machine.
//! `cargo run --release --example transformer_block`.

#[allow(dead_code, reason = "shared with the tests")]
use rune::{prelude::*, random};
use rune_examples::transformer::{Block, Sizes, costs, loss};
use std::time::Instant;

fn main() -> anyhow::Result<()> {
    let sizes = Sizes { batch: 4, tokens: 128, features: 256, heads: 4 };
    let (shapes, of_x) = sizes.shapes();
    let key = random::key(0);
    let draw = |n: usize, shape: &[usize]| random::normal(&random::fold_in(&key, n), shape, DType::F32) * 0.1;
    let block = Block::new(std::array::from_fn(|i| draw(i, &shapes[i])));
    let x = draw(shapes.len(), &of_x);
    let loss = |block: &Block, x: &Tensor| loss(block, x, sizes.heads);

    let (forward, gradient) = costs(&block, &x, sizes.heads)?;
    println!("forward:  {forward}");
    println!("gradient: {gradient}");
    println!("{:.2} times the multiply-adds", gradient.multiply_adds as f64 / forward.multiply_adds as f64);

    println!("\nwhat the gradient keeps of the forward pass:");
    let kept = saved_residuals(loss, (&block, &x));
    kept.iter().for_each(|residual| println!("{residual}"));
    println!("{} arrays, {:.1} MB", kept.len(), kept.iter().map(|r| r.ty.bytes()).sum::<usize>() as f64 / 1e6);

    println!();
    let forward = jit(|block: &Block, x: &Tensor| block.apply(x, sizes.heads));
    let gradient = jit(grad(loss));
    forward(&block, &x).value()?;
    gradient(&block, &x).leaves().iter().try_for_each(|g| g.value().map(drop))?;
    let (mut fastest, mut fastest_gradient) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..20 {
        let start = Instant::now();
        forward(&block, &x).value()?;
        fastest = fastest.min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        gradient(&block, &x).leaves().iter().try_for_each(|g| g.value().map(drop))?;
        fastest_gradient = fastest_gradient.min(start.elapsed().as_secs_f64());
    }
    println!("{:.1} ms forward, {:.1} ms the gradient, the best of 20", fastest * 1e3, fastest_gradient * 1e3);
    Ok(())
}
