//! Values of the module, with what is known about them at their creation.

use crate::legalize::views::Views;
use crate::names;
use crate::tree::Value;
use rune_ir::op::Literal;
use rune_ir::{DType, Shape, Type};

/// A value of the module with its type in the program. The dtype determines whether integers are signed.
#[derive(Clone)]
pub(crate) struct Val<'c> {
    pub raw: Value<'c>,
    pub ty: Type,
    pub known: Known,
    /// The length of the longest chain of elementwise operations that ends at it. The compiler fuses the whole chain.
    pub depth: u32,
    /// The results of producers that it reads and that the compiler fuses it with.
    pub views: Views,
}

impl<'c> Val<'c> {
    /// Returns a value about which nothing is known.
    pub fn new(raw: Value<'c>, ty: Type) -> Val<'c> {
        Val { raw, ty, known: Known::Nothing, depth: 0, views: Views::default() }
    }
    pub fn dtype(&self) -> DType {
        self.ty.dtype
    }
    pub fn shape(&self) -> &Shape {
        &self.ty.shape
    }
    pub fn rank(&self) -> usize {
        self.ty.rank()
    }
}

/// What the compiler can know about the elements of a value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Known {
    /// As far as lowering knows, each element depends on arguments.
    Nothing,
    /// Some elements may be constants.
    Parts,
    /// Each element is a function of its position.
    Positions,
    /// All elements equal one constant. Its value is present if the text contains it.
    Splat(Option<Literal>),
}

impl Known {
    /// Returns whether no element depends on an argument.
    pub fn is_constant(self) -> bool {
        matches!(self, Known::Positions | Known::Splat(_))
    }
    pub fn is_splat(self) -> bool {
        matches!(self, Known::Splat(_))
    }
    /// Returns the same knowledge without the constant's value.
    pub fn without_literal(self) -> Known {
        if self.is_splat() { Known::Splat(None) } else { self }
    }
}

/// Returns the length of the chain that ends at an operation without regions, including that operation.
pub(crate) fn depth(name: &str, operands: &[&Val]) -> u32 {
    match name {
        "stablehlo.optimization_barrier"
        | names::COMPUTE_BARRIER
        | "stablehlo.dot_general"
        | "stablehlo.convolution"
        | "stablehlo.gather"
        | "stablehlo.concatenate"
        | "stablehlo.dynamic_update_slice"
        | "func.call" => 0,
        _ => operands.iter().map(|x| x.depth + 1).max().unwrap_or(0),
    }
}
