//! Interpolation on grids, like `jax.scipy.interpolate`.

use super::broadcast::expect_one_dtype;
use super::join::part;
use crate::ndimage::Order;
use crate::tensor::refuse;
use crate::{IndexItem, Tensor, Tree, lax};
use rune_ir::{DType, Shape};

/// An interpolation between the points of a grid with arbitrary spacing.
///
/// ```
/// use rune_trace::{Tensor, interpolate::RegularGridInterpolator};
/// let (x, y) = (Tensor::from([0.0f32, 1.0, 3.0]), Tensor::from([0.0f32, 10.0]));
/// let values = Tensor::from([[0.0f32, 1.0], [2.0, 3.0], [4.0, 5.0]]);
/// let f = RegularGridInterpolator::new(&[x, y], &values);
/// assert_eq!(f.at(&Tensor::from([[2.0f32, 5.0]])).to_vec::<f32>()?, [3.5]);
/// assert!(f.at(&Tensor::from([[9.0f32, 5.0]])).item::<f32>()?.is_nan());
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[derive(Tree, Clone, Debug)]
pub struct RegularGridInterpolator {
    points: Vec<Tensor>,
    values: Tensor,
    order: Order,
    fill: Option<f64>,
}

impl RegularGridInterpolator {
    /// Returns the interpolation of `values`, whose first axes are those of the grid. `points` holds the coordinates
    /// along each of these axes, in ascending order. By default, the interpolation is linear, and NaN outside of the
    /// grid.
    ///
    /// # Panics
    /// If an axis has fewer than two coordinates, sizes do not match, or the dtypes are not a single float dtype. If
    /// `values` are complex, this is the dtype of their parts.
    #[track_caller]
    pub fn new(points: &[Tensor], values: &Tensor) -> RegularGridInterpolator {
        let op = "RegularGridInterpolator";
        super::complex::expect_inexact(op, values);
        for (axis, line) in points.iter().enumerate() {
            expect_one_dtype(op, &[values.dtype().real(), line.dtype()]);
            if line.rank() != 1 || line.size() < 2 || values.rank() <= axis || values.shape()[axis] != line.size() {
                refuse!("{op}: lines of {} do not fit axis {axis} of values of shape {}", line.ty(), values.shape());
            }
        }
        if points.is_empty() {
            refuse!("{op}: the grid has no axes");
        }
        RegularGridInterpolator {
            points: points.to_vec(),
            values: values.clone(),
            order: Order::Linear,
            fill: Some(f64::NAN),
        }
    }
    /// Sets the order: nearest point or linear interpolation.
    #[must_use]
    pub fn order(self, order: Order) -> RegularGridInterpolator {
        RegularGridInterpolator { order, ..self }
    }
    /// Sets the value outside the grid. `None` extrapolates.
    #[must_use]
    pub fn fill(self, fill: Option<f64>) -> RegularGridInterpolator {
        RegularGridInterpolator { fill, ..self }
    }
    /// Returns the values at points. The last axis of `x` holds the coordinates of a point.
    ///
    /// # Panics
    /// If the size of the last axis of `x` is not the number of axes of the grid, or the dtypes differ.
    #[track_caller]
    pub fn at(&self, x: &Tensor) -> Tensor {
        let op = "RegularGridInterpolator::at";
        expect_one_dtype(op, &[self.values.dtype().real(), x.dtype()]);
        let axes = self.points.len();
        if x.shape().last() != Some(&axes) {
            refuse!("{op}: points of {} do not have {axes} coordinates along the last axis", x.ty());
        }
        let shape: Shape = x.shape()[..x.rank() - 1].iter().copied().collect();
        let mut below = Vec::with_capacity(axes);
        let mut outside: Option<Tensor> = None;
        for (axis, line) in self.points.iter().enumerate() {
            let (n, at) = (line.size(), x.i((crate::Ellipsis, axis)));
            let i = (line.searchsorted(&at, false) - 1).clamp(0, n as i64 - 2);
            let (start, end) = (line.take(&i, 0), line.take(&(&i + 1), 0));
            below.push((i, (&at - &start) / (&end - &start)));
            let ends = [part(line, 0, 0, 1), part(line, 0, n - 1, n)];
            let beyond =
                at.lt(lax::reshape(&ends[0], Shape::scalar())) | at.gt(lax::reshape(&ends[1], Shape::scalar()));
            outside = Some(match outside {
                Some(outside) => outside | beyond,
                None => beyond,
            });
        }
        let y = match self.order {
            Order::Nearest => {
                let mut items = Vec::with_capacity(axes);
                for (i, weight) in &below {
                    items.push(IndexItem::Tensor(i + weight.gt(0.5).cast(DType::I32)));
                }
                self.values.i(items)
            }
            Order::Linear => self.weighted_corner_sum(&below, &shape),
        };
        let Some(fill) = self.fill else { return y };
        let outside = outside.expect("the grid has axes");
        let dims: Vec<usize> = (0..shape.rank()).collect();
        let outside = lax::broadcast_in_dim(&outside, y.shape().clone(), &dims);
        lax::select(&outside, &lax::full_like(&y, fill), &y)
    }
    /// Returns the weighted sum of the corners of the grid cell around each point.
    #[track_caller]
    fn weighted_corner_sum(&self, below: &[(Tensor, Tensor)], shape: &Shape) -> Tensor {
        let result: Shape = shape.iter().chain(self.values.shape()[below.len()..].iter()).copied().collect();
        let dims: Vec<usize> = (0..shape.rank()).collect();
        let mut sum = lax::full(self.values.dtype(), &result, 0.0);
        for corner in 0..1usize << below.len() {
            let mut items = Vec::with_capacity(below.len());
            let mut weight = lax::full(self.values.dtype().real(), shape, 1.0);
            for (axis, (i, along)) in below.iter().enumerate() {
                let upper = corner >> axis & 1 == 1;
                items.push(IndexItem::Tensor(if upper { i + 1 } else { i.clone() }));
                weight = if upper { weight * along } else { weight * (1.0 - along) };
            }
            let weight = lax::convert(&weight, self.values.dtype());
            sum += self.values.i(items) * lax::broadcast_in_dim(&weight, result.clone(), &dims);
        }
        sum
    }
}
