use super::{Batches, DataError, Position};

/// Batches that a function makes from the number of the batch. Use it for synthetic data, or for data that is all in
/// one batch.
///
/// ```
/// use rune::{prelude::*, random, train::data::{Batches, FromFn}};
/// let key = random::key(0);
/// let mut noise = FromFn::new(move |i| Ok(random::normal(&random::fold_in(&key, i as i32), [8], DType::F32)));
/// assert_eq!(noise.next_batch()?.unwrap().shape().to_vec(), [8]);
/// assert_eq!(noise.position().index, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FromFn<F> {
    f: F,
    next: u64,
}

impl<B, F: FnMut(u64) -> Result<B, DataError>> FromFn<F> {
    /// Returns the batches of `f`, which takes the number of the batch, counted from 0. The sequence has no end.
    pub fn new(f: F) -> FromFn<F> {
        FromFn { f, next: 0 }
    }
}

impl<B, F: FnMut(u64) -> Result<B, DataError>> Batches for FromFn<F> {
    type Batch = B;
    fn next_batch(&mut self) -> Result<Option<B>, DataError> {
        let batch = (self.f)(self.next)?;
        self.next += 1;
        Ok(Some(batch))
    }
    fn position(&self) -> Position {
        Position { index: self.next, ..Position::default() }
    }
    fn seek(&mut self, position: &Position) -> Result<(), DataError> {
        if position.items != 0 {
            return Err(DataError::OtherData { found: position.items, expected: 0 });
        }
        self.next = position.index;
        Ok(())
    }
}
