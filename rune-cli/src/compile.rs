//! `rune-cli compile`.

use crate::failure::usage;
use crate::output::{check_folder, tell};
use crate::target::{Backend, TargetOptions};
use crate::units::{bytes, some, time};
use crate::{program, progress};
use anyhow::{Context, Result};
use clap::Args;
use rune::Precompiled;
use serde_json::{Map, json};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  rune-cli compile f.json
  rune-cli compile f.json --target llvm-cpu --cpu x86-64-v3 -o f.vmfb
  rune-cli compile f.json --triple aarch64-unknown-linux-gnu --cpu neoverse-n1
  rune-cli compile f.json --target cuda --arch sm_89
  cat f.rune | rune-cli compile - -o f.vmfb";

/// Compiles a program to a .vmfb file for `rune-cli run` and `CompiledProgram::load`
///
/// Writes the program's constants to a file beside it, with .safetensors appended to the name.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Compile {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    /// The compiled module [default: PROGRAM with the extension .vmfb]
    #[arg(short, long, value_name = "OUT.vmfb")]
    output: Option<PathBuf>,
    #[command(flatten)]
    target: TargetOptions,
}

impl Compile {
    pub fn run(self, json: bool) -> Result<()> {
        let options = self.target.options("compile", Backend::LlvmCpu)?;
        let output = match &self.output {
            Some(path) if program::is_stdin(path) => {
                return Err(usage("compile", "a compiled module needs a file, not the standard output"));
            }
            Some(path) => path.clone(),
            None if program::is_stdin(&self.program) => {
                return Err(usage("compile", "a program from the standard input needs --output OUT.vmfb"));
            }
            None => self.program.with_extension("vmfb"),
        };
        // Before the work, not after it.
        check_folder(&output)?;
        let program = program::load(&self.program)?;
        let what = format!("compiling {} for {}", program::shown(&self.program), options.target);
        let (compiled, stats) = progress::during(&what, |say| {
            Precompiled::recompile(&program, &options, &|phase: &'static str| say(phase))
        })?;
        compiled.save(&output).with_context(|| format!("cannot write {}", output.display()))?;
        let (shown, size, timings) = (output.display(), compiled.bytes().len() as u64, compiled.timings());
        let dispatches = stats.statistics.dispatches;
        let mut text = format!(
            "{shown}: {} for {}, {}",
            bytes(size),
            options.target,
            some(dispatches as usize, "dispatch").replace("dispatchs", "dispatches")
        );
        text += &format!("\nlowered in {}, compiled in {}:", time(timings.lower), time(timings.compile));
        stats.phases.iter().for_each(|(phase, took)| text += &format!("\n  {phase:<26} {:>9}", time(*took)));
        let phases: Map<String, _> =
            stats.phases.iter().map(|(phase, took)| ((*phase).to_owned(), json!(took.as_secs_f64()))).collect();
        let value = json!({
            "file": shown.to_string(), "target": options.target.to_string(), "bytes": size, "dispatches": dispatches,
            "lower_seconds": timings.lower.as_secs_f64(), "compile_seconds": timings.compile.as_secs_f64(),
            "phases_seconds": phases,
        });
        tell(json, text, value)
    }
}
