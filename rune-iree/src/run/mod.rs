//! Devices, executables, and calls.

mod availability;
mod device;
mod error;
mod executable;
pub(crate) mod host_calls;
mod signature;
pub(crate) mod status;

#[doc(hidden)]
pub use device::buffer_address;
pub use device::{Device, DeviceError, DeviceInfo, DeviceKind, MemoryUse};
pub use error::RunError;
pub use executable::Executable;
pub use host_calls::{HostCalls, HostFunction};
pub use signature::Signature;
