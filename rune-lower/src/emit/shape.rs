//! Operations that move elements.

use crate::builder::{Builder, Val};
use crate::legalize::dilation;
use rune_ir::op::Padding;
use rune_ir::{DType, Shape, Type};

pub(super) fn pad<'c>(b: &Builder<'c>, x: &Val<'c>, padding: &Val<'c>, config: &[Padding], ty: &Type) -> Val<'c> {
    if x.ty.size() == 0 {
        return b.broadcast(padding, &ty.shape, &[]);
    }
    let config: Vec<_> = config.iter().map(|c| (c.low, c.high, c.interior as i64)).collect();
    dilation::pad(b, x, padding, &config)
}

pub(super) fn concatenate<'c>(b: &Builder<'c>, xs: &[Val<'c>], dimension: usize) -> Val<'c> {
    let xs: Vec<_> = xs.iter().filter(|x| x.ty.size() > 0).collect();
    b.concat(&xs, dimension)
}

pub(super) fn iota<'c>(b: &Builder<'c>, dtype: DType, shape: &Shape, dimension: usize) -> Val<'c> {
    if dtype.is_reduced_float() {
        return b.convert(&b.iota(DType::F32, shape, dimension), dtype);
    }
    b.iota(dtype, shape, dimension)
}
