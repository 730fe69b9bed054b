//! Layers and optimisers against JAX, Flax and Optax: vectors that `scripts/make-optim-vectors` and `scripts/make-layer-vectors` wrote.

#![allow(clippy::wildcard_enum_match_arm, reason = "of JSON, what is not expected is a wrong vector")]

mod layers;
mod locations;
mod optim;
mod saved;
mod states;
mod vectors;

use rune_testing::locations as support;
