//! Messages about misuse.

use rune_trace::{ConvOptions, DType, Tensor, einsum, random, where_};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn zeros<const N: usize>(shape: [usize; N]) -> Tensor {
    Tensor::zeros(shape, DType::F32)
}

#[track_caller]
fn panics_with(f: impl FnOnce() -> Tensor, expected: &str) {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { panic!("it does not panic with: {expected}") };
    let message = payload
        .downcast_ref::<String>()
        .cloned()
        .unwrap_or_else(|| payload.downcast_ref::<&str>().unwrap().to_string());
    assert!(message.contains(expected), "panics with: {message}\ninstead of: {expected}");
}

#[test]
fn misuse_is_told_with_shapes_dtypes_and_a_way_out() {
    let (x, n) = (&zeros([2, 3]), &Tensor::zeros([2, 3], DType::I32));
    panics_with(|| x + zeros([4]), "add: shapes [2, 3] and [4] do not broadcast");
    panics_with(|| x - n, "sub: operands are f32 and i32; convert one, as with `.cast(DType::F32)`");
    panics_with(|| n + x, "convert one, as with `.cast(DType::F32)`");
    panics_with(|| n * 0.5, "mul: the float 0.5 is used with a tensor of i32");
    panics_with(|| n.cast(DType::U8) + -1, "add: the number -1 is out of the range of u8");
    panics_with(|| x.gt(0) + 1, "`add` takes an integer, float or complex dtype (not `bool`");
    panics_with(|| x.lt(n), "lt: operands are f32 and i32");
    panics_with(|| n.sinh(), "sinh: takes a float dtype, but got [2, 3, i32]");
    panics_with(|| n.exp(), "`exp` takes a float or complex dtype");
    panics_with(|| where_(x, x, x), "where_: the condition has type [2, 3, f32]; make it bool");
    panics_with(|| where_(x.gt(0), x, zeros([4])), "where_: shapes [2, 3], [4] and [2, 3] do not broadcast");
    panics_with(|| x.sum_axes(2), "sum: axis 2 is out of range for shape [2, 3], which has 2 axes");
    panics_with(|| x.sum_axes([0, -2]), "sum: axis 0 is named twice in [0, -2], for shape [2, 3]");
    panics_with(|| zeros([0, 2]).argmax_axis(0), "argmax: axis 0 of shape [0, 2] has no elements");
    panics_with(|| x.reshape([4, -1]), "reshape: shape [2, 3] with 6 elements cannot become [4, -1]");
    panics_with(|| x.reshape([-1, -1]), "one may be -1");
    panics_with(|| x.squeeze(0), "squeeze: axis 0 of shape [2, 3] does not have size 1");
    panics_with(|| x.permute([0]), "permute: [0] does not name every axis of shape [2, 3]");
    panics_with(|| x.broadcast_to([3, 2]), "broadcast_to: shape [2, 3] does not broadcast to [3, 2]");
    panics_with(
        || Tensor::concat(&[x, &zeros([2, 3, 1])], 0),
        "concat: shapes [2, 3] and [2, 3, 1] differ in more than axis 0",
    );
    panics_with(|| x.split(2, 1).remove(0), "split: axis 1 of shape [2, 3] does not split into 2 equal parts");
    panics_with(|| x.i((0, 3)), "i: index 3 is out of range for axis 1 of shape [2, 3]");
    panics_with(|| x.i((.., [0, -4])), "i: index -4 is out of range for axis 1 of shape [2, 3]");
    panics_with(|| x.i((0, 0, 0)), "i: an index of 3 axes is for shape [2, 3], which has 2");
    panics_with(|| x.i(x.gt(0)), "but indices are integers");
    panics_with(|| zeros([2, 0]).take(&n.i(0), 1), "take: axis 1 of shape [2, 0] has no elements to choose from");
    panics_with(|| zeros([2, 0]).i((1, n.i(0))), "i: axis 1 of shape [2, 0] has no elements to choose from");
    panics_with(|| zeros([2, 0]).i((.., [0])), "i: index 0 is out of range for axis 1 of shape [2, 0]");
    panics_with(|| x.at(0).set(zeros([4])), "at(…).set: shape [4] does not broadcast to [3]");
    panics_with(|| x.at(0).add(n), "at(…).add: operands are f32 and i32");
    panics_with(
        || x.matmul(x),
        "matmul: shapes [2, 3] and [2, 3] do not fit: axis 1 of the first has size 3, and axis 0 of the second 2",
    );
    panics_with(|| zeros([4, 2, 3]).matmul(zeros([5, 3, 2])), "matmul: the batches [4] and [5] of shapes");
    panics_with(|| einsum("ij,ji", &[x, x]), "einsum: `j` of `ij,ji` is of sizes 3 and 2");
    panics_with(|| einsum("ijk", &[x]), "einsum: `ijk` of `ijk` does not name the axes of shape [2, 3]");
    panics_with(|| einsum("ij->k", &[x]), "names an axis twice, or one that no tensor has");
    panics_with(
        || zeros([1, 3, 4, 4]).conv(&zeros([2, 4, 3, 3]), &ConvOptions::new()),
        "conv: an operand of shape [1, 3, 4, 4] with 3 channels",
    );
    panics_with(|| random::normal(x, [2], DType::F32), "random: a key has type [2, u32], as `random::key` returns it");
    panics_with(
        || random::normal(&random::key(0), [2], DType::I32),
        "random::normal: draws floats, but was asked for i32",
    );
    panics_with(
        || Tensor::from_slice([2, 2], &[1.0f32]),
        "from_slice: a tensor of shape [2, 2] is made from 1 elements",
    );
    panics_with(|| Tensor::arange(0..300, DType::U8), "arange: the number 299 is out of the range of u8");
    panics_with(|| Tensor::arange(0.0..1.0, DType::I32), "arange: a range of floats has dtype i32");
}
