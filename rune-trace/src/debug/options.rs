//! What is shown of a run.

/// What is told of each operation, after the operation itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    /// The types of operands and results.
    Types,
    /// What the values of the results are like: see [`Summary`](crate::Summary).
    Values,
    /// How many milliseconds it took; of an operation with sub-programs, all that these did.
    Time,
    /// The line that it comes from.
    Line,
}

/// How [`debug`](fn@crate::debug) shows a function.
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
    /// All columns, all depths, all scopes, and of loops the first two iterations.
    pub fn new() -> DebugOptions {
        let columns = vec![Column::Types, Column::Values, Column::Time, Column::Line];
        DebugOptions { columns, max_depth: usize::MAX, scope: None, iterations: 2 }
    }
    /// Shows these columns, in this order.
    #[must_use]
    pub fn columns(mut self, columns: impl IntoIterator<Item = Column>) -> DebugOptions {
        self.columns = columns.into_iter().collect();
        self
    }
    /// Shows of scopes and sub-programs that lie deeper in each other than this only how many operations they are.
    #[must_use]
    pub fn max_depth(mut self, depth: usize) -> DebugOptions {
        self.max_depth = depth;
        self
    }
    /// Shows only what is in a scope of this name: `layer1`, or `layer1/relu`.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> DebugOptions {
        self.scope = Some(scope.into());
        self
    }
    /// Shows so many iterations of each loop.
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
