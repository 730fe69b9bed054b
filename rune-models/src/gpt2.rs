//! GPT-2 (Radford et al., 2019).

use crate::checkpoint::{Checkpoint, LoadError, Part, expect_setting, read_json};
use crate::generate::Decoder;
use crate::key_values::{KeyValueSizes, KeyValues};
use rune::nn::{Embedding, LayerNorm, Linear};
use rune::quant::{AnyLinear, Bits};
use rune::{DType, Tensor, Tree};
use serde::Deserialize;
use std::path::Path;

/// The settings in `config.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    vocab_size: usize,
    n_positions: usize,
    n_embd: usize,
    n_layer: usize,
    n_head: usize,
    n_inner: Option<usize>,
    #[serde(default = "default_activation")]
    activation_function: String,
    layer_norm_epsilon: f64,
}

fn default_activation() -> String {
    "gelu_new".to_owned()
}

/// A layer: attention and a perceptron, each after a normalization.
#[derive(Tree, Clone, Debug)]
struct Layer {
    norm1: LayerNorm,
    /// Queries, keys and values together.
    attention: AnyLinear,
    output: AnyLinear,
    norm2: LayerNorm,
    up: AnyLinear,
    down: AnyLinear,
    heads: usize,
}

/// Takes a linear layer that is stored as `[inputs, outputs]`.
fn linear(mut part: Part<'_>, inputs: usize, outputs: usize) -> AnyLinear {
    AnyLinear::Plain(Linear {
        weight: part.tensor("weight", [inputs, outputs]),
        bias: Some(part.tensor("bias", [outputs])),
    })
}

impl Layer {
    fn load(mut part: Part<'_>, config: &Config) -> Layer {
        let (n, eps) = (config.n_embd, config.layer_norm_epsilon);
        let inner = config.n_inner.unwrap_or(4 * n);
        Layer {
            norm1: part.at("ln_1").layer_norm(n, eps),
            attention: linear(part.at("attn.c_attn"), n, 3 * n),
            output: linear(part.at("attn.c_proj"), n, n),
            norm2: part.at("ln_2").layer_norm(n, eps),
            up: linear(part.at("mlp.c_fc"), n, inner),
            down: linear(part.at("mlp.c_proj"), inner, n),
            heads: config.n_head,
        }
    }
    fn read(&self, x: &Tensor, at: &Tensor, past: &KeyValues) -> (Tensor, KeyValues) {
        let &[batch, new, features] = &x.shape()[..] else { unreachable!("features are [batch, new, features]") };
        let parts = self.attention.forward(&self.norm1.forward(x)).split(3, -1);
        let in_heads = |x: &Tensor| x.reshape([batch, new, self.heads, features / self.heads]);
        let (read, next) = past.attend(&in_heads(&parts[0]), &in_heads(&parts[1]), &in_heads(&parts[2]), at);
        let x = x + self.output.forward(&read);
        let inner = self.up.forward(&self.norm2.forward(&x)).gelu();
        (&x + self.down.forward(&inner), next)
    }
}

/// The model. Its last layer is its token embedding.
#[derive(Tree, Clone, Debug)]
pub struct Gpt2 {
    words: Embedding,
    positions: Embedding,
    layers: Vec<Layer>,
    norm: LayerNorm,
}

impl Gpt2 {
    /// Loads the model from a folder with `config.json` and the weights.
    ///
    /// # Errors
    /// If a file cannot be read, or does not hold this model.
    pub fn load(folder: impl AsRef<Path>) -> Result<Gpt2, LoadError> {
        let folder = folder.as_ref();
        Gpt2::from_checkpoint(Checkpoint::open(folder)?, &folder.join("config.json"))
    }
    /// Loads the model from an open checkpoint and the file of its settings.
    ///
    /// # Errors
    /// If a file cannot be read, or does not hold this model.
    pub fn from_checkpoint(checkpoint: Checkpoint, settings: &Path) -> Result<Gpt2, LoadError> {
        let config: Config = read_json(settings)?;
        expect_setting(settings, "activation_function", &config.activation_function, "`gelu_new`")?;
        let mut checkpoint = checkpoint.without_prefix("transformer.");
        // Older files hold the masks of attention. The last layer is the embedding.
        checkpoint.skip(|name| {
            name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") || name == "lm_head.weight"
        });
        let n = config.n_embd;
        let mut root = checkpoint.root();
        let model = Gpt2 {
            words: root.at("wte").embedding(config.vocab_size, n),
            positions: root.at("wpe").embedding(config.n_positions, n),
            layers: (0..config.n_layer).map(|i| Layer::load(root.at("h").at(i), &config)).collect(),
            norm: root.at("ln_f").layer_norm(n, config.layer_norm_epsilon),
        };
        checkpoint.finish(model)
    }
    /// Returns the model with quantized weights, except for the embedding, which is also the last layer.
    ///
    /// # Panics
    /// Panics if the inputs of a layer are not a multiple of twice the group.
    #[must_use]
    #[track_caller]
    pub fn quantized(mut self, bits: Bits) -> Gpt2 {
        for Layer { norm1: _, attention, output, norm2: _, up, down, heads: _ } in &mut self.layers {
            for linear in [attention, output, up, down] {
                *linear = linear.quantized(bits);
            }
        }
        self
    }
}

impl Decoder for Gpt2 {
    fn context(&self) -> usize {
        self.positions.weight.shape()[0]
    }
    fn key_values(&self) -> KeyValueSizes {
        let heads = self.layers.first().map_or(1, |layer| layer.heads);
        let size = self.words.weight.shape()[1] / heads;
        KeyValueSizes { layers: self.layers.len(), heads, size, dtype: self.dtype() }
    }
    fn read(&self, tokens: &Tensor, at: &Tensor, past: &[KeyValues]) -> (Tensor, Vec<KeyValues>) {
        let positions = at + Tensor::arange(0..tokens.shape()[1], DType::I32);
        let mut x = self.words.forward(tokens) + self.positions.forward(&positions);
        let mut next = Vec::new();
        for (layer, past) in self.layers.iter().zip(past) {
            let (y, kept) = layer.read(&x, at, past);
            x = y;
            next.push(kept);
        }
        (self.norm.forward(&x), next)
    }
    fn logits(&self, features: &Tensor) -> Tensor {
        self.words.attend(features)
    }
}

impl Gpt2 {
    fn dtype(&self) -> DType {
        self.words.weight.dtype()
    }
}
