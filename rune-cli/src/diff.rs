//! `rune-cli diff`.

use crate::failure::AlreadyReported;
use crate::output::{print_value, to_host};
use crate::random::{self, Random};
use crate::run::compile_for;
use crate::{program, progress, style};
use anyhow::Result;
use clap::Args;
use rune::ir::Op;
use rune::ir::interpret::interpret;
use rune::{Array, DType, Device, Plan, Program, Type, Value, default_device};
use serde_json::json;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::HashMap;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  rune-cli diff f.json g.json
  rune-cli simplify f.json | rune-cli diff f.json -
  rune-cli diff f.json g.json --reference --rtol 1e-3
  rune-cli diff f.json g.json --structure";

/// Compares two programs: their instructions, and their results on random inputs
///
/// Fails if the results differ or cannot be compared. Instructions may differ if the results do not.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Diff {
    /// A program, JSON or text; - is the standard input
    a: PathBuf,
    /// The other program
    b: PathBuf,
    /// Compare only the instructions, and fail if they differ
    #[arg(long)]
    structure: bool,
    /// The maximum difference of results relative to A [default: by dtype, 1e-5 for f32]
    #[arg(long, value_parser = tolerance, allow_hyphen_values = true)]
    rtol: Option<f64>,
    /// The maximum absolute difference of results
    #[arg(long, default_value_t = 1e-8, value_parser = tolerance, allow_hyphen_values = true)]
    atol: f64,
    /// The number of runs, each with new inputs
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    runs: u64,
    /// Use the reference interpreter instead of compiled code
    #[arg(long)]
    reference: bool,
}

fn tolerance(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|t: &f64| *t >= 0.0);
    number.ok_or_else(|| "write a number that is not negative, as 1e-3".to_owned())
}

/// Returns the usual relative difference between two ways to compute the same result.
fn default_tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F64 | DType::C128 => 1e-10,
        DType::F32 | DType::C64 => 1e-5,
        DType::F16 => 1e-2,
        DType::BF16 => 5e-2,
        DType::F8E4M3FN => 0.125,
        DType::F8E5M2 => 0.25,
        DType::Bool | DType::I8 | DType::I16 | DType::I32 | DType::I64 => 0.0,
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => 0.0,
    }
}

impl Diff {
    pub fn run(self, json: bool) -> Result<()> {
        if program::is_stdin(&self.a) && program::is_stdin(&self.b) {
            return Err(crate::failure::usage("diff", "two programs cannot both come from the standard input"));
        }
        let (a, b) = (program::load(&self.a)?, program::load(&self.b)?);
        let lines = compare(&a, &b);
        let same = lines.iter().all(|line| matches!(line, Line::Same(_)));
        // Differences of instructions are reported even if the results cannot be compared.
        let (results, incomparable) = match (!self.structure).then(|| self.results(&a, &b)).transpose() {
            Ok(results) => (results, None),
            Err(error) => (None, Some(error)),
        };
        if json {
            let of = |wanted: fn(&Line) -> Option<&String>| lines.iter().filter_map(wanted).collect::<Vec<_>>();
            let (removed, added) = (of(Line::removed), of(Line::added));
            let value = json!({
                "same_instructions": same, "removed": removed, "added": added,
                "results": results.as_ref().map(|r| r.iter().map(Compared::json).collect::<Vec<_>>()),
            });
            print_value(true, "", value)?;
        } else {
            self.print(&lines, same)?;
            results.iter().flatten().try_for_each(|r| print_value(false, r.text(), json!(null)))?;
        }
        if let Some(error) = incomparable {
            return Err(error);
        }
        let agree = match &results {
            Some(results) => results.iter().all(|r| r.agrees),
            None => same,
        };
        if agree { Ok(()) } else { Err(AlreadyReported.into()) }
    }

    fn print(&self, lines: &[Line], same: bool) -> Result<()> {
        if same {
            return print_value(false, format!("the {} instructions are the same", lines.len()), json!(null));
        }
        let (bold, good, bad, dim) = (style::BOLD, style::GOOD, style::BAD, style::DIM);
        let shown = |path: &PathBuf| program::shown(path);
        print_value(false, format!("{bold}--- {}\n+++ {}{bold:#}", shown(&self.a), shown(&self.b)), json!(null))?;
        // Two lines of context around each difference.
        let differs = |i: usize| lines.get(i).is_some_and(|line| !matches!(line, Line::Same(_)));
        let near = |i: usize| (i.saturating_sub(2)..=i + 2).any(differs);
        let mut left_out = 0;
        for (i, line) in lines.iter().enumerate() {
            let text = match line {
                Line::Same(_) if !near(i) => {
                    left_out += 1;
                    continue;
                }
                Line::Same(text) => format!("  {text}"),
                Line::Removed(text) => format!("{bad}- {text}{bad:#}"),
                Line::Added(text) => format!("{good}+ {text}{good:#}"),
            };
            if left_out > 0 {
                print_value(false, format!("{dim}  … {left_out} the same{dim:#}"), json!(null))?;
                left_out = 0;
            }
            print_value(false, text, json!(null))?;
        }
        if left_out > 0 {
            print_value(false, format!("{dim}  … {left_out} the same{dim:#}"), json!(null))?;
        }
        Ok(())
    }

    /// Compares the results. Returns the largest difference of all runs for each output.
    fn results(&self, a: &Program, b: &Program) -> Result<Vec<Compared>> {
        let list = |types: &[Type]| types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
        let differ = |what: &str, a: &[Type], b: &[Type]| {
            anyhow::ensure!(a == b, "the results cannot be compared: the {what} are {} and {}", list(a), list(b));
            Ok(())
        };
        differ("inputs", a.input_types(), b.input_types())?;
        differ("outputs", &a.output_types(), &b.output_types())?;
        random::check_memory(a)?;
        let device = if self.reference { Device::Reference } else { default_device()? };
        let (first, second) = progress::with_progress("compiling both programs", |_| {
            anyhow::Ok((runnable(a, &device)?, runnable(b, &device)?))
        })?;
        let types = a.output_types();
        let mut all: Vec<Compared> =
            types.into_iter().enumerate().map(|(index, ty)| Compared { index, ty, ..Compared::default() }).collect();
        progress::with_progress("running both programs", |say| {
            for run in 0..self.runs {
                say(&format!("run {}", run + 1));
                let inputs = Random(run).inputs(a.input_types());
                for (compared, (x, y)) in all.iter_mut().zip(first(&inputs)?.iter().zip(&second(&inputs)?)) {
                    let rtol = self.rtol.unwrap_or_else(|| default_tolerance(x.dtype()));
                    compared.add(x, y, rtol, self.atol);
                }
            }
            Ok(all)
        })
    }
}

type Run<'p> = Box<dyn Fn(&[Array]) -> Result<Vec<Array>> + 'p>;

fn runnable<'p>(program: &'p Program, device: &Device) -> Result<Run<'p>> {
    if matches!(device, Device::Reference) {
        return Ok(Box::new(|inputs| Ok(interpret(program, inputs)?)));
    }
    if matches!(device, Device::Host) {
        let plan = Plan::new(&program.simplify());
        return Ok(Box::new(move |inputs| Ok(plan.run(inputs.to_vec())?)));
    }
    let compiled = compile_for(program, device, rune::Opt::Fast)?;
    Ok(Box::new(move |inputs| {
        let values: Vec<Value> = inputs.iter().cloned().map(Value::Host).collect();
        compiled.call_values(&values)?.iter().map(to_host).collect()
    }))
}

/// The difference between corresponding outputs of two programs.
struct Compared {
    index: usize,
    ty: Type,
    absolute: f64,
    relative: f64,
    /// The number of elements that are NaN only in A, only in B, and in both, over all runs.
    nans: [u64; 3],
    agrees: bool,
}

/// Returns the elements. Complex elements become two numbers each.
fn numbers(x: &Array) -> Vec<f64> {
    match x.dtype().is_complex() {
        true => x.to_complex_vec().iter().flat_map(|z| [z.re, z.im]).collect(),
        false => x.to_f64_vec(),
    }
}

impl Default for Compared {
    fn default() -> Compared {
        Compared { index: 0, ty: Type::scalar(DType::F32), absolute: 0.0, relative: 0.0, nans: [0; 3], agrees: true }
    }
}

impl Compared {
    fn add(&mut self, x: &Array, y: &Array, rtol: f64, atol: f64) {
        for (x, y) in numbers(x).into_iter().zip(numbers(y)) {
            if x.is_nan() || y.is_nan() {
                let which = if x.is_nan() && y.is_nan() { 2 } else { usize::from(y.is_nan()) };
                self.nans[which] += 1;
                self.agrees &= which == 2;
                continue;
            }
            if x == y {
                continue;
            }
            let apart = (x - y).abs();
            self.absolute = self.absolute.max(apart);
            self.relative = self.relative.max(apart / x.abs());
            self.agrees &= apart <= atol + rtol * x.abs();
        }
    }
    fn text(&self) -> String {
        let Compared { index, ty, absolute, relative, nans, agrees } = self;
        let (style, verdict) = if *agrees { (style::GOOD, "agrees") } else { (style::BAD, "differs") };
        let mut text = match (*absolute, *agrees) {
            (0.0, true) => format!("output {index}, {ty}: {style}the same{style:#}"),
            (0.0, false) => format!("output {index}, {ty}: {style}{verdict}{style:#}"),
            _ => format!(
                "output {index}, {ty}: {style}{verdict}{style:#}, at most {absolute:.1e} apart, relatively {relative:.1e}"
            ),
        };
        for (count, place) in nans.iter().zip(["A only", "B only", "both"]).filter(|(count, _)| **count > 0) {
            text +=
                &format!(", NaN {} in {place}", if *count == 1 { "once".to_owned() } else { format!("{count} times") });
        }
        text
    }
    fn json(&self) -> serde_json::Value {
        // JSON has no infinity.
        let number = |x: f64| if x.is_finite() { json!(x) } else { json!(x.to_string()) };
        json!({
            "output": self.index, "type": self.ty.to_string(), "agrees": self.agrees,
            "max_abs_error": number(self.absolute), "max_rel_error": number(self.relative),
            "nan_in_a": self.nans[0], "nan_in_b": self.nans[1], "nan_in_both": self.nans[2],
        })
    }
}

/// A line of the instruction diff.
enum Line {
    Same(String),
    Removed(String),
    Added(String),
}

impl Line {
    fn removed(&self) -> Option<&String> {
        if let Line::Removed(text) = self { Some(text) } else { None }
    }
    fn added(&self) -> Option<&String> {
        if let Line::Added(text) = self { Some(text) } else { None }
    }
}

/// Returns the instructions of both programs in one listing. Two instructions are equal if they compute the same from
/// the same inputs. The names of variables do not matter.
fn compare(a: &Program, b: &Program) -> Vec<Line> {
    let mut numbers = Numbers::default();
    let (first, second) = (numbers.of(a), numbers.of(b));
    let (left, right) = (listing(a), listing(b));
    let mut lines = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &first, &second) {
        let (old, new) = (op.old_range(), op.new_range());
        if let DiffOp::Equal { .. } = op {
            lines.extend(left[old].iter().cloned().map(Line::Same));
        } else {
            lines.extend(left[old].iter().cloned().map(Line::Removed));
            lines.extend(right[new].iter().cloned().map(Line::Added));
        }
    }
    lines
}

/// Returns one line per instruction, and one for the outputs.
fn listing(program: &Program) -> Vec<String> {
    // These are the lines of the outermost program, without its head, its constants and its sub-programs.
    let text = program.to_string();
    let own = text.lines().filter_map(|line| line.strip_prefix("    ").filter(|l| !l.starts_with(' ')));
    own.filter(|line| line.contains("= rune.") || line.starts_with("return")).map(str::to_owned).collect()
}

/// Value numbers of variables: equal for equal computations.
#[derive(Default)]
struct Numbers {
    known: HashMap<Known, u64>,
}

#[derive(PartialEq, Eq, Hash)]
enum Known {
    Input(usize, Type),
    Constant(Type, Vec<u8>),
    /// A result of an operation on values with these numbers.
    Result(Op<u64>, usize),
    Outputs(Vec<u64>),
}

impl Numbers {
    fn number(&mut self, known: Known) -> u64 {
        let next = self.known.len() as u64;
        *self.known.entry(known).or_insert(next)
    }
    /// Returns one number per instruction, and one for the outputs.
    fn of(&mut self, program: &Program) -> Vec<u64> {
        let mut vars: Vec<u64> = Vec::with_capacity(program.num_vars());
        for (i, ty) in program.input_types().iter().enumerate() {
            vars.push(self.number(Known::Input(i, ty.clone())));
        }
        for constant in program.constants() {
            let bytes = constant.to_host().map(|array| array.bytes().to_vec()).unwrap_or_default();
            vars.push(self.number(Known::Constant(constant.ty().clone(), bytes)));
        }
        let mut all = Vec::with_capacity(program.instructions().len() + 1);
        for instruction in program.instructions() {
            let op = instruction.op.map(|v| vars[v.index()]);
            all.push(self.number(Known::Result(op.clone(), usize::MAX)));
            for i in 0..instruction.results().len() {
                vars.push(self.number(Known::Result(op.clone(), i)));
            }
        }
        all.push(self.number(Known::Outputs(program.outputs().iter().map(|v| vars[v.index()]).collect())));
        all
    }
}
