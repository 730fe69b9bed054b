//! Modules of IREE's virtual machine, and contexts, which link them.

use super::device::DeviceHandle;
use super::handle::{Context, VmModule, instance, lifecycle};
use super::libc_allocator::{allocator, allocator_for};
use super::status::{check, string_view};
use eerie_sys::runtime as sys;
use std::ptr::null_mut;

/// Loads compiled code from memory that is aligned to 64 bytes.
///
/// # Safety
/// `bytes` outlive the module and every context made with it.
pub(super) unsafe fn bytecode_module(bytes: &[u8]) -> Result<VmModule, String> {
    let instance = instance()?;
    let _lock = lifecycle();
    let archive = sys::iree_const_byte_span_t { data: bytes.as_ptr(), data_length: bytes.len() };
    let nothing_to_free = sys::iree_allocator_t { self_: null_mut(), ctl: None };
    let mut raw = null_mut();
    // SAFETY: by the contract of this function, the archive lives long enough. IREE checks its structure.
    unsafe {
        check(sys::iree_vm_bytecode_module_create(
            instance,
            sys::iree_vm_bytecode_module_flags_e_IREE_VM_BYTECODE_MODULE_FLAG_NONE,
            archive,
            nothing_to_free,
            allocator_for(bytes.len()),
            &mut raw,
        ))?;
    }
    VmModule::take(raw)
}

/// Returns the attribute `key` of the function `entry` of a module, if it has one.
pub(crate) fn attribute(bytes: &[u8], entry: &str, key: &str) -> Result<Option<String>, String> {
    // SAFETY: the module is released at the end of this function, which borrows `bytes`. No context is made with it.
    let module = unsafe { bytecode_module(bytes) }?;
    let function = look_up(&module, entry)?;
    // SAFETY: the function belongs to the module, which is live.
    Ok(unsafe { function_attribute(&function, key) })
}

/// Returns the function `entry` of a module.
pub(super) fn look_up(module: &VmModule, entry: &str) -> Result<sys::iree_vm_function_t, String> {
    let mut function = sys::iree_vm_function_t::default();
    // SAFETY: writes into a live local. The module is live.
    check(unsafe {
        sys::iree_vm_module_lookup_function_by_name(
            module.raw(),
            sys::iree_vm_function_linkage_e_IREE_VM_FUNCTION_LINKAGE_EXPORT as _,
            string_view(entry),
            &mut function,
        )
    })?;
    Ok(function)
}

/// Returns the attribute `key` of a function, if it has one.
///
/// # Safety
/// The module of the function is live.
pub(super) unsafe fn function_attribute(function: &sys::iree_vm_function_t, key: &str) -> Option<String> {
    // SAFETY: the text is in the module, which is live. It is copied.
    unsafe {
        let text = sys::iree_vm_function_lookup_attr_by_name(function, string_view(key));
        if text.data.is_null() || text.size == 0 {
            return None;
        }
        Some(String::from_utf8_lossy(std::slice::from_raw_parts(text.data.cast(), text.size)).into_owned())
    }
}

/// Links modules: the device's, the host's if any, then the compiled code.
pub(super) fn context(device: &DeviceHandle, host: Option<&VmModule>, code: &VmModule) -> Result<Context, String> {
    let instance = instance()?;
    let _lock = lifecycle();
    let mut modules: Vec<*mut sys::iree_vm_module_t> =
        [Some(device.hal()), host, Some(code)].into_iter().flatten().map(VmModule::raw).collect();
    let mut raw = null_mut();
    // SAFETY: the modules are live, and the context retains them. `Function` explains why CONCURRENT is right.
    unsafe {
        check(sys::iree_vm_context_create_with_modules(
            instance,
            sys::iree_vm_context_flag_bits_t_IREE_VM_CONTEXT_FLAG_CONCURRENT as _,
            modules.len(),
            modules.as_mut_ptr(),
            allocator(),
            &mut raw,
        ))?;
    }
    Context::take(raw)
}
