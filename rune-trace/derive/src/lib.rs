//! Derive macros of rune.
