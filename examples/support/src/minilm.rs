//! The sentence encoder `all-MiniLM-L6-v2` (Wang et al., 2020; Reimers and Gurevych, 2019), with its published weights.

use anyhow::{Context, ensure};
use rune::nn::{Attention, Embedding, LayerNorm, Linear, MultiHeadAttention};
use rune::{Array, storage};
use rune::{prelude::*, where_};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokenizers::{PaddingParams, Tokenizer, TruncationParams};

const HEADS: usize = 12;
const LAYERS: usize = 6;
/// Texts are cut after so many tokens, as the published model does.
const TOKENS: usize = 256;

/// Returns where `scripts/fetch-minilm` puts the model.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/minilm")
}

/// The arrays of a file, taken out by name.
struct Weights(BTreeMap<String, Array>);

impl Weights {
    fn take(&mut self, name: &str) -> anyhow::Result<Tensor> {
        Ok(self.0.remove(name).with_context(|| format!("the file has no array {name}"))?.into())
    }
    /// A linear layer. PyTorch stores the transposed weight.
    fn linear(&mut self, name: &str) -> anyhow::Result<Linear> {
        let weight = self.take(&format!("{name}.weight"))?.t();
        Ok(Linear { weight, bias: Some(self.take(&format!("{name}.bias"))?) })
    }
    fn norm(&mut self, name: &str) -> anyhow::Result<LayerNorm> {
        let [weight, bias] = ["weight", "bias"].map(|part| self.take(&format!("{name}.{part}")));
        Ok(LayerNorm { weight: Some(weight?), bias: Some(bias?), eps: 1e-12 })
    }
}

#[derive(Tree, Clone)]
struct Layer {
    attention: MultiHeadAttention,
    norm1: LayerNorm,
    up: Linear,
    down: Linear,
    norm2: LayerNorm,
}

impl Layer {
    fn load(weights: &mut Weights, name: &str) -> anyhow::Result<Layer> {
        Ok(Layer {
            attention: MultiHeadAttention {
                query: weights.linear(&format!("{name}.attention.self.query"))?,
                key: weights.linear(&format!("{name}.attention.self.key"))?,
                value: weights.linear(&format!("{name}.attention.self.value"))?,
                output: weights.linear(&format!("{name}.attention.output.dense"))?,
                heads: HEADS,
            },
            norm1: weights.norm(&format!("{name}.attention.output.LayerNorm"))?,
            up: weights.linear(&format!("{name}.intermediate.dense"))?,
            down: weights.linear(&format!("{name}.output.dense"))?,
            norm2: weights.norm(&format!("{name}.output.LayerNorm"))?,
        })
    }
    fn forward(&self, x: &Tensor, how: &Attention<'_>) -> Tensor {
        let x = self.norm1.forward(&(x + self.attention.forward(x, x, how)));
        let inner = self.up.forward(&x).gelu_exact();
        self.norm2.forward(&(&x + self.down.forward(&inner)))
    }
}

/// The encoder.
#[derive(Tree, Clone)]
pub struct MiniLm {
    words: Embedding,
    positions: Tensor,
    /// The embedding of the first of two texts, which is the only one here.
    kind: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

impl MiniLm {
    /// Loads the weights from `model.safetensors` in `folder`.
    pub fn load(folder: &Path) -> anyhow::Result<MiniLm> {
        let path = folder.join("model.safetensors");
        let read =
            storage::read(&path).with_context(|| format!("{}: run scripts/fetch-minilm first", path.display()))?;
        let mut weights = Weights(read);
        let model = MiniLm {
            words: Embedding { weight: weights.take("embeddings.word_embeddings.weight")? },
            positions: weights.take("embeddings.position_embeddings.weight")?,
            kind: weights.take("embeddings.token_type_embeddings.weight")?.i(0),
            norm: weights.norm("embeddings.LayerNorm")?,
            layers: (0..LAYERS)
                .map(|i| Layer::load(&mut weights, &format!("encoder.layer.{i}")))
                .collect::<Result<_, _>>()?,
        };
        // The sentence encoder does not use the pooler, and the indices of positions are a range.
        weights.0.retain(|name, _| !name.starts_with("pooler.") && name != "embeddings.position_ids");
        ensure!(weights.0.is_empty(), "the file also has {:?}", weights.0.keys().collect::<Vec<_>>());
        Ok(model)
    }
    /// Returns embeddings `[batch, 384]` of length 1. `tokens` and `mask` have the shape `[batch, positions]`; the mask
    /// is true for tokens and false for padding.
    pub fn forward(&self, tokens: &Tensor, mask: &Tensor) -> Tensor {
        let positions = self.positions.i(..tokens.shape()[1]);
        let mut x = self.norm.forward(&(self.words.forward(tokens) + positions + &self.kind));
        let seen = mask.unsqueeze(1).unsqueeze(1);
        let how = Attention { mask: Some(&seen), ..Attention::default() };
        for layer in &self.layers {
            x = layer.forward(&x, &how);
        }
        let counted = where_(mask.unsqueeze(-1), x, 0.0f32).sum_axes(1);
        let mean = counted / mask.cast(DType::F32).sum_keepdims(1);
        let norm = mean.square().sum_keepdims(-1).sqrt();
        mean / norm.maximum(1e-12)
    }
}

/// The tokenizer of the model.
pub struct Tokens(Tokenizer);

impl Tokens {
    /// Loads the tokenizer from `tokenizer.json` in `folder`.
    pub fn load(folder: &Path) -> anyhow::Result<Tokens> {
        let path = folder.join("tokenizer.json");
        let failed = |error: tokenizers::Error| anyhow::anyhow!("{}: {error}", path.display());
        let mut tokenizer = Tokenizer::from_file(&path).map_err(failed)?;
        // Few different lengths mean few programs to plan or compile.
        tokenizer.with_padding(Some(PaddingParams { pad_to_multiple_of: Some(8), ..PaddingParams::default() }));
        let truncation = TruncationParams { max_length: TOKENS, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(failed)?;
        Ok(Tokens(tokenizer))
    }
    /// Returns the tokens of texts, `i32`, and the mask, `bool`, with the shape `[texts, positions]`.
    pub fn encode(&self, texts: &[&str]) -> anyhow::Result<(Tensor, Tensor)> {
        ensure!(!texts.is_empty(), "there are no texts to encode");
        let encoded = self.0.encode_batch(texts.to_vec(), true).map_err(|error| anyhow::anyhow!("{error}"))?;
        let shape = [texts.len(), encoded[0].len()];
        let ids =
            encoded.iter().flat_map(|e| e.get_ids()).map(|&id| i32::try_from(id)).collect::<Result<Vec<_>, _>>()?;
        let mask = encoded.iter().flat_map(|e| e.get_attention_mask()).map(|&m| m == 1).collect::<Vec<_>>();
        Ok((Tensor::from_vec(shape, ids), Tensor::from_vec(shape, mask)))
    }
}
