//! Drivers, and the devices that they find.

#[cfg(feature = "cuda")]
use super::cuda;
use super::handle::{Driver, RawDevice, lifecycle};
use super::libc_allocator::allocator;
use super::status::{check, string_view, text};
#[cfg(feature = "vulkan")]
use super::vulkan;
use eerie_sys::runtime as sys;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

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
pub(super) fn create_driver(name: &str) -> Result<Driver, String> {
    #[cfg(feature = "vulkan")]
    if name == "vulkan" {
        return vulkan::create_driver();
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
        return cuda::total_memory(id as i32 - 1).ok();
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

/// Opens the device at `index` of [`infos`]. Returns it with the driver's number for it.
///
/// # Safety
/// The lifecycle lock is held.
pub(super) unsafe fn create_device(
    driver: &Driver,
    index: usize,
) -> Result<(RawDevice, sys::iree_hal_device_id_t), String> {
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
