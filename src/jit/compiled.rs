//! Jitted functions, compiled ahead of their calls.

use super::dispatch::{check_for_nans, leaves, values};
use crate::Error;
use crate::error::list;
use crate::log::{self, Statics};
use crate::runnable::Runnable;
use crate::timings::Timings;
use rune_ir::{Program, Value};
use rune_trace::{ArgRefs, Arguments, Tensor, Tree};
use smallvec::SmallVec;
use std::sync::Arc;

/// A function that is compiled for arguments of certain types, and takes no others.
pub struct Compiled<Out> {
    pub(super) program: Arc<Program>,
    pub(super) runnable: Runnable,
    pub(super) output: Out,
    pub(super) structure: u64,
    pub(super) statics: Statics,
    pub(super) timings: Timings,
    #[cfg(feature = "iree")]
    pub(super) stages: crate::Stages,
}

impl<Out: Tree> Compiled<Out> {
    /// Calls the function with `&x`, or with `(&x, &y)` for several arguments.
    ///
    /// # Errors
    /// Returns an error if the arguments have other types or another structure than the function was compiled for, or
    /// if the device fails.
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
    /// Returns the times that lowering, compiling and loading took.
    pub fn timings(&self) -> Timings {
        self.timings
    }
}
