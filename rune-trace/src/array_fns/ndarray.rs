//! Conversions from and to `ndarray`.

use super::TensorElement;
use crate::{EvalError, Tensor};
use ndarray::{ArrayBase, ArrayD, Data, Dimension};
use rune_ir::{Array, Element, Shape};

/// Copies the elements of an `ndarray` array.
///
/// ```
/// use ndarray::array;
/// use rune_trace::Tensor;
/// let x = Tensor::from(&array![[1.0f32, 2.0], [3.0, 4.0]].t());
/// assert_eq!(x.to_vec::<f32>().unwrap(), [1.0, 3.0, 2.0, 4.0]);
/// ```
impl<T: TensorElement, S: Data<Elem = T>, D: Dimension> From<&ArrayBase<S, D>> for Tensor {
    fn from(xs: &ArrayBase<S, D>) -> Tensor {
        let shape = Shape::from(xs.shape());
        match xs.as_slice() {
            Some(elements) => Array::from_slice(shape, elements).into(),
            None => Array::from_vec(shape, xs.iter().copied().collect()).into(),
        }
    }
}
/// Copies the elements of an `ndarray` array.
impl<T: TensorElement, S: Data<Elem = T>, D: Dimension> From<ArrayBase<S, D>> for Tensor {
    fn from(xs: ArrayBase<S, D>) -> Tensor {
        (&xs).into()
    }
}

impl Tensor {
    /// Returns the elements as an `ndarray` array.
    ///
    /// # Errors
    /// Like [`Tensor::to_vec`].
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1, 2], [3, 4]]).to_ndarray::<i32>().unwrap();
    /// assert_eq!(x[[1, 0]], 3);
    /// ```
    #[doc(alias = "numpy")]
    pub fn to_ndarray<T: Element>(&self) -> Result<ArrayD<T>, EvalError> {
        let elements = self.to_vec::<T>()?;
        Ok(ArrayD::from_shape_vec(&**self.shape(), elements).expect("as many elements as the shape says"))
    }
}
