//! Arrays exchanged with other libraries in one process, without a copy, by
//! [DLPack](https://dmlc.github.io/dlpack/latest/).
//!
//! [`export`] passes an array to a consumer, and [`import`] takes one from a producer. Both pass the address of a
//! structure, such as the pointer in a capsule of Python. Arrays are in host memory and immutable, so a shared array is
//! exported as read-only.
//!
//! ```
//! use rune_ir::{Array, dlpack};
//! let x = Array::from_slice([2], &[1.0f32, 2.0]);
//! let address = x.bytes().as_ptr();
//! let exported = dlpack::export(x);
//! // The consumer takes the structure. Here it is this library again.
//! // SAFETY: it was just exported, is imported once, and nothing writes to its memory.
//! let y = unsafe { dlpack::import(exported.into_raw()) }?;
//! assert_eq!((y.as_slice::<f32>(), y.bytes().as_ptr()), (&[1.0, 2.0][..], address));
//! # Ok::<(), dlpack::DlpackError>(())
//! ```
//!
//! The structures are this crate's own. `dlpark` 0.10 changes its interface with each version, and its users still need
//! the same unsafe steps. `dlpack-rs` 0.3 has no read-only arrays. `dlpackrs` 0.2 is from 2022, before version 1.
#![allow(
    unsafe_code,
    reason = "structures of C, which other libraries write and read; each block states why it is sound"
)]

pub mod abi;
mod exporting;
mod importing;
mod views;

pub use exporting::{Exported, ExportedUnversioned, export, export_unversioned};
pub use importing::{import, import_unversioned};

use crate::{DType, Type};
use abi::{BFLOAT, BOOL, COMPLEX, DLDataType, FLOAT, FLOAT8_E4M3FN, FLOAT8_E5M2, INT, UINT};

/// The reason why a structure of DLPack cannot become an array of this library. The structure has been given back to
/// its producer.
#[derive(thiserror::Error, Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum DlpackError {
    /// The producer uses another layout.
    #[error(
        "the array is of DLPack {major}.{minor}, but this library reads version 1; ask the producer for `max_version=(1, 1)`"
    )]
    Version {
        /// The major version of the producer.
        major: u32,
        /// Its minor version.
        minor: u32,
    },
    /// The memory is not in the host.
    #[error("the array is on a device of kind {kind}, but this library reads host memory; copy it to the CPU first")]
    Device {
        /// DLPack's number for the kind of device.
        kind: i32,
    },
    /// The elements match no dtype.
    #[error("elements of code {code}, {bits} bits and {lanes} lanes are of no dtype; convert the array first")]
    DType {
        /// DLPack's number for the kind of number.
        code: u8,
        /// The bits of a number.
        bits: u8,
        /// The numbers of an element.
        lanes: u16,
    },
    /// A byte of a boolean is neither 0 nor 1.
    #[error("element {at} of an array of booleans has the byte {byte}, which is neither 0 nor 1")]
    Bool {
        /// The position of the element in row-major order.
        at: usize,
        /// Its byte.
        byte: u8,
    },
    /// Fields contradict each other.
    #[error("the array is malformed: {0}")]
    Malformed(String),
}

/// Returns the type of elements of this dtype.
fn element_type(dtype: DType) -> DLDataType {
    let code = match dtype {
        DType::Bool => BOOL,
        DType::I8 | DType::I16 | DType::I32 | DType::I64 => INT,
        DType::U8 | DType::U16 | DType::U32 | DType::U64 => UINT,
        DType::F16 | DType::F32 | DType::F64 => FLOAT,
        DType::F8E4M3FN => FLOAT8_E4M3FN,
        DType::F8E5M2 => FLOAT8_E5M2,
        DType::BF16 => BFLOAT,
        DType::C64 | DType::C128 => COMPLEX,
    };
    DLDataType { code, bits: 8 * dtype.size() as u8, lanes: 1 }
}

/// Returns the dtype of elements of this type.
fn dtype_of(ty: DLDataType) -> Result<DType, DlpackError> {
    let same = |dtype: &DType| element_type(*dtype) == ty;
    let DLDataType { code, bits, lanes } = ty;
    DType::ALL.iter().copied().find(same).ok_or(DlpackError::DType { code, bits, lanes })
}

/// Returns the stride of each axis in row-major order, in elements.
fn row_major(ty: &Type) -> Vec<i64> {
    let mut strides = vec![1i64; ty.rank()];
    for axis in (1..ty.rank()).rev() {
        strides[axis - 1] = strides[axis].saturating_mul(ty.shape[axis].max(1) as i64);
    }
    strides
}
