//! Operations that IREE's code generator for Vulkan and Metal lacks or computes wrongly. SPIR-V's extended instructions
//! have no exponential and no logarithm of `f64`. Its integer remainder has the wrong sign for the minimum. 8-bit
//! unsigned division does not compile. Parts of arrays, and operations behind reductions, are wrong.
//!
//! The functions of `f64` are those of fdlibm (Sun Microsystems, 1993).

use crate::builder::{Builder, Rewrites, Val};
use crate::legalize::exponential::{polynomial, scale};
use crate::legalize::math64;
use crate::legalize::views::{self, ViewRole};
use crate::tree::{Context, Mark, Value};
use crate::value::Known;
use rune_ir::op::{Comparison, Literal};
use rune_ir::{DType, Type};

/// The functions that the code generator for SPIR-V lacks.
struct SpirV;

impl Rewrites for SpirV {
    fn unary<'c>(&self, b: &Builder<'c>, name: &str, x: &Val<'c>) -> Option<Val<'c>> {
        if x.dtype() != DType::F64 {
            return None;
        }
        match name {
            "stablehlo.exponential" => Some(exp(b, x)),
            "stablehlo.log" => Some(log(b, x)),
            "stablehlo.log_plus_one" => Some(math64::log1p(b, x)),
            "stablehlo.exponential_minus_one" => Some(math64::expm1(b, x)),
            "stablehlo.logistic" => {
                let one = b.number(1.0, x);
                Some(b.div(&one, &b.add(&one, &exp(b, &b.neg(x)))))
            }
            "chlo.erf" => Some(erf(b, x)),
            _ => None,
        }
    }
    fn binary<'c>(&self, b: &Builder<'c>, name: &str, x: &Val<'c>, y: &Val<'c>) -> Option<Val<'c>> {
        let dtype = x.dtype();
        match name {
            "stablehlo.divide" if dtype == DType::U8 => {
                // (x + ½) / y is never near an integer, so rounding does no harm.
                let wide = |v: &Val<'c>| b.convert(v, DType::F32);
                let quotient = b.unary("stablehlo.floor", &b.div(&b.add_n(&wide(x), 0.5), &wide(y)));
                Some(b.convert(&quotient, dtype))
            }
            // Mesa's software device returns whatever is in memory for a quotient by a constant 0.
            "stablehlo.divide" if dtype.is_float() => {
                let Known::Splat(Some(divisor)) = y.known else { return None };
                let divisor = divisor.to_f64();
                (divisor == 0.0).then(|| b.mul(x, &b.number(f64::INFINITY.copysign(divisor), y)))
            }
            "stablehlo.remainder" if dtype.is_int() => Some(b.sub(x, &b.mul(&b.div(x, y), y))),
            "stablehlo.power" if dtype == DType::F64 => Some(power(b, x, y)),
            _ => None,
        }
    }
}

/// Returns the rewrites of functions for the code generator of the module, if it needs any.
pub(crate) fn rewrites(context: &Context) -> Option<&'static dyn Rewrites> {
    if context.is_spirv { Some(&SpirV) } else { None }
}

/// Returns whether a kernel must end with this operation, because IREE computes some elementwise operations behind it
/// wrongly.
///
/// - Behind a reduction or product, a thread copies operands to shared memory, whose rows IREE pads. The copies are read
///   with other strides than they are written with: `x - x.sum(0)` of 16 × 16 numbers reads numbers that nothing has
///   written.
/// - Beside a part of an array, IREE loads vectors of four numbers: it rounds the start of the part down to a multiple of
///   four, and takes strides for 1.
pub(crate) fn is_last(context: &Context, name: &str) -> bool {
    let is_part = matches!(name, "stablehlo.slice" | "stablehlo.dynamic_slice");
    context.is_spirv && (is_part || matches!(name, "stablehlo.reduce" | "stablehlo.dot_general"))
}

/// Returns the number of first operands that another kernel must compute.
///
/// - A conversion before a product goes through shared memory, which other threads read too early.
/// - Elementwise operations before a part have the faults of those behind it.
pub(crate) fn given_operands(context: &Context, name: &str) -> usize {
    match name {
        _ if !context.is_spirv => 0,
        "stablehlo.dot_general" => 2,
        "stablehlo.slice" | "stablehlo.dynamic_slice" => 1,
        _ => 0,
    }
}

/// Returns whether the extremes of this dtype may not be NaN although an element is: subgroups reduce by an instruction
/// that ignores NaN.
pub(crate) fn loses_nan(context: &Context, f: &str, dtype: DType) -> bool {
    context.is_spirv && dtype.is_float() && matches!(f, "stablehlo.minimum" | "stablehlo.maximum")
}

/// Returns whether a kernel would read the operand too early, because threads exchange it through shared memory without
/// a barrier. They do so in reductions of several values, if elements are converted from fewer bits: in
/// `(x.astype(f32) * y).sum(1)` and in counting sorts of halves. The same kernels may need too much shared memory.
pub(crate) fn is_misread(context: &Context, name: &str, x: &Val, results: &[Type]) -> bool {
    match name {
        // The values are fewer before they are broadcast.
        "stablehlo.broadcast_in_dim" => context.has(Mark::Widened, x.raw) && x.ty.size() < results[0].size(),
        "stablehlo.reduce" => context.has(Mark::Mixed, x.raw),
        _ => false,
    }
}

/// Records whether a result has widened elements, and whether others are mixed with them.
pub(crate) fn note(context: &Context, name: &str, operands: &[&Val], ty: &Type, result: Value) {
    let passes_on = matches!(views::role(name), ViewRole::Elementwise | ViewRole::DynamicSlice);
    if !context.is_spirv || !passes_on {
        return;
    }
    let is_any = |mark| operands.iter().any(|x| context.has(mark, x.raw));
    let widens = name == "stablehlo.convert" && operands[0].dtype().size() < ty.dtype.size();
    if widens || is_any(Mark::Widened) {
        context.note(Mark::Widened, result);
        let computed = operands.iter().filter(|x| !x.known.is_splat()).count();
        if computed > 1 || is_any(Mark::Mixed) {
            context.note(Mark::Mixed, result);
        }
    }
}

const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Returns eˣ (`e_exp.c`).
fn exp<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    // Beyond these bounds the result is 0 or infinite.
    let bounded = b.min(&b.max(x, &b.number(-746.0, x)), &b.number(710.0, x));
    let nan = b.is_nan(x);
    let bounded = b.select(&nan, &b.number(0.0, x), &bounded);
    let k = b.unary("stablehlo.round_nearest_even", &b.mul_n(&bounded, std::f64::consts::LOG2_E));
    let high = b.sub(&bounded, &b.mul_n(&k, LN2_HIGH));
    let low = b.mul_n(&k, LN2_LOW);
    let r = b.sub(&high, &low);
    let square = b.mul(&r, &r);
    let p = polynomial(
        b,
        &square,
        &[
            4.138_136_797_057_238_5e-8,
            -1.653_390_220_546_525_2e-6,
            6.613_756_321_437_934e-5,
            -2.777_777_777_701_559_3e-3,
            1.666_666_666_666_660_2e-1,
        ],
    );
    let c = b.sub(&r, &b.mul(&square, &p));
    let two = b.number(2.0, x);
    let part = b.div(&b.mul(&r, &c), &b.sub(&two, &c));
    let y = b.add_n(&b.sub(&high, &b.sub(&low, &part)), 1.0);
    b.select(&nan, x, &scale(b, &y, &k))
}

/// The parts of ln x = k ln 2 + ln (1 + f), with √½ < 1 + f < √2. `x` is positive and normal.
struct Decomposed<'c> {
    k: Val<'c>,
    f: Val<'c>,
}

fn decompose<'c>(b: &Builder<'c>, x: &Val<'c>) -> Decomposed<'c> {
    let bits = b.bits(x, DType::I64);
    let literal = |n: i64| b.full(Literal::new(n), x.shape());
    let shift = literal(52);
    // From √½ on, the mantissa belongs to the next power of two.
    let moved = b.sub(&bits, &literal(0x3fe6_a09e_667f_3bcd));
    let k = b.binary("stablehlo.shift_right_arithmetic", &moved, &shift);
    let mantissa = b.sub(&bits, &b.binary("stablehlo.shift_left", &k, &shift));
    let f = b.add_n(&b.bits(&mantissa, DType::F64), -1.0);
    Decomposed { k: b.convert(&k, DType::F64), f }
}

/// Returns ln x (`e_log.c`).
fn log<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    let Decomposed { k, f } = decompose(b, x);
    let (half, tail) = log1p_parts(b, &f);
    let low = b.sub(&b.sub(&half, &b.add(&tail, &b.mul_n(&k, LN2_LOW))), &f);
    special(b, x, &b.sub(&b.mul_n(&k, LN2_HIGH), &low))
}

/// Returns f² / 2 and the rest of ln (1 + f) = f - (f² / 2 - rest).
fn log1p_parts<'c>(b: &Builder<'c>, f: &Val<'c>) -> (Val<'c>, Val<'c>) {
    let s = b.div(f, &b.add_n(f, 2.0));
    let z = b.mul(&s, &s);
    let r = polynomial(
        b,
        &z,
        &[
            1.479_819_860_511_658_6e-1,
            1.531_383_769_920_937_3e-1,
            1.818_357_216_161_805e-1,
            2.222_219_843_214_978_4e-1,
            2.857_142_874_366_239e-1,
            3.999_999_999_940_942e-1,
            6.666_666_666_666_735e-1,
        ],
    );
    let half = b.mul_n(&b.mul(f, f), 0.5);
    let tail = b.mul(&s, &b.add(&half, &b.mul(&z, &r)));
    (half, tail)
}

/// Returns the logarithm of 0, negative numbers, infinity and NaN, and `y` for all other numbers.
fn special<'c>(b: &Builder<'c>, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
    let y = b.select(&b.compare_n(Comparison::Eq, x, f64::INFINITY), x, y);
    let y = b.select(&b.compare_n(Comparison::Eq, x, 0.0), &b.number(f64::NEG_INFINITY, x), &y);
    let positive = b.compare_n(Comparison::Ge, x, 0.0);
    b.select(&positive, &y, &b.number(f64::NAN, x))
}

/// Returns xʸ for x ≥ 0 as e^(y ln x). The logarithm has two parts, because y ln x would multiply its rounding error.
fn power<'c>(b: &Builder<'c>, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
    let small = b.compare_n(Comparison::Lt, x, f64::MIN_POSITIVE);
    let scaled = b.select(&small, &b.mul_n(x, 2f64.powi(54)), x);
    let Decomposed { k, f } = decompose(b, &scaled);
    let k = b.select(&small, &b.add_n(&k, -54.0), &k);
    let (half, tail) = log1p_parts(b, &f);
    // Returns a sum and its rounding error (T. J. Dekker, 1971).
    let sum = |x: &Val<'c>, y: &Val<'c>| {
        let s = b.add(x, y);
        let back = b.sub(&s, x);
        (s.clone(), b.add(&b.sub(x, &b.sub(&s, &back)), &b.sub(y, &back)))
    };
    let (t, e1) = sum(&f, &b.neg(&half));
    let (t, e2) = sum(&t, &tail);
    let (high, e3) = sum(&b.mul_n(&k, LN2_HIGH), &t);
    // f² / 2 is rounded too. Its error is the difference from the exact product of the halves of f.
    let (f1, f2) = split(b, &f);
    let square = b.mul(&f, &f);
    let error = b.sub(&square, &b.mul(&f1, &f1));
    let error = b.sub(&error, &b.mul_n(&b.mul(&f1, &f2), 2.0));
    let error = b.mul_n(&b.sub(&b.mul(&f2, &f2), &error), -0.5);
    let low = b.add(&b.add(&e1, &b.add(&e2, &e3)), &b.add(&b.mul_n(&k, LN2_LOW), &error));
    let (high, low) = sum(&high, &low);
    // `product` is y · high, rounded. `rest` is the rest of y ln x.
    let product = b.mul(y, &high);
    let ((y1, y2), (h1, h2)) = (split(b, y), split(b, &high));
    let rest = b.sub(&b.mul(&y1, &h1), &product);
    let rest = b.add(&b.add(&rest, &b.mul(&y1, &h2)), &b.add(&b.mul(&y2, &h1), &b.mul(&y2, &h2)));
    let rest = b.add(&rest, &b.mul(y, &low));
    let finite = b.compare_n(Comparison::Lt, &b.abs(&rest), 1.0);
    let rest = b.select(&finite, &rest, &b.number(0.0, x));
    let e = exp(b, &product);
    let result = b.add(&e, &b.mul(&e, &rest));
    let result = b.select(&b.compare_n(Comparison::Lt, &b.abs(&e), f64::INFINITY), &result, &e);
    // The logarithms of 0 and infinity are infinite.
    let up = b.compare_n(Comparison::Gt, y, 0.0);
    let (zero, infinity) = (b.number(0.0, x), b.number(f64::INFINITY, x));
    let result = b.select(&b.compare_n(Comparison::Eq, x, 0.0), &b.select(&up, &zero, &infinity), &result);
    let result = b.select(&b.compare_n(Comparison::Eq, x, f64::INFINITY), &b.select(&up, &infinity, &zero), &result);
    let infinite = b.compare_n(Comparison::Eq, &b.abs(y), f64::INFINITY);
    let grows = b.compare(Comparison::Eq, &b.compare_n(Comparison::Gt, x, 1.0), &up);
    let result = b.select(&infinite, &b.select(&grows, &infinity, &zero), &result);
    let nan = b.or(&b.is_nan(x), &b.is_nan(y));
    b.select(&nan, &b.add(x, y), &result)
}

/// Returns two numbers of 26 bits whose sum is `x` (G. W. Veltkamp, 1968).
fn split<'c>(b: &Builder<'c>, x: &Val<'c>) -> (Val<'c>, Val<'c>) {
    let mask = b.full(Literal::new(-1i64 << 27), x.shape());
    let high = b.bits(&b.and(&b.bits(x, DType::I64), &mask), DType::F64);
    let low = b.sub(x, &high);
    (high, low)
}

/// Returns the error function (`s_erf.c`).
fn erf<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    let ratio = |z: &Val<'c>, over: &[f64], under: &[f64]| b.div(&polynomial(b, z, over), &polynomial(b, z, under));
    let magnitude = b.min(&b.abs(x), &b.number(6.0, x));
    let one = b.number(1.0, x);
    let square = b.mul(x, x);
    let square = b.min(&square, &one);
    let near = ratio(
        &square,
        &[
            -2.376_301_665_665_016_3e-5,
            -5.770_270_296_489_442e-3,
            -2.848_174_957_559_851e-2,
            -3.250_421_072_470_015e-1,
            1.283_791_670_955_125_6e-1,
        ],
        &[
            -3.960_228_278_775_368e-6,
            1.324_947_380_043_216_4e-4,
            5.081_306_281_875_766e-3,
            6.502_224_998_876_73e-2,
            3.979_172_239_591_553_5e-1,
            1.0,
        ],
    );
    let near = b.add(x, &b.mul(x, &near));
    let from_one = b.sub(&magnitude, &one);
    let middle = ratio(
        &from_one,
        &[
            -2.166_375_594_868_791e-3,
            3.547_830_432_561_823_6e-2,
            -1.108_946_942_823_966_8e-1,
            3.183_466_199_011_617_5e-1,
            -3.722_078_760_357_013e-1,
            4.148_561_186_837_483_3e-1,
            -2.362_118_560_752_659_4e-3,
        ],
        &[
            1.198_449_984_679_911e-2,
            1.363_708_391_202_905e-2,
            1.261_712_198_087_616_4e-1,
            7.182_865_441_419_627e-2,
            5.403_979_177_021_71e-1,
            1.064_208_804_008_442_3e-1,
            1.0,
        ],
    );
    let middle = b.add_n(&middle, 8.450_629_115_104_675e-1);
    let bounded = b.max(&magnitude, &one);
    let s = b.div(&one, &b.mul(&bounded, &bounded));
    let far1 = ratio(
        &s,
        &[
            -9.814_329_344_169_145,
            -8.128_743_550_630_66e1,
            -1.846_050_929_067_110_4e2,
            -1.623_966_694_625_734_7e2,
            -6.237_533_245_032_601e1,
            -1.055_862_622_532_329_1e1,
            -6.938_585_727_071_818e-1,
            -9.864_944_034_847_148e-3,
        ],
        &[
            -6.042_441_521_485_81e-2,
            6.570_249_770_319_282,
            1.086_350_055_417_794_4e2,
            4.290_081_400_275_678e2,
            6.453_872_717_332_679e2,
            4.345_658_774_752_292_3e2,
            1.376_577_541_435_190_4e2,
            1.965_127_166_743_925_7e1,
            1.0,
        ],
    );
    let far2 = ratio(
        &s,
        &[
            -4.835_191_916_086_514e2,
            -1.025_095_131_611_077_2e3,
            -6.375_664_433_683_896e2,
            -1.606_363_848_558_219_2e2,
            -1.775_795_491_775_475_2e1,
            -7.992_832_376_805_23e-1,
            -9.864_942_924_700_1e-3,
        ],
        &[
            -2.244_095_244_658_582e1,
            4.745_285_412_069_554e2,
            2.553_050_406_433_164_4e3,
            3.199_858_219_508_595_5e3,
            1.536_729_586_084_437e3,
            3.257_925_129_965_739e2,
            3.033_806_074_348_246e1,
            1.0,
        ],
    );
    let far = b.select(&b.compare_n(Comparison::Lt, &magnitude, 1.0 / 0.35), &far1, &far2);
    // z has 32 fewer bits, so its square is exact.
    let mask = b.full(Literal::new(-1i64 << 32), x.shape());
    let z = b.bits(&b.and(&b.bits(&bounded, DType::I64), &mask), DType::F64);
    let first = exp(b, &b.add_n(&b.neg(&b.mul(&z, &z)), -0.5625));
    let rest = b.add(&b.mul(&b.sub(&z, &bounded), &b.add(&z, &bounded)), &far);
    let far = b.sub(&one, &b.div(&b.mul(&first, &exp(b, &rest)), &bounded));
    let positive = b.select(&b.compare_n(Comparison::Lt, &magnitude, 1.25), &middle, &far);
    let signed = b.select(&b.compare_n(Comparison::Lt, x, 0.0), &b.neg(&positive), &positive);
    let result = b.select(&b.compare_n(Comparison::Lt, &b.abs(x), 0.84375), &near, &signed);
    b.select(&b.is_nan(x), x, &result)
}
