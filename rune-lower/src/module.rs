//! Lowering of programs to modules.

use crate::builder::Builder;
use crate::emit::instructions;
use crate::legalize::views::Producers;
use crate::unit::Unit;
use crate::value::tensor_type;
use crate::{HostCall, LowerError, LowerOptions, Purpose, attr, context, names, overwritten};
use melior::Context;
use melior::ir::attribute::{StringAttribute, TypeAttribute};
use melior::ir::operation::{Operation, OperationBuilder, OperationLike, OperationMutLike, OperationPrintingFlags};
use melior::ir::r#type::FunctionType;
use melior::ir::{Attribute, Identifier, Location};
use rune_ir::{Array, DType, ModuleSignature, Program, Type};
use std::collections::BTreeSet;
use std::rc::Rc;

/// A program lowered to a StableHLO module.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The module to compile, with its signature and, if requested, the lines of the user's source.
    pub text: String,
    /// The description that the compiled module carries.
    pub signature: ModuleSignature,
    /// The functions that it imports.
    pub host: Vec<HostCall>,
    /// For each argument, whether the compiled function may write to it. The caller must then pass a copy or donate the
    /// buffer. The arguments are the program's inputs, then its constants.
    pub overwritten: Vec<bool>,
    plain: String,
}

impl Lowered {
    /// Returns the module for human readers, without signature and locations.
    pub fn code(&self) -> &str {
        &self.plain
    }
    /// Returns everything that determines the compiled code, which excludes source lines.
    pub fn identity(&self) -> String {
        format!("{}\n// {}\n", self.plain, self.signature.to_json())
    }
}

/// Lowers a program to a module with one public function, whose arguments are the program's inputs, then its constants.
///
/// # Errors
/// Returns an error if the backend cannot compute an operation, or if the function's name is not an identifier.
pub fn lower(program: &Program, options: &LowerOptions) -> Result<Lowered, LowerError> {
    let entry = &options.entry;
    if entry.is_empty()
        || entry.starts_with(|c: char| c.is_ascii_digit())
        || !entry.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        return Err(LowerError::Name(entry.clone()));
    }
    context::with(|context| lower_in(context, program, options))
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

fn lower_in(context: &Context, program: &Program, options: &LowerOptions) -> Result<Lowered, LowerError> {
    let mut fenced = BTreeSet::new();
    loop {
        let producers = Rc::new(Producers::fenced(fenced.clone(), options.defences));
        let lowered = emitted(context, program, options, &producers)?;
        let read_twice = producers.read_twice();
        // Other compilers compile these correctly.
        if options.purpose == Purpose::Export || !options.defences || read_twice.is_empty() {
            return Ok(lowered);
        }
        fenced.extend(read_twice);
    }
}

fn emitted(
    context: &Context,
    program: &Program,
    options: &LowerOptions,
    producers: &Rc<Producers>,
) -> Result<Lowered, LowerError> {
    let unit = Unit::new(context, options.clone(), Rc::clone(producers));
    let mut entry = function(&unit, program, &options.entry, true)?;
    let mut printed = Vec::new();
    while let Some((callee, name)) = unit.next_called() {
        let inner = function(&unit, &callee, &name, false)?;
        let plain = print_function(&unit, &inner, &callee, false)?;
        let located = if options.locations { print_function(&unit, &inner, &callee, true)? } else { plain.clone() };
        printed.push((plain, located));
    }
    let host = unit.take_hosts();
    let overwritten = overwritten::overwritten(program, !unit.calls_host());
    let signature = ModuleSignature {
        inputs: program.input_types().to_vec(),
        constants: program.constants().iter().map(|c| c.ty().clone()).collect(),
        outputs: program.output_types(),
        overwritten: (0..overwritten.len()).filter(|&i| overwritten[i]).collect(),
        host: host.iter().map(HostCall::described).collect(),
    };
    let plain = print_function(&unit, &entry, program, false)?;
    entry.set_attribute("iree.reflection", attr::strings(context, &[(ModuleSignature::KEY, &signature.to_json())]));
    printed.insert(0, (plain, print_function(&unit, &entry, program, options.locations)?));
    let declarations = host.iter().map(|h| h.declaration(context, Location::unknown(context)));
    let declarations = declarations.map(|d| print(&d, false)).collect::<Result<Vec<_>, _>>()?;
    let assemble = |functions: Vec<&String>| {
        // Other tools need a module name.
        let mut text = match unit.is_export() {
            true => format!("module @{} {{\n", names::identifier(program.name())),
            false => String::from("module {\n"),
        };
        for line in declarations.iter().flat_map(|d| d.lines()).chain(functions.iter().flat_map(|f| f.lines())) {
            text.extend(["  ", line, "\n"]);
        }
        text + "}\n"
    };
    let plain = assemble(printed.iter().map(|(plain, _)| plain).collect());
    let text = assemble(printed.iter().map(|(_, text)| text).collect());
    Ok(Lowered { text, signature, host, overwritten, plain })
}

fn print_function(unit: &Unit, function: &Operation, program: &Program, locations: bool) -> Result<String, LowerError> {
    let constants = if unit.is_export() { 0 } else { program.constants().len() };
    let inputs = program.inputs().len();
    Ok(names::rename_arguments(&print(function, locations)?, inputs, constants))
}

fn print(operation: &Operation, locations: bool) -> Result<String, LowerError> {
    // Locations are printed inline: functions are printed one by one, without a module that could hold aliases.
    let flags = OperationPrintingFlags::new().enable_debug_info(locations, false).use_local_scope();
    operation.to_string_with_flags(flags).map_err(|e| LowerError::Malformed(e.to_string()))
}

fn function<'c>(unit: &Unit<'c>, program: &Program, name: &str, public: bool) -> Result<Operation<'c>, LowerError> {
    let context = unit.context;
    let unknown = Location::unknown(context);
    let constants = program.constants().iter().filter(|_| !unit.is_export()).map(|c| c.ty().clone());
    let arguments: Vec<Type> = program.input_types().iter().cloned().chain(constants).collect();
    let (builder, mut values) = Builder::new(context, unknown, &arguments, Rc::clone(&unit.producers));
    if !public {
        // The function is inlined where it is called.
        values = values.into_iter().flat_map(|x| builder.produced(vec![x])).collect();
    }
    for constant in program.constants().iter().filter(|_| unit.is_export()) {
        let array = constant.to_host().map_err(LowerError::Constant)?;
        // Versions of MLIR differ in the number of bytes per boolean.
        let bytes = (array.dtype() == DType::Bool).then(|| array.ty().with_dtype(DType::U8));
        values.push(match bytes {
            Some(ty) => builder.convert(&builder.dense(&Array::from_bytes(ty, array.bytes())), DType::Bool),
            None => builder.dense(&array),
        });
    }
    let outputs = instructions(&builder, unit, program, values)?;
    builder.set_location(unknown);
    let outputs: Vec<_> = outputs.iter().map(|v| v.raw).collect();
    builder.raw_op("func.return", &outputs, &[], Vec::new(), &[]);
    let types = |ts: &[Type]| ts.iter().map(|t| tensor_type(context, t)).collect::<Vec<_>>();
    let signature = FunctionType::new(context, &types(&arguments), &types(&program.output_types()));
    let mut attributes: Vec<(&str, Attribute)> = vec![
        ("sym_name", StringAttribute::new(context, name).into()),
        ("function_type", TypeAttribute::new(signature.into()).into()),
    ];
    if !public {
        attributes.push(("sym_visibility", StringAttribute::new(context, "private").into()));
    }
    let attributes: Vec<_> = attributes.into_iter().map(|(n, a)| (Identifier::new(context, n), a)).collect();
    OperationBuilder::new("func.func", unknown)
        .add_attributes(&attributes)
        .add_regions([builder.into_region()])
        .build()
        .map_err(|e| LowerError::Malformed(e.to_string()))
}
