//! Derivatives of linear algebra: tangents of factors and of solutions.
//!
//! The formulas are JAX's. Most are in M. Giles, "Collected matrix derivative results for forward and reverse mode
//! algorithmic differentiation" (2008), and in M. Seeger et al., "Auto-differentiating linear algebra" (2017); other
//! sources are named at the formulas. Matrices lie along the last two axes. The formulas also hold for complex
//! matrices, with Hermitian transposes. The exceptions are functions that are linear in a matrix and do not conjugate
//! it: their transposes are plain.

use super::jvp::Tangents;
use super::tangent::{Dual, Tangent};
use crate::Tensor;
use crate::tensor::lax::{self, triangular_solve as solve};
use crate::tensor::refuse;
use rune_ir::op::{FactorFn, GatherDims, ReduceFn, Triangular};
use rune_ir::{DType, Op};

/// Returns the tangents of the factors `out` of `x`.
pub(super) fn factor(f: FactorFn, x: &Dual, out: &[Tensor]) -> Tangents {
    let Some(dx) = x.t.clone().into_tensor() else { return out.iter().map(|_| Tangent::ZERO).collect() };
    let tangents = |all: Vec<Tensor>| all.into_iter().map(|t| Tangent::new(Some(t))).collect();
    match f {
        FactorFn::Cholesky => tangents(vec![cholesky(&dx, &out[0])]),
        FactorFn::Lu => {
            let dlu = Tangent::new(Some(lu(&dx, &out[0], &out[2])));
            [dlu, Tangent::ZERO, Tangent::ZERO].into_iter().collect()
        }
        FactorFn::Qr | FactorFn::QrFull => tangents(qr(&x.v, &dx, &out[0], &out[1]).into()),
        FactorFn::Eigh => tangents(eigh(&dx, &out[0], &out[1]).into()),
        FactorFn::Svd | FactorFn::SvdFull => tangents(svd(&dx, &out[0], &out[1], &out[2]).into()),
        FactorFn::Eig => tangents(eig(&dx, &out[0], &out[1]).into()),
        FactorFn::Schur => refuse!(
            "`schur` has no derivative, as in JAX; differentiate a function of the matrix, such as `linalg::funm` or `linalg::sqrtm`, or make \
             the matrix a constant with `.stop_gradient()`"
        ),
    }
}

/// dL = L Φ(L⁻¹ dA L⁻ᴴ), where Φ takes the lower triangle and half of the diagonal. I. Murray, "Differentiation of the
/// Cholesky decomposition" (2016).
fn cholesky(dx: &Tensor, l: &Tensor) -> Tensor {
    let da = hermitian(dx);
    let right = solve(&l.conj(), &da, Triangular::right(true).transposed());
    let inner = solve(l, &right, Triangular::left(true));
    l.matmul(&((inner.tril(0) + inner.tril(-1)) * 0.5))
}

/// dL = L tril(L⁻¹ P dA U⁻¹, -1) and dU = triu(L⁻¹ P dA U⁻¹) U. One matrix holds L and U. Ones on the diagonal make
/// them square. F. de Hoog, R. Anderssen and M. Lukas, "Differentiation of matrix functionals using triangular
/// factorization" (2011).
fn lu(dx: &Tensor, lu: &Tensor, permutation: &Tensor) -> Tensor {
    let (m, n) = size(lu);
    let k = m.min(n);
    let l = pad_zeros(&part(lu, (0, m), (0, k)).tril(-1), 0, m - k) + Tensor::eye(m, lu.dtype());
    let ones = Tensor::eye(n - k, lu.dtype()).pad(&[(k as isize, 0); 2], 0);
    let u = pad_zeros(&part(lu, (0, k), (0, n)).triu(0), n - k, 0) + ones;
    let left = solve(&l, &rows(dx, permutation), Triangular::left(true).unit());
    let both = solve(&u, &left, Triangular::right(false));
    l.matmul(both.tril(-1)) + both.triu(0).matmul(&u)
}

/// A matrix that is not wide uses [`thin_qr`]. For a wide one, A = [A₁ A₂] and R = [R₁ R₂], with A₁ = Q R₁ and R₂ = Qᴴ
/// A₂.
fn qr(x: &Tensor, dx: &Tensor, q: &Tensor, r: &Tensor) -> [Tensor; 2] {
    let (m, n) = size(x);
    if m < n {
        let (first, rest) = ((0, m), (m, n));
        let (dq, dr1) = thin_qr(q, &part(r, first, first), &part(dx, first, first));
        let dr2 = adjoint(&dq).matmul(part(x, first, rest)) + adjoint(q).matmul(part(dx, first, rest));
        return [dq, lax::concatenate(&[dr1, dr2], x.rank() - 1)];
    }
    let (dq1, dr) = thin_qr(&part(q, (0, m), (0, n)), &part(r, (0, n), (0, n)), dx);
    if size(q).1 == n {
        return [dq1, dr];
    }
    let dq = lax::concatenate(&[dq1.clone(), other_columns(q, &dq1, n)], x.rank() - 1);
    [dq, pad_zeros(&dr, m - n, 0)]
}

/// dQ = Q (Ω - C) + dA R⁻¹ and dR = (C - Ω) R, with C = Qᴴ dA R⁻¹ and Ω = tril(C, -1) - tril(C, -1)ᴴ + i im(diag C).
fn thin_qr(q: &Tensor, r: &Tensor, dx: &Tensor) -> (Tensor, Tensor) {
    let by_r = solve(r, dx, Triangular::right(false));
    let c = adjoint(q).matmul(&by_r);
    let below = c.tril(-1);
    let mut skew = &below - adjoint(&below);
    if c.dtype().is_complex() {
        // The diagonal of R stays real.
        let eye = Tensor::eye(size(r).1, c.dtype());
        skew += eye * (&c - c.conj()) * 0.5;
    }
    (q.matmul(&(&skew - &c)) + by_r, (c - skew).matmul(r))
}

/// Returns the tangent of the columns of Q from `n` on, which Householder reflections add to the others: D. Roberts and
/// L. Roberts, "QR and LQ decomposition matrix backpropagation algorithms for square, wide, and deep matrices" (2020),
/// like JAX's `qr_jvp_rule`.
fn other_columns(q: &Tensor, dq1: &Tensor, n: usize) -> Tensor {
    let (m, _) = size(q);
    let (q1, q2) = (part(q, (0, m), (0, n)), part(q, (0, m), (n, m)));
    let above = |x: &Tensor| part(x, (0, n), (0, n));
    let below = |x: &Tensor| part(x, (n, m), (0, n));
    let a = above(&q1) - Tensor::eye(n, q.dtype());
    let [lu, _, permutation] = lax::factor(FactorFn::Lu, &lax::stop_gradient(&a));
    let z = lax::lu_solve([&a, &lu, &permutation], &below(&q1).t(), true).t();
    dq1.matmul(adjoint(&z)) - (q1 + q2.matmul(&z)).matmul(adjoint(&(below(dq1) - z.matmul(above(dq1)))))
}

/// dλ = re(diag C) and dV = V (F ∘ C), with C = Vᴴ dA V, and F = 1 / (λⱼ - λᵢ) with 0 on the diagonal. The eigenvectors
/// of equal eigenvalues are not unique, and F is infinite.
fn eigh(dx: &Tensor, values: &Tensor, vectors: &Tensor) -> [Tensor; 2] {
    let c = adjoint(vectors).matmul(hermitian(dx)).matmul(vectors);
    let f = cast_like(&reciprocal_gaps(values), &c);
    [c.diagonal(0, -2, -1).real(), vectors.matmul(&(f * c))]
}

/// Returns F = 1 / (λⱼ - λᵢ), with 0 on the diagonal.
fn reciprocal_gaps(values: &Tensor) -> Tensor {
    let eye = Tensor::eye(values.shape()[values.rank() - 1], values.dtype());
    1.0 / (values.unsqueeze(-2) - values.unsqueeze(-1) + &eye) - eye
}

/// dλ = diag C and dV = V (F ∘ C) + V diag(c), with C = V⁻¹ dA V and F as for [`eigh`]. The vectors keep length 1 and a
/// real leading element. This determines c, like in JAX's `_eig_vec_jvp`.
fn eig(dx: &Tensor, values: &Tensor, vectors: &Tensor) -> [Tensor; 2] {
    let dx = cast_like(dx, vectors);
    let [lu, _, permutation] = lax::factor(FactorFn::Lu, &lax::stop_gradient(vectors));
    let c = lax::lu_solve([vectors, &lu, &permutation], &dx.matmul(vectors), false);
    let moved = vectors.matmul(&(reciprocal_gaps(values) * &c));
    // The leading element: the first one with more than 0.9 of the greatest magnitude.
    let still = lax::stop_gradient(vectors).abs();
    let rows = still.rank() - 2;
    let mut leads = lax::convert(&still.gt(still.max_keepdims(-2) * 0.9), DType::I32);
    leads = &leads * leads.cumsum(-2).eq(1).cast(DType::I32);
    let leads = lax::convert(&leads, vectors.dtype());
    let lead = |x: &Tensor| lax::reduce(ReduceFn::Sum, &(&leads * x), &[rows]);
    let along = lax::reduce(ReduceFn::Sum, &(vectors.conj() * &moved), &[rows]).real();
    let turned = lead(&moved).imag() / lead(vectors).real();
    let by = lax::complex(&-along, &-turned).unsqueeze(-2);
    [c.diagonal(0, -2, -1), moved + vectors * by]
}

/// ds = re(diag C), dU = U (F ∘ (C S + S Cᴴ)) and dV = V (F ∘ (S C + Cᴴ S)), with C = Uᴴ dA V, and F = 1 / (sⱼ² - sᵢ²)
/// with 0 on the diagonal. For a complex matrix, dU has the additional term i im(diag C) / S. For a matrix that is not
/// square, the longer vectors have an additional term: the part of dA outside of their columns. The additional columns
/// of `svd_full` may rotate among themselves; this derivative does not rotate them.
fn svd(dx: &Tensor, u: &Tensor, s: &Tensor, vt: &Tensor) -> [Tensor; 3] {
    let (m, n) = size(dx);
    let k = m.min(n);
    let (u1, v1) = (part(u, (0, m), (0, k)), adjoint(&part(vt, (0, k), (0, n))));
    let (row, column) = (s.unsqueeze(-2), s.unsqueeze(-1));
    let c = adjoint(&u1).matmul(dx).matmul(&v1);
    let eye = Tensor::eye(k, s.dtype());
    let f = cast_like(&(1.0 / ((&row + &column) * (&row - &column) + &eye) - &eye), &c);
    let (row, column) = (cast_like(&row, &c), cast_like(&column, &c));
    let (cs, sc) = (&row * &c, &column * &c);
    let mut rotation = &f * (&cs + adjoint(&cs));
    if c.dtype().is_complex() {
        let zeros = lax::convert(&s.eq(0.0), s.dtype());
        let inverse = 1.0 / (s + &zeros) - &zeros;
        rotation += cast_like(&(inverse.unsqueeze(-2) * eye), &c) * (&c - adjoint(&c)) * 0.5;
    }
    let mut du = u1.matmul(&rotation);
    let mut dv = v1.matmul(&(&f * (&sc + adjoint(&sc))));
    let outside = |x: Tensor, basis: &Tensor| (&x - basis.matmul(adjoint(basis).matmul(&x))) / &row;
    if m > n {
        du += outside(dx.matmul(&v1), &u1);
    }
    if n > m {
        dv += outside(adjoint(dx).matmul(&u1), &v1);
    }
    let du = all_columns(u, &u1, du);
    let dv = all_columns(&adjoint(vt), &v1, dv);
    [du, c.diagonal(0, -2, -1).real(), adjoint(&dv)]
}

/// Returns the tangent of all columns of a unitary matrix, of which `first` are the first ones: dQ₂ = -Q₁ dQ₁ᴴ Q₂.
fn all_columns(all: &Tensor, first: &Tensor, d_first: Tensor) -> Tensor {
    let ((m, columns), (_, k)) = (size(all), size(first));
    if columns == k {
        return d_first;
    }
    let rest = first.matmul(adjoint(&d_first).matmul(part(all, (0, m), (k, columns))));
    lax::concatenate(&[d_first, -rest], all.rank() - 1)
}

/// Returns the tangent of the solution of op(A) X = B, with the factors of A: dX = op(A)⁻¹ (dB - op(dA) X).
pub(super) fn lu_solve(a: &Dual, [lu, permutation]: [&Tensor; 2], b: &Dual, transpose: bool, x: &Tensor) -> Tangent {
    let product = a.t.clone().into_tensor().map(|da| if transpose { da.t().matmul(x) } else { da.matmul(x) });
    let (a, lu, permutation) = (a.v.clone(), lu.clone(), permutation.clone());
    b.t.sub(&Tangent::new(product)).linear(|b| Op::LuSolve { a, lu, permutation, b, transpose })
}

/// Returns the tangent of the solution of op(A) X = B, dX = op(A)⁻¹ (dB - op(dA) X), and similarly for A on the right.
/// The product is computed on the side where it is smaller.
pub(super) fn triangular_solve(a: &Dual, b: &Dual, how: Triangular, x: &Tensor) -> Tangent {
    let by_b = Tangent::new(b.t.clone().into_tensor().map(|db| solve(&a.v, &db, how)));
    let by_a = a.t.clone().into_tensor().map(|da| {
        let k = isize::from(how.unit_diagonal);
        let da = if how.lower { da.tril(-k) } else { da.triu(k) };
        let da = if how.transpose_a { da.t() } else { da };
        let solved = |x: &Tensor| solve(&a.v, x, how);
        let [.., rows, columns] = x.shape()[..] else { unreachable!("the solution is a matrix") };
        match how.left_side {
            true if rows > columns => solved(&da.matmul(x)),
            true => solved(&da).matmul(x),
            false if rows < columns => solved(&x.matmul(&da)),
            false => x.matmul(solved(&da)),
        }
    });
    by_b.sub(&Tangent::new(by_a))
}

/// Returns the Hermitian matrix with the lower triangle of `x`, and the real part of its diagonal.
fn hermitian(x: &Tensor) -> Tensor {
    if !x.dtype().is_complex() {
        return x.tril(0) + x.tril(-1).t();
    }
    let half = (x.tril(0) + x.tril(-1)) * 0.5;
    &half + adjoint(&half)
}

/// Returns the Hermitian transpose.
fn adjoint(x: &Tensor) -> Tensor {
    x.t().conj()
}

/// Returns `x` in the dtype of `other`.
fn cast_like(x: &Tensor, other: &Tensor) -> Tensor {
    if x.dtype() == other.dtype() { x.clone() } else { lax::convert(x, other.dtype()) }
}

/// Returns the numbers of rows and columns.
fn size(x: &Tensor) -> (usize, usize) {
    (x.shape()[x.rank() - 2], x.shape()[x.rank() - 1])
}

/// Returns these rows and columns.
fn part(x: &Tensor, rows: (usize, usize), columns: (usize, usize)) -> Tensor {
    if rows == (0, size(x).0) && columns == (0, size(x).1) {
        return x.clone();
    }
    let (mut start, mut limit, matrix) = (vec![0; x.rank()], x.shape().to_vec(), x.rank() - 2);
    (start[matrix], limit[matrix]) = rows;
    (start[matrix + 1], limit[matrix + 1]) = columns;
    lax::slice(x, &start, &limit, &vec![1; x.rank()])
}

/// Appends this many rows and columns of zeros.
fn pad_zeros(x: &Tensor, rows: usize, columns: usize) -> Tensor {
    if (rows, columns) == (0, 0) {
        return x.clone();
    }
    let mut config = vec![(0, 0); x.rank()];
    (config[x.rank() - 2].1, config[x.rank() - 1].1) = (rows as isize, columns as isize);
    x.pad(&config, 0)
}

/// Returns the rows of each matrix in the order of `permutation`.
fn rows(x: &Tensor, permutation: &Tensor) -> Tensor {
    if x.size() == 0 {
        return x.clone();
    }
    let (batch, row, column) = (x.rank() - 2, x.rank() - 2, x.rank() - 1);
    let dims = GatherDims {
        offset: [column].into_iter().collect(),
        collapsed: [row].into_iter().collect(),
        operand_batching: (0..batch).collect(),
        indices_batching: (0..batch).collect(),
        start_index_map: [row].into_iter().collect(),
    };
    let mut sizes = vec![1; x.rank()];
    sizes[column] = size(x).1;
    lax::gather(x, &permutation.unsqueeze(-1), dims, &sizes)
}
