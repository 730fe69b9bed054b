//! The tier `auto`: what becomes of a function while it is called.

use super::environment::{again, succeeds};
use rune::{Engine, Tier, prelude::*};
use std::time::{Duration, Instant};

/// Run by the next test, with a compiler and without one.
#[test]
fn a_function_that_is_called_for_long() {
    if std::env::var_os("RUNE_TIER_AFTER").is_none() {
        return;
    }
    let f = jit(|x: &Tensor| (x.sin() * x.cos()).exp().sum_axes(0)).tier(Tier::Auto);
    let x = Tensor::full([200, 300], 0.5f32, DType::F32);
    let expected = f(&x).to_vec::<f32>().unwrap();
    assert_eq!(f.engine(&x).unwrap(), Some(Engine::Host));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        let found = f(&x).to_vec::<f32>().unwrap();
        let near = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-4 * b.abs();
        assert!(found.iter().zip(&expected).all(near));
        std::thread::sleep(Duration::from_millis(5));
    }
    eprintln!("at last on {:?}", f.engine(&x).unwrap().unwrap());
}

#[test]
fn what_costs_enough_is_compiled_behind_its_calls() {
    let cache = tempfile::tempdir().unwrap();
    let test = ["--exact", "tiers::a_function_that_is_called_for_long"];
    let with = |variables: &[(&str, &str)]| {
        let folder = cache.path().to_str().unwrap();
        let all = [&[("RUNE_TIER_AFTER", "0"), ("LOG_JIT", "1"), ("RUNE_CACHE_DIR", folder)], variables].concat();
        succeeds(&again(&test, &all)).1
    };
    let missing = with(&[("RUNE_IREE_COMPILER", "/nowhere/libIREECompiler.so")]);
    assert!(missing.contains("compiling (the host engine took"), "{missing}");
    assert!(missing.contains("the host engine keeps it (RUNE_IREE_COMPILER names /nowhere"), "{missing}");
    assert!(missing.contains("at last on Host"), "{missing}");
    // A process may end before its compilation does. The second one finds the module in the cache, or compiles it again.
    with(&[]);
    let second = with(&[]);
    if second.contains("the host engine takes ") {
        let iree = second.contains("IREE takes over (");
        assert!(second.contains(if iree { "at last on Iree" } else { "at last on Host" }), "{second}");
    }
}
