//! Errors of opening and using devices.

use super::kind::KNOWN;

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
