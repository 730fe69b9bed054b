//! Appends operations on real numbers to a program.

use crate::op::{BinaryFn, Comparison, Dims, Literal, Padding, UnaryFn};
use crate::program::ProgramBuilder;
use crate::{DType, Op, Origin, Shape, Type, Var};
use std::cell::{Cell, RefCell};

/// Appends operations, all with the origin of one instruction.
pub(super) struct Emitter {
    builder: RefCell<ProgramBuilder>,
    origin: RefCell<Origin>,
    /// Whether the device computes with `f64`.
    has_f64: Cell<bool>,
}

impl Emitter {
    pub fn new(builder: ProgramBuilder, has_f64: bool) -> Emitter {
        Emitter { builder: RefCell::new(builder), origin: RefCell::default(), has_f64: Cell::new(has_f64) }
    }
    pub fn set_origin(&self, origin: &Origin) {
        self.origin.replace(origin.clone());
    }
    pub fn has_f64(&self) -> bool {
        self.has_f64.get()
    }
    pub fn into_builder(self) -> ProgramBuilder {
        self.builder.into_inner()
    }
    pub fn ty(&self, x: Var) -> Type {
        self.builder.borrow().ty(x).expect("operands are assigned").clone()
    }
    pub fn dtype(&self, x: Var) -> DType {
        self.ty(x).dtype
    }
    pub fn shape(&self, x: Var) -> Shape {
        self.ty(x).shape
    }
    /// Appends an operation, and returns its results.
    pub fn push_all(&self, op: Op) -> Vec<Var> {
        let origin = self.origin.borrow().clone();
        self.builder.borrow_mut().push(op, origin).expect("the parts have the types of the operation").to_vec()
    }
    /// Appends an operation with one result.
    pub fn push(&self, op: Op) -> Var {
        self.push_all(op)[0]
    }
    pub fn unary(&self, f: UnaryFn, x: Var) -> Var {
        self.push(Op::Unary { f, x })
    }
    pub fn binary(&self, f: BinaryFn, x: Var, y: Var) -> Var {
        self.push(Op::Binary { f, x, y })
    }
    pub fn add(&self, x: Var, y: Var) -> Var {
        self.binary(BinaryFn::Add, x, y)
    }
    pub fn sub(&self, x: Var, y: Var) -> Var {
        self.binary(BinaryFn::Sub, x, y)
    }
    pub fn mul(&self, x: Var, y: Var) -> Var {
        self.binary(BinaryFn::Mul, x, y)
    }
    pub fn div(&self, x: Var, y: Var) -> Var {
        self.binary(BinaryFn::Div, x, y)
    }
    pub fn and(&self, x: Var, y: Var) -> Var {
        self.binary(BinaryFn::And, x, y)
    }
    pub fn or(&self, x: Var, y: Var) -> Var {
        self.binary(BinaryFn::Or, x, y)
    }
    pub fn not(&self, x: Var) -> Var {
        self.unary(UnaryFn::Not, x)
    }
    pub fn neg(&self, x: Var) -> Var {
        self.unary(UnaryFn::Neg, x)
    }
    pub fn abs(&self, x: Var) -> Var {
        self.unary(UnaryFn::Abs, x)
    }
    pub fn clamp(&self, x: Var, least: f64, greatest: f64) -> Var {
        self.push(Op::Clamp { min: self.number(least, x), x, max: self.number(greatest, x) })
    }
    /// Returns an array of the number nearest to `x`.
    pub fn full(&self, x: f64, ty: &Type) -> Var {
        let scalar = self.push(Op::Constant { value: Literal::from_f64(ty.dtype, x) });
        match ty.rank() {
            0 => scalar,
            _ => self.push(Op::BroadcastInDim { x: scalar, shape: ty.shape.clone(), dims: Dims::new() }),
        }
    }
    /// Returns an array of the number nearest to `x`, with the type of `like`.
    pub fn number(&self, x: f64, like: Var) -> Var {
        self.full(x, &self.ty(like))
    }
    pub fn add_n(&self, x: Var, y: f64) -> Var {
        self.add(x, self.number(y, x))
    }
    pub fn mul_n(&self, x: Var, y: f64) -> Var {
        self.mul(x, self.number(y, x))
    }
    pub fn compare(&self, direction: Comparison, x: Var, y: Var) -> Var {
        self.push(Op::Compare { direction, x, y })
    }
    pub fn compare_n(&self, direction: Comparison, x: Var, y: f64) -> Var {
        self.compare(direction, x, self.number(y, x))
    }
    pub fn is_nan(&self, x: Var) -> Var {
        self.compare(Comparison::Ne, x, x)
    }
    /// Returns whether the sign bit is set.
    pub fn is_negative(&self, x: Var) -> Var {
        let dtype = if self.dtype(x) == DType::F64 { DType::I64 } else { DType::I32 };
        self.compare_n(Comparison::Lt, self.push(Op::BitcastConvert { x, dtype }), 0.0)
    }
    pub fn select(&self, pred: Var, on_true: Var, on_false: Var) -> Var {
        self.push(Op::Select { pred, on_true, on_false })
    }
    pub fn convert(&self, x: Var, dtype: DType) -> Var {
        if self.dtype(x) == dtype { x } else { self.push(Op::Convert { x, dtype }) }
    }
    pub fn reshape(&self, x: Var, shape: Shape) -> Var {
        self.push(Op::Reshape { x, shape })
    }
    pub fn transpose(&self, x: Var, permutation: Dims) -> Var {
        self.push(Op::Transpose { x, permutation })
    }
    /// Returns the elements from `start` to `limit` along the first axis.
    pub fn rows(&self, x: Var, from: usize, to: usize) -> Var {
        let shape = self.shape(x);
        let (mut start, mut limit): (Dims, Dims) = (shape.iter().map(|_| 0).collect(), shape.iter().copied().collect());
        (start[0], limit[0]) = (from, to);
        self.push(Op::Slice { x, start, limit, strides: shape.iter().map(|_| 1).collect() })
    }
    /// Moves the elements by `by` positions along an axis, toward its start if `reverse`, and fills with `padding`.
    pub fn shifted(&self, x: Var, axis: usize, by: usize, reverse: bool, padding: f64) -> Var {
        let padding = self.full(padding, &Type::scalar(self.dtype(x)));
        let mut config = vec![Padding::default(); self.shape(x).len()];
        let by = by as i64;
        (config[axis].low, config[axis].high) = if reverse { (-by, by) } else { (by, -by) };
        self.push(Op::Pad { x, padding, config })
    }
}
