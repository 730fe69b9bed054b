//! Products of a few rows with a large matrix of a narrow dtype, such as `bf16` or `i8`, of codes of 4 bits, or of `f32`
//! with contiguous columns.
//!
//! The matrix is read once. Its elements are widened to `f32` in registers.

use super::factor::Factor;
use super::gemm::Matrix;
use crate::kernel::{HalfByte, Narrow, ROWS_ADDED, ROWS_MULTIPLIED, add_scaled, dots};
use half::{bf16, f16};
use rayon::prelude::*;
use rune_ir::op::BinaryFn;
use rune_ir::{DType, F8E4M3FN, F8E5M2};
use smallvec::SmallVec;
use std::ops::Range;

/// The maximum number of rows of a product that is computed here.
pub(crate) const MAX_ROWS: usize = 8;
/// The minimum length of the columns of a matrix of `f32`.
const MIN_DEPTH: usize = if cfg!(test) { 16 } else { 192 };
/// The number of bytes of a part of a matrix, and the maximum number of parts. One thread reads each part.
const PART: usize = if cfg!(test) { 1 << 9 } else { 1 << 18 };
const MAX_PARTS: usize = 16;
/// The least number of rows of a matrix in a part.
const MIN_ROWS: usize = if cfg!(test) { 8 } else { 64 };
/// The minimum number of bytes of a matrix that threads share.
const PARALLEL_THRESHOLD: usize = if cfg!(test) { 1 << 10 } else { 1 << 19 };

/// The elements of a matrix, which are widened to `f32`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Element {
    F32,
    BF16,
    F16,
    F8E4M3FN,
    F8E5M2,
    I8,
    U8,
    /// The four low bits of each byte.
    LowBits,
    /// The four high bits of each byte.
    HighBits,
}

impl Element {
    /// Returns the elements of a narrow dtype, if there is a kernel for them.
    pub(crate) fn of(dtype: DType) -> Option<Element> {
        #[allow(clippy::wildcard_enum_match_arm, reason = "all other dtypes are converted before")]
        Some(match dtype {
            DType::BF16 => Element::BF16,
            DType::F16 => Element::F16,
            DType::F8E4M3FN => Element::F8E4M3FN,
            DType::F8E5M2 => Element::F8E5M2,
            DType::I8 => Element::I8,
            DType::U8 => Element::U8,
            _ => return None,
        })
    }
    /// Returns the elements of a matrix of `u8` after an operation with a constant, if they are bits of each byte.
    pub(crate) fn of_bytes(f: BinaryFn, constant: u128) -> Option<Element> {
        match (f, constant) {
            (BinaryFn::And, 15) => Some(Element::LowBits),
            (BinaryFn::ShiftRightLogical, 4) => Some(Element::HighBits),
            _ => None,
        }
    }
}

/// Returns whether the factors are a few rows and a matrix that is contiguous along an axis.
pub(crate) fn is_fit(rows: &Factor, matrix: &Factor) -> bool {
    let contiguous = matrix.free.1 == 1 || matrix.contracted.1 == 1;
    rows.free.0 <= MAX_ROWS && matrix.free.0 > rows.free.0 && contiguous
}

/// Returns whether the factors are a few rows and a matrix of `f32` with contiguous columns, which `gemm` packs slowly.
/// `gemm` is fast if the rows of the matrix are contiguous, or if there is only one row on the other side.
pub(super) fn is_fit_for_f32(rows: &Factor, matrix: &Factor) -> bool {
    let columns = matrix.contracted.1 == 1 && matrix.contracted.0 >= MIN_DEPTH && matrix.free.1 > 1;
    rows.free.0 > 1 && columns && is_fit(rows, matrix)
}

/// Writes the products of all matrices of a batch. If `matrix_first`, the matrix is the left operand, so the products
/// are transposed.
pub(crate) fn multiply(
    (rows, x): (&Factor, &[f32]),
    (matrix, bytes, element): (&Factor, &[u8], Element),
    matrix_first: bool,
    out: &mut [f32],
) {
    match element {
        Element::F32 => of_type::<f32>((rows, x), (matrix, bytemuck::cast_slice(bytes)), matrix_first, out),
        Element::BF16 => of_type::<bf16>((rows, x), (matrix, bytemuck::cast_slice(bytes)), matrix_first, out),
        Element::F16 => of_type::<f16>((rows, x), (matrix, bytemuck::cast_slice(bytes)), matrix_first, out),
        Element::F8E4M3FN => of_type::<F8E4M3FN>((rows, x), (matrix, bytemuck::cast_slice(bytes)), matrix_first, out),
        Element::F8E5M2 => of_type::<F8E5M2>((rows, x), (matrix, bytemuck::cast_slice(bytes)), matrix_first, out),
        Element::I8 => of_type::<i8>((rows, x), (matrix, bytemuck::cast_slice(bytes)), matrix_first, out),
        Element::U8 => of_type::<u8>((rows, x), (matrix, bytes), matrix_first, out),
        Element::LowBits => of_type::<HalfByte<0>>((rows, x), (matrix, bytemuck::cast_slice(bytes)), matrix_first, out),
        Element::HighBits => {
            of_type::<HalfByte<4>>((rows, x), (matrix, bytemuck::cast_slice(bytes)), matrix_first, out)
        }
    }
}

fn of_type<T: Narrow>((rows, x): (&Factor, &[f32]), (matrix, y): (&Factor, &[T]), matrix_first: bool, out: &mut [f32]) {
    let (count, depth, columns) = (rows.free.0, rows.contracted.0, matrix.free.0);
    let each = count * columns;
    let batches = out.len() / each;
    let bytes = size_of::<T>() * depth * columns;
    let shared = bytes * batches >= PARALLEL_THRESHOLD && rayon::current_num_threads() > 1;
    let to = if matrix_first { [1, count] } else { [columns, 1] };
    let one = |index: usize, out: &mut [f32], shared: bool| {
        let rows = Matrix {
            data: x,
            offset: rows.at(index),
            rows: count,
            columns: depth,
            row_step: rows.free.1,
            column_step: rows.contracted.1,
        };
        let steps = [matrix.contracted.1, matrix.free.1];
        OfBatch { rows, matrix: &y[matrix.at(index)..], columns, steps, to }.run(out, shared);
    };
    // Threads share the matrices of a batch. If the matrices are large and few, threads share each matrix.
    if shared && batches > 1 && (bytes < PARALLEL_THRESHOLD || batches >= 2 * rayon::current_num_threads()) {
        let some = batches.div_ceil(4 * rayon::current_num_threads());
        out.par_chunks_mut(each * some).enumerate().for_each(|(group, out)| {
            out.chunks_exact_mut(each).enumerate().for_each(|(i, out)| one(group * some + i, out, false));
        });
        return;
    }
    out.chunks_exact_mut(each).enumerate().for_each(|(i, out)| one(i, out, shared));
}

/// The rows of an operand, with contiguous elements.
type Rows<'a> = SmallVec<[&'a [f32]; MAX_ROWS]>;

/// The rows and the matrix of one product.
struct OfBatch<'a, T> {
    rows: Matrix<'a, f32>,
    matrix: &'a [T],
    columns: usize,
    /// The strides of the matrix: along the contracted axis, and along the columns.
    steps: [usize; 2],
    /// The strides of the product: along the rows, and along the columns.
    to: [usize; 2],
}

impl<T: Narrow> OfBatch<'_, T> {
    /// Writes the product, on all threads if `shared`. Each thread reads a contiguous part of the matrix, so that the
    /// memory can prefetch. Neither the parts nor the sums depend on the number of threads.
    fn run(&self, out: &mut [f32], shared: bool) {
        let (depth, columns) = (self.rows.columns, self.columns);
        // If the rows of the matrix are contiguous, they are added up. Otherwise its columns are contiguous.
        let adds_rows = self.steps[1] == 1;
        let parts = (size_of::<T>() * depth * columns / PART).clamp(1, MAX_PARTS);
        if adds_rows && parts == 1 && self.to == [columns, 1] {
            out.fill(0.0);
            return self.add_rows(0..depth, 0..columns, out);
        }
        // The sums of a few rows take as long to add to the product as to compute, so short matrices are divided along
        // their columns.
        let by_rows = adds_rows && depth >= parts * MIN_ROWS;
        let mut copy = Vec::new();
        let contiguous = if adds_rows { Rows::new() } else { self.contiguous_rows(&mut copy) };
        let divided = if by_rows { depth } else { columns };
        let each = divided.div_ceil(parts);
        let products_of = |part: usize| {
            let range = part * each..divided.min((part + 1) * each);
            let (rows, columns) = if by_rows { (range, 0..columns) } else { (0..depth, range) };
            let mut products = vec![0f32; self.rows.rows * columns.len()];
            if adds_rows {
                self.add_rows(rows, columns.clone(), &mut products);
            } else {
                self.multiply_columns(&contiguous, columns.clone(), &mut products);
            }
            (columns, products)
        };
        let parts = divided.div_ceil(each);
        let all: Vec<(Range<usize>, Vec<f32>)> = if shared && parts > 1 {
            (0..parts).into_par_iter().map(products_of).collect()
        } else {
            (0..parts).map(products_of).collect()
        };
        out.fill(0.0);
        for (columns, products) in all {
            for (row, products) in products.chunks_exact(columns.len()).enumerate() {
                let out = &mut out[row * self.to[0] + columns.start * self.to[1]..];
                if self.to[1] == 1 {
                    out.iter_mut().zip(products).for_each(|(out, product)| *out += product);
                } else {
                    out.iter_mut().step_by(self.to[1]).zip(products).for_each(|(out, product)| *out += product);
                }
            }
        }
    }

    /// Adds multiples of some rows of the matrix to each row of `sums`. The factors are the elements of a row of
    /// `rows`. Reads only the columns `columns` of the matrix.
    fn add_rows(&self, depth: Range<usize>, columns: Range<usize>, sums: &mut [f32]) {
        for first in depth.clone().step_by(ROWS_ADDED) {
            let some = first..depth.end.min(first + ROWS_ADDED);
            let row_of_matrix = |k: usize| &self.matrix[k * self.steps[0] + columns.start..][..columns.len()];
            let rows: SmallVec<[&[T]; ROWS_ADDED]> = some.clone().map(row_of_matrix).collect();
            for (row, sums) in sums.chunks_exact_mut(columns.len()).enumerate() {
                let x =
                    |i: usize| if first + i < some.end { self.rows.data[self.rows.at(row, first + i)] } else { 0.0 };
                add_scaled(sums, &rows, std::array::from_fn(x));
            }
        }
    }

    /// Returns the rows, which are copied to `copy` if their elements are not contiguous.
    fn contiguous_rows<'b>(&'b self, copy: &'b mut Vec<f32>) -> Rows<'b> {
        let Matrix { data, rows, columns, column_step, .. } = self.rows;
        if column_step == 1 {
            return (0..rows).map(|row| &data[self.rows.at(row, 0)..][..columns]).collect();
        }
        for row in 0..rows {
            copy.extend((0..columns).map(|column| data[self.rows.at(row, column)]));
        }
        copy.chunks_exact(columns).collect()
    }

    /// Writes the dot products of each row of `x` with some columns of the matrix to each row of `products`.
    fn multiply_columns(&self, x: &Rows<'_>, columns: Range<usize>, products: &mut [f32]) {
        let depth = self.rows.columns;
        for (i, column) in columns.clone().enumerate() {
            let y = &self.matrix[column * self.steps[1]..][..depth];
            let mut row = 0;
            while row < self.rows.rows {
                let x = |r: usize| x[row + r];
                let mut write = |found: &[f32]| {
                    found.iter().enumerate().for_each(|(r, &y)| products[(row + r) * columns.len() + i] = y);
                    found.len()
                };
                row += match self.rows.rows - row {
                    1 => write(&dots([x(0)], y)),
                    2 => write(&dots([x(0), x(1)], y)),
                    3 => write(&dots([x(0), x(1), x(2)], y)),
                    _ => write(&dots::<T, ROWS_MULTIPLIED>(std::array::from_fn(x), y)),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Step;
    use crate::{Plan, tests::wrong};
    use rune_trace::{Array, Tensor, make_program};

    /// Returns small whole numbers. Sums of their products are exact in any order.
    fn numbers(shape: &[usize], dtype: DType, of: usize) -> Array {
        let number = |i: usize| (i * 7 + of * 5) % 11;
        // Bytes have high bits too.
        let value = |i: usize| if dtype == DType::U8 { number(i) as f64 * 23.0 } else { number(i) as f64 - 5.0 };
        Tensor::from(Array::from_fn(shape, value)).cast(dtype).to_array().unwrap()
    }

    #[test]
    fn products_of_few_rows_are_those_of_the_interpreter() {
        let mut counts = [0; 2];
        type Part = fn(&Tensor) -> Tensor;
        let (whole, low, high): (Part, Part, Part) = (Tensor::clone, |w| w & 15u8, |w| w >> 4u8);
        let narrow = [DType::BF16, DType::F16, DType::F8E4M3FN, DType::F8E5M2, DType::I8, DType::U8];
        let dtypes = [&[DType::F32], &narrow[..]].concat().into_iter().map(|dtype| (dtype, whole));
        for (dtype, part) in dtypes.chain([(DType::U8, low), (DType::U8, high)]) {
            for (rows, depth, columns) in
                [(1, 1, 2), (1, 17, 40), (2, 16, 33), (3, 40, 9), (7, 5, 70), (8, 64, 64), (1, 300, 3), (1, 3, 300)]
            {
                // The bits say which operand the matrix is, whether it is transposed, and whether there is a batch.
                for form in 0..8 {
                    let [first, transposed, batched] = [0, 1, 2].map(|bit| form >> bit & 1 == 1);
                    let batch: &[usize] = if batched { &[3] } else { &[] };
                    let shape = |m: usize, n: usize| [batch, &if transposed { [n, m] } else { [m, n] }].concat();
                    let (x, w) = match first {
                        true => ([batch, &[depth, rows]].concat(), shape(columns, depth)),
                        false => ([batch, &[rows, depth]].concat(), shape(depth, columns)),
                    };
                    let (x, w) = (numbers(&x, DType::F32, 1), numbers(&w, dtype, 2));
                    let f = |x: &Tensor, w: &Tensor| {
                        let w = part(&if transposed { w.swapaxes(-1, -2) } else { w.clone() }).cast(DType::F32);
                        if first { w.matmul(x) } else { x.matmul(&w) }
                    };
                    let program = make_program(f, (&Tensor::from(x.clone()), &Tensor::from(w.clone()))).unwrap();
                    let program = program.simplify();
                    let plan = Plan::new(&program);
                    let here = |step: &Step| matches!(step, Step::Product { product, .. } if product.matrix.is_some());
                    // One step means that nothing is converted first.
                    counts[usize::from(dtype != DType::F32)] += usize::from(plan.steps() == 1 && here(&plan.steps[0]));
                    let found = wrong(&program, &[x, w], true);
                    assert_eq!(found, None, "{rows} × {depth} × {columns} of {dtype}, form {form}\n{program}");
                }
            }
        }
        assert!(counts[0] >= 12 && counts[1] > 350, "{counts:?} plans read the matrix of f32 or narrow dtype as it is");
    }
}
