//! Fourier transforms. On CPUs they are host calls; elsewhere they are products with small matrices.
//!
//! A length with small factors n = p · q is p transforms of length q, of sums with twiddle factors (J. W. Cooley and J. W.
//! Tukey, "An algorithm for the machine calculation of complex Fourier series", 1965). A large prime factor makes the
//! transform a convolution with a chirp (L. I. Bluestein, "A linear filtering approach to the computation of discrete
//! Fourier transform", 1970).

use super::complex::{complex, parts};
use super::{contract, elementwise, linalg};
use crate::attr;
use crate::builder::{Builder, Val};
use crate::module_lowering::{EmitError, ModuleLowering};
use rune_ir::op::{Comparison, DotDims, FftFn, UnaryFn};
use rune_ir::{Array, DType, Element, Op, Shape, Type, with_element};
use std::f64::consts::FRAC_PI_2;

/// The maximum length of a transform by one product, and so the maximum factor. Larger ones need more arithmetic, and
/// smaller ones more passes over memory: 1,024 points take two.
const MAX_FACTOR: usize = 32;
/// The maximum prime length of a transform by one product. A chirp takes three transforms of twice the length.
const MAX_PRIME: usize = 64;

/// Numbers as rows of two-dimensional arrays. Real ones have no imaginary part.
#[derive(Clone)]
struct Signal<'c> {
    re: Val<'c>,
    im: Option<Val<'c>>,
}

/// Emits a transform along the last axes. `lengths` are their sizes in the time domain.
pub(super) fn fft<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    op: &Op<Val<'c>>,
    (f, x, lengths): (FftFn, &Val<'c>, &[usize]),
    types: &[&Type],
) -> Result<Vec<Val<'c>>, EmitError> {
    if lowering.is_export() {
        let kind = f.name().to_uppercase();
        let attributes = [
            ("fft_type", attr::parse(b.context, &format!("#stablehlo<fft_type {kind}>"))),
            ("fft_length", attr::dims(b.context, lengths)),
        ];
        return Ok(vec![b.op1("stablehlo.fft", &[x], &attributes, types[0].clone())]);
    }
    // On CPUs, the crate `rustfft` takes an eighth to a half of the time of products.
    if lowering.is_on_cpu() && lowering.calls_host() {
        return linalg::on_host(b, lowering, op, types);
    }
    Ok(vec![products(b, lowering, f, x, lengths)])
}

/// Emits a transform as products.
fn products<'c>(b: &Builder<'c>, lowering: &ModuleLowering<'c>, f: FftFn, x: &Val<'c>, lengths: &[usize]) -> Val<'c> {
    let transforms = Transforms { b, lowering };
    let (first, last) = (x.rank() - lengths.len(), x.rank() - 1);
    let along = |z: [Val<'c>; 2], axes: std::ops::Range<usize>| {
        axes.rev().fold(z, |[re, im], axis| transforms.along(Signal { re, im: Some(im) }, axis))
    };
    // z with exchanged parts is i z̄. Its transform, with exchanged parts, is the inverse transform of z, not scaled.
    let exchanged = |[re, im]: [Val<'c>; 2]| [im, re];
    let whole = |[re, im]: [Val<'c>; 2]| complex(b, &re, &im);
    let scale = 1.0 / lengths.iter().map(|&n| n as f64).product::<f64>();
    match f {
        FftFn::Fft => whole(along(parts(b, x), first..last + 1)),
        FftFn::Ifft => {
            let inverse = exchanged(along(exchanged(parts(b, x)), first..last + 1));
            whole(inverse.map(|part| b.mul_n(&part, scale)))
        }
        FftFn::Rfft => {
            let all = transforms.along(Signal { re: x.clone(), im: None }, last);
            let half = all.map(|part| b.slice_axis(&part, last, 0, x.shape()[last] / 2 + 1));
            whole(along(half, first..last))
        }
        FftFn::Irfft => {
            let [im, re] = along(exchanged(parts(b, x)), first..last);
            let n = lengths[lengths.len() - 1];
            // The frequencies above the middle are the conjugates of those below it.
            let extended = |part: &Val<'c>, mirror: &dyn Fn(&Val<'c>) -> Val<'c>| {
                let above = b.slice_axis(part, last, 1, n.div_ceil(2));
                if above.ty.size() == 0 {
                    part.clone()
                } else {
                    b.concat(&[part, &mirror(&b.reverse(&above, &[last]))], last)
                }
            };
            let re = extended(&re, &|above| above.clone());
            let im = extended(&im, &|above| b.neg(above));
            let [_, real] = along([im, re], last..last + 1);
            b.mul_n(&real, scale)
        }
    }
}

/// Emits transforms.
struct Transforms<'a, 'c> {
    b: &'a Builder<'c>,
    lowering: &'a ModuleLowering<'c>,
}

impl<'c> Transforms<'_, 'c> {
    /// Transforms along one axis.
    fn along(&self, z: Signal<'c>, axis: usize) -> [Val<'c>; 2] {
        let b = self.b;
        let rank = z.re.rank();
        let order: Vec<usize> = (0..rank).filter(|&a| a != axis).chain([axis]).collect();
        // Moves the axis back.
        let back: Vec<usize> = (0..axis).chain([rank - 1]).chain(axis..rank - 1).collect();
        let n = z.re.shape()[axis];
        let rows = z.re.ty.size() / n;
        let moved: Shape = order.iter().map(|&a| z.re.shape()[a]).collect();
        let row = |x: &Val<'c>| b.reshape(&b.transpose(x, &order), [rows, n]);
        let result = self.rows(Signal { re: row(&z.re), im: z.im.as_ref().map(row) });
        result.map(|part| b.transpose(&b.reshape(&part, moved.clone()), &back))
    }

    /// Transforms each row.
    fn rows(&self, z: Signal<'c>) -> [Val<'c>; 2] {
        let n = z.re.shape()[1];
        match factor(n) {
            _ if n <= MAX_FACTOR => self.product(&z, 1),
            Some(p) => self.factored(&z, p),
            None if n <= MAX_PRIME => self.product(&z, 1),
            None => self.chirped(&z),
        }
    }

    /// Transforms along an axis by a product with a matrix. The axis becomes the last one.
    fn product(&self, z: &Signal<'c>, axis: usize) -> [Val<'c>; 2] {
        let b = self.b;
        let n = z.re.shape()[axis];
        let (mut shape, dtype) = (z.re.shape().to_vec(), z.re.dtype());
        if n == 1 && axis + 1 == shape.len() {
            return [z.re.clone(), z.im.clone().unwrap_or_else(|| b.number(0.0, &z.re))];
        }
        shape.remove(axis);
        shape.push(n);
        let dims = DotDims {
            lhs_contract: [axis].into_iter().collect(),
            rhs_contract: [0].into_iter().collect(),
            ..DotDims::default()
        };
        let roots = |part: usize| dense(b, dtype, &[n, n], |i| root((i / n) * (i % n), n)[part]);
        let (cos, sin) = (roots(0), roots(1));
        let ty = z.re.ty.with_shape(shape);
        let by = |x: &Val<'c>, matrix: &Val<'c>| contract::dot_general(b, self.lowering, x, matrix, &dims, dtype, &ty);
        let [re, im] = [by(&z.re, &cos), by(&z.re, &sin)];
        match &z.im {
            None => [re, im],
            Some(y) => [b.sub(&re, &by(y, &sin)), b.add(&im, &by(y, &cos))],
        }
    }

    /// Transforms rows of length p · q. Element j p-th + k of a row is at j q + k, and frequency k of the result is at
    /// i + l p.
    fn factored(&self, z: &Signal<'c>, p: usize) -> [Val<'c>; 2] {
        let b = self.b;
        let (rows, n, dtype) = (z.re.shape()[0], z.re.shape()[1], z.re.dtype());
        let q = n / p;
        let split = |x: &Val<'c>| b.reshape(x, [rows, p, q]);
        // The axes are now the row, the element of the second transform and the frequency of the first.
        let z = self.product(&Signal { re: split(&z.re), im: z.im.as_ref().map(split) }, 1);
        let turned = times(b, &z, &self.twiddles(q, p, n, dtype).map(|x| b.broadcast(&x, [rows, q, p], &[1, 2])));
        let [re, im] = turned.map(|x| b.reshape(&b.transpose(&x, &[0, 2, 1]), [rows * p, q]));
        let z = self.rows(Signal { re, im: Some(im) });
        z.map(|x| b.reshape(&b.transpose(&b.reshape(&x, [rows, p, q]), &[0, 2, 1]), [rows, n]))
    }

    /// Returns e^(-2πi jk/n), for each row j and column k. They are computed, because the text would be as long as the
    /// arrays. The angle is reduced to an eighth of the circle, so the result is exact to the last place.
    fn twiddles(&self, rows: usize, columns: usize, n: usize, dtype: DType) -> [Val<'c>; 2] {
        let b = self.b;
        let index = if i32::try_from(8 * n).is_ok() { DType::I32 } else { DType::I64 };
        let shape = Shape::from([rows, columns]);
        let k = b.mul(&b.iota(index, &shape, 0), &b.iota(index, &shape, 1));
        let rounded = b.add_n(&b.mul_n(&k, 8.0), n as f64);
        let quarter = b.div(&rounded, &b.number(2.0 * n as f64, &k));
        let rest = b.sub(&b.mul_n(&k, 4.0), &b.mul_n(&quarter, n as f64));
        let angle = b.mul_n(&b.convert(&rest, dtype), FRAC_PI_2 / n as f64);
        let [sin, cos] = [UnaryFn::Sin, UnaryFn::Cos].map(|f| elementwise::unary(b, self.lowering, f, &angle));
        let has_bit = |x: &Val<'c>, bit: f64| b.compare_n(Comparison::Ne, &b.and(x, &b.number(bit, x)), 0.0);
        let is_odd = has_bit(&quarter, 1.0);
        let signed = |is_negative: &Val<'c>, x: &Val<'c>| b.select(is_negative, &b.neg(x), x);
        let re = signed(&has_bit(&b.add_n(&quarter, 1.0), 2.0), &b.select(&is_odd, &sin, &cos));
        let im = signed(&has_bit(&b.add_n(&quarter, 2.0), 2.0), &b.select(&is_odd, &cos, &sin));
        [re, im]
    }

    /// Transforms rows of a length with a large prime factor: jk = (j² + k² - (k - j)²) / 2.
    fn chirped(&self, z: &Signal<'c>) -> [Val<'c>; 2] {
        let b = self.b;
        let (rows, n, dtype) = (z.re.shape()[0], z.re.shape()[1], z.re.dtype());
        let m = (2 * n - 1).next_power_of_two();
        let squared = |k: usize| (k as u128 * k as u128 % (2 * n as u128)) as usize;
        // The compiler would spend its time on transforming the constant.
        let chirp = [0, 1].map(|part| b.opaque(&dense(b, dtype, &[n], |k| root(squared(k), 2 * n)[part])));
        let everywhere = |x: &Val<'c>, n: usize| b.broadcast(x, [rows, n], &[1]);
        let row_chirp = chirp.each_ref().map(|x| everywhere(x, n));
        let zero = b.number_of(0.0, dtype, &Shape::scalar());
        let padded = |x: &Val<'c>, high: usize| {
            let mut config = vec![(0, 0, 0); x.rank()];
            config[x.rank() - 1].1 = high as i64;
            b.pad(x, &zero, &config)
        };
        let product = match &z.im {
            Some(im) => times(b, &[z.re.clone(), im.clone()], &row_chirp),
            None => row_chirp.each_ref().map(|x| b.mul(&z.re, x)),
        };
        let [re, im] = product.map(|x| padded(&x, m - n));
        let signal = self.rows(Signal { re, im: Some(im) });
        // The conjugate of the chirp, for the differences 0 … n - 1, and -(n - 1) … -1 at the end.
        let filter = |x: &Val<'c>| {
            let negative = b.reverse(&b.slice_axis(x, 0, 1, n), &[0]);
            b.reshape(&b.concat(&[&padded(x, m - (2 * n - 1)), &negative], 0), [1, m])
        };
        let filter = self.rows(Signal { re: filter(&chirp[0]), im: Some(filter(&b.neg(&chirp[1]))) });
        let filter = filter.map(|x| everywhere(&b.reshape(&x, [m]), m));
        // The inverse transform, by exchanged parts.
        let [im, re] = times(b, &signal, &filter);
        let [im, re] = self.rows(Signal { re, im: Some(im) });
        let convolved = [re, im].map(|x| b.mul_n(&b.slice_axis(&x, 1, 0, n), 1.0 / m as f64));
        times(b, &convolved, &row_chirp)
    }
}

/// Returns the factor of `n` for the first pass, at most [`MAX_FACTOR`]: the factors of all passes are about equal.
fn factor(n: usize) -> Option<usize> {
    let passes = (n as f64).log(MAX_FACTOR as f64).ceil().max(1.0);
    let ideal = (n as f64).powf(1.0 / passes);
    let distance = |p: usize| ((p as f64).ln() - ideal.ln()).abs();
    let factors = (2..=MAX_FACTOR).filter(|p| n.is_multiple_of(*p));
    factors.min_by(|&p, &q| distance(p).total_cmp(&distance(q)))
}

fn times<'c>(b: &Builder<'c>, [x, y]: &[Val<'c>; 2], [c, s]: &[Val<'c>; 2]) -> [Val<'c>; 2] {
    [b.sub(&b.mul(x, c), &b.mul(y, s)), b.add(&b.mul(x, s), &b.mul(y, c))]
}

/// Returns the real and the imaginary part of e^(-2πi k/n). The angle is reduced to an eighth of the circle.
fn root(k: usize, n: usize) -> [f64; 2] {
    let (k, n) = (k as u128 % n as u128, n as u128);
    let quarter = (8 * k + n) / (2 * n);
    let rest = (4 * k) as f64 - (quarter * n) as f64;
    let (sin, cos) = (rest / n as f64 * FRAC_PI_2).sin_cos();
    match quarter % 4 {
        0 => [cos, -sin],
        1 => [-sin, -cos],
        2 => [-cos, sin],
        _ => [sin, cos],
    }
}

/// Returns the array with these elements in the text.
fn dense<'c>(b: &Builder<'c>, dtype: DType, shape: &[usize], element: impl FnMut(usize) -> f64) -> Val<'c> {
    let mut element = element;
    let array = with_element!(dtype, T => Array::from_fn(shape, |i| <T as Element>::from_f64(element(i))));
    b.dense(&array)
}
