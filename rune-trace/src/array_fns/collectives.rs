//! Functions over the batch elements of a named axis.
//!
//! In a function that [`vmap_named`](crate::vmap_named) or [`vmap_with`](crate::vmap_with) maps, each tensor belongs to
//! one batch element. These functions combine it with those of the other batch elements. Each function takes a tree,
//! and applies to every leaf. Each panics at the caller's line if no enclosing `vmap` has an axis of that name.

use super::axes::resolve_below;
use crate::tensor::named_axis;
use crate::tensor::refuse;
use crate::{AxisNames, Tensor, Tree, lax};
use rune_ir::op::{AxisName, CollectiveFn, NamedAxis};
use rune_ir::{DType, Shape};

/// Applies `$body` to each leaf, in a loop, because a closure would hide the caller's line.
macro_rules! leaves {
    ($tree:expr, |$leaf:ident| $body:expr) => {{
        let tree = $tree;
        let mut made = Vec::new();
        for $leaf in &tree.leaves() {
            made.push($body);
        }
        tree.with_leaves(made)
    }};
}

#[track_caller]
fn resolve_axes(function: &str, names: impl AxisNames) -> Vec<NamedAxis> {
    let mut axes: Vec<NamedAxis> = Vec::new();
    for name in names.axis_names() {
        if axes.iter().any(|axis| axis.name.as_str() == name.as_str()) {
            refuse!("{function}: axis `{name}` is named twice");
        }
        axes.push(named_axis(function, &name));
    }
    axes
}

#[track_caller]
fn collective(f: CollectiveFn, x: &Tensor, axes: &[NamedAxis]) -> Tensor {
    let mut x = x.clone();
    for axis in axes {
        x = lax::collective(f, &x, axis);
    }
    x
}

/// Returns the sum over all batch elements, the same for each. For `bool`, it is the count, as `i32`. Half-precision
/// types accumulate in `f32`.
///
/// ```
/// use rune_trace::{Tensor, psum, vmap_named};
/// let share = vmap_named("i", |x: &Tensor| x / psum(x, "i"));
/// assert_eq!(share(&Tensor::from([1.0f32, 3.0])).to_vec::<f32>()?, [0.25, 0.75]);
/// // Over two axes, of which each has a name.
/// let all = vmap_named("i", vmap_named("j", |x: &Tensor| psum(x, ["i", "j"])));
/// assert_eq!(all(&Tensor::from([[1, 2], [3, 4]])).to_vec::<i32>()?, [10; 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name.
#[track_caller]
pub fn psum<T: Tree>(x: &T, axis_name: impl AxisNames) -> T {
    let axes = resolve_axes("psum", axis_name);
    leaves!(x, |x| {
        let x = if x.dtype() == DType::Bool { lax::convert(x, DType::I32) } else { x.clone() };
        collective(CollectiveFn::Sum, &x, &axes)
    })
}

/// Returns the mean over all batch elements, the same for each. For integers and `bool`, it is `f32`. Half-precision
/// types accumulate in `f32`.
///
/// ```
/// use rune_trace::{Tensor, pmean, vmap_named};
/// let mean = vmap_named("i", |x: &Tensor| pmean(x, "i"));
/// assert_eq!(mean(&Tensor::from([1.0f32, 4.0])).to_vec::<f32>()?, [2.5, 2.5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name.
#[track_caller]
pub fn pmean<T: Tree>(x: &T, axis_name: impl AxisNames) -> T {
    let axes = resolve_axes("pmean", axis_name);
    let n: f64 = axes.iter().map(|axis| axis.size as f64).product();
    leaves!(x, |x| {
        let x = if x.dtype().is_inexact() { x.clone() } else { lax::convert(x, DType::F32) };
        let wide = if x.dtype().is_reduced_float() { DType::F32 } else { x.dtype() };
        lax::convert(&(collective(CollectiveFn::Sum, &lax::convert(&x, wide), &axes) / n), x.dtype())
    })
}

/// Returns the maximum over all batch elements, the same for each. It is NaN if any element is. Equal maxima share the
/// derivative.
///
/// ```
/// use rune_trace::{Tensor, pmax, vmap_named};
/// let f = vmap_named("i", |x: &Tensor| pmax(x, "i") - x);
/// assert_eq!(f(&Tensor::from([1, 4, 2])).to_vec::<i32>()?, [3, 0, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name.
#[track_caller]
pub fn pmax<T: Tree>(x: &T, axis_name: impl AxisNames) -> T {
    let axes = resolve_axes("pmax", axis_name);
    leaves!(x, |x| collective(CollectiveFn::Max, x, &axes))
}

/// Returns the minimum over all batch elements, like [`pmax`].
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name.
#[track_caller]
pub fn pmin<T: Tree>(x: &T, axis_name: impl AxisNames) -> T {
    let axes = resolve_axes("pmin", axis_name);
    leaves!(x, |x| collective(CollectiveFn::Min, x, &axes))
}

/// Returns the index of the batch element, from 0, as `i32`. For several axes, it is the index in row-major order.
///
/// ```
/// use rune_trace::{Tensor, axis_index, vmap_named};
/// let f = vmap_named("i", |x: &Tensor| x * 10 + axis_index("i"));
/// assert_eq!(f(&Tensor::from([5, 5, 5])).to_vec::<i32>()?, [50, 51, 52]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name.
#[track_caller]
pub fn axis_index(axis_name: impl AxisNames) -> Tensor {
    let mut index = None;
    for axis in resolve_axes("axis_index", axis_name) {
        let along = lax::axis_index(&axis);
        index = Some(match index {
            None => along,
            Some(before) => before * axis.size as i32 + along,
        });
    }
    index.unwrap_or_else(|| lax::full(DType::I32, &Shape::scalar(), 0.0))
}

/// Returns the number of batch elements. For several axes, it is the product.
///
/// ```
/// use rune_trace::{Tensor, axis_size, vmap_named};
/// let f = vmap_named("i", |x: &Tensor| x / axis_size("i") as i32);
/// assert_eq!(f(&Tensor::from([6, 9])).to_vec::<i32>()?, [3, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name.
#[track_caller]
pub fn axis_size(axis_name: impl AxisNames) -> usize {
    resolve_axes("axis_size", axis_name).iter().map(|axis| axis.size).product()
}

/// Stacks the tensors of all batch elements, in order, along a new axis at index `axis`. The result is the same for
/// each.
///
/// ```
/// use rune_trace::{Tensor, all_gather, vmap_named};
/// let f = vmap_named("i", |x: &Tensor| (all_gather(x, "i", 0) - x).abs().max());
/// assert_eq!(f(&Tensor::from([1, 4, 2])).to_vec::<i32>()?, [3, 3, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name, or `axis` is out of range.
#[track_caller]
pub fn all_gather<T: Tree>(x: &T, axis_name: impl Into<AxisName>, axis: isize) -> T {
    let over = named_axis("all_gather", &axis_name.into());
    leaves!(x, |x| {
        let dimension = resolve_below("all_gather", axis, x.rank() + 1, &|| format!("{} with a new axis", x.ty()));
        lax::all_gather(x, &over, dimension)
    })
}

/// Joins the tensors of all batch elements along the axis at index `axis`. The result is the same for each. This is
/// JAX's `all_gather(…, tiled=True)`.
///
/// ```
/// use rune_trace::{Tensor, all_gather_tiled, vmap_named};
/// let f = vmap_named("i", |x: &Tensor| all_gather_tiled(x, "i", 0).cumsum(0));
/// assert_eq!(f(&Tensor::from([[1, 2], [3, 4]])).to_vec::<i32>()?, [1, 3, 6, 10, 1, 3, 6, 10]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name, or `axis` is out of range.
#[track_caller]
pub fn all_gather_tiled<T: Tree>(x: &T, axis_name: impl Into<AxisName>, axis: isize) -> T {
    let over = named_axis("all_gather_tiled", &axis_name.into());
    leaves!(x, |x| {
        let dimension = position("all_gather_tiled", axis, x);
        merge_axes(&lax::all_gather(x, &over, dimension), dimension)
    })
}

/// Sends the tensor of batch element `from` to batch element `to`, for each pair `(from, to)`. Batch elements that
/// receive nothing get zeros.
///
/// ```
/// use rune_trace::{Tensor, ppermute, vmap_named};
/// let f = vmap_named("i", |x: &Tensor| x - ppermute(x, "i", &[(0, 1), (1, 2)]));
/// assert_eq!(f(&Tensor::from([1, 4, 9])).to_vec::<i32>()?, [1, 3, 5]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name, or an index is out of range, or two pairs have the same source or
/// destination.
#[track_caller]
pub fn ppermute<T: Tree>(x: &T, axis_name: impl Into<AxisName>, pairs: &[(usize, usize)]) -> T {
    let over = named_axis("ppermute", &axis_name.into());
    leaves!(x, |x| lax::ppermute(x, &over, pairs.to_vec()))
}

/// Sends the tensor of batch element `permutation[i]` to batch element `i`.
///
/// ```
/// use rune_trace::{Tensor, pshuffle, vmap_named};
/// let f = vmap_named("i", |x: &Tensor| pshuffle(x, "i", &[2, 0, 1]));
/// assert_eq!(f(&Tensor::from([1, 4, 9])).to_vec::<i32>()?, [9, 1, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name, or `permutation` is not a permutation of its batch elements.
#[track_caller]
pub fn pshuffle<T: Tree>(x: &T, axis_name: impl Into<AxisName>, permutation: &[usize]) -> T {
    let over = named_axis("pshuffle", &axis_name.into());
    let mut sorted = permutation.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..over.size) {
        refuse!(
            "pshuffle: {permutation:?} is not a permutation of the {} batch elements of `{}`",
            over.size,
            over.name
        );
    }
    let pairs: Vec<(usize, usize)> = permutation.iter().copied().zip(0..).collect();
    leaves!(x, |x| lax::ppermute(x, &over, pairs.clone()))
}

/// Computes the sum over all batch elements, and returns one part of it to each. The axis at index `axis` has one
/// element for each batch element, and is removed: batch element `i` gets element `i`.
///
/// ```
/// use rune_trace::{Tensor, psum_scatter, vmap_named};
/// let f = vmap_named("i", |x: &Tensor| psum_scatter(x, "i", 0));
/// assert_eq!(f(&Tensor::from([[1, 2], [3, 4]])).to_vec::<i32>()?, [4, 6]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name, `axis` is out of range, or its size is not the batch size.
#[track_caller]
pub fn psum_scatter<T: Tree>(x: &T, axis_name: impl Into<AxisName>, axis: isize) -> T {
    let over = named_axis("psum_scatter", &axis_name.into());
    leaves!(x, |x| scatter(x, &over, position("psum_scatter", axis, x)))
}

/// Computes the sum over all batch elements, and returns an equal part along the axis at index `axis` to each, in
/// order. This is JAX's `psum_scatter(…, tiled=True)`.
///
/// ```
/// use rune_trace::{Tensor, psum_scatter_tiled, vmap_named};
/// let f = vmap_named("i", |x: &Tensor| psum_scatter_tiled(x, "i", 0));
/// assert_eq!(f(&Tensor::from([[1, 2, 3, 4], [5, 6, 7, 8]])).to_vec::<i32>()?, [6, 8, 10, 12]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name, if `axis` is out of range, or if its size is not a multiple of the
/// batch size.
#[track_caller]
pub fn psum_scatter_tiled<T: Tree>(x: &T, axis_name: impl Into<AxisName>, axis: isize) -> T {
    let over = named_axis("psum_scatter_tiled", &axis_name.into());
    leaves!(x, |x| {
        let axis = position("psum_scatter_tiled", axis, x);
        scatter(&split_into_parts("psum_scatter_tiled", x, axis, &over), &over, axis)
    })
}

/// Exchanges parts between all batch elements. The axis `split_axis` has one element for each batch element, and is
/// removed. Element `i` goes to batch element `i`, which stacks the received elements, in order, along a new axis
/// `concat_axis`.
///
/// ```
/// use rune_trace::{Tensor, all_to_all, vmap_named};
/// let transpose = vmap_named("i", |x: &Tensor| all_to_all(x, "i", 0, 0));
/// assert_eq!(transpose(&Tensor::from([[1, 2], [3, 4]])).to_vec::<i32>()?, [1, 3, 2, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name, an axis is out of range, or the size of `split_axis` is not the
/// batch size.
#[track_caller]
pub fn all_to_all<T: Tree>(x: &T, axis_name: impl Into<AxisName>, split_axis: isize, concat_axis: isize) -> T {
    let over = named_axis("all_to_all", &axis_name.into());
    leaves!(x, |x| {
        let (split, concat) = (position("all_to_all", split_axis, x), position("all_to_all", concat_axis, x));
        lax::all_to_all(x, &over, split, concat)
    })
}

/// Like [`all_to_all`], but splits the axis `split_axis` into parts, and joins the received parts along the axis
/// `concat_axis`. This is JAX's `all_to_all(…, tiled=True)`.
///
/// ```
/// use rune_trace::{Tensor, all_to_all_tiled, vmap_named};
/// let f = vmap_named("i", |x: &Tensor| all_to_all_tiled(x, "i", 0, 0));
/// assert_eq!(f(&Tensor::from([[1, 2, 3, 4], [5, 6, 7, 8]])).to_vec::<i32>()?, [1, 2, 5, 6, 3, 4, 7, 8]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name, if an axis is out of range, or if the size of `split_axis` is not a
/// multiple of the batch size.
#[track_caller]
pub fn all_to_all_tiled<T: Tree>(x: &T, axis_name: impl Into<AxisName>, split_axis: isize, concat_axis: isize) -> T {
    let over = named_axis("all_to_all_tiled", &axis_name.into());
    leaves!(x, |x| {
        let split = position("all_to_all_tiled", split_axis, x);
        let concat = position("all_to_all_tiled", concat_axis, x);
        let parts = split_into_parts("all_to_all_tiled", x, split, &over);
        merge_axes(&lax::all_to_all(&parts, &over, split, concat), concat)
    })
}

/// Exchanges the batch axis with the axis at index `axis`, which has the same size.
///
/// ```
/// use rune_trace::{Tensor, pswapaxes, vmap_named};
/// let transpose = vmap_named("i", |x: &Tensor| pswapaxes(x, "i", 0));
/// assert_eq!(transpose(&Tensor::from([[1, 2], [3, 4]])).to_vec::<i32>()?, [1, 3, 2, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// If no enclosing `vmap` has an axis of that name, `axis` is out of range, or its size is not the batch size.
#[track_caller]
pub fn pswapaxes<T: Tree>(x: &T, axis_name: impl Into<AxisName>, axis: isize) -> T {
    all_to_all(x, axis_name, axis, axis)
}

#[track_caller]
fn position(function: &str, axis: isize, x: &Tensor) -> usize {
    resolve_below(function, axis, x.rank(), &|| format!("{}", x.ty()))
}

/// Returns, for each batch element, the sum of the parts that all batch elements have for it.
#[track_caller]
fn scatter(x: &Tensor, over: &NamedAxis, axis: usize) -> Tensor {
    lax::reduce_sum(&lax::all_to_all(x, over, axis, 0), &[0])
}

/// Splits axis `axis` of `x` in two: an axis of parts, with the batch size, and an axis within a part.
#[track_caller]
fn split_into_parts(function: &str, x: &Tensor, axis: usize, over: &NamedAxis) -> Tensor {
    let (n, size) = (x.shape()[axis], over.size);
    if size == 0 || !n.is_multiple_of(size) {
        refuse!("{function}: axis {axis} of {} has size {n}, which is not a multiple of the batch size {size}", x.ty());
    }
    let mut shape = x.shape().clone();
    shape.dims_mut()[axis] = n / size;
    shape.dims_mut().insert(axis, size);
    lax::reshape(x, shape)
}

/// Merges the axes `axis` and `axis + 1` of `x`.
#[track_caller]
fn merge_axes(x: &Tensor, axis: usize) -> Tensor {
    let mut shape = x.shape().clone();
    let n = shape.dims_mut().remove(axis);
    shape.dims_mut()[axis] *= n;
    lax::reshape(x, shape)
}
