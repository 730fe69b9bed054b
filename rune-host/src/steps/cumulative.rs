//! Cumulative sums, products and extremes along an axis.

use super::{AxisSplit, Summed, in_pieces, with_any_number};
use crate::kernel::number::{Accumulator, Number};
use rune_ir::DType;
use rune_ir::op::CumulativeFn;

/// The minimum number of elements for which several threads share the work.
const PARALLEL_THRESHOLD: usize = if cfg!(test) { 16 } else { 1 << 16 };
/// The number of rows that are computed side by side. Within a row, each step waits for the step before it.
const ROWS_PER_PASS: usize = 4;

#[derive(Clone, Debug)]
pub(crate) struct Cumulative {
    pub f: CumulativeFn,
    pub runs: AxisSplit,
    pub dtype: DType,
    pub reverse: bool,
}

impl Cumulative {
    /// Replaces each element with the result.
    pub(super) fn run(&self, x: &mut [u8]) {
        match self.f {
            CumulativeFn::LogSumExp => match self.dtype {
                DType::F16 => self.log_sum_exp::<half::f16>(bytemuck::cast_slice_mut(x)),
                DType::BF16 => self.log_sum_exp::<half::bf16>(bytemuck::cast_slice_mut(x)),
                DType::F32 => self.log_sum_exp::<f32>(bytemuck::cast_slice_mut(x)),
                _ => self.log_sum_exp::<f64>(bytemuck::cast_slice_mut(x)),
            },
            f => with_any_number!(self.dtype, T => self.run_typed::<T>(f, bytemuck::cast_slice_mut(x))),
        }
    }

    fn run_typed<T: Summed>(&self, f: CumulativeFn, x: &mut [T]) {
        type A<T> = <T as Summed>::Accumulator;
        match f {
            CumulativeFn::Sum => self.running(x, A::<T>::ZERO, |a, x| a.plus(x.to_accumulator()), T::from_accumulator),
            CumulativeFn::Prod => self.running(x, A::<T>::ONE, |a, x| a.times(x.to_accumulator()), T::from_accumulator),
            CumulativeFn::Max => {
                self.running(x, A::<T>::LEAST, |a, x| a.greater(x.to_accumulator()), T::from_accumulator)
            }
            CumulativeFn::Min => {
                self.running(x, A::<T>::GREATEST, |a, x| a.lesser(x.to_accumulator()), T::from_accumulator)
            }
            CumulativeFn::LogSumExp => super::unplanned(),
        }
    }

    /// Computes ln Σ eˣ. The state is the greatest element so far, and the sum relative to it. Neither overflows.
    fn log_sum_exp<T: Summed<Accumulator = f64>>(&self, x: &mut [T]) {
        let relative = |x: f64, greatest: f64| if x == greatest { 1.0 } else { (x - greatest).exp() };
        let next = |(greatest, sum): (f64, f64), x: T| {
            let now = greatest.greater(x.to_accumulator());
            (now, sum * relative(greatest, now) + relative(x.to_accumulator(), now))
        };
        // If the greatest element is infinite, it is the result.
        let value = |(greatest, sum): (f64, f64)| if greatest.is_infinite() { greatest } else { greatest + sum.ln() };
        self.running(x, (f64::NEG_INFINITY, 0.0), next, |state| T::from_accumulator(value(state)));
    }

    fn running<T: Summed, A: Copy + Sync>(
        &self,
        x: &mut [T],
        start: A,
        next: impl Fn(A, T) -> A + Sync,
        value: impl Fn(A) -> T + Sync,
    ) {
        let AxisSplit { outer, len, inner } = self.runs;
        let step = |state: &mut A, x: &mut T| {
            *state = next(*state, *x);
            *x = value(*state);
        };
        let place = |i: usize| if self.reverse { len - 1 - i } else { i };
        let rows = |x: &mut [T]| {
            let mut groups = x.chunks_exact_mut(ROWS_PER_PASS * len);
            for group in &mut groups {
                let mut states = [start; ROWS_PER_PASS];
                for i in 0..len {
                    for (row, state) in states.iter_mut().enumerate() {
                        step(state, &mut group[row * len + place(i)]);
                    }
                }
            }
            for row in groups.into_remainder().chunks_exact_mut(len) {
                let mut state = start;
                (0..len).for_each(|i| step(&mut state, &mut row[place(i)]));
            }
        };
        let columns = |x: &mut [T]| {
            let mut states = vec![start; inner];
            for piece in x.chunks_exact_mut(len * inner) {
                states.fill(start);
                for i in 0..len {
                    let row = &mut piece[place(i) * inner..][..inner];
                    row.iter_mut().zip(&mut states).for_each(|(x, state)| step(state, x));
                }
            }
        };
        let some = |x: &mut [T]| if inner == 1 { rows(x) } else { columns(x) };
        let shared = x.len() >= PARALLEL_THRESHOLD && outer > 1;
        let each = ROWS_PER_PASS * len * inner * size_of::<T>();
        in_pieces(bytemuck::cast_slice_mut(x), each, shared, &|_, x| some(bytemuck::cast_slice_mut(x)));
    }
}
