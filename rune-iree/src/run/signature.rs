//! The types of compiled functions.

use rune_ir::Type;

/// The types of a compiled function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signature {
    /// The types of the arguments.
    pub inputs: Vec<Type>,
    /// The types of the results.
    pub outputs: Vec<Type>,
    /// The first axis of each argument and result whose compiled type has an open first axis (`tensor<?x…>`) may have
    /// any size. Empty where all sizes are fixed, else one flag for each argument and then for each result.
    pub open_batch: Vec<bool>,
}

impl Signature {
    /// Returns a signature of fixed sizes.
    pub fn new(inputs: Vec<Type>, outputs: Vec<Type>) -> Signature {
        Signature { inputs, outputs, ..Signature::default() }
    }
    /// Whether the signature, which names the type `expected`, accepts `found` as argument or result `i`. Results count on from the arguments.
    pub(super) fn accepts(&self, i: usize, expected: &Type, found: &Type) -> bool {
        expected == found
            || (self.open_batch.get(i) == Some(&true)
                && expected.dtype == found.dtype
                && expected.rank() == found.rank()
                && expected.shape.iter().skip(1).eq(found.shape.iter().skip(1)))
    }
}
