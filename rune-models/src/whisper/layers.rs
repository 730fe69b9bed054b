//! The blocks of encoder and decoder.

use rune::nn::{LayerNorm, Linear};
use rune::{Tensor, Tree, lax, where_};

/// Attention in heads. The layer of the keys has no bias.
#[derive(Tree, Clone, Debug)]
pub(super) struct Heads {
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub output: Linear,
    pub heads: usize,
}

/// Keys and values, both with the shape `[heads, positions, size]`.
#[derive(Tree, Clone, Debug)]
pub struct Memory {
    pub(super) keys: Tensor,
    pub(super) values: Tensor,
}

impl Heads {
    /// Splits features into heads: `[positions, features]` to `[heads, positions, size]`.
    fn split(&self, x: &Tensor) -> Tensor {
        let (positions, features) = (x.shape()[0], x.shape()[1]);
        x.reshape([positions, self.heads, features / self.heads]).permute([1, 0, 2])
    }
    pub fn memory(&self, x: &Tensor) -> Memory {
        Memory { keys: self.split(&self.key.forward(x)), values: self.split(&self.value.forward(x)) }
    }
    /// Returns the attention of the positions `x` to a memory. `mask` has the shape `[positions of x, positions of
    /// memory]`.
    pub fn read(&self, x: &Tensor, memory: &Memory, mask: Option<&Tensor>) -> Tensor {
        let size = x.shape()[1] / self.heads;
        // Scales the queries instead of the scores, because there are fewer elements.
        let queries = self.split(&(self.query.forward(x) * (size as f64).sqrt().recip()));
        let mut scores = queries.matmul(memory.keys.permute([0, 2, 1]));
        if let Some(mask) = mask {
            scores = where_(mask, scores, f32::NEG_INFINITY);
        }
        let read = scores.softmax(-1).matmul(&memory.values);
        self.output.forward(&read.permute([1, 0, 2]).reshape([x.shape()[0], x.shape()[1]]))
    }
}

/// A perceptron with one hidden layer.
#[derive(Tree, Clone, Debug)]
pub(super) struct Perceptron {
    pub up: Linear,
    pub down: Linear,
}

impl Perceptron {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.down.forward(&self.up.forward(x).gelu_exact())
    }
}

/// A block of the encoder.
#[derive(Tree, Clone, Debug)]
pub(super) struct EncoderBlock {
    pub norm1: LayerNorm,
    pub own: Heads,
    pub norm2: LayerNorm,
    pub perceptron: Perceptron,
}

impl EncoderBlock {
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let h = self.norm1.forward(x);
        let x = x + self.own.read(&h, &self.own.memory(&h), None);
        &x + self.perceptron.forward(&self.norm2.forward(&x))
    }
}

/// A block of the decoder.
#[derive(Tree, Clone, Debug)]
pub(super) struct DecoderBlock {
    pub norm1: LayerNorm,
    pub own: Heads,
    pub norm2: LayerNorm,
    pub cross: Heads,
    pub norm3: LayerNorm,
    pub perceptron: Perceptron,
}

impl DecoderBlock {
    /// Maps the rows `x`. Writes their keys and values into `cache` from the slot `slot` on.
    pub fn forward(
        &self,
        x: &Tensor,
        sound: &Memory,
        cache: &Memory,
        slot: &Tensor,
        mask: &Tensor,
    ) -> (Tensor, Memory) {
        let h = self.norm1.forward(x);
        let new = self.own.memory(&h);
        let zero = Tensor::scalar(0i32);
        let at = [zero.clone(), slot.clone(), zero];
        let cache = Memory {
            keys: lax::dynamic_update_slice(&cache.keys, &new.keys, &at),
            values: lax::dynamic_update_slice(&cache.values, &new.values, &at),
        };
        let x = x + self.own.read(&h, &cache, Some(mask));
        let x = &x + self.cross.read(&self.norm2.forward(&x), sound, None);
        (&x + self.perceptron.forward(&self.norm3.forward(&x)), cache)
    }
}
