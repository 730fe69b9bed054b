//! The module as a tree of operations. Lowering builds the tree once. [`text`](crate::text) writes it as text, and
//! `mlir` builds it in MLIR.

use crate::legalize::float8;
use rune_ir::op::Literal;
use rune_ir::{Array, Type};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::marker::PhantomData;

/// A property of a value, which moves of its elements keep.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Mark {
    /// It is converted from unsigned numbers: see `legalize/gpu.rs`.
    Unsigned,
    /// It is negated: see `legalize/gpu.rs`.
    Negated,
    /// Its elements are converted from fewer bits: see `legalize/spirv.rs`.
    Widened,
    /// It is computed from several values, one of them with widened elements.
    Mixed,
    /// It is a slice with strides, which IREE does not reverse.
    Strided,
    /// A loop carries it: see `legalize/waits.rs`.
    Carried,
}

/// Numbers the values of a module, and records which compiler they are for.
#[derive(Default)]
pub(crate) struct Context {
    pub next: Cell<u32>,
    /// Whether the module is for other compilers than IREE.
    pub is_export: bool,
    /// Whether the code generator is one of IREE's for GPUs.
    pub is_gpu: bool,
    /// Whether the code generator is IREE's for SPIR-V.
    pub is_spirv: bool,
    /// The values with marks. IREE compiles some operations on them wrongly.
    pub marks: RefCell<HashSet<(Mark, Id)>>,
}

/// A value in the module of a context.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Value<'c> {
    pub id: Id,
    context: PhantomData<&'c Context>,
}

/// The number of a value.
pub(crate) type Id = u32;

impl Context {
    /// Returns the type of a value in the module. Modules for IREE hold floats of 8 bits as integers: see
    /// `legalize/float8.rs`.
    pub fn tensor_type(&self, ty: &Type) -> TensorType {
        let ty = if self.is_export { ty.clone() } else { ty.with_dtype(float8::held(ty.dtype)) };
        TensorType { ty, dynamic: false }
    }
    pub fn has(&self, mark: Mark, value: Value) -> bool {
        self.marks.borrow().contains(&(mark, value.id))
    }
    pub fn note(&self, mark: Mark, value: Value) {
        self.marks.borrow_mut().insert((mark, value.id));
    }
    /// Returns a new value.
    pub fn value(&self) -> Value<'_> {
        let id = self.next.get();
        self.next.set(id + 1);
        Value { id, context: PhantomData }
    }
}

/// The type of a value.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct TensorType {
    pub ty: Type,
    /// Whether the sizes are dynamic. Host functions take arrays of any size.
    pub dynamic: bool,
}

/// An attribute.
#[derive(Clone, Debug)]
pub(crate) enum Attribute {
    Bool(bool),
    /// `… : i64`
    Int(i64),
    /// `array<i64: …>`
    Ints(Vec<i64>),
    /// `array<i1: …>`
    Bools(Vec<bool>),
    /// `dense<…> : tensor<nx2xi64>`
    Pairs(Vec<(i64, i64)>),
    /// An array whose elements are all equal.
    Splat(Literal, Type),
    Dense(Array),
    /// `@…`, the name of a function.
    Symbol(String),
    /// A dictionary of strings.
    Strings(Vec<(String, String)>),
    /// An attribute of StableHLO, in its syntax. MLIR does not know the dialect, so it keeps the text.
    StableHlo(String),
}

/// The source location of an operation.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Location {
    Unknown,
    Line { file: String, line: usize, column: usize },
    Name(String, Box<Location>),
}

/// An operation.
pub(crate) struct Operation {
    pub name: String,
    pub operands: Vec<Id>,
    /// The attributes, sorted by name like in MLIR.
    pub attributes: Vec<(String, Attribute)>,
    pub regions: Vec<Region>,
    pub results: Vec<(Id, TensorType)>,
    pub location: Location,
}

/// A region of one block.
pub(crate) struct Region {
    pub arguments: Vec<(Id, TensorType)>,
    pub operations: Vec<Operation>,
    /// The location of the arguments.
    pub location: Location,
}

/// A module.
pub(crate) struct Module {
    /// The name. Some tools need one.
    pub name: Option<String>,
    pub functions: Vec<Function>,
}

/// A function of the module.
pub(crate) struct Function {
    pub name: String,
    pub public: bool,
    pub inputs: Vec<TensorType>,
    pub outputs: Vec<TensorType>,
    /// The body. An imported function has none.
    pub body: Option<Region>,
    /// The description in the compiled module.
    pub reflection: Option<Attribute>,
    /// The numbers of inputs and constants among the arguments. The text names them.
    pub named: (usize, usize),
}
