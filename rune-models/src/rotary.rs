//! Rotary positions (Su et al., 2021), and their scaling for longer contexts.

use crate::checkpoint::LoadError;
use rune::nn::rotary_embedding_with;
use rune::{Tensor, Tree};
use serde::Deserialize;
use std::f64::consts::PI;
use std::path::Path;

/// The settings of rotary positions in `config.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Scaling {
    #[serde(alias = "type")]
    rope_type: Option<String>,
    rope_theta: Option<f64>,
    factor: Option<f64>,
    low_freq_factor: Option<f64>,
    high_freq_factor: Option<f64>,
    original_max_position_embeddings: Option<f64>,
}

/// The frequencies of rotary positions.
#[derive(Tree, Clone, Debug)]
pub struct Rotary {
    /// The angle between adjacent positions, for each pair of features.
    frequencies: Tensor,
}

impl Rotary {
    /// Returns the frequencies for heads of `size` features. `path` is the file of the settings.
    pub(crate) fn new(
        size: usize,
        base: Option<f64>,
        scaling: Option<&Scaling>,
        path: &Path,
    ) -> Result<Rotary, LoadError> {
        let base = scaling.and_then(|s| s.rope_theta).or(base).unwrap_or(10_000.0);
        let plain = (0..size / 2).map(|i| base.powf(-2.0 * i as f64 / size as f64));
        let kind = scaling.and_then(|s| s.rope_type.as_deref()).unwrap_or("default");
        let unsupported = |setting, found: String, supported| LoadError::Unsupported {
            path: path.to_owned(),
            setting,
            found,
            supported,
        };
        let needed = |setting, value: Option<f64>| {
            value.ok_or_else(|| unsupported(setting, "missing".to_owned(), "a number there"))
        };
        let frequencies: Vec<f64> = match (kind, scaling) {
            ("linear", Some(s)) => {
                let factor = needed("factor", s.factor)?;
                plain.map(|f| f / factor).collect()
            }
            ("llama3", Some(s)) => {
                let factor = needed("factor", s.factor)?;
                let low = needed("low_freq_factor", s.low_freq_factor)?;
                let high = needed("high_freq_factor", s.high_freq_factor)?;
                let context = needed("original_max_position_embeddings", s.original_max_position_embeddings)?;
                // Low frequencies are divided by the factor, high ones are kept, and those between are interpolated.
                let stretched = |f: f64| {
                    let turns = context * f / (2.0 * PI);
                    let kept = ((turns - low) / (high - low)).clamp(0.0, 1.0);
                    f / factor * (1.0 - kept) + f * kept
                };
                plain.map(stretched).collect()
            }
            ("default", _) => plain.collect(),
            _ => {
                let found = format!("`{kind}`");
                return Err(unsupported("rope_type", found, "`default`, `linear` and `llama3`"));
            }
        };
        let frequencies: Vec<f32> = frequencies.into_iter().map(|f| f as f32).collect();
        Ok(Rotary { frequencies: Tensor::from(frequencies) })
    }
    /// Returns the number of features of a head.
    pub fn size(&self) -> usize {
        2 * self.frequencies.size()
    }
    /// Rotates queries or keys of the shape `[batch, new, heads, size]`. `positions` has the shape `[new]`. Feature i
    /// rotates with feature i + size / 2.
    pub fn rotate(&self, x: &Tensor, positions: &Tensor) -> Tensor {
        rotary_embedding_with(x, positions, &self.frequencies)
    }
}
