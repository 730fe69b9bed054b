//! The settings of a model, as Hugging Face stores them.

use crate::LoadError;
use crate::checkpoint::read_json;
use serde::Deserialize;
use std::path::Path;

/// The sizes of a model: the part of `config.json` that the computation needs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct WhisperConfig {
    /// The number of features of a position.
    pub d_model: usize,
    /// The number of mel filters.
    #[serde(default = "mels")]
    pub num_mel_bins: usize,
    /// The number of tokens.
    pub vocab_size: usize,
    /// The number of blocks of the encoder.
    pub encoder_layers: usize,
    /// The number of heads of the encoder.
    pub encoder_attention_heads: usize,
    /// The number of features between the two layers of the encoder's perceptrons.
    pub encoder_ffn_dim: usize,
    /// The number of blocks of the decoder.
    pub decoder_layers: usize,
    /// The number of heads of the decoder.
    pub decoder_attention_heads: usize,
    /// The number of features between the two layers of the decoder's perceptrons.
    pub decoder_ffn_dim: usize,
    /// The number of positions of the encoder: half of the frames of a window.
    pub max_source_positions: usize,
    /// The number of positions of the decoder.
    pub max_target_positions: usize,
    /// The activation of the perceptrons. Only `gelu` is supported.
    #[serde(default = "gelu")]
    pub activation_function: String,
    /// Whether token embeddings are multiplied by the square root of the features.
    #[serde(default)]
    pub scale_embedding: bool,
    /// The tokens that are never decoded, if there is no `generation_config.json`.
    #[serde(default)]
    pub suppress_tokens: Option<Vec<i64>>,
    /// The tokens that cannot be decoded first, if there is no `generation_config.json`.
    #[serde(default)]
    pub begin_suppress_tokens: Option<Vec<i64>>,
}

fn mels() -> usize {
    80
}
fn gelu() -> String {
    "gelu".to_owned()
}

impl WhisperConfig {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, lacks a size, or describes an unsupported model.
    pub fn read(path: impl AsRef<Path>) -> Result<WhisperConfig, LoadError> {
        let path = path.as_ref();
        let config: WhisperConfig = read_json(path)?;
        match config.refusal() {
            None => Ok(config),
            Some((setting, found, supported)) => {
                Err(LoadError::Unsupported { path: path.to_owned(), setting, found, supported })
            }
        }
    }
    /// Returns the number of frames of a window.
    #[must_use]
    pub fn frames(&self) -> usize {
        2 * self.max_source_positions
    }
    fn refusal(&self) -> Option<(&'static str, String, &'static str)> {
        let divides = |heads: usize| heads > 0 && self.d_model.is_multiple_of(heads);
        let (encoder, decoder) = (self.encoder_attention_heads, self.decoder_attention_heads);
        let gelu = self.activation_function == "gelu";
        let rules = [
            (self.d_model > 0, "d_model", self.d_model, "at least one feature"),
            (divides(encoder), "encoder_attention_heads", encoder, "divisors of `d_model`"),
            (divides(decoder), "decoder_attention_heads", decoder, "divisors of `d_model`"),
            (self.num_mel_bins > 0, "num_mel_bins", self.num_mel_bins, "at least one filter"),
            (self.vocab_size > 0, "vocab_size", self.vocab_size, "at least one token"),
            (self.max_source_positions > 0, "max_source_positions", self.max_source_positions, "at least one position"),
            (self.max_target_positions >= 8, "max_target_positions", self.max_target_positions, "at least 8 positions"),
        ];
        let broken = rules.into_iter().find(|rule| !rule.0);
        let broken = broken.map(|(_, setting, found, supported)| (setting, found.to_string(), supported));
        broken.or_else(|| (!gelu).then(|| ("activation_function", self.activation_function.clone(), "`gelu`")))
    }
}

/// The part of `generation_config.json` that decoding needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct GenerationConfig {
    /// The tokens that are never decoded.
    #[serde(default)]
    pub suppress_tokens: Option<Vec<i64>>,
    /// The tokens that cannot be decoded first.
    #[serde(default)]
    pub begin_suppress_tokens: Option<Vec<i64>>,
    /// Whether the model has tokens for languages and tasks.
    #[serde(default)]
    pub is_multilingual: Option<bool>,
}

impl GenerationConfig {
    /// Reads `generation_config.json`. If there is no such file, the lists are those of `config.json`.
    ///
    /// # Errors
    /// Returns an error if the file is damaged.
    pub fn read(path: impl AsRef<Path>, config: &WhisperConfig) -> Result<GenerationConfig, LoadError> {
        let path = path.as_ref();
        let mut found: GenerationConfig = if path.exists() { read_json(path)? } else { GenerationConfig::default() };
        found.suppress_tokens = found.suppress_tokens.or_else(|| config.suppress_tokens.clone());
        found.begin_suppress_tokens = found.begin_suppress_tokens.or_else(|| config.begin_suppress_tokens.clone());
        Ok(found)
    }
}
