//! Copies between the host and the memory of a device, and within this memory.

use super::buffer::params;
use super::device::DeviceHandle;
use super::fence::{ANY_QUEUE, infinitely};
use super::handle::{Fence, View};
use super::status::check;
use eerie_sys::runtime as sys;
use rune_ir::{ALIGNMENT, Array, Type};
use std::ptr::null_mut;

fn no_semaphores() -> sys::iree_hal_semaphore_list_t {
    sys::iree_hal_semaphore_list_t { count: 0, semaphores: null_mut(), payload_values: null_mut() }
}

impl View {
    /// Copies an array to the memory of a device, and waits for the copy.
    pub(crate) fn upload(device: &DeviceHandle, array: &Array) -> Result<View, String> {
        device.bind();
        let (view, bytes) = (View::new(device, array.ty())?, array.bytes());
        if !bytes.is_empty() {
            // SAFETY: the buffer is as long as the array. The copy has ended when the call returns.
            check(unsafe {
                sys::iree_hal_device_transfer_h2d(
                    device.device(),
                    bytes.as_ptr().cast(),
                    view.buffer(),
                    0,
                    bytes.len(),
                    0,
                    infinitely(),
                )
            })?;
        }
        Ok(view)
    }
    /// Starts a copy of an array to the memory of a device. The elements are there when `done` is reached. The device
    /// may be at work on something else meanwhile.
    pub(crate) fn send(device: &DeviceHandle, array: &Array, done: &Fence) -> Result<View, String> {
        /// The size up to which IREE copies the bytes into the commands for the device.
        const SMALL: usize = 64 << 10;
        device.bind();
        let (view, bytes) = (View::new(device, array.ty())?, array.bytes());
        // SAFETY: the buffers are as long as the array. IREE copies its bytes before the calls return. The device
        // retains both buffers until the copy is made, so the reference to the second can be released here.
        unsafe {
            if bytes.is_empty() {
                done.signal()?;
            } else if bytes.len() <= SMALL {
                check(sys::iree_hal_device_queue_update(
                    device.device(),
                    ANY_QUEUE,
                    no_semaphores(),
                    done.semaphores(),
                    bytes.as_ptr().cast(),
                    0,
                    view.buffer(),
                    0,
                    bytes.len() as sys::iree_device_size_t,
                    0,
                ))?;
            } else {
                let params = sys::iree_hal_buffer_params_t {
                    usage: sys::iree_hal_buffer_usage_bits_t_IREE_HAL_BUFFER_USAGE_TRANSFER
                        | sys::iree_hal_buffer_usage_bits_t_IREE_HAL_BUFFER_USAGE_MAPPING,
                    type_: (sys::iree_hal_memory_type_bits_t_IREE_HAL_MEMORY_TYPE_HOST_LOCAL
                        | sys::iree_hal_memory_type_bits_t_IREE_HAL_MEMORY_TYPE_DEVICE_VISIBLE)
                        as _,
                    ..params(0)
                };
                let mut staging = null_mut();
                check(sys::iree_hal_allocator_allocate_buffer(device.buffers(), params, bytes.len(), &mut staging))?;
                let written = check(sys::iree_hal_buffer_map_write(
                    staging,
                    0,
                    bytes.as_ptr().cast(),
                    bytes.len() as sys::iree_device_size_t,
                ));
                let copied = written.and_then(|()| view.copy_from(device, staging, bytes.len(), no_semaphores(), done));
                sys::iree_hal_buffer_release(staging);
                copied?;
            }
            Ok(view)
        }
    }
    /// Returns a copy in other memory of the same device. The copy is made after `wait` is reached, and is there when
    /// `done` is.
    pub(crate) fn duplicate(
        &self,
        device: &DeviceHandle,
        ty: &Type,
        wait: &Fence,
        done: &Fence,
    ) -> Result<View, String> {
        device.bind();
        let (view, bytes) = (View::new(device, ty)?, ty.bytes());
        if bytes == 0 {
            done.signal()?;
        } else {
            // SAFETY: both buffers are live and, as IREE checks, at least as long as the type.
            unsafe { view.copy_from(device, self.buffer(), bytes, wait.semaphores(), done) }?;
        }
        Ok(view)
    }
    /// Returns a view of new memory, with any contents.
    fn new(device: &DeviceHandle, ty: &Type) -> Result<View, String> {
        let mut buffer = null_mut();
        // SAFETY: creates a buffer into a live local. It is as long as the type.
        unsafe {
            check(sys::iree_hal_allocator_allocate_buffer(device.buffers(), params(0), ty.bytes(), &mut buffer))?;
            View::over(buffer, ty)
        }
    }
    /// Starts a copy of `bytes` bytes from another buffer, after `wait`. They are there when `done` is reached.
    ///
    /// # Safety
    /// `source` is live during the call. The device retains both buffers until the copy is made.
    unsafe fn copy_from(
        &self,
        device: &DeviceHandle,
        source: *mut sys::iree_hal_buffer_t,
        bytes: usize,
        wait: sys::iree_hal_semaphore_list_t,
        done: &Fence,
    ) -> Result<(), String> {
        let length = bytes as sys::iree_device_size_t;
        // SAFETY: by the contract of this function. IREE checks the lengths.
        check(unsafe {
            sys::iree_hal_device_queue_copy(
                device.device(),
                ANY_QUEUE,
                wait,
                done.semaphores(),
                source,
                0,
                self.buffer(),
                0,
                length,
                0,
            )
        })
    }
    /// Returns a copy in host memory.
    pub(crate) fn download(&self, device: &DeviceHandle, ty: &Type) -> Result<Array, String> {
        device.bind();
        let mut bytes = rune_trace::AlignedBytes::with_capacity(ALIGNMENT, ty.bytes());
        bytes.resize(ty.bytes(), 0);
        if !bytes.is_empty() {
            // SAFETY: both sides are live and `bytes.len()` long, which IREE checks for its side. The copy has ended on
            // return.
            check(unsafe {
                sys::iree_hal_device_transfer_d2h(
                    device.device(),
                    self.buffer(),
                    0,
                    bytes.as_mut_ptr().cast(),
                    bytes.len(),
                    0,
                    infinitely(),
                )
            })?;
        }
        Ok(Array::from_aligned(ty.clone(), bytes))
    }
}
