//! The exponential of matrices.

use super::{MatrixOrd, expect_square, matrix_norm, size, solve};
use crate::array_fns::where_;
use crate::{DType, Tensor, fori_loop};

/// How often the exponential may be squared; what needs more is NaN, as in JAX.
const MOST_SQUARINGS: i32 = 16;

/// The exponential of square matrices, Σ aⁿ / n!: that of a part of `a`, by a Padé approximant, squared again and again. N. Higham, "The scaling and
/// squaring method for the matrix exponential revisited" (2005).
///
/// # Panics
/// If the matrices are not square, or not of `f32` or `f64`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// // A rotation, by the exponential of its generator.
/// let turn = linalg::expm(&(Tensor::from([[0.0f64, -1.0], [1.0, 0.0]]) * 0.5));
/// let right = Tensor::from([[0.5f64.cos(), -0.5f64.sin()], [0.5f64.sin(), 0.5f64.cos()]]);
/// assert!((turn - right).abs().max().item::<f64>()? < 1e-15);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn expm(a: &Tensor) -> Tensor {
    expect_square("expm", a);
    if a.size() == 0 {
        return a.clone();
    }
    // Of which norm an approximant of this degree is exact.
    let (greatest, coefficients): (f64, &[f64]) = match a.dtype() == DType::F32 {
        true => (3.92572478313866, &SEVEN),
        false => (5.371920351148152, &THIRTEEN),
    };
    let squarings = (matrix_norm(a, MatrixOrd::One) / greatest).log2().ceil().maximum(0.0).stop_gradient();
    let squarings = squarings.unsqueeze(-1).unsqueeze(-1);
    let (numerator, denominator) = approximant(&(a / squarings.exp2()), coefficients);
    let start = solve(&denominator, &numerator);
    let count = squarings.clone();
    let result = fori_loop(
        0,
        MOST_SQUARINGS,
        move |i: &Tensor, x: &Tensor| where_(count.gt(i.cast(count.dtype())), x.matmul(x), x),
        &start,
    );
    where_(squarings.gt(f64::from(MOST_SQUARINGS)), f64::NAN, result)
}

/// Numerator and denominator: the even powers, and the odd ones, added and subtracted.
#[track_caller]
fn approximant(a: &Tensor, coefficients: &[f64]) -> (Tensor, Tensor) {
    let eye = Tensor::eye(size(a).0, a.dtype());
    let square = a.matmul(a);
    // By Horner's rule in a², from the highest powers on.
    let mut pairs = coefficients.chunks_exact(2).rev();
    let highest = pairs.next().expect("there are coefficients");
    let (mut even, mut odd) = (&eye * highest[0], &eye * highest[1]);
    for pair in pairs {
        even = square.matmul(&even) + &eye * pair[0];
        odd = square.matmul(&odd) + &eye * pair[1];
    }
    let odd = a.matmul(&odd);
    (&even + &odd, even - odd)
}

const SEVEN: [f64; 8] = [17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0, 1.0];
const THIRTEEN: [f64; 14] = [
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
