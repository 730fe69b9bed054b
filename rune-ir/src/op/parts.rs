//! An operation as a list of parts, for reading and writing its text and JSON forms.

use crate::Program;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The parts of an operation: its name, operands, attributes and sub-programs.
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

/// The shape of one variant of the table of operations.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpSignature {
    /// The names in programs: one, or those of a family.
    pub names: Vec<&'static str>,
    /// The operands in order, each with a flag that is true for a list.
    pub operands: Vec<(&'static str, bool)>,
    /// The attributes, each with its type in Rust.
    pub attributes: Vec<(&'static str, &'static str)>,
    /// The sub-programs, each with a flag that is true for a list.
    pub programs: Vec<(&'static str, bool)>,
}

/// The reason why parts do not make an operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartsError {
    /// No operation has this name.
    #[error("there is no operation `{0}`")]
    UnknownOp(String),
    /// There are too few or too many operands.
    #[error("`{op}` takes {expected} operands, but got {found}")]
    Operands {
        /// The operation.
        op: String,
        /// The expected number.
        expected: String,
        /// The actual number.
        found: usize,
    },
    /// An attribute or a sub-program is missing.
    #[error("`{op}` needs `{name}`, which is missing")]
    Missing {
        /// The operation.
        op: String,
        /// The part.
        name: String,
    },
    /// An attribute has the wrong form.
    #[error("`{name}` of `{op}` is malformed: {reason}")]
    Malformed {
        /// The operation.
        op: String,
        /// The part.
        name: String,
        /// The problem.
        reason: String,
    },
    /// The operation does not have this attribute or sub-program.
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

/// Returns an attribute as JSON.
pub(crate) fn attribute<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).expect("attributes have string keys and no numbers that JSON lacks")
}
