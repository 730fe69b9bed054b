//! Jitted functions, traced and lowered.

use super::Compiled;
use crate::device::Device;
use crate::log::Statics;
use crate::{Error, compile, prepare};
use rune_ir::Program;
use rune_trace::Tree;
use std::sync::Arc;
use std::time::Duration;

/// A function that is traced and lowered for arguments of certain types and for one device.
pub struct Lowered<Out> {
    pub(super) program: Arc<Program>,
    #[cfg_attr(not(feature = "iree"), expect(dead_code, reason = "there is no code to show"))]
    pub(super) lowered: compile::LoweredModule,
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
    /// Returns the times that tracing and lowering took.
    pub fn timings(&self) -> (Duration, Duration) {
        (self.trace, self.lower)
    }
    /// Compiles the program for the device.
    ///
    /// # Errors
    /// Returns an error if the compiler is missing or rejects the program, if the compiled code cannot be loaded, or if
    /// this build lacks the feature `iree`.
    pub fn compile(self) -> Result<Compiled<Out>, Error> {
        if cfg!(not(feature = "iree")) {
            let what = format!("compiling `{}` ahead of its calls", self.program.name());
            return Err(Error::MissingFeature { what, feature: "iree" });
        }
        let (runnable, timings) = prepare::compile_checked(&self.program, &self.device, "compiled by hand")?;
        #[cfg(feature = "iree")]
        let stages = self.stages();
        Ok(Compiled {
            program: self.program,
            runnable,
            output: self.output,
            structure: self.structure,
            statics: self.statics,
            timings,
            #[cfg(feature = "iree")]
            stages,
        })
    }
}
