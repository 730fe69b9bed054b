//! All tests of this crate, in one binary: it links once.

#[path = "array_fns/main.rs"]
mod array_fns;
mod callbacks;
mod checkpoint;
mod coverage;
mod custom;
mod edges;
mod folding;
#[path = "format/main.rs"]
mod format;
#[path = "locations/main.rs"]
mod locations;
mod named_axes;
mod nested;
mod oracle;
#[path = "transforms/main.rs"]
mod transforms;
mod vmap;
mod while_loops;
