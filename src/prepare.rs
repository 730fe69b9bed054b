//! Prepares programs for calls: chooses an engine, and plans or compiles.

#[cfg(feature = "iree")]
use crate::check::checked;
use crate::compile;
use crate::device::Device;
#[cfg(not(feature = "iree"))]
use crate::no_compiler::{checked, tiered};
use crate::runnable::{Interpreted, Planned, Runnable};
#[cfg(feature = "iree")]
use crate::tiered::tiered;
use crate::timings::Timings;
use crate::{Error, Tier, log};
use rune_host::Plan;
use rune_ir::{Program, Stopwatch, profile};
use std::sync::Arc;

/// Makes a program callable on `device`. On a CPU, `tier` chooses the engine. The log shows `why`.
pub(crate) fn prepare(
    program: &Arc<Program>,
    device: &Device,
    tier: Tier,
    why: &str,
) -> Result<(Runnable, Timings), Error> {
    let (runnable, timings) = match tier {
        Tier::Host if device.is_cpu() => plan(program, why),
        Tier::Auto if device.is_cpu() => {
            let (plan, timings) = planned(program, why);
            (tiered(program, plan, device), timings)
        }
        Tier::Auto | Tier::Host | Tier::Iree => compile_or_plan(program, device, why)?,
    };
    Ok((checked(runnable, program), timings))
}

/// Like [`compile`], but the host engine runs a program that IREE cannot compile for a CPU.
pub(crate) fn compile_or_plan(
    program: &Arc<Program>,
    device: &Device,
    why: &str,
) -> Result<(Runnable, Timings), Error> {
    match compile(program, device, why) {
        Err(error) if device.is_cpu() && compile::warn_if_of_program(program, &error) => {
            Ok(plan(program, "IREE cannot compile it"))
        }
        result => result,
    }
}

/// Compiles a program for `device`. The log shows `why`. With `RUNE_CHECK=all`, its calls are checked.
pub(crate) fn compile_checked(
    program: &Arc<Program>,
    device: &Device,
    why: &str,
) -> Result<(Runnable, Timings), Error> {
    let (runnable, timings) = compile(program, device, why)?;
    Ok((checked(runnable, program), timings))
}

/// Makes a program callable on `device`. If this is a device of IREE, IREE compiles the program. The log shows `why`.
fn compile(program: &Arc<Program>, device: &Device, why: &str) -> Result<(Runnable, Timings), Error> {
    match device {
        Device::Reference => Ok((Box::new(Interpreted(program.clone())), Timings::default())),
        Device::Host => Ok(plan(program, why)),
        #[cfg(feature = "run")]
        Device::Iree(loaded_on) => compile::compile(program, device, loaded_on, why),
    }
}

/// Makes a program callable on the host engine.
pub(crate) fn plan(program: &Program, why: &str) -> (Runnable, Timings) {
    let (plan, timings) = planned(program, why);
    (Box::new(Planned(plan)), timings)
}

fn planned(program: &Program, why: &str) -> (Plan, Timings) {
    let _span = profile::span("plan", || program.name().to_owned());
    let start = Stopwatch::start();
    let plan = Plan::new(program);
    let timings = Timings { lower: start.elapsed(), ..Timings::default() };
    log::log_plan(program, &plan, timings.lower, why);
    (plan, timings)
}
