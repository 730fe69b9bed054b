//! Attributes and operands in the forms that operations need.

use super::converter::{ConvertError, invalid};
use crate::ast::{Attribute, Operation, find};
use crate::error::Fail;
use crate::parse::{Cursor, entry};
use rune_ir::Var;
use rune_ir::op::Dims;
use std::borrow::Cow;

/// Returns exactly `N` operands.
pub(super) fn exactly<const N: usize>(operands: &[Var]) -> Result<[Var; N], ConvertError> {
    operands.try_into().or_else(|_| invalid(format!("it takes {N} operands, but has {}", operands.len())))
}

/// Returns an attribute's keyword.
pub(super) fn word<'t>(op: &Operation<'t>, names: &[&str]) -> Option<&'t str> {
    op.attribute(names)?.word()
}

/// Returns the numbers of an optional attribute.
pub(super) fn ints(op: &Operation, names: &[&str]) -> Result<Option<Vec<i64>>, ConvertError> {
    match op.attribute(names) {
        None => Ok(None),
        Some(attribute) => match attribute.ints() {
            Some(ints) => Ok(Some(ints)),
            None => invalid(format!("its `{}` is not a list of integers", names[0])),
        },
    }
}

/// Converts numbers to axes or sizes.
pub(super) fn dims_of(ints: &[i64], what: &str) -> Result<Dims, ConvertError> {
    let dims = ints.iter().map(|&d| usize::try_from(d)).collect::<Result<Dims, _>>();
    dims.or_else(|_| invalid(format!("its `{what}` has negative numbers")))
}

/// Returns the axes or sizes of an attribute.
pub(super) fn dims(op: &Operation, names: &[&str]) -> Result<Dims, ConvertError> {
    match ints(op, names)? {
        Some(ints) => dims_of(&ints, names[0]),
        None => invalid(format!("its `{}` is missing", names[0])),
    }
}

/// Returns the axes or sizes of an attribute, or `n` times `default`.
pub(super) fn dims_or(op: &Operation, names: &[&str], default: usize, n: usize) -> Result<Dims, ConvertError> {
    match ints(op, names)? {
        Some(ints) => dims_of(&ints, names[0]),
        None => Ok(std::iter::repeat_n(default, n).collect()),
    }
}

/// Returns one nonnegative number.
pub(super) fn number(op: &Operation, names: &[&str]) -> Result<usize, ConvertError> {
    match dims(op, names)?.as_slice() {
        [n] => Ok(*n),
        _ => invalid(format!("its `{}` is not a number", names[0])),
    }
}

/// Returns one pair of numbers for each axis. The pairs are zeros if the attribute is missing.
pub(super) fn pairs(op: &Operation, names: &[&str], n: usize) -> Result<Vec<(i64, i64)>, ConvertError> {
    match ints(op, names)? {
        None => Ok(vec![(0, 0); n]),
        Some(ints) if ints.len() == 2 * n => Ok(ints.chunks(2).map(|p| (p[0], p[1])).collect()),
        Some(_) => invalid(format!("its `{}` is not one pair of numbers per axis", names[0])),
    }
}

/// The fields of an attribute such as `#stablehlo.gather<offset_dims = [1], …>`.
pub(super) struct Fields<'t>(Vec<(Cow<'t, str>, Attribute<'t>)>);

pub(super) fn fields<'t>(text: &'t str, op: &Operation<'t>, names: &[&str]) -> Result<Fields<'t>, ConvertError> {
    let Some(Attribute::Opaque { body, at }) = op.attribute(names) else {
        return invalid(format!("its `{}` is missing", names[0]));
    };
    let end = at + body.len();
    let mut c = Cursor::within(text, *at, end);
    let mut entries = Vec::new();
    let mut read = || -> Result<(), Fail> {
        while c.peek().is_some() {
            entries.push(entry(&mut c)?);
            if !c.eat(",") && c.peek().is_some() {
                return Err(c.expected("`,`"));
            }
        }
        Ok(())
    };
    match read() {
        Ok(()) => Ok(Fields(entries)),
        Err(fail) => invalid(format!("its `{}` cannot be read: {}", names[0], fail.problem)),
    }
}

impl Fields<'_> {
    /// Returns axes. There are none if the field is missing.
    pub fn dims(&self, name: &str) -> Result<Dims, ConvertError> {
        match find(&self.0, &[name]).map(Attribute::ints) {
            None => Ok(Dims::new()),
            Some(Some(ints)) => dims_of(&ints, name),
            Some(None) => invalid(format!("its `{name}` is not a list of integers")),
        }
    }
    /// Returns a number, which is 0 if the field is missing.
    pub fn number(&self, name: &str) -> Result<usize, ConvertError> {
        match self.dims(name)?.as_slice() {
            [] => Ok(0),
            [n] => Ok(*n),
            _ => invalid(format!("its `{name}` is not a number")),
        }
    }
}
