//! Finds the devices of this machine.

use super::availability::of_forbidden;
use super::device_error::DeviceError;
use super::kind::DeviceKind;
use super::status::Status;
use crate::ffi::driver::{DeviceReport, devices};
use std::fmt;
use std::str::FromStr;

/// The kind and the index of a device. Its name is, for example, `cuda:1`. The name `cuda` means `cuda:0`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct DeviceId {
    pub kind: DeviceKind,
    pub index: usize,
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

/// Returns the devices of a kind that this machine has, without opening them.
pub(super) fn of_kind(kind: DeviceKind) -> Result<Vec<DeviceInfo>, DeviceError> {
    if !kind.is_built() {
        return Err(DeviceError::NotBuilt { name: kind.driver().to_owned(), advice: kind.advice() });
    }
    let found = devices(kind.driver()).map_err(|said| without_devices(kind, &said))?;
    let info = |(index, report): (usize, DeviceReport)| DeviceInfo {
        name: DeviceId { kind, index }.to_string(),
        kind,
        product: report.name,
        memory: report.memory,
        properties: report.properties,
    };
    Ok(found.into_iter().enumerate().map(info).collect())
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
