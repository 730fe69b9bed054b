//! Reductions over whole axes.

use super::integer::Int;
use super::map::write;
use super::number::{Extremes, Number, Real, Ring, with_kind};
use super::shape::transpose;
use super::{InterpretError, undefined};
use crate::op::{ArgFn, Dims, ReduceFn};
use crate::{Array, Element, Type};

/// A view of an array as `outer` runs of `len` rows of `inner` elements. The rows are one axis, or several adjacent
/// ones.
#[derive(Clone, Copy)]
pub(super) struct AxisSplit {
    /// The product of the sizes of all axes before the rows.
    pub(super) outer: usize,
    /// The number of rows in a run.
    pub(super) len: usize,
    /// The number of elements of a row: the product of the sizes of all axes after the rows.
    pub(super) inner: usize,
}

impl AxisSplit {
    /// Returns the runs along axes `first..end`.
    pub(super) fn along(shape: &[usize], axes: std::ops::Range<usize>) -> AxisSplit {
        let (outer, inner) = (shape[..axes.start].iter().product(), shape[axes.end..].iter().product());
        AxisSplit { outer, len: shape[axes].iter().product(), inner }
    }
}

/// Reduces `axes` by `f`. Floats accumulate in `f64`, pairwise, and are rounded once.
pub(super) fn reduce(f: ReduceFn, x: Array, axes: &[usize], ty: &Type) -> Result<Array, InterpretError> {
    let (x, runs) = reduced_together(x, axes);
    let dtype = ty.dtype;
    let result = with_kind!(dtype,
        float T => real::<T>(f, &x, runs, ty),
        int T => int::<T>(f, &x, runs, ty),
        complex T => match f {
            ReduceFn::Sum => Some(sum::<T>(&x, runs, ty)),
            ReduceFn::Prod => Some(product::<T>(&x, runs, ty)),
            ReduceFn::Max | ReduceFn::Min | ReduceFn::And | ReduceFn::Or => None,
        },
        bool => boolean(f, &x, runs, ty));
    result.ok_or(undefined(f.name(), dtype))
}

/// Returns the array with the reduced axes adjacent: without a copy if they already are.
fn reduced_together(x: Array, axes: &[usize]) -> (Array, AxisSplit) {
    let rank = x.ty().rank();
    let is_reduced = |a: &usize| axes.contains(a);
    let matters = |a: &usize| is_reduced(a) && x.shape()[*a] != 1;
    let (first, last) = match ((0..rank).find(matters), (0..rank).rfind(matters)) {
        (Some(first), Some(last)) => (first, last),
        _ => return (x.clone(), AxisSplit { outer: x.ty().size(), len: 1, inner: 1 }),
    };
    if (first..=last).all(|a| is_reduced(&a) || x.shape()[a] == 1) {
        let runs = AxisSplit::along(x.shape(), first..last + 1);
        return (x, runs);
    }
    let mut order: Dims = (0..rank).filter(|a| !is_reduced(a)).collect();
    let kept = order.len();
    order.extend((0..rank).filter(is_reduced));
    let x = transpose(x, &order);
    let runs = AxisSplit::along(x.shape(), kept..rank);
    (x, runs)
}

fn sum<T: Number>(x: &Array, runs: AxisSplit, ty: &Type) -> Array {
    over(x, runs, ty, T::Accumulator::ZERO, T::to_accumulator, T::from_accumulator, T::Accumulator::plus)
}

fn product<T: Number>(x: &Array, runs: AxisSplit, ty: &Type) -> Array {
    over(x, runs, ty, T::Accumulator::ONE, T::to_accumulator, T::from_accumulator, T::Accumulator::times)
}

fn real<T: Real>(f: ReduceFn, x: &Array, runs: AxisSplit, ty: &Type) -> Option<Array> {
    Some(match f {
        ReduceFn::Sum => sum::<T>(x, runs, ty),
        ReduceFn::Prod => product::<T>(x, runs, ty),
        ReduceFn::Max => {
            over(x, runs, ty, T::Accumulator::LEAST, T::to_accumulator, T::from_accumulator, T::Accumulator::greater)
        }
        ReduceFn::Min => {
            over(x, runs, ty, T::Accumulator::GREATEST, T::to_accumulator, T::from_accumulator, T::Accumulator::lesser)
        }
        ReduceFn::And | ReduceFn::Or => return None,
    })
}

fn int<T: Int>(f: ReduceFn, x: &Array, runs: AxisSplit, ty: &Type) -> Option<Array> {
    match f {
        ReduceFn::Sum | ReduceFn::Prod | ReduceFn::Max | ReduceFn::Min => real::<T>(f, x, runs, ty),
        ReduceFn::And => Some(over(x, runs, ty, T::ONES, |x: T| x, |x| x, T::and)),
        ReduceFn::Or => Some(over(x, runs, ty, T::ZERO, |x: T| x, |x| x, T::or)),
    }
}

fn boolean(f: ReduceFn, x: &Array, runs: AxisSplit, ty: &Type) -> Option<Array> {
    Some(match f {
        ReduceFn::Max | ReduceFn::Or => over(x, runs, ty, false, |x: bool| x, |x| x, |x, y| x | y),
        ReduceFn::Min | ReduceFn::And => over(x, runs, ty, true, |x: bool| x, |x| x, |x, y| x & y),
        ReduceFn::Sum | ReduceFn::Prod => return None,
    })
}

/// Combines each run. `to_accumulator` and `from_accumulator` convert to the type of the accumulator and back.
fn over<T: Element, A: Copy>(
    x: &Array,
    runs: AxisSplit,
    ty: &Type,
    neutral: A,
    to_accumulator: impl Fn(T) -> A + Copy,
    from_accumulator: impl Fn(A) -> T,
    combine: impl Fn(A, A) -> A + Copy,
) -> Array {
    let (xs, AxisSplit { len, inner, .. }) = (x.as_slice::<T>(), runs);
    write(ty, |out: &mut [T]| {
        if len == 0 {
            out.fill(from_accumulator(neutral));
        } else if inner == 1 {
            for (out, run) in out.iter_mut().zip(xs.chunks_exact(len)) {
                *out = from_accumulator(fold(run, neutral, to_accumulator, combine));
            }
        } else {
            for (out, run) in out.chunks_exact_mut(inner.max(1)).zip(xs.chunks_exact((len * inner).max(1))) {
                columns(run, out, inner, neutral, to_accumulator, &from_accumulator, combine);
            }
        }
    })
}

/// Combines the elements of a run in eight lanes, which the compiler vectorizes. Long runs are combined pairwise, so
/// the error of a sum grows only with the logarithm of its length.
fn fold<T: Copy, A: Copy>(
    run: &[T],
    neutral: A,
    to_accumulator: impl Fn(T) -> A + Copy,
    combine: impl Fn(A, A) -> A + Copy,
) -> A {
    const LANES: usize = 8;
    const PAIRWISE_THRESHOLD: usize = 1024;
    if run.len() < 2 * LANES {
        return run.iter().fold(neutral, |acc, &x| combine(acc, to_accumulator(x)));
    }
    if run.len() > PAIRWISE_THRESHOLD {
        let (left, right) = run.split_at(run.len() / 2 / LANES * LANES);
        return combine(fold(left, neutral, to_accumulator, combine), fold(right, neutral, to_accumulator, combine));
    }
    let (chunks, rest) = run.as_chunks::<LANES>();
    let mut lanes = [neutral; LANES];
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane = combine(*lane, to_accumulator(x));
        }
    }
    for (lane, &x) in lanes.iter_mut().zip(rest) {
        *lane = combine(*lane, to_accumulator(x));
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    combine(combine(combine(a, b), combine(c, d)), combine(combine(e, f), combine(g, h)))
}

/// Combines the rows of a run, column by column. Columns are combined in strips that stay in the cache, and rows in
/// blocks, for the same reason as in [`fold`].
fn columns<T: Copy, A: Copy>(
    run: &[T],
    out: &mut [T],
    inner: usize,
    neutral: A,
    to_accumulator: impl Fn(T) -> A,
    from_accumulator: impl Fn(A) -> T,
    combine: impl Fn(A, A) -> A,
) {
    const STRIP: usize = 512;
    const ROWS: usize = 128;
    let (mut total, mut part) = ([neutral; STRIP], [neutral; STRIP]);
    for (strip, out) in out.chunks_mut(STRIP).enumerate() {
        let (from, width) = (strip * STRIP, out.len());
        total.fill(neutral);
        for block in run.chunks(ROWS * inner) {
            part.fill(neutral);
            for row in block.chunks_exact(inner) {
                for (part, &x) in part.iter_mut().zip(&row[from..from + width]) {
                    *part = combine(*part, to_accumulator(x));
                }
            }
            for (total, &part) in total.iter_mut().zip(&part[..width]) {
                *total = combine(*total, part);
            }
        }
        for (out, &total) in out.iter_mut().zip(&total) {
            *out = from_accumulator(total);
        }
    }
}

/// Returns the index of the first greatest or least element along `axis`, or of the first NaN.
pub(super) fn arg_reduce(f: ArgFn, x: &Array, axis: usize, ty: &Type) -> Result<Array, InterpretError> {
    let runs = AxisSplit::along(x.shape(), axis..axis + 1);
    let dtype = x.dtype();
    let found = with_kind!(dtype,
        float T => arg::<T>(f, x.as_slice(), runs),
        int T => arg::<T>(f, x.as_slice(), runs),
        complex T => return Err(undefined(f.name(), <T as Element>::DTYPE)),
        bool => return Err(undefined(f.name(), dtype)));
    let found = Array::from_vec(ty.shape.clone(), found);
    Ok(super::convert::convert(found, ty.dtype))
}

fn arg<T: Real>(f: ArgFn, xs: &[T], runs: AxisSplit) -> Vec<i64> {
    let is_nan = |x: &T| x.partial_cmp(x).is_none();
    let better = |x: &T, best: &T| match f {
        ArgFn::Max => x > best,
        ArgFn::Min => x < best,
    };
    let mut found = vec![0; runs.outer * runs.inner];
    if found.is_empty() {
        return found;
    }
    for (run, found) in xs.chunks_exact(runs.len * runs.inner).zip(found.chunks_exact_mut(runs.inner)) {
        let mut best = run[..runs.inner].to_vec();
        for (i, row) in run.chunks_exact(runs.inner).enumerate().skip(1) {
            for ((x, best), found) in row.iter().zip(&mut best).zip(found.iter_mut()) {
                if better(x, best) || (is_nan(x) && !is_nan(best)) {
                    (*best, *found) = (*x, i as i64);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use half::f16;

    fn sum(x: Array, axes: &[usize]) -> Array {
        let ty = x.ty().with_shape(x.shape().without(axes));
        reduce(ReduceFn::Sum, x, axes, &ty).unwrap()
    }

    #[test]
    fn axes_anywhere() {
        let x = Array::from_fn([2, 3, 2, 2], |i| i as i32);
        assert_eq!(sum(x.clone(), &[0, 1, 2, 3]).as_slice::<i32>(), [276]);
        assert_eq!(sum(x.clone(), &[1]).as_slice::<i32>(), [12, 15, 18, 21, 48, 51, 54, 57]);
        assert_eq!(sum(x.clone(), &[0, 2]).as_slice::<i32>(), [28, 32, 44, 48, 60, 64]);
        assert_eq!(sum(x.clone(), &[]), x);
    }

    #[test]
    fn many_rows_and_columns() {
        let x = Array::from_fn([300, 700], |i| (i % 7) as f32);
        let out = sum(x.clone(), &[0]);
        let expected: f32 = (0..300).map(|r| ((r * 700 + 699) % 7) as f32).sum();
        assert_eq!(out.as_slice::<f32>()[699], expected);
        let ones = Array::from_fn([100_003], |_| f16::from_f32(0.5));
        assert_eq!(sum(ones, &[0]).as_slice::<f16>()[0].to_f32(), 50016.0);
    }

    #[test]
    fn over_nothing_the_neutral_element() {
        let x = Array::zeros(Type::new(DType::F32, [0, 2]));
        let ty = Type::new(DType::F32, [2]);
        assert_eq!(reduce(ReduceFn::Max, x.clone(), &[0], &ty).unwrap().as_slice::<f32>(), [f32::NEG_INFINITY; 2]);
        assert_eq!(reduce(ReduceFn::Prod, x.clone(), &[0], &ty).unwrap().as_slice::<f32>(), [1.0; 2]);
        assert_eq!(sum(x, &[1]).shape(), &[0]);
    }

    #[test]
    fn the_first_extreme_and_nan_first_of_all() {
        let of = |f, xs: &[f32]| {
            let x = Array::from_slice([xs.len()], xs);
            arg_reduce(f, &x, 0, &Type::scalar(DType::I32)).unwrap().as_slice::<i32>()[0]
        };
        assert_eq!((of(ArgFn::Max, &[1.0, 3.0, 3.0]), of(ArgFn::Min, &[0.0, -0.0])), (1, 0));
        assert_eq!((of(ArgFn::Min, &[1.0, f32::NAN, -1.0, f32::NAN]), of(ArgFn::Max, &[9.0, f32::NAN])), (1, 1));
    }
}
