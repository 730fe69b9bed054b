//! Tangents of products and cumulative functions. Duals are combined in pairs. Therefore, there is no division by a
//! factor that may be zero, and the derivative can itself be differentiated.

use super::derivs::share_of_extreme;
use super::tangent::{Dual, Tangent};
use crate::Tensor;
use crate::tensor::lax;
use rune_ir::Shape;
use rune_ir::op::{CumulativeFn, Dims, Padding};

/// Returns the tangent of the product over `axes`.
pub(super) fn product(x: &Dual, axes: &Dims) -> Tangent {
    let mut rest = merged(x, axes);
    loop {
        let n = rest.v.shape()[0];
        match n {
            0 => return Tangent::ZERO,
            1 => return rest.t.reshape(&rest.v.shape()[1..]),
            _ => {}
        }
        let half = n / 2;
        let folded = multiply(&strided_slice(&rest, 0, 2 * half, 2), &strided_slice(&rest, 1, 2 * half, 2));
        rest = if n.is_multiple_of(2) { folded } else { join(&folded, &strided_slice(&rest, n - 1, n, 1)) };
    }
}

/// Returns `x` with the axes `axes` merged into one first axis.
fn merged(x: &Dual, axes: &Dims) -> Dual {
    let kept: Vec<usize> = (0..x.v.rank()).filter(|a| !axes.contains(a)).collect();
    let order: Vec<usize> = axes.iter().copied().chain(kept.iter().copied()).collect();
    let size: usize = axes.iter().map(|&a| x.v.shape()[a]).product();
    let shape: Shape = std::iter::once(size).chain(kept.iter().map(|&a| x.v.shape()[a])).collect();
    Dual { v: lax::reshape(&lax::transpose(&x.v, &order), shape.clone()), t: x.t.transpose(&order).reshape(&shape) }
}

/// Returns the tangent of a cumulative function.
pub(super) fn cumulative(f: CumulativeFn, x: &Dual, axis: usize, reverse: bool) -> Tangent {
    let rank = x.v.rank();
    let order: Vec<usize> = std::iter::once(axis).chain((0..rank).filter(|&a| a != axis)).collect();
    let flip = |x: &Dual| match reverse {
        true => Dual {
            v: lax::reverse(&x.v, &[0]),
            t: x.t.linear(|x| rune_ir::Op::Reverse { x, axes: Dims::from_slice(&[0]) }),
        },
        false => x.clone(),
    };
    let front = flip(&Dual { v: lax::transpose(&x.v, &order), t: x.t.transpose(&order) });
    let combine = |a: &Dual, b: &Dual| match f {
        CumulativeFn::Sum => Dual { v: lax::add(&a.v, &b.v), t: a.t.add(&b.t) },
        CumulativeFn::Prod => multiply(a, b),
        CumulativeFn::Max => extreme(a, b, lax::max(&a.v, &b.v)),
        CumulativeFn::Min => extreme(a, b, lax::min(&a.v, &b.v)),
        CumulativeFn::LogSumExp => log_add_exp(a, b),
    };
    let scanned = flip(&scan(&front, &combine));
    let mut back = vec![0; rank];
    for (i, &a) in order.iter().enumerate() {
        back[a] = i;
    }
    scanned.t.transpose(&back)
}

/// Returns all prefixes along the first axis, combined in a tree: first pairs, then the scan of the pairs, then the
/// elements in between. (Blelloch, "Prefix sums and their applications", 1990.)
fn scan(x: &Dual, combine: &dyn Fn(&Dual, &Dual) -> Dual) -> Dual {
    let n = x.v.shape()[0];
    if n < 2 {
        return x.clone();
    }
    let pairs = combine(&strided_slice(x, 0, n - 1, 2), &strided_slice(x, 1, n, 2));
    let odd = scan(&pairs, combine);
    let first = strided_slice(x, 0, 1, 1);
    let even = if n > 2 {
        let before = if n.is_multiple_of(2) { strided_slice(&odd, 0, odd.v.shape()[0] - 1, 1) } else { odd.clone() };
        join(&first, &combine(&before, &strided_slice(x, 2, n, 2)))
    } else {
        first
    };
    interleave(&even, &odd)
}

fn multiply(a: &Dual, b: &Dual) -> Dual {
    Dual { v: lax::mul(&a.v, &b.v), t: a.t.mul(|| b.v.clone()).add(&b.t.mul(|| a.v.clone())) }
}

fn extreme(a: &Dual, b: &Dual, v: Tensor) -> Dual {
    let t = a.t.mul(|| share_of_extreme(&a.v, &b.v, &v)).add(&b.t.mul(|| share_of_extreme(&b.v, &a.v, &v)));
    Dual { v, t }
}

/// Returns ln(eᵃ + eᵇ), whose derivative with respect to a is e^(a - result).
fn log_add_exp(a: &Dual, b: &Dual) -> Dual {
    let most = lax::max(&a.v, &b.v);
    let difference = lax::neg(&lax::abs(&lax::sub(&a.v, &b.v)));
    // The difference of two equal infinities is NaN. The result is the infinity itself.
    let same = lax::eq(&a.v, &b.v);
    let both = lax::add(&most, &lax::full_like(&most, std::f64::consts::LN_2));
    let v = lax::select(&same, &both, &lax::add(&most, &lax::log1p(&lax::exp(&difference))));
    let weight = |x: &Dual| {
        let finite = lax::eq(&v, &lax::full_like(&v, f64::NEG_INFINITY));
        lax::select(&finite, &lax::full_like(&v, 0.0), &lax::exp(&lax::sub(&x.v, &v)))
    };
    let t = a.t.mul(|| weight(a)).add(&b.t.mul(|| weight(b)));
    Dual { v, t }
}

/// Returns every `stride`-th element from `start` to `limit` along the first axis.
fn strided_slice(x: &Dual, start: usize, limit: usize, stride: usize) -> Dual {
    let shape = x.v.shape();
    let along = |first: usize, rest: &dyn Fn(usize) -> usize| -> Vec<usize> {
        std::iter::once(first).chain((1..shape.rank()).map(rest)).collect()
    };
    let (start, limit, strides) = (along(start, &|_| 0), along(limit, &|a| shape[a]), along(stride, &|_| 1));
    Dual { v: lax::slice(&x.v, &start, &limit, &strides), t: x.t.slice(&start, &limit, &strides) }
}

/// Joins two tensors along the first axis.
fn join(a: &Dual, b: &Dual) -> Dual {
    let v = lax::concatenate(&[a.v.clone(), b.v.clone()], 0);
    let t = match a.t.is_zero() && b.t.is_zero() {
        true => Tangent::ZERO,
        false => Tangent::new(Some(lax::concatenate(&[a.tangent(), b.tangent()], 0))),
    };
    Dual { v, t }
}

/// Interleaves the elements of `a` and `b` along the first axis. `a` has as many elements as `b`, or one more.
fn interleave(a: &Dual, b: &Dual) -> Dual {
    let (na, nb) = (a.v.shape()[0], b.v.shape()[0]);
    let config = |low: i64, high: i64| {
        let mut config = vec![Padding::default(); a.v.rank()];
        config[0] = Padding { low, high, interior: 1 };
        config
    };
    let (of_a, of_b) = (config(0, i64::from(na == nb)), config(1, i64::from(na > nb)));
    let zero = lax::full(a.v.dtype(), &Shape::scalar(), 0.0);
    // Padding with 0 and adding would turn -0 into 0. That is allowed for tangents, but values must be selected.
    let v = {
        let (a, b) = (lax::pad(&a.v, &zero, of_a.clone()), lax::pad(&b.v, &zero, of_b.clone()));
        let parity = lax::and(
            &lax::iota(rune_ir::DType::I32, a.shape().clone(), 0),
            &lax::full(rune_ir::DType::I32, a.shape(), 1.0),
        );
        let even = lax::eq(&parity, &lax::full(rune_ir::DType::I32, a.shape(), 0.0));
        lax::select(&even, &a, &b)
    };
    Dual { v, t: a.t.pad(of_a).add(&b.t.pad(of_b)) }
}
