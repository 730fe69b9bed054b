//! Fourier transforms by the crates `rustfft` and `realfft`, in the precision of the dtype, on all threads.

use num_complex::Complex;
use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rune_ir::op::FftFn;
use rune_ir::{Array, DType, Element, Op, Type, types};
use rustfft::num_traits::Zero;
use rustfft::{Fft, FftDirection, FftNum, FftPlanner};
use std::cell::RefCell;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// The minimum number of elements for which several threads share the rows.
const PARALLEL_THRESHOLD: usize = if cfg!(test) { 64 } else { 1 << 14 };
/// The maximum number of elements of the memory that a thread keeps.
const MAX_KEPT: usize = 1 << 21;
/// The number of columns that are transposed together: a cache line of `c64`.
const COLUMNS: usize = 8;

/// Transforms along the last axes, as [`Op::Fft`] defines it. `c64` and `f32` are computed in `f32`.
///
/// ```
/// use rune_ir::op::FftFn;
/// use rune_ir::{Array, Complex32};
/// let x = Array::from_slice([4], &[1f32, 0., 0., 0.]);
/// let y = rune_host::fft(FftFn::Rfft, &x, &[4]);
/// assert_eq!(y.as_slice::<Complex32>(), [Complex32::new(1., 0.); 3]);
/// ```
///
/// # Panics
/// If the operation does not take an operand of this type.
pub fn fft(f: FftFn, x: &Array, lengths: &[usize]) -> Array {
    let op = Op::Fft { f, x: x.ty(), lengths: lengths.iter().copied().collect() };
    let ty = types::infer(&op).expect("the operand has the type of the operation").remove(0);
    if ty.size() == 0 {
        return Array::zeros(ty);
    }
    let run = if x.dtype().real() == DType::F64 { transform::<f64> } else { transform::<f32> };
    run(f, x, lengths, ty)
}

/// A float with plans of transforms, which are kept, because making one may cost more than using it.
trait Float: FftNum + Element {
    fn plans() -> &'static Mutex<Plans<Self>>;
    /// Calls `f` with memory for this number of elements. The thread keeps it, because new memory has page faults.
    fn with_memory<R>(count: usize, f: impl FnOnce(&mut [Complex<Self>]) -> R) -> R;
    fn complex(x: &Array) -> &[Complex<Self>];
    fn complex_mut(x: &mut Array) -> &mut [Complex<Self>];
    fn nearest(x: f64) -> Self;
}

struct Plans<T: FftNum> {
    complex: FftPlanner<T>,
    real: RealFftPlanner<T>,
}

impl<T: Float> Plans<T> {
    fn new() -> Mutex<Plans<T>> {
        Mutex::new(Plans { complex: FftPlanner::new(), real: RealFftPlanner::new() })
    }
    /// Returns what `f` returns for the plans of this type.
    fn with<R>(f: impl FnOnce(&mut Plans<T>) -> R) -> R {
        f(&mut T::plans().lock().unwrap_or_else(PoisonError::into_inner))
    }
}

macro_rules! floats {
    ($($t:ident)*) => {$(
        impl Float for $t {
            fn plans() -> &'static Mutex<Plans<$t>> {
                static PLANS: LazyLock<Mutex<Plans<$t>>> = LazyLock::new(Plans::new);
                &PLANS
            }
            fn with_memory<R>(count: usize, f: impl FnOnce(&mut [Complex<$t>]) -> R) -> R {
                thread_local!(static MEMORY: RefCell<Vec<Complex<$t>>> = const { RefCell::new(Vec::new()) });
                // Another transform may run on this thread while this one waits for its tasks.
                let mut memory = MEMORY.take();
                memory.resize(count.max(memory.len()), Complex::zero());
                let result = f(&mut memory[..count]);
                if memory.len() <= MAX_KEPT {
                    MEMORY.set(memory);
                }
                result
            }
            fn complex_mut(x: &mut Array) -> &mut [Complex<$t>] {
                x.make_mut::<Complex<$t>>()
            }
            fn complex(x: &Array) -> &[Complex<$t>] {
                x.as_slice::<Complex<$t>>()
            }
            fn nearest(x: f64) -> $t {
                x as $t
            }
        }
    )*};
}
floats!(f32 f64);

fn transform<T: Float>(f: FftFn, x: &Array, lengths: &[usize], ty: Type) -> Array {
    let (outer, n) = (&lengths[..lengths.len() - 1], lengths[lengths.len() - 1]);
    let scale = T::nearest(1.0 / lengths.iter().map(|&n| n as f64).product::<f64>());
    let mut y = Array::zeros(ty);
    match f {
        FftFn::Fft | FftFn::Ifft => {
            let direction = if f == FftFn::Fft { FftDirection::Forward } else { FftDirection::Inverse };
            let z = T::complex_mut(&mut y);
            z.copy_from_slice(T::complex(x));
            along_axes(z, lengths, 1, direction);
            if f == FftFn::Ifft {
                z.iter_mut().for_each(|z| *z = *z * scale);
            }
        }
        FftFn::Rfft => {
            let z = T::complex_mut(&mut y);
            forward(x.as_slice::<T>(), n, z);
            along_axes(z, outer, n / 2 + 1, FftDirection::Forward);
        }
        FftFn::Irfft => {
            let z = T::complex(x);
            T::with_memory(z.len(), |memory| {
                memory.copy_from_slice(z);
                along_axes(memory, outer, n / 2 + 1, FftDirection::Inverse);
                let y = y.make_mut::<T>();
                backward(memory, n, y);
                y.iter_mut().for_each(|y| *y = *y * scale);
            });
        }
    }
    y
}

/// Returns the number of rows of a task.
fn rows_per_task(rows: usize, elements: usize) -> usize {
    let threads = rayon::current_num_threads();
    if elements < PARALLEL_THRESHOLD || threads == 1 { rows.max(1) } else { rows.div_ceil(4 * threads).max(1) }
}

/// Transforms in place along the axes of sizes `lengths`. The axes after these have `inner` elements in total.
fn along_axes<T: Float>(z: &mut [Complex<T>], lengths: &[usize], inner: usize, direction: FftDirection) {
    let mut inner = inner;
    for &n in lengths.iter().rev() {
        let plan = Plans::<T>::with(|plans| plans.complex.plan_fft(n, direction));
        match inner {
            _ if n == 1 => {}
            1 => transform_rows(z, &plan),
            _ => z.chunks_exact_mut(n * inner).for_each(|block| transform_columns(block, inner, &plan)),
        }
        inner *= n;
    }
}

fn transform_rows<T: Float>(z: &mut [Complex<T>], plan: &Arc<dyn Fft<T>>) {
    let n = plan.len();
    let task = rows_per_task(z.len() / n, z.len()) * n;
    z.par_chunks_mut(task).for_each(|rows| {
        let mut scratch = vec![Complex::zero(); plan.get_inplace_scratch_len()];
        plan.process_with_scratch(rows, &mut scratch);
    });
}

/// Transforms the columns of a matrix with `columns` columns.
fn transform_columns<T: Float>(block: &mut [Complex<T>], columns: usize, plan: &Arc<dyn Fft<T>>) {
    let n = plan.len();
    T::with_memory(block.len(), |turned| {
        transpose(block, turned, n, columns);
        transform_rows(turned, plan);
        transpose(turned, block, columns, n);
    });
}

/// Transposes the matrix `from`, `m × n`, into `to`.
fn transpose<T: Float>(from: &[Complex<T>], to: &mut [Complex<T>], m: usize, n: usize) {
    let groups = rows_per_task(n.div_ceil(COLUMNS), from.len());
    to.par_chunks_mut(groups * COLUMNS * m).enumerate().for_each(|(task, to)| {
        for (group, to) in to.chunks_mut(COLUMNS * m).enumerate() {
            let first = (task * groups + group) * COLUMNS;
            let count = to.len() / m;
            for (i, row) in from.chunks_exact(n).enumerate() {
                row[first..first + count].iter().enumerate().for_each(|(j, &z)| to[j * m + i] = z);
            }
        }
    });
}

/// Writes the first n/2 + 1 frequencies of each `n` real numbers.
fn forward<T: Float>(x: &[T], n: usize, out: &mut [Complex<T>]) {
    let plan: Arc<dyn RealToComplex<T>> = Plans::<T>::with(|plans| plans.real.plan_fft_forward(n));
    let (rows, half) = (x.len() / n, n / 2 + 1);
    let task = rows_per_task(rows, x.len());
    out.par_chunks_mut(task * half).zip(x.par_chunks(task * n)).for_each(|(out, x)| {
        let (mut row, mut scratch) = (plan.make_input_vec(), plan.make_scratch_vec());
        for (x, out) in x.chunks_exact(n).zip(out.chunks_exact_mut(half)) {
            row.copy_from_slice(x);
            plan.process_with_scratch(&mut row, out, &mut scratch).expect("the lengths are those of the plan");
        }
    });
}

/// Writes `n` real numbers for each n/2 + 1 frequencies, which it overwrites.
fn backward<T: Float>(z: &mut [Complex<T>], n: usize, out: &mut [T]) {
    let plan: Arc<dyn ComplexToReal<T>> = Plans::<T>::with(|plans| plans.real.plan_fft_inverse(n));
    let half = n / 2 + 1;
    let rows = z.len() / half;
    let task = rows_per_task(rows, out.len());
    out.par_chunks_mut(task * n).zip(z.par_chunks_mut(task * half)).for_each(|(out, z)| {
        let mut scratch = plan.make_scratch_vec();
        for (z, out) in z.chunks_exact_mut(half).zip(out.chunks_exact_mut(n)) {
            // A real signal has no imaginary part there.
            z[0].im = T::zero();
            if n.is_multiple_of(2) {
                z[n / 2].im = T::zero();
            }
            plan.process_with_scratch(z, out, &mut scratch).expect("the lengths are those of the plan");
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use rune_ir::Complex64;
    use rune_ir::interpret::eval_op;

    /// Transforms of one to three axes are those of the interpreter, up to rounding.
    #[test]
    fn transforms_are_those_of_the_interpreter() {
        let shapes: [(&[usize], usize); 7] =
            [(&[1], 1), (&[7], 1), (&[5, 12], 1), (&[3, 9, 17], 2), (&[2, 8, 6, 5], 3), (&[1, 67], 2), (&[40, 33], 2)];
        for (shape, axes) in shapes {
            for dtype in [DType::F32, DType::F64] {
                for f in FftFn::ALL.iter().copied() {
                    let lengths = shape[shape.len() - axes..].to_vec();
                    let mut input = shape.to_vec();
                    if f == FftFn::Irfft {
                        *input.last_mut().unwrap() = lengths[axes - 1] / 2 + 1;
                    }
                    let part = |i: usize| (i as f64 * 0.7).sin() + 0.1;
                    let dtype = if f == FftFn::Rfft { dtype } else { dtype.complex().unwrap() };
                    let x = rune_ir::with_element!(dtype, T => {
                        Array::from_fn(&input[..], |i| <T as Element>::from_complex(Complex64::new(part(2 * i), part(2 * i + 1))))
                    });
                    let op = Op::Fft { f, x: &x, lengths: lengths.iter().copied().collect() };
                    let expected = eval_op(&op).unwrap().remove(0);
                    let found = fft(f, &x, &lengths);
                    assert_eq!(found.ty(), expected.ty());
                    let (xs, ys) = (found.to_complex_vec(), expected.to_complex_vec());
                    let greatest = ys.iter().map(|y| y.norm()).fold(0.0, f64::max);
                    let eps = expected.dtype().real().finfo().unwrap().eps;
                    let wrong = xs.iter().zip(&ys).position(|(x, y)| (x - y).norm() > 16.0 * eps * greatest);
                    assert_eq!(wrong, None, "{f:?} of {shape:?} {dtype} along {axes}");
                }
            }
        }
    }
}
