//! Complex numbers.
//!
//! Programs for IREE have only conversions from and to complex numbers ([`Program::in_parts`](rune_ir::Program::in_parts)).
//! Exported ones have StableHLO's operations.

use crate::builder::{Builder, Val};
use rune_ir::op::{Literal, UnaryFn};
use rune_ir::{DType, Shape};

/// Makes complex numbers of their parts.
pub(super) fn complex<'c>(b: &Builder<'c>, re: &Val<'c>, im: &Val<'c>) -> Val<'c> {
    let dtype = re.dtype().complex().expect("parts are f32 or f64");
    // IREE cannot fill a buffer with 128 bits.
    let im = if dtype == DType::C128 && !b.context.is_export { &b.opaque(im) } else { im };
    // The compiler for GPUs crashes on complex numbers in the kernel of a product.
    let parts = if b.context.is_gpu { b.barrier(&[re, im]) } else { vec![re.clone(), im.clone()] };
    b.op1("stablehlo.complex", &[&parts[0], &parts[1]], &[], re.ty.with_dtype(dtype))
}

/// Returns a scalar, which may be real. IREE has no complex constants of 128 bits.
pub(super) fn constant<'c>(b: &Builder<'c>, value: Literal) -> Val<'c> {
    match value.parts() {
        Some(parts) if !b.context.is_export => {
            let [re, im] = parts.map(|part| b.full(part, &Shape::scalar()));
            complex(b, &re, &im)
        }
        _ => b.full(value, &Shape::scalar()),
    }
}

/// Broadcasts complex numbers. Programs for IREE do so with constants.
pub(super) fn broadcast<'c>(b: &Builder<'c>, x: &Val<'c>, shape: &Shape, dims: &[usize]) -> Val<'c> {
    if b.context.is_export {
        return b.broadcast(x, shape, dims);
    }
    let [re, im] = parts(b, x).map(|part| b.broadcast(&part, shape, dims));
    complex(b, &re, &im)
}

/// Returns the real and the imaginary part.
pub(super) fn parts<'c>(b: &Builder<'c>, z: &Val<'c>) -> [Val<'c>; 2] {
    [UnaryFn::Real, UnaryFn::Imag].map(|f| unary(b, f, z))
}

/// Emits a function of complex numbers.
pub(super) fn unary<'c>(b: &Builder<'c>, f: UnaryFn, x: &Val<'c>) -> Val<'c> {
    let part = |name: &str| b.op1(name, &[x], &[], x.ty.with_dtype(x.dtype().real()));
    let plain = |name: &str| b.unary(name, x);
    match f {
        UnaryFn::Abs => part("stablehlo.abs"),
        UnaryFn::Real => part("stablehlo.real"),
        UnaryFn::Imag => part("stablehlo.imag"),
        UnaryFn::Conj => complex(b, &part("stablehlo.real"), &b.neg(&part("stablehlo.imag"))),
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
pub(super) fn convert<'c>(b: &Builder<'c>, x: &Val<'c>, dtype: DType) -> Val<'c> {
    if dtype == DType::Bool || dtype.is_complex() {
        return match x.dtype().is_complex() || x.dtype().is_float() {
            true => crate::legalize::convert::convert(b, x, dtype),
            // The conversion goes through the dtype of the parts.
            false => b.convert(&crate::legalize::convert::convert(b, x, dtype.real()), dtype),
        };
    }
    crate::legalize::convert::convert(b, &unary(b, UnaryFn::Real, x), dtype)
}
