//! The exact remainder of x divided by y.
//!
//! For f64, IREE calls `fmod`, which its embedded linker lacks. Here, exact steps of up to 25 bits of the quotient
//! reduce x below y. There are as many steps as the largest quotient needs.

use crate::builder::{Builder, Val};
use crate::legalize::exponential::scale;
use crate::legalize::power::negative;
use crate::module_lowering::ModuleLowering;
use rune_ir::DType;
use rune_ir::op::{Comparison, Literal};

pub(crate) fn rem<'c>(b: &Builder<'c>, lowering: &ModuleLowering<'c>, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
    if b.context.is_spirv && lowering.has_f64() && x.dtype() == DType::F32 {
        // SPIR-V computes x - y ⌊x / y⌋, which rounds.
        let wide = rem(b, lowering, &b.convert(x, DType::F64), &b.convert(y, DType::F64));
        return b.convert(&wide, DType::F32);
    }
    if !lowering.expands_f64() || x.dtype() != DType::F64 {
        return b.binary("stablehlo.remainder", x, y);
    }
    let (ax, ay) = (b.abs(x), b.abs(y));
    // The remainder is undefined if x is infinite, y is zero, or either is NaN. The loop must see neither these cases
    // nor an infinite y.
    let defined = b.and(&b.compare_n(Comparison::Lt, &ax, f64::INFINITY), &b.compare_n(Comparison::Gt, &ay, 0.0));
    let divisible = b.and(&defined, &b.compare_n(Comparison::Lt, &ay, f64::INFINITY));
    let zero = b.number(0.0, x);
    let start = [b.select(&divisible, &ax, &zero), b.select(&divisible, &ay, &b.number(1.0, x))];
    let types = [x.ty.clone(), x.ty.clone()];
    let condition = b.region(&types, |b, v| {
        let axes: Vec<usize> = (0..x.rank()).collect();
        let above = b.compare(Comparison::Ge, &v[0], &v[1]);
        vec![b.reduce(&above, Literal::new(false), &axes, "stablehlo.or")]
    });
    let body = b.region(&types, |b, v| vec![step(b, &v[0], &v[1]), v[1].clone()]);
    let rest = b.op("stablehlo.while", &[&start[0], &start[1]], &[], vec![condition, body], &types).remove(0);
    let rest = b.select(&divisible, &rest, &ax);
    let signed = b.select(&negative(b, x), &b.neg(&rest), &rest);
    b.select(&defined, &signed, &b.number(f64::NAN, x))
}

/// Subtracts a multiple of `y` from `x` if `x` is not below `y`. Both are nonnegative.
fn step<'c>(b: &Builder<'c>, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
    let exponent = |v: &Val<'c>| {
        let literal = |n: i64| b.full(Literal::new(n), v.shape());
        let field = b.binary("stablehlo.shift_right_logical", &b.bits(v, DType::I64), &literal(52));
        b.convert(&b.max(&field, &literal(1)), DType::F64)
    };
    // k is such that the quotient of x and y · 2ᵏ has at most 26 bits.
    let k = b.max(&b.add_n(&b.sub(&exponent(x), &exponent(y)), -24.0), &b.number(0.0, x));
    let s = scale(b, y, &k);
    let n = b.unary("stablehlo.floor", &b.div(x, &s));
    // s is split into parts with at most 27 and 26 bits. Their products with n, and the differences, are exact.
    let mask = b.full(Literal::new(!0x3ff_ffffi64), x.shape());
    let high = b.bits(&b.and(&b.bits(&s, DType::I64), &mask), DType::F64);
    let low = b.sub(&s, &high);
    let rest = b.sub(&b.sub(x, &b.mul(&n, &high)), &b.mul(&n, &low));
    // The quotient may have been rounded up.
    let rest = b.select(&b.compare_n(Comparison::Lt, &rest, 0.0), &b.add(&rest, &s), &rest);
    b.select(&b.compare(Comparison::Ge, x, y), &rest, x)
}
