//! Loading a model from a checkpoint in Hugging Face's layout.

use super::WhisperConfig;
use super::layers::{DecoderBlock, EncoderBlock, Heads, Perceptron};
use super::model::{Decoder, Encoder, Whisper};
use crate::checkpoint::{Checkpoint, LoadError, Part};
use rune::nn::LayerNorm;
use rune::{ConvOptions, DType};
use std::path::Path;

/// The sizes that all layers of the encoder or the decoder share.
struct Sizes {
    features: usize,
    heads: usize,
    hidden: usize,
}

impl Sizes {
    fn heads(&self, mut part: Part<'_>) -> Heads {
        let n = self.features;
        Heads {
            query: part.at("q_proj").linear(n, n),
            key: part.at("k_proj").linear_without_bias(n, n),
            value: part.at("v_proj").linear(n, n),
            output: part.at("out_proj").linear(n, n),
            heads: self.heads,
        }
    }
    fn norm(&self, mut part: Part<'_>) -> LayerNorm {
        part.layer_norm(self.features, 1e-5)
    }
    fn perceptron(&self, part: &mut Part<'_>) -> Perceptron {
        let (n, hidden) = (self.features, self.hidden);
        Perceptron { up: part.at("fc1").linear(n, hidden), down: part.at("fc2").linear(hidden, n) }
    }
    fn encoder_block(&self, mut part: Part<'_>) -> EncoderBlock {
        EncoderBlock {
            norm1: self.norm(part.at("self_attn_layer_norm")),
            own: self.heads(part.at("self_attn")),
            norm2: self.norm(part.at("final_layer_norm")),
            perceptron: self.perceptron(&mut part),
        }
    }
    fn decoder_block(&self, mut part: Part<'_>) -> DecoderBlock {
        DecoderBlock {
            norm1: self.norm(part.at("self_attn_layer_norm")),
            own: self.heads(part.at("self_attn")),
            norm2: self.norm(part.at("encoder_attn_layer_norm")),
            cross: self.heads(part.at("encoder_attn")),
            norm3: self.norm(part.at("final_layer_norm")),
            perceptron: self.perceptron(&mut part),
        }
    }
}

impl Whisper {
    /// Loads a model from a folder with `config.json` and the weights, as `WhisperForConditionalGeneration` saves them.
    /// The model computes in `f32`.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or does not hold this model. The error lists all tensors that are
    /// missing, superfluous or misshapen.
    pub fn load(folder: impl AsRef<Path>) -> Result<Whisper, LoadError> {
        let folder = folder.as_ref();
        let config = WhisperConfig::read(folder.join("config.json"))?;
        let mut checkpoint = Checkpoint::open(folder)?.without_prefix("model.");
        // The last layer is the embedding of the tokens, under a second name.
        checkpoint.skip(|name| name == "proj_out.weight");
        let n = config.d_model;
        // The embedding keeps the dtype of the file: few of its rows are read at a time, so a narrow dtype costs no
        // time, and saves half of the memory.
        let embedding = checkpoint.root().at("decoder.embed_tokens").embedding(config.vocab_size, n);
        let mut checkpoint = checkpoint.with_dtype(DType::F32);
        let mut root = checkpoint.root();

        let sizes = Sizes { features: n, heads: config.encoder_attention_heads, hidden: config.encoder_ffn_dim };
        let mut part = root.at("encoder");
        let encoder = Encoder {
            conv1: part.at("conv1").conv([n, config.num_mel_bins, 3], ConvOptions::new().padding([1])),
            conv2: part.at("conv2").conv([n, n, 3], ConvOptions::new().padding([1]).strides(2)),
            positions: part.at("embed_positions").tensor("weight", [config.max_source_positions, n]),
            blocks: (0..config.encoder_layers).map(|i| sizes.encoder_block(part.at("layers").at(i))).collect(),
            norm: sizes.norm(part.at("layer_norm")),
        };

        let sizes = Sizes { features: n, heads: config.decoder_attention_heads, hidden: config.decoder_ffn_dim };
        let mut part = root.at("decoder");
        let decoder = Decoder {
            embedding,
            positions: part.at("embed_positions").tensor("weight", [config.max_target_positions, n]),
            blocks: (0..config.decoder_layers).map(|i| sizes.decoder_block(part.at("layers").at(i))).collect(),
            norm: sizes.norm(part.at("layer_norm")),
            scale: if config.scale_embedding { (n as f64).sqrt() } else { 1.0 },
        };
        checkpoint.finish(Whisper { encoder, decoder, config })
    }
}
