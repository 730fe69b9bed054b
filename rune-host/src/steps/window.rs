//! Window reductions. A window is a box, so one axis after the other is reduced.

use super::{AxisSplit, Summed, in_pieces, with_any_number};
use crate::kernel::number::{Accumulator, Number};
use bytemuck::Pod;
use rune_ir::op::{Window, WindowFn};
use rune_ir::{DType, Shape};

/// The minimum number of elements for which several threads share the work.
const PARALLEL_THRESHOLD: usize = if cfg!(test) { 16 } else { 1 << 16 };
/// The maximum number of elements of a window along an axis that are combined one by one. A longer window is composed
/// of smaller windows, if elements may be combined repeatedly.
const MAX_DIRECT_WINDOW: usize = if cfg!(test) { 2 } else { 5 };
/// The maximum number of elements of a window along an axis. The interpreter reduces longer windows.
const MAX_WINDOW: usize = 1 << 16;

#[derive(Clone, Debug)]
pub(crate) struct ReduceWindow {
    pub f: WindowFn,
    pub dtype: DType,
    axes: Vec<Axis>,
}

/// The positions of windows along an axis.
#[derive(Clone, Debug)]
struct Axis {
    runs: AxisSplit,
    /// The number of windows along the axis.
    windows: usize,
    /// For each tap of the window, the windows in which the tap lies on an element of the operand.
    taps: Vec<Tap>,
    /// The padding before the first element, if each window is `taps.len()` contiguous elements, and windows begin at
    /// successive elements.
    sliding: Option<usize>,
}

/// A tap meets elements in the windows `begin`, `begin + step`, … below `end`: the elements `from`, `from + stride`, …
#[derive(Clone, Debug)]
struct Tap {
    begin: usize,
    end: usize,
    step: usize,
    from: usize,
    stride: usize,
}

impl ReduceWindow {
    /// Returns the reduction of an array of shape `shape` to one of shape `out`, or `None` if a window is longer than
    /// [`MAX_WINDOW`] along an axis or a position overflows.
    pub(crate) fn new(f: WindowFn, dtype: DType, window: &Window, shape: &Shape, out: &Shape) -> Option<ReduceWindow> {
        let mut sizes = shape.clone();
        let mut axes = Vec::new();
        for a in 0..shape.rank() {
            let (size, windows) = (window.dimensions[a], out[a]);
            if size > MAX_WINDOW {
                return None;
            }
            let runs = AxisSplit::along(&sizes, a);
            sizes.dims_mut()[a] = windows;
            let low = window.padding[a].0;
            if size == 1 && low == 0 && windows == runs.len && window.strides[a] == 1 && window.base_dilation[a] == 1 {
                continue;
            }
            let steps = [window.strides[a], window.base_dilation[a], window.window_dilation[a]];
            let taps: Option<Vec<Tap>> = (0..size).map(|tap| tap_of(tap, windows, runs.len, low, steps)).collect();
            let sliding = (steps == [1, 1, 1]).then(|| usize::try_from(low).ok()).flatten();
            axes.push(Axis { runs, windows, taps: taps?, sliding });
        }
        Some(ReduceWindow { f, dtype, axes })
    }

    pub(super) fn run(&self, x: &[u8], out: &mut [u8]) {
        with_any_number!(self.dtype, T => self.run_typed::<T>(bytemuck::cast_slice(x), bytemuck::cast_slice_mut(out)));
    }

    fn run_typed<T: Summed>(&self, x: &[T], out: &mut [T]) {
        type A<T> = <T as Summed>::Accumulator;
        match self.f {
            WindowFn::Sum => self.windows(x, out, (A::<T>::ZERO, false), A::<T>::plus),
            WindowFn::Max => self.windows(x, out, (A::<T>::LEAST, true), A::<T>::greater),
            WindowFn::Min => self.windows(x, out, (A::<T>::GREATEST, true), A::<T>::lesser),
        }
    }

    fn windows<T: Summed>(
        &self,
        x: &[T],
        out: &mut [T],
        (neutral, repeats): (T::Accumulator, bool),
        combine: impl Fn(T::Accumulator, T::Accumulator) -> T::Accumulator + Copy + Sync,
    ) {
        let mut xs: Vec<T::Accumulator> = x.iter().map(|x| x.to_accumulator()).collect();
        for axis in &self.axes {
            xs = match axis.sliding {
                Some(low) if repeats && axis.taps.len() > MAX_DIRECT_WINDOW => {
                    axis.compose_windows(&xs, low, neutral, combine)
                }
                _ => axis.reduce(&xs, neutral, combine),
            };
        }
        out.iter_mut().zip(&xs).for_each(|(out, &x)| *out = T::from_accumulator(x));
    }
}

/// Returns the windows in which `tap` lies on an element of the operand. Computes in 128 bits, because padding can be
/// any 64-bit number.
fn tap_of(tap: usize, windows: usize, n: usize, low: i64, [stride, base, dilation]: [usize; 3]) -> Option<Tap> {
    let at = |window: usize| window as i128 * stride as i128 + tap as i128 * dilation as i128 - i128::from(low);
    let base = base as i128;
    let meets = |window: usize| at(window) >= 0 && at(window) % base == 0 && at(window) / base < n as i128;
    // After this many windows, the tap lies on a multiple of the base dilation again.
    let step = base as usize / gcd(base as usize, stride);
    let last = (n as i128 - 1) * base;
    let least = (-at(0)).max(0) / stride as i128;
    let begin = (least..least + step as i128 + 1).find(|&w| w < windows as i128 && meets(w as usize));
    let Some(begin) = begin else { return Some(Tap { begin: 0, end: 0, step: 1, from: 0, stride: 0 }) };
    let begin = begin as usize;
    let end = windows.min(begin + usize::try_from((last - at(begin)) / stride as i128).ok()? + 1);
    let from = usize::try_from(at(begin) / base).ok()?;
    Some(Tap { begin, end, step, from, stride: step.checked_mul(stride)? / base as usize })
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

impl Axis {
    /// Computes the results of each piece of the operand.
    fn pieces<A: Pod + Sync>(&self, xs: &[A], neutral: A, piece: impl Fn(&[A], &mut [A]) + Sync) -> Vec<A> {
        let AxisSplit { outer, len, inner } = self.runs;
        let mut out = vec![neutral; outer * self.windows * inner];
        let (from, to) = (len * inner, self.windows * inner);
        let shared = xs.len().max(out.len()) >= PARALLEL_THRESHOLD;
        in_pieces(bytemuck::cast_slice_mut(&mut out), to * size_of::<A>(), shared, &|first, out| {
            let out: &mut [A] = bytemuck::cast_slice_mut(out);
            let xs = xs[first * from..].chunks_exact(from);
            xs.zip(out.chunks_exact_mut(to)).for_each(|(x, out)| piece(x, out));
        });
        out
    }

    fn reduce<A: Pod + Sync>(&self, xs: &[A], neutral: A, combine: impl Fn(A, A) -> A + Copy + Sync) -> Vec<A> {
        let inner = self.runs.inner;
        let each = |out: &mut [A], x: &[A]| out.iter_mut().zip(x).for_each(|(out, &x)| *out = combine(*out, x));
        self.pieces(xs, neutral, |x, out| {
            for &Tap { begin, end, step, from, stride } in &self.taps {
                if inner > 1 {
                    let mut row = from;
                    for window in (begin..end).step_by(step) {
                        let out = &mut out[window * inner..][..inner];
                        each(out, &x[row * inner..][..inner]);
                        row += stride;
                    }
                } else if (step, stride) == (1, 1) {
                    each(&mut out[begin..end], &x[from..]);
                } else if begin < end {
                    let x = x[from..].iter().step_by(stride.max(1));
                    let out = out[begin..end].iter_mut().step_by(step);
                    out.zip(x).for_each(|(out, &x)| *out = combine(*out, x));
                }
            }
        })
    }

    /// Composes windows of 2, 4, 8, … elements from two smaller windows each, and the last window from two overlapping
    /// ones.
    fn compose_windows<A: Pod + Sync>(
        &self,
        xs: &[A],
        low: usize,
        neutral: A,
        combine: impl Fn(A, A) -> A + Copy + Sync,
    ) -> Vec<A> {
        let AxisSplit { len, inner, .. } = self.runs;
        let size = self.taps.len();
        self.pieces(xs, neutral, |x, out| {
            let mut padded = vec![neutral; (self.windows + size - 1) * inner];
            let (begin, end) = (low.min(self.windows + size - 1), (low + len).min(self.windows + size - 1));
            padded[begin * inner..end * inner].copy_from_slice(&x[..(end - begin) * inner]);
            let mut width = 1;
            while 2 * width <= size {
                // Combines each element with a later one, which has not been overwritten yet.
                for i in 0..padded.len() - width * inner {
                    padded[i] = combine(padded[i], padded[i + width * inner]);
                }
                width *= 2;
            }
            let last = &padded[(size - width) * inner..];
            out.iter_mut().zip(&padded).zip(last).for_each(|((out, &x), &y)| *out = combine(x, y));
        })
    }
}
