//! Published models, loaded from the checkpoints that their authors or Hugging Face's libraries wrote.
//!
//! Each model is a tree of layers, so all transformations apply to it: `jit`, `grad`, `vmap`. [`Checkpoint`] opens the
//! file or the folder, and reports all tensors that are missing, superfluous or misshapen at once.
//!
//! | model | type | loads |
//! |---|---|---|
//! | BERT (Devlin et al., 2018), MiniLM | [`bert::Bert`], [`sentences::SentenceEncoder`] | `BertModel` |
//! | GPT-2 (Radford et al., 2019) | [`gpt2::Gpt2`] | `GPT2LMHeadModel` |
//! | Llama (Touvron et al., 2023) | [`llama::Llama`] | `LlamaForCausalLM` |
//! | ResNet (He et al., 2015) | [`resnet::ResNet`] | torchvision's `resnet18` to `resnet152` |
//! | Vision transformer (Dosovitskiy et al., 2020) | [`vit::Vit`] | timm's and torchvision's |
//! | Whisper (Radford et al., 2022) | [`whisper::Recognizer`] | `WhisperForConditionalGeneration` |
//!
//! The language models generate text through [`generate::Generator`].

pub mod bert;
pub mod checkpoint;
pub mod generate;
pub mod gpt2;
pub mod key_values;
pub mod llama;
pub mod resnet;
pub mod rotary;
pub mod sampling;
pub mod sentences;
pub mod vit;
pub mod whisper;

pub use checkpoint::{Checkpoint, LoadError};
pub use generate::{Decoder, Generator};
pub use sampling::Sampling;

/// Runs the programs in `docs/models.md`.
#[cfg(doctest)]
#[doc = include_str!("../../docs/models.md")]
struct Page;
