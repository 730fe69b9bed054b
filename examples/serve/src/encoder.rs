//! The encoder of a server.

use rune_models::sentences::{EmbedError, SentenceEncoder};

/// An encoder of texts. Several threads call it at once.
pub trait Encoder: Send + Sync + 'static {
    /// Returns the tokens of a text.
    ///
    /// # Errors
    /// If the text cannot be divided into tokens.
    fn tokenize(&self, text: &str) -> Result<Vec<u32>, EmbedError>;
    /// Returns the largest number of tokens in a text.
    fn longest(&self) -> usize;
    /// Returns the padded numbers of texts and of positions of a batch.
    fn padded_shape(&self, texts: usize, longest: usize) -> [usize; 2];
    /// Returns the embedding of each text of a batch.
    ///
    /// # Errors
    /// If the engine fails.
    fn embed(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError>;
}

impl Encoder for SentenceEncoder {
    fn tokenize(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        Ok(self.tokenize(&[text])?.concat())
    }
    fn longest(&self) -> usize {
        self.longest()
    }
    fn padded_shape(&self, texts: usize, longest: usize) -> [usize; 2] {
        self.padded_shape(texts, longest)
    }
    fn embed(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.embed_batch(texts)
    }
}
