//! The zeros of polynomials, all at once, by the method of Ehrlich and Aberth (O. Aberth, "Iteration methods for
//! finding all zeros of a polynomial simultaneously", 1973).

use super::join::part;
use crate::tensor::{at_caller, current_origin, refuse, with_origin};
use crate::{Tensor, complex, custom_tangent, lax, while_loop};
use rune_ir::DType;
use std::f64::consts::PI;

/// The maximum number of steps. Each step cubes the error once it is small.
const MAX_ITERATIONS: i32 = 500;

/// Zeros of polynomials.
impl Tensor {
    /// Returns the zeros of the polynomial with these coefficients, as complex numbers in no particular order. The
    /// coefficient of the highest power is first.
    ///
    /// If the coefficients are known, leading and trailing zero coefficients are removed first. Each trailing one is a
    /// zero at 0. Inside a function that is being traced, coefficients are unknown, and the first one must not be 0.
    ///
    /// The derivative is that of the implicit function. It does not exist at multiple zeros.
    ///
    /// # Panics
    /// If this is not a vector of `f32`, `f64` or a complex dtype.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// // x² - 3x + 2
    /// let mut x = Tensor::from([1.0f64, -3.0, 2.0]).roots().real().to_vec::<f64>().unwrap();
    /// x.sort_by(f64::total_cmp);
    /// assert!((x[0] - 1.0).abs() < 1e-14 && (x[1] - 2.0).abs() < 1e-14);
    /// ```
    #[track_caller]
    pub fn roots(&self) -> Tensor {
        if self.rank() != 1 {
            refuse!("roots: coefficients must be a vector, but are {}", self.ty());
        }
        if self.dtype().complex().is_none() {
            refuse!("roots: takes coefficients of f32, f64 or a complex dtype, but got {}", self.ty());
        }
        at_caller(|| {
            let (p, zeros) = stripped(self);
            let p = if p.dtype().is_complex() { p } else { complex(&p, p.zeros_like()) };
            let at_zero = lax::full(p.dtype(), &[zeros].into(), 0.0);
            if p.size() < 2 {
                return at_zero;
            }
            lax::concatenate(&[roots_of(&p), at_zero], 0)
        })
    }
    /// Returns this vector without the zeros at its start and its end. Its elements must be known.
    ///
    /// # Panics
    /// If this is not a vector, or its elements are unknown, as in a function that is being traced.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([0, 0, 1, 0, 2, 0]).trim_zeros().to_vec::<i32>().unwrap(), [1, 0, 2]);
    /// ```
    #[track_caller]
    pub fn trim_zeros(&self) -> Tensor {
        if self.rank() != 1 {
            refuse!("trim_zeros: takes a vector, but got {}", self.ty());
        }
        let (start, end) = match nonzero_range(self) {
            Ok(ends) => ends,
            Err(error) => {
                refuse!("trim_zeros: the size of the result depends on elements that cannot be read here ({error})")
            }
        };
        part(self, 0, start, end)
    }
}

/// Returns where the nonzero elements begin and end.
fn nonzero_range(x: &Tensor) -> Result<(usize, usize), crate::EvalError> {
    let some = x.ne(x.zeros_like()).to_vec::<bool>()?;
    let start = some.iter().position(|&b| b).unwrap_or(some.len());
    let end = some.iter().rposition(|&b| b).map_or(start, |i| i + 1);
    Ok((start, end))
}

/// Returns the coefficients and the number of zero coefficients at the end. If the coefficients are known, removes the
/// zeros at both ends. If they are unknown, returns `p` and 0.
fn stripped(p: &Tensor) -> (Tensor, usize) {
    if p.is_traced() {
        return (p.clone(), 0);
    }
    match nonzero_range(p) {
        Ok((start, end)) => (part(p, 0, start, end), if start == end { 0 } else { p.size() - end }),
        Err(_) => (p.clone(), 0),
    }
}

fn roots_of(p: &Tensor) -> Tensor {
    let origin = &current_origin();
    let find = move |p: &Tensor| with_origin(origin, || search(p));
    custom_tangent(find, move |(p,), z, (dp,)| {
        with_origin(origin, || {
            let n = p.size();
            let powers = lax::convert(&((n as f64 - 1.0) - lax::iota(p.dtype().real(), [n - 1], 0)), p.dtype());
            let slope = (part(p, 0, 0, n - 1) * powers).polyval(z);
            -dp.polyval(z) / slope
        })
    })(p)
}

/// Returns, at `z`, the values of the polynomial with coefficients `p`, of its derivative, and of the sum of the
/// magnitudes of its terms.
fn horner(p: &Tensor, z: &Tensor) -> [Tensor; 3] {
    let size = z.abs();
    let (mut value, mut slope, mut bound) = (z.zeros_like(), z.zeros_like(), size.zeros_like());
    for k in 0..p.shape()[0] {
        // `p` has one row for each coefficient, with a column for each z.
        let c = part(p, 0, k, k + 1).squeeze(0);
        slope = slope * z + &value;
        value = value * z + &c;
        bound = bound * &size + c.abs();
    }
    [value, slope, bound]
}

fn search(p: &Tensor) -> Tensor {
    let n = p.size() - 1;
    let dtype = p.dtype();
    let real = |x: &Tensor| lax::convert(x, dtype);
    let p = p / part(p, 0, 0, 1);
    let eps = if dtype == DType::C128 { f64::EPSILON } else { f64::from(f32::EPSILON) };
    // Starts on a circle around the mean of the zeros, with a radius within Fujiwara's bound.
    let center = part(&p, 0, 1, 2) * (-1.0 / n as f64);
    let roots = |k: usize| part(&p, 0, k, k + 1).abs().pow(1.0 / k as f64);
    let mut radius = roots(1);
    for k in 2..=n {
        radius = lax::max(&radius, &roots(k));
    }
    let on_circle = |f: fn(f64) -> f64| {
        let angles = (0..n).map(|k| f(2.0 * PI * k as f64 / n as f64 + 0.4));
        Tensor::from(angles.collect::<Vec<f64>>()).cast(dtype.real())
    };
    let start = real(&radius) * complex(on_circle(f64::cos), on_circle(f64::sin)) + center;
    let eye = Tensor::eye(n, dtype);
    let none = lax::full(DType::I32, &[n].into(), 0.0);
    let init = (start.real().eq(start.real()), start, none, lax::full(DType::I32, &[].into(), 0.0));
    let origin = current_origin();
    let (_, z, ..) = while_loop(
        |(on, _, _, k): &(Tensor, Tensor, Tensor, Tensor)| with_origin(&origin, || on.any() & k.lt(MAX_ITERATIONS)),
        |(on, z, good, k)| {
            with_origin(&origin, || {
                // For |z| > 1, uses the polynomial of 1/z, whose powers do not overflow.
                let inside = z.abs().le(1.0);
                let w = lax::select(&inside, z, &(z.ones_like() / z));
                let rows = |p: &Tensor| p.unsqueeze(1).broadcast_to([n + 1, n]);
                let mask = inside.unsqueeze(0).broadcast_to([n + 1, n]);
                let c = lax::select(&mask, &rows(&p), &rows(&p.flip(0)));
                let [value, slope, bound] = horner(&c, &w);
                // p'/p at z.
                let quotient = &slope / &value;
                let outer = &w * (lax::full_like(z, n as f64) - &w * &quotient);
                let newton = lax::select(&inside, &quotient, &outer);
                let differences = z.unsqueeze(1) - z.unsqueeze(0) + &eye;
                let repulsion = (differences.ones_like() / differences - &eye).sum_axes(1);
                let step = z.ones_like() / (newton - repulsion);
                // A value within its rounding error may be 0. A few more steps bring it near the middle of this range.
                let good = lax::convert(&value.abs().le(&bound * (eps * 2.0)), DType::I32) + good;
                let still = value.eq(value.zeros_like()) | !on;
                let step = lax::select(&still, &z.zeros_like(), &step);
                let more = on & good.lt(4) & step.abs().gt(z.abs() * eps);
                (more, z - step, good, k + 1)
            })
        },
        &init,
    );
    z
}
