//! The greatest and the least element of windows, forward.

use super::tangent::{Dual, Tangent};
use crate::op::{Literal, Padding, Window};
use crate::tensor::lax;
use crate::{DType, Tensor};

/// The tangent of the extreme of each window: that of its first extreme element.
///
/// The positions in a window are gone through one after the other; each is one strided slice of the whole operand. What comes out is
/// selects and slices, whose transposes are selects and pads: no scatter, and overlapping windows are no special case.
pub(super) fn extreme(x: &Dual, window: &Window, greatest: bool) -> Tangent {
    let config: Vec<Padding> = window
        .padding
        .iter()
        .zip(&window.base_dilation)
        .map(|(&(low, high), &base)| Padding { low, high, interior: base - 1 })
        .collect();
    let neutral = lax::constant(neutral(x.v.dtype(), greatest));
    let padded = lax::pad(&x.v, &neutral, config.clone());
    let tangent = x.t.pad(config);
    let out = window.output_shape(x.v.shape()).expect("the operation was checked");
    let mut best: Option<(Tensor, Tangent)> = None;
    for position in positions(&window.dimensions) {
        let rank = out.rank();
        // Where no window fits, nothing is taken.
        let fits = |a: usize, n: usize| if out[a] == 0 { 0 } else { n };
        let start: Vec<usize> = (0..rank).map(|a| fits(a, position[a] * window.window_dilation[a])).collect();
        let limit: Vec<usize> =
            (0..rank).map(|a| start[a] + fits(a, out[a].saturating_sub(1) * window.strides[a] + 1)).collect();
        let v = lax::slice(&padded, &start, &limit, &window.strides);
        let t = tangent.slice(&start, &limit, &window.strides);
        best = Some(match best {
            None => (v, t),
            Some((best, best_t)) => {
                let better = if greatest { lax::gt(&v, &best) } else { lax::lt(&v, &best) };
                let t = Tangent::select(&better, &t, &best_t, v.ty());
                (lax::select(&better, &v, &best), t)
            }
        });
    }
    best.map_or(Tangent::ZERO, |(_, t)| t)
}

fn neutral(dtype: DType, greatest: bool) -> Literal {
    Literal::from_f64(dtype, if greatest { f64::NEG_INFINITY } else { f64::INFINITY })
}

/// All positions in a window of these sizes, the last axis first.
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
