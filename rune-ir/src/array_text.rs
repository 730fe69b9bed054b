//! Arrays as text: `2x3xf32=1 2 3 4 5 6`.

use crate::op::Literal;
use crate::{Array, DType, Shape, Type};

/// The reason why a text is not an array.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ArrayTextError(String);

/// Parses a type, `=`, and the elements in row-major order, or one element for all.
///
/// ```
/// use rune_ir::{Array, array_text};
/// assert_eq!(array_text::array("2xf32=1 -2.5"), Ok(Array::from_vec([2], vec![1.0f32, -2.5])));
/// assert_eq!(array_text::array("[2, i32]=7"), Ok(Array::from_vec([2], vec![7, 7])));
/// let error = array_text::array("3xf32=1 2").unwrap_err();
/// assert_eq!(error.to_string(), "[3, f32] has 3 elements, but 2 are given");
/// ```
///
/// # Errors
/// Returns an error if the text has no `=`, if the type is malformed, or if the elements do not fit it.
pub fn array(text: &str) -> Result<Array, ArrayTextError> {
    let (ty, elements) = text
        .split_once('=')
        .ok_or_else(|| ArrayTextError("it has no `=` between its type and its elements".to_owned()))?;
    parse_type(ty).and_then(|ty| of_elements(ty, elements)).map_err(ArrayTextError)
}

/// Formats `1 element`, `2 elements`.
fn elements(n: usize) -> String {
    if n == 1 { "1 element".to_owned() } else { format!("{n} elements") }
}

/// Parses `2x3xf32`, or the form in programs, `[2, 3, f32]`.
fn parse_type(text: &str) -> Result<Type, String> {
    let text = text.trim();
    let invalid =
        || format!("`{text}` is not a type; write the sizes and the dtype, such as 2x3xf32, or f32 for a scalar");
    let ty = if text.starts_with('[') {
        text.parse().map_err(|_| invalid())?
    } else {
        let mut parts: Vec<&str> = text.split('x').collect();
        let dtype: DType = parts.pop().and_then(|d| d.parse().ok()).ok_or_else(invalid)?;
        let shape = parts.iter().map(|d| d.parse::<usize>()).collect::<Result<Shape, _>>().map_err(|_| invalid())?;
        Type::new(dtype, shape)
    };
    ty.check().map_err(|e| format!("{ty} {e}"))?;
    Ok(ty)
}

/// Parses an array with these elements, or with one element for all.
fn of_elements(ty: Type, text: &str) -> Result<Array, String> {
    let separates = |c: char| c.is_whitespace() || [',', '[', ']'].contains(&c);
    let words: Vec<&str> = text.split(separates).filter(|w| !w.is_empty()).collect();
    if words.len() != ty.size() && words.len() != 1 {
        let are = if words.len() == 1 { "is" } else { "are" };
        return Err(format!("{ty} has {}, but {} {are} given", elements(ty.size()), words.len()));
    }
    let size = ty.dtype.size();
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(ty.bytes()).map_err(|_| format!("{ty} is too large for the memory of this machine"))?;
    for word in words {
        let word = match (ty.dtype, word) {
            (DType::Bool, "1") => "true",
            (DType::Bool, "0") => "false",
            (_, word) => word,
        };
        let element: Literal = format!("{word}:{}", ty.dtype)
            .parse()
            .map_err(|_| format!("`{word}` is not an element of type {}", ty.dtype))?;
        bytes.extend_from_slice(&element.bits().to_le_bytes()[..size]);
    }
    if bytes.len() != ty.bytes() {
        let element = bytes.clone();
        bytes.clear();
        (0..ty.size()).for_each(|_| bytes.extend_from_slice(&element));
    }
    Ok(Array::from_bytes(ty, &bytes))
}
