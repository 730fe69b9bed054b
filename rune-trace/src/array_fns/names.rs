//! NumPy's names for functions that have another name here.

use super::axes::Axes;
use super::reductions::{as_float, to_bool};
use super::scalar::Operand;
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::{DType, Shape};

macro_rules! unary {
    ($($name:ident = $own:ident;)*) => {
        /// NumPy's names for functions of one tensor.
        impl Tensor {$(
            #[doc = concat!("[`Tensor::", stringify!($own), "`], under NumPy's name.")]
            #[track_caller]
            pub fn $name(&self) -> Tensor {
                self.$own()
            }
        )*}
    };
}
unary! {
    absolute = abs;
    fabs = abs;
    negative = neg;
    conjugate = conj;
    rint = round;
    arccos = acos;
    arccosh = acosh;
    arcsin = asin;
    arcsinh = asinh;
    arctan = atan;
    arctanh = atanh;
    bitwise_not = logical_not;
    bitwise_invert = logical_not;
    invert = logical_not;
    ravel = flatten;
    matrix_transpose = t;
    swish = silu;
    hard_swish = hard_silu;
}

macro_rules! binary {
    ($($(#[$alias:meta])* $name:ident = $own:ident;)*) => {
        /// NumPy's names for functions of two operands.
        impl Tensor {$(
            #[doc = concat!("[`Tensor::", stringify!($own), "`], under NumPy's name.")]
            $(#[$alias])*
            #[track_caller]
            pub fn $name(&self, other: impl Operand) -> Tensor {
                self.$own(other)
            }
        )*}
    };
}
binary! {
    subtract = sub;
    multiply = mul;
    power = pow;
    #[doc(alias = "mod")]
    mod_ = remainder;
    fmod = rem;
    arctan2 = atan2;
    bitwise_and = bitand;
    bitwise_or = bitor;
    bitwise_xor = bitxor;
    left_shift = shift_left;
    right_shift = shift_right;
    bitwise_left_shift = shift_left;
    bitwise_right_shift = shift_right;
    equal = eq;
    not_equal = ne;
    less = lt;
    less_equal = le;
    greater = gt;
    greater_equal = ge;
}

macro_rules! over_axes {
    ($($name:ident = $own:ident;)*) => {
        /// NumPy's names for reductions along some axes.
        impl Tensor {$(
            #[doc = concat!("[`Tensor::", stringify!($own), "`], under NumPy's name.")]
            #[track_caller]
            pub fn $name(&self, axes: impl Into<Axes>) -> Tensor {
                self.$own(axes)
            }
        )*}
    };
}
over_axes! {
    amax = max_axes;
    amin = min_axes;
    permute_dims = permute;
}

macro_rules! along {
    ($($name:ident = $own:ident;)*) => {
        /// NumPy's names for functions along an axis.
        impl Tensor {$(
            #[doc = concat!("[`Tensor::", stringify!($own), "`], under NumPy's name.")]
            #[track_caller]
            pub fn $name(&self, axis: isize) -> Tensor {
                self.$own(axis)
            }
        )*}
    };
}
along! {
    cumulative_sum = cumsum;
    cumulative_prod = cumprod;
}

macro_rules! logical {
    ($($(#[$doc:meta])* $name:ident = $own:ident;)*) => {
        /// Logic of truth values.
        impl Tensor {$(
            $(#[$doc])*
            ///
            /// A number is true unless it is 0. The operands broadcast and may have different dtypes. The result is
            /// `bool`.
            ///
            /// # Panics
            /// If the shapes do not broadcast.
            ///
            /// ```
            /// use rune_trace::Tensor;
            /// let (x, y) = (Tensor::from([0, 0, 3, 3]), Tensor::from([0.0f32, 1.5, 0.0, 1.5]));
            #[doc = concat!("let z = x.", stringify!($name), "(&y).to_vec::<bool>().unwrap();")]
            #[doc = concat!("assert_eq!(z, x.ne(0).", stringify!($own), "(y.ne(0.0)).to_vec::<bool>().unwrap());")]
            /// ```
            #[track_caller]
            pub fn $name(&self, other: impl Operand) -> Tensor {
                let other = match other.into_argument() {
                    super::Argument::Tensor(other) => to_bool(&other),
                    super::Argument::Scalar(other) => Tensor::scalar(other.to_f64() != 0.0),
                };
                to_bool(self).$own(other)
            }
        )*}
    };
}
logical! {
    /// Returns whether both elements are true.
    logical_and = bitand;
    /// Returns whether either element is true.
    logical_or = bitor;
    /// Returns whether exactly one of the elements is true.
    logical_xor = bitxor;
}

/// NumPy's names for functions whose parameters differ.
impl Tensor {
    /// [`Tensor::clamp`], under NumPy's name.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([-3, 1, 7]).clip(0, 5).to_vec::<i32>().unwrap(), [0, 1, 5]);
    /// ```
    #[doc(alias = "clip_by_value")]
    #[track_caller]
    pub fn clip(&self, min: impl Operand, max: impl Operand) -> Tensor {
        self.clamp(min, max)
    }
    /// [`Tensor::cast`], under NumPy's name.
    #[doc(alias = "convert_element_type")]
    #[track_caller]
    pub fn astype(&self, dtype: DType) -> Tensor {
        self.cast(dtype)
    }
    /// Returns this tensor itself: tensors never change, so no copy is needed.
    #[doc(alias = "identity")]
    #[doc(alias = "ascontiguousarray")]
    #[doc(alias = "clone")]
    pub fn copy(&self) -> Tensor {
        self.clone()
    }
    /// Returns this tensor itself: NumPy's `+x`.
    ///
    /// # Panics
    /// If the dtype is `bool`.
    #[track_caller]
    pub fn positive(&self) -> Tensor {
        if self.dtype() == DType::Bool {
            refuse!("positive: takes numbers, but got {}", self.ty());
        }
        self.clone()
    }
    /// Returns `self / other` as a float: integers and `bool` become `f32`.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// assert_eq!(Tensor::from([7, -7]).divide(2).to_vec::<f32>().unwrap(), [3.5, -3.5]);
    /// ```
    ///
    /// # Panics
    /// If the dtypes differ or the shapes do not broadcast.
    #[track_caller]
    pub fn divide(&self, other: impl Operand) -> Tensor {
        let (x, y) = floats("divide", self, other);
        lax::div(&x, &y)
    }
    /// [`Tensor::divide`], under NumPy's other name.
    #[track_caller]
    pub fn true_divide(&self, other: impl Operand) -> Tensor {
        self.divide(other)
    }
    /// Returns `self` to the power `other` as a float: integers and `bool` become `f32`.
    ///
    /// # Panics
    /// If the dtypes differ or the shapes do not broadcast.
    #[track_caller]
    pub fn float_power(&self, other: impl Operand) -> Tensor {
        let (x, y) = floats("float_power", self, other);
        lax::pow(&x, &y)
    }
    /// Returns the tensor with new axes of size 1, at the positions `axes` of the result.
    ///
    /// # Panics
    /// If a position is out of range, or named twice.
    ///
    /// ```
    /// use rune_trace::{DType, Tensor};
    /// let x = Tensor::zeros([2, 3], DType::F32);
    /// assert_eq!(*x.expand_dims(0).shape(), [1, 2, 3]);
    /// assert_eq!(*x.expand_dims([0, -1]).shape(), [1, 2, 3, 1]);
    /// ```
    #[track_caller]
    pub fn expand_dims(&self, axes: impl Into<Axes>) -> Tensor {
        let axes = axes.into();
        let Some(added) = axes.count() else { refuse!("expand_dims: `..` names no new axes") };
        // Only the rank of the result matters.
        let result = Shape::from(vec![1; self.rank() + added]);
        let new = axes.resolve_sorted("expand_dims", &result);
        let mut shape = self.shape().clone();
        for axis in new {
            shape.dims_mut().insert(axis, 1);
        }
        lax::reshape(self, shape)
    }
    /// [`Tensor::concat`], under NumPy's name.
    ///
    /// ```
    /// use rune_trace::Tensor;
    /// let x = Tensor::from([1, 2]);
    /// assert_eq!(Tensor::concatenate(&[&x, &x], 0).to_vec::<i32>().unwrap(), [1, 2, 1, 2]);
    /// ```
    #[doc(alias = "cat")]
    #[track_caller]
    pub fn concatenate<T: AsRef<Tensor>>(tensors: &[T], axis: isize) -> Tensor {
        Tensor::concat(tensors, axis)
    }
    /// [`Tensor::eye`], under NumPy's other name.
    #[track_caller]
    pub fn identity(n: usize, dtype: DType) -> Tensor {
        Tensor::eye(n, dtype)
    }
    /// Returns [`Tensor::zeros`]: rune leaves no memory undefined.
    #[track_caller]
    pub fn empty(shape: impl Into<Shape>, dtype: DType) -> Tensor {
        Tensor::zeros(shape, dtype)
    }
    /// Returns [`Tensor::zeros_like`]: rune leaves no memory undefined.
    #[track_caller]
    pub fn empty_like(&self) -> Tensor {
        self.zeros_like()
    }
}

/// Converts both operands to floats of one dtype.
#[track_caller]
fn floats(op: &str, x: &Tensor, y: impl Operand) -> (Tensor, Tensor) {
    let x = as_float(x);
    let y = match y.into_argument() {
        super::Argument::Tensor(y) => super::Argument::Tensor(as_float(&y)),
        super::Argument::Scalar(y) => super::Argument::Scalar(super::Scalar::Float(y.to_f64())),
    };
    let [x, y] = super::broadcast::unify(op, [super::Argument::Tensor(x), y]);
    (x, y)
}
