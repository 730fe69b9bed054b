//! Fences. A call waits on a fence for an earlier call. The host waits on a fence for a device.

use super::device::DeviceHandle;
use super::handle::Fence;
use super::libc_allocator::allocator;
use super::status::check;
#[cfg(test)]
use super::status::string_view;
use eerie_sys::runtime as sys;
use smallvec::SmallVec;
use std::ptr::null_mut;

/// The value of the semaphore of a fence that is reached. It starts at 0.
const REACHED: u64 = 1;
/// All queues of a device.
pub(super) const ANY_QUEUE: sys::iree_hal_queue_affinity_t = sys::iree_hal_queue_affinity_t::MAX;

pub(super) fn infinitely() -> sys::iree_timeout_t {
    sys::iree_timeout_t { type_: sys::iree_timeout_type_e_IREE_TIMEOUT_ABSOLUTE, nanos: i64::MAX }
}

impl Fence {
    /// Returns a fence that is not reached yet.
    pub(crate) fn new(device: &DeviceHandle) -> Result<Fence, String> {
        device.bind();
        let flags = sys::iree_hal_semaphore_flag_bits_t_IREE_HAL_SEMAPHORE_FLAG_DEFAULT;
        let (mut semaphore, mut fence) = (null_mut(), null_mut());
        // SAFETY: creates objects into live locals. The device is live. The fence holds the semaphore, so the reference
        // held here can be released.
        unsafe {
            check(sys::iree_hal_semaphore_create(device.device(), ANY_QUEUE, 0, flags as _, &mut semaphore))?;
            let made = sys::iree_hal_fence_create_at(semaphore, REACHED, allocator(), &mut fence);
            sys::iree_hal_semaphore_release(semaphore);
            check(made)?;
        }
        Fence::take(fence)
    }
    /// Returns a fence that is reached when all of `fences` are.
    pub(crate) fn join<'a>(fences: impl IntoIterator<Item = &'a Fence>) -> Result<Fence, String> {
        let mut fences: SmallVec<[*mut sys::iree_hal_fence_t; 8]> = fences.into_iter().map(Fence::raw).collect();
        let mut joined = null_mut();
        // SAFETY: the fences are live. The object is created into a live local, and holds their semaphores.
        check(unsafe {
            match fences.len() {
                // IREE joins no fences to a null pointer, which is no argument for a function.
                0 => sys::iree_hal_fence_create(0, allocator(), &mut joined),
                n => sys::iree_hal_fence_join(n, fences.as_mut_ptr(), allocator(), &mut joined),
            }
        })?;
        Fence::take(joined)
    }
    /// Returns whether the fence is reached, or the error of the work before it.
    pub(crate) fn is_reached(&self) -> Result<bool, String> {
        // SAFETY: the fence is live.
        let status = unsafe { sys::iree_hal_fence_query(self.raw()) };
        if status_code(status) == sys::iree_status_code_e_IREE_STATUS_DEFERRED {
            // SAFETY: the status is owned here, and freed once.
            unsafe { sys::iree_status_free(status) };
            return Ok(false);
        }
        check(status).map(|()| true)
    }
    /// Waits until the fence is reached. Returns the error of the work before it, if there is one.
    pub(crate) fn wait(&self) -> Result<(), String> {
        // SAFETY: the fence is live.
        let waited = check(unsafe { sys::iree_hal_fence_wait(self.raw(), infinitely(), 0) });
        // Only a query returns the whole message.
        waited.map_err(|code| self.is_reached().err().unwrap_or(code))
    }
    /// Makes the fence reached, after work of the host.
    pub(crate) fn signal(&self) -> Result<(), String> {
        // SAFETY: the fence is live.
        check(unsafe { sys::iree_hal_fence_signal(self.raw()) })
    }
    /// Makes the work before the fence a failure.
    #[cfg(test)]
    pub(crate) fn fail(&self, message: &str) {
        let code = sys::iree_status_code_e_IREE_STATUS_INTERNAL;
        // SAFETY: the fence is live, and takes over the status. IREE copies the message. The name of the file is static.
        unsafe {
            let status = sys::iree_status_allocate(code, c"fence".as_ptr(), 0, string_view(message));
            sys::iree_hal_fence_fail(self.raw(), status);
        }
    }
    pub(super) fn semaphores(&self) -> sys::iree_hal_semaphore_list_t {
        // SAFETY: the fence is live, and the list is a part of it.
        unsafe { sys::iree_hal_fence_semaphore_list(self.raw()) }
    }
}

/// Returns the code of a status. It is in the lowest bits of the pointer.
fn status_code(status: sys::iree_status_t) -> sys::iree_status_code_e {
    (status.addr() & sys::iree_status_code_e_IREE_STATUS_CODE_MASK as usize) as sys::iree_status_code_e
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_reached_once_all_of_its_parts_are() {
        let device = DeviceHandle::open("local-sync", 0).unwrap();
        let parts = [Fence::new(&device).unwrap(), Fence::new(&device).unwrap()];
        let joined = Fence::join(&parts).unwrap();
        parts[0].signal().unwrap();
        assert_eq!((parts[0].is_reached(), joined.is_reached()), (Ok(true), Ok(false)));
        parts[1].signal().unwrap();
        assert_eq!((joined.is_reached(), joined.wait()), (Ok(true), Ok(())));
        assert_eq!(Fence::join([]).unwrap().is_reached(), Ok(true));
    }

    #[test]
    fn a_failure_is_seen_by_those_who_wait() {
        let device = DeviceHandle::open("local-sync", 0).unwrap();
        let parts = [Fence::new(&device).unwrap(), Fence::new(&device).unwrap()];
        let joined = Fence::join(&parts).unwrap();
        parts[0].fail("out of luck");
        assert!(joined.wait().unwrap_err().contains("out of luck"));
        assert!(parts[0].is_reached().unwrap_err().contains("out of luck"));
        assert_eq!(parts[1].is_reached(), Ok(false));
    }
}
