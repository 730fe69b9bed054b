//! The inverse error function, by M. Giles, "Approximating the erfinv function" (GPU Computing Gems, 2011). The steps
//! are those of XLA, so normal random numbers equal JAX's.

use crate::{Tensor, lax};
use rune_ir::DType;

/// Single precision: pairs of coefficients for w < 5 and for w ≥ 5, the highest power first.
const SINGLE: [(f64, f64); 9] = [
    (2.81022636e-08, -0.000200214257),
    (3.43273939e-07, 0.000100950558),
    (-3.5233877e-06, 0.00134934322),
    (-4.39150654e-06, -0.00367342844),
    (0.00021858087, 0.00573950773),
    (-0.00125372503, -0.0076224613),
    (-0.00417768164, 0.00943887047),
    (0.246640727, 1.00167406),
    (1.50140941, 2.83297682),
];

/// Double precision, w < 6.25: coefficients of the powers of w - 3.125.
const NEAR: [f64; 23] = [
    -3.644_412_064_017_82e-21,
    -1.685_059_138_182_016_6e-19,
    1.285_848_071_525_64e-18,
    1.115_787_767_802_518_1e-17,
    -1.333_171_662_854_621e-16,
    2.097_276_787_596_856_2e-17,
    6.637_638_134_358_324e-15,
    -4.054_566_272_975_207e-14,
    -8.151_934_197_605_472e-14,
    2.633_509_315_308_232_3e-12,
    -1.297_513_325_345_353_2e-11,
    -5.415_412_054_294_628e-11,
    1.051_212_273_321_532_3e-9,
    -4.112_633_980_346_984e-9,
    -2.907_036_995_788_200_5e-8,
    4.234_787_782_793_240_4e-7,
    -1.365_469_200_083_467_9e-6,
    -1.388_252_336_278_646_9e-5,
    0.000_186_734_208_034_057_14,
    -0.000_740_702_534_166_267,
    -0.006_033_670_871_430_149,
    0.240_158_182_425_589_62,
    1.653_654_562_683_102_7,
];
/// Double precision, 6.25 ≤ w < 16: coefficients of the powers of √w - 3.25.
const MIDDLE: [f64; 19] = [
    2.213_737_692_177_578_7e-9,
    9.075_656_193_888_539e-8,
    -2.751_740_629_706_454_5e-7,
    1.823_962_921_438_922_8e-8,
    1.502_740_396_890_982_8e-6,
    -4.013_867_526_981_546e-6,
    2.923_444_908_995_544_6e-6,
    1.247_530_448_167_177_9e-5,
    -4.731_822_900_905_573_4e-5,
    6.828_485_145_957_318e-5,
    2.403_111_038_709_789_4e-5,
    -0.000_355_037_520_362_847_5,
    0.000_953_289_379_737_380_5,
    -0.001_688_275_556_023_504_7,
    0.002_491_442_096_107_851,
    -0.003_751_208_507_569_241,
    0.005_370_914_553_590_064,
    1.005_258_967_694_159_2,
    3.083_885_610_492_220_8,
];
/// Double precision, 16 ≤ w: coefficients of the powers of √w - 5.
const FAR: [f64; 17] = [
    -2.710_992_061_643_857_3e-11,
    -2.555_641_816_996_525e-10,
    1.507_657_269_350_054_8e-9,
    -3.789_465_440_126_737e-9,
    7.615_701_208_078_34e-9,
    -1.496_002_662_714_924e-8,
    2.914_795_345_090_108e-8,
    -6.771_199_775_845_234e-8,
    2.290_048_222_802_665_5e-7,
    -9.929_827_294_231_7e-7,
    4.526_062_597_223_154e-6,
    -1.968_177_810_553_167e-5,
    7.599_527_703_001_776e-5,
    -0.000_215_030_119_300_444_77,
    -0.000_138_719_318_336_231_22,
    1.010_300_464_864_534_4,
    4.849_906_401_408_584,
];

#[track_caller]
pub(super) fn erf_inv(x: &Tensor) -> Tensor {
    if x.dtype().is_reduced_float() {
        return lax::convert(&erf_inv(&lax::convert(x, DType::F32)), x.dtype());
    }
    let scale = if x.dtype() == DType::F64 { double(x) } else { single(x) };
    // Uses constants, because x · ∞ would have no derivative.
    let infinity = lax::full_like(x, f64::INFINITY);
    let ends = lax::select(&x.gt(0.0), &infinity, &lax::full_like(x, f64::NEG_INFINITY));
    lax::select(&lax::eq(&lax::abs(x), &x.ones_like()), &ends, &lax::mul(&scale, x))
}

#[track_caller]
fn w(x: &Tensor) -> Tensor {
    -lax::log1p(&lax::mul(x, &-x))
}

#[track_caller]
fn single(x: &Tensor) -> Tensor {
    let w = w(x);
    let near = w.lt(5.0);
    // Replaces small w, where the root is not used: the square root has no derivative at 0.
    let root = lax::select(&near, &lax::full_like(&w, 9.0), &w).sqrt();
    let w = lax::select(&near, &(&w - 2.5), &(root - 3.0));
    let mut sum: Option<Tensor> = None;
    for (a, b) in SINGLE {
        let c = lax::select(&near, &lax::full_like(x, a), &lax::full_like(x, b));
        sum = Some(match sum {
            None => c,
            Some(sum) => c + sum * &w,
        });
    }
    sum.expect("there are coefficients")
}

#[track_caller]
fn double(x: &Tensor) -> Tensor {
    let w = w(x);
    let (near, far) = (w.lt(6.25), w.ge(16.0));
    let root = lax::select(&near, &lax::full_like(&w, 9.0), &w).sqrt();
    let inner = polynomial(&(&w - 3.125), &NEAR);
    let middle = polynomial(&(&root - 3.25), &MIDDLE);
    let outer = polynomial(&(&root - 5.0), &FAR);
    lax::select(&near, &inner, &lax::select(&far, &outer, &middle))
}

#[track_caller]
fn polynomial(x: &Tensor, coefficients: &[f64]) -> Tensor {
    let mut sum = lax::full_like(x, coefficients[0]);
    for &c in &coefficients[1..] {
        sum = lax::full_like(x, c) + sum * x;
    }
    sum
}
