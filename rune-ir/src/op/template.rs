//! Templates of `debug_print!`: text with placeholders for arrays.

use super::Dims;
use crate::{Array, Shown};
use std::fmt::Write;

/// A part of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    Text(String),
    /// The next array. Floats have this many digits after the point; `None` prints all digits.
    Array(Option<usize>),
}

/// Splits a template into parts: `{}` and `{:.3}` are arrays, and `{{` and `}}` are braces.
///
/// # Errors
/// A description of the problem.
pub fn parse(template: &str) -> Result<Vec<Part>, String> {
    let (mut parts, mut text, mut rest) = (Vec::new(), String::new(), template.chars().peekable());
    while let Some(c) = rest.next() {
        match c {
            '{' | '}' if rest.peek() == Some(&c) => text.extend(rest.next()),
            '{' => {
                let inside: String = rest.by_ref().take_while(|&c| c != '}').collect();
                let digits = inside.strip_prefix(":.").map(str::parse::<u8>);
                let precision = match digits {
                    None if inside.is_empty() => None,
                    Some(Ok(digits)) => Some(usize::from(digits)),
                    None | Some(Err(_)) => {
                        return Err(format!("has `{{{inside}}}` in its format, not `{{}}` or `{{:.3}}`"));
                    }
                };
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.push(Part::Array(precision));
            }
            '}' => return Err("has a lone `}` in its format".to_owned()),
            c => text.push(c),
        }
    }
    parts.push(Part::Text(text));
    Ok(parts)
}

/// Escapes text for a template.
pub fn escaped(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// Returns one line for each batch element: the template with arrays in its placeholders. `batch` holds the sizes of
/// the batch axes, which are the first axes of the arrays.
pub fn lines(template: &str, batch: &Dims, arrays: &[Array]) -> String {
    let parts = parse(template).unwrap_or_default();
    let mut lines = String::new();
    for element in 0..batch.iter().product() {
        let mut next = arrays.iter();
        for part in &parts {
            let _ = match part {
                Part::Text(text) => lines.write_str(text),
                Part::Array(precision) => {
                    let Some(array) = next.next() else { continue };
                    let ty = array.ty().with_shape(&array.shape()[batch.len()..]);
                    let bytes = &array.bytes()[element * ty.bytes()..][..ty.bytes()];
                    let array = Array::from_bytes(ty, bytes);
                    match precision {
                        Some(digits) => write!(lines, "{:.digits$}", Shown(&array)),
                        None => write!(lines, "{}", Shown(&array)),
                    }
                }
            };
        }
        lines.push('\n');
    }
    lines
}
