//! Prints arrays in the format of NumPy.

use crate::{Array, Element, with_element};
use std::fmt;

/// The maximum number of elements of an array that is shown completely. Of a larger array, only the first and last few
/// elements along each axis are shown.
const SUMMARY_THRESHOLD: usize = 1000;
const EDGE_ITEMS: usize = 3;

/// An array as nested brackets.
pub struct Shown<'a>(pub &'a Array);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.0, f)
    }
}

/// Writes the elements of `array`, nested in brackets.
fn write(array: &Array, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let precision = f.precision();
    let text = |i: usize| with_element!(array.dtype(), T => array.as_slice::<T>()[i].to_text(precision));
    let mut layout = Layout { text: &text, shorten: array.ty().size() > SUMMARY_THRESHOLD, width: 0 };
    if array.ty().rank() > 0 {
        layout.width = layout.widest(array.shape(), 0);
    }
    layout.nested(array.shape(), 0, 0, f)
}

/// The formatted elements. Only the shown elements are formatted.
struct Layout<'a> {
    text: &'a dyn Fn(usize) -> String,
    shorten: bool,
    width: usize,
}

impl Layout<'_> {
    /// The positions along an axis of `n` that are shown.
    fn shown(&self, n: usize) -> impl Iterator<Item = usize> {
        let cut = self.shorten && n > 2 * EDGE_ITEMS;
        (0..if cut { EDGE_ITEMS } else { n }).chain(if cut { n - EDGE_ITEMS..n } else { 0..0 })
    }
    /// The length of the longest text shown, from the element `start` on.
    fn widest(&self, shape: &[usize], start: usize) -> usize {
        let Some((&n, inner)) = shape.split_first() else { return (self.text)(start).chars().count() };
        let step: usize = inner.iter().product();
        self.shown(n).map(|i| self.widest(inner, start + i * step)).max().unwrap_or(0)
    }
    fn nested(&self, shape: &[usize], start: usize, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((&n, inner)) = shape.split_first() else {
            return write!(f, "{:>width$}", (self.text)(start), width = self.width);
        };
        let step: usize = inner.iter().product();
        f.write_str("[")?;
        let mut next = 0;
        for i in self.shown(n) {
            if i > next {
                f.write_str(if inner.is_empty() { ", …" } else { ",\n …" })?;
            }
            match (i, inner.len()) {
                (0, _) => {}
                (_, 0) => f.write_str(", ")?,
                (_, rank) => write!(f, ",{}{}", "\n".repeat(rank.min(2)), " ".repeat(depth + 1))?,
            }
            self.nested(inner, start + i * step, depth + 1, f)?;
            next = i + 1;
        }
        f.write_str("]")
    }
}
