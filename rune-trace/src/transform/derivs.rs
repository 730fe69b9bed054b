//! Derivatives of unary and binary functions.

use super::tangent::{Dual, Tangent};
use crate::Tensor;
use crate::tensor::lax::{self, full_like};
use rune_ir::op::{BinaryFn, UnaryFn};
use rune_ir::{DType, Op};
use std::f64::consts::{FRAC_2_SQRT_PI, LN_2};

/// Returns the tangent of `out = f(x)`.
pub(super) fn unary(f: UnaryFn, x: &Dual, out: &Tensor) -> Tangent {
    let one = || full_like(out, 1.0);
    let (v, t) = (&x.v, &x.t);
    match f {
        UnaryFn::Neg => t.neg(),
        // The real part of dx · conj(x) / |x|, and 0 at 0.
        UnaryFn::Abs if v.dtype().is_complex() => {
            let divisor = || lax::select(&lax::eq(out, &full_like(out, 0.0)), &one(), out);
            t.mul(|| lax::div(&lax::conj(v), &lax::convert(&divisor(), v.dtype()))).linear(real)
        }
        // At 0 and NaN, JAX has the derivatives of one side.
        UnaryFn::Abs => {
            let rising = || lax::ge(v, &full_like(v, 0.0));
            t.mul(|| lax::select(&rising(), &one(), &full_like(v, -1.0)))
        }
        UnaryFn::Exp => t.mul(|| out.clone()),
        UnaryFn::Exp2 => t.mul(|| lax::mul(out, &full_like(out, LN_2))),
        UnaryFn::Expm1 => t.mul(|| lax::add(out, &one())),
        UnaryFn::Log => t.div(v),
        UnaryFn::Log1p => t.div(&lax::add(v, &one())),
        UnaryFn::Sqrt => t.mul(|| lax::div(&full_like(out, 0.5), out)),
        UnaryFn::Rsqrt => t.mul(|| lax::mul(&full_like(out, -0.5), &lax::div(out, v))),
        UnaryFn::Cbrt => t.mul(|| lax::mul(&full_like(out, 1.0 / 3.0), &lax::integer_pow(out, -2))),
        UnaryFn::Sin => t.mul(|| lax::cos(v)),
        UnaryFn::Cos => t.mul(|| lax::neg(&lax::sin(v))),
        UnaryFn::Tan => t.mul(|| lax::add(&one(), &lax::mul(out, out))),
        UnaryFn::Tanh => t.mul(|| lax::mul(&lax::add(&one(), out), &lax::sub(&one(), out))),
        UnaryFn::Logistic => t.mul(|| lax::mul(out, &lax::sub(&one(), out))),
        UnaryFn::Erf => t.mul(|| lax::mul(&full_like(out, FRAC_2_SQRT_PI), &lax::exp(&lax::neg(&lax::mul(v, v))))),
        UnaryFn::Sign | UnaryFn::Floor | UnaryFn::Ceil | UnaryFn::RoundAfz | UnaryFn::RoundEven => Tangent::ZERO,
        UnaryFn::IsFinite | UnaryFn::Not => Tangent::ZERO,
        UnaryFn::Real | UnaryFn::Imag | UnaryFn::Conj => t.linear(|x| Op::Unary { f, x }),
    }
}

fn real(x: Tensor) -> Op<Tensor> {
    Op::Unary { f: UnaryFn::Real, x }
}

/// Returns the tangent of re + i im.
pub(super) fn complex(re: &Dual, im: &Dual) -> Tangent {
    let [re, im] = [re, im].map(|x| x.t.instantiate(x.v.ty()));
    Tangent::new(Some(lax::complex(&re, &im)))
}

/// Returns the tangent of `out = x^n`.
pub(super) fn integer_pow(x: &Dual, n: i32) -> Tangent {
    match n {
        0 => Tangent::ZERO,
        1 => x.t.clone(),
        _ => x.t.mul(|| lax::mul(&full_like(&x.v, f64::from(n)), &lax::integer_pow(&x.v, n - 1))),
    }
}

/// Returns the tangent of `out = f(x, y)`.
pub(super) fn binary(f: BinaryFn, x: &Dual, y: &Dual, out: &Tensor) -> Tangent {
    match f {
        BinaryFn::Add => x.t.add(&y.t),
        BinaryFn::Sub => x.t.sub(&y.t),
        BinaryFn::Mul => x.t.mul(|| y.v.clone()).add(&y.t.mul(|| x.v.clone())),
        BinaryFn::Div => x.t.div(&y.v).sub(&y.t.mul(|| lax::div(out, &y.v))),
        // x rem y = x - y · trunc(x / y)
        BinaryFn::Rem => x.t.sub(&y.t.mul(|| {
            let quotient = lax::div(&x.v, &y.v);
            lax::mul(&lax::sign(&quotient), &lax::floor(&lax::abs(&quotient)))
        })),
        BinaryFn::Pow => x.t.mul(|| pow_by_base(&x.v, &y.v)).add(&y.t.mul(|| pow_by_exponent(&x.v, out))),
        BinaryFn::Max | BinaryFn::Min => {
            let share = |mine: &Dual, other: &Dual| mine.t.mul(|| share_of_extreme(&mine.v, &other.v, out));
            share(x, y).add(&share(y, x))
        }
        BinaryFn::Atan2 => {
            let square = || lax::add(&lax::mul(&x.v, &x.v), &lax::mul(&y.v, &y.v));
            x.t.mul(|| lax::div(&y.v, &square())).sub(&y.t.mul(|| lax::div(&x.v, &square())))
        }
        BinaryFn::And
        | BinaryFn::Or
        | BinaryFn::Xor
        | BinaryFn::ShiftLeft
        | BinaryFn::ShiftRightArithmetic
        | BinaryFn::ShiftRightLogical => Tangent::ZERO,
    }
}

/// Returns y · x^(y - 1), and 0 if y is 0, even for x = 0.
fn pow_by_base(x: &Tensor, y: &Tensor) -> Tensor {
    let zero = full_like(y, 0.0);
    let constant = lax::eq(y, &zero);
    let one = full_like(y, 1.0);
    let exponent = lax::select(&constant, &one, &lax::sub(y, &one));
    lax::select(&constant, &zero, &lax::mul(y, &lax::pow(x, &exponent)))
}

/// Returns x^y · ln x, and 0 if x is 0.
fn pow_by_exponent(x: &Tensor, out: &Tensor) -> Tensor {
    let base = lax::select(&lax::eq(x, &full_like(x, 0.0)), &full_like(x, 1.0), x);
    lax::mul(&lax::log(&base), out)
}

/// Returns 1 where only `mine` is the extreme, ½ where both are, and 0 elsewhere.
pub(super) fn share_of_extreme(mine: &Tensor, other: &Tensor, extreme: &Tensor) -> Tensor {
    let (one, half) = (full_like(mine, 1.0), full_like(mine, 0.5));
    let chosen = lax::select(&lax::eq(other, extreme), &half, &one);
    lax::select(&lax::eq(mine, extreme), &chosen, &full_like(mine, 0.0))
}

/// Returns the tangent of `out = clamp(min, x, max)`.
pub(super) fn clamp(min: &Dual, x: &Dual, max: &Dual) -> Tangent {
    let by_min = min.t.where_(|| lax::and(&lax::gt(&min.v, &x.v), &lax::lt(&min.v, &max.v)));
    let by_x = x.t.where_(|| lax::and(&lax::gt(&x.v, &min.v), &lax::lt(&x.v, &max.v)));
    let by_max = max.t.where_(|| lax::lt(&max.v, &x.v));
    by_min.add(&by_x).add(&by_max)
}

/// Returns 1 where `pred` is true, and 0 elsewhere, as numbers of `dtype`.
pub(super) fn indicator(pred: &Tensor, dtype: DType) -> Tensor {
    lax::convert(pred, dtype)
}
