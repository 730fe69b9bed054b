//! Values of the module, and what is known about them when they are created.

use crate::legalize::views::Views;
use melior::Context;
use melior::ir::r#type::{IntegerType, RankedTensorType};
use melior::ir::{self, Value};
use rune_ir::op::Literal;
use rune_ir::{DType, Shape, Type};

/// A value of the module with its type in the program. The dtype determines whether integers are signed.
#[derive(Clone)]
pub(crate) struct Val<'c> {
    pub raw: Value<'c, 'c>,
    pub ty: Type,
    pub known: Known,
    /// The length of the longest chain of elementwise operations that leads to it. The compiler fuses the whole chain.
    pub depth: u32,
    /// What it reads of producers that the compiler fuses it with.
    pub views: Views,
}

impl Val<'_> {
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
    /// Each element depends on arguments, as far as the lowering knows.
    Nothing,
    /// Some elements may be constants.
    Parts,
    /// Each element is a function of its position.
    Positions,
    /// All elements equal one constant; its value is present if it is written in the text.
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
    /// Returns the same without the constant.
    pub fn without_literal(self) -> Known {
        if self.is_splat() { Known::Splat(None) } else { self }
    }
}

/// Returns the length of the chain that ends at an operation without regions, including that operation.
pub(crate) fn depth(name: &str, operands: &[&Val]) -> u32 {
    match name {
        "stablehlo.optimization_barrier"
        | "stablehlo.dot_general"
        | "stablehlo.convolution"
        | "stablehlo.gather"
        | "stablehlo.concatenate"
        | "stablehlo.dynamic_update_slice"
        | "func.call" => 0,
        _ => operands.iter().map(|x| x.depth + 1).max().unwrap_or(0),
    }
}

pub(crate) fn element_type(context: &Context, dtype: DType) -> ir::Type<'_> {
    let signless = |bits| IntegerType::new(context, bits).into();
    let unsigned = |bits| IntegerType::unsigned(context, bits).into();
    match dtype {
        DType::Bool => signless(1),
        DType::I8 => signless(8),
        DType::I16 => signless(16),
        DType::I32 => signless(32),
        DType::I64 => signless(64),
        DType::U8 => unsigned(8),
        DType::U16 => unsigned(16),
        DType::U32 => unsigned(32),
        DType::U64 => unsigned(64),
        DType::F16 => ir::Type::float16(context),
        DType::BF16 => ir::Type::bfloat16(context),
        DType::F32 => ir::Type::float32(context),
        DType::F64 => ir::Type::float64(context),
    }
}

pub(crate) fn tensor_type<'c>(context: &'c Context, ty: &Type) -> ir::Type<'c> {
    let dims: Vec<u64> = ty.shape.iter().map(|&d| d as u64).collect();
    RankedTensorType::new(&dims, element_type(context, ty.dtype), None).into()
}
