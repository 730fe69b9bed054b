//! The C library's allocator, for all objects of IREE's runtime.

use eerie_sys::runtime as sys;
use std::ffi::c_void;
use std::ptr::null_mut;

unsafe extern "C" {
    // This function is in the archive that eerie-sys links, but not in its bindings.
    fn iree_allocator_libc_ctl(
        this: *mut c_void,
        command: sys::iree_allocator_command_e,
        params: *const c_void,
        inout_ptr: *mut *mut c_void,
    ) -> sys::iree_status_t;
}

/// Returns the C library's allocator.
pub(super) fn allocator() -> sys::iree_allocator_t {
    sys::iree_allocator_t { self_: null_mut(), ctl: Some(iree_allocator_libc_ctl) }
}

/// Returns the C library's allocator with a limit, for the objects of a module of `bytes` bytes. A damaged module may
/// state any size, and IREE allocates it.
pub(super) fn allocator_for(bytes: usize) -> sys::iree_allocator_t {
    let most = bytes.saturating_mul(64).saturating_add(1 << 20);
    sys::iree_allocator_t { self_: std::ptr::without_provenance_mut(most), ctl: Some(limited) }
}

/// Refuses to allocate more than `most` bytes. `most` is a number in place of a pointer.
///
/// # Safety
/// Implements IREE's allocator callback.
unsafe extern "C" fn limited(
    most: *mut c_void,
    command: sys::iree_allocator_command_e,
    params: *const c_void,
    inout_ptr: *mut *mut c_void,
) -> sys::iree_status_t {
    let allocates = command != sys::iree_allocator_command_e_IREE_ALLOCATOR_COMMAND_FREE;
    // SAFETY: the other commands that modules use have these parameters. All are passed on unchanged.
    unsafe {
        if allocates && (*params.cast::<sys::iree_allocator_alloc_params_t>()).byte_length > most.addr() {
            // A status without a message is its code.
            return std::ptr::without_provenance_mut(sys::iree_status_code_e_IREE_STATUS_RESOURCE_EXHAUSTED as usize);
        }
        libc_ctl(command, params, inout_ptr)
    }
}

/// Calls the C library's allocator.
///
/// # Safety
/// The contract of IREE's allocators: `params` are those of the command, and `inout_ptr` holds or receives a block.
unsafe fn libc_ctl(
    command: sys::iree_allocator_command_e,
    params: *const c_void,
    inout_ptr: *mut *mut c_void,
) -> sys::iree_status_t {
    // SAFETY: by the contract of this function.
    unsafe { iree_allocator_libc_ctl(null_mut(), command, params, inout_ptr) }
}
