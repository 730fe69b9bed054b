//! The complementary error function, and the normal distribution.
//!
//! The rational functions are those of Cephes' `ndtr.c` and `ndtri.c` (S. Moshier, "Methods and Programs for
//! Mathematical Functions", 1989), and those of its `ndtrf.c` in single precision.

use super::support::{lift, log_max, polynomial, replace_where, select_or, with_slope};
use crate::{Tensor, lax};
use rune_ir::DType;
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

/// Coefficients of eˣ² erfc x for 1 ≤ x < 8.
const P: [f64; 9] = [
    2.461_969_814_735_305e-10,
    0.564_189_564_831_068_9,
    7.463_210_564_422_699,
    48.637_197_098_568_14,
    196.520_832_956_077_1,
    526.445_194_995_477_3,
    934.528_527_171_957_6,
    1_027.551_886_895_157_2,
    557.535_335_369_399_4,
];
const Q: [f64; 9] = [
    1.0,
    13.228_195_115_474_5,
    86.707_214_088_598_97,
    354.937_778_887_819_9,
    975.708_501_743_205_5,
    1_823.909_166_879_097_3,
    2_246.337_608_187_109_7,
    1_656.663_091_941_613_4,
    557.535_340_817_727_7,
];
/// Coefficients of eˣ² erfc x for 8 ≤ x.
const R: [f64; 6] = [
    0.564_189_583_547_755_1,
    1.275_366_707_599_781,
    5.019_050_422_511_805,
    6.160_210_979_930_536,
    7.409_742_699_504_489,
    2.978_866_653_721_002_2,
];
const S: [f64; 7] = [
    1.0,
    2.260_528_632_201_172_6,
    9.396_035_249_380_015,
    12.048_953_980_809_666,
    17.081_445_074_756_59,
    9.608_968_090_632_859,
    3.369_076_451_000_815,
];
/// Coefficients of x eˣ² erfc x in powers of 1 / x², in single precision, for 1 ≤ x < 2 and for 2 ≤ x.
const SINGLE_NEAR: [f64; 9] = [
    0.023_268_2,
    -0.138_703_942,
    0.368_742_466,
    -0.582_473_278,
    0.621_000_468,
    -0.494_451_523,
    0.340_488,
    -0.274_112_701,
    0.563_825_965,
];
const SINGLE_FAR: [f64; 8] =
    [-10.477_664, 12.977_2, -7.495_518_68, 2.921_019_08, -1.015_265_23, 0.421_846_33, -0.282_076_746, 0.564_189_494];

/// Returns eˣ² erfc x, for 1 ≤ x.
fn scaled_tail(x: &Tensor) -> Tensor {
    if x.dtype() == DType::F64 {
        // Above 1e30, R / S equals R₀ / (S₀ x) to the last bit, and the powers of x would overflow.
        let far = x.gt(1e30);
        let inner = replace_where(&far, 1.0, x);
        let near = polynomial(&inner, &P) / polynomial(&inner, &Q);
        let tail = polynomial(&inner, &R) / polynomial(&inner, &S);
        let y = lax::select(&x.lt(8.0), &near, &tail);
        return lax::select(&far, &(R[0] / x), &y);
    }
    let inverse = 1.0 / x;
    let square = inverse.square();
    let near = polynomial(&square, &SINGLE_NEAR);
    let far = polynomial(&square, &SINGLE_FAR);
    inverse * lax::select(&x.lt(2.0), &near, &far)
}
/// Returns e^-sx². Computes x² in two parts to avoid its rounding error.
fn gaussian(x: &Tensor, s: f64) -> Tensor {
    let large = (x * 16.0).floor() / 16.0;
    let small = (x - &large) * (x + &large);
    (&large * &large * -s).exp() * (small * -s).exp()
}

fn erfc_value(x: &Tensor) -> Tensor {
    let magnitude = x.abs();
    let inner = magnitude.lt(1.0);
    let outer = replace_where(&inner, 1.0, &magnitude);
    let none = outer.square().gt(log_max(x));
    let tail = gaussian(&outer, 1.0) * scaled_tail(&outer);
    let tail = replace_where(&none, 0.0, &tail);
    let tail = lax::select(&x.lt(0.0), &(2.0 - &tail), &tail);
    let y = lax::select(&inner, &(1.0 - x.erf()), &tail);
    replace_where(&x.isnan(), f64::NAN, &y)
}
/// Returns 1 - erf x. Call it inside `at_caller`.
pub(crate) fn erfc_of(x: &Tensor) -> Tensor {
    with_slope(erfc_value, x, |x, _| (-x.square()).exp() * -FRAC_2_SQRT_PI)
}

fn erfcx_value(x: &Tensor) -> Tensor {
    let inner = x.lt(1.0);
    let outer = replace_where(&inner, 1.0, x);
    // Computes e^x² erfc x, which grows like 2 e^x² far below 0.
    let below = select_or(&inner, x, 0.0);
    let y = below.square().exp() * erfc_value(&below);
    let y = lax::select(&inner, &y, &scaled_tail(&outer));
    let y = replace_where(&x.eq(f64::INFINITY), 0.0, &y);
    replace_where(&x.eq(f64::NEG_INFINITY), f64::INFINITY, &y)
}
/// Returns eˣ² erfc x. Call it inside `at_caller`.
pub(crate) fn erfcx_of(x: &Tensor) -> Tensor {
    with_slope(erfcx_value, x, |x, y| x * y * 2.0 - FRAC_2_SQRT_PI)
}

fn ndtr_value(x: &Tensor) -> Tensor {
    let w = x * FRAC_1_SQRT_2;
    let middle = w.abs().lt(FRAC_1_SQRT_2);
    // Computes e^-x²/2 from x itself, because the rounding of x / √2 matters in the tail.
    let outer = replace_where(&middle, 1.0, &x.abs());
    let none = outer.square().gt(2.0 * log_max(x));
    let tail =
        replace_where(&none, 0.0, &(gaussian(&outer, 0.5) * scaled_tail(&(&outer * FRAC_1_SQRT_2).maximum(1.0)) * 0.5));
    let tail = lax::select(&outer.lt(SWITCH), &(erfc_value(&(&outer * FRAC_1_SQRT_2)) * 0.5), &tail);
    let tail = lax::select(&x.gt(0.0), &(1.0 - &tail), &tail);
    let y = lax::select(&middle, &((w.erf() + 1.0) * 0.5), &tail);
    replace_where(&x.isnan(), f64::NAN, &y)
}
/// Returns the distribution function of the normal distribution. Call it inside `at_caller`.
pub(crate) fn ndtr_of(x: &Tensor) -> Tensor {
    with_slope(ndtr_value, x, |x, _| normal_density(x))
}
/// Returns the density of the normal distribution.
pub(crate) fn normal_density(x: &Tensor) -> Tensor {
    (x.square() * -0.5).exp() / (2.0 * PI).sqrt()
}

fn log_ndtr_value(x: &Tensor) -> Tensor {
    // Above 0, uses log1p of the other tail. Far below 0, where the tail underflows, uses the tail without its factor
    // e^-x²/2.
    let above = x.gt(0.0);
    let below = x.lt(-1.0);
    let right = (-ndtr_value(&-lax::select(&above, x, &x.zeros_like()))).log1p();
    let left = lax::select(&below, x, &lax::full_like(x, -1.0));
    let left = (scaled_tail(&(&left * -FRAC_1_SQRT_2).maximum(1.0)) * 0.5).log() - left.square() * 0.5;
    let middle = ndtr_value(&x.clamp(-SWITCH, 0.0)).log();
    let y = lax::select(&above, &right, &lax::select(&x.lt(-SWITCH), &left, &middle));
    let y = replace_where(&x.eq(f64::NEG_INFINITY), f64::NEG_INFINITY, &y);
    replace_where(&x.isnan(), f64::NAN, &y)
}
/// From √2 on, the tail of the error function is used.
const SWITCH: f64 = std::f64::consts::SQRT_2;

/// Returns the derivative of the logarithm, φ(x) / Φ(x).
fn log_ndtr_slope(x: &Tensor) -> Tensor {
    let below = x.lt(0.0);
    let inner = lax::select(&below, x, &x.zeros_like());
    let left = (2.0 / PI).sqrt() / erfcx_of(&(inner * -FRAC_1_SQRT_2));
    let outer = lax::select(&below, &x.zeros_like(), x);
    lax::select(&below, &left, &(normal_density(&outer) / ndtr_of(&outer)))
}
/// Returns the logarithm of the distribution function. Call it inside `at_caller`.
pub(crate) fn log_ndtr_of(x: &Tensor) -> Tensor {
    with_slope(log_ndtr_value, x, |x, _| log_ndtr_slope(x))
}

fn ndtri_value(p: &Tensor) -> Tensor {
    // The upper end mirrors the lower one.
    let lower = p.le(1.0 - (-2f64).exp());
    let mirrored = lax::select(&lower, p, &(1.0 - p));
    let q = replace_where(&mirrored.eq(0.0), 0.5, &mirrored);
    let w = &q - 0.5;
    let square = w.square();
    let central = -(&w + &w * &square * (polynomial(&square, &P0) / polynomial(&square, &Q0))) * (2.0 * PI).sqrt();
    let z = (q.log() * -2.0).sqrt();
    let inverse = 1.0 / &z;
    let first = &z - z.log() / &z;
    let far = polynomial(&inverse, &P2) / polynomial(&inverse, &Q2) / &z;
    let near = polynomial(&inverse, &P1) / polynomial(&inverse, &Q1) / &z;
    let tail = first - lax::select(&z.ge(8.0), &far, &near);
    let x = lax::select(&q.gt((-2f64).exp()), &central, &tail);
    let x = lax::select(&lower, &-&x, &x);
    let x = replace_where(&p.eq(0.0), f64::NEG_INFINITY, &x);
    let x = replace_where(&p.eq(1.0), f64::INFINITY, &x);
    replace_where(&(p.lt(0.0) | p.gt(1.0)), f64::NAN, &x)
}
/// Returns the inverse of the distribution function. Call it inside `at_caller`.
pub(crate) fn ndtri_of(p: &Tensor) -> Tensor {
    with_slope(ndtri_value, p, |_, x| (x.square() * 0.5).exp() * (2.0 * PI).sqrt())
}

/// Returns 1 - erf(x), without loss of precision where it is small.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::erfc(&Tensor::scalar(10.0f64)).item::<f64>().unwrap();
/// assert!((x / 2.088_487_583_762_545e-45 - 1.0).abs() < 1e-14);
/// ```
#[track_caller]
pub fn erfc(x: &Tensor) -> Tensor {
    lift("special::erfc", x, erfc_of)
}
/// Returns e^x² · erfc(x), which is near 1 / (√π x) for large x.
///
/// # Panics
/// If the dtype of `x` is not a float.
#[track_caller]
pub fn erfcx(x: &Tensor) -> Tensor {
    lift("special::erfcx", x, erfcx_of)
}
/// Returns Φ(x), the distribution function of the normal distribution.
///
/// # Panics
/// If the dtype of `x` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let x = special::ndtr(&Tensor::from([0.0f64, 1.96])).to_vec::<f64>().unwrap();
/// assert!(x[0] == 0.5 && (x[1] - 0.975).abs() < 1e-4);
/// ```
#[track_caller]
pub fn ndtr(x: &Tensor) -> Tensor {
    lift("special::ndtr", x, ndtr_of)
}
/// Returns ln Φ(x), even where Φ(x) is too small for the dtype.
///
/// # Panics
/// If the dtype of `x` is not a float.
#[track_caller]
pub fn log_ndtr(x: &Tensor) -> Tensor {
    lift("special::log_ndtr", x, log_ndtr_of)
}
/// Returns the inverse of [`ndtr`]. It is -∞ at 0, ∞ at 1, and NaN outside 0 … 1.
///
/// # Panics
/// If the dtype of `p` is not a float.
///
/// ```
/// use rune_trace::{Tensor, special};
/// let p = Tensor::from([0.01f64, 0.5, 0.9]);
/// let q = special::ndtr(&special::ndtri(&p));
/// assert!((p - q).abs().max().item::<f64>().unwrap() < 1e-15);
/// ```
#[track_caller]
pub fn ndtri(p: &Tensor) -> Tensor {
    lift("special::ndtri", p, ndtri_of)
}

impl Tensor {
    /// Returns 1 - erf(x): see [`special::erfc`](crate::special::erfc).
    #[track_caller]
    pub fn erfc(&self) -> Tensor {
        lift("erfc", self, erfc_of)
    }
}

const P0: [f64; 5] = [
    -59.963_350_101_410_79,
    98.001_075_418_599_97,
    -56.676_285_746_907_03,
    13.931_260_938_727_968,
    -1.239_165_838_673_812_5,
];
const Q0: [f64; 9] = [
    1.0,
    1.954_488_583_381_417_6,
    4.676_279_128_988_815,
    86.360_242_139_089_05,
    -225.462_687_854_119_37,
    200.260_212_380_060_66,
    -82.037_225_616_833_34,
    15.905_622_512_621_17,
    -1.183_316_211_213_3,
];
const P1: [f64; 9] = [
    4.055_448_923_059_624_5,
    31.525_109_459_989_388,
    57.162_819_224_642_13,
    44.080_507_389_320_08,
    14.684_956_192_885_803,
    2.186_633_068_507_902_5,
    -0.140_256_079_171_354_5,
    -0.035_042_462_682_784_82,
    -0.000_857_456_785_154_685_4,
];
const Q1: [f64; 9] = [
    1.0,
    15.779_988_325_646_675,
    45.390_763_512_887_92,
    41.317_203_825_467_2,
    15.042_538_569_290_75,
    2.504_649_462_083_094,
    -0.142_182_922_854_787_79,
    -0.038_080_640_769_157_83,
    -0.000_933_259_480_895_457_4,
];
const P2: [f64; 9] = [
    3.237_748_917_769_460_3,
    6.915_228_890_689_842,
    3.938_810_252_924_744_4,
    1.333_034_608_158_075_5,
    0.201_485_389_549_179_08,
    0.012_371_663_481_782_003,
    0.000_301_581_553_508_235_43,
    2.658_069_746_867_375_5e-6,
    6.239_745_391_849_833e-9,
];
const Q2: [f64; 9] = [
    1.0,
    6.024_270_393_647_42,
    3.679_835_638_561_608_7,
    1.377_020_994_890_813_2,
    0.216_236_993_594_496_63,
    0.013_420_400_608_854_318,
    0.000_328_014_464_682_127_74,
    2.892_478_647_453_806_8e-6,
    6.790_194_080_099_813e-9,
];
