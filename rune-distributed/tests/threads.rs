//! Ranks that are threads of one process, without MPI.

mod scenarios;

use rune::Tier;
use rune::prelude::*;
use rune_distributed::{World, all_reduce_grads_with, run_threads, run_threads_with, spmd};
use scenarios::{collectives, control, training};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn functions_and_derivatives_over_ranks_give_what_jax_gives() {
    let counts = run_threads(4, collectives::functions_give_what_jax_gives);
    println!("{} functions", counts[0]);
}

#[test]
fn compiled_functions_over_ranks_give_what_jax_gives() {
    run_threads(4, collectives::compiled_functions_give_what_jax_gives);
}

#[test]
fn every_dtype_and_size_is_exchanged() {
    run_threads(4, collectives::every_dtype_and_size);
    run_threads(3, collectives::every_dtype_and_size);
}

#[test]
fn reductions_repeat_bit_for_bit() {
    for size in [1, 2, 3, 4] {
        run_threads(size, collectives::reductions_repeat_bit_for_bit);
    }
}

#[test]
fn loops_branches_and_batches_exchange_in_order() {
    for overlaps in [false, true] {
        run_threads_with(3, overlaps, true, control::loops_branches_and_batches);
    }
}

/// Tests the host engine, and IREE if the build includes it.
#[test]
fn every_tier_exchanges() {
    let builds = |tier: &Tier| catch_unwind(|| jit(|x: &Tensor| x + 1.0).tier(*tier)(&Tensor::scalar(1.0f32))).is_ok();
    let tiers: Vec<Tier> = Tier::ALL.into_iter().filter(builds).collect();
    assert!(tiers.contains(&Tier::Host) && tiers.contains(&Tier::Auto));
    for tier in tiers {
        run_threads(2, |world| control::compiled_by(world, tier));
    }
}

#[test]
fn results_that_one_rank_reads_are_exchanged() {
    run_threads(3, control::results_that_one_rank_reads);
}

#[test]
fn data_parallel_training_is_training_on_the_whole_batch() {
    for overlaps in [false, true] {
        run_threads_with(4, overlaps, false, training::data_parallel_training_is_training_on_the_whole_batch);
    }
}

#[test]
fn the_state_of_an_optimiser_is_divided() {
    for size in [1, 4] {
        run_threads(size, training::the_state_of_an_optimiser_is_divided);
    }
}

#[test]
fn differing_trees_are_told() {
    run_threads(4, training::differing_trees_are_told);
}

/// Exchanges start before the rest of the program. The program waits for them after it, in the order of the function.
#[test]
fn exchanges_overlap_with_the_computation() {
    let of_rank = |world: &World| {
        let gradients = |model: &training::Model, x: &Tensor| {
            let loss = |model: &training::Model, x: &Tensor| {
                model.iter().fold(x.clone(), |x, (w, b)| (x.matmul(w) + b).tanh()).square().sum()
            };
            all_reduce_grads_with(&grad(loss)(model, x), "hosts", 0)
        };
        let step = jit(spmd(gradients, "hosts"));
        step(&training::model(world.rank() as f32), &Tensor::ones([4, 6], DType::F32));
        let program = step.programs().remove(0);
        let calls = program.instructions().iter().map(|i| match i.op.callback() {
            Some((_, callback)) => callback.name().to_owned(),
            None => i.op.name().to_owned(),
        });
        calls.filter(|name| name.starts_with("psum") || name == "dot_general").collect::<Vec<_>>()
    };
    let overlapping = run_threads_with(2, true, true, of_rank).remove(0);
    let of = |name: &str| (0..overlapping.len()).filter(|&i| overlapping[i] == name).collect::<Vec<_>>();
    let (starts, waits, products) = (of("psum_start"), of("psum_wait"), of("dot_general"));
    assert_eq!((starts.len(), waits.len(), products.len()), (4, 4, 5), "{overlapping:?}");
    // The gradients of the last layer are exchanged while those of the first are computed.
    assert!(starts[0] < products[3] && starts[1] < products[4], "{overlapping:?}");
    assert!(waits[0] > products[4] && waits[0] > starts[3], "{overlapping:?}");
    let plain = run_threads_with(2, false, true, of_rank).remove(0);
    assert_eq!(plain.iter().filter(|name| *name == "psum").count(), 4, "{plain:?}");
}

/// Returns the panic message of a run.
fn failure(f: impl Fn(&World) + Sync) -> String {
    let panic = catch_unwind(AssertUnwindSafe(|| run_threads_with(3, true, true, |world| f(world)))).unwrap_err();
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.unwrap_or_else(|| *panic.downcast::<String>().unwrap())
}

#[test]
fn ranks_that_run_different_operations_are_told() {
    let text = failure(|world| {
        let x = Tensor::from([1.0f32, 2.0]);
        let f = |x: &Tensor| if world.rank() == 1 { all_gather(x, "i", 0).sum_axes(0) } else { psum(x, "i") };
        spmd(f, "i")(&x);
    });
    assert!(text.contains("the ranks run different operations: as number 0, rank 0 runs `psum of [2, f32]`"), "{text}");
    assert!(text.contains("but rank 1 runs `all_gather of [2, f32]`"), "{text}");
    let text = failure(|world| {
        let x = Tensor::from([1.0f32, 2.0]);
        if world.rank() != 2 {
            spmd(|x: &Tensor| psum(x, "i"), "i")(&x);
        }
    });
    assert!(
        text.contains("but rank 2 runs `the end of the program`") || text.contains("rank 2 left the run"),
        "{text}"
    );
    let text = failure(|world| {
        let x = Tensor::zeros([2 + world.rank()], DType::F32);
        let compiled = jit(spmd(|x: &Tensor| psum(x, "i").sum(), "i"));
        compiled(&x);
    });
    assert!(text.contains("rank 0 runs `psum of [2, f32]` at rune-distributed/tests/threads.rs:"), "{text}");
}

#[test]
fn a_rank_that_panics_ends_the_others() {
    let text = failure(|world| {
        let sum = spmd(|x: &Tensor| psum(x, "i"), "i");
        sum(&Tensor::scalar(1.0f32));
        assert!(world.rank() != 1, "no more");
        sum(&Tensor::scalar(2.0f32));
    });
    assert_eq!(text, "no more");
}

#[test]
fn without_a_run_spmd_is_refused() {
    std::thread::spawn(|| {
        let panic = catch_unwind(|| spmd(|x: &Tensor| psum(x, "i"), "i")).err().unwrap();
        assert!(
            panic.downcast::<String>().unwrap().starts_with("spmd: no distributed run has begun; call `init` first")
        );
    })
    .join()
    .unwrap();
}
