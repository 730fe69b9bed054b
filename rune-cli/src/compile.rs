//! `rune-cli compile`.

use crate::failure::usage;
use crate::output::{check_folder, print_value};
use crate::random::{self, Random};
use crate::target::{TargetName, TargetOptions};
use crate::units::{bytes, plural, time};
use crate::{program, progress};
use anyhow::{Context, Result};
use clap::Args;
use rune::{CompileOptions, Precompiled, Program};
use serde_json::{Map, json};
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::time::Duration;

const EXAMPLES: &str = "Examples:
  rune-cli compile f.json
  rune-cli compile f.json --target llvm-cpu --cpu x86-64-v3 -o f.vmfb
  rune-cli compile f.json --triple aarch64-unknown-linux-gnu --cpu neoverse-n1
  rune-cli compile f.json --target cuda --arch sm_89
  rune-cli compile f.json --no-check
  cat f.rune | rune-cli compile - -o f.vmfb";

/// Compiles a program to a .vmfb file for `rune-cli run` and `CompiledProgram::load`
///
/// Writes the program's constants to a second file, named as the first with .safetensors at the end. A module for this
/// machine is first compared with the host engine on random inputs. If the results differ, nothing is written.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Compile {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    /// The compiled module [default: PROGRAM with the extension .vmfb]
    #[arg(short, long, value_name = "OUT.vmfb")]
    output: Option<PathBuf>,
    /// Write the module without comparing its results
    #[arg(long)]
    no_check: bool,
    #[command(flatten)]
    target: TargetOptions,
}

/// The time limit of the comparison. Random inputs may make a loop endless.
const MAX_CHECK: Duration = Duration::from_secs(20);
/// The number of random inputs.
const CHECKS: u64 = 3;

/// The outcome of the comparison.
enum Checked {
    Agrees,
    /// It was not done, for this reason.
    Skipped(String),
}

impl Compile {
    pub fn run(self, json: bool) -> Result<()> {
        let options = self.target.options("compile", TargetName::LlvmCpu)?;
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
        // A missing folder is reported before the work starts.
        check_folder(&output)?;
        let program = program::load(&self.program)?;
        let what = format!("compiling {} for {}", program::shown(&self.program), options.target);
        let (compiled, stats) = progress::with_progress(&what, |say| {
            Precompiled::recompile(&program, &options, &|phase: &'static str| say(phase))
        })?;
        let (compiled, checked) = self.check(compiled, &program, &options)?;
        compiled.save(&output).with_context(|| format!("cannot write {}", output.display()))?;
        let (shown, size, timings) = (output.display(), compiled.bytes().len() as u64, compiled.timings());
        let dispatches = stats.statistics.dispatches;
        let mut text = format!(
            "{shown}: {} for {}, {}",
            bytes(size),
            options.target,
            plural(dispatches as usize, "dispatch").replace("dispatchs", "dispatches")
        );
        text += &format!("\nlowered in {}, compiled in {}:", time(timings.lower), time(timings.compile));
        stats.phases.iter().for_each(|(phase, took)| text += &format!("\n  {phase:<26} {:>9}", time(*took)));
        let phases: Map<String, _> =
            stats.phases.iter().map(|(phase, took)| ((*phase).to_owned(), json!(took.as_secs_f64()))).collect();
        text += &match &checked {
            Checked::Agrees => format!("\nchecked: the host engine computes the same from {CHECKS} random inputs"),
            Checked::Skipped(reason) => format!("\nnot checked: {reason}"),
        };
        let value = json!({
            "checked": matches!(checked, Checked::Agrees),
            "file": shown.to_string(), "target": options.target.to_string(), "bytes": size, "dispatches": dispatches,
            "lower_seconds": timings.lower.as_secs_f64(), "compile_seconds": timings.compile.as_secs_f64(),
            "phases_seconds": phases,
        });
        print_value(json, text, value)
    }

    /// Compares a module with the host engine on random inputs, if it is for this machine.
    fn check(
        &self,
        compiled: Precompiled,
        program: &Program,
        options: &CompileOptions,
    ) -> Result<(Precompiled, Checked)> {
        let reason = if self.no_check {
            Some("--no-check".to_owned())
        } else if !options.target.is_host_cpu() {
            Some("it is not for this machine".to_owned())
        } else if program.has_effects() || program.callback().is_some() {
            Some("it has effects".to_owned())
        } else {
            random::check_memory(program).err().map(|error| error.to_string())
        };
        if let Some(reason) = reason {
            return Ok((compiled, Checked::Skipped(reason)));
        }
        let (sender, receiver) = channel();
        let (checked, program) = (compiled.clone(), program.clone());
        // The comparison has its own thread. If a loop does not end, the thread ends with the process.
        std::thread::spawn(move || {
            let once = |seed: u64| checked.check(&program, &Random(seed).inputs(program.input_types()));
            let difference = (0..CHECKS).try_fold(None, |found, seed| match found {
                None => once(seed),
                found => Ok(found),
            });
            let _ = sender.send(difference);
        });
        let received = progress::with_progress("checking the module", |_| receiver.recv_timeout(MAX_CHECK));
        let checked = match received {
            Ok(Ok(None)) => Checked::Agrees,
            Ok(Ok(Some(difference))) => {
                anyhow::bail!(
                    "what IREE compiled computes other results than the host engine on random inputs ({difference}); nothing is written, \
                     and --no-check writes it nevertheless"
                );
            }
            Ok(Err(error)) => Checked::Skipped(error.to_string()),
            Err(_) => Checked::Skipped(format!("it takes longer than {} s", MAX_CHECK.as_secs())),
        };
        Ok((compiled, checked))
    }
}
