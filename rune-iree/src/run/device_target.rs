//! The target of code for an open device.

use super::kind::DeviceKind;
use crate::Target;
use crate::ffi::device::DeviceHandle;
use crate::target::VulkanFeatures;

/// Returns the target of code for a device.
pub(super) fn target(handle: &DeviceHandle, kind: DeviceKind, properties: &str) -> Result<Target, String> {
    let named = |text: &str| text.parse::<Target>().map_err(|e| e.to_string());
    match kind {
        DeviceKind::LocalSync | DeviceKind::LocalTask => Ok(Target::llvm_cpu()),
        DeviceKind::Cuda => {
            let capability = |key| handle.query("cuda.device", key).unwrap_or_default();
            let (major, minor) = (capability("compute_capability_major"), capability("compute_capability_minor"));
            Target::cuda_capability(major, minor).ok_or_else(|| {
                format!("its compute capability is {major}.{minor}, and IREE compiles for 6.0 and later")
            })
        }
        DeviceKind::Hip => named("rocm"),
        DeviceKind::Metal => Ok(Target::metal()),
        DeviceKind::Vulkan => Ok(Target::vulkan_device(vulkan_features(handle, properties))),
    }
}

fn vulkan_features(handle: &DeviceHandle, properties: &str) -> VulkanFeatures {
    let least = VulkanFeatures::default();
    let number = |key: &str, least| handle.query("vulkan.device", key).filter(|n| *n > 0).unwrap_or(least);
    let triple =
        |key: &str, least: [u32; 3]| [0, 1, 2].map(|i| number(&format!("{key}_{}", ["x", "y", "z"][i]), least[i]));
    let has = |key: &str| handle.query("vulkan.feature", key) == Some(1);
    VulkanFeatures {
        subgroup: number("subgroup_size", least.subgroup),
        threads: number("max_compute_workgroup_invocations", least.threads),
        size: triple("max_compute_workgroup_size", least.size),
        count: triple("max_compute_workgroup_count", least.count),
        arithmetic: subgroups_compute(properties).unwrap_or(false),
        f16: has("shader_float16") && has("storage_buffer_16bit_access"),
        f64: has("shader_float64"),
        i8: has("shader_int8") && has("storage_buffer_8bit_access"),
        i16: has("shader_int16") && has("storage_buffer_16bit_access"),
        i64: has("shader_int64"),
    }
}

/// Returns whether subgroups can reduce and shuffle. The driver reports this only as text.
fn subgroups_compute(properties: &str) -> Option<bool> {
    // VK_SUBGROUP_FEATURE_ARITHMETIC_BIT and VK_SUBGROUP_FEATURE_SHUFFLE_BIT.
    const NEEDED: u32 = 0x4 | 0x10;
    let line = properties.lines().find(|line| line.starts_with("subgroup:"))?;
    let operations = line.split_once("operations=0x")?.1;
    let digits = operations.split(|c: char| !c.is_ascii_hexdigit()).next()?;
    Some(u32::from_str_radix(digits, 16).ok()? & NEEDED == NEEDED)
}
