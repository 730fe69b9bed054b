//! The engine of the tests: IREE by default, or the tier in `RUNE_TEST_TIER`. If that is `none`, `RUNE_TIER` applies.
//!
//! It runs on the CPU, or on the device in `RUNE_TEST_DEVICE`, such as `vulkan` or `cuda`.

use once_cell::sync::Lazy;
use rune::{Arguments, CompileOptions, Device, Function, Jit, Target, Tier, Tree};
use rune_lower::{Backend, LowerOptions};
use std::sync::Arc;

static TIER: Lazy<Option<Tier>> = Lazy::new(|| match std::env::var("RUNE_TEST_TIER").as_deref() {
    Ok("none") => None,
    Ok(name) => Some(name.parse().expect("RUNE_TEST_TIER names a tier")),
    Err(_) => Some(Tier::Iree),
});

/// Like [`rune::jit`], on the engine of the tests.
#[track_caller]
pub fn jit<'f, X, F>(f: F) -> Jit<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree + Send + Sync,
{
    let jitted = match *TIER {
        Some(tier) => rune::jit(f).tier(tier),
        None => rune::jit(f),
    };
    match is_on_cpu() {
        true => jitted,
        false => jitted.on(&Device::Iree(device())),
    }
}

static DEVICE: Lazy<Arc<rune_iree::Device>> = Lazy::new(|| {
    let name = std::env::var("RUNE_TEST_DEVICE").unwrap_or_else(|_| "cpu".to_owned());
    rune_iree::Device::open(&name).expect("RUNE_TEST_DEVICE names a device of this machine")
});

/// Returns the device of the tests.
pub fn device() -> Arc<rune_iree::Device> {
    DEVICE.clone()
}

/// Returns whether the device of the tests is the CPU.
pub fn is_on_cpu() -> bool {
    device().shares_host_memory()
}

/// The target in `RUNE_TEST_TARGET`, such as `rocm:gfx942`. For this target, the tests that compile many functions do
/// not call them.
static ONLY_COMPILED: Lazy<Option<Target>> = Lazy::new(|| {
    let name = std::env::var("RUNE_TEST_TARGET").ok()?;
    Some(name.parse().expect("RUNE_TEST_TARGET names a target"))
});

/// Returns whether functions are compiled but not called.
pub fn only_compiles() -> bool {
    ONLY_COMPILED.is_some()
}

/// Returns n, if the tests compile and call one in n of many functions (`RUNE_TEST_ONE_IN`).
pub fn one_in() -> usize {
    std::env::var("RUNE_TEST_ONE_IN").map_or(1, |n| n.parse().expect("RUNE_TEST_ONE_IN is a number above 0"))
}

/// Returns the name of the test device and its product, or `None` if the tests only compile.
pub fn called_device() -> Option<String> {
    if only_compiles() {
        return None;
    }
    let device = device();
    let found = rune_iree::Device::of_kind(device.kind()).unwrap_or_default();
    let info = found.into_iter().find(|info| info.name == device.name() && !device.shares_host_memory());
    Some(info.map_or_else(|| device.name().to_owned(), |info| format!("{} ({})", info.name, info.product)))
}

/// Returns the target of the tests: that of the device, or the one in `RUNE_TEST_TARGET`.
pub fn target() -> Target {
    ONLY_COMPILED.clone().unwrap_or_else(|| device().target().clone())
}

/// Returns whether the device of the tests is not a CPU. If so, reports that a test only runs on CPUs, and why.
pub fn skips_on_gpu(why: &str) -> bool {
    use std::io::Write;
    if !is_on_cpu() {
        // The harness would hide `eprintln`. Without standard error, nothing can be reported.
        drop(writeln!(std::io::stderr(), "a test is not run on {}: {why}", device().name()));
    }
    !is_on_cpu()
}

/// Returns the options for compiling for the device of the tests.
pub fn compile_options() -> CompileOptions {
    CompileOptions::for_target(target())
}

/// Returns the options for lowering a module without host calls for the device of the tests.
pub fn lower_options() -> LowerOptions {
    let target = target();
    let backend = Backend::of_target(target.backend());
    LowerOptions { backend, f64: target.has_f64(), locations: false, ..LowerOptions::default() }
}
