//! Averages, spreads and correlations.

use super::axes::Axes;
use super::broadcast::expect_one_dtype;
use super::reductions::{as_float, reductions, to_bool};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::{DType, Shape};

reductions! {
    /// Returns the difference between the greatest and the least element, like NumPy's `ptp` (peak to peak).
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([3, -1, 2]).ptp().item::<i32>().unwrap(), 4);
    /// ```
    ptp ptp_axes ptp_keepdims: |x, axes, keepdims| {
        if keepdims { x.max_keepdims(axes) - x.min_keepdims(axes) } else { x.max_axes(axes) - x.min_axes(axes) }
    };
    /// Returns the number of nonzero elements, as `i32`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([3.0f32, 0.0, 2.0]).count_nonzero().item::<i32>().unwrap(), 2);
    /// ```
    count_nonzero count_nonzero_axes count_nonzero_keepdims: |x, axes, keepdims| {
        let holds = to_bool(x);
        if keepdims { holds.sum_keepdims(axes) } else { lax::convert(&holds, DType::I32).sum_axes(axes) }
    };
    /// Returns the logarithm of the mean of eˣ, without intermediate overflow. For integers and `bool`, it is `f32`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([1000.0f32, 1000.0]).logmeanexp().item::<f32>().unwrap(), 1000.0);
    /// ```
    logmeanexp logmeanexp_axes logmeanexp_keepdims: |x, axes, keepdims| {
        let n: usize = axes.iter().map(|&a| x.shape()[a]).product();
        let sum = if keepdims { x.logsumexp_keepdims(axes) } else { x.logsumexp_axes(axes) };
        sum - (n as f64).ln()
    };
}

/// Averages and quantiles.
impl Tensor {
    /// Returns the weighted average along `axes`. `weights` broadcast to this tensor. Integers and `bool` are converted
    /// to `f32`.
    ///
    /// # Panics
    /// If the dtypes differ or `weights` do not broadcast.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1.0f32, 4.0]);
    /// assert_eq!(x.average(&Tensor::from([2.0f32, 1.0]), 0).item::<f32>().unwrap(), 2.0);
    /// ```
    #[track_caller]
    pub fn average(&self, weights: &Tensor, axes: impl Into<Axes>) -> Tensor {
        expect_one_dtype("average", &[self.dtype(), weights.dtype()]);
        let axes = axes.into().resolve_sorted("average", self.shape());
        let (x, weights) = (as_float(self), as_float(weights));
        let weights = super::broadcast::broadcast("average", &weights, x.shape());
        (&x * &weights).sum_axes(&*axes) / weights.sum_axes(&*axes)
    }
    /// Returns the percentile `q`: [`Tensor::quantile`] at `q / 100`.
    ///
    /// # Panics
    /// Like [`Tensor::quantile`].
    #[track_caller]
    pub fn percentile(&self, q: f64, axis: isize) -> Tensor {
        self.quantile(q / 100.0, axis)
    }
    /// Returns the covariance matrix. The first axis holds variables, and the second observations. A vector is one
    /// variable. Sums are divided by the number of observations minus `ddof`. NumPy's default, 1, is the unbiased
    /// estimate. For complex numbers, the second factor of each product is conjugated.
    ///
    /// # Panics
    /// If there are more than two axes.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1.0f32, 2.0, 3.0], [3.0, 2.0, 1.0]]);
    /// assert_eq!(x.cov(1).to_vec::<f32>().unwrap(), [1.0, -1.0, -1.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn cov(&self, ddof: usize) -> Tensor {
        if self.rank() > 2 {
            refuse!(
                "cov: takes variables along the first axis and observations along the second, but got {}",
                self.ty()
            );
        }
        let vector = self.rank() < 2;
        let x = as_float(self).atleast_2d();
        let centered = &x - x.mean_keepdims(1);
        let n = x.shape()[1];
        let c = centered.matmul(centered.conj().t()) / if n > ddof { (n - ddof) as f64 } else { f64::NAN };
        if vector { lax::reshape(&c, Shape::scalar()) } else { c }
    }
    /// Returns the correlation coefficients. The first axis holds variables, and the second observations.
    ///
    /// # Panics
    /// If there are more than two axes.
    #[track_caller]
    pub fn corrcoef(&self) -> Tensor {
        if self.rank() > 2 {
            refuse!(
                "corrcoef: takes variables along the first axis and observations along the second, but got {}",
                self.ty()
            );
        }
        let c = self.cov(1);
        if c.rank() == 0 {
            // The result is 1, or NaN if the variance is 0.
            let variance = c.clone();
            return c / variance;
        }
        let deviations = lax::convert(&c.diagonal(0, 0, 1).real().sqrt(), c.dtype());
        let c = c / deviations.unsqueeze(1) / deviations.unsqueeze(0);
        let real = c.real().clamp(-1.0, 1.0);
        if c.dtype().is_complex() { lax::complex(&real, &c.imag().clamp(-1.0, 1.0)) } else { real }
    }
}
