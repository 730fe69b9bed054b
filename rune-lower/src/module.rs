//! Programs as functions of a module.

use crate::builder::Builder;
use crate::emit::instructions;
use crate::unit::Unit;
use crate::value::tensor_type;
use crate::{HostCall, LowerError, LowerOptions, attr, context, names, overwritten};
use melior::Context;
use melior::ir::attribute::{StringAttribute, TypeAttribute};
use melior::ir::operation::{Operation, OperationBuilder, OperationLike, OperationMutLike, OperationPrintingFlags};
use melior::ir::r#type::FunctionType;
use melior::ir::{Attribute, Identifier, Location};
use rune_ir::{Array, DType, ModuleSignature, Program, Type};

/// A program as a StableHLO module.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The module, to be compiled; with its signature, and with the lines of the user's source where asked for.
    pub text: String,
    /// What the compiled module says of itself.
    pub signature: ModuleSignature,
    /// The functions that it imports.
    pub host: Vec<HostCall>,
    /// For each argument whether the compiled function may write into it, so that the caller must pass a copy or give
    /// the buffer away. Arguments are the inputs of the program and then its constants.
    pub overwritten: Vec<bool>,
    plain: String,
}

impl Lowered {
    /// The module to be read: without signature and locations.
    pub fn code(&self) -> &str {
        &self.plain
    }
    /// All that decides what the module is compiled to: not the lines of the source.
    pub fn identity(&self) -> String {
        format!("{}\n// {}\n", self.plain, self.signature.to_json())
    }
}

/// Lowers a program to a module with one public function of its inputs and then its constants.
///
/// # Errors
/// If the backend cannot compute an operation, or the name of the function is none.
pub fn lower(program: &Program, options: &LowerOptions) -> Result<Lowered, LowerError> {
    let entry = &options.entry;
    if entry.is_empty()
        || entry.starts_with(|c: char| c.is_ascii_digit())
        || !entry.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    {
        return Err(LowerError::Name(entry.clone()));
    }
    context::with(|context| lower_in(context, program, options, false))
}

/// A program as a module of StableHLO for other tools, as XLA: of operations of StableHLO and CHLO alone, with its constants
/// in the text. `rune-stablehlo` reads it too.
///
/// # Errors
/// If an operation cannot be lowered, as one over a named axis that nothing maps, or a constant cannot be read from its device.
pub fn export(program: &Program) -> Result<String, LowerError> {
    let options = LowerOptions { locations: false, ..LowerOptions::default() };
    context::with(|context| lower_in(context, program, &options, true)).map(|lowered| lowered.plain)
}

fn lower_in(context: &Context, program: &Program, options: &LowerOptions, inline: bool) -> Result<Lowered, LowerError> {
    let unit = Unit::new(context, options.clone(), inline);
    let mut entry = function(&unit, program, &options.entry, true)?;
    let mut printed = Vec::new();
    while let Some((callee, name)) = unit.next_called() {
        let inner = function(&unit, &callee, &name, false)?;
        let plain = print_function(&unit, &inner, &callee, false)?;
        let located = if options.locations { print_function(&unit, &inner, &callee, true)? } else { plain.clone() };
        printed.push((plain, located));
    }
    let host = unit.take_hosts();
    let overwritten = overwritten::overwritten(program, !options.host_calls);
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
        // Others want a name.
        let mut text = match unit.inline {
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
    let constants = if unit.inline { 0 } else { program.constants().len() };
    let inputs = program.inputs().len();
    Ok(names::rename_arguments(&print(function, locations)?, inputs, constants))
}

fn print(operation: &Operation, locations: bool) -> Result<String, LowerError> {
    // Locations are printed in place: functions are printed one by one, without a module to hold aliases.
    let flags = OperationPrintingFlags::new().enable_debug_info(locations, false).use_local_scope();
    operation.to_string_with_flags(flags).map_err(|e| LowerError::Malformed(e.to_string()))
}

fn function<'c>(unit: &Unit<'c>, program: &Program, name: &str, public: bool) -> Result<Operation<'c>, LowerError> {
    let context = unit.context;
    let unknown = Location::unknown(context);
    let constants = program.constants().iter().filter(|_| !unit.inline).map(|c| c.ty().clone());
    let arguments: Vec<Type> = program.input_types().iter().cloned().chain(constants).collect();
    let (builder, mut values) = Builder::new(context, unknown, &arguments);
    for constant in program.constants().iter().filter(|_| unit.inline) {
        let array = constant.to_host().map_err(LowerError::Constant)?;
        // Versions of MLIR differ in how many bytes truth values take.
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
