//! Devices, and the one that programs run on unless they name another.

use crate::Error;
use arc_swap::{ArcSwapOption, Guard};
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// A device that runs programs. Two are equal if they are the same device, opened under whichever name.
///
/// Without the feature `run`, which `iree` includes, there are no devices of IREE, and `cpu` is another name for `host`.
///
/// ```
/// use rune::Device;
/// # #[cfg(feature = "run")]
/// assert_eq!(Device::open("cpu")?, Device::open("local-sync")?);
/// assert_ne!(Device::open("cpu")?, Device::open("reference")?);
/// # Ok::<(), rune::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Device {
    /// The reference interpreter.
    Reference,
    /// The fast engine of the host, which compiles nothing.
    Host,
    /// A device of IREE.
    #[cfg(feature = "run")]
    Iree(Arc<rune_iree::Device>),
}

impl Device {
    /// Opens the device of this name: `host`, `reference`, or a device of IREE.
    ///
    /// # Errors
    /// Returns an error if this build or this machine has no device of this name.
    pub fn open(name: &str) -> Result<Device, Error> {
        match name {
            "reference" => Ok(Device::Reference),
            "host" => Ok(Device::Host),
            name => open_other(name),
        }
    }
    /// Returns the names that [`Device::open`] knows. A device of that name may still be absent from this build or machine.
    ///
    /// ```
    /// assert!(rune::Device::names().contains(&"cpu"));
    /// ```
    pub fn names() -> Vec<&'static str> {
        #[cfg(feature = "run")]
        let names = rune_iree::Device::names();
        #[cfg(not(feature = "run"))]
        let names = ["cpu"];
        names.into_iter().chain(["host", "reference"]).collect()
    }
    /// Returns the name.
    pub fn name(&self) -> &str {
        match self {
            Device::Reference => "reference",
            Device::Host => "host",
            #[cfg(feature = "run")]
            Device::Iree(device) => device.name(),
        }
    }
    /// Whether it is a CPU that IREE compiles for, which the host engine can stand in for.
    pub(crate) fn is_cpu(&self) -> bool {
        matches!(self.name(), "cpu" | "local-sync" | "local-task")
    }
    /// Returns the address of the device, which identifies it.
    fn identity(&self) -> usize {
        match self {
            Device::Reference => 0,
            Device::Host => 1,
            #[cfg(feature = "run")]
            Device::Iree(device) => Arc::as_ptr(device).addr(),
        }
    }
}

/// Opens a device of IREE.
#[cfg(feature = "run")]
fn open_other(name: &str) -> Result<Device, Error> {
    match rune_iree::Device::open(name) {
        Ok(device) => Ok(Device::Iree(device)),
        // Its list of names is without `host` and `reference`.
        Err(rune_iree::DeviceError::Unknown { name }) => Err(Error::UnknownDevice(name)),
        Err(error) => Err(error.into()),
    }
}

/// Opens the CPU, whose only engine is that of the host.
#[cfg(not(feature = "run"))]
fn open_other(name: &str) -> Result<Device, Error> {
    match name {
        "cpu" => Ok(Device::Host),
        "local-sync" | "local-task" | "cuda" | "metal" | "vulkan" => {
            Err(Error::MissingFeature { what: format!("the device `{name}`"), feature: "iree" })
        }
        name => Err(Error::UnknownDevice(name.to_owned())),
    }
}

impl PartialEq for Device {
    fn eq(&self, other: &Device) -> bool {
        self.identity() == other.identity()
    }
}
impl Eq for Device {}
impl Hash for Device {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

static DEFAULT: ArcSwapOption<Device> = ArcSwapOption::const_empty();

/// The default device at some moment, read without a lock.
pub(crate) struct CurrentDevice(Guard<Option<Arc<Device>>>);

impl Deref for CurrentDevice {
    type Target = Device;
    fn deref(&self) -> &Device {
        self.0.as_ref().expect("it was set when this was made, and is never taken away")
    }
}

/// The default device, for looking it up in each call.
pub(crate) fn current_device() -> Result<CurrentDevice, Error> {
    let device = DEFAULT.load();
    if device.is_some() {
        return Ok(CurrentDevice(device));
    }
    let name = std::env::var_os("RUNE_DEVICE").filter(|name| !name.is_empty()).unwrap_or_else(|| "cpu".into());
    // A name that is no UTF-8 names no device, and stands in the error as far as it can be shown.
    let opened = Arc::new(Device::open(&name.to_string_lossy())?);
    // Another thread may have set one meanwhile.
    DEFAULT.rcu(|device| device.clone().or_else(|| Some(opened.clone())));
    Ok(CurrentDevice(DEFAULT.load()))
}

/// Returns the default device: the last one given to [`set_default_device`], else the one that the environment variable
/// `RUNE_DEVICE` names, else `cpu`.
///
/// # Errors
/// Returns an error if this build or this machine has no device of this name.
pub fn default_device() -> Result<Device, Error> {
    Ok(current_device()?.clone())
}

/// Makes `name` the default device of this process. Functions that were compiled for another device are compiled again when they
/// are called.
///
/// # Errors
/// Returns an error if this build or this machine has no device of this name.
pub fn set_default_device(name: &str) -> Result<(), Error> {
    DEFAULT.store(Some(Arc::new(Device::open(name)?)));
    Ok(())
}
