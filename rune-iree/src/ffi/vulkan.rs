//! Vulkan's functions for IREE's driver. They are those of the loader, except for three.
//!
//! `vkSignalSemaphore`: the driver takes the next value of a timeline semaphore and signals it in two steps. If two
//! threads do so at once, the lower value may be signaled last. Vulkan forbids that
//! (VUID-VkSemaphoreSignalInfo-value-03258), and a device whose driver checks it is lost, as with Mesa.
//! [`signal_semaphore`] skips a signal whose value the semaphore has already passed.
//!
//! `vkWaitSemaphores`: one thread per queue always waits for one of two semaphores. Mesa's software driver polls both
//! in a busy loop, which takes the processors from the actual work. [`wait_semaphores`] blocks instead.
//!
//! `vkCreateShaderModule`: [`create_shader_module`] adds that NaN is kept, where the device can keep it.

use super::float_controls;
use super::handle::Driver;
use super::libc_allocator::allocator;
use super::status::{check, string_view};
use eerie_sys::runtime as sys;
use libloading::Library;
use std::ffi::{CStr, c_char, c_void};
use std::ptr::null_mut;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

#[cfg(windows)]
const LIBRARIES: &[&str] = &["vulkan-1.dll"];
#[cfg(not(windows))]
const LIBRARIES: &[&str] = &["libvulkan.so.1", "libvulkan.so"];

type Handle = *mut c_void;
type Function = Option<unsafe extern "system" fn()>;
type GetProcAddr = unsafe extern "system" fn(Handle, *const c_char) -> Function;
type SignalSemaphore = unsafe extern "system" fn(Handle, *const SignalInfo) -> i32;
type WaitSemaphores = unsafe extern "system" fn(Handle, *const WaitInfo, u64) -> i32;
type CreateDevice = unsafe extern "system" fn(Handle, *const c_void, *const c_void, *mut Handle) -> i32;
type GetProperties = unsafe extern "system" fn(Handle, *mut Properties);
type GetProperties2 = unsafe extern "system" fn(Handle, *mut Properties2);
type CreateShaderModule = unsafe extern "system" fn(Handle, *const ShaderModuleInfo, *const c_void, *mut u64) -> i32;
type GetCounter = unsafe extern "system" fn(Handle, u64, *mut u64) -> i32;

/// `VkSemaphoreSignalInfo`.
#[repr(C)]
struct SignalInfo {
    kind: u32,
    next: *const c_void,
    semaphore: u64,
    value: u64,
}

/// `VkSemaphoreWaitInfo`.
#[repr(C)]
struct WaitInfo {
    kind: u32,
    next: *const c_void,
    flags: u32,
    count: u32,
    semaphores: *const u64,
    values: *const u64,
}

/// `VkShaderModuleCreateInfo`.
#[repr(C)]
#[derive(Clone, Copy)]
struct ShaderModuleInfo {
    kind: u32,
    next: *const c_void,
    flags: u32,
    /// The number of bytes.
    size: usize,
    code: *const u32,
}

/// The loader, which is never unloaded, and its functions. They work for every instance and device.
struct Loader {
    instance_function: GetProcAddr,
    device_function: GetProcAddr,
    signal: SignalSemaphore,
    counter: GetCounter,
    wait: WaitSemaphores,
    create_device: CreateDevice,
    properties: GetProperties,
    properties2: GetProperties2,
    create_shader_module: CreateShaderModule,
    _library: Library,
}

/// Returns the loader, or the system's error for each of its names.
fn loader() -> Result<&'static Loader, &'static str> {
    static LOADER: OnceLock<Result<Loader, String>> = OnceLock::new();
    let load = || {
        let mut said = Vec::new();
        for name in LIBRARIES {
            // SAFETY: loading Vulkan's loader has no effect except its own initialization.
            match unsafe { Library::new(*name) }.and_then(functions) {
                Ok(loader) => return Ok(loader),
                Err(error) => said.push(error.to_string()),
            }
        }
        Err(said.join(", "))
    };
    LOADER.get_or_init(load).as_ref().map_err(String::as_str)
}

fn functions(library: Library) -> Result<Loader, libloading::Error> {
    // SAFETY: the Vulkan specification gives the functions these types. The library stays loaded as long as they are
    // used.
    unsafe {
        Ok(Loader {
            instance_function: *library.get::<GetProcAddr>(b"vkGetInstanceProcAddr\0")?,
            device_function: *library.get::<GetProcAddr>(b"vkGetDeviceProcAddr\0")?,
            signal: *library.get::<SignalSemaphore>(b"vkSignalSemaphore\0")?,
            counter: *library.get::<GetCounter>(b"vkGetSemaphoreCounterValue\0")?,
            wait: *library.get::<WaitSemaphores>(b"vkWaitSemaphores\0")?,
            create_device: *library.get::<CreateDevice>(b"vkCreateDevice\0")?,
            properties: *library.get::<GetProperties>(b"vkGetPhysicalDeviceProperties\0")?,
            properties2: *library.get::<GetProperties2>(b"vkGetPhysicalDeviceProperties2\0")?,
            create_shader_module: *library.get::<CreateShaderModule>(b"vkCreateShaderModule\0")?,
            _library: library,
        })
    }
}

unsafe extern "system" fn instance_function(instance: Handle, name: *const c_char) -> Function {
    let loader = loader().ok()?;
    // SAFETY: the caller keeps the specification, so the name ends with 0. Functions are cast to a function type
    // without parameters, as Vulkan does.
    unsafe {
        let found = (loader.instance_function)(instance, name)?;
        match CStr::from_ptr(name).to_bytes() {
            b"vkGetDeviceProcAddr" => {
                Some(std::mem::transmute::<GetProcAddr, unsafe extern "system" fn()>(device_function))
            }
            b"vkCreateDevice" => Some(std::mem::transmute::<CreateDevice, unsafe extern "system" fn()>(create_device)),
            _ => Some(found),
        }
    }
}

unsafe extern "system" fn device_function(device: Handle, name: *const c_char) -> Function {
    let loader = loader().ok()?;
    // SAFETY: as in `instance_function`.
    unsafe {
        let found = (loader.device_function)(device, name)?;
        match CStr::from_ptr(name).to_bytes() {
            b"vkSignalSemaphore" | b"vkSignalSemaphoreKHR" => {
                Some(std::mem::transmute::<SignalSemaphore, unsafe extern "system" fn()>(signal_semaphore))
            }
            b"vkWaitSemaphores" | b"vkWaitSemaphoresKHR" => {
                Some(std::mem::transmute::<WaitSemaphores, unsafe extern "system" fn()>(wait_semaphores))
            }
            b"vkCreateShaderModule" => {
                Some(std::mem::transmute::<CreateShaderModule, unsafe extern "system" fn()>(create_shader_module))
            }
            _ => Some(found),
        }
    }
}

const VK_SUCCESS: i32 = 0;
const VK_TIMEOUT: i32 = 2;
const VK_ERROR_UNKNOWN: i32 = -13;

/// The beginning of `VkPhysicalDeviceProperties`, which has 824 bytes, and room for the rest.
#[repr(C, align(8))]
struct Properties {
    versions_and_ids: [u32; 4],
    device_type: u32,
    rest: [u32; 251],
}

/// `VkPhysicalDeviceProperties2`.
#[repr(C)]
struct Properties2 {
    kind: u32,
    next: *mut c_void,
    properties: Properties,
}

/// `VkPhysicalDeviceFloatControlsProperties`.
#[repr(C)]
struct FloatControls {
    kind: u32,
    next: *mut c_void,
    independence: [u32; 2],
    /// Whether NaN, infinities and the sign of 0 can be kept in floats of 16, 32 and 64 bits.
    preserved: [u32; 3],
    others: [u32; 12],
}

/// The properties of a device that the functions here need.
struct Facts {
    /// The address of the device.
    device: usize,
    /// Whether it is software on the CPU.
    in_software: bool,
    /// The widths of floats in which it can keep NaN, infinities and the sign of 0.
    preserved: Vec<u32>,
}

static DEVICES: Mutex<Vec<Facts>> = Mutex::new(Vec::new());

fn devices() -> MutexGuard<'static, Vec<Facts>> {
    DEVICES.lock().unwrap_or_else(PoisonError::into_inner)
}
/// Returns what `f` finds in the facts of a device, or the default for an unknown one.
fn fact<T: Default>(device: Handle, f: impl FnOnce(&Facts) -> T) -> T {
    devices().iter().find(|facts| facts.device == device.addr()).map(f).unwrap_or_default()
}

/// Returns the widths of floats in which a device can keep NaN, infinities and the sign of 0.
///
/// # Safety
/// The device is live and has Vulkan 1.2.
unsafe fn preserved_widths(loader: &Loader, physical: Handle) -> Vec<u32> {
    const KIND2: u32 = 1_000_059_001;
    const KIND: u32 = 1_000_197_000;
    let mut controls =
        FloatControls { kind: KIND, next: null_mut(), independence: [0; 2], preserved: [0; 3], others: [0; 12] };
    let properties = Properties { versions_and_ids: [0; 4], device_type: 0, rest: [0; 251] };
    let mut all = Properties2 { kind: KIND2, next: (&raw mut controls).cast(), properties };
    // SAFETY: the structures have the layout of the specification, and room for what is written.
    unsafe { (loader.properties2)(physical, &mut all) };
    let widths = [16, 32, 64].into_iter().zip(controls.preserved);
    widths.filter(|&(_, preserved)| preserved != 0).map(|(width, _)| width).collect()
}

/// Creates a device and records its facts.
unsafe extern "system" fn create_device(
    physical: Handle,
    info: *const c_void,
    allocator: *const c_void,
    device: *mut Handle,
) -> i32 {
    const VK_PHYSICAL_DEVICE_TYPE_CPU: u32 = 4;
    const VULKAN_1_2: u32 = 1 << 22 | 2 << 12;
    let Ok(loader) = loader() else { return VK_ERROR_UNKNOWN };
    // SAFETY: the caller keeps the specification. The properties are written into a live local with room for them.
    unsafe {
        let made = (loader.create_device)(physical, info, allocator, device);
        if made == VK_SUCCESS {
            let mut properties = Properties { versions_and_ids: [0; 4], device_type: 0, rest: [0; 251] };
            (loader.properties)(physical, &mut properties);
            // Before version 1.2, floats are controlled by an extension, which IREE does not request.
            let is_1_2 = properties.versions_and_ids[0] >= VULKAN_1_2;
            let preserved = if is_1_2 { preserved_widths(loader, physical) } else { Vec::new() };
            let in_software = properties.device_type == VK_PHYSICAL_DEVICE_TYPE_CPU;
            let (mut known, device) = (devices(), (*device).addr());
            // The address may have belonged to a device that no longer exists.
            known.retain(|other| other.device != device);
            known.push(Facts { device, in_software, preserved });
        }
        made
    }
}

/// Waits for semaphores. If the wait is for any of several on a software device, it blocks on the first one, and checks
/// the others every 0.1 ms.
unsafe extern "system" fn wait_semaphores(device: Handle, info: *const WaitInfo, nanoseconds: u64) -> i32 {
    const VK_SEMAPHORE_WAIT_ANY_BIT: u32 = 1;
    const MOMENT: u64 = 100_000;
    let Ok(loader) = loader() else { return VK_ERROR_UNKNOWN };
    let begun = Instant::now();
    // SAFETY: the caller passes a live device, and `count` live semaphores and values.
    unsafe {
        let WaitInfo { kind, next, flags, count, semaphores, values } = *info;
        if flags & VK_SEMAPHORE_WAIT_ANY_BIT == 0 || count < 2 || !fact(device, |facts| facts.in_software) {
            return (loader.wait)(device, info, nanoseconds);
        }
        let first = WaitInfo { kind, next, flags: 0, count: 1, semaphores, values };
        loop {
            for i in 0..count as usize {
                let mut passed = 0;
                let known = (loader.counter)(device, *semaphores.add(i), &mut passed);
                if known != VK_SUCCESS || passed >= *values.add(i) {
                    return known;
                }
            }
            if begun.elapsed() >= Duration::from_nanos(nanoseconds) {
                return VK_TIMEOUT;
            }
            let waited = (loader.wait)(device, &first, MOMENT);
            if waited != VK_TIMEOUT {
                return waited;
            }
        }
    }
}

/// Creates a shader module that keeps NaN, infinities and the sign of 0, if the device can keep them.
unsafe extern "system" fn create_shader_module(
    device: Handle,
    info: *const ShaderModuleInfo,
    allocator: *const c_void,
    module: *mut u64,
) -> i32 {
    let Ok(loader) = loader() else { return VK_ERROR_UNKNOWN };
    let widths = fact(device, |facts| facts.preserved.clone());
    // SAFETY: the caller passes `size` bytes of whole words. The new words live until the call ends.
    unsafe {
        let words = std::slice::from_raw_parts((*info).code, (*info).size / size_of::<u32>());
        if let Some(words) = float_controls::preserving(words, &widths) {
            let info = ShaderModuleInfo { size: size_of_val(&words[..]), code: words.as_ptr(), ..*info };
            return (loader.create_shader_module)(device, &info, allocator, module);
        }
        (loader.create_shader_module)(device, info, allocator, module)
    }
}

/// Signals a semaphore, unless it has passed the value.
unsafe extern "system" fn signal_semaphore(device: Handle, info: *const SignalInfo) -> i32 {
    // The lock makes reading the counter and signaling one step.
    static SIGNALING: Mutex<()> = Mutex::new(());
    let Ok(loader) = loader() else { return VK_ERROR_UNKNOWN };
    let _lock = SIGNALING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut passed = 0;
    // SAFETY: the caller passes a live device and a live semaphore. The counter is written into a live local.
    unsafe {
        let known = (loader.counter)(device, (*info).semaphore, &mut passed);
        if known == VK_SUCCESS && passed >= (*info).value {
            return VK_SUCCESS;
        }
        (loader.signal)(device, info)
    }
}

/// The beginning of `iree_hal_vulkan_driver_options_t`, and room for the rest, which has 64 bytes. IREE writes the
/// rest.
#[repr(C)]
struct DriverOptions {
    search_paths: [usize; 2],
    api_version: u32,
    request_flags: u32,
    requested_features: u32,
    debug_verbosity: i32,
    device_options: [u64; 32],
}
/// `IREE_HAL_VULKAN_FEATURE_ENABLE_BUFFER_DEVICE_ADDRESSES`, which IREE's own tools request.
const DEVICE_ADDRESSES: u32 = 1 << 6;

unsafe extern "C" {
    // This function is in the archive that eerie-sys links, but not in its bindings.
    fn iree_hal_local_transient_buffer_isa(buffer: *const sys::iree_hal_buffer_t) -> bool;
    fn iree_hal_vulkan_driver_options_initialize(options: *mut DriverOptions);
    fn iree_hal_vulkan_syms_create(
        instance_function: *mut c_void,
        allocator: sys::iree_allocator_t,
        out: *mut *mut c_void,
    ) -> sys::iree_status_t;
    fn iree_hal_vulkan_syms_release(syms: *mut c_void);
    fn iree_hal_vulkan_driver_create(
        identifier: sys::iree_string_view_t,
        options: *const DriverOptions,
        syms: *mut c_void,
        allocator: sys::iree_allocator_t,
        out: *mut *mut sys::iree_hal_driver_t,
    ) -> sys::iree_status_t;
}

/// Creates the driver. The caller holds the lifecycle lock.
pub(super) fn create_driver() -> Result<Driver, String> {
    loader().map_err(|said| format!("NOT_FOUND; {said}"))?;
    let mut options = DriverOptions {
        search_paths: [0; 2],
        api_version: 0,
        request_flags: 0,
        requested_features: 0,
        debug_verbosity: 0,
        device_options: [0; 32],
    };
    let (mut syms, mut driver) = (null_mut(), null_mut());
    let function: GetProcAddr = instance_function;
    // SAFETY: IREE writes its options into a local with room for them, and objects into live locals. The driver copies
    // the functions, so they can be released.
    unsafe {
        iree_hal_vulkan_driver_options_initialize(&mut options);
        options.requested_features |= DEVICE_ADDRESSES;
        check(iree_hal_vulkan_syms_create(function as *mut c_void, allocator(), &mut syms))?;
        let made = iree_hal_vulkan_driver_create(string_view("vulkan"), &options, syms, allocator(), &mut driver);
        iree_hal_vulkan_syms_release(syms);
        check(made)?;
    }
    Driver::take(driver)
}

/// Lets a new device accept the release of any buffer. Compiled code releases the buffers that a loop no longer
/// carries. Such a buffer may be an argument or a result of a host function, which the queue of the device did not
/// allocate. IREE's CPU devices free it when nothing refers to it. IREE's Vulkan device returns an error.
///
/// # Safety
/// The device is live and belongs to this driver. Nothing uses it yet.
pub(super) unsafe fn accept_all_buffers(device: *mut sys::iree_hal_device_t) {
    static FUNCTIONS: OnceLock<sys::iree_hal_device_vtable_t> = OnceLock::new();
    // SAFETY: like every object of the HAL, a device begins with a resource. The functions of this resource are those
    // of a device. The copy is never freed, and differs from the original in one function.
    unsafe {
        let resource = device.cast::<sys::iree_hal_resource_t>();
        let functions = FUNCTIONS.get_or_init(|| {
            let mut functions = *(*resource).vtable.cast::<sys::iree_hal_device_vtable_t>();
            if let Some(own) = functions.queue_dealloca {
                // The first device sets it before any call.
                let _set = DEALLOCA.set(own);
            }
            functions.queue_dealloca = Some(queue_dealloca);
            functions
        });
        (*resource).vtable = std::ptr::from_ref(functions).cast();
    }
}

type Dealloca = unsafe extern "C" fn(
    *mut sys::iree_hal_device_t,
    sys::iree_hal_queue_affinity_t,
    sys::iree_hal_semaphore_list_t,
    sys::iree_hal_semaphore_list_t,
    *mut sys::iree_hal_buffer_t,
    sys::iree_hal_dealloca_flags_t,
) -> sys::iree_status_t;

/// The driver's original function.
static DEALLOCA: OnceLock<Dealloca> = OnceLock::new();

unsafe extern "C" fn queue_dealloca(
    device: *mut sys::iree_hal_device_t,
    affinity: sys::iree_hal_queue_affinity_t,
    wait: sys::iree_hal_semaphore_list_t,
    signal: sys::iree_hal_semaphore_list_t,
    buffer: *mut sys::iree_hal_buffer_t,
    flags: sys::iree_hal_dealloca_flags_t,
) -> sys::iree_status_t {
    // SAFETY: IREE calls this with a live device and buffer. Both functions respect the order of the semaphores.
    unsafe {
        match DEALLOCA.get() {
            Some(own) if iree_hal_local_transient_buffer_isa(buffer) => {
                own(device, affinity, wait, signal, buffer, flags)
            }
            _ => sys::iree_hal_device_queue_barrier(device, affinity, wait, signal, 0),
        }
    }
}
