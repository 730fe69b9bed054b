//! Tensors from nested lists of numbers, with the default dtypes.

use super::scalar::Scalar;
use crate::Tensor;
use half::{bf16, f16};
use rune_ir::{Array, Complex32, Complex64, DType, F8E4M3FN, F8E5M2, Shape, with_element};

/// A number, or an array of any nesting depth: an argument of [`tensor!`](crate::tensor!).
pub trait Nested {
    /// Appends the sizes of the axes.
    fn sizes(&self, sizes: &mut Vec<usize>);
    /// Appends the numbers in row-major order.
    fn numbers(&self, numbers: &mut Vec<Scalar>);
}
macro_rules! numbers {
    ($($t:ty),*) => {$(
        impl Nested for $t {
            fn sizes(&self, _sizes: &mut Vec<usize>) {}
            fn numbers(&self, numbers: &mut Vec<Scalar>) {
                numbers.push((*self).into());
            }
        }
    )*};
}
numbers!(bool, i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f16, bf16, f32, f64);
numbers!(F8E4M3FN, F8E5M2, Complex32, Complex64);
impl<T: Nested, const N: usize> Nested for [T; N] {
    fn sizes(&self, sizes: &mut Vec<usize>) {
        sizes.push(N);
        if let Some(first) = self.first() {
            first.sizes(sizes);
        }
    }
    fn numbers(&self, numbers: &mut Vec<Scalar>) {
        self.iter().for_each(|x| x.numbers(numbers));
    }
}

/// Creates a tensor from a number, or from nested lists of numbers. The dtype is the one after `;`. Without it, it is
/// `f32` for floats, `i32` for integers, `c64` for complex numbers, and `bool` for truth values.
///
/// `Tensor::from` keeps the dtype of the Rust type instead: `Tensor::from([1.0])` has the dtype `f64`.
///
/// ```
/// use rune_trace::{Complex64, DType, tensor};
/// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// assert_eq!(x.ty().to_string(), "[2, 3, f32]");
/// assert_eq!(tensor![1, 2].dtype(), DType::I32);
/// assert_eq!(tensor![true].dtype(), DType::Bool);
/// assert_eq!(tensor![Complex64::new(1.0, 2.0)].dtype(), DType::C64);
/// assert_eq!(tensor![1, 2; DType::F64].to_vec::<f64>().unwrap(), [1.0, 2.0]);
/// ```
///
/// # Panics
/// If the dtype after `;` cannot hold a number.
#[doc(alias = "array")]
#[macro_export]
macro_rules! tensor {
    ($($x:expr),* $(,)?) => { $crate::nested([$($x),*], None) };
    ($($x:expr),* ; $dtype:expr) => { $crate::nested([$($x),*], Some($dtype)) };
}

/// Creates the tensor of [`tensor!`](crate::tensor!).
#[track_caller]
pub fn nested<T: Nested>(x: T, dtype: Option<DType>) -> Tensor {
    let (mut sizes, mut numbers) = (Vec::new(), Vec::new());
    x.sizes(&mut sizes);
    x.numbers(&mut numbers);
    let dtype = dtype.or_else(|| numbers.first().map(|x| x.default_dtype())).unwrap_or(DType::F32);
    let mut literals = Vec::with_capacity(numbers.len());
    for x in numbers {
        literals.push(x.literal("tensor!", dtype));
    }
    let shape = Shape::from(sizes);
    with_element!(dtype, T => {
        let mut elements: Vec<T> = Vec::with_capacity(literals.len());
        for literal in &literals {
            elements.push(literal.to_array().as_slice::<T>()[0]);
        }
        Array::from_vec(shape, elements)
    })
    .into()
}
