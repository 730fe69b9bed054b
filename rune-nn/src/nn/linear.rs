//! Linear layers, embeddings and multilayer perceptrons.

use super::init;
use rune_ir::DType;
use rune_trace::{Tensor, Tree, at_caller, random};

/// A linear layer: x · weight + bias.
///
/// ```
/// use rune_nn::nn::Linear;
/// use rune_trace::{DType, Tensor, random};
/// let layer = Linear::new(&random::key(0), 3, 2);
/// assert_eq!(*layer.forward(&Tensor::ones([5, 3], DType::F32)).shape(), [5, 2]);
/// let by_hand = Linear { weight: Tensor::from([[1.0f32], [2.0]]), bias: None };
/// assert_eq!(by_hand.forward(&Tensor::from([3.0f32, 4.0])).to_vec::<f32>().unwrap(), [11.0]);
/// ```
#[derive(Tree, Clone, Debug)]
pub struct Linear {
    /// Has the shape `[inputs, outputs]`.
    pub weight: Tensor,
    /// Has the shape `[outputs]`.
    pub bias: Option<Tensor>,
}

impl Linear {
    /// Creates a layer with weights from [`init::lecun_normal`], as in Flax, and a zero bias.
    ///
    /// # Panics
    /// Panics if `key` is not a key.
    #[track_caller]
    pub fn new(key: &Tensor, inputs: usize, outputs: usize) -> Linear {
        let weight = init::lecun_normal().draw(key, [inputs, outputs], DType::F32);
        Linear { weight, bias: Some(Tensor::zeros([outputs], DType::F32)) }
    }
    /// Returns the layer without a bias.
    #[must_use]
    pub fn without_bias(self) -> Linear {
        Linear { bias: None, ..self }
    }
    /// Maps `x` of shape `[.., inputs]` to shape `[.., outputs]`.
    ///
    /// # Panics
    /// Panics if the last axis of `x` does not have the size of the inputs, or if the dtypes differ.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let y = x.matmul(&self.weight);
        match &self.bias {
            Some(bias) => y + bias,
            None => y,
        }
    }
}

/// An embedding: one vector per item, such as the words of a vocabulary.
///
/// ```
/// use rune_nn::nn::Embedding;
/// use rune_trace::{Tensor, random};
/// let words = Embedding::new(&random::key(0), 1000, 16);
/// assert_eq!(*words.forward(&Tensor::from([[3, 1, 4], [1, 5, 9]])).shape(), [2, 3, 16]);
/// ```
#[doc(alias = "embedding")]
#[derive(Tree, Clone, Debug)]
pub struct Embedding {
    /// Has the shape `[items, features]`.
    pub weight: Tensor,
}

impl Embedding {
    /// Creates normally distributed vectors, with length 1 on average.
    ///
    /// # Panics
    /// Panics if `key` is not a key.
    #[track_caller]
    pub fn new(key: &Tensor, count: usize, features: usize) -> Embedding {
        Embedding { weight: init::normal(key, (features as f64).sqrt().recip(), [count, features], DType::F32) }
    }
    /// Returns the vectors of the items with these indices, an integer tensor of any shape. Out-of-range indices are
    /// clamped.
    ///
    /// # Panics
    /// Panics if `indices` is not an integer tensor.
    #[track_caller]
    pub fn forward(&self, indices: &Tensor) -> Tensor {
        self.weight.take(indices, 0)
    }
    /// Returns the dot product of `x`, of shape `[.., features]`, with the vector of each item. The result has the
    /// shape `[.., items]`. A language model can thus reuse its embedding as its last layer.
    ///
    /// # Panics
    /// Panics if the last axis of `x` does not have the size of the features.
    #[track_caller]
    pub fn attend(&self, x: &Tensor) -> Tensor {
        x.matmul(self.weight.t())
    }
}

/// A multilayer perceptron: linear layers with an activation between them.
///
/// ```
/// use rune_nn::nn::Mlp;
/// use rune_trace::{DType, Tensor, random};
/// let mlp = Mlp::new(&random::key(0), &[784, 256, 10], Tensor::relu);
/// assert_eq!(*mlp.forward(&Tensor::zeros([32, 784], DType::F32)).shape(), [32, 10]);
/// ```
#[derive(Tree, Clone, Debug)]
pub struct Mlp {
    /// The layers, in order.
    pub layers: Vec<Linear>,
    /// The activation between two layers. It is not saved, because a function has no text form.
    #[tree(static, skip)]
    pub activation: fn(&Tensor) -> Tensor,
}

impl Mlp {
    /// Creates one layer from each size to the next.
    ///
    /// # Panics
    /// Panics if `key` is not a key, or if there are fewer than two sizes.
    #[track_caller]
    pub fn new(key: &Tensor, sizes: &[usize], activation: fn(&Tensor) -> Tensor) -> Mlp {
        if sizes.len() < 2 {
            refuse!("Mlp: needs at least two sizes, and got {sizes:?}");
        }
        let mut layers = Vec::new();
        for (i, pair) in sizes.windows(2).enumerate() {
            layers.push(Linear::new(&random::fold_in(key, i), pair[0], pair[1]));
        }
        Mlp { layers, activation }
    }
    /// Applies all layers, with the activation after each but the last.
    ///
    /// # Panics
    /// Panics like [`Linear::forward`].
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        // A function pointer, such as `Tensor::relu`, does not pass its caller on.
        at_caller(|| {
            let mut x = x.clone();
            for (i, layer) in self.layers.iter().enumerate() {
                x = layer.forward(&if i == 0 { x } else { (self.activation)(&x) });
            }
            x
        })
    }
}
