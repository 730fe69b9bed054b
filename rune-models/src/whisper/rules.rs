//! Rules for the next token of the decoder.

use super::WhisperTokens;

/// The rules for one window of sound.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    /// The tokens that are never written.
    pub suppressed: Vec<u32>,
    /// The tokens that are not written first.
    pub suppressed_first: Vec<u32>,
    /// The rules for timestamps, if the transcript has them.
    pub timestamps: Option<TimestampRules>,
}

/// The rules for timestamps, those of OpenAI's `ApplyTimestampRules`: timestamps come in pairs and in order, and the
/// first token is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimestampRules {
    /// The timestamp 0.
    pub zero: u32,
    /// The end of a text. The ids of all text tokens are below it.
    pub end: u32,
    /// The token for transcripts without timestamps.
    pub no_timestamps: u32,
    /// The greatest first timestamp, as an offset from `zero`.
    pub greatest_first: Option<u32>,
}

impl Rules {
    pub fn new(tokens: &WhisperTokens, suppress_blank: bool, timestamps: Option<Option<u32>>) -> Rules {
        let timestamps = timestamps.map(|greatest_first| TimestampRules {
            zero: tokens.timestamps,
            end: tokens.end,
            no_timestamps: tokens.no_timestamps,
            greatest_first,
        });
        let suppressed_first = if suppress_blank { tokens.suppressed_first.clone() } else { Vec::new() };
        Rules { suppressed: tokens.suppressed.clone(), suppressed_first, timestamps }
    }
    /// Sets the logits of tokens that may not follow `written` to −∞.
    pub fn apply(&self, logits: &mut [f32], written: &[u32]) {
        let first = if written.is_empty() { &self.suppressed_first[..] } else { &[] };
        for &token in self.suppressed.iter().chain(first) {
            logits[token as usize] = f32::NEG_INFINITY;
        }
        if let Some(rules) = &self.timestamps {
            rules.apply(logits, written);
        }
    }
}

impl TimestampRules {
    fn apply(&self, logits: &mut [f32], written: &[u32]) {
        let never = f32::NEG_INFINITY;
        let zero = self.zero as usize;
        logits[self.no_timestamps as usize] = never;
        let is_time = |token: &u32| *token >= self.zero;
        if let [before @ .., last] = written
            && is_time(last)
        {
            // After the timestamp that ends a segment, the next token is the timestamp that begins the next segment, or
            // the end. After the timestamp that begins a segment, the next token is text.
            if before.last().is_none_or(is_time) {
                logits[zero..].fill(never);
            } else {
                logits[..self.end as usize].fill(never);
            }
        }
        if let Some(&latest) = written.iter().rfind(|token| is_time(token)) {
            // Times do not decrease, and no segment is empty.
            let ends = written.len() >= 2 && written.ends_with(&[latest]) && !is_time(&written[written.len() - 2]);
            let least = latest as usize + usize::from(!ends);
            logits[zero..least].fill(never);
        }
        if written.is_empty() {
            logits[..zero].fill(never);
            if let Some(greatest) = self.greatest_first {
                let beyond = (zero + greatest as usize + 1).min(logits.len());
                logits[beyond..].fill(never);
            }
        }
        // If all timestamps together are likelier than each token of text, the next token is a timestamp.
        let (texts, times) = logits.split_at(zero);
        let text = texts.iter().copied().fold(never, f32::max);
        if log_sum_exp(times) > f64::from(text) {
            logits[..zero].fill(never);
        }
    }
}

/// Returns ln Σ eˣ.
pub(super) fn log_sum_exp(logits: &[f32]) -> f64 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if max == f32::NEG_INFINITY {
        return f64::NEG_INFINITY;
    }
    let sum: f64 = logits.iter().map(|&x| f64::from((x - max).exp())).sum();
    f64::from(max) + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens 0 to 3 are text, 4 is the end, 5 means no timestamps, and 6 to 11 are times.
    fn allowed(written: &[u32], logits: &[f32; 12]) -> Vec<usize> {
        let timestamps = TimestampRules { zero: 6, end: 4, no_timestamps: 5, greatest_first: Some(2) };
        let rules = Rules { suppressed: vec![1], suppressed_first: vec![0, 4], timestamps: Some(timestamps) };
        let mut logits = *logits;
        rules.apply(&mut logits, written);
        (0..12).filter(|&i| logits[i] > f32::NEG_INFINITY).collect()
    }

    #[test]
    fn timestamps_come_first_in_pairs_and_in_order() {
        // Text is likelier than all times together.
        let text = [9., 9., 9., 9., 9., 9., 0., 0., 0., 0., 0., 0.];
        assert_eq!(allowed(&[], &text), [6, 7, 8]);
        assert_eq!(allowed(&[7], &text), [0, 2, 3, 4]);
        assert_eq!(allowed(&[7, 2], &text), [0, 2, 3, 4, 8, 9, 10, 11]);
        assert_eq!(allowed(&[7, 2, 9], &text), [4, 9, 10, 11]);
        assert_eq!(allowed(&[7, 2, 9, 9], &text), [0, 2, 3, 4]);
        assert_eq!(allowed(&[7, 2, 9, 9, 3], &text), [0, 2, 3, 4, 10, 11]);
        assert_eq!(allowed(&[7, 2, 11, 11, 3], &text), [0, 2, 3, 4]);
    }

    #[test]
    fn timestamps_follow_if_they_are_likelier_together() {
        // Each of four times has e¹, and text e²: 4e > e².
        let level = [2., 2., 2., 2., 2., 2., 1., 1., 1., 1., 1., 1.];
        assert_eq!(allowed(&[7, 2], &level), [8, 9, 10, 11]);
        // Two times are not enough: 2e < e².
        assert_eq!(allowed(&[9, 2], &level), [0, 2, 3, 4, 10, 11]);
    }

    #[test]
    fn log_sum_exp_is_exact_where_exponentials_overflow() {
        assert!((log_sum_exp(&[1000.0, 1000.0]) - (1000.0 + 2f64.ln())).abs() < 1e-12);
        assert_eq!(log_sum_exp(&[f32::NEG_INFINITY; 2]), f64::NEG_INFINITY);
    }
}
