//! The kinds of devices.

use crate::ffi::driver::drivers;

/// The names of devices, without indices.
pub(super) const KNOWN: [&str; 7] = ["cpu", "local-sync", "local-task", "cuda", "hip", "metal", "vulkan"];

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
