//! IDX files, the format of MNIST: two zeros, the element type, the number of axes, the sizes, and the elements, all in
//! big-endian order.

use super::DataError;
use rune_trace::{Array, Element, Tensor};
use std::path::Path;

/// Reads an IDX file. The elements are `u8`, `i8`, `i16`, `i32`, `f32` or `f64`.
///
/// # Errors
/// If the file cannot be read, or is not an IDX file.
pub fn idx(path: impl AsRef<Path>) -> Result<Tensor, DataError> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| DataError::Io { path: path.to_owned(), source })?;
    parse_idx(&bytes).map_err(|reason| DataError::Idx { path: path.to_owned(), reason })
}

/// Parses the bytes of an IDX file.
///
/// ```
/// use rune::train::data::parse_idx;
/// let tensor = parse_idx(&[0, 0, 0x0B, 1, 0, 0, 0, 2, 1, 0, 255, 255])?;
/// assert_eq!(tensor.to_vec::<i16>().unwrap(), [256, -1]);
/// assert_eq!(parse_idx(b"PK\x03\x04").unwrap_err(), "it begins with 50 4b, and IDX files begin with 00 00");
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// Returns the problem of the file.
pub fn parse_idx(bytes: &[u8]) -> Result<Tensor, String> {
    let short = || format!("it has {} bytes, which is less than its header", bytes.len());
    let (magic, rest) = bytes.split_first_chunk::<4>().ok_or_else(short)?;
    if magic[..2] != [0, 0] {
        return Err(format!("it begins with {:02x} {:02x}, and IDX files begin with 00 00", magic[0], magic[1]));
    }
    let (sizes, elements) = rest.split_at_checked(4 * usize::from(magic[3])).ok_or_else(short)?;
    let shape: Vec<usize> = sizes.as_chunks::<4>().0.iter().map(|size| u32::from_be_bytes(*size) as usize).collect();
    match magic[2] {
        0x08 => array(shape, elements, |[byte]: [u8; 1]| byte),
        0x09 => array(shape, elements, i8::from_be_bytes),
        0x0B => array(shape, elements, i16::from_be_bytes),
        0x0C => array(shape, elements, i32::from_be_bytes),
        0x0D => array(shape, elements, f32::from_be_bytes),
        0x0E => array(shape, elements, f64::from_be_bytes),
        other => Err(format!("its element type is {other:#04x}, and IDX has 0x08, 0x09 and 0x0b to 0x0e")),
    }
}

fn array<T: Element, const N: usize>(
    shape: Vec<usize>,
    bytes: &[u8],
    from: impl Fn([u8; N]) -> T,
) -> Result<Tensor, String> {
    let size = shape.iter().try_fold(N, |n, &d| n.checked_mul(d)).ok_or("its shape is too large")?;
    if bytes.len() != size {
        return Err(format!("it has {} bytes of elements, and the shape {shape:?} needs {size}", bytes.len()));
    }
    let (elements, _) = bytes.as_chunks::<N>();
    Ok(Array::from_vec(shape, elements.iter().copied().map(from).collect()).into())
}
