//! `LOG_JIT`: what is compiled, and why.

use crate::Stages;
use crate::compile::Timings;
use once_cell::sync::Lazy;
use rune_iree::{CacheOutcome, CompileOptions, DispatchFile};
use rune_trace::{Program, Type};

static LEVEL: Lazy<u8> = Lazy::new(|| {
    std::env::var("LOG_JIT").ok().map_or(0, |v| v.trim().parse().unwrap_or(u8::from(!v.trim().is_empty())))
});

/// Whether the code of what is compiled is shown.
pub(crate) fn shows_code() -> bool {
    *LEVEL > 1
}

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

/// That a function was compiled for all of these types and structures of arguments, and what changes.
pub(crate) fn many(name: &str, paths: &[String], all: &[(&[Type], u64)]) -> String {
    let (last, structure) = all[all.len() - 1];
    let mut said = Vec::new();
    for (i, path) in paths.iter().enumerate() {
        let mut types: Vec<String> = all.iter().filter_map(|(types, _)| Some(types.get(i)?.to_string())).collect();
        let newest = types.len().saturating_sub(3);
        if types.iter().any(|ty| *ty != last[i].to_string()) {
            types.drain(..newest);
            said.push(format!("{path}, last {}", types.join(", ")));
        }
    }
    if all.iter().any(|(_, s)| *s != structure) {
        said.push("the structure of the arguments".to_owned());
    }
    format!(
        "`{name}` was compiled {} times, and what changes is {}; each new one costs a compilation, and padding makes them fewer",
        all.len(),
        said.join("; "),
    )
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
    pub fn finish(self, outcome: CacheOutcome, timings: &Timings, options: &CompileOptions, files: &[DispatchFile]) {
        let from = match outcome {
            CacheOutcome::Memory => "found in memory",
            CacheOutcome::Disk => "found on disk",
            CacheOutcome::Compiled => "compiled",
        };
        let Timings { lower, compile, load, .. } = timings;
        tracing::info!(name = self.program.name(), from, ?lower, ?compile, ?load, "ready");
        if shows_code() {
            // What comes from the cache is binary, so it is compiled once more.
            let stages = Stages::new(self.program.clone(), options.clone());
            match if files.is_empty() { stages.assembly() } else { stages.assembly_in(files) } {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn types(texts: &[&str]) -> Vec<Type> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn what_changed_is_named() {
        let paths = ["arguments[0]".to_owned(), "arguments[1].w".to_owned()];
        let (a, b) = (types(&["[2, f32]", "[64, 784, f32]"]), types(&["[2, f32]", "[128, 784, f32]"]));
        let expected = "arguments[1].w: [64, 784, f32] was [128, 784, f32]";
        assert_eq!(changes(&paths, &a, &b).as_deref(), Some(expected));
        assert_eq!(changes(&paths, &a, &a), None);
        assert_eq!(changes(&paths, &a, &a[..1]).unwrap(), "2 tensors in the arguments, and there were 1");
    }

    #[test]
    fn what_changes_all_the_time_is_named() {
        let paths = ["arguments[0]".to_owned(), "arguments[1]".to_owned()];
        let all: Vec<Vec<Type>> = (1..=11).map(|n| types(&["[f32]", &format!("[{n}, f32]")])).collect();
        let all: Vec<(&[Type], u64)> = all.iter().map(|types| (&types[..], 0)).collect();
        let said = many("step", &paths, &all);
        assert!(
            said.starts_with(
                "`step` was compiled 11 times, and what changes is arguments[1], last [9, f32], [10, f32], [11, f32];"
            ),
            "{said}"
        );
        let structures = [(all[0].0, 0), (all[0].0, 1)];
        assert!(many("step", &paths, &structures).contains("what changes is the structure of the arguments;"));
    }
}
