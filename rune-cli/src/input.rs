//! Inputs of programs, as the command line gives them.

use crate::npy;
use anyhow::{Context, Result, anyhow};
use rune::op::Literal;
use rune::{Array, DType, Shape, Type, storage, types};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What `--device` may say.
pub const DEVICES: [&str; 7] = ["cpu", "local-sync", "local-task", "cuda", "metal", "vulkan", "reference"];

/// What `--input` says.
#[derive(Clone, Debug)]
pub enum Input {
    Written(Array),
    Npy(PathBuf),
    Safetensors(PathBuf, Option<String>),
}

impl FromStr for Input {
    type Err = String;
    fn from_str(text: &str) -> Result<Input, String> {
        let ends = |path: &str, ending: &str| Path::new(path).extension().is_some_and(|e| e == ending);
        if ends(text, "npy") {
            return Ok(Input::Npy(text.into()));
        }
        if ends(text, "safetensors") {
            return Ok(Input::Safetensors(text.into(), None));
        }
        if let Some((file, name)) = text.rsplit_once(':')
            && ends(file, "safetensors")
        {
            return Ok(Input::Safetensors(file.into(), Some(name.to_owned())));
        }
        let Some((ty, elements)) = text.split_once('=') else {
            return Err("write the type and the elements, as 2x3xf32=1 2 3 4 5 6, or name a .npy or .safetensors file"
                .to_owned());
        };
        written(parse_type(ty)?, elements).map(Input::Written)
    }
}

impl Input {
    /// The arrays that it names.
    pub fn arrays(self) -> Result<Vec<Array>> {
        match self {
            Input::Written(array) => Ok(vec![array]),
            Input::Npy(path) => {
                let bytes = std::fs::read(&path).map_err(|e| anyhow!("cannot read {}: {e}", path.display()))?;
                let array = npy::parse(&bytes);
                Ok(vec![array.map_err(|e| anyhow!("{} cannot be read as an array: {e}", path.display()))?])
            }
            Input::Safetensors(path, name) => {
                let mut arrays = storage::read(&path)?;
                if let Some(name) = name {
                    let known = arrays.keys().cloned().collect::<Vec<_>>().join(", ");
                    let array = arrays.remove(&name);
                    let missing = || format!("{} holds no `{name}`, only {known}", path.display());
                    return Ok(vec![array.with_context(missing)?]);
                }
                let mut arrays: Vec<(String, Array)> = arrays.into_iter().collect();
                arrays.sort_by(|(a, _), (b, _)| numbers_last(a).cmp(&numbers_last(b)));
                Ok(arrays.into_iter().map(|(_, array)| array).collect())
            }
        }
    }
}

/// A name, so that `x2` comes before `x10`.
fn numbers_last(name: &str) -> (&str, Option<u64>, &str) {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (stem, name[stem.len()..].parse().ok(), name)
}

/// `2x3xf32`, or as programs write it, `[2, 3, f32]`.
fn parse_type(text: &str) -> Result<Type, String> {
    let text = text.trim();
    let invalid = || format!("`{text}` is not a type; write its sizes and its dtype, as 2x3xf32, or f32 for a scalar");
    let ty = if text.starts_with('[') {
        text.parse().map_err(|_| invalid())?
    } else {
        let mut parts: Vec<&str> = text.split('x').collect();
        let dtype: DType = parts.pop().and_then(|d| d.parse().ok()).ok_or_else(invalid)?;
        let shape = parts.iter().map(|d| d.parse::<usize>()).collect::<Result<Shape, _>>().map_err(|_| invalid())?;
        Type::new(dtype, shape)
    };
    types::check(&ty).map_err(|e| format!("{ty} {e}"))?;
    Ok(ty)
}

/// An array of these elements, or of one that stands for all.
fn written(ty: Type, text: &str) -> Result<Array, String> {
    let separates = |c: char| c.is_whitespace() || [',', '[', ']'].contains(&c);
    let words: Vec<&str> = text.split(separates).filter(|w| !w.is_empty()).collect();
    if words.len() != ty.size() && words.len() != 1 {
        return Err(format!("{ty} has {} elements, and {} are given", ty.size(), words.len()));
    }
    let size = ty.dtype.size();
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(ty.bytes()).map_err(|_| format!("{ty} is too large for the memory of this machine"))?;
    for word in words {
        let word = match (ty.dtype, word) {
            (DType::Bool, "1") => "true",
            (DType::Bool, "0") => "false",
            (_, word) => word,
        };
        let element: Literal = format!("{word}:{}", ty.dtype)
            .parse()
            .map_err(|_| format!("`{word}` is not an element of type {}", ty.dtype))?;
        bytes.extend_from_slice(&element.bits().to_le_bytes()[..size]);
    }
    if bytes.len() != ty.bytes() {
        let element = bytes.clone();
        bytes.clear();
        (0..ty.size()).for_each(|_| bytes.extend_from_slice(&element));
    }
    Ok(Array::from_bytes(ty, &bytes))
}
