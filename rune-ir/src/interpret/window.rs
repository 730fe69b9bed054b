//! Windowed and cumulative reductions.

use super::map::write;
use super::number::{Extremes, Number, Real, Ring, with_kind};
use super::reduce::AxisSplit;
use super::{InterpretError, undefined};
use crate::op::{CumulativeFn, Window, WindowFn};
use crate::{Array, Type};

/// The positions of windows along one axis.
pub(super) struct WindowAxis {
    /// The size of the operand.
    pub(super) n: usize,
    /// Steps between windows.
    pub(super) stride: usize,
    /// Elements of padding before the first one.
    pub(super) low: i64,
    /// Steps between elements of the operand.
    pub(super) base_dilation: usize,
    /// Steps between elements of the window.
    pub(super) window_dilation: usize,
}

impl WindowAxis {
    /// Returns the element of the operand under element `tap` of window `window`, if there is one.
    pub(super) fn source(&self, window: usize, tap: usize) -> Option<usize> {
        // The amounts of padding may differ so much from the sizes that a difference does not fit into 64 bits.
        let at = window as i128 * self.stride as i128 + tap as i128 * self.window_dilation as i128;
        let (at, base) = (at - i128::from(self.low), self.base_dilation as i128);
        (at >= 0 && at % base == 0 && at / base < self.n as i128).then_some((at / base) as usize)
    }
    /// Returns whether window `window`, of `size` elements, covers element `from` of the operand.
    fn covers(&self, window: usize, size: usize, from: usize) -> bool {
        let at = from as i128 * self.base_dilation as i128 + i128::from(self.low);
        let (at, step) = (at - window as i128 * self.stride as i128, self.window_dilation as i128);
        at >= 0 && at % step == 0 && at / step < size as i128
    }
    /// Returns the elements of the operand that window `window`, of `size` elements, covers. A window can be far larger
    /// than the operand.
    fn sources(&self, window: usize, size: usize) -> Vec<usize> {
        match size <= self.n {
            true => (0..size).filter_map(|tap| self.source(window, tap)).collect(),
            false => (0..self.n).filter(|&from| self.covers(window, size, from)).collect(),
        }
    }
}

/// Applies `f` to the elements at each position of the window. A window is a box, so one axis after the other is
/// reduced. Floats stay in `f64` between the axes, and are rounded once.
pub(super) fn reduce_window(f: WindowFn, x: &Array, window: &Window, ty: &Type) -> Result<Array, InterpretError> {
    let dtype = ty.dtype;
    if ty.size() == 0 {
        // If one axis is empty, another may be larger than any memory.
        return Ok(Array::zeros(ty.clone()));
    }
    with_kind!(dtype,
        float T => Ok(real_windows::<T>(f, x, window, ty)),
        int T => Ok(real_windows::<T>(f, x, window, ty)),
        complex T => match f {
            WindowFn::Sum => Ok(windows::<T>(Ring::ZERO, Ring::plus, x, window, ty)),
            WindowFn::Max | WindowFn::Min => Err(undefined(f.name(), dtype)),
        },
        bool => Err(undefined(f.name(), dtype)))
}

fn real_windows<T: Real>(f: WindowFn, x: &Array, window: &Window, ty: &Type) -> Array {
    match f {
        WindowFn::Sum => windows::<T>(T::Accumulator::ZERO, T::Accumulator::plus, x, window, ty),
        WindowFn::Max => windows::<T>(T::Accumulator::LEAST, T::Accumulator::greater, x, window, ty),
        WindowFn::Min => windows::<T>(T::Accumulator::GREATEST, T::Accumulator::lesser, x, window, ty),
    }
}

fn windows<T: Number>(
    neutral: T::Accumulator,
    combine: fn(T::Accumulator, T::Accumulator) -> T::Accumulator,
    x: &Array,
    window: &Window,
    ty: &Type,
) -> Array {
    let mut shape = x.shape().clone();
    let mut xs: Vec<T::Accumulator> = x.as_slice::<T>().iter().map(|x| x.to_accumulator()).collect();
    for a in 0..ty.rank() {
        let axis = WindowAxis {
            n: shape[a],
            stride: window.strides[a],
            low: window.padding[a].0,
            base_dilation: window.base_dilation[a],
            window_dilation: window.window_dilation[a],
        };
        let runs = AxisSplit::along(&shape, a..a + 1);
        let (size, len) = (window.dimensions[a], ty.shape[a]);
        shape.dims_mut()[a] = len;
        if size == 1 && len == runs.len && (0..len).all(|i| axis.source(i, 0) == Some(i)) {
            continue;
        }
        let mut out = vec![neutral; runs.outer * len * runs.inner];
        for i in 0..len {
            for from in axis.sources(i, size) {
                for outer in 0..runs.outer {
                    let (to, from) = ((outer * len + i) * runs.inner, (outer * runs.len + from) * runs.inner);
                    for (out, &x) in out[to..to + runs.inner].iter_mut().zip(&xs[from..from + runs.inner]) {
                        *out = combine(*out, x);
                    }
                }
            }
        }
        xs = out;
    }
    write(ty, |out: &mut [T]| out.iter_mut().zip(&xs).for_each(|(out, &x)| *out = T::from_accumulator(x)))
}

/// Applies `f` to all elements along `axis` up to each one, or from each one on. Floats accumulate in `f64`.
pub(super) fn cumulative(f: CumulativeFn, x: Array, axis: usize, reverse: bool) -> Result<Array, InterpretError> {
    let dtype = x.dtype();
    let runs = AxisSplit::along(x.shape(), axis..axis + 1);
    if f == CumulativeFn::LogSumExp {
        return with_kind!(dtype,
            float T => Ok(log_sum_exp::<T>(x, runs, reverse)),
            int T => Err(undefined(f.name(), <T as crate::Element>::DTYPE)),
            complex T => Err(undefined(f.name(), <T as crate::Element>::DTYPE)),
            bool => Err(undefined(f.name(), dtype)));
    }
    with_kind!(dtype,
        float T => Ok(real::<T>(f, x, runs, reverse)),
        int T => Ok(real::<T>(f, x, runs, reverse)),
        complex T => match f {
            CumulativeFn::Sum => Ok(sum::<T>(x, runs, reverse)),
            CumulativeFn::Prod => Ok(product::<T>(x, runs, reverse)),
            CumulativeFn::Max | CumulativeFn::Min | CumulativeFn::LogSumExp => Err(undefined(f.name(), dtype)),
        },
        bool => Err(undefined(f.name(), dtype)))
}

fn sum<T: Number>(x: Array, runs: AxisSplit, reverse: bool) -> Array {
    running::<T, _>(x, runs, reverse, T::Accumulator::ZERO, |acc, x| acc.plus(x.to_accumulator()), T::from_accumulator)
}

fn product<T: Number>(x: Array, runs: AxisSplit, reverse: bool) -> Array {
    running::<T, _>(x, runs, reverse, T::Accumulator::ONE, |acc, x| acc.times(x.to_accumulator()), T::from_accumulator)
}

fn real<T: Real>(f: CumulativeFn, x: Array, runs: AxisSplit, reverse: bool) -> Array {
    match f {
        CumulativeFn::Sum => sum::<T>(x, runs, reverse),
        CumulativeFn::Prod => product::<T>(x, runs, reverse),
        CumulativeFn::Max => running::<T, _>(
            x,
            runs,
            reverse,
            T::Accumulator::LEAST,
            |acc, x| acc.greater(x.to_accumulator()),
            T::from_accumulator,
        ),
        CumulativeFn::Min => running::<T, _>(
            x,
            runs,
            reverse,
            T::Accumulator::GREATEST,
            |acc, x| acc.lesser(x.to_accumulator()),
            T::from_accumulator,
        ),
        CumulativeFn::LogSumExp => x,
    }
}

/// Computes ln Σ eˣ. The state is the greatest element so far, and the sum relative to it. Neither overflows.
fn log_sum_exp<T: Number<Accumulator = f64>>(x: Array, runs: AxisSplit, reverse: bool) -> Array {
    let relative = |x: f64, greatest: f64| if x == greatest { 1.0 } else { (x - greatest).exp() };
    let next = |(greatest, sum): (f64, f64), x: T| {
        let now = greatest.greater(x.to_accumulator());
        (now, sum * relative(greatest, now) + relative(x.to_accumulator(), now))
    };
    // If the greatest element is infinite, it is the result.
    let value = |(greatest, sum): (f64, f64)| if greatest.is_infinite() { greatest } else { greatest + sum.ln() };
    running::<T, _>(x, runs, reverse, (f64::NEG_INFINITY, 0.0), next, |state| T::from_accumulator(value(state)))
}

fn running<T: Number, A: Copy>(
    mut x: Array,
    runs: AxisSplit,
    reverse: bool,
    start: A,
    next: impl Fn(A, T) -> A,
    value: impl Fn(A) -> T,
) -> Array {
    let AxisSplit { len, inner, .. } = runs;
    if x.ty().size() == 0 {
        return x;
    }
    let mut states = vec![start; inner];
    for run in x.make_mut::<T>().chunks_exact_mut(len * inner) {
        states.fill(start);
        if inner == 1 {
            let step = |state: &mut A, x: &mut T| {
                *state = next(*state, *x);
                *x = value(*state);
            };
            let mut state = start;
            match reverse {
                false => run.iter_mut().for_each(|x| step(&mut state, x)),
                true => run.iter_mut().rev().for_each(|x| step(&mut state, x)),
            }
            continue;
        }
        for i in 0..len {
            let at = if reverse { len - 1 - i } else { i } * inner;
            for (x, state) in run[at..at + inner].iter_mut().zip(&mut states) {
                *state = next(*state, *x);
                *x = value(*state);
            }
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use crate::op::Dims;
    use half::f16;

    fn window(size: usize, stride: usize, padding: (i64, i64), base: usize, dilation: usize) -> Window {
        let one = |n: usize| Dims::from_elem(n, 1);
        Window {
            dimensions: one(size),
            strides: one(stride),
            padding: vec![padding],
            base_dilation: one(base),
            window_dilation: one(dilation),
        }
    }

    fn of(f: WindowFn, window: &Window) -> Vec<i32> {
        let x = Array::from_slice([4], &[1i32, 2, 3, 4]);
        let ty = Type::new(DType::I32, window.output_shape(x.shape()).unwrap());
        reduce_window(f, &x, window, &ty).unwrap().as_slice::<i32>().to_vec()
    }

    #[test]
    fn all_attributes_of_windows() {
        assert_eq!(of(WindowFn::Sum, &window(2, 1, (0, 0), 1, 1)), [3, 5, 7]);
        assert_eq!(of(WindowFn::Sum, &window(2, 2, (1, 1), 1, 1)), [1, 5, 4]);
        assert_eq!(of(WindowFn::Max, &window(2, 1, (0, 0), 1, 2)), [3, 4]);
        assert_eq!(of(WindowFn::Sum, &window(2, 1, (-1, 0), 2, 1)), [2, 2, 3, 3, 4]);
        assert_eq!(of(WindowFn::Min, &window(1, 1, (2, 0), 1, 1)), [i32::MAX, i32::MAX, 1, 2, 3, 4]);
        assert_eq!(of(WindowFn::Sum, &window(9, 1, (0, 0), 1, 1)), [] as [i32; 0]);
        assert_eq!(of(WindowFn::Sum, &window(1 << 40, 1, (1 << 40, -2), 1, 1)), [0, 1, 3]);
        assert_eq!(of(WindowFn::Sum, &window(5, 3, (3, 3), 2, 1)), [1, 6, 7]);
    }

    #[test]
    fn running_sums_of_halves_do_not_stall() {
        let x = Array::from_slice([4], &[2048.0, 1.0, 1.0, 1.0].map(f16::from_f32));
        let out = cumulative(CumulativeFn::Sum, x, 0, false).unwrap();
        assert_eq!(out.to_f64_vec(), [2048.0, 2048.0, 2050.0, 2052.0]);
    }

    #[test]
    fn running_either_way_along_any_axis() {
        let x = Array::from_fn([2, 3], |i| i as i32 + 1);
        let of = |f, axis, reverse| cumulative(f, x.clone(), axis, reverse).unwrap().as_slice::<i32>().to_vec();
        assert_eq!(of(CumulativeFn::Sum, 1, false), [1, 3, 6, 4, 9, 15]);
        assert_eq!(of(CumulativeFn::Sum, 0, true), [5, 7, 9, 4, 5, 6]);
        assert_eq!(of(CumulativeFn::Max, 1, true), [3, 3, 3, 6, 6, 6]);
    }

    #[test]
    fn logarithms_of_sums_do_not_overflow() {
        let infinity = f64::INFINITY;
        let x = Array::from_slice([5], &[-infinity, 1000.0, 1000.0, infinity, infinity]);
        let out = cumulative(CumulativeFn::LogSumExp, x, 0, false).unwrap();
        assert_eq!(out.as_slice::<f64>(), [-infinity, 1000.0, 1000.0 + 2f64.ln(), infinity, infinity]);
    }
}
