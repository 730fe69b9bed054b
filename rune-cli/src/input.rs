//! Inputs of programs on the command line.

use anyhow::{Context, Result, anyhow};
use clap::builder::{OsStringValueParser, TypedValueParser};
use rune_ir::storage::{self, StorageError, npy, npz};
use rune_ir::{Array, array_text};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A value of `--input`.
#[derive(Clone, Debug)]
pub enum Input {
    Written(Array),
    Npy(PathBuf),
    /// All arrays of a file, or the array with one name.
    Npz(PathBuf, Option<String>),
    Safetensors(PathBuf, Option<String>),
}

/// An input of a program.
pub struct Given {
    pub array: Array,
    /// The file, followed by the array's name if the file has several arrays.
    pub source: Option<String>,
}

/// Returns the parser of an input argument.
pub fn parser() -> impl TypedValueParser<Value = Input> {
    OsStringValueParser::new().try_map(Input::parse)
}

impl Input {
    /// Parses an argument. A file name may have any bytes.
    pub fn parse(text: OsString) -> Result<Input, String> {
        if let Some(text) = text.to_str() {
            return text.parse();
        }
        let path = PathBuf::from(text);
        match path.extension().and_then(|e| e.to_str()) {
            Some("npy") => Ok(Input::Npy(path)),
            Some("npz") => Ok(Input::Npz(path, None)),
            Some("safetensors") => Ok(Input::Safetensors(path, None)),
            _ => Err(format!("{} is not a .npy, .npz or .safetensors file, and not UTF-8", path.display())),
        }
    }
}

impl FromStr for Input {
    type Err = String;
    fn from_str(text: &str) -> Result<Input, String> {
        let (file, name) = match [".npz:", ".safetensors:"].iter().find_map(|end| Some((end, text.find(end)?))) {
            Some((end, at)) => (&text[..at + end.len() - 1], Some(text[at + end.len()..].to_owned())),
            None => (text, None),
        };
        match Path::new(file).extension().and_then(|e| e.to_str()) {
            Some("npy") => return Ok(Input::Npy(file.into())),
            Some("npz") => return Ok(Input::Npz(file.into(), name)),
            Some("safetensors") => return Ok(Input::Safetensors(file.into(), name)),
            _ => {}
        }
        if !text.contains('=') {
            return Err(
                "write the type and the elements, such as 2x3xf32=1 2 3 4 5 6, or name a .npy, .npz or .safetensors file"
                    .to_owned(),
            );
        }
        array_text::array(text).map(Input::Written).map_err(|error| error.to_string())
    }
}

/// Returns all named inputs.
pub fn load_all(inputs: Vec<Input>) -> Result<Vec<Given>> {
    let all = inputs.into_iter().map(Input::arrays).collect::<Result<Vec<_>>>()?;
    Ok(all.into_iter().flatten().collect())
}

impl Input {
    fn arrays(self) -> Result<Vec<Given>> {
        let (path, name, mut arrays) = match self {
            Input::Written(array) => return Ok(vec![Given { array, source: None }]),
            Input::Npy(path) => {
                let bytes = std::fs::read(&path).map_err(|e| anyhow!("cannot read {}: {e}", path.display()))?;
                let array = npy::parse(&bytes);
                let array = array.map_err(|e| anyhow!("{} cannot be read as an array: {e}", path.display()))?;
                return Ok(vec![Given { array, source: Some(path.display().to_string()) }]);
            }
            Input::Npz(path, name) => {
                let arrays = npz::read(&path, name.as_deref()).map_err(|problem| unreadable(&path, problem))?;
                (path, name, arrays)
            }
            Input::Safetensors(path, name) => {
                let arrays = storage::read(&path).map_err(|error| match error {
                    StorageError::Io { path, source } => anyhow!("cannot read {}: {source}", path.display()),
                    StorageError::Malformed { .. }
                    | StorageError::Numpy { .. }
                    | StorageError::Pending { .. }
                    | StorageError::SameName { .. }
                    | StorageError::Static { .. }
                    | StorageError::Nested { .. }
                    | StorageError::Differs { .. } => error.into(),
                })?;
                (path, name, arrays)
            }
        };
        let source = |name: &str| Some(format!("{}:{name}", path.display()));
        if let Some(name) = name {
            let array = arrays.remove(&name);
            let array = array.with_context(|| missing_array(&path, &name, arrays.keys().cloned().collect()))?;
            return Ok(vec![Given { array, source: source(&name) }]);
        }
        let mut arrays: Vec<(String, Array)> = arrays.into_iter().collect();
        arrays.sort_by(|(a, _), (b, _)| numbers_last(a).cmp(&numbers_last(b)));
        Ok(arrays.into_iter().map(|(name, array)| Given { array, source: source(&name) }).collect())
    }
}

fn unreadable(path: &Path, problem: npz::NpzError) -> anyhow::Error {
    match problem {
        npz::NpzError::Unreadable(error) => anyhow!("cannot read {}: {error}", path.display()),
        npz::NpzError::Malformed(reason) => anyhow!("{} cannot be read as arrays: {reason}", path.display()),
        npz::NpzError::Array(name, reason) => {
            anyhow!("`{name}` in {} cannot be read as an array: {reason}", path.display())
        }
        npz::NpzError::Missing { name, known } => anyhow!(missing_array(path, &name, known)),
    }
}

fn missing_array(path: &Path, name: &str, mut known: Vec<String>) -> String {
    if known.is_empty() {
        return format!("{} has no `{name}`: it is empty", path.display());
    }
    known.sort_by(|a, b| numbers_last(a).cmp(&numbers_last(b)));
    format!("{} has no `{name}`, only {}", path.display(), known.join(", "))
}

/// Splits a name before its trailing number, so that `x2` sorts before `x10`.
fn numbers_last(name: &str) -> (&str, Option<u64>, &str) {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (stem, name[stem.len()..].parse().ok(), name)
}
