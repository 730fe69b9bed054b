//! Its build script looks for the tools that the features of `rune` need, and reports a missing one in one sentence.
//!
//! `rune-ir` depends on this crate, so that Cargo runs the script before it builds LLVM's bindings and IREE's runtime, which
//! take minutes and fail with messages that are hard to understand. There is no code.
