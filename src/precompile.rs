//! Compiles programs ahead of time, for a target instead of a device of this machine.

use crate::Error;
use crate::compiled_program::{self, CompiledProgram};
use crate::device::Device;
use crate::lower::lower_to;
use crate::stages::{Stats, stats};
use crate::tiered::difference;
use crate::timings::Timings;
use rune_host::Plan;
use rune_ir::{Array, ModuleSignature, Program, Value};
use rune_iree::{Arg, CacheOutcome, CompileCache, CompileOptions, CompiledModule};
use std::path::Path;
use std::time::Instant;

/// A program that is compiled for a target. It can be saved or loaded.
///
/// ```no_run
/// use rune::{CompileOptions, Precompiled, Program, Target};
/// let program = Program::load("f.json")?;
/// let options = CompileOptions::for_target(Target::cuda("sm_80")?);
/// Precompiled::new(&program, &options)?.save("f.vmfb")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Precompiled {
    name: String,
    module: CompiledModule,
    constants: Vec<Value>,
    signature: ModuleSignature,
    timings: Timings,
}

impl Precompiled {
    /// Compiles a program, or finds it in the compile cache.
    ///
    /// # Errors
    /// Returns an error if the target lacks an operation, if the compiler is missing, or if it rejects the program.
    pub fn new(program: &Program, options: &CompileOptions) -> Result<Precompiled, Error> {
        let start = Instant::now();
        let program = program.clone().simplify();
        let lowered = lower_to(&program, &options.target)?;
        let lower = start.elapsed();
        let start = Instant::now();
        let (module, outcome, _) =
            CompileCache::global()
                .get_or_compile(&lowered.identity(), program.name(), options, || lowered.text.clone())?;
        let compiled = outcome == CacheOutcome::Compiled;
        let timings = Timings { lower, compile: start.elapsed(), compiled, ..Timings::default() };
        Ok(Precompiled::of(&program, module, lowered.signature, timings))
    }
    /// Compiles a program even if the cache has it, and also returns statistics. `watch` receives each phase of the
    /// compiler at its start.
    ///
    /// # Errors
    /// Returns an error where [`Precompiled::new`] does.
    pub fn recompile(
        program: &Program,
        options: &CompileOptions,
        watch: &dyn Fn(&'static str),
    ) -> Result<(Precompiled, Stats), Error> {
        let start = Instant::now();
        let program = program.clone().simplify();
        let lowered = lower_to(&program, &options.target)?;
        let lower = start.elapsed();
        let start = Instant::now();
        let cache = CompileCache::global();
        let (module, report) = cache.recompile(&lowered.identity(), program.name(), options, &lowered.text, watch)?;
        let timings = Timings { lower, compile: start.elapsed(), compiled: true, ..Timings::default() };
        let stats = stats(&program, module.bytes().len(), report);
        Ok((Precompiled::of(&program, module, lowered.signature, timings), stats))
    }
    pub(crate) fn of(
        program: &Program,
        module: CompiledModule,
        signature: ModuleSignature,
        timings: Timings,
    ) -> Precompiled {
        let constants = program.constants().to_vec();
        Precompiled { name: program.name().to_owned(), module, constants, signature, timings }
    }
    /// Compares the module with the host engine on the same inputs. The module is compiled from `program` for the CPU
    /// of this machine. Returns a description of the difference, if any: other results, or a failure of compiled code.
    ///
    /// ```no_run
    /// use rune::{Array, CompileOptions, Precompiled, Program};
    /// let program = Program::load("f.json")?;
    /// let compiled = Precompiled::new(&program, &CompileOptions::default())?;
    /// assert_eq!(compiled.check(&program, &[Array::from_slice([2], &[1.0f32, 2.0])])?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the module was compiled for another device, if the inputs do not fit the program, or if the
    /// host engine fails.
    pub fn check(&self, program: &Program, inputs: &[Array]) -> Result<Option<String>, Error> {
        let values: Vec<Value> = inputs.iter().cloned().map(Value::Host).collect();
        let found = match self.load_on(&Device::open("cpu")?)?.call_values(&values) {
            Err(error @ (Error::Argument { .. } | Error::Arguments { .. })) => return Err(error),
            found => found,
        };
        let program = program.simplify();
        let plan = Plan::new(&program);
        let expected: Vec<Value> = plan.run(inputs.to_vec())?.into_iter().map(Value::Host).collect();
        let found = match found {
            Ok(found) => found,
            Err(error) => return Ok(Some(format!("compiled code fails: {error}"))),
        };
        let arguments: Vec<Arg<'_>> = values.iter().map(Arg::Borrow).collect();
        Ok(difference(&program, &arguments, &expected, &found, &|arrays| plan.run(arrays).ok()))
    }
    /// Returns the bytes of the `.vmfb`.
    pub fn bytes(&self) -> &[u8] {
        self.module.bytes()
    }
    /// Returns the times that lowering and compiling took.
    pub fn timings(&self) -> Timings {
        self.timings
    }
    /// Writes a `.vmfb` file, for [`CompiledProgram::load`]. Captured tensors go to a second file, whose name has
    /// `.safetensors` appended. Files are written atomically.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written, if the program calls a function of this process, or if a captured
    /// tensor cannot be copied from its device.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let callback = self.signature.host.iter().find_map(|host| host.op.callback());
        compiled_program::save(&self.module, callback.map(|(_, callback)| callback), &self.constants, path.as_ref())
    }
    /// Loads the program on a device.
    ///
    /// # Errors
    /// Returns an error if it was compiled for another kind of device, or if `device` is the reference interpreter.
    pub fn load_on(&self, device: &Device) -> Result<CompiledProgram, Error> {
        let Device::Iree(device) = device else { return Err(Error::NotCompiled(self.name.clone())) };
        CompiledProgram::new(&self.name, &self.module, &self.constants, self.signature.clone(), device)
    }
}
