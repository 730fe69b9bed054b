//! Llama (Touvron et al., 2023): rotary positions, shared keys, gated perceptrons.

use crate::checkpoint::{Checkpoint, LoadError, Part, expect_setting, read_json};
use crate::generate::Decoder;
use crate::key_values::{KeyValueSizes, KeyValues};
use crate::rotary::{Rotary, Scaling};
use rune::nn::{Embedding, RmsNorm};
use rune::quant::{AnyLinear, Bits};
use rune::{DType, Tensor, Tree};
use serde::Deserialize;
use std::path::Path;

/// The settings in `config.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Config {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    max_position_embeddings: usize,
    rms_norm_eps: f64,
    #[serde(default)]
    tie_word_embeddings: bool,
    #[serde(default)]
    attention_bias: bool,
    #[serde(default)]
    mlp_bias: bool,
    #[serde(default = "default_activation")]
    hidden_act: String,
    /// Newer files have the base within `rope_parameters`.
    rope_theta: Option<f64>,
    rope_scaling: Option<Scaling>,
    rope_parameters: Option<Scaling>,
}

fn default_activation() -> String {
    "silu".to_owned()
}

impl Config {
    fn size(&self) -> usize {
        self.head_dim.unwrap_or(self.hidden_size / self.num_attention_heads)
    }
    fn key_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }
    fn rotary(&self, path: &Path) -> Result<Rotary, LoadError> {
        let scaling = self.rope_parameters.as_ref().or(self.rope_scaling.as_ref());
        Rotary::new(self.size(), self.rope_theta, scaling, path)
    }
}

/// A layer: attention and a gated perceptron (Shazeer, 2020), each after a normalization.
#[derive(Tree, Clone, Debug)]
struct Layer {
    norm1: RmsNorm,
    query: AnyLinear,
    key: AnyLinear,
    value: AnyLinear,
    output: AnyLinear,
    norm2: RmsNorm,
    gate: AnyLinear,
    up: AnyLinear,
    down: AnyLinear,
    size: usize,
}

fn linear(mut part: Part<'_>, inputs: usize, outputs: usize, bias: bool) -> AnyLinear {
    AnyLinear::Plain(if bias { part.linear(inputs, outputs) } else { part.linear_without_bias(inputs, outputs) })
}

impl Layer {
    fn load(mut part: Part<'_>, config: &Config) -> Layer {
        let (n, inner, eps) = (config.hidden_size, config.intermediate_size, config.rms_norm_eps);
        let (queries, keys) = (config.num_attention_heads * config.size(), config.key_heads() * config.size());
        let bias = config.attention_bias;
        Layer {
            norm1: part.at("input_layernorm").rms_norm(n, eps),
            query: linear(part.at("self_attn.q_proj"), n, queries, bias),
            key: linear(part.at("self_attn.k_proj"), n, keys, bias),
            value: linear(part.at("self_attn.v_proj"), n, keys, bias),
            output: linear(part.at("self_attn.o_proj"), queries, n, bias),
            norm2: part.at("post_attention_layernorm").rms_norm(n, eps),
            gate: linear(part.at("mlp.gate_proj"), n, inner, config.mlp_bias),
            up: linear(part.at("mlp.up_proj"), n, inner, config.mlp_bias),
            down: linear(part.at("mlp.down_proj"), inner, n, config.mlp_bias),
            size: config.size(),
        }
    }
    fn read(
        &self,
        x: &Tensor,
        at: &Tensor,
        past: &KeyValues,
        rotate: &dyn Fn(&Tensor) -> Tensor,
    ) -> (Tensor, KeyValues) {
        let h = self.norm1.forward(x);
        let in_heads = |linear: &AnyLinear| {
            let y = linear.forward(&h);
            let heads = y.shape()[2] / self.size;
            y.reshape([y.shape()[0], y.shape()[1], heads, self.size])
        };
        let (query, key) = (rotate(&in_heads(&self.query)), rotate(&in_heads(&self.key)));
        let (read, next) = past.attend(&query, &key, &in_heads(&self.value), at);
        let x = x + self.output.forward(&read);
        let h = self.norm2.forward(&x);
        let inner = self.gate.forward(&h).silu() * self.up.forward(&h);
        (&x + self.down.forward(&inner), next)
    }
}

/// The model.
#[derive(Tree, Clone, Debug)]
pub struct Llama {
    words: Embedding,
    layers: Vec<Layer>,
    norm: RmsNorm,
    /// The last layer, unless it is the embedding.
    head: Option<AnyLinear>,
    rotary: Rotary,
    context: usize,
    key_heads: usize,
}

impl Llama {
    /// Loads the model from a folder with `config.json` and the weights.
    ///
    /// # Errors
    /// If a file cannot be read, or does not hold this model.
    pub fn load(folder: impl AsRef<Path>) -> Result<Llama, LoadError> {
        let folder = folder.as_ref();
        Llama::from_checkpoint(Checkpoint::open(folder)?, &folder.join("config.json"))
    }
    /// Loads the model from an open checkpoint and the file of its settings.
    ///
    /// # Errors
    /// If a file cannot be read, or does not hold this model.
    pub fn from_checkpoint(mut checkpoint: Checkpoint, settings: &Path) -> Result<Llama, LoadError> {
        let config: Config = read_json(settings)?;
        expect_setting(settings, "hidden_act", &config.hidden_act, "`silu`")?;
        let n = config.hidden_size;
        // Older files hold the frequencies of the rotation.
        checkpoint.skip(|name| name.ends_with("rotary_emb.inv_freq"));
        if config.tie_word_embeddings {
            checkpoint.skip(|name| name == "lm_head.weight");
        }
        let mut root = checkpoint.root();
        let head = (!config.tie_word_embeddings).then(|| linear(root.at("lm_head"), n, config.vocab_size, false));
        let mut body = root.at("model");
        let model = Llama {
            words: body.at("embed_tokens").embedding(config.vocab_size, n),
            layers: (0..config.num_hidden_layers).map(|i| Layer::load(body.at("layers").at(i), &config)).collect(),
            norm: body.at("norm").rms_norm(n, config.rms_norm_eps),
            head,
            rotary: config.rotary(settings)?,
            context: config.max_position_embeddings,
            key_heads: config.key_heads(),
        };
        checkpoint.finish(model)
    }
    /// Returns the model with quantized weights, except for the embedding.
    ///
    /// # Panics
    /// Panics if the inputs of a layer are not a multiple of twice the group.
    #[must_use]
    #[track_caller]
    pub fn quantized(mut self, bits: Bits) -> Llama {
        for layer in &mut self.layers {
            let Layer { norm1: _, query, key, value, output, norm2: _, gate, up, down, size: _ } = layer;
            for linear in [query, key, value, output, gate, up, down] {
                *linear = linear.quantized(bits);
            }
        }
        self.head = self.head.map(|head| head.quantized(bits));
        self
    }
}

impl Decoder for Llama {
    fn context(&self) -> usize {
        self.context
    }
    fn key_values(&self) -> KeyValueSizes {
        let dtype = self.words.weight.dtype();
        KeyValueSizes { layers: self.layers.len(), heads: self.key_heads, size: self.rotary.size(), dtype }
    }
    fn read(&self, tokens: &Tensor, at: &Tensor, past: &[KeyValues]) -> (Tensor, Vec<KeyValues>) {
        let positions = at + Tensor::arange(0..tokens.shape()[1], DType::I32);
        let rotate = |x: &Tensor| self.rotary.rotate(x, &positions);
        let mut x = self.words.forward(tokens);
        let mut next = Vec::new();
        for (layer, past) in self.layers.iter().zip(past) {
            let (y, kept) = layer.read(&x, at, past, &rotate);
            x = y;
            next.push(kept);
        }
        (self.norm.forward(&x), next)
    }
    fn logits(&self, features: &Tensor) -> Tensor {
        match &self.head {
            Some(head) => head.forward(features),
            None => self.words.attend(features),
        }
    }
}
