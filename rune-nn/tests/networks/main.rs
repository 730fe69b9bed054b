//! Layers and optimisers against JAX, Flax and Optax. `scripts/vectors optim` and `scripts/vectors layers` write the
//! vectors.

#![allow(clippy::wildcard_enum_match_arm, reason = "of JSON, what is not expected is a wrong vector")]

mod layers;
mod locations;
mod optim;
mod quant;
mod saved;
mod states;
mod vectors;

use rune_testing::locations as support;
