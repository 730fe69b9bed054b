//! Trains a recurrent network to continue waves of different lengths, with `scan` and its gradient. `cargo run
//! --release --example recurrent`.

use rune::{prelude::*, random};
#[allow(dead_code, reason = "shared with the tests")]
use rune_examples::recurrent::{Recurrent, loss};

const TIME: usize = 60;
const BATCH: usize = 32;
const HIDDEN: usize = 32;

/// Returns waves of random phase and length: each value, and the next one.
fn waves(key: &Tensor) -> (Tensor, Tensor) {
    let [phase, length] = [0, 1].map(|n| random::uniform(&random::fold_in(key, n), [BATCH], DType::F32, 0.0, 1.0));
    let time = Tensor::arange(0..TIME + 1, DType::F32).reshape([TIME + 1, 1]);
    let all = (time * (length * 0.3 + 0.1) + phase * std::f32::consts::TAU).sin().unsqueeze(-1);
    (all.i(..TIME), all.i(1..))
}

fn main() -> anyhow::Result<()> {
    let key = random::key(0);
    let draw =
        |n: usize, shape: [usize; 2], scale: f32| random::normal(&random::fold_in(&key, n), shape, DType::F32) * scale;
    let mut model = Recurrent {
        input: draw(0, [1, HIDDEN], 0.5),
        hidden: draw(1, [HIDDEN, HIDDEN], 0.9 / (HIDDEN as f32).sqrt()),
        bias: Tensor::zeros([HIDDEN], DType::F32),
        output: draw(2, [HIDDEN, 1], 0.1),
    };
    let mut speed = model.map(&mut |p| p.zeros_like());
    let step = jit(|(model, speed): &(Recurrent, Recurrent), xs: &Tensor, ys: &Tensor| {
        let (value, gradient) = value_and_grad(|m: &Recurrent| loss(&m.apply(xs), ys))(model);
        let speed = speed.map2(&gradient, &mut |s, g| s * 0.9 + g);
        let model = model.map2(&speed, &mut |p, s| p - s * 0.02);
        (value, model, speed)
    });
    for i in 0..=600 {
        let (xs, ys) = waves(&random::fold_in(&key, 1000 + i));
        let (value, next, next_speed) = step(&(model.clone(), speed), &xs, &ys);
        (model, speed) = (next, next_speed);
        if i % 100 == 0 {
            println!("step {i:>3}: mean square error {:.5}", value.item::<f32>()?);
        }
    }
    Ok(())
}
