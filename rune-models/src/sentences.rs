//! Sentence embeddings (Reimers and Gurevych, 2019): the mean of an encoder's features, scaled to length 1.

use crate::bert::Bert;
use crate::checkpoint::LoadError;
use rune::{DType, Tensor, jit, where_};
use std::path::Path;
use tokenizers::{Encoding, PaddingParams, Tokenizer, TruncationParams};

/// Texts are padded to a power of two from this many tokens on.
const SHORTEST: usize = 16;
/// So many texts are encoded together.
const BATCH: usize = 32;

/// A text cannot be embedded.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The tokenizer fails.
    #[error("a text cannot be divided into tokens: {0}")]
    Tokenize(String),
    /// The engine fails.
    #[error(transparent)]
    Evaluate(#[from] rune::EvalError),
}

type Forward = dyn Fn(&Bert, &Tensor, &Tensor) -> Tensor + Send + Sync;

/// An encoder of sentences, such as `all-MiniLM-L6-v2`, with its tokenizer.
///
/// The numbers of texts and of tokens are padded to powers of two, so a few programs serve all sizes.
pub struct SentenceEncoder {
    model: Bert,
    tokenizer: Tokenizer,
    forward: Box<Forward>,
}

impl SentenceEncoder {
    /// Loads an encoder from a folder with `config.json`, `model.safetensors` and `tokenizer.json`. Texts are cut after
    /// `longest` tokens.
    ///
    /// # Errors
    /// If a file cannot be read, or holds another model.
    pub fn load(folder: impl AsRef<Path>, longest: usize) -> Result<SentenceEncoder, LoadError> {
        let folder = folder.as_ref();
        let model = Bert::load(folder)?;
        let path = folder.join("tokenizer.json");
        let failed = |error: tokenizers::Error| LoadError::Tokenizer { path: path.clone(), reason: error.to_string() };
        let mut tokenizer = Tokenizer::from_file(&path).map_err(failed)?;
        let max_length = longest.min(model.context());
        let truncation = TruncationParams { max_length, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(failed)?;
        tokenizer.with_padding(None::<PaddingParams>);
        let embed = jit(embed);
        let forward = Box::new(move |model: &Bert, tokens: &Tensor, mask: &Tensor| embed(model, tokens, mask));
        Ok(SentenceEncoder { model, tokenizer, forward })
    }
    /// Returns the number of features of an embedding.
    pub fn features(&self) -> usize {
        self.model.features()
    }
    /// Returns the embeddings of texts, each of length 1.
    ///
    /// # Errors
    /// If the tokenizer or the engine fails.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let encodings = self.tokenizer.encode_batch(texts.to_vec(), true);
        let encodings = encodings.map_err(|error| EmbedError::Tokenize(error.to_string()))?;
        // Texts of similar lengths are encoded together.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&i| encodings[i].len());
        let mut embeddings = vec![Vec::new(); texts.len()];
        for group in order.chunks(BATCH) {
            let (tokens, mask) = padded(&group.iter().map(|&i| &encodings[i]).collect::<Vec<_>>());
            let rows = (self.forward)(&self.model, &tokens, &mask).to_vec::<f32>()?;
            for (&i, row) in group.iter().zip(rows.chunks_exact(self.features())) {
                embeddings[i] = row.to_vec();
            }
        }
        Ok(embeddings)
    }
}

/// Returns tokens and mask of the shape `[texts, positions]`, each a power of two.
fn padded(encodings: &[&Encoding]) -> (Tensor, Tensor) {
    let longest = encodings.iter().map(|encoding| encoding.len()).max().unwrap_or(0);
    let positions = longest.next_power_of_two().max(SHORTEST);
    let shape = [encodings.len().next_power_of_two(), positions];
    let mut tokens = vec![0i32; shape[0] * shape[1]];
    let mut mask = vec![false; tokens.len()];
    for (i, encoding) in encodings.iter().enumerate() {
        for (j, &token) in encoding.get_ids().iter().enumerate() {
            tokens[i * positions + j] = token.cast_signed();
            mask[i * positions + j] = true;
        }
    }
    (Tensor::from_vec(shape, tokens), Tensor::from_vec(shape, mask))
}

/// Returns embeddings `[texts, features]` of length 1. `tokens` and `mask` have the shape `[texts, positions]`.
pub fn embed(model: &Bert, tokens: &Tensor, mask: &Tensor) -> Tensor {
    let features = model.forward(tokens, mask);
    let sum = where_(mask.unsqueeze(-1), features, 0.0f32).sum_axes(1);
    let mean = sum / mask.cast(DType::F32).sum_keepdims(1).maximum(1.0);
    let norm = mean.square().sum_keepdims(-1).sqrt();
    mean / norm.maximum(1e-12)
}
