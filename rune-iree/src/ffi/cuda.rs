//! Makes the CUDA context current in threads. IREE's driver does so in the thread that opens the device and in its own
//! threads, but not in other threads that use the device. In those, each allocation would fail with
//! `CUDA_ERROR_INVALID_CONTEXT`.

use libloading::Library;
use std::ffi::{c_int, c_void};

type Context = *mut c_void;

#[cfg(windows)]
const LIBRARY: &str = "nvcuda.dll";
#[cfg(not(windows))]
const LIBRARY: &str = "libcuda.so";

/// The primary context of a device. IREE's driver uses it too.
pub(super) struct CudaContext {
    context: Context,
    set_current: unsafe extern "C" fn(Context) -> c_int,
    _library: Library,
}
// SAFETY: a context may be current in several threads at once. The library stays loaded as long as this lives.
unsafe impl Send for CudaContext {}
// SAFETY: as above.
unsafe impl Sync for CudaContext {}

/// Opens the library, which IREE has already loaded.
fn library() -> Result<Library, String> {
    // SAFETY: the library was initialized when it was first loaded.
    unsafe { Library::new(LIBRARY) }.map_err(|e| format!("{LIBRARY}: {e}"))
}

fn check(status: c_int, what: &str) -> Result<(), String> {
    if status == 0 { Ok(()) } else { Err(format!("{what} returns CUDA's error {status}")) }
}

impl CudaContext {
    /// Returns the primary context of a device with this CUDA number. IREE has initialized CUDA, and keeps the context.
    pub(super) fn of(device: c_int) -> Result<CudaContext, String> {
        let library = library()?;
        let missing = |e: libloading::Error| e.to_string();
        let mut context = std::ptr::null_mut();
        // SAFETY: the functions have these types in CUDA's driver API. The context is written into a live local.
        let set_current = unsafe {
            let retain = library.get::<unsafe extern "C" fn(*mut Context, c_int) -> c_int>(b"cuDevicePrimaryCtxRetain");
            check(retain.map_err(missing)?(&mut context, device), "cuDevicePrimaryCtxRetain")?;
            *library.get::<unsafe extern "C" fn(Context) -> c_int>(b"cuCtxSetCurrent").map_err(missing)?
        };
        Ok(CudaContext { context, set_current, _library: library })
    }
    /// Makes the context current in this thread.
    pub(super) fn bind(&self) {
        // SAFETY: the context is never released. A failure shows in the next call of IREE.
        unsafe { (self.set_current)(self.context) };
    }
}

/// Returns the memory of a device with this CUDA number, in bytes.
pub(super) fn total_memory(device: c_int) -> Result<u64, String> {
    let library = library()?;
    let mut bytes = 0usize;
    // SAFETY: the function has this type in CUDA's driver API. The number is written into a live local.
    unsafe {
        let total = library.get::<unsafe extern "C" fn(*mut usize, c_int) -> c_int>(b"cuDeviceTotalMem_v2");
        check(total.map_err(|e| e.to_string())?(&mut bytes, device), "cuDeviceTotalMem")?;
    }
    Ok(bytes as u64)
}
