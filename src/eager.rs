//! Tensors read outside of compiled functions: small work is interpreted at once, large or recurring work compiled.

use crate::compile::{self, Runnable};
use crate::device::{Place, default_device};
use once_cell::sync::Lazy;
use rune_trace::{BACKENDS, Backend, EvalError, Program, ProgramHash, Value, interpret_eagerly};
use rustc_hash::FxHashMap;
use std::env::VarError;
use std::sync::{Arc, Mutex, PoisonError};

#[linkme::distributed_slice(BACKENDS)]
static TIERS: fn() -> &'static dyn Backend = || &Tiered;

/// `RUNE_EAGER`.
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
            Err(VarError::NotUnicode(said)) => said.to_string_lossy(),
            _ => other.unwrap_or_default().into(),
        };
        tracing::warn!("RUNE_EAGER={other} is none of auto, interpret, compile; taken as auto");
        Mode::Auto
    }
});

/// Steps of the interpreter that take about as long as the compiler needs at least.
const WORTH_COMPILING: f64 = 3e8;
/// A program whose interpretation takes fewer steps than this is never worth a call of a device.
const NEVER: f64 = 1e4;
/// Programs longer than this take the compiler too long.
const TOO_LONG: usize = 2000;

/// About what an operation costs beside going through its arrays.
const EACH: f64 = 100.0;
/// How often a loop of unknown length is taken to go round.
const UNKNOWN_TURNS: u64 = 100;

struct Tiered;

/// A program that was evaluated before.
struct Known {
    /// Steps spent so far on interpreting it.
    spent: f64,
    runnable: Option<Arc<Runnable>>,
}

static KNOWN: Lazy<Mutex<FxHashMap<ProgramHash, Known>>> = Lazy::new(Mutex::default);

impl Backend for Tiered {
    fn evaluate(&self, program: Program, inputs: &[Value]) -> Result<Vec<Value>, EvalError> {
        let failed = |e: crate::Error| EvalError::Backend(Box::new(e));
        let place = default_device().map_err(failed)?;
        let steps = steps(&program);
        let interpreted = match (&place, *MODE) {
            (Place::Reference, _) | (_, Mode::Interpret) => true,
            (Place::Host, _) => steps < NEVER,
            (_, Mode::Compile) => false,
            (_, Mode::Auto) => steps < NEVER || program.instructions().len() > TOO_LONG,
        };
        if interpreted {
            return interpret_eagerly(&program, inputs);
        }
        // A function of the user's would be kept with what was compiled, and never asked for again.
        if program.callback().is_some() {
            if *MODE == Mode::Auto && steps < WORTH_COMPILING {
                return interpret_eagerly(&program, inputs);
            }
            let runnable = compiled(&program, &place).map_err(failed)?;
            return runnable.run(&inputs.iter().collect::<Vec<_>>()).map_err(failed);
        }
        let hash = program.structural_hash();
        let runnable = {
            let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = known.entry(hash).or_insert(Known { spent: 0.0, runnable: None });
            entry.spent += steps;
            match (&entry.runnable, *MODE) {
                (Some(runnable), _) => Some(runnable.clone()),
                (None, Mode::Auto) if entry.spent < WORTH_COMPILING => None,
                (None, _) => {
                    drop(known);
                    let runnable = Arc::new(compiled(&program, &place).map_err(failed)?);
                    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
                    known.insert(hash, Known { spent: 0.0, runnable: Some(runnable.clone()) });
                    Some(runnable)
                }
            }
        };
        match runnable {
            Some(runnable) => runnable.run(&inputs.iter().collect::<Vec<_>>()).map_err(failed),
            None => interpret_eagerly(&program, inputs),
        }
    }
}

fn compiled(program: &Program, place: &Place) -> Result<Runnable, crate::Error> {
    let why = if *MODE == Mode::Compile { "RUNE_EAGER=compile" } else { "read, and worth compiling" };
    Ok(compile::compile(&Arc::new(program.simplify()), place, why)?.0)
}

/// About how many elementary steps the interpreter takes: it goes through arrays one by one, and does products in blocks.
fn steps(program: &Program) -> f64 {
    let cost = program.cost_with(UNKNOWN_TURNS);
    cost.operations as f64 * EACH + cost.bytes() as f64 / 4.0 + cost.flops as f64 + cost.multiply_adds as f64 / 4.0
}
