//! Gradients in parts, and mixed precision.

use rune::nn::{self, Mlp};
use rune::optim;
use rune::prelude::*;
use rune::random;
use rune::train::data::Batch;
use rune::train::{LossScale, LossScaling, accumulate, accumulate_weighted, mixed, select};

type Items = (Tensor, Tensor);

fn batch(n: usize, counted: usize) -> Batch<Items> {
    let x = random::normal(&random::key(1), [n, 5], DType::F32);
    let classes = random::randint(&random::key(2), [n], 0, 3, DType::I32);
    let mask = Tensor::arange(0..n, DType::I32).lt(counted as i32);
    Batch { items: (x, classes), mask }
}

fn losses(model: &Mlp, (x, classes): &Items) -> Tensor {
    nn::softmax_cross_entropy_with_integer_labels(&model.forward(x), classes)
}

/// Returns the greatest difference of the leaves, divided by the greatest magnitude.
fn max_relative_difference<T: Tree>(a: &T, b: &T) -> f32 {
    let pairs = a.leaves().into_iter().zip(b.leaves());
    let apart = |(a, b): (Tensor, Tensor)| ((&a - &b).abs().max() / b.abs().max()).item::<f32>().unwrap();
    // NaN counts as the greatest difference.
    pairs.map(apart).fold(0.0, |most, x| if x > most || x.is_nan() { x } else { most })
}

#[test]
fn gradients_in_parts_are_those_of_the_whole_batch() {
    let model = Mlp::new(&random::key(0), &[5, 8, 3], Tensor::tanh);
    let mean = |model: &Mlp, batch: &Batch<Items>| losses(model, &batch.items).mean();
    let weighted = |model: &Mlp, batch: &Batch<Items>| {
        let losses = losses(model, &batch.items);
        (batch.sum(&losses), batch.weight(&losses))
    };
    for parts in [1, 2, 3, 12] {
        let full = batch(12, 12);
        let (value, gradient) = value_and_grad(mean)(&model, &full);
        let in_parts = jit(accumulate(parts, mean))(&model, &full);
        assert!(max_relative_difference(&in_parts, &(value, gradient)) < 2e-6, "{parts} parts");
        // The parts have different weights: the last ones hold only padding.
        for counted in [1, 7, 12] {
            let masked = batch(12, counted);
            let whole = |model: &Mlp, batch: &Batch<Items>| batch.mean(&losses(model, &batch.items));
            let (value, gradient) = value_and_grad(whole)(&model, &masked);
            let in_parts = jit(accumulate_weighted(parts, weighted))(&model, &masked);
            assert!(max_relative_difference(&in_parts, &(value, gradient)) < 2e-6, "{parts} parts, {counted} items");
        }
    }
    let failing = || drop(accumulate(5, mean)(&model, &batch(12, 12)));
    let error = std::panic::catch_unwind(std::panic::AssertUnwindSafe(failing));
    let message = error.unwrap_err();
    let message = message.downcast_ref::<String>().unwrap();
    assert!(message.contains("of type [12, 5, f32], which cannot be split into 5 equal parts"), "{message}");
}

#[test]
fn gradients_of_half_precision_are_summed_in_full_precision() {
    // Each part adds less than half a unit in the last place of a bf16 sum.
    let w = Tensor::scalar(1.0f32).cast(DType::BF16);
    let x = Tensor::ones([512], DType::BF16);
    let (_, dw) = accumulate(512, |w: &Tensor, x: &Tensor| (w * x).mean())(&w, &x);
    assert_eq!((dw.dtype(), dw.cast(DType::F32).item::<f32>().unwrap()), (DType::BF16, 1.0));
}

#[test]
fn training_in_bf16_keeps_parameters_in_f32() {
    let all = batch(64, 64);
    let sgd = optim::sgd(0.3);
    let train = |dtype: DType| {
        let loss = mixed(dtype, |model: &Mlp, items: &Items| {
            assert!(model.leaves().iter().all(|leaf| leaf.dtype() == dtype));
            losses(model, items).mean()
        });
        let step = jit(|model: &Mlp, items: &Items| {
            let (loss, gradient) = value_and_grad(&loss)(model, items);
            (optim::apply_updates(model, &sgd.update(&gradient, &sgd.init(model), model).0), loss)
        });
        let mut model = Mlp::new(&random::key(0), &[5, 32, 3], Tensor::tanh);
        let mut values = Vec::new();
        for _ in 0..200 {
            let loss;
            (model, loss) = step(&model, &all.items);
            values.push(loss.item::<f32>().unwrap());
        }
        assert!(model.leaves().iter().all(|leaf| leaf.dtype() == DType::F32));
        values
    };
    let (full, half) = (train(DType::F32), train(DType::BF16));
    assert!(half[199] < 0.6 * half[0], "{} to {}", half[0], half[199]);
    assert!((half[199] - full[199]).abs() < 0.05 * full[199], "{} in f32, {} in bf16", full[199], half[199]);
    assert_ne!(half[0], full[0], "nothing was computed in bf16");
}

#[derive(Tree, Clone)]
struct Training {
    w: Tensor,
    optimizer: optim::State<optim::Adam, Tensor>,
    scale: LossScale,
}

#[test]
fn a_step_with_gradients_out_of_range_is_skipped() {
    let adam = optim::adam(0.05);
    let scaling = LossScaling { initial: 1024.0, period: 3, max: 4096.0, ..LossScaling::default() };
    let step = jit(|t: &Training, x: &Tensor| {
        let loss = mixed(DType::F16, |w: &Tensor, x: &Tensor| (w * x).square().mean());
        let (loss, gradient, finite) = t.scale.value_and_grad(loss)(&t.w, x);
        let (updates, optimizer) = adam.update(&gradient, &t.optimizer, &t.w);
        let new = (optim::apply_updates(&t.w, &updates), optimizer);
        let (w, optimizer) = select(&finite, &new, &(t.w.clone(), t.optimizer.clone()));
        (Training { w, optimizer, scale: scaling.next(&t.scale, &finite) }, loss)
    });
    let w = Tensor::scalar(1.0f32);
    let mut t = Training { optimizer: adam.init(&w), w, scale: scaling.start() };
    let mut scales = Vec::new();
    // The square of 300 is more than an f16 holds.
    for x in [1.0f32, 300.0, 1.0, 1.0, 1.0, 300.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0] {
        let before: Vec<_> = (t.w.clone(), t.optimizer.clone()).leaves();
        (t, _) = step(&t, &Tensor::from([x]));
        let changed = before.iter().zip((t.w.clone(), t.optimizer.clone()).leaves());
        let changed = changed.filter(|(a, b)| a.to_array().unwrap() != b.to_array().unwrap()).count();
        assert_eq!(changed > 0, x == 1.0);
        scales.push(t.scale.scale.item::<f32>().unwrap());
    }
    let expected =
        [1024, 512, 512, 512, 1024, 512, 512, 512, 1024, 1024, 1024, 2048, 2048, 2048, 4096].map(|scale| scale as f32);
    assert_eq!(scales, expected);
    assert_eq!(step.compiled_programs(), 1);

    // Without a scale, this gradient is 0 in f16. With a scale, it is not.
    let tiny = |scale: &LossScale| {
        let loss = |w: &Tensor, x: &Tensor| (w * x).square().mean();
        let (_, dw, _) =
            scale.value_and_grad(mixed(DType::F16, loss))(&Tensor::scalar(1.0f32), &Tensor::from([1e-4f32]));
        dw.item::<f32>().unwrap()
    };
    let one = LossScaling { initial: 1.0, ..scaling }.start();
    assert_eq!(tiny(&one), 0.0);
    assert!((tiny(&LossScaling::default().start()) / 2e-8 - 1.0).abs() < 0.01);
}
