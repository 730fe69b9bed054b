//! Householder reflections: factors as products of `1 - τ v vᴴ`, in LAPACK's form.

use super::{expect_matrices, expect_square, like, qr, qr_full, size, squares};
use crate::array_fns::broadcast::expect_one_dtype;
use crate::array_fns::where_;
use crate::tensor::{Caller, at_caller, refuse};
use crate::{ScanOptions, Tensor, lax, scan_with};
use rune_ir::op::ArgFn;
use rune_ir::{DType, Shape};

/// Returns the QR factorization in the form of LAPACK's `geqrf`. The upper triangle holds `R`. Below it are the vectors
/// `v` of the reflections `1 - τ v vᴴ`, without their first elements, which are 1. The second result holds the factors
/// `τ`. [`householder_product`] computes `Q` from them.
///
/// [`qr`](super::qr) is faster and has a better derivative.
///
/// # Panics
/// Panics unless `a` holds matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (h, taus) = linalg::geqrf(&Tensor::from([[3.0f32], [4.0]]));
/// assert_eq!((h.to_vec::<f32>()?, taus.to_vec::<f32>()?), (vec![-5.0, 0.5], vec![1.6]));
/// assert_eq!(linalg::householder_product(&h, &taus).to_vec::<f32>()?, [-0.6, -0.8]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn geqrf(a: &Tensor) -> (Tensor, Tensor) {
    expect_matrices("geqrf", a);
    let (m, n) = size(a);
    let caller = Caller::here();
    at_caller(|| reflected(caller, a, m.min(n), 0))
}

/// Like [`geqrf`] of matrices with exchanged columns: LAPACK's `geqp3`. Each step takes the column of greatest norm in
/// the rows that are left, so that the magnitudes on the diagonal of `R` do not grow. The second result holds the numbers
/// of the columns in their new order, from 0, as `i32`. The third one holds the factors `τ`.
///
/// The derivative treats the order of the columns as constant.
///
/// # Panics
/// Panics unless `a` holds matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (h, order, taus) = linalg::geqp3(&Tensor::from([[1.0f32, 3.0], [0.0, 4.0]]));
/// assert_eq!(order.to_vec::<i32>()?, [1, 0]);
/// assert_eq!((h.to_vec::<f32>()?[0], taus.to_vec::<f32>()?[0]), (-5.0, 1.6));
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn geqp3(a: &Tensor) -> (Tensor, Tensor, Tensor) {
    expect_matrices("geqp3", a);
    let (m, n) = size(a);
    let caller = Caller::here();
    let (h, taus, order) = at_caller(|| pivoted(caller, a, m.min(n)));
    (h, order, taus)
}

/// Factorizes matrices with exchanged columns as `Q R`: the third result holds the numbers of the columns in their new
/// order, from 0, as `i32`. For matrices `m × n` and `k = min(m, n)`, `Q` is `m × k` and `R` is `k × n`, as from
/// [`qr`]. Each step takes the column of greatest norm in the rows that are left, as in [`geqp3`]. So the magnitudes on
/// the diagonal of `R` do not grow, and those after the rank of the matrix are nearly 0. This is the mode `economic` of
/// `jax.scipy.linalg.qr` with `pivoting=True`. For the mode `r`, leave `Q` unused.
///
/// The derivative treats the order of the columns as constant, as in JAX.
///
/// # Panics
/// If the operand does not hold matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let a = Tensor::from([[1.0f32, 3.0], [0.0, 4.0]]);
/// let (q, r, order) = linalg::qr_pivoted(&a);
/// assert_eq!(order.to_vec::<i32>()?, [1, 0]);
/// assert_eq!(r.to_vec::<f32>()?[0], -5.0);
/// assert!((q.matmul(&r) - a.flip(1)).abs().max().item::<f32>()? < 1e-6);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[doc(alias = "pivoting")]
#[doc(alias = "rank-revealing QR")]
#[track_caller]
pub fn qr_pivoted(a: &Tensor) -> (Tensor, Tensor, Tensor) {
    expect_matrices("qr_pivoted", a);
    let (a, order) = in_pivot_order(a);
    let (q, r) = qr(&a);
    (q, r, order)
}

/// Like [`qr_pivoted`], but returns the complete `Q`, `m × m`, and `R`, `m × n`: the mode `full` of
/// `jax.scipy.linalg.qr` with `pivoting=True`.
///
/// # Panics
/// If the operand does not hold matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let a = Tensor::from([[0.0f32, 3.0], [0.0, 0.0], [2.0, 4.0]]);
/// let (q, r, order) = linalg::qr_pivoted_full(&a);
/// assert_eq!((q.shape().to_vec(), r.shape().to_vec()), (vec![3, 3], vec![3, 2]));
/// assert_eq!(order.to_vec::<i32>()?, [1, 0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn qr_pivoted_full(a: &Tensor) -> (Tensor, Tensor, Tensor) {
    expect_matrices("qr_pivoted_full", a);
    let (a, order) = in_pivot_order(a);
    let (q, r) = qr_full(&a);
    (q, r, order)
}

/// Returns matrices with their columns in the order of [`geqp3`], and the order.
#[track_caller]
fn in_pivot_order(a: &Tensor) -> (Tensor, Tensor) {
    let (_, order, _) = geqp3(&a.stop_gradient());
    let columns = order.unsqueeze(-2).broadcast_to(a.shape().clone());
    (a.take_along_axis(&columns, -1), order)
}

/// Returns the first columns of the product of reflections `1 - τ v vᴴ`: LAPACK's `orgqr`. The vectors `v` are below
/// the diagonal of `a`, in the form of [`geqrf`]. The result has the shape of `a`.
///
/// # Panics
/// Panics unless `a` holds `m × n` matrices of `f32`, `f64`, `c64` or `c128` with `m ≥ n`, and `taus` at most `n`
/// factors for each.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let h = Tensor::from([[1.0f32, 0.0], [1.0, 1.0]]);
/// let q = linalg::householder_product(&h, &Tensor::from([1.0f32]));
/// assert_eq!(q.to_vec::<f32>()?, [0.0, -1.0, -1.0, 0.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn householder_product(a: &Tensor, taus: &Tensor) -> Tensor {
    expect_matrices("householder_product", a);
    expect_one_dtype("linalg::householder_product", &[a.dtype(), taus.dtype()]);
    let (m, n) = size(a);
    let batch = &a.shape()[..a.rank() - 2];
    let k = taus.shape().last().copied().unwrap_or(0);
    if m < n || taus.rank() + 1 != a.rank() || taus.shape()[..batch.len()] != *batch || k > n {
        refuse!(
            "linalg::householder_product: takes matrices that are not wide, and at most as many factors as columns, but got \
             shapes {} and {}",
            a.shape(),
            taus.shape()
        );
    }
    let caller = Caller::here();
    at_caller(|| product(caller, a, taus))
}

/// Returns the Hessenberg form `H` of square matrices, which is 0 below the first subdiagonal, and the orthogonal `Q`
/// with `a = Q H Qᴴ`: `scipy.linalg.hessenberg` with `calc_q=True`. The signs are LAPACK's.
///
/// # Panics
/// Panics unless `a` holds square matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let a = Tensor::from([[1.0f64, 2.0, 3.0], [3.0, 5.0, 6.0], [4.0, 8.0, 9.0]]);
/// let (h, q) = linalg::hessenberg(&a);
/// assert_eq!(h.to_vec::<f64>()?[6], 0.0);
/// assert!((q.matmul(&h).matmul(&q.t()) - a).abs().max().item::<f64>()? < 1e-14);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn hessenberg(a: &Tensor) -> (Tensor, Tensor) {
    expect_square("hessenberg", a);
    let n = size(a).0;
    if n < 2 {
        return (a.clone(), a.ones_like());
    }
    let (h, taus) = gehrd(a);
    let inner = householder_product(&columns(&h, 1), &taus);
    let mut one = vec![(0, 0); a.rank()];
    (one[a.rank() - 2].0, one[a.rank() - 1].0) = (1, 1);
    let corner = Tensor::ones([1, 1], a.dtype()).pad(&[(0, n as isize - 1); 2], 0);
    (h.triu(-1), inner.pad(&one, 0) + corner)
}

/// Returns the Hessenberg form of square matrices in the form of LAPACK's `gehrd`: below the first subdiagonal are the
/// vectors of the reflections. The second result holds their factors.
///
/// # Panics
/// Panics unless `a` holds square matrices of `f32`, `f64`, `c64` or `c128`, with at least one row.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let a = Tensor::from([[1.0f32, 2.0, 3.0], [3.0, 1.0, 0.0], [4.0, 0.0, 1.0]]);
/// let (h, taus) = linalg::gehrd(&a);
/// assert_eq!(h.to_vec::<f32>()?[3..7], [-5.0, 1.0, 0.0, 0.5]);
/// assert_eq!(taus.to_vec::<f32>()?, [1.6, 0.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn gehrd(a: &Tensor) -> (Tensor, Tensor) {
    expect_square("gehrd", a);
    let n = size(a).0;
    if n == 0 {
        refuse!("linalg::gehrd: takes matrices with at least one row, but got shape {}", a.shape());
    }
    let caller = Caller::here();
    at_caller(|| reflected(caller, a, n - 1, 1))
}

/// Returns the matrices without their first `from` rows and last `from` columns.
#[track_caller]
fn columns(h: &Tensor, from: usize) -> Tensor {
    let (mut start, mut limit) = (vec![0; h.rank()], h.shape().to_vec());
    start[h.rank() - 2] = from;
    limit[h.rank() - 1] -= from;
    lax::slice(h, &start, &limit, &vec![1; h.rank()])
}

fn numbers(n: usize) -> Tensor {
    lax::iota(DType::I32, [n], 0)
}

/// Zeroes the elements below row `j + offset` in each column `j` of the first `count`, by reflections. With an offset,
/// applies the reflections from both sides.
fn reflected(caller: Caller, a: &Tensor, count: usize, offset: usize) -> (Tensor, Tensor) {
    let ((m, n), dtype) = (size(a), a.dtype());
    let batch = &a.shape()[..a.rank() - 2];
    let shape: Shape = batch.iter().copied().chain([count]).collect();
    let taus = Tensor::zeros(shape, dtype);
    if count == 0 || a.size() == 0 {
        return (a.clone(), taus);
    }
    let steps = Steps { rows: numbers(m), cols: numbers(n), all: numbers(count), offset };
    let step = |(a, taus): &(Tensor, Tensor), j: &Tensor| (caller.run(|| steps.eliminated(a, taus, j)), ());
    scan_with(ScanOptions::default(), step, &(a.clone(), taus), &numbers(count)).0
}

/// Like [`reflected`] without an offset, but each step takes the column of greatest norm. The last result holds the
/// numbers of the columns in their new order, from 0.
fn pivoted(caller: Caller, a: &Tensor, count: usize) -> (Tensor, Tensor, Tensor) {
    let ((m, n), dtype) = (size(a), a.dtype());
    let batch = &a.shape()[..a.rank() - 2];
    let with = |length: usize| -> Shape { batch.iter().copied().chain([length]).collect() };
    let (taus, order) = (Tensor::zeros(with(count), dtype), numbers(n).broadcast_to(with(n)));
    if count == 0 || a.size() == 0 {
        return (a.clone(), taus, order);
    }
    let steps = Steps { rows: numbers(m), cols: numbers(n), all: numbers(count), offset: 0 };
    let next = |a: &Tensor, taus: &Tensor, order: &Tensor, j: &Tensor| {
        let (a, order) = steps.exchanged(a, order, j);
        let (a, taus) = steps.eliminated(&a, taus, j);
        (a, taus, order)
    };
    let step = |(a, taus, order): &(Tensor, Tensor, Tensor), j: &Tensor| (caller.run(|| next(a, taus, order, j)), ());
    scan_with(ScanOptions::default(), step, &(a.clone(), taus, order), &numbers(count)).0
}

/// What the steps of an elimination share: the numbers of rows, columns and steps, and how many rows below the diagonal
/// the pivots are.
struct Steps {
    rows: Tensor,
    cols: Tensor,
    all: Tensor,
    offset: usize,
}

impl Steps {
    fn eliminated(&self, a: &Tensor, taus: &Tensor, j: &Tensor) -> (Tensor, Tensor) {
        let Self { rows, cols, all, offset } = self;
        let pivot = j + *offset as i32;
        let column = where_(cols.eq(j), a, 0.0).sum_axes(-1);
        let scale = column.abs().max_keepdims(-1).stop_gradient();
        let scale = like(&where_(scale.eq(0.0) | scale.isfinite().eq(false), 1.0, scale), a);
        let scaled = &column / &scale;
        let alpha = where_(rows.eq(&pivot), &scaled, 0.0).sum_keepdims(-1);
        let below = where_(rows.gt(&pivot), &scaled, 0.0);
        let rest = squares(&below).sum_keepdims(-1);
        // Nothing is left to eliminate.
        let done = rest.eq(0.0) & alpha.imag().eq(0.0);
        let norm = where_(&done, 1.0, squares(&alpha) + &rest).sqrt();
        let first = alpha.real();
        let negative = first.lt(0.0) | (first.eq(0.0) & (1.0 / first.stop_gradient()).lt(0.0));
        let beta = where_(&done, &alpha, like(&where_(&negative, &norm, -&norm), a));
        let tau = where_(&done, 0.0, (&beta - &alpha) / where_(&done, 1.0, &beta));
        let below = &below / where_(&done, 1.0, &alpha - &beta);
        let v = where_(rows.eq(&pivot), 1.0, &below);
        let stored = where_(rows.gt(&pivot), &below, where_(rows.eq(&pivot), &beta * &scale, &column));
        let adjoint = v.conj();
        let projected = where_(cols.gt(j), adjoint.unsqueeze(-2).matmul(a).squeeze(-2), 0.0);
        let mut next = a - (tau.conj() * &v).unsqueeze(-1) * projected.unsqueeze(-2);
        next = where_(cols.eq(j), stored.unsqueeze(-1), next);
        if *offset > 0 {
            let right = next.matmul(v.unsqueeze(-1));
            next = &next - right * (&tau * adjoint).unsqueeze(-2);
        }
        (next, where_(all.eq(j), tau, taus))
    }

    /// Exchanges column `j` and the first one of greatest norm, among those from `j` on, in the rows from `j` on.
    fn exchanged(&self, a: &Tensor, order: &Tensor, j: &Tensor) -> (Tensor, Tensor) {
        let Self { rows, cols, .. } = self;
        let later = cols.ge(j);
        let left = where_(rows.ge(j).unsqueeze(-1) & &later, a.stop_gradient(), 0.0);
        // The squares of the scaled elements do not overflow.
        let scale = left.abs().max_axes([-2, -1]).unsqueeze(-1).unsqueeze(-1);
        let scale = where_(scale.eq(0.0) | scale.isfinite().eq(false), 1.0, scale);
        let norms = where_(later, squares(&(&left / like(&scale, a))).sum_axes(-2), -1.0);
        let axis = norms.rank() - 1;
        let greatest = lax::arg_reduce(ArgFn::Max, &norms, axis, DType::I32).unsqueeze(-1);
        let (first, second) = (cols.eq(j), cols.eq(&greatest));
        let (in_rows, zero) = (second.unsqueeze(-2), a.zeros_like());
        let (from, to) = (where_(&first, a, &zero).sum_keepdims(-1), where_(&in_rows, a, &zero).sum_keepdims(-1));
        let a = where_(&first, to, where_(in_rows, from, a));
        let from = where_(&first, order, 0).sum_keepdims(-1);
        let to = where_(&second, order, 0).sum_keepdims(-1);
        (a, where_(first, to, where_(second, from, order)))
    }
}

fn product(caller: Caller, a: &Tensor, taus: &Tensor) -> Tensor {
    let ((m, n), k) = (size(a), taus.shape()[taus.rank() - 1]);
    let square = Tensor::eye(m, a.dtype());
    let eye = lax::slice(&square, &[0, 0], &[m, n], &[1, 1]);
    let start = eye.broadcast_to(a.shape().clone());
    if k == 0 || a.size() == 0 {
        return start;
    }
    let (rows, cols, all) = (numbers(m), numbers(n), numbers(k));
    let turned = |q: &Tensor, i: &Tensor| {
        let column = where_(cols.eq(i), a, 0.0).sum_axes(-1);
        let v = where_(rows.eq(i), 1.0, where_(rows.gt(i), column, 0.0));
        let tau = where_(all.eq(i), taus, 0.0).sum_keepdims(-1);
        let projected = v.conj().unsqueeze(-2).matmul(q);
        q - (tau * v).unsqueeze(-1) * projected
    };
    let step = |q: &Tensor, i: &Tensor| (caller.run(|| turned(q, i)), ());
    scan_with(ScanOptions { reverse: true, ..ScanOptions::default() }, step, &start, &numbers(k)).0
}
