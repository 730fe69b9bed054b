//! Functions of shapes, positions, selection and sorting.

use super::{int, ints, result_size, size, sizes};
use rune_trace::{DType, Tensor};
use serde_json::Value;

pub(super) fn apply(function: &str, args: &Value, inputs: &[Tensor]) -> Option<Vec<Tensor>> {
    if let Some(made) = without_operands(function, args) {
        return Some(made);
    }
    let x = inputs.first()?;
    let y = inputs.get(1).unwrap_or(x);
    let one = match function {
        "nonzero" => return Some(x.nonzero(result_size(args))),
        "argwhere" => x.argwhere(result_size(args)),
        "flatnonzero" => x.flatnonzero(result_size(args)),
        "extract" => x.extract(y, result_size(args)),
        "compress" => x.compress(y, int(&args[0]), result_size(&args[1])),
        "unique" => x.unique(result_size(args)),
        "unique_all" => {
            let unique = x.unique_all(result_size(args));
            return Some(vec![unique.values, unique.index, unique.inverse, unique.counts]);
        }
        "isin" => x.isin(y),
        "set" => match args[0].as_str().unwrap() {
            "union1d" => x.union1d(y, result_size(&args[1])),
            "intersect1d" => x.intersect1d(y, result_size(&args[1])),
            "setdiff1d" => x.setdiff1d(y, result_size(&args[1])),
            _ => x.setxor1d(y, result_size(&args[1])),
        },
        "select" => Tensor::select(&inputs[..2], &inputs[2..], int(args)),
        "choose" => x.choose(&inputs[1..]),
        "put" => x.put(y, &inputs[2]),
        "put_along_axis" => x.put_along_axis(y, &inputs[2], int(args)),
        "unravel_index" => return Some(x.unravel_index(sizes(args))),
        "ravel_multi_index" => Tensor::ravel_multi_index(inputs, sizes(args)),
        "ix_" => return Some(Tensor::ix_(inputs)),
        "diagflat" => x.diagflat(int(args)),
        "fill_diagonal" => x.fill_diagonal(int(args)),
        "vander" => x.vander(size(&args[0]), args[1].as_bool().unwrap()),
        "shape" => match args.as_str().unwrap() {
            "atleast_1d" => x.atleast_1d(),
            "atleast_2d" => x.atleast_2d(),
            "atleast_3d" => x.atleast_3d(),
            "fliplr" => x.fliplr(),
            _ => x.flipud(),
        },
        "stack" => match args.as_str().unwrap() {
            "hstack" => Tensor::hstack(inputs),
            "vstack" => Tensor::vstack(inputs),
            "dstack" => Tensor::dstack(inputs),
            _ => Tensor::column_stack(inputs),
        },
        "block" => Tensor::block(&[&inputs[..2], &inputs[2..]]),
        "broadcast_arrays" => return Some(Tensor::broadcast_arrays(inputs)),
        "append" => x.append(y, int(args)),
        "array_split" => return Some(x.array_split(size(&args[0]), int(&args[1]))),
        "split_by" => {
            return Some(match args[0].as_str().unwrap() {
                "hsplit" => x.hsplit(size(&args[1])),
                "vsplit" => x.vsplit(size(&args[1])),
                _ => x.dsplit(size(&args[1])),
            });
        }
        "delete" => x.delete(&ints(&args[0]), int(&args[1])),
        "insert" => x.insert(int(&args[0]), y, int(&args[1])),
        "resize" => x.resize(sizes(args)),
        "rot90" => x.rot90(int(&args[0]), int(&args[1]), int(&args[2])),
        "rollaxis" => x.rollaxis(int(&args[0]), int(&args[1])),
        "expand_dims" => x.expand_dims(ints(args)),
        "broadcast" => x.broadcast(&sizes(args)),
        "inner" => x.inner(y),
        "vecdot" => x.vecdot(y, -1),
        "matvec" => x.matvec(y),
        "vecmat" => x.vecmat(y),
        "lexsort" => Tensor::lexsort(inputs, int(args)),
        "sort_key_val" => return Some(pair_to_vec(x.sort_key_val(y, int(args)))),
        "partition" => x.partition(int(&args[0]), int(&args[1])),
        "approx_min_k" => return Some(pair_to_vec(x.approx_min_k(size(args)))),
        "approx_max_k" => return Some(pair_to_vec(x.approx_max_k(size(args)))),
        "dynamic_slice_in_dim" => x.dynamic_slice_in_dim(y, size(&args[0]), int(&args[1])),
        "dynamic_index_in_dim" => x.dynamic_index_in_dim(y, int(args)),
        "dynamic_update_slice_in_dim" => x.dynamic_update_slice_in_dim(y, &inputs[2], int(args)),
        "dynamic_update_index_in_dim" => x.dynamic_update_index_in_dim(y, &inputs[2], int(args)),
        "slice_in_dim" => x.slice_in_dim(size(&args[0]), size(&args[1]), size(&args[2]), int(&args[3])),
        _ => return None,
    };
    Some(vec![one])
}

fn pair_to_vec((a, b): (Tensor, Tensor)) -> Vec<Tensor> {
    vec![a, b]
}

/// Returns the result of a function without tensor operands.
fn without_operands(function: &str, args: &Value) -> Option<Vec<Tensor>> {
    let number = |i: usize| args[i].as_f64().unwrap();
    let one = match function {
        "tril_indices" => {
            return Some(pair_to_vec(Tensor::tril_indices(size(&args[0]), int(&args[1]), size(&args[2]))));
        }
        "triu_indices" => {
            return Some(pair_to_vec(Tensor::triu_indices(size(&args[0]), int(&args[1]), size(&args[2]))));
        }
        "tri" => Tensor::tri(size(&args[0]), size(&args[1]), int(&args[2]), DType::F32),
        "diag_indices" => return Some(Tensor::diag_indices(size(&args[0]), size(&args[1]))),
        "logspace" => Tensor::logspace(number(0), number(1), size(&args[2]), number(3), DType::F32),
        "geomspace" => Tensor::geomspace(number(0), number(1), size(&args[2]), DType::F32),
        "indices" => Tensor::indices(sizes(args), DType::I32),
        "window" => {
            let n = size(&args[1]);
            match args[0].as_str().unwrap() {
                "blackman" => Tensor::blackman(n, DType::F32),
                "bartlett" => Tensor::bartlett(n, DType::F32),
                "hamming" => Tensor::hamming(n, DType::F32),
                _ => Tensor::hanning(n, DType::F32),
            }
        }
        "kaiser" => Tensor::kaiser(size(&args[0]), number(1), DType::F32),
        _ => return None,
    };
    Some(vec![one])
}
