//! Scans of associative functions, in a number of steps that grows with the logarithm of the length.

use crate::call_site::CallSite;
use crate::tensor::{at_caller, lax, with_user_locations};
use crate::transform::position;
use crate::{Tensor, Tree};

/// Returns all partial results of an associative function `f` of two trees, along the first axis of the leaves of `xs`.
/// Element `i` of the result combines the elements up to `i`, in order. With `reverse`, it combines those from the last
/// one down to `i`. This is JAX's `lax.associative_scan`.
///
/// `f` gets many positions at once, and must treat each position along the first axis independently, like the functions
/// that [`vmap`](crate::vmap) returns. It is applied about `2 log2(n)` times, to about `2 n` elements in total
/// (Blelloch, "Prefix sums and their applications", 1990).
///
/// ```
/// use rune_trace::{Tensor, associative_scan};
/// let xs = Tensor::from_slice([5], &[1i32, 2, 3, 4, 5]);
/// let products = associative_scan(|x: &Tensor, y: &Tensor| x * y, &xs, false);
/// assert_eq!(products.to_vec::<i32>().unwrap(), [1, 2, 6, 24, 120]);
/// ```
///
/// # Panics
/// If leaves of `xs` have no first axis, or first axes of different sizes, or `f` changes the structure or the types.
#[track_caller]
pub fn associative_scan<X: Tree>(f: impl Fn(&X, &X) -> X, xs: &X, reverse: bool) -> X {
    let place = CallSite::here("associative_scan");
    at_caller(|| run(&f, xs, reverse, 0, place))
}

/// Like [`associative_scan`], along any axis; a negative axis counts from the end.
///
/// ```
/// use rune_trace::{Tensor, associative_scan_axis};
/// let xs = Tensor::from_slice([2, 2], &[1i32, 2, 3, 4]);
/// let sums = associative_scan_axis(|x: &Tensor, y: &Tensor| x + y, &xs, true, -1);
/// assert_eq!(sums.to_vec::<i32>().unwrap(), [3, 2, 7, 4]);
/// ```
///
/// # Panics
/// Like [`associative_scan`], for that axis.
#[track_caller]
pub fn associative_scan_axis<X: Tree>(f: impl Fn(&X, &X) -> X, xs: &X, reverse: bool, axis: i64) -> X {
    let place = CallSite::here("associative_scan");
    at_caller(|| run(&f, xs, reverse, axis, place))
}

fn run<X: Tree>(f: &impl Fn(&X, &X) -> X, xs: &X, reverse: bool, axis: i64, place: CallSite) -> X {
    let mut along: Option<(usize, String)> = None;
    let mut axes = Vec::new();
    for (path, x) in xs.leaves_with_paths("xs") {
        let Some(axis) = position(axis, x.rank()) else {
            place.fail(&format!("`{path}` is of type {} and has no axis {axis}", x.ty()));
        };
        let n = x.shape()[axis];
        match &along {
            Some((known, whose)) if *known != n => {
                place.fail(&format!("`{path}` has {n} positions along axis {axis}, and `{whose}` has {known}"));
            }
            Some(_) => {}
            None => along = Some((n, path)),
        }
        axes.push(axis);
    }
    let flip = |xs: &X| ScannedAxes { axes: &axes }.map(xs, |x, axis| lax::reverse(x, &[axis]));
    let scanned = |xs: &X| {
        let n = along.as_ref().map_or(0, |(n, _)| *n);
        let combine = |x: &X, y: &X| {
            let combined = with_user_locations(|| f(x, y));
            super::closure::expect_same_types(x, &combined, place, |path, found| {
                format!("the function must return the types that it takes, but `result{path}` is of {found}")
            });
            combined
        };
        partial(&combine, xs, n, &ScannedAxes { axes: &axes })
    };
    if reverse { flip(&scanned(&flip(xs))) } else { scanned(xs) }
}

/// The scanned axis of each leaf.
struct ScannedAxes<'a> {
    axes: &'a [usize],
}

impl ScannedAxes<'_> {
    fn map<X: Tree>(&self, xs: &X, f: impl Fn(&Tensor, usize) -> Tensor) -> X {
        let mut axes = self.axes.iter();
        xs.map(&mut |x| f(x, *axes.next().expect("one axis for each leaf")))
    }
    fn zip<X: Tree>(&self, xs: &X, ys: &X, f: impl Fn(&Tensor, &Tensor, usize) -> Tensor) -> X {
        let mut axes = self.axes.iter();
        xs.map2(ys, &mut |x, y| f(x, y, *axes.next().expect("one axis for each leaf")))
    }
    /// Returns every `step`-th position from `start` up to `limit`.
    fn slice<X: Tree>(&self, xs: &X, start: usize, limit: usize, step: usize) -> X {
        self.map(xs, |x, axis| {
            let (mut from, mut to, mut steps) = (vec![0; x.rank()], x.shape().to_vec(), vec![1; x.rank()]);
            (from[axis], to[axis], steps[axis]) = (start.min(limit), limit, step);
            lax::slice(x, &from, &to, &steps)
        })
    }
}

/// Combines pairs. The partial results of the pairs are those at the odd positions, and one more step gives those at
/// the even ones.
fn partial<X: Tree>(f: &impl Fn(&X, &X) -> X, xs: &X, n: usize, axes: &ScannedAxes) -> X {
    if n < 2 {
        return xs.map(&mut |x| x.clone());
    }
    let pairs = f(&axes.slice(xs, 0, n - 1, 2), &axes.slice(xs, 1, n, 2));
    let half = n / 2;
    let odd = partial(f, &pairs, half, axes);
    let first = axes.slice(xs, 0, 1, 1);
    let even_count = n - half - 1;
    let even = match even_count {
        0 => first,
        _ => {
            let rest = f(&axes.slice(&odd, 0, even_count, 1), &axes.slice(xs, 2, n, 2));
            axes.zip(&first, &rest, |x, y, axis| lax::concatenate(&[x.clone(), y.clone()], axis))
        }
    };
    axes.zip(&even, &odd, |even, odd, axis| interleave(even, odd, axis, n))
}

/// Interleaves the elements of `even` and `odd`, `n` in total.
fn interleave(even: &Tensor, odd: &Tensor, axis: usize, n: usize) -> Tensor {
    let spread = |x: &Tensor, low: usize| {
        let used = low + 2 * x.shape()[axis] - 1;
        let mut config = vec![rune_ir::op::Padding::default(); x.rank()];
        config[axis] = rune_ir::op::Padding { low: low as i64, high: (n - used) as i64, interior: 1 };
        lax::pad(x, &lax::full(x.dtype(), &rune_ir::Shape::scalar(), 0.0), config)
    };
    let (even, odd) = (spread(even, 0), spread(odd, 1));
    let even_at = lax::iota(rune_ir::DType::I32, even.shape().clone(), axis);
    let two = lax::full(rune_ir::DType::I32, even.shape(), 2.0);
    let is_even = lax::eq(&lax::rem(&even_at, &two), &lax::full_like(&even_at, 0.0));
    lax::select(&is_even, &even, &odd)
}
