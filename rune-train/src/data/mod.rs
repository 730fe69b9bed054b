//! Data: batches that can continue from a saved position.
//!
//! A [`Dataset`] returns the items at given positions: arrays in memory ([`Arrays`]), images in folders
//! ([`ImageFolder`]), pieces of a file of tokens ([`Windows`]). [`idx`] and [`Table`] read files into tensors, for
//! [`Arrays`]. A [`Loader`] makes batches of a dataset, in an order that a key determines. [`Prefetched`] reads ahead
//! on a thread. Everything that makes batches implements [`Batches`].

mod arrays;
mod error;
mod from_fn;
mod idx_file;
mod images;
mod loader;
mod map;
mod prefetch;
mod table;
mod tokens;

pub use arrays::Arrays;
pub use error::DataError;
pub use from_fn::FromFn;
pub use idx_file::{idx, parse_idx};
pub use images::{ImageFolder, Resize};
pub use loader::{Batch, Loader};
pub use prefetch::Prefetched;
pub use table::Table;
pub use tokens::{TokenType, Tokens, Windows};

use rune_trace::Tree;
use std::sync::Arc;

/// Items by position.
///
/// ```
/// use rune::{prelude::*, train::data::{DataError, Dataset, Loader}};
///
/// /// The squares of the first numbers.
/// struct Squares(usize);
///
/// impl Dataset for Squares {
///     type Items = Tensor;
///     fn len(&self) -> usize { self.0 }
///     fn items(&self, positions: &[usize]) -> Result<Tensor, DataError> {
///         Ok(positions.iter().map(|&i| (i * i) as f32).collect::<Vec<_>>().into())
///     }
/// }
/// let batch = Loader::new(Squares(5), 3).next().unwrap()?;
/// assert_eq!(batch.items.to_vec::<f32>()?, [0.0, 1.0, 4.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Dataset: Send + Sync {
    /// Several items together: a tree of tensors. The first axis of each tensor is the axis of the items.
    type Items: Tree + Send;
    /// Returns the number of items.
    fn len(&self) -> usize;
    /// Returns whether there are no items.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Returns the items at these positions, in this order. Positions may repeat.
    ///
    /// # Errors
    /// If an item cannot be read.
    fn items(&self, positions: &[usize]) -> Result<Self::Items, DataError>;
}

impl<D: Dataset> Dataset for Arc<D> {
    type Items = D::Items;
    fn len(&self) -> usize {
        (**self).len()
    }
    fn items(&self, positions: &[usize]) -> Result<D::Items, DataError> {
        (**self).items(positions)
    }
}

/// A sequence of batches, whose position can be saved.
pub trait Batches {
    /// A batch.
    type Batch;
    /// Returns the next batch, or `None` at the end.
    ///
    /// # Errors
    /// If the batch cannot be read.
    fn next_batch(&mut self) -> Result<Option<Self::Batch>, DataError>;
    /// Returns the position of the next batch.
    fn position(&self) -> Position;
    /// Continues at a position that [`Batches::position`] returned, perhaps in another process.
    ///
    /// # Errors
    /// If the position does not fit the data.
    fn seek(&mut self, position: &Position) -> Result<(), DataError>;
}

/// A position in a sequence of batches.
#[derive(Tree, Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The number of complete passes over the data.
    pub epoch: u64,
    /// The number of items of this epoch that were returned.
    pub index: u64,
    /// The number of items in an epoch.
    pub items: u64,
    /// The key that shuffles, if any. Reading continues with this key, so the order stays the same.
    pub key: Option<Vec<u32>>,
}
