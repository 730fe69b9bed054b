//! Complex numbers and Fourier transforms against vectors. `data/complex.jsonl` has NumPy's values, and optionally
//! JAX's derivatives and batches. `scripts/vectors complex` writes it.

mod cases;
mod filters;
mod functions;
mod signals;

use rune_trace::fft::{self, FftOptions, Norm};
use rune_trace::{
    Complex32, Complex64, DType, Element, Tensor, complex, grad, grad_holomorphic, jacfwd, jacrev, lax, op, scan,
    segment_min, where_,
};
use serde_json::Value;

const VECTORS: &str = include_str!("../data/complex.jsonl");

/// Applies the function of a case.
fn apply(name: &str, args: &Value, xs: &[Tensor]) -> Tensor {
    let x = &xs[0];
    let y = xs.last().unwrap();
    let rows = |indices: &[i32]| Tensor::from(indices);
    match name {
        "exp" => x.exp(),
        "exp2" => x.exp2(),
        "expm1" => x.expm1(),
        "log" => x.log(),
        "log1p" => x.log1p(),
        "sqrt" => x.sqrt(),
        "rsqrt" => x.rsqrt(),
        "sin" => x.sin(),
        "cos" => x.cos(),
        "tan" => x.tan(),
        "sinh" => x.sinh(),
        "cosh" => x.cosh(),
        "tanh" => x.tanh(),
        "asin" => x.asin(),
        "acos" => x.acos(),
        "atan" => x.atan(),
        "asinh" => x.asinh(),
        "acosh" => x.acosh(),
        "atanh" => x.atanh(),
        "sigmoid" => x.sigmoid(),
        "square" => x.square(),
        "reciprocal" => x.reciprocal(),
        "abs" => x.abs(),
        "real" | "to_real" => x.real(),
        "imag" => x.imag(),
        "conj" => x.conj(),
        "angle" => x.angle(),
        "neg" => -x,
        "powi3" => x.powi(3),
        "powi-2" => x.powi(-2),
        "sum" => x.sum_axes(0),
        "prod" => x.prod_axes(0),
        "mean" => x.mean_axes(0),
        "var" => x.var_axes(0),
        "std" => x.std_axes(0),
        "cumsum" => x.cumsum(0),
        "cumprod" => x.cumprod(0),
        "sort" => x.sort(0),
        "transpose" => lax::transpose(x, &[1, 0]),
        "narrow" => x.cast(DType::C64).cast(DType::C128),
        "pad" => {
            let padding = Tensor::scalar(Complex64::new(2.0, -1.0)).cast(x.dtype());
            let axis = |low, high| op::Padding { low, high, interior: 0 };
            lax::pad(x, &padding, vec![axis(1, 0), axis(2, 1)])
        }
        "flip" => lax::reverse(x, &[0]),
        "gather" => x.take(&rows(&[2, 0, 2, 1]), 0),
        "isfinite" => x.isfinite(),
        "isreal" => x.isreal(),
        "norm" => x.norm(),
        "sign_value" => x.sign().stop_gradient() * x,
        "branch" => where_(x.real().gt(0.0), x * x, x.conj()),
        "max" => x.max_axes(0),
        "min" => x.min(),
        "cut_max" => rounded(x).max_axes(0),
        "argsort" => x.argsort(0),
        "unique" => rounded(x).unique(6),
        "ptp" => x.ptp_axes(0),
        "nanmax" => x.nanmax_axes(0),
        "lt" => {
            let with = |im: Tensor| complex(x.real(), im);
            with(x.real().ones_like()).lt(with(y.imag()))
        }
        "le" => rounded(x).le(rounded(y)),
        "gt" => rounded(x).gt(rounded(y)),
        "ge" => x.ge(x),
        "maximum" => x.maximum(y),
        "minimum" => x.minimum(y),
        "maximum_same" => x.maximum(x),
        "searchsorted" => lax::reshape(&lax::slice(x, &[0, 0], &[3, 1], &[1, 1]), [3]).sort(0).searchsorted(y, true),
        "loop" => {
            let first = lax::reshape(&lax::slice(x, &[0, 0], &[1, 2], &[1, 1]), [2]);
            let rest = lax::slice(x, &[1, 0], &[3, 2], &[1, 1]);
            let step = |c: &Tensor, row: &Tensor| (c * row + Complex64::new(0.0, 1.0), c.clone());
            scan(step, &first, &rest).0
        }
        "add" => x + y,
        "sub" => x - y,
        "mul" | "batched_mul" => x * y,
        "div" => x / y,
        "pow" => x.pow(y),
        "eq" => x.eq(y),
        "ne" => x.ne(y),
        "scatter_add" => x.at(rows(&[1, 1, 0])).add(y),
        "scatter_set" => x.at(rows(&[2, 0])).set(lax::slice(y, &[0, 0], &[2, 2], &[1, 1])),
        "scatter_mul" => x.at(rows(&[1, 2, 0])).mul(y),
        "concat" => lax::concatenate(&[x.clone(), y.clone()], 1),
        "complex" => complex(x, y),
        "to_complex" => x.cast(DType::C128) * Complex64::new(0.0, 2.0),
        "matmul" | "batched_matmul" => x.matmul(y),
        "conv" => {
            let dims = op::ConvDims {
                lhs: [0, 1, 2][..].into(),
                rhs: [0, 1, 2][..].into(),
                out: [0, 1, 2][..].into(),
                strides: [1][..].into(),
                padding: vec![(1, 1)],
                lhs_dilation: [1][..].into(),
                rhs_dilation: [1][..].into(),
                feature_groups: 1,
                batch_groups: 1,
            };
            lax::conv_general_dilated(x, y, dims)
        }
        _ => transform(name, args, x),
    }
}

/// Returns the nearest integers, many of which are equal. They have no derivative.
fn rounded(x: &Tensor) -> Tensor {
    complex(x.real().round(), x.imag().round())
}

/// Returns the lengths, axes and scale of a case.
fn fft_options(args: &Value) -> FftOptions {
    let list = |v: &Value| v.as_array().map(|v| v.iter().map(|n| n.as_i64().unwrap()).collect::<Vec<_>>());
    let mut options = FftOptions::new();
    if let Some(n) = args["n"].as_u64() {
        options = options.length(n as usize);
    }
    if let Some(axis) = args["axis"].as_i64() {
        options = options.axis(axis as isize);
    }
    if let Some(s) = list(&args["s"]) {
        options = options.lengths(&s.iter().map(|&n| n as usize).collect::<Vec<_>>());
    }
    if let Some(axes) = list(&args["axes"]) {
        options = options.axes(&axes.iter().map(|&n| n as isize).collect::<Vec<_>>());
    }
    options.norm(match args["norm"].as_str() {
        Some("ortho") => Norm::Ortho,
        Some("forward") => Norm::Forward,
        _ => Norm::Backward,
    })
}

fn transform(name: &str, args: &Value, x: &Tensor) -> Tensor {
    let options = fft_options(args);
    let f = match name {
        "fft" => fft::fft_with,
        "ifft" => fft::ifft_with,
        "rfft" => fft::rfft_with,
        "irfft" => fft::irfft_with,
        "hfft" => fft::hfft_with,
        "ihfft" => fft::ihfft_with,
        "fft2" => fft::fft2_with,
        "ifft2" => fft::ifft2_with,
        "rfft2" => fft::rfft2_with,
        "irfft2" => fft::irfft2_with,
        "fftn" => fft::fftn_with,
        "ifftn" => fft::ifftn_with,
        "rfftn" => fft::rfftn_with,
        "irfftn" => fft::irfftn_with,
        other => panic!("no function is called {other}"),
    };
    f(x, &options)
}

#[test]
fn functions_of_complex_numbers_agree_with_jax() {
    let tolerance = |name: &str| if name == "narrow" { 2e-7 } else { 1e-12 };
    let checked = cases::check(VECTORS, tolerance, apply);
    assert!(checked > 1000, "{checked}");
}

/// 64 roundings of `f32`, relative to the greatest element.
const NARROW: f64 = 64.0 * f32::EPSILON as f64;

#[test]
fn functions_of_single_precision_agree_with_jax_in_double_precision() {
    let checked = cases::check(include_str!("../data/complex_f32.jsonl"), |_| NARROW, apply);
    assert!(checked > 300, "{checked}");
}

#[test]
fn single_precision_is_that_of_double_precision_rounded_once() {
    for name in ["exp", "log", "sqrt", "tan", "tanh", "sigmoid"] {
        let z = Complex64::new(f64::from(0.7f32), f64::from(-1.3f32));
        let wide = apply(name, &Value::Null, &[Tensor::scalar(z)]).item::<Complex64>().unwrap();
        let narrow = apply(name, &Value::Null, &[Tensor::scalar(Complex32::from_complex(z))]);
        assert_eq!(narrow.item::<Complex32>().unwrap(), Complex32::from_complex(wide), "{name}");
    }
}

#[test]
fn holomorphic_derivatives() {
    let z = Tensor::scalar(Complex64::new(0.5, -1.5));
    let dz = grad_holomorphic(|z: &Tensor| z.sin() * z)(&z).item::<Complex64>().unwrap();
    let expected = (z.cos() * &z + z.sin()).item::<Complex64>().unwrap();
    assert!((dz - expected).norm() < 1e-14);
}

#[test]
#[should_panic(
    expected = "use `grad_holomorphic` or `jacrev_holomorphic` for a holomorphic function, and `vjp` for any other"
)]
fn a_complex_result_has_no_gradient() {
    grad(|z: &Tensor| z * z)(&Tensor::scalar(Complex32::new(1.0, 2.0)));
}

#[test]
#[should_panic(expected = "the arguments of a holomorphic function are complex")]
fn a_holomorphic_function_is_of_complex_numbers() {
    grad_holomorphic(|x: &Tensor| complex(x, x))(&Tensor::scalar(1.0f32));
}

#[test]
#[should_panic(expected = "forward mode differentiates with respect to real arguments")]
fn forward_jacobians_are_by_real_arguments() {
    jacfwd(|z: &Tensor| z.abs())(&Tensor::from([Complex32::new(1.0, 2.0)]));
}

#[test]
fn jacobians_of_parts() {
    // Forward mode with real arguments and complex results; reverse mode with complex arguments and real results.
    let x = Tensor::from([2.0f32]);
    let j = jacfwd(|x: &Tensor| complex(x * x, x))(&x).to_vec::<Complex32>().unwrap();
    assert_eq!(j, [Complex32::new(4.0, 1.0)]);
    let z = Tensor::from([Complex32::new(3.0, 4.0)]);
    let j = jacrev(|z: &Tensor| z.abs())(&z).to_vec::<Complex32>().unwrap();
    assert!((j[0] - Complex32::new(0.6, -0.8)).norm() < 1e-6);
}

#[test]
#[should_panic(expected = "`lt` takes a dtype whose elements have an order")]
fn the_operations_order_no_complex_numbers() {
    let z = Tensor::scalar(Complex32::new(1.0, 2.0));
    lax::lt(&z, &z);
}

#[test]
#[should_panic(expected = "quantile: takes elements with distances, but got [2, c64]")]
fn complex_numbers_have_no_median() {
    Tensor::from([Complex32::new(1.0, 2.0); 2]).median(0);
}

#[test]
fn extremes_of_complex_numbers_at_their_edges() {
    let z = Complex64::new;
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let x = Tensor::from([z(1.0, 2.0), z(nan, 0.0), z(1.0, 3.0)]);
    assert_eq!((x.argmax().item::<i32>().unwrap(), x.argmin().item::<i32>().unwrap()), (1, 1));
    assert!(x.max().real().isnan().item::<bool>().unwrap() && x.min().imag().isnan().item::<bool>().unwrap());
    let x = Tensor::from([[z(1.0, -2.0), z(1.0, 5.0)], [z(1.0, 2.0), z(1.0, 5.0)]]);
    assert_eq!(x.argmax_axis(0).to_vec::<i32>().unwrap(), [1, 0]);
    assert_eq!(x.argmin().item::<i32>().unwrap(), 0);
    // Infinite parts do not become NaN.
    let x = Tensor::scalar(z(inf, -inf));
    assert_eq!(x.maximum(&x).item::<Complex64>().unwrap(), z(inf, -inf));
    let first = x.maximum(Tensor::scalar(z(nan, 1.0))).item::<Complex64>().unwrap();
    assert!(first.re.is_nan() && first.im == 1.0);
    assert_eq!(Tensor::zeros([0], DType::C128).max().item::<Complex64>().unwrap(), z(-inf, 0.0));
    // A segment with a NaN is NaN, one without numbers is infinite, and elements that are not selected stay.
    let x = Tensor::from([z(1.0, nan), z(2.0, 1.0), z(1.0, -1.0), z(1.0, -inf)]);
    let y = segment_min(&x, &Tensor::from([0, 0, 2, 2]), 3).to_vec::<Complex64>().unwrap();
    assert!(y[0].re.is_nan() && y[0].im.is_nan());
    assert_eq!(y[1..], [z(inf, 0.0), z(1.0, -inf)]);
    let y = x.at([1, 1]).max(Tensor::from([z(2.0, 0.0), z(3.0, -1.0)])).to_vec::<Complex64>().unwrap();
    assert_eq!((y[0].re, y[1], y[2]), (1.0, z(3.0, -1.0), z(1.0, -1.0)));
}

#[test]
fn printed_as_numpy_does() {
    let z = Tensor::from([Complex32::new(1.0, -2.5), Complex32::new(f32::NAN, f32::INFINITY)]);
    assert_eq!(z.to_string(), "[ 1.-2.5j nan+infj]");
    assert_eq!(format!("{:.1}", Tensor::scalar(Complex64::new(1.25, 0.0))), "(1.2+0.0j)");
}
