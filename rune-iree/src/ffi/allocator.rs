//! The allocator of buffers in host memory.
//!
//! It is IREE's allocator over the C library, except that buffers get their memory from [`Block`]s. The HAL does not
//! define the contents of a new buffer, so the memory need not be cleared. IREE's own allocator asks a host allocator
//! for cleared memory for each buffer and its bookkeeping. Everything else still uses the C library.

use super::libc_allocator::allocator;
use super::memory::{Block, release_idle_memory};
use super::status::{check, string_view};
use eerie_sys::runtime as sys;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The functions of one allocator, and the memory use of its buffers. Like a device, it is never freed.
#[repr(C)]
struct Table {
    /// Must be first: IREE finds the table by the address of its functions.
    functions: sys::iree_hal_allocator_vtable_t,
    usage: Arc<Usage>,
}

/// The bytes of buffers.
#[derive(Default)]
struct Usage {
    allocated: AtomicU64,
    freed: AtomicU64,
    peak: AtomicU64,
}

impl Usage {
    fn add(&self, bytes: u64) {
        let allocated = self.allocated.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let in_use = allocated.saturating_sub(self.freed.load(Ordering::Relaxed));
        self.peak.fetch_max(in_use, Ordering::Relaxed);
    }
}

/// The memory of a buffer.
struct Allocation {
    block: Block,
    bytes: u64,
    usage: Arc<Usage>,
}

/// Creates the allocator of a local device. The caller owns the reference.
pub(super) fn create_allocator(name: &str) -> Result<*mut sys::iree_hal_allocator_t, String> {
    let mut made = null_mut();
    // SAFETY: creates an object into a live local. Like every object of the HAL, it begins with a resource. The
    // functions of this resource are those of an allocator, and nothing else uses it yet. The new functions call the
    // old ones for everything except the memory of buffers.
    unsafe {
        check(sys::iree_hal_allocator_create_heap(string_view(name), allocator(), allocator(), &mut made))?;
        let resource = made.cast::<sys::iree_hal_resource_t>();
        let mut functions = *(*resource).vtable.cast::<sys::iree_hal_allocator_vtable_t>();
        functions.allocate_buffer = Some(allocate_buffer);
        functions.query_statistics = Some(query_statistics);
        functions.trim = Some(trim);
        let table: &'static Table = Box::leak(Box::new(Table { functions, usage: Arc::default() }));
        (*resource).vtable = std::ptr::from_ref(table).cast();
    }
    Ok(made)
}

/// # Safety
/// `base` is an allocator of [`create_allocator`].
unsafe fn usage<'a>(base: *mut sys::iree_hal_allocator_t) -> &'a Arc<Usage> {
    // SAFETY: its functions are those of a `Table`, which is never freed.
    unsafe { &(*(*base.cast::<sys::iree_hal_resource_t>()).vtable.cast::<Table>()).usage }
}

/// Returns a status without a message, which is the code itself.
fn status(code: sys::iree_status_code_e) -> sys::iree_status_t {
    std::ptr::without_provenance_mut(code as usize)
}

unsafe extern "C" fn allocate_buffer(
    base: *mut sys::iree_hal_allocator_t,
    params: *const sys::iree_hal_buffer_params_t,
    size: sys::iree_device_size_t,
    out: *mut *mut sys::iree_hal_buffer_t,
) -> sys::iree_status_t {
    // SAFETY: IREE passes live parameters.
    let (mut params, mut wanted) = (unsafe { *params }, size);
    // SAFETY: writes into live locals.
    let compatible =
        unsafe { sys::iree_hal_allocator_query_buffer_compatibility(base, params, size, &mut params, &mut wanted) };
    if compatible & sys::iree_hal_buffer_compatibility_bits_t_IREE_HAL_BUFFER_COMPATIBILITY_ALLOCATABLE == 0 {
        return status(sys::iree_status_code_e_IREE_STATUS_INVALID_ARGUMENT);
    }
    let Some(block) = Block::new(wanted) else {
        return status(sys::iree_status_code_e_IREE_STATUS_RESOURCE_EXHAUSTED);
    };
    // SAFETY: the allocator comes from `create_allocator`, which installs this function.
    let usage = unsafe { Arc::clone(usage(base)) };
    let data = sys::iree_byte_span_t { data: block.start().as_ptr(), data_length: wanted };
    usage.add(wanted as u64);
    let allocation = Box::into_raw(Box::new(Allocation { block, bytes: wanted as u64, usage }));
    let release = sys::iree_hal_buffer_release_callback_t { fn_: Some(release), user_data: allocation.cast() };
    // SAFETY: the block is as long as the buffer, and aligned as IREE requires. It lives until IREE calls `release`,
    // once, when the buffer is destroyed. If no buffer was made, the allocation is taken back here.
    unsafe {
        let made = sys::iree_hal_heap_buffer_wrap(
            sys::iree_hal_buffer_placement_t::default(),
            params.type_,
            params.access,
            params.usage,
            wanted,
            data,
            release,
            allocator(),
            out,
        );
        if !made.is_null() {
            give_back(allocation);
        }
        made
    }
}

unsafe extern "C" fn release(allocation: *mut c_void, _: *mut sys::iree_hal_buffer_t) {
    // SAFETY: it comes from `allocate_buffer`, and IREE calls this once.
    unsafe { give_back(allocation.cast()) }
}

/// # Safety
/// `allocation` comes from `Box::into_raw`, and is not used again.
unsafe fn give_back(allocation: *mut Allocation) {
    // SAFETY: by the contract of this function.
    let Allocation { block, bytes, usage } = *unsafe { Box::from_raw(allocation) };
    usage.freed.fetch_add(bytes, Ordering::Relaxed);
    block.give_back();
}

unsafe extern "C" fn query_statistics(
    base: *mut sys::iree_hal_allocator_t,
    out: *mut sys::iree_hal_allocator_statistics_t,
) {
    let load = |bytes: &AtomicU64| bytes.load(Ordering::Relaxed) as usize;
    // SAFETY: the allocator comes from `create_allocator`. IREE passes memory for the statistics.
    unsafe {
        let usage = usage(base);
        out.write(sys::iree_hal_allocator_statistics_t {
            device_bytes_peak: load(&usage.peak),
            // The order matters: a buffer that is created between the loads counts as allocated.
            device_bytes_freed: load(&usage.freed),
            device_bytes_allocated: load(&usage.allocated),
            ..Default::default()
        });
    }
}

unsafe extern "C" fn trim(_: *mut sys::iree_hal_allocator_t) -> sys::iree_status_t {
    release_idle_memory();
    null_mut()
}
