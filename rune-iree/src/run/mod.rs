//! Devices, executables, and calls.

mod availability;
mod device;
mod device_call;
mod device_error;
mod device_target;
mod error;
mod executable;
mod find;
pub(crate) mod host_calls;
mod in_flight;
mod kind;
mod signature;
pub(crate) mod status;

#[doc(hidden)]
pub use device::buffer_address;
pub use device::{Device, MemoryUse};
pub use device_error::DeviceError;
pub use error::RunError;
pub use executable::Executable;
pub use find::DeviceInfo;
pub use host_calls::{HostCalls, HostFunction};
pub use kind::DeviceKind;
pub use signature::Signature;
