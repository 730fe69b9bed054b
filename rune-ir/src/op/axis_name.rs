//! Names of batch axes.

use super::ranks::Ranks;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The name of a batch axis. Operations over all batch elements refer to the axis by this name.
///
/// A name may be bound to [`Ranks`]: the batch elements are then processes that run one program each, instead of rows
/// of one array. A bound name differs from all others. Text and files hold only the name.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct AxisName {
    name: Arc<str>,
    ranks: Option<Ranks>,
}

/// A batch axis: its name, and the number of batch elements.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedAxis {
    /// The name.
    pub name: AxisName,
    /// The number of batch elements.
    pub size: usize,
}

impl NamedAxis {
    /// Returns the axis of this name whose batch elements are `ranks`.
    pub fn of_ranks(name: impl Into<AxisName>, ranks: Ranks) -> NamedAxis {
        let size = ranks.size();
        NamedAxis { name: AxisName { ranks: Some(ranks), ..name.into() }, size }
    }
}

impl AxisName {
    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.name
    }
    /// Returns the ranks that the name is bound to, if it is.
    pub fn ranks(&self) -> Option<&Ranks> {
        self.ranks.as_ref()
    }
    fn key(&self) -> (&str, Option<u64>) {
        (&self.name, self.ranks.as_ref().map(Ranks::number))
    }
}

impl PartialEq for AxisName {
    fn eq(&self, other: &AxisName) -> bool {
        self.key() == other.key()
    }
}
impl Eq for AxisName {}
impl PartialOrd for AxisName {
    fn partial_cmp(&self, other: &AxisName) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for AxisName {
    fn cmp(&self, other: &AxisName) -> Ordering {
        self.key().cmp(&other.key())
    }
}
impl Hash for AxisName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl From<&str> for AxisName {
    fn from(name: &str) -> AxisName {
        AxisName { name: name.into(), ranks: None }
    }
}
impl From<String> for AxisName {
    fn from(name: String) -> AxisName {
        AxisName { name: name.into(), ranks: None }
    }
}
impl From<&AxisName> for AxisName {
    fn from(name: &AxisName) -> AxisName {
        name.clone()
    }
}
impl From<AxisName> for String {
    fn from(name: AxisName) -> String {
        name.name.as_ref().to_owned()
    }
}

impl fmt::Display for AxisName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
impl fmt::Debug for AxisName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}
