//! Open devices.

use super::allocator::create_allocator;
#[cfg(feature = "cuda")]
use super::cuda::CudaContext;
use super::driver::{create_device, create_driver};
use super::handle::{Group, RawDevice, VmModule, instance, lifecycle};
use super::libc_allocator::allocator;
use super::status::{check, string_view};
#[cfg(feature = "vulkan")]
use super::vulkan;
use eerie_sys::runtime as sys;
use std::ptr::null_mut;

/// A device, and the module through which compiled code uses it.
pub(crate) struct DeviceHandle {
    // The fields are dropped in this order.
    hal: VmModule,
    _group: Group,
    device: RawDevice,
    #[cfg(feature = "cuda")]
    cuda: Option<CudaContext>,
}

impl DeviceHandle {
    /// Opens the device of a driver at `index` of [`devices`](super::driver::devices).
    pub(crate) fn open(driver_name: &str, index: usize) -> Result<DeviceHandle, String> {
        let instance = instance()?;
        let _lock = lifecycle();
        let driver = create_driver(driver_name)?;
        // SAFETY: objects are created into live locals in the order of IREE's own tools, under the lifecycle lock.
        // References that are not kept are released once, after their last use.
        unsafe {
            let (device, id) = create_device(&driver, index)?;
            // IREE numbers devices from 1.
            #[cfg(feature = "cuda")]
            let cuda = (driver_name == "cuda").then(|| CudaContext::of(id as i32 - 1)).transpose()?;
            #[cfg(not(feature = "cuda"))]
            let _ = id;
            #[cfg(feature = "vulkan")]
            if driver_name == "vulkan" {
                vulkan::accept_all_buffers(device.raw());
            }
            if driver_name.starts_with("local") {
                let buffers = create_allocator(driver_name)?;
                // The device is new, and keeps a reference.
                sys::iree_hal_device_replace_allocator(device.raw(), buffers);
                sys::iree_hal_allocator_release(buffers);
            }

            let mut tracker = null_mut();
            let options = sys::iree_async_frontier_tracker_options_t {
                axis_table_capacity: 256,
                session_epoch: 1,
                machine_index: 0,
            };
            check(sys::iree_async_frontier_tracker_create(options, allocator(), &mut tracker))?;
            let mut group = null_mut();
            let made = sys::iree_hal_device_group_create_from_device(device.raw(), tracker, allocator(), &mut group);
            sys::iree_async_frontier_tracker_release(tracker);
            check(made)?;
            let group = Group::take(group)?;

            let mut hal = null_mut();
            check(sys::iree_hal_module_create(
                instance,
                sys::iree_hal_module_device_policy_default(),
                group.raw(),
                sys::iree_hal_module_flag_bits_t_IREE_HAL_MODULE_FLAG_SYNCHRONOUS as _,
                sys::iree_hal_module_debug_sink_null(),
                allocator(),
                &mut hal,
            ))?;
            Ok(DeviceHandle {
                hal: VmModule::take(hal)?,
                _group: group,
                device,
                #[cfg(feature = "cuda")]
                cuda,
            })
        }
    }
    /// Prepares this thread for IREE's calls on the device, including those that release its memory.
    pub(crate) fn bind(&self) {
        #[cfg(feature = "cuda")]
        if let Some(context) = &self.cuda {
            context.bind();
        }
    }
    /// Returns the module through which compiled code uses the device.
    pub(super) fn hal(&self) -> &VmModule {
        &self.hal
    }
    pub(super) fn device(&self) -> *mut sys::iree_hal_device_t {
        self.device.raw()
    }
    /// Returns the allocator of its buffers, which lives as long as the device.
    pub(super) fn buffers(&self) -> *mut sys::iree_hal_allocator_t {
        // SAFETY: the device is live.
        unsafe { sys::iree_hal_device_allocator(self.device.raw()) }
    }
    /// Returns a number that the driver reports about the device, if it knows the key.
    pub(crate) fn query(&self, category: &str, key: &str) -> Option<u32> {
        let mut value = 0;
        // SAFETY: the device is live, and the value is written into a live local.
        let status = unsafe {
            sys::iree_hal_device_query_i64(self.device(), string_view(category), string_view(key), &mut value)
        };
        check(status).ok().and_then(|()| u32::try_from(value).ok())
    }
    /// Returns the bytes that the device's buffers use now, and their peak.
    pub(crate) fn memory(&self) -> (u64, u64) {
        let mut all = sys::iree_hal_allocator_statistics_t::default();
        // SAFETY: the allocator lives as long as the device, and writes into a live local.
        unsafe { sys::iree_hal_allocator_query_statistics(self.buffers(), &mut all) };
        let in_use = |allocated: usize, freed: usize| allocated.saturating_sub(freed);
        let host = in_use(all.host_bytes_allocated, all.host_bytes_freed);
        let device = in_use(all.device_bytes_allocated, all.device_bytes_freed);
        ((host + device) as u64, (all.host_bytes_peak + all.device_bytes_peak) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cleared memory is zero for every size, even if it was used before.
    #[test]
    fn cleared_memory_is_clear() {
        let device = DeviceHandle::open("local-sync", 0).unwrap();
        for bytes in [1000, 100_000, 3_000_000] {
            for _ in 0..3 {
                // SAFETY: the block is used within its size, and freed once with the allocator it came from.
                unsafe {
                    let host = sys::iree_hal_allocator_host_allocator(device.buffers());
                    let mut block = null_mut();
                    check(sys::iree_allocator_malloc(host, bytes, &mut block)).unwrap();
                    let contents = std::slice::from_raw_parts_mut(block.cast::<u8>(), bytes);
                    assert!(contents.iter().all(|b| *b == 0), "{bytes} bytes");
                    contents.fill(7);
                    sys::iree_allocator_free(host, block);
                }
            }
        }
    }

    #[test]
    fn buffers_of_all_sizes_are_counted() {
        let device = DeviceHandle::open("local-sync", 0).unwrap();
        let mut all = Vec::new();
        for bytes in [0, 1, 1000, 1 << 20] {
            let params = sys::iree_hal_buffer_params_t {
                usage: sys::iree_hal_buffer_usage_bits_t_IREE_HAL_BUFFER_USAGE_DEFAULT,
                type_: sys::iree_hal_memory_type_bits_t_IREE_HAL_MEMORY_TYPE_DEVICE_LOCAL as _,
                ..Default::default()
            };
            let mut buffer = null_mut();
            // SAFETY: creates an object into a live local.
            let made = unsafe { sys::iree_hal_allocator_allocate_buffer(device.buffers(), params, bytes, &mut buffer) };
            check(made).unwrap();
            // SAFETY: the buffer is live.
            assert_eq!(unsafe { sys::iree_hal_buffer_byte_length(buffer) }, bytes);
            all.push(buffer);
        }
        assert_eq!(device.memory(), (1_049_577, 1_049_577));
        for buffer in all {
            // SAFETY: this is the only reference.
            unsafe { sys::iree_hal_buffer_release(buffer) };
        }
        assert_eq!(device.memory(), (0, 1_049_577));
    }
}
