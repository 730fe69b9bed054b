//! Estimates of densities from samples.

use crate::array_fns::broadcast::expect_one_dtype;
use crate::array_fns::elementwise::expect_float;
use crate::array_fns::join::part;
use crate::array_fns::special::ndtr_of;
use crate::tensor::{at_caller, refuse};
use crate::{Tensor, Tree, lax, linalg, random};
use rune_ir::Shape;
use std::f64::consts::PI;

/// The width of the kernels of [`GaussianKde`], in deviations of the samples.
#[derive(Tree, Clone, Copy, PartialEq, Debug, Default)]
pub enum Bandwidth {
    /// Scott's rule: n^(-1 / (d + 4)), for n samples of d numbers.
    #[default]
    Scott,
    /// Silverman's rule: (n (d + 2) / 4)^(-1 / (d + 4)).
    Silverman,
    /// This factor.
    Factor(f64),
}

/// An estimate of a density as a sum of normal densities, one around each sample: JAX's and SciPy's `gaussian_kde`.
///
/// ```
/// use rune_trace::{Tensor, stats::{Bandwidth, GaussianKde}};
/// let kde = GaussianKde::new(&Tensor::from([-1.0f64, 0.0, 1.0]), Bandwidth::Scott, None);
/// let y = kde.pdf(&Tensor::from([0.0f64, 5.0])).to_vec::<f64>()?;
/// assert!(y[0] > 0.2 && y[1] < 1e-3);
/// assert!((kde.integrate_box_1d(&Tensor::scalar(-50.0f64), &Tensor::scalar(50.0f64)).item::<f64>()? - 1.0).abs() < 1e-14);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[doc(alias = "gaussian_kde")]
#[derive(Tree, Clone, Debug)]
pub struct GaussianKde {
    /// The samples: a column for each sample, and a row for each of its numbers.
    pub dataset: Tensor,
    /// The weights of the samples, whose sum is 1.
    pub weights: Tensor,
    /// The effective number of samples: the number of samples of equal weight with the same precision.
    pub neff: Tensor,
    /// The covariance of each kernel.
    pub covariance: Tensor,
    /// The inverse of the covariance.
    pub inv_cov: Tensor,
}

impl GaussianKde {
    /// Returns the estimate from samples: a vector, or a matrix with one column for each sample. Without weights, all
    /// samples have the same weight.
    ///
    /// # Panics
    /// If the samples are not floats, do not have one or two axes or have fewer than two numbers, or if the weights are
    /// not a vector with one number of that dtype for each sample.
    #[track_caller]
    pub fn new(dataset: &Tensor, bandwidth: Bandwidth, weights: Option<&Tensor>) -> GaussianKde {
        let op = "stats::GaussianKde::new";
        expect_float(op, dataset);
        if dataset.rank() == 0 || dataset.rank() > 2 || dataset.size() < 2 {
            refuse!("{op}: takes at least two samples, a vector or a matrix, but got {}", dataset.ty());
        }
        let dataset = dataset.atleast_2d();
        let (d, n) = (dataset.shape()[0], dataset.shape()[1]);
        if let Some(weights) = weights {
            expect_one_dtype(op, &[dataset.dtype(), weights.dtype()]);
            if *weights.shape() != [n] {
                refuse!("{op}: {n} samples need as many weights, but got {}", weights.ty());
            }
        }
        at_caller(|| {
            let weights = match weights {
                Some(weights) => weights / weights.sum(),
                None => lax::full(dataset.dtype(), &[n].into(), 1.0 / n as f64),
            };
            let squares = weights.square().sum();
            let neff = 1.0 / &squares;
            let power = -1.0 / (d as f64 + 4.0);
            let factor = match bandwidth {
                Bandwidth::Scott => neff.pow(power),
                Bandwidth::Silverman => (&neff * ((d as f64 + 2.0) / 4.0)).pow(power),
                Bandwidth::Factor(factor) => lax::full_like(&neff, factor),
            };
            let centered = &dataset - (&dataset * &weights).sum_keepdims(1);
            let unscaled = (&centered * &weights).matmul(centered.t()) / (1.0 - squares);
            let inverse = linalg::inv(&unscaled);
            let square = factor.square();
            GaussianKde { covariance: unscaled * &square, inv_cov: inverse / square, dataset, weights, neff }
        })
    }

    /// Returns the density at points. For samples of one number, the points are a vector. Otherwise, they are a matrix
    /// with one column for each point, or a vector that is one point.
    ///
    /// # Panics
    /// If the points have another dtype or another number of rows than the samples.
    #[track_caller]
    pub fn pdf(&self, points: &Tensor) -> Tensor {
        let points = self.points("stats::GaussianKde::pdf", points);
        at_caller(|| (self.log_kernels(&points).exp() * self.weights.unsqueeze(0)).sum_axes(1))
    }
    /// Returns the density at points, like [`GaussianKde::pdf`].
    ///
    /// # Panics
    /// Like [`GaussianKde::pdf`].
    #[track_caller]
    pub fn evaluate(&self, points: &Tensor) -> Tensor {
        self.pdf(points)
    }
    /// Returns the logarithm of the density at points, in the form of [`GaussianKde::pdf`].
    ///
    /// # Panics
    /// Like [`GaussianKde::pdf`].
    #[track_caller]
    pub fn logpdf(&self, points: &Tensor) -> Tensor {
        let points = self.points("stats::GaussianKde::logpdf", points);
        at_caller(|| (self.log_kernels(&points) + self.weights.log().unsqueeze(0)).logsumexp_axes(1))
    }
    /// Returns the integral of the density times a normal density with this mean and covariance.
    ///
    /// # Panics
    /// If the mean is not a vector of the size of a sample, the covariance is not a matrix of this size, or the dtypes
    /// differ.
    #[track_caller]
    pub fn integrate_gaussian(&self, mean: &Tensor, covariance: &Tensor) -> Tensor {
        let op = "stats::GaussianKde::integrate_gaussian";
        expect_one_dtype(op, &[self.dataset.dtype(), mean.dtype(), covariance.dtype()]);
        let (mean, covariance) = (mean.atleast_1d(), covariance.atleast_2d());
        let d = self.dataset.shape()[0];
        if *mean.shape() != [d] || *covariance.shape() != [d, d] {
            refuse!(
                "{op}: samples of {d} numbers need a mean of {d} and a covariance of {d} by {d}, but got {} and {}",
                mean.ty(),
                covariance.ty()
            );
        }
        at_caller(|| {
            let overlaps = overlaps(&(&self.covariance + covariance), &self.dataset, &mean.unsqueeze(1));
            (overlaps.squeeze(0) * &self.weights).sum()
        })
    }
    /// Returns the integral of the density from `low` to `high`, for samples of one number.
    ///
    /// # Panics
    /// If samples have more numbers, `low` or `high` is not a scalar, or the dtypes differ.
    #[track_caller]
    pub fn integrate_box_1d(&self, low: &Tensor, high: &Tensor) -> Tensor {
        let op = "stats::GaussianKde::integrate_box_1d";
        expect_one_dtype(op, &[self.dataset.dtype(), low.dtype(), high.dtype()]);
        if self.dataset.shape()[0] != 1 || low.rank() != 0 || high.rank() != 0 {
            refuse!(
                "{op}: takes scalars, for samples of one number, but got {} and {} for {}",
                low.ty(),
                high.ty(),
                self.dataset.ty()
            );
        }
        at_caller(|| {
            let deviation = self.covariance.sqrt().squeeze(0);
            let samples = self.dataset.squeeze(0);
            let below = |x: &Tensor| ndtr_of(&((x - &samples) / &deviation));
            (&self.weights * (below(high) - below(low))).sum()
        })
    }
    /// Returns the integral of the product of two densities.
    ///
    /// # Panics
    /// If the samples of both do not have the same size, or the dtypes differ.
    #[track_caller]
    pub fn integrate_kde(&self, other: &GaussianKde) -> Tensor {
        let op = "stats::GaussianKde::integrate_kde";
        expect_one_dtype(op, &[self.dataset.dtype(), other.dataset.dtype()]);
        if self.dataset.shape()[0] != other.dataset.shape()[0] {
            refuse!("{op}: samples of {} and {} have not as many numbers", self.dataset.ty(), other.dataset.ty());
        }
        at_caller(|| {
            let overlaps = overlaps(&(&self.covariance + &other.covariance), &self.dataset, &other.dataset);
            (overlaps * self.weights.unsqueeze(0) * other.weights.unsqueeze(1)).sum()
        })
    }
    /// Returns random points of the density. The shape of the result is `d`, followed by `shape`.
    ///
    /// # Panics
    /// If `key` is not a key.
    #[track_caller]
    pub fn resample(&self, key: &Tensor, shape: impl Into<Shape>) -> Tensor {
        let shape: Shape = shape.into();
        let keys = random::split(key, 2);
        at_caller(|| {
            let (dtype, d) = (self.dataset.dtype(), self.dataset.shape()[0]);
            let ends = self.weights.cumsum(0);
            let n = ends.size();
            let r = part(&ends, 0, n - 1, n).squeeze(0) * (1.0 - random::uniform(&keys.i(0), &shape, dtype, 0.0, 1.0));
            let chosen = ends.searchsorted(&r, false);
            let mean = lax::full(dtype, &[d].into(), 0.0);
            let noise = random::multivariate_normal(&keys.i(1), &mean, &self.covariance, &shape, dtype);
            let order: Vec<usize> = (0..noise.rank()).rev().collect();
            self.dataset.take(&chosen, 1) + lax::transpose(&noise, &order)
        })
    }

    /// Returns points as columns.
    #[track_caller]
    fn points(&self, op: &str, points: &Tensor) -> Tensor {
        expect_one_dtype(op, &[self.dataset.dtype(), points.dtype()]);
        let d = self.dataset.shape()[0];
        let columns = points.atleast_2d();
        match &columns.shape()[..] {
            [rows, _] if *rows == d => columns,
            [1, n] if *n == d => lax::reshape(&columns, [d, 1]),
            _ => refuse!("{op}: points of {} do not fit samples of {}", points.ty(), self.dataset.ty()),
        }
    }
    /// Returns the logarithm of the normal density around each sample (columns) at each point (rows).
    fn log_kernels(&self, points: &Tensor) -> Tensor {
        let d = self.dataset.shape()[0] as f64;
        // Uses coordinates in which the covariance is the identity.
        let whitening = linalg::cholesky(&self.inv_cov);
        let white = |x: &Tensor| x.t().matmul(&whitening);
        let differences = white(points).unsqueeze(1) - white(&self.dataset).unsqueeze(0);
        let log_norm = whitening.diagonal(0, 0, 1).log().sum() - 0.5 * d * (2.0 * PI).ln();
        log_norm - differences.square().sum_axes(-1) * 0.5
    }
}

/// Returns the normal density with this covariance at the difference of each column of `x` (columns) and each column of
/// `y` (rows).
fn overlaps(covariance: &Tensor, x: &Tensor, y: &Tensor) -> Tensor {
    let (d, n, m) = (x.shape()[0], x.shape()[1], y.shape()[1]);
    let factor = linalg::cholesky(covariance);
    let differences = lax::reshape(&(x.unsqueeze(1) - y.unsqueeze(2)), [d, m * n]);
    let white = linalg::triangular_solve(&factor, &differences, linalg::Triangular::left(true));
    let norm = 1.0 / (factor.diagonal(0, 0, 1).prod() * (2.0 * PI).sqrt().powi(d as i32));
    lax::reshape(&((white.square().sum_axes(0) * -0.5).exp() * norm), [m, n])
}
