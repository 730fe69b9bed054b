//! IREE for rune: compiling StableHLO, keeping what was compiled, and running it.
//!
//! ```text
//! StableHLO text ──compile──▶ CompiledModule ──Executable::load──▶ Executable ──call──▶ Values
//!                CompileCache                   Device, HostCalls
//! ```
//!
//! - [`Target`] and [`CompileOptions`] say for what and how to compile; [`compile`] does it in this process, through
//!   the C interface of `libIREECompiler`, which is loaded when first used; [`CompileCache`] does it once for each key.
//! - [`Device`] is where a module runs, [`Executable`] a function of a loaded module, and [`HostCalls`] the Rust
//!   functions that compiled code may call.
//!
//! All `unsafe` code is in the private module `ffi`.
//!
//! Features, both on unless turned off: `compile` (compiler and cache) and `run` (devices and executables). `cuda` and
//! `vulkan` add those devices.

#[cfg(feature = "compile")]
mod abandon;
#[cfg(feature = "compile")]
mod cache;
#[cfg(feature = "compile")]
mod compiler;
#[cfg(feature = "run")]
mod device;
#[cfg(feature = "compile")]
mod diagnostics;
#[cfg(feature = "compile")]
mod disk_cache;
#[cfg(feature = "compile")]
mod dispatches;
mod environment;
#[cfg(feature = "run")]
mod executable;
mod ffi;
#[cfg(feature = "run")]
mod host_calls;
#[cfg(feature = "compile")]
mod library;
#[cfg(feature = "compile")]
mod linker;
mod module;
#[cfg(feature = "compile")]
mod rejected;
#[cfg(feature = "compile")]
mod report;
#[cfg(feature = "run")]
mod run_error;
mod target;

#[cfg(feature = "compile")]
pub use abandon::abandon_compilations;
#[cfg(feature = "compile")]
pub use cache::{CacheOutcome, Cached, CompileCache, CompileTimings};
#[cfg(feature = "compile")]
pub use compiler::{
    CompileError, CompileOptions, PHASES, compile, compile_to_phase, compile_with_report, compiler_revision,
    dispatch_files,
};
#[cfg(feature = "run")]
pub use device::{Device, DeviceError, MemoryUse};
#[cfg(feature = "compile")]
pub use diagnostics::{Diagnostic, Severity};
#[cfg(feature = "compile")]
pub use disk_cache::CacheEntry;
#[cfg(feature = "compile")]
pub use dispatches::DispatchFile;
#[cfg(feature = "run")]
pub use executable::{Arg, Executable, Signature};
#[cfg(feature = "run")]
pub use ffi::memory::{idle_memory, set_idle_memory_limit};
#[cfg(feature = "run")]
pub use host_calls::{HostCalls, HostFunction};
#[cfg(feature = "compile")]
pub use library::compiler_library;
pub use module::{CompiledModule, ModuleError};
#[cfg(feature = "compile")]
#[doc(hidden)]
pub use rejected::{excerpt, save_rejected};
#[cfg(feature = "compile")]
pub use report::{CompileReport, Statistics};
#[cfg(feature = "run")]
pub use run_error::RunError;
pub use target::{Opt, Target, TargetError};
