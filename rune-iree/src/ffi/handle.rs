//! Handles to objects of IREE's runtime, and the lock for their creation. Dropping a handle releases the object.

use super::libc_allocator::allocator;
use super::status::check;
use eerie_sys::runtime as sys;
use std::ptr::{NonNull, null_mut};
use std::sync::{Mutex, MutexGuard, OnceLock};

/// Locks the creation of devices, modules and contexts. IREE registers types and initializes executables without locks,
/// so several threads must not create these objects at once.
pub(super) fn lifecycle() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(|e| e.into_inner())
}

struct Instance(NonNull<sys::iree_vm_instance_t>);
// SAFETY: an instance is thread-safe by IREE's contract.
unsafe impl Send for Instance {}
// SAFETY: as above.
unsafe impl Sync for Instance {}

/// Returns the instance of this process. It is never released.
pub(super) fn instance() -> Result<*mut sys::iree_vm_instance_t, String> {
    static INSTANCE: OnceLock<Result<Instance, String>> = OnceLock::new();
    let made = INSTANCE.get_or_init(|| {
        let mut raw = null_mut();
        // SAFETY: creates an object into a live local, and registers the types of the HAL in it, once per process.
        unsafe {
            let capacity = sys::IREE_VM_TYPE_CAPACITY_DEFAULT as usize;
            check(sys::iree_vm_instance_create(capacity, allocator(), &mut raw))?;
            check(sys::iree_hal_module_register_all_types(raw))?;
        }
        NonNull::new(raw).map(Instance).ok_or_else(|| "IREE made no instance".to_owned())
    });
    made.as_ref().map(|i| i.0.as_ptr()).map_err(String::clone)
}

macro_rules! handle {
    ($(#[$doc:meta])* $name:ident, $raw:ident, $release:ident) => {
        $(#[$doc])*
        pub(crate) struct $name(pub(super) NonNull<sys::$raw>);
        impl $name {
            /// Takes over a reference.
            pub(super) fn take(raw: *mut sys::$raw) -> Result<$name, String> {
                NonNull::new(raw).map($name).ok_or_else(|| "IREE returned a null pointer".to_owned())
            }
            pub(super) fn raw(&self) -> *mut sys::$raw {
                self.0.as_ptr()
            }
        }
        impl Drop for $name {
            fn drop(&mut self) {
                // SAFETY: this owns one reference to a live object.
                unsafe { sys::$release(self.raw()) }
            }
        }
        // SAFETY: by IREE's contract, the object is thread-safe, or immutable with an atomic reference count.
        unsafe impl Send for $name {}
        // SAFETY: as above.
        unsafe impl Sync for $name {}
    };
}

handle!(Driver, iree_hal_driver_t, iree_hal_driver_release);
handle!(
    /// A device.
    RawDevice, iree_hal_device_t, iree_hal_device_release
);
handle!(Group, iree_hal_device_group_t, iree_hal_device_group_release);
handle!(
    /// A module of the VM: compiled code, or functions of the host.
    VmModule, iree_vm_module_t, iree_vm_module_release
);
handle!(
    /// Linked modules with their state.
    Context, iree_vm_context_t, iree_vm_context_release
);
handle!(
    /// A point in the work of a device, which the device reaches once. It does not change after it is made.
    Fence, iree_hal_fence_t, iree_hal_fence_release
);
handle!(
    /// A typed and shaped view of a buffer.
    View, iree_hal_buffer_view_t, iree_hal_buffer_view_release
);
