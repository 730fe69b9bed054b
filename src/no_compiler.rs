//! Replaces the compiler in builds without the feature `iree`. The host engine runs all programs; whatever needs IREE
//! is an error.

use crate::Error;
use crate::device::Device;
use crate::runnable::{Planned, Runnable};
use rune_host::Plan;
use rune_ir::Program;
use std::sync::Arc;

/// A placeholder for a lowered program.
pub(crate) struct LoweredModule;

/// Lowers nothing.
pub(crate) fn lower(_: &Program, _: &Device) -> Result<LoweredModule, Error> {
    Ok(LoweredModule)
}

/// Returns a program that the host engine runs.
pub(crate) fn tiered(_: &Arc<Program>, plan: Plan, _: &Device) -> Runnable {
    Box::new(Planned(plan))
}

/// Always returns an error.
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

/// Returns the program unchanged, because there is only one engine.
pub(crate) fn checked(runnable: Runnable, _: &Arc<Program>) -> Runnable {
    runnable
}

/// Returns false, because there is no compiler.
pub(crate) fn warn_if_of_program(_: &Program, _: &Error) -> bool {
    false
}
