//! Names of mapped axes.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The name of a mapped axis, by which operations on all of its lanes refer to it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct AxisName(Arc<str>);

/// A mapped axis: its name, and how many lanes lie along it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedAxis {
    /// The name.
    pub name: AxisName,
    /// The number of lanes.
    pub size: usize,
}

impl AxisName {
    /// The text of the name.
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
