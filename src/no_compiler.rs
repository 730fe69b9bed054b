//! In place of the compiler, in builds without the feature `iree`: the host engine answers, and what needs IREE is an error.

use crate::Error;
use crate::device::Device;
use crate::runnable::{Planned, Runnable};
use rune_host::Plan;
use rune_ir::Program;
use std::sync::Arc;

/// A program without its StableHLO form.
pub(crate) struct Lowered;

/// Lowers nothing.
pub(crate) fn lower(_: &Program, _: &Device) -> Result<Lowered, Error> {
    Ok(Lowered)
}

/// Makes a program callable on a CPU, by the host engine.
pub(crate) fn tiered(_: &Arc<Program>, plan: Plan, _: &Device) -> Runnable {
    Box::new(Planned(plan))
}

/// Returns the error that programs cannot be compiled.
#[cfg(feature = "run")]
pub(crate) fn compile(
    program: &Arc<Program>,
    device: &Device,
    _: &Arc<rune_iree::Device>,
    _: &str,
) -> Result<(Runnable, crate::timings::Timings), Error> {
    let what = format!("compiling `{}` for the device `{}`", program.name(), device.name());
    Err(Error::MissingFeature { what, feature: "iree" })
}
