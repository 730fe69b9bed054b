//! Devices, and the default device.

use crate::Error;
use arc_swap::{ArcSwapOption, Guard};
use rune_ir::Value;
use rune_trace::Tensor;
use std::cell::RefCell;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A device that runs programs. Two values are equal if they are the same device, even if opened under different names.
///
/// Without the feature `run`, which `iree` includes, there are no IREE devices, and `cpu` is another name for `host`.
///
/// ```
/// use rune::Device;
/// # #[cfg(feature = "run")]
/// assert_eq!(Device::cpu(), Device::open("local-sync")?);
/// assert_ne!(Device::cpu(), Device::reference());
/// # Ok::<(), rune::Error>(())
/// ```
#[derive(Clone, Debug)]
pub enum Device {
    /// The reference interpreter.
    Reference,
    /// The fast host engine. It compiles nothing.
    Host,
    /// An IREE device.
    #[cfg(feature = "run")]
    Iree(Arc<rune_iree::Device>),
}

impl Device {
    /// Returns the reference interpreter.
    pub fn reference() -> Device {
        Device::Reference
    }
    /// Returns the fast host engine. It compiles nothing.
    pub fn host() -> Device {
        Device::Host
    }
    /// Returns the CPU. IREE compiles code for it.
    pub fn cpu() -> Device {
        Device::open("cpu").unwrap_or(Device::Host)
    }
    /// Opens an NVIDIA GPU. `index` counts from 0.
    ///
    /// # Errors
    /// Returns an error if this build lacks the feature `cuda`, or if this machine has no driver or no GPU with this
    /// index.
    pub fn cuda(index: usize) -> Result<Device, Error> {
        Device::open(&format!("cuda:{index}"))
    }
    /// Opens a device with a Vulkan driver. `index` counts from 0.
    ///
    /// # Errors
    /// Returns an error if this build lacks the feature `vulkan`, or if this machine has no driver or no device with
    /// this index.
    pub fn vulkan(index: usize) -> Result<Device, Error> {
        Device::open(&format!("vulkan:{index}"))
    }
    /// Opens an Apple GPU. `index` counts from 0.
    ///
    /// # Errors
    /// Returns an error on every machine except Macs with Apple's own processors.
    pub fn metal(index: usize) -> Result<Device, Error> {
        Device::open(&format!("metal:{index}"))
    }
    /// Opens an AMD GPU. `index` counts from 0.
    ///
    /// # Errors
    /// Always returns an error: no build has IREE's HIP driver, because its sources in Rust's registry lack the HIP
    /// headers.
    pub fn hip(index: usize) -> Result<Device, Error> {
        Device::open(&format!("hip:{index}"))
    }
    /// Opens a device by name: `host`, `reference`, or an IREE device, such as `cpu`, `cuda` or `vulkan:1`.
    ///
    /// # Errors
    /// Returns an error if this build or this machine has no device with this name.
    pub fn open(name: &str) -> Result<Device, Error> {
        match name {
            "reference" => Ok(Device::Reference),
            "host" => Ok(Device::Host),
            name => open_other(name),
        }
    }
    /// Returns the names that [`Device::open`] knows, without indices. This build or machine may still lack a device
    /// with such a name.
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
    /// Returns the GPUs that this machine has and this build can use, with their names, kinds, memory and features. It
    /// opens none of them.
    ///
    /// ```
    /// use rune::Device;
    /// for info in Device::all() {
    ///     let gpu = Device::open(&info.name)?;
    ///     println!("{}: {}", gpu.name(), info.product);
    /// }
    /// # Ok::<(), rune::Error>(())
    /// ```
    #[cfg(feature = "run")]
    #[doc(alias = "devices")]
    pub fn all() -> Vec<rune_iree::DeviceInfo> {
        use rune_iree::DeviceKind;
        let gpus = DeviceKind::ALL.into_iter().filter(|kind| !kind.shares_host_memory());
        gpus.filter_map(|kind| rune_iree::Device::of_kind(kind).ok()).flatten().collect()
    }
    /// Returns the devices of a kind that this machine has, without opening them.
    ///
    /// ```
    /// use rune::{Device, DeviceKind};
    /// match Device::of_kind(DeviceKind::Vulkan) {
    ///     Ok(found) => println!("{} devices with a Vulkan driver", found.len()),
    ///     Err(error) => println!("{error}"),
    /// }
    /// ```
    ///
    /// # Errors
    /// Returns an error that says what is missing: the Cargo feature, or the driver of the operating system.
    #[cfg(feature = "run")]
    pub fn of_kind(kind: rune_iree::DeviceKind) -> Result<Vec<rune_iree::DeviceInfo>, Error> {
        Ok(rune_iree::Device::of_kind(kind)?)
    }
    /// Returns the name, such as `cpu` or `cuda:0`.
    pub fn name(&self) -> &str {
        match self {
            Device::Reference => "reference",
            Device::Host => "host",
            #[cfg(feature = "run")]
            Device::Iree(device) => device.name(),
        }
    }
    /// Returns the current and the peak number of bytes in the buffers of an IREE device. Returns `None` for the host's
    /// own engines.
    #[cfg(feature = "run")]
    pub fn memory(&self) -> Option<rune_iree::MemoryUse> {
        match self {
            Device::Reference | Device::Host => None,
            Device::Iree(device) => Some(device.memory()),
        }
    }
    /// Returns whether the device computes in host memory. Arrays move between such devices without a copy.
    pub fn shares_host_memory(&self) -> bool {
        match self {
            Device::Reference | Device::Host => true,
            #[cfg(feature = "run")]
            Device::Iree(device) => device.shares_host_memory(),
        }
    }
    /// Returns a value in the memory of this device: the value itself if it is there, else a copy.
    pub(crate) fn put(&self, value: &Value) -> Result<Value, Error> {
        match self {
            Device::Reference | Device::Host => Ok(Value::Host(value.to_host().map_err(Error::Transfer)?)),
            #[cfg(feature = "run")]
            Device::Iree(device) => Ok(device.put(value)?),
        }
    }
    /// Returns whether this is a CPU that IREE compiles for. The host engine can replace it.
    pub(crate) fn is_cpu(&self) -> bool {
        matches!(self.name(), "cpu" | "local-task")
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

/// Opens an IREE device.
#[cfg(feature = "run")]
fn open_other(name: &str) -> Result<Device, Error> {
    match rune_iree::Device::open(name) {
        Ok(device) => Ok(Device::Iree(device)),
        // The error of IREE lists names without `host` and `reference`, so it is replaced.
        Err(rune_iree::DeviceError::Unknown { name }) => Err(Error::UnknownDevice(name)),
        Err(error) => Err(error.into()),
    }
}

/// Opens the CPU, whose only engine is the host engine.
#[cfg(not(feature = "run"))]
fn open_other(name: &str) -> Result<Device, Error> {
    match name.split(':').next().unwrap_or(name) {
        "cpu" => Ok(Device::Host),
        "local-sync" | "local-task" | "cuda" | "hip" | "metal" | "vulkan" => {
            Err(Error::MissingFeature { what: format!("the device `{name}`"), feature: "iree" })
        }
        _ => Err(Error::UnknownDevice(name.to_owned())),
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

thread_local! {
    /// The devices of the calls of [`with_device`] that are active on this thread, the innermost last.
    static SCOPED: RefCell<Vec<Device>> = const { RefCell::new(Vec::new()) };
}

/// The device of a call: its own, or the current default device, which is read without a lock.
pub(crate) enum CurrentDevice {
    Own(Device),
    Default(Guard<Option<Arc<Device>>>),
}

impl std::ops::Deref for CurrentDevice {
    type Target = Device;
    fn deref(&self) -> &Device {
        match self {
            CurrentDevice::Own(device) => device,
            CurrentDevice::Default(device) => {
                device.as_ref().expect("it was set when this was made, and is never taken away")
            }
        }
    }
}

/// Returns the default device. Every call looks it up.
pub(crate) fn current_device() -> Result<CurrentDevice, Error> {
    if let Some(device) = SCOPED.with_borrow(|scoped| scoped.last().cloned()) {
        return Ok(CurrentDevice::Own(device));
    }
    let device = DEFAULT.load();
    if device.is_some() {
        return Ok(CurrentDevice::Default(device));
    }
    let name = std::env::var_os("RUNE_DEVICE").filter(|name| !name.is_empty()).unwrap_or_else(|| "cpu".into());
    // A name that is not UTF-8 names no device. The error shows as much of it as possible.
    let opened = Arc::new(Device::open(&name.to_string_lossy())?);
    // Another thread may have set one in the meantime.
    DEFAULT.rcu(|device| device.clone().or_else(|| Some(opened.clone())));
    Ok(CurrentDevice::Default(DEFAULT.load()))
}

/// Returns the device that a program with these inputs runs on: `own`, else the device whose memory an input is in,
/// else the default one.
///
/// # Errors
/// Returns an error if an input is in the memory of a different device, or if there is no default device.
pub(crate) fn device_of<'a>(
    own: Option<Device>,
    function: &str,
    inputs: impl Iterator<Item = &'a Value>,
) -> Result<CurrentDevice, Error> {
    let mut chosen = own.map(CurrentDevice::Own);
    for (index, input) in inputs.enumerate() {
        let Value::Device(buffer) = input else { continue };
        match &chosen {
            None => chosen = Some(CurrentDevice::Own(Device::open(buffer.device())?)),
            Some(device) if device.name() == buffer.device() => {}
            Some(device) => {
                return Err(Error::ArgumentDevice {
                    function: function.to_owned(),
                    index,
                    expected: device.name().to_owned(),
                    found: buffer.device().to_owned(),
                });
            }
        }
    }
    chosen.map_or_else(current_device, Ok)
}

/// Returns the default device: that of the innermost enclosing [`with_device`], else the last one passed to
/// [`set_default_device`], else the one that the environment variable `RUNE_DEVICE` names, else `cpu`.
///
/// # Errors
/// Returns an error if this build or this machine has no device with this name.
pub fn default_device() -> Result<Device, Error> {
    Ok(current_device()?.clone())
}

/// Makes `name` the default device of this process. A function that was compiled for another device is compiled again
/// at its next call.
///
/// # Errors
/// Returns an error if this build or this machine has no device with this name.
pub fn set_default_device(name: &str) -> Result<(), Error> {
    DEFAULT.store(Some(Arc::new(Device::open(name)?)));
    Ok(())
}

/// Calls `f` with `device` as the default device of this thread.
///
/// ```
/// use rune::{Device, prelude::*, with_device};
/// let x = Tensor::from([1.0f32, 2.0]);
/// let y = with_device(&Device::reference(), || jit(|x: &Tensor| x * 2.0)(&x));
/// assert_eq!(y.to_vec::<f32>()?, [2.0, 4.0]);
/// # Ok::<(), rune::EvalError>(())
/// ```
pub fn with_device<T>(device: &Device, f: impl FnOnce() -> T) -> T {
    /// Ends the scope, even if `f` panics.
    struct Scope;
    impl Drop for Scope {
        fn drop(&mut self) {
            SCOPED.with_borrow_mut(Vec::pop);
        }
    }
    SCOPED.with_borrow_mut(|scoped| scoped.push(device.clone()));
    let _scope = Scope;
    f()
}

/// Moves tensors between devices.
///
/// A tensor in the memory of a GPU stays there: the GPU computes with it, and keeps the results. JAX calls such a
/// tensor committed. A tensor in host memory is copied to the device that computes.
#[doc(alias = "device_put")]
pub trait OnDevice: Sized {
    /// Returns the tensor in the memory of a device: itself if it is already there, else a copy.
    ///
    /// ```
    /// use rune::{Device, OnDevice, Tensor};
    /// let x = Tensor::from([1.0f32, 2.0]);
    /// for info in Device::all() {
    ///     let on_gpu = x.to(&Device::open(&info.name)?)?;
    ///     assert_eq!(on_gpu.device()?.name(), info.name);
    /// }
    /// # Ok::<(), rune::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if the tensor cannot be computed, for example because it is being traced, or if the copy fails.
    fn to(&self, device: &Device) -> Result<Self, Error>;
    /// Returns the device whose memory the tensor is in. For host memory, it is [`Device::host`].
    ///
    /// # Errors
    /// Returns an error if the tensor cannot be computed.
    fn device(&self) -> Result<Device, Error>;
}

impl OnDevice for Tensor {
    fn to(&self, device: &Device) -> Result<Tensor, Error> {
        Ok(Tensor::from_value(device.put(&self.value()?)?))
    }
    fn device(&self) -> Result<Device, Error> {
        match self.value()? {
            Value::Host(_) => Ok(Device::Host),
            Value::Device(buffer) => Device::open(buffer.device()),
        }
    }
}
