//! Tests of the server, on a small model with made-up weights.

#[allow(clippy::unwrap_used, reason = "a failed test panics")]
mod small;

mod limits;
mod load;
mod process;
mod stopping;
