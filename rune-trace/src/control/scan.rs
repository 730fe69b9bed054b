//! Loops over the positions of arrays.

use super::closure::{Closure, expect_same_types, programs};
use crate::call_site::CallSite;
use crate::tensor::{at_caller, lax};
use crate::{Tensor, Tree};

/// Options of [`scan_with`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ScanOptions {
    /// Whether to start with the last position.
    pub reverse: bool,
    /// The number of positions in one iteration of the compiled loop. A higher number makes the program larger and
    /// faster. `None` chooses by the size of the body.
    pub unroll: Option<usize>,
    /// The number of positions. It is required if `xs` has no leaves.
    pub length: Option<usize>,
}

/// Carries a value over the positions of `xs` along the first axis of its leaves, and stacks results, like JAX's
/// `lax.scan`.
///
/// `f` takes the carry and the slice of `xs` at the position. It returns the next carry and a value to stack (`()` for
/// none). `scan` returns the final carry and the stacked values. The loop is compiled once, whatever its length. Its
/// gradient is a loop in the opposite direction.
///
/// ```
/// use rune_trace::{Tensor, scan};
/// let xs = Tensor::from_slice([4], &[1.0f32, 2.0, 3.0, 4.0]);
/// let (total, sums) = scan(|sum: &Tensor, x: &Tensor| { let s = sum + x; (s.clone(), s) }, &Tensor::scalar(0.0f32), &xs);
/// assert_eq!(total.item::<f32>().unwrap(), 10.0);
/// assert_eq!(sums.to_vec::<f32>().unwrap(), [1.0, 3.0, 6.0, 10.0]);
/// ```
///
/// # Panics
/// If leaves of `xs` have no first axis, or first axes of different sizes, or the carry changes its structure or types.
#[track_caller]
pub fn scan<C: Tree, X: Tree, Y: Tree>(f: impl FnOnce(&C, &X) -> (C, Y), init: &C, xs: &X) -> (C, Y) {
    let place = CallSite::here("scan");
    at_caller(|| run(ScanOptions::default(), f, init, xs, place))
}

/// Like [`scan`], with options: the order, the number of positions in one iteration, and the length of a loop without
/// arrays.
///
/// ```
/// use rune_trace::{ScanOptions, Tensor, scan_with};
/// let options = ScanOptions { length: Some(5), ..ScanOptions::default() };
/// let fibonacci = |(a, b): &(Tensor, Tensor), _: &()| ((b.clone(), a + b), a.clone());
/// let (_, numbers) = scan_with(options, fibonacci, &(Tensor::scalar(0i32), Tensor::scalar(1i32)), &());
/// assert_eq!(numbers.to_vec::<i32>().unwrap(), [0, 1, 1, 2, 3]);
/// ```
///
/// # Panics
/// Like [`scan`]. Also if `xs` has no leaves and no length is given, or the length is not that of `xs`.
#[track_caller]
pub fn scan_with<C: Tree, X: Tree, Y: Tree>(
    options: ScanOptions,
    f: impl FnOnce(&C, &X) -> (C, Y),
    init: &C,
    xs: &X,
) -> (C, Y) {
    let place = CallSite::here("scan");
    at_caller(|| run(options, f, init, xs, place))
}

/// Applies `f` to each slice along the first axis of the leaves of `xs`, one after the other, and stacks the results,
/// like JAX's `lax.map`. It needs memory for one slice at a time. [`vmap`](crate::vmap) computes all at once.
///
/// ```
/// use rune_trace::{Tensor, map};
/// let xs = Tensor::from_slice([2, 2], &[1.0f32, 2.0, 3.0, 4.0]);
/// assert_eq!(map(|row: &Tensor| row.sum(), &xs).to_vec::<f32>().unwrap(), [3.0, 7.0]);
/// ```
///
/// # Panics
/// If leaves of `xs` have no first axis, or first axes of different sizes.
#[track_caller]
pub fn map<X: Tree, Y: Tree>(f: impl FnOnce(&X) -> Y, xs: &X) -> Y {
    let place = CallSite::here("map");
    at_caller(|| run(ScanOptions::default(), |(), x| ((), f(x)), &(), xs, place)).1
}

fn run<C: Tree, X: Tree, Y: Tree>(
    options: ScanOptions,
    f: impl FnOnce(&C, &X) -> (C, Y),
    init: &C,
    xs: &X,
    place: CallSite,
) -> (C, Y) {
    let arrays = xs.leaves();
    let length = length(options.length, xs, place);
    let carried = init.leaves();
    let slices = arrays.iter().map(|x| x.ty().with_shape(&x.shape()[1..]));
    let types = carried.iter().map(|x| x.ty().clone()).chain(slices);
    let closure = [Closure::run("body", types, place, |p| {
        let (carry, x) = p.split_at(carried.len());
        f(&init.with_leaves(carry.iter().cloned()), &xs.with_leaves(x.iter().cloned()))
    })];
    expect_same_types(init, &closure[0].output.0, place, |path, found| {
        format!("the body must keep the type of the carry, but returns `carry{path}` of {found}")
    });
    let (body, _, captured) = programs::<_, Tensor>(&closure, None);
    let how = lax::Scan { length, reverse: options.reverse, unroll: options.unroll.unwrap_or(0) };
    closure[0].output.with_leaves(lax::scan(&body[0], &captured, &carried, &arrays, how))
}

fn length<X: Tree>(asked: Option<usize>, xs: &X, place: CallSite) -> usize {
    let mut length = asked.map(|n| (n, "the length asked for".to_owned()));
    for (path, x) in xs.leaves_with_paths("xs") {
        let Some(&n) = x.shape().first() else {
            place.fail(&format!("`{path}` has type {}, and so no first axis to scan", x.ty()));
        };
        match &length {
            Some((known, whose)) if *known != n => {
                place.fail(&format!("`{path}` has {n} positions along its first axis, and {whose} is {known}"));
            }
            Some(_) => {}
            None => length = Some((n, format!("that of `{path}`"))),
        }
    }
    match length {
        Some((n, _)) => n,
        None => place.fail("there are no arrays to scan; set the `length` in `ScanOptions`"),
    }
}
