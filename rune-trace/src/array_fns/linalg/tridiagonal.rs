//! Systems of equations with tridiagonal matrices.

use crate::array_fns::broadcast::expect_one_dtype;
use crate::array_fns::where_;
use crate::tensor::{Caller, at_caller, refuse};
use crate::{ScanOptions, Tensor, custom_tangent, scan_with};

/// Solves `A x = b` for tridiagonal matrices, by elimination with partial pivoting, like LAPACK's `gtsv`:
/// `jax.lax.linalg.tridiagonal_solve`.
///
/// `lower`, `diagonal` and `upper` have the shape `[…, n]`. They hold, row by row, the elements to the left of the
/// diagonal, on it, and to its right. The first element of `lower` and the last of `upper` are ignored. `b` has the
/// shape `[…, n, k]`.
///
/// # Panics
/// Panics unless the operands have these shapes, and the dtype is `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (side, middle) = (Tensor::from([1.0f64, 1.0, 1.0]), Tensor::from([2.0f64, 2.0, 2.0]));
/// let x = linalg::tridiagonal_solve(&side, &middle, &side, &Tensor::from([[4.0f64], [8.0], [8.0]]));
/// assert!((x - Tensor::from([[1.0f64], [2.0], [3.0]])).abs().max().item::<f64>()? < 1e-14);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn tridiagonal_solve(lower: &Tensor, diagonal: &Tensor, upper: &Tensor, b: &Tensor) -> Tensor {
    expect("tridiagonal_solve", [lower, diagonal, upper]);
    expect_right_side("tridiagonal_solve", diagonal, b);
    if b.size() == 0 {
        return b.clone();
    }
    let caller = Caller::here();
    custom_tangent(
        |l: &Tensor, d: &Tensor, u: &Tensor, b: &Tensor| {
            caller.run(|| factored(caller, l, d, u).substituted(caller, b))
        },
        // A dx = db - dA x.
        |(l, d, u, _), x, (dl, dd, du, db)| {
            caller.run(|| {
                let sides = dl.unsqueeze(-1) * moved(x, 1) + du.unsqueeze(-1) * moved(x, -1);
                factored(caller, l, d, u).substituted(caller, &(db - dd.unsqueeze(-1) * x - sides))
            })
        },
    )(lower, diagonal, upper, b)
}

/// The LU factorization of tridiagonal matrices, with partial pivoting.
///
/// Each field has one element per row. `diagonal`, `above` and `second` are the rows of `U`. A matrix is singular if an
/// element of `diagonal` is 0.
#[derive(Clone, Debug)]
pub struct TridiagonalLu {
    /// The diagonal of `U`.
    pub diagonal: Tensor,
    /// The elements of `U` to the right of the diagonal.
    pub above: Tensor,
    /// The elements of `U` two places to the right of the diagonal.
    pub second: Tensor,
    /// The factor by which each row is subtracted from the next.
    pub factors: Tensor,
    /// Whether each row was swapped with the next.
    pub swapped: Tensor,
}

/// Returns the factorization of tridiagonal matrices. The elements are given as for [`tridiagonal_solve`].
///
/// # Panics
/// Panics unless the shapes are equal, with at least one row, and the dtype is `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let side = Tensor::from([1.0f32, 1.0]);
/// let lu = linalg::tridiagonal_lu(&side, &Tensor::from([2.0f32, 2.0]), &side);
/// assert_eq!(lu.diagonal.to_vec::<f32>()?, [2.0, 1.5]);
/// assert_eq!(lu.solve(&Tensor::from([[4.0f32], [5.0]])).to_vec::<f32>()?, [1.0, 2.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn tridiagonal_lu(lower: &Tensor, diagonal: &Tensor, upper: &Tensor) -> TridiagonalLu {
    expect("tridiagonal_lu", [lower, diagonal, upper]);
    if diagonal.shape().last() == Some(&0) {
        refuse!("linalg::tridiagonal_lu: takes diagonals with elements, but got shape {}", diagonal.shape());
    }
    let caller = Caller::here();
    at_caller(|| factored(caller, lower, diagonal, upper))
}

impl TridiagonalLu {
    /// Solves `A x = b` for right sides of shape `[…, n, k]`.
    ///
    /// # Panics
    /// Panics unless `b` has this shape and the dtype of the factors.
    #[track_caller]
    pub fn solve(&self, b: &Tensor) -> Tensor {
        expect_right_side("TridiagonalLu::solve", &self.diagonal, b);
        if b.size() == 0 {
            return b.clone();
        }
        let caller = Caller::here();
        at_caller(|| self.substituted(caller, b))
    }

    fn substituted(&self, caller: Caller, b: &Tensor) -> Tensor {
        let rows = |x: &Tensor| x.moveaxis(-1, 0).unsqueeze(-1);
        let b = b.moveaxis(-2, 0);
        let (factors, swapped) = (rows(&self.factors), rows(&self.swapped));
        // The forward pass carries the row that is not yet divided by its pivot.
        let subtracted = |here: &Tensor, next: &Tensor, factor: &Tensor, swapped: &Tensor| {
            let (first, second) = (where_(swapped, next, here), where_(swapped, here, next));
            (second - factor * &first, first)
        };
        let forward = |here: &Tensor, (next, factor, swapped): &(Tensor, Tensor, Tensor)| {
            caller.run(|| subtracted(here, next, factor, swapped))
        };
        let (first, rest) = (row(&b, 0), after_first(&b));
        let but_last = |x: &Tensor| before_last(x);
        let (last, eliminated) =
            scan_with(ScanOptions::default(), forward, &first, &(rest, but_last(&factors), but_last(&swapped)));
        let eliminated = Tensor::concat(&[eliminated, last.unsqueeze(0)], 0);
        let back = |(x1, x2): &(Tensor, Tensor), (b, d, u, w): &(Tensor, Tensor, Tensor, Tensor)| {
            let x = caller.run(|| (b - u * x1 - w * x2) / d);
            ((x.clone(), x1.clone()), x)
        };
        let zero = first.zeros_like();
        let options = ScanOptions { reverse: true, ..ScanOptions::default() };
        let xs = (eliminated, rows(&self.diagonal), rows(&self.above), rows(&self.second));
        scan_with(options, back, &(zero.clone(), zero), &xs).1.moveaxis(0, -2)
    }
}

#[track_caller]
fn expect(op: &str, parts: [&Tensor; 3]) {
    let [l, d, u] = parts;
    expect_one_dtype(&format!("linalg::{op}"), &[l.dtype(), d.dtype(), u.dtype()]);
    let fits = d.rank() > 0 && l.shape() == d.shape() && u.shape() == d.shape();
    if !d.dtype().is_inexact() || d.dtype().is_reduced_float() || !fits {
        refuse!(
            "linalg::{op}: takes three diagonals of f32, f64, c64 or c128 of one shape […, n], but got {}, {} and {}",
            l.ty(),
            d.ty(),
            u.ty()
        );
    }
}

#[track_caller]
fn expect_right_side(op: &str, diagonal: &Tensor, b: &Tensor) {
    expect_one_dtype(&format!("linalg::{op}"), &[diagonal.dtype(), b.dtype()]);
    if b.rank() != diagonal.rank() + 1 || b.shape()[..diagonal.rank()] != diagonal.shape()[..] {
        refuse!(
            "linalg::{op}: takes right sides of shape […, n, k] for diagonals of shape […, n], but got {} and {}",
            b.shape(),
            diagonal.shape()
        );
    }
}

/// Eliminates like LAPACK's `gttrf`: of each row and the next, the one with the greater element is the pivot.
fn factored(caller: Caller, lower: &Tensor, diagonal: &Tensor, upper: &Tensor) -> TridiagonalLu {
    let [l, d, u] = [lower, diagonal, upper].map(|x| x.moveaxis(-1, 0));
    // Replaces the last element of `upper`, which callers may leave undefined.
    let u = Tensor::concat(&[before_last(&u), row(&u, 0).zeros_like().unsqueeze(0)], 0);
    let eliminated = |(d, u): &(Tensor, Tensor), (l, next_d, next_u): &(Tensor, Tensor, Tensor)| {
        let swapped = l.abs().gt(d.abs());
        let pivot = where_(&swapped, l, d);
        let none = pivot.eq(0.0);
        let factor = where_(&none, 0.0, where_(&swapped, d, l) / where_(&none, 1.0, &pivot));
        let above = where_(&swapped, next_d, u);
        let second = where_(&swapped, next_u, 0.0);
        let diagonal = where_(&swapped, u, next_d) - &factor * &above;
        let upper = where_(&swapped, 0.0, next_u) - &factor * &second;
        ((diagonal, upper), (pivot, above, second, factor, swapped))
    };
    let step = |here: &(Tensor, Tensor), next: &(Tensor, Tensor, Tensor)| caller.run(|| eliminated(here, next));
    let start = (row(&d, 0), row(&u, 0));
    let xs = (after_first(&l), after_first(&d), after_first(&u));
    let ((last, _), (pivots, above, second, factors, swapped)) = scan_with(ScanOptions::default(), step, &start, &xs);
    let whole = |x: Tensor, last: Tensor| Tensor::concat(&[x, last.unsqueeze(0)], 0).moveaxis(0, -1);
    let zero = last.zeros_like();
    TridiagonalLu {
        diagonal: whole(pivots, last),
        above: whole(above, zero.clone()),
        second: whole(second, zero.clone()),
        factors: whole(factors, zero.clone()),
        swapped: whole(swapped, zero.ne(0.0)),
    }
}

fn part(x: &Tensor, from: usize, to: usize) -> Tensor {
    let (mut start, mut limit) = (vec![0; x.rank()], x.shape().to_vec());
    (start[0], limit[0]) = (from, to);
    crate::lax::slice(x, &start, &limit, &vec![1; x.rank()])
}

fn row(x: &Tensor, at: usize) -> Tensor {
    part(x, at, at + 1).squeeze(0)
}

fn after_first(x: &Tensor) -> Tensor {
    part(x, 1, x.shape()[0])
}

fn before_last(x: &Tensor) -> Tensor {
    part(x, 0, x.shape()[0] - 1)
}

/// Moves the rows of `x` down (or up, if negative), and fills with zeros.
fn moved(x: &Tensor, by: isize) -> Tensor {
    let mut config = vec![(0, 0); x.rank()];
    config[x.rank() - 2] = (by, -by);
    x.pad(&config, 0.0)
}
