//! Activation functions, and related functions for networks.

use super::axes::{Axes, resolve_axis};
use super::complex::expect_inexact;
use super::elementwise::expect_float;
use super::where_;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::DType;
use std::f64::consts;

/// Activation functions for floats and complex numbers, except `gelu_exact` and `standardize`, which take floats only.
/// Comparisons of complex numbers, such as x > 0, are by their real parts, then by their imaginary parts.
impl Tensor {
    /// Computes max(x, 0) for numbers. NaN stays NaN. The derivative at 0 is 0.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([-1.0f32, 2.0]).relu().to_vec::<f32>().unwrap(), [0.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn relu(&self) -> Tensor {
        lax::select(&self.le(0), &self.zeros_like(), self)
    }
    /// Computes min(max(x, 0), 6). The derivative at 0 and 6 is 0.
    #[track_caller]
    pub fn relu6(&self) -> Tensor {
        lax::select(&self.ge(6), &self.full_like(6), &self.relu())
    }
    /// Returns x if it is not negative, and `slope` · x otherwise.
    #[track_caller]
    pub fn leaky_relu(&self, slope: f64) -> Tensor {
        expect_inexact("leaky_relu", self);
        lax::select(&self.ge(0.0), self, &(self * slope))
    }
    /// Returns x if it is positive, and `alpha` · (eˣ - 1) otherwise.
    #[track_caller]
    pub fn elu(&self, alpha: f64) -> Tensor {
        expect_inexact("elu", self);
        let positive = self.gt(0.0);
        let below = lax::select(&positive, &self.zeros_like(), self).expm1() * alpha;
        lax::select(&positive, self, &below)
    }
    /// Computes max(x, 0) + min(0, `alpha` · (e^(x / `alpha`) - 1)). Its derivative is continuous for any `alpha`
    /// (Barron, 2017).
    #[track_caller]
    pub fn celu(&self, alpha: f64) -> Tensor {
        expect_inexact("celu", self);
        let positive = self.gt(0.0);
        let below = (lax::select(&positive, &self.zeros_like(), self) / alpha).expm1() * alpha;
        lax::select(&positive, self, &below)
    }
    /// Computes the scaled [`Tensor::elu`] that keeps mean 0 and variance 1 (Klambauer et al., 2017).
    #[track_caller]
    pub fn selu(&self) -> Tensor {
        self.elu(1.673_263_242_354_377_2) * 1.050_700_987_355_480_5
    }
    /// Computes ln (1 + eˣ) without overflow.
    #[track_caller]
    pub fn softplus(&self) -> Tensor {
        self.logaddexp(0.0)
    }
    /// Computes x · Φ(x) with the usual approximation by tanh, like `jax.nn.gelu`. Φ is the cumulative distribution
    /// function of the normal distribution.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::scalar(1.0f32);
    /// assert!((x.gelu().item::<f32>().unwrap() - 0.8412).abs() < 1e-4);
    /// assert!((x.gelu_exact().item::<f32>().unwrap() - 0.8413).abs() < 1e-4);
    /// ```
    #[track_caller]
    pub fn gelu(&self) -> Tensor {
        expect_inexact("gelu", self);
        let inner = (self + self.powi(3) * 0.044715) * (2.0 / consts::PI).sqrt();
        // (1 + tanh z) / 2 is sigmoid 2z, which keeps its precision where tanh is near -1.
        self * (inner * 2.0).sigmoid()
    }
    /// Like [`Tensor::gelu`], but exact: with the error function.
    #[track_caller]
    pub fn gelu_exact(&self) -> Tensor {
        expect_float("gelu_exact", self);
        self * (((self * consts::FRAC_1_SQRT_2).erf() + 1.0) * 0.5)
    }
    /// Computes x · sigmoid(x), also called swish.
    #[doc(alias = "swish")]
    #[track_caller]
    pub fn silu(&self) -> Tensor {
        self * self.sigmoid()
    }
    /// Computes x · tanh(softplus(x)).
    #[track_caller]
    pub fn mish(&self) -> Tensor {
        self * self.softplus().tanh()
    }
    /// Computes a piecewise linear approximation of [`Tensor::sigmoid`]: [`Tensor::relu6`] of x + 3, divided by 6.
    #[doc(alias = "hardsigmoid")]
    #[track_caller]
    pub fn hard_sigmoid(&self) -> Tensor {
        (self + 3.0).relu6() / 6.0
    }
    /// Computes x · hard_sigmoid(x), also called hard swish.
    #[doc(alias = "hardswish")]
    #[doc(alias = "hard_swish")]
    #[track_caller]
    pub fn hard_silu(&self) -> Tensor {
        self * self.hard_sigmoid()
    }
    /// Clamps x to -1 … 1. The derivative at -1 and 1 is 1.
    #[doc(alias = "hardtanh")]
    #[track_caller]
    pub fn hard_tanh(&self) -> Tensor {
        let low = lax::select(&self.lt(-1), &self.full_like(-1), self);
        lax::select(&self.gt(1), &self.full_like(1), &low)
    }
    /// Computes x / (1 + |x|).
    #[doc(alias = "softsign")]
    #[track_caller]
    pub fn soft_sign(&self) -> Tensor {
        self / lax::convert(&(self.abs() + 1.0), self.dtype())
    }
    /// Computes (x + √(x² + `b`)) / 2, which is similar to [`Tensor::softplus`] for `b` = 4 (Barron, 2021).
    #[track_caller]
    pub fn squareplus(&self, b: f64) -> Tensor {
        expect_inexact("squareplus", self);
        (self + (self.square() + b).sqrt()) * 0.5
    }
    /// Computes ln sigmoid(x).
    #[doc(alias = "logsigmoid")]
    #[track_caller]
    pub fn log_sigmoid(&self) -> Tensor {
        -(-self).softplus()
    }
    /// Computes eˣ divided by its sum over `axes`, so that the results sum to 1.
    ///
    /// # Panics
    /// If the dtype is neither float nor complex, or an axis is out of range.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([[1.0f32, 1.0], [0.0, f32::NEG_INFINITY]]).softmax(-1);
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [0.5, 0.5, 1.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn softmax(&self, axes: impl Into<Axes>) -> Tensor {
        expect_inexact("softmax", self);
        let axes = axes.into();
        let max = lax::stop_gradient(&self.max_keepdims(&axes));
        let exp = (self - max).exp();
        &exp / exp.sum_keepdims(&axes)
    }
    /// Computes ln softmax(x) without loss of precision.
    #[track_caller]
    pub fn log_softmax(&self, axes: impl Into<Axes>) -> Tensor {
        expect_inexact("log_softmax", self);
        let axes = axes.into();
        let shifted = self - lax::stop_gradient(&self.max_keepdims(&axes));
        &shifted - shifted.exp().sum_keepdims(&axes).log()
    }
    /// Subtracts the mean over `axes` from x, and divides the result by the square root of the variance plus `epsilon`.
    #[track_caller]
    pub fn standardize(&self, axes: impl Into<Axes>, epsilon: f64) -> Tensor {
        expect_float("standardize", self);
        let axes = axes.into();
        (self - self.mean_keepdims(&axes)) * (self.var_keepdims(&axes) + epsilon).rsqrt()
    }
    /// Returns a row of `classes` elements for each class number: 1 at the index of the class, and 0 elsewhere. The
    /// rows are along a new last axis. The row of a number out of range is all zeros.
    ///
    /// # Panics
    /// If the elements are not integers.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let x = Tensor::from([2, 0]).one_hot(3, DType::F32);
    /// assert_eq!(x.to_vec::<f32>().unwrap(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn one_hot(&self, classes: usize, dtype: DType) -> Tensor {
        if !self.dtype().is_int() {
            refuse!("one_hot: takes integers, but got {}; convert it, as with `.cast(DType::I32)`", self.ty());
        }
        let mut shape = self.shape().clone();
        shape.dims_mut().push(classes);
        let dims: Vec<usize> = (0..self.rank()).collect();
        // This dtype holds all class numbers. In a smaller one, a class number could wrap to another one.
        let wide = if self.dtype().size() < 4 { DType::I32 } else { self.dtype() };
        let index = lax::broadcast_in_dim(&lax::convert(self, wide), shape.clone(), &dims);
        let class = lax::iota(wide, shape, self.rank());
        lax::convert(&lax::eq(&index, &class), dtype)
    }
    /// Returns the gated linear unit: the first half along `axis` times the sigmoid of the second half.
    ///
    /// # Panics
    /// If the size of the axis is odd.
    #[track_caller]
    pub fn glu(&self, axis: isize) -> Tensor {
        let at = resolve_axis("glu", axis, self.shape());
        if !self.shape()[at].is_multiple_of(2) {
            refuse!("glu: axis {at} of shape {} does not have an even size", self.shape());
        }
        let halves = self.split(2, axis);
        &halves[0] * halves[1].sigmoid()
    }
    /// Replaces the elements of x with `value` where `mask`, of dtype `bool`, is true.
    #[track_caller]
    pub fn masked_fill(&self, mask: &Tensor, value: impl super::Operand) -> Tensor {
        where_(mask, value, self)
    }
}
