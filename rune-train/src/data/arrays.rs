use super::{DataError, Dataset};
use rune_trace::{Array, Tensor, Tree, TreePath};

/// Arrays in memory, with one item for each position along their first axis.
///
/// ```
/// use rune::{prelude::*, train::data::{Arrays, Dataset}};
/// let arrays = Arrays::new((Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]), Tensor::from([0i32, 1])))?;
/// let (x, y) = arrays.items(&[1, 1, 0])?;
/// assert_eq!(x.to_vec::<f32>()?, [3.0, 4.0, 3.0, 4.0, 1.0, 2.0]);
/// assert_eq!(y.to_vec::<i32>()?, [1, 1, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Arrays<T> {
    tree: T,
    arrays: Vec<Array>,
    items: usize,
}

impl<T: Tree> Arrays<T> {
    /// Returns the dataset of a tree of arrays.
    ///
    /// # Errors
    /// If the arrays have no first axis, if their first axes differ in size, or if they cannot be computed.
    pub fn new(tree: T) -> Result<Arrays<T>, DataError> {
        let pending: Vec<Tensor> = tree.leaves().into_iter().filter(Tensor::is_pending).collect();
        if !pending.is_empty() {
            Tensor::realize_all(&pending).map_err(DataError::Pending)?;
        }
        let (mut items, mut wrong) = (None, None);
        tree.visit(&mut TreePath::default(), &mut |path, leaf| {
            let size = leaf.shape().first().copied();
            if wrong.is_none() && (size.is_none() || items.is_some_and(|items| size != Some(items))) {
                wrong = Some((path.name(), leaf.ty().to_string()));
            }
            items = items.or(size);
        });
        let items = items.unwrap_or(0);
        if let Some((name, ty)) = wrong {
            return Err(DataError::Sizes { name, ty, items });
        }
        let arrays = tree.leaves().iter().map(Tensor::to_array).collect::<Result<_, _>>();
        Ok(Arrays { arrays: arrays.map_err(DataError::Pending)?, tree, items })
    }
}

impl<T: Tree + Send + Sync> Dataset for Arrays<T> {
    type Items = T;
    fn len(&self) -> usize {
        self.items
    }
    fn items(&self, positions: &[usize]) -> Result<T, DataError> {
        Ok(self.tree.with_leaves(self.arrays.iter().map(|array| Tensor::from(rows(array, positions)))))
    }
}

/// Returns the rows of an array at these positions.
fn rows(array: &Array, positions: &[usize]) -> Array {
    let mut shape = array.shape().to_vec();
    shape[0] = positions.len();
    let ty = array.ty().with_shape(shape);
    let row = array.ty().bytes() / array.shape()[0].max(1);
    let mut bytes = Vec::with_capacity(ty.bytes());
    for &position in positions {
        bytes.extend_from_slice(&array.bytes()[position * row..][..row]);
    }
    Array::from_bytes(ty, &bytes)
}
