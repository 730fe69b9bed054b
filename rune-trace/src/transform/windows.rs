//! Tangents of the maximum and minimum of windows.

use super::tangent::{Dual, Tangent};
use crate::Tensor;
use crate::tensor::lax;
use rune_ir::op::{Literal, Padding, Window};
use rune_ir::{DType, Shape};

/// Windows with more positions are halved along their axes, because a program from a file may have windows of any size.
const MAX_POSITIONS: usize = 64;

/// Returns the tangent of the extreme of each window: that of its first extreme element.
///
/// The result consists of selects and slices, whose transposes are selects and pads: there is no scatter, and
/// overlapping windows are not a special case.
pub(super) fn extreme(x: &Dual, window: &Window, greatest: bool) -> Tangent {
    let out = window.output_shape(x.v.shape()).expect("the operation was checked");
    if out.contains(&0) {
        return Tangent::ZERO;
    }
    let padded = padded(x, window, greatest);
    let positions = window.dimensions.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
    match positions {
        Some(count) if count <= MAX_POSITIONS => by_position(&padded, window, &out),
        Some(_) | None => by_doubling(padded, window, &out),
    }
}

fn padded(x: &Dual, window: &Window, greatest: bool) -> RunningExtremes {
    let config: Vec<Padding> = window
        .padding
        .iter()
        .zip(&window.base_dilation)
        .map(|(&(low, high), &base)| Padding { low, high, interior: base - 1 })
        .collect();
    let neutral = lax::constant(neutral(x.v.dtype(), greatest));
    RunningExtremes { v: lax::pad(&x.v, &neutral, config.clone()), t: x.t.pad(config), greatest }
}

/// The first extreme elements so far, and their tangents.
struct RunningExtremes {
    v: Tensor,
    t: Tangent,
    greatest: bool,
}

impl RunningExtremes {
    fn slice(&self, start: &[usize], limit: &[usize], strides: &[usize]) -> RunningExtremes {
        let (v, t) = (lax::slice(&self.v, start, limit, strides), self.t.slice(start, limit, strides));
        RunningExtremes { v, t, greatest: self.greatest }
    }
    /// Returns the best of these and of later elements.
    fn combine(self, after: &RunningExtremes) -> RunningExtremes {
        let better = if self.greatest { lax::gt(&after.v, &self.v) } else { lax::lt(&after.v, &self.v) };
        let t = Tangent::select(&better, &after.t, &self.t, after.v.ty());
        RunningExtremes { v: lax::select(&better, &after.v, &self.v), t, greatest: self.greatest }
    }
}

/// Visits the positions in a window one after the other. Each is one strided slice of the whole operand.
fn by_position(padded: &RunningExtremes, window: &Window, out: &Shape) -> Tangent {
    let rank = out.rank();
    let at = |position: Vec<usize>| {
        let start: Vec<usize> = (0..rank).map(|a| position[a] * window.window_dilation[a]).collect();
        let limit: Vec<usize> = (0..rank).map(|a| start[a] + (out[a] - 1) * window.strides[a] + 1).collect();
        padded.slice(&start, &limit, &window.strides)
    };
    let best = positions(&window.dimensions).map(at).reduce(|best, after| best.combine(&after));
    best.map_or(Tangent::ZERO, |best| best.t)
}

/// Works axis by axis, the last axis first. The extremes of two adjacent parts of a window give those of a part of
/// twice the size, so the number of steps is the number of bits of the window sizes.
fn by_doubling(padded: RunningExtremes, window: &Window, out: &Shape) -> Tangent {
    let mut best = padded;
    let ones = vec![1; out.rank()];
    for axis in (0..out.rank()).rev() {
        let mut width = 1;
        while width < window.dimensions[axis] {
            // The two parts may overlap: an element that is in both is not better than itself.
            let step = width.min(window.dimensions[axis] - width);
            let by = step * window.window_dilation[axis];
            let (mut start, mut limit) = (vec![0; out.rank()], best.v.shape().to_vec());
            start[axis] = by;
            let after = best.slice(&start, &limit, &ones);
            start[axis] = 0;
            limit[axis] -= by;
            best = best.slice(&start, &limit, &ones).combine(&after);
            width += step;
        }
        let (mut limit, mut strides) = (best.v.shape().to_vec(), ones.clone());
        limit[axis] = (out[axis] - 1) * window.strides[axis] + 1;
        strides[axis] = window.strides[axis];
        best = best.slice(&vec![0; out.rank()], &limit, &strides);
    }
    best.t
}

fn neutral(dtype: DType, greatest: bool) -> Literal {
    Literal::from_f64(dtype, if greatest { f64::NEG_INFINITY } else { f64::INFINITY })
}

/// Returns all positions in a window of these sizes, the last axis first.
fn positions(dimensions: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
    let count: usize = dimensions.iter().product();
    (0..count).map(move |mut i| {
        let mut position = vec![0; dimensions.len()];
        for (p, &n) in position.iter_mut().zip(dimensions).rev() {
            *p = i % n;
            i /= n;
        }
        position
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rune_ir::Array;

    /// Uses small whole numbers, so that many windows have several extreme elements.
    #[test]
    fn both_ways_take_the_first_extreme() {
        let window =
            |dimensions: [usize; 2], strides: [usize; 2], padding: [(i64, i64); 2], dilation: [usize; 2]| Window {
                dimensions: dimensions[..].into(),
                strides: strides[..].into(),
                padding: padding.into(),
                base_dilation: [2, 1][..].into(),
                window_dilation: dilation[..].into(),
            };
        let windows = [
            window([3, 5], [1, 1], [(0, 0), (0, 0)], [1, 1]),
            window([7, 1], [2, 3], [(1, 2), (0, 1)], [1, 1]),
            window([2, 6], [1, 2], [(3, -1), (0, 4)], [2, 1]),
            window([1, 4], [1, 1], [(0, 0), (2, 2)], [1, 3]),
        ];
        let x = Array::from_fn::<f32>([9, 8], |i| (i * 7 % 5) as f32);
        let tangent = Array::from_fn::<f32>([9, 8], |i| i as f32);
        for window in windows {
            for greatest in [true, false] {
                let x = Dual {
                    v: Tensor::from_value(x.clone()),
                    t: Tangent::new(Some(Tensor::from_value(tangent.clone()))),
                };
                let out = window.output_shape(x.v.shape()).unwrap();
                let ty = x.v.ty().with_shape(out.clone());
                let [one, halves] = [
                    by_position(&padded(&x, &window, greatest), &window, &out),
                    by_doubling(padded(&x, &window, greatest), &window, &out),
                ];
                let found = [one, halves].map(|t| t.instantiate(&ty).value().unwrap().to_host().unwrap());
                assert_eq!(found[0], found[1], "{window:?} {greatest}");
                assert!(found[0].to_f64_vec().iter().any(|&t| t > 0.0));
            }
        }
    }
}
