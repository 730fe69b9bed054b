//! Arrays as NumPy prints them.

use crate::{Array, Element, with_element};
use std::fmt;

/// Rows longer than this are shown by their first and last few elements.
const FULL: usize = 1000;
const EDGE: usize = 3;

/// An array, displayed nested in brackets.
pub struct Shown<'a>(pub &'a Array);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.0, f)
    }
}

/// Writes the elements of `array`, nested in brackets.
fn write(array: &Array, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let precision = f.precision();
    let texts: Vec<String> = with_element!(array.dtype(), T => array.as_slice::<T>().iter().map(|x| x.to_text(precision)).collect());
    let width = if array.ty().rank() == 0 { 0 } else { texts.iter().map(|t| t.chars().count()).max().unwrap_or(0) };
    nested(array.shape(), &texts, width, array.ty().size() > FULL, 0, f)
}

fn nested(
    shape: &[usize],
    texts: &[String],
    width: usize,
    shorten: bool,
    depth: usize,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let Some((&n, inner)) = shape.split_first() else {
        return write!(f, "{:>width$}", texts[0]);
    };
    let step: usize = inner.iter().product();
    f.write_str("[")?;
    for i in 0..n {
        if shorten && n > 2 * EDGE && (EDGE..n - EDGE).contains(&i) {
            if i == EDGE {
                f.write_str(if inner.is_empty() { ", …" } else { ",\n …" })?;
            }
            continue;
        }
        match (i, inner.len()) {
            (0, _) => {}
            (_, 0) => f.write_str(", ")?,
            (_, rank) => write!(f, ",{}{}", "\n".repeat(rank.min(2)), " ".repeat(depth + 1))?,
        }
        nested(inner, &texts[i * step..(i + 1) * step], width, shorten, depth + 1, f)?;
    }
    f.write_str("]")
}
