//! Random numbers of further continuous distributions, vectors and matrices.

use super::continuous::{exponential, normal, step_below_one, tiny, uniform};
use super::counts::rademacher;
use super::{expect_float, parameter, split_into};
use crate::array_fns::scalar::Operand;
use crate::tensor::refuse;
use crate::{Tensor, lax, linalg};
use rune_ir::{DType, Shape};
use std::f64::consts::PI;

/// Returns random numbers of the Cauchy distribution of scale 1.
///
/// # Panics
/// If `key` is not a key, or `dtype` is not a float.
#[track_caller]
pub fn cauchy(key: &Tensor, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("cauchy", dtype);
    let u = uniform(key, shape, dtype, 2.0 * step_below_one(dtype), 1.0);
    ((u - 0.5) * PI).tan()
}
/// Returns random numbers of the logistic distribution of scale 1.
///
/// # Panics
/// If `key` is not a key, or `dtype` is not a float.
#[track_caller]
pub fn logistic(key: &Tensor, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("logistic", dtype);
    let u = uniform(key, shape, dtype, tiny(dtype), 1.0);
    u.log() - (-&u).log1p()
}
/// Returns eˣ for random numbers x of the normal distribution with mean 0 and deviation `sigma`, which broadcasts to
/// `shape`.
///
/// # Panics
/// If `key` is not a key, `dtype` is not a float, or `sigma` has another dtype or does not broadcast.
#[track_caller]
pub fn lognormal(key: &Tensor, sigma: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("lognormal", dtype);
    let shape = shape.into();
    let sigma = parameter("lognormal", sigma, dtype, &shape);
    (normal(key, shape, dtype) * sigma).exp()
}
/// Returns random numbers, at least 1, of the Pareto distribution of shape `b`, which broadcasts to `shape`.
///
/// # Panics
/// If `key` is not a key, `dtype` is not a float, or `b` has another dtype or does not broadcast.
#[track_caller]
pub fn pareto(key: &Tensor, b: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("pareto", dtype);
    let shape = shape.into();
    let b = parameter("pareto", b, dtype, &shape);
    (exponential(key, shape, dtype) / b).exp()
}
/// Returns random numbers of the Rayleigh distribution of this `scale`, which broadcasts to `shape`.
///
/// # Panics
/// If `key` is not a key, `dtype` is not a float, or `scale` has another dtype or does not broadcast.
#[track_caller]
pub fn rayleigh(key: &Tensor, scale: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("rayleigh", dtype);
    let shape = shape.into();
    let scale = parameter("rayleigh", scale, dtype, &shape);
    scale * (uniform(key, shape, dtype, 0.0, 1.0).log() * -2.0).sqrt()
}
/// Returns random numbers of the Maxwell distribution: the lengths of vectors of three independent standard normal
/// numbers.
///
/// # Panics
/// If `key` is not a key, or `dtype` is not a float.
#[track_caller]
pub fn maxwell(key: &Tensor, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("maxwell", dtype);
    let mut shape = shape.into();
    shape.dims_mut().push(3);
    normal(key, shape, dtype).norm_axes(-1)
}
/// Returns random numbers of the [`maxwell`] distribution with a random sign, times `scale`, plus `loc`. Both broadcast
/// to `shape`.
///
/// # Panics
/// If `key` is not a key, `dtype` is not a float, or a parameter has another dtype or does not broadcast.
#[track_caller]
pub fn double_sided_maxwell(
    key: &Tensor,
    loc: impl Operand,
    scale: impl Operand,
    shape: impl Into<Shape>,
    dtype: DType,
) -> Tensor {
    expect_float("double_sided_maxwell", dtype);
    let shape = shape.into();
    let loc = parameter("double_sided_maxwell", loc, dtype, &shape);
    let scale = parameter("double_sided_maxwell", scale, dtype, &shape);
    let [key_m, key_r] = split_into(key);
    let length = maxwell(&key_m, shape.clone(), dtype);
    rademacher(&key_r, shape, dtype) * length * scale + loc
}
/// Returns random numbers from `left` to `right`, whose density rises linearly to `mode` and falls linearly from there.
/// All three broadcast to `shape`.
///
/// # Panics
/// If `key` is not a key, `dtype` is not a float, or a parameter has another dtype or does not broadcast.
#[track_caller]
pub fn triangular(
    key: &Tensor,
    left: impl Operand,
    mode: impl Operand,
    right: impl Operand,
    shape: impl Into<Shape>,
    dtype: DType,
) -> Tensor {
    let op = "triangular";
    expect_float(op, dtype);
    let shape = shape.into();
    let left = parameter(op, left, dtype, &shape);
    let mode = parameter(op, mode, dtype, &shape);
    let right = parameter(op, right, dtype, &shape);
    let width = &right - &left;
    let u = uniform(key, shape, dtype, 0.0, 1.0);
    let rising = &left + (&u * &width * (&mode - &left)).sqrt();
    let falling = &right - ((1.0 - &u) * &width * (&right - &mode)).sqrt();
    lax::select(&u.lt((&mode - &left) / width), &rising, &falling)
}
/// Returns random numbers of the Wald (or inverse Gaussian) distribution with scale 1 and this `mean`, which broadcasts
/// to `shape`.
///
/// # Panics
/// If `key` is not a key, `dtype` is not a float, or `mean` has another dtype or does not broadcast.
#[track_caller]
pub fn wald(key: &Tensor, mean: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("wald", dtype);
    let shape = shape.into();
    let mean = parameter("wald", mean, dtype, &shape);
    let [key_v, key_z] = split_into(key);
    let y = normal(&key_v, shape.clone(), dtype).square();
    let z = uniform(&key_z, shape, dtype, 0.0, 1.0);
    let square = mean.square();
    let root = (&mean * 4.0 * &y + &square * y.square()).sqrt();
    let x = &mean + &square * &y / 2.0 - &mean / 2.0 * root;
    lax::select(&z.le(&mean / (&mean + &x)), &x, &(square / &x))
}
/// Returns random numbers of the Weibull distribution with these parameters, which broadcast to `shape`.
///
/// # Panics
/// If `key` is not a key, `dtype` is not a float, or a parameter has another dtype or does not broadcast.
#[track_caller]
pub fn weibull_min(
    key: &Tensor,
    scale: impl Operand,
    concentration: impl Operand,
    shape: impl Into<Shape>,
    dtype: DType,
) -> Tensor {
    expect_float("weibull_min", dtype);
    let shape = shape.into();
    let scale = parameter("weibull_min", scale, dtype, &shape);
    let power = 1.0 / parameter("weibull_min", concentration, dtype, &shape);
    exponential(key, shape, dtype).pow(power) * scale
}

/// Returns random vectors, along the last axis, of the normal distribution with this mean and covariance. The
/// covariance is a matrix along the last two axes. The other axes of both broadcast to `shape`. The covariance is
/// factorized by the Cholesky method.
///
/// # Panics
/// If `key` is not a key, `dtype` is not a float, `mean` is not a vector, `covariance` is not a matrix of its size, or
/// one of them has another dtype or does not broadcast.
///
/// ```
/// use rune_trace::{DType, Tensor, random};
/// let (mean, covariance) = (Tensor::from([1.0f32, -1.0]), Tensor::from([[1.0f32, 0.5], [0.5, 1.0]]));
/// let x = random::multivariate_normal(&random::key(0), &mean, &covariance, [1000], DType::F32);
/// assert_eq!(*x.shape(), [1000, 2]);
/// assert!((x.mean_axes(0) - mean).abs().max().item::<f32>().unwrap() < 0.1);
/// ```
#[track_caller]
pub fn multivariate_normal(
    key: &Tensor,
    mean: &Tensor,
    covariance: &Tensor,
    shape: impl Into<Shape>,
    dtype: DType,
) -> Tensor {
    multivariate_normal_with(key, mean, covariance, shape, dtype, CovarianceRoot::Cholesky)
}

/// How the covariance of [`multivariate_normal_with`] is factorized.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum CovarianceRoot {
    /// By its Cholesky factor: the fastest. The covariance must be positive definite.
    #[default]
    Cholesky,
    /// By its eigenvectors. The covariance may be singular.
    Eigh,
    /// By its singular vectors. The covariance may be singular.
    Svd,
}

/// Like [`multivariate_normal`], with another factorization of the covariance: `method` of
/// `jax.random.multivariate_normal`. The numbers of the last two depend on the signs of the vectors.
///
/// # Panics
/// Like [`multivariate_normal`].
///
/// ```
/// use rune_trace::random::{self, CovarianceRoot};
/// use rune_trace::{DType, Tensor};
/// // A singular covariance: both elements are equal.
/// let (mean, covariance) = (Tensor::zeros([2], DType::F32), Tensor::ones([2, 2], DType::F32));
/// let x = random::multivariate_normal_with(
///     &random::key(0), &mean, &covariance, [10], DType::F32, CovarianceRoot::Eigh,
/// );
/// assert!((x.i((.., 0)) - x.i((.., 1))).abs().max().item::<f32>().unwrap() < 1e-3);
/// ```
#[track_caller]
pub fn multivariate_normal_with(
    key: &Tensor,
    mean: &Tensor,
    covariance: &Tensor,
    shape: impl Into<Shape>,
    dtype: DType,
    root: CovarianceRoot,
) -> Tensor {
    let op = "multivariate_normal";
    expect_float(op, dtype);
    let Some(&n) = mean.shape().last() else {
        refuse!("random::{op}: the mean must be a vector along its last axis, but is {}", mean.ty());
    };
    if !covariance.shape().ends_with(&[n, n]) {
        refuse!("random::{op}: the covariance must be a matrix of {n} rows and columns, but is {}", covariance.ty());
    }
    let shape = shape.into();
    let mut vectors = shape.clone();
    vectors.dims_mut().push(n);
    let mut matrices = vectors.clone();
    matrices.dims_mut().push(n);
    // Checks the dtype and the shape here. The factorization uses the covariance before broadcasting.
    let mean = parameter(op, mean, dtype, &vectors);
    let _ = parameter(op, covariance, dtype, &matrices);
    let factor = match root {
        CovarianceRoot::Cholesky => linalg::cholesky(covariance),
        CovarianceRoot::Eigh => {
            let (w, v) = linalg::eigh(covariance);
            // Eigenvalues of 0 are rounded to either side of it.
            v * w.maximum(0.0).sqrt().unsqueeze(-2)
        }
        CovarianceRoot::Svd => {
            let (u, s, _) = linalg::svd(covariance);
            u * s.sqrt().unsqueeze(-2)
        }
    };
    let x = normal(key, vectors, dtype);
    mean + factor.matmul(x.unsqueeze(-1)).squeeze(-1)
}
/// Returns random matrices of `n` rows and `m` columns, uniformly distributed among those with orthonormal rows or
/// columns, whichever are fewer. `shape` is the shape of the other axes.
///
/// # Panics
/// If `key` is not a key, or `dtype` is not a float.
///
/// ```
/// use rune_trace::{DType, Tensor, random};
/// let q = random::orthogonal(&random::key(0), 3, 3, [], DType::F32);
/// let off = q.t().matmul(&q) - Tensor::eye(3, DType::F32);
/// assert!(off.abs().max().item::<f32>().unwrap() < 1e-6);
/// ```
#[track_caller]
pub fn orthogonal(key: &Tensor, n: usize, m: usize, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    if !dtype.is_complex() {
        expect_float("orthogonal", dtype);
    }
    let mut shape = shape.into();
    shape.dims_mut().extend([n.max(m), n.min(m)]);
    let (q, r) = linalg::qr(&normal(key, shape, dtype));
    let q = q * r.diagonal(0, -2, -1).sign().unsqueeze(-2);
    if n < m { q.swapaxes(-1, -2) } else { q }
}
