//! Reading tensors.

use super::Tensor;
use super::evaluate::{EvalError, realize};
use super::node::Apply;
use rune_ir::{Array, Element, Op, Value};
use std::fmt;

impl Tensor {
    /// Returns the array, in the memory of any device. Computes it if it is pending.
    ///
    /// # Errors
    /// If it depends on an unknown argument, or cannot be computed.
    pub fn value(&self) -> Result<Value, EvalError> {
        if self.is_pending() {
            match self.0.apply().as_deref() {
                // Such scalars are common arguments. They need no program.
                Some(Apply { op: Op::Constant { value }, .. }) => self.0.set_value(value.to_array().into()),
                _ => realize(std::slice::from_ref(self))?,
            }
        }
        Ok(self.0.value.get().expect("realize sets the value").clone())
    }
    /// Like [`Tensor::value`], but releases the tensor. If nothing else holds the tensor, nothing else holds the array.
    ///
    /// # Errors
    /// Like [`Tensor::value`].
    pub fn into_value(self) -> Result<Value, EvalError> {
        let value = self.value()?;
        Ok(match std::sync::Arc::try_unwrap(self.0) {
            Ok(node) => {
                drop(value);
                node.value.into_inner().expect("it was just computed")
            }
            Err(_) => value,
        })
    }
    /// Returns whether the array is not computed yet.
    pub fn is_pending(&self) -> bool {
        self.0.value.get().is_none()
    }
    /// Returns whether the elements are computed. A GPU computes them after the call that returned the tensor. Reading a
    /// tensor waits for them.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1.0f32, 2.0]) + 1.0;
    /// assert!(!x.is_ready());
    /// assert!(x.block_until_ready()?.is_ready());
    /// # Ok::<(), rune_trace::EvalError>(())
    /// ```
    pub fn is_ready(&self) -> bool {
        self.0.value.get().is_some_and(Value::is_ready)
    }
    /// Waits until the elements are computed. Computes the tensor now, if it is pending. Use it to measure times: a call
    /// on a GPU returns before its results are computed.
    ///
    /// # Errors
    /// Like [`Tensor::value`]. Also if a call on the device failed after it had returned; the message names its function.
    pub fn block_until_ready(&self) -> Result<&Tensor, EvalError> {
        self.value()?.block_until_ready().map_err(|e| EvalError::Engine(e.into()))?;
        Ok(self)
    }
    /// Returns the array in host memory. Waits until it is computed.
    ///
    /// # Errors
    /// Like [`Tensor::block_until_ready`].
    pub fn to_array(&self) -> Result<Array, EvalError> {
        self.value()?.to_host().map_err(|e| EvalError::Engine(e.into()))
    }
    /// Returns the only element of a tensor of size 1.
    ///
    /// # Errors
    /// Like [`Tensor::value`]. Also if the size is not 1, or the dtype is not that of `T`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::scalar(2.5f32).item::<f32>().unwrap(), 2.5);
    /// ```
    pub fn item<T: Element>(&self) -> Result<T, EvalError> {
        if self.size() != 1 {
            return Err(EvalError::NotOne(self.ty().clone()));
        }
        Ok(self.to_vec::<T>()?[0])
    }
    /// Returns the elements in row-major order.
    ///
    /// # Errors
    /// Like [`Tensor::value`]. Also if the dtype is not that of `T`.
    #[doc(alias = "tolist")]
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>, EvalError> {
        if self.dtype() != T::DTYPE {
            return Err(EvalError::DType { found: self.ty().clone(), asked: T::DTYPE });
        }
        Ok(self.to_array()?.as_slice::<T>().to_vec())
    }
    /// Computes this tensor now, if it is pending.
    ///
    /// # Errors
    /// Like [`Tensor::value`].
    pub fn realize(&self) -> Result<&Tensor, EvalError> {
        self.value().map(|_| self)
    }
    /// Computes all `tensors` in one program.
    ///
    /// # Errors
    /// Like [`Tensor::value`].
    pub fn realize_all(tensors: &[Tensor]) -> Result<(), EvalError> {
        realize(tensors)
    }
}

/// Prints the elements as NumPy's `str` does: 8 digits after the point, lines of 75 characters, and only the first and
/// last 3 elements along each axis if there are more than 1000. `bf16` and the 8-bit floats, which NumPy lacks, have the
/// shortest digits that determine them. `{:.3}` prints 3 digits after the point and no exponent. A traced tensor prints
/// only its type.
///
/// ```
/// use rune_trace::{Tensor, tensor};
/// assert_eq!(tensor![[1.0, -2.5], [0.125, 3.0]].to_string(), "[[ 1.    -2.5  ]\n [ 0.125  3.   ]]");
/// assert_eq!(tensor![1e10, 2.0].to_string(), "[1.e+10 2.e+00]");
/// assert_eq!(format!("{:.1}", tensor![1.0, 2.25]), "[1.0 2.2]");
/// assert_eq!(Tensor::scalar(true).to_string(), "True");
/// ```
impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_traced() {
            return write!(f, "{self:?}");
        }
        match self.to_array() {
            Ok(array) => rune_ir::Shown(&array).fmt(f),
            Err(error) => write!(f, "<{error}>"),
        }
    }
}
