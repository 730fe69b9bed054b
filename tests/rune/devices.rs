//! Tests that code compiled for one device does not run on another, and that the tables of compiled code are bounded.

use super::environment::{rerun_tests, succeeds};
use crate::engine::{jit, skips_on_gpu};
use rune::prelude::*;
use rune::set_default_device;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Returns whether this is the test's separate process. The test needs one, because the default device is process-wide.
/// In any other process, it runs the test in a separate process.
pub(super) fn is_separate_process(test: &str, variables: &[(&str, &str)]) -> bool {
    const VARIABLE: &str = "RUNE_TEST_ALONE";
    if std::env::var_os(VARIABLE).is_some() {
        return true;
    }
    let variables: Vec<(&str, &str)> = variables.iter().copied().chain([(VARIABLE, "1")]).collect();
    succeeds(&rerun_tests(&["--exact", test], &variables));
    false
}

#[test]
fn a_jitted_function_runs_on_the_device_that_is_the_default_one_now() {
    if skips_on_gpu("it is about the default device") {
        return;
    }
    if !is_separate_process("devices::a_jitted_function_runs_on_the_device_that_is_the_default_one_now", &[]) {
        return;
    }
    // The interpreter also runs user functions on the calling thread, so the test counts programs.
    let f = jit(|x: &Tensor| x * 2.0 + 1.0);
    let x = Tensor::from([1.0f32, 2.0]);
    for (i, device) in ["cpu", "local-task", "reference", "cpu", "reference"].into_iter().enumerate() {
        set_default_device(device).unwrap();
        assert_eq!(f(&x).to_vec::<f32>().unwrap(), [3.0, 5.0], "{device}");
        assert_eq!(f.compiled_programs(), (i + 1).min(3), "after a call on {device}");
    }
    let donating = jit(|x: &Tensor, y: &Tensor| x * y).donate();
    for (i, device) in ["cpu", "reference", "cpu"].into_iter().enumerate() {
        set_default_device(device).unwrap();
        assert_eq!(donating(x.clone(), &x).to_vec::<f32>().unwrap(), [1.0, 4.0], "{device}");
        assert_eq!(donating.without_donation().compiled_programs(), (i + 1).min(2), "after a call on {device}");
    }
}

/// The next test checks the output of this test in another process.
#[test]
fn the_same_expression_is_read_on_two_devices() {
    if std::env::var_os("RUNE_TEST_ALONE").is_none() {
        return;
    }
    for device in ["cpu", "local-task", "cpu", "reference"] {
        set_default_device(device).unwrap();
        eprintln!("on {device}");
        let x = Tensor::from([1.0f32, 2.0, 3.0]);
        assert_eq!((&x * 3.0 - 1.0).to_vec::<f32>().unwrap(), [2.0, 5.0, 8.0], "{device}");
    }
}

#[test]
fn an_expression_is_compiled_for_each_device_that_it_is_read_on() {
    let variables = [("RUNE_EAGER", "compile"), ("LOG_JIT", "1"), ("RUNE_TEST_ALONE", "1")];
    let (_, err) =
        succeeds(&rerun_tests(&["--exact", "devices::the_same_expression_is_read_on_two_devices"], &variables));
    let codegen: Vec<usize> = err.split("\non ").map(|part| part.matches(" codegen:").count()).collect();
    assert_eq!(codegen, [1, 1, 0, 0], "{err}");
}

#[test]
fn a_jitted_function_keeps_the_programs_used_last() {
    if skips_on_gpu("it is about the default device") {
        return;
    }
    if !is_separate_process("devices::a_jitted_function_keeps_the_programs_used_last", &[("RUNE_DEVICE", "reference")])
    {
        return;
    }
    let traces = AtomicUsize::new(0);
    let f = jit(|x: &Tensor| {
        traces.fetch_add(1, Ordering::Relaxed);
        x + 1.0
    });
    let traced = |n: usize| {
        let before = traces.load(Ordering::Relaxed);
        assert_eq!(f(&Tensor::zeros([n], DType::F32)).size(), n);
        traces.load(Ordering::Relaxed) > before
    };
    // One size is used repeatedly, and stays while 600 others come and go.
    assert!(traced(1));
    for n in 2..=600 {
        assert!(traced(n));
        assert!(!traced(1), "after {n} sizes");
        assert!(f.compiled_programs() <= 256);
    }
    assert_eq!(f.compiled_programs(), 256);
    assert!((346..=600).all(|n| !traced(n)), "the last ones are kept");
    assert!(traced(2), "the first ones are not");
}
