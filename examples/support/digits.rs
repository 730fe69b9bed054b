//! The 1,797 digits of 8×8 pixels that `scripts/fetch-digits` gets.

use crate::mlp::Images;
use anyhow::Context;
use rune::prelude::*;
use std::path::Path;

/// Pixels of an image.
pub const PIXELS: usize = 64;

/// Reads the digits.
pub fn load() -> anyhow::Result<Images> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/digits.csv");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{}: run scripts/fetch-digits first", path.display()))?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate() {
        let row = line.split(',').map(str::parse).collect::<Result<Vec<u8>, _>>();
        let row = row.with_context(|| format!("line {} of {}", number + 1, path.display()))?;
        anyhow::ensure!(row.len() == PIXELS + 1, "line {} of {} has {} numbers", number + 1, path.display(), row.len());
        pixels.extend_from_slice(&row[..PIXELS]);
        labels.push(i32::from(row[PIXELS]));
    }
    Ok(Images { pixels: Tensor::from_slice([labels.len(), PIXELS], &pixels), labels: labels.into(), brightest: 16 })
}
