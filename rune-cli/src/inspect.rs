//! `rune-cli inspect`.

use crate::failure::usage;
use crate::target::{TargetName, TargetOptions};
use crate::{graph, output, program, progress, stats, style};
use anyhow::{Context, Result};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use rune::ir::{ProgramBuilder, Var};
use rune::{Program, Stage, Stages};
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  rune-cli inspect f.json
  rune-cli inspect f.json --stage stablehlo
  rune-cli inspect f.json --stage asm --dispatch 0
  rune-cli inspect f.json --stage ptx --arch sm_89
  rune-cli inspect f.json --stats
  rune-cli inspect f.json --op 3 --stage llvm
  rune-cli inspect f.json --graph f.html

Stages:
  program, simplified            the typed program, as it is and as it is compiled
  stablehlo                      what goes to IREE
  input, flow, stream, hal, vm   IREE's own forms: linalg, dispatches, schedule, commands, byte code
  llvm, asm                      the kernels in LLVM's form, and as assembly of the target
  ptx, msl, spirv                the kernels for cuda, metal and vulkan";

/// Shows a program at any stage of compilation
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Inspect {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    /// The stage to show [default: program]
    #[arg(long, value_parser = stages(), hide_possible_values = true)]
    stage: Option<Stage>,
    /// Show only this instruction, counted from 0
    #[arg(long, value_name = "N")]
    op: Option<usize>,
    /// Show only this dispatch, by number or name, in flow, stream, hal, vm, llvm, asm, ptx, msl and spirv
    #[arg(long, value_name = "N")]
    dispatch: Option<String>,
    /// Show operations, work, memory and dispatches instead of a stage
    #[arg(long, conflicts_with_all = ["stage", "dispatch"])]
    stats: bool,
    /// Draw the program to OUT.svg or OUT.html instead
    #[arg(long, value_name = "OUT", conflicts_with_all = ["stage", "dispatch", "stats"])]
    graph: Option<PathBuf>,
    #[command(flatten)]
    target: TargetOptions,
}

impl Inspect {
    pub fn run(self, json: bool) -> Result<()> {
        let stage = self.stage.unwrap_or(Stage::Program);
        let backend = match stage.backend() {
            Some("cuda") => TargetName::Cuda,
            Some("metal") => TargetName::Metal,
            Some("vulkan") => TargetName::Vulkan,
            Some(_) | None => TargetName::LlvmCpu,
        };
        let options = self.target.options("inspect", backend)?;
        if self.dispatch.is_some()
            && matches!(stage, Stage::Program | Stage::Simplified | Stage::StableHlo | Stage::Input)
        {
            return Err(usage("inspect", format!("--dispatch works with flow and later stages, not with {stage}")));
        }
        if let Some(only) = stage.backend().filter(|&only| only != options.target.backend()) {
            return Err(usage("inspect", format!("--stage {stage} needs --target {only}")));
        }
        let mut program = program::load(&self.program)?;
        let shown = program::shown(&self.program);
        if let Some(n) = self.op {
            program =
                single_instruction(&program, n).with_context(|| format!("cannot show instruction {n} of {shown}"))?;
        }
        if let Some(path) = &self.graph {
            return progress::with_progress(&format!("drawing {shown}"), |_| graph::draw(&program, path));
        }
        if self.stats {
            return stats::show(&program, &shown, &options, json);
        }
        let target = options.target.to_string();
        let text = match (stage, self.op) {
            // For a single instruction, its origin is shown too.
            (Stage::Program, Some(_)) => format!("{program:#}"),
            _ => progress::with_progress(&format!("compiling {shown} to {stage}"), |_| {
                let stages = Stages::new(program, options);
                match &self.dispatch {
                    Some(which) => stages.dispatch(stage, which),
                    None => stages.text(stage),
                }
            })?,
        };
        let is_program = matches!(stage, Stage::Program | Stage::Simplified);
        let styled = if is_program { style::program(&text) } else { text.clone() };
        output::print_value(json, styled.trim_end(), json!({ "stage": stage.name(), "target": target, "text": text }))
    }
}

/// Returns the parser of stage names, which completions list.
fn stages() -> impl TypedValueParser<Value = Stage> {
    PossibleValuesParser::new(Stage::ALL.map(Stage::name)).try_map(|name| name.parse::<Stage>())
}

/// Returns the program of one instruction, with its operands as inputs.
fn single_instruction(program: &Program, n: usize) -> Result<Program> {
    let count = program.instructions().len();
    let instruction = program.instructions().get(n).with_context(|| format!("it has {count}, counted from 0"))?;
    let mut inputs: Vec<Var> = Vec::new();
    for &v in instruction.op.operands() {
        if !inputs.contains(&v) {
            inputs.push(v);
        }
    }
    let types = inputs.iter().map(|&v| program.ty(v).clone()).collect();
    let mut builder = ProgramBuilder::new(instruction.op.name(), types, Vec::new());
    let op = instruction.op.map(|v| Var(inputs.iter().position(|i| i == v).unwrap_or_default() as u32));
    let results = builder.push(op, instruction.origin.clone())?;
    Ok(builder.finish(results.to_vec())?)
}
