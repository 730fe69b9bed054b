//! Executable programs, and the choice of their engine.

use crate::compile;
use crate::device::Device;
use crate::timings::Timings;
use crate::{Engine, Error, Tier, log};
use rune_host::Plan;
use rune_ir::interpret::{InterpretError, interpret_owned};
use rune_ir::{Arg, Stopwatch};
use rune_ir::{Array, Program, Value, profile};
use smallvec::SmallVec;
use std::sync::Arc;

/// An executable program.
pub(crate) type Runnable = Box<dyn Run>;

/// An executable program, on one engine or on several.
pub(crate) trait Run: Send + Sync {
    /// Computes the outputs for inputs of the right types. An output may reuse the memory of a donated input.
    fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error>;
    /// Like [`Run::run_with`], for inputs that the caller keeps.
    fn run(&self, inputs: &[&Value]) -> Result<Vec<Value>, Error> {
        self.run_with(inputs.iter().map(|v| Arg::Borrow(v)).collect())
    }
    /// Returns the engine of the next call.
    fn engine(&self) -> Engine;
    /// Returns whether all later calls use this engine too.
    fn is_settled(&self) -> bool {
        true
    }
    /// Returns the compiled code, if the program has only compiled code.
    #[cfg(feature = "iree")]
    fn loaded(&self) -> Option<&compile::Loaded> {
        None
    }
}

/// The reference interpreter.
struct Interpreted(Arc<Program>);

impl Run for Interpreted {
    fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        on_host(inputs, |arrays| interpret_owned(&self.0, arrays))
    }
    fn engine(&self) -> Engine {
        Engine::Interpreter
    }
}

/// The host engine.
pub(crate) struct Planned(pub Plan);

impl Run for Planned {
    fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        on_host(inputs, |arrays| self.0.run(arrays))
    }
    fn run(&self, inputs: &[&Value]) -> Result<Vec<Value>, Error> {
        run_plan(&self.0, inputs)
    }
    fn engine(&self) -> Engine {
        Engine::Host
    }
}

/// Runs a plan on values that the caller keeps. Short lists of values need no heap memory.
pub(crate) fn run_plan(plan: &Plan, inputs: &[&Value]) -> Result<Vec<Value>, Error> {
    let mut arrays: SmallVec<[Array; 4]> = SmallVec::new();
    for input in inputs {
        arrays.push(input.to_host().map_err(Error::Transfer)?);
    }
    Ok(plan.run_on(arrays)?.into_iter().map(Value::Host).collect())
}

/// Runs on inputs in host memory.
pub(crate) fn on_host(
    inputs: Vec<Arg<'_>>,
    run: impl FnOnce(Vec<Array>) -> Result<Vec<Array>, InterpretError>,
) -> Result<Vec<Value>, Error> {
    let host = |arg: Arg<'_>| match arg {
        Arg::Donate(Value::Host(array)) => Ok(array),
        Arg::Donate(value) => value.to_host().map_err(Error::Transfer),
        Arg::Borrow(value) => value.to_host().map_err(Error::Transfer),
    };
    let inputs = inputs.into_iter().map(host).collect::<Result<Vec<Array>, Error>>()?;
    Ok(run(inputs)?.into_iter().map(Value::Host).collect())
}

/// Makes a program callable on `device`. On a CPU, `tier` chooses the engine. The log shows `why`.
pub(crate) fn prepare(
    program: &Arc<Program>,
    device: &Device,
    tier: Tier,
    why: &str,
) -> Result<(Runnable, Timings), Error> {
    let (runnable, timings) = match tier {
        Tier::Host if device.is_cpu() => plan(program, why),
        Tier::Auto if device.is_cpu() => {
            let (plan, timings) = planned(program, why);
            (compile::tiered(program, plan, device), timings)
        }
        Tier::Auto | Tier::Host | Tier::Iree => compile_or_plan(program, device, why)?,
    };
    Ok((compile::checked(runnable, program), timings))
}

/// Like [`compile`], but the host engine runs a program that IREE cannot compile for a CPU.
pub(crate) fn compile_or_plan(
    program: &Arc<Program>,
    device: &Device,
    why: &str,
) -> Result<(Runnable, Timings), Error> {
    match compile(program, device, why) {
        Err(error) if device.is_cpu() && compile::warn_if_of_program(program, &error) => {
            Ok(plan(program, "IREE cannot compile it"))
        }
        result => result,
    }
}

/// Makes a program callable on `device`. On a CPU, IREE compiles it. The log shows `why`.
pub(crate) fn compile(program: &Arc<Program>, device: &Device, why: &str) -> Result<(Runnable, Timings), Error> {
    match device {
        Device::Reference => Ok((Box::new(Interpreted(program.clone())), Timings::default())),
        Device::Host => Ok(plan(program, why)),
        #[cfg(feature = "run")]
        Device::Iree(loaded_on) => compile::compile(program, device, loaded_on, why),
    }
}

/// Makes a program callable on the host engine.
pub(crate) fn plan(program: &Program, why: &str) -> (Runnable, Timings) {
    let (plan, timings) = planned(program, why);
    (Box::new(Planned(plan)), timings)
}

fn planned(program: &Program, why: &str) -> (Plan, Timings) {
    let _span = profile::span("plan", || program.name().to_owned());
    let start = Stopwatch::start();
    let plan = Plan::new(program);
    let timings = Timings { lower: start.elapsed(), ..Timings::default() };
    log::planned(program, &plan, timings.lower, why);
    (plan, timings)
}
