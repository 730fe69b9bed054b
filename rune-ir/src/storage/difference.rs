//! Differences between a file and the tree to read from it.

use crate::Type;
use std::fmt;

/// A difference between a file and the tree to read from it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    /// The file does not have a leaf of the tree.
    Missing {
        /// The name of the leaf.
        name: String,
        /// Its type.
        expected: Type,
    },
    /// An array of the file is not a leaf of the tree.
    Superfluous {
        /// The name of the array.
        name: String,
        /// Its type.
        found: Type,
    },
    /// A leaf and its array have different types.
    Type {
        /// The name of both.
        name: String,
        /// The type of the leaf.
        expected: Type,
        /// The type of the array.
        found: Type,
    },
    /// The tree has no place for a part in the file that is not a tensor.
    Static {
        /// The name of the part. It is empty for the whole tree.
        name: String,
        /// The type that the tree expects.
        expected: String,
        /// The type in the file.
        found: String,
    },
}

impl Difference {
    #[doc(hidden)]
    pub fn name(&self) -> &str {
        match self {
            Difference::Missing { name, .. } | Difference::Superfluous { name, .. } => name,
            Difference::Type { name, .. } | Difference::Static { name, .. } => name,
        }
    }
}

/// All differences, which print as a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Differences(pub Vec<Difference>);

/// The maximum number of differences to print. The others are only counted.
const SHOWN: usize = 12;

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for difference in self.0.iter().take(SHOWN) {
            match difference {
                Difference::Missing { name, expected } => write!(f, "\n  `{name}` of type {expected} is missing")?,
                Difference::Superfluous { name, found } => {
                    write!(f, "\n  `{name}` of type {found} is in the file and not in the tree")?;
                }
                Difference::Type { name, expected, found } => {
                    write!(f, "\n  `{name}` is of type {found} in the file, and of {expected} in the tree")?;
                }
                Difference::Static { name, expected, found } => {
                    write!(f, "\n  `{name}` is {found} in the file, where {expected} is expected")?;
                }
            }
        }
        match self.0.len().checked_sub(SHOWN) {
            Some(more) if more > 0 => write!(f, "\n  and {more} more"),
            _ => Ok(()),
        }
    }
}
