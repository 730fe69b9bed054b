//! From a program to something that can be called.

use crate::check::Checked;
use crate::device::Device;
use crate::lower::{lower_for, options_for};
use crate::tiered::{Lowering, Tiered};
use crate::timings::Timings;
use crate::{Engine, Error, Stages, Tier, compiled_program, log};
use rune_host::Plan;
use rune_iree::{Arg, CacheOutcome, Cached, CompileCache, CompileOptions, CompiledModule, DispatchFile, Executable};
use rune_trace::interpret::{InterpretError, interpret_owned};
use rune_trace::{Array, ModuleSignature, Program, Value};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A program ready to run.
pub(crate) enum Runnable {
    Interpreted(Arc<Program>),
    Planned(Box<Plan>),
    Tiered(Arc<Tiered>),
    Loaded(Box<Executable>, Vec<Value>),
    Checked(Box<Checked>),
}

impl Runnable {
    /// The outputs for values of the inputs, which are of the right types.
    pub fn run(&self, inputs: &[&Value]) -> Result<Vec<Value>, Error> {
        match self {
            Runnable::Interpreted(_) | Runnable::Planned(_) | Runnable::Tiered(_) | Runnable::Checked(_) => {
                self.run_with(inputs.iter().map(|v| Arg::Borrow(v)).collect())
            }
            Runnable::Loaded(executable, constants) if constants.is_empty() => Ok(executable.call(inputs)?),
            Runnable::Loaded(executable, constants) => {
                let all: smallvec::SmallVec<[&Value; 8]> = inputs.iter().copied().chain(constants).collect();
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
            Runnable::Checked(checked) => checked.engine(),
        }
    }
    /// Whether later calls use this engine too.
    pub fn is_settled(&self) -> bool {
        match self {
            Runnable::Tiered(tiered) => tiered.is_settled(),
            Runnable::Checked(checked) => checked.inner().is_settled(),
            Runnable::Interpreted(_) | Runnable::Planned(_) | Runnable::Loaded(..) => true,
        }
    }
    /// Like [`Runnable::run`], but a result may reuse the memory of a donated input.
    pub fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        match self {
            Runnable::Interpreted(program) => on_host(inputs, |arrays| interpret_owned(program, arrays)),
            Runnable::Planned(plan) => on_host(inputs, |arrays| plan.run(arrays)),
            Runnable::Tiered(tiered) => tiered.run_with(inputs),
            Runnable::Checked(checked) => checked.run_with(inputs),
            Runnable::Loaded(executable, constants) => {
                Ok(executable.call_with(inputs.into_iter().chain(constants.iter().map(Arg::Borrow)).collect())?)
            }
        }
    }
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
    let (runnable, timings) = match tier {
        Tier::Host if device.is_cpu() => plan(program, why),
        Tier::Auto if device.is_cpu() => {
            let (plan, timings) = planned(program, why);
            (Runnable::Tiered(Tiered::new(program.clone(), plan, device.clone())), timings)
        }
        Tier::Auto | Tier::Host | Tier::Iree => compile_or_plan(program, device, why)?,
    };
    Ok((Checked::wrap(runnable, program), timings))
}

/// Makes a program callable on `device`, by IREE where that is a CPU. What IREE cannot compile for a CPU runs on the host engine.
pub(crate) fn compile_or_plan(
    program: &Arc<Program>,
    device: &Device,
    why: &str,
) -> Result<(Runnable, Timings), Error> {
    match compile(program, device, why) {
        Err(error) if device.is_cpu() && is_of_program(&error) => {
            warn_of_host(program, &error);
            Ok(plan(program, "IREE cannot compile it"))
        }
        result => result,
    }
}

/// Whether the compiler is there and works, but not for this program.
fn is_of_program(error: &Error) -> bool {
    matches!(error, Error::Lower(_)) || matches!(error, Error::Compile(error) if error.is_of_program())
}

/// Says once for each function that the host engine runs it, and which operation is the reason.
fn warn_of_host(program: &Program, error: &Error) {
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if !TOLD.lock().unwrap_or_else(PoisonError::into_inner).insert(program.name().to_owned()) {
        return;
    }
    let shown =
        if let Error::Compile(error) = error { error.shortly() } else { rune_iree::excerpt(&error.to_string(), 2) };
    tracing::warn!("`{}` runs on the host engine: {shown}", program.name());
}

/// Makes a program callable by the host engine.
pub(crate) fn plan(program: &Program, why: &str) -> (Runnable, Timings) {
    let (plan, timings) = planned(program, why);
    (Runnable::Planned(Box::new(plan)), timings)
}

fn planned(program: &Program, why: &str) -> (Plan, Timings) {
    let start = Instant::now();
    let plan = Plan::new(program);
    let timings = Timings { lower: start.elapsed(), ..Timings::default() };
    log::planned(program, &plan, timings.lower, why);
    (plan, timings)
}

/// Makes a lowered program callable on `device`, which is of IREE, at the lowest priority, as long as `wanted` returns true. The log shows
/// `why`.
pub(crate) fn compile_in_background(
    program: &Arc<Program>,
    device: &Device,
    lowering: &Lowering,
    why: &str,
    wanted: &dyn Fn() -> bool,
) -> Result<Runnable, Error> {
    let (cache, options, name) = (CompileCache::global(), options_for(device), program.name());
    let lowered = &lowering.lowered;
    let (material, files) = (lowered.identity(), log::shows_code());
    let compiling = log::Compiling::start(program, lowered.code(), why);
    let start = Instant::now();
    let text = || Ok::<_, Error>(lowered.text.clone());
    let Cached { module, outcome, files, .. } =
        cache.get_in_background(&material, name, &options, files, wanted, text)?;
    let mut timings = Timings { lower: lowering.took, compile: start.elapsed(), ..Timings::default() };
    timings.compiled = outcome == CacheOutcome::Compiled;
    let start = Instant::now();
    let runnable = load(program, device, &module, &lowered.signature)?;
    timings.load = start.elapsed();
    compiling.finish(outcome, &timings, code(program, &options, &files));
    Ok(runnable)
}

/// Loads a module that a program was compiled to.
pub(crate) fn load(
    program: &Program,
    device: &Device,
    module: &CompiledModule,
    signature: &ModuleSignature,
) -> Result<Runnable, Error> {
    let Device::Iree(device) = device else { return Err(Error::NotCompiled(program.name().to_owned())) };
    let executable = compiled_program::load(module, device, signature)?;
    Ok(Runnable::Loaded(Box::new(executable), program.constants().to_vec()))
}

/// The machine code for the log, if that shows it.
fn code(program: &Arc<Program>, options: &CompileOptions, files: &[DispatchFile]) -> Option<Result<String, Error>> {
    let stages = || Stages::new(program.clone(), options.clone());
    // A module from the cache is binary, so its code comes from another compilation.
    let code = || if files.is_empty() { stages().assembly() } else { stages().assembly_in(files) };
    log::shows_code().then(code)
}

/// Makes a program callable on `device`, by IREE where that is a CPU. The log shows `why`.
pub(crate) fn compile(program: &Arc<Program>, device: &Device, why: &str) -> Result<(Runnable, Timings), Error> {
    let mut timings = Timings::default();
    match device {
        Device::Reference => return Ok((Runnable::Interpreted(program.clone()), timings)),
        Device::Host => return Ok(plan(program, why)),
        Device::Iree(_) => {}
    };
    let start = Instant::now();
    let lowered = lower_for(program, device)?;
    timings.lower = start.elapsed();
    let options = options_for(device);
    // Source lines are left out, so that moving a function does not compile it again.
    let material = lowered.identity();
    let compiling = log::Compiling::start(program, lowered.code(), why);
    let start = Instant::now();
    let text = || Ok::<_, Error>(lowered.text.clone());
    let Cached { module, outcome, files, .. } =
        CompileCache::global().get(&material, program.name(), &options, log::shows_code(), text)?;
    timings.compile = start.elapsed();
    timings.compiled = outcome == CacheOutcome::Compiled;
    let start = Instant::now();
    let runnable = load(program, device, &module, &lowered.signature)?;
    timings.load = start.elapsed();
    compiling.finish(outcome, &timings, code(program, &options, &files));
    Ok((runnable, timings))
}
