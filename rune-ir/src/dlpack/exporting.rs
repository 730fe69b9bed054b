//! Arrays passed to other libraries.

use super::abi::{CPU, DLDevice, DLManagedTensor, DLManagedTensorVersioned, DLTensor, READ_ONLY, VERSION};
use super::{element_type, row_major};
use crate::{Array, Type};
use std::ffi::c_void;
use std::ptr::NonNull;

/// The owned data of a structure: the array, and the sizes to which the structure points.
struct Owner<T> {
    structure: T,
    shape: Vec<i64>,
    strides: Vec<i64>,
    _array: Array,
}

/// Returns the description of memory at `data`. Its shape and strides are still null.
fn describe(ty: &Type, data: *mut c_void) -> DLTensor {
    DLTensor {
        data,
        device: DLDevice { device_type: CPU, device_id: 0 },
        ndim: ty.rank() as i32,
        dtype: element_type(ty.dtype),
        shape: std::ptr::null_mut(),
        strides: std::ptr::null_mut(),
        byte_offset: 0,
    }
}

macro_rules! exported {
    ($($(#[$doc:meta])* $name:ident: $structure:ty, |$tensor:ident| $value:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// Dropping this frees the array. [`Self::into_raw`] passes the array to a consumer instead.
        #[derive(Debug)]
        pub struct $name(NonNull<$structure>);

        impl $name {
            fn new(array: Array, data: *mut c_void) -> $name {
                let ty = array.ty().clone();
                let $tensor = describe(&ty, data);
                let (shape, strides) = (ty.shape.iter().map(|&n| n as i64).collect(), row_major(&ty));
                let owner = Box::new(Owner::<$structure> { structure: $value, shape, strides, _array: array });
                let owner = Box::into_raw(owner);
                // SAFETY: the box was just made, so the pointer is valid for writes.
                let structure = unsafe {
                    (*owner).structure.manager_ctx = owner.cast();
                    (*owner).structure.dl_tensor.shape = (*owner).shape.as_mut_ptr();
                    (*owner).structure.dl_tensor.strides = (*owner).strides.as_mut_ptr();
                    &raw mut (*owner).structure
                };
                $name(NonNull::new(structure).expect("a box is not null"))
            }
            /// Returns the structure.
            pub fn structure(&self) -> &$structure {
                // SAFETY: `self` owns the structure, and nothing else has its address.
                unsafe { self.0.as_ref() }
            }
            /// Returns the address of the structure. The caller must call its deleter once.
            pub fn into_raw(self) -> NonNull<$structure> {
                let raw = self.0;
                std::mem::forget(self);
                raw
            }
            /// Frees the array.
            ///
            /// # Safety
            /// `raw` is the address of a structure that [`Self::new`] made. Nothing uses it afterwards.
            unsafe extern "C" fn delete(raw: *mut $structure) {
                let Some(raw) = NonNull::new(raw) else { return };
                // SAFETY: by the contract, the structure and its owner live, and this is their only use. The owner was
                // a box.
                drop(unsafe { Box::from_raw(raw.as_ref().manager_ctx.cast::<Owner<$structure>>()) });
            }
        }
        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: `self` owns the structure, which `into_raw` has not passed on.
                unsafe { $name::delete(self.0.as_ptr()) }
            }
        }
        // SAFETY: the structure owns an array, which threads may share, and lists whose address nothing else has.
        unsafe impl Send for $name {}
        // SAFETY: as above; a shared reference can only read.
        unsafe impl Sync for $name {}
    )*};
}
exported! {
    /// An exported array of DLPack 1.
    Exported: DLManagedTensorVersioned, |tensor| DLManagedTensorVersioned {
        version: VERSION,
        manager_ctx: std::ptr::null_mut(),
        deleter: Some(Exported::delete),
        flags: READ_ONLY,
        dl_tensor: tensor,
    };
    /// An exported array, in the layout from before DLPack 1.
    ExportedUnversioned: DLManagedTensor, |tensor| DLManagedTensor {
        dl_tensor: tensor,
        manager_ctx: std::ptr::null_mut(),
        deleter: Some(ExportedUnversioned::delete),
    };
}

/// Returns an array for a consumer of DLPack 1, without a copy. The array is flagged as read-only, because others may
/// hold its memory.
///
/// ```
/// use rune_ir::{Array, dlpack};
/// let exported = dlpack::export(Array::from_slice([2, 1], &[1i64, 2]));
/// let structure = exported.structure();
/// assert_eq!((structure.dl_tensor.ndim, structure.flags), (2, dlpack::abi::READ_ONLY));
/// ```
pub fn export(array: Array) -> Exported {
    // Consumers do not write to a read-only array.
    let data = array.bytes().as_ptr().cast_mut().cast();
    Exported::new(array, data)
}

/// Returns an array for a consumer from before DLPack 1, which has no read-only arrays. Copies the memory unless
/// nothing else holds it.
///
/// ```
/// use rune_ir::{Array, dlpack};
/// let x = Array::from_slice([2], &[1.0f32, 2.0]);
/// let shared = dlpack::export_unversioned(x.clone());
/// assert_ne!(shared.structure().dl_tensor.data, x.bytes().as_ptr().cast_mut().cast());
/// ```
pub fn export_unversioned(array: Array) -> ExportedUnversioned {
    let ty = array.ty().clone();
    // The consumer may write to memory that nothing else holds.
    let mut array = Array::from_aligned(ty, array.into_aligned());
    let data = array.bytes_mut().as_mut_ptr().cast();
    ExportedUnversioned::new(array, data)
}
