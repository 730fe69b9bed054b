//! The search for the likeliest text: greedy, by sampling, or with beams.

use super::WhisperError;
use super::rules::{Rules, log_sum_exp};
use super::session::{Path, Session};
use crate::Sampling;
use rune::{Tensor, random};

/// The way in which the decoder searches.
#[derive(Clone, Copy, Debug)]
pub(super) enum Search {
    /// Takes the likeliest token at the temperature 0, and draws a token at temperatures above 0.
    One { temperature: f32, seed: u64 },
    /// Follows several texts at a time.
    Beams { count: usize, patience: f64, length_penalty: Option<f64> },
}

/// A text, and the logarithm of its probability, including the end.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub tokens: Vec<u32>,
    pub log_probability: f64,
}

/// The input of a search, besides the session.
pub(super) struct Limits<'a> {
    pub rules: &'a Rules,
    /// The token that ends a text.
    pub end: u32,
    /// The greatest number of tokens.
    pub tokens: usize,
}

impl Search {
    /// Returns the number of texts that the search follows at the same time.
    pub fn width(&self) -> usize {
        match self {
            Search::One { .. } => 1,
            Search::Beams { count, .. } => *count,
        }
    }
    /// Continues the text that the session has read. `logits` are those of the first token.
    pub fn run(&self, session: &mut Session<'_>, logits: Vec<f32>, limits: &Limits<'_>) -> Result<Found, WhisperError> {
        match *self {
            Search::One { temperature, seed } => sample_or_greedy(session, logits, limits, temperature, seed),
            Search::Beams { count, patience, length_penalty } => {
                let wanted = (count as f64 * patience).round().max(1.0) as usize;
                let found = beam_search(session, logits, limits, count, wanted)?;
                Ok(best(found, length_penalty))
            }
        }
    }
}

fn sample_or_greedy(
    session: &mut Session<'_>,
    mut logits: Vec<f32>,
    limits: &Limits<'_>,
    temperature: f32,
    seed: u64,
) -> Result<Found, WhisperError> {
    let mut path = Path::default();
    let mut log_probability = 0.0;
    let key = random::key(seed);
    let sampling = (temperature > 0.0).then(|| Sampling::with_temperature(temperature));
    for i in 0..limits.tokens {
        limits.rules.apply(&mut logits, &path.tokens);
        let token = match &sampling {
            None => top_tokens(&logits, 1)[0],
            Some(sampling) => {
                sampling.choose(&Tensor::from(&logits[..]), &random::fold_in(&key, i)).item::<i32>()?.cast_unsigned()
            }
        };
        log_probability += f64::from(logits[token as usize]) - log_sum_exp(&logits);
        if token == limits.end || i + 1 == limits.tokens {
            if token != limits.end {
                path.tokens.push(token);
            }
            break;
        }
        path.tokens.push(token);
        logits = session.step(&mut [&mut path])?;
    }
    Ok(Found { tokens: path.tokens, log_probability })
}

/// An unfinished text.
#[derive(Clone, Debug, Default)]
struct Beam {
    path: Path,
    log_probability: f64,
}

/// Returns `wanted` finished texts, or unfinished ones if the limit of tokens comes first.
fn beam_search(
    session: &mut Session<'_>,
    mut logits: Vec<f32>,
    limits: &Limits<'_>,
    count: usize,
    wanted: usize,
) -> Result<Vec<Found>, WhisperError> {
    let mut beams = vec![Beam::default()];
    let mut finished: Vec<Found> = Vec::new();
    let vocabulary = logits.len();
    for i in 0..limits.tokens {
        // Each beam proposes `count + 1` tokens, so `count` are left if one of them ends the text.
        let mut proposals: Vec<(f64, usize, u32)> = Vec::new();
        for (j, (beam, logits)) in beams.iter().zip(logits.chunks_exact_mut(vocabulary)).enumerate() {
            limits.rules.apply(logits, &beam.path.tokens);
            let total = log_sum_exp(logits);
            let proposed = top_tokens(logits, count + 1).into_iter();
            proposals.extend(proposed.map(|t| (beam.log_probability + f64::from(logits[t as usize]) - total, j, t)));
        }
        proposals.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut next = Vec::with_capacity(count);
        for (log_probability, j, token) in proposals {
            if next.len() == count {
                break;
            }
            let mut path = beams[j].path.clone();
            if token == limits.end {
                if finished.len() < wanted {
                    finished.push(Found { tokens: path.tokens, log_probability });
                }
            } else {
                path.tokens.push(token);
                next.push(Beam { path, log_probability });
            }
        }
        beams = next;
        if finished.len() >= wanted || i + 1 == limits.tokens || beams.is_empty() {
            break;
        }
        let mut paths: Vec<&mut Path> = beams.iter_mut().map(|beam| &mut beam.path).collect();
        logits = session.step(&mut paths)?;
    }
    // The beams are sorted by probability.
    let missing = count.saturating_sub(finished.len());
    let unfinished = beams.into_iter().take(missing);
    finished.extend(unfinished.map(|b| Found { tokens: b.path.tokens, log_probability: b.log_probability }));
    Ok(finished)
}

/// Returns the text with the greatest probability per token, or with the greatest one under the length penalty (Wu et
/// al., 2016).
fn best(found: Vec<Found>, length_penalty: Option<f64>) -> Found {
    let score = |found: &Found| {
        let length = found.tokens.len().max(1) as f64;
        let penalty = length_penalty.map_or(length, |alpha| ((5.0 + length) / 6.0).powf(alpha));
        found.log_probability / penalty
    };
    // The first of equals, like an argmax.
    let better = |a: Found, b: Found| if score(&b) > score(&a) { b } else { a };
    found.into_iter().reduce(better).unwrap_or(Found { tokens: Vec::new(), log_probability: 0.0 })
}

/// Returns the `count` tokens with the greatest logits, greatest first. Tokens that may not be written are omitted.
pub(super) fn top_tokens(logits: &[f32], count: usize) -> Vec<u32> {
    let mut kept: Vec<(f32, u32)> = Vec::with_capacity(count + 1);
    let mut least = f32::NEG_INFINITY;
    for (token, &logit) in (0u32..).zip(logits) {
        if logit > least {
            let at = kept.partition_point(|&(other, _)| other >= logit);
            kept.insert(at, (logit, token));
            kept.truncate(count);
            if kept.len() == count {
                least = kept[count - 1].0;
            }
        }
    }
    if kept.is_empty() { vec![0] } else { kept.into_iter().map(|(_, token)| token).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likeliest_tokens_come_in_order() {
        let logits = [1.0, 5.0, f32::NEG_INFINITY, 3.0, 5.0, 0.0];
        assert_eq!(top_tokens(&logits, 1), [1]);
        assert_eq!(top_tokens(&logits, 3), [1, 4, 3]);
        assert_eq!(top_tokens(&logits, 9), [1, 4, 3, 0, 5]);
    }

    #[test]
    fn the_best_text_has_the_greatest_probability_per_token() {
        let found = |n: usize, log_probability| Found { tokens: vec![0; n], log_probability };
        let both = || vec![found(2, -3.0), found(4, -5.0)];
        assert_eq!(best(both(), None).tokens.len(), 4);
        assert_eq!(best(both(), Some(0.0)).tokens.len(), 2);
    }
}
