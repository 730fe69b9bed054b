//! Layers that are products with weights, or choose among them.

use super::init;
use rune_trace::{DType, Tensor, Tree, at_caller, random};

/// x · weight + bias.
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
    /// Of shape [inputs, outputs].
    pub weight: Tensor,
    /// Of shape `[outputs]`.
    pub bias: Option<Tensor>,
}

impl Linear {
    /// A layer with weights drawn by [`init::lecun_normal`], as Flax does, and the bias 0.
    ///
    /// # Panics
    /// If `key` is no key.
    #[track_caller]
    pub fn new(key: &Tensor, inputs: usize, outputs: usize) -> Linear {
        let weight = init::lecun_normal().draw(key, [inputs, outputs], DType::F32);
        Linear { weight, bias: Some(Tensor::zeros([outputs], DType::F32)) }
    }
    /// The layer without a bias.
    #[must_use]
    pub fn without_bias(self) -> Linear {
        Linear { bias: None, ..self }
    }
    /// Of what is of shape [.., inputs], what is of shape [.., outputs].
    ///
    /// # Panics
    /// If the last axis of `x` is not of the size of the inputs, or it is of another dtype.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let y = x.matmul(&self.weight);
        match &self.bias {
            Some(bias) => y + bias,
            None => y,
        }
    }
}

/// A row of numbers for each of some things, as the words of a language.
///
/// ```
/// use rune_nn::nn::Embedding;
/// use rune_trace::{Tensor, random};
/// let words = Embedding::new(&random::key(0), 1000, 16);
/// assert_eq!(*words.forward(&Tensor::from([[3, 1, 4], [1, 5, 9]])).shape(), [2, 3, 16]);
/// ```
#[derive(Tree, Clone, Debug)]
pub struct Embedding {
    /// Of shape [things, features].
    pub weight: Tensor,
}

impl Embedding {
    /// Rows of the normal distribution, of length 1 on average.
    ///
    /// # Panics
    /// If `key` is no key.
    #[track_caller]
    pub fn new(key: &Tensor, count: usize, features: usize) -> Embedding {
        Embedding { weight: init::normal(key, (features as f64).sqrt().recip(), [count, features], DType::F32) }
    }
    /// The rows of the things with these numbers, which are integers of any shape. Numbers out of range are clamped.
    ///
    /// # Panics
    /// If `indices` are not of integers.
    #[track_caller]
    pub fn forward(&self, indices: &Tensor) -> Tensor {
        self.weight.take(indices, 0)
    }
    /// How much each thing is like `x`, of shape [.., features]: the product with each row, of shape [.., things]. So the rows of words
    /// serve a second time, as the last layer of a language model.
    ///
    /// # Panics
    /// If the last axis of `x` is not of the size of the features.
    #[track_caller]
    pub fn attend(&self, x: &Tensor) -> Tensor {
        x.matmul(&self.weight.t())
    }
}

/// Linear layers with a function between each two.
///
/// ```
/// use rune_nn::nn::Mlp;
/// use rune_trace::{DType, Tensor, random};
/// let mlp = Mlp::new(&random::key(0), &[784, 256, 10], Tensor::relu);
/// assert_eq!(*mlp.forward(&Tensor::zeros([32, 784], DType::F32)).shape(), [32, 10]);
/// ```
#[derive(Tree, Clone, Debug)]
pub struct Mlp {
    /// One after the other.
    pub layers: Vec<Linear>,
    /// What comes between two layers. Files leave it out, since a function has no text.
    #[tree(static, skip)]
    pub activation: fn(&Tensor) -> Tensor,
}

impl Mlp {
    /// Layers from each size to the next.
    ///
    /// # Panics
    /// If `key` is no key, or there are not two sizes or more.
    #[track_caller]
    pub fn new(key: &Tensor, sizes: &[usize], activation: fn(&Tensor) -> Tensor) -> Mlp {
        if sizes.len() < 2 {
            refuse!("Mlp: leads from one size to another, and the sizes {sizes:?} are given");
        }
        let mut layers = Vec::new();
        for (i, pair) in sizes.windows(2).enumerate() {
            layers.push(Linear::new(&random::fold_in(key, i), pair[0], pair[1]));
        }
        Mlp { layers, activation }
    }
    /// All layers, with the function after each but the last.
    ///
    /// # Panics
    /// As [`Linear::forward`].
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        // A pointer to a function, as to `Tensor::relu`, knows no caller.
        at_caller(|| {
            let mut x = x.clone();
            for (i, layer) in self.layers.iter().enumerate() {
                x = layer.forward(&if i == 0 { x } else { (self.activation)(&x) });
            }
            x
        })
    }
}
