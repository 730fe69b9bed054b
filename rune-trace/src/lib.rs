//! Arrays, the typed program IR, its transformations and its reference interpreter.

mod array;
mod dtype;
mod ty;

pub use array::{ALIGNMENT, AlignedBytes, Array, DeviceBuffer, HostMemory, Value};
pub use dtype::{DType, Element, UnknownDType};
pub use ty::{InvalidType, Shape, Type};
