//! The structural hash of a program, and equality by it.

use super::Program;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A hash of what a program computes: its operations and their operands, and the types of inputs and constants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProgramHash(pub [u8; 16]);

impl fmt::Display for ProgramHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl fmt::Debug for ProgramHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The prefix of every hash. It keeps caches of other versions of this crate from being used.
const VERSION: &str = concat!("rune ", env!("CARGO_PKG_VERSION"), " program 1");

/// Collects the hashed data, with all lengths as 64 bits, and hashes it in large pieces.
struct Encoder {
    buffer: Vec<u8>,
    hasher: blake3::Hasher,
}

impl Encoder {
    const PIECE: usize = 8192;
}

impl Hasher for Encoder {
    fn write(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= Encoder::PIECE {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
    }
    fn write_usize(&mut self, n: usize) {
        self.write(&(n as u64).to_le_bytes());
    }
    fn write_isize(&mut self, n: isize) {
        self.write(&(n as i64).to_le_bytes());
    }
    fn finish(&self) -> u64 {
        let mut hasher = self.hasher.clone();
        hasher.update(&self.buffer);
        let mut first = [0; 8];
        first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
        u64::from_le_bytes(first)
    }
}

impl Program {
    /// Returns the key of this program in the cache of compiled code.
    ///
    /// It is the same in every process of one version of rune. It ignores names and origins. Of constants, it includes
    /// only the types: constants are inputs of the compiled code, so programs that differ only in them share it. The
    /// first call takes linear time; later calls take constant time.
    pub fn structural_hash(&self) -> ProgramHash {
        *self.hash.get_or_init(|| {
            let mut encoder = Encoder { buffer: Vec::with_capacity(Encoder::PIECE), hasher: blake3::Hasher::new() };
            VERSION.hash(&mut encoder);
            self.inputs.hash(&mut encoder);
            self.constants.len().hash(&mut encoder);
            self.types[..self.inputs as usize + self.constants.len()].hash(&mut encoder);
            self.instructions.len().hash(&mut encoder);
            for instruction in &self.instructions {
                // The name distinguishes operations even if the order of the table changes.
                instruction.op.name().hash(&mut encoder);
                instruction.op.hash(&mut encoder);
            }
            self.outputs.hash(&mut encoder);
            encoder.hasher.update(&encoder.buffer);
            let mut hash = [0; 16];
            hash.copy_from_slice(&encoder.hasher.finalize().as_bytes()[..16]);
            ProgramHash(hash)
        })
    }
}

/// Compares what programs compute: their structure, by the structural hash, and the values of constants, bit by bit.
/// Names and origins are ignored. Constants on a device are fetched; if that fails, the programs are not equal.
impl PartialEq for Program {
    fn eq(&self, other: &Program) -> bool {
        std::ptr::eq(self, other)
            || self.structural_hash() == other.structural_hash()
                && self.constants.iter().zip(&other.constants).all(|(a, b)| match (a.to_host(), b.to_host()) {
                    (Ok(a), Ok(b)) => a == b,
                    (Err(_), _) | (_, Err(_)) => false,
                })
    }
}
impl Eq for Program {}
impl Hash for Program {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.structural_hash().hash(state);
    }
}
