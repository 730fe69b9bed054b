//! Files of tokens.

use super::map::map;
use super::{DataError, Dataset};
use memmap2::Mmap;
use rune_trace::{Array, Tensor};
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// The type of the tokens in a file. They are little-endian, as NumPy's `tofile` writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenType {
    /// Bytes.
    U8,
    /// 16-bit numbers, for vocabularies of up to 65,536 tokens.
    U16,
    /// 32-bit numbers.
    U32,
}

impl TokenType {
    fn bytes(self) -> usize {
        match self {
            TokenType::U8 => 1,
            TokenType::U16 => 2,
            TokenType::U32 => 4,
        }
    }
}

enum Memory {
    Mapped(Mmap),
    Owned(Vec<u8>),
}

impl Memory {
    fn bytes(&self) -> &[u8] {
        match self {
            Memory::Mapped(map) => map,
            Memory::Owned(bytes) => bytes,
        }
    }
}

/// A text as tokens: a file that is mapped into memory, or bytes. Clones share the memory.
///
/// ```
/// use rune::train::data::{Dataset, TokenType, Tokens};
/// let path = std::env::temp_dir().join(format!("rune-tokens-{}.bin", std::process::id()));
/// Tokens::write(&path, TokenType::U16, 0..1000)?;
/// let tokens = Tokens::open(&path, TokenType::U16)?;
/// let (learned, held_out) = tokens.split(0.9);
/// // Pieces of 9 tokens: 8 to read, and each one's successor to predict.
/// let windows = learned.windows(8)?;
/// assert_eq!((tokens.len(), learned.len(), held_out.len(), windows.len()), (1000, 900, 100, 112));
/// assert_eq!(windows.items(&[1])?.to_vec::<i32>()?, [8, 9, 10, 11, 12, 13, 14, 15, 16]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Tokens {
    memory: Arc<Memory>,
    place: String,
    ty: TokenType,
    range: Range<usize>,
}

impl Tokens {
    /// Maps a file of tokens into memory. No other program may change the file while it is mapped. If one shortens the
    /// file, this process ends.
    ///
    /// # Errors
    /// If the file cannot be mapped, or its size is not a whole number of tokens.
    pub fn open(path: impl AsRef<Path>, ty: TokenType) -> Result<Tokens, DataError> {
        let path = path.as_ref();
        let map = map(path).map_err(|source| DataError::Io { path: path.to_owned(), source })?;
        Tokens::new(Memory::Mapped(map), path.display().to_string(), ty)
    }
    /// Returns the bytes of a text as tokens.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Tokens {
        let memory = Memory::Owned(bytes.into());
        let range = 0..memory.bytes().len();
        Tokens { memory: Arc::new(memory), place: "memory".to_owned(), ty: TokenType::U8, range }
    }
    fn new(memory: Memory, place: String, ty: TokenType) -> Result<Tokens, DataError> {
        let bytes = memory.bytes().len();
        if !bytes.is_multiple_of(ty.bytes()) {
            let reason = format!("{bytes} bytes are no whole number of tokens of {} bytes", ty.bytes());
            return Err(DataError::Tokens { place, reason });
        }
        Ok(Tokens { memory: Arc::new(memory), place, ty, range: 0..bytes / ty.bytes() })
    }
    /// Writes a file of tokens. Replaces an existing one.
    ///
    /// # Errors
    /// If the file cannot be written, or a token is too large for the type.
    pub fn write(
        path: impl AsRef<Path>,
        ty: TokenType,
        tokens: impl IntoIterator<Item = u32>,
    ) -> Result<(), DataError> {
        let path = path.as_ref();
        let failed = |source| DataError::Io { path: path.to_owned(), source };
        let partial = rune_trace::storage::temporary(path);
        let mut file = BufWriter::new(std::fs::File::create(&partial).map_err(failed)?);
        for (i, token) in tokens.into_iter().enumerate() {
            let bytes = token.to_le_bytes();
            let (bytes, rest) = bytes.split_at(ty.bytes());
            if rest.iter().any(|&byte| byte != 0) {
                drop(std::fs::remove_file(&partial));
                let reason = format!("token {i} is {token}, which does not fit into {} bytes", ty.bytes());
                return Err(DataError::Tokens { place: path.display().to_string(), reason });
            }
            file.write_all(bytes).map_err(failed)?;
        }
        file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
        std::fs::rename(&partial, path).map_err(failed)
    }
    /// Returns the number of tokens.
    pub fn len(&self) -> usize {
        self.range.len()
    }
    /// Returns whether there are no tokens.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }
    /// Returns the tokens of a range.
    ///
    /// # Errors
    /// If a token is 2^31 or more.
    ///
    /// # Panics
    /// Panics if the range is outside the tokens.
    #[track_caller]
    pub fn get(&self, range: Range<usize>) -> Result<Vec<i32>, DataError> {
        assert!(range.end <= self.len(), "{range:?} is outside of {} tokens", self.len());
        let (start, size) = (self.range.start + range.start, self.ty.bytes());
        let bytes = &self.memory.bytes()[start * size..][..range.len() * size];
        Ok(match self.ty {
            TokenType::U8 => bytes.iter().map(|&byte| i32::from(byte)).collect(),
            TokenType::U16 => bytes.as_chunks().0.iter().map(|&b| i32::from(u16::from_le_bytes(b))).collect(),
            TokenType::U32 => {
                let token = |(i, &b): (usize, &[u8; 4])| {
                    let token = u32::from_le_bytes(b);
                    i32::try_from(token).map_err(|_| DataError::Tokens {
                        place: self.place.clone(),
                        reason: format!("token {} is {token}, and indices of tokens are i32", start + i),
                    })
                };
                bytes.as_chunks().0.iter().enumerate().map(token).collect::<Result<_, _>>()?
            }
        })
    }
    /// Splits the tokens in two. The first part has this fraction of them.
    pub fn split(&self, fraction: f64) -> (Tokens, Tokens) {
        let at = self.range.start + (self.len() as f64 * fraction.clamp(0.0, 1.0)) as usize;
        let part = |range| Tokens { range, ..self.clone() };
        (part(self.range.start..at), part(at..self.range.end))
    }
    /// Returns pieces of `context + 1` tokens, which begin `context` tokens apart. A language model reads all but the
    /// last token of a piece, and predicts all but the first.
    ///
    /// # Errors
    /// If there are not enough tokens for one piece.
    pub fn windows(&self, context: usize) -> Result<Windows, DataError> {
        self.windows_every(context, context)
    }
    /// Returns pieces of `context + 1` tokens, which begin `every` tokens apart.
    ///
    /// # Errors
    /// If there are not enough tokens for one piece, or `every` is 0.
    pub fn windows_every(&self, context: usize, every: usize) -> Result<Windows, DataError> {
        let wrong = |reason| Err(DataError::Tokens { place: self.place.clone(), reason });
        if every == 0 {
            return wrong("a piece every 0 tokens was asked for".to_owned());
        }
        match self.len().checked_sub(context + 1) {
            None => wrong(format!("{} tokens are too few for a piece of {}", self.len(), context + 1)),
            Some(last) => Ok(Windows { tokens: self.clone(), context, every, count: last / every + 1 }),
        }
    }
}

/// Pieces of a text: see [`Tokens::windows`]. The items are of type `[n, context + 1, i32]`.
#[derive(Clone)]
pub struct Windows {
    tokens: Tokens,
    context: usize,
    every: usize,
    count: usize,
}

impl Dataset for Windows {
    type Items = Tensor;
    fn len(&self) -> usize {
        self.count
    }
    fn items(&self, positions: &[usize]) -> Result<Tensor, DataError> {
        let mut tokens = Vec::with_capacity(positions.len() * (self.context + 1));
        for &position in positions {
            let start = position * self.every;
            tokens.extend(self.tokens.get(start..start + self.context + 1)?);
        }
        Ok(Array::from_vec([positions.len(), self.context + 1], tokens).into())
    }
}
