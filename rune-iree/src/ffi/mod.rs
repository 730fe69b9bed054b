//! The thin unsafe layer over IREE's C interfaces. It is private to this crate.
#![allow(unsafe_code)]

#[cfg(feature = "run")]
mod allocator;
#[cfg(feature = "run")]
pub(crate) mod buffer;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(feature = "run")]
pub(crate) mod device;
#[cfg(feature = "run")]
pub(crate) mod driver;
#[cfg(feature = "run")]
pub(crate) mod fence;
#[cfg(feature = "vulkan")]
mod float_controls;
#[cfg(feature = "run")]
pub(crate) mod handle;
#[cfg(feature = "run")]
pub(crate) mod host_module;
#[cfg(feature = "run")]
pub(crate) mod invoke;
#[cfg(feature = "run")]
mod libc_allocator;
#[cfg(feature = "run")]
pub(crate) mod memory;
#[cfg(feature = "run")]
mod status;
#[cfg(feature = "run")]
mod transfer;
#[cfg(feature = "run")]
pub(crate) mod vm;
#[cfg(feature = "vulkan")]
mod vulkan;
