//! The command line as its users see it: the binary itself is run.

// The program of the walk-through says `rune`, and needs no more of it than this.
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
