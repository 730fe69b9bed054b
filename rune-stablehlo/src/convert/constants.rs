//! Reads constants from the text.

use super::converter::{ConvertError, Converter, invalid, tensor};
use super::free;
use crate::ast::{Attribute, Dense, Elements, Operation};
use crate::error::ImportError;
use rune_ir::op::Literal;
use rune_ir::{Array, DType, Type};

/// Reads the arrays at these positions in the text.
pub(super) fn load<'t>(
    cx: &mut Converter<'_, 't>,
    function: &Operation<'t>,
    wanted: &[usize],
) -> Result<Vec<Array>, ImportError> {
    let mut found = Vec::new();
    for at in wanted {
        if let Some(known) = cx.arrays.get(at) {
            found.push(known.clone());
            continue;
        }
        let op = cx.places.get(at).copied().unwrap_or(function);
        let read = free::dense(op).map_or_else(|| invalid("its array is not available"), array);
        let array = match read {
            Ok(array) => array,
            // This is a placeholder. Each use reports the error.
            Err(ConvertError::Refused(_)) => Array::zeros(Type::scalar(DType::F32)),
            Err(ConvertError::Invalid(problem)) => return Err(cx.invalid(op, problem)),
            Err(ConvertError::Within(error)) => return Err(error),
        };
        cx.arrays.insert(*at, array.clone());
        found.push(array);
    }
    Ok(found)
}

/// Reads an array. The allocation has at most as many bytes as the text has digits, whatever the type is.
fn array(dense: &Dense) -> Result<Array, ConvertError> {
    let ty = tensor(&dense.ty)?;
    let count = |n: usize| invalid(format!("{ty} has {} elements, but {n} are given", ty.size()));
    let mut bytes = Vec::new();
    match &dense.elements {
        Elements::Splat(_) => return invalid("a single element is not an array"),
        Elements::List(list) => {
            if list.len() != ty.size() {
                return count(list.len());
            }
            for text in list {
                let Some(value) = number(ty.dtype, text) else {
                    return invalid(format!("`{text}` is not a valid {}", ty.dtype));
                };
                bytes.extend_from_slice(&value.bits().to_le_bytes()[..ty.dtype.size()]);
            }
        }
        Elements::Blob(digits) => {
            let pairs = digits.as_bytes().chunks(2);
            let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
            let Some(raw) = pairs.map(byte).collect::<Option<Vec<u8>>>().filter(|_| digits.len() % 2 == 0) else {
                return invalid("its bytes are not hexadecimal digits");
            };
            let size = ty.dtype.size();
            let bool = ty.dtype == DType::Bool;
            bytes = match () {
                // Booleans are bytes, or bits in older versions.
                () if bool && raw.len() == ty.size() => raw.iter().map(|&b| u8::from(b != 0)).collect(),
                () if bool && raw.len() == ty.size().div_ceil(8) => {
                    (0..ty.size()).map(|i| raw[i / 8] >> (i % 8) & 1).collect()
                }
                () if !bool && Some(raw.len()) == ty.size().checked_mul(size) => raw,
                () => return count(raw.len() / size),
            };
        }
    }
    Ok(Array::from_bytes(ty.clone(), &bytes))
}

/// Parses a number of a dtype, which is decimal, or its bits in hexadecimal digits.
pub(super) fn number(dtype: DType, text: &str) -> Option<Literal> {
    if dtype.is_complex() {
        // A complex number has two parts.
        let (re, im) = text.split_once(',')?;
        let [re, im] = [re, im].map(|part| number(dtype.real(), part.trim()));
        return Literal::from_parts(dtype, [re?, im?]);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        let bits = u64::from_str_radix(digits, 16).ok()?;
        let size = dtype.size();
        let fits = bits.checked_shr(8 * size as u32).unwrap_or(0) == 0;
        let array = || Array::from_bytes(Type::scalar(dtype), &bits.to_le_bytes()[..size]);
        return (fits && dtype != DType::Bool).then(array).as_ref().and_then(Literal::from_array);
    }
    // As in MLIR, a negative number of an unsigned dtype is read by its bits.
    if dtype.is_unsigned_int() && text.starts_with('-') {
        let bits = text.parse::<i64>().ok()? as u64;
        let low = bits & (u64::MAX >> (64 - 8 * dtype.size()));
        return number(dtype, &low.to_string());
    }
    format!("{text}:{dtype}").parse().ok()
}

/// Returns the element of a splat constant.
pub(super) fn splat(op: &Operation) -> Option<Literal> {
    let Attribute::Dense(Dense { elements: Elements::Splat(text), ty, .. }) = op.attribute(&["value"])? else {
        return None;
    };
    number(tensor(ty).ok()?.dtype, text)
}
