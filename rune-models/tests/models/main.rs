//! Models with made-up weights give the same results as PyTorch's models with the same weights.

#[allow(clippy::unwrap_used, reason = "a failed test panics")]
mod made_up;

mod language;
mod loading;
mod pictures;
mod sentences;
mod text;
