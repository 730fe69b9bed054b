//! `rune-cli devices`, and the values of `--device`.

use crate::{output, style, units};
use anyhow::Result;
use clap::Args;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use rune::{Device, DeviceInfo, DeviceKind};
use serde_json::{Value, json};

/// Lists the devices of this machine, and what each missing kind needs
#[derive(Args)]
#[command(
    after_help = "Examples:\n  rune-cli devices\n  rune-cli run f.json --device vulkan\n  rune-cli run f.json --device cuda:1"
)]
pub struct Devices {}

/// Returns the kind of IREE device for a name without an index.
fn kind(name: &str) -> Option<DeviceKind> {
    let driver = if name == "cpu" { "local-sync" } else { name };
    DeviceKind::ALL.into_iter().find(|kind| kind.driver() == driver)
}

fn description(name: &str) -> &'static str {
    match name {
        "cpu" => "the calling thread computes, with the least overhead; the same as local-sync",
        "local-sync" => "the same as cpu",
        "local-task" => "a pool of threads computes",
        "host" => "fused kernels, at once and without a compiler",
        "reference" => "the interpreter",
        "cuda" => "NVIDIA GPUs",
        "hip" => "AMD GPUs",
        "metal" => "Apple GPUs",
        _ => "GPUs with a Vulkan driver",
    }
}

impl Devices {
    pub fn run(self, json: bool) -> Result<()> {
        for name in Device::names() {
            let kind = kind(name);
            // Each kind that shares the host's memory has exactly one device.
            let found = match kind.filter(|kind| !kind.shares_host_memory()) {
                Some(kind) => Device::of_kind(kind),
                None => Device::open(name).map(|_| Vec::new()),
            };
            let is_gpu = kind.is_some_and(|kind| !kind.shares_host_memory());
            let missing = match &found {
                // The error of opening a device tells the reason, as far as it is known.
                Ok(found) if is_gpu && found.is_empty() => Device::open(name).err().map(|error| error.to_string()),
                Ok(_) => None,
                Err(error) => Some(error.to_string()),
            };
            let devices = found.unwrap_or_default();
            let value = json!({
                "device": name,
                "built": kind.is_none_or(DeviceKind::is_built),
                "available": missing.is_none(),
                "reason": missing,
                "found": devices.iter().map(value).collect::<Vec<_>>(),
            });
            output::print_value(json, text(name, missing.as_deref(), &devices), value)?;
        }
        Ok(())
    }
}

fn value(info: &DeviceInfo) -> Value {
    json!({ "name": info.name, "product": info.product, "memory": info.memory })
}

fn text(name: &str, missing: Option<&str>, devices: &[DeviceInfo]) -> String {
    let (good, dim) = (style::GOOD, style::DIM);
    if let Some(missing) = missing {
        return format!("{name:<12}{dim}absent     {missing}{dim:#}");
    }
    let mut text = format!("{name:<12}{good}available{good:#}  {}", description(name));
    for DeviceInfo { name, product, memory, .. } in devices {
        let memory = memory.map(|bytes| format!(", {} of memory", units::bytes(bytes))).unwrap_or_default();
        text += &format!("\n  {name:<10}{dim}{product}{memory}{dim:#}");
    }
    text
}

/// Parses a device name: one of [`Device::names`], followed by an index for a GPU.
#[derive(Clone)]
pub struct DeviceName;

impl TypedValueParser for DeviceName {
    type Value = String;
    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().try_map(checked).parse_ref(command, arg, value)
    }
    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Device::names().into_iter().map(PossibleValue::new)))
    }
}

fn checked(name: String) -> Result<String, String> {
    let (kind_name, number) = name.split_once(':').map_or((&*name, None), |(kind, number)| (kind, Some(number)));
    let numbered = kind(kind_name).is_some_and(|kind| !kind.shares_host_memory());
    let known = Device::names().contains(&kind_name);
    match number {
        None if known => Ok(name),
        Some(number) if numbered && number.parse::<usize>().is_ok() => Ok(name),
        Some(_) if known => Err(format!("only GPUs have numbers, as cuda:1; `{kind_name}` is one device")),
        _ => Err(format!("known are {}, and GPUs by number, such as cuda:1", Device::names().join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_have_numbers() {
        for name in ["cpu", "host", "reference", "local-task", "cuda", "cuda:1", "vulkan:0"] {
            assert_eq!(checked(name.to_owned()).as_deref(), Ok(name));
        }
        assert!(checked("cpu:1".to_owned()).unwrap_err().contains("only GPUs have numbers"));
        for name in ["tpu", "cuda:", "cuda:x", "vulkan:-1", ""] {
            assert!(checked(name.to_owned()).is_err(), "{name}");
        }
    }

    #[test]
    fn devices_are_listed_with_product_and_memory() {
        let info = DeviceInfo {
            name: "cuda:1".to_owned(),
            kind: DeviceKind::Cuda,
            product: "NVIDIA T4".to_owned(),
            memory: Some(16_000_000_000),
            properties: String::new(),
        };
        let plain = anstream::adapter::strip_str(&text("cuda", None, std::slice::from_ref(&info))).to_string();
        assert_eq!(plain, "cuda        available  NVIDIA GPUs\n  cuda:1    NVIDIA T4, 16.0 GB of memory");
        assert_eq!(value(&info), json!({ "name": "cuda:1", "product": "NVIDIA T4", "memory": 16_000_000_000u64 }));
    }
}
