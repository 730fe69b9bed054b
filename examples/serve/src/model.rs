//! The threads that compute.

use crate::encoder::Encoder;
use crate::metrics::Metrics;
use crate::queue::{Failure, Queue};
use crate::settings::Settings;
use rune_models::sentences::EmbedError;
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

/// A batch cannot be computed.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The encoder fails.
    #[error(transparent)]
    Embed(#[from] EmbedError),
    /// The encoder panics.
    #[error("the encoder panics: {0}")]
    Panic(String),
    /// The encoder returns too many or too few embeddings.
    #[error("the encoder returns {found} embeddings for {expected} texts")]
    Count {
        /// The number of embeddings.
        found: usize,
        /// The number of texts.
        expected: usize,
    },
}

/// Computes batches until the queue is closed and empty.
pub(crate) fn run(queue: &Queue, encoder: &dyn Encoder, metrics: &Metrics) {
    while let Some(batch) = queue.next() {
        let tokens: Vec<&[u32]> = batch.tokens.iter().map(Vec::as_slice).collect();
        let begin = Instant::now();
        let result = embed(encoder, &tokens);
        let took = begin.elapsed();
        metrics.batch(tokens.len(), took, result.is_ok());
        match result {
            Ok(embeddings) => {
                tracing::debug!(texts = tokens.len(), milliseconds = took.as_secs_f64() * 1e3, "batch");
                for (slot, embedding) in batch.slots.iter().zip(embeddings) {
                    slot.answer(Ok(embedding));
                }
            }
            Err(error) => {
                tracing::error!(texts = tokens.len(), %error, "a batch fails");
                batch.slots.iter().for_each(|slot| slot.answer(Err(Failure::Failed)));
            }
        }
    }
}

/// Computes one batch of each shape that requests can lead to, so that no request waits for a program. Stops early when
/// `goes_on` returns false. Returns the number of shapes.
pub(crate) fn warm_up(
    encoder: &dyn Encoder,
    settings: &Settings,
    goes_on: impl Fn() -> bool,
) -> Result<usize, BatchError> {
    // For each shape, a number of texts and a number of tokens that lead to it.
    let mut shapes = BTreeMap::new();
    for length in 1..=encoder.longest() {
        let [_, positions] = encoder.padded_shape(1, length);
        for texts in 1..=settings.texts_in_batch(positions) {
            shapes.entry(encoder.padded_shape(texts, length)).or_insert((texts, length));
        }
    }
    for &(texts, length) in shapes.values().take_while(|_| goes_on()) {
        let text = vec![0; length];
        embed(encoder, &vec![&text[..]; texts])?;
    }
    Ok(shapes.len())
}

fn embed(encoder: &dyn Encoder, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>, BatchError> {
    // Unwind safety: the encoder is shared by reference, and a call that panics leaves nothing in it.
    let embeddings = catch_unwind(AssertUnwindSafe(|| encoder.embed(texts)))
        .map_err(|panic| BatchError::Panic(message(&*panic)))??;
    if embeddings.len() != texts.len() {
        return Err(BatchError::Count { found: embeddings.len(), expected: texts.len() });
    }
    Ok(embeddings)
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
