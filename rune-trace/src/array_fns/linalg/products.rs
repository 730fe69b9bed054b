//! Products of several matrices, and other products of vectors and matrices.

use super::{expect_square, inv, size};
use crate::array_fns::axes::resolve_axis;
use crate::array_fns::broadcast::expect_one_dtype;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::Shape;

/// Raises square matrices to the power `n`, by squaring. For a negative `n`, raises their inverses.
///
/// # Panics
/// If the matrices are not square, or not of `f32`, `f64`, `c64` or `c128`.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let fibonacci = linalg::matrix_power(&Tensor::from([[1.0f32, 1.0], [1.0, 0.0]]), 10);
/// assert_eq!(fibonacci.to_vec::<f32>().unwrap(), [89.0, 55.0, 55.0, 34.0]);
/// ```
#[track_caller]
pub fn matrix_power(a: &Tensor, n: i32) -> Tensor {
    expect_square("matrix_power", a);
    let mut square = if n < 0 { inv(a) } else { a.clone() };
    let mut result: Option<Tensor> = None;
    let mut rest = n.unsigned_abs();
    while rest > 0 {
        if rest % 2 == 1 {
            result = Some(match result {
                None => square.clone(),
                Some(result) => result.matmul(&square),
            });
        }
        rest /= 2;
        if rest > 0 {
            square = square.matmul(&square);
        }
    }
    match result {
        Some(result) => result,
        None => Tensor::eye(size(a).0, a.dtype()).broadcast_to(a.shape().clone()),
    }
}

/// Returns the product of several matrices in the order with the fewest multiplications. The first and the last may be
/// vectors.
///
/// # Panics
/// If there are fewer than two operands, if sizes or dtypes do not match, or if operands other than the first and the
/// last are vectors.
///
/// ```
/// use rune_trace::{DType, Tensor, linalg};
/// let (a, b, c) = (Tensor::ones([10, 100], DType::F32), Tensor::ones([100, 5], DType::F32), Tensor::ones([5], DType::F32));
/// assert_eq!(linalg::multi_dot(&[&a, &b, &c]).to_vec::<f32>().unwrap(), [500.0; 10]);
/// ```
#[track_caller]
pub fn multi_dot(xs: &[&Tensor]) -> Tensor {
    let last = xs.len().saturating_sub(1);
    let of_rank = |(i, x): (usize, &&Tensor)| x.rank() == 2 || x.rank() == 1 && (i == 0 || i == last);
    let fit = xs.windows(2).all(|w| w[0].shape().last() == w[1].shape().first());
    if xs.len() < 2 || !xs.iter().enumerate().all(of_rank) || !fit {
        let shapes: Vec<String> = xs.iter().map(|x| x.shape().to_string()).collect();
        refuse!(
            "linalg::multi_dot: takes two or more matrices that fit, of which the first and the last may be vectors, but got {}",
            shapes.join(", ")
        );
    }
    let matrices: Vec<Tensor> = (xs.iter().enumerate())
        .map(|(i, x)| match (x.rank(), i) {
            (1, 0) => lax::reshape(x, [1, x.size()]),
            (1, _) => lax::reshape(x, [x.size(), 1]),
            _ => Tensor::clone(x),
        })
        .collect();
    let mut sizes: Vec<usize> = matrices.iter().map(|x| x.shape()[0]).collect();
    sizes.push(matrices[last].shape()[1]);
    let product = product(&matrices, &splits(&sizes), 0, last);
    let mut shape: Vec<usize> = product.shape().to_vec();
    if xs[last].rank() == 1 {
        shape.remove(1);
    }
    if xs[0].rank() == 1 {
        shape.remove(0);
    }
    lax::reshape(&product, shape)
}

/// Returns the index at which to split each range of matrices, by dynamic programming.
fn splits(sizes: &[usize]) -> Vec<Vec<usize>> {
    let n = sizes.len() - 1;
    let (mut costs, mut best) = (vec![vec![0.0f64; n]; n], vec![vec![0; n]; n]);
    for length in 1..n {
        for first in 0..n - length {
            let last = first + length;
            let cost = |at: usize| {
                costs[first][at]
                    + costs[at + 1][last]
                    + sizes[first] as f64 * sizes[at + 1] as f64 * sizes[last + 1] as f64
            };
            let at = (first..last).min_by(|&i, &j| cost(i).total_cmp(&cost(j))).expect("a range has two matrices");
            (costs[first][last], best[first][last]) = (cost(at), at);
        }
    }
    best
}

#[track_caller]
fn product(matrices: &[Tensor], splits: &[Vec<usize>], first: usize, last: usize) -> Tensor {
    if first == last {
        return matrices[first].clone();
    }
    let at = splits[first][last];
    product(matrices, splits, first, at).matmul(product(matrices, splits, at + 1, last))
}

/// Returns the cross product of vectors of three elements along `axis`. Batches broadcast.
///
/// # Panics
/// If there are not three elements along `axis`, or shapes or dtypes do not match.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let z = linalg::cross(&Tensor::from([1.0f32, 0.0, 0.0]), &Tensor::from([0.0f32, 1.0, 0.0]), -1);
/// assert_eq!(z.to_vec::<f32>().unwrap(), [0.0, 0.0, 1.0]);
/// ```
#[track_caller]
pub fn cross(x: &Tensor, y: &Tensor, axis: isize) -> Tensor {
    for x in [x, y] {
        let at = resolve_axis("linalg::cross", axis, x.shape());
        if x.shape()[at] != 3 {
            refuse!("linalg::cross: takes vectors of three elements along axis {axis}, but got shape {}", x.shape());
        }
    }
    // Computes all three elements at once: x₁ y₂ - x₂ y₁ and so on.
    let (x1, y1) = (x.roll(-1, axis), y.roll(-1, axis));
    (x * y1 - x1 * y).roll(-1, axis)
}

/// Returns the Kronecker product of matrices or vectors: block `(i, j)` of the result is `x[i, j] * y`.
///
/// # Panics
/// If the ranks or the dtypes differ.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = linalg::kron(&Tensor::from([1, 10]), &Tensor::from([1, 2, 3]));
/// assert_eq!(x.to_vec::<i32>().unwrap(), [1, 2, 3, 10, 20, 30]);
/// ```
#[track_caller]
pub fn kron(x: &Tensor, y: &Tensor) -> Tensor {
    expect_one_dtype("linalg::kron", &[x.dtype(), y.dtype()]);
    if x.rank() != y.rank() {
        refuse!("linalg::kron: takes arrays of as many axes, but got shapes {} and {}", x.shape(), y.shape());
    }
    let between = |x: &Tensor, first: bool| -> Shape {
        let pair = |&n: &usize| if first { [n, 1] } else { [1, n] };
        x.shape().iter().flat_map(pair).collect()
    };
    let shape: Shape = x.shape().iter().zip(y.shape().iter()).map(|(a, b)| a * b).collect();
    lax::reshape(&(lax::reshape(x, between(x, true)) * lax::reshape(y, between(y, false))), shape)
}

/// Exchanges the rows and columns of matrices.
///
/// # Panics
/// Panics if `x` has fewer than two axes.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// assert_eq!(linalg::matrix_transpose(&Tensor::from([[1, 2]])).to_vec::<i32>().unwrap(), [1, 2]);
/// ```
#[track_caller]
pub fn matrix_transpose(x: &Tensor) -> Tensor {
    if x.rank() < 2 {
        refuse!("linalg::matrix_transpose: takes matrices, along the last two axes, but got shape {}", x.shape());
    }
    x.t()
}

/// Returns the product of each element of the vector `x` with each element of the vector `y`.
///
/// # Panics
/// Panics unless both are vectors of the same dtype.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = linalg::outer(&Tensor::from([1, 2]), &Tensor::from([3, 4]));
/// assert_eq!(x.to_vec::<i32>().unwrap(), [3, 4, 6, 8]);
/// ```
#[track_caller]
pub fn outer(x: &Tensor, y: &Tensor) -> Tensor {
    expect_one_dtype("linalg::outer", &[x.dtype(), y.dtype()]);
    if x.rank() != 1 || y.rank() != 1 {
        refuse!("linalg::outer: takes two vectors, but got shapes {} and {}", x.shape(), y.shape());
    }
    x.unsqueeze(1) * y.unsqueeze(0)
}

/// Returns the dot products along `axis` of the conjugates of `x` with `y`. The other axes broadcast.
///
/// # Panics
/// Panics if sizes, shapes or dtypes do not match.
///
/// ```
/// use rune_trace::{Tensor, linalg};
/// let x = linalg::vecdot(&Tensor::from([[1, 2], [3, 4]]), &Tensor::from([1, 10]), -1);
/// assert_eq!(x.to_vec::<i32>().unwrap(), [21, 43]);
/// ```
#[track_caller]
pub fn vecdot(x: &Tensor, y: &Tensor, axis: isize) -> Tensor {
    expect_one_dtype("linalg::vecdot", &[x.dtype(), y.dtype()]);
    let [n, m] = [x, y].map(|x| x.shape()[resolve_axis("linalg::vecdot", axis, x.shape())]);
    if n != m {
        refuse!("linalg::vecdot: takes vectors of one length along axis {axis}, but got {n} and {m} elements");
    }
    let (x, y) = (x.conj().moveaxis(axis, -1), y.moveaxis(axis, -1));
    x.unsqueeze(-2).matmul(y.unsqueeze(-1)).squeeze([-2, -1])
}

/// Returns the inverse of `a` as a linear map from its last axes to its first `ind` axes. Both groups must have the
/// same number of elements.
///
/// # Panics
/// Panics unless `a` holds floats, and its first `ind` axes have as many elements as the others.
///
/// ```
/// use rune_trace::{DType, Tensor, linalg};
/// let a = Tensor::eye(6, DType::F32).reshape([6, 2, 3]) * 2.0;
/// assert_eq!(*linalg::tensorinv(&a, 1).shape(), [2, 3, 6]);
/// ```
#[track_caller]
pub fn tensorinv(a: &Tensor, ind: usize) -> Tensor {
    let (first, last) = a.shape().split_at(ind.min(a.rank()));
    let (n, m): (usize, usize) = (first.iter().product(), last.iter().product());
    if ind == 0 || ind > a.rank() || n != m {
        refuse!(
            "linalg::tensorinv: the first {ind} axes of shape {} have not as many elements as the others",
            a.shape()
        );
    }
    let shape: Shape = last.iter().chain(first).copied().collect();
    lax::reshape(&inv(&lax::reshape(a, [n, n])), shape)
}

/// Returns the `x` for which `tensordot(a, x)`, over all axes of `x`, is `b`.
///
/// # Panics
/// Panics unless `a` holds floats, its first axes are those of `b`, and its other axes have as many elements.
///
/// ```
/// use rune_trace::{DType, Tensor, linalg};
/// let a = Tensor::eye(6, DType::F32).reshape([6, 2, 3]) * 2.0;
/// let x = linalg::tensorsolve(&a, &Tensor::ones([6], DType::F32));
/// assert_eq!(x.to_vec::<f32>().unwrap(), [0.5; 6]);
/// ```
#[track_caller]
pub fn tensorsolve(a: &Tensor, b: &Tensor) -> Tensor {
    let (first, last) = a.shape().split_at(b.rank().min(a.rank()));
    let n: usize = last.iter().product();
    if *first != b.shape()[..] || n != b.size() {
        refuse!("linalg::tensorsolve: shapes {} and {} do not fit", a.shape(), b.shape());
    }
    let shape: Shape = last.into();
    let x = super::solve(&lax::reshape(a, [n, n]), &lax::reshape(b, [n]));
    lax::reshape(&x, shape)
}
