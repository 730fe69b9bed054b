//! `LOG_JIT`: what is compiled, and why.

use crate::compile::Timings;
use once_cell::sync::Lazy;
use rune_iree::CacheOutcome;
use rune_trace::Program;

static LEVEL: Lazy<u8> = Lazy::new(|| {
    std::env::var("LOG_JIT").ok().map_or(0, |v| v.trim().parse().unwrap_or(u8::from(!v.trim().is_empty())))
});

/// A program on its way through the compiler.
pub(crate) struct Compiling<'p> {
    program: &'p Program,
}

impl<'p> Compiling<'p> {
    /// Tells, if `LOG_JIT` is set, that `program` is compiled to `code`.
    pub fn start(program: &'p Program, code: &str, why: &str) -> Compiling<'p> {
        tracing::debug!(name = program.name(), instructions = program.instructions().len(), why, "compiling");
        if *LEVEL > 0 {
            eprintln!("---- {} codegen: ({why})\n\n{program}\n\n{code}", program.name());
        }
        Compiling { program }
    }
    /// Tells what it took.
    pub fn finish(self, outcome: CacheOutcome, timings: &Timings) {
        let from = match outcome {
            CacheOutcome::Memory => "found in memory",
            CacheOutcome::Disk => "found on disk",
            CacheOutcome::Compiled => "compiled",
        };
        let Timings { lower, compile, load, .. } = timings;
        tracing::info!(name = self.program.name(), from, ?lower, ?compile, ?load, "ready");
        if *LEVEL > 0 {
            eprintln!(
                "=============== {}: lowered in {lower:.1?}, {from} in {compile:.1?}, loaded in {load:.1?}\n",
                self.program.name()
            );
        }
    }
}
