//! `debug_print!`.

use crate::Tensor;
use rune_ir::op::{Dims, template::escaped};
use rune_ir::{DType, Op, Shape, Type};

/// An argument of `debug_print!`: a tensor, which is printed when its value is known, or a value that is known already.
pub trait DebugArg {
    /// Returns the tensor, or the text of a known value. Floats have this many digits after the point.
    fn shown(&self, precision: Option<usize>) -> DebugValue;
}

/// The value of a placeholder.
pub enum DebugValue {
    /// The value of this tensor.
    Tensor(Tensor),
    /// This text.
    Text(String),
}

impl DebugArg for Tensor {
    fn shown(&self, _precision: Option<usize>) -> DebugValue {
        DebugValue::Tensor(self.clone())
    }
}
impl<T: DebugArg + ?Sized> DebugArg for &T {
    fn shown(&self, precision: Option<usize>) -> DebugValue {
        (**self).shown(precision)
    }
}
macro_rules! impl_debug_arg {
    ($($T:ty),*) => {$(
        impl DebugArg for $T {
            fn shown(&self, _precision: Option<usize>) -> DebugValue {
                DebugValue::Text(self.to_string())
            }
        }
    )*};
}
impl_debug_arg!(bool, i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, char, str, String, Shape, DType, Type);
macro_rules! floats {
    ($($T:ty),*) => {$(
        impl DebugArg for $T {
            fn shown(&self, precision: Option<usize>) -> DebugValue {
                DebugValue::Text(precision.map_or_else(|| format!("{self:?}"), |digits| format!("{self:.digits$}")))
            }
        }
    )*};
}
floats!(f32, f64);

/// The expansion of `debug_print!`. `places` holds, for each placeholder in order, the text before it, its argument and
/// its precision.
#[doc(hidden)]
#[track_caller]
pub fn debug_print_parts(places: &[(&str, &dyn DebugArg, Option<usize>)], end: &str) {
    let (mut format, mut args) = (String::new(), Vec::new());
    for (before, arg, precision) in places {
        format.push_str(&escaped(before));
        match arg.shown(*precision) {
            DebugValue::Text(text) => format.push_str(&escaped(&text)),
            DebugValue::Tensor(tensor) => {
                args.push(tensor);
                format.push_str(&precision.map_or_else(|| "{}".to_owned(), |digits| format!("{{:.{digits}}}")));
            }
        }
    }
    format.push_str(&escaped(end));
    Tensor::apply(Op::DebugPrint { args, format, batch: Dims::new() });
}
