//! The function of a case, and its derivative.

use super::case::Case;
use rune_trace::{
    Argnum, ConvOptions, DType, Tensor, Tree, einsum, grad, hessian, hessian_argnums, jacfwd, jacfwd_argnums, jacrev,
    jacrev_argnums, vmap, where_,
};
use std::collections::BTreeMap;

/// Returns the leaves of the derivative of a case, with respect to the first argument or to the named ones.
macro_rules! derivative {
    ($case:ident, $f:expr, $($x:expr),+) => {
        match $case.args.as_str().unwrap() {
            "jacfwd" => jacfwd($f)($(&$x),+).leaves(),
            "jacrev" => jacrev($f)($(&$x),+).leaves(),
            "hessian" => hessian($f)($(&$x),+).leaves(),
            other => panic!("no derivative {other}"),
        }
    };
    ($case:ident, by $by:expr, $f:expr, $($x:expr),+) => {
        match $case.args.as_str().unwrap() {
            "jacfwd" => jacfwd_argnums($by, $f)($(&$x),+).leaves(),
            "jacrev" => jacrev_argnums($by, $f)($(&$x),+).leaves(),
            "hessian" => hessian_argnums($by, $f)($(&$x),+).leaves(),
            other => panic!("no derivative {other}"),
        }
    };
}

pub fn apply(case: &Case) -> Vec<Tensor> {
    let x = &case.inputs;
    let (both, swapped) = ((Argnum::<0>, Argnum::<1>), (Argnum::<1>, Argnum::<0>));
    let matmul = |a: &Tensor, x: &Tensor| a.matmul(x).sin();
    match case.function.as_str() {
        "elementwise" => derivative!(case, |x: &Tensor| (x * 0.5).tanh() * x.exp(), x[0]),
        "total" => derivative!(case, |x: &Tensor| (x.sin() * x).sum(), x[0]),
        "matmul by first" => derivative!(case, matmul, x[0], x[1]),
        "matmul by second" => derivative!(case, by Argnum::<1>, matmul, x[0], x[1]),
        "matmul by both" => derivative!(case, by both, matmul, x[0], x[1]),
        "matmul by swapped" => derivative!(case, by swapped, matmul, x[0], x[1]),
        "softmax" => derivative!(case, |x: &Tensor| x.softmax(-1), x[0]),
        "logsumexp" => derivative!(case, |x: &Tensor| x.logsumexp_axes(0), x[0]),
        "norm" => derivative!(case, |x: &Tensor| x / x.square().sum().sqrt(), x[0]),
        "max" => derivative!(case, |x: &Tensor| x.max_axes(-1) * x.i((.., 0)), x[0]),
        "clip" => derivative!(case, |x: &Tensor| where_(x.gt(0.0), x.powi(3), x.abs()) * (x + 0.5).relu(), x[0]),
        "sort" => derivative!(case, |x: &Tensor| x.sort(-1).square(), x[0]),
        "cumsum" => derivative!(case, |x: &Tensor| x.cumsum(1) * x, x[0]),
        "cumprod" => derivative!(case, |x: &Tensor| x.cumprod(1), x[0]),
        "take" => derivative!(case, |x: &Tensor, i: &Tensor| x.take(i, 0).square(), x[0], x[1]),
        "scatter" => {
            let f = |x: &Tensor, y: &Tensor, i: &Tensor| x.at(i).add(y * x.i(0)).square();
            derivative!(case, by both, f, x[0], x[1], x[2])
        }
        "shapes" => derivative!(case, shapes, x[0]),
        "conv" => derivative!(case, by both, conv, x[0], x[1]),
        "einsum" => {
            derivative!(case, by both, |a: &Tensor, b: &Tensor| einsum("bij,bjk->ik", &[a, b]), x[0], x[1])
        }
        "net" => derivative!(case, net, layers(x), x[4]),
        "loss of net" => {
            derivative!(case, |layers: &Layers, x: &Tensor| net(layers, x).square().mean(), layers(x), x[4])
        }
        "maps" => derivative!(case, maps, BTreeMap::from([("a", x[0].clone()), ("b", x[1].clone())])),
        "optional" => {
            let f = |p: &(Tensor, Option<Tensor>)| {
                let y = p.1.as_ref().map_or_else(|| &p.0 * 2.0, |scale| &p.0 * scale);
                (y, None::<Tensor>, p.0.clone())
            };
            derivative!(case, f, (x[0].clone(), x.get(1).cloned()))
        }
        "constant" => {
            let f = |x: &Tensor, y: &Tensor| (Tensor::ones([2], x.dtype()), x * 3.0, y.floor());
            derivative!(case, by both, f, x[0], x[1])
        }
        "mixed" => {
            let f = |p: &(Tensor, Tensor)| (&p.0 * 2.0, p.0.cast(DType::F64) * &p.1, p.1.sum().cast(DType::F32));
            derivative!(case, f, (x[0].clone(), x[1].clone()))
        }
        "inner" => derivative!(case, |x: &Tensor| grad(|y: &Tensor| (y * x).sin().sum() * y.i(0))(x), x[0]),
        "of gradient" => derivative!(case, grad(|x: &Tensor| x.prod() + x.powi(4).sum()), x[0]),
        "of hessian" => derivative!(case, hessian(|x: &Tensor| x.sin().prod()), x[0]),
        "lanes" => {
            let f = |x: &Tensor| (x.sin() * x).cumsum(0);
            match case.args.as_str().unwrap() {
                "jacfwd" => vmap(jacfwd(f))(&x[0]).leaves(),
                "jacrev" => vmap(jacrev(f))(&x[0]).leaves(),
                _ => vmap(hessian(f))(&x[0]).leaves(),
            }
        }
        "gradient of" => {
            let sum = |x: &Tensor| {
                let leaves = derivative!(case, |y: &Tensor| y.cumprod(0) * x, x);
                leaves[0].sin().sum()
            };
            vec![grad(sum)(&x[0])]
        }
        other => panic!("no function {other}"),
    }
}

fn shapes(x: &Tensor) -> Tensor {
    let padded = x.pad(&[(1, 0), (0, 1)], 0.0);
    let tiled = x.i((..1, ..2)).tile(&[1, 2]);
    Tensor::concat(&[padded, tiled], 0).t().flip(0).i(rune_trace::stepped(.., 2)).square()
}

fn conv(x: &Tensor, kernel: &Tensor) -> Tensor {
    x.conv(kernel, &ConvOptions::new().strides([1, 2]).padding([(1, 1), (0, 1)])).tanh()
}

type Layers = Vec<(Tensor, Tensor)>;

fn layers(x: &[Tensor]) -> Layers {
    vec![(x[0].clone(), x[1].clone()), (x[2].clone(), x[3].clone())]
}

fn net(layers: &Layers, x: &Tensor) -> Tensor {
    layers.iter().fold(x.clone(), |x, (weights, bias)| (x.matmul(weights) + bias).tanh())
}

fn maps(p: &BTreeMap<&'static str, Tensor>) -> BTreeMap<&'static str, Vec<Tensor>> {
    let (a, b) = (&p["a"], &p["b"]);
    BTreeMap::from([("y", vec![b * a]), ("x", vec![a.powi(3).sum(), b.t().matmul(b)])])
}
