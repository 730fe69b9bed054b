//! Interpolation between the elements of arrays, and filters, like `scipy.ndimage`.
//!
//! ```
//! use rune_trace::{Tensor, ndimage, ndimage::{Order, Outside}};
//! let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
//! let y = ndimage::map_coordinates(&x, &[Tensor::from([0.5f32]), Tensor::from([0.5f32])], Order::Linear, Outside::Nearest);
//! assert_eq!(y.to_vec::<f32>()?, [2.5]);
//! # Ok::<(), rune_trace::EvalError>(())
//! ```

use super::broadcast::{broadcast, expect_joint_shape, expect_one_dtype};
pub use super::filters::{
    Gaussian, convolve, convolve1d, correlate, correlate1d, gaussian_filter, gaussian_filter1d, maximum_filter,
    maximum_filter1d, minimum_filter, minimum_filter1d, uniform_filter, uniform_filter1d,
};
use crate::tensor::refuse;
use crate::{IndexItem, Tensor, Tree, lax};
use rune_ir::{DType, Shape};

/// The interpolation between elements.
#[derive(Tree, Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Order {
    /// Takes the nearest element: order 0.
    Nearest,
    /// Interpolates linearly between neighbors along each axis: order 1.
    #[default]
    Linear,
}

/// The elements beyond the ends of an array.
#[derive(Tree, Clone, Copy, PartialEq, Debug)]
pub enum Outside {
    /// This number: `k k | a b c | k k`.
    Constant(f64),
    /// The nearest element: `a a | a b c | c c`.
    Nearest,
    /// The elements from the other end: `b c | a b c | a b`.
    Wrap,
    /// The elements mirrored at the outermost one: `c b | a b c | b a`.
    Mirror,
    /// The elements mirrored at the edge: `b a | a b c | c b`.
    Reflect,
}

/// Maps a position to one inside an axis of `n` elements.
#[track_caller]
pub(super) fn map_inside(at: &Tensor, n: usize, outside: Outside) -> Tensor {
    let n = n as i64;
    match outside {
        Outside::Constant(_) | Outside::Nearest => at.clamp(0, n - 1),
        Outside::Wrap => at.remainder(n),
        Outside::Mirror => reflect_index(at, n),
        Outside::Reflect => (reflect_index(&(at * 2 + 1), 2 * n + 1) - 1).floor_divide(2),
    }
}

#[track_caller]
fn reflect_index(at: &Tensor, n: i64) -> Tensor {
    let last = n - 1;
    if last == 0 { at.zeros_like() } else { ((at + last).remainder(2 * last) - last).abs() }
}

/// Returns the elements of `x` at fractional positions. `coordinates` holds a tensor of positions for each axis; they
/// broadcast. `outside` determines the elements beyond the ends. The result is differentiable with respect to `x` and,
/// for `Linear`, to the coordinates.
///
/// Integers are interpolated as floats and rounded. Halves are rounded away from zero.
///
/// # Panics
/// If the number of coordinates is not the number of axes, or if the coordinates do not have a single float dtype. If
/// `x` is a float, its dtype must be the same. If it is complex, its parts must have this dtype.
#[track_caller]
pub fn map_coordinates(x: &Tensor, coordinates: &[Tensor], order: Order, outside: Outside) -> Tensor {
    let op = "ndimage::map_coordinates";
    let Some(first) = coordinates.first() else { refuse!("{op}: there are no coordinates") };
    if coordinates.len() != x.rank() || !first.dtype().is_float() || x.size() == 0 {
        refuse!("{op}: {} coordinates of {} are given for {}", coordinates.len(), first.ty(), x.ty());
    }
    let dtypes: Vec<DType> = coordinates.iter().map(Tensor::dtype).collect();
    expect_one_dtype(op, &dtypes);
    let float = first.dtype();
    if x.dtype().is_float() {
        expect_one_dtype(op, &[x.dtype(), float]);
    }
    let shapes: Vec<&Shape> = coordinates.iter().map(Tensor::shape).collect();
    let shape = expect_joint_shape(op, &shapes);
    let dtype = if x.dtype().is_complex() { x.dtype() } else { float };
    if dtype.real() != float {
        refuse!("{op}: coordinates of {} are given for {}; they are to be of {}", first.ty(), x.ty(), dtype.real());
    }
    let values = lax::convert(x, dtype);
    // The neighbors along each axis. Each has a position, whether the position is inside, and a weight.
    let mut neighbours: Vec<Vec<(Tensor, Tensor, Tensor)>> = Vec::with_capacity(x.rank());
    for (axis, at) in coordinates.iter().enumerate() {
        let (n, at) = (x.shape()[axis], broadcast(op, at, &shape));
        let below = if order == Order::Nearest { at.round_half_away() } else { at.floor() };
        let position = below.cast(DType::I32);
        let weight = lax::sub(&at, &below);
        let mut both = Vec::with_capacity(2);
        let entries = match order {
            Order::Nearest => vec![(position, at.ones_like())],
            Order::Linear => vec![(position.clone(), 1.0 - &weight), (position + 1, weight)],
        };
        for (position, weight) in entries {
            let valid = position.ge(0) & position.lt(n);
            both.push((map_inside(&position, n, outside), valid, weight));
        }
        neighbours.push(both);
    }
    // The sum over all corners.
    let corners = neighbours.iter().map(Vec::len).product::<usize>();
    let mut sum = lax::full(dtype, &shape, 0.0);
    for corner in 0..corners {
        let (mut rest, mut items) = (corner, Vec::with_capacity(x.rank()));
        let (mut weight, mut valid) = (None::<Tensor>, None::<Tensor>);
        for both in &neighbours {
            let (position, is, part) = &both[rest % both.len()];
            rest /= both.len();
            items.push(IndexItem::Tensor(position.clone()));
            weight = Some(match weight {
                Some(weight) => lax::mul(&weight, part),
                None => part.clone(),
            });
            valid = Some(match valid {
                Some(valid) => lax::and(&valid, is),
                None => is.clone(),
            });
        }
        let (weight, valid) = (weight.expect("there is an axis"), valid.expect("there is an axis"));
        let mut value = values.i(items);
        if let Outside::Constant(k) = outside {
            // The constant, as a number of the dtype of the array.
            let k = if x.dtype().is_int() { k.trunc() } else { k };
            value = lax::select(&valid, &value, &lax::full_like(&value, k));
        }
        sum += lax::convert(&weight, dtype) * value;
    }
    if x.dtype().is_int() { sum.round_half_away().cast(x.dtype()) } else { lax::convert(&sum, x.dtype()) }
}
