//! The code of jitted functions: StableHLO, machine code and files.

use super::{Compiled, Lowered};
use crate::lower::options_for;
use crate::{CompiledProgram, Error, Stages, Stats, compiled_program};
use rune_trace::{Tensor, Tree};

impl<Out: Tree> Lowered<Out> {
    /// Returns the StableHLO text.
    pub fn code(&self) -> &str {
        self.lowered.code()
    }
    /// Returns the forms of the program on its way to machine code for the device.
    pub fn stages(&self) -> Stages {
        Stages::new(self.program.clone(), options_for(&self.device))
    }
}

impl Compiled<Vec<Tensor>> {
    /// Loads a file that [`Compiled::save`] wrote, for the default device: see [`CompiledProgram::load`].
    ///
    /// ```no_run
    /// use rune::{Compiled, prelude::*};
    /// let x = Tensor::from([3.0f32]);
    /// jit(|x: &Tensor| x * x).compile(&x)?.save("square.vmfb")?;
    /// let y = Compiled::load("square.vmfb")?.call(&[x])?;
    /// # Ok::<(), rune::Error>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error where [`CompiledProgram::load`] does.
    pub fn load(path: impl AsRef<std::path::Path>) -> Result<CompiledProgram, Error> {
        CompiledProgram::load(path)
    }
}

impl<Out: Tree> Compiled<Out> {
    /// Returns the forms of the program on its way to machine code.
    pub fn stages(&self) -> &Stages {
        &self.stages
    }
    /// Returns the machine code, as assembly or in the language of the device.
    ///
    /// # Errors
    /// Returns an error where [`Stages::text`] does.
    pub fn assembly(&self) -> Result<String, Error> {
        self.stages.assembly()
    }
    /// Returns the dispatches, memory and size of the program.
    ///
    /// # Errors
    /// Returns an error where [`Stages::stats`] does.
    pub fn stats(&self) -> Result<Stats, Error> {
        self.stages.stats()
    }
    /// Writes the compiled program to a `.vmfb` file, for [`Compiled::load`] and [`CompiledProgram::load`]. The loaded
    /// program takes the leaves of the arguments in order. Captured tensors go to a second file, whose name has
    /// `.safetensors` appended.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written, if the program calls a function of this process, or if the device
    /// is `host` or `reference`, which compile nothing.
    pub fn save(&self, path: impl AsRef<std::path::Path>) -> Result<(), Error> {
        let Some(loaded) = self.runnable.loaded() else {
            return Err(Error::NotCompiled(self.program.name().to_owned()));
        };
        compiled_program::save(loaded.executable.module(), self.program.callback(), &loaded.constants, path.as_ref())
    }
}
