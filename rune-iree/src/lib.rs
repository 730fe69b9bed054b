//! IREE for rune: compiles StableHLO, caches compiled modules, and runs them.
//!
//! ```text
//! StableHLO text ──compile──▶ CompiledModule ──Executable::load──▶ Executable ──call──▶ Values
//!                CompileCache                   Device, HostCalls
//! ```
//!
//! - `compile/`: [`compile()`] compiles for the [`Target`] and with the flags of [`CompileOptions`], in a child
//!   process, the executable `iree-compile`. [`CompileCache`] compiles each program once.
//! - `run/`: a module runs on a [`Device`], [`Executable`] is a function of a loaded module, and [`HostCalls`] are the
//!   Rust functions that compiled code may call.
//! - `ffi/`: all `unsafe` code.
//!
//! The features `compile` (compiler and cache) and `run` (devices and executables) are on by default. `cuda` and
//! `vulkan` add those devices.

#[cfg(feature = "compile")]
mod compile;
mod cpu;
#[cfg(any(feature = "compile", feature = "run"))]
mod environment;
mod ffi;
mod module;
#[cfg(feature = "run")]
mod run;
mod target;

#[cfg(feature = "compile")]
pub use compile::{
    CacheEntry, CacheOutcome, Cached, CompileCache, CompileError, CompileOptions, CompileReport, CompileTimings,
    Diagnostic, DispatchFile, PHASES, Severity, Statistics, Verdict, abandon_compilations, compile, compile_to_phase,
    compile_with_report, compiler_library, compiler_revision, dispatch_files,
};
#[cfg(feature = "compile")]
#[doc(hidden)]
pub use compile::{excerpt, save_rejected};
pub use cpu::{CpuMismatch, ModuleCpu};
#[cfg(feature = "run")]
pub use ffi::memory::{idle_memory, set_idle_memory_limit};
pub use module::{CompiledModule, ModuleError};
#[cfg(feature = "run")]
#[doc(hidden)]
pub use run::buffer_address;
#[cfg(feature = "run")]
pub use run::{
    Device, DeviceError, DeviceInfo, DeviceKind, Executable, HostCalls, HostFunction, MemoryUse, RunError, Signature,
};
#[cfg(feature = "run")]
#[doc(no_inline)]
pub use rune_ir::Arg;
pub use target::{Opt, Target, TargetError, VulkanFeatures};
