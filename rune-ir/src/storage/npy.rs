//! NumPy files with one array.
//!
//! NumPy lacks the dtype `bf16`. It is written and read as in JAX: as two opaque bytes, `<V2`.

use crate::{Array, DType, Shape, Type};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

const MAGIC: &[u8] = b"\x93NUMPY";
/// The alignment of the data after the header.
const ALIGNMENT: usize = 64;

/// The reason why bytes are not a `.npy` file of an array.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NpyError(pub(super) String);

/// Returns the array in the bytes of a `.npy` file.
///
/// ```
/// use rune_ir::{Array, storage::npy};
/// let x = Array::from_vec([2], vec![1.5f32, -2.0]);
/// let mut file = Vec::new();
/// npy::write(&mut file, &x).unwrap();
/// assert_eq!(npy::parse(&file), Ok(x));
/// assert_eq!(npy::parse(b"x").unwrap_err().to_string(), "it does not begin as a .npy file");
/// ```
///
/// # Errors
/// Returns an error if the bytes are damaged, or if rune has no dtype for the elements.
pub fn parse(file: &[u8]) -> Result<Array, NpyError> {
    array(file).map_err(NpyError)
}

fn array(file: &[u8]) -> Result<Array, String> {
    let cut = || "the file is truncated".to_owned();
    let rest = file.strip_prefix(MAGIC).ok_or("it does not begin as a .npy file")?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
    let (length, rest) = match version[0] {
        1 => {
            let (length, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
            (usize::from(u16::from_le_bytes(*length)), rest)
        }
        2 | 3 => {
            let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
        other => return Err(format!("it has the unknown format version {other}")),
    };
    let (header, data) = rest.split_at_checked(length).ok_or_else(cut)?;
    let header = String::from_utf8_lossy(header);
    let descr = field(&header, "descr")?;
    let descr = descr.trim_matches(['\'', '"']);
    let fortran = field(&header, "fortran_order")? == "True";
    let sizes = field(&header, "shape")?;
    let sizes = sizes.trim_matches(['(', ')']).split(',').map(str::trim).filter(|d| !d.is_empty());
    let shape: Shape = sizes.map(str::parse).collect::<Result<_, _>>().map_err(|_| "its shape is no shape")?;
    let dtype = dtype(descr).ok_or_else(|| {
        let elements = if descr.starts_with('[') { "records".to_owned() } else { format!("`{descr}`") };
        format!("its elements are {elements}, which is not a dtype of rune; convert them, for example by x.astype(np.float32)")
    })?;
    let ty = Type::new(dtype, shape);
    ty.check().map_err(|e| format!("{ty} {e}"))?;
    if data.len() != ty.bytes() {
        return Err(format!("{ty} has {} bytes, but the file has {}", ty.bytes(), data.len()));
    }
    let mut data = data.to_vec();
    if dtype == DType::Bool && data.iter().any(|&b| b > 1) {
        return Err("it has a boolean that is neither 0 nor 1".to_owned());
    }
    if descr.starts_with('>') {
        data.chunks_exact_mut(dtype.real().size()).for_each(<[u8]>::reverse);
    }
    if fortran && ty.rank() > 1 {
        data = transposed(&data, &ty);
    }
    Ok(Array::from_bytes(ty, &data))
}

/// Reorders elements from column-major to row-major order.
fn transposed(data: &[u8], ty: &Type) -> Vec<u8> {
    let (size, shape) = (ty.dtype.size(), &ty.shape);
    let mut out = Vec::with_capacity(data.len());
    let mut index = vec![0; shape.rank()];
    for _ in 0..ty.size() {
        let at = index.iter().zip(shape.iter()).rev().fold(0, |at, (i, n)| at * n + i);
        out.extend_from_slice(&data[at * size..][..size]);
        for (i, n) in index.iter_mut().zip(shape.iter()).rev() {
            *i = (*i + 1) % n;
            if *i != 0 {
                break;
            }
        }
    }
    out
}

/// Writes an array as a `.npy` file.
///
/// # Errors
/// Returns an error if the file cannot be written.
pub fn save(path: &Path, array: &Array) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    write(&mut file, array)?;
    file.flush()
}

/// Writes the content of an array's `.npy` file.
///
/// # Errors
/// Returns an error if `out` does.
pub fn write(out: &mut impl Write, array: &Array) -> io::Result<()> {
    let sizes: String = array.shape().iter().map(|d| format!("{d}, ")).collect();
    let sizes = if array.ty().rank() > 1 { sizes.trim_end_matches(", ") } else { sizes.trim_end() };
    let mut header = format!("{{'descr': '{}', 'fortran_order': False, 'shape': ({sizes}), }}", descr(array.dtype()));
    let before = MAGIC.len() + 4;
    let total = (before + header.len() + 1).next_multiple_of(ALIGNMENT);
    header.push_str(&" ".repeat(total - before - header.len() - 1));
    header.push('\n');
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    // The length fits: there are at most `MAX_RANK` sizes, each of at most 20 digits.
    out.write_all(&(header.len() as u16).to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    out.write_all(array.bytes())
}

/// Returns the text of a field of the header, a Python dictionary.
fn field<'h>(header: &'h str, name: &str) -> Result<&'h str, String> {
    let missing = || format!("its header has no `{name}`");
    let after = header.split_once(&format!("'{name}'")).or_else(|| header.split_once(&format!("\"{name}\"")));
    let value = after.and_then(|(_, r)| r.trim_start().strip_prefix(':')).ok_or_else(missing)?.trim_start();
    let end = if value.starts_with('(') { value.find(')').map(|i| i + 1) } else { value.find([',', '}']) };
    Ok(value[..end.ok_or_else(missing)?].trim())
}

fn dtype(descr: &str) -> Option<DType> {
    let kind = descr.trim_start_matches(['<', '>', '|', '=']);
    DType::ALL.into_iter().find(|&d| code(d) == kind)
}

fn descr(dtype: DType) -> String {
    format!("{}{}", if dtype.size() == 1 { '|' } else { '<' }, code(dtype))
}

fn code(dtype: DType) -> &'static str {
    match dtype {
        DType::Bool => "b1",
        DType::I8 => "i1",
        DType::I16 => "i2",
        DType::I32 => "i4",
        DType::I64 => "i8",
        DType::U8 => "u1",
        DType::U16 => "u2",
        DType::U32 => "u4",
        DType::U64 => "u8",
        // As `ml_dtypes` writes them.
        DType::F8E4M3FN => "V1",
        DType::F8E5M2 => "f1",
        DType::F16 => "f2",
        DType::BF16 => "V2",
        DType::F32 => "f4",
        DType::F64 => "f8",
        DType::C64 => "c8",
        DType::C128 => "c16",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Complex32, Complex64};

    fn bytes(array: &Array) -> Vec<u8> {
        let mut file = Vec::new();
        write(&mut file, array).unwrap();
        file
    }

    #[test]
    fn what_is_written_is_read() {
        for shape in [&[][..], &[3], &[2, 3], &[0, 4], &[2, 1, 3]] {
            let x = Array::from_fn::<f32>(shape, |i| i as f32 - 1.5);
            let file = bytes(&x);
            assert_eq!(parse(&file).unwrap(), x);
            assert_eq!((file.len() - x.bytes().len()) % ALIGNMENT, 0);
            assert!(x.ty().size() == 0 || parse(&file[..file.len() - 1]).is_err());
        }
        let b = Array::from_vec([2], vec![true, false]);
        assert_eq!(parse(&bytes(&b)).unwrap(), b);
        let z = Array::from_fn([3, 2], |i| Complex64::new(i as f64, -0.5));
        assert_eq!(parse(&bytes(&z)).unwrap(), z);
    }

    #[test]
    fn column_major_and_big_endian_files_are_read() {
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        let header = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }\n";
        file.extend_from_slice(&(header.len() as u16).to_le_bytes());
        file.extend_from_slice(header.as_bytes());
        [1i16, 4, 2, 5, 3, 6].iter().for_each(|x| file.extend_from_slice(&x.to_be_bytes()));
        assert_eq!(parse(&file).unwrap(), Array::from_vec([2, 3], vec![1i16, 2, 3, 4, 5, 6]));
        let mut file = b"\x93NUMPY\x01\x00".to_vec();
        let header = "{'descr': '>c8', 'fortran_order': False, 'shape': (1,), }\n";
        file.extend_from_slice(&(header.len() as u16).to_le_bytes());
        file.extend_from_slice(header.as_bytes());
        [1f32, -2.0].iter().for_each(|x| file.extend_from_slice(&x.to_be_bytes()));
        assert_eq!(parse(&file).unwrap(), Array::from_vec([1], vec![Complex32::new(1.0, -2.0)]));
    }
}
