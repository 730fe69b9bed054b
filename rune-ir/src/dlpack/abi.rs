//! The structures of DLPack 1.x. Their fields have the names of DLPack's header.

use std::ffi::c_void;

/// The version of the structures that a producer wrote.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DLPackVersion {
    /// The major version. Another major version has another layout.
    pub major: u32,
    /// The minor version. A greater minor version adds values that fields may have.
    pub minor: u32,
}

/// The location of memory.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DLDevice {
    /// The kind of device: [`CPU`] and others.
    pub device_type: i32,
    /// The number of the device among devices of its kind.
    pub device_id: i32,
}

/// The type of elements.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DLDataType {
    /// The kind of number: [`INT`] and others.
    pub code: u8,
    /// The number of bits of each number.
    pub bits: u8,
    /// The number of numbers in each element: 1, except for vectors.
    pub lanes: u16,
}

/// An array, without its owner.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct DLTensor {
    /// The address of the memory. The first element is `byte_offset` bytes after it.
    pub data: *mut c_void,
    /// The location of the memory.
    pub device: DLDevice,
    /// The number of axes.
    pub ndim: i32,
    /// The type of elements.
    pub dtype: DLDataType,
    /// The size of each axis.
    pub shape: *mut i64,
    /// The stride of each axis, in elements. Null for row-major order.
    pub strides: *mut i64,
    /// The offset of the first element from `data`, in bytes.
    pub byte_offset: u64,
}

/// An array with its owner, in the layout from before DLPack 1.
#[repr(C)]
#[derive(Debug)]
pub struct DLManagedTensor {
    /// The array.
    pub dl_tensor: DLTensor,
    /// The context of `deleter`.
    pub manager_ctx: *mut c_void,
    /// Frees the array and this structure.
    pub deleter: Option<unsafe extern "C" fn(*mut DLManagedTensor)>,
}

/// An array with its owner.
#[repr(C)]
#[derive(Debug)]
pub struct DLManagedTensorVersioned {
    /// The version that the producer wrote.
    pub version: DLPackVersion,
    /// The context of `deleter`.
    pub manager_ctx: *mut c_void,
    /// Frees the array and this structure.
    pub deleter: Option<unsafe extern "C" fn(*mut DLManagedTensorVersioned)>,
    /// [`READ_ONLY`] and others.
    pub flags: u64,
    /// The array.
    pub dl_tensor: DLTensor,
}

/// The version that rune writes.
pub const VERSION: DLPackVersion = DLPackVersion { major: 1, minor: 1 };
/// The flag of arrays that the consumer must not write to.
pub const READ_ONLY: u64 = 1;

/// Memory of the CPU.
pub const CPU: i32 = 1;
/// Host memory that CUDA devices read.
pub const CUDA_HOST: i32 = 3;
/// Host memory that ROCm devices read.
pub const ROCM_HOST: i32 = 11;

/// Signed integers.
pub const INT: u8 = 0;
/// Unsigned integers.
pub const UINT: u8 = 1;
/// IEEE floats.
pub const FLOAT: u8 = 2;
/// Brain floating point.
pub const BFLOAT: u8 = 4;
/// Complex numbers.
pub const COMPLEX: u8 = 5;
/// Booleans.
pub const BOOL: u8 = 6;
/// Floats of 8 bits with 4 bits of exponent, without infinities.
pub const FLOAT8_E4M3FN: u8 = 10;
/// Floats of 8 bits with 5 bits of exponent.
pub const FLOAT8_E5M2: u8 = 12;
