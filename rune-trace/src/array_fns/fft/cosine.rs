//! Cosine and sine transforms of type 2, by a Fourier transform of the same length (J. Makhoul, "A fast cosine
//! transform in one and two dimensions", 1980).

use super::{FftOptions, Norm, axes_of, fft_last, ifft_last, lengths_of, resized};
use crate::array_fns::join::part;
use crate::array_fns::reductions::as_float;
use crate::tensor::{at_caller, refuse};
use crate::{Tensor, lax};
use rune_ir::op::FftFn;
use rune_ir::{DType, Shape};
use std::f64::consts::PI;

#[derive(Clone, Copy)]
struct TransformKind {
    inverse: bool,
    sine: bool,
}

macro_rules! transforms {
    ($($(#[$doc:meta])* $name:ident $with:ident: $inverse:literal, $sine:literal, $last:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Panics
        /// If an axis is missing or has no elements, or the dtype is complex.
        #[track_caller]
        pub fn $name(x: &Tensor) -> Tensor {
            $with(x, &FftOptions::default())
        }
        #[doc = concat!("As [`", stringify!($name), "`], with options.")]
        ///
        /// # Panics
        #[doc = concat!("As [`", stringify!($name), "`], or if there are not as many lengths as axes, a length is 0, or an axis is named twice.")]
        #[track_caller]
        pub fn $with(x: &Tensor, options: &FftOptions) -> Tensor {
            transform(concat!("fft::", stringify!($name)), x, options, $last, TransformKind { inverse: $inverse, sine: $sine })
        }
    )*};
}
// For each transform: whether it is an inverse, whether it is a sine transform, and the default number of last axes.
transforms! {
    /// Returns the cosine transform of type 2 along the last axis: 2 Σ xⱼ cos(πk(2j + 1) / 2n). Integers and `bool` are
    /// transformed as `f32`.
    ///
    /// ```
    /// use rune_trace::{Tensor, fft};
    /// let x = Tensor::from([1.0f64, 2.0, 3.0]);
    /// let y = fft::dct(&x);
    /// assert!((y.i(0).item::<f64>()? - 12.0).abs() < 1e-14);
    /// assert!((fft::idct(&y) - x).abs().max().item::<f64>()? < 1e-14);
    /// # Ok::<(), rune_trace::EvalError>(())
    /// ```
    dct dct_with: false, false, Some(1);
    /// Returns the inverse of [`dct`].
    idct idct_with: true, false, Some(1);
    /// Returns the cosine transform of type 2 along all axes.
    dctn dctn_with: false, false, None;
    /// Returns the inverse of [`dctn`].
    idctn idctn_with: true, false, None;
    /// Returns the sine transform of type 2 along the last axis: 2 Σ xⱼ sin(π(k + 1)(2j + 1) / 2n). Integers and `bool`
    /// are transformed as `f32`.
    dst dst_with: false, true, Some(1);
    /// Returns the inverse of [`dst`].
    idst idst_with: true, true, Some(1);
    /// Returns the sine transform of type 2 along all axes.
    dstn dstn_with: false, true, None;
    /// Returns the inverse of [`dstn`].
    idstn idstn_with: true, true, None;
}

#[track_caller]
fn transform(op: &str, x: &Tensor, options: &FftOptions, last: Option<usize>, how: TransformKind) -> Tensor {
    if x.dtype().is_complex() {
        refuse!("{op}: takes real numbers, but got {}; transform the parts, as with `.real()`", x.ty());
    }
    let x = as_float(x);
    let x = if x.dtype().is_reduced_float() { lax::convert(&x, DType::F32) } else { x };
    let axes = axes_of(op, &x, options, last);
    if axes.is_empty() {
        return x;
    }
    let lengths = lengths_of(op, FftFn::Fft, &x, options, &axes);
    at_caller(|| {
        let mut x = x;
        for (&axis, &n) in axes.iter().zip(&lengths) {
            let ended = resized(&x.moveaxis(axis as isize, -1), FftFn::Fft, &[n]);
            x = along_last(&ended, options.norm, how).moveaxis(-1, axis as isize);
        }
        x
    })
}

/// Computes the transform along the last axis.
fn along_last(x: &Tensor, norm: Norm, how: TransformKind) -> Tensor {
    let last = x.rank() - 1;
    let n = x.shape()[last];
    let numbers = |f: &dyn Fn(usize) -> f64| Tensor::from((0..n).map(f).collect::<Vec<f64>>()).cast(x.dtype());
    // The sine transform is the reversed cosine transform of the numbers with alternating signs.
    let signs = |x: Tensor| if how.sine { x * numbers(&|j| if j % 2 == 0 { 1.0 } else { -1.0 }) } else { x };
    let turned = |x: Tensor| if how.sine { x.flip(-1) } else { x };
    // The factors of the norm for the forward cosine transform: of the first element, and of the others.
    let (first, others) = match norm {
        Norm::Backward => (1.0, 1.0),
        Norm::Ortho => ((1.0 / (4.0 * n as f64)).sqrt(), (1.0 / (2.0 * n as f64)).sqrt()),
        Norm::Forward => (1.0 / (2.0 * n as f64), 1.0 / (2.0 * n as f64)),
    };
    let factor = |k: usize| if k == 0 { first } else { others };
    if how.inverse {
        let x = turned(x.clone());
        let x = if norm == Norm::Backward { x } else { x / numbers(&factor) };
        return signs(inverse_cosine(&x, n));
    }
    let y = cosine(&signs(x.clone()), n);
    turned(if norm == Norm::Backward { y } else { y * numbers(&factor) })
}

/// Returns e^(sign iπk / 2n), for k from 0 to n/2.
fn quarter_turns(dtype: DType, n: usize, sign: f64) -> Tensor {
    let of = |f: fn(f64) -> f64| {
        let angles = (0..n / 2 + 1).map(|k| f(sign * PI * k as f64 / (2.0 * n as f64)));
        Tensor::from(angles.collect::<Vec<f64>>()).cast(dtype)
    };
    lax::complex(&of(f64::cos), &of(f64::sin))
}

fn cosine(x: &Tensor, n: usize) -> Tensor {
    let last = x.rank() - 1;
    // The elements at even positions, then those at odd positions in reverse order.
    let every_other = |start: usize| {
        let (mut starts, mut strides) = (vec![0; x.rank()], vec![1; x.rank()]);
        (starts[last], strides[last]) = (start.min(n), 2);
        lax::slice(x, &starts, x.shape(), &strides)
    };
    let v = lax::concatenate(&[every_other(0), every_other(1).flip(-1)], last);
    // The first n/2 + 1 elements of the transform of n real numbers determine the others.
    let z = fft_last(&v, n) * quarter_turns(x.dtype(), n, -1.0);
    let rest = part(&lax::imag(&z), last, 1, n.div_ceil(2).max(1));
    lax::concatenate(&[lax::real(&z), -rest.flip(-1)], last) * 2.0
}

fn inverse_cosine(x: &Tensor, n: usize) -> Tensor {
    let last = x.rank() - 1;
    let half = n / 2 + 1;
    // The elements k and n - k of x. The latter is 0 for k = 0.
    let re = part(x, last, 0, half);
    let im = part(x, last, n + 1 - half, n).flip(-1);
    let zero = part(x, last, 0, 1).zeros_like();
    let z = lax::complex(&re, &-lax::concatenate(&[zero, im], last)) * quarter_turns(x.dtype(), n, 1.0);
    let v = ifft_last(&z, n) * 0.5;
    let even = part(&v, last, 0, n.div_ceil(2));
    let mut widths = vec![(0, 0); x.rank()];
    widths[last].1 = (n % 2) as isize;
    let odd = part(&v, last, n.div_ceil(2), n).flip(-1).pad(&widths, 0);
    let pairs = lax::concatenate(&[even.unsqueeze(-1), odd.unsqueeze(-1)], last + 1);
    let shape: Shape = x.shape()[..last].iter().copied().chain([2 * n.div_ceil(2)]).collect();
    part(&lax::reshape(&pairs, shape), last, 0, n)
}
