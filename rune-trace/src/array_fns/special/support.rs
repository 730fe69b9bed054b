//! Helpers of the special functions: unification of arguments, derivatives, loops, polynomials.
//!
//! A public function calls [`lift`] or [`lift_all`], so the functions inside it run [at its caller](at_caller).
//! Derivative rules and loop bodies run later, so they capture the origin.

use crate::array_fns::broadcast::unify;
use crate::array_fns::complex::expect_inexact;
use crate::array_fns::elementwise::expect_float;
use crate::array_fns::scalar::Argument;
use crate::tensor::{at_caller, current_origin, refuse, with_origin};
use crate::{Tensor, Tree, custom_tangent, jvp, lax, while_loop};
use rune_ir::DType;

/// Applies `f` to `x`, a float. Half-precision types are computed in `f32`.
#[track_caller]
pub(crate) fn lift(op: &str, x: &Tensor, f: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
    expect_float(op, x);
    at_caller(|| {
        if x.dtype().is_reduced_float() {
            return lax::convert(&f(&lax::convert(x, DType::F32)), x.dtype());
        }
        f(x)
    })
}

/// Like [`lift`], but `x` may also be complex.
#[track_caller]
pub(crate) fn lift_inexact(op: &str, x: &Tensor, f: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
    if x.dtype().is_complex() { at_caller(|| f(x)) } else { lift(op, x, f) }
}

/// Like [`lift_all`], but the arguments may also be complex.
#[track_caller]
pub(crate) fn lift_all_inexact<const N: usize>(
    op: &str,
    args: [Argument; N],
    f: impl FnOnce(&[Tensor; N]) -> Tensor,
) -> Tensor {
    let complex = |arg: &Argument| match arg {
        Argument::Tensor(x) => x.dtype().is_complex(),
        Argument::Scalar(x) => matches!(x, crate::Scalar::Complex(_)),
    };
    if args.iter().any(complex) {
        let xs = unify(op, args);
        expect_inexact(op, &xs[0]);
        return at_caller(|| f(&xs));
    }
    lift_all(op, args, f)
}

/// Applies `f` to floats of one dtype, broadcast to one shape. Numbers take the dtype of the tensors, or `f32` if there
/// are no tensors.
#[track_caller]
pub(crate) fn lift_all<const N: usize>(
    op: &str,
    args: [Argument; N],
    f: impl FnOnce(&[Tensor; N]) -> Tensor,
) -> Tensor {
    let xs = floats(op, args);
    let dtype = xs[0].dtype();
    at_caller(|| {
        if dtype.is_reduced_float() {
            let wide = xs.each_ref().map(|x| lax::convert(x, DType::F32));
            return lax::convert(&f(&wide), dtype);
        }
        f(&xs)
    })
}

/// Returns the arguments as floats of one type.
#[track_caller]
pub(crate) fn floats<const N: usize>(op: &str, args: [Argument; N]) -> [Tensor; N] {
    let numbers = args.iter().all(|arg| arg.dtype().is_none());
    let mut args = args;
    if numbers && let Some(Argument::Scalar(first)) = args.first_mut() {
        // If there are no tensors, one float makes all numbers floats. Complex numbers are refused below.
        if !matches!(first, crate::Scalar::Complex(_)) {
            *first = crate::Scalar::Float(first.to_f64());
        }
    }
    let xs = unify(op, args);
    expect_float(op, &xs[0]);
    xs
}

/// Converts the order `n` of a function, such as `polygamma`, to the float dtype of `x`, if `n` is a tensor of integers.
#[track_caller]
pub(crate) fn to_float_order(op: &str, n: Argument, x: &Argument) -> Argument {
    match (n, x.dtype()) {
        (Argument::Tensor(n), dtype) if n.dtype().is_int() => {
            Argument::Tensor(lax::convert(&n, dtype.unwrap_or(DType::F32)))
        }
        (Argument::Tensor(n), _) if !n.dtype().is_float() => {
            refuse!("{op}: an order must be an integer or a float, but is {}", n.ty())
        }
        (n, _) => n,
    }
}

/// Applies `f` to `x`. `slope` computes the derivative, given x and the result.
pub(crate) fn with_slope<F>(f: F, x: &Tensor, slope: impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync) -> Tensor
where
    F: Fn(&Tensor) -> Tensor + Send + Sync,
{
    let origin = &current_origin();
    let f = move |x: &Tensor| with_origin(origin, || f(x));
    custom_tangent(f, move |(x,), y, (dx,)| with_origin(origin, || dx * slope(x, y)))(x)
}

/// Applies `f` to `x` and `y`. `slopes` computes both derivatives, given x, y and the result.
pub(crate) fn with_slopes<F>(
    f: F,
    [x, y]: [&Tensor; 2],
    slopes: impl Fn(&Tensor, &Tensor, &Tensor) -> [Tensor; 2] + Send + Sync,
) -> Tensor
where
    F: Fn(&Tensor, &Tensor) -> Tensor + Send + Sync,
{
    let origin = &current_origin();
    let f = move |x: &Tensor, y: &Tensor| with_origin(origin, || f(x, y));
    let f = custom_tangent(f, move |(x, y), z, (dx, dy)| {
        with_origin(origin, || {
            let [by_x, by_y] = slopes(x, y, z);
            dx * by_x + dy * by_y
        })
    });
    f(x, y)
}

/// Applies `f` to several tensors. `partials` computes all derivatives, given the tensors and the result.
pub(crate) fn with_partials<F>(
    f: F,
    xs: &[&Tensor],
    partials: impl Fn(&[Tensor], &Tensor) -> Vec<Tensor> + Send + Sync,
) -> Tensor
where
    F: Fn(&[Tensor]) -> Tensor + Send + Sync,
{
    let origin = &current_origin();
    let f = move |xs: &Vec<Tensor>| with_origin(origin, || f(xs));
    let f = custom_tangent(f, move |(xs,), y, (dxs,)| {
        with_origin(origin, || {
            let mut sum = y.zeros_like();
            for (slope, dx) in partials(xs, y).into_iter().zip(dxs) {
                sum += slope * dx;
            }
            sum
        })
    });
    f(&xs.iter().map(|&x| x.clone()).collect())
}

/// Returns the derivative of `f` at `xs` with respect to argument `i`, in forward mode.
pub(crate) fn partial(f: impl Fn(&[Tensor]) -> Tensor + Send + Sync, xs: &[Tensor], i: usize) -> Tensor {
    let origin = current_origin();
    let of_one = |x: &Tensor| {
        with_origin(&origin, || {
            let mut xs = xs.to_vec();
            xs[i] = x.clone();
            f(&xs)
        })
    };
    jvp(of_one, &xs[i], &xs[i].ones_like()).1
}

/// Repeats `body` while `cond` is true.
pub(crate) fn while_loop_with_origin<C: Tree>(
    cond: impl FnOnce(&C) -> Tensor,
    body: impl FnOnce(&C) -> C,
    init: &C,
) -> C {
    let origin = current_origin();
    while_loop(|c| with_origin(&origin, || cond(c)), |c| with_origin(&origin, || body(c)), init)
}

/// Returns the value of the polynomial with these coefficients, the highest power first.
pub(crate) fn polynomial(x: &Tensor, coefficients: &[f64]) -> Tensor {
    let (first, rest) = coefficients.split_first().expect("a polynomial has coefficients");
    let mut sum = lax::full_like(x, *first);
    for &c in rest {
        sum = sum * x + c;
    }
    sum
}

/// Returns the sum of Chebyshev polynomials Tₖ(x) with these coefficients, by Clenshaw's recurrence. The coefficient of
/// the highest polynomial is first. The coefficient of T₀ is last, and is halved.
pub(crate) fn chebyshev(x: &Tensor, coefficients: &[f64]) -> Tensor {
    let twice = x * 2.0;
    let (mut b0, mut b1) = (lax::full_like(x, 0.0), lax::full_like(x, 0.0));
    let mut b2 = b1.clone();
    for &c in coefficients {
        b2 = b1;
        b1 = b0;
        b0 = &twice * &b1 - &b2 + c;
    }
    (b0 - b2) * 0.5
}

/// Returns `yes` where `cond` is true, else the number `no`.
#[track_caller]
pub(crate) fn select_or(cond: &Tensor, yes: &Tensor, no: f64) -> Tensor {
    lax::select(cond, yes, &lax::full_like(yes, no))
}
/// Returns the number `yes` where `cond` is true, else `no`.
#[track_caller]
pub(crate) fn replace_where(cond: &Tensor, yes: f64, no: &Tensor) -> Tensor {
    lax::select(cond, &lax::full_like(no, yes), no)
}

/// Returns the distance from 1 to the next number.
pub(crate) fn epsilon(x: &Tensor) -> f64 {
    if x.dtype() == DType::F64 { f64::EPSILON } else { f64::from(f32::EPSILON) }
}
/// Returns the logarithm of the greatest number.
pub(crate) fn log_max(x: &Tensor) -> f64 {
    if x.dtype() == DType::F64 { f64::MAX.ln() } else { f64::from(f32::MAX).ln() }
}
/// Returns the least positive number with full precision.
pub(crate) fn tiny(x: &Tensor) -> f64 {
    if x.dtype() == DType::F64 { f64::MIN_POSITIVE } else { f64::from(f32::MIN_POSITIVE) }
}
