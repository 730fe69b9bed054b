//! `rune-cli grad` and the other transformations, from program to program.

use crate::failure::usage;
use crate::output::{Output, check_folder};
use crate::{program, progress};
use anyhow::{Result, anyhow};
use clap::Args;
use rune::ProgramExt;
use rune::{DerivativeError, Program};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::PathBuf;
use std::str::FromStr;

pub const GRAD: &str = "Differentiates a program with one float scalar output: returns the gradient";
pub const VALUE_AND_GRAD: &str =
    "Differentiates a program with one float scalar output: returns its value and the gradient";
pub const GRAD_EXAMPLES: &str = "Examples:
  rune-cli grad f.json -o df.json                    by input 0
  rune-cli value-and-grad loss.json --argnums 0-3    by inputs 0, 1, 2 and 3
  rune-cli grad f.json | rune-cli grad - | rune-cli simplify -";
pub const JVP: &str = "Forward mode: takes the inputs, then their tangents; returns the outputs, then their tangents";
pub const JVP_EXAMPLES: &str = "Examples:
  rune-cli jvp f.json -o tangents.json
  rune-cli jvp f.json --argnums 1 | rune-cli run - -i f32=2 -i f32=3 -i f32=1";
pub const VJP: &str = "Reverse mode: takes the inputs, then the cotangents of the outputs; returns the outputs, then the cotangents of the inputs";
pub const VJP_EXAMPLES: &str = "Examples:
  rune-cli vjp f.json -o pullback.json
  rune-cli vjp f.json --argnums 0,2";
pub const TRANSPOSE: &str = "Transposes a program that is linear in some inputs: takes the other inputs, then the cotangents of the outputs; returns the cotangents of the linear inputs";
pub const TRANSPOSE_EXAMPLES: &str = "Examples:
  rune-cli transpose linear.json --argnums 0
  rune-cli linearize f.json --forward f_forward.json | rune-cli transpose - --argnums 0";

/// Positions of inputs: `0,2-4`, or `floats` for all float inputs.
#[derive(Clone, Debug)]
pub enum Argnums {
    Floats,
    These(Vec<usize>),
}

impl FromStr for Argnums {
    type Err = String;
    fn from_str(text: &str) -> Result<Argnums, String> {
        /// No program has more inputs.
        const MAX_NUMBER: usize = 1 << 20;
        if text == "floats" {
            return Ok(Argnums::Floats);
        }
        let invalid = |part: &str| format!("`{part}` is not an input position; write positions as 0,2-4, or floats");
        let mut all = Vec::new();
        for part in text.split(',') {
            let number =
                |n: &str| n.trim().parse::<usize>().ok().filter(|&n| n < MAX_NUMBER).ok_or_else(|| invalid(part));
            match part.split_once('-') {
                Some((from, to)) => all.extend(number(from)?..=number(to)?),
                None => all.push(number(part)?),
            }
        }
        Ok(Argnums::These(all))
    }
}

impl Argnums {
    fn of(&self, program: &Program) -> Vec<usize> {
        match self {
            Argnums::These(all) => all.clone(),
            Argnums::Floats => {
                let types = program.input_types();
                (0..types.len()).filter(|&i| types[i].dtype.is_float()).collect()
            }
        }
    }
}

/// Simplifies a program: removes unused, duplicate, constant and redundant computations
///
/// The results stay the same bit for bit, except for NaN payloads.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  rune-cli simplify f.json -o f.simple.json\n  rune-cli grad f.json | rune-cli simplify -"
)]
pub struct Simplify {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    #[command(flatten)]
    output: Output,
}

impl Simplify {
    pub fn run(self, json: bool) -> Result<()> {
        self.output.check()?;
        let program = program::load(&self.program)?;
        let simple = progress::with_progress("simplifying", |_| program.simplify());
        self.output.write(&simple, json)
    }
}

#[derive(Args)]
pub struct Gradient {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    /// The inputs to differentiate with respect to, counted from 0: 0,2-4, or floats for all float inputs
    #[arg(long, default_value = "0")]
    argnums: Argnums,
    #[command(flatten)]
    output: Output,
}

impl Gradient {
    pub fn run(self, value: bool, json: bool) -> Result<()> {
        self.output.check()?;
        let program = program::load(&self.program)?;
        let made = catch_panic(|| program.grad(&self.argnums.of(&program), value))?;
        self.output.write(&made, json)
    }
}

#[derive(Args)]
pub struct Derivative {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    /// The inputs concerned, counted from 0: 0,2-4, or floats for all float inputs
    #[arg(long, default_value = "floats")]
    argnums: Argnums,
    #[command(flatten)]
    output: Output,
}

impl Derivative {
    pub fn jvp(self, json: bool) -> Result<()> {
        self.run(Program::jvp, json)
    }
    pub fn vjp(self, json: bool) -> Result<()> {
        self.run(Program::vjp, json)
    }
    pub fn transpose(self, json: bool) -> Result<()> {
        self.run(Program::transpose, json)
    }
    fn run(self, transform: fn(&Program, &[usize]) -> Result<Program, DerivativeError>, json: bool) -> Result<()> {
        self.output.check()?;
        let program = program::load(&self.program)?;
        let made = catch_panic(|| transform(&program, &self.argnums.of(&program)))?;
        self.output.write(&made, json)
    }
}

/// Linearizes a program: returns the linear function from input tangents to output tangents
///
/// The linear function takes the tangents of the inputs, then the residuals, which describe the point. The other part
/// computes the residuals: it takes the inputs and returns the outputs, then the residuals.
#[derive(Args)]
#[command(after_help = "Examples:
  rune-cli linearize f.json --forward f_forward.json -o f_linear.json
  rune-cli linearize f.json --forward f_forward.json | rune-cli transpose - --argnums 0")]
pub struct Linearize {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    /// The inputs with tangents, counted from 0: 0,2-4, or floats for all float inputs
    #[arg(long, default_value = "floats")]
    argnums: Argnums,
    /// The file for the part that returns the outputs, then the residuals
    #[arg(long, value_name = "OUT")]
    forward: PathBuf,
    #[command(flatten)]
    output: Output,
}

impl Linearize {
    pub fn run(self, json: bool) -> Result<()> {
        if program::is_stdin(&self.forward) && program::is_stdin(&self.output.output) {
            return Err(usage("linearize", "two programs cannot both go to the standard output; name a file for one"));
        }
        self.output.check()?;
        check_folder(&self.forward)?;
        let program = program::load(&self.program)?;
        let (forward, linear) = catch_panic(|| program.linearize(&self.argnums.of(&program)))?;
        Output { output: self.forward, to: self.output.to }.write(&forward, json)?;
        self.output.write(&linear, json)
    }
}

/// Axes of inputs or outputs: `0,none,-1`; a single axis applies to all.
#[derive(Clone, Debug)]
pub struct Axes(Vec<Option<i64>>);

impl FromStr for Axes {
    type Err = String;
    fn from_str(text: &str) -> Result<Axes, String> {
        let axis = |part: &str| match part.trim() {
            "none" => Ok(None),
            part => part.parse().map(Some).map_err(|_| format!("`{part}` is not an axis; write axes as 0,none,-1")),
        };
        text.split(',').map(axis).collect::<Result<_, _>>().map(Axes)
    }
}

impl Axes {
    fn of(&self, count: usize) -> Vec<Option<i64>> {
        match self.0[..] {
            [one] => vec![one; count],
            _ => self.0.clone(),
        }
    }
}

/// Batches a program: the result applies the program to many batch elements at once
#[derive(Args)]
#[command(after_help = "Examples:
  rune-cli vmap f.json --size 32
  rune-cli vmap f.json --size 32 --in-axes 0,none --out-axes 0
  rune-cli grad loss.json | rune-cli vmap - --size 32 --in-axes none,0    gradients of each example")]
pub struct Vmap {
    /// The program, JSON or text; - is the standard input
    program: PathBuf,
    /// The batch size
    #[arg(long)]
    size: usize,
    /// The batch axis of each input: a position, or none for an unbatched input; one for all, or one per input
    #[arg(long, default_value = "0", allow_hyphen_values = true, value_name = "AXES")]
    in_axes: Axes,
    /// The batch axis of each output, in the same form as --in-axes
    #[arg(long, default_value = "0", allow_hyphen_values = true, value_name = "AXES")]
    out_axes: Axes,
    #[command(flatten)]
    output: Output,
}

impl Vmap {
    pub fn run(self, json: bool) -> Result<()> {
        self.output.check()?;
        let program = program::load(&self.program)?;
        let (inputs, outputs) = (self.in_axes.of(program.inputs().len()), self.out_axes.of(program.outputs().len()));
        let made = catch_panic(|| program.vmap(self.size, &inputs, &outputs))?;
        self.output.write(&made, json)
    }
}

/// Returns the result of a transformation. The library panics if a function in the user's source cannot be transformed.
/// Here, this becomes an error about a file.
pub fn catch_panic<T, E: std::error::Error + Send + Sync + 'static>(
    transform: impl FnOnce() -> Result<T, E>,
) -> Result<T> {
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let done = progress::with_progress("transforming", |_| catch_unwind(AssertUnwindSafe(transform)));
    set_hook(hook);
    match done {
        Ok(made) => Ok(made?),
        Err(panic) => {
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            Err(anyhow!("it cannot be transformed: {}", message.unwrap_or_default()))
        }
    }
}
