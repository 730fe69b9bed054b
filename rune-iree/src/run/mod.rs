//! Devices, executables, and calls.

mod device;
mod error;
mod executable;
pub(crate) mod host_calls;
mod signature;

pub use device::{Device, DeviceError, DeviceInfo, DeviceKind, MemoryUse};
pub use error::RunError;
pub use executable::Executable;
pub use host_calls::{HostCalls, HostFunction};
pub use signature::Signature;
