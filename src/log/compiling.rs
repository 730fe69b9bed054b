//! The log of the compiler.

use super::LEVEL;
use crate::Error;
use crate::timings::Timings;
use rune_ir::Program;
use rune_iree::CacheOutcome;

/// Logs, if `LOG_JIT` is set, a change of a program's tier while its calls continue.
pub(crate) fn background(program: &Program, what: &str, why: &str) {
    tracing::debug!(name = program.name(), what, why, "tier");
    if *LEVEL > 0 {
        eprintln!("=============== {}: {what} ({why})\n", program.name());
    }
}

/// A program that is being compiled.
pub(crate) struct Compiling<'p> {
    program: &'p Program,
}

impl<'p> Compiling<'p> {
    /// Logs that `program` is being compiled from the StableHLO `code`, and why.
    pub fn start(program: &'p Program, code: &str, why: &str) -> Compiling<'p> {
        tracing::debug!(name = program.name(), instructions = program.instructions().len(), why, "compiling");
        if *LEVEL > 0 {
            eprintln!("---- {} codegen: ({why})\n\n{program}\n\n{code}", program.name());
        }
        Compiling { program }
    }
    /// Logs the times and, if `LOG_JIT` is 2, the machine code.
    pub fn finish(self, outcome: CacheOutcome, timings: &Timings, code: Option<Result<String, Error>>) {
        let from = match outcome {
            CacheOutcome::Memory => "found in memory",
            CacheOutcome::Disk => "found on disk",
            CacheOutcome::Compiled => "compiled",
        };
        let Timings { lower, compile, load, .. } = timings;
        tracing::info!(name = self.program.name(), from, ?lower, ?compile, ?load, "ready");
        match code {
            None => {}
            Some(Ok(assembly)) => eprintln!("{assembly}"),
            Some(Err(error)) => eprintln!("no code of `{}` to show: {error}\n", self.program.name()),
        }
        if *LEVEL > 0 {
            eprintln!(
                "=============== {}: lowered in {lower:.1?}, {from} in {compile:.1?}, loaded in {load:.1?}\n",
                self.program.name()
            );
        }
    }
}
