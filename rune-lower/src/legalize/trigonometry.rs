//! Sine, cosine, tangent and arctangent.
//!
//! IREE's f32 sine and cosine are wrong above about 1e4, and meaningless from 1e10 on. It has none for f64. Here, the
//! argument is reduced exactly (Cody and Waite, π/2 in three parts, in f64), and the polynomials are those of fdlibm
//! and Cephes. From 3e9 on, the multiple of π/2 exceeds `i32`, and the result is NaN instead of a wrong number.

use crate::builder::{Builder, Val};
use crate::legalize::exponential::polynomial;
use crate::legalize::power::negative;
use crate::module_lowering::ModuleLowering;
use rune_ir::DType;
use rune_ir::op::{Comparison, Literal};
use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, FRAC_PI_4, PI};

/// The greatest |x| that is reduced.
const REDUCED: f64 = 3.0e9;
/// π/2 as parts of 22 bits, whose multiples by up to 2³¹ are exact, and the rest to 53 bits.
const PARTS: [f64; 4] = [1.570796012878418, 3.139164164167596e-7, 6.223371969669989e-14, 2.0222662487959506e-21];

pub(crate) fn sin<'c>(b: &Builder<'c>, lowering: &ModuleLowering<'c>, x: &Val<'c>) -> Val<'c> {
    if !lowering.expands_trigonometry() {
        return b.unary("stablehlo.sine", x);
    }
    let r = reduce(b, x);
    let odd = bit(b, &r.quadrant, 1);
    let value = b.select(&odd, &r.cos(b), &r.sin(b));
    b.select(&bit(b, &r.quadrant, 2), &b.neg(&value), &value)
}

pub(crate) fn cos<'c>(b: &Builder<'c>, lowering: &ModuleLowering<'c>, x: &Val<'c>) -> Val<'c> {
    if !lowering.expands_trigonometry() {
        return b.unary("stablehlo.cosine", x);
    }
    let r = reduce(b, x);
    let odd = bit(b, &r.quadrant, 1);
    let value = b.select(&odd, &r.sin(b), &r.cos(b));
    let one = b.number(1.0, &r.quadrant);
    b.select(&bit(b, &b.add(&r.quadrant, &one), 2), &b.neg(&value), &value)
}

pub(crate) fn tan<'c>(b: &Builder<'c>, lowering: &ModuleLowering<'c>, x: &Val<'c>) -> Val<'c> {
    if !lowering.expands_trigonometry() {
        return b.unary("stablehlo.tan", x);
    }
    let r = reduce(b, x);
    let (sin, cos) = (r.sin(b), r.cos(b));
    let odd = bit(b, &r.quadrant, 1);
    let numerator = b.select(&odd, &b.neg(&cos), &sin);
    b.div(&numerator, &b.select(&odd, &sin, &cos))
}

/// The reduced argument: `x` = quadrant · π/2 + high + low, |high| ≤ π/4.
struct Reduced<'c> {
    quadrant: Val<'c>,
    high: Val<'c>,
    /// The low part, in f64 only.
    low: Option<Val<'c>>,
}

fn bit<'c>(b: &Builder<'c>, quadrant: &Val<'c>, bit: i32) -> Val<'c> {
    let masked = b.and(quadrant, &b.full(Literal::new(bit), quadrant.shape()));
    b.compare_n(Comparison::Ne, &masked, 0.0)
}

fn reduce<'c>(b: &Builder<'c>, x: &Val<'c>) -> Reduced<'c> {
    let wide = b.convert(x, DType::F64);
    // This is false for NaN too.
    let small = b.compare_n(Comparison::Le, &b.abs(&wide), REDUCED);
    let wide = b.select(&small, &wide, &b.number(0.0, &wide));
    let n = b.unary("stablehlo.round_nearest_even", &b.mul_n(&wide, FRAC_2_PI));
    let first = b.sub(&wide, &b.mul_n(&n, PARTS[0]));
    let second = b.sub(&first, &b.mul_n(&n, PARTS[1]));
    let last = b.add(&b.mul_n(&n, PARTS[2]), &b.mul_n(&n, PARTS[3]));
    let high = b.sub(&second, &last);
    let low = (x.dtype() == DType::F64).then(|| b.sub(&b.sub(&second, &high), &last));
    let nan = b.number(f64::NAN, x);
    let high = b.select(&small, &b.convert(&high, x.dtype()), &nan);
    Reduced { quadrant: b.convert(&n, DType::I32), high, low }
}

impl<'c> Reduced<'c> {
    fn sin(&self, b: &Builder<'c>) -> Val<'c> {
        let x = &self.high;
        let z = b.mul(x, x);
        let v = b.mul(&z, x);
        let Some(low) = &self.low else {
            let p = polynomial(b, &z, &[-1.951_529_589_1e-4, 8.332_160_873_6e-3, -1.666_665_461_1e-1]);
            return b.add(x, &b.mul(&v, &p));
        };
        let r = polynomial(
            b,
            &z,
            &[
                1.589_690_995_211_55e-10,
                -2.505_076_025_340_686_3e-8,
                2.755_731_370_707_006_8e-6,
                -1.984_126_982_985_795e-4,
                8.333_333_333_322_49e-3,
            ],
        );
        let t = b.mul(&z, &b.sub(&b.mul_n(low, 0.5), &b.mul(&v, &r)));
        let t = b.sub(&b.sub(&t, low), &b.mul_n(&v, -1.666_666_666_666_663_2e-1));
        b.sub(x, &t)
    }
    fn cos(&self, b: &Builder<'c>) -> Val<'c> {
        let x = &self.high;
        let z = b.mul(x, x);
        let half = b.mul_n(&z, 0.5);
        let one = b.number(1.0, x);
        let w = b.sub(&one, &half);
        let Some(low) = &self.low else {
            let p = polynomial(b, &z, &[2.443_315_711_809_948e-5, -1.388_731_625_493_765e-3, 4.166_664_568_298_827e-2]);
            return b.add(&w, &b.mul(&b.mul(&z, &z), &p));
        };
        let r = polynomial(
            b,
            &z,
            &[
                -1.135_964_755_778_819_5e-11,
                2.087_572_321_298_175e-9,
                -2.755_731_435_139_066_3e-7,
                2.480_158_728_947_673e-5,
                -1.388_888_888_887_411e-3,
                4.166_666_666_666_66e-2,
            ],
        );
        let r = b.mul(&z, &r);
        let tail = b.sub(&b.mul(&z, &r), &b.mul(x, low));
        b.add(&w, &b.add(&b.sub(&b.sub(&one, &w), &half), &tail))
    }
}

/// Returns the angle of the point (`x`, `y`). IREE's version returns NaN if both are infinite, and has no f64 form.
pub(crate) fn atan2<'c>(b: &Builder<'c>, lowering: &ModuleLowering<'c>, y: &Val<'c>, x: &Val<'c>) -> Val<'c> {
    if lowering.is_export() {
        return b.binary("stablehlo.atan2", y, x);
    }
    let (ay, ax) = (b.abs(y), b.abs(x));
    let (least, greatest) = (b.min(&ay, &ax), b.max(&ay, &ax));
    // 0 / 0 must be 0, and ∞ / ∞ must be 1.
    let ratio = b.div(&least, &greatest);
    let origin = b.compare_n(Comparison::Eq, &greatest, 0.0);
    let ratio = b.select(&origin, &b.number(0.0, y), &ratio);
    let corner = b.compare_n(Comparison::Eq, &least, f64::INFINITY);
    let ratio = b.select(&corner, &b.number(1.0, y), &ratio);
    let angle = atan_unit(b, &ratio);
    let steep = b.compare(Comparison::Gt, &ay, &ax);
    let angle = b.select(&steep, &b.sub(&b.number(FRAC_PI_2, y), &angle), &angle);
    let angle = b.select(&negative(b, x), &b.sub(&b.number(PI, y), &angle), &angle);
    b.select(&negative(b, y), &b.neg(&angle), &angle)
}

/// Returns the arctangent of 0 ≤ t ≤ 1 (Cephes).
fn atan_unit<'c>(b: &Builder<'c>, t: &Val<'c>) -> Val<'c> {
    /// The part of π/4 that f64 cannot represent.
    const MORE: f64 = 3.061_616_997_868_383e-17;
    let large = b.compare_n(Comparison::Gt, t, 0.66);
    let folded = b.div(&b.add_n(t, -1.0), &b.add_n(t, 1.0));
    let u = b.select(&large, &folded, t);
    let z = b.mul(&u, &u);
    let p = polynomial(
        b,
        &z,
        &[
            -8.750_608_600_031_904e-1,
            -1.615_753_718_733_365e1,
            -7.500_855_792_314_705e1,
            -1.228_866_684_490_136_1e2,
            -6.485_021_904_942_025e1,
        ],
    );
    let q = polynomial(
        b,
        &z,
        &[
            1.0,
            2.485_846_490_142_306_3e1,
            1.650_270_098_316_988_5e2,
            4.328_810_604_912_902_6e2,
            4.853_903_996_359_137e2,
            1.945_506_571_482_614e2,
        ],
    );
    let small = b.add(&u, &b.mul(&b.mul(&u, &z), &b.div(&p, &q)));
    let shifted = b.add_n(&b.add_n(&small, MORE), FRAC_PI_4);
    b.select(&large, &shifted, &small)
}
