//! Dot products and convolutions.

use crate::attr;
use crate::builder::{Builder, Val};
use crate::legalize::{convolution, half, levels, patches, products};
use crate::module_lowering::ModuleLowering;
use crate::options::Backend;
use rune_ir::op::{ConvDims, DotDims, Literal};
use rune_ir::{DType, Op, Type};

pub(super) fn dot_general<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    lhs: &Val<'c>,
    rhs: &Val<'c>,
    dims: &DotDims,
    out: DType,
    ty: &Type,
) -> Val<'c> {
    if lhs.ty.size() == 0 || rhs.ty.size() == 0 {
        return b.full(Literal::from_f64(out, 0.0), &ty.shape);
    }
    let dtype = lhs.dtype();
    if lowering.is_on_cpu() && lowering.calls_host() && products::is_for_host(lhs, rhs, dims, out) {
        let op = Op::DotGeneral { lhs: lhs.ty.clone(), rhs: rhs.ty.clone(), dims: Box::new(dims.clone()), out };
        return lowering.host(op, std::slice::from_ref(ty)).call(b, &[lhs, rhs]).remove(0);
    }
    // Half-precision types accumulate in f32: in the half type, a sum of 5000 ones is 2048 or 4096. Unsigned operands
    // are widened first, because IREE sign-extends them. All operands narrower than the sum are widened too.
    let accumulator = match () {
        _ if out.is_reduced_float() || dtype.is_reduced_float() && out == DType::F32 => DType::F32,
        _ if dtype.is_float() && dtype.size() > out.size() => dtype,
        _ => out,
    };
    if products::is_outer(lhs, dims) {
        let (lhs, rhs) = (b.convert(lhs, accumulator), b.convert(rhs, accumulator));
        let product = products::outer(b, &lhs, &rhs, dims, &ty.with_dtype(accumulator));
        return b.convert(&product, out);
    }
    // Products of bf16 do not compile for Metal and Vulkan.
    let halves = !matches!(lowering.options.backend, Backend::Metal | Backend::Vulkan);
    let native = dtype == accumulator
        || dtype.is_reduced_float() && accumulator == DType::F32 && halves
        || dtype.is_signed_int() && accumulator == DType::I32 && dtype.size() < 4;
    let widen = |x: &Val<'c>| match native {
        true => x.clone(),
        // The barrier keeps the compiler from folding the conversion back into the product.
        false if dtype.is_unsigned_int() => b.barrier(&[&b.convert(x, accumulator)]).remove(0),
        false => b.convert(x, accumulator),
    };
    let (lhs, rhs, ty) = (&widen(lhs), &widen(rhs), &ty.with_dtype(accumulator));
    b.convert(&product(b, lhs, rhs, dims, ty), out)
}

/// Emits StableHLO's product, in levels if the code needs that.
fn product<'c>(b: &Builder<'c>, lhs: &Val<'c>, rhs: &Val<'c>, dims: &DotDims, ty: &Type) -> Val<'c> {
    let terms = dims.lhs_contract.iter().map(|&a| lhs.shape()[a]).product();
    if b.has_defences() && levels::is_long(b.context, terms) {
        return levels::dot_general(b, (lhs, rhs), dims, ty, &|lhs, rhs, dims, ty| product(b, lhs, rhs, dims, ty));
    }
    let text = format!(
        "#stablehlo.dot<lhs_batching_dimensions = {}, rhs_batching_dimensions = {}, \
         lhs_contracting_dimensions = {}, rhs_contracting_dimensions = {}>",
        attr::list(&dims.lhs_batch),
        attr::list(&dims.rhs_batch),
        attr::list(&dims.lhs_contract),
        attr::list(&dims.rhs_contract),
    );
    let attributes = [("dot_dimension_numbers", attr::parse(b.context, &text))];
    b.op1("stablehlo.dot_general", &[lhs, rhs], &attributes, ty.clone())
}

pub(super) fn conv<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    lhs: &Val<'c>,
    rhs: &Val<'c>,
    dims: &ConvDims,
    ty: &Type,
) -> Val<'c> {
    if lhs.ty.size() == 0 || rhs.ty.size() == 0 {
        return b.full(Literal::from_f64(ty.dtype, 0.0), &ty.shape);
    }
    if b.context.is_spirv {
        let patches = patches::patches(b, lhs, rhs, dims, ty);
        let (axes, product) = (patches.dims(), patches.product_type());
        let product = dot_general(b, lowering, &patches.patches, &patches.kernel, &axes, ty.dtype, &product);
        return patches.result(b, &product);
    }
    let accumulator = half::accumulator(ty.dtype);
    let sum = convolution::conv(b, lhs, rhs, dims, &ty.with_dtype(accumulator));
    b.convert(&sum, ty.dtype)
}
