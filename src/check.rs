//! `RUNE_CHECK=all`: a second engine computes every call and compares the results.

use crate::runnable::{Loaded, Run, Runnable, on_host};
use crate::tiered::{difference, save};
use crate::{Engine, Error};
use once_cell::sync::Lazy;
use rune_host::Plan;
use rune_iree::Arg;
use rune_trace::interpret::interpret_owned;
use rune_trace::{Program, Value};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Whether `RUNE_CHECK` is `all`.
static CHECK_ALL: Lazy<bool> = Lazy::new(|| match std::env::var("RUNE_CHECK") {
    Err(_) => false,
    Ok(setting) if setting == "all" => true,
    Ok(setting) if setting.is_empty() => false,
    Ok(setting) => {
        tracing::warn!("RUNE_CHECK is `{setting}`; it may be `all`, or unset");
        false
    }
});

/// A program whose calls are computed twice. Compiled code is compared with the host engine, and the host engine with
/// the interpreter.
struct Checked {
    inner: Runnable,
    program: Arc<Program>,
    plan: OnceLock<Plan>,
    warned: AtomicBool,
}

/// Returns the program with checked calls if `RUNE_CHECK=all`. A program with effects is not checked, because effects
/// happen once per call.
pub(crate) fn checked(inner: Runnable, program: &Arc<Program>) -> Runnable {
    match *CHECK_ALL && !program.has_effects() && program.callback().is_none() {
        true => Checked::always(inner, program),
        false => inner,
    }
}

impl Checked {
    fn always(inner: Runnable, program: &Arc<Program>) -> Runnable {
        if inner.engine() == Engine::Interpreter {
            return inner;
        }
        let (plan, warned) = (OnceLock::new(), AtomicBool::new(false));
        Box::new(Checked { inner, program: program.clone(), plan, warned })
    }
}

impl Run for Checked {
    fn engine(&self) -> Engine {
        self.inner.engine()
    }
    fn is_settled(&self) -> bool {
        self.inner.is_settled()
    }
    fn loaded(&self) -> Option<&Loaded> {
        self.inner.loaded()
    }
    /// Runs a call on both engines. If they disagree, returns the results of the reference.
    fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        let values = || inputs.iter().map(Arg::borrowed).collect::<Vec<_>>();
        let engine = self.engine();
        let found = self.inner.run_with(values())?;
        let by = if engine == Engine::Iree { "host engine" } else { "reference interpreter" };
        let run = |arrays| match engine {
            Engine::Iree => self.plan.get_or_init(|| Plan::new(&self.program)).run(arrays),
            Engine::Host | Engine::Interpreter => interpret_owned(&self.program, arrays),
        };
        let (expected, rerun) = (on_host(values(), run)?, |arrays| run(arrays).ok());
        let difference = difference(&self.program, &values(), &expected, &found, &rerun);
        let Some(difference) = difference else { return Ok(found) };
        if !self.warned.swap(true, Ordering::Relaxed) {
            let saved = save(&self.program, &values());
            let saved = saved.map(|path| format!("; the program and its inputs are in {}", path.display()));
            tracing::warn!(
                "`{}` on the engine {engine:?} computes other results than the {by} ({difference}){}",
                self.program.name(),
                saved.unwrap_or_default()
            );
        }
        Ok(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runnable::Planned;
    use rune_trace::{Array, Tensor, make_program};

    #[test]
    fn wrong_results_never_leave_a_checked_program() {
        let program =
            |f: fn(&Tensor) -> Tensor| Arc::new(make_program(f, &Tensor::from([1.0f32, 2.0])).unwrap().simplify());
        let right = program(|x| x * 2.0);
        for wrong in [program(|x| x * 2.0), program(|x| x * 2.1), program(|x| x * f32::NAN)] {
            let checked = Checked::always(Box::new(Planned(Plan::new(&wrong))), &right);
            assert_eq!(checked.engine(), Engine::Host);
            for _ in 0..2 {
                let x = Value::Host(Array::from_slice([2], &[3.0f32, 4.0]));
                let results = checked.run(&[&x]).unwrap();
                assert_eq!(results[0].to_host().unwrap().as_slice::<f32>(), [6.0, 8.0]);
            }
        }
    }
}
