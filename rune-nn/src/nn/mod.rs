//! Layers, losses and initialisers.
//!
//! A layer is a struct whose leaves are its parameters, with a method `forward`. Its fields are public: `Linear::new`
//! draws the usual weights, and you can also write the struct with your own weights.
//!
//! ```
//! use rune_nn::nn::{self, Linear};
//! use rune_trace::{DType, Tensor, Tree, random, value_and_grad};
//!
//! #[derive(Tree)]
//! struct Model { hidden: Linear, output: Linear }
//!
//! impl Model {
//!     fn new(key: &Tensor) -> Model {
//!         let [a, b] = random::split_into(key);
//!         Model { hidden: Linear::new(&a, 4, 16), output: Linear::new(&b, 16, 3) }
//!     }
//!     fn forward(&self, x: &Tensor) -> Tensor {
//!         self.output.forward(&self.hidden.forward(x).relu())
//!     }
//! }
//!
//! let loss = |model: &Model, x: &Tensor, classes: &Tensor| {
//!     nn::softmax_cross_entropy_with_integer_labels(&model.forward(x), classes).mean()
//! };
//! let [a, b] = random::split_into(&random::key(0));
//! let (x, classes) = (random::normal(&a, [5, 4], DType::F32), Tensor::from([0, 1, 2, 0, 1]));
//! let (loss, gradient): (Tensor, Model) = value_and_grad(loss)(&Model::new(&b), &x, &classes);
//! assert_eq!(gradient.hidden.weight.shape().to_vec(), [4, 16]);
//! # assert!(loss.item::<f32>().unwrap() > 0.0);
//! ```
//!
//! Activations are methods of [`Tensor`](rune_trace::Tensor): `relu`, `gelu`, `silu`, `softmax` and others; so are
//! `max_pool` and `avg_pool`. Randomness needs an explicit key. State that changes during training, such as the
//! statistics of [`BatchNorm`], is an argument and a result.

mod attention;
mod conv;
mod dropout;
pub mod init;
mod linear;
mod losses;
mod norm;
mod recurrent;

pub use attention::{Attention, MultiHeadAttention, dot_product_attention, rotary_embedding, rotary_embedding_with};
pub use conv::{Conv, ConvTranspose};
pub use dropout::Dropout;
pub use linear::{Embedding, Linear, Mlp};
pub use losses::{
    cosine_distance, cosine_similarity, hinge_loss, huber_loss, kl_divergence, l2_loss, log_cosh, mse,
    sigmoid_binary_cross_entropy, sigmoid_focal_loss, smooth_labels, softmax_cross_entropy,
    softmax_cross_entropy_with_integer_labels, squared_error,
};
pub use norm::{BatchNorm, BatchStatistics, GroupNorm, LayerNorm, RmsNorm};
pub use recurrent::{GruCell, LstmCell, LstmState};
