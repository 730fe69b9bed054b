//! The typed program IR: arrays and their types, the table of operations, programs, and what is told of a program alone.
//!
//! What operations mean is here too, in the [interpreter](interpret): [simplification](Program::simplify) computes with it what is
//! known beforehand.

extern crate self as rune_ir;

mod array;
mod dtype;
pub mod interpret;
mod nans;
pub mod op;
mod origin;
pub mod profile;
pub mod program;
#[doc(hidden)]
pub mod scans;
mod signature;
mod simplify;
pub mod storage;
mod ty;
pub mod types;
#[doc(hidden)]
pub mod work;
pub mod written;

#[doc(hidden)]
pub use array::Shown;
pub use array::{ALIGNMENT, AlignedBytes, Array, DeviceBuffer, HostMemory, Summary, Value, array_memory};
pub use dtype::{DType, Element, UnknownDType};
#[doc(hidden)]
pub use nans::find_nan;
pub use nans::{Bad, Made, NanError, check_nans, checks_nans};
#[doc(hidden)]
pub use op::caught;
pub use op::{CallbackError, CheckpointPolicy, Op, Var, VmapMethod};
pub use origin::{Loc, Origin, Transform, Transforms};
pub use program::{BuildError, Cost, Instruction, MAX_DEPTH, Program, ProgramBuilder, ProgramHash};
pub use signature::{HostOp, ModuleSignature, SignatureError};
pub use ty::{InvalidType, MAX_RANK, Shape, TooLarge, Type};
