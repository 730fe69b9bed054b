//! The exponential of matrices.

use super::{expect_square, like, size, solve, with_batch};
use crate::array_fns::where_;
use crate::control::cond;
use crate::tensor::{Caller, at_caller};
use crate::{ScanOptions, Tensor, custom_tangent, lax, scan_with};
use rune_ir::DType;

/// The maximum number of squarings of a result: enough for norms of 10⁹.
const MAX_SQUARINGS: usize = 28;

/// Returns the exponential of square matrices, `Σ Aᵏ / k!`, by scaling, a Padé approximant, and squaring. It is NaN if
/// the 1-norm of a matrix is greater than 10⁹.
///
/// N. Higham, "The scaling and squaring method for the matrix exponential revisited" (2005).
///
/// # Panics
/// Panics unless `a` holds square matrices of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// // A rotation by 1.
/// let turn = linalg::expm(&Tensor::from([[0.0f64, -1.0], [1.0, 0.0]]));
/// let (sin, cos) = 1f64.sin_cos();
/// assert!((turn - Tensor::from([[cos, -sin], [sin, cos]])).abs().max().item::<f64>()? < 1e-15);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn expm(a: &Tensor) -> Tensor {
    expect_square("expm", a);
    if a.size() == 0 {
        return a.clone();
    }
    let caller = Caller::here();
    let value = |a: &Tensor| {
        let Scaled { a, squarings } = scaled(a);
        powers(caller, &Pade::new(&a).value(), &squarings, false).0
    };
    let tangent = |a: &Tensor, da: &Tensor| derivative(caller, a, da).1;
    custom_tangent(|a: &Tensor| caller.run(|| value(a)), |(a,), _, (da,)| caller.run(|| tangent(a, da)))(a)
}

/// Returns the exponential of square matrices, and its derivative in the direction `e`: `scipy.linalg.expm_frechet`.
///
/// A. Al-Mohy and N. Higham, "Computing the Fréchet derivative of the matrix exponential" (2009).
///
/// # Panics
/// Panics unless `a` holds square matrices of `f32`, `f64`, `c64` or `c128`, and `e` has the type of `a`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let (a, e) = (Tensor::from([[0.0f64, 1.0], [0.0, 0.0]]), Tensor::eye(2, rune_trace::DType::F64));
/// let (exp, derivative) = linalg::expm_frechet(&a, &e);
/// assert!((exp - derivative).abs().max().item::<f64>()? < 1e-15);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn expm_frechet(a: &Tensor, e: &Tensor) -> (Tensor, Tensor) {
    expect_square("expm_frechet", a);
    expect_square("expm_frechet", e);
    if a.ty() != e.ty() {
        crate::tensor::refuse!(
            "linalg::expm_frechet: takes a matrix and a direction of one type, but got {} and {}",
            a.ty(),
            e.ty()
        );
    }
    if a.size() == 0 {
        return (a.clone(), e.clone());
    }
    let caller = Caller::here();
    at_caller(|| derivative(caller, a, e))
}

/// Matrices, scaled by a power of two so that the approximant is exact, and the number of squarings that undo the
/// scaling.
struct Scaled {
    a: Tensor,
    squarings: Tensor,
}

fn scaled(a: &Tensor) -> Scaled {
    // The greatest norms for which the approximants are exact: of degree 7 in f32, and of degree 13 in f64.
    let greatest = if a.dtype().real() == DType::F32 { 3.92572478313866 } else { 5.371920351148152 };
    let norm = a.abs().sum_axes(-2).max_axes(-1).unsqueeze(-1).unsqueeze(-1).stop_gradient();
    let squarings = where_(norm.gt(greatest), (norm / greatest).log2().ceil(), 0.0);
    Scaled { a: a * like(&(-&squarings).exp2(), a), squarings }
}

/// The numerator and denominator of a Padé approximant, in parts of their polynomials.
struct Pade<'a> {
    a: &'a Tensor,
    squares: [Tensor; 3],
    /// `u = a (a⁶ w₁ + w₂)` and `v = a⁶ z₁ + z₂`.
    w: [Option<Tensor>; 2],
    z: [Option<Tensor>; 2],
    coefficients: &'static [f64],
}

const DEGREE_7: &[f64] = &[17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0, 1.0];
const DEGREE_13: &[f64] = &[
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
];

/// Returns the sum of the powers `a²`, `a⁴` and `a⁶` with these coefficients, and of a multiple of the identity.
fn polynomial(squares: &[Tensor; 3], b: [f64; 4], constant: bool) -> Tensor {
    let [a2, a4, a6] = squares;
    let sum = a2 * b[1] + a4 * b[2] + a6 * b[3];
    if constant { sum + Tensor::eye(size(a2).0, a2.dtype()) * b[0] } else { sum }
}

impl Pade<'_> {
    fn new(a: &Tensor) -> Pade<'_> {
        let a2 = a.matmul(a);
        let a4 = a2.matmul(&a2);
        let squares = [a2.clone(), a4.clone(), a4.matmul(&a2)];
        let coefficients = if a.dtype().real() == DType::F32 { DEGREE_7 } else { DEGREE_13 };
        let mut pade = Pade { a, squares, w: [None, None], z: [None, None], coefficients };
        let parts = pade.parts(&pade.squares, true);
        [pade.w, pade.z] = parts;
        pade
    }
    /// Returns the parts of both polynomials in `squares`. For the derivatives of the parts, `squares` holds the
    /// derivatives of the squares, and `constant` is false.
    fn parts(&self, squares: &[Tensor; 3], constant: bool) -> [[Option<Tensor>; 2]; 2] {
        let b = self.coefficients;
        let part = |first: usize, constant: bool| {
            let at = |i: usize| b.get(i).copied().unwrap_or(0.0);
            polynomial(squares, [at(first), at(first + 2), at(first + 4), at(first + 6)], constant)
        };
        let high = b.len() > 8;
        // a⁷ is the highest power of the lower part; a⁹ to a¹³ are a⁶ times a³ to a⁷.
        [
            [high.then(|| part(7, false)), Some(part(1, constant))],
            [high.then(|| part(6, false)), Some(part(0, constant))],
        ]
    }
    fn join_parts(&self, [high, low]: &[Option<Tensor>; 2]) -> Tensor {
        let low = low.clone().expect("the lower part is always there");
        match high {
            Some(high) => self.squares[2].matmul(high) + low,
            None => low,
        }
    }
    fn value(&self) -> Tensor {
        let (u, v) = (self.a.matmul(self.join_parts(&self.w)), self.join_parts(&self.z));
        solve(&(&v - &u), &(v + u))
    }
    /// Returns the approximant and its derivative, which is linear in `e`.
    fn derivative(&self, e: &Tensor) -> (Tensor, Tensor) {
        let [a2, a4, a6] = &self.squares;
        let m2 = self.a.matmul(e) + e.matmul(self.a);
        let m4 = a2.matmul(&m2) + m2.matmul(a2);
        let m6 = a4.matmul(&m2) + m4.matmul(a2);
        let moves = [m2, m4, m6];
        let [dw, dz] = self.parts(&moves, false);
        let product = |[high, low]: &[Option<Tensor>; 2], whole: &[Option<Tensor>; 2]| {
            let low = low.clone().expect("the lower part is always there");
            match (high, &whole[0]) {
                (Some(high), Some(part)) => a6.matmul(high) + moves[2].matmul(part) + low,
                _ => low,
            }
        };
        let w = self.join_parts(&self.w);
        let (u, v) = (self.a.matmul(&w), self.join_parts(&self.z));
        let du = self.a.matmul(product(&dw, &self.w)) + e.matmul(&w);
        let dv = product(&dz, &self.z);
        let below = &v - &u;
        let r = solve(&below, &(v + u));
        let dr = solve(&below, &(&dv + &du + (du - dv).matmul(&r)));
        (r, dr)
    }
}

/// Squares `r` as often as each matrix requires. With `keep`, also returns the power before each squaring.
fn powers(caller: Caller, r: &Tensor, squarings: &Tensor, keep: bool) -> (Tensor, Tensor) {
    let rounds = squarings.max();
    let square = |r: &Tensor, i: &Tensor| {
        let squared = || caller.run(|| where_(squarings.gt(i), r.matmul(r), r));
        let next = caller.run(|| cond(&rounds.gt(i), squared, || r.clone()));
        (next, if keep { r.clone() } else { caller.run(|| Tensor::zeros([0], r.dtype())) })
    };
    let counters = lax::iota(squarings.dtype(), [MAX_SQUARINGS], 0);
    let (result, kept) = scan_with(ScanOptions::default(), square, r, &counters);
    (where_(squarings.gt(MAX_SQUARINGS as f64), f64::NAN, result), kept)
}

/// Returns the derivative of the exponential of `a` in the direction `e`, which is linear in `e`.
pub(super) fn derivative_of_expm(caller: Caller, a: &Tensor, e: &Tensor) -> Tensor {
    derivative(caller, a, e).1
}

fn derivative(caller: Caller, a: &Tensor, e: &Tensor) -> (Tensor, Tensor) {
    let Scaled { a: small, squarings } = scaled(a);
    let batch = rune_ir::Shape::from(&a.shape()[..a.rank() - 2]);
    let e = with_batch("expm", e, &batch) * like(&(-&squarings).exp2(), e);
    let (r, dr) = Pade::new(&small).derivative(&e);
    let (value, kept) = powers(caller, &r, &squarings, true);
    let rounds = squarings.max();
    // The step is linear only in the derivative, so that it can be transposed.
    let step = |dr: &Tensor, (i, r): &(Tensor, Tensor)| {
        let moved = || caller.run(|| where_(squarings.gt(i), r.matmul(dr) + dr.matmul(r), dr));
        (caller.run(|| cond(&rounds.gt(i), moved, || dr.clone())), ())
    };
    let counters = lax::iota(squarings.dtype(), [MAX_SQUARINGS], 0);
    let (derivative, ()) = scan_with(ScanOptions::default(), step, &dr, &(counters, kept));
    (value, where_(squarings.gt(MAX_SQUARINGS as f64), f64::NAN, derivative))
}
