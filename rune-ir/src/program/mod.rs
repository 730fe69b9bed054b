//! Programs: typed, in order, and with one assignment for each variable.
//!
#![doc = include_str!("format.md")]

mod cost;
mod cursor;
#[doc(hidden)]
pub mod dependence;
pub(crate) mod exchanges;
mod file_error;
mod files;
mod hash;
mod json;
mod json_lines;
mod names;
mod parse;
mod parse_error;
mod print;
mod verify;

pub use crate::origin::{Loc, Origin, Transform, Transforms};
pub use cost::Cost;
pub use file_error::{DocumentError, JsonError, LoadError, SaveError};
pub use hash::ProgramHash;
#[doc(hidden)]
pub use names::variables as variable_names;
pub use parse_error::{ParseError, ParseProblem};
pub use print::INLINE;
#[doc(hidden)]
pub use print::Types;
pub use verify::{VerifyError, VerifyProblem};

use crate::op::{AxisName, Callback, CallbackFn};
use crate::types::{self, TypeError};
use crate::{Op, Type, Value, Var};
use dependence::Flows;
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The maximum nesting depth of sub-programs. It bounds the stack that any walk through a program takes.
pub const MAX_DEPTH: u32 = 64;

/// One operation of a program, and the variables of its results.
#[derive(Clone, Debug)]
pub struct Instruction {
    /// The operation; its operands are earlier variables.
    pub op: Op,
    /// The first result; the others follow it.
    pub first: Var,
    /// The number of results.
    pub results: u32,
    /// The origin of the instruction.
    pub origin: Origin,
}

impl Instruction {
    /// Returns the variables of the results.
    pub fn results(&self) -> impl ExactSizeIterator<Item = Var> + use<> {
        let first = self.first.0;
        (0..self.results).map(move |i| Var(first + i))
    }
}

/// A function on arrays, as data: inputs, captured constants, instructions in order, and outputs.
///
/// Variables are numbered: inputs, then constants, then the results of the instructions in order. [`ProgramBuilder`]
/// builds a program and checks every instruction. A program does not change afterwards.
#[derive(Clone, Debug)]
pub struct Program {
    name: String,
    inputs: u32,
    constants: Vec<Value>,
    instructions: Vec<Instruction>,
    outputs: Vec<Var>,
    types: Vec<Type>,
    /// The nesting depth of the program: 1 without sub-programs.
    depth: u32,
    /// The batch axes that operations, here and in sub-programs, work on.
    axes: BTreeMap<AxisName, usize>,
    /// Whether an instruction has effects, here or in a sub-program.
    effects: bool,
    /// Whether a user function is called, here or in a sub-program.
    callbacks: bool,
    /// Whether an instruction works on an axis of ranks, here or in a sub-program.
    ranks: bool,
    hash: OnceLock<ProgramHash>,
    flows: Flows,
}

impl Program {
    /// Returns the name of the function that was traced.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Returns the variables of the inputs.
    pub fn inputs(&self) -> impl ExactSizeIterator<Item = Var> + use<> {
        (0..self.inputs).map(Var)
    }
    /// Returns the types of the inputs.
    pub fn input_types(&self) -> &[Type] {
        &self.types[..self.inputs as usize]
    }
    /// Returns the captured values; their variables follow the inputs.
    pub fn constants(&self) -> &[Value] {
        &self.constants
    }
    /// Returns the instructions. Each comes after those whose results it uses.
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }
    /// Returns the variables of the outputs. Any variable can be an output, and can be one several times.
    pub fn outputs(&self) -> &[Var] {
        &self.outputs
    }
    /// Returns the types of the outputs.
    pub fn output_types(&self) -> Vec<Type> {
        self.outputs.iter().map(|&v| self.ty(v).clone()).collect()
    }
    /// Returns whether the program has effects: see [`Op::has_effects`].
    pub fn has_effects(&self) -> bool {
        self.effects
    }
    /// Returns a user function that the program or a sub-program calls. A program that calls one cannot be saved.
    pub fn callback(&self) -> Option<&Callback> {
        if !self.callbacks {
            return None;
        }
        self.instructions.iter().find_map(|i| match i.op.callback() {
            Some((_, callback)) => Some(callback),
            None => i.op.programs().into_iter().find_map(|(_, p)| p.callback()),
        })
    }
    /// Returns the line of a call, in the program or a sub-program, of a function that has effects.
    #[doc(hidden)]
    pub fn io_callback(&self) -> Option<&Loc> {
        if !self.callbacks || !self.effects {
            return None;
        }
        self.instructions.iter().find_map(|i| match i.op.callback() {
            Some((CallbackFn::Io, callback)) => Some(callback.loc()),
            Some((CallbackFn::Pure, _)) => None,
            None => i.op.programs().into_iter().find_map(|(_, p)| p.io_callback()),
        })
    }
    /// Returns whether operations, here or in sub-programs, work on an axis of [ranks](crate::op::Ranks).
    /// [`Program::with_exchanges`] turns them into calls.
    pub fn has_ranks(&self) -> bool {
        self.ranks
    }
    /// Returns the type of a variable.
    pub fn ty(&self, var: Var) -> &Type {
        &self.types[var.index()]
    }
    /// Returns the number of variables.
    pub fn num_vars(&self) -> usize {
        self.types.len()
    }
    /// Returns the batch axes that operations, here and in sub-programs, work on, with their sizes. A program with such
    /// axes computes one batch element. It cannot be run; `ProgramExt::vmap_named` creates the program of the whole
    /// batch.
    pub fn axes(&self) -> &BTreeMap<AxisName, usize> {
        &self.axes
    }
    /// Returns the program with these values in place of its last inputs.
    ///
    /// # Panics
    /// If it has constants already, or if its last inputs do not have the types of the values.
    #[track_caller]
    pub fn with_constants(mut self, values: Vec<Value>) -> Program {
        assert!(self.constants.is_empty(), "`{}` has constants already", self.name);
        let inputs = (self.inputs as usize).checked_sub(values.len()).expect("no more constants than inputs");
        let fits = values.iter().map(Value::ty).eq(&self.types[inputs..][..values.len()]);
        assert!(fits, "the constants of `{}` are of other types than its last inputs", self.name);
        self.inputs = inputs as u32;
        self.constants = values;
        self.hash = OnceLock::new();
        self.flows = Flows::default();
        self
    }
    /// Records the batch axes that an operation works on.
    fn note_axes(&mut self, op: &Op) -> Result<(), BuildError> {
        let inner = op.programs();
        let own = op.batch_axis().map(|axis| (&axis.name, &axis.size));
        for (name, &size) in own.into_iter().chain(inner.iter().flat_map(|(_, p)| &p.axes)) {
            match self.axes.get(name) {
                None => _ = self.axes.insert(name.clone(), size),
                Some(&known) if known == size => {}
                Some(&known) => return Err(BuildError::AxisSizes { name: name.clone(), sizes: [known, size] }),
            }
        }
        Ok(())
    }
    /// Returns the program with another name.
    pub fn with_name(mut self, name: impl Into<String>) -> Program {
        self.name = name.into();
        self
    }
}

/// Builds a program instruction by instruction.
///
/// ```
/// use rune_ir::op::{BinaryFn, Op};
/// use rune_ir::{DType, Origin, ProgramBuilder, Type, Var};
/// let mut b = ProgramBuilder::new("square", vec![Type::new(DType::F32, [1])], vec![]);
/// let x = Var(0);
/// let y = b.push(Op::Binary { f: BinaryFn::Mul, x, y: x }, Origin::default()).unwrap();
/// let square = b.finish(y.to_vec()).unwrap();
/// assert_eq!(square.instructions().len(), 1);
/// ```
pub struct ProgramBuilder {
    program: Program,
}

/// The reason why an instruction or an output cannot be added.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BuildError {
    /// A variable is not assigned yet.
    #[error("variable {0:?} is used before it is assigned")]
    Unassigned(Var),
    /// The operation does not take operands of these types.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// A sub-program holds constants.
    #[error("sub-program `{0}` of an instruction holds constants; only a whole program may")]
    OpenSubProgram(String),
    /// Operations use one batch axis with two sizes.
    #[error("the axis `{name}` has size {} in one operation and {} in another", sizes[0], sizes[1])]
    AxisSizes {
        /// The name of the axis.
        name: AxisName,
        /// The sizes.
        sizes: [usize; 2],
    },
    /// The nesting of sub-programs is too deep.
    #[error("sub-program `{0}` is nested deeper than {MAX_DEPTH} levels")]
    TooDeep(String),
}

impl ProgramBuilder {
    /// Returns the builder of a program without instructions.
    pub fn new(name: impl Into<String>, inputs: Vec<Type>, constants: Vec<Value>) -> ProgramBuilder {
        let count = inputs.len() as u32;
        let mut types = inputs;
        types.extend(constants.iter().map(|c| c.ty().clone()));
        let (instructions, outputs) = (Vec::new(), Vec::new());
        ProgramBuilder {
            program: Program {
                name: name.into(),
                inputs: count,
                constants,
                instructions,
                outputs,
                types,
                depth: 1,
                axes: BTreeMap::new(),
                effects: false,
                callbacks: false,
                ranks: false,
                hash: OnceLock::new(),
                flows: Flows::default(),
            },
        }
    }
    /// Adds an instruction, and returns the variables of its results.
    ///
    /// # Errors
    /// If an operand is not assigned yet, or the operation does not take operands of these types.
    pub fn push(&mut self, op: Op, origin: Origin) -> Result<SmallVec<[Var; 2]>, BuildError> {
        let typed = op.try_map(|&v| self.program.types.get(v.index()).ok_or(BuildError::Unassigned(v)))?;
        if let Some((_, open)) = op.programs().into_iter().find(|(_, p)| !p.constants.is_empty()) {
            return Err(BuildError::OpenSubProgram(open.name.clone()));
        }
        for (_, program) in op.programs() {
            if program.depth >= MAX_DEPTH {
                return Err(BuildError::TooDeep(program.name.clone()));
            }
            self.program.depth = self.program.depth.max(program.depth + 1);
        }
        let results = types::infer(&typed)?;
        self.program.note_axes(&op)?;
        self.program.effects |= op.has_effects();
        Ok(self.assign(op, results, origin))
    }
    /// Like [`ProgramBuilder::push`], for an operation that has been checked. It has one result, of the type `result`,
    /// and no sub-programs, batch axis or effects.
    #[doc(hidden)]
    pub fn push_checked(&mut self, op: Op, result: Type, origin: Origin) -> Var {
        debug_assert!(op.programs().is_empty() && op.axis().is_none() && !op.has_effects());
        debug_assert_eq!(types::infer(&op.map(|&v| self.program.ty(v))).as_deref(), Ok(&[result.clone()][..]));
        self.assign(op, [result], origin)[0]
    }
    fn assign(&mut self, op: Op, results: impl IntoIterator<Item = Type>, origin: Origin) -> SmallVec<[Var; 2]> {
        self.program.ranks |= op.has_ranks();
        self.program.callbacks |= op.callback().is_some() || op.programs().iter().any(|(_, p)| p.callbacks);
        let first = Var(self.program.types.len() as u32);
        self.program.types.extend(results);
        let results = self.program.types.len() as u32 - first.0;
        let instruction = Instruction { op, first, results, origin };
        let vars = instruction.results().collect();
        self.program.instructions.push(instruction);
        vars
    }
    /// Returns the type of an assigned variable.
    pub fn ty(&self, var: Var) -> Option<&Type> {
        self.program.types.get(var.index())
    }
    /// Returns the program with these outputs.
    ///
    /// # Errors
    /// If an output is not assigned.
    pub fn finish(mut self, outputs: Vec<Var>) -> Result<Program, BuildError> {
        if let Some(&v) = outputs.iter().find(|v| v.index() >= self.program.types.len()) {
            return Err(BuildError::Unassigned(v));
        }
        self.program.outputs = outputs;
        Ok(self.program)
    }
}
