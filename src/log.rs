//! `LOG_JIT`: what is compiled, and why.

use crate::Stages;
use crate::compile::Timings;
use once_cell::sync::Lazy;
use rune_iree::{CacheOutcome, CompileOptions};
use rune_trace::{Program, Type};

static LEVEL: Lazy<u8> = Lazy::new(|| {
    std::env::var("LOG_JIT").ok().map_or(0, |v| v.trim().parse().unwrap_or(u8::from(!v.trim().is_empty())))
});

/// A program on its way through the compiler.
pub(crate) struct Compiling<'p> {
    program: &'p Program,
}

/// Of which types the leaves of the arguments are now, and were: `arguments[1]: [64, 784, f32] was [128, 784, f32]`. `None` if the
/// types are the same.
pub(crate) fn changes(paths: &[String], now: &[Type], before: &[Type]) -> Option<String> {
    if now.len() != before.len() {
        return Some(format!("{} tensors in the arguments, and there were {}", now.len(), before.len()));
    }
    /// More of them are counted.
    const SHOWN: usize = 3;
    let changed = (0..now.len()).filter(|&i| now[i] != before[i]);
    let mut said: Vec<String> = changed.map(|i| format!("{}: {} was {}", paths[i], now[i], before[i])).collect();
    let more = said.len().saturating_sub(SHOWN);
    said.truncate(SHOWN);
    if more > 0 {
        said.push(format!("and {more} more"));
    }
    (!said.is_empty()).then(|| said.join(", "))
}

/// Warns of a function that was compiled for all of these, types and structures of arguments, and says what changes.
pub(crate) fn warn_of_many(name: &str, paths: &[String], all: &[(&[Type], u64)]) {
    let (last, structure) = all[all.len() - 1];
    let mut said = Vec::new();
    for (i, path) in paths.iter().enumerate() {
        let mut types: Vec<String> = all.iter().filter_map(|(types, _)| Some(types.get(i)?.to_string())).collect();
        let newest = types.len().saturating_sub(3);
        if types.iter().any(|ty| *ty != last[i].to_string()) {
            types.drain(..newest);
            said.push(format!("{path} was last {}", types.join(", ")));
        }
    }
    if all.iter().any(|(_, s)| *s != structure) {
        said.push("the structure of the arguments".to_owned());
    }
    tracing::warn!(
        "`{name}` was compiled {} times. What changes: {}. Give arguments of few different types, as by padding them; each \
         new one costs a compilation",
        all.len(),
        said.join("; "),
    );
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
    /// Tells what it took; and, if `LOG_JIT` is 2, what code came of it.
    pub fn finish(self, outcome: CacheOutcome, timings: &Timings, options: &CompileOptions) {
        let from = match outcome {
            CacheOutcome::Memory => "found in memory",
            CacheOutcome::Disk => "found on disk",
            CacheOutcome::Compiled => "compiled",
        };
        let Timings { lower, compile, load, .. } = timings;
        tracing::info!(name = self.program.name(), from, ?lower, ?compile, ?load, "ready");
        if *LEVEL > 1 {
            // The cache has the code as a binary only, so it is compiled once more.
            match Stages::new(self.program.clone(), options.clone()).assembly() {
                Ok(assembly) => eprintln!("{assembly}"),
                Err(error) => eprintln!("no code of `{}` to show: {error}\n", self.program.name()),
            }
        }
        if *LEVEL > 0 {
            eprintln!(
                "=============== {}: lowered in {lower:.1?}, {from} in {compile:.1?}, loaded in {load:.1?}\n",
                self.program.name()
            );
        }
    }
}
