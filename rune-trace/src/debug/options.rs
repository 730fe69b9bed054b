//! Options of printed runs.

/// A column after each operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    /// The types of operands and results.
    Types,
    /// Summaries of the results: see [`Summary`](crate::Summary).
    Values,
    /// The time in milliseconds. The time of an operation includes its sub-programs.
    Time,
    /// The user's line.
    Line,
}

/// Options of [`debug`](fn@crate::debug).
///
/// ```
/// use rune_trace::{Column, DebugOptions, Tensor, name_scope};
/// fn f(x: &Tensor) -> Tensor {
///     name_scope("hidden", || x.tanh()) + name_scope("out", || x * 2.0)
/// }
/// let mut shown = Vec::new();
/// let options = DebugOptions::new().columns([Column::Values]).scope("hidden");
/// options.debug_to(f, &mut shown)(&Tensor::scalar(0.0f32));
/// assert_eq!(String::from_utf8(shown)?, "\
/// f(x0)
/// │   x0                            = 0
/// │ hidden
/// │ │   z0 = tanh(x0)               = 0
/// └ return y0
/// ");
/// # Ok::<(), std::string::FromUtf8Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DebugOptions {
    pub(super) columns: Vec<Column>,
    pub(super) max_depth: usize,
    pub(super) scope: Option<String>,
    pub(super) iterations: usize,
}

impl DebugOptions {
    /// Returns the defaults: all columns, depths and scopes, and the first two iterations of loops.
    pub fn new() -> DebugOptions {
        let columns = vec![Column::Types, Column::Values, Column::Time, Column::Line];
        DebugOptions { columns, max_depth: usize::MAX, scope: None, iterations: 2 }
    }
    /// Sets the columns and their order.
    #[must_use]
    pub fn columns(mut self, columns: impl IntoIterator<Item = Column>) -> DebugOptions {
        self.columns = columns.into_iter().collect();
        self
    }
    /// Sets the maximum nesting depth of scopes and sub-programs. Only the number of deeper operations is printed.
    #[must_use]
    pub fn max_depth(mut self, depth: usize) -> DebugOptions {
        self.max_depth = depth;
        self
    }
    /// Prints only operations in a scope of this name: `layer1`, or `layer1/relu`.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> DebugOptions {
        self.scope = Some(scope.into());
        self
    }
    /// Sets the number of iterations of each loop to print.
    #[must_use]
    pub fn iterations(mut self, iterations: usize) -> DebugOptions {
        self.iterations = iterations;
        self
    }
}

impl Default for DebugOptions {
    fn default() -> DebugOptions {
        DebugOptions::new()
    }
}
