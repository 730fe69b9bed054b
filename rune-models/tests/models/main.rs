//! Models on made-up weights compute what PyTorch's models of the same weights compute.

#[allow(clippy::unwrap_used, reason = "a failed test panics")]
mod made_up;

mod language;
mod loading;
mod pictures;
mod sentences;
mod text;
