//! Training: the loop, checkpoints, data, accumulation and precision.

mod checkpoints;
mod data;
mod numbers;
mod prefetch;
mod resume;
mod trainer;
