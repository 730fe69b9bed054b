//! From a program to compiled code.

use crate::device::Device;
use crate::lower::{lower_for, options_for};
use crate::runnable::{Run, Runnable};
use crate::tiered::Tiered;
use crate::timings::Timings;
use crate::{Engine, Error, Stages, compiled_program, log};
use rune_host::Plan;
use rune_ir::{Program, Value, profile};
use rune_iree::{Arg, CacheOutcome, Cached, CompileCache, Executable};
use std::sync::Arc;
use std::time::Instant;

pub(crate) use rune_lower::Lowered;

/// A compiled program that is loaded on a device of IREE.
pub(crate) struct Loaded {
    pub executable: Executable,
    pub constants: Vec<Value>,
}

impl Run for Loaded {
    fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        Ok(self.executable.call_with(inputs.into_iter().chain(self.constants.iter().map(Arg::Borrow)).collect())?)
    }
    fn run(&self, inputs: &[&Value]) -> Result<Vec<Value>, Error> {
        if self.constants.is_empty() {
            return Ok(self.executable.call(inputs)?);
        }
        let all: smallvec::SmallVec<[&Value; 8]> = inputs.iter().copied().chain(&self.constants).collect();
        Ok(self.executable.call(&all)?)
    }
    fn engine(&self) -> Engine {
        Engine::Iree
    }
    fn loaded(&self) -> Option<&Loaded> {
        Some(self)
    }
}

/// Lowers a program for a device.
pub(crate) fn lower(program: &Program, device: &Device) -> Result<Lowered, Error> {
    lower_for(program, device)
}

/// Makes a program callable on a CPU: by the host engine, and by IREE once that is worth it.
pub(crate) fn tiered(program: &Arc<Program>, plan: Plan, device: &Device) -> Runnable {
    Box::new(Tiered::new(program.clone(), plan, device.clone()))
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
    Ok(Box::new(Loaded { executable, constants: program.constants().to_vec() }))
}

/// Makes a program callable on `device`, which is `loaded_on`. The log shows `why`.
pub(crate) fn compile(
    program: &Arc<Program>,
    device: &Device,
    loaded_on: &Arc<rune_iree::Device>,
    why: &str,
) -> Result<(Runnable, Timings), Error> {
    let mut timings = Timings::default();
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
    Ok((Box::new(Loaded { executable, constants: program.constants().to_vec() }), timings))
}
