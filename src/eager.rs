//! Evaluates tensors that are read outside compiled functions. The interpreter runs small expressions. On a CPU, the
//! host engine runs all others. On other devices and in the tier `iree`, large or recurring expressions are compiled.

use crate::Tier;
use crate::device::{Device, device_of};
use crate::prepare;
use crate::runnable::Runnable;
use lru::LruCache;
use once_cell::sync::Lazy;
use rune_ir::{Program, ProgramHash, Value};
use rune_trace::{EvalError, Evaluator, interpret_eagerly};
use std::env::VarError;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(not(target_family = "wasm"))]
#[linkme::distributed_slice(rune_trace::EVALUATORS)]
static TIERS: fn() -> &'static dyn Evaluator = || &Tiered;

/// Registers the engines for tensors that are read outside `jit`, on targets where the linker cannot. Until then, such
/// tensors are interpreted.
pub(crate) fn register() {
    #[cfg(target_family = "wasm")]
    rune_trace::register_evaluator(&Tiered);
}

/// The value of `RUNE_EAGER`.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Auto,
    Interpret,
    Compile,
}

static MODE: Lazy<Mode> = Lazy::new(|| match std::env::var("RUNE_EAGER").as_deref() {
    Ok("interpret") => Mode::Interpret,
    Ok("compile") => Mode::Compile,
    Ok("auto" | "") | Err(VarError::NotPresent) => Mode::Auto,
    other => {
        let other = match &other {
            Err(VarError::NotUnicode(setting)) => setting.to_string_lossy(),
            _ => other.unwrap_or_default().into(),
        };
        tracing::warn!("RUNE_EAGER={other} is none of auto, interpret, compile; taken as auto");
        Mode::Auto
    }
});

/// The number of interpreter steps that take about as long as the fastest compilation.
const WORTH_COMPILING: f64 = 3e8;
/// The minimum number of interpreter steps for which a call of a device is worth it.
const MIN_STEPS: f64 = 1e4;
/// The maximum number of operations of a program to compile. The compiler takes too long for longer ones.
const MAX_OPERATIONS: usize = 2000;

/// The number of steps that an operation costs in addition to those for its elements.
const OP_OVERHEAD: f64 = 100.0;
/// The assumed number of iterations of a loop whose length is unknown.
const UNKNOWN_TRIP_COUNT: u64 = 100;
/// The maximum number of cached programs. A compiled program holds its module, usually 20 to 200 KB. A program that is
/// not compiled takes 100 bytes.
const MAX_PROGRAMS: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// The reason for planning or compiling a program, in the log.
const LOG_REASON: &str = "read outside `jit`";

struct Tiered;

/// A program that has been evaluated before.
struct CachedExpression {
    /// The number of interpreter steps spent on the program so far.
    spent: f64,
    runnable: Option<Arc<Runnable>>,
}

/// The evaluated programs. The least recently used ones are dropped.
static EVALUATED: Lazy<Mutex<LruCache<(Device, ProgramHash), CachedExpression>>> =
    Lazy::new(|| Mutex::new(LruCache::new(MAX_PROGRAMS)));

impl Evaluator for Tiered {
    fn evaluate(&self, program: Program, inputs: &[Value]) -> Result<Vec<Value>, EvalError> {
        let failed = |e: crate::Error| EvalError::Engine(Box::new(e));
        let device = device_of(None, program.name(), inputs.iter()).map_err(failed)?.clone();
        let steps = steps(&program);
        let tier = Tier::from_environment().map_err(failed)?;
        // The host engine answers immediately. Waiting for IREE is only worth it for some programs.
        let at_once = *MODE == Mode::Auto && tier != Tier::Iree && (device.is_cpu() || device == Device::Host);
        let interpreted = match (&device, *MODE) {
            (Device::Reference, _) | (_, Mode::Interpret) => true,
            (_, Mode::Compile) => false,
            (_, Mode::Auto) => steps < MIN_STEPS || (!at_once && program.instructions().len() > MAX_OPERATIONS),
        };
        // The results are in the memory of the device, whichever engine computes them.
        let interpret = || -> Result<Vec<Value>, EvalError> {
            let results = interpret_eagerly(&program, inputs)?;
            if device.shares_host_memory() {
                return Ok(results);
            }
            results.iter().map(|result| device.put(result).map_err(failed)).collect()
        };
        if interpreted {
            return interpret();
        }
        // The table would keep the user's function alive, and would never find the program again.
        if program.callback().is_some() {
            if *MODE == Mode::Auto && steps < WORTH_COMPILING {
                return interpret();
            }
            let runnable = compiled(&program, &device).map_err(failed)?;
            return runnable.run(&inputs.iter().collect::<Vec<_>>()).map_err(failed);
        }
        let key = (device.clone(), program.structural_hash());
        let runnable = {
            let mut known = EVALUATED.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = known.get_or_insert_mut(key.clone(), || CachedExpression { spent: 0.0, runnable: None });
            entry.spent += steps;
            match (&entry.runnable, *MODE) {
                (Some(runnable), _) => Some(runnable.clone()),
                (None, Mode::Auto) if !at_once && entry.spent < WORTH_COMPILING => None,
                (None, _) => {
                    drop(known);
                    let runnable = Arc::new(match at_once {
                        true => prepare::plan(&program.simplify(), LOG_REASON).0,
                        false => compiled(&program, &device).map_err(failed)?,
                    });
                    let mut known = EVALUATED.lock().unwrap_or_else(PoisonError::into_inner);
                    known.put(key, CachedExpression { spent: 0.0, runnable: Some(runnable.clone()) });
                    Some(runnable)
                }
            }
        };
        match runnable {
            Some(runnable) => runnable.run(&inputs.iter().collect::<Vec<_>>()).map_err(failed),
            None => interpret(),
        }
    }
}

fn compiled(program: &Program, device: &Device) -> Result<Runnable, crate::Error> {
    let why = if *MODE == Mode::Compile { "RUNE_EAGER=compile" } else { LOG_REASON };
    Ok(prepare::compile_or_plan(&Arc::new(program.simplify()), device, why)?.0)
}

/// Estimates the number of interpreter steps: each element takes one step. Matrix products take fewer, because they are
/// computed in blocks.
fn steps(program: &Program) -> f64 {
    let cost = program.cost_with(UNKNOWN_TRIP_COUNT);
    cost.operations as f64 * OP_OVERHEAD
        + cost.bytes() as f64 / 4.0
        + cost.flops as f64
        + cost.multiply_adds as f64 / 4.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use rune_ir::DType;
    use rune_trace::Tensor;

    #[test]
    fn only_so_many_programs_are_remembered() {
        // Each program is large enough to be cached, and has a different size.
        for n in 0..MAX_PROGRAMS.get() + 50 {
            let x = Tensor::ones([5000 + n], DType::F32);
            assert_eq!((&x + 1.0).sum().item::<f32>().unwrap(), (2 * (5000 + n)) as f32);
        }
        let known = EVALUATED.lock().unwrap();
        assert_eq!(known.len(), MAX_PROGRAMS.get());
    }
}
