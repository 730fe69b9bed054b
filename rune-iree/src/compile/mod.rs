//! Compiles StableHLO to modules in separate processes, and caches the modules.

mod abandon;
mod cache;
mod cache_directory;
mod child;
mod diagnostics;
mod dispatches;
mod error;
mod excerpt;
mod invocation;
mod library;
mod limits;
mod messages;
mod options;
mod phases;
mod rejected;
mod report;
mod uncached;

pub use abandon::abandon_compilations;
pub use cache::{CacheEntry, CacheOutcome, Cached, CompileCache, CompileTimings, Verdict};
pub use diagnostics::{Diagnostic, Severity};
pub use dispatches::DispatchFile;
pub use error::CompileError;
pub use excerpt::excerpt;
pub use library::{compiler_library, compiler_revision};
pub use options::CompileOptions;
pub use phases::PHASES;
pub use rejected::save_rejected;
pub use report::{CompileReport, Statistics};
pub use uncached::{compile, compile_to_phase, compile_with_report, dispatch_files};
