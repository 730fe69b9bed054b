//! `rune-cli devices`.

use crate::{output, style};
use anyhow::Result;
use clap::Args;
use rune::Device;
use serde_json::json;

/// Lists the devices that can run programs, and why others are unavailable
#[derive(Args)]
#[command(after_help = "Examples:\n  rune-cli devices\n  rune-cli run f.json --device local-task")]
pub struct Devices {}

impl Devices {
    pub fn run(self, json: bool) -> Result<()> {
        let (good, dim) = (style::GOOD, style::DIM);
        for name in Device::names() {
            let opened = Device::open(name);
            let about = match name {
                "cpu" => "the calling thread computes, with the least overhead; the same as local-sync",
                "local-sync" => "the same as cpu",
                "local-task" => "a pool of threads computes",
                "host" => "fused kernels, at once and without a compiler",
                "reference" => "the interpreter",
                _ => "a GPU",
            };
            let text = match &opened {
                Ok(_) => format!("{name:<12}{good}available{good:#}  {about}"),
                Err(error) => format!("{name:<12}{dim}absent     {error}{dim:#}"),
            };
            let reason = opened.as_ref().err().map(ToString::to_string);
            output::tell(json, text, json!({ "device": name, "available": opened.is_ok(), "reason": reason }))?;
        }
        Ok(())
    }
}
