//! Random counts and signs.

use super::continuous::uniform;
use super::{bernoulli, expect_float, parameter, split, split_into};
use crate::array_fns::scalar::Operand;
use crate::array_fns::special::lgamma_of;
use crate::array_fns::special::support::{replace_where, while_loop_with_origin};
use crate::tensor::{at_caller, current_origin, refuse, with_origin};
use crate::{Tensor, lax, scan};
use rune_ir::{DType, Shape};

#[track_caller]
fn expect_int(op: &str, dtype: DType) {
    if !dtype.is_int() {
        refuse!("random::{op}: draws integers, but was asked for {dtype}");
    }
}

/// Returns -1 or 1, each with probability 1/2. `dtype` is a float or a signed integer.
///
/// # Panics
/// If `key` is not a key, or `dtype` is `bool` or unsigned.
///
/// ```
/// use rune_trace::{DType, random};
/// let x = random::rademacher(&random::key(0), [100], DType::I32);
/// assert!((&x * &x).eq(1).all().item::<bool>().unwrap());
/// ```
#[track_caller]
pub fn rademacher(key: &Tensor, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    if dtype == DType::Bool || dtype.is_unsigned_int() {
        refuse!("random::rademacher: draws signed numbers, but was asked for {dtype}");
    }
    // JAX draws numbers of its default float dtype, which is f64 if 64-bit types are enabled.
    let half = lax::full(if dtype.size() == 8 { DType::F64 } else { DType::F32 }, &Shape::scalar(), 0.5);
    lax::convert(&bernoulli(key, half, shape), dtype) * 2 - 1
}

/// Draws Poisson numbers by products of uniform numbers (D. Knuth, "The Art of Computer Programming", volume 2), for
/// small rates.
fn poisson_by_products(key: &Tensor, rate: &Tensor) -> Tensor {
    let shape = rate.shape();
    let limit = -rate;
    let zero = lax::full(DType::I32, shape, 0.0);
    let [_, k, _] = while_loop_with_origin(
        |[_, _, log]: &[Tensor; 3]| log.gt(&limit).any(),
        |[key, k, log]| {
            let [key, own] = split_into(key);
            let k = lax::select(&log.gt(&limit), &(k + 1), k);
            let u = uniform(&own, shape.clone(), DType::F32, 0.0, 1.0);
            [key, k, log + u.log()]
        },
        &[key.clone(), zero, rate.zeros_like()],
    );
    k - 1
}
/// Draws Poisson numbers by transformed rejection (W. Hörmann, "The transformed rejection method for generating Poisson
/// random variables", 1993), for rates from 10 on.
fn poisson_by_rejection(key: &Tensor, rate: &Tensor) -> Tensor {
    let shape = rate.shape();
    let log_rate = rate.log();
    let b = rate.sqrt() * 2.53 + 0.931;
    let a = &b * 0.02483 - 0.059;
    let inverse_alpha = 1.1328 / (&b - 3.4) + 1.1239;
    let v_r = 0.9277 - 3.6224 / (&b - 2.0);
    let init = [key.clone(), lax::full_like(rate, -1.0), lax::eq(rate, &lax::full_like(rate, f64::INFINITY))];
    let [_, k, _] = while_loop_with_origin(
        |[_, _, accepted]: &[Tensor; 3]| (!accepted).any(),
        |[key, before, accepted]| {
            let [key, key_u, key_v] = split_into(key);
            let u = uniform(&key_u, shape.clone(), rate.dtype(), 0.0, 1.0) - 0.5;
            let v = uniform(&key_v, shape.clone(), rate.dtype(), 0.0, 1.0);
            let us = 0.5 - u.abs();
            let k = ((&a * 2.0 / &us + &b) * u + rate + 0.43).floor();
            let s = (&v * &inverse_alpha / (&a / (&us * &us) + &b)).log();
            let t = -rate + &k * &log_rate - lgamma_of(&(&k + 1.0));
            let inside = us.ge(0.07) & v.le(&v_r);
            let outside = k.lt(0.0) | (us.lt(0.013) & v.gt(&us));
            let accept = inside | (!outside & s.le(t));
            [key, lax::select(&accept, &k, before), accepted | accept]
        },
        &init,
    );
    k
}

/// Returns random numbers of the Poisson distribution. `rate` broadcasts to `shape` and is converted to `f32`. The
/// result is -1 if the rate is negative, NaN or infinite.
///
/// # Panics
/// If `key` is not a key, `dtype` is not an integer, `rate` is not a float, or the shapes do not broadcast.
///
/// ```
/// use rune_trace::{DType, random};
/// let x = random::poisson(&random::key(0), 4.0, [1000], DType::I32).cast(DType::F32);
/// assert!((x.mean().item::<f32>().unwrap() - 4.0).abs() < 0.3);
/// ```
#[track_caller]
pub fn poisson(key: &Tensor, rate: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_int("poisson", dtype);
    let shape = shape.into();
    let rate = match rate.into_argument() {
        crate::Argument::Tensor(t) if t.dtype().is_float() => crate::Argument::Tensor(lax::convert(&t, DType::F32)),
        other @ (crate::Argument::Tensor(_) | crate::Argument::Scalar(_)) => other,
    };
    let rate = parameter("poisson", rate, DType::F32, &shape);
    at_caller(|| {
        let rate = lax::stop_gradient(&rate);
        let small = rate.isnan() | rate.lt(10.0);
        let products = poisson_by_products(key, &replace_where(&!&small, 0.0, &rate));
        let rejection = poisson_by_rejection(key, &replace_where(&small, 1e5, &rate));
        let k = lax::select(&small, &lax::convert(&products, dtype), &lax::convert(&rejection, dtype));
        replace_where(&rate.eq(0.0), 0.0, &k)
    })
}

/// Returns random numbers of the geometric distribution: the number of trials up to the first success, if each trial
/// succeeds with probability `p`. `p` broadcasts to `shape`. A Rust number becomes `f32`.
///
/// # Panics
/// If `key` is not a key, `dtype` is not an integer, `p` is not a float, or the shapes do not broadcast.
#[track_caller]
pub fn geometric(key: &Tensor, p: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_int("geometric", dtype);
    let shape = shape.into();
    let p = p.into_argument();
    let float = p.dtype().unwrap_or(DType::F32);
    expect_float("geometric", float);
    let p = parameter("geometric", p, float, &shape);
    let u = uniform(key, shape, float, 0.0, 1.0);
    let u = replace_where(&u.eq(0.0), 1.0, &u);
    lax::convert(&((u.log() / (-p).log1p()).floor() + 1.0), dtype)
}

/// Returns the difference between ln k! and Stirling's formula, for whole numbers.
fn stirling_tail(k: &Tensor) -> Tensor {
    const EXACT: [f64; 10] = [
        0.081_061_466_795_327_2,
        0.041_340_695_955_409_2,
        0.027_677_925_684_998_3,
        0.020_790_672_103_765_09,
        0.016_644_691_189_821_1,
        0.013_876_128_823_070_7,
        0.011_896_709_945_891_7,
        0.010_411_265_261_972,
        0.009_255_462_182_712_73,
        0.008_330_563_433_362_87,
    ];
    let few = k.le(9.0);
    let k = k.clamp(0.0, 9.0);
    let next = &k + 1.0;
    let square = next.square();
    let series = (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0) / &square) / &square) / next;
    let mut exact = lax::full_like(&k, EXACT[9]);
    for (n, value) in EXACT.into_iter().enumerate().take(9).rev() {
        exact = replace_where(&k.lt((n + 1) as f64), value, &exact);
    }
    lax::select(&few, &exact, &series)
}

/// Draws binomial numbers by inversion, for few successes: draws geometric numbers until their sum exceeds the count
/// (L. Devroye, "Non-Uniform Random Variate Generation", 1986).
fn binomial_by_inversion(key: &Tensor, n: &Tensor, p: &Tensor) -> Tensor {
    let log_failure = (-p).log1p();
    let [_, k, _] = while_loop_with_origin(
        |[_, _, sum]: &[Tensor; 3]| sum.le(n).any(),
        |[key, k, sum]| {
            let [own, key] = split_into(key);
            let k = lax::select(&sum.le(n), &(k + 1.0), k);
            let u = uniform(&own, p.shape().clone(), p.dtype(), 0.0, 1.0);
            [key, k, sum + (u.log() / &log_failure).ceil()]
        },
        &[key.clone(), p.zeros_like(), p.zeros_like()],
    );
    k - 1.0
}
/// Draws binomial numbers by transformed rejection (W. Hörmann, "The generation of binomial random variates", 1993),
/// for many successes.
fn binomial_by_rejection(key: &Tensor, n: &Tensor, p: &Tensor) -> Tensor {
    let deviation = (n * p * (1.0 - p)).sqrt();
    let b = &deviation * 2.53 + 1.15;
    let a = &b * 0.0248 - 0.0873 + p * 0.01;
    let c = n * p + 0.5;
    let v_r = 0.92 - 4.2 / &b;
    let r = p / (1.0 - p);
    let alpha = (5.1 / &b + 2.83) * deviation;
    let m = ((n + 1.0) * p).floor();
    let fixed = stirling_tail(&m) + stirling_tail(&(n - &m));
    let init = [key.clone(), lax::full_like(p, -1.0), lax::full(DType::Bool, p.shape(), 0.0)];
    let [_, k, _] = while_loop_with_origin(
        |[_, _, accepted]: &[Tensor; 3]| (!accepted).any(),
        |[key, before, accepted]| {
            let [key, key_u, key_v] = split_into(key);
            let u = uniform(&key_u, p.shape().clone(), p.dtype(), 0.0, 1.0);
            let v = uniform(&key_v, p.shape().clone(), p.dtype(), 0.0, 1.0);
            let u = u - 0.5;
            let us = 0.5 - u.abs();
            let inside = us.ge(0.07) & v.le(&v_r);
            let k = ((&a * 2.0 / &us + &b) * u + &c).floor();
            let outside = k.lt(0.0) | k.gt(n);
            let v = (v * &alpha / (&a / (&us * &us) + &b)).log();
            let failures = n - &m + 1.0;
            let rest = n - &k + 1.0;
            let bound = (&m + 0.5) * ((&m + 1.0) / (&r * &failures)).log()
                + (n + 1.0) * (&failures / &rest).log()
                + (&k + 0.5) * (&r * &rest / (&k + 1.0)).log()
                + &fixed
                - stirling_tail(&k)
                - stirling_tail(&(n - &k));
            let accept = inside | (!outside & v.le(bound));
            [key, lax::select(&accept, &k, before), accepted | accept]
        },
        &init,
    );
    k
}

/// Returns the numbers of successes. All operands have the same float type.
fn binomial_of(key: &Tensor, n: &Tensor, p: &Tensor) -> Tensor {
    let rare = p.lt(0.5);
    let q = lax::select(&rare, p, &(1.0 - p));
    let no_count = n.isnan() | n.lt(0.0);
    let endless = n.isinf();
    let no_chance = q.isnan() | q.lt(0.0);
    let invalid = &no_chance | &no_count;
    let q = replace_where(&no_chance, 0.01, &q);
    let few = &no_count | (n * &q).le(10.0);
    let whole = n.floor();
    let inversion = binomial_by_inversion(key, &replace_where(&(!&few | &no_count), 0.0, &whole), &q);
    let many = &few | &endless;
    let rejection = binomial_by_rejection(key, &replace_where(&many, 1e4, &whole), &replace_where(&many, 0.5, &q));
    let k = lax::select(&few, &inversion, &rejection);
    let k = replace_where(&invalid, f64::NAN, &k);
    let k = replace_where(&(&endless & !&invalid), f64::INFINITY, &k);
    lax::select(&(rare | no_count | endless), &k, &(whole - &k))
}

/// Returns random numbers of the binomial distribution: the number of successes in `n` trials of probability `p`, as
/// floats of `dtype`. `n` and `p` broadcast to `shape`. The result is NaN if `n` is negative or `p` is not in 0 … 1.
///
/// # Panics
/// If `key` is not a key, `dtype` is not a float, `n` or `p` has another dtype, or the shapes do not broadcast.
///
/// ```
/// use rune_trace::{DType, random};
/// let x = random::binomial(&random::key(0), 20.0, 0.25, [1000], DType::F32);
/// assert!((x.mean().item::<f32>().unwrap() - 5.0).abs() < 0.3);
/// ```
#[track_caller]
pub fn binomial(key: &Tensor, n: impl Operand, p: impl Operand, shape: impl Into<Shape>, dtype: DType) -> Tensor {
    expect_float("binomial", dtype);
    let shape = shape.into();
    let n = parameter("binomial", n, dtype, &shape);
    let p = parameter("binomial", p, dtype, &shape);
    at_caller(|| binomial_of(key, &lax::stop_gradient(&n), &lax::stop_gradient(&p)))
}

/// Returns random numbers of the multinomial distribution: the number of times that each class occurs in `n` draws. `p`
/// holds the probabilities of the classes along its last axis, and `n` broadcasts to the other axes.
///
/// # Panics
/// If `key` is not a key, `p` is not a float or has no axis, `n` has another dtype, or the shapes do not broadcast.
///
/// ```
/// use rune_trace::{Tensor, random};
/// let x = random::multinomial(&random::key(0), 100.0, &Tensor::from([0.2f32, 0.3, 0.5]));
/// assert_eq!(x.sum().item::<f32>().unwrap(), 100.0);
/// ```
#[track_caller]
pub fn multinomial(key: &Tensor, n: impl Operand, p: &Tensor) -> Tensor {
    drawn_classes("multinomial", key, n, p, None)
}

/// Like [`multinomial`], with one draw of counts for each index of `shape`: the `shape` of `jax.random.multinomial`. The
/// result has the axes of `shape`, and then that of the classes. `n`, and `p` without its last axis, broadcast to
/// `shape`.
///
/// # Panics
/// Like [`multinomial`].
///
/// ```
/// use rune_trace::{Tensor, random};
/// let x = random::multinomial_with(&random::key(0), 100.0, &Tensor::from([0.2f32, 0.3, 0.5]), [4]);
/// assert_eq!(x.sum_axes(-1).to_vec::<f32>().unwrap(), [100.0; 4]);
/// ```
#[track_caller]
pub fn multinomial_with(key: &Tensor, n: impl Operand, p: &Tensor, shape: impl Into<Shape>) -> Tensor {
    drawn_classes("multinomial_with", key, n, p, Some(shape.into()))
}

/// Draws multinomial counts. `shape` is the shape of the result without its last axis. `None` takes it from `p`.
#[track_caller]
fn drawn_classes(op: &str, key: &Tensor, n: impl Operand, p: &Tensor, shape: Option<Shape>) -> Tensor {
    expect_float(op, p.dtype());
    let Some((&classes, rest)) = p.shape().split_last() else {
        refuse!("random::{op}: the probabilities must have an axis for the classes, but are {}", p.ty());
    };
    let shape = shape.unwrap_or_else(|| Shape::from(rest));
    let n = parameter(op, n, p.dtype(), &shape);
    let p = parameter(op, p, p.dtype(), &shape.iter().copied().chain([classes]).collect());
    at_caller(|| {
        let origin = current_origin();
        // Each class takes its share of the remaining draws: its probability, divided by the sum of the remaining
        // probabilities.
        let p = lax::stop_gradient(&p.moveaxis(-1, 0));
        let left = lax::cumulative(rune_ir::op::CumulativeFn::Sum, &p, 0, true);
        let shares = (&p / replace_where(&left.eq(0.0), 1.0, &left)).clamp(0.0, 1.0);
        let keys = split(key, classes);
        let draw = |left: &Tensor, (share, key): &(Tensor, Tensor)| {
            with_origin(&origin, || {
                let count = binomial_of(key, left, share);
                (left - &count, count)
            })
        };
        let (_, counts) = scan(draw, &lax::stop_gradient(&n), &(shares, keys));
        counts.moveaxis(0, -1)
    })
}
