//! Sorting on GPUs, by the bitonic network of Batcher, "Sorting networks and their applications" (1968).
//!
//! A step compares each element with one other, and each of both keeps the lesser or the greater. All steps are the same
//! kernel in one loop. For `n` elements, a power of two, there are `log n (log n + 1) / 2` steps. The network orders the
//! keys with their positions as the last key, so that the order is stable, and then the operands are gathered.

use crate::attr;
use crate::builder::{Builder, Val};
use crate::legalize::sorting::{before, ordered};
use rune_ir::op::{Comparison, Literal};
use rune_ir::{Array, DType, Shape, Type};

/// Returns the positions of the elements along `axis` in the order of `keys`, as `[rows, n]` of `i32`.
pub(super) fn order<'c>(b: &Builder<'c>, keys: &[Val<'c>], axis: usize, descending: bool) -> Val<'c> {
    let n = keys[0].shape()[axis];
    let wide = n.next_power_of_two();
    // The elements that fill up the rows come last: they have the last keys and the last positions.
    let last = if descending { f64::NEG_INFINITY } else { f64::INFINITY };
    let filled = |key: &Val<'c>| {
        let key = in_rows(b, &ordered(b, key), axis);
        let key = if key.dtype() == DType::Bool { b.convert(&key, DType::I8) } else { key };
        let padding = b.full(Literal::from_f64(key.dtype(), last), &Shape::scalar());
        b.pad(&key, &padding, &[(0, 0, 0), (0, (wide - n) as i64, 0)])
    };
    let keys: Vec<_> = keys.iter().map(filled).collect();
    let positions = b.iota(DType::I32, keys[0].shape(), 1);
    let state: Vec<_> = keys.into_iter().chain([positions]).collect();
    let (blocks, distances) = steps(wide.ilog2());
    let scalar = |x: i32| b.full(Literal::new(x), &Shape::scalar());
    // The first step is outside of the loop, because IREE treats constants that enter a loop as invariant.
    let state = step(b, &state, &scalar(blocks[0]), &scalar(distances[0]), descending);
    let sorted = repeat(b, blocks.len(), state, |b, count, state| {
        let [block, distance] = [&blocks, &distances].map(|table| looked_up(b, table, count));
        step(b, state, &block, &distance, descending)
    });
    b.slice_axis(sorted.last().expect("the positions are the last"), 1, 0, n)
}

/// Returns the first `k` elements of `x` along `axis` in the order of `order`.
pub(super) fn pick<'c>(b: &Builder<'c>, x: &Val<'c>, order: &Val<'c>, axis: usize, k: usize) -> Val<'c> {
    let rows = in_rows(b, x, axis);
    let [count, n] = [rows.shape()[0], rows.shape()[1]];
    let places = b.slice_axis(order, 1, 0, k);
    let starts = b.mul_n(&b.iota(DType::I32, places.shape(), 0), n as f64);
    let places = b.reshape(&b.add(&places, &starts), [count * k, 1]);
    let flat = b.reshape(&rows, [1, count * n]);
    from_rows(b, &b.reshape(&gathered(b, &flat, &places), [count, k]), x.shape(), axis)
}

/// Returns the array with `axis` as the last axis, and all others as one.
fn in_rows<'c>(b: &Builder<'c>, x: &Val<'c>, axis: usize) -> Val<'c> {
    let others = (0..x.rank()).filter(|&a| a != axis);
    let permutation: Vec<usize> = others.chain([axis]).collect();
    let n = x.shape()[axis];
    b.reshape(&b.transpose(x, &permutation), [x.ty.size() / n, n])
}

/// Undoes [`in_rows`] for an array of this shape. The length of `axis` may differ.
fn from_rows<'c>(b: &Builder<'c>, rows: &Val<'c>, shape: &Shape, axis: usize) -> Val<'c> {
    let others: Vec<usize> = (0..shape.rank()).filter(|&a| a != axis).collect();
    let moved: Shape = others.iter().map(|&a| shape[a]).chain([rows.shape()[1]]).collect();
    let back: Vec<usize> =
        (0..shape.rank()).map(|a| others.iter().position(|&other| other == a).unwrap_or(others.len())).collect();
    b.transpose(&b.reshape(rows, moved), &back)
}

/// Returns the columns of `x` at `places`, `[k, 1]` of `i32`.
fn gathered<'c>(b: &Builder<'c>, x: &Val<'c>, places: &Val<'c>) -> Val<'c> {
    let shape = [x.shape()[0], places.shape()[0]];
    let dims =
        "#stablehlo.gather<offset_dims = [0], collapsed_slice_dims = [1], start_index_map = [1], index_vector_dim = 1>";
    let attributes = [
        ("dimension_numbers", attr::parse(b.context, dims)),
        ("slice_sizes", attr::dims(b.context, &[shape[0], 1])),
        ("indices_are_sorted", attr::bool(b.context, false)),
    ];
    b.op1("stablehlo.gather", &[x, places], &attributes, x.ty.with_shape(shape))
}

/// Calls `body` for the counts from 1 up to `end`, in a loop.
fn repeat<'c>(
    b: &Builder<'c>,
    end: usize,
    state: Vec<Val<'c>>,
    body: impl FnOnce(&Builder<'c>, &Val<'c>, &[Val<'c>]) -> Vec<Val<'c>>,
) -> Vec<Val<'c>> {
    let number = |b: &Builder<'c>, n: usize| b.full(Literal::new(n as i32), &Shape::scalar());
    let init: Vec<Val<'c>> = [number(b, 1)].into_iter().chain(state).collect();
    let types: Vec<Type> = init.iter().map(|x| x.ty.clone()).collect();
    let cond = b.region(&types, |b, all| vec![b.compare(Comparison::Lt, &all[0], &number(b, end))]);
    let body = b.region(&types, |b, all| {
        let next = body(b, &all[0], &all[1..]);
        [b.add(&all[0], &number(b, 1))].into_iter().chain(next).collect()
    });
    let operands: Vec<&Val<'c>> = init.iter().collect();
    b.op("stablehlo.while", &operands, &[], vec![cond, body], &types).split_off(1)
}

/// Returns, for each step, the size of the blocks that it merges, and the distance of the elements that it compares. The
/// steps go through blocks of 2, 4, 8 …, and for each through the distances from half a block down to 1.
fn steps(levels: u32) -> (Vec<i32>, Vec<i32>) {
    (0..levels).flat_map(|level| (0..=level).rev().map(move |distance| (2 << level, 1 << distance))).unzip()
}

/// Returns the element of a table at `place`.
fn looked_up<'c>(b: &Builder<'c>, table: &[i32], place: &Val<'c>) -> Val<'c> {
    let table = b.dense(&Array::from_slice([table.len()], table));
    let attributes = [("slice_sizes", attr::dims(b.context, &[1]))];
    let found = b.op1("stablehlo.dynamic_slice", &[&table, place], &attributes, table.ty.with_shape([1]));
    b.reshape(&found, Shape::scalar())
}

/// Compares each element with the one at a distance, and exchanges them. Blocks are in ascending and descending order by
/// turns.
fn step<'c>(b: &Builder<'c>, state: &[Val<'c>], block: &Val<'c>, distance: &Val<'c>, descending: bool) -> Vec<Val<'c>> {
    let shape = state[0].shape();
    let line = Shape::from([shape[1]]);
    let index = b.iota(DType::I32, &line, 0);
    let [block, distance] = [block, distance].map(|x| b.broadcast(x, &line, &[]));
    let partner = b.reshape(&b.binary("stablehlo.xor", &index, &distance), [shape[1], 1]);
    let others: Vec<_> = state.iter().map(|x| gathered(b, x, &partner)).collect();
    let mut pairs: Vec<_> = others.iter().cloned().zip(state.iter().cloned()).collect();
    let (other, own) = pairs.pop().expect("the positions are the last");
    let other_is_first = before(b, &pairs, b.compare(Comparison::Lt, &other, &own), descending);
    let lacks = |mask: &Val<'c>| b.compare_n(Comparison::Eq, &b.and(&index, mask), 0.0);
    let keeps_first = b.compare(Comparison::Eq, &lacks(&distance), &lacks(&block));
    let exchanges = b.compare(Comparison::Eq, &b.broadcast(&keeps_first, shape, &[1]), &other_is_first);
    state.iter().zip(&others).map(|(own, other)| b.select(&exchanges, other, own)).collect()
}
