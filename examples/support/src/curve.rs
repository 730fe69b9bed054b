//! Plots of losses.

use rune_train::{Curve, draw_curves};
use std::path::Path;

/// Plots the loss of each epoch, counted from 1, to the PNG file `path`. The axis of losses is logarithmic if they
/// decrease by much.
pub fn draw(path: &Path, title: &str, losses: &[f64]) -> anyhow::Result<()> {
    anyhow::ensure!(losses.iter().all(|l| l.is_finite() && *l > 0.0), "a loss is not a positive number: {losses:?}");
    let points = (1..).map(f64::from).zip(losses.iter().copied()).collect();
    Ok(draw_curves(path, title, ("epoch", "loss"), &[Curve { name: "loss".to_owned(), points }])?)
}
