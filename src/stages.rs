//! The forms of a program on its way to machine code.

use crate::Error;
use crate::lower::lower_to;
use crate::stage_text::{comment, executables, shorten_binaries, starts};
use rune_ir::Program;
use rune_iree::{
    CompileCache, CompileOptions, CompileReport, DispatchFile, Statistics, compile_to_phase, dispatch_files,
};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A form of a program on its way to machine code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    /// The typed program, as it was traced or loaded.
    Program,
    /// The simplified program, which is compiled.
    Simplified,
    /// The StableHLO module.
    StableHlo,
    /// IREE: the input, converted to `linalg`.
    Input,
    /// IREE: cut into dispatches. Each becomes a kernel.
    Flow,
    /// IREE: the schedule of the dispatches, and their memory.
    Stream,
    /// IREE: commands for the device.
    Hal,
    /// IREE: byte code.
    Vm,
    /// The kernels in LLVM IR, optimized.
    Llvm,
    /// The kernels in the language of the target: assembly on CPUs, else one of the following.
    Asm,
    /// The kernels for NVIDIA devices.
    Ptx,
    /// The kernels for Apple devices.
    Msl,
    /// The kernels for Vulkan devices.
    Spirv,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Stage; 13] = [
        Stage::Program,
        Stage::Simplified,
        Stage::StableHlo,
        Stage::Input,
        Stage::Flow,
        Stage::Stream,
        Stage::Hal,
        Stage::Vm,
        Stage::Llvm,
        Stage::Asm,
        Stage::Ptx,
        Stage::Msl,
        Stage::Spirv,
    ];
    /// Returns the name, such as `stablehlo`.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Program => "program",
            Stage::Simplified => "simplified",
            Stage::StableHlo => "stablehlo",
            Stage::Input => "input",
            Stage::Flow => "flow",
            Stage::Stream => "stream",
            Stage::Hal => "hal",
            Stage::Vm => "vm",
            Stage::Llvm => "llvm",
            Stage::Asm => "asm",
            Stage::Ptx => "ptx",
            Stage::Msl => "msl",
            Stage::Spirv => "spirv",
        }
    }
    /// Returns the backend of a stage that only one backend has, else `None`.
    pub const fn backend(self) -> Option<&'static str> {
        match self {
            Stage::Ptx => Some("cuda"),
            Stage::Msl => Some("metal"),
            Stage::Spirv => Some("vulkan"),
            Stage::Program
            | Stage::Simplified
            | Stage::StableHlo
            | Stage::Input
            | Stage::Flow
            | Stage::Stream
            | Stage::Hal
            | Stage::Vm
            | Stage::Llvm
            | Stage::Asm => None,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no stage with this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a stage; stages are {known}", known = Stage::ALL.map(Stage::name).join(", "))]
pub struct UnknownStage(String);

impl FromStr for Stage {
    type Err = UnknownStage;
    fn from_str(name: &str) -> Result<Stage, UnknownStage> {
        Stage::ALL.into_iter().find(|s| s.name() == name).ok_or_else(|| UnknownStage(name.to_owned()))
    }
}

/// The size and the cost of a compiled program.
#[derive(Clone, Debug)]
pub struct Stats {
    /// The statistics of IREE.
    pub statistics: Statistics,
    /// The peak memory of a call: the bytes of arguments, results, constants and intermediate values.
    pub peak_bytes: u64,
    /// The size of the module.
    pub module_bytes: u64,
    /// The phases of the compiler and their durations.
    pub phases: Vec<(&'static str, std::time::Duration)>,
}

/// All forms of one program for one target. Each is created on demand.
///
/// ```
/// use rune::prelude::*;
/// use rune::Stage;
/// let f = jit(|x: &Tensor| (x * x).sum());
/// let stages = f.lower(&Tensor::ones(4, DType::F32))?.stages();
/// assert!(stages.text(Stage::StableHlo)?.contains("stablehlo.reduce"));
/// assert_eq!(stages.stats()?.statistics.dispatches, 1);
/// # Ok::<(), rune::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stages {
    program: Arc<Program>,
    options: CompileOptions,
}

impl Stages {
    /// Returns the forms of a program under these compile options.
    pub fn new(program: impl Into<Arc<Program>>, options: CompileOptions) -> Stages {
        Stages { program: program.into(), options }
    }

    /// Returns the program in this form.
    ///
    /// # Errors
    /// Returns an error if the target does not have this form, if an operation cannot be lowered, if the compiler is
    /// missing, or if it rejects the program.
    pub fn text(&self, stage: Stage) -> Result<String, Error> {
        match (stage, phase(stage)) {
            (Stage::Program, _) => Ok(self.program.to_string()),
            (Stage::Simplified, _) => Ok(self.program.simplify().to_string()),
            (Stage::StableHlo, _) => Ok(self.lower()?.code().to_owned()),
            (_, Some(phase)) => self.text_after_phase(phase),
            (_, None) => Ok(listing(&self.code(stage)?)),
        }
    }

    /// Returns one dispatch of the program in this form, by its number or its name, such as `main_dispatch_0`.
    ///
    /// # Errors
    /// Returns an error where [`Stages::text`] does, if this stage has no dispatches, or if no dispatch has this name.
    pub fn dispatch(&self, stage: Stage, which: &str) -> Result<String, Error> {
        let named = |name: &str| name == which || name.strip_suffix(which).is_some_and(|n| n.ends_with("_dispatch_"));
        let missing = |names: Vec<&str>| Error::NoDispatch { which: which.to_owned(), known: names.join(", ") };
        match stage {
            Stage::Flow | Stage::Stream | Stage::Vm => {
                let text = self.text_after_phase(stage.name())?;
                let parts = if stage == Stage::Vm { starts(&text) } else { executables(&text, stage.name()) };
                let found = parts.iter().find(|(name, _)| named(name)).map(|(_, text)| text.clone());
                found.ok_or_else(|| missing(parts.iter().map(|(name, _)| *name).collect()))
            }
            Stage::Hal | Stage::Llvm | Stage::Asm | Stage::Ptx | Stage::Msl | Stage::Spirv => {
                let files = self.code(stage)?;
                let found = files.iter().find(|f| named(&f.dispatch)).map(|f| shorten_binaries(&f.text));
                found.ok_or_else(|| missing(files.iter().map(|f| f.dispatch.as_str()).collect()))
            }
            Stage::Program | Stage::Simplified | Stage::StableHlo | Stage::Input => {
                let reason = "dispatches are told apart in flow and what follows".to_owned();
                Err(Error::NoStage { stage, target: self.options.target.to_string(), reason })
            }
        }
    }

    /// Returns the code of the kernels in the language of the target.
    ///
    /// # Errors
    /// Returns an error where [`Stages::text`] does.
    pub fn assembly(&self) -> Result<String, Error> {
        self.text(Stage::Asm)
    }

    /// Returns the statistics of the compiled program. Compiles it on a cache miss.
    ///
    /// # Errors
    /// Returns an error where [`Stages::text`] does.
    pub fn stats(&self) -> Result<Stats, Error> {
        let (lowered, cache, name) = (self.lower()?, CompileCache::global(), self.program.name());
        let (material, text) = (lowered.identity(), || Ok::<_, Error>(lowered.text.clone()));
        let found = cache.get(&material, name, &self.options, false, text)?;
        let (module, report) = match found.report {
            Some(report) => (found.module, report),
            // The cache has the module without its report.
            None => cache.recompile(&material, name, &self.options, &lowered.text, &|_| {})?,
        };
        Ok(stats(&self.program, module.bytes().len(), report))
    }

    fn lower(&self) -> Result<rune_lower::LoweredModule, Error> {
        lower_to(&self.program.simplify(), &self.options.target)
    }
    /// Returns the text after a phase of the compiler.
    fn text_after_phase(&self, phase: &str) -> Result<String, Error> {
        Ok(shorten_binaries(&compile_to_phase(&self.lower()?.text, self.program.name(), &self.options, phase)?))
    }
    /// Returns the code of the kernels, from the files of an earlier compilation.
    pub(crate) fn assembly_in(&self, files: &[DispatchFile]) -> Result<String, Error> {
        let kind = self.kind(Stage::Asm)?;
        Ok(listing(&files.iter().filter(|f| f.kind == kind).cloned().collect::<Vec<_>>()))
    }
    /// Returns the files of all dispatches, in the form of a late stage.
    fn code(&self, stage: Stage) -> Result<Vec<DispatchFile>, Error> {
        let kind = self.kind(stage)?;
        let files = dispatch_files(&self.lower()?.text, self.program.name(), &self.options)?;
        Ok(files.into_iter().filter(|f| f.kind == kind).collect())
    }
    /// Returns the extension of the files of a late stage.
    fn kind(&self, stage: Stage) -> Result<&'static str, Error> {
        let backend = self.options.target.backend();
        let absent =
            |reason: &str| Error::NoStage { stage, target: self.options.target.to_string(), reason: reason.to_owned() };
        if let Some(only) = stage.backend().filter(|&b| b != backend) {
            return Err(absent(&format!("only the target {only} has it")));
        }
        Ok(match (stage, backend) {
            (Stage::Hal, _) => "mlir",
            (Stage::Llvm, "llvm-cpu" | "cuda" | "rocm") => "optimized.ll",
            (Stage::Llvm, _) => return Err(absent("its code does not come from LLVM")),
            (_, "llvm-cpu") => "s",
            (_, "cuda") => "ptx",
            (_, "metal") => "metal",
            (_, "vulkan") => "spirv.mlir",
            (_, _) => "rocmasm",
        })
    }
}

/// Returns the text of all dispatches, each under its name.
fn listing(files: &[DispatchFile]) -> String {
    let heading = |f: &DispatchFile| format!("{} {}\n{}\n", comment(f.kind), f.dispatch, f.text.trim_end());
    files.iter().map(heading).collect::<Vec<_>>().join("\n")
}

pub(crate) fn stats(program: &Program, module_bytes: usize, report: CompileReport) -> Stats {
    let bytes = |types: &[rune_trace::Type]| types.iter().map(|ty| ty.bytes() as u64).sum::<u64>();
    let constants = program.constants().iter().map(|c| c.ty().bytes() as u64).sum::<u64>();
    let CompileReport { phases, statistics } = report;
    let held = statistics.transient_bytes + statistics.constant_bytes;
    Stats {
        peak_bytes: bytes(program.input_types()) + constants + bytes(&program.output_types()) + held,
        statistics,
        module_bytes: module_bytes as u64,
        phases,
    }
}

/// Returns the phase of the compiler after which a stage is printed.
fn phase(stage: Stage) -> Option<&'static str> {
    match stage {
        Stage::Input | Stage::Flow | Stage::Stream | Stage::Hal | Stage::Vm => Some(stage.name()),
        Stage::Program
        | Stage::Simplified
        | Stage::StableHlo
        | Stage::Llvm
        | Stage::Asm
        | Stage::Ptx
        | Stage::Msl
        | Stage::Spirv => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_read_as_they_are_written() {
        for stage in Stage::ALL {
            assert_eq!(stage.to_string().parse(), Ok(stage));
        }
        let error = "vmfb".parse::<Stage>().unwrap_err().to_string();
        assert!(error.starts_with("`vmfb` is not a stage; stages are program, simplified, stablehlo,"), "{error}");
    }
}
