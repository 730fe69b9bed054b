//! BERT, an encoder of text (Devlin et al., 2018).

use crate::checkpoint::{Checkpoint, LoadError, Part, expect_setting, read_json};
use rune::nn::{Attention, Embedding, LayerNorm, Linear, MultiHeadAttention};
use rune::{Tensor, Tree};
use serde::Deserialize;
use std::path::Path;

/// The settings in `config.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    hidden_act: String,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    layer_norm_eps: f64,
}

/// A layer: attention and a perceptron, each followed by a normalization.
#[derive(Tree, Clone, Debug)]
struct Layer {
    attention: MultiHeadAttention,
    norm1: LayerNorm,
    up: Linear,
    down: Linear,
    norm2: LayerNorm,
}

impl Layer {
    fn load(mut part: Part<'_>, config: &Config) -> Layer {
        let (n, inner, eps) = (config.hidden_size, config.intermediate_size, config.layer_norm_eps);
        let mut attention = part.at("attention");
        Layer {
            attention: MultiHeadAttention {
                query: attention.at("self.query").linear(n, n),
                key: attention.at("self.key").linear(n, n),
                value: attention.at("self.value").linear(n, n),
                output: attention.at("output.dense").linear(n, n),
                heads: config.num_attention_heads,
            },
            norm1: attention.at("output.LayerNorm").layer_norm(n, eps),
            up: part.at("intermediate.dense").linear(n, inner),
            down: part.at("output.dense").linear(inner, n),
            norm2: part.at("output.LayerNorm").layer_norm(n, eps),
        }
    }
    fn forward(&self, x: &Tensor, how: &Attention<'_>) -> Tensor {
        let x = self.norm1.forward(&(x + self.attention.forward(x, x, how)));
        let inner = self.up.forward(&x).gelu_exact();
        self.norm2.forward(&(&x + self.down.forward(&inner)))
    }
}

/// The encoder.
#[derive(Tree, Clone, Debug)]
pub struct Bert {
    words: Embedding,
    positions: Embedding,
    kinds: Embedding,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

impl Bert {
    /// Loads the encoder from a folder with `config.json` and the weights. Heads for other tasks are ignored.
    ///
    /// # Errors
    /// If a file cannot be read, or does not hold this model.
    pub fn load(folder: impl AsRef<Path>) -> Result<Bert, LoadError> {
        let folder = folder.as_ref();
        let path = folder.join("config.json");
        let config: Config = read_json(&path)?;
        expect_setting(&path, "hidden_act", &config.hidden_act, "`gelu`")?;
        let mut checkpoint = Checkpoint::open(folder)?.without_prefix("bert.");
        let unused =
            |name: &str| name.starts_with("pooler.") || name.starts_with("cls.") || name == "embeddings.position_ids";
        checkpoint.skip(unused);
        let n = config.hidden_size;
        let mut root = checkpoint.root();
        let mut embeddings = root.at("embeddings");
        let model = Bert {
            words: embeddings.at("word_embeddings").embedding(config.vocab_size, n),
            positions: embeddings.at("position_embeddings").embedding(config.max_position_embeddings, n),
            kinds: embeddings.at("token_type_embeddings").embedding(config.type_vocab_size, n),
            norm: embeddings.at("LayerNorm").layer_norm(n, config.layer_norm_eps),
            layers: (0..config.num_hidden_layers)
                .map(|i| Layer::load(root.at("encoder.layer").at(i), &config))
                .collect(),
        };
        checkpoint.finish(model)
    }
    /// Returns the largest number of tokens in a text.
    pub fn context(&self) -> usize {
        self.positions.weight.shape()[0]
    }
    /// Returns the number of features of a position.
    pub fn features(&self) -> usize {
        self.words.weight.shape()[1]
    }
    /// Returns the features of each position, of the shape `[batch, positions, features]`. `tokens` and `mask` have the
    /// shape `[batch, positions]`; the mask is true for tokens and false for padding.
    pub fn forward(&self, tokens: &Tensor, mask: &Tensor) -> Tensor {
        let positions = self.positions.weight.i(..tokens.shape()[1]);
        // All tokens belong to the first text of a pair.
        let mut x = self.norm.forward(&(self.words.forward(tokens) + positions + self.kinds.weight.i(0)));
        let seen = mask.unsqueeze(1).unsqueeze(1);
        let how = Attention { mask: Some(&seen), ..Attention::default() };
        for layer in &self.layers {
            x = layer.forward(&x, &how);
        }
        x
    }
}
