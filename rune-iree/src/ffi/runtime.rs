//! Handles to objects of IREE's runtime. Dropping a handle releases the object.

use super::allocator::create_allocator;
#[cfg(feature = "cuda")]
use super::cuda::CudaContext;
use eerie_sys::runtime as sys;
use std::ffi::{c_char, c_void};
use std::ptr::{NonNull, null, null_mut};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

unsafe extern "C" {
    // In the archive that eerie-sys links, but not in its bindings.
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
fn allocator_for(bytes: usize) -> sys::iree_allocator_t {
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

pub(super) fn string_view(s: &str) -> sys::iree_string_view_t {
    sys::iree_string_view_t { data: s.as_ptr().cast(), size: s.len() }
}

/// Returns the message of a status that is not OK. Frees the status.
pub(super) fn check(status: sys::iree_status_t) -> Result<(), String> {
    if status.is_null() { Ok(()) } else { Err(message(status)) }
}

#[cold]
fn message(status: sys::iree_status_t) -> String {
    let (mut text, mut len): (*mut c_char, usize) = (null_mut(), 0);
    let allocator = allocator();
    // SAFETY: `status` is live, owned here and freed once. The text that IREE allocates is copied, then freed with its
    // allocator.
    unsafe {
        let message = if sys::iree_status_to_string(status, &allocator, &mut text, &mut len) {
            let message = String::from_utf8_lossy(std::slice::from_raw_parts(text.cast(), len)).into_owned();
            sys::iree_allocator_free(allocator, text.cast());
            message
        } else {
            "an unknown error".to_owned()
        };
        sys::iree_status_free(status);
        message
    }
}

/// Locks the creation of devices, modules and contexts. IREE registers types and initializes executables without locks,
/// so several threads must not create these objects at once.
fn lifecycle() -> MutexGuard<'static, ()> {
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
    /// A typed and shaped view of a buffer.
    View, iree_hal_buffer_view_t, iree_hal_buffer_view_release
);

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
    /// Opens the device of a driver at `index` of [`devices`].
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
                super::vulkan::accept_all_buffers(device.raw());
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
    pub(super) fn device(&self) -> *mut sys::iree_hal_device_t {
        self.device.raw()
    }
    /// Returns the allocator of its buffers, which lives as long as the device.
    pub(super) fn buffers(&self) -> *mut sys::iree_hal_allocator_t {
        // SAFETY: the device is live.
        unsafe { sys::iree_hal_device_allocator(self.device.raw()) }
    }
}

/// A driver's description of a device.
#[derive(Clone, Debug)]
pub(crate) struct DeviceReport {
    /// The name of the product.
    pub name: String,
    /// The size of its memory in bytes, if it can be known without opening the device.
    pub memory: Option<u64>,
    /// Its properties in the driver's words, one per line.
    pub properties: String,
}

/// Returns a driver's description of each of its devices, without opening them.
pub(crate) fn devices(driver_name: &str) -> Result<Vec<DeviceReport>, String> {
    let _lock = lifecycle();
    let driver = create_driver(driver_name)?;
    let report = |info: &sys::iree_hal_device_info_t| {
        // SAFETY: the driver and the texts of the infos are live. The builder is initialized before its use, and
        // released after it.
        unsafe {
            let mut builder = sys::iree_string_builder_t::default();
            sys::iree_string_builder_initialize(allocator(), &mut builder);
            let said = check(sys::iree_hal_driver_dump_device_info(driver.raw(), info.device_id, &mut builder));
            let properties = text(sys::iree_string_builder_view(&builder));
            sys::iree_string_builder_deinitialize(&mut builder);
            let memory = memory(driver_name, info.device_id, &properties);
            said.map(|()| DeviceReport { name: text(info.name), memory, properties })
        }
    };
    infos(&driver)?.iter().map(report).collect()
}

/// Returns the size of a device's memory in bytes.
fn memory(driver_name: &str, id: sys::iree_hal_device_id_t, properties: &str) -> Option<u64> {
    #[cfg(feature = "cuda")]
    if driver_name == "cuda" {
        return super::cuda::total_memory(id as i32 - 1).ok();
    }
    let _ = (driver_name, id);
    // The largest heap with VK_MEMORY_HEAP_DEVICE_LOCAL_BIT counts.
    const LOCAL: u32 = 1;
    let heaps = properties.lines().skip_while(|line| !line.starts_with("memory_heaps:")).skip(1);
    let heap = |line: &str| {
        let (size, flags) = line.split_once("size=")?.1.split_once(" flags=0x")?;
        let flags = u32::from_str_radix(flags.trim(), 16).ok()?;
        (flags & LOCAL != 0).then(|| size.parse::<u64>().ok())?
    };
    heaps.take_while(|line| line.starts_with(' ')).filter_map(heap).max()
}

impl DeviceHandle {
    /// Returns a number that the driver reports about the device, if it knows the key.
    pub(crate) fn query(&self, category: &str, key: &str) -> Option<u32> {
        let mut value = 0;
        // SAFETY: the device is live, and the value is written into a live local.
        let status = unsafe {
            sys::iree_hal_device_query_i64(self.device(), string_view(category), string_view(key), &mut value)
        };
        check(status).ok().and_then(|()| u32::try_from(value).ok())
    }
    /// Returns the bytes of the device's buffers: in use now, and at most.
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

/// Returns the names of the drivers in this build.
pub(crate) fn drivers() -> Result<Vec<String>, String> {
    let _lock = lifecycle();
    let (mut count, mut infos) = (0, null_mut());
    // SAFETY: IREE allocates an array of `count` infos, whose names are static. The array is freed after they are
    // copied.
    unsafe {
        check(sys::iree_hal_driver_registry_enumerate(registry()?, allocator(), &mut count, &mut infos))?;
        if infos.is_null() {
            return Ok(Vec::new());
        }
        let names = std::slice::from_raw_parts(infos, count)
            .iter()
            .map(|i| std::slice::from_raw_parts(i.driver_name.data.cast(), i.driver_name.size))
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect();
        sys::iree_allocator_free(allocator(), infos.cast());
        Ok(names)
    }
}

/// Returns the registry of all drivers in this build, which is created once. The caller holds the lifecycle lock.
fn registry() -> Result<*mut sys::iree_hal_driver_registry_t, String> {
    struct Registry(*mut sys::iree_hal_driver_registry_t);
    // SAFETY: it is only used under the lifecycle lock.
    unsafe impl Send for Registry {}
    // SAFETY: as above.
    unsafe impl Sync for Registry {}
    static REGISTRY: OnceLock<Result<Registry, String>> = OnceLock::new();
    let made = REGISTRY.get_or_init(|| {
        let mut raw = null_mut();
        // SAFETY: creates an object into a live local and fills it, once.
        unsafe {
            check(sys::iree_hal_driver_registry_allocate(allocator(), &mut raw))?;
            check(sys::iree_hal_register_all_available_drivers(raw))?;
        }
        Ok(Registry(raw))
    });
    made.as_ref().map(|r| r.0).map_err(String::clone)
}

/// Creates a driver. The caller holds the lifecycle lock.
fn create_driver(name: &str) -> Result<Driver, String> {
    #[cfg(feature = "vulkan")]
    if name == "vulkan" {
        return super::vulkan::create_driver();
    }
    let mut driver = null_mut();
    // SAFETY: creates an object into a live local. The registry is never freed.
    check(unsafe {
        sys::iree_hal_driver_registry_try_create(registry()?, string_view(name), allocator(), &mut driver)
    })?;
    Driver::take(driver)
}

/// The devices of a driver, in an array that IREE allocated.
struct Infos {
    count: usize,
    infos: *mut sys::iree_hal_device_info_t,
}

impl std::ops::Deref for Infos {
    type Target = [sys::iree_hal_device_info_t];
    fn deref(&self) -> &[sys::iree_hal_device_info_t] {
        if self.infos.is_null() {
            return &[];
        }
        // SAFETY: IREE allocated `count` infos, which live as long as this.
        unsafe { std::slice::from_raw_parts(self.infos, self.count) }
    }
}
impl Drop for Infos {
    fn drop(&mut self) {
        // SAFETY: the array comes from this allocator, and is not used again.
        unsafe { sys::iree_allocator_free(allocator(), self.infos.cast()) }
    }
}

fn infos(driver: &Driver) -> Result<Infos, String> {
    let mut infos = Infos { count: 0, infos: null_mut() };
    // SAFETY: the driver is live. IREE allocates the array, and writes its address and length into live locals.
    check(unsafe {
        sys::iree_hal_driver_query_available_devices(driver.raw(), allocator(), &mut infos.count, &mut infos.infos)
    })?;
    Ok(infos)
}

/// Returns a copy of an IREE text.
///
/// # Safety
/// The text is live.
unsafe fn text(view: sys::iree_string_view_t) -> String {
    if view.data.is_null() {
        return String::new();
    }
    // SAFETY: by the contract of this function.
    String::from_utf8_lossy(unsafe { std::slice::from_raw_parts(view.data.cast(), view.size) }).into_owned()
}

/// # Safety
/// The lifecycle lock is held.
unsafe fn create_device(driver: &Driver, index: usize) -> Result<(RawDevice, sys::iree_hal_device_id_t), String> {
    let devices = infos(driver)?;
    let Some(info) = devices.get(index) else {
        return Err(match devices.len() {
            0 => "the driver finds no device".to_owned(),
            1 => "the driver finds one device, number 0".to_owned(),
            n => format!("the driver finds {n} devices, numbers 0 to {}", n - 1),
        });
    };
    let mut pool = null_mut();
    // SAFETY: objects are created into live locals. The new device retains the pool.
    unsafe {
        check(sys::iree_async_proactor_pool_create(
            1,
            null(),
            sys::iree_async_proactor_pool_options_default(),
            allocator(),
            &mut pool,
        ))?;
        let params = sys::iree_hal_device_create_params_t { proactor_pool: pool, ..Default::default() };
        let mut device = null_mut();
        let status = sys::iree_hal_driver_create_device_by_id(
            driver.raw(),
            info.device_id,
            0,
            null(),
            &params,
            allocator(),
            &mut device,
        );
        sys::iree_async_proactor_pool_release(pool);
        check(status)?;
        Ok((RawDevice::take(device)?, info.device_id))
    }
}

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
    let mut function = sys::iree_vm_function_t::default();
    // SAFETY: writes into a live local. The module is live.
    unsafe {
        check(sys::iree_vm_module_lookup_function_by_name(
            module.raw(),
            sys::iree_vm_function_linkage_e_IREE_VM_FUNCTION_LINKAGE_EXPORT as _,
            string_view(entry),
            &mut function,
        ))?;
        Ok(function_attribute(&function, key))
    }
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
pub(super) fn context(device: &Arc<DeviceHandle>, host: Option<&VmModule>, code: &VmModule) -> Result<Context, String> {
    let instance = instance()?;
    let _lock = lifecycle();
    let mut modules: Vec<*mut sys::iree_vm_module_t> =
        [Some(&device.hal), host, Some(code)].into_iter().flatten().map(VmModule::raw).collect();
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
