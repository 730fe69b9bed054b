//! Compilation targets on the command line.

use crate::failure::usage;
use anyhow::Result;
use clap::{Args, ValueEnum};
use rune::{CompileOptions, Opt, Target, TargetError};

#[derive(Args)]
pub struct TargetOptions {
    /// The target to compile for [default: llvm-cpu]
    #[arg(long, value_enum)]
    target: Option<TargetName>,
    /// The CPU to compile for: host, generic, or one of LLVM's names, such as znver4 [default: host, or generic with
    /// --triple]
    #[arg(long, value_name = "CPU")]
    cpu: Option<String>,
    /// The machine to compile for, such as aarch64-unknown-linux-gnu
    #[arg(long, value_name = "TRIPLE")]
    triple: Option<String>,
    /// The GPU to compile for, such as sm_80 (cuda), gfx942 (rocm), rdna3 (vulkan)
    #[arg(long)]
    arch: Option<String>,
    /// The compiler flags: those measured to be fast, or the compiler's defaults
    #[arg(long, value_enum, default_value = "fast")]
    opt: Flags,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TargetName {
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

impl TargetOptions {
    /// Returns the options for a subcommand; `default` is the default target.
    pub fn options(&self, subcommand: &'static str, default: TargetName) -> Result<CompileOptions> {
        let opt = match self.opt {
            Flags::Fast => Opt::Fast,
            Flags::Plain => Opt::Plain,
        };
        let target = self.target(subcommand, self.target.unwrap_or(default))?;
        Ok(CompileOptions { target, opt, ..CompileOptions::default() })
    }

    fn target(&self, subcommand: &'static str, backend: TargetName) -> Result<Target> {
        let (cpu, arch) = (self.cpu.as_deref(), self.arch.as_deref());
        let wrong = |message: &str| Err(usage(subcommand, message));
        if backend != TargetName::LlvmCpu && (cpu.is_some() || self.triple.is_some()) {
            return wrong("--cpu and --triple need --target llvm-cpu");
        }
        let target: Result<Target, TargetError> = match (backend, arch) {
            (TargetName::LlvmCpu, None) => match (cpu, &self.triple) {
                (None | Some("host"), None) => Ok(Target::llvm_cpu()),
                (Some(cpu), None) => Target::llvm_cpu_named(cpu),
                (Some("host"), Some(_)) => return wrong("--cpu host is this machine, and --triple names another one"),
                (cpu, Some(triple)) => {
                    let generic = if triple.starts_with("riscv64") { "generic-rv64" } else { "generic" };
                    Target::llvm_cpu_cross(cpu.unwrap_or(generic), triple)
                }
            },
            (TargetName::LlvmCpu, Some(_)) => {
                return wrong("--arch is of GPUs; --cpu names the CPU for --target llvm-cpu");
            }
            (TargetName::Metal, None) => Ok(Target::metal()),
            (TargetName::Metal, Some(_)) => return wrong("--target metal takes no --arch"),
            (TargetName::Cuda, None) => "cuda".parse(),
            (TargetName::Cuda, Some(arch)) => Target::cuda(arch),
            (TargetName::Vulkan, None) => "vulkan".parse(),
            (TargetName::Vulkan, Some(arch)) => Target::vulkan(arch),
            (TargetName::Rocm, None) => "rocm".parse(),
            (TargetName::Rocm, Some(arch)) => Target::rocm(arch),
        };
        target.map_err(|e| usage(subcommand, e))
    }
}
