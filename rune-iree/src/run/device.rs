//! Devices, which run compiled modules.

use super::availability::of_forbidden;
use super::status::Status;
use crate::Target;
use crate::ffi::runtime::{DeviceHandle, View, devices, drivers};
use crate::target::VulkanFeatures;
use rune_ir::{Array, DeviceBuffer, Type, Value};
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// The kinds of devices for which IREE has drivers.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeviceKind {
    /// The CPU. The calling thread computes, with the least overhead.
    LocalSync,
    /// The CPU. A pool of threads computes.
    LocalTask,
    /// NVIDIA GPUs.
    Cuda,
    /// AMD GPUs.
    Hip,
    /// Apple GPUs.
    Metal,
    /// GPUs with a Vulkan driver.
    Vulkan,
}

impl DeviceKind {
    /// All kinds.
    pub const ALL: [DeviceKind; 6] = [
        DeviceKind::LocalSync,
        DeviceKind::LocalTask,
        DeviceKind::Cuda,
        DeviceKind::Hip,
        DeviceKind::Metal,
        DeviceKind::Vulkan,
    ];
    /// Returns the name of IREE's driver.
    pub fn driver(self) -> &'static str {
        match self {
            DeviceKind::LocalSync => "local-sync",
            DeviceKind::LocalTask => "local-task",
            DeviceKind::Cuda => "cuda",
            DeviceKind::Hip => "hip",
            DeviceKind::Metal => "metal",
            DeviceKind::Vulkan => "vulkan",
        }
    }
    /// Returns whether such a device computes in host memory, so that arrays need no copy.
    pub fn shares_host_memory(self) -> bool {
        matches!(self, DeviceKind::LocalSync | DeviceKind::LocalTask)
    }
    /// Returns whether this program was built with the driver.
    pub fn is_built(self) -> bool {
        drivers().is_ok_and(|drivers| drivers.iter().any(|driver| driver == self.driver()))
    }
}

/// The kind and the index of a device. Its name is, for example, `cuda`, which equals `cuda:0`, or `cuda:1`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct DeviceId {
    kind: DeviceKind,
    index: usize,
}

impl FromStr for DeviceId {
    type Err = DeviceError;
    fn from_str(name: &str) -> Result<DeviceId, DeviceError> {
        let unknown = || DeviceError::Unknown { name: name.to_owned() };
        let (kind, index) = match name.split_once(':') {
            Some((kind, index)) => (kind, index.parse().map_err(|_| unknown())?),
            None => (name, 0),
        };
        let kind = match kind {
            "cpu" => DeviceKind::LocalSync,
            kind => DeviceKind::ALL.into_iter().find(|k| k.driver() == kind).ok_or_else(unknown)?,
        };
        if kind.shares_host_memory() && name.contains(':') {
            return Err(unknown());
        }
        Ok(DeviceId { kind, index })
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            DeviceKind::LocalSync => f.write_str("cpu"),
            DeviceKind::LocalTask => f.write_str("local-task"),
            DeviceKind::Cuda | DeviceKind::Hip | DeviceKind::Metal | DeviceKind::Vulkan => {
                write!(f, "{}:{}", self.kind.driver(), self.index)
            }
        }
    }
}

/// A device. It is opened once and shared.
pub struct Device {
    id: DeviceId,
    name: String,
    target: Target,
    capacity: Option<u64>,
    arrays: ArrayBytes,
    pub(crate) handle: Arc<DeviceHandle>,
}

/// The reason why a device cannot be opened or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// There is no device of this name.
    #[error("`{name}` is not a device; known are {}, and GPUs by number, such as cuda:1", KNOWN.join(", "))]
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
    /// The library of the driver is missing, or does not work.
    #[error("the driver of {name} is missing or does not work ({message}); {advice}")]
    NoDriver {
        /// The name.
        name: String,
        /// The message of IREE.
        message: String,
        /// What to install.
        advice: String,
    },
    /// The driver finds no device with this index.
    #[error("there is no device {name}: the driver finds {}{advice}", numbered(*.found))]
    NoSuchDevice {
        /// The name.
        name: String,
        /// The number of devices that the driver finds.
        found: usize,
        /// Advice, if there is any.
        advice: String,
    },
    /// The driver cannot open the device.
    #[error("the device {name} cannot be opened: {message}")]
    Open {
        /// The name.
        name: String,
        /// The message of the driver.
        message: String,
    },
    /// The device has too little memory for an array.
    #[error(
        "the device {name} has too little memory for an array of {bytes} bytes: {message}. Its tensors use {in_use} bytes now: drop those \
         that are not needed, or use another device"
    )]
    OutOfMemory {
        /// The name of the device.
        name: String,
        /// The bytes of the array.
        bytes: u64,
        /// The bytes that the buffers of the device use.
        in_use: u64,
        /// The message of IREE.
        message: String,
    },
    /// An array could not be copied to or from a device.
    #[error("an array cannot be moved to {name}: {message}")]
    Transfer {
        /// The name of the device.
        name: String,
        /// The message of the driver.
        message: String,
    },
}

/// Describes the number of devices that a driver finds.
fn numbered(found: usize) -> String {
    match found {
        0 => "no device".to_owned(),
        1 => "one device, number 0".to_owned(),
        n => format!("{n} devices, numbers 0 to {}", n - 1),
    }
}

const KNOWN: [&str; 7] = ["cpu", "local-sync", "local-task", "cuda", "hip", "metal", "vulkan"];

/// The bytes of the arrays in the memory of a device.
#[derive(Default)]
struct ArrayBytes {
    in_use: AtomicU64,
    peak: AtomicU64,
}

/// A device that a driver finds on this machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceInfo {
    /// The name to open it by, such as `cuda:0`.
    pub name: String,
    /// The kind.
    pub kind: DeviceKind,
    /// The name of the product.
    pub product: String,
    /// The size of its memory in bytes, if the driver reports it.
    pub memory: Option<u64>,
    /// Its properties in the driver's words, one per line.
    pub properties: String,
}

/// The memory use of a device's buffers. On a CPU, these are results and intermediate values, but not arguments in host
/// memory. On a GPU, these are the arrays in its memory: arguments, captured constants and results, but not the
/// temporary memory of calls and copies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryUse {
    /// The bytes in use now.
    pub in_use: u64,
    /// The peak since the device was opened.
    pub peak: u64,
}

impl Device {
    /// Opens a device: `cpu` (the same as `local-sync`: the calling thread computes, with the least overhead),
    /// `local-task` (a pool of threads computes), `cuda`, `hip`, `metal` or `vulkan`. The last four can have an index,
    /// such as `cuda:1`.
    ///
    /// ```
    /// let cpu = rune_iree::Device::open("cpu")?;
    /// assert!(cpu.shares_host_memory());
    /// # Ok::<(), rune_iree::DeviceError>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if this build or this machine has no device with this name.
    pub fn open(name: &str) -> Result<Arc<Device>, DeviceError> {
        static OPEN: OnceLock<Mutex<HashMap<DeviceId, Arc<Device>>>> = OnceLock::new();
        let id: DeviceId = name.parse()?;
        let mut open = OPEN.get_or_init(Mutex::default).lock().unwrap_or_else(|e| e.into_inner());
        if let Some(device) = open.get(&id) {
            return Ok(Arc::clone(device));
        }
        let (mut capacity, mut properties) = (None, "");
        let infos;
        if !id.kind.shares_host_memory() {
            infos = Device::of_kind(id.kind)?;
            let Some(info) = infos.get(id.index) else {
                let (found, advice) = (infos.len(), of_forbidden(id.kind.forbidden()));
                return Err(DeviceError::NoSuchDevice { name: id.to_string(), found, advice });
            };
            (capacity, properties) = (info.memory, &info.properties);
        }
        let failed = |message: String| DeviceError::Open {
            name: id.to_string(),
            message: Status::parse(&message).reason() + &of_forbidden(id.kind.forbidden()),
        };
        let handle = DeviceHandle::open(id.kind.driver(), id.index).map_err(failed)?;
        let target = target(&handle, id.kind, properties).map_err(failed)?;
        let device = Arc::new(Device {
            id,
            name: id.to_string(),
            target,
            capacity,
            arrays: ArrayBytes::default(),
            handle: Arc::new(handle),
        });
        open.insert(id, Arc::clone(&device));
        Ok(device)
    }
    /// Returns the names that [`Device::open`] knows, without indices. This build or machine may still lack a device
    /// with such a name.
    pub fn names() -> [&'static str; 7] {
        KNOWN
    }
    /// Returns the devices of a kind that this machine has, without opening them.
    ///
    /// # Errors
    /// Returns an error if this program was built without the driver, or if the driver does not work.
    pub fn of_kind(kind: DeviceKind) -> Result<Vec<DeviceInfo>, DeviceError> {
        if !kind.is_built() {
            return Err(DeviceError::NotBuilt { name: kind.driver().to_owned(), advice: kind.advice() });
        }
        let found = devices(kind.driver()).map_err(|said| without_devices(kind, &said))?;
        let info = |(index, report): (usize, crate::ffi::runtime::DeviceReport)| DeviceInfo {
            name: DeviceId { kind, index }.to_string(),
            kind,
            product: report.name,
            memory: report.memory,
            properties: report.properties,
        };
        Ok(found.into_iter().enumerate().map(info).collect())
    }
    /// Returns the name: `cpu`, `local-task`, or the kind and the index, such as `cuda:0`.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Returns the kind.
    pub fn kind(&self) -> DeviceKind {
        self.id.kind
    }
    /// Returns the target of code for this device.
    pub fn target(&self) -> &Target {
        &self.target
    }
    /// Returns the size of a GPU's memory in bytes, if the driver reports it.
    pub fn capacity(&self) -> Option<u64> {
        self.capacity
    }
    /// Returns the memory use of all executables on this device.
    pub fn memory(&self) -> MemoryUse {
        let (in_use, peak) = match self.shares_host_memory() {
            true => self.handle.memory(),
            // IREE's own count never subtracts the buffers of its pools.
            false => (self.arrays.in_use.load(Ordering::Relaxed), self.arrays.peak.load(Ordering::Relaxed)),
        };
        MemoryUse { in_use, peak }
    }
    /// Returns whether the device computes in host memory, so that arrays need no copy.
    pub fn shares_host_memory(&self) -> bool {
        self.id.kind.shares_host_memory()
    }
    /// Returns a value in the memory of this device: the value itself if it is already there, else a copy.
    ///
    /// # Errors
    /// Returns an error if the copy fails.
    pub fn put(self: &Arc<Device>, value: &Value) -> Result<Value, DeviceError> {
        let failed = |message: String| {
            let (name, status) = (self.name.clone(), Status::parse(&message));
            if status.is_out_of_memory() {
                let (bytes, in_use) = (value.ty().bytes() as u64, self.memory().in_use);
                return DeviceError::OutOfMemory { name, bytes, in_use, message: status.reason() };
            }
            DeviceError::Transfer { name, message: status.reason() }
        };
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

/// Returns the error for a driver that reports no devices.
fn without_devices(kind: DeviceKind, said: &str) -> DeviceError {
    let (name, status) = (kind.driver().to_owned(), Status::parse(said));
    let forbidden = of_forbidden(kind.forbidden());
    if status.is_unavailable() {
        let advice = kind.installation().to_owned() + &forbidden;
        return DeviceError::NoDriver { name, message: status.reason(), advice };
    }
    DeviceError::Open { name, message: status.reason() + &forbidden }
}

/// Returns the target of code for a device.
fn target(handle: &DeviceHandle, kind: DeviceKind, properties: &str) -> Result<Target, String> {
    let named = |text: &str| text.parse::<Target>().map_err(|e| e.to_string());
    match kind {
        DeviceKind::LocalSync | DeviceKind::LocalTask => Ok(Target::llvm_cpu()),
        DeviceKind::Cuda => {
            let capability = |key| handle.query("cuda.device", key).unwrap_or_default();
            let (major, minor) = (capability("compute_capability_major"), capability("compute_capability_minor"));
            Target::cuda_capability(major, minor).ok_or_else(|| {
                format!("its compute capability is {major}.{minor}, and IREE compiles for 6.0 and later")
            })
        }
        DeviceKind::Hip => named("rocm"),
        DeviceKind::Metal => Ok(Target::metal()),
        DeviceKind::Vulkan => Ok(Target::vulkan_device(vulkan_features(handle, properties))),
    }
}

fn vulkan_features(handle: &DeviceHandle, properties: &str) -> VulkanFeatures {
    let least = VulkanFeatures::default();
    let number = |key: &str, least| handle.query("vulkan.device", key).filter(|n| *n > 0).unwrap_or(least);
    let triple =
        |key: &str, least: [u32; 3]| [0, 1, 2].map(|i| number(&format!("{key}_{}", ["x", "y", "z"][i]), least[i]));
    let has = |key: &str| handle.query("vulkan.feature", key) == Some(1);
    VulkanFeatures {
        subgroup: number("subgroup_size", least.subgroup),
        threads: number("max_compute_workgroup_invocations", least.threads),
        size: triple("max_compute_workgroup_size", least.size),
        count: triple("max_compute_workgroup_count", least.count),
        arithmetic: subgroups_compute(properties).unwrap_or(false),
        f16: has("shader_float16") && has("storage_buffer_16bit_access"),
        f64: has("shader_float64"),
        i8: has("shader_int8") && has("storage_buffer_8bit_access"),
        i16: has("shader_int16") && has("storage_buffer_16bit_access"),
        i64: has("shader_int64"),
    }
}

/// Returns whether subgroups can reduce and shuffle. The driver reports this only as text.
fn subgroups_compute(properties: &str) -> Option<bool> {
    // VK_SUBGROUP_FEATURE_ARITHMETIC_BIT and VK_SUBGROUP_FEATURE_SHUFFLE_BIT.
    const NEEDED: u32 = 0x4 | 0x10;
    let line = properties.lines().find(|line| line.starts_with("subgroup:"))?;
    let operations = line.split_once("operations=0x")?.1;
    let digits = operations.split(|c: char| !c.is_ascii_hexdigit()).next()?;
    Some(u32::from_str_radix(digits, 16).ok()? & NEEDED == NEEDED)
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({})", self.name)
    }
}

/// An array in the memory of a device other than the host.
pub(crate) struct DeviceArray {
    device: Arc<Device>,
    ty: Type,
    view: View,
}

impl DeviceArray {
    pub(crate) fn new(device: &Arc<Device>, ty: Type, view: View) -> DeviceArray {
        let bytes = ty.bytes() as u64;
        let in_use = device.arrays.in_use.fetch_add(bytes, Ordering::Relaxed) + bytes;
        device.arrays.peak.fetch_max(in_use, Ordering::Relaxed);
        DeviceArray { device: Arc::clone(device), ty, view }
    }
    /// Returns the view, if it is on `device`.
    pub(crate) fn view_on(&self, device: &Arc<Device>) -> Option<&View> {
        Arc::ptr_eq(&self.device, device).then_some(&self.view)
    }
}

impl Drop for DeviceArray {
    fn drop(&mut self) {
        self.device.arrays.in_use.fetch_sub(self.ty.bytes() as u64, Ordering::Relaxed);
        // The memory is released next, in whichever thread this is.
        self.device.handle.bind();
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
        let array = self.view.download(&self.device.handle, &self.ty);
        array.map_err(|message| Status::parse(&message).reason())
    }
}

/// Returns an identifier of an array's memory on a device, so that tests can detect updates in place.
#[doc(hidden)]
pub fn buffer_address(buffer: &dyn DeviceBuffer) -> Option<usize> {
    let buffer: &dyn Any = buffer;
    Some(buffer.downcast_ref::<DeviceArray>()?.view.address())
}
