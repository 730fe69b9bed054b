//! Where an instruction comes from: the user's line, and the name scopes it was made in.

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
}
