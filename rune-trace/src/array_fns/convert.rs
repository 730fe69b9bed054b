//! Conversions from Rust values to tensors.

use crate::Tensor;
use half::{bf16, f16};
use rune_ir::{Array, Complex32, Complex64, Element, F8E4M3FN, F8E5M2};

/// The numbers that `from` and `into` convert to tensors: exactly the [`Element`]s.
///
/// Unlike `Element`, this trait belongs to this crate. The compiler therefore knows that arrays do not implement it.
pub trait TensorElement: Element {}
macro_rules! elements {
    ($($T:ty),*) => {$(
        impl TensorElement for $T {}
    )*};
}
elements!(bool, i8, i16, i32, i64, u8, u16, u32, u64, F8E4M3FN, F8E5M2, f16, bf16, f32, f64, Complex32, Complex64);

/// Returns a tensor of rank 0, like [`Tensor::scalar`].
///
/// ```
/// use rune_trace::Tensor;
/// let x: Tensor = 1.5f32.into();
/// assert_eq!(x.rank(), 0);
/// ```
impl<T: TensorElement> From<T> for Tensor {
    #[track_caller]
    fn from(x: T) -> Tensor {
        Tensor::scalar(x)
    }
}
/// A tensor of rank 1.
impl<T: TensorElement> From<&[T]> for Tensor {
    fn from(xs: &[T]) -> Tensor {
        Array::from_slice([xs.len()], xs).into()
    }
}
/// A tensor of rank 1.
impl<T: TensorElement> From<Vec<T>> for Tensor {
    fn from(xs: Vec<T>) -> Tensor {
        xs.as_slice().into()
    }
}
/// A tensor of rank 1.
impl<T: TensorElement> From<&Vec<T>> for Tensor {
    fn from(xs: &Vec<T>) -> Tensor {
        xs.as_slice().into()
    }
}
/// A tensor of rank 1.
///
/// ```
/// use rune_trace::Tensor;
/// let x = Tensor::from([1.0f32, 2.0]);
/// assert_eq!(x.ty().to_string(), "[2, f32]");
/// ```
impl<T: TensorElement, const A: usize> From<[T; A]> for Tensor {
    fn from(xs: [T; A]) -> Tensor {
        xs.as_slice().into()
    }
}
/// A tensor of rank 2.
///
/// ```
/// use rune_trace::Tensor;
/// let x = Tensor::from([[1, 2, 3], [4, 5, 6]]);
/// assert_eq!(x.ty().to_string(), "[2, 3, i32]");
/// ```
impl<T: TensorElement, const A: usize, const B: usize> From<[[T; B]; A]> for Tensor {
    fn from(xs: [[T; B]; A]) -> Tensor {
        Array::from_slice([A, B], xs.as_flattened()).into()
    }
}
/// A tensor of rank 3.
impl<T: TensorElement, const A: usize, const B: usize, const C: usize> From<[[[T; C]; B]; A]> for Tensor {
    fn from(xs: [[[T; C]; B]; A]) -> Tensor {
        Array::from_slice([A, B, C], xs.as_flattened().as_flattened()).into()
    }
}
/// A tensor of rank 4.
impl<T: TensorElement, const A: usize, const B: usize, const C: usize, const D: usize> From<[[[[T; D]; C]; B]; A]>
    for Tensor
{
    fn from(xs: [[[[T; D]; C]; B]; A]) -> Tensor {
        Array::from_slice([A, B, C, D], xs.as_flattened().as_flattened().as_flattened()).into()
    }
}
macro_rules! references {
    ($($array:ty [$($N:ident),*];)*) => {$(
        /// Like the conversion from the array itself.
        impl<T: TensorElement, $(const $N: usize),*> From<&$array> for Tensor {
            fn from(xs: &$array) -> Tensor {
                (*xs).into()
            }
        }
    )*};
}
references! {
    [T; A] [A];
    [[T; B]; A] [A, B];
    [[[T; C]; B]; A] [A, B, C];
    [[[[T; D]; C]; B]; A] [A, B, C, D];
}
impl From<&Tensor> for Tensor {
    fn from(x: &Tensor) -> Tensor {
        x.clone()
    }
}
