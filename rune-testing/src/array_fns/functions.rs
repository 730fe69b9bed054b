//! Calls the function that a case names.

use super::case::Case;
use rune_ir::DType;
use rune_trace::{ConvOptions, ConvPadding, IndexItem, Layout, PadMode, PoolOptions, Tensor, einsum, where_};
use serde_json::Value;

fn ints(json: &Value) -> Vec<isize> {
    json.as_array().unwrap().iter().map(int).collect()
}
fn int(json: &Value) -> isize {
    json.as_i64().unwrap() as isize
}
fn sizes(json: &Value) -> Vec<usize> {
    ints(json).into_iter().map(|n| n as usize).collect()
}
fn pairs(json: &Value) -> Vec<(isize, isize)> {
    json.as_array().unwrap().iter().map(|p| (int(&p[0]), int(&p[1]))).collect()
}

pub fn apply(case: &Case) -> Vec<Tensor> {
    let (args, inputs) = (&case.args, case.inputs.as_slice());
    let x = &inputs[0];
    let y = inputs.get(1);
    let y = y.unwrap_or(x);
    let one = match case.function.as_str() {
        "unary" => unary(args.as_str().unwrap(), x),
        "binary" => binary(args.as_str().unwrap(), x, y),
        "where" => where_(x, y, &inputs[2]),
        "clamp" => y.clamp(x, &inputs[2]),
        "reduce" => reduce(args, x),
        "arg_reduce" => match (args[0].as_str().unwrap(), &args[1]) {
            ("argmax", Value::Null) => x.argmax(),
            ("argmin", Value::Null) => x.argmin(),
            ("argmax", axis) => x.argmax_axis(int(axis)),
            (_, axis) => x.argmin_keepdims(int(axis)).squeeze(int(axis)),
        },
        "cumulative" => {
            let axis = int(&args[1]);
            match args[0].as_str().unwrap() {
                "cumsum" => x.cumsum(axis),
                "cumprod" => x.cumprod(axis),
                "cummax" => x.cummax(axis),
                "cummin" => x.cummin(axis),
                _ => x.cumlogsumexp(axis),
            }
        }
        "softmax" => x.softmax(ints(args)),
        "log_softmax" => x.log_softmax(ints(args)),
        "standardize" => x.standardize(ints(args), 1e-5),
        "one_hot" => x.one_hot(int(args) as usize, DType::F32),
        "quantile" => x.quantile(args[0].as_f64().unwrap(), int(&args[1])),
        "sort" => x.sort(int(args)),
        "argsort" => x.argsort(int(args)),
        "argsort_descending" => x.argsort_descending(int(args)),
        "searchsorted" => x.searchsorted(y, args.as_bool().unwrap()),
        "reshape" => x.reshape(ints(args)),
        "permute" => x.permute(ints(args)),
        "swapaxes" => x.swapaxes(int(&args[0]), int(&args[1])),
        "moveaxis" => x.moveaxis(ints(&args[0]), ints(&args[1])),
        "transpose" => x.transpose(),
        "expand" => x.expand(ints(args)),
        "repeat" => x.repeat(int(&args[0]) as usize, int(&args[1])),
        "roll" => x.roll(int(&args[0]), int(&args[1])),
        "stack" => Tensor::stack(inputs, int(args)),
        "concat" => Tensor::concat(inputs, int(args)),
        "chunk" => return x.chunk(int(&args[0]) as usize, int(&args[1])),
        "split" => return x.split(sizes(&args[0]), int(&args[1])),
        "tile" => x.tile(&sizes(args)),
        "flip" => {
            if args.is_null() {
                x.flip(..)
            } else {
                x.flip(ints(args))
            }
        }
        "pad" => x.pad(&pairs(args), 7),
        "pad_with" => {
            let mode = match args[0].as_str().unwrap() {
                "edge" => PadMode::Edge,
                "reflect" => PadMode::Reflect,
                "symmetric" => PadMode::Symmetric,
                _ => PadMode::Wrap,
            };
            let widths: Vec<(usize, usize)> = pairs(&args[1]).iter().map(|&(a, b)| (a as usize, b as usize)).collect();
            x.pad_with(&widths, mode)
        }
        "tril" => x.tril(int(args)),
        "triu" => x.triu(int(args)),
        "diag" => x.diag(int(args)),
        "diagonal" => x.diagonal(int(&args[0]), int(&args[1]), int(&args[2])),
        "trace" => x.trace(),
        "matmul" => x.matmul(y),
        "dot" => x.dot(y),
        "tensordot" => x.tensordot(y, ints(&args[0]), ints(&args[1])),
        "einsum" => einsum(args.as_str().unwrap(), inputs),
        "conv" => x.conv(y, &conv_options(args)),
        "conv_transpose" => x.conv_transpose(y, &conv_options(args)),
        "max_pool" => x.max_pool([3, 2], &pool_options(args)),
        "min_pool" => x.min_pool([3, 2], &pool_options(args)),
        "avg_pool" => x.avg_pool([3, 2], &pool_options(args)),
        "index" => x.i(items(args, inputs)),
        "update" => {
            let (at, values) = (x.at(items(&args[1], inputs)), inputs.last().unwrap());
            match args[0].as_str().unwrap() {
                "set" => at.set(values),
                "add" => at.add(values),
                "mul" => at.mul(values),
                "min" => at.min(values),
                _ => at.max(values),
            }
        }
        "take" => x.take(y, int(args)),
        "take_along_axis" => x.take_along_axis(y, int(args)),
        other => panic!("no function {other}"),
    };
    vec![one]
}

fn unary(name: &str, x: &Tensor) -> Tensor {
    match name {
        "sinh" => x.sinh(),
        "cosh" => x.cosh(),
        "atan" => x.atan(),
        "asinh" => x.asinh(),
        "acosh" => x.acosh(),
        "atanh" => x.atanh(),
        "asin" => x.asin(),
        "acos" => x.acos(),
        "erf_inv" => x.erf_inv(),
        "square" => x.square(),
        "reciprocal" => x.reciprocal(),
        "isnan" => x.isnan(),
        "isinf" => x.isinf(),
        "nan_to_num" => x.nan_to_num(),
        "relu" => x.relu(),
        "relu6" => x.relu6(),
        "leaky_relu" => x.leaky_relu(0.01),
        "softplus" => x.softplus(),
        "silu" => x.silu(),
        "elu" => x.elu(1.0),
        "selu" => x.selu(),
        "gelu" => x.gelu(),
        "gelu_exact" => x.gelu_exact(),
        "mish" => x.mish(),
        "log_sigmoid" => x.log_sigmoid(),
        "round" => x.round(),
        "log2" => x.log2(),
        "log10" => x.log10(),
        other => panic!("no function {other}"),
    }
}

fn binary(name: &str, x: &Tensor, y: &Tensor) -> Tensor {
    match name {
        "add" => x + y,
        "sub" => x - y,
        "mul" => x * y,
        "div" => x / y,
        "rem" => x % y,
        "pow" => x.pow(y),
        "atan2" => x.atan2(y),
        "maximum" => x.maximum(y),
        "minimum" => x.minimum(y),
        "hypot" => x.hypot(y),
        "logaddexp" => x.logaddexp(y),
        "floor_divide" => x.floor_divide(y),
        "remainder" => x.remainder(y),
        "bitand" => x & y,
        "bitxor" => x ^ y,
        "eq" => x.eq(y),
        "ne" => x.ne(y),
        "lt" => x.lt(y),
        "le" => x.le(y),
        "gt" => x.gt(y),
        "ge" => x.ge(y),
        other => panic!("no function {other}"),
    }
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
        sum sum_axes sum_keepdims,
        prod prod_axes prod_keepdims,
        max max_axes max_keepdims,
        min min_axes min_keepdims,
        mean mean_axes mean_keepdims,
        var var_axes var_keepdims,
        std std_axes std_keepdims,
        any any_axes any_keepdims,
        all all_axes all_keepdims,
        norm norm_axes norm_keepdims,
        logsumexp logsumexp_axes logsumexp_keepdims,
    }
}

fn padding(args: &Value) -> ConvPadding {
    match &args["padding"] {
        Value::String(_) => ConvPadding::Same,
        Value::Null => ConvPadding::Valid,
        list => ConvPadding::Explicit(pairs(list)),
    }
}
fn number(args: &Value, name: &str) -> usize {
    args[name].as_u64().unwrap_or(1) as usize
}
fn conv_options(args: &Value) -> ConvOptions {
    let layout = if args["layout"] == "last" { Layout::ChannelsLast } else { Layout::ChannelsFirst };
    ConvOptions::new()
        .strides(number(args, "strides"))
        .padding(padding(args))
        .dilations(number(args, "dilations"))
        .groups(number(args, "groups"))
        .layout(layout)
}
fn pool_options(args: &Value) -> PoolOptions {
    let options = PoolOptions::new().padding(padding(args)).dilations(number(args, "dilations"));
    let options = if args["strides"].is_null() { options } else { options.strides(number(args, "strides")) };
    options.count_padding(args["count"].as_bool().unwrap_or(true))
}

fn items(json: &Value, inputs: &[Tensor]) -> Vec<IndexItem> {
    let item = |item: &Value| match item {
        Value::String(text) if text == "new" => IndexItem::NewAxis,
        Value::String(_) => IndexItem::Ellipsis,
        Value::Array(range) => {
            let bound = |i: usize| range[i].as_i64().map(|n| n as isize);
            IndexItem::Range { start: bound(0), stop: bound(1), step: int(&range[2]) }
        }
        Value::Object(_) => IndexItem::Tensor(inputs[int(&item["in"]) as usize].clone()),
        number => IndexItem::At(int(number)),
    };
    json.as_array().unwrap().iter().map(item).collect()
}
