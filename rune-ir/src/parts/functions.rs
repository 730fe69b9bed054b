//! Functions of complex numbers, in arithmetic on their parts. The formulas are those of the interpreter: W. Kahan,
//! "Branch cuts for complex elementary functions" (1987), and Annex G of the C standard. All branches are computed, and
//! one is selected.

use super::emitter::Emitter;
use crate::op::{BinaryFn, Comparison, Dims, UnaryFn};
use crate::{DType, Op, Shape, Type, Var};

/// The real and the imaginary part.
pub(super) type Parts = [Var; 2];

/// Emits functions.
pub(super) struct Functions<'a>(pub &'a Emitter);

impl Functions<'_> {
    pub fn unary(&self, f: UnaryFn, z: Parts) -> Parts {
        match f {
            UnaryFn::Conj => [z[0], self.0.neg(z[1])],
            UnaryFn::Neg => self.neg(z),
            UnaryFn::Sign => self.sign(z),
            UnaryFn::Exp => self.exp(z),
            UnaryFn::Exp2 => self.exp2(z),
            UnaryFn::Expm1 => self.expm1(z),
            UnaryFn::Log => self.log(z),
            UnaryFn::Log1p => self.log1p(z),
            UnaryFn::Sqrt => self.sqrt(z),
            UnaryFn::Rsqrt => self.div(self.one(z), self.sqrt(z)),
            UnaryFn::Sin => self.sin(z),
            UnaryFn::Cos => self.cos(z),
            // tan z = -i tanh (i z).
            UnaryFn::Tan => {
                let [re, im] = self.tanh([self.0.neg(z[1]), z[0]]);
                [im, self.0.neg(re)]
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
    pub fn binary(&self, f: BinaryFn, x: Parts, y: Parts) -> Parts {
        match f {
            BinaryFn::Add => [self.0.add(x[0], y[0]), self.0.add(x[1], y[1])],
            BinaryFn::Sub => [self.0.sub(x[0], y[0]), self.0.sub(x[1], y[1])],
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
    pub fn integer_pow(&self, z: Parts, y: i32) -> Parts {
        let mut square = if y < 0 { self.div(self.one(z), z) } else { z };
        let mut exponent = y.unsigned_abs();
        let mut result: Option<Parts> = None;
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = Some(result.map_or_else(|| square, |r| self.mul(r, square)));
            }
            exponent >>= 1;
            if exponent > 0 {
                square = self.mul(square, square);
            }
        }
        result.unwrap_or_else(|| self.one(z))
    }
    /// Returns the products over `axes`. It multiplies one half with the other until one is left.
    pub fn product(&self, z: Parts, axes: &[usize]) -> Parts {
        let b = self.0;
        let (shape, dtype) = (b.shape(z[0]), b.dtype(z[0]));
        let kept = (0..shape.len()).filter(|a| !axes.contains(a));
        let order: Dims = axes.iter().copied().chain(kept).collect();
        let count: usize = axes.iter().map(|&a| shape[a]).product();
        let rest = shape.without(axes);
        if count == 0 {
            let ty = Type::new(dtype, rest);
            return [b.full(1.0, &ty), b.full(0.0, &ty)];
        }
        let rows: Shape = std::iter::once(count).chain(rest.iter().copied()).collect();
        let mut z = z.map(|x| b.reshape(b.transpose(x, order.clone()), rows.clone()));
        let mut n = count;
        while n > 1 {
            let half = n / 2;
            let part = |from, to| z.map(|x| b.rows(x, from, to));
            let product = self.mul(part(0, half), part(half, 2 * half));
            let left = part(2 * half, n);
            let joined = |i: usize| b.push(Op::Concatenate { xs: vec![product[i], left[i]], dimension: 0 });
            z = if n.is_multiple_of(2) { product } else { std::array::from_fn(joined) };
            n = n.div_ceil(2);
        }
        z.map(|x| b.reshape(x, rest.clone()))
    }
    /// Computes by doubling: after step k, each element is the product of the 2ᵏ elements up to it.
    pub fn cumulative_product(&self, mut z: Parts, axis: usize, reverse: bool) -> Parts {
        let n = self.0.shape(z[0])[axis];
        let mut by = 1;
        while by < n {
            let before = [(z[0], 1.0), (z[1], 0.0)].map(|(x, padding)| self.0.shifted(x, axis, by, reverse, padding));
            z = self.mul(before, z);
            by *= 2;
        }
        z
    }

    fn f(&self, f: UnaryFn, x: Var) -> Var {
        self.0.unary(f, x)
    }
    /// Returns the angle of the point (`x`, `y`).
    fn atan2(&self, y: Var, x: Var) -> Var {
        self.0.binary(BinaryFn::Atan2, y, x)
    }
    fn one(&self, z: Parts) -> Parts {
        [self.0.number(1.0, z[0]), self.0.number(0.0, z[0])]
    }
    fn is_zero(&self, x: Var) -> Var {
        self.0.compare_n(Comparison::Eq, x, 0.0)
    }
    fn is_infinite(&self, x: Var) -> Var {
        self.0.compare_n(Comparison::Eq, self.0.abs(x), f64::INFINITY)
    }
    fn is_finite(&self, x: Var) -> Var {
        self.0.compare_n(Comparison::Lt, self.0.abs(x), f64::INFINITY)
    }
    fn or_zero(&self, pred: Var, x: Var) -> Var {
        self.0.select(pred, self.0.number(0.0, x), x)
    }
    /// Returns `x` with the sign of `like`, if `x` is not negative.
    fn with_sign(&self, x: Var, like: Var) -> Var {
        self.0.select(self.0.is_negative(like), self.0.neg(x), x)
    }
    fn select(&self, pred: Var, on_true: Parts, on_false: Parts) -> Parts {
        std::array::from_fn(|i| self.0.select(pred, on_true[i], on_false[i]))
    }
    fn scaled(&self, z: Parts, by: Var) -> Parts {
        z.map(|x| self.0.mul(x, by))
    }
    fn neg(&self, z: Parts) -> Parts {
        z.map(|x| self.0.neg(x))
    }
    /// Computes `f` of `x` and `y` in f64, if they are f32 and the device has f64. It is for sums whose terms cancel.
    fn in_f64(&self, x: Var, y: Var, f: impl FnOnce(&Emitter, Var, Var) -> Var) -> Var {
        let own = self.0.dtype(x);
        let to = if self.0.has_f64() { DType::F64 } else { own };
        self.0.convert(f(self.0, self.0.convert(x, to), self.0.convert(y, to)), own)
    }

    /// Returns the greater and the lesser magnitude of the parts, and their ratio, which is 0 at 0 and ∞.
    fn magnitudes(&self, z: Parts) -> (Var, Var, Var) {
        let b = self.0;
        let (x, y) = (b.abs(z[0]), b.abs(z[1]));
        let is_steep = b.compare(Comparison::Gt, y, x);
        let (greater, lesser) = (b.select(is_steep, y, x), b.select(is_steep, x, y));
        let has_no_ratio = b.or(self.is_zero(greater), self.is_infinite(greater));
        let ratio = self.or_zero(has_no_ratio, b.div(lesser, greater));
        (greater, lesser, ratio)
    }
    pub fn abs(&self, z: Parts) -> Var {
        let b = self.0;
        let abs = if b.dtype(z[0]) == DType::F32 && b.has_f64() {
            // The squares of f32 numbers neither overflow in f64 nor vanish.
            self.in_f64(z[0], z[1], |b, x, y| b.unary(UnaryFn::Sqrt, b.add(b.mul(x, x), b.mul(y, y))))
        } else {
            let (greater, _, ratio) = self.magnitudes(z);
            b.mul(greater, self.f(UnaryFn::Sqrt, b.add_n(b.mul(ratio, ratio), 1.0)))
        };
        // The other part may be NaN.
        let is_infinite = b.or(self.is_infinite(z[0]), self.is_infinite(z[1]));
        b.select(is_infinite, b.number(f64::INFINITY, abs), abs)
    }
    fn sign(&self, z: Parts) -> Parts {
        let b = self.0;
        // The magnitude could overflow.
        let (greater, ..) = self.magnitudes(z);
        let unit = z.map(|x| b.div(x, greater));
        let abs = self.abs(unit);
        let is_zero = b.and(self.is_zero(z[0]), self.is_zero(z[1]));
        self.select(is_zero, z, unit.map(|x| b.div(x, abs)))
    }
    fn mul(&self, x: Parts, y: Parts) -> Parts {
        let product = |i: usize, j: usize| self.0.mul(x[i], y[j]);
        [self.0.sub(product(0, 0), product(1, 1)), self.0.add(product(0, 1), product(1, 0))]
    }
    /// The divisor is scaled, so that no intermediate result overflows.
    fn div(&self, x: Parts, y: Parts) -> Parts {
        let b = self.0;
        let (greatest, ..) = self.magnitudes(y);
        let has_scale = b.and(b.compare_n(Comparison::Gt, greatest, 0.0), self.is_finite(greatest));
        let scale = b.select(has_scale, greatest, b.number(1.0, greatest));
        let unit = y.map(|part| b.div(part, scale));
        let denominator = b.add(b.mul(unit[0], unit[0]), b.mul(unit[1], unit[1]));
        let numerator = self.mul(x, [unit[0], b.neg(unit[1])]);
        let quotient = numerator.map(|part| b.div(b.div(part, denominator), scale));
        // Both parts are NaN where the divisor is 0, and where a part of either is infinite.
        let both_nan = |z: Parts| b.and(b.is_nan(z[0]), b.is_nan(z[1]));
        let is_undefined = both_nan(quotient);
        let infinite = self.with_sign(b.number(f64::INFINITY, scale), unit[0]);
        let by_zero = self.scaled(x, infinite);
        let has_zero = b.and(self.is_zero(denominator), b.not(both_nan(x)));
        let unit_of = |x: Var| {
            let is_infinite = self.is_infinite(x);
            self.with_sign(b.select(is_infinite, b.number(1.0, x), b.number(0.0, x)), x)
        };
        let conjugate = |y: Parts| [y[0], b.neg(y[1])];
        let any_infinite = |z: Parts| b.or(self.is_infinite(z[0]), self.is_infinite(z[1]));
        let all_finite = |z: Parts| b.and(self.is_finite(z[0]), self.is_finite(z[1]));
        let infinity = b.number(f64::INFINITY, scale);
        let of_infinite = self.scaled(self.mul(x.map(unit_of), conjugate(y)), infinity);
        let zero = b.number(0.0, scale);
        let by_infinite = self.scaled(self.mul(x, conjugate(y.map(unit_of))), zero);
        let special = self.select(b.and(any_infinite(y), all_finite(x)), by_infinite, quotient);
        let special = self.select(b.and(any_infinite(x), all_finite(y)), of_infinite, special);
        let special = self.select(has_zero, by_zero, special);
        self.select(is_undefined, special, quotient)
    }

    /// Returns `scale` · `scale2` times the point of the unit circle at `angle`. A real number stays real.
    fn polar(&self, scale: Var, scale2: Var, angle: Var) -> Parts {
        let b = self.0;
        let part = |f: UnaryFn| {
            let x = self.f(f, angle);
            let product = b.mul(b.mul(scale, x), scale2);
            self.or_zero(b.and(self.is_zero(scale), b.is_nan(x)), product)
        };
        let point = [part(UnaryFn::Cos), part(UnaryFn::Sin)];
        let real = [b.mul(scale, scale2), angle];
        self.select(self.is_zero(angle), real, point)
    }
    /// Returns e^(x + i y), or 2^x e^(i y), if `f` is the exponential with this base.
    fn exponential(&self, f: UnaryFn, x: Var, y: Var) -> Parts {
        let b = self.0;
        let scale = self.f(f, x);
        // The exponential of the real part overflows, but a part of the result may be in range.
        let root = self.f(f, b.mul_n(x, 0.5));
        let overflows = b.and(self.is_infinite(scale), self.is_finite(x));
        let scale = b.select(overflows, root, scale);
        let scale2 = b.select(overflows, root, b.number(1.0, x));
        let [re, im] = self.polar(scale, scale2, y);
        let is_huge = b.and(b.compare_n(Comparison::Eq, x, f64::INFINITY), b.is_nan(re));
        [b.select(is_huge, x, re), im]
    }
    fn exp(&self, z: Parts) -> Parts {
        self.exponential(UnaryFn::Exp, z[0], z[1])
    }
    fn exp2(&self, z: Parts) -> Parts {
        self.exponential(UnaryFn::Exp2, z[0], self.0.mul_n(z[1], std::f64::consts::LN_2))
    }
    /// eˣ cos y - 1 = (eˣ - 1) cos y - 2 sin² y/2.
    fn expm1(&self, z: Parts) -> Parts {
        let b = self.0;
        let [x, y] = z;
        let half = self.f(UnaryFn::Sin, b.mul_n(y, 0.5));
        let real = b.mul(self.f(UnaryFn::Expm1, x), self.f(UnaryFn::Cos, y));
        let near = b.sub(real, b.mul_n(b.mul(half, half), 2.0));
        let [re, im] = self.exp(z);
        let finite = b.and(self.is_finite(x), self.is_finite(y));
        let is_near = b.and(finite, b.compare_n(Comparison::Le, x, 1.0));
        [b.select(is_near, near, b.add_n(re, -1.0)), im]
    }
    fn log(&self, z: Parts) -> Parts {
        [self.log_abs(z), self.atan2(z[1], z[0])]
    }
    fn log_abs(&self, z: Parts) -> Var {
        let b = self.0;
        let (greater, lesser, ratio) = self.magnitudes(z);
        // |z|² - 1 without cancellation: (m - 1)(m + 1) + n².
        let excess =
            self.in_f64(greater, lesser, |b, m, n| b.add(b.mul(b.add_n(m, -1.0), b.add_n(m, 1.0)), b.mul(n, n)));
        let near = self.f(UnaryFn::Log1p, excess);
        let slope = self.f(UnaryFn::Log1p, b.mul(ratio, ratio));
        let far = b.add(self.f(UnaryFn::Log, greater), b.mul_n(slope, 0.5));
        let is_near = b.and(b.compare_n(Comparison::Ge, greater, 0.5), b.compare_n(Comparison::Lt, greater, 2.0));
        let log = b.select(is_near, b.mul_n(near, 0.5), far);
        // The other part may be NaN.
        let is_infinite = b.or(self.is_infinite(z[0]), self.is_infinite(z[1]));
        b.select(is_infinite, b.number(f64::INFINITY, log), log)
    }
    /// |1 + z|² - 1 = x (2 + x) + y².
    fn log1p(&self, [x, y]: Parts) -> Parts {
        let b = self.0;
        let excess = self.in_f64(x, y, |b, x, y| b.add(b.mul(x, b.add_n(x, 2.0)), b.mul(y, y)));
        let near = b.mul_n(self.f(UnaryFn::Log1p, excess), 0.5);
        let moved = b.add_n(x, 1.0);
        let far = self.log_abs([moved, y]);
        let is_small = |x: Var| b.compare_n(Comparison::Lt, b.abs(x), 0.5);
        let is_near = b.and(is_small(x), is_small(y));
        [b.select(is_near, near, far), self.atan2(y, moved)]
    }
    fn sqrt(&self, z: Parts) -> Parts {
        let b = self.0;
        let [x, y] = z;
        // Neither the magnitude nor its sum with |x| overflows or loses digits, if the numbers are scaled by a power of
        // 4. The limits are far from the least normal number and from the greatest.
        let exponent = if b.dtype(x) == DType::F64 { 512 } else { 64 };
        let (greatest, ..) = self.magnitudes(z);
        let number = |power: i32| b.number(2f64.powi(power), x);
        let choose = |of_tiny: i32, of_huge: i32| {
            let is_tiny = b.compare(Comparison::Lt, greatest, number(-exponent));
            let is_huge = b.compare(Comparison::Gt, greatest, number(exponent));
            b.select(is_tiny, number(of_tiny), b.select(is_huge, number(of_huge), number(0)))
        };
        let scaled = self.scaled(z, choose(exponent, -exponent));
        let sum = b.add(b.abs(scaled[0]), self.abs(scaled));
        let root = self.f(UnaryFn::Sqrt, b.mul_n(sum, 0.5));
        let other = b.div(b.mul_n(b.abs(scaled[1]), 0.5), root);
        let is_right = b.compare_n(Comparison::Ge, x, 0.0);
        let unscale = choose(-exponent / 2, exponent / 2);
        let [re, im] = self.scaled(self.select(is_right, [root, other], [other, root]), unscale);
        let root = [re, self.with_sign(im, y)];

        let zero = [b.number(0.0, x), y];
        let root = self.select(b.and(self.is_zero(x), self.is_zero(y)), zero, root);
        let zero_or_nan = b.select(b.is_nan(y), y, b.number(0.0, y));
        let infinity = b.number(f64::INFINITY, x);
        let right = [infinity, self.with_sign(zero_or_nan, y)];
        let left = [zero_or_nan, self.with_sign(infinity, y)];
        let root = self.select(self.is_infinite(x), self.select(is_right, right, left), root);
        self.select(self.is_infinite(y), [infinity, y], root)
    }

    /// Returns sinh x / s, cosh x / s, and s. The scale s is 1 unless e^|x| could overflow.
    fn hyperbolic(&self, x: Var) -> [Var; 3] {
        /// From here on, e^-|x| is below the precision of f64.
        const LARGE: f64 = 20.0;
        let b = self.0;
        let (magnitude, one) = (b.abs(x), b.number(1.0, x));
        let is_large = b.compare_n(Comparison::Gt, magnitude, LARGE);
        let root = self.f(UnaryFn::Exp, b.mul_n(magnitude, 0.5));
        let t = self.f(UnaryFn::Expm1, b.binary(BinaryFn::Min, magnitude, b.number(LARGE, x)));
        let e = b.add(t, one);
        let sinh = b.mul_n(b.add(t, b.div(t, e)), 0.5);
        let cosh = b.mul_n(b.add(e, b.div(one, e)), 0.5);
        let half = b.mul_n(root, 0.5);
        let large = |small: Var| b.select(is_large, half, small);
        let magnitudes = [large(sinh), large(cosh), b.select(is_large, root, one)];
        let [sinh, cosh, scale] = magnitudes;
        let nan = b.is_nan(x);
        let [sinh, cosh] = [sinh, cosh].map(|y| b.select(nan, x, y));
        [self.with_sign(sinh, x), cosh, scale]
    }
    fn sin(&self, [x, y]: Parts) -> Parts {
        let b = self.0;
        let (sin, cos) = (self.f(UnaryFn::Sin, x), self.f(UnaryFn::Cos, x));
        let [sinh, cosh, scale] = self.hyperbolic(y);
        let re = b.select(self.is_zero(x), x, b.mul(b.mul(sin, cosh), scale));
        let im = b.select(self.is_zero(y), b.mul(cos, y), b.mul(b.mul(cos, sinh), scale));
        [re, im]
    }
    fn cos(&self, [x, y]: Parts) -> Parts {
        let b = self.0;
        let (sin, cos) = (self.f(UnaryFn::Sin, x), self.f(UnaryFn::Cos, x));
        let [sinh, cosh, scale] = self.hyperbolic(y);
        let re = b.mul(b.mul(cos, cosh), scale);
        let im = b.mul(b.mul(sin, sinh), scale);
        // 0 · ∞ is 0 here.
        let is_real = b.or(self.is_zero(x), self.is_zero(y));
        let bounded = b.mul(sin, b.clamp(sinh, -1.0, 1.0));
        [re, b.neg(b.select(is_real, bounded, im))]
    }
    fn tanh(&self, [x, y]: Parts) -> Parts {
        let b = self.0;
        // From here on, the real part rounds to ±1.
        let large = if b.dtype(x) == DType::F64 { 22.0 } else { 10.0 };
        let (one, magnitude) = (b.number(1.0, x), b.abs(x));
        let t = self.f(UnaryFn::Tan, y);
        let [sinh, _, scale] = self.hyperbolic(b.clamp(x, -large, large));
        let s = b.mul(sinh, scale);
        let beta = b.add_n(b.mul(t, t), 1.0);
        let square = b.mul(s, s);
        let denominator = b.add_n(b.mul(beta, square), 1.0);
        let root = self.f(UnaryFn::Sqrt, b.add_n(square, 1.0));
        let near = [b.div(b.mul(b.mul(beta, root), s), denominator), b.div(t, denominator)];
        let product = b.mul(self.f(UnaryFn::Sin, y), self.f(UnaryFn::Cos, y));
        let decay = self.f(UnaryFn::Exp, b.mul_n(magnitude, -2.0));
        let im = b.mul_n(b.mul(product, decay), 4.0);
        let im = b.select(self.is_finite(y), im, self.with_sign(b.number(0.0, y), y));
        let far = [self.with_sign(one, x), im];
        self.select(b.compare_n(Comparison::Gt, magnitude, large), far, near)
    }
    /// Computes 1 / (1 + e⁻ᶻ) or eᶻ / (1 + eᶻ), the one that does not overflow.
    fn logistic(&self, z: Parts) -> Parts {
        let b = self.0;
        let is_right = b.compare_n(Comparison::Ge, z[0], 0.0);
        let e = self.exp(self.select(is_right, self.neg(z), z));
        let numerator = self.select(is_right, self.one(z), e);
        self.div(numerator, [b.add_n(e[0], 1.0), e[1]])
    }
    fn pow(&self, x: Parts, y: Parts) -> Parts {
        let b = self.0;
        let power = self.exp(self.mul(y, self.log(x)));
        let is_zero = |z: Parts| b.and(self.is_zero(z[0]), self.is_zero(z[1]));
        let zero = b.number(0.0, x[0]);
        let vanishes = b.and(is_zero(x), b.compare_n(Comparison::Gt, y[0], 0.0));
        let power = self.select(vanishes, [zero, zero], power);
        self.select(is_zero(y), self.one(x), power)
    }
}
