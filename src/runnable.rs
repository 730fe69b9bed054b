//! Executable programs on each engine.

use crate::{Engine, Error};
use rune_host::Plan;
use rune_ir::interpret::{InterpretError, interpret_owned};
use rune_ir::{Arg, Array, Program, Value};
use smallvec::SmallVec;
use std::sync::Arc;

/// An executable program.
pub(crate) type Runnable = Box<dyn Run>;

/// An executable program, on one engine or on several.
pub(crate) trait Run: Send + Sync {
    /// Computes the outputs for inputs of the right types. An output may reuse the memory of a donated input.
    fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error>;
    /// Like [`Run::run_with`], for inputs that the caller keeps.
    fn run(&self, inputs: &[&Value]) -> Result<Vec<Value>, Error> {
        self.run_with(inputs.iter().map(|v| Arg::Borrow(v)).collect())
    }
    /// Returns the engine of the next call.
    fn engine(&self) -> Engine;
    /// Returns whether all later calls use the engine of the next call too.
    fn is_settled(&self) -> bool {
        true
    }
    /// Returns the compiled code, if the program has only compiled code.
    #[cfg(feature = "iree")]
    fn loaded(&self) -> Option<&Loaded> {
        None
    }
}

/// The reference interpreter.
pub(crate) struct Interpreted(pub Arc<Program>);

impl Run for Interpreted {
    fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        on_host(inputs, |arrays| interpret_owned(&self.0, arrays))
    }
    fn engine(&self) -> Engine {
        Engine::Interpreter
    }
}

/// The host engine.
pub(crate) struct Planned(pub Plan);

impl Run for Planned {
    fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        on_host(inputs, |arrays| self.0.run(arrays))
    }
    fn run(&self, inputs: &[&Value]) -> Result<Vec<Value>, Error> {
        run_plan(&self.0, inputs)
    }
    fn engine(&self) -> Engine {
        Engine::Host
    }
}

/// A compiled program that is loaded on a device of IREE.
#[cfg(feature = "iree")]
pub(crate) struct Loaded {
    pub executable: rune_iree::Executable,
    pub constants: Vec<Value>,
}

#[cfg(feature = "iree")]
impl Run for Loaded {
    fn run_with(&self, inputs: Vec<Arg<'_>>) -> Result<Vec<Value>, Error> {
        Ok(self.executable.call_with(inputs.into_iter().chain(self.constants.iter().map(Arg::Borrow)).collect())?)
    }
    fn run(&self, inputs: &[&Value]) -> Result<Vec<Value>, Error> {
        if self.constants.is_empty() {
            return Ok(self.executable.call(inputs)?);
        }
        let all: SmallVec<[&Value; 8]> = inputs.iter().copied().chain(&self.constants).collect();
        Ok(self.executable.call(&all)?)
    }
    fn engine(&self) -> Engine {
        Engine::Iree
    }
    fn loaded(&self) -> Option<&Loaded> {
        Some(self)
    }
}

/// Runs a plan on values that the caller keeps. Short lists of values need no heap memory.
pub(crate) fn run_plan(plan: &Plan, inputs: &[&Value]) -> Result<Vec<Value>, Error> {
    let mut arrays: SmallVec<[Array; 4]> = SmallVec::new();
    for input in inputs {
        arrays.push(input.to_host().map_err(Error::Transfer)?);
    }
    Ok(plan.run_on(arrays)?.into_iter().map(Value::Host).collect())
}

/// Runs on inputs in host memory.
pub(crate) fn on_host(
    inputs: Vec<Arg<'_>>,
    run: impl FnOnce(Vec<Array>) -> Result<Vec<Array>, InterpretError>,
) -> Result<Vec<Value>, Error> {
    let host = |arg: Arg<'_>| match arg {
        Arg::Donate(Value::Host(array)) => Ok(array),
        Arg::Donate(value) => value.to_host().map_err(Error::Transfer),
        Arg::Borrow(value) => value.to_host().map_err(Error::Transfer),
    };
    let inputs = inputs.into_iter().map(host).collect::<Result<Vec<Array>, Error>>()?;
    Ok(run(inputs)?.into_iter().map(Value::Host).collect())
}
