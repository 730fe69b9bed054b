//! Layers and optimisers for neural networks. Users know this crate as `rune::nn`, `rune::quant` and `rune::optim`.
//!
//! Everything here is a function of tensors and trees. A model is a plain struct with `#[derive(Tree)]`. Its leaves are
//! its parameters, and its gradient has the model's type. There is no hidden state: random keys and statistics are
//! explicit arguments and results.

/// Panics like `panic!`, at the line of the first caller outside this library.
macro_rules! refuse {
    ($($message:tt)*) => { rune_trace::fail(&format!($($message)*)) };
}

pub mod nn;
pub mod optim;
pub mod quant;
