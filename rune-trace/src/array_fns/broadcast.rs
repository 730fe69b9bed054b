//! NumPy's broadcasting.

use super::scalar::{Argument, Operand};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::Dims;
use rune_ir::{DType, Shape};

/// Returns the shape to which these shapes broadcast. The shapes are aligned at the last axis. All sizes of an axis
/// other than 1 must agree.
pub(crate) fn joint_shape(shapes: &[&Shape]) -> Option<Shape> {
    let rank = shapes.iter().map(|s| s.rank()).max().unwrap_or(0);
    let mut joint: Dims = Dims::from_elem(1, rank);
    for shape in shapes {
        let offset = rank - shape.rank();
        for (axis, &n) in shape.iter().enumerate() {
            let size = &mut joint[offset + axis];
            match (*size, n) {
                (_, 1) => {}
                (1, n) => *size = n,
                (a, b) if a == b => {}
                _ => return None,
            }
        }
    }
    Some(joint.as_slice().into())
}

/// Like [`joint_shape`], but panics if the shapes do not broadcast.
#[track_caller]
pub(crate) fn expect_joint_shape(op: &str, shapes: &[&Shape]) -> Shape {
    match joint_shape(shapes) {
        Some(shape) => shape,
        None => {
            let shapes: Vec<String> = shapes.iter().map(ToString::to_string).collect();
            let (last, rest) = shapes.split_last().expect("no shapes always broadcast");
            refuse!("{op}: shapes {} and {last} do not broadcast", rest.join(", "))
        }
    }
}

/// Returns `x` broadcast to `shape`.
#[track_caller]
pub(crate) fn broadcast(op: &str, x: &Tensor, shape: &Shape) -> Tensor {
    let fits = x.rank() <= shape.rank()
        && x.shape().iter().rev().zip(shape.iter().rev()).all(|(&from, &to)| from == 1 || from == to);
    if !fits {
        refuse!("{op}: shape {} does not broadcast to {shape}", x.shape());
    }
    let offset = shape.rank() - x.rank();
    let dims: Dims = (offset..shape.rank()).collect();
    lax::broadcast_in_dim(x, shape.clone(), &dims)
}

/// Checks that the dtypes agree.
#[track_caller]
pub(crate) fn expect_one_dtype(op: &str, dtypes: &[DType]) {
    for pair in dtypes.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if a != b {
            let rank = |d: DType| (d.is_complex(), d.is_float());
            let suggested = if rank(b) > rank(a) || a == DType::Bool { b } else { a };
            refuse!("{op}: operands are {a} and {b}; convert one, as with `.cast(DType::{suggested:?})`");
        }
    }
}

/// Broadcasts the operands, and returns them as tensors of one type. Numbers take the dtype of the tensors. If there
/// are no tensors, the default dtypes of the numbers determine the dtype.
#[track_caller]
pub(crate) fn unify<const N: usize>(op: &str, args: [Argument; N]) -> [Tensor; N] {
    unify_with(op, args, &[])
}

/// Like [`unify`], but the operands also broadcast with arrays of the shapes `others`.
#[track_caller]
pub(crate) fn unify_with<const N: usize>(op: &str, args: [Argument; N], others: &[&Shape]) -> [Tensor; N] {
    let dtypes: Vec<DType> = args.iter().filter_map(Argument::dtype).collect();
    expect_one_dtype(op, &dtypes);
    let dtype = dtypes.first().copied().unwrap_or_else(|| literal_dtype(&args));
    let scalar = Shape::scalar();
    let mut shapes: Vec<&Shape> = Vec::with_capacity(N + others.len());
    for arg in &args {
        shapes.push(match arg {
            Argument::Tensor(t) => t.shape(),
            Argument::Scalar(_) => &scalar,
        });
    }
    shapes.extend(others);
    let shape = expect_joint_shape(op, &shapes);
    // A loop, because a closure would hide the caller's line.
    let mut tensors: Vec<Tensor> = Vec::with_capacity(N);
    for arg in args {
        tensors.push(broadcast(op, &arg.into_tensor(op, dtype), &shape));
    }
    tensors.try_into().expect("as many tensors as operands")
}

/// Returns the dtype of numbers if no operand is a tensor: the most general of their default dtypes.
fn literal_dtype(args: &[Argument]) -> DType {
    let rank = |d: &DType| (d.is_complex(), d.is_float(), d.is_int());
    let of = |a: &Argument| match a {
        Argument::Scalar(x) => Some(x.default_dtype()),
        Argument::Tensor(_) => None,
    };
    args.iter().filter_map(of).max_by_key(rank).unwrap_or(DType::F32)
}

impl Tensor {
    /// Broadcasts this tensor to `shape`, by NumPy's rules: axes are aligned at the last one, and sizes of 1 repeat.
    ///
    /// # Panics
    /// If this tensor does not broadcast to `shape`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 2]).broadcast_to([2, 2]);
    /// assert_eq!(x.to_vec::<i32>().unwrap(), [1, 2, 1, 2]);
    /// ```
    #[doc(alias = "expand")]
    #[track_caller]
    pub fn broadcast_to(&self, shape: impl Into<Shape>) -> Tensor {
        broadcast("broadcast_to", self, &shape.into())
    }
    /// Returns `self` and `other`, both broadcast to their joint shape.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or the dtypes differ.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let (x, y) = Tensor::from([1, 2]).broadcast_with(3);
    /// assert_eq!((x.shape(), y.to_vec::<i32>().unwrap()), (y.shape(), vec![3, 3]));
    /// ```
    #[doc(alias = "broadcast_like")]
    #[track_caller]
    pub fn broadcast_with(&self, other: impl Operand) -> (Tensor, Tensor) {
        let [x, y] = unify("broadcast_with", [self.into_argument(), other.into_argument()]);
        (x, y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joint_shapes_are_numpys() {
        let joint = |a: &[usize], b: &[usize]| joint_shape(&[&a.into(), &b.into()]).map(|s| s.to_vec());
        assert_eq!(joint(&[2, 3], &[3]), Some(vec![2, 3]));
        assert_eq!(joint(&[2, 1], &[1, 3]), Some(vec![2, 3]));
        assert_eq!(joint(&[], &[]), Some(vec![]));
        assert_eq!(joint(&[0, 1], &[1]), Some(vec![0, 1]));
        assert_eq!(joint(&[1], &[0]), Some(vec![0]));
        assert_eq!(joint(&[2, 3], &[4]), None);
        assert_eq!(joint(&[2], &[0]), None);
    }
}
