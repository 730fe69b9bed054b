//! The typed program IR: arrays and their types, the table of operations, programs, and the analysis of programs.
//!
//! The [interpreter](interpret) defines what operations mean. It is here because [simplification](Program::simplify)
//! uses it to fold constants.

extern crate self as rune_ir;

mod argument;
mod array;
pub mod array_text;
pub mod dlpack;
mod dtype;
mod float8;
mod float_info;
pub mod interpret;
mod nans;
pub mod op;
mod origin;
mod parts;
pub mod profile;
pub mod program;
#[doc(hidden)]
pub mod scans;
mod signature;
mod simplify;
mod stopwatch;
pub mod storage;
mod ty;
pub mod types;
#[doc(hidden)]
pub mod work;

pub use argument::Arg;
#[doc(hidden)]
pub use array::Shown;
pub use array::{ALIGNMENT, AlignedBytes, Array, DeviceBuffer, HostMemory, Summary, Value, array_memory};
pub use dtype::{DType, Element, UnknownDType};
pub use float_info::FloatInfo;
pub use float8::{F8E4M3FN, F8E5M2};
#[doc(hidden)]
pub use nans::find_nan;
pub use nans::{NanError, NanOrigin, NonFinite, check_nans, checks_nans};
pub use num_complex::{Complex, Complex32, Complex64};
#[doc(hidden)]
pub use op::catch_panic;
pub use op::{CallbackError, CheckpointPolicy, Op, Var, VmapMethod};
pub use origin::{Loc, Origin, Transform, Transforms};
pub use program::{BuildError, Cost, Instruction, MAX_DEPTH, Program, ProgramBuilder, ProgramHash};
pub use signature::{HostOp, ModuleSignature, SignatureError};
pub use stopwatch::Stopwatch;
pub use ty::{InvalidType, MAX_RANK, Shape, TooLarge, Type};
