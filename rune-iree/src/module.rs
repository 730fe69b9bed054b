//! Compiled modules: the bytes of a `.vmfb`.

use aligned_vec::{AVec, ConstAlign};
use std::fmt;
use std::io;
use std::ops::{Range, RangeBounds};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The alignment of the bytes of a module. IREE runs the code in place.
const ALIGNMENT: usize = 64;
/// The first bytes of a `.vmfb`, which is a zip file.
const MAGIC: &[u8] = b"PK\x03\x04";
/// The first bytes of the record that ends a zip file, and its length.
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;

/// A compiled module. It is cheap to clone.
///
/// A module is trusted code: IREE checks its structure when it loads the module, but the code does whatever its author
/// wrote. Even the module's statements about itself are trusted, such as which arguments it writes to.
#[derive(Clone)]
pub struct CompiledModule {
    bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
    range: Range<usize>,
}

/// A module could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// The file could not be read or written.
    #[error("cannot {action} the compiled module {path}: {source}")]
    File {
        /// The action that failed: `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The bytes are not a compiled module.
    #[error("{what} is no compiled module (.vmfb): {reason}; compile the program again")]
    Invalid {
        /// The file, or "the memory".
        what: String,
        /// The reason.
        reason: &'static str,
    },
}

impl CompiledModule {
    /// Returns a module that holds a copy of these bytes.
    ///
    /// # Errors
    /// Returns an error if they are not a `.vmfb`.
    pub fn from_bytes(bytes: &[u8]) -> Result<CompiledModule, ModuleError> {
        let bytes: AVec<u8, ConstAlign<ALIGNMENT>> = AVec::from_slice(ALIGNMENT, bytes);
        CompiledModule::from_storage(Arc::new(AlignedBytes(bytes)), .., "the memory")
    }
    /// Returns a module from a part of `bytes`.
    pub(crate) fn from_storage(
        bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
        part: impl RangeBounds<usize>,
        what: &str,
    ) -> Result<CompiledModule, ModuleError> {
        let invalid = |reason| ModuleError::Invalid { what: what.to_owned(), reason };
        let range = (part.start_bound().cloned(), part.end_bound().cloned());
        let module = (*bytes).as_ref().get(range).ok_or_else(|| invalid("it is too short"))?;
        if !module.starts_with(MAGIC) {
            return Err(invalid("it does not begin as one"));
        }
        if !module[module.len().saturating_sub(END_LENGTH)..].starts_with(END) {
            return Err(invalid("its end is missing"));
        }
        if module.as_ptr().align_offset(ALIGNMENT) != 0 {
            return CompiledModule::from_bytes(module);
        }
        let start = module.as_ptr() as usize - (*bytes).as_ref().as_ptr() as usize;
        let range = start..start + module.len();
        Ok(CompiledModule { bytes, range })
    }
    /// Returns the attribute `key` of the function `entry`, from its dictionary `iree.reflection`, if there is one.
    ///
    /// # Errors
    /// Returns an error if the module is damaged, is from another version of IREE, or has no such function.
    #[cfg(feature = "run")]
    pub fn attribute(&self, entry: &str, key: &str) -> Result<Option<String>, String> {
        crate::ffi::vm::attribute(self.bytes(), entry, key).map_err(|message| crate::run::status::unreadable(&message))
    }
    /// Reads a `.vmfb`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, or is not a `.vmfb`.
    pub fn load(path: impl AsRef<Path>) -> Result<CompiledModule, ModuleError> {
        let path = path.as_ref();
        let bytes =
            read_aligned(path).map_err(|source| ModuleError::File { action: "read", path: path.to_owned(), source })?;
        CompiledModule::from_storage(bytes, .., &path.display().to_string())
    }
    /// Writes a `.vmfb`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), ModuleError> {
        let path = path.as_ref();
        std::fs::write(path, self.bytes()).map_err(|source| ModuleError::File {
            action: "write",
            path: path.to_owned(),
            source,
        })
    }
    /// Returns the bytes of the `.vmfb`, aligned to 64 bytes.
    pub fn bytes(&self) -> &[u8] {
        &(*self.bytes).as_ref()[self.range.clone()]
    }
}

impl fmt::Debug for CompiledModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CompiledModule({} bytes)", self.bytes().len())
    }
}

struct AlignedBytes(AVec<u8, ConstAlign<ALIGNMENT>>);
impl AsRef<[u8]> for AlignedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Reads a whole file into aligned memory.
pub(crate) fn read_aligned(path: &Path) -> io::Result<Arc<dyn AsRef<[u8]> + Send + Sync>> {
    use std::io::Read;
    let mut file = std::fs::File::open(path)?;
    let len = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    let mut bytes: AVec<u8, ConstAlign<ALIGNMENT>> = AVec::with_capacity(ALIGNMENT, len);
    bytes.resize(len, 0);
    file.read_exact(&mut bytes)?;
    Ok(Arc::new(AlignedBytes(bytes)))
}
