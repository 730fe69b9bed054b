//! Names of batch axes.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The name of a batch axis. Operations over all batch elements refer to the axis by this name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct AxisName(Arc<str>);

/// A batch axis: its name, and the number of batch elements.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedAxis {
    /// The name.
    pub name: AxisName,
    /// The number of batch elements.
    pub size: usize,
}

impl AxisName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for AxisName {
    fn from(name: &str) -> AxisName {
        AxisName(name.into())
    }
}
impl From<String> for AxisName {
    fn from(name: String) -> AxisName {
        AxisName(name.into())
    }
}
impl From<&AxisName> for AxisName {
    fn from(name: &AxisName) -> AxisName {
        name.clone()
    }
}
impl From<AxisName> for String {
    fn from(name: AxisName) -> String {
        name.0.as_ref().to_owned()
    }
}

impl fmt::Display for AxisName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl fmt::Debug for AxisName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
