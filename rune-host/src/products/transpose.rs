//! Transposed copies of right operands that the crate `gemm` packs slowly.

use super::gemm::{Matrix, Real};
use rayon::prelude::*;
use rune_ir::{AlignedBytes, array_memory};

/// A distance in bytes. Elements that lie a multiple of it apart share a few sets of the first-level cache.
const CONFLICT: usize = if cfg!(test) { 16 } else { 1024 };
/// The minimum number of rows and of columns of a matrix that is copied.
const MIN_SIZE: usize = if cfg!(test) { 3 } else { 16 };
/// The number of columns of a panel. A panel of 1,000 rows fits the second-level cache.
const PANEL: usize = if cfg!(test) { 5 } else { 256 };
/// The numbers of columns and of rows of the matrix that are copied at once.
const TILE: (usize, usize) = (8, 16);
/// The number of rows of a panel that a thread copies at once.
const BAND: usize = if cfg!(test) { TILE.1 } else { 32 * TILE.1 };

/// Returns whether `gemm` is slow with a right operand: it packs a few columns at a time, element by element. If the
/// elements of a row conflict in the cache, it reads each line from farther away, once for each element.
pub(super) fn is_packed_slowly<T>(matrix: &Matrix<'_, T>) -> bool {
    matrix.row_step == 1
        && (matrix.column_step * size_of::<T>()).is_multiple_of(CONFLICT)
        && matrix.rows.min(matrix.columns) >= MIN_SIZE
}

/// Calls `f` with copies of some columns of the matrix at a time, and with the first of these columns. The rows of the
/// copies are contiguous, and their stride has no conflicts. The columns of the matrix are contiguous.
pub(super) fn in_panels<T: Real>(matrix: &Matrix<'_, T>, threads: bool, mut f: impl FnMut(Matrix<'_, T>, usize)) {
    let row_step = PANEL.min(matrix.columns).next_multiple_of(16) + 16;
    let mut memory: AlignedBytes = array_memory(matrix.rows * row_step * size_of::<T>());
    for first in (0..matrix.columns).step_by(PANEL) {
        let columns = PANEL.min(matrix.columns - first);
        let panel = Matrix { offset: matrix.at(0, first), columns, ..*matrix };
        let rows = T::cast_slice_mut(&mut memory);
        let copy_band = |(i, band): (usize, &mut [T])| copy_rows(&panel, i * BAND, band, row_step);
        if threads {
            rows.par_chunks_mut(BAND * row_step).enumerate().for_each(copy_band);
        } else {
            rows.chunks_mut(BAND * row_step).enumerate().for_each(copy_band);
        }
        f(Matrix { data: rows, offset: 0, row_step, column_step: 1, ..panel }, first);
    }
}

/// Copies the rows of a matrix from `first` on to the rows of `out`.
fn copy_rows<T: Real>(matrix: &Matrix<'_, T>, first: usize, out: &mut [T], row_step: usize) {
    const WIDTH: usize = TILE.0;
    const HEIGHT: usize = TILE.1;
    let count = out.len() / row_step;
    for column in (0..matrix.columns).step_by(WIDTH) {
        let width = WIDTH.min(matrix.columns - column);
        for row in (0..count).step_by(HEIGHT) {
            let height = HEIGHT.min(count - row);
            let part = |i: usize| &matrix.data[matrix.at(first + row, column + i)..][..height];
            let mut tile = [[T::ZERO; WIDTH]; HEIGHT];
            for i in 0..width {
                if let Some(part) = part(i).first_chunk::<HEIGHT>() {
                    // The length is constant, so this loop is unrolled.
                    (0..HEIGHT).for_each(|j| tile[j][i] = part[j]);
                } else {
                    part(i).iter().zip(&mut tile).for_each(|(&x, line)| line[i] = x);
                }
            }
            for (j, line) in tile.iter().enumerate().take(height) {
                let to = &mut out[(row + j) * row_step + column..];
                match to.first_chunk_mut::<WIDTH>() {
                    Some(to) if width == WIDTH => *to = *line,
                    _ => to[..width].copy_from_slice(&line[..width]),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Real + From<u16> + std::fmt::Debug>(rows: usize, columns: usize, offset: usize, column_step: usize) {
        let data: Vec<T> = (0..offset + columns * column_step).map(|i| T::from(i as u16)).collect();
        let matrix = Matrix { data: &data[..], offset, rows, columns, row_step: 1, column_step };
        for threads in [false, true] {
            let mut next = 0;
            in_panels(&matrix, threads, |panel, first| {
                assert_eq!((panel.rows, first), (rows, next));
                next += panel.columns;
                for (row, column) in (0..rows).flat_map(|row| (0..panel.columns).map(move |column| (row, column))) {
                    let (found, expected) = (panel.data[panel.at(row, column)], data[matrix.at(row, first + column)]);
                    assert_eq!(found, expected, "{row}, {} of {rows} × {columns}", first + column);
                }
            });
            assert_eq!(next, columns);
        }
    }

    #[test]
    fn copies_have_the_elements_of_the_matrix() {
        for rows in [1, 2, 15, 16, 17, 31, 64, 65, 130] {
            for columns in [1, 7, 8, 9, 16, 23] {
                for (offset, more) in [(0, 0), (3, 5)] {
                    check::<f32>(rows, columns, offset, rows + more);
                    check::<f64>(rows, columns, offset, rows + more);
                }
            }
        }
    }
}
