//! Convolutions.

use crate::attr;
use crate::builder::{Builder, Val};
use rune_trace::Type;
use rune_trace::op::ConvDims;

/// A convolution with the result type `ty`.
pub(crate) fn conv<'c>(b: &Builder<'c>, lhs: &Val<'c>, rhs: &Val<'c>, dims: &ConvDims, ty: &Type) -> Val<'c> {
    plain(b, lhs, rhs, dims, ty)
}

/// StableHLO's convolution itself.
fn plain<'c>(b: &Builder<'c>, lhs: &Val<'c>, rhs: &Val<'c>, dims: &ConvDims, ty: &Type) -> Val<'c> {
    let layout = |axes: &[usize], names: [&str; 2]| {
        let mut text = vec![String::new(); axes.len()];
        for (i, &axis) in axes.iter().enumerate() {
            text[axis] = if i < 2 { names[i].to_owned() } else { (i - 2).to_string() };
        }
        format!("[{}]", text.join(", "))
    };
    let text = format!(
        "#stablehlo.conv<{}x{}->{}>",
        layout(&dims.lhs, ["b", "f"]),
        layout(&dims.rhs, ["o", "i"]),
        layout(&dims.out, ["b", "f"]),
    );
    let n = dims.strides.len();
    let reversal = format!("array<i1{}{}>", if n > 0 { ": " } else { "" }, vec!["false"; n].join(", "));
    let attributes = [
        ("dimension_numbers", attr::parse(b.context, &text)),
        ("window_strides", attr::dims(b.context, &dims.strides)),
        ("padding", attr::pairs(b.context, &dims.padding)),
        ("lhs_dilation", attr::dims(b.context, &dims.lhs_dilation)),
        ("rhs_dilation", attr::dims(b.context, &dims.rhs_dilation)),
        ("window_reversal", attr::parse(b.context, &reversal)),
        ("feature_group_count", attr::int(b.context, dims.feature_groups)),
        ("batch_group_count", attr::int(b.context, dims.batch_groups)),
    ];
    b.op1("stablehlo.convolution", &[lhs, rhs], &attributes, ty.clone())
}
