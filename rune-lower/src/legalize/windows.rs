//! Reductions over windows.

use crate::attr;
use crate::builder::{Builder, Val};
use crate::emit::combiner;
use rune_trace::op::{ReduceFn, Window};
use rune_trace::{Shape, Type};

pub(crate) fn reduce_window<'c>(b: &Builder<'c>, f: ReduceFn, x: &Val<'c>, window: &Window) -> Val<'c> {
    let init = f.neutral(x.dtype());
    let shape = window.output_shape(x.shape()).expect("the type rule has checked the window");
    if x.ty.size() == 0 {
        return b.full(init, &shape);
    }
    // Padding that takes elements away, and dilation of the operand, are done before: upstream's conversion takes
    // neither well.
    let odd = window.base_dilation.iter().any(|&d| d != 1) || window.padding.iter().any(|&(l, h)| l < 0 || h < 0);
    let init_value = b.full(init, &Shape::scalar());
    let (x, padding) = if odd {
        let config: Vec<_> =
            window.padding.iter().zip(&window.base_dilation).map(|(&(l, h), &d)| (l, h, d as i64 - 1)).collect();
        (b.pad(x, &init_value, &config), vec![(0, 0); x.rank()])
    } else {
        (x.clone(), window.padding.clone())
    };
    let scalar = Type::scalar(x.dtype());
    let body = b.region(&[scalar.clone(), scalar], |b, v| vec![b.binary(combiner(f, x.dtype()), &v[0], &v[1])]);
    let attributes = [
        ("window_dimensions", attr::dims(b.context, &window.dimensions)),
        ("window_strides", attr::dims(b.context, &window.strides)),
        ("base_dilations", attr::dims(b.context, &vec![1; x.rank()])),
        ("window_dilations", attr::dims(b.context, &window.window_dilation)),
        ("padding", attr::pairs(b.context, &padding)),
    ];
    let ty = x.ty.with_shape(shape);
    b.op("stablehlo.reduce_window", &[&x, &init_value], &attributes, vec![body], &[ty]).remove(0)
}
