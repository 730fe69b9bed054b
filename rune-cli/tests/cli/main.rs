//! Tests of the command line through its binary.

// The walk-through's program uses `rune`, of which it needs only this crate.
extern crate rune_trace as rune;

mod arrays;
mod bad_inputs;
mod folder;
mod graph;
mod inspect;
mod interrupt;
mod paths;
mod run;
mod tools;
mod transform;
mod walk_through;
