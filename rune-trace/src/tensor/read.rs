//! Reading tensors.

use super::Tensor;
use super::evaluate::{EvalError, realize};
use super::node::Apply;
use rune_ir::{Array, Element, Op, Value};
use std::fmt;

impl Tensor {
    /// The array, wherever it lives, computed if it is pending.
    ///
    /// # Errors
    /// If it depends on an argument that is not known, or cannot be computed.
    pub fn value(&self) -> Result<Value, EvalError> {
        if self.is_pending() {
            match self.0.apply().as_deref() {
                // Such scalars are the arguments of many a call; they need no program.
                Some(Apply { op: Op::Constant { value }, .. }) => self.0.settle(value.to_array().into()),
                _ => realize(std::slice::from_ref(self))?,
            }
        }
        Ok(self.0.value.get().expect("realize sets the value").clone())
    }
    /// As [`Tensor::value`], of a tensor that is not needed any more: where nothing else holds it, nothing else holds the array.
    ///
    /// # Errors
    /// As [`Tensor::value`].
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
    /// Whether the array is not computed yet.
    pub fn is_pending(&self) -> bool {
        self.0.value.get().is_none()
    }
    /// The array in host memory.
    ///
    /// # Errors
    /// As [`Tensor::value`].
    pub fn to_array(&self) -> Result<Array, EvalError> {
        self.value()?.to_host().map_err(|e| EvalError::Backend(e.into()))
    }
    /// The one element of a tensor of size 1.
    ///
    /// # Errors
    /// If there is not one element, its dtype is not that of `T`, or as [`Tensor::value`].
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
    /// The elements in row-major order.
    ///
    /// # Errors
    /// If the dtype is not that of `T`, or as [`Tensor::value`].
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>, EvalError> {
        if self.dtype() != T::DTYPE {
            return Err(EvalError::DType { found: self.ty().clone(), asked: T::DTYPE });
        }
        Ok(self.to_array()?.as_slice::<T>().to_vec())
    }
    /// Computes this tensor now if it is pending.
    ///
    /// # Errors
    /// As [`Tensor::value`].
    pub fn realize(&self) -> Result<&Tensor, EvalError> {
        self.value().map(|_| self)
    }
    /// Computes all of `tensors` in one program.
    ///
    /// # Errors
    /// As [`Tensor::value`].
    pub fn realize_all(tensors: &[Tensor]) -> Result<(), EvalError> {
        realize(tensors)
    }
}

/// The elements, nested in brackets as NumPy prints them; a traced tensor shows its type only.
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
