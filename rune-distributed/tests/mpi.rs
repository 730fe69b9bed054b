//! Ranks that are processes: the tests start this binary with `mpirun`.

mod scenarios;

use rune::prelude::*;
use rune_distributed::{World, init, spmd};
use scenarios::{collectives, control, training};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The environment variable with the name of the scenario that a rank runs.
const SCENARIO: &str = "RUNE_TEST_SCENARIO";

/// Runs a scenario on four ranks. If there is no `mpirun`, prints this and returns `None`.
fn on_four_ranks(scenario: &str, environment: &[(&str, &str)]) -> Option<Output> {
    let mut command = Command::new("mpirun");
    command.args(["-n", "4", "--oversubscribe", "--allow-run-as-root"]);
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", "a_rank", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(SCENARIO, scenario).envs(environment.iter().copied());
    // The tests also run on machines with one core, where a rank that polls would block the others.
    command.env("OMPI_MCA_mpi_yield_when_idle", "1");
    match command.output() {
        Ok(output) => Some(output),
        Err(error) => {
            println!("skipped, because `mpirun` cannot be started: {error}");
            None
        }
    }
}

fn shown(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn succeeds(scenario: &str, environment: &[(&str, &str)]) -> String {
    let Some(output) = on_four_ranks(scenario, environment) else { return String::new() };
    let text = shown(&output);
    assert!(output.status.success(), "{text}");
    assert_eq!(text.matches(&format!("{scenario} is done on rank ")).count(), 4, "{text}");
    text
}

/// `mpirun` starts this test in each process.
#[test]
#[ignore = "runs on the ranks that the other tests start"]
fn a_rank() {
    let Ok(scenario) = std::env::var(SCENARIO) else { return };
    let world = init().unwrap();
    assert_eq!(world.world_size(), 4);
    run(&scenario, &world);
    println!("{scenario} is done on rank {}", world.rank());
}

fn run(scenario: &str, world: &World) {
    match scenario {
        "functions" => drop(collectives::functions_give_what_jax_gives(world)),
        "compiled" => drop(collectives::compiled_functions_give_what_jax_gives(world)),
        "every type" => {
            collectives::every_dtype_and_size(world);
            collectives::reductions_repeat_bit_for_bit(world);
        }
        "control" => {
            control::loops_branches_and_batches(world);
            control::results_that_one_rank_reads(world);
        }
        "training" => {
            training::data_parallel_training_is_training_on_the_whole_batch(world);
            training::the_state_of_an_optimiser_is_divided(world);
            training::differing_trees_are_told(world);
        }
        "panic" | "error" | "kill" | "different" => fail_on_rank_2(scenario, world),
        other => panic!("no scenario `{other}`"),
    }
}

/// Rank 2 fails while the others wait for it.
fn fail_on_rank_2(how: &str, world: &World) {
    let sum = jit(spmd(|x: &Tensor| psum(x, "i"), "i"));
    let x = Tensor::scalar(1.0f32);
    assert_eq!(sum(&x).item::<f32>().unwrap(), 4.0);
    if world.rank() == 2 {
        match how {
            "panic" => panic!("rank 2 has a reason"),
            "error" => {
                eprintln!("rank 2 has a reason");
                std::process::exit(3);
            }
            "kill" => drop(Command::new("kill").args(["-9", &std::process::id().to_string()]).status()),
            _ => drop(spmd(|x: &Tensor| all_gather(x, "i", 0), "i")(&x)),
        }
    }
    sum(&x);
    // No rank reaches this line.
    println!("{how} is done on rank {}", world.rank());
}

#[test]
fn functions_and_derivatives_over_processes_give_what_jax_gives() {
    succeeds("functions", &[]);
    succeeds("compiled", &[]);
}

#[test]
fn every_dtype_and_size_is_exchanged_bit_for_bit() {
    succeeds("every type", &[]);
}

#[test]
fn loops_and_branches_exchange_in_order() {
    succeeds("control", &[("RUNE_DISTRIBUTED_CHECK", "1")]);
}

#[test]
fn training_on_processes_is_training_on_the_whole_batch() {
    succeeds("training", &[]);
    succeeds("training", &[("RUNE_DISTRIBUTED_OVERLAP", "0")]);
}

#[test]
fn a_rank_that_dies_ends_all_with_its_message() {
    for how in ["panic", "error", "kill"] {
        let start = Instant::now();
        let Some(output) = on_four_ranks(how, &[]) else { return };
        let text = shown(&output);
        assert!(!output.status.success(), "{how}: {text}");
        assert!(!text.contains("is done on rank"), "{how}: {text}");
        let message = if how == "kill" { "signal 9" } else { "rank 2 has a reason" };
        assert!(text.contains(message), "{how}: {text}");
        assert!(how != "panic" || text.contains("rank 2 of 4: "), "{how}: {text}");
        assert!(start.elapsed() < Duration::from_secs(30), "{how}: the others ended after {:?}", start.elapsed());
    }
}

#[test]
fn ranks_that_run_different_operations_are_told() {
    let Some(output) = on_four_ranks("different", &[("RUNE_DISTRIBUTED_CHECK", "1")]) else { return };
    let text = shown(&output);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("as number 1, rank 0 runs `psum of [f32]`"), "{text}");
    assert!(text.contains("but rank 2 runs `all_gather of [f32]`"), "{text}");
}
