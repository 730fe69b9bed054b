//! Compiled functions that take their first argument by value.

use super::Jit;
use rune_trace::{Arguments, Function, Tree};
use std::ops::Deref;

/// A compiled function that takes its first argument by value; see [`Jit::donate`].
pub struct Donating<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    pub(super) jit: Jit<'f, X, F>,
    pub(super) call: X::Giving<'f, F::Output>,
}

impl<'f, X, F> Deref for Donating<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    type Target = X::Giving<'f, F::Output>;
    fn deref(&self) -> &Self::Target {
        &self.call
    }
}

impl<'f, X, F> Donating<'f, X, F>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree + Send + Sync,
{
    /// Returns the function that borrows all its arguments. Both use the same compiled programs.
    ///
    /// ```
    /// use rune::prelude::*;
    /// let write = jit(|table: &Tensor, row: &Tensor| table.at(0).set(row)).donate();
    /// let table = Tensor::zeros([2, 1], DType::F32);
    /// let written = write.without_donation()(&table, &Tensor::ones([1], DType::F32));
    /// assert_eq!(written.to_vec::<f32>()?, [1.0, 0.0]);
    /// assert_eq!(table.to_vec::<f32>()?, [0.0, 0.0]);
    /// # Ok::<(), rune::EvalError>(())
    /// ```
    pub fn without_donation(&self) -> &Jit<'f, X, F> {
        &self.jit
    }
}
