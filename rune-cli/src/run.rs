//! `rune-cli run`.

use crate::failure::usage;
use crate::input::{self, Input};
use crate::output::{host, tell, write_file};
use crate::{npy, program, progress};
use anyhow::{Context, Result, bail};
use clap::Args;
use rune::interpret::interpret;
use rune::op::Literal;
use rune::{
    Array, CompileOptions, CompiledProgram, Opt, Place, Precompiled, Program, Target, Tensor, Type, Value,
    default_device,
};
use serde_json::json;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  rune-cli run f.json --input \"2x3xf32=1 2 3 4 5 6\"
  rune-cli run f.vmfb --input x.npy --input f32=0.5 --output results
  rune-cli run f.rune --input inputs.safetensors --reference

Inputs:
  2x3xf32=1 2 3 4 5 6   the elements in row-major order; one alone stands for all; f32=0.5 is a scalar
  x.npy                 an array of NumPy's
  x.safetensors         all arrays of the file by their names, x2 before x10
  x.safetensors:w       one array of the file";

/// Runs a program, or a compiled module, and prints its results
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// The program, JSON or text, or the compiled .vmfb; - is a program from the standard input
    program: PathBuf,
    /// An input; once for each, in order
    #[arg(short, long, value_name = "INPUT", allow_hyphen_values = true)]
    input: Vec<Input>,
    /// Where to run it [default: RUNE_DEVICE, else cpu]
    #[arg(short, long, value_parser = input::DEVICES)]
    device: Option<String>,
    /// Run the program by the reference interpreter; the same as --device reference
    #[arg(long, conflicts_with = "device")]
    reference: bool,
    /// The folder to write the results to, as result0.npy and so on; - prints them
    #[arg(short, long, value_name = "DIR", default_value = "-")]
    output: PathBuf,
}

impl Run {
    pub fn run(self, json: bool) -> Result<()> {
        let place = match (self.reference, &self.device) {
            (true, _) => Place::Reference,
            (false, Some(name)) => Place::open(name)?,
            (false, None) => default_device()?,
        };
        let mut inputs: Vec<Value> = Vec::new();
        for input in self.input {
            inputs.extend(input.arrays()?.into_iter().map(Value::Host));
        }
        let shown = program::shown(&self.program);
        let check = |types: &[Type]| check(&shown, types, &inputs);
        let results = if program::is_module(&self.program) {
            if matches!(place, Place::Reference) {
                return Err(usage("run", "the reference interpreter runs programs, and this is a compiled module"));
            }
            let compiled = CompiledProgram::load_on(&self.program, &place)?;
            check(compiled.input_types())?;
            compiled.call_values(&inputs)?
        } else {
            let program = program::load(&self.program)?;
            check(program.input_types())?;
            if matches!(place, Place::Reference) {
                let inputs = inputs.iter().map(host).collect::<Result<Vec<_>>>()?;
                interpret(&program, &inputs)?.into_iter().map(Value::Host).collect()
            } else {
                let compiling = format!("compiling {shown}");
                let compiled = progress::during(&compiling, |_| compile_for(&program, &place, Opt::Fast))?;
                compiled.call_values(&inputs)?
            }
        };
        let results = results.iter().map(host).collect::<Result<Vec<_>>>()?;
        if program::is_stdin(&self.output) { print(&results, json) } else { write(&results, &self.output, json) }
    }
}

/// A program compiled with these flags, on a device.
pub fn compile_for(program: &Program, place: &Place, opt: Opt) -> Result<CompiledProgram> {
    let target = match place.name() {
        name @ ("cuda" | "metal" | "vulkan") => name.parse()?,
        _ => Target::llvm_cpu(),
    };
    let options = CompileOptions { opt, ..CompileOptions::for_target(target) };
    Ok(Precompiled::new(program, &options)?.load_on(place)?)
}

pub fn check(program: &str, types: &[Type], inputs: &[Value]) -> Result<()> {
    if types.len() != inputs.len() {
        let takes = types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
        let count = |n: usize| if n == 1 { "1 input".to_owned() } else { format!("{n} inputs") };
        let of = if types.is_empty() { String::new() } else { format!(" ({takes})") };
        bail!("{program} takes {}{of}, and {} given", count(types.len()), are(inputs.len()));
    }
    match (0..types.len()).find(|&i| types[i] != *inputs[i].ty()) {
        Some(i) => bail!("{program} takes {} as input {i}, counted from 0, and {} is given", types[i], inputs[i].ty()),
        None => Ok(()),
    }
}

fn are(n: usize) -> String {
    match n {
        0 => "none are".to_owned(),
        1 => "1 is".to_owned(),
        n => format!("{n} are"),
    }
}

fn print(results: &[Array], json: bool) -> Result<()> {
    for (i, array) in results.iter().enumerate() {
        let text = format!("# result {i}: {}\n{}", array.ty(), Tensor::from_value(array.clone()));
        tell(json, text, json!({ "result": i, "type": array.ty().to_string(), "elements": elements(array) }))?;
    }
    Ok(())
}

/// The elements in row-major order, as JSON has them; as text those that it has not.
fn elements(array: &Array) -> Vec<serde_json::Value> {
    let (dtype, bytes) = (array.dtype(), array.bytes());
    let element = |bytes: &[u8]| {
        let text = Literal::from_bytes(dtype, bytes).number();
        text.parse().unwrap_or(serde_json::Value::String(text))
    };
    bytes.chunks_exact(dtype.size()).map(element).collect()
}

fn write(results: &[Array], folder: &Path, json: bool) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for (i, array) in results.iter().enumerate() {
        let path = folder.join(format!("result{i}.npy"));
        write_file(&path, &npy::bytes(array))?;
        let (shown, ty) = (path.display(), array.ty());
        tell(
            json,
            format!("{shown}: {ty}"),
            json!({ "result": i, "type": ty.to_string(), "file": shown.to_string() }),
        )?;
    }
    Ok(())
}
