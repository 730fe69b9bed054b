//! Buffers: host arrays lent to IREE, and IREE buffers that the host reads. Shared memory is not copied.

use super::device::DeviceHandle;
use super::handle::View;
use super::libc_allocator::allocator;
use super::status::check;
use eerie_sys::runtime as sys;
use rune_ir::{ALIGNMENT, Array, DType, HostMemory, Shape, Type};
use std::any::Any;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

/// Returns the element type of a dtype in the ABI of compiled code.
fn element_type(dtype: DType) -> sys::iree_hal_element_type_t {
    let t = match dtype {
        DType::Bool => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_BOOL_8,
        // Signless, like StableHLO's `i8`. Modules hold floats of 8 bits as such integers.
        DType::I8 | DType::F8E4M3FN | DType::F8E5M2 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_INT_8,
        DType::I16 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_INT_16,
        DType::I32 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_INT_32,
        DType::I64 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_INT_64,
        DType::U8 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_UINT_8,
        DType::U16 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_UINT_16,
        DType::U32 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_UINT_32,
        DType::U64 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_UINT_64,
        DType::F16 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_FLOAT_16,
        DType::BF16 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_BFLOAT_16,
        DType::F32 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_FLOAT_32,
        DType::F64 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_FLOAT_64,
        DType::C64 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_COMPLEX_FLOAT_64,
        DType::C128 => sys::iree_hal_element_types_t_IREE_HAL_ELEMENT_TYPE_COMPLEX_FLOAT_128,
    };
    t as sys::iree_hal_element_type_t
}

const IMMUTABLE: u32 = sys::iree_hal_buffer_usage_bits_t_IREE_HAL_BUFFER_USAGE_SHARING_IMMUTABLE;

pub(super) fn params(usage: u32) -> sys::iree_hal_buffer_params_t {
    sys::iree_hal_buffer_params_t {
        usage: sys::iree_hal_buffer_usage_bits_t_IREE_HAL_BUFFER_USAGE_DEFAULT | usage,
        access: sys::iree_hal_memory_access_bits_t_IREE_HAL_MEMORY_ACCESS_ALL as _,
        type_: sys::iree_hal_memory_type_bits_t_IREE_HAL_MEMORY_TYPE_DEVICE_LOCAL as _,
        ..Default::default()
    }
}

unsafe extern "C" fn drop_array(array: *mut c_void, _: *mut sys::iree_hal_buffer_t) {
    // SAFETY: `array` came from `Box::into_raw` in `View::lend`, and IREE calls this once.
    drop(unsafe { Box::from_raw(array.cast::<Array>()) });
}

/// Memory of IREE that the host reads. It keeps the buffer and its device alive.
pub(crate) struct MappedView {
    // The fields are dropped in this order.
    view: View,
    _device: Arc<DeviceHandle>,
    ty: Type,
    data: *const u8,
}
// SAFETY: this only reads the memory, and nothing writes to it, as explained in `bytes`.
unsafe impl Send for MappedView {}
// SAFETY: as above.
unsafe impl Sync for MappedView {}

// SAFETY: `data` and `ty` do not change, the memory lives as long as the view, and nothing writes to it, as explained
// in `bytes`.
unsafe impl HostMemory for MappedView {
    fn bytes(&self) -> &[u8] {
        if self.data.is_null() {
            return &[];
        }
        // SAFETY: `data` is the start of a mapping of the whole view. The mapping is valid as long as the buffer, which
        // `view` retains. Nothing writes to the memory: IREE writes to results only while it makes them, and to
        // arguments only if they are copies or donated, and `Executable` makes sure that no array refers to those.
        unsafe { std::slice::from_raw_parts(self.data, self.ty.bytes()) }
    }
}

impl View {
    /// Lends an array to a device that shares the host's memory, without a copy. The array lives until IREE drops the
    /// buffer. If `unique`, nothing else reads the array again, so IREE may write to it.
    ///
    /// # Errors
    /// Returns an error if the array is not aligned to [`ALIGNMENT`].
    pub(crate) fn lend(device: &DeviceHandle, array: Array, unique: bool) -> Result<View, String> {
        let (ty, bytes) = (array.ty().clone(), array.bytes());
        if bytes.as_ptr().align_offset(ALIGNMENT) != 0 {
            return Err(format!("the memory of an array of type {ty} is not aligned to {ALIGNMENT} bytes"));
        }
        let mut external = sys::iree_hal_external_buffer_t {
            type_: sys::iree_hal_external_buffer_type_e_IREE_HAL_EXTERNAL_BUFFER_TYPE_HOST_ALLOCATION,
            flags: 0,
            size: bytes.len(),
            handle: sys::iree_hal_external_buffer_t__bindgen_ty_1 {
                host_allocation: sys::iree_hal_external_buffer_t__bindgen_ty_1__bindgen_ty_1 {
                    ptr: bytes.as_ptr().cast_mut().cast(),
                },
            },
        };
        let array = Box::into_raw(Box::new(array));
        let release = sys::iree_hal_buffer_release_callback_t { fn_: Some(drop_array), user_data: array.cast() };
        let usage = if unique { 0 } else { IMMUTABLE };
        let mut buffer = null_mut();
        // SAFETY: the boxed array keeps the memory in place until `drop_array` is called. A buffer that is not `unique`
        // is never written to: it is only passed for parameters that the code does not overwrite.
        unsafe {
            let status = sys::iree_hal_allocator_import_buffer(
                device.buffers(),
                params(usage),
                &mut external,
                release,
                &mut buffer,
            );
            check(status).inspect_err(|_| drop(Box::from_raw(array)))?;
            View::over(buffer, &ty)
        }
    }
    /// Returns a view of a whole buffer. Takes over the reference.
    ///
    /// # Safety
    /// `buffer` is live and large enough.
    pub(super) unsafe fn over(buffer: *mut sys::iree_hal_buffer_t, ty: &Type) -> Result<View, String> {
        let mut view = null_mut();
        // SAFETY: the buffer is live. The view retains it, so the reference held here can be released.
        unsafe {
            let status = sys::iree_hal_buffer_view_create(
                buffer,
                ty.rank(),
                ty.shape.as_ptr(),
                element_type(ty.dtype),
                sys::iree_hal_encoding_types_t_IREE_HAL_ENCODING_TYPE_DENSE_ROW_MAJOR as _,
                allocator(),
                &mut view,
            );
            sys::iree_hal_buffer_release(buffer);
            check(status)?;
        }
        View::take(view)
    }
    /// Returns another reference to the view.
    pub(crate) fn retain(&self) -> View {
        // SAFETY: the view is live. The new handle owns the new reference.
        unsafe { sys::iree_hal_buffer_view_retain(self.raw()) };
        View(self.0)
    }
    pub(super) fn buffer(&self) -> *mut sys::iree_hal_buffer_t {
        // SAFETY: the view is live.
        unsafe { sys::iree_hal_buffer_view_buffer(self.raw()) }
    }
    /// Returns whether this is the only reference to the memory, so that IREE may write to it.
    pub(crate) fn is_unique(&self) -> bool {
        let count = |raw: *mut i32| {
            // SAFETY: reference counts are atomic integers in live objects.
            unsafe { AtomicI32::from_ptr(raw) }.load(Ordering::Acquire)
        };
        let buffer = self.buffer();
        // SAFETY: the view holds its buffer, which holds the buffer that it is a part of. A view begins with its
        // reference count, like every object of the VM that can be in a list.
        unsafe {
            let whole = sys::iree_hal_buffer_allocated_buffer(buffer);
            let usage = sys::iree_hal_buffer_allowed_usage(whole);
            count(self.raw().cast()) == 1
                && count(&raw mut (*buffer).resource.ref_count) == 1
                && (whole == buffer || count(&raw mut (*whole).resource.ref_count) == 1)
                && usage & IMMUTABLE == 0
        }
    }
    /// Returns the address of the object that holds the memory.
    pub(crate) fn address(&self) -> usize {
        // SAFETY: the view is live. It holds its buffer, which holds the buffer that it is a part of.
        unsafe { sys::iree_hal_buffer_allocated_buffer(self.buffer()).addr() }
    }
    /// Returns whether both views have bytes in common.
    pub(crate) fn overlaps(&self, other: &View) -> bool {
        let range = |view: &View| {
            // SAFETY: the view is live, and holds its buffer.
            unsafe {
                let buffer = view.buffer();
                let start = sys::iree_hal_buffer_byte_offset(buffer);
                (start, start + sys::iree_hal_buffer_byte_length(buffer))
            }
        };
        let ((start, end), (other_start, other_end)) = (range(self), range(other));
        self.address() == other.address() && start < other_end && other_start < end
    }
    /// Returns the shape, or an error if the elements are not of `dtype`.
    pub(crate) fn shape(&self, dtype: DType) -> Result<Shape, String> {
        // SAFETY: the view is live, and contains its sizes, which are `rank` integers.
        let (found, dims) = unsafe {
            let rank = sys::iree_hal_buffer_view_shape_rank(self.raw());
            let dims = sys::iree_hal_buffer_view_shape_dims(self.raw());
            let dims = if rank == 0 { &[][..] } else { std::slice::from_raw_parts(dims, rank) };
            (sys::iree_hal_buffer_view_element_type(self.raw()), dims)
        };
        let expected = element_type(dtype);
        let bits = |t: u32| t & 0xff;
        // Compiled code may return signless integers that were declared unsigned.
        if found != expected && !(dtype.is_int() && bits(found) == bits(expected)) {
            return Err(format!("elements of IREE's type {found:#x} where {dtype} ({expected:#x}) was expected"));
        }
        Ok(dims.iter().copied().collect())
    }
    /// Returns an array over the memory itself, for devices that share the host's memory.
    pub(crate) fn into_array(self, device: &Arc<DeviceHandle>, ty: Type) -> Result<Array, String> {
        let bytes = ty.bytes();
        let mut data = std::ptr::null();
        if bytes != 0 {
            let mut mapping = sys::iree_hal_buffer_mapping_t::default();
            // SAFETY: the buffer is live. A persistent mapping is valid as long as the buffer, and needs no unmapping.
            unsafe {
                let buffer = self.buffer();
                let length = sys::iree_hal_buffer_byte_length(buffer);
                if length < bytes {
                    return Err(format!("a buffer of {length} bytes where {ty} was expected"));
                }
                check(sys::iree_hal_buffer_map_range(
                    buffer,
                    sys::iree_hal_mapping_mode_bits_t_IREE_HAL_MAPPING_MODE_PERSISTENT as _,
                    sys::iree_hal_memory_access_bits_t_IREE_HAL_MEMORY_ACCESS_READ as _,
                    0,
                    bytes,
                    &mut mapping,
                ))?;
            }
            data = mapping.contents.data.cast_const();
            if data.align_offset(ty.dtype.size()) != 0 {
                return Err(format!("a buffer that is not aligned for {}", ty.dtype));
            }
        }
        let memory = MappedView { view: self, _device: Arc::clone(device), ty: ty.clone(), data };
        Ok(Array::from_foreign(ty, Arc::new(memory)))
    }
    /// Returns the view behind an array that IREE made, if the array still has its original type.
    pub(crate) fn of(array: &Array) -> Option<&View> {
        let memory: &dyn Any = &**array.foreign()?;
        let mapped = memory.downcast_ref::<MappedView>()?;
        (mapped.ty == *array.ty()).then_some(&mapped.view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_keeps_its_device() {
        let device = Arc::new(DeviceHandle::open("local-sync", 0).unwrap());
        let ty = Type::new(DType::F32, [4]);
        let view = View::upload(&device, &Array::from_slice([4], &[1.0f32, 2.0, 3.0, 4.0])).unwrap();
        let array = view.into_array(&device, ty).unwrap();
        let alive = Arc::downgrade(&device);
        drop(device);
        assert!(alive.upgrade().is_some());
        assert_eq!(array.as_slice::<f32>(), [1.0, 2.0, 3.0, 4.0]);
        drop(array);
        assert!(alive.upgrade().is_none());
    }
}
