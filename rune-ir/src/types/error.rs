//! The errors of type rules.

use crate::{DType, TooLarge, Type};
use std::fmt;

/// An operation does not take operands of these types, or its attributes do not fit them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{op}` {problem}")]
pub struct TypeError {
    /// The name of the operation.
    pub op: &'static str,
    /// The problem.
    pub problem: TypeProblem,
}

/// A problem with an operation. The message follows the name of the operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypeProblem {
    /// Operands differ only in dtype.
    #[error("takes operands of one dtype, but got {}; convert one, as with `.cast(DType::{suggested:?})`", List(found))]
    MixedDTypes {
        /// The types of the operands, which must agree.
        found: Vec<Type>,
        /// The dtype of the operand that loses the least in a conversion.
        suggested: DType,
    },
    /// Operands differ in shape, or in shape and dtype.
    #[error("takes operands of one {what}, but got {}", List(found))]
    Mixed {
        /// The property that must agree: "type" or "shape".
        what: &'static str,
        /// The types of the operands, which must agree.
        found: Vec<Type>,
    },
    /// The operation never takes an operand of this type in this place.
    #[error("takes {takes}, but got {found}")]
    Operand {
        /// The operands that it takes.
        takes: String,
        /// The type of the operand.
        found: Type,
    },
    /// An axis is out of range.
    #[error("names axis {axis} in `{attribute}`, but there are only {rank} axes, counted from 0")]
    Axis {
        /// The attribute.
        attribute: &'static str,
        /// The axis.
        axis: usize,
        /// The number of axes.
        rank: usize,
    },
    /// An axis is named more than once.
    #[error("names axis {axis} twice in {attribute}")]
    RepeatedAxis {
        /// The attribute, or the attributes together.
        attribute: &'static str,
        /// The axis.
        axis: usize,
    },
    /// A list in an attribute has the wrong length.
    #[error("needs {expected} entries in `{attribute}`, but got {found}")]
    Length {
        /// The attribute.
        attribute: &'static str,
        /// The length that it needs.
        expected: usize,
        /// The length that it has.
        found: usize,
    },
    /// An array has more elements than memory has addresses, or more axes than [`MAX_RANK`](crate::MAX_RANK).
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Attributes do not fit each other, or do not fit the operands in another way.
    #[error("{0}")]
    Attribute(String),
}

/// A list of types in a sentence: "a, b and c".
struct List<'a>(&'a [Type]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        let shown = self.0.len().min(SHOWN);
        for (i, ty) in self.0[..shown].iter().enumerate() {
            let joint = if i == 0 {
                ""
            } else if i + 1 == self.0.len() {
                " and "
            } else {
                ", "
            };
            write!(f, "{joint}{ty}")?;
        }
        if self.0.len() > SHOWN { write!(f, " and {} more", self.0.len() - SHOWN) } else { Ok(()) }
    }
}

impl TypeProblem {
    /// Returns the problem of operands that must have one type, but do not.
    pub(super) fn mismatch(found: &[&Type]) -> TypeProblem {
        let types = found.iter().map(|&t| t.clone()).collect();
        if found.windows(2).any(|w| w[0].shape != w[1].shape) {
            return TypeProblem::Mixed { what: "type", found: types };
        }
        let suggested =
            found.iter().map(|t| t.dtype).max_by_key(|d| (d.is_complex(), d.is_float(), d.is_int(), d.size()));
        TypeProblem::MixedDTypes { found: types, suggested: suggested.unwrap_or(DType::F32) }
    }
    /// Returns the problem of an operand that the operation never takes in this place.
    pub(super) fn operand(takes: impl Into<String>, found: &Type) -> TypeProblem {
        TypeProblem::Operand { takes: takes.into(), found: found.clone() }
    }
}
