//! The origin of an instruction: the user's line, the name scopes around it, and the transformations that created it.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// A position in the user's source.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Loc {
    /// The file, as the compiler names it.
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

/// The origin of an instruction. It does not change the meaning of a program: hashes and comparisons ignore it.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The line of the user's source, if it is known.
    pub loc: Option<Loc>,
    /// The enclosing name scopes, outermost first, joined by `/`.
    pub scope: Option<Arc<str>>,
    /// The transformations that created this instruction from an instruction of the user's function.
    pub transforms: Transforms,
}

impl Origin {
    /// Returns the name scopes with the transformations around them, in the form of JAX's name stacks:
    /// `transpose(jvp(layer1/relu))`. Returns `None` if there is neither.
    pub fn name_stack(&self) -> Option<String> {
        let scope = self.scope.as_deref().unwrap_or_default();
        if scope.is_empty() && self.transforms == Transforms::NONE {
            return None;
        }
        Some(self.transforms.iter().fold(scope.to_owned(), |inner, t| format!("{}({inner})", t.name())))
    }
}

/// A transformation that the origin of an instruction can list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Forward mode: the instruction computes tangents.
    Jvp = 1,
    /// Transposition: the instruction computes cotangents, in a backward pass.
    Transpose = 2,
    /// Batching: the instruction computes a whole batch.
    Vmap = 3,
}

impl Transform {
    /// All transformations.
    pub const ALL: [Transform; 3] = [Transform::Jvp, Transform::Transpose, Transform::Vmap];

    /// Returns the name in programs.
    pub const fn name(self) -> &'static str {
        match self {
            Transform::Jvp => "jvp",
            Transform::Transpose => "transpose",
            Transform::Vmap => "vmap",
        }
    }
}

/// The transformations that created an instruction, in order. Only the last sixteen are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Transforms(u32);

impl Transforms {
    /// No transformation: the instruction is the user's own.
    pub const NONE: Transforms = Transforms(0);

    /// Returns these transformations, followed by `next`.
    #[must_use]
    pub const fn then(self, next: Transform) -> Transforms {
        // Two bits each, the last one lowest. Every instruction has a copy of its origin, so an origin must be small.
        Transforms(self.0 << 2 | next as u32)
    }
    /// Returns the transformations, first to last.
    pub fn iter(self) -> impl Iterator<Item = Transform> {
        let at = move |i: u32| Transform::ALL.into_iter().find(|&t| t as u32 == self.0 >> (2 * i) & 3);
        (0..16).rev().filter_map(at)
    }
    /// Returns whether the instruction belongs to a backward pass.
    pub fn is_backward(self) -> bool {
        self.iter().any(|t| t == Transform::Transpose)
    }
    /// Returns whether the instruction computes tangents and does not belong to a backward pass.
    pub fn is_tangent(self) -> bool {
        !self.is_backward() && self.iter().any(|t| t == Transform::Jvp)
    }
}

/// Prints the transformations, such as `transpose(jvp)`. The last one is outermost.
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
