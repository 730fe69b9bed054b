//! Jitted functions, traced and lowered.

use super::Compiled;
use crate::check::Checked;
use crate::compile;
use crate::device::Device;
use crate::log::Statics;
use crate::lower::options_for;
use crate::{Error, Stages};
use rune_trace::{Program, Tree};
use std::sync::Arc;
use std::time::Duration;

/// A function traced and lowered for arguments of some types, for the device that was the default one then.
pub struct Lowered<Out> {
    pub(super) program: Arc<Program>,
    pub(super) lowered: rune_lower::Lowered,
    pub(super) output: Out,
    pub(super) device: Device,
    pub(super) structure: u64,
    pub(super) statics: Statics,
    pub(super) trace: Duration,
    pub(super) lower: Duration,
}

impl<Out: Tree> Lowered<Out> {
    /// Returns the typed program.
    pub fn program(&self) -> &Program {
        &self.program
    }
    /// Returns the StableHLO text.
    pub fn code(&self) -> &str {
        self.lowered.code()
    }
    /// Returns the forms that the program takes on its way to machine code for the device.
    pub fn stages(&self) -> Stages {
        Stages::new(self.program.clone(), options_for(&self.device))
    }
    /// Returns the times that tracing and lowering took.
    pub fn timings(&self) -> (Duration, Duration) {
        (self.trace, self.lower)
    }
    /// Compiles it for the device.
    ///
    /// # Errors
    /// Returns an error if the compiler is missing or rejects the program, or if the compiled code cannot be loaded.
    pub fn compile(self) -> Result<Compiled<Out>, Error> {
        let (runnable, timings) = compile::compile(&self.program, &self.device, "compiled by hand")?;
        let runnable = Checked::wrap(runnable, &self.program);
        let stages = self.stages();
        Ok(Compiled {
            program: self.program,
            runnable,
            output: self.output,
            structure: self.structure,
            statics: self.statics,
            timings,
            stages,
        })
    }
}
