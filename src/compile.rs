//! From a program to something that can be called.

use crate::device::Device;
use crate::lower::{lower_for, options_for};
use crate::tiered::Tiered;
use crate::timings::Timings;
use crate::{Engine, Error, Stages, Tier, compiled_program, log};
use rune_host::Plan;
use rune_iree::{Arg, CacheOutcome, Cached, CompileCache, Executable};
use rune_lower::Lowered;
use rune_trace::interpret::{InterpretError, interpret_owned};
use rune_trace::{Array, Program, Value, profile};
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Instant;

/// A program ready to run.
pub(crate) enum Runnable {
    Interpreted(Arc<Program>),
    Planned(Box<Plan>),
    Tiered(Arc<Tiered>),
    Loaded(Box<Executable>, Vec<Value>),
}

impl Runnable {
    /// The outputs for values of the inputs, which are of the right types.
    pub fn run(&self, inputs: &[&Value]) -> Result<Vec<Value>, Error> {
        match self {
            Runnable::Planned(plan) => run_plan(plan, inputs),
            Runnable::Tiered(tiered) => tiered.run(inputs),
            Runnable::Interpreted(_) => self.run_with(inputs.iter().map(|v| Arg::Borrow(v)).collect()),
            Runnable::Loaded(executable, constants) if constants.is_empty() => Ok(executable.call(inputs)?),
            Runnable::Loaded(executable, constants) => {
                let all: SmallVec<[&Value; 8]> = inputs.iter().copied().chain(constants).collect();
                Ok(executable.call(&all)?)
            }
        }
    }
}

impl Runnable {
    /// The engine that the next call uses.
    pub fn engine(&self) -> Engine {
        match self {
            Runnable::Interpreted(_) => Engine::Interpreter,
            Runnable::Planned(_) => Engine::Host,
            Runnable::Tiered(tiered) => {
                if tiered.is_compiled() {
                    Engine::Iree
                } else {
                    Engine::Host
                }
            }
            Runnable::Loaded(..) => Engine::Iree,
        }
    }
    /// Like [`Runnable::run`], but a result may reuse the memory of a donated input.
    pub fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        match self {
            Runnable::Interpreted(program) => on_host(inputs, |arrays| interpret_owned(program, arrays)),
            Runnable::Planned(plan) => on_host(inputs, |arrays| plan.run(arrays)),
            Runnable::Tiered(tiered) => tiered.run_with(inputs),
            Runnable::Loaded(executable, constants) => {
                Ok(executable.call_with(inputs.into_iter().chain(constants.iter().map(Arg::Borrow)).collect())?)
            }
        }
    }
}

/// Runs a plan on values.
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

/// Makes a program callable on `device`, by the engine of `tier` where that is a CPU. The log shows `why`.
pub(crate) fn prepare(
    program: &Arc<Program>,
    device: &Device,
    tier: Tier,
    why: &str,
) -> Result<(Runnable, Timings), Error> {
    match tier {
        Tier::Host if device.is_cpu() => Ok(plan(program, why)),
        Tier::Auto if device.is_cpu() => {
            let (plan, timings) = planned(program, why);
            Ok((Runnable::Tiered(Tiered::new(program.clone(), plan, device.clone())), timings))
        }
        Tier::Auto | Tier::Host | Tier::Iree => compile(program, device, why),
    }
}

/// Makes a program callable by the host engine.
pub(crate) fn plan(program: &Program, why: &str) -> (Runnable, Timings) {
    let (plan, timings) = planned(program, why);
    (Runnable::Planned(Box::new(plan)), timings)
}

fn planned(program: &Program, why: &str) -> (Plan, Timings) {
    let _span = profile::span("plan", || program.name().to_owned());
    let start = Instant::now();
    let plan = Plan::new(program);
    let timings = Timings { lower: start.elapsed(), ..Timings::default() };
    log::planned(program, &plan, timings.lower, why);
    (plan, timings)
}

/// Makes a lowered program callable on `device`, which is of IREE. A cache miss is compiled by a process of its own.
pub(crate) fn compile_in_child(program: &Program, device: &Device, lowered: &Lowered) -> Result<Runnable, Error> {
    let Device::Iree(loaded_on) = device else { return Err(Error::NotCompiled(program.name().to_owned())) };
    let text = || Ok::<_, Error>(lowered.text.clone());
    let options = options_for(device);
    let _span = profile::span("compile", || program.name().to_owned());
    let Cached { module, .. } =
        CompileCache::global().get_in_child(&lowered.identity(), program.name(), &options, text)?;
    let executable = compiled_program::load(&module, loaded_on, &lowered.signature)?;
    Ok(Runnable::Loaded(Box::new(executable), program.constants().to_vec()))
}

/// Makes a program callable on `device`, by IREE where that is a CPU. The log shows `why`.
pub(crate) fn compile(program: &Arc<Program>, device: &Device, why: &str) -> Result<(Runnable, Timings), Error> {
    let mut timings = Timings::default();
    let loaded_on = match device {
        Device::Reference => return Ok((Runnable::Interpreted(program.clone()), timings)),
        Device::Host => return Ok(plan(program, why)),
        Device::Iree(device) => device,
    };
    let start = Instant::now();
    let lowered = lower_for(program, device)?;
    timings.lower = start.elapsed();
    let options = options_for(device);
    // Source lines are left out, so that moving a function does not compile it again.
    let material = lowered.identity();
    let _span = profile::span("compile", || program.name().to_owned());
    let compiling = log::Compiling::start(program, lowered.code(), why);
    let start = Instant::now();
    let text = || Ok::<_, Error>(lowered.text.clone());
    let Cached { module, outcome, files, .. } =
        CompileCache::global().get(&material, program.name(), &options, log::shows_code(), text)?;
    timings.compile = start.elapsed();
    timings.compiled = outcome == CacheOutcome::Compiled;
    let start = Instant::now();
    let executable = compiled_program::load(&module, loaded_on, &lowered.signature)?;
    timings.load = start.elapsed();
    let code = log::shows_code().then(|| {
        let stages = Stages::new(program.clone(), options);
        // A module from the cache is binary, so its code comes from another compilation.
        if files.is_empty() { stages.assembly() } else { stages.assembly_in(&files) }
    });
    compiling.finish(outcome, &timings, code);
    Ok((Runnable::Loaded(Box::new(executable), program.constants().to_vec()), timings))
}
