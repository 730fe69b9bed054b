//! Tests of calls that return before a GPU has computed their results.

use super::devices::is_separate_process;
use super::gpu::gpu;
use rune::prelude::*;
use rune::{Device, block_until_ready};

/// A function that takes a GPU longer than a call takes.
fn slow(x: &Tensor) -> Tensor {
    (0..12).fold(x.clone(), |y, _| y.matmul(x) * 0.01 + x)
}

fn square(gpu: &Device) -> Tensor {
    (Tensor::arange(0.0..(384.0 * 384.0), DType::F32).sin() * 0.1).reshape([384, 384]).to(gpu).unwrap()
}

#[test]
fn a_call_returns_before_its_results_are_ready() {
    let Some(gpu) = gpu() else { return };
    let (f, x) = (jit(slow).on(&gpu), square(&gpu));
    f(&x).block_until_ready().unwrap();
    // Each call needs the result of the one before.
    let results: Vec<Tensor> = std::iter::successors(Some(f(&x)), |y| Some(f(y))).take(8).collect();
    assert!(!results[7].is_ready());
    block_until_ready(&results).unwrap();
    assert!(results.iter().all(Tensor::is_ready));
    let on_host = |x: &Tensor| slow(&x.to(&Device::host()).unwrap());
    let mut y = x;
    for result in &results {
        let (found, expected) = (result.to_vec::<f32>().unwrap(), on_host(&y).to_vec::<f32>().unwrap());
        let far = found.iter().zip(&expected).find(|(a, b)| (**a - **b).abs() > 1e-3 * (1.0 + b.abs()));
        assert_eq!(far, None);
        y = result.clone();
    }
}

#[test]
fn arrays_of_all_sizes_go_to_a_device_at_work() {
    let Some(gpu) = gpu() else { return };
    let (f, x) = (jit(slow).on(&gpu), square(&gpu));
    f(&x).block_until_ready().unwrap();
    let sizes = [0, 1, 1000, (16 << 10) - 1, 16 << 10, (16 << 10) + 1, 1 << 20];
    let add = jit(|x: &Tensor, y: &Tensor| x + y).on(&gpu);
    let arrays: Vec<_> = sizes.iter().map(|&n| Tensor::arange(0..n, DType::I32).realize().unwrap().clone()).collect();
    let sums = || arrays.iter().map(|x| add(&x.to(&gpu).unwrap(), x)).collect::<Vec<Tensor>>();
    // This compiles the function for each size.
    block_until_ready(&sums()).unwrap();
    let busy = std::iter::successors(Some(f(&x)), |y| Some(f(y))).nth(7).unwrap();
    let sums = sums();
    assert!(!busy.is_ready(), "the copies did not wait");
    for (n, sum) in sizes.iter().zip(sums) {
        assert_eq!(sum.to_vec::<i32>().unwrap(), (0..*n).map(|i| 2 * i).collect::<Vec<_>>());
    }
}

/// A call that writes to donated memory waits for the earlier calls that read it.
#[test]
fn what_earlier_calls_read_is_not_overwritten() {
    let Some(gpu) = gpu() else { return };
    let (steps, size) = (40, 1 << 16);
    let write = jit(|table: &Tensor, i: &Tensor| table.at(i).set(1.0)).on(&gpu).donate();
    // This reads the table for a long time, so an early write would show.
    let read = jit(|table: &Tensor| (0..20).fold(table.clone(), |sum, i| (sum * 0.5 + table * 0.5).roll(i, 0)).sum());
    let copy = jit(|table: &Tensor, i: &Tensor| table.at(i).set(0.0)).on(&gpu);
    let mut table = Tensor::zeros([size], DType::F32).to(&gpu).unwrap();
    let (mut sums, mut copies) = (Vec::new(), Vec::new());
    for i in 0..steps {
        sums.push(read(&table));
        copies.push(copy(&table, &Tensor::scalar(0)));
        table = write(table, &Tensor::scalar(i));
    }
    for (i, (sum, copy)) in sums.iter().zip(&copies).enumerate() {
        assert!((sum.item::<f32>().unwrap() - i as f32).abs() < 1e-3, "step {i}: {sum}");
        assert_eq!(copy.sum().item::<f32>().unwrap(), i.saturating_sub(1) as f32, "step {i}");
    }
    assert_eq!(table.sum().item::<f32>().unwrap(), steps as f32);
}

#[test]
fn threads_may_wait_for_each_others_results() {
    let Some(gpu) = gpu() else { return };
    let add = jit(|x: &Tensor, y: &Tensor| x + y).on(&gpu);
    let start = Tensor::ones([1000], DType::F32).to(&gpu).unwrap();
    // The results of one round are the arguments of the next, in other threads.
    let mut round: Vec<Tensor> = vec![start; 4];
    for _ in 0..20 {
        round = std::thread::scope(|scope| {
            let (round, add) = (&round, &add);
            let threads: Vec<_> = (0..4).map(|i| scope.spawn(move || add(&round[i], &round[(i + 1) % 4]))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
    }
    for x in round {
        assert_eq!(x.i(999).item::<f32>().unwrap(), (1 << 20) as f32);
    }
}

/// A result may be an argument, or another result.
#[test]
fn results_that_share_memory_are_copied_before_they_change() {
    let Some(gpu) = gpu() else { return };
    let same = jit(|x: &Tensor, y: &Tensor| (x.clone(), y + 1.0, x.clone(), y + 1.0)).on(&gpu);
    let write = jit(|x: &Tensor| x.at(0).set(7.0)).on(&gpu).donate();
    let x = Tensor::from([1.0f32, 2.0]).to(&gpu).unwrap();
    let (a, b, c, d) = same(&x, &x);
    let changed = [write(a), write(b)];
    let values = |x: &Tensor| x.to_vec::<f32>().unwrap();
    assert_eq!((values(&x), values(&c), values(&d)), (vec![1.0, 2.0], vec![1.0, 2.0], vec![2.0, 3.0]));
    assert_eq!(changed.map(|x| values(&x)), [vec![7.0, 2.0], vec![7.0, 3.0]]);
    // The constant of a function stays what it is.
    let constant = jit(|x: &Tensor| (x + 1.0, Tensor::from([3.0f32, 4.0]))).on(&gpu);
    for _ in 0..3 {
        let (_, y) = constant(&x);
        assert_eq!(values(&y), [3.0, 4.0]);
        assert_eq!(values(&write(y)), [7.0, 4.0]);
    }
}

#[test]
fn calls_that_nobody_waits_for_are_limited() {
    let Some(gpu) = gpu() else { return };
    if !is_separate_process("asynchronous::calls_that_nobody_waits_for_are_limited", &[]) {
        return;
    }
    // The results of 200 calls have 200 times this size.
    let f = jit(|x: &Tensor| x * 2.0).on(&gpu);
    let x = Tensor::ones([1 << 20], DType::F32).to(&gpu).unwrap();
    for _ in 0..200 {
        f(&x);
    }
    assert_eq!(gpu.memory().unwrap().in_use, 4 << 20);
    assert_eq!(f(&x).i(5).item::<f32>().unwrap(), 2.0);
}

/// The driver may crash if the process ends while it works.
#[test]
fn a_process_may_end_while_the_device_works() {
    let Some(gpu) = gpu() else { return };
    if !is_separate_process("asynchronous::a_process_may_end_while_the_device_works", &[]) {
        return;
    }
    let (f, x) = (jit(slow).on(&gpu), square(&gpu));
    let last = std::iter::successors(Some(f(&x)), |y| Some(f(y))).nth(7).unwrap();
    assert!(!last.is_ready());
}
