//! Sorting, and positions. Written by `scripts/vectors edges`.

use super::{INF, NAN, check};
use rune_trace::{Tensor, lax};

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
