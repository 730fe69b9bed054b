//! Shapes, and types of arrays: a shape and a dtype.

use crate::DType;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use std::fmt;
use std::ops::Deref;

/// The sizes of an array along its axes. A scalar has rank 0: it has no axes.
///
/// ```
/// use rune_ir::Shape;
/// let shape = Shape::from([2, 3]);
/// assert_eq!(shape.size(), 6);
/// assert_eq!(shape.rank(), 2);
/// assert_eq!(shape.strides().as_slice(), [3, 1]);
/// assert_eq!(shape.to_string(), "[2, 3]");
/// ```
#[derive(PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shape(SmallVec<[usize; 4]>);

/// Copies all sizes at once. `SmallVec` clones one by one, and shapes are copied very often.
impl Clone for Shape {
    fn clone(&self) -> Shape {
        Shape(SmallVec::from_slice(&self.0))
    }
}

impl Shape {
    /// Returns the shape of a scalar.
    pub fn scalar() -> Shape {
        Shape::default()
    }
    /// Returns the number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }
    /// Returns the number of elements: the product of the sizes.
    pub fn size(&self) -> usize {
        self.0.iter().product()
    }
    /// Returns the number of elements, or `None` if it does not fit into `usize`.
    pub fn checked_size(&self) -> Option<usize> {
        if self.0.contains(&0) {
            return Some(0);
        }
        self.0.iter().try_fold(1usize, |n, &d| n.checked_mul(d))
    }
    /// Returns the stride of each axis in elements, for row-major order.
    pub fn strides(&self) -> SmallVec<[usize; 4]> {
        let mut strides: SmallVec<[usize; 4]> = SmallVec::from_elem(1, self.rank());
        for axis in (0..self.rank().saturating_sub(1)).rev() {
            strides[axis] = strides[axis + 1] * self.0[axis + 1];
        }
        strides
    }
    /// Returns the sizes as a mutable list.
    pub fn dims_mut(&mut self) -> &mut SmallVec<[usize; 4]> {
        &mut self.0
    }
    /// Returns the shape without these axes.
    pub fn without(&self, axes: &[usize]) -> Shape {
        (0..self.rank()).filter(|a| !axes.contains(a)).map(|a| self.0[a]).collect()
    }
}

impl Deref for Shape {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.0
    }
}
impl<const N: usize> From<[usize; N]> for Shape {
    fn from(dims: [usize; N]) -> Shape {
        Shape(SmallVec::from_slice(&dims))
    }
}
impl From<&[usize]> for Shape {
    fn from(dims: &[usize]) -> Shape {
        Shape(SmallVec::from_slice(dims))
    }
}
impl From<Vec<usize>> for Shape {
    fn from(dims: Vec<usize>) -> Shape {
        Shape(SmallVec::from_vec(dims))
    }
}
impl From<&Vec<usize>> for Shape {
    fn from(dims: &Vec<usize>) -> Shape {
        Shape(SmallVec::from_slice(dims))
    }
}
impl From<&Shape> for Shape {
    fn from(shape: &Shape) -> Shape {
        shape.clone()
    }
}
impl From<usize> for Shape {
    fn from(n: usize) -> Shape {
        Shape::from([n])
    }
}
impl From<()> for Shape {
    fn from(_: ()) -> Shape {
        Shape::scalar()
    }
}
impl FromIterator<usize> for Shape {
    fn from_iter<I: IntoIterator<Item = usize>>(dims: I) -> Shape {
        Shape(dims.into_iter().collect())
    }
}
impl<const N: usize> PartialEq<[usize; N]> for Shape {
    fn eq(&self, other: &[usize; N]) -> bool {
        self.0.as_slice() == other
    }
}
impl PartialEq<[usize]> for Shape {
    fn eq(&self, other: &[usize]) -> bool {
        self.0.as_slice() == other
    }
}
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0.as_slice())
    }
}
impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The type of an array: its shape and its dtype. It prints as `[2, 3, f32]`: the sizes, then the dtype.
///
/// ```
/// use rune_ir::{DType, Type};
/// let ty = Type::new(DType::F32, [2, 3]);
/// assert_eq!(ty.to_string(), "[2, 3, f32]");
/// assert_eq!("[2, 3, f32]".parse::<Type>().unwrap(), ty);
/// assert_eq!(Type::scalar(DType::I32).to_string(), "[i32]");
/// ```
#[doc(alias = "ShapeDtypeStruct")]
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Type {
    /// The dtype of the elements.
    pub dtype: DType,
    /// The sizes along the axes.
    pub shape: Shape,
}

impl Type {
    /// Returns the type of arrays with this dtype and shape.
    pub fn new(dtype: DType, shape: impl Into<Shape>) -> Type {
        Type { dtype, shape: shape.into() }
    }
    /// Returns the type of a scalar.
    pub fn scalar(dtype: DType) -> Type {
        Type { dtype, shape: Shape::scalar() }
    }
    /// Returns the number of axes.
    pub fn rank(&self) -> usize {
        self.shape.rank()
    }
    /// Returns the number of elements.
    pub fn size(&self) -> usize {
        self.shape.size()
    }
    /// Returns the number of bytes of all elements.
    pub fn bytes(&self) -> usize {
        self.size() * self.dtype.size()
    }
    /// Checks that a variable of a program may have this type. Its number of elements and its number of bytes must fit
    /// into memory, and it must have at most [`MAX_RANK`] axes. A size of 0 along one axis does not excuse the other
    /// sizes, so strides are in range too.
    ///
    /// # Errors
    /// If the size or the rank is out of range.
    pub fn check(&self) -> Result<(), TooLarge> {
        if self.rank() > MAX_RANK {
            return Err(TooLarge(format!("{} axes", self.rank())));
        }
        let bytes = self.shape.iter().try_fold(self.dtype.size(), |n, &d| n.checked_mul(d.max(1)));
        match bytes {
            Some(n) if n <= isize::MAX as usize => Ok(()),
            _ => Err(TooLarge(format!("type {self}"))),
        }
    }
    /// Returns the type with the same shape and another dtype.
    pub fn with_dtype(&self, dtype: DType) -> Type {
        Type { dtype, shape: self.shape.clone() }
    }
    /// Returns the type of `n` such arrays, stacked along a new first axis.
    pub fn batched(&self, n: usize) -> Type {
        let mut shape = self.shape.clone();
        shape.dims_mut().insert(0, n);
        self.with_shape(shape)
    }
    /// Returns the type with the same dtype and another shape.
    pub fn with_shape(&self, shape: impl Into<Shape>) -> Type {
        Type { dtype: self.dtype, shape: shape.into() }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for d in self.shape.iter() {
            write!(f, "{d}, ")?;
        }
        write!(f, "{}]", self.dtype)
    }
}
impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl From<Type> for String {
    fn from(ty: Type) -> String {
        ty.to_string()
    }
}

/// The maximum number of axes of an array in a program.
pub const MAX_RANK: usize = 64;

/// An array has more elements than memory has addresses, or more axes than [`MAX_RANK`]. The message follows the name
/// of the array.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("uses an array of {0}, which is too large for any memory or has more than {MAX_RANK} axes")]
pub struct TooLarge(pub String);

/// The text is not the type of an array.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a type; a type is written as its sizes and then its dtype, as [2, 3, f32]")]
pub struct InvalidType(pub String);

impl std::str::FromStr for Type {
    type Err = InvalidType;
    fn from_str(s: &str) -> Result<Type, InvalidType> {
        let invalid = || InvalidType(s.to_owned());
        let inner = s.trim().strip_prefix('[').and_then(|r| r.strip_suffix(']')).ok_or_else(invalid)?;
        let mut parts: Vec<&str> = inner.split(',').map(str::trim).collect();
        let dtype = parts.pop().and_then(|d| d.parse().ok()).ok_or_else(invalid)?;
        let shape = parts.iter().map(|d| d.parse::<usize>()).collect::<Result<Shape, _>>().map_err(|_| invalid())?;
        Ok(Type { dtype, shape })
    }
}
impl TryFrom<String> for Type {
    type Error = InvalidType;
    fn try_from(s: String) -> Result<Type, InvalidType> {
        s.parse()
    }
}
