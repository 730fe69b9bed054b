//! Updates of some elements of a tensor.

use super::items::{IndexItem, Indices};
use super::plan::Plan;
use crate::array_fns::broadcast::{broadcast, expect_one_dtype};
use crate::array_fns::complex_order;
use crate::array_fns::scalar::Operand;
use crate::{Tensor, lax};
use rune_ir::op::{BinaryFn, ScatterMode};

/// The elements of a tensor that an index selects, for an update: see [`Tensor::at`].
#[derive(Clone, Debug)]
#[must_use = "names places in a tensor; `set`, `add` and the like give the tensor with these changed"]
pub struct At<'a> {
    x: &'a Tensor,
    items: Vec<IndexItem>,
}

impl Tensor {
    /// Selects elements, like [`Tensor::i`], for an update: `x.at(index).set(values)` returns a tensor like `x` with
    /// `values` in place of the selected elements. `x` itself does not change.
    ///
    /// `values` broadcast to the shape of `x.i(index)`. Indices in tensors that are out of range are skipped. If an
    /// element is selected more than once, `set` keeps an unspecified one of its values; `add`, `mul`, `min` and `max`
    /// combine all of them.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 2, 3, 4]);
    /// assert_eq!(x.at(1..3).set(0).to_vec::<i32>().unwrap(), [1, 0, 0, 4]);
    /// assert_eq!(x.at([0, 0, -1]).add(10).to_vec::<i32>().unwrap(), [21, 2, 3, 14]);
    /// ```
    #[doc(alias = "index_add")]
    #[doc(alias = "index_put")]
    #[doc(alias = "scatter")]
    #[doc(alias = "setitem")]
    pub fn at(&self, index: impl Indices) -> At<'_> {
        At { x: self, items: index.into_items() }
    }
}

impl At<'_> {
    /// Returns the tensor with the selected elements replaced by `values`.
    ///
    /// # Panics
    /// Like [`Tensor::i`]. Also if `values` have another dtype or do not broadcast to the selection. All methods of
    /// `At` that take `values` panic in these cases.
    #[doc(alias = "index_put")]
    #[doc(alias = "scatter")]
    #[track_caller]
    pub fn set(&self, values: impl Operand) -> Tensor {
        self.update("set", ScatterMode::Set, values)
    }
    /// Returns the tensor with `values` added to the selected elements.
    #[doc(alias = "scatter_add")]
    #[doc(alias = "scatter_sub")]
    #[doc(alias = "index_add")]
    #[track_caller]
    pub fn add(&self, values: impl Operand) -> Tensor {
        self.update("add", ScatterMode::Add, values)
    }
    /// Returns the tensor with the selected elements multiplied by `values`.
    #[doc(alias = "scatter_mul")]
    #[track_caller]
    pub fn mul(&self, values: impl Operand) -> Tensor {
        self.update("mul", ScatterMode::Mul, values)
    }
    /// Returns the tensor with the lesser of each selected element and its value. Complex numbers are compared by their
    /// real parts, then by their imaginary parts.
    #[doc(alias = "scatter_min")]
    #[track_caller]
    pub fn min(&self, values: impl Operand) -> Tensor {
        self.update("min", ScatterMode::Min, values)
    }
    /// Returns the tensor with the greater of each selected element and its value. Complex numbers are compared by their
    /// real parts, then by their imaginary parts.
    #[doc(alias = "scatter_max")]
    #[track_caller]
    pub fn max(&self, values: impl Operand) -> Tensor {
        self.update("max", ScatterMode::Max, values)
    }
    /// Returns the selected elements: [`Tensor::i`].
    #[track_caller]
    pub fn get(&self) -> Tensor {
        self.x.i(self.items.clone())
    }

    #[track_caller]
    fn update(&self, method: &str, mode: ScatterMode, values: impl Operand) -> Tensor {
        let op = &format!("at(…).{method}");
        let x = self.x;
        let values = values.into_argument().into_tensor(op, x.dtype());
        expect_one_dtype(op, &[x.dtype(), values.dtype()]);
        let plan = Plan::new(op, x.shape(), &self.items);
        let values = broadcast(op, &values, &plan.result);
        let part = plan.slice(x);
        if values.size() == 0 || part.size() == 0 {
            return x.clone();
        }
        let values = lax::reshape(&values, plan.gathered_shape(part.shape()));
        let ordered = x.dtype().is_complex() && matches!(mode, ScatterMode::Min | ScatterMode::Max);
        let changed = match plan.scatter_operands(&part) {
            Some((indices, dims)) if ordered => complex_order::scatter(
                mode,
                (&part, &values),
                |mode, x, values| lax::scatter(x, &indices, values, dims.clone(), mode, false),
                |x| plan.gather(op, x),
            ),
            Some((indices, dims)) => lax::scatter(&part, &indices, &values, dims, mode, false),
            None => match mode {
                ScatterMode::Set => values,
                ScatterMode::Add => lax::add(&part, &values),
                ScatterMode::Mul => lax::mul(&part, &values),
                ScatterMode::Min if ordered => complex_order::extreme(BinaryFn::Min, &part, &values),
                ScatterMode::Max if ordered => complex_order::extreme(BinaryFn::Max, &part, &values),
                ScatterMode::Min => lax::min(&part, &values),
                ScatterMode::Max => lax::max(&part, &values),
            },
        };
        plan.unslice(x, &changed)
    }
}
