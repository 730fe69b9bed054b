//! Loops over the positions of arrays.

use super::closure::{Closure, agree, programs};
use crate::call_site::Place;
use crate::tensor::{at_caller, lax};
use crate::{Tensor, Tree};

/// How [`scan_with`] goes over the positions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ScanOptions {
    /// Begin with the last position.
    pub reverse: bool,
    /// How many positions are compiled into one turn of a loop: more make larger programs that run faster. `None`: chosen by the
    /// size of the body.
    pub unroll: Option<usize>,
    /// How many positions there are; needed where `xs` has no leaves.
    pub length: Option<usize>,
}

/// Carries a value over the positions of `xs` along the first axis of its leaves, and stacks up what comes along; JAX's `lax.scan`.
///
/// `f` takes what is carried and the slice of `xs` at the position, and returns what is carried next and something to stack (`()` for
/// nothing). Returned are what is carried in the end, and the stacks. The loop is compiled once, however many positions there are; its gradient is a
/// loop backward.
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
/// If the leaves of `xs` have no first axis or of different sizes, or what is carried changes its structure or types.
#[track_caller]
pub fn scan<C: Tree, X: Tree, Y: Tree>(f: impl FnOnce(&C, &X) -> (C, Y), init: &C, xs: &X) -> (C, Y) {
    let place = Place::here("scan");
    at_caller(|| run(ScanOptions::default(), f, init, xs, place))
}

/// As [`scan`], from the last position on, or unrolled, or without arrays to go over.
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
/// As [`scan`]; also if `xs` has no leaves and no length is given, or another one than `xs` has.
#[track_caller]
pub fn scan_with<C: Tree, X: Tree, Y: Tree>(
    options: ScanOptions,
    f: impl FnOnce(&C, &X) -> (C, Y),
    init: &C,
    xs: &X,
) -> (C, Y) {
    let place = Place::here("scan");
    at_caller(|| run(options, f, init, xs, place))
}

/// `f` of each slice along the first axis of the leaves of `xs`, one after the other, stacked; JAX's `lax.map`. Takes the memory of
/// one slice at a time, where [`vmap`](crate::vmap) computes all at once.
///
/// ```
/// use rune_trace::{Tensor, map};
/// let xs = Tensor::from_slice([2, 2], &[1.0f32, 2.0, 3.0, 4.0]);
/// assert_eq!(map(|row: &Tensor| row.sum(), &xs).to_vec::<f32>().unwrap(), [3.0, 7.0]);
/// ```
///
/// # Panics
/// If the leaves of `xs` have no first axis or of different sizes.
#[track_caller]
pub fn map<X: Tree, Y: Tree>(f: impl FnOnce(&X) -> Y, xs: &X) -> Y {
    let place = Place::here("map");
    at_caller(|| run(ScanOptions::default(), |(), x| ((), f(x)), &(), xs, place)).1
}

fn run<C: Tree, X: Tree, Y: Tree>(
    options: ScanOptions,
    f: impl FnOnce(&C, &X) -> (C, Y),
    init: &C,
    xs: &X,
    place: Place,
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
    agree(init, &closure[0].output.0, place, |path, found| {
        format!("what is carried has to stay of one type, and `carry{path}` comes out of the body of {found}")
    });
    let (body, _, captured) = programs::<_, Tensor>(&closure, None);
    let how = lax::Scan { length, reverse: options.reverse, unroll: options.unroll.unwrap_or(0) };
    closure[0].output.with_leaves(lax::scan(&body[0], &captured, &carried, &arrays, how))
}

fn length<X: Tree>(asked: Option<usize>, xs: &X, place: Place) -> usize {
    let mut length = asked.map(|n| (n, "the length asked for".to_owned()));
    for (path, x) in xs.leaves_with_paths("xs") {
        let Some(&n) = x.shape().first() else {
            place.fail(&format!("`{path}` is of type {} and has no first axis to go along", x.ty()));
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
        None => place.fail("there are no arrays to go over; give the `length` in `ScanOptions`"),
    }
}
