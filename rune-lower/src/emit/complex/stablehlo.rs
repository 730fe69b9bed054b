//! StableHLO's operations on complex numbers, for other compilers.

use crate::attr;
use crate::builder::{Builder, Val};
use rune_ir::op::{FftFn, UnaryFn};
use rune_ir::{DType, Type};

/// Emits a function of complex numbers.
pub(in crate::emit) fn unary<'c>(b: &Builder<'c>, f: UnaryFn, x: &Val<'c>) -> Val<'c> {
    let part = |name: &str| b.op1(name, &[x], &[], x.ty.with_dtype(x.dtype().real()));
    let plain = |name: &str| b.unary(name, x);
    match f {
        UnaryFn::Abs => part("stablehlo.abs"),
        UnaryFn::Real => part("stablehlo.real"),
        UnaryFn::Imag => part("stablehlo.imag"),
        UnaryFn::Conj => b.complex([part("stablehlo.real"), b.neg(&part("stablehlo.imag"))]),
        UnaryFn::Neg => plain("stablehlo.negate"),
        UnaryFn::Sign => plain("stablehlo.sign"),
        UnaryFn::Exp => plain("stablehlo.exponential"),
        UnaryFn::Exp2 => b.unary("stablehlo.exponential", &b.mul_n(x, std::f64::consts::LN_2)),
        UnaryFn::Expm1 => plain("stablehlo.exponential_minus_one"),
        UnaryFn::Log => plain("stablehlo.log"),
        UnaryFn::Log1p => plain("stablehlo.log_plus_one"),
        UnaryFn::Sqrt => plain("stablehlo.sqrt"),
        UnaryFn::Rsqrt => plain("stablehlo.rsqrt"),
        UnaryFn::Sin => plain("stablehlo.sine"),
        UnaryFn::Cos => plain("stablehlo.cosine"),
        UnaryFn::Tan => plain("stablehlo.tan"),
        UnaryFn::Tanh => plain("stablehlo.tanh"),
        UnaryFn::Logistic => plain("stablehlo.logistic"),
        UnaryFn::Floor
        | UnaryFn::Ceil
        | UnaryFn::RoundAfz
        | UnaryFn::RoundEven
        | UnaryFn::Cbrt
        | UnaryFn::Erf
        | UnaryFn::IsFinite
        | UnaryFn::Not => unreachable!("type rules refuse `{}` of complex numbers", f.name()),
    }
}

/// Emits a conversion from or to a complex dtype.
pub(in crate::emit) fn convert<'c>(b: &Builder<'c>, x: &Val<'c>, dtype: DType) -> Val<'c> {
    if dtype == DType::Bool || dtype.is_complex() {
        return match x.dtype().is_complex() || x.dtype().is_float() {
            true => crate::legalize::convert::convert(b, x, dtype),
            // The conversion goes through the dtype of the parts.
            false => b.convert(&crate::legalize::convert::convert(b, x, dtype.real()), dtype),
        };
    }
    crate::legalize::convert::convert(b, &unary(b, UnaryFn::Real, x), dtype)
}

/// Emits a Fourier transform.
pub(in crate::emit) fn fft<'c>(b: &Builder<'c>, f: FftFn, x: &Val<'c>, lengths: &[usize], ty: &Type) -> Val<'c> {
    let kind = f.name().to_uppercase();
    let attributes = [
        ("fft_type", attr::parse(b.context, &format!("#stablehlo<fft_type {kind}>"))),
        ("fft_length", attr::dims(b.context, lengths)),
    ];
    b.op1("stablehlo.fft", &[x], &attributes, ty.clone())
}
