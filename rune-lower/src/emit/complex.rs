//! Complex numbers and Fourier transforms.
//!
//! With IREE 3.13, complex products are wrong under data tiling, complex convolutions do not compile under aggressive
//! fusion, and there is no Fourier transform of f64 or of arbitrary length. On CPUs, all computations with complex
//! numbers are therefore host calls to the interpreter's kernels. Code for other compilers and devices uses StableHLO's
//! operations.

use crate::attr;
use crate::builder::{Builder, Val};
use crate::module_lowering::{EmitError, ModuleLowering};
use rune_ir::op::{FftFn, Literal, UnaryFn};
use rune_ir::{DType, Op, Shape, Type};

/// Emits a host call if the operation computes with complex numbers and the module may call the host. Returns `None`
/// otherwise.
pub(super) fn on_host<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    op: &Op<Val<'c>>,
    types: &[&Type],
) -> Option<Vec<Val<'c>>> {
    let is_complex = |ty: &Type| ty.dtype.is_complex();
    let complex = op.operands().iter().any(|x| is_complex(&x.ty)) || types.iter().any(|ty| is_complex(ty));
    if !complex || !lowering.calls_host() || op.control().is_some() || op.has_effects() {
        return None;
    }
    if let Op::Constant { value } = op
        && value.dtype() == DType::C128
    {
        // IREE cannot fill a buffer with 128 bits.
        let number = value.to_complex();
        let part = |x| b.full(Literal::from_f64(DType::F64, x), &Shape::scalar());
        let parts = [part(number.re), part(number.im)];
        let op = Op::Complex { re: parts[0].ty.clone(), im: parts[1].ty.clone() };
        return Some(lowering.host(op, &[types[0].clone()]).call(b, &[&parts[0], &parts[1]]));
    }
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "all other operations compute, or move elements in a way of their own"
    )]
    match op {
        // These pass values on, or have their own lowering.
        Op::Constant { .. }
        | Op::Reshape { .. }
        | Op::BroadcastInDim { .. }
        | Op::OptimizationBarrier { .. }
        | Op::StopGradient { .. }
        | Op::CheckpointName { .. }
        | Op::Callback { .. }
        | Op::Collective { .. }
        | Op::AllGather { .. }
        | Op::AllToAll { .. }
        | Op::Ppermute { .. } => return None,
        _ => {}
    }
    // Unsigned integers are passed in both directions as signed ones with the same bits.
    let signed: Vec<Type> = types.iter().map(|t| t.with_dtype(t.dtype.to_signed())).collect();
    let operands: Vec<Val<'c>> = op.operands().iter().map(|x| crate::legalize::unsigned::signed_bits(b, x)).collect();
    let results = lowering.host(op.map(|x| x.ty.clone()), &signed).call(b, &operands.iter().collect::<Vec<_>>());
    let back = |(x, ty): (Val<'c>, &&Type)| if x.ty == **ty { x } else { b.bits(&x, ty.dtype) };
    Some(results.into_iter().zip(types).map(back).collect())
}

/// Emits a function of complex numbers.
pub(super) fn unary<'c>(b: &Builder<'c>, f: UnaryFn, x: &Val<'c>) -> Val<'c> {
    let part = |name: &str| b.op1(name, &[x], &[], x.ty.with_dtype(x.dtype().real()));
    let plain = |name: &str| b.unary(name, x);
    match f {
        UnaryFn::Abs => part("stablehlo.abs"),
        UnaryFn::Real => part("stablehlo.real"),
        UnaryFn::Imag => part("stablehlo.imag"),
        UnaryFn::Conj => complex(b, &part("stablehlo.real"), &b.neg(&part("stablehlo.imag")), x.dtype()),
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

pub(super) fn complex<'c>(b: &Builder<'c>, re: &Val<'c>, im: &Val<'c>, dtype: DType) -> Val<'c> {
    b.op1("stablehlo.complex", &[re, im], &[], re.ty.with_dtype(dtype))
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

/// Emits a Fourier transform.
pub(super) fn fft<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    op: &Op<Val<'c>>,
    (f, x, lengths): (FftFn, &Val<'c>, &[usize]),
    types: &[&Type],
) -> Result<Vec<Val<'c>>, EmitError> {
    if !lowering.is_export() {
        return super::linalg::on_host(b, lowering, op, types);
    }
    let kind = f.name().to_uppercase();
    let attributes = [
        ("fft_type", attr::parse(b.context, &format!("#stablehlo<fft_type {kind}>"))),
        ("fft_length", attr::dims(b.context, lengths)),
    ];
    Ok(vec![b.op1("stablehlo.fft", &[x], &attributes, types[0].clone())])
}
