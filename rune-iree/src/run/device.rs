//! Devices, which run compiled modules.

use super::availability::of_forbidden;
use super::device_error::DeviceError;
use super::device_target::target;
use super::find::{self, DeviceId, DeviceInfo};
use super::in_flight::{Calls, InFlight, Lost, Memory, Name};
use super::kind::{DeviceKind, KNOWN};
use super::status::Status;
use crate::Target;
use crate::ffi::device::DeviceHandle;
use crate::ffi::handle::View;
use rune_ir::{Array, DeviceBuffer, Type, Value};
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// A device. It is opened once and shared.
pub struct Device {
    id: DeviceId,
    name: String,
    target: Target,
    capacity: Option<u64>,
    arrays: ArrayBytes,
    /// The calls that it may not have ended.
    pub(super) calls: Calls,
    pub(crate) handle: Arc<DeviceHandle>,
}

/// The bytes of the arrays in the memory of a device.
#[derive(Default)]
struct ArrayBytes {
    in_use: AtomicU64,
    peak: AtomicU64,
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
            infos = find::of_kind(id.kind)?;
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
            calls: Calls::default(),
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
        find::of_kind(kind)
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
                let name = Arc::new(Name { name: "to".to_owned(), loc: None });
                let (view, copy) = InFlight::send(&self.handle, &array, &name).map_err(failed)?;
                self.calls.push(&copy, None);
                let memory = Arc::new(Memory::written_by(&copy));
                Ok(Value::Device(Arc::new(DeviceArray::new(self, array.ty().clone(), view, memory))))
            }
        }
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Device({})", self.name)
    }
}

/// An array in the memory of a device other than the host. The device may still compute its elements.
pub(super) struct DeviceArray {
    device: Arc<Device>,
    ty: Type,
    pub view: View,
    pub memory: Arc<Memory>,
}

impl DeviceArray {
    pub fn new(device: &Arc<Device>, ty: Type, view: View, memory: Arc<Memory>) -> DeviceArray {
        let bytes = ty.bytes() as u64;
        let in_use = device.arrays.in_use.fetch_add(bytes, Ordering::Relaxed) + bytes;
        device.arrays.peak.fetch_max(in_use, Ordering::Relaxed);
        DeviceArray { device: Arc::clone(device), ty, view, memory }
    }
    pub fn is_on(&self, device: &Arc<Device>) -> bool {
        Arc::ptr_eq(&self.device, device)
    }
    /// Returns whether no other array has bytes of its memory.
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.memory) == 1
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
    fn is_ready(&self) -> bool {
        self.memory.is_ready()
    }
    fn wait(&self) -> Result<(), String> {
        self.memory.wait().map_err(|lost: Lost| lost.reason(&self.device))?;
        self.device.calls.forget_ended();
        Ok(())
    }
    fn to_host(&self) -> Result<Array, String> {
        self.wait()?;
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
