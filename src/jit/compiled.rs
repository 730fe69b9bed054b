//! Jitted functions, compiled ahead of their calls.

use super::dispatch::{check_for_nans, leaves, values};
use crate::compile::Runnable;
use crate::error::list;
use crate::log::{self, Statics};
use crate::timings::Timings;
use crate::{CompiledProgram, Error, Stages, Stats};
use rune_trace::{ArgRefs, Arguments, Program, Tensor, Tree, Value};
use smallvec::SmallVec;
use std::sync::Arc;

/// A function compiled for arguments of certain types, and no others.
pub struct Compiled<Out> {
    pub(super) program: Arc<Program>,
    pub(super) runnable: Runnable,
    pub(super) output: Out,
    pub(super) structure: u64,
    pub(super) statics: Statics,
    pub(super) timings: Timings,
    pub(super) stages: Stages,
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
    /// Calls it: with `&x`, or `(&x, &y)` for several arguments.
    ///
    /// # Errors
    /// Returns an error if the arguments do not have the types and structure it was compiled for, or if the device fails.
    pub fn call<'a, X: Arguments>(&self, args: impl ArgRefs<'a, X>) -> Result<Out, Error> {
        let args = args.refs();
        let (leaves, structure) = leaves::<X>(args);
        let expected = self.program.input_types();
        if structure != self.structure && leaves.iter().map(|t| t.ty()).eq(expected) {
            let changes = log::static_changes(&X::statics(args), &self.statics);
            let changes = changes.unwrap_or_else(|| "the arguments are of another structure".to_owned());
            return Err(Error::Structure { function: self.program.name().to_owned(), changes });
        }
        if structure != self.structure || leaves.len() != expected.len() {
            return Err(Error::Arguments {
                function: self.program.name().to_owned(),
                expected: list(expected),
                found: list(&leaves.iter().map(|t| t.ty().clone()).collect::<Vec<_>>()),
            });
        }
        if let Some(i) = (0..expected.len()).find(|&i| &expected[i] != leaves[i].ty()) {
            return Err(Error::Argument {
                function: self.program.name().to_owned(),
                index: i,
                expected: Box::new(expected[i].clone()),
                found: Box::new(leaves[i].ty().clone()),
            });
        }
        let values = values(&leaves)?;
        let refs: SmallVec<[&Value; 8]> = values.iter().collect();
        let results = self.runnable.run(&refs)?;
        check_for_nans(&self.program, &values, &results)?;
        Ok(self.output.with_leaves(results.into_iter().map(Tensor::from_value)))
    }
    /// Returns the typed program.
    pub fn program(&self) -> &Program {
        &self.program
    }
    /// Returns the forms that the program took on its way to machine code.
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
    /// Returns what the program takes to run: dispatches, memory and size.
    ///
    /// # Errors
    /// Returns an error where [`Stages::stats`] does.
    pub fn stats(&self) -> Result<Stats, Error> {
        self.stages.stats()
    }
    /// Writes the compiled program to a `.vmfb`, for [`Compiled::load`] and [`CompiledProgram::load`], which take the leaves of the
    /// arguments in order. Captured tensors go into a file beside it, of the same name with `.safetensors` added.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written, if the program calls a function of this process, or if nothing was compiled
    /// because the device is `host` or `reference`.
    pub fn save(&self, path: impl AsRef<std::path::Path>) -> Result<(), Error> {
        let runnable = if let Runnable::Checked(checked) = &self.runnable { checked.inner() } else { &self.runnable };
        match runnable {
            Runnable::Interpreted(_) | Runnable::Planned(_) | Runnable::Tiered(_) | Runnable::Checked(_) => {
                Err(Error::NotCompiled(self.program.name().to_owned()))
            }
            Runnable::Loaded(executable, constants) => {
                let callback = self.program.callback();
                crate::compiled_program::save(executable.module(), callback, constants, path.as_ref())
            }
        }
    }
    /// Returns the times that lowering, compiling and loading took.
    pub fn timings(&self) -> Timings {
        self.timings
    }
}
