//! Layers and optimisers: what networks are made of and learn by. Users know this crate as `rune::nn` and `rune::optim`.
//!
//! Everything here is functions of tensors and trees. A model is a plain struct with `#[derive(Tree)]`, its leaves are its parameters, and
//! its gradient is of its own type. Nothing is hidden: keys of random numbers and statistics are values that go in and come out.

/// As `panic!`, at the line of the caller who is not of this library.
macro_rules! refuse {
    ($($message:tt)*) => { rune_trace::fail(&format!($($message)*)) };
}

pub mod nn;
pub mod optim;
