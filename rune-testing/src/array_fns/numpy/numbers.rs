//! Elementwise functions, functions of bits, and functions along axes.

use super::{int, ints, result_size, size};
use rune_trace::{BitOrder, Tensor};
use serde_json::Value;

pub(super) fn apply(function: &str, args: &Value, inputs: &[Tensor]) -> Option<Vec<Tensor>> {
    let x = inputs.first()?;
    let y = inputs.get(1).unwrap_or(x);
    let one = match function {
        "unary" => return unary(args.as_str().unwrap(), x),
        "binary" => return binary(args.as_str().unwrap(), x, y),
        "around" => x.around(int(args) as i32),
        "unwrap" => x.unwrap(args[0].as_f64().unwrap(), int(&args[1])),
        "allclose" => x.allclose(y, 1e-5, 1e-8),
        "array_equal" => x.array_equal(y),
        "array_equiv" => x.array_equiv(y),
        "reduce_xor" => x.reduce_xor(ints(args)),
        "packbits" => x.packbits(int(&args[0]), order(&args[1])),
        "unpackbits" => x.unpackbits(int(&args[0]), order(&args[1])),
        "reduce_precision" => x.reduce_precision(size(&args[0]) as u32, size(&args[1]) as u32),
        "reduce" => reduce(args, x),
        "along" => along(args[0].as_str().unwrap(), x, int(&args[1])),
        "nanquantile" => x.nanquantile(args[0].as_f64().unwrap(), int(&args[1])),
        "nanpercentile" => x.nanpercentile(args[0].as_f64().unwrap(), int(&args[1])),
        "average" => x.average(y, int(&args[0])),
        "percentile" => x.percentile(args[0].as_f64().unwrap(), int(&args[1])),
        "cov" => x.cov(size(args)),
        "corrcoef" => x.corrcoef(),
        "bincount" => x.bincount(result_size(args)),
        "bincount_weighted" => x.bincount_weighted(y, result_size(args)),
        "digitize" => x.digitize(y, args.as_bool().unwrap()),
        "histogram" => {
            let (counts, edges) = match args {
                Value::Array(list) => {
                    x.histogram((size(&list[0]), list[1].as_f64().unwrap()..list[2].as_f64().unwrap()))
                }
                n => x.histogram(size(n)),
            };
            return Some(vec![counts, edges]);
        }
        "histogram_edges" => x.histogram(y).0,
        "histogram_weighted" => x.histogram_weighted(size(&args[0]), y, args[1].as_bool().unwrap()).0,
        "histogram2d" => {
            let (counts, a, b) = x.histogram2d(y, size(&args[0]), size(&args[1]));
            return Some(vec![counts, a, b]);
        }
        "histogramdd" => {
            let bins: Vec<_> = args.as_array().unwrap().iter().map(|n| size(n).into()).collect();
            x.histogramdd(&bins).0
        }
        "diff" => x.diff(size(&args[0]), int(&args[1])),
        "ediff1d" => x.ediff1d(),
        "gradient" => x.gradient(args[0].as_f64().unwrap(), int(&args[1])),
        "trapezoid" => x.trapezoid(args[0].as_f64().unwrap(), int(&args[1])),
        "trapezoid_at" => x.trapezoid(y, int(args)),
        "cumulative_sum" => x.cumulative_sum(int(args)),
        "interp" => x.interp(y, &inputs[2]),
        "clip" => x.clip(int(&args[0]), int(&args[1])),
        _ => return None,
    };
    Some(vec![one])
}

fn order(json: &Value) -> BitOrder {
    if json == "big" { BitOrder::Big } else { BitOrder::Little }
}

fn unary(name: &str, x: &Tensor) -> Option<Vec<Tensor>> {
    macro_rules! by_name {
        ($($name:ident)*) => {
            match name {
                $(stringify!($name) => x.$name(),)*
                "modf" => { let (a, b) = x.modf(); return Some(vec![a, b]); }
                "frexp" => { let (a, b) = x.frexp(); return Some(vec![a, b]); }
                _ => return None,
            }
        };
    }
    Some(vec![by_name!(
        absolute fabs negative rint trunc isposinf isneginf signbit positive degrees rad2deg radians deg2rad arctan
        arcsinh arcsin arccos arctanh arccosh log1mexp sparse_plus sparse_sigmoid swish hard_swish invert
        population_count clz bitwise_count
    )])
}

fn binary(name: &str, x: &Tensor, y: &Tensor) -> Option<Vec<Tensor>> {
    macro_rules! by_name {
        ($($name:ident)*) => {
            match name {
                $(stringify!($name) => x.$name(y),)*
                "mod" => x.mod_(y),
                "ldexp" => x.ldexp(y),
                "divmod" => { let (a, b) = x.divmod(y); return Some(vec![a, b]); }
                _ => return None,
            }
        };
    }
    Some(vec![by_name!(
        copysign fmax fmin logaddexp2 nextafter subtract multiply divide true_divide arctan2 fmod equal not_equal less
        less_equal greater greater_equal logical_and logical_or logical_xor heaviside power float_power bitwise_and
        bitwise_or bitwise_xor gcd lcm left_shift right_shift mulhi
    )])
}

fn reduce(args: &Value, x: &Tensor) -> Tensor {
    let keep = args[2].as_bool().unwrap();
    macro_rules! by_name {
        ($($name:ident $over:ident $keep:ident,)*) => {
            match (args[0].as_str().unwrap(), &args[1]) {
                $(
                    (stringify!($name), Value::Null) => if keep { x.$keep(..) } else { x.$name() },
                    (stringify!($name), axes) => if keep { x.$keep(ints(axes)) } else { x.$over(ints(axes)) },
                )*
                (other, _) => panic!("no function {other}"),
            }
        };
    }
    by_name! {
        nansum nansum_axes nansum_keepdims,
        nanprod nanprod_axes nanprod_keepdims,
        nanmax nanmax_axes nanmax_keepdims,
        nanmin nanmin_axes nanmin_keepdims,
        nanmean nanmean_axes nanmean_keepdims,
        nanvar nanvar_axes nanvar_keepdims,
        nanstd nanstd_axes nanstd_keepdims,
        ptp ptp_axes ptp_keepdims,
        count_nonzero count_nonzero_axes count_nonzero_keepdims,
        logmeanexp logmeanexp_axes logmeanexp_keepdims,
    }
}

fn along(name: &str, x: &Tensor, axis: isize) -> Tensor {
    match name {
        "nanargmax" => x.nanargmax(axis),
        "nanargmin" => x.nanargmin(axis),
        "nancumsum" => x.nancumsum(axis),
        "nancumprod" => x.nancumprod(axis),
        "nanmedian" => x.nanmedian(axis),
        other => panic!("no function {other}"),
    }
}
