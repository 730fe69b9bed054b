//! Random numbers of the gamma distribution, and of distributions derived from it.

use super::continuous::{exponential, normal, uniform};
use super::{expect_float, parameter, split, split_into};
use crate::array_fns::random::counts::rademacher;
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::random_gamma_grad_of;
use crate::array_fns::special::support::{replace_where, tiny, while_loop_with_origin, with_slope};
use crate::tensor::{at_caller, current_origin, refuse, with_origin};
use crate::{Tensor, lax, vmap};
use rune_ir::{DType, Shape};

/// Draws one number of the gamma distribution of shape `a`, a scalar. If `log`, draws the logarithm of the number. The
/// method of G. Marsaglia and W. Tsang ("A simple method for generating gamma variables", 2000) is for a ≥ 1. For
/// smaller `a`, draws a number of shape a + 1, and multiplies it by a power of a uniform number.
fn one(key: &Tensor, a: &Tensor, log: bool) -> Tensor {
    let dtype = a.dtype();
    let large = a.ge(1.0);
    let shape = lax::select(&large, a, &(a + 1.0));
    let d = shape - 1.0 / 3.0;
    let c = lax::div(&lax::full_like(a, 1.0 / 3.0), &d.sqrt());
    let [key, last_key] = split_into(key);
    let init = [key, lax::full_like(a, 0.0), a.ones_like(), lax::full_like(a, 2.0)];
    let [_, _, v, _] = while_loop_with_origin(
        |[_, x, v, u]: &[Tensor; 4]| {
            let outside = u.ge(1.0 - x * x * 0.0331);
            outside & u.log().ge(x * 0.5 + &d * (1.0 - v + v.log()))
        },
        |[key, ..]| {
            let [key, x_key, u_key] = split_into(key);
            let [_, x, v] = while_loop_with_origin(
                |[_, _, v]: &[Tensor; 3]| v.le(0.0),
                |[key, ..]| {
                    let [key, own] = split_into(key);
                    let x = normal(&own, [], dtype);
                    let v = &x * &c + 1.0;
                    [key, x, v]
                },
                &[x_key, lax::full_like(a, 0.0), lax::full_like(a, -1.0)],
            );
            let cube = &v * &v * &v;
            [key, &x * &x, cube, uniform(&u_key, [], dtype, 0.0, 1.0)]
        },
        &init,
    );
    if log {
        let sample = -exponential(&last_key, [], dtype);
        let boost = replace_where(&(large | sample.eq(0.0)), 0.0, &(&sample * (1.0 / a)));
        return d.log() + v.log() + boost;
    }
    let sample = 1.0 - uniform(&last_key, [], dtype, 0.0, 1.0);
    d * v * replace_where(&large, 1.0, &sample.pow(1.0 / a))
}

/// Draws a number for each element of `a`, a tensor of floats.
fn draw(key: &Tensor, a: &Tensor, log: bool) -> Tensor {
    if a.size() == 0 {
        return a.clone();
    }
    let origin = current_origin();
    let keys = split(key, a.size());
    let each = vmap(|key: &Tensor, a: &Tensor| with_origin(&origin, || one(key, a, log)));
    lax::reshape(&each(&keys, &a.flatten()), a.shape().clone())
}

/// Draws numbers, or their logarithms, that are differentiable with respect to their shape.
fn gamma_of(key: &Tensor, a: &Tensor, log: bool) -> Tensor {
    let own = key.clone();
    with_slope(
        move |a: &Tensor| draw(&own, a, log),
        a,
        move |a, y| {
            if !log {
                return random_gamma_grad_of(a, y);
            }
            let sample = y.exp();
            let sample = replace_where(&sample.eq(0.0), tiny(&sample), &sample);
            random_gamma_grad_of(a, &sample) / sample
        },
    )
}

/// Like [`gamma_of`], but half-precision types are computed in `f32`.
#[track_caller]
fn gamma_in(op: &str, key: &Tensor, a: impl Operand, shape: Shape, dtype: DType, log: bool) -> Tensor {
    expect_float(op, dtype);
    let a = parameter(op, a, dtype, &shape);
    at_caller(|| {
        if dtype.is_reduced_float() {
            return lax::convert(&gamma_of(key, &lax::convert(&a, DType::F32), log), dtype);
        }
        gamma_of(key, &a, log)
    })
}

/// Returns random numbers of the gamma distribution of shape `a` and scale 1. `a` broadcasts to `shape`.
///
/// The numbers have the implicit derivative with respect to `a`: the change of a number that keeps its distribution
/// function constant.
///
/// # Panics
/// If `key` is not a key, `dtype` is not a float, or `a` has another dtype or does not broadcast.
///
/// ```
/// use rune_trace::{DType, random};
/// let x = random::gamma(&random::key(0), 3.0, [1000], DType::F32);
/// assert!((x.mean().item::<f32>().unwrap() - 3.0).abs() < 0.2);
/// ```
#[track_caller]
pub fn gamma(key: &Tensor, a: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    gamma_in("gamma", key, a, shape.into(), dtype, false)
}
/// Returns logarithms of random numbers of the gamma distribution. They do not underflow for small `a`: see [`gamma`].
///
/// # Panics
/// Like [`gamma`].
#[track_caller]
pub fn loggamma(key: &Tensor, a: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    gamma_in("loggamma", key, a, shape.into(), dtype, true)
}
/// Returns random numbers of the beta distribution of shapes `a` and `b`, which broadcast to `shape`.
///
/// # Panics
/// Like [`gamma`].
///
/// ```
/// use rune_trace::{DType, random};
/// let x = random::beta(&random::key(0), 2.0, 6.0, [1000], DType::F32);
/// assert!((x.mean().item::<f32>().unwrap() - 0.25).abs() < 0.05);
/// ```
#[track_caller]
pub fn beta(key: &Tensor, a: impl Operand, b: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    let shape = shape.into();
    let [key_a, key_b] = split_into(key);
    let a = gamma_in("beta", &key_a, a, shape.clone(), dtype, true);
    let b = gamma_in("beta", &key_b, b, shape, dtype, true);
    let max = lax::max(&a, &b);
    let (a, b) = ((a - &max).exp(), (b - &max).exp());
    &a / (&a + b)
}
/// Returns random vectors of the Dirichlet distribution, along the last axis. The last axis of `alpha` holds the
/// parameters of a vector, and its other axes broadcast to `shape`.
///
/// # Panics
/// Like [`gamma`]. Also if `alpha` has no axis.
///
/// ```
/// use rune_trace::{DType, Tensor, random};
/// let x = random::dirichlet(&random::key(0), &Tensor::from([1.0f32, 2.0, 3.0]), [4], DType::F32);
/// assert_eq!(*x.shape(), [4, 3]);
/// assert!((x.sum_axes(-1) - 1.0).abs().max().item::<f32>().unwrap() < 1e-6);
/// ```
#[track_caller]
pub fn dirichlet(key: &Tensor, alpha: &Tensor, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    let Some(&classes) = alpha.shape().last() else {
        refuse!("random::dirichlet: the parameter must have an axis for the classes, but is {}", alpha.ty());
    };
    let mut shape = shape.into();
    shape.dims_mut().push(classes);
    gamma_in("dirichlet", key, alpha, shape, dtype, true).softmax(-1)
}
/// Returns random numbers of the chi-squared distribution of `df` degrees of freedom, which broadcast to `shape`.
///
/// # Panics
/// Like [`gamma`].
#[track_caller]
pub fn chisquare(key: &Tensor, df: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("chisquare", dtype);
    let shape = shape.into();
    let df = parameter("chisquare", df, dtype, &shape);
    gamma_in("chisquare", key, df * 0.5, shape, dtype, true).exp() * 2.0
}
/// Returns random numbers of the F distribution of `dfnum` and `dfden` degrees of freedom, which broadcast to `shape`.
///
/// # Panics
/// Like [`gamma`].
#[track_caller]
pub fn f(key: &Tensor, dfnum: impl Operand, dfden: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("f", dtype);
    let shape = shape.into();
    let dfnum = parameter("f", dfnum, dtype, &shape);
    let dfden = parameter("f", dfden, dtype, &shape);
    let [key_den, key_num] = split_into(key);
    let above = chisquare(&key_num, &dfnum, shape.clone(), dtype) / dfnum;
    above / (chisquare(&key_den, &dfden, shape, dtype) / dfden)
}
/// Returns random numbers of Student's t distribution of `df` degrees of freedom, which broadcast to `shape`.
///
/// # Panics
/// Like [`gamma`].
///
/// ```
/// use rune_trace::{DType, random};
/// let x = random::t(&random::key(0), 10.0, [1000], DType::F32);
/// assert!(x.mean().item::<f32>().unwrap().abs() < 0.2);
/// ```
#[doc(alias = "student_t")]
#[track_caller]
pub fn t(key: &Tensor, df: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("t", dtype);
    let shape = shape.into();
    let [key_n, key_g] = split_into(key);
    let half = parameter("t", df, dtype, &shape) * 0.5;
    let n = normal(&key_n, shape.clone(), dtype);
    n * (&half / gamma_in("t", &key_g, &half, shape, dtype, false)).sqrt()
}
/// Returns random numbers with a density proportional to e^-|x|ᵖ. `p` broadcasts to `shape`.
///
/// # Panics
/// Like [`gamma`].
#[track_caller]
pub fn generalized_normal(key: &Tensor, p: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("generalized_normal", dtype);
    let shape = shape.into();
    let inverse = 1.0 / parameter("generalized_normal", p, dtype, &shape);
    let [key_g, key_r] = split_into(key);
    let g = gamma_in("generalized_normal", &key_g, &inverse, shape.clone(), dtype, false);
    rademacher(&key_r, shape, dtype) * g.pow(&inverse)
}
/// Returns random points, along a last axis of size `d`, that are uniformly distributed in the unit ball of the
/// `p`-norm.
///
/// # Panics
/// Like [`gamma`].
///
/// ```
/// use rune_trace::{DType, random};
/// let x = random::ball(&random::key(0), 3, 2.0, [100], DType::F32);
/// assert!(x.norm_axes(-1).max().item::<f32>().unwrap() <= 1.0);
/// ```
#[track_caller]
pub fn ball(key: &Tensor, d: usize, p: f64, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    let shape = shape.into();
    let mut points = shape.clone();
    points.dims_mut().push(d);
    let [key_g, key_e] = split_into(key);
    let g = generalized_normal(&key_g, p, points, dtype);
    let e = exponential(&key_e, shape, dtype);
    let length = (g.abs().pow(p).sum_axes(-1) + e).pow(1.0 / p);
    g / length.unsqueeze(-1)
}
