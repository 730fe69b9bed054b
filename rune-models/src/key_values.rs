//! Keys and values of past positions, for attention.

use rune::nn::{Attention, dot_product_attention};
use rune::{DType, Tensor, Tree, lax};

/// The keys and values of one layer, each of the shape `[batch, heads, positions, size]`.
#[derive(Tree, Clone, Debug)]
pub struct KeyValues {
    keys: Tensor,
    values: Tensor,
}

/// The sizes of the keys and values of a model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyValueSizes {
    /// The number of layers.
    pub layers: usize,
    /// The number of heads of keys and values.
    pub heads: usize,
    /// The number of features of a head.
    pub size: usize,
    /// The dtype of the keys and values.
    pub dtype: DType,
}

impl KeyValueSizes {
    /// Returns zeros for `positions` positions of each layer.
    pub fn empty(&self, batch: usize, positions: usize) -> Vec<KeyValues> {
        let zeros = Tensor::zeros([batch, self.heads, positions, self.size], self.dtype);
        vec![KeyValues { keys: zeros.clone(), values: zeros }; self.layers]
    }
}

impl KeyValues {
    /// Returns the number of positions for which there is space.
    pub fn positions(&self) -> usize {
        self.keys.shape()[2]
    }
    /// Returns the keys and values with space for `positions` positions.
    pub fn padded_to(&self, positions: usize) -> KeyValues {
        let more = positions.saturating_sub(self.positions()) as isize;
        let grow = |x: &Tensor| x.pad(&[(0, 0), (0, 0), (0, more), (0, 0)], 0.0);
        KeyValues { keys: grow(&self.keys), values: grow(&self.values) }
    }
    /// Stores the keys and values of new positions, the first of which is `at`. Returns the attention of the queries at
    /// these positions: each position attends to itself and all earlier ones.
    ///
    /// `query`, `key` and `value` have the shape `[batch, new, heads, size]`. If `query` has more heads than `key`,
    /// consecutive heads of `query` share a head of `key` (Ainslie et al., 2023). The result has the shape `[batch,
    /// new, heads · size]`.
    pub fn attend(&self, query: &Tensor, key: &Tensor, value: &Tensor, at: &Tensor) -> (Tensor, KeyValues) {
        let zero = Tensor::scalar(0i32);
        let write = |old: &Tensor, rows: &Tensor| {
            let start = [zero.clone(), zero.clone(), at.clone(), zero.clone()];
            lax::dynamic_update_slice(old, &rows.permute([0, 2, 1, 3]), &start)
        };
        let next = KeyValues { keys: write(&self.keys, key), values: write(&self.values, value) };
        let current = at + Tensor::arange(0..query.shape()[1], DType::I32);
        let seen = Tensor::arange(0..self.positions(), DType::I32).le(current.unsqueeze(1));
        let [keys, values] = [&next.keys, &next.values].map(|x| x.permute([0, 2, 1, 3]));
        let read =
            dot_product_attention(query, &keys, &values, &Attention { mask: Some(&seen), ..Attention::default() });
        (read.flatten_axes(-2, -1), next)
    }
}
