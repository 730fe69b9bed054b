//! Vision transformers (Dosovitskiy et al., 2020), as timm and torchvision store them.

use crate::checkpoint::{Checkpoint, LoadError, Part};
use rune::nn::{Attention, Conv, LayerNorm, Linear, dot_product_attention};
use rune::{ConvOptions, Tensor, Tree};
use std::path::Path;

const EPS: f64 = 1e-6;
/// The size of a head in published models.
const HEAD: usize = 64;

/// The names of the arrays in one library.
struct Names {
    class: &'static str,
    patches: &'static str,
    positions: &'static str,
    layer: &'static str,
    /// Within a layer: first normalization, queries with keys and values, output, second normalization, perceptron.
    norm1: &'static str,
    attention: [&'static str; 2],
    output: &'static str,
    norm2: &'static str,
    perceptron: [&'static str; 2],
    norm: &'static str,
    head: &'static str,
}

const TIMM: Names = Names {
    class: "cls_token",
    patches: "patch_embed.proj",
    positions: "pos_embed",
    layer: "blocks.",
    norm1: "norm1",
    attention: ["attn.qkv.weight", "attn.qkv.bias"],
    output: "attn.proj",
    norm2: "norm2",
    perceptron: ["mlp.fc1", "mlp.fc2"],
    norm: "norm",
    head: "head",
};

const TORCHVISION: Names = Names {
    class: "class_token",
    patches: "conv_proj",
    positions: "encoder.pos_embedding",
    layer: "encoder.layers.encoder_layer_",
    norm1: "ln_1",
    attention: ["self_attention.in_proj_weight", "self_attention.in_proj_bias"],
    output: "self_attention.out_proj",
    norm2: "ln_2",
    perceptron: ["mlp.0", "mlp.3"],
    norm: "encoder.ln",
    head: "heads.head",
};

/// A layer: attention and a perceptron, each after a normalization.
#[derive(Tree, Clone, Debug)]
struct Layer {
    norm1: LayerNorm,
    /// Queries, keys and values together.
    attention: Linear,
    output: Linear,
    norm2: LayerNorm,
    up: Linear,
    down: Linear,
}

impl Layer {
    fn load(mut part: Part<'_>, names: &Names, n: usize) -> Layer {
        let inner = part.shape(&format!("{}.bias", names.perceptron[0])).map_or(4 * n, |shape| shape[0]);
        let attention = Linear {
            weight: part.transposed(names.attention[0], [3 * n, n]),
            bias: Some(part.tensor(names.attention[1], [3 * n])),
        };
        Layer {
            norm1: part.at(names.norm1).layer_norm(n, EPS),
            attention,
            output: part.at(names.output).linear(n, n),
            norm2: part.at(names.norm2).layer_norm(n, EPS),
            up: part.at(names.perceptron[0]).linear(n, inner),
            down: part.at(names.perceptron[1]).linear(inner, n),
        }
    }
    fn forward(&self, x: &Tensor, heads: usize) -> Tensor {
        let parts = self.attention.forward(&self.norm1.forward(x)).split(3, -1);
        let [batch, positions, n] = [0, 1, 2].map(|axis| x.shape()[axis]);
        let [query, key, value] = [0, 1, 2].map(|i: usize| parts[i].reshape([batch, positions, heads, n / heads]));
        let read = dot_product_attention(&query, &key, &value, &Attention::default());
        let x = x + self.output.forward(&read.reshape([batch, positions, n]));
        let inner = self.up.forward(&self.norm2.forward(&x)).gelu_exact();
        &x + self.down.forward(&inner)
    }
}

/// An image classifier.
#[derive(Tree, Clone, Debug)]
pub struct Vit {
    patches: Conv,
    class: Tensor,
    positions: Tensor,
    layers: Vec<Layer>,
    norm: LayerNorm,
    head: Linear,
    heads: usize,
}

impl Vit {
    /// Loads a model from a file of timm or torchvision. All sizes follow from the arrays. Attention has one head for
    /// each 64 features.
    ///
    /// # Errors
    /// If the file cannot be read, or does not hold this model.
    pub fn load(path: impl AsRef<Path>) -> Result<Vit, LoadError> {
        Vit::load_with_heads(path, None)
    }
    /// Like [`Vit::load`], with this number of attention heads, which files do not state.
    ///
    /// # Errors
    /// If the file cannot be read, or does not hold this model.
    pub fn load_with_heads(path: impl AsRef<Path>, heads: Option<usize>) -> Result<Vit, LoadError> {
        let mut checkpoint = Checkpoint::open(path)?;
        let names = if checkpoint.has(TORCHVISION.class) { TORCHVISION } else { TIMM };
        let mut root = checkpoint.root();
        // If these arrays are missing, the sizes are those of the smallest published model, and the error lists the
        // arrays.
        let window =
            root.shape(&format!("{}.weight", names.patches)).filter(|s| s.len() == 4).unwrap_or(vec![192, 3, 16, 16]);
        let (n, patch) = (window[0], window[2]);
        let places = root.shape(names.positions).filter(|s| s.len() == 3).map_or(197, |shape| shape[1]);
        let classes = root.shape(&format!("{}.bias", names.head)).map_or(1000, |shape| shape.iter().product());
        let patches = root.at(names.patches).conv([n, 3, patch, patch], ConvOptions::default().strides(patch));
        let mut layers = Vec::new();
        while layers.is_empty() || root.has(&format!("{}{}.{}.weight", names.layer, layers.len(), names.norm1)) {
            let part = root.at(format!("{}{}", names.layer, layers.len()));
            layers.push(Layer::load(part, &names, n));
        }
        let model = Vit {
            patches,
            class: root.tensor(names.class, [1, 1, n]),
            positions: root.tensor(names.positions, [1, places, n]),
            layers,
            norm: root.at(names.norm).layer_norm(n, EPS),
            head: root.at(names.head).linear(n, classes),
            heads: heads.unwrap_or((n / HEAD).max(1)),
        };
        checkpoint.finish(model)
    }
    /// Returns the logits of the classes, of the shape `[batch, classes]`, for normalized images of the shape `[batch,
    /// 3, height, width]`.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        let patches = self.patches.forward(x).flatten_axes(2, 3).swapaxes(1, 2);
        let (batch, n) = (patches.shape()[0], patches.shape()[2]);
        let mut x = Tensor::concat(&[self.class.broadcast_to([batch, 1, n]), patches], 1) + &self.positions;
        for layer in &self.layers {
            x = layer.forward(&x, self.heads);
        }
        // The first position is the class token, which has attended to all others.
        self.head.forward(&self.norm.forward(&x.i((.., 0))))
    }
}
