//! Lowers programs to modules.

use crate::builder::Builder;
use crate::emit::instructions;
use crate::error::LowerError;
use crate::host::HostCall;
use crate::legalize::spirv;
use crate::legalize::views::Producers;
use crate::module_lowering::ModuleLowering;
use crate::options::{Backend, LowerOptions, Purpose};
use crate::tree::{Context, Function, Location, Module};
use crate::{attr, names, overwritten, write};
use rune_ir::{Array, DType, ModuleSignature, Program, Type};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::rc::Rc;

/// A program lowered to a StableHLO module.
#[derive(Clone, Debug)]
pub struct LoweredModule {
    /// The module to compile, with its signature and, if requested, the lines of the user's source.
    pub text: String,
    /// The description that the compiled module carries.
    pub signature: ModuleSignature,
    /// The functions that it imports.
    pub host: Vec<HostCall>,
    /// For each argument, whether the compiled function may write to it. The caller must then pass a copy, or donate
    /// the buffer. The arguments are the program's inputs, then its constants.
    pub overwritten: Vec<bool>,
    plain: String,
}

impl LoweredModule {
    /// Returns the module for human readers, without signature and locations.
    pub fn code(&self) -> &str {
        &self.plain
    }
    /// Returns everything that determines the compiled code. Source lines are not included.
    pub fn identity(&self) -> String {
        format!("{}\n// {}\n", self.plain, self.signature.to_json())
    }
}

/// Lowers a program to a module with one public function. The function's arguments are the program's inputs, then its
/// constants.
///
/// # Errors
/// Returns an error if the backend cannot compute an operation, or if the function's name is not an identifier.
pub fn lower(program: &Program, options: &LowerOptions) -> Result<LoweredModule, LowerError> {
    let entry = &options.entry;
    if entry.is_empty()
        || entry.starts_with(|c: char| c.is_ascii_digit())
        || !entry.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        return Err(LowerError::Name(entry.clone()));
    }
    let exports = options.purpose == Purpose::Export;
    let parts = if exports { Cow::Borrowed(program) } else { program.in_parts(options.has_f64()) };
    let program = &*parts;
    let mut fenced = BTreeSet::new();
    loop {
        let producers = Rc::new(Producers::fenced(fenced.clone(), options.defences));
        let lowered = emitted(program, options, &producers)?;
        let read_twice = producers.read_twice();
        // Other compilers handle operations that read a producer in two ways.
        if exports || !options.defences || read_twice.is_empty() {
            return Ok(lowered);
        }
        fenced.extend(read_twice);
    }
}

/// Exports a program as a StableHLO module for other tools, such as XLA. The module contains only StableHLO and CHLO
/// operations, with the constants in the text. `rune-stablehlo` can read it.
///
/// # Errors
/// Returns an error if an operation cannot be lowered, such as one over an unbound named axis, or if a constant cannot
/// be read from its device.
pub fn export(program: &Program) -> Result<String, LowerError> {
    let options = LowerOptions { purpose: Purpose::Export, locations: false, ..LowerOptions::default() };
    Ok(lower(program, &options)?.plain)
}

fn emitted(program: &Program, options: &LowerOptions, producers: &Rc<Producers>) -> Result<LoweredModule, LowerError> {
    let exports = options.purpose == Purpose::Export;
    let is_gpu = !exports && !matches!(options.backend, Backend::LlvmCpu | Backend::Vmvx);
    let is_spirv = is_gpu && matches!(options.backend, Backend::Vulkan | Backend::Metal);
    let context = Context { is_export: exports, is_gpu, is_spirv, ..Context::default() };
    let lowering = ModuleLowering::new(&context, options.clone(), Rc::clone(producers));
    let mut functions = vec![function(&lowering, program, &options.entry, true)?];
    while let Some((callee, name)) = lowering.next_called() {
        functions.push(function(&lowering, &callee, &name, false)?);
    }
    let host = lowering.take_hosts();
    let overwritten = overwritten::overwritten(program, !lowering.calls_host());
    let signature = ModuleSignature {
        inputs: program.input_types().to_vec(),
        constants: program.constants().iter().map(|c| c.ty().clone()).collect(),
        outputs: program.output_types(),
        overwritten: (0..overwritten.len()).filter(|&i| overwritten[i]).collect(),
        host: host.iter().map(HostCall::described).collect(),
    };
    let name = lowering.is_export().then(|| names::identifier(program.name()));
    functions[0].reflection = Some(attr::strings(&[(ModuleSignature::KEY, &signature.to_json())]));
    let functions = host.iter().map(HostCall::declaration).chain(functions).collect();
    let (plain, text) = write::module(&Module { name, functions }, options.locations)?;
    Ok(LoweredModule { text, signature, host, overwritten, plain })
}

fn function(lowering: &ModuleLowering, program: &Program, name: &str, public: bool) -> Result<Function, LowerError> {
    let constants = program.constants().iter().filter(|_| !lowering.is_export()).map(|c| c.ty().clone());
    let arguments: Vec<Type> = program.input_types().iter().cloned().chain(constants).collect();
    let (producers, rewrites) = (Rc::clone(&lowering.producers), spirv::rewrites(lowering.context));
    let (builder, mut values) = Builder::new(lowering.context, Location::Unknown, &arguments, producers, rewrites);
    if !public {
        // The compiler inlines the function at its calls, and may then fuse it with the producers of the arguments.
        values = values.into_iter().flat_map(|x| builder.produced(vec![x])).collect();
    }
    for constant in program.constants().iter().filter(|_| lowering.is_export()) {
        let array = constant.to_host().map_err(LowerError::Constant)?;
        // Versions of MLIR differ in the number of bytes per boolean.
        let bytes = (array.dtype() == DType::Bool).then(|| array.ty().with_dtype(DType::U8));
        values.push(match bytes {
            Some(ty) => builder.convert(&builder.dense(&Array::from_bytes(ty, array.bytes())), DType::Bool),
            None => builder.dense(&array),
        });
    }
    let outputs = instructions(&builder, lowering, program, values)?;
    builder.set_location(Location::Unknown);
    let outputs: Vec<_> = outputs.iter().map(|v| v.raw).collect();
    builder.raw_op("func.return", &outputs, &[], Vec::new(), &[]);
    Ok(Function {
        name: name.to_owned(),
        public,
        inputs: arguments.iter().map(|ty| lowering.context.tensor_type(ty)).collect(),
        outputs: program.output_types().iter().map(|ty| lowering.context.tensor_type(ty)).collect(),
        body: Some(builder.into_region()),
        reflection: None,
        named: (program.inputs().len(), arguments.len() - program.inputs().len()),
    })
}
