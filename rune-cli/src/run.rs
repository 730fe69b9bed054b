//! `rune-cli run`.

use crate::input::Input;
use crate::{npy, program, usage};
use anyhow::{Context, Result, bail};
use clap::Args;
use rune::interpret::interpret;
use rune::storage;
use rune::{Array, CompileOptions, CompiledProgram, Place, Precompiled, Target, Tensor, Type, Value, default_device};
use std::fmt::Write as _;
use std::io::Write as _;
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

/// Runs a program, or a compiled module, and prints its results.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct Run {
    /// The program, JSON or text, or the compiled .vmfb; - is a program from the standard input
    program: PathBuf,
    /// An input; once for each, in order
    #[arg(short, long, value_name = "INPUT", allow_hyphen_values = true)]
    input: Vec<Input>,
    /// Where to run it [default: RUNE_DEVICE, else cpu]
    #[arg(short, long, value_parser = ["cpu", "local-sync", "local-task", "cuda", "metal", "vulkan", "reference"])]
    device: Option<String>,
    /// Run the program by the reference interpreter; the same as --device reference
    #[arg(long, conflicts_with = "device")]
    reference: bool,
    /// The folder to write the results to, as result0.npy and so on; - prints them
    #[arg(short, long, value_name = "DIR", default_value = "-")]
    output: PathBuf,
}

impl Run {
    pub fn run(self) -> Result<()> {
        let place = match (self.reference, &self.device) {
            (true, _) => Place::Reference,
            (false, Some(name)) => Place::open(name)?,
            (false, None) => default_device()?,
        };
        let mut inputs: Vec<Value> = Vec::new();
        for input in self.input {
            inputs.extend(input.arrays()?.into_iter().map(Value::Host));
        }
        let shown =
            if program::is_stdin(&self.program) { "<stdin>".into() } else { self.program.display().to_string() };
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
                let compiled = Precompiled::new(&program, &CompileOptions::for_target(target_of(&place)?))?;
                compiled.load_on(&place)?.call_values(&inputs)?
            }
        };
        let results = results.iter().map(host).collect::<Result<Vec<_>>>()?;
        if program::is_stdin(&self.output) { print(&results) } else { write(&results, &self.output) }
    }
}

fn target_of(place: &Place) -> Result<Target> {
    Ok(match place.name() {
        name @ ("cuda" | "metal" | "vulkan") => name.parse()?,
        _ => Target::llvm_cpu(),
    })
}

fn host(value: &Value) -> Result<Array> {
    value.to_host().map_err(anyhow::Error::msg)
}

fn check(program: &str, types: &[Type], inputs: &[Value]) -> Result<()> {
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

fn print(results: &[Array]) -> Result<()> {
    let mut text = String::new();
    for (i, array) in results.iter().enumerate() {
        writeln!(text, "# result {i}: {}\n{}", array.ty(), Tensor::from_value(array.clone()))?;
    }
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

fn write(results: &[Array], folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for (i, array) in results.iter().enumerate() {
        let path = folder.join(format!("result{i}.npy"));
        storage::replace(&path, |temporary| std::fs::write(temporary, npy::bytes(array)))?;
        writeln!(std::io::stdout(), "{}: {}", path.display(), array.ty())?;
    }
    Ok(())
}
