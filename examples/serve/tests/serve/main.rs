//! The server on a small model of made-up weights.

#[allow(clippy::unwrap_used, reason = "a failed test panics")]
mod small;

mod limits;
mod load;
mod process;
mod stopping;
