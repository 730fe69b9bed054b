//! Batches of a dataset.

use super::{Batches, DataError, Dataset, Position, Prefetched};
use rune_trace::{Array, DType, EvalError, Tensor, Tree, random, where_};
use std::sync::Arc;

/// Items, and a mask of the items that count. All batches of a loader have the same types, so nothing is compiled
/// twice.
#[derive(Tree, Clone, Debug)]
pub struct Batch<T> {
    /// The items, along the first axis.
    pub items: T,
    /// Which items count, of type `[n, bool]`. The others repeat an item, to fill the last batch of an epoch.
    pub mask: Tensor,
}

impl<T> Batch<T> {
    /// Returns the mean of `values` over the items that count. `values` have one entry for each item along the first
    /// axis.
    ///
    /// ```
    /// use rune::{prelude::*, train::data::Batch};
    /// let batch = Batch { items: (), mask: Tensor::from([true, true, false]) };
    /// assert_eq!(batch.mean(&Tensor::from([[1.0f32, 2.0], [3.0, 4.0], [100.0, 100.0]])).item::<f32>()?, 2.5);
    /// # Ok::<(), rune::EvalError>(())
    /// ```
    ///
    /// # Panics
    /// Panics if the first axis of the values does not have the size of the batch.
    #[track_caller]
    pub fn mean(&self, values: &Tensor) -> Tensor {
        let mean = self.sum(values) / self.weight(values);
        if values.dtype().is_float() { mean.cast(values.dtype()) } else { mean }
    }
    /// Returns the sum of `values` over the items that count: in `f64` for `f64`, else in `f32`.
    ///
    /// # Panics
    /// Panics if the first axis of the values does not have the size of the batch.
    #[track_caller]
    pub fn sum(&self, values: &Tensor) -> Tensor {
        let n = self.mask.size();
        assert!(
            values.shape().first() == Some(&n),
            "a batch of {n} items needs values with {n} entries along the first axis, and these are of type {}",
            values.ty()
        );
        let mut shape = vec![1; values.rank()];
        shape[0] = n;
        let values = values.cast(accumulation_dtype(values.dtype()));
        where_(self.mask.reshape(shape), &values, values.zeros_like()).sum()
    }
    /// Returns the number of values that [`Batch::mean`] divides by: those of the items that count.
    #[track_caller]
    pub fn weight(&self, values: &Tensor) -> Tensor {
        let each = values.size() / values.shape().first().copied().unwrap_or(1).max(1);
        self.mask.cast(accumulation_dtype(values.dtype())).sum() * each as f64
    }
    /// Returns the number of items that count.
    ///
    /// # Errors
    /// If the mask cannot be read, for example because it is traced.
    pub fn count(&self) -> Result<usize, EvalError> {
        Ok(self.mask.to_vec::<bool>()?.into_iter().filter(|&counts| counts).count())
    }
}

/// Returns the dtype for sums over a batch: a half-precision number cannot count to 4,096.
fn accumulation_dtype(dtype: DType) -> DType {
    if dtype == DType::F64 { DType::F64 } else { DType::F32 }
}

/// Batches of a dataset, epoch after epoch.
///
/// Repeated items fill the last batch of an epoch. Its mask excludes them.
///
/// ```
/// use rune::{prelude::*, random, train::data::{Arrays, Loader}};
/// let numbers = Arrays::new(Tensor::from([0i32, 1, 2, 3, 4]))?;
/// let batches = Loader::new(numbers, 2).shuffled(&random::key(1)).epochs(1);
/// let mut seen = Vec::new();
/// for batch in batches {
///     let batch = batch?;
///     seen.extend_from_slice(&batch.items.to_vec::<i32>()?[..batch.count()?]);
/// }
/// seen.sort();
/// assert_eq!(seen, [0, 1, 2, 3, 4]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Loader<D> {
    dataset: Arc<D>,
    batch: usize,
    key: Option<Tensor>,
    epochs: Option<u64>,
    drop_last: bool,
    epoch: u64,
    index: usize,
    /// The order of the current epoch. `None` until it is needed.
    order: Option<Arc<[usize]>>,
}

/// The clone has the same position.
impl<D> Clone for Loader<D> {
    fn clone(&self) -> Loader<D> {
        let (dataset, key, order) = (self.dataset.clone(), self.key.clone(), self.order.clone());
        Loader { dataset, key, order, ..*self }
    }
}

impl<D: Dataset> Loader<D> {
    /// Returns batches of this size, in the order of the dataset, without end.
    pub fn new(dataset: D, batch: usize) -> Loader<D> {
        let dataset = Arc::new(dataset);
        Loader { dataset, batch, key: None, epochs: None, drop_last: false, epoch: 0, index: 0, order: None }
    }
    /// Shuffles each epoch. `random::permutation` draws the order from `key`, into which the epoch is folded.
    #[must_use]
    pub fn shuffled(self, key: &Tensor) -> Loader<D> {
        Loader { key: Some(key.clone()), order: None, ..self }
    }
    /// Ends after this number of epochs.
    #[must_use]
    pub fn epochs(self, epochs: u64) -> Loader<D> {
        Loader { epochs: Some(epochs), ..self }
    }
    /// Leaves out the last batch of an epoch if it is not full.
    #[must_use]
    pub fn drop_last(self) -> Loader<D> {
        Loader { drop_last: true, ..self }
    }
    /// Reads up to this number of batches ahead, on a thread.
    #[must_use]
    pub fn prefetched(self, ahead: usize) -> Prefetched<Loader<D>>
    where
        D: 'static,
    {
        Prefetched::new(self, ahead)
    }
    /// Returns all batches once, in the order of the dataset.
    #[must_use]
    pub fn once(&self) -> Loader<D> {
        Loader { key: None, epochs: Some(1), epoch: 0, index: 0, order: None, drop_last: false, ..self.clone() }
    }
    /// Returns the dataset.
    pub fn dataset(&self) -> &D {
        &self.dataset
    }
    /// Returns the number of batches in an epoch.
    pub fn batches_per_epoch(&self) -> usize {
        match self.drop_last {
            true => self.dataset.len() / self.batch.max(1),
            false => self.dataset.len().div_ceil(self.batch.max(1)),
        }
    }
    fn order(&mut self) -> Result<Arc<[usize]>, DataError> {
        if let Some(order) = &self.order {
            return Ok(order.clone());
        }
        let items = self.dataset.len();
        let order: Arc<[usize]> = match &self.key {
            None => (0..items).collect(),
            Some(key) => {
                let key = random::fold_in(key, self.epoch as u32);
                let order = random::permutation(&key, &Tensor::arange(0..items, DType::U32), 0);
                let order = order.to_vec::<u32>().map_err(DataError::Pending)?;
                order.into_iter().map(|position| position as usize).collect()
            }
        };
        self.order = Some(order.clone());
        Ok(order)
    }
}

impl<D: Dataset> Batches for Loader<D> {
    type Batch = Batch<D::Items>;
    fn next_batch(&mut self) -> Result<Option<Batch<D::Items>>, DataError> {
        let items = self.dataset.len();
        if self.batch == 0 {
            return Err(DataError::BatchSize);
        }
        if self.batches_per_epoch() == 0 {
            return Err(DataError::Empty);
        }
        let missing = items.saturating_sub(self.index);
        if missing == 0 || self.drop_last && missing < self.batch {
            (self.epoch, self.index, self.order) = (self.epoch + 1, 0, None);
        }
        if self.epochs.is_some_and(|epochs| self.epoch >= epochs) {
            return Ok(None);
        }
        let order = self.order()?;
        let taken = &order[self.index..items.min(self.index + self.batch)];
        let mut positions = taken.to_vec();
        positions.resize(self.batch, taken[0]);
        let batch = self.dataset.items(&positions)?;
        let mask = Array::from_fn([self.batch], |i| i < taken.len());
        self.index += taken.len();
        Ok(Some(Batch { items: batch, mask: mask.into() }))
    }
    fn position(&self) -> Position {
        // If the key is not a known array of two words, the first batch fails.
        let key = self.key.as_ref().and_then(|key| key.to_vec::<u32>().ok());
        Position { epoch: self.epoch, index: self.index as u64, items: self.dataset.len() as u64, key }
    }
    fn seek(&mut self, position: &Position) -> Result<(), DataError> {
        let items = self.dataset.len() as u64;
        if position.items != items {
            return Err(DataError::OtherData { found: position.items, expected: items });
        }
        if position.index > items {
            let reason = format!("the position is after {} of {items} items", position.index);
            return Err(DataError::Position { reason });
        }
        self.key = match &position.key {
            None => None,
            Some(words) if words.len() == 2 => Some(Tensor::from(words)),
            Some(words) => {
                let reason = format!("the key of the position has {} words, and keys have two", words.len());
                return Err(DataError::Position { reason });
            }
        };
        (self.epoch, self.index, self.order) = (position.epoch, position.index as usize, None);
        Ok(())
    }
}

/// The iterator ends after an error.
impl<D: Dataset> Iterator for Loader<D> {
    type Item = Result<Batch<D::Items>, DataError>;
    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.next_batch();
        if batch.is_err() {
            self.epochs = Some(0);
        }
        batch.transpose()
    }
}
