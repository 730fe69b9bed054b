//! `rune-cli run`.

use crate::devices::DeviceName;
use crate::failure::usage;
use crate::input::{self, Given, Input};
use crate::output::to_host;
use crate::results::Destination;
use crate::{program, progress};
use anyhow::{Result, bail};
use clap::Args;
use rune::ir::interpret::interpret;
use rune::{
    Array, CompileOptions, CompiledProgram, Device, Opt, Plan, Precompiled, Program, Target, Type, Value,
    default_device,
};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  rune-cli run f.json --input \"2x3xf32=1 2 3 4 5 6\"
  rune-cli run f.vmfb --input x.npy --input f32=0.5 --output results
  rune-cli run f.json --input x.npz:a --input x.npz:b --output y.npz
  rune-cli run f.rune --input inputs.safetensors --reference
  rune-cli run f.rune --input x.npy --device cuda:1

Inputs:
  2x3xf32=1 2 3 4 5 6   the elements in row-major order; one alone stands for all; f32=0.5 is a scalar
  x.npy                 an array of NumPy's
  x.npz, x.safetensors  all arrays of the file by their names, x2 before x10
  x.npz:w               one array of the file";

/// Runs a program or a compiled module, and prints its results
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// The program (JSON or text) or the compiled .vmfb; - is a program on the standard input
    program: PathBuf,
    /// An input; repeat it for each input, in order
    #[arg(short, long, value_name = "INPUT", allow_hyphen_values = true, value_parser = input::parser())]
    input: Vec<Input>,
    /// The device to run on [default: RUNE_DEVICE, else cpu]
    #[arg(short, long, value_parser = DeviceName)]
    device: Option<String>,
    /// Use the reference interpreter; the same as --device reference
    #[arg(long, conflicts_with = "device")]
    reference: bool,
    /// A folder for the results, as result0.npy and so on; or OUT.npz, OUT.safetensors or, for one result, OUT.npy; -
    /// prints them
    #[arg(short, long, value_name = "DIR", default_value = "-")]
    output: PathBuf,
}

impl Run {
    pub fn run(self, json: bool) -> Result<()> {
        let device = match (self.reference, &self.device) {
            (true, _) => Device::Reference,
            (false, Some(name)) => Device::open(name)?,
            (false, None) => default_device()?,
        };
        let destination = Destination::of(&self.output);
        let given = input::load_all(self.input)?;
        let shown = program::shown(&self.program);
        let check = |inputs: &[Type], outputs: usize| {
            check(&shown, inputs, &given)?;
            destination.check(&shown, outputs)
        };
        let results = if program::is_module(&self.program) {
            if matches!(device, Device::Reference | Device::Host) {
                return Err(usage(
                    "run",
                    format!("the device `{}` runs programs, not compiled modules", device.name()),
                ));
            }
            let compiled = CompiledProgram::load_on(&self.program, &device)?;
            check(compiled.input_types(), compiled.output_types().len())?;
            call(&compiled, &shown, given)?
        } else {
            let program = program::load(&self.program)?;
            check(program.input_types(), program.outputs().len())?;
            if matches!(device, Device::Reference | Device::Host) {
                let inputs: Vec<Array> = given.into_iter().map(|given| given.array).collect();
                let run = |_: &dyn Fn(&str)| {
                    if matches!(device, Device::Host) {
                        Plan::new(&program.simplify()).run(inputs)
                    } else {
                        interpret(&program, &inputs)
                    }
                };
                progress::with_progress(&format!("running {shown}"), run)?.into_iter().map(Value::Host).collect()
            } else {
                let compiling = format!("compiling {shown}");
                let compiled = progress::with_progress(&compiling, |_| compile_for(&program, &device, Opt::Fast))?;
                call(&compiled, &shown, given)?
            }
        };
        let results = results.iter().map(to_host).collect::<Result<Vec<_>>>()?;
        destination.write(&results, json)
    }
}

/// Compiles a program with these flags for a device.
pub fn compile_for(program: &Program, device: &Device, opt: Opt) -> Result<CompiledProgram> {
    let target = match device {
        Device::Iree(device) => device.target().clone(),
        Device::Reference | Device::Host => Target::llvm_cpu(),
    };
    let options = CompileOptions { opt, ..CompileOptions::for_target(target) };
    Ok(Precompiled::new(program, &options)?.load_on(device)?)
}

fn call(compiled: &CompiledProgram, shown: &str, given: Vec<Given>) -> Result<Vec<Value>> {
    let inputs: Vec<Value> = given.into_iter().map(|given| Value::Host(given.array)).collect();
    Ok(progress::with_progress(&format!("running {shown}"), |_| compiled.call_values(&inputs))?)
}

pub fn check(program: &str, types: &[Type], inputs: &[Given]) -> Result<()> {
    if types.len() != inputs.len() {
        let takes = types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
        let count = |n: usize| if n == 1 { "1 input".to_owned() } else { format!("{n} inputs") };
        let of = if types.is_empty() { String::new() } else { format!(" ({takes})") };
        bail!("{program} takes {}{of}, but {} given", count(types.len()), count_phrase(inputs.len()));
    }
    let Some(i) = (0..types.len()).find(|&i| types[i] != *inputs[i].array.ty()) else { return Ok(()) };
    let (takes, Given { array, source }) = (&types[i], &inputs[i]);
    let of = source.as_ref().map(|source| format!(", by {source}")).unwrap_or_default();
    bail!("{program} takes {takes} as input {i}, counted from 0, but {} is given{of}", array.ty())
}

fn count_phrase(n: usize) -> String {
    match n {
        0 => "none are".to_owned(),
        1 => "1 is".to_owned(),
        n => format!("{n} are"),
    }
}
