//! Arrays taken from other libraries.

use super::DlpackError;
use super::abi::{DLManagedTensor, DLManagedTensorVersioned, DLTensor};
use super::views::view;
use crate::{Array, DType, HostMemory};
use std::ptr::NonNull;
use std::sync::Arc;

/// A structure of a producer, whose deleter is called when it is dropped.
trait Managed {
    /// # Safety
    /// `raw` is the address of a live structure.
    unsafe fn tensor<'a>(raw: NonNull<Self>) -> &'a DLTensor;
    /// # Safety
    /// `raw` is the address of a live structure. Nothing uses it afterwards.
    unsafe fn delete(raw: NonNull<Self>);
}

macro_rules! managed {
    ($($structure:ty),*) => {$(
        impl Managed for $structure {
            unsafe fn tensor<'a>(raw: NonNull<Self>) -> &'a DLTensor {
                // SAFETY: by the contract.
                unsafe { &raw.as_ref().dl_tensor }
            }
            unsafe fn delete(raw: NonNull<Self>) {
                // SAFETY: by the contract. The deleter is the producer's, for this structure.
                unsafe {
                    if let Some(deleter) = raw.as_ref().deleter {
                        deleter(raw.as_ptr());
                    }
                }
            }
        }
    )*};
}
managed!(DLManagedTensor, DLManagedTensorVersioned);

/// The owner of a structure.
struct Owner<T: Managed>(NonNull<T>);

impl<T: Managed> Drop for Owner<T> {
    fn drop(&mut self) {
        // SAFETY: the structure was passed to this owner, which is its only user.
        unsafe { T::delete(self.0) }
    }
}

/// The memory of a producer. It lives as long as the structure.
struct Foreign<T: Managed> {
    _owner: Owner<T>,
    bytes: &'static [u8],
}

// SAFETY: `import` asks for structures that any thread may use and delete.
unsafe impl<T: Managed> Send for Foreign<T> {}
// SAFETY: as above; the memory is only read.
unsafe impl<T: Managed> Sync for Foreign<T> {}
// SAFETY: the slice does not change, and by the contract of `import` nothing writes to its memory while the owner
// lives.
unsafe impl<T: Managed + 'static> HostMemory for Foreign<T> {
    fn bytes(&self) -> &[u8] {
        self.bytes
    }
}

/// # Safety
/// As [`import`].
unsafe fn imported<T: Managed + 'static>(owner: Owner<T>) -> Result<Array, DlpackError> {
    // SAFETY: the owner's structure lives, and by the contract its lists have the lengths that its fields say.
    let view = unsafe { view(T::tensor(owner.0)) }?;
    let aligned = view.first.align_offset(view.ty.dtype.size()) == 0;
    let array = if view.dense && aligned && view.ty.size() > 0 {
        // SAFETY: the memory lives as long as the owner, which `Foreign` keeps with the slice. By the contract, nothing
        // writes to it.
        let bytes = unsafe { view.bytes() };
        let memory = Foreign { _owner: owner, bytes };
        Array::from_foreign(view.ty, Arc::new(memory))
    } else {
        // SAFETY: the owner lives until the end of this function.
        let bytes = unsafe { view.copied() };
        Array::from_bytes(view.ty, &bytes)
    };
    if array.dtype() == DType::Bool
        && let Some(at) = array.bytes().iter().position(|&byte| byte > 1)
    {
        return Err(DlpackError::Bool { at, byte: array.bytes()[at] });
    }
    Ok(array)
}

/// Takes an array of DLPack 1. Copies the array unless its elements are aligned and contiguous in row-major order.
/// Calls the deleter once. If the array is copied or malformed, this happens before the function returns. Otherwise it
/// happens when nothing holds the memory any more.
///
/// # Errors
/// If the array has another major version, is on a device whose memory the host cannot read, or has elements of no
/// known dtype, or if its fields contradict each other.
///
/// # Safety
/// - `raw` is the address of a structure of DLPack. The caller owns it and gives it away.
/// - Its fields describe memory that lives until its deleter is called. Any thread may call the deleter.
/// - Until then, nothing writes to the memory.
#[doc(alias = "from_dlpack")]
#[doc(alias = "from_numpy")]
pub unsafe fn import(raw: NonNull<DLManagedTensorVersioned>) -> Result<Array, DlpackError> {
    let owner = Owner(raw);
    // SAFETY: by the contract. The version is the first field, before everything that another version may change.
    let version = unsafe { raw.as_ref().version };
    if version.major != super::abi::VERSION.major {
        return Err(DlpackError::Version { major: version.major, minor: version.minor });
    }
    // SAFETY: by the contract.
    unsafe { imported(owner) }
}

/// Takes an array from before DLPack 1. See [`import`].
///
/// # Errors
/// As [`import`].
///
/// # Safety
/// As [`import`].
pub unsafe fn import_unversioned(raw: NonNull<DLManagedTensor>) -> Result<Array, DlpackError> {
    // SAFETY: by the contract.
    unsafe { imported(Owner(raw)) }
}
