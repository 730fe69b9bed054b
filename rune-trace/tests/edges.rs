//! Values and derivatives at ties, kinks, poles and NaN. Written by `scripts/make-edges`; what is expected is JAX's, in f64,
//! unless a comment tells of the difference.

#![allow(clippy::excessive_precision, clippy::approx_constant, reason = "written by a script")]

use rune_trace::{DType, Tensor, jvp, lax, vjp, where_};

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

/// Checks the value, the cotangents of the arguments for `((i mod 5) + 1) / 2`, and the tangent for `((7 (i + 3k) mod 11) - 5) / 4`
/// of argument `k`.
#[track_caller]
fn check(
    name: &str,
    f: impl Fn(&[Tensor]) -> Tensor + Send + Sync,
    xs: &[&[f64]],
    value: &[f64],
    cotangents: &[&[f64]],
    tangent: &[f64],
) {
    let f = |xs: &Vec<Tensor>| f(xs);
    let xs: Vec<Tensor> = xs.iter().map(|x| Tensor::from_slice([x.len()], x)).collect();
    let element = |k: usize, i: usize| ((7 * (i + 3 * k) % 11) as f64 - 5.0) / 4.0;
    let direction = |(k, x): (usize, &Tensor)| {
        let elements: Vec<f64> = (0..x.size()).map(|i| element(k, i)).collect();
        Tensor::from_slice(x.shape().clone(), &elements)
    };
    let vs: Vec<Tensor> = xs.iter().enumerate().map(direction).collect();
    let (y, pullback) = vjp(f, &xs);
    let w: Vec<f64> = (0..y.size()).map(|i| (i % 5 + 1) as f64 / 2.0).collect();
    let pulled = pullback(&Tensor::from_slice(y.shape().clone(), &w));
    close(&format!("{name}: value"), &y, value);
    assert_eq!(pulled.len(), cotangents.len());
    for (k, (found, expected)) in pulled.iter().zip(cotangents).enumerate() {
        close(&format!("{name}: cotangent {k}"), found, expected);
    }
    close(&format!("{name}: tangent"), &jvp(f, &xs, &vs).1, tangent);
}

#[track_caller]
fn close(what: &str, found: &Tensor, expected: &[f64]) {
    let found = found.to_vec::<f64>().expect("it can be computed");
    assert_eq!(found.len(), expected.len());
    for (x, y) in found.iter().zip(expected) {
        let same = x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= 1e-14 * y.abs().max(1.0);
        assert!(same, "{what}: {found:?} should be {expected:?}");
    }
}

#[test]
fn extremes_share_equally() {
    check(
        "max",
        |a| {
            let x = &a[0];
            x.max()
        },
        &[&[3.0, 7.0, 7.0, 2.0]],
        &[7.0],
        &[&[0.0, 0.25, 0.25, 0.0]],
        &[0.0],
    );
    check(
        "min",
        |a| {
            let x = &a[0];
            x.min()
        },
        &[&[3.0, 2.0, 7.0, 2.0]],
        &[2.0],
        &[&[0.0, 0.25, 0.0, 0.25]],
        &[0.875],
    );
    check(
        "max of equals",
        |a| {
            let x = &a[0];
            x.max()
        },
        &[&[1.0, 1.0, 1.0, 1.0, 1.0]],
        &[1.0],
        &[&[0.1, 0.1, 0.1, 0.1, 0.1]],
        &[0.05],
    );
    check(
        "max of 0 and -0",
        |a| {
            let x = &a[0];
            x.max()
        },
        &[&[0.0, -0.0, -1.0]],
        &[0.0],
        &[&[0.25, 0.25, 0.0]],
        &[-0.375],
    );
    check(
        "max of infinities",
        |a| {
            let x = &a[0];
            x.max()
        },
        &[&[INF, 1.0, INF]],
        &[INF],
        &[&[0.25, 0.0, 0.25]],
        &[-0.875],
    );
    check(
        "min of rows",
        |a| {
            let x = &a[0];
            x.reshape([2, 3]).min_axes(1)
        },
        &[&[4.0, 1.0, 1.0, 2.0, 2.0, 2.0]],
        &[1.0, 2.0],
        &[&[0.0, 0.25, 0.25, 0.3333333333333333, 0.3333333333333333, 0.3333333333333333]],
        &[0.0, 0.25],
    );
    check(
        "max of columns",
        |a| {
            let x = &a[0];
            x.reshape([3, 2]).max_axes(0)
        },
        &[&[4.0, 1.0, 4.0, 2.0, 2.0, 2.0]],
        &[4.0, 2.0],
        &[&[0.25, 0.0, 0.25, 0.5, 0.0, 0.5]],
        &[-0.875, 0.25],
    );
    check(
        "maximum",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.maximum(y)
        },
        &[&[1.0, 2.0, 3.0, 0.0], &[1.0, 3.0, 2.0, -0.0]],
        &[1.0, 3.0, 3.0, 0.0],
        &[&[0.25, 0.0, 1.5, 1.0], &[0.25, 1.0, 0.0, 1.0]],
        &[0.0, 0.25, -0.5, 1.125],
    );
    check(
        "minimum",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.minimum(y)
        },
        &[&[1.0, 2.0, 3.0, INF], &[1.0, 3.0, 2.0, INF]],
        &[1.0, 2.0, 2.0, INF],
        &[&[0.25, 1.0, 0.0, 1.0], &[0.25, 0.0, 1.5, 1.0]],
        &[0.0, 0.5, -0.75, 1.125],
    );
    check(
        "maximum of a number and itself",
        |a| {
            let x = &a[0];
            x.maximum(x)
        },
        &[&[1.0, 2.0]],
        &[1.0, 2.0],
        &[&[0.5, 1.0]],
        &[-1.25, 0.5],
    );
    check(
        "scatter max",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.at(Tensor::from([0i32, 0, 1])).max(y)
        },
        &[&[1.0, 5.0], &[1.0, 1.0, 5.0]],
        &[1.0, 5.0],
        &[&[0.16666666666666663, 0.5], &[0.16666666666666666, 0.16666666666666666, 0.5]],
        &[0.08333333333333348, -0.125],
    );
    check(
        "scatter min",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.at(Tensor::from([0i32, 0, 1])).min(y)
        },
        &[&[2.0, 5.0], &[1.0, 1.0, 7.0]],
        &[1.0, 5.0],
        &[&[0.0, 1.0], &[0.25, 0.25, 0.0]],
        &[0.75, 0.5],
    );
}

#[test]
fn extremes_of_nan_are_nan() {
    check(
        "max",
        |a| {
            let x = &a[0];
            x.max()
        },
        &[&[1.0, NAN, 3.0]],
        &[NAN],
        &[&[NAN, NAN, NAN]],
        &[NAN],
    );
    check(
        "min",
        |a| {
            let x = &a[0];
            x.min()
        },
        &[&[1.0, NAN, 3.0]],
        &[NAN],
        &[&[NAN, NAN, NAN]],
        &[NAN],
    );
    check(
        "max of nothing else",
        |a| {
            let x = &a[0];
            x.max()
        },
        &[&[NAN, NAN]],
        &[NAN],
        &[&[NAN, NAN]],
        &[NAN],
    );
    check(
        "max of rows",
        |a| {
            let x = &a[0];
            x.reshape([2, 2]).max_axes(1)
        },
        &[&[1.0, NAN, 4.0, 3.0]],
        &[NAN, 4.0],
        &[&[NAN, NAN, 1.0, 0.0]],
        &[NAN, -0.5],
    );
    check(
        "maximum",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.maximum(y)
        },
        &[&[NAN, 1.0, NAN, 2.0], &[1.0, NAN, NAN, 1.0]],
        &[NAN, NAN, NAN, 2.0],
        &[&[0.0, 0.0, 0.0, 2.0], &[0.0, 0.0, 0.0, 0.0]],
        &[0.0, 0.0, -0.0, 1.25],
    );
    check(
        "minimum",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.minimum(y)
        },
        &[&[NAN, 1.0, NAN, 2.0], &[1.0, NAN, NAN, 1.0]],
        &[NAN, NAN, NAN, 1.0],
        &[&[0.0, 0.0, 0.0, 0.0], &[0.0, 0.0, 0.0, 2.0]],
        &[0.0, 0.0, -0.0, 1.0],
    );
}

#[test]
fn running_functions() {
    check(
        "cummax",
        |a| {
            let x = &a[0];
            x.cummax(0)
        },
        &[&[1.0, 3.0, 3.0, 2.0, 3.0, 4.0, 4.0]],
        &[1.0, 3.0, 3.0, 3.0, 3.0, 4.0, 4.0],
        &[&[0.5, 3.375, 2.375, 0.0, 1.25, 1.0, 0.5]],
        &[-1.25, 0.5, 0.0, 0.0, 0.125, -0.75, 0.125],
    );
    check(
        "cummin",
        |a| {
            let x = &a[0];
            x.cummin(0)
        },
        &[&[3.0, 3.0, 1.0, 2.0, 1.0, 1.0, 0.0, 5.0]],
        &[3.0, 3.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0],
        &[&[1.0, 0.5, 5.0, 0.0, 1.375, 0.125, 2.5, 0.0]],
        &[-1.25, -0.375, -0.5, -0.5, -0.125, -0.375, 1.0, 1.0],
    );
    check(
        "cummax of equals",
        |a| {
            let x = &a[0];
            x.cummax(0)
        },
        &[&[2.0, 2.0, 2.0, 2.0]],
        &[2.0, 2.0, 2.0, 2.0],
        &[&[1.875, 1.375, 1.25, 0.5]],
        &[-1.25, -0.375, -0.4375, 0.0],
    );
    check(
        "cumprod of zeros",
        |a| {
            let x = &a[0];
            x.cumprod(0)
        },
        &[&[2.0, 0.0, 3.0, 0.0, 5.0]],
        &[2.0, 0.0, 0.0, 0.0, 0.0],
        &[&[0.5, 11.0, 0.0, 0.0, 0.0]],
        &[-1.25, 1.0, 3.0, 0.0, 0.0],
    );
    check(
        "cumlogsumexp",
        |a| {
            let x = &a[0];
            x.cumlogsumexp(0)
        },
        &[&[1.0, 1000.0, -1000.0, 999.0]],
        &[1.0, 1000.0, 1000.0, 1000.3132616875182],
        &[&[0.5, 3.9621171572600336, 0.0, 0.537882842739999]],
        &[-1.25, 0.5, 0.5, 0.7017060660275077],
    );
    check(
        "prod of a zero",
        |a| {
            let x = &a[0];
            x.prod()
        },
        &[&[2.0, 0.0, 3.0]],
        &[0.0],
        &[&[0.0, 3.0, 0.0]],
        &[3.0],
    );
    check(
        "prod of two zeros",
        |a| {
            let x = &a[0];
            x.prod()
        },
        &[&[2.0, 0.0, 3.0, 0.0]],
        &[0.0],
        &[&[0.0, 0.0, 0.0, 0.0]],
        &[0.0],
    );
}

#[test]
fn order_keeps_equals_in_their_order() {
    check(
        "sort",
        |a| {
            let x = &a[0];
            x.sort(0)
        },
        &[&[3.0, 1.0, 3.0, 1.0, 2.0]],
        &[1.0, 1.0, 2.0, 3.0, 3.0],
        &[&[2.0, 0.5, 2.5, 1.0, 1.5]],
        &[0.5, 1.25, 0.25, -1.25, -0.5],
    );
    check(
        "sort of equals",
        |a| {
            let x = &a[0];
            x.sort(0)
        },
        &[&[1.0, 1.0, 1.0]],
        &[1.0, 1.0, 1.0],
        &[&[0.5, 1.0, 1.5]],
        &[-1.25, 0.5, -0.5],
    );
    check(
        "sort of 0 and -0",
        |a| {
            let x = &a[0];
            x.sort(0)
        },
        &[&[0.0, -0.0, 0.0, -1.0]],
        &[-1.0, 0.0, -0.0, 0.0],
        &[&[1.0, 1.5, 2.0, 0.5]],
        &[1.25, -1.25, 0.5, -0.5],
    );
    check(
        "sort of NaN",
        |a| {
            let x = &a[0];
            x.sort(0)
        },
        &[&[NAN, 1.0, INF, NAN, -INF]],
        &[-INF, 1.0, INF, NAN, NAN],
        &[&[2.0, 1.0, 1.5, 2.5, 0.5]],
        &[0.25, 0.5, -0.5, -1.25, 1.25],
    );
    check(
        "sort by keys",
        |a| {
            let x = &a[0];
            let y = &a[1];
            lax::sort(&[x.clone(), y.clone()], 0, 1).remove(1)
        },
        &[&[2.0, 1.0, 2.0, 1.0], &[1.0, 2.0, 3.0, 4.0]],
        &[2.0, 4.0, 1.0, 3.0],
        &[&[0.0, 0.0, 0.0, 0.0], &[1.5, 0.5, 2.0, 1.0]],
        &[0.25, 1.0, 1.25, -0.75],
    );
    check(
        "top_k",
        |a| {
            let x = &a[0];
            x.top_k(2).0
        },
        &[&[2.0, 7.0, 7.0, 7.0, 1.0]],
        &[7.0, 7.0],
        &[&[0.0, 0.5, 1.0, 0.0, 0.0]],
        &[0.5, -0.5],
    );
    check(
        "top_k of equals",
        |a| {
            let x = &a[0];
            x.top_k(2).0
        },
        &[&[1.0, 1.0, 1.0]],
        &[1.0, 1.0],
        &[&[0.5, 1.0, 0.0]],
        &[-1.25, 0.5],
    );
    check(
        "median",
        |a| {
            let x = &a[0];
            x.median(0)
        },
        &[&[1.0, 2.0, 2.0, 3.0]],
        &[2.0],
        &[&[0.0, 0.25, 0.25, 0.0]],
        &[0.0],
    );
    check(
        "median of equals",
        |a| {
            let x = &a[0];
            x.median(0)
        },
        &[&[2.0, 2.0, 2.0]],
        &[2.0],
        &[&[0.0, 0.5, 0.0]],
        &[0.5],
    );
}

#[test]
fn kinks() {
    check(
        "relu",
        |a| {
            let x = &a[0];
            x.relu()
        },
        &[&[-1.0, 0.0, -0.0, 1.0]],
        &[0.0, 0.0, 0.0, 1.0],
        &[&[0.0, 0.0, 0.0, 2.0]],
        &[0.0, 0.0, 0.0, 1.25],
    );
    check(
        "relu6",
        |a| {
            let x = &a[0];
            x.relu6()
        },
        &[&[-1.0, 0.0, 1.0, 6.0, 7.0]],
        &[0.0, 0.0, 1.0, 6.0, 6.0],
        &[&[0.0, 0.0, 1.5, 0.0, 0.0]],
        &[0.0, 0.0, -0.5, 0.0, 0.0],
    );
    check(
        "leaky_relu",
        |a| {
            let x = &a[0];
            x.leaky_relu(0.1)
        },
        &[&[-1.0, 0.0, 1.0]],
        &[-0.1, 0.0, 1.0],
        &[&[0.05, 1.0, 1.5]],
        &[-0.125, 0.5, -0.5],
    );
    check(
        "elu",
        |a| {
            let x = &a[0];
            x.elu(1.0)
        },
        &[&[-1.0, 0.0, 1000.0, -1000.0]],
        &[-0.6321205588285577, 0.0, 1000.0, -1.0],
        &[&[0.18393972058572117, 1.0, 1.5, 0.0]],
        &[-0.4598493014643029, 0.5, -0.5, 0.0],
    );
    // JAX: &[&[-0.5, 1.0, 1.5, 2.0]], &[1.25, 0.5, -0.5, 1.25]; the derivative of |x| at 0 is 0, in the middle of those at either side; JAX takes that of the right.
    check(
        "abs",
        |a| {
            let x = &a[0];
            x.abs()
        },
        &[&[-2.0, 0.0, -0.0, 3.0]],
        &[2.0, 0.0, 0.0, 3.0],
        &[&[-0.5, 0.0, 0.0, 2.0]],
        &[1.25, 0.0, 0.0, 1.25],
    );
    // JAX: &[&[0.5, 0.5, 0.5]], &[-1.25]; the derivative of |x| at 0 is 0, in the middle of those at either side; JAX takes that of the right.
    check(
        "sum of abs",
        |a| {
            let x = &a[0];
            x.abs().sum()
        },
        &[&[0.0, 0.0, 0.0]],
        &[0.0],
        &[&[0.0, 0.0, 0.0]],
        &[0.0],
    );
    check(
        "sign, floor, ceil, round",
        |a| {
            let x = &a[0];
            x.sign() + x.floor() + x.ceil() + x.round()
        },
        &[&[-1.5, -1.0, 0.0, 0.5, 2.0]],
        &[-6.0, -4.0, 0.0, 2.0, 7.0],
        &[&[0.0, 0.0, 0.0, 0.0, 0.0]],
        &[0.0, 0.0, 0.0, 0.0, 0.0],
    );
    check(
        "rem",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x % y
        },
        &[&[6.0, -6.0, 7.0, 0.0], &[3.0, 3.0, 3.0, 3.0]],
        &[0.0, -0.0, 1.0, 0.0],
        &[&[0.5, 1.0, 1.5, 2.0], &[-1.0, 2.0, -3.0, -0.0]],
        &[-3.75, 1.0, 1.0, 1.25],
    );
    check(
        "clamp at its bounds",
        |a| {
            let x = &a[0];
            x.clamp(0.0, 1.0)
        },
        &[&[-1.0, 0.0, 0.5, 1.0, 2.0]],
        &[0.0, 0.0, 0.5, 1.0, 1.0],
        &[&[0.0, 0.0, 1.5, 0.0, 0.0]],
        &[0.0, 0.0, -0.5, 0.0, 0.0],
    );
    check(
        "clamp of bounds",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.zeros_like().clamp(x, y)
        },
        &[&[-1.0, 0.0, 1.0], &[0.0, 1.0, 2.0]],
        &[0.0, 0.0, 1.0],
        &[&[0.0, 0.0, 1.5], &[0.0, 0.0, 0.0]],
        &[0.0, 0.0, -0.5],
    );
    check(
        "argmax",
        |a| {
            let x = &a[0];
            x.argmax().cast(DType::F64) * x
        },
        &[&[1.0, 3.0, 3.0]],
        &[1.0, 3.0, 3.0],
        &[&[0.5, 1.0, 1.5]],
        &[-1.25, 0.5, -0.5],
    );
    check(
        "comparison",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.gt(y).cast(DType::F64) * x
        },
        &[&[1.0, 2.0, 3.0], &[2.0, 2.0, 2.0]],
        &[0.0, 0.0, 3.0],
        &[&[0.0, 0.0, 1.5], &[0.0, 0.0, 0.0]],
        &[-0.0, 0.0, -0.5],
    );
    check(
        "where",
        |a| {
            let x = &a[0];
            where_(x.gt(0.0), x * x, -x)
        },
        &[&[-1.0, 0.0, 2.0]],
        &[1.0, -0.0, 4.0],
        &[&[-0.5, -1.0, 6.0]],
        &[1.25, -0.5, -2.0],
    );
}

#[test]
fn poles_and_roots() {
    check(
        "sqrt",
        |a| {
            let x = &a[0];
            x.sqrt()
        },
        &[&[0.0, 4.0, -1.0, INF]],
        &[0.0, 2.0, NAN, INF],
        &[&[INF, 0.25, NAN, 0.0]],
        &[-INF, 0.125, NAN, 0.0],
    );
    check(
        "rsqrt",
        |a| {
            let x = &a[0];
            x.rsqrt()
        },
        &[&[0.0, 4.0, INF]],
        &[INF, 0.5, 0.0],
        &[&[-INF, -0.0625, -0.0]],
        &[INF, -0.03125, 0.0],
    );
    check(
        "cbrt",
        |a| {
            let x = &a[0];
            x.cbrt()
        },
        &[&[0.0, 8.0, -8.0]],
        &[0.0, 2.0, -2.0],
        &[&[INF, 0.08333333333333333, 0.125]],
        &[-INF, 0.041666666666666664, -0.041666666666666664],
    );
    check(
        "log",
        |a| {
            let x = &a[0];
            x.log()
        },
        &[&[0.0, 1.0, -1.0, INF]],
        &[-INF, 0.0, NAN, INF],
        &[&[INF, 1.0, -1.5, 0.0]],
        &[-INF, 0.5, 0.5, 0.0],
    );
    check(
        "log1p",
        |a| {
            let x = &a[0];
            x.log1p()
        },
        &[&[-1.0, 0.0]],
        &[-INF, 0.0],
        &[&[INF, 1.0]],
        &[-INF, 0.5],
    );
    check(
        "reciprocal",
        |a| {
            let x = &a[0];
            x.reciprocal()
        },
        &[&[0.0, INF, 2.0]],
        &[INF, 0.0, 0.5],
        &[&[-INF, -0.0, -0.375]],
        &[INF, -0.0, 0.125],
    );
    check(
        "x / x",
        |a| {
            let x = &a[0];
            x / x
        },
        &[&[0.0, 2.0, INF]],
        &[NAN, 1.0, NAN],
        &[&[NAN, 0.0, NAN]],
        &[NAN, 0.0, NAN],
    );
    check(
        "x / y",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x / y
        },
        &[&[0.0, 1.0, 0.0], &[1.0, 0.0, 0.0]],
        &[0.0, INF, NAN],
        &[&[0.5, INF, INF], &[-0.0, -INF, NAN]],
        &[-1.25, NAN, NAN],
    );
    check(
        "norm",
        |a| {
            let x = &a[0];
            (x * x).sum().sqrt()
        },
        &[&[0.0, 0.0]],
        &[0.0],
        &[&[NAN, NAN]],
        &[NAN],
    );
    check(
        "linalg.norm",
        |a| {
            let x = &a[0];
            x.norm()
        },
        &[&[0.0, 0.0]],
        &[0.0],
        &[&[NAN, NAN]],
        &[NAN],
    );
    check(
        "norm of something",
        |a| {
            let x = &a[0];
            x.norm()
        },
        &[&[3.0, 4.0]],
        &[5.0],
        &[&[0.30000000000000004, 0.4]],
        &[-0.35000000000000003],
    );
    check(
        "std of equals",
        |a| {
            let x = &a[0];
            x.std()
        },
        &[&[2.0, 2.0, 2.0]],
        &[0.0],
        &[&[NAN, NAN, NAN]],
        &[NAN],
    );
    check(
        "var of equals",
        |a| {
            let x = &a[0];
            x.var()
        },
        &[&[2.0, 2.0, 2.0]],
        &[0.0],
        &[&[0.0, 0.0, 0.0]],
        &[0.0],
    );
    check(
        "atan2",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.atan2(y)
        },
        &[&[0.0, 0.0, 1.0, -1.0, 0.0, -0.0], &[0.0, 1.0, 0.0, 0.0, -1.0, -1.0]],
        &[0.0, 0.0, 1.5707963267948966, -1.5707963267948966, 3.141592653589793, -3.141592653589793],
        &[&[NAN, 1.0, 0.0, 0.0, -2.5, -0.5], &[NAN, -0.0, -1.5, 2.0, -0.0, 0.0]],
        &[NAN, 0.5, 0.75, 1.0, -0.25, 0.75],
    );
    check(
        "asin and acos at ±1",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.asin() + y.acos()
        },
        &[&[1.0, -1.0], &[1.0, -1.0]],
        &[1.5707963267948966, 1.5707963267948966],
        &[&[INF, INF], &[-INF, -INF]],
        &[-INF, NAN],
    );
    check(
        "sum under sqrt",
        |a| {
            let x = &a[0];
            let y = &a[1];
            (x * x + y * y).sqrt()
        },
        &[&[0.0, 3.0], &[0.0, 4.0]],
        &[0.0, 5.0],
        &[&[NAN, 0.6000000000000001], &[NAN, 0.8]],
        &[NAN, 0.5],
    );
}

#[test]
fn powers() {
    check(
        "to 0",
        |a| {
            let x = &a[0];
            x.powi(0)
        },
        &[&[0.0, 2.0, -3.0, NAN]],
        &[1.0, 1.0, 1.0, 1.0],
        &[&[0.0, 0.0, 0.0, 0.0]],
        &[0.0, 0.0, 0.0, 0.0],
    );
    check(
        "to 1",
        |a| {
            let x = &a[0];
            x.powi(1)
        },
        &[&[0.0, 2.0, -3.0]],
        &[0.0, 2.0, -3.0],
        &[&[0.5, 1.0, 1.5]],
        &[-1.25, 0.5, -0.5],
    );
    check(
        "to 2",
        |a| {
            let x = &a[0];
            x.powi(2)
        },
        &[&[0.0, 2.0, -3.0]],
        &[0.0, 4.0, 9.0],
        &[&[0.0, 4.0, -9.0]],
        &[-0.0, 2.0, 3.0],
    );
    check(
        "to 3",
        |a| {
            let x = &a[0];
            x.powi(3)
        },
        &[&[0.0, -2.0]],
        &[0.0, -8.0],
        &[&[0.0, 12.0]],
        &[-0.0, 6.0],
    );
    check(
        "to -1",
        |a| {
            let x = &a[0];
            x.powi(-1)
        },
        &[&[0.0, 2.0]],
        &[INF, 0.5],
        &[&[-INF, -0.25]],
        &[INF, -0.125],
    );
    check(
        "of 0",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.pow(y)
        },
        &[&[0.0, 0.0, 0.0, 0.0], &[1.0, 2.0, 0.5, 3.0]],
        &[0.0, 0.0, 0.0, 0.0],
        &[&[0.5, 0.0, INF, 0.0], &[0.0, 0.0, 0.0, 0.0]],
        &[-1.25, 0.0, -INF, 0.0],
    );
    // JAX: &[&[NAN], &[0.0]], &[NAN]; x to the power 0 is 1 for every x; JAX has 0 times the infinite power -1.
    check(
        "of 0 to 0",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.pow(y)
        },
        &[&[0.0], &[0.0]],
        &[1.0],
        &[&[0.0], &[0.0]],
        &[0.0],
    );
    check(
        "of 0 to negative powers",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.pow(y)
        },
        &[&[0.0, 0.0], &[-1.0, -2.0]],
        &[INF, INF],
        &[&[-INF, -INF], &[NAN, NAN]],
        &[NAN, NAN],
    );
    check(
        "to numbers that are 0 or 1",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.pow(y)
        },
        &[&[2.0, -2.0, 3.0, -3.0], &[0.0, 0.0, 1.0, 1.0]],
        &[1.0, 1.0, 3.0, -3.0],
        &[&[0.0, -0.0, 1.5, 2.0], &[0.34657359027997264, NAN, 4.943755299006494, NAN]],
        &[0.8664339756999316, NAN, -2.971877649503247, NAN],
    );
    check(
        "of negative numbers",
        |a| {
            let x = &a[0];
            x.pow(Tensor::from([2.0, 3.0, 0.5]))
        },
        &[&[-2.0, -2.0, -2.0]],
        &[4.0, -8.0, NAN],
        &[&[-2.0, 12.0, NAN]],
        &[5.0, 6.0, NAN],
    );
}

#[test]
fn infinities() {
    check(
        "logsumexp of -∞",
        |a| {
            let x = &a[0];
            x.logsumexp()
        },
        &[&[-INF, 1.0, -INF, 2.0]],
        &[2.313261687518223],
        &[&[0.0, 0.13447071068499755, 0.0, 0.36552928931500245]],
        &[1.0482939339725037],
    );
    check(
        "logsumexp of nothing else",
        |a| {
            let x = &a[0];
            x.logsumexp()
        },
        &[&[-INF, -INF]],
        &[-INF],
        &[&[NAN, NAN]],
        &[NAN],
    );
    check(
        "logsumexp of ∞",
        |a| {
            let x = &a[0];
            x.logsumexp()
        },
        &[&[INF, 1.0]],
        &[INF],
        &[&[NAN, 0.0]],
        &[NAN],
    );
    check(
        "logsumexp of large",
        |a| {
            let x = &a[0];
            x.logsumexp()
        },
        &[&[1000.0, 1000.0, -1000.0]],
        &[1000.6931471805599],
        &[&[0.25, 0.25, 0.0]],
        &[-0.375],
    );
    check(
        "logaddexp",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.logaddexp(y)
        },
        &[&[1.0, -30.0, 30.0, -INF], &[1.0, 30.0, 30.0, 2.0]],
        &[1.6931471805599454, 30.0, 30.693147180559944, 2.0],
        &[
            &[0.24999999999999997, 8.75651076269652e-27, 0.7500000000000013, 0.0],
            &[0.24999999999999997, 1.0, 0.7500000000000013, 2.0],
        ],
        &[-4.163336342344337e-17, 0.25, -0.6250000000000011, 1.0],
    );
    check(
        "logaddexp of ∞",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.logaddexp(y)
        },
        &[&[INF], &[INF]],
        &[INF],
        &[&[0.5], &[0.5]],
        &[0.0],
    );
    // JAX: &[&[NAN], &[NAN]], &[NAN]; as of ∞, where JAX agrees; of -∞ it has -∞ less -∞.
    check(
        "logaddexp of -∞",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.logaddexp(y)
        },
        &[&[-INF], &[-INF]],
        &[-INF],
        &[&[0.5], &[0.5]],
        &[0.0],
    );
    check(
        "softmax of -∞",
        |a| {
            let x = &a[0];
            x.softmax(0)
        },
        &[&[-INF, 1.0, 2.0]],
        &[0.0, 0.2689414213699951, 0.7310585786300049],
        &[&[-0.0, -0.09830596662074091, 0.09830596662074098]],
        &[0.0, 0.19661193324148182, -0.19661193324148185],
    );
    check(
        "log_softmax of -∞",
        |a| {
            let x = &a[0];
            x.log_softmax(0)
        },
        &[&[-INF, 1.0, 2.0]],
        &[-INF, -1.3132616875182228, -0.31326168751822286],
        &[&[0.5, 0.19317573589001466, -0.6931757358900148]],
        &[-1.0189414213699952, 0.7310585786300049, -0.2689414213699951],
    );
    check(
        "sigmoid",
        |a| {
            let x = &a[0];
            x.sigmoid()
        },
        &[&[-INF, -1000.0, 0.0, 1000.0, INF]],
        &[0.0, 0.0, 0.5, 1.0, 1.0],
        &[&[0.0, 0.0, 0.375, 0.0, 0.0]],
        &[-0.0, 0.0, -0.125, 0.0, 0.0],
    );
    check(
        "tanh",
        |a| {
            let x = &a[0];
            x.tanh()
        },
        &[&[-INF, -1000.0, 0.0, 1000.0, INF]],
        &[-1.0, -1.0, 0.0, 1.0, 1.0],
        &[&[0.0, 0.0, 1.5, 0.0, 0.0]],
        &[0.0, 0.0, -0.5, 0.0, 0.0],
    );
    check(
        "softplus",
        |a| {
            let x = &a[0];
            x.softplus()
        },
        &[&[-INF, -1000.0, 0.0, 1000.0]],
        &[0.0, 0.0, 0.6931471805599453, 1000.0],
        &[&[0.0, 0.0, 0.75, 2.0]],
        &[0.0, 0.0, -0.25, 1.25],
    );
    check(
        "log_sigmoid",
        |a| {
            let x = &a[0];
            x.log_sigmoid()
        },
        &[&[-1000.0, 0.0, 1000.0]],
        &[-1000.0, -0.6931471805599453, -0.0],
        &[&[0.5, 0.5, 0.0]],
        &[-1.25, 0.25, -0.0],
    );
    check(
        "erf",
        |a| {
            let x = &a[0];
            x.erf()
        },
        &[&[-INF, 0.0, INF]],
        &[-1.0, 0.0, 1.0],
        &[&[0.0, 1.1283791670955126, 0.0]],
        &[-0.0, 0.5641895835477563, -0.0],
    );
    check(
        "exp",
        |a| {
            let x = &a[0];
            x.exp()
        },
        &[&[-INF, 0.0, 1000.0]],
        &[0.0, 1.0, INF],
        &[&[0.0, 1.0, INF]],
        &[-0.0, 0.5, -INF],
    );
    check(
        "silu",
        |a| {
            let x = &a[0];
            x.silu()
        },
        &[&[-1000.0, 0.0, 1000.0]],
        &[-0.0, 0.0, 1000.0],
        &[&[0.0, 0.5, 1.5]],
        &[0.0, 0.25, -0.5],
    );
}

#[test]
fn what_is_not_chosen_does_not_count_unless_it_is_not_finite() {
    check(
        "where",
        |a| {
            let x = &a[0];
            where_(x.gt(0.0), x.sqrt(), 0.0)
        },
        &[&[0.0, 4.0]],
        &[0.0, 2.0],
        &[&[NAN, 0.25]],
        &[0.0, 0.125],
    );
    check(
        "where inside of where",
        |a| {
            let x = &a[0];
            where_(x.gt(0.0), where_(x.gt(0.0), x, 1.0).sqrt(), 0.0)
        },
        &[&[0.0, 4.0, -1.0]],
        &[0.0, 2.0, 0.0],
        &[&[0.0, 0.25, 0.0]],
        &[0.0, 0.125, 0.0],
    );
    check(
        "where of log",
        |a| {
            let x = &a[0];
            where_(x.gt(0.0), x.log(), 0.0)
        },
        &[&[0.0, 1.0]],
        &[0.0, 0.0],
        &[&[NAN, 1.0]],
        &[0.0, 0.5],
    );
    check(
        "where of NaN",
        |a| {
            let x = &a[0];
            where_(x.isnan(), 0.0, x * x)
        },
        &[&[NAN, 3.0]],
        &[0.0, 9.0],
        &[&[NAN, 6.0]],
        &[0.0, 3.0],
    );
    check(
        "nan_to_num",
        |a| {
            let x = &a[0];
            x.nan_to_num()
        },
        &[&[NAN, 3.0, INF]],
        &[0.0, 3.0, 1.7976931348623157e+308],
        &[&[0.0, 1.0, 0.0]],
        &[0.0, 0.5, 0.0],
    );
    check(
        "0 x",
        |a| {
            let x = &a[0];
            where_(x.gt(0.0), 0.0, Tensor::from([1.0, 1.0])) * x
        },
        &[&[INF, -INF]],
        &[NAN, -INF],
        &[&[0.0, 1.0]],
        &[-0.0, 0.5],
    );
}

#[test]
fn places_out_of_range_and_twice() {
    check(
        "the same place twice",
        |a| {
            let x = &a[0];
            x.take(&Tensor::from([1i32, 1, 0]), 0)
        },
        &[&[1.0, 2.0]],
        &[2.0, 2.0, 1.0],
        &[&[1.5, 1.5]],
        &[0.5, 0.5, -1.25],
    );
    check(
        "add in one place",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.at(Tensor::from([1i32, 1])).add(y)
        },
        &[&[1.0, 2.0], &[3.0, 4.0]],
        &[1.0, 9.0],
        &[&[0.5, 1.0], &[1.0, 1.0]],
        &[-1.25, 2.0],
    );
    check(
        "multiply in one place",
        |a| {
            let x = &a[0];
            let y = &a[1];
            x.at(Tensor::from([1i32])).mul(y)
        },
        &[&[1.0, 0.0], &[3.0]],
        &[1.0, 0.0],
        &[&[0.5, 3.0], &[0.0]],
        &[-1.25, 1.5],
    );
    check(
        "a block that would begin too late",
        |a| {
            let x = &a[0];
            lax::dynamic_slice(x, &[Tensor::scalar(3i32)], &[2])
        },
        &[&[1.0, 2.0, 3.0, 4.0]],
        &[3.0, 4.0],
        &[&[0.0, 0.0, 0.5, 1.0]],
        &[-0.5, 1.25],
    );
}
