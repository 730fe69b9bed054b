//! Arguments of a call.

use crate::Value;

/// An argument of a call of a program.
#[derive(Debug)]
pub enum Arg<'a> {
    /// The caller keeps the value. The call never changes it.
    Borrow(&'a Value),
    /// The caller donates the value. If nothing else holds its memory, the call may use the memory for a result.
    Donate(Value),
}

impl Arg<'_> {
    /// Returns the value.
    pub fn value(&self) -> &Value {
        match self {
            Arg::Borrow(value) => value,
            Arg::Donate(value) => value,
        }
    }
    /// Returns the value as one that the caller keeps.
    pub fn borrowed(&self) -> Arg<'_> {
        Arg::Borrow(self.value())
    }
}
