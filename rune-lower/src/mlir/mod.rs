//! Builds the module in MLIR, which verifies and prints it.
//!
//! StableHLO is not registered in melior, so StableHLO's own attributes are opaque text. Only the compiler checks them.

mod context;

use crate::error::LowerError;
use crate::tree::{self, Function, Id, TensorType};
use melior::Context;
use melior::ir::attribute::{
    BoolAttribute, DenseElementsAttribute, DenseI64ArrayAttribute, FlatSymbolRefAttribute, IntegerAttribute,
    StringAttribute, TypeAttribute,
};
use melior::ir::operation::{OperationBuilder, OperationLike, OperationMutLike, OperationPrintingFlags};
use melior::ir::r#type::{FunctionType, IntegerType, RankedTensorType};
use melior::ir::{
    Attribute, Block, BlockLike, Identifier, Location, Module, Operation, Region, RegionLike, Type, Value,
};
use rune_ir::DType;
use std::collections::HashMap;

/// The texts of functions.
type Texts = Vec<String>;

/// Builds a module of these functions, and verifies it. Returns the text of each function, without and with locations.
/// Only the texts with locations contain signatures.
///
/// # Errors
/// Returns an error if MLIR rejects the module.
pub(crate) fn texts(functions: &[Function], locations: bool) -> Result<(Texts, Texts), LowerError> {
    context::with(|context| {
        let module = Module::new(Location::unknown(context));
        let (mut plain, mut located) = (Vec::new(), Vec::new());
        for function in functions {
            let mut built = operation(context, function)?;
            plain.push(print(&built, function, false)?);
            if let Some(reflection) = &function.reflection {
                built.set_attribute("iree.reflection", attribute(context, reflection));
            }
            located.push(print(&built, function, locations && function.body.is_some())?);
            module.body().append_operation(built);
        }
        match module.as_operation().verify() {
            true => Ok((plain, located)),
            false => Err(LowerError::Malformed("MLIR cannot verify it".to_owned())),
        }
    })
}

/// Returns MLIR's print of a module in text form, with locations.
pub(crate) fn reprinted(text: &str) -> Option<String> {
    context::with(|context| {
        let module = Module::parse(context, text)?;
        let flags = OperationPrintingFlags::new().enable_debug_info(true, false).use_local_scope();
        module.as_operation().to_string_with_flags(flags).ok()
    })
}

fn print(built: &Operation, function: &Function, locations: bool) -> Result<String, LowerError> {
    // Locations are printed inline, because functions are printed one by one, without a module that could hold aliases.
    let flags = OperationPrintingFlags::new().enable_debug_info(locations, false).use_local_scope();
    let text = built.to_string_with_flags(flags).map_err(|e| LowerError::Malformed(e.to_string()))?;
    let (inputs, constants) = function.named;
    Ok(rename_arguments(&text, inputs, constants))
}

/// Returns the text of a function whose arguments have the names of the program, `%x#` for inputs and `%c#` for
/// constants. MLIR names them `%arg#`. Arguments of nested regions keep their names.
fn rename_arguments(function: &str, inputs: usize, constants: usize) -> String {
    let mut out = String::with_capacity(function.len());
    let mut rest = function;
    while let Some(at) = rest.find("%arg") {
        let (before, after) = rest.split_at(at + "%arg".len());
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        out.push_str(&before[..at]);
        match after[..digits].parse::<usize>() {
            Ok(i) if i < inputs => out.push_str(&format!("%x{i}")),
            Ok(i) if i < inputs + constants => out.push_str(&format!("%c{}", i - inputs)),
            _ => out.push_str(&before[at..]),
        }
        let known = after[..digits].parse::<usize>().is_ok_and(|i| i < inputs + constants);
        rest = if known { &after[digits..] } else { after };
    }
    out.push_str(rest);
    out
}

/// The values of a function by their numbers.
type Values<'c> = HashMap<Id, Value<'c, 'c>>;

fn operation<'c>(context: &'c Context, function: &Function) -> Result<Operation<'c>, LowerError> {
    let types = |types: &[TensorType]| types.iter().map(|ty| value_type(context, ty)).collect::<Vec<_>>();
    let signature = FunctionType::new(context, &types(&function.inputs), &types(&function.outputs));
    let mut attributes: Vec<(&str, Attribute)> = vec![
        ("sym_name", StringAttribute::new(context, &function.name).into()),
        ("function_type", TypeAttribute::new(signature.into()).into()),
    ];
    if !function.public {
        attributes.push(("sym_visibility", StringAttribute::new(context, "private").into()));
    }
    let attributes: Vec<_> = attributes.into_iter().map(|(n, a)| (Identifier::new(context, n), a)).collect();
    let body = match &function.body {
        Some(body) => region(context, body, &mut Values::new())?,
        None => Region::new(),
    };
    OperationBuilder::new("func.func", Location::unknown(context))
        .add_attributes(&attributes)
        .add_regions([body])
        .build()
        .map_err(|e| LowerError::Malformed(e.to_string()))
}

fn region<'c>(context: &'c Context, tree: &tree::Region, values: &mut Values<'c>) -> Result<Region<'c>, LowerError> {
    let location = location(context, &tree.location);
    let types: Vec<_> = tree.arguments.iter().map(|(_, ty)| (value_type(context, ty), location)).collect();
    let block = Block::new(&types);
    for (i, (id, _)) in tree.arguments.iter().enumerate() {
        values.insert(*id, block.argument(i).expect("the block has as many arguments as it was made with").into());
    }
    for tree in &tree.operations {
        let operands: Vec<_> = tree.operands.iter().map(|id| values[id]).collect();
        let attributes = tree.attributes.iter().map(|(n, a)| (Identifier::new(context, n), attribute(context, a)));
        let regions = tree.regions.iter().map(|r| region(context, r, values)).collect::<Result<Vec<_>, _>>()?;
        let op = OperationBuilder::new(&tree.name, self::location(context, &tree.location))
            .add_operands(&operands)
            .add_attributes(&attributes.collect::<Vec<_>>())
            .add_regions_vec(regions)
            .add_results(&tree.results.iter().map(|(_, ty)| value_type(context, ty)).collect::<Vec<_>>())
            .build()
            .map_err(|e| LowerError::Malformed(e.to_string()))?;
        let op = block.append_operation(op);
        for (i, (id, _)) in tree.results.iter().enumerate() {
            values.insert(*id, op.result(i).expect("the operation has this result").into());
        }
    }
    let region = Region::new();
    region.append_block(block);
    Ok(region)
}

fn location<'c>(context: &'c Context, location: &tree::Location) -> Location<'c> {
    match location {
        tree::Location::Unknown => Location::unknown(context),
        tree::Location::Line { file, line, column } => Location::new(context, file, *line, *column),
        tree::Location::Name(name, inner) => Location::name(context, name, self::location(context, inner)),
    }
}

fn attribute<'c>(context: &'c Context, attribute: &tree::Attribute) -> Attribute<'c> {
    let integer = IntegerType::new(context, 64).into();
    match attribute {
        tree::Attribute::Bool(value) => BoolAttribute::new(context, *value).into(),
        tree::Attribute::Int(value) => IntegerAttribute::new(integer, *value).into(),
        tree::Attribute::Ints(values) => DenseI64ArrayAttribute::new(context, values).into(),
        tree::Attribute::Pairs(values) => {
            let ty = RankedTensorType::new(&[values.len() as u64, 2], integer, None);
            let flat: Vec<i64> = values.iter().flat_map(|&(a, b)| [a, b]).collect();
            DenseElementsAttribute::i64_values(ty.into(), &flat).into()
        }
        tree::Attribute::Splat(literal, ty) => {
            let tensor = tensor_type(context, ty, false);
            let bytes = literal.bits().to_le_bytes();
            #[allow(clippy::wildcard_enum_match_arm, reason = "all others are stored as their bytes")]
            match literal.dtype() {
                _ if ty.size() == 0 => DenseElementsAttribute::raw_buffer(tensor, &[]),
                DType::Bool => DenseElementsAttribute::bool_splat(tensor, literal.bits() != 0),
                dtype => DenseElementsAttribute::raw_buffer(tensor, &bytes[..dtype.size()]),
            }
            .into()
        }
        tree::Attribute::Dense(array) => {
            let tensor = tensor_type(context, array.ty(), false);
            if array.dtype() == DType::Bool {
                let values: Vec<i32> = array.bytes().iter().map(|&b| i32::from(b)).collect();
                return DenseElementsAttribute::bool_values(tensor, &values).into();
            }
            DenseElementsAttribute::raw_buffer(tensor, array.bytes()).into()
        }
        tree::Attribute::Symbol(name) => FlatSymbolRefAttribute::new(context, name).into(),
        tree::Attribute::Strings(entries) => {
            let entry = |(name, value): &(String, String)| format!("{name} = {}", StringAttribute::new(context, value));
            parse(context, &format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", ")))
        }
        tree::Attribute::Bools(_) => parse(context, &crate::text::attribute(attribute)),
        tree::Attribute::StableHlo(text) => parse(context, text),
    }
}

/// Parses text in MLIR's syntax.
fn parse<'c>(context: &'c Context, text: &str) -> Attribute<'c> {
    Attribute::parse(context, text).unwrap_or_else(|| panic!("`{text}` is not an MLIR attribute"))
}

fn parse_type<'c>(context: &'c Context, text: &str) -> Type<'c> {
    Type::parse(context, text).unwrap_or_else(|| panic!("`{text}` is not an MLIR type"))
}

fn element_type(context: &Context, dtype: DType) -> Type<'_> {
    let signless = |bits| IntegerType::new(context, bits).into();
    let unsigned = |bits| IntegerType::unsigned(context, bits).into();
    match dtype {
        DType::Bool => signless(1),
        DType::I8 => signless(8),
        DType::I16 => signless(16),
        DType::I32 => signless(32),
        DType::I64 => signless(64),
        DType::U8 => unsigned(8),
        DType::U16 => unsigned(16),
        DType::U32 => unsigned(32),
        DType::U64 => unsigned(64),
        DType::F8E4M3FN => parse_type(context, "f8E4M3FN"),
        DType::F8E5M2 => parse_type(context, "f8E5M2"),
        DType::F16 => Type::float16(context),
        DType::BF16 => Type::bfloat16(context),
        DType::F32 => Type::float32(context),
        DType::F64 => Type::float64(context),
        DType::C64 => parse_type(context, "complex<f32>"),
        DType::C128 => parse_type(context, "complex<f64>"),
    }
}

fn value_type<'c>(context: &'c Context, ty: &TensorType) -> Type<'c> {
    tensor_type(context, &ty.ty, ty.dynamic)
}

fn tensor_type<'c>(context: &'c Context, ty: &rune_ir::Type, dynamic: bool) -> Type<'c> {
    const DYNAMIC: u64 = i64::MIN as u64;
    let dims: Vec<u64> = ty.shape.iter().map(|&d| if dynamic { DYNAMIC } else { d as u64 }).collect();
    RankedTensorType::new(&dims, element_type(context, ty.dtype), None).into()
}
