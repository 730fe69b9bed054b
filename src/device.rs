//! The device that programs run on unless they say otherwise.

use crate::Error;
#[cfg(feature = "run")]
use rune_iree::{Device, DeviceError};
#[cfg(feature = "run")]
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

/// Where a program runs.
#[derive(Clone, Debug)]
pub enum Place {
    /// The reference interpreter.
    Reference,
    /// The fast engine of the host, which compiles nothing.
    Host,
    /// A device of IREE.
    #[cfg(feature = "run")]
    Device(Arc<Device>),
}

impl Place {
    /// The place of this name: `reference`, `host`, or a device of IREE.
    ///
    /// # Errors
    /// If there is none of this name, in this build or on this machine.
    pub fn open(name: &str) -> Result<Place, Error> {
        match name {
            "reference" => return Ok(Place::Reference),
            "host" => return Ok(Place::Host),
            _ => {}
        }
        #[cfg(feature = "run")]
        return match Device::open(name) {
            Ok(device) => Ok(Place::Device(device)),
            // It knows nothing of the interpreter.
            Err(DeviceError::Unknown { name }) => Err(Error::UnknownDevice(name)),
            Err(error @ (DeviceError::NotBuilt { .. } | DeviceError::Open { .. })) => Err(error.into()),
        };
        #[cfg(not(feature = "run"))]
        Err(Error::UnknownDevice(name.to_owned()))
    }
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Place::Reference => "reference",
            Place::Host => "host",
            #[cfg(feature = "run")]
            Place::Device(device) => device.name(),
        }
    }
}

static DEFAULT: Mutex<Option<Place>> = Mutex::new(None);

/// The default device: what [`set_default_device`] said, else the environment variable `RUNE_DEVICE`, else `cpu`.
///
/// # Errors
/// If there is no device of this name, in this build or on this machine.
pub fn default_device() -> Result<Place, Error> {
    let mut place = DEFAULT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(place) = &*place {
        return Ok(place.clone());
    }
    let name = std::env::var_os("RUNE_DEVICE").filter(|name| !name.is_empty()).unwrap_or_else(|| "cpu".into());
    // What is no text is no name of a device, and is told as it can be shown.
    let opened = Place::open(&name.to_string_lossy())?;
    Ok(place.insert(opened).clone())
}

/// Makes `name` the default device of this process.
///
/// # Errors
/// As [`default_device`].
pub fn set_default_device(name: &str) -> Result<(), Error> {
    let opened = Place::open(name)?;
    *DEFAULT.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
    Ok(())
}
