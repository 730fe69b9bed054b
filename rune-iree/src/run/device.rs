//! Devices, which run compiled modules.

use crate::ffi::runtime::{DeviceHandle, View, drivers};
use rune_ir::{Array, DeviceBuffer, Type, Value};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

/// A device. All who open it share one.
pub struct Device {
    name: String,
    driver: &'static str,
    pub(crate) handle: Arc<DeviceHandle>,
}

/// A device was not opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// There is no device of this name.
    #[error("`{name}` is not a device; known are {}", KNOWN.join(", "))]
    Unknown {
        /// The name.
        name: String,
    },
    /// This program was built without such devices.
    #[error("this program was built without devices of the kind {name}: {advice}")]
    NotBuilt {
        /// The name.
        name: String,
        /// The build option that adds them.
        advice: &'static str,
    },
    /// The driver found no such device.
    #[error("the device {name} cannot be opened: {message}")]
    Open {
        /// The name.
        name: String,
        /// The message of the driver.
        message: String,
    },
}

const KNOWN: [&str; 6] = ["cpu", "local-sync", "local-task", "cuda", "metal", "vulkan"];

/// The bytes of the buffers of a device: results and intermediate values. Arguments in memory of the host are not counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryUse {
    /// The bytes in use now.
    pub in_use: u64,
    /// The most bytes in use at once since the device was opened.
    pub peak: u64,
}

impl Device {
    /// Opens a device: `cpu` (the same as `local-sync`: the calling thread computes, with the least overhead),
    /// `local-task` (a pool of threads computes), `cuda`, `metal` or `vulkan`.
    ///
    /// ```
    /// let cpu = rune_iree::Device::open("cpu")?;
    /// assert!(cpu.shares_host_memory());
    /// # Ok::<(), rune_iree::DeviceError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if this build or this machine has no device of this name.
    pub fn open(name: &str) -> Result<Arc<Device>, DeviceError> {
        static OPEN: OnceLock<Mutex<HashMap<&'static str, Arc<Device>>>> = OnceLock::new();
        let driver = match name {
            "cpu" | "local-sync" => "local-sync",
            "local-task" => "local-task",
            "cuda" => "cuda",
            "metal" => "metal",
            "vulkan" => "vulkan",
            _ => return Err(DeviceError::Unknown { name: name.to_owned() }),
        };
        let mut open = OPEN.get_or_init(Mutex::default).lock().unwrap_or_else(|e| e.into_inner());
        if let Some(device) = open.get(driver) {
            return Ok(Arc::clone(device));
        }
        let failed = |message| DeviceError::Open { name: name.to_owned(), message };
        if !drivers().map_err(failed)?.iter().any(|d| d == driver) {
            let advice = match driver {
                "cuda" => "turn on the feature `cuda` of rune-iree, for which the CUDA headers are needed",
                "vulkan" => "turn on the feature `vulkan` of rune-iree",
                _ => "they exist on Macs with Apple's own processors only",
            };
            return Err(DeviceError::NotBuilt { name: name.to_owned(), advice });
        }
        let handle = Arc::new(DeviceHandle::open(driver).map_err(failed)?);
        let shown = if driver == "local-sync" { "cpu" } else { driver };
        let device = Arc::new(Device { name: shown.to_owned(), driver, handle });
        open.insert(driver, Arc::clone(&device));
        Ok(device)
    }
    /// Returns the names that [`Device::open`] knows. A device of that name may still be absent from this build or machine.
    pub fn names() -> [&'static str; 6] {
        KNOWN
    }
    /// Returns the name: `cpu`, `local-task`, `cuda`, `metal` or `vulkan`.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Returns the memory that the buffers of all executables on this device use.
    pub fn memory(&self) -> MemoryUse {
        let (in_use, peak) = self.handle.memory();
        MemoryUse { in_use, peak }
    }
    /// Returns whether the device works in the memory of the host, so that arrays need no copy.
    pub fn shares_host_memory(&self) -> bool {
        matches!(self.driver, "local-sync" | "local-task")
    }
    /// Returns a value in the memory of this device: the value itself if it is there, else a copy.
    ///
    /// # Errors
    /// Returns an error if the copy fails.
    pub fn put(self: &Arc<Device>, value: &Value) -> Result<Value, DeviceError> {
        let failed = |message| DeviceError::Open { name: self.name.clone(), message };
        match value {
            Value::Host(_) if self.shares_host_memory() => Ok(value.clone()),
            Value::Device(buffer) if buffer.device() == self.name => Ok(value.clone()),
            Value::Host(_) | Value::Device(_) => {
                let array = value.to_host().map_err(failed)?;
                if self.shares_host_memory() {
                    return Ok(Value::Host(array));
                }
                let view = View::upload(&self.handle, &array).map_err(failed)?;
                Ok(Value::Device(Arc::new(DeviceArray::new(self, array.ty().clone(), view))))
            }
        }
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({})", self.name)
    }
}

/// An array in the memory of a device that is not the host's.
pub(crate) struct DeviceArray {
    device: Arc<Device>,
    ty: Type,
    view: View,
}

impl DeviceArray {
    pub(crate) fn new(device: &Arc<Device>, ty: Type, view: View) -> DeviceArray {
        DeviceArray { device: Arc::clone(device), ty, view }
    }
    /// The view, if it is on `device`.
    pub(crate) fn view_on(&self, device: &Arc<Device>) -> Option<&View> {
        Arc::ptr_eq(&self.device, device).then_some(&self.view)
    }
}

impl DeviceBuffer for DeviceArray {
    fn ty(&self) -> &Type {
        &self.ty
    }
    fn device(&self) -> &str {
        self.device.name()
    }
    fn to_host(&self) -> Result<Array, String> {
        self.view.download(&self.device.handle, &self.ty)
    }
}
