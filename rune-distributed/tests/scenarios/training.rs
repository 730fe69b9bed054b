//! Data-parallel training.

use super::{all_bits, difference};
use rune::prelude::*;
use rune::{jit, optim, pmean};
use rune_distributed::{
    Error, World, all_reduce_grads, all_reduce_grads_with, broadcast_parameters, check_equal, spmd, zero1,
};

pub type Model = Vec<(Tensor, Tensor)>;

/// A network of 6, 17 and 3 units, so that no layer divides evenly among the ranks.
pub fn model(seed: f32) -> Model {
    let of = |inputs: usize, outputs: usize, phase: f32| {
        let values: Vec<f32> = (0..inputs * outputs).map(|i| ((i as f32 + seed) * 1.7 + phase).sin() * 0.4).collect();
        (Tensor::from_slice([inputs, outputs], &values), Tensor::full([outputs], 0.01, DType::F32))
    };
    vec![of(6, 17, 0.0), of(17, 3, 1.0)]
}

/// The rows `first..first + n` of the data.
fn batch(first: usize, n: usize) -> (Tensor, Tensor) {
    let x: Vec<f32> = (first * 6..(first + n) * 6).map(|i| (i as f32 * 0.37).cos()).collect();
    let y: Vec<f32> = (first * 3..(first + n) * 3).map(|i| (i as f32 * 0.11).sin()).collect();
    (Tensor::from_slice([n, 6], &x), Tensor::from_slice([n, 3], &y))
}

fn loss(model: &Model, x: &Tensor, y: &Tensor) -> Tensor {
    let hidden = (x.matmul(&model[0].0) + &model[0].1).tanh();
    (hidden.matmul(&model[1].0) + &model[1].1 - y).square().mean()
}

const ROWS: usize = 8;
const STEPS: usize = 4;

/// Trains on all ranks, and returns the parameters.
fn trained(world: &World, bucket_bytes: usize) -> Model {
    let step = |model: &Model, x: &Tensor, y: &Tensor| -> Model {
        let gradients = all_reduce_grads_with(&grad(loss)(model, x, y), "hosts", bucket_bytes);
        optim::apply_updates(model, &gradients.map(&mut |g| g * -0.1))
    };
    let step = jit(spmd(step, "hosts"));
    let mut model = broadcast_parameters(&model(world.rank() as f32)).unwrap();
    for i in 0..STEPS {
        let (x, y) = batch((i * world.world_size() + world.rank()) * ROWS, ROWS);
        model = step(&model, &x, &y);
    }
    model
}

/// The parameters equal those of one process that trains on the whole batches, up to rounding. Each run gives the same
/// bits.
pub fn data_parallel_training_is_training_on_the_whole_batch(world: &World) {
    let mut expected = model(0.0);
    let rows = world.world_size() * ROWS;
    for i in 0..STEPS {
        let (x, y) = batch(i * rows, rows);
        let gradients = grad(loss)(&expected, &x, &y);
        expected = optim::apply_updates(&expected, &gradients.map(&mut |g| g * -0.1));
    }
    let first = trained(world, 1 << 20);
    check_equal(&first).unwrap();
    for (i, (found, expected)) in first.leaves().iter().zip(expected.leaves()).enumerate() {
        assert_eq!(difference(found, &expected), None, "leaf {i}");
    }
    for bucket_bytes in [1 << 20, 1 << 20, 0, 100] {
        let second = trained(world, bucket_bytes);
        assert_eq!(all_bits(&second), all_bits(&first), "in buckets of {bucket_bytes} bytes");
    }
}

/// ZeRO-1 gives the same parameters as the undivided optimiser, and keeps a part of its state.
pub fn the_state_of_an_optimiser_is_divided(world: &World) {
    fn run<T: optim::GradientTransformation + Send + Sync>(
        world: &World,
        optimizer: T,
        averaged: bool,
    ) -> (Model, usize)
    where
        T::State<Model>: Send + Sync,
    {
        let start = model(0.0);
        let init = spmd(|model: &Model| optimizer.init(model), "hosts");
        let step = |model: &Model, state: &T::State<Model>, x: &Tensor, y: &Tensor| {
            let own = grad(loss)(model, x, y);
            let gradients = if averaged { all_reduce_grads(&own, "hosts") } else { own };
            let (updates, state) = optimizer.update(&gradients, state, model);
            (optim::apply_updates(model, &updates), state)
        };
        let step = jit(spmd(step, "hosts"));
        let (mut model, mut state) = (start.clone(), init(&start));
        for i in 0..STEPS {
            let (x, y) = batch((i * world.world_size() + world.rank()) * ROWS, ROWS);
            (model, state) = step(&model, &state, &x, &y);
        }
        (model, state.leaves().iter().map(|leaf| leaf.ty().bytes()).sum())
    }
    let whole = optim::adamw(1e-2);
    let (expected, whole_bytes) = run(world, whole.clone(), true);
    let averaged = rune_distributed::Zero1 { averaged: true, ..zero1(whole.clone(), "hosts") };
    let (found, bytes) = run(world, averaged, true);
    assert_eq!(all_bits(&found), all_bits(&expected), "of averaged gradients, bit for bit");
    check_equal(&found).unwrap();
    // Each rank has 1/n of the moments; the counts are whole.
    let size = world.world_size();
    assert!(bytes <= whole_bytes.div_ceil(size) + 64, "{bytes} bytes of {whole_bytes} on each of {size} ranks");
    let (found, _) = run(world, zero1(whole, "hosts"), false);
    check_equal(&found).unwrap();
    for (i, (found, expected)) in found.leaves().iter().zip(expected.leaves()).enumerate() {
        assert_eq!(difference(found, &expected), None, "leaf {i}");
    }
}

/// `check_equal` names the first leaf that differs.
pub fn differing_trees_are_told(world: &World) {
    let mut model = model(0.0);
    check_equal(&model).unwrap();
    if world.rank() == 2 {
        model[1].0 = &model[1].0 + 1.0;
    }
    let error = check_equal(&model).unwrap_err();
    assert_eq!(error, Error::Differs { leaf: "tree[1][0]".to_owned(), rank: 2, differing: 1, leaves: 4 });
    if world.rank() == 1 {
        model[0].1 = Tensor::zeros([18], DType::F32);
    }
    let error = broadcast_parameters(&model).unwrap_err();
    assert_eq!(
        error.to_string(),
        "rank 1 has a tree with other leaves than rank 0: `tree[0][1]` of type [18, f32] instead of `tree[0][1]` of type \
         [17, f32]; all ranks must build the same model"
    );
    // The run continues.
    world.barrier().unwrap();
    let mean = spmd(|x: &Tensor| pmean(x, "i"), "i")(&Tensor::scalar(world.rank() as f32));
    assert_eq!(mean.item::<f32>().unwrap(), (world.world_size() - 1) as f32 / 2.0);
}
