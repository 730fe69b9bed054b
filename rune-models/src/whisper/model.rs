//! The encoder and the decoder.

use super::WhisperConfig;
use super::layers::{DecoderBlock, EncoderBlock, Memory};
use rune::nn::{Conv, Embedding, LayerNorm};
use rune::{DType, Tensor, Tree};

/// The encoder of Whisper: two convolutions and blocks of self-attention (Radford et al., 2022).
#[derive(Tree, Clone, Debug)]
pub struct Encoder {
    pub(super) conv1: Conv,
    pub(super) conv2: Conv,
    pub(super) positions: Tensor,
    pub(super) blocks: Vec<EncoderBlock>,
    pub(super) norm: LayerNorm,
}

impl Encoder {
    /// Maps a spectrogram `[mels, frames]` to features `[frames / 2, features]`.
    ///
    /// # Panics
    /// Panics if the spectrogram does not have the number of mel filters and frames of the model.
    #[must_use]
    pub fn forward(&self, mel: &Tensor) -> Tensor {
        let x = self.conv1.forward(&mel.unsqueeze(0)).gelu_exact();
        let x = self.conv2.forward(&x).gelu_exact().squeeze(0).t();
        let mut x = x + &self.positions;
        for block in &self.blocks {
            x = block.forward(&x);
        }
        self.norm.forward(&x)
    }
}

/// The decoder of Whisper: blocks of self-attention over tokens and cross-attention to the encoder's features. Its last
/// layer is the embedding of the tokens.
#[derive(Tree, Clone, Debug)]
pub struct Decoder {
    /// In the dtype of the file.
    pub(super) embedding: Embedding,
    pub(super) positions: Tensor,
    pub(super) blocks: Vec<DecoderBlock>,
    pub(super) norm: LayerNorm,
    /// The factor of the embeddings.
    pub(super) scale: f64,
}

/// The rows of one step of the decoder: new tokens, not necessarily consecutive ones.
///
/// Each key and value has a *slot*. The mask of a row selects the slots that it attends to. Beams share the slots of
/// their common tokens, so no key or value moves when one beam continues another.
#[derive(Tree, Clone, Debug)]
pub struct Rows {
    /// The tokens `[rows]`, `i32`.
    pub tokens: Tensor,
    /// The positions `[rows]` of the tokens in their texts, `i32`.
    pub positions: Tensor,
    /// The first slot for these rows, an `i32` scalar.
    pub slot: Tensor,
    /// The slots that each row attends to: `bool`, `[rows, slots]`. They include the row's own slot.
    pub mask: Tensor,
    /// The rows whose logits to return, `i32`.
    pub wanted: Tensor,
}

impl Decoder {
    /// Returns the keys and values of the encoder's features, one pair for each block. They are computed once for each
    /// window of sound.
    #[must_use]
    pub fn listen(&self, features: &Tensor) -> Vec<Memory> {
        self.blocks.iter().map(|block| block.cross.memory(features)).collect()
    }
    /// Returns empty caches with this number of slots.
    #[must_use]
    pub fn caches(&self, config: &WhisperConfig, slots: usize) -> Vec<Memory> {
        let heads = config.decoder_attention_heads;
        let empty = Tensor::zeros([heads, slots, config.d_model / heads], DType::F32);
        vec![Memory { keys: empty.clone(), values: empty }; self.blocks.len()]
    }
    /// Returns the logits `[wanted, tokens]` of the next token after each wanted row, and the extended caches.
    ///
    /// # Panics
    /// Panics if shapes do not match.
    #[allow(clippy::ptr_arg, reason = "a vector is a tree, and a slice is not")]
    #[must_use]
    pub fn step(caches: &Vec<Memory>, decoder: &Decoder, sound: &Vec<Memory>, rows: &Rows) -> (Tensor, Vec<Memory>) {
        let mut x = decoder.embedding.forward(&rows.tokens).cast(DType::F32);
        if decoder.scale != 1.0 {
            x *= decoder.scale;
        }
        x += decoder.positions.take(&rows.positions, 0);
        let mut extended = Vec::with_capacity(caches.len());
        for ((block, sound), cache) in decoder.blocks.iter().zip(sound).zip(caches) {
            let (y, cache) = block.forward(&x, sound, cache, &rows.slot, &rows.mask);
            x = y;
            extended.push(cache);
        }
        let wanted = decoder.norm.forward(&x.take(&rows.wanted, 0));
        (wanted.matmul(decoder.embedding.weight.cast(DType::F32).t()), extended)
    }
}

/// A model for speech recognition (Radford et al., 2022), loaded by [`Whisper::load`].
#[derive(Tree, Clone, Debug)]
pub struct Whisper {
    /// The encoder of sound.
    pub encoder: Encoder,
    /// The decoder of text.
    pub decoder: Decoder,
    /// The sizes.
    #[tree(static, skip)]
    pub config: WhisperConfig,
}
