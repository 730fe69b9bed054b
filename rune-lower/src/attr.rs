//! Attributes of StableHLO. The dialect is not registered in melior, so its own attributes are opaque text, which only
//! the compiler checks.

use crate::value::tensor_type;
use melior::Context;
use melior::ir::Attribute;
use melior::ir::attribute::{
    BoolAttribute, DenseElementsAttribute, DenseI64ArrayAttribute, IntegerAttribute, StringAttribute,
};
use melior::ir::r#type::{IntegerType, RankedTensorType};
use rune_ir::op::{Comparison, Literal};
use rune_ir::{Array, DType, Type};

/// Returns `array<i64: …>`.
pub(crate) fn ints<'c>(context: &'c Context, values: &[i64]) -> Attribute<'c> {
    DenseI64ArrayAttribute::new(context, values).into()
}
/// Returns `array<i64: …>` of axes or sizes.
pub(crate) fn dims<'c>(context: &'c Context, values: &[usize]) -> Attribute<'c> {
    ints(context, &values.iter().map(|&d| d as i64).collect::<Vec<_>>())
}
/// Returns `… : i64`.
pub(crate) fn int(context: &Context, value: usize) -> Attribute<'_> {
    IntegerAttribute::new(IntegerType::new(context, 64).into(), value as i64).into()
}
/// Returns pairs as `dense<…> : tensor<nx2xi64>`, the form of paddings.
pub(crate) fn pairs<'c>(context: &'c Context, values: &[(i64, i64)]) -> Attribute<'c> {
    let element = IntegerType::new(context, 64).into();
    let ty = RankedTensorType::new(&[values.len() as u64, 2], element, None);
    let flat: Vec<i64> = values.iter().flat_map(|&(a, b)| [a, b]).collect();
    DenseElementsAttribute::i64_values(ty.into(), &flat).into()
}
/// Parses text in MLIR's syntax.
pub(crate) fn parse<'c>(context: &'c Context, text: &str) -> Attribute<'c> {
    Attribute::parse(context, text).unwrap_or_else(|| panic!("`{text}` is not an MLIR attribute"))
}
/// Returns an array whose elements all equal `literal`.
pub(crate) fn splat<'c>(context: &'c Context, literal: Literal, ty: &Type) -> Attribute<'c> {
    let tensor = tensor_type(context, ty);
    if ty.size() == 0 {
        return DenseElementsAttribute::raw_buffer(tensor, &[]).into();
    }
    let bytes = literal.bits().to_le_bytes();
    if literal.dtype() == DType::Bool {
        return DenseElementsAttribute::bool_splat(tensor, literal.bits() != 0).into();
    }
    DenseElementsAttribute::raw_buffer(tensor, &bytes[..literal.dtype().size()]).into()
}
/// Returns an array with all its elements.
pub(crate) fn dense<'c>(context: &'c Context, array: &Array) -> Attribute<'c> {
    let tensor = tensor_type(context, array.ty());
    if array.dtype() == DType::Bool {
        let values: Vec<i32> = array.bytes().iter().map(|&b| i32::from(b)).collect();
        return DenseElementsAttribute::bool_values(tensor, &values).into();
    }
    DenseElementsAttribute::raw_buffer(tensor, array.bytes()).into()
}
pub(crate) fn direction(context: &Context, direction: Comparison) -> Attribute<'_> {
    let name = direction.name().to_uppercase();
    parse(context, &format!("#stablehlo<comparison_direction {name}>"))
}
/// Returns how to compare elements of a dtype. `bool` compares as unsigned, so that false is below true.
pub(crate) fn compare_type(context: &Context, dtype: DType) -> Attribute<'_> {
    let name = match () {
        () if dtype.is_float() => "FLOAT",
        () if dtype.is_signed_int() => "SIGNED",
        () => "UNSIGNED",
    };
    parse(context, &format!("#stablehlo<comparison_type {name}>"))
}
/// Returns a boolean attribute.
pub(crate) fn bool(context: &Context, value: bool) -> Attribute<'_> {
    BoolAttribute::new(context, value).into()
}
/// Returns a dictionary of strings.
pub(crate) fn strings<'c>(context: &'c Context, entries: &[(&str, &str)]) -> Attribute<'c> {
    let entry = |(name, value): &(&str, &str)| format!("{name} = {}", StringAttribute::new(context, value));
    parse(context, &format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", ")))
}
/// Returns axes as text inside an attribute.
pub(crate) fn list(values: &[usize]) -> String {
    format!("[{}]", values.iter().map(usize::to_string).collect::<Vec<_>>().join(", "))
}
