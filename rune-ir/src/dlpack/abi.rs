//! The structures of DLPack 1.x, as its header declares them. Their fields have the names that they have there.

use std::ffi::c_void;

/// The version of the structures that a producer wrote.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DLPackVersion {
    /// Another number means another layout.
    pub major: u32,
    /// Greater numbers add values that fields may have.
    pub minor: u32,
}

/// Where memory is.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DLDevice {
    /// The kind of device: [`CPU`] and others.
    pub device_type: i32,
    /// Its number among devices of its kind.
    pub device_id: i32,
}

/// The type of elements.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DLDataType {
    /// The kind of number: [`INT`] and others.
    pub code: u8,
    /// The bits of each number.
    pub bits: u8,
    /// The numbers of each element, which is 1 but for vectors.
    pub lanes: u16,
}

/// An array, without its owner.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct DLTensor {
    /// The memory, to which `byte_offset` is added.
    pub data: *mut c_void,
    /// Where the memory is.
    pub device: DLDevice,
    /// The number of axes.
    pub ndim: i32,
    /// The type of elements.
    pub dtype: DLDataType,
    /// The size of each axis.
    pub shape: *mut i64,
    /// How many elements lie between two along each axis; null for row-major order.
    pub strides: *mut i64,
    /// Where in the memory the first element is.
    pub byte_offset: u64,
}

/// An array with its owner, as DLPack had it before version 1.
#[repr(C)]
#[derive(Debug)]
pub struct DLManagedTensor {
    /// The array.
    pub dl_tensor: DLTensor,
    /// What `deleter` needs.
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
    /// What `deleter` needs.
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
/// Memory of the host that CUDA devices read.
pub const CUDA_HOST: i32 = 3;
/// Memory of the host that ROCm devices read.
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
