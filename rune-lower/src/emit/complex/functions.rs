//! Functions of complex numbers, in arithmetic on their parts. The formulas are those of the interpreter: W. Kahan,
//! "Branch cuts for complex elementary functions" (1987), and Annex G of the C standard. All branches are computed, and
//! one is selected.

use crate::builder::{Builder, Val};
use crate::emit::elementwise;
use crate::legalize::cumulative;
use crate::legalize::power::negative;
use crate::module_lowering::ModuleLowering;
use rune_ir::op::{BinaryFn, Comparison, UnaryFn};
use rune_ir::{DType, Shape};

/// The real and the imaginary part.
type Parts<'c> = [Val<'c>; 2];

/// Emits functions.
pub(super) struct Functions<'a, 'c> {
    pub b: &'a Builder<'c>,
    pub lowering: &'a ModuleLowering<'c>,
}

impl<'c> Functions<'_, 'c> {
    pub fn unary(&self, f: UnaryFn, z: &Parts<'c>) -> Parts<'c> {
        match f {
            UnaryFn::Conj => [z[0].clone(), self.b.neg(&z[1])],
            UnaryFn::Neg => self.neg(z),
            UnaryFn::Sign => self.sign(z),
            UnaryFn::Exp => self.exp(z),
            UnaryFn::Exp2 => self.exp2(z),
            UnaryFn::Expm1 => self.expm1(z),
            UnaryFn::Log => self.log(z),
            UnaryFn::Log1p => self.log1p(z),
            UnaryFn::Sqrt => self.sqrt(z),
            UnaryFn::Rsqrt => self.div(&self.one(z), &self.sqrt(z)),
            UnaryFn::Sin => self.sin(z),
            UnaryFn::Cos => self.cos(z),
            // tan z = -i tanh (i z).
            UnaryFn::Tan => {
                let [re, im] = self.tanh(&[self.b.neg(&z[1]), z[0].clone()]);
                [im, self.b.neg(&re)]
            }
            UnaryFn::Tanh => self.tanh(z),
            UnaryFn::Logistic => self.logistic(z),
            UnaryFn::Abs
            | UnaryFn::Real
            | UnaryFn::Imag
            | UnaryFn::Floor
            | UnaryFn::Ceil
            | UnaryFn::RoundAfz
            | UnaryFn::RoundEven
            | UnaryFn::Cbrt
            | UnaryFn::Erf
            | UnaryFn::IsFinite
            | UnaryFn::Not => unreachable!("`{}` has no complex results", f.name()),
        }
    }
    pub fn binary(&self, f: BinaryFn, x: &Parts<'c>, y: &Parts<'c>) -> Parts<'c> {
        match f {
            BinaryFn::Add => [self.b.add(&x[0], &y[0]), self.b.add(&x[1], &y[1])],
            BinaryFn::Sub => [self.b.sub(&x[0], &y[0]), self.b.sub(&x[1], &y[1])],
            BinaryFn::Mul => self.mul(x, y),
            BinaryFn::Div => self.div(x, y),
            BinaryFn::Pow => self.pow(x, y),
            BinaryFn::Rem
            | BinaryFn::Max
            | BinaryFn::Min
            | BinaryFn::Atan2
            | BinaryFn::And
            | BinaryFn::Or
            | BinaryFn::Xor
            | BinaryFn::ShiftLeft
            | BinaryFn::ShiftRightArithmetic
            | BinaryFn::ShiftRightLogical => unreachable!("type rules refuse `{}` of complex numbers", f.name()),
        }
    }
    /// Squares and multiplies.
    pub fn integer_pow(&self, z: &Parts<'c>, y: i32) -> Parts<'c> {
        let mut square = if y < 0 { self.div(&self.one(z), z) } else { z.clone() };
        let mut exponent = y.unsigned_abs();
        let mut result: Option<Parts<'c>> = None;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = Some(result.map_or_else(|| square.clone(), |r| self.mul(&r, &square)));
            }
            exponent >>= 1;
            if exponent > 0 {
                square = self.mul(&square, &square);
            }
        }
        result.unwrap_or_else(|| self.one(z))
    }
    /// Returns the products over `axes`. It multiplies one half with the other until one is left.
    pub fn product(&self, z: &Parts<'c>, axes: &[usize]) -> Parts<'c> {
        let b = self.b;
        let kept = (0..z[0].rank()).filter(|a| !axes.contains(a));
        let order: Vec<usize> = axes.iter().copied().chain(kept).collect();
        let shape = z[0].shape().without(axes);
        let count: usize = axes.iter().map(|&a| z[0].shape()[a]).product();
        let rows: Shape = std::iter::once(count).chain(shape.iter().copied()).collect();
        let mut z = z.each_ref().map(|x| b.reshape(&b.transpose(x, &order), rows.clone()));
        let mut n = count;
        while n > 1 {
            let half = n / 2;
            let part = |from, to| z.each_ref().map(|x| b.slice_axis(x, 0, from, to));
            let product = self.mul(&part(0, half), &part(half, 2 * half));
            z = match n % 2 {
                0 => product,
                _ => std::array::from_fn(|i| b.concat(&[&product[i], &part(2 * half, n)[i]], 0)),
            };
            n = n.div_ceil(2);
        }
        match count {
            0 => [b.number_of(1.0, z[0].dtype(), &shape), b.number_of(0.0, z[0].dtype(), &shape)],
            _ => z.map(|x| b.reshape(&x, shape.clone())),
        }
    }
    pub fn cumulative_product(&self, z: &Parts<'c>, axis: usize, reverse: bool) -> Parts<'c> {
        let scalar = |x: f64| self.b.number_of(x, z[0].dtype(), &Shape::scalar());
        let (one, zero) = (scalar(1.0), scalar(0.0));
        let mut z = z.clone();
        for config in cumulative::shifts(z[0].shape(), axis, reverse) {
            let before = [self.b.pad(&z[0], &one, &config), self.b.pad(&z[1], &zero, &config)];
            z = self.mul(&before, &z);
        }
        z
    }

    fn f(&self, f: UnaryFn, x: &Val<'c>) -> Val<'c> {
        elementwise::unary(self.b, self.lowering, f, x)
    }
    /// Returns the angle of the point (`x`, `y`).
    fn atan2(&self, y: &Val<'c>, x: &Val<'c>) -> Val<'c> {
        elementwise::binary(self.b, self.lowering, BinaryFn::Atan2, y, x)
    }
    fn one(&self, z: &Parts<'c>) -> Parts<'c> {
        [self.b.number(1.0, &z[0]), self.b.number(0.0, &z[0])]
    }
    fn is_zero(&self, x: &Val<'c>) -> Val<'c> {
        self.b.compare_n(Comparison::Eq, x, 0.0)
    }
    fn is_infinite(&self, x: &Val<'c>) -> Val<'c> {
        self.b.compare_n(Comparison::Eq, &self.b.abs(x), f64::INFINITY)
    }
    fn is_finite(&self, x: &Val<'c>) -> Val<'c> {
        self.b.compare_n(Comparison::Lt, &self.b.abs(x), f64::INFINITY)
    }
    fn or_zero(&self, pred: &Val<'c>, x: &Val<'c>) -> Val<'c> {
        self.b.select(pred, &self.b.number(0.0, x), x)
    }
    /// Returns `x` with the sign of `like`, if `x` is not negative.
    fn with_sign(&self, x: &Val<'c>, like: &Val<'c>) -> Val<'c> {
        self.b.select(&negative(self.b, like), &self.b.neg(x), x)
    }
    fn select(&self, pred: &Val<'c>, on_true: &Parts<'c>, on_false: &Parts<'c>) -> Parts<'c> {
        std::array::from_fn(|i| self.b.select(pred, &on_true[i], &on_false[i]))
    }
    fn scaled(&self, z: &Parts<'c>, by: &Val<'c>) -> Parts<'c> {
        z.each_ref().map(|x| self.b.mul(x, by))
    }
    fn neg(&self, z: &Parts<'c>) -> Parts<'c> {
        z.each_ref().map(|x| self.b.neg(x))
    }
    /// Computes `f` of `x` and `y` in f64, if they are f32 and the device has f64. It is for sums whose terms cancel.
    fn in_f64(&self, x: &Val<'c>, y: &Val<'c>, f: impl FnOnce(&Builder<'c>, &Val<'c>, &Val<'c>) -> Val<'c>) -> Val<'c> {
        let to = if self.lowering.has_f64() { DType::F64 } else { x.dtype() };
        self.b.convert(&f(self.b, &self.b.convert(x, to), &self.b.convert(y, to)), x.dtype())
    }

    /// Returns the greater and the lesser magnitude of the parts, and their ratio, which is 0 at 0 and ∞.
    fn magnitudes(&self, z: &Parts<'c>) -> (Val<'c>, Val<'c>, Val<'c>) {
        let b = self.b;
        let (x, y) = (b.abs(&z[0]), b.abs(&z[1]));
        let is_steep = b.compare(Comparison::Gt, &y, &x);
        let (greater, lesser) = (b.select(&is_steep, &y, &x), b.select(&is_steep, &x, &y));
        let has_no_ratio = b.or(&self.is_zero(&greater), &self.is_infinite(&greater));
        let ratio = self.or_zero(&has_no_ratio, &b.div(&lesser, &greater));
        (greater, lesser, ratio)
    }
    pub fn abs(&self, z: &Parts<'c>) -> Val<'c> {
        let b = self.b;
        let (greater, _, ratio) = self.magnitudes(z);
        let abs = b.mul(&greater, &self.f(UnaryFn::Sqrt, &b.add_n(&b.mul(&ratio, &ratio), 1.0)));
        // The other part may be NaN.
        let is_infinite = b.or(&self.is_infinite(&z[0]), &self.is_infinite(&z[1]));
        b.select(&is_infinite, &b.number(f64::INFINITY, &abs), &abs)
    }
    fn sign(&self, z: &Parts<'c>) -> Parts<'c> {
        let b = self.b;
        // The magnitude could overflow.
        let (greater, ..) = self.magnitudes(z);
        let unit = z.each_ref().map(|x| b.div(x, &greater));
        let abs = self.abs(&unit);
        let is_zero = b.and(&self.is_zero(&z[0]), &self.is_zero(&z[1]));
        self.select(&is_zero, z, &unit.map(|x| b.div(&x, &abs)))
    }
    fn mul(&self, x: &Parts<'c>, y: &Parts<'c>) -> Parts<'c> {
        let product = |i: usize, j: usize| self.b.mul(&x[i], &y[j]);
        [self.b.sub(&product(0, 0), &product(1, 1)), self.b.add(&product(0, 1), &product(1, 0))]
    }
    /// The divisor is scaled, so that no intermediate result overflows.
    fn div(&self, x: &Parts<'c>, y: &Parts<'c>) -> Parts<'c> {
        let b = self.b;
        let (greatest, ..) = self.magnitudes(y);
        let has_scale = b.and(&b.compare_n(Comparison::Gt, &greatest, 0.0), &self.is_finite(&greatest));
        let scale = b.select(&has_scale, &greatest, &b.number(1.0, &greatest));
        let unit = y.each_ref().map(|part| b.div(part, &scale));
        let denominator = b.add(&b.mul(&unit[0], &unit[0]), &b.mul(&unit[1], &unit[1]));
        let numerator = self.mul(x, &[unit[0].clone(), b.neg(&unit[1])]);
        let quotient = numerator.each_ref().map(|part| b.div(&b.div(part, &denominator), &scale));
        // Both parts are NaN where the divisor is 0, and where a part of either is infinite.
        let both_nan = |z: &Parts<'c>| b.and(&b.is_nan(&z[0]), &b.is_nan(&z[1]));
        let is_undefined = both_nan(&quotient);
        let infinite = self.with_sign(&b.number(f64::INFINITY, &scale), &unit[0]);
        let by_zero = self.scaled(x, &infinite);
        let has_zero = b.and(&self.is_zero(&denominator), &b.unary("stablehlo.not", &both_nan(x)));
        let unit_of = |x: &Val<'c>| {
            let is_infinite = self.is_infinite(x);
            self.with_sign(&b.select(&is_infinite, &b.number(1.0, x), &b.number(0.0, x)), x)
        };
        let conjugate = |y: &Parts<'c>| [y[0].clone(), b.neg(&y[1])];
        let any_infinite = |z: &Parts<'c>| b.or(&self.is_infinite(&z[0]), &self.is_infinite(&z[1]));
        let all_finite = |z: &Parts<'c>| b.and(&self.is_finite(&z[0]), &self.is_finite(&z[1]));
        let infinity = b.number(f64::INFINITY, &scale);
        let of_infinite = self.scaled(&self.mul(&x.each_ref().map(unit_of), &conjugate(y)), &infinity);
        let zero = b.number(0.0, &scale);
        let by_infinite = self.scaled(&self.mul(x, &conjugate(&y.each_ref().map(unit_of))), &zero);
        let special = self.select(&b.and(&any_infinite(y), &all_finite(x)), &by_infinite, &quotient);
        let special = self.select(&b.and(&any_infinite(x), &all_finite(y)), &of_infinite, &special);
        let special = self.select(&has_zero, &by_zero, &special);
        self.select(&is_undefined, &special, &quotient)
    }

    /// Returns `scale` · `scale2` times the point of the unit circle at `angle`. A real number stays real.
    fn polar(&self, scale: &Val<'c>, scale2: &Val<'c>, angle: &Val<'c>) -> Parts<'c> {
        let b = self.b;
        let part = |f: UnaryFn| {
            let x = self.f(f, angle);
            let product = b.mul(&b.mul(scale, &x), scale2);
            self.or_zero(&b.and(&self.is_zero(scale), &b.is_nan(&x)), &product)
        };
        let point = [part(UnaryFn::Cos), part(UnaryFn::Sin)];
        let real = [b.mul(scale, scale2), angle.clone()];
        self.select(&self.is_zero(angle), &real, &point)
    }
    /// Returns e^(x + i y), or 2^x e^(i y), if `f` is the exponential with this base.
    fn exponential(&self, f: UnaryFn, x: &Val<'c>, y: &Val<'c>) -> Parts<'c> {
        let b = self.b;
        let scale = self.f(f, x);
        // The exponential of the real part overflows, but a part of the result may be in range.
        let root = self.f(f, &b.mul_n(x, 0.5));
        let overflows = b.and(&self.is_infinite(&scale), &self.is_finite(x));
        let scale = b.select(&overflows, &root, &scale);
        let scale2 = b.select(&overflows, &root, &b.number(1.0, x));
        let [re, im] = self.polar(&scale, &scale2, y);
        let is_huge = b.and(&b.compare_n(Comparison::Eq, x, f64::INFINITY), &b.is_nan(&re));
        [b.select(&is_huge, x, &re), im]
    }
    fn exp(&self, z: &Parts<'c>) -> Parts<'c> {
        self.exponential(UnaryFn::Exp, &z[0], &z[1])
    }
    fn exp2(&self, z: &Parts<'c>) -> Parts<'c> {
        self.exponential(UnaryFn::Exp2, &z[0], &self.b.mul_n(&z[1], std::f64::consts::LN_2))
    }
    /// eˣ cos y - 1 = (eˣ - 1) cos y - 2 sin² y/2.
    fn expm1(&self, z: &Parts<'c>) -> Parts<'c> {
        let b = self.b;
        let [x, y] = z;
        let half = self.f(UnaryFn::Sin, &b.mul_n(y, 0.5));
        let real = b.mul(&self.f(UnaryFn::Expm1, x), &self.f(UnaryFn::Cos, y));
        let near = b.sub(&real, &b.mul_n(&b.mul(&half, &half), 2.0));
        let [re, im] = self.exp(z);
        let finite = b.and(&self.is_finite(x), &self.is_finite(y));
        let is_near = b.and(&finite, &b.compare_n(Comparison::Le, x, 1.0));
        [b.select(&is_near, &near, &b.add_n(&re, -1.0)), im]
    }
    fn log(&self, z: &Parts<'c>) -> Parts<'c> {
        [self.log_abs(z), self.atan2(&z[1], &z[0])]
    }
    fn log_abs(&self, z: &Parts<'c>) -> Val<'c> {
        let b = self.b;
        let (greater, lesser, ratio) = self.magnitudes(z);
        // |z|² - 1 without cancellation: (m - 1)(m + 1) + n².
        let excess =
            self.in_f64(&greater, &lesser, |b, m, n| b.add(&b.mul(&b.add_n(m, -1.0), &b.add_n(m, 1.0)), &b.mul(n, n)));
        let near = self.f(UnaryFn::Log1p, &excess);
        let slope = self.f(UnaryFn::Log1p, &b.mul(&ratio, &ratio));
        let far = b.add(&self.f(UnaryFn::Log, &greater), &b.mul_n(&slope, 0.5));
        let is_near = b.and(&b.compare_n(Comparison::Ge, &greater, 0.5), &b.compare_n(Comparison::Lt, &greater, 2.0));
        let log = b.select(&is_near, &b.mul_n(&near, 0.5), &far);
        // The other part may be NaN.
        let is_infinite = b.or(&self.is_infinite(&z[0]), &self.is_infinite(&z[1]));
        b.select(&is_infinite, &b.number(f64::INFINITY, &log), &log)
    }
    /// |1 + z|² - 1 = x (2 + x) + y².
    fn log1p(&self, [x, y]: &Parts<'c>) -> Parts<'c> {
        let b = self.b;
        let excess = self.in_f64(x, y, |b, x, y| b.add(&b.mul(x, &b.add_n(x, 2.0)), &b.mul(y, y)));
        let near = b.mul_n(&self.f(UnaryFn::Log1p, &excess), 0.5);
        let moved = b.add_n(x, 1.0);
        let far = self.log_abs(&[moved.clone(), y.clone()]);
        let is_small = |x: &Val<'c>| b.compare_n(Comparison::Lt, &b.abs(x), 0.5);
        let is_near = b.and(&is_small(x), &is_small(y));
        [b.select(&is_near, &near, &far), self.atan2(y, &moved)]
    }
    fn sqrt(&self, z: &Parts<'c>) -> Parts<'c> {
        let b = self.b;
        let [x, y] = z;
        // Neither the magnitude nor its sum with |x| overflows or loses digits, if the numbers are scaled by a power of
        // 4. The limits are far from the least normal number and from the greatest.
        let exponent = if x.dtype() == DType::F64 { 512 } else { 64 };
        let (greatest, ..) = self.magnitudes(z);
        let number = |power: i32| b.number(2f64.powi(power), x);
        let choose = |least: i32, greatest_: i32| {
            let is_tiny = b.compare(Comparison::Lt, &greatest, &number(-exponent));
            let is_huge = b.compare(Comparison::Gt, &greatest, &number(exponent));
            b.select(&is_tiny, &number(least), &b.select(&is_huge, &number(greatest_), &number(0)))
        };
        let scaled = self.scaled(z, &choose(exponent, -exponent));
        let sum = b.add(&b.abs(&scaled[0]), &self.abs(&scaled));
        let root = self.f(UnaryFn::Sqrt, &b.mul_n(&sum, 0.5));
        let other = b.div(&b.mul_n(&b.abs(&scaled[1]), 0.5), &root);
        let is_right = b.compare_n(Comparison::Ge, x, 0.0);
        let unscale = choose(-exponent / 2, exponent / 2);
        let [re, im] = self.scaled(&self.select(&is_right, &[root.clone(), other.clone()], &[other, root]), &unscale);
        let root = [re, self.with_sign(&im, y)];

        let zero = [b.number(0.0, x), y.clone()];
        let root = self.select(&b.and(&self.is_zero(x), &self.is_zero(y)), &zero, &root);
        let zero_or_nan = b.select(&b.is_nan(y), y, &b.number(0.0, y));
        let infinity = b.number(f64::INFINITY, x);
        let right = [infinity.clone(), self.with_sign(&zero_or_nan, y)];
        let left = [zero_or_nan, self.with_sign(&infinity, y)];
        let root = self.select(&self.is_infinite(x), &self.select(&is_right, &right, &left), &root);
        self.select(&self.is_infinite(y), &[infinity, y.clone()], &root)
    }

    /// Returns sinh x / s, cosh x / s, and s. The scale s is 1 unless e^|x| could overflow.
    fn hyperbolic(&self, x: &Val<'c>) -> [Val<'c>; 3] {
        /// From here on, e^-|x| is below the precision of f64.
        const LARGE: f64 = 20.0;
        let b = self.b;
        let (magnitude, one) = (b.abs(x), b.number(1.0, x));
        let is_large = b.compare_n(Comparison::Gt, &magnitude, LARGE);
        let root = self.f(UnaryFn::Exp, &b.mul_n(&magnitude, 0.5));
        let t = self.f(UnaryFn::Expm1, &b.min(&magnitude, &b.number(LARGE, x)));
        let e = b.add(&t, &one);
        let sinh = b.mul_n(&b.add(&t, &b.div(&t, &e)), 0.5);
        let cosh = b.mul_n(&b.add(&e, &b.div(&one, &e)), 0.5);
        let half = b.mul_n(&root, 0.5);
        let large = |small: &Val<'c>| b.select(&is_large, &half, small);
        let magnitudes = [large(&sinh), large(&cosh), b.select(&is_large, &root, &one)];
        let [sinh, cosh, scale] = magnitudes;
        let nan = b.is_nan(x);
        let [sinh, cosh] = [sinh, cosh].map(|y| b.select(&nan, x, &y));
        [self.with_sign(&sinh, x), cosh, scale]
    }
    fn sin(&self, [x, y]: &Parts<'c>) -> Parts<'c> {
        let b = self.b;
        let (sin, cos) = (self.f(UnaryFn::Sin, x), self.f(UnaryFn::Cos, x));
        let [sinh, cosh, scale] = self.hyperbolic(y);
        let re = b.select(&self.is_zero(x), x, &b.mul(&b.mul(&sin, &cosh), &scale));
        let im = b.select(&self.is_zero(y), &b.mul(&cos, y), &b.mul(&b.mul(&cos, &sinh), &scale));
        [re, im]
    }
    fn cos(&self, [x, y]: &Parts<'c>) -> Parts<'c> {
        let b = self.b;
        let (sin, cos) = (self.f(UnaryFn::Sin, x), self.f(UnaryFn::Cos, x));
        let [sinh, cosh, scale] = self.hyperbolic(y);
        let re = b.mul(&b.mul(&cos, &cosh), &scale);
        let im = b.mul(&b.mul(&sin, &sinh), &scale);
        // 0 · ∞ is 0 here.
        let is_real = b.or(&self.is_zero(x), &self.is_zero(y));
        let one = b.number(1.0, y);
        let bounded = b.mul(&sin, &b.max(&b.min(&sinh, &one), &b.neg(&one)));
        [re, b.neg(&b.select(&is_real, &bounded, &im))]
    }
    fn tanh(&self, [x, y]: &Parts<'c>) -> Parts<'c> {
        let b = self.b;
        // From here on, the real part rounds to ±1.
        let large = if x.dtype() == DType::F64 { 22.0 } else { 10.0 };
        let (one, bound) = (b.number(1.0, x), b.number(large, x));
        let magnitude = b.abs(x);
        let t = self.f(UnaryFn::Tan, y);
        let [sinh, _, scale] = self.hyperbolic(&b.max(&b.min(x, &bound), &b.neg(&bound)));
        let s = b.mul(&sinh, &scale);
        let beta = b.add_n(&b.mul(&t, &t), 1.0);
        let square = b.mul(&s, &s);
        let denominator = b.add_n(&b.mul(&beta, &square), 1.0);
        let root = self.f(UnaryFn::Sqrt, &b.add_n(&square, 1.0));
        let near = [b.div(&b.mul(&b.mul(&beta, &root), &s), &denominator), b.div(&t, &denominator)];
        let product = b.mul(&self.f(UnaryFn::Sin, y), &self.f(UnaryFn::Cos, y));
        let decay = self.f(UnaryFn::Exp, &b.mul_n(&magnitude, -2.0));
        let im = b.mul_n(&b.mul(&product, &decay), 4.0);
        let im = b.select(&self.is_finite(y), &im, &self.with_sign(&b.number(0.0, y), y));
        let far = [self.with_sign(&one, x), im];
        self.select(&b.compare(Comparison::Gt, &magnitude, &bound), &far, &near)
    }
    /// Computes 1 / (1 + e⁻ᶻ) or eᶻ / (1 + eᶻ), the one that does not overflow.
    fn logistic(&self, z: &Parts<'c>) -> Parts<'c> {
        let b = self.b;
        let is_right = b.compare_n(Comparison::Ge, &z[0], 0.0);
        let e = self.exp(&self.select(&is_right, &self.neg(z), z));
        let numerator = self.select(&is_right, &self.one(z), &e);
        self.div(&numerator, &[b.add_n(&e[0], 1.0), e[1].clone()])
    }
    fn pow(&self, x: &Parts<'c>, y: &Parts<'c>) -> Parts<'c> {
        let b = self.b;
        let power = self.exp(&self.mul(y, &self.log(x)));
        let is_zero = |z: &Parts<'c>| b.and(&self.is_zero(&z[0]), &self.is_zero(&z[1]));
        let zero = b.number(0.0, &x[0]);
        let vanishes = b.and(&is_zero(x), &b.compare_n(Comparison::Gt, &y[0], 0.0));
        let power = self.select(&vanishes, &[zero.clone(), zero], &power);
        self.select(&is_zero(y), &self.one(x), &power)
    }
}
