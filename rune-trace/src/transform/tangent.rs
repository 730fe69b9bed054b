//! Tangents: directions of change. All their operations are linear.

use crate::Tensor;
use crate::tensor::lax;
use rune_ir::op::{CollectiveFn, NamedAxis};
use rune_ir::{Op, Type};

/// The tangent of a value. `None` is zero, and costs nothing.
///
/// The field is private, so a rule can combine tangents only by operations that are linear in them. A program of
/// tangents can therefore be transposed. A product of two tangents does not type-check.
#[derive(Clone, Debug)]
pub(super) struct Tangent(Option<Tensor>);

/// A value and its tangent.
#[derive(Clone, Debug)]
pub(super) struct Dual {
    pub v: Tensor,
    pub t: Tangent,
}

impl Tangent {
    pub const ZERO: Tangent = Tangent(None);

    pub fn new(tensor: Option<Tensor>) -> Tangent {
        Tangent(tensor)
    }
    pub fn is_zero(&self) -> bool {
        self.0.is_none()
    }
    pub fn into_tensor(self) -> Option<Tensor> {
        self.0
    }
    /// Returns this tangent as an array, for a value of type `ty`.
    pub fn instantiate(&self, ty: &Type) -> Tensor {
        self.0.clone().unwrap_or_else(|| lax::full(ty.dtype, &ty.shape, 0.0))
    }
    /// Applies `f` to this tangent. Zero stays zero. `f` must be linear. Only the functions below and `linear` use this
    /// function.
    fn map(&self, f: impl FnOnce(&Tensor) -> Tensor) -> Tangent {
        Tangent(self.0.as_ref().map(f))
    }
    pub fn neg(&self) -> Tangent {
        self.map(lax::neg)
    }
    pub fn add(&self, other: &Tangent) -> Tangent {
        match (&self.0, &other.0) {
            (Some(x), Some(y)) => Tangent(Some(lax::add(x, y))),
            (Some(_), None) => self.clone(),
            (None, _) => other.clone(),
        }
    }
    pub fn sub(&self, other: &Tangent) -> Tangent {
        match (&self.0, &other.0) {
            (Some(x), Some(y)) => Tangent(Some(lax::sub(x, y))),
            (Some(_), None) => self.clone(),
            (None, _) => other.neg(),
        }
    }
    /// Returns this tangent times a value of the same type. `factor` is not computed if the tangent is zero.
    pub fn mul(&self, factor: impl FnOnce() -> Tensor) -> Tangent {
        self.map(|t| lax::mul(t, &factor()))
    }
    /// Returns this tangent divided by a value of the same type.
    pub fn div(&self, divisor: &Tensor) -> Tangent {
        self.map(|t| lax::div(t, divisor))
    }
    /// Returns this tangent where `pred` is true, and zero elsewhere.
    pub fn where_(&self, pred: impl FnOnce() -> Tensor) -> Tangent {
        self.map(|t| lax::select(&pred(), t, &lax::full_like(t, 0.0)))
    }
    /// Applies a linear operation with one operand.
    pub fn linear(&self, op: impl FnOnce(Tensor) -> Op<Tensor>) -> Tangent {
        self.map(|t| Tensor::apply1(op(t.clone())))
    }
    pub fn reduce_sum(&self, axes: &[usize]) -> Tangent {
        self.map(|t| lax::reduce_sum(t, axes))
    }
    pub fn psum(&self, axis: &NamedAxis) -> Tangent {
        self.map(|t| lax::collective(CollectiveFn::Sum, t, axis))
    }
    pub fn reshape(&self, shape: &[usize]) -> Tangent {
        self.map(|t| lax::reshape(t, shape))
    }
    pub fn transpose(&self, permutation: &[usize]) -> Tangent {
        self.map(|t| lax::transpose(t, permutation))
    }
    pub fn slice(&self, start: &[usize], limit: &[usize], strides: &[usize]) -> Tangent {
        self.map(|t| lax::slice(t, start, limit, strides))
    }
    pub fn pad(&self, config: Vec<rune_ir::op::Padding>) -> Tangent {
        self.map(|t| lax::pad(t, &lax::full(t.dtype(), &rune_ir::Shape::scalar(), 0.0), config))
    }
    pub fn gather(&self, indices: &Tensor, dims: rune_ir::op::GatherDims, sizes: &[usize]) -> Tangent {
        self.map(|t| lax::gather(t, indices, dims, sizes))
    }
    /// Returns `pred ? on_true : on_false`, for tangents of values of type `ty`.
    pub fn select(pred: &Tensor, on_true: &Tangent, on_false: &Tangent, ty: &Type) -> Tangent {
        if on_true.is_zero() && on_false.is_zero() {
            return Tangent::ZERO;
        }
        Tangent(Some(lax::select(pred, &on_true.instantiate(ty), &on_false.instantiate(ty))))
    }
}

impl Dual {
    /// Returns a value without a tangent.
    pub fn constant(v: Tensor) -> Dual {
        Dual { v, t: Tangent::ZERO }
    }
    /// Returns the tangent as an array.
    pub fn tangent(&self) -> Tensor {
        self.t.instantiate(self.v.ty())
    }
}
