//! Where an instruction comes from: the user's line, the name scopes it was made in, and the transformations that made it.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// A place in the user's source.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Loc {
    /// The file, as the compiler of that source names it.
    pub file: Cow<'static, str>,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

impl From<&'static Location<'static>> for Loc {
    fn from(location: &'static Location<'static>) -> Loc {
        Loc { file: Cow::Borrowed(location.file()), line: location.line(), column: location.column() }
    }
}

impl fmt::Display for Loc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// Where an instruction comes from. No part of what it means: it is left out of hashes and comparisons.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The line of the user's source, where it is known.
    pub loc: Option<Loc>,
    /// The name scopes around it, outermost first, joined by `/`.
    pub scope: Option<Arc<str>>,
    /// The transformations that made it of an instruction of the user's.
    pub transforms: Transforms,
}

impl Origin {
    /// The name scopes with the transformations around, as JAX writes its name stack: `transpose(jvp(layer1/relu))`. Nothing if there
    /// is neither.
    pub fn name_stack(&self) -> Option<String> {
        let scope = self.scope.as_deref().unwrap_or_default();
        if scope.is_empty() && self.transforms == Transforms::NONE {
            return None;
        }
        Some(self.transforms.iter().fold(scope.to_owned(), |inner, t| format!("{}({inner})", t.name())))
    }
}

/// A transformation that leaves a mark on the instructions it makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Forward mode: the instruction is of the tangents, and not of the values.
    Jvp = 1,
    /// Transposition: the instruction is of the cotangents, in the backward pass.
    Transpose = 2,
    /// Batching: the instruction is of all lanes.
    Vmap = 3,
}

impl Transform {
    /// All of them.
    pub const ALL: [Transform; 3] = [Transform::Jvp, Transform::Transpose, Transform::Vmap];

    /// The name in programs.
    pub const fn name(self) -> &'static str {
        match self {
            Transform::Jvp => "jvp",
            Transform::Transpose => "transpose",
            Transform::Vmap => "vmap",
        }
    }
}

/// The transformations that made an instruction, one after the other. Of more than sixteen the last sixteen are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Transforms(u32);

impl Transforms {
    /// None: the instruction is the user's own.
    pub const NONE: Transforms = Transforms(0);

    /// These, and `next` after them.
    #[must_use]
    pub const fn then(self, next: Transform) -> Transforms {
        // Two bits for each, the last one lowest: origins are copied for each instruction, and so they are small.
        Transforms(self.0 << 2 | next as u32)
    }
    /// One after the other, the first one first.
    pub fn iter(self) -> impl Iterator<Item = Transform> {
        let at = move |i: u32| Transform::ALL.into_iter().find(|&t| t as u32 == self.0 >> (2 * i) & 3);
        (0..16).rev().filter_map(at)
    }
    /// Whether the instruction belongs to a backward pass.
    pub fn is_backward(self) -> bool {
        self.iter().any(|t| t == Transform::Transpose)
    }
    /// Whether the instruction computes tangents and belongs to no backward pass.
    pub fn is_tangent(self) -> bool {
        !self.is_backward() && self.iter().any(|t| t == Transform::Jvp)
    }
}

/// As `transpose(jvp)`: the last one outside.
impl fmt::Display for Transforms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Transform::name).collect();
        write!(f, "{}{}", names.iter().rev().copied().collect::<Vec<_>>().join("("), ")".repeat(names.len().max(1) - 1))
    }
}
impl fmt::Debug for Transforms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
