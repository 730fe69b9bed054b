//! Attributes of StableHLO.

use crate::tree::{Attribute, Context, TensorType};
use rune_ir::op::{Comparison, Literal};
use rune_ir::{Array, DType, Type};

/// Returns `array<i64: …>`.
pub(crate) fn ints(_: &Context, values: &[i64]) -> Attribute {
    Attribute::Ints(values.to_vec())
}
/// Returns `array<i64: …>` of axes or sizes.
pub(crate) fn dims(_: &Context, values: &[usize]) -> Attribute {
    Attribute::Ints(values.iter().map(|&d| d as i64).collect())
}
/// Returns `array<i1: …>`.
pub(crate) fn bools(_: &Context, values: &[bool]) -> Attribute {
    Attribute::Bools(values.to_vec())
}
/// Returns `… : i64`.
pub(crate) fn int(_: &Context, value: usize) -> Attribute {
    Attribute::Int(value as i64)
}
/// Returns pairs as `dense<…> : tensor<nx2xi64>`, the form of paddings.
pub(crate) fn pairs(_: &Context, values: &[(i64, i64)]) -> Attribute {
    Attribute::Pairs(values.to_vec())
}
/// Returns an attribute in the syntax of StableHLO.
pub(crate) fn parse(_: &Context, text: &str) -> Attribute {
    Attribute::StableHlo(text.to_owned())
}
/// Returns an array whose elements all equal `literal`.
pub(crate) fn splat(context: &Context, literal: Literal, ty: &Type) -> Attribute {
    let TensorType { ty, .. } = context.tensor_type(ty);
    let bytes = literal.bits().to_le_bytes();
    Attribute::Splat(Literal::from_bytes(ty.dtype, &bytes[..ty.dtype.size()]), ty)
}
/// Returns an array with all its elements.
pub(crate) fn dense(context: &Context, array: &Array) -> Attribute {
    Attribute::Dense(Array::from_bytes(context.tensor_type(array.ty()).ty, array.bytes()))
}
pub(crate) fn direction(context: &Context, direction: Comparison) -> Attribute {
    let name = direction.name().to_uppercase();
    parse(context, &format!("#stablehlo<comparison_direction {name}>"))
}
/// Returns the comparison type of a dtype. `bool` compares as unsigned, so that false is below true.
pub(crate) fn compare_type(context: &Context, dtype: DType) -> Attribute {
    let name = match () {
        () if dtype.is_inexact() => "FLOAT",
        () if dtype.is_signed_int() => "SIGNED",
        () => "UNSIGNED",
    };
    parse(context, &format!("#stablehlo<comparison_type {name}>"))
}
/// Returns a boolean attribute.
pub(crate) fn bool(_: &Context, value: bool) -> Attribute {
    Attribute::Bool(value)
}
/// Returns the name of a function.
pub(crate) fn symbol(_: &Context, name: &str) -> Attribute {
    Attribute::Symbol(name.to_owned())
}
/// Returns a dictionary of strings.
pub(crate) fn strings(entries: &[(&str, &str)]) -> Attribute {
    Attribute::Strings(entries.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
}
/// Returns axes as text inside an attribute.
pub(crate) fn list(values: &[usize]) -> String {
    format!("[{}]", values.iter().map(usize::to_string).collect::<Vec<_>>().join(", "))
}
