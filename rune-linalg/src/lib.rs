//! Factorizations of large matrices with the crate [`faer`], for the host engine.
//!
//! The interpreter of `rune-ir` defines the results: this crate returns the same factors, up to rounding, with the same
//! signs. Like the interpreter, it computes in `f64` or in complex numbers of two `f64`.

mod scalar;

use faer::{MatRef, Side};
use rayon::prelude::*;
use rune_ir::op::FactorFn;
use rune_ir::{Array, DType, Shape};
use scalar::{Complex64, Scalar};
use std::cmp::Ordering;

/// The minimum number of rows and columns of a matrix. The interpreter is faster for smaller ones.
const MIN_SIZE: usize = if cfg!(test) { 1 } else { 24 };

/// Factorizes each matrix of `x`, an array of shape `[…, m, n]`, as [`FactorFn`] defines it. Returns `None` if the
/// interpreter should: for other factorizations than real `qr`, `eigh` and `svd`, for small matrices, for elements that
/// are not finite, and if an iteration does not converge.
///
/// ```
/// use rune_ir::Array;
/// use rune_ir::op::FactorFn;
/// let diagonal = Array::from_fn([50, 50], |i| if i % 51 == 0 { (i / 51) as f32 } else { 0.0 });
/// let factors = rune_linalg::factor(FactorFn::Eigh, &diagonal).unwrap();
/// assert_eq!(factors[0], Array::from_fn([50], |i| i as f32));
/// ```
pub fn factor(f: FactorFn, x: &Array) -> Option<Vec<Array>> {
    if x.dtype().is_complex() {
        return factor_in::<Complex64>(f, x);
    }
    if matches!(x.dtype(), DType::F32 | DType::F64) { factor_in::<f64>(f, x) } else { None }
}

fn factor_in<T: Scalar>(f: FactorFn, x: &Array) -> Option<Vec<Array>> {
    let (batch, &[m, n]) = x.shape().split_last_chunk::<2>()?;
    if m.min(n) < MIN_SIZE || batch.contains(&0) {
        return None;
    }
    let factorize: fn(&[T], usize, usize) -> Option<Factors<T>> = match f {
        // The signs of complex factors are not LAPACK's.
        FactorFn::Qr | FactorFn::QrFull if x.dtype().is_complex() => return None,
        FactorFn::Qr => |a, m, n| qr(a, m, n, m.min(n)),
        FactorFn::QrFull => |a, m, n| qr(a, m, n, m),
        FactorFn::Eigh => |a, n, _| eigh(a, n),
        FactorFn::Svd => |a, m, n| svd(a, m, n, false),
        FactorFn::SvdFull => |a, m, n| svd(a, m, n, true),
        FactorFn::Cholesky | FactorFn::Lu | FactorFn::Eig | FactorFn::Schur => return None,
    };
    let elements = T::read(x);
    if !elements.iter().all(|x| x.is_finite()) {
        return None;
    }
    let all: Option<Vec<Factors<T>>> = elements.par_chunks_exact(m * n).map(|a| factorize(a, m, n)).collect();
    let all = all?;
    let shape = |rest: [usize; 2]| -> Shape { batch.iter().copied().chain(rest).collect() };
    let left = all.iter().flat_map(|factors| &factors.left).copied().collect();
    let left = T::write(x.dtype(), shape(all[0].left_size), left);
    let right: Vec<T> = all.iter().flat_map(|factors| &factors.right).copied().collect();
    let right = all[0].right_size.map(|size| T::write(x.dtype(), shape(size), right));
    let values: Vec<f64> = all.iter().flat_map(|factors| &factors.values).copied().collect();
    let values_shape: Shape = batch.iter().copied().chain([all[0].values.len()]).collect();
    let values = (!values.is_empty()).then(|| f64::write(x.dtype().real(), values_shape, values));
    Some(match right {
        Some(right) => [left].into_iter().chain(values).chain([right]).collect(),
        // The eigenvalues come before the eigenvectors.
        None => values.into_iter().chain([left]).collect(),
    })
}

/// The factors of a matrix, row by row.
struct Factors<T> {
    left: Vec<T>,
    left_size: [usize; 2],
    values: Vec<f64>,
    right: Vec<T>,
    right_size: Option<[usize; 2]>,
}

/// Returns the first `columns` columns of `Q`, and as many rows of `R`.
fn qr<T: Scalar>(a: &[T], m: usize, n: usize, columns: usize) -> Option<Factors<T>> {
    let factors = MatRef::from_row_major_slice(a, m, n).qr();
    let q = if columns == m { factors.compute_Q() } else { factors.compute_thin_Q() };
    let r = factors.R();
    let upper = |(i, j): (usize, usize)| if i <= j { r[(i, j)] } else { T::real(0.0) };
    let right = (0..columns * n).map(|at| upper((at / n, at % n))).collect();
    let (left_size, right_size) = ([m, columns], Some([columns, n]));
    Some(Factors { left: by_rows(q.as_ref(), columns), left_size, values: vec![], right, right_size })
}

/// Returns the eigenvectors and the eigenvalues. Reads the lower triangle, and the real parts of the diagonal.
fn eigh<T: Scalar>(a: &[T], n: usize) -> Option<Factors<T>> {
    let lower = |(i, j): (usize, usize)| match i.cmp(&j) {
        Ordering::Less => T::real(0.0),
        Ordering::Equal => T::real(a[i * n + j].re()),
        Ordering::Greater => a[i * n + j],
    };
    let lower: Vec<T> = (0..n * n).map(|at| lower((at / n, at % n))).collect();
    let (scaled, scale) = normalized(&lower);
    let found = MatRef::from_row_major_slice(&scaled, n, n).self_adjoint_eigen(Side::Lower).ok()?;
    let (vectors, values) = (found.U(), found.S().column_vector());
    let mut columns: Vec<(f64, Vec<T>)> =
        (0..n).map(|j| (values[j].re() * scale, (0..n).map(|i| vectors[(i, j)]).collect())).collect();
    columns.sort_by(|x, y| x.0.total_cmp(&y.0));
    for (_, column) in &mut columns {
        let sign = sign_of(column);
        column.iter_mut().for_each(|x| *x = x.times(sign));
    }
    let left = (0..n * n).map(|at| columns[at % n].1[at / n]).collect();
    let values = columns.iter().map(|column| column.0).collect();
    Some(Factors { left, left_size: [n, n], values, right: vec![], right_size: None })
}

/// Returns `U`, the singular values and `Vᴴ`, complete or only the columns and rows of the singular values.
fn svd<T: Scalar>(a: &[T], m: usize, n: usize, full: bool) -> Option<Factors<T>> {
    let k = m.min(n);
    let (columns, rows) = if full { (m, n) } else { (k, k) };
    let (scaled, scale) = normalized(a);
    let matrix = MatRef::from_row_major_slice(&scaled, m, n);
    let found = if full { matrix.svd() } else { matrix.thin_svd() }.ok()?;
    let values = found.S().column_vector();
    let (mut left, right) = (by_rows(found.U(), columns), found.V());
    let mut right: Vec<T> = (0..rows * n).map(|at| right[(at % n, at / n)].conjugate()).collect();
    for j in 0..columns {
        let column: Vec<T> = left.iter().skip(j).step_by(columns).copied().collect();
        let sign = sign_of(&column);
        left.iter_mut().skip(j).step_by(columns).for_each(|x| *x = x.times(sign));
        if j < k {
            right[j * n..(j + 1) * n].iter_mut().for_each(|x| *x = x.times(sign.conjugate()));
        }
    }
    for row in right.chunks_exact_mut(n).skip(k) {
        let sign = sign_of(row);
        row.iter_mut().for_each(|x| *x = x.times(sign));
    }
    let values = (0..k).map(|i| values[i].re() * scale).collect();
    Some(Factors { left, left_size: [m, columns], values, right, right_size: Some([rows, n]) })
}

/// Returns the first columns of a matrix, row by row.
fn by_rows<T: Copy>(matrix: MatRef<'_, T>, columns: usize) -> Vec<T> {
    (0..matrix.nrows() * columns).map(|at| matrix[(at / columns, at % columns)]).collect()
}

/// Returns the elements divided by the greatest magnitude, which keeps squares in range, and that magnitude.
fn normalized<T: Scalar>(a: &[T]) -> (Vec<T>, f64) {
    let scale = greatest(a);
    (a.iter().map(|x| x.divided_by(scale)).collect(), scale)
}

/// Returns the greatest magnitude of the parts of the elements, or 1 if all are 0.
fn greatest<T: Scalar>(a: &[T]) -> f64 {
    let greatest = a.iter().fold(0.0, |most: f64, x| most.max(x.re().abs()).max(x.im().abs()));
    if greatest > 0.0 { greatest } else { 1.0 }
}

/// Returns the factor of magnitude 1 that makes the first element with more than 0.9 of the greatest magnitude real and
/// positive.
fn sign_of<T: Scalar>(x: &[T]) -> T {
    let greatest = x.iter().fold(0.0, |most: f64, x| most.max(x.magnitude()));
    let leading = x.iter().copied().find(|x| x.magnitude() > 0.9 * greatest);
    leading.map_or(T::real(1.0), |x| x.conjugate().divided_by(x.magnitude()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_complex::Complex;
    use rune_ir::Op;
    use rune_ir::interpret::eval_op;

    /// Returns numbers that are not singular, with distinct singular values.
    fn numbers(dtype: DType, shape: &[usize], seed: usize) -> Array {
        let mut state = seed as u64 * 7919 + 1;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 40) as f64 / (1u64 << 23) as f64 - 1.0
        };
        #[allow(clippy::wildcard_enum_match_arm, reason = "all other dtypes are not tested")]
        match dtype {
            DType::F32 => Array::from_fn(shape, |_| next() as f32),
            DType::F64 => Array::from_fn(shape, |_| next()),
            DType::C64 => Array::from_fn(shape, |_| Complex::new(next() as f32, next() as f32)),
            _ => Array::from_fn(shape, |_| Complex64::new(next(), next())),
        }
    }

    fn parts(x: &Array) -> Vec<Complex64> {
        if x.dtype().is_complex() {
            return Complex64::read(x);
        }
        f64::read(x).into_iter().map(Complex64::from).collect()
    }

    /// Matrices with equal or no singular values, and at the ends of the range.
    #[test]
    fn special_matrices_have_factors() {
        const N: usize = 30;
        let random = f64::read(&numbers(DType::F64, &[N, N], 1));
        let symmetric = |i: usize| random[i] + random[i % N * N + i / N];
        let forms: [&dyn Fn(usize) -> f64; 7] = [
            &|_| 0.0,
            &|_| 1.0,
            &|i| if i % (N + 1) == 0 { -3.0 } else { 0.0 },
            &|i| symmetric(i) * 1e200,
            &|i| symmetric(i) * 1e-200,
            &|i| if i % (N + 1) == 0 { 1e-310 } else { 0.0 },
            &|i| if (i / N) / 3 == (i % N) / 3 { symmetric(i) } else { 0.0 },
        ];
        for (form, at) in forms.iter().zip(0..) {
            let a: Vec<f64> = (0..N * N).map(form).collect();
            let largest = greatest(&a);
            let x = Array::from_vec([N, N], a.clone());
            let svd = factor(FactorFn::Svd, &x).unwrap();
            let eigh = factor(FactorFn::Eigh, &x).unwrap();
            let transposed: Vec<f64> = (0..N * N).map(|i| f64::read(&eigh[1])[i % N * N + i / N]).collect();
            for (left, values, right) in [
                (f64::read(&svd[0]), f64::read(&svd[1]), f64::read(&svd[2])),
                (f64::read(&eigh[1]), f64::read(&eigh[0]), transposed),
            ] {
                for q in [&left, &right] {
                    let q: Vec<Complex64> = q.iter().copied().map(Complex64::from).collect();
                    assert!(is_unitary(&q, N, 1e-12), "form {at}");
                }
                for (i, &expected) in a.iter().enumerate() {
                    let product: f64 =
                        (0..N).map(|k| left[i / N * N + k] * (values[k] / largest) * right[k * N + i % N]).sum();
                    assert!((product - expected / largest).abs() <= 1e-12, "form {at}: {product}");
                }
            }
        }
    }

    #[test]
    fn eigh_reads_only_the_lower_triangle() {
        let x = numbers(DType::F64, &[30, 30], 1);
        let above = |i: usize| i / 30 < i % 30;
        let other: Vec<f64> =
            f64::read(&x).iter().enumerate().map(|(i, &x)| if above(i) { 1e300 } else { x }).collect();
        let other = Array::from_vec([30, 30], other);
        assert_eq!(factor(FactorFn::Eigh, &other), factor(FactorFn::Eigh, &x));
    }

    fn is_unitary(q: &[Complex64], n: usize, tolerance: f64) -> bool {
        (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).all(|(i, j)| {
            let product: Complex64 = (0..n).map(|k| q[i * n + k] * q[j * n + k].conj()).sum();
            (product - if i == j { 1.0 } else { 0.0 }).norm() <= tolerance
        })
    }

    #[test]
    fn factors_are_those_of_the_interpreter() {
        for f in [FactorFn::Qr, FactorFn::QrFull, FactorFn::Eigh, FactorFn::Svd, FactorFn::SvdFull] {
            for dtype in [DType::F32, DType::F64, DType::C64, DType::C128] {
                for (i, &(m, n)) in
                    [(1, 1), (2, 2), (3, 3), (8, 8), (33, 33), (7, 4), (4, 7), (40, 21), (21, 40), (1, 5), (5, 1)]
                        .iter()
                        .enumerate()
                {
                    let is_qr = matches!(f, FactorFn::Qr | FactorFn::QrFull);
                    if f == FactorFn::Eigh && m != n || is_qr && dtype.is_complex() {
                        continue;
                    }
                    for batch in [&[][..], &[3], &[2, 2]] {
                        let x = numbers(dtype, &[batch, &[m, n]].concat(), i);
                        let found = factor(f, &x).unwrap();
                        let expected = eval_op(&Op::Factor { f, x: &x }).unwrap();
                        assert_eq!(found.len(), expected.len());
                        let tolerance = if matches!(dtype, DType::F32 | DType::C64) { 1e-5 } else { 1e-11 };
                        let full = matches!(f, FactorFn::SvdFull);
                        for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
                            let context = format!("result {at} of {} of {dtype} [{m}, {n}]", f.name());
                            assert_eq!(found.ty(), expected.ty(), "{context}");
                            // The added columns and rows are any orthonormal ones.
                            let is_fixed = |i: usize| match at {
                                0 if full => i % m < m.min(n),
                                2 if full => i / n % n < m.min(n),
                                _ => true,
                            };
                            for (i, (x, y)) in parts(found).iter().zip(parts(expected)).enumerate() {
                                let near = !is_fixed(i) || (x - y).norm() <= tolerance * y.norm().max(1.0);
                                assert!(near, "{x} for {y} in {context}");
                            }
                            if full && at != 1 {
                                let size = if at == 0 { m } else { n };
                                for q in parts(found).chunks_exact(size * size) {
                                    assert!(is_unitary(q, size, tolerance), "{context}");
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
