//! The command line as its users see it: the binary itself is run.

mod bad_inputs;
mod folder;
mod inspect;
mod run;
mod tools;
mod transform;
