//! Sentence embeddings (Reimers and Gurevych, 2019): the mean of an encoder's features, scaled to length 1.

use crate::bert::Bert;
use crate::checkpoint::LoadError;
use rune::{DType, Jit, Tensor, jit, where_};
use std::path::Path;
use tokenizers::{Encoding, PaddingParams, Tokenizer, TruncationParams};

/// Texts are padded to a power of two, at least to this many tokens.
const MIN_LENGTH: usize = 16;
/// The number of texts that are encoded together.
const BATCH: usize = 32;

/// A text cannot be embedded.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    /// The tokenizer fails.
    #[error("a text cannot be divided into tokens: {0}")]
    Tokenize(String),
    /// The tokens are too many for the model: they do not come from [`SentenceEncoder::tokenize`].
    #[error("a text has {found} tokens, and the encoder takes {longest}; `tokenize` cuts texts")]
    TooLong {
        /// The number of tokens.
        found: usize,
        /// The largest number of tokens.
        longest: usize,
    },
    /// The engine fails.
    #[error(transparent)]
    Evaluate(#[from] rune::EvalError),
}

type Embed = fn(&Bert, &Tensor, &Tensor) -> Tensor;

/// An encoder of sentences, such as `all-MiniLM-L6-v2`, with its tokenizer.
///
/// The number of texts and the number of tokens are padded to powers of two, so a few programs serve all sizes.
///
/// ```no_run
/// use rune_models::sentences::SentenceEncoder;
/// let encoder = SentenceEncoder::load("data/minilm", 256)?;
/// let embeddings = encoder.embed(&["The weather is lovely today.", "It's so sunny outside!"])?;
/// let similarity: f32 = embeddings[0].iter().zip(&embeddings[1]).map(|(a, b)| a * b).sum();
/// assert!(similarity > 0.6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SentenceEncoder {
    model: Bert,
    tokenizer: Tokenizer,
    /// The largest number of tokens in a text.
    longest: usize,
    embed: Jit<'static, (Bert, Tensor, Tensor), Embed>,
}

impl SentenceEncoder {
    /// Loads an encoder from a folder with `config.json`, `model.safetensors` and `tokenizer.json`. It truncates texts
    /// after `longest` tokens.
    ///
    /// # Errors
    /// If a file cannot be read, or does not hold this model.
    pub fn load(folder: impl AsRef<Path>, longest: usize) -> Result<SentenceEncoder, LoadError> {
        let folder = folder.as_ref();
        let model = Bert::load(folder)?;
        let path = folder.join("tokenizer.json");
        let failed = |error: tokenizers::Error| LoadError::Tokenizer { path: path.clone(), reason: error.to_string() };
        let mut tokenizer = Tokenizer::from_file(&path).map_err(failed)?;
        let longest = longest.min(model.context());
        let truncation = TruncationParams { max_length: longest, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(failed)?;
        tokenizer.with_padding(None::<PaddingParams>);
        Ok(SentenceEncoder { model, tokenizer, longest, embed: jit(embed as Embed) })
    }
    /// Returns the model.
    pub fn model(&self) -> &Bert {
        &self.model
    }
    /// Returns the number of features of an embedding.
    pub fn features(&self) -> usize {
        self.model.features()
    }
    /// Returns the largest number of tokens in a text.
    pub fn longest(&self) -> usize {
        self.longest
    }
    /// Returns the number of programs compiled for the calls so far.
    pub fn compiled_programs(&self) -> usize {
        self.embed.compiled_programs()
    }
    /// Returns the embeddings of texts, each of length 1.
    ///
    /// # Errors
    /// If the tokenizer or the engine fails.
    pub fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let tokens = self.tokenize(texts)?;
        // Texts of similar lengths are encoded together.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&i| tokens[i].len());
        let mut embeddings = vec![Vec::new(); texts.len()];
        for group in order.chunks(BATCH) {
            let batch: Vec<&[u32]> = group.iter().map(|&i| &tokens[i][..]).collect();
            for (&i, embedding) in group.iter().zip(self.embed_batch(&batch)?) {
                embeddings[i] = embedding;
            }
        }
        Ok(embeddings)
    }
    /// Returns the tokens of texts, each truncated to [`SentenceEncoder::longest`].
    ///
    /// # Errors
    /// If the tokenizer fails.
    pub fn tokenize(&self, texts: &[&str]) -> Result<Vec<Vec<u32>>, EmbedError> {
        let encodings = match texts {
            // For one text, use no other threads: they may be busy with a model.
            [text] => self.tokenizer.encode(*text, true).map(|encoding| vec![encoding]),
            _ => self.tokenizer.encode_batch(texts.to_vec(), true),
        };
        let encodings: Vec<Encoding> = encodings.map_err(|error| EmbedError::Tokenize(error.to_string()))?;
        Ok(encodings.iter().map(|encoding| encoding.get_ids().to_vec()).collect())
    }
    /// Returns the embeddings of texts, each of length 1, from their tokens. One call of the model computes all of
    /// them, in the shape [`SentenceEncoder::padded_shape`].
    ///
    /// # Errors
    /// If a text is too long, or the engine fails.
    pub fn embed_batch(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        if longest > self.longest {
            return Err(EmbedError::TooLong { found: longest, longest: self.longest });
        }
        let (tokens, mask) = self.padded(texts);
        let rows = (self.embed)(&self.model, &tokens, &mask).to_vec::<f32>()?;
        Ok(rows.chunks_exact(self.features()).take(texts.len()).map(<[f32]>::to_vec).collect())
    }
    /// Returns the padded numbers of texts and of positions of a batch.
    pub fn padded_shape(&self, texts: usize, longest: usize) -> [usize; 2] {
        let positions = longest.next_power_of_two().max(MIN_LENGTH);
        [texts.next_power_of_two(), positions.min(self.model.context())]
    }
    /// Returns the tokens and the mask of a batch, as [`embed`] takes them, in the shape
    /// [`SentenceEncoder::padded_shape`].
    pub fn padded(&self, texts: &[&[u32]]) -> (Tensor, Tensor) {
        let longest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        let [rows, positions] = self.padded_shape(texts.len(), longest);
        let mut tokens = vec![0i32; rows * positions];
        let mut mask = vec![false; tokens.len()];
        for (i, text) in texts.iter().enumerate() {
            for (j, token) in text.iter().enumerate() {
                tokens[i * positions + j] = token.cast_signed();
                mask[i * positions + j] = true;
            }
        }
        (Tensor::from_vec([rows, positions], tokens), Tensor::from_vec([rows, positions], mask))
    }
}

/// Returns embeddings `[texts, features]` of length 1. `tokens` and `mask` have the shape `[texts, positions]`.
pub fn embed(model: &Bert, tokens: &Tensor, mask: &Tensor) -> Tensor {
    let features = model.forward(tokens, mask);
    let sum = where_(mask.unsqueeze(-1), features, 0.0f32).sum_axes(1);
    let mean = sum / mask.cast(DType::F32).sum_keepdims(1).maximum(1.0);
    let norm = mean.square().sum_keepdims(-1).sqrt();
    mean / norm.maximum(1e-12)
}
