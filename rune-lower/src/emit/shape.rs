//! Operations that move elements.

use crate::builder::{Builder, Val};
use rune_trace::op::Padding;
use rune_trace::{DType, Shape, Type};

pub(super) fn pad<'c>(b: &Builder<'c>, x: &Val<'c>, padding: &Val<'c>, config: &[Padding], ty: &Type) -> Val<'c> {
    if x.ty.size() == 0 {
        return b.broadcast(padding, &ty.shape, &[]);
    }
    let config: Vec<_> = config.iter().map(|c| (c.low, c.high, c.interior as i64)).collect();
    if config.iter().all(|&c| c == (0, 0, 0)) {
        return x.clone();
    }
    b.pad(x, padding, &config)
}

/// Of unsigned integers under the signed type: for these the compiler has no code (`failed to legalize linalg.generic`).
pub(crate) fn reverse<'c>(b: &Builder<'c>, x: &Val<'c>, axes: &[usize]) -> Val<'c> {
    if axes.is_empty() {
        return x.clone();
    }
    if !x.dtype().is_unsigned_int() {
        return b.reverse(x, axes);
    }
    let signed = match x.dtype().size() {
        1 => DType::I8,
        2 => DType::I16,
        4 => DType::I32,
        _ => DType::I64,
    };
    b.bits(&b.reverse(&b.bits(x, signed), axes), x.dtype())
}

pub(super) fn concatenate<'c>(b: &Builder<'c>, xs: &[Val<'c>], dimension: usize) -> Val<'c> {
    let xs: Vec<_> = xs.iter().filter(|x| x.ty.size() > 0).collect();
    b.concat(&xs, dimension)
}

pub(super) fn iota<'c>(b: &Builder<'c>, dtype: DType, shape: &Shape, dimension: usize) -> Val<'c> {
    if dtype.is_half() {
        return b.convert(&b.iota(DType::I32, shape, dimension), dtype);
    }
    b.iota(dtype, shape, dimension)
}
