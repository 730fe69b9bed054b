//! The types of compiled functions.

use rune_ir::Type;

/// The types of a compiled function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signature {
    /// The types of the arguments.
    pub inputs: Vec<Type>,
    /// The types of the results.
    pub outputs: Vec<Type>,
    /// Flags for each argument, then for each result: if true, the first axis may have any size, because its compiled
    /// type has an open first axis (`tensor<?x…>`). Empty if all sizes are fixed.
    pub open_batch: Vec<bool>,
}

impl Signature {
    /// Returns a signature with fixed sizes.
    pub fn new(inputs: Vec<Type>, outputs: Vec<Type>) -> Signature {
        Signature { inputs, outputs, ..Signature::default() }
    }
    /// Returns whether argument or result `i`, of the type `expected` in the signature, may have the type `found`.
    /// Results are numbered after the arguments.
    pub(super) fn accepts(&self, i: usize, expected: &Type, found: &Type) -> bool {
        expected == found
            || (self.open_batch.get(i) == Some(&true)
                && expected.dtype == found.dtype
                && expected.rank() == found.rank()
                && expected.shape.iter().skip(1).eq(found.shape.iter().skip(1)))
    }
}
