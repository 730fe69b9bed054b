//! Malformed array files, and inputs that once failed: the fuzzer and the tests pass all bytes to each reader.

use rune_ir::storage::{self, npy, npz};
use rune_ir::{ModuleSignature, array_text};
use std::io::Cursor;

/// The length below which a type in text is parsed. One element can fill an array of any size, and a short type keeps
/// that size small.
const MAX_TYPE_TEXT: usize = 12;

/// Reads bytes as every format that holds arrays, and as the signature of a compiled module.
///
/// # Panics
/// Panics if the bytes are neither rejected nor read back as written.
pub fn read(bytes: &[u8]) {
    if let Ok(array) = npy::parse(bytes) {
        let mut file = Vec::new();
        npy::write(&mut file, &array).expect("memory can be written to");
        assert_eq!(npy::parse(&file), Ok(array));
    }
    let _refused = npz::parse(Cursor::new(bytes), None).is_err();
    let _refused = storage::from_bytes(bytes).map_err(|error| error.to_string());
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let ty = text.split_once('=').map_or("", |(ty, _)| ty);
    if ty.len() < MAX_TYPE_TEXT
        && let Ok(array) = array_text::array(text)
    {
        assert_eq!(array.bytes().len(), array.ty().bytes());
    }
    if let Ok(signature) = ModuleSignature::from_json(text) {
        assert_eq!(ModuleSignature::from_json(&signature.to_json()), Ok(signature));
    }
}

#[cfg(test)]
mod tests {
    use crate::replay;
    use std::path::Path;

    #[test]
    fn arrays_that_once_failed_do_no_longer() {
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/hostile/arrays");
        replay("hostile::tests::arrays_that_once_failed_do_no_longer", &kept, super::read);
    }
}
