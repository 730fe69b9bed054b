//! Messages about misuse.

use rune_trace::{ConvOptions, DType, Tensor, einsum, random, where_};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn zeros<const N: usize>(shape: [usize; N]) -> Tensor {
    Tensor::zeros(shape, DType::F32)
}

#[track_caller]
fn tells(f: impl FnOnce() -> Tensor, expected: &str) {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { panic!("nothing was told, instead of: {expected}") };
    let message = payload
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| payload.downcast_ref::<&str>().unwrap().to_string());
    assert!(message.contains(expected), "was told: {message}\ninstead of: {expected}");
}

#[test]
fn misuse_is_told_with_shapes_dtypes_and_a_way_out() {
    let (x, n) = (&zeros([2, 3]), &Tensor::zeros([2, 3], DType::I32));
    tells(|| x + zeros([4]), "add: shapes [2, 3] and [4] do not broadcast");
    tells(|| x - n, "sub: operands are f32 and i32; convert one, as with `.cast(DType::F32)`");
    tells(|| n + x, "convert one, as with `.cast(DType::F32)`");
    tells(|| n * 0.5, "mul: the float 0.5 is used with a tensor of i32");
    tells(|| n.cast(DType::U8) + -1, "add: the number -1 is out of the range of u8");
    tells(|| x.gt(0) + 1, "`add` takes an integer, float or complex dtype (not `bool`");
    tells(|| x.lt(n), "lt: operands are f32 and i32");
    tells(|| n.sinh(), "sinh: takes a float dtype, but got [2, 3, i32]");
    tells(|| n.exp(), "`exp` takes a float or complex dtype");
    tells(|| where_(x, x, x), "where_: the condition has type [2, 3, f32]; make it bool");
    tells(|| where_(x.gt(0), x, zeros([4])), "where_: shapes [2, 3], [4] and [2, 3] do not broadcast");
    tells(|| x.sum_axes(2), "sum: axis 2 is out of range for shape [2, 3], which has 2 axes");
    tells(|| x.sum_axes([0, -2]), "sum: axis 0 is named twice in [0, -2], for shape [2, 3]");
    tells(|| zeros([0, 2]).argmax_axis(0), "argmax: axis 0 of shape [0, 2] has no elements");
    tells(|| x.reshape([4, -1]), "reshape: shape [2, 3] with 6 elements cannot become [4, -1]");
    tells(|| x.reshape([-1, -1]), "one may be -1");
    tells(|| x.squeeze(0), "squeeze: axis 0 of shape [2, 3] does not have size 1");
    tells(|| x.permute([0]), "permute: [0] does not name every axis of shape [2, 3]");
    tells(|| x.broadcast_to([3, 2]), "broadcast_to: shape [2, 3] does not broadcast to [3, 2]");
    tells(
        || Tensor::concat(&[x, &zeros([2, 3, 1])], 0),
        "concat: shapes [2, 3] and [2, 3, 1] differ in more than axis 0",
    );
    tells(|| x.split(2, 1).remove(0), "split: axis 1 of shape [2, 3] does not split into 2 equal parts");
    tells(|| x.i((0, 3)), "i: index 3 is out of range for axis 1 of shape [2, 3]");
    tells(|| x.i((.., [0, -4])), "i: index -4 is out of range for axis 1 of shape [2, 3]");
    tells(|| x.i((0, 0, 0)), "i: an index of 3 axes is for shape [2, 3], which has 2");
    tells(|| x.i(x.gt(0)), "but indices are integers");
    tells(|| zeros([2, 0]).take(&n.i(0), 1), "take: axis 1 of shape [2, 0] has no elements to choose from");
    tells(|| zeros([2, 0]).i((1, n.i(0))), "i: axis 1 of shape [2, 0] has no elements to choose from");
    tells(|| zeros([2, 0]).i((.., [0])), "i: index 0 is out of range for axis 1 of shape [2, 0]");
    tells(|| x.at(0).set(zeros([4])), "at(…).set: shape [4] does not broadcast to [3]");
    tells(|| x.at(0).add(n), "at(…).add: operands are f32 and i32");
    tells(
        || x.matmul(x),
        "matmul: shapes [2, 3] and [2, 3] do not fit: axis 1 of the first has size 3, and axis 0 of the second 2",
    );
    tells(|| zeros([4, 2, 3]).matmul(zeros([5, 3, 2])), "matmul: the batches [4] and [5] of shapes");
    tells(|| einsum("ij,ji", &[x, x]), "einsum: `j` of `ij,ji` is of sizes 3 and 2");
    tells(|| einsum("ijk", &[x]), "einsum: `ijk` of `ijk` does not name the axes of shape [2, 3]");
    tells(|| einsum("ij->k", &[x]), "names an axis twice, or one that no tensor has");
    tells(
        || zeros([1, 3, 4, 4]).conv(&zeros([2, 4, 3, 3]), &ConvOptions::new()),
        "conv: an operand of shape [1, 3, 4, 4] with 3 channels",
    );
    tells(|| random::normal(x, [2], DType::F32), "random: a key has type [2, u32], as `random::key` returns it");
    tells(|| random::normal(&random::key(0), [2], DType::I32), "random::normal: draws floats, but was asked for i32");
    tells(|| Tensor::from_slice([2, 2], &[1.0f32]), "from_slice: a tensor of shape [2, 2] is made from 1 elements");
    tells(|| Tensor::arange(0..300, DType::U8), "arange: the number 299 is out of the range of u8");
    tells(|| Tensor::arange(0.0..1.0, DType::I32), "arange: a range of floats has dtype i32");
}
