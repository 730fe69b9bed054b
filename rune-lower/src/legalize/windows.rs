//! Reductions over windows.
//!
//! If the output has size 1 along an axis, the stride is above 1, and input is left over behind the window, IREE reads
//! out of bounds. The stride then becomes 1, and the leftover input is cut off.

use crate::attr;
use crate::builder::{Builder, Val, combiner};
use crate::legalize::dilation;
use rune_ir::op::{Literal, ReduceFn, Window};
use rune_ir::{Shape, Type};

/// Returns the stride and the padding behind the input along an axis. `total` is the number of elements, including
/// padding and dilation. `window` is the window size, including dilation.
pub(crate) fn only_position(total: usize, window: usize, stride: usize, high: i64) -> (usize, i64) {
    if window <= total && (total - window) / stride == 0 { (1, high - (total - window) as i64) } else { (stride, high) }
}

/// Returns the extent of `n` elements with `dilation - 1` elements between neighbours.
pub(crate) fn dilated(n: usize, dilation: usize) -> usize {
    n.saturating_sub(1) * dilation + n.min(1)
}

/// Returns the same window with the stride and the padding of [`only_position`] along each axis.
fn normal(window: &Window, shape: &[usize]) -> Window {
    let mut window = window.clone();
    for (a, &n) in shape.iter().enumerate() {
        let (low, high) = window.padding[a];
        let total = dilated(n, window.base_dilation[a]) as i64 + low + high;
        let size = dilated(window.dimensions[a], window.window_dilation[a]);
        (window.strides[a], window.padding[a].1) = only_position(total.max(0) as usize, size, window.strides[a], high);
    }
    window
}

pub(crate) fn reduce_window<'c>(b: &Builder<'c>, f: ReduceFn, x: &Val<'c>, window: &Window) -> Val<'c> {
    let init = f.neutral(x.dtype());
    let shape = window.output_shape(x.shape()).expect("the type rule has checked the window");
    if x.ty.size() == 0 {
        return b.full(init, &shape);
    }
    let window = &if b.has_defences() { normal(window, x.shape()) } else { window.clone() };
    if window.dimensions.iter().all(|&n| n == 1) {
        return single(b, x, init, window, shape);
    }
    if b.context.is_gpu && window.dimensions.iter().product::<usize>() <= UNROLLED {
        return unrolled(b, f, x, window, &shape);
    }
    // Negative padding and dilation of the operand are applied first, because IREE's conversion of StableHLO handles
    // neither well. It takes a window as long as its axis for a cumulative function if the padding on one side is one
    // less, whatever the padding on the other side.
    let init_value = b.full(init, &Shape::scalar());
    let odd = (0..x.rank()).any(|a| {
        let (low, high) = window.padding[a];
        let seems_cumulative = window.dimensions[a] == x.shape()[a] && low > 0 && high > 0;
        window.base_dilation[a] != 1 || low < 0 || high < 0 || seems_cumulative
    });
    let (x, padding) = if odd {
        let config: Vec<_> =
            window.padding.iter().zip(&window.base_dilation).map(|(&(l, h), &d)| (l, h, d as i64 - 1)).collect();
        (dilation::pad(b, x, &init_value, &config), vec![(0, 0); x.rank()])
    } else {
        (x.clone(), window.padding.clone())
    };
    let scalar = Type::scalar(x.dtype());
    let body = b.region(&[scalar.clone(), scalar], |b, v| vec![b.binary(combiner(f, x.dtype()), &v[0], &v[1])]);
    let attributes = [
        ("window_dimensions", attr::dims(b.context, &window.dimensions)),
        ("window_strides", attr::dims(b.context, &window.strides)),
        ("base_dilations", attr::dims(b.context, &vec![1; x.rank()])),
        ("window_dilations", attr::dims(b.context, &window.window_dilation)),
        ("padding", attr::pairs(b.context, &padding)),
    ];
    let ty = x.ty.with_shape(shape);
    b.op("stablehlo.reduce_window", &[&x, &init_value], &attributes, vec![body], &[ty]).remove(0)
}

/// The maximum number of positions of a window that are reduced one after the other.
const UNROLLED: usize = 32;

/// Reduces one slice for each position in the window. Some windows of two elements do not compile for GPUs ("failed to
/// bufferize op"), and those that compile are no faster.
fn unrolled<'c>(b: &Builder<'c>, f: ReduceFn, x: &Val<'c>, window: &Window, shape: &Shape) -> Val<'c> {
    let config: Vec<_> =
        window.padding.iter().zip(&window.base_dilation).map(|(&(l, h), &d)| (l, h, d as i64 - 1)).collect();
    let x = dilation::pad(b, x, &b.full(f.neutral(x.dtype()), &Shape::scalar()), &config);
    let mut position = vec![0; x.rank()];
    let mut result: Option<Val<'c>> = None;
    loop {
        let starts: Vec<usize> = position.iter().zip(&window.window_dilation).map(|(p, d)| p * d).collect();
        let limits: Vec<usize> = (0..x.rank()).map(|a| starts[a] + (shape[a] - 1) * window.strides[a] + 1).collect();
        let slice = b.slice(&x, &starts, &limits, &window.strides);
        result = Some(match result {
            Some(result) => b.binary(combiner(f, x.dtype()), &result, &slice),
            None => slice,
        });
        // The next position. The last axis changes first.
        let Some(axis) = (0..x.rank()).rev().find(|&a| position[a] + 1 < window.dimensions[a]) else { break };
        position[axis] += 1;
        position[axis + 1..].fill(0);
    }
    result.expect("a window has a position")
}

/// Emits windows of one element, which select elements. IREE compiles neither such windows nor a strided slice behind
/// interior padding. The elements that the windows meet are therefore sliced first, and then padded.
fn single<'c>(b: &Builder<'c>, x: &Val<'c>, init: Literal, window: &Window, shape: Shape) -> Val<'c> {
    let rank = x.rank();
    let (mut starts, mut limits, mut strides) = (vec![0; rank], vec![0; rank], vec![1; rank]);
    let mut padding = vec![(0, 0, 0); rank];
    for a in 0..rank {
        // The window at position `p` meets element `i` if `p * stride - low = i * dilation`.
        let (stride, dilation, low) = (window.strides[a], window.base_dilation[a], window.padding[a].0);
        let met = |p: usize| {
            let at = usize::try_from((p * stride) as i64 - low).ok()?;
            (at % dilation == 0 && at / dilation < x.shape()[a]).then_some((p, at / dilation))
        };
        let hits: Vec<(usize, usize)> = (0..shape[a]).filter_map(met).collect();
        let (Some(first), Some(last)) = (hits.first(), hits.last()) else {
            return b.full(init, &shape);
        };
        let (positions, elements) = hits.get(1).map_or((1, 1), |next| (next.0 - first.0, next.1 - first.1));
        (starts[a], limits[a], strides[a]) = (first.1, last.1 + 1, elements);
        padding[a] = (first.0 as i64, (shape[a] - 1 - last.0) as i64, positions as i64 - 1);
    }
    let met = b.slice(x, &starts, &limits, &strides);
    dilation::pad(b, &met, &b.full(init, &Shape::scalar()), &padding)
}
