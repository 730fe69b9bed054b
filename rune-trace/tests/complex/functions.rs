//! Array functions of complex numbers. `data/complex_functions.jsonl` has JAX's values, derivatives and batches;
//! `scripts/vectors complex-functions` writes it.

use super::cases::check;
use rune_trace::image::{self, ResizeMethod};
use rune_trace::interpolate::RegularGridInterpolator;
use rune_trace::ndimage::{self, Order, Outside};
use rune_trace::{Complex64, DType, Tensor, random, segment_max, segment_min, special, where_};
use serde_json::Value;

const VECTORS: &str = include_str!("../data/complex_functions.jsonl");

/// Replaces large numbers with NaN.
fn gaps(x: &Tensor) -> Tensor {
    where_(x.abs().gt(1.5), f64::NAN, x)
}

/// Returns the results of segments, with 0 for the infinities of the segment without elements.
fn segments(x: Tensor) -> Tensor {
    where_(Tensor::from([false, false, true, false]), 0.0, x)
}

fn method(args: &Value) -> ResizeMethod {
    match args["method"].as_str().unwrap() {
        "nearest" => ResizeMethod::Nearest,
        "linear" => ResizeMethod::Linear,
        "cubic" => ResizeMethod::Cubic,
        "lanczos3" => ResizeMethod::Lanczos3,
        other => panic!("no method is called {other}"),
    }
}

fn apply(name: &str, args: &Value, xs: &[Tensor]) -> Tensor {
    let x = &xs[0];
    let y = xs.last().unwrap();
    let key = || random::key(5);
    let size = |name: &str| args[name].as_u64().unwrap() as usize;
    match name {
        "vdot" => x.vdot(y),
        "vecdot" => x.vecdot(y, 0),
        "vecmat" => x.vecmat(y),
        "matvec" => x.matvec(y),
        "inner" => x.inner(y),
        "outer" => x.outer(y),
        "cov" | "cov_of_vector" => x.cov(1),
        "corrcoef" => x.corrcoef(),
        "average" => x.average(y, 0),
        "logsumexp" => x.logsumexp_axes(0),
        "nansum" => gaps(x).nansum_axes(0),
        "nanprod" => gaps(x).nanprod_axes(0),
        "nanmean" => gaps(x).nanmean_axes(0),
        "nanvar" => gaps(x).nanvar_axes(0),
        "nanstd" => gaps(x).nanstd_axes(0),
        "nanmax_of_some" => gaps(x).nanmax_axes(0),
        "nanmin_of_some" => gaps(x).nanmin_axes(0),
        "nancumsum" => gaps(x).nancumsum(0),
        "nancumprod" => gaps(x).nancumprod(0),
        "sinc" => special::sinc(x),
        "softplus" => x.softplus(),
        "log_sigmoid" => x.log_sigmoid(),
        "mish" => x.mish(),
        "silu" => x.silu(),
        "gelu" => x.gelu(),
        "squareplus" => x.squareplus(4.0),
        "soft_sign" => x.soft_sign(),
        "logit" => special::logit(x),
        "elu" => x.elu(0.7),
        "celu" => x.celu(0.7),
        "selu" => x.selu(),
        "leaky_relu" => x.leaky_relu(0.1),
        "hard_tanh" => x.hard_tanh(),
        "relu" => x.relu(),
        "relu6" => x.relu6(),
        "hard_sigmoid" => x.hard_sigmoid(),
        "hard_silu" => x.hard_silu(),
        "degrees" => x.degrees(),
        "radians" => x.radians(),
        "log1mexp" => x.log1mexp(),
        "sparse_plus" => x.sparse_plus(),
        "segment_max" => segments(segment_max(x, &Tensor::from([0, 3, 0, 1, 1, 1, 9, 3]), 4)),
        "segment_min" => segments(segment_min(x, &Tensor::from([0, 3, 0, 1, 1, 1, 9, 3]), 4)),
        "at_max" => x.at((1.., [1, 0, 1])).max(y),
        "at_min" => x.at((.., Tensor::from([1, 1, 5]))).min(y),
        "at_slice_max" => x.at((1.., 0)).max(y),
        "softmax" => x.softmax(0),
        "log_softmax" => x.log_softmax(0),
        "glu" => x.glu(0),
        "cumlogsumexp" => x.cumlogsumexp(0),
        "cummax" => x.cummax(0),
        "cummin" => x.cummin(0),
        "logaddexp" => x.logaddexp(y),
        "logaddexp2" => x.logaddexp2(y),
        "xlogy" => special::xlogy(x, y),
        "xlog1py" => special::xlog1py(x, y),
        "around" => x.around(args["decimals"].as_i64().unwrap() as i32),
        "poly" => x.poly(),
        "polyder" => x.polyder(2),
        "polyint" => x.polyint(2),
        "polyval" => x.polyval(y),
        "polymul" => x.polymul(y),
        "polyfit" => x.polyfit(y, 2),
        "quotient" => x.polydiv(y).0,
        "rest" => x.polydiv(y).1,
        "interp" => x.interp(&xs[1], y),
        "trapezoid" => x.trapezoid(y, 0),
        "gradient" => x.gradient(0.5, 0),
        "grid" => {
            let line = Tensor::from([0.0, 1.0, 3.0]);
            RegularGridInterpolator::new(&[line.clone(), line], x).at(y)
        }
        "map_coordinates" => {
            let order = if args["order"] == 0 { Order::Nearest } else { Order::Linear };
            let outside = if args["mode"] == "nearest" { Outside::Nearest } else { Outside::Constant(0.0) };
            ndimage::map_coordinates(x, &[y.clone(), y * 0.5], order, outside)
        }
        "resize" => image::resize(x, [3, 5], method(args), true),
        "scale_and_translate" => image::scale_and_translate(x, [4], 0, &xs[1], y, ResizeMethod::Linear, true),
        "linspace" | "logspace" | "geomspace" => {
            let ends = x.to_vec::<Complex64>().unwrap();
            match name {
                "linspace" => Tensor::linspace(ends[0], ends[1], 5, DType::C128),
                "logspace" => Tensor::logspace(ends[0], ends[1], 5, 10.0, DType::C128),
                _ => Tensor::geomspace(ends[0], ends[1], 5, DType::C128),
            }
        }
        "normal" => random::normal(&key(), [2, 3], DType::C128),
        "orthogonal" => random::orthogonal(&key(), size("n"), size("m"), [], DType::C128),
        other => panic!("no function is called {other}"),
    }
}

#[test]
fn array_functions_of_complex_numbers_agree_with_jax() {
    let checked = check(VECTORS, |_| 1e-11, apply);
    assert!(checked > 400, "{checked}");
}
