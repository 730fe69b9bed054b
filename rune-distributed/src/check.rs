//! The check that all ranks run the same exchange: `RUNE_DISTRIBUTED_CHECK=1`.

use crate::transport::Transport;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The number of bytes of the description that each rank sends.
const DESCRIPTION: usize = 248;
const BYTES: usize = 8 + DESCRIPTION;

/// A description of an exchange of a rank. It must be the same on all ranks, except for the line.
#[derive(Clone, Debug)]
pub(crate) struct ExchangeDescription {
    /// The operation and the types.
    pub text: String,
    /// The line of the operation, for messages.
    pub at: Option<String>,
}

impl ExchangeDescription {
    fn shown(&self) -> String {
        match &self.at {
            Some(at) => format!("`{}` at {at}", self.text),
            None => format!("`{}`", self.text),
        }
    }
}

/// Exchanges descriptions of the next exchange. Fails on all ranks if one description differs.
pub(crate) fn check(transport: &mut dyn Transport, number: u64, what: &ExchangeDescription) -> Result<(), String> {
    let mut hasher = DefaultHasher::new();
    (number, &what.text).hash(&mut hasher);
    let mut own = [0; BYTES];
    own[..8].copy_from_slice(&hasher.finish().to_le_bytes());
    let shown = what.shown();
    let mut length = shown.len().min(DESCRIPTION);
    while !shown.is_char_boundary(length) {
        length -= 1;
    }
    own[8..8 + length].copy_from_slice(&shown.as_bytes()[..length]);
    let mut all = vec![0; BYTES * transport.size()];
    transport.all_gather(&own, &mut all)?;
    let ranks: Vec<&[u8]> = all.chunks_exact(BYTES).collect();
    let Some(other) = ranks.iter().position(|rank| rank[..8] != ranks[0][..8]) else { return Ok(()) };
    let described = |rank: usize| String::from_utf8_lossy(&ranks[rank][8..]).trim_end_matches('\0').to_owned();
    Err(format!(
        "the ranks run different operations: as number {number}, rank 0 runs {}, but rank {other} runs {}; all ranks must call the same \
         functions with the same shapes, in the same order, and take the same branches",
        described(0),
        described(other)
    ))
}
