//! An operation taken apart: how the text form and the interchange form write and read it.

use crate::Program;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The parts of an operation: name, operands, attributes by name and sub-programs by name.
pub struct Parts<V> {
    /// The name of the operation.
    pub name: String,
    /// The operands in order.
    pub operands: Vec<V>,
    /// The attributes.
    pub attributes: Map<String, Value>,
    /// The sub-programs, in order.
    pub programs: Vec<(String, Arc<Program>)>,
}

/// What operations of one variant of the table are made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signature {
    /// The names that they have in programs: one, or those of a family.
    pub names: Vec<&'static str>,
    /// The operands in order, each with whether it is any number of them.
    pub operands: Vec<(&'static str, bool)>,
    /// The attributes, each with its type in Rust.
    pub attributes: Vec<(&'static str, &'static str)>,
    /// The sub-programs, each with whether it is any number of them.
    pub programs: Vec<(&'static str, bool)>,
}

/// The parts make no operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartsError {
    /// No operation has this name.
    #[error("there is no operation `{0}`")]
    UnknownOp(String),
    /// Too few or too many operands.
    #[error("`{op}` takes {expected} operands, and is given {found}")]
    Operands {
        /// The operation.
        op: String,
        /// How many it takes.
        expected: String,
        /// How many there are.
        found: usize,
    },
    /// An attribute or a sub-program is not there.
    #[error("`{op}` needs `{name}`, which is not given")]
    Missing {
        /// The operation.
        op: String,
        /// The part.
        name: String,
    },
    /// An attribute is of the wrong form.
    #[error("`{name}` of `{op}` is malformed: {reason}")]
    Malformed {
        /// The operation.
        op: String,
        /// The part.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The operation has no such attribute or sub-program.
    #[error("`{op}` has no `{name}`")]
    Superfluous {
        /// The operation.
        op: String,
        /// The part.
        name: String,
    },
}

impl<V> Parts<V> {
    pub(crate) fn expect_operands(&self, single: usize, many: bool) -> Result<(), PartsError> {
        let found = self.operands.len();
        if found == single || many && found > single {
            return Ok(());
        }
        let expected = if many { format!("at least {single}") } else { single.to_string() };
        Err(PartsError::Operands { op: self.name.clone(), expected, found })
    }
    pub(crate) fn attribute<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, PartsError> {
        let value = self.attributes.remove(name).ok_or_else(|| self.missing(name))?;
        serde_json::from_value(value).map_err(|e| PartsError::Malformed {
            op: self.name.clone(),
            name: name.to_owned(),
            reason: e.to_string(),
        })
    }
    pub(crate) fn program(&mut self, name: &str) -> Result<Arc<Program>, PartsError> {
        let at = self.programs.iter().position(|(n, _)| n == name).ok_or_else(|| self.missing(name))?;
        Ok(self.programs.remove(at).1)
    }
    #[allow(dead_code, reason = "for operations with a list of sub-programs")]
    pub(crate) fn programs(&mut self, name: &str) -> Result<Vec<Arc<Program>>, PartsError> {
        let (found, rest) = std::mem::take(&mut self.programs).into_iter().partition(|(n, _)| n == name);
        self.programs = rest;
        Ok(Vec::into_iter(found).map(|(_, p)| p).collect())
    }
    pub(crate) fn expect_no_more(&self) -> Result<(), PartsError> {
        let rest = self.attributes.keys().chain(self.programs.iter().map(|(n, _)| n)).next();
        match rest {
            None => Ok(()),
            Some(name) => Err(PartsError::Superfluous { op: self.name.clone(), name: name.clone() }),
        }
    }
    fn missing(&self, name: &str) -> PartsError {
        PartsError::Missing { op: self.name.clone(), name: name.to_owned() }
    }
}

/// An attribute as JSON.
pub(crate) fn attribute<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("attributes have string keys and no numbers that JSON lacks")
}
