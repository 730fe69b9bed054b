//! Reductions: combining elements within rows and into accumulators.

use super::compute::round_to_reduced;
use super::lanes::{accumulate, fold};
use super::number::{Accumulator, Bits, Number, with_integer, with_number};
use super::slot::Slot;
use bytemuck::Pod;
use rune_ir::op::ReduceFn;
use rune_ir::{DType, Element, F8E4M3FN, F8E5M2, Type};
use smallvec::SmallVec;
use std::convert::identity;
use std::marker::PhantomData;

/// A function that combines elements. Floats accumulate in `f64`, and are rounded once.
trait Reducer: Sized {
    type Element: Pod;
    type Accumulator: Pod + Send;
    const NEUTRAL: Self::Accumulator;
    /// Whether the accumulator is wider than an element. If so, it is `f64`.
    const IS_WIDER: bool = size_of::<Self::Accumulator>() > size_of::<Self::Element>();
    fn to_accumulator(x: Self::Element) -> Self::Accumulator;
    fn from_accumulator(x: Self::Accumulator) -> Self::Element;
    fn combine(x: Self::Accumulator, y: Self::Accumulator) -> Self::Accumulator;
    /// Combines rows into `a`. Each row has as many elements as `a`.
    fn combine_rows(a: &mut [Self::Accumulator], x: &[Self::Element]) {
        x.chunks_exact(a.len()).for_each(|row| accumulate(a, row, Self::to_accumulator, Self::combine));
    }
    /// Combines all elements.
    fn total(x: &[Self::Element]) -> Self::Accumulator {
        fold_elements::<Self>(x)
    }
}

macro_rules! reducers {
    ($($name:ident<$t:ident> in $accumulator:ty: $neutral:ident, $combine:ident, $to_accumulator:expr, $from_accumulator:expr, $total:expr
        $(, $rows:expr)?;)*) => {$(
        struct $name<T>(PhantomData<T>);
        impl<$t: Number> Reducer for $name<$t> {
            type Element = $t;
            type Accumulator = $accumulator;
            const NEUTRAL: $accumulator = <$accumulator>::$neutral;
            #[inline(always)]
            fn to_accumulator(x: $t) -> $accumulator {
                $to_accumulator(x)
            }
            #[inline(always)]
            fn from_accumulator(x: $accumulator) -> $t {
                $from_accumulator(x)
            }
            #[inline(always)]
            fn combine(x: $accumulator, y: $accumulator) -> $accumulator {
                x.$combine(y)
            }
            fn total(x: &[$t]) -> $accumulator {
                $total(x)
            }
            $(fn combine_rows(a: &mut [$accumulator], x: &[$t]) {
                $rows(a, x);
            })?
        }
    )*};
}
reducers! {
    Sum<T> in T::Accumulator: ZERO, plus, T::to_accumulator, T::from_accumulator, T::sum, T::add_rows;
    Product<T> in T::Accumulator: ONE, times, T::to_accumulator, T::from_accumulator, fold_elements::<Self>;
    Greatest<T> in T: LEAST, greater, identity, identity, fold_elements::<Self>;
    Least<T> in T: GREATEST, lesser, identity, identity, fold_elements::<Self>;
}

fn fold_elements<R: Reducer>(x: &[R::Element]) -> R::Accumulator {
    fold(x, R::NEUTRAL, R::to_accumulator, R::combine)
}
macro_rules! bitwise {
    ($($name:ident: $neutral:ident, $combine:ident;)*) => {$(
        struct $name<T>(PhantomData<T>);
        impl<T: Bits + Send> Reducer for $name<T> {
            type Element = T;
            type Accumulator = T;
            const NEUTRAL: T = T::$neutral;
            #[inline(always)]
            fn to_accumulator(x: T) -> T {
                x
            }
            #[inline(always)]
            fn from_accumulator(x: T) -> T {
                x
            }
            #[inline(always)]
            fn combine(x: T, y: T) -> T {
                x.$combine(y)
            }
        }
    )*};
}
bitwise! {
    All: ONES, and;
    Any: NONE, or;
}

/// A visitor of the reducer for a function and a dtype.
trait Visitor {
    type Output;
    fn visit<R: Reducer>(self) -> Self::Output;
}

fn with_reducer<V: Visitor>(f: ReduceFn, dtype: DType, visitor: V) -> V::Output {
    match (f, dtype) {
        (ReduceFn::Max | ReduceFn::Or, DType::Bool) => visitor.visit::<Any<u8>>(),
        (ReduceFn::Min | ReduceFn::And, DType::Bool) => visitor.visit::<All<u8>>(),
        (ReduceFn::Sum, dtype) => with_number!(dtype, T => visitor.visit::<Sum<T>>(), _ => undefined()),
        (ReduceFn::Prod, dtype) => with_number!(dtype, T => visitor.visit::<Product<T>>(), _ => undefined()),
        (ReduceFn::Max, dtype) => with_number!(dtype, T => visitor.visit::<Greatest<T>>(), _ => undefined()),
        (ReduceFn::Min, dtype) => with_number!(dtype, T => visitor.visit::<Least<T>>(), _ => undefined()),
        (ReduceFn::And, dtype) => with_integer!(dtype, T => visitor.visit::<All<T>>(), _ => undefined()),
        (ReduceFn::Or, dtype) => with_integer!(dtype, T => visitor.visit::<Any<T>>(), _ => undefined()),
    }
}

fn undefined() -> ! {
    unreachable!("the planner makes no such reduction")
}

/// Combines each of `rows` rows of `len` elements.
pub(super) fn rows(
    f: ReduceFn,
    dtype: DType,
    reduced: Option<DType>,
    x: &Slot<'_>,
    d: &mut Slot<'_>,
    rows: usize,
    len: usize,
) {
    struct Rows<'a, 'x, 'd>(Option<DType>, &'a Slot<'x>, &'a mut Slot<'d>, usize, usize);
    impl Visitor for Rows<'_, '_, '_> {
        type Output = ();
        fn visit<R: Reducer>(self) {
            let Rows(reduced, x, d, rows, len) = self;
            let total = R::total;
            let x = x.read::<R::Element>(rows * len);
            if let (Some(reduced), true) = (reduced, R::IS_WIDER) {
                for (d, row) in d.write::<f32>(rows).iter_mut().zip(x.chunks_exact(len)) {
                    *d = round_to_reduced(reduced, bytemuck::cast(total(row)));
                }
                return;
            }
            for (d, row) in d.write::<R::Element>(rows).iter_mut().zip(x.chunks_exact(len)) {
                *d = R::from_accumulator(total(row));
            }
        }
    }
    with_reducer(f, dtype, Rows(reduced, x, d, rows, len));
}

/// A reduction of one register over any axes of a kernel's index space.
#[derive(Clone, Debug)]
pub(crate) struct Reduction {
    pub f: ReduceFn,
    /// The dtype of the elements in registers.
    pub dtype: DType,
    /// The reduced float type to which the result is rounded, if any.
    pub reduced: Option<DType>,
    /// The size of each axis of the index space, outermost first, and its stride in the result. Reduced axes have
    /// stride 0.
    pub axes: SmallVec<[(usize, usize); 4]>,
    /// The buffer of the result.
    pub buffer: usize,
    /// The type of the result.
    pub ty: Type,
}

/// The accumulators of a part of the result, from position `first` on.
pub(super) struct Partial {
    first: usize,
    count: usize,
    words: Vec<u64>,
}

impl Reduction {
    /// Returns new accumulators for positions `start..end` of the index space.
    pub(super) fn partial(&self, start: usize, end: usize) -> Partial {
        struct Fill<'a>(&'a mut Vec<u64>, usize);
        impl Visitor for Fill<'_> {
            type Output = ();
            fn visit<R: Reducer>(self) {
                self.0.resize((self.1 * size_of::<R::Accumulator>()).div_ceil(8), 0);
                bytemuck::cast_slice_mut::<u64, R::Accumulator>(self.0)[..self.1].fill(R::NEUTRAL);
            }
        }
        let size = self.ty.size();
        // If the outermost axis is not reduced, a part of the index space maps to a part of the result.
        let (first, last) = match self.axes.first() {
            Some(&(n, step)) if step > 0 => {
                let each = self.axes.iter().map(|a| a.0).product::<usize>() / n;
                (start / each * step, ((end - 1) / each + 1) * step)
            }
            _ => (0, size),
        };
        let mut words = Vec::new();
        with_reducer(self.f, self.dtype, Fill(&mut words, last - first));
        Partial { first, count: last - first, words }
    }

    /// Combines the `n` elements of `x` at positions `start..` of the index space into accumulators.
    pub(super) fn accumulate(&self, partial: &mut Partial, x: &Slot<'_>, start: usize, n: usize) {
        struct Walk<'a, 'b, 'c>(&'a Reduction, &'b mut Partial, &'a Slot<'c>, usize, usize);
        impl Visitor for Walk<'_, '_, '_> {
            type Output = ();
            fn visit<R: Reducer>(self) {
                let Walk(reduction, partial, x, start, n) = self;
                let mut x = x.read::<R::Element>(n);
                let first = partial.first;
                let all = bytemuck::cast_slice_mut::<u64, R::Accumulator>(&mut partial.words);
                let Some((&(len, step), outer)) = reduction.axes.split_last() else {
                    all[0] = R::combine(all[0], R::to_accumulator(x[0]));
                    return;
                };
                let (mut rest, mut column) = (start / len, start % len);
                let mut index: SmallVec<[usize; 4]> = SmallVec::from_elem(0, outer.len());
                let mut at = 0;
                for (i, &(size, step)) in outer.iter().enumerate().rev() {
                    index[i] = rest % size;
                    at += index[i] * step;
                    rest /= size;
                }
                loop {
                    // The number of rows that are combined into the same accumulators.
                    let rows = match (outer.last(), index.last()) {
                        (Some(&(size, 0)), Some(&i)) if step == 1 && column == 0 => (size - i).min(x.len() / len),
                        _ => 0,
                    };
                    if rows > 1 {
                        let (block, others) = x.split_at(rows * len);
                        R::combine_rows(&mut all[at - first..][..len], block);
                        x = others;
                        if let Some(last) = index.last_mut() {
                            *last += rows - 1;
                        }
                    } else {
                        let (run, others) = x.split_at(x.len().min(len - column));
                        if step == 0 {
                            let total = R::total(run);
                            all[at - first] = R::combine(all[at - first], total);
                        } else {
                            accumulate(
                                &mut all[at + column - first..][..run.len()],
                                run,
                                R::to_accumulator,
                                R::combine,
                            );
                        }
                        (x, column) = (others, 0);
                    }
                    if x.is_empty() {
                        return;
                    }
                    for (i, &(size, step)) in outer.iter().enumerate().rev() {
                        index[i] += 1;
                        at += step;
                        if index[i] < size {
                            break;
                        }
                        at -= size * step;
                        index[i] = 0;
                    }
                }
            }
        }
        with_reducer(self.f, self.dtype, Walk(self, partial, x, start, n));
    }

    /// Combines the accumulators of all tasks, and writes the result.
    pub(super) fn finish(&self, partials: &[Partial], out: &mut [u8]) {
        struct Finish<'a>(&'a Reduction, &'a [Partial], &'a mut [u8]);
        impl Visitor for Finish<'_> {
            type Output = ();
            fn visit<R: Reducer>(self) {
                let Finish(reduction, partials, out) = self;
                let size = reduction.ty.size();
                let mut total = vec![R::NEUTRAL; size];
                for partial in partials {
                    let part = &bytemuck::cast_slice::<u64, R::Accumulator>(&partial.words)[..partial.count];
                    for (total, &x) in total[partial.first..].iter_mut().zip(part) {
                        *total = R::combine(*total, x);
                    }
                }
                match reduction.reduced {
                    Some(DType::F16) => write_reduced::<R, half::f16>(&total, out),
                    Some(DType::F8E4M3FN) => write_reduced::<R, F8E4M3FN>(&total, out),
                    Some(DType::F8E5M2) => write_reduced::<R, F8E5M2>(&total, out),
                    Some(_) => write_reduced::<R, half::bf16>(&total, out),
                    None => {
                        let out: &mut [R::Element] = bytemuck::cast_slice_mut(out);
                        for (out, &x) in out.iter_mut().zip(&total) {
                            *out = R::from_accumulator(x);
                        }
                    }
                }
            }
        }
        /// Writes a reduced float type. It is `f32` in registers.
        fn write_reduced<R: Reducer, H: Element>(total: &[R::Accumulator], out: &mut [u8]) {
            for (out, &x) in H::cast_slice_mut(out).iter_mut().zip(total) {
                let wide = match R::IS_WIDER {
                    true => bytemuck::cast::<_, f64>(x),
                    false => f64::from(bytemuck::cast::<_, f32>(x)),
                };
                *out = H::from_f64(wide);
            }
        }
        with_reducer(self.f, self.dtype, Finish(self, partials, out));
    }
}
