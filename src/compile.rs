//! Compiles programs.

use crate::device::Device;
use crate::lower::options_for;
use crate::runnable::{Loaded, Runnable};
use crate::timings::Timings;
use crate::{Error, Stages, compiled_program, log};
use rune_ir::{ModuleSignature, Program, profile};
use rune_iree::{CacheOutcome, Cached, CompileCache, CompileOptions, CompiledModule, DispatchFile};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(crate) use crate::lower::lower_for as lower;
pub(crate) use rune_lower::LoweredModule;

/// Returns whether the compiler works but rejects this program. If so, it logs a warning.
pub(crate) fn warn_if_of_program(program: &Program, error: &Error) -> bool {
    let is = matches!(error, Error::Lower(_)) || matches!(error, Error::Compile(error) if error.is_of_program());
    if is {
        warn_of_host(program, error);
    }
    is
}

/// Warns once for each function that the host engine runs it, and names the operation that is the reason.
fn warn_of_host(program: &Program, error: &Error) {
    static WARNED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if !WARNED.lock().unwrap_or_else(PoisonError::into_inner).insert(program.name().to_owned()) {
        return;
    }
    let shown =
        if let Error::Compile(error) = error { error.summary() } else { rune_iree::excerpt(&error.to_string(), 2) };
    tracing::warn!("`{}` runs on the host engine: {shown}", program.name());
}

/// Compiles a lowered program for the IREE device `device`, at the lowest priority, as long as `wanted` returns true.
/// `lower` is the time that lowering took. The log shows `why`.
pub(crate) fn compile_in_background(
    program: &Arc<Program>,
    device: &Device,
    (lowered, lower): (&LoweredModule, Duration),
    why: &str,
    wanted: &dyn Fn() -> bool,
) -> Result<Runnable, Error> {
    let (cache, options, name) = (CompileCache::global(), options_for(device), program.name());
    let (material, files) = (lowered.identity(), log::shows_code());
    let compiling = log::Compiling::start(program, lowered.code(), why);
    let start = Instant::now();
    let _span = profile::span("compile", || program.name().to_owned());
    let text = || Ok::<_, Error>(lowered.text.clone());
    let Cached { module, outcome, files, .. } =
        cache.get_in_background(&material, name, &options, files, wanted, text)?;
    let mut timings = Timings { lower, compile: start.elapsed(), ..Timings::default() };
    timings.compiled = outcome == CacheOutcome::Compiled;
    let start = Instant::now();
    let runnable = load(program, device, &module, &lowered.signature)?;
    timings.load = start.elapsed();
    compiling.finish(outcome, &timings, code(program, &options, &files));
    Ok(runnable)
}

/// Loads the compiled module of a program.
pub(crate) fn load(
    program: &Program,
    device: &Device,
    module: &CompiledModule,
    signature: &ModuleSignature,
) -> Result<Runnable, Error> {
    let Device::Iree(device) = device else { return Err(Error::NotCompiled(program.name().to_owned())) };
    let loc = program.instructions().iter().find_map(|instruction| instruction.origin.loc.clone());
    let executable = compiled_program::load((program.name(), loc), module, device, signature)?;
    let constants = compiled_program::constants_on(device, program.constants())?;
    Ok(Box::new(Loaded { executable, constants }))
}

/// Returns the machine code for the log, if the log shows it.
fn code(program: &Arc<Program>, options: &CompileOptions, files: &[DispatchFile]) -> Option<Result<String, Error>> {
    let stages = || Stages::new(program.clone(), options.clone());
    // A module from the cache is binary, so its code needs another compilation.
    let code = || if files.is_empty() { stages().assembly() } else { stages().assembly_in(files) };
    log::shows_code().then(code)
}

/// Makes a program callable on the IREE device `device`. The log shows `why`.
pub(crate) fn compile(
    program: &Arc<Program>,
    device: &Device,
    _: &Arc<rune_iree::Device>,
    why: &str,
) -> Result<(Runnable, Timings), Error> {
    let mut timings = Timings::default();
    let start = Instant::now();
    let lowered = lower(program, device)?;
    timings.lower = start.elapsed();
    let options = options_for(device);
    // The key omits source lines, so that moving a function does not compile it again.
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
    let runnable = load(program, device, &module, &lowered.signature)?;
    timings.load = start.elapsed();
    compiling.finish(outcome, &timings, code(program, &options, &files));
    Ok((runnable, timings))
}
