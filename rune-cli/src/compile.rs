//! `rune-cli compile`.

use crate::{program, usage};
use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use rune::{CompileOptions, Opt, Precompiled, Target, TargetError};
use std::io::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  rune-cli compile f.json
  rune-cli compile f.json --target llvm-cpu --cpu x86-64-v3 -o f.vmfb
  rune-cli compile f.json --target cuda --arch sm_89
  cat f.rune | rune-cli compile - -o f.vmfb";

/// Compiles a program to a .vmfb file, which `rune-cli run` and `CompiledProgram::load` run.
///
/// Constants of the program go to a file beside it, of the same name with .safetensors added.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Compile {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    /// The compiled module [default: PROGRAM with the ending .vmfb]
    #[arg(short, long, value_name = "OUT.vmfb")]
    output: Option<PathBuf>,
    /// What to compile for
    #[arg(long, value_enum, default_value = "llvm-cpu")]
    target: Backend,
    /// The CPU to compile for: host, generic or a name of LLVM's, as znver4 [default: host]
    #[arg(long, value_name = "CPU")]
    cpu: Option<String>,
    /// The GPU to compile for, as sm_80 (cuda), gfx942 (rocm), rdna3 (vulkan)
    #[arg(long)]
    arch: Option<String>,
    /// The flags of the compiler: those measured to be fast, or its defaults
    #[arg(long, value_enum, default_value = "fast")]
    opt: Flags,
}

#[derive(Clone, Copy, ValueEnum)]
enum Backend {
    LlvmCpu,
    Cuda,
    Metal,
    Vulkan,
    Rocm,
}

#[derive(Clone, Copy, ValueEnum)]
enum Flags {
    Fast,
    Plain,
}

impl Compile {
    pub fn run(self) -> Result<()> {
        let target = self.target()?;
        let opt = match self.opt {
            Flags::Fast => Opt::Fast,
            Flags::Plain => Opt::Plain,
        };
        let output = match &self.output {
            Some(path) => path.clone(),
            None if program::is_stdin(&self.program) => {
                return Err(usage("compile", "a program from the standard input needs --output OUT.vmfb"));
            }
            None => self.program.with_extension("vmfb"),
        };
        // Before the work, not after.
        let folder = output.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            bail!("cannot write {}: there is no folder {}", output.display(), folder.display());
        }
        let program = program::load(&self.program)?;
        let options = CompileOptions { target, opt, ..CompileOptions::default() };
        let compiled = Precompiled::new(&program, &options)?;
        compiled.save(&output)?;
        let timings = compiled.timings();
        let how = if timings.compiled { "compiled" } else { "found in the cache" };
        writeln!(
            std::io::stdout(),
            "{}: {} for {}; lowered in {:.1?}, {how} in {:.1?}",
            output.display(),
            size(compiled.bytes().len()),
            options.target,
            timings.lower,
            timings.compile
        )?;
        Ok(())
    }

    fn target(&self) -> Result<Target> {
        let (cpu, arch) = (self.cpu.as_deref(), self.arch.as_deref());
        let said: Result<Target, TargetError> = match (self.target, cpu, arch) {
            (Backend::LlvmCpu, None | Some("host"), None) => Ok(Target::llvm_cpu()),
            (Backend::LlvmCpu, Some(cpu), None) => Target::llvm_cpu_named(cpu),
            (Backend::LlvmCpu, _, Some(_)) => {
                return Err(usage("compile", "--arch is of GPUs; --cpu names the CPU for --target llvm-cpu"));
            }
            (_, Some(_), _) => return Err(usage("compile", "--cpu goes with --target llvm-cpu only")),
            (Backend::Metal, None, None) => Ok(Target::metal()),
            (Backend::Metal, None, Some(_)) => return Err(usage("compile", "--target metal takes no --arch")),
            (Backend::Cuda, None, None) => "cuda".parse(),
            (Backend::Cuda, None, Some(arch)) => Target::cuda(arch),
            (Backend::Vulkan, None, None) => "vulkan".parse(),
            (Backend::Vulkan, None, Some(arch)) => Target::vulkan(arch),
            (Backend::Rocm, None, None) => "rocm".parse(),
            (Backend::Rocm, None, Some(arch)) => Target::rocm(arch),
        };
        said.map_err(|e| usage("compile", e))
    }
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
