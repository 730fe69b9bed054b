//! Loads checkpoints: named arrays in one file or several, and a file of settings.

use rune::nn::{Conv, Embedding, LayerNorm, Linear, RmsNorm};
use rune::storage::{Difference, Differences, Reader, StorageError};
use rune::{ConvOptions, DType, Tensor, Type};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A checkpoint cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file of arrays cannot be read.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An array cannot be converted.
    #[error(transparent)]
    Evaluate(#[from] rune::EvalError),
    /// A text file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A JSON file does not have the expected contents.
    #[error("{path}: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// The problem, with line and column.
        source: serde_json::Error,
    },
    /// The folder has no checkpoint.
    #[error(
        "{path} has neither `model.safetensors` nor `model.safetensors.index.json`; convert other formats with \
         `save_pretrained(folder, safe_serialization=True)`"
    )]
    NoCheckpoint {
        /// The folder.
        path: PathBuf,
    },
    /// The settings require something that the model here does not support.
    #[error("{path}: `{setting}` is {found}, and the model supports {supported}")]
    Unsupported {
        /// The file of settings.
        path: PathBuf,
        /// The name of the setting.
        setting: &'static str,
        /// Its value.
        found: String,
        /// The supported values.
        supported: &'static str,
    },
    /// The tokenizer cannot be loaded.
    #[error("{path}: {reason}")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The names or types of the arrays differ from those of the model.
    #[error("{path} does not hold this model:{differences}")]
    Differs {
        /// The checkpoint.
        path: PathBuf,
        /// All differences.
        differences: Differences,
    },
}

/// A checkpoint that is being loaded.
///
/// A model takes its arrays by name and shape. If an array is missing or misshapen, the checkpoint records it and
/// returns zeros, so that [`Checkpoint::finish`] reports all differences together.
///
/// ```
/// use rune::{Array, DType, storage};
/// use rune_models::Checkpoint;
/// let path = std::env::temp_dir().join(format!("rune-checkpoint-{}.safetensors", std::process::id()));
/// storage::write(&path, [("up.weight", &Array::from_slice([1, 2], &[1f32, 2.])), ("left", &Array::from_slice([0], &[0f32; 0]))])?;
///
/// let mut checkpoint = Checkpoint::open(&path)?;
/// let layer = checkpoint.root().at("up").linear(2, 1);
/// let error = checkpoint.finish(layer).unwrap_err().to_string();
/// assert!(error.contains("`up.bias` of type [1, f32] is missing"), "{error}");
/// assert!(error.contains("`left` of type [0, f32] is in the file and not in the tree"), "{error}");
///
/// let mut checkpoint = Checkpoint::open(&path)?;
/// let layer = checkpoint.root().at("up").linear_without_bias(2, 1);
/// checkpoint.skip(|name| name == "left");
/// assert_eq!(checkpoint.finish(layer)?.weight.to_vec::<f32>()?, [1.0, 2.0]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    files: Vec<Reader>,
    /// The arrays not yet taken, by name. Each entry holds the index of the file, and the name of the array in that
    /// file.
    left: BTreeMap<String, (usize, String)>,
    /// The dtype to which floating-point arrays are converted. `None` keeps the dtype of the file.
    dtype: Option<DType>,
    differences: Vec<Difference>,
    /// The first error when an array was read or converted.
    failed: Option<LoadError>,
}

/// The names of the files of a sharded checkpoint.
#[derive(serde::Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Checkpoint {
    /// Opens a safetensors file, or a folder that has one: `model.safetensors`, or several files with the index
    /// `model.safetensors.index.json`. Reads only the headers.
    ///
    /// # Errors
    /// If a file cannot be read or is damaged.
    pub fn open(path: impl AsRef<Path>) -> Result<Checkpoint, LoadError> {
        let path = path.as_ref().to_owned();
        let files = if path.is_dir() { files_in(&path)? } else { vec![path.clone()] };
        let files = files.into_iter().map(Reader::open).collect::<Result<Vec<_>, _>>()?;
        let mut left = BTreeMap::new();
        for (i, file) in files.iter().enumerate() {
            left.extend(file.names().into_iter().map(|name| (name.clone(), (i, name))));
        }
        Ok(Checkpoint { path, files, left, dtype: None, differences: Vec::new(), failed: None })
    }
    /// Converts all floating-point arrays to `dtype` as they are taken.
    #[must_use]
    pub fn with_dtype(self, dtype: DType) -> Checkpoint {
        Checkpoint { dtype: Some(dtype), ..self }
    }
    /// Removes a prefix from the names that have it. Checkpoints may hold a model alone, or as a part of another model.
    #[must_use]
    pub fn without_prefix(mut self, prefix: &str) -> Checkpoint {
        let shorter = |name: String| name.strip_prefix(prefix).map_or(name.clone(), str::to_owned);
        self.left = self.left.into_iter().map(|(name, place)| (shorter(name), place)).collect();
        self
    }
    /// Returns whether an array of this name is left.
    pub fn has(&self, name: &str) -> bool {
        self.left.contains_key(name)
    }
    /// Ignores the arrays whose names satisfy `unused`.
    pub fn skip(&mut self, unused: impl Fn(&str) -> bool) {
        self.left.retain(|name, _| !unused(name));
    }
    /// Returns the whole checkpoint as a part.
    pub fn root(&mut self) -> Part<'_> {
        Part { checkpoint: self, prefix: String::new() }
    }
    /// Returns `model`, if it has taken exactly the arrays of the checkpoint.
    ///
    /// # Errors
    /// If an array could not be read, or arrays are missing, superfluous or misshapen. The error lists all of them.
    pub fn finish<T>(mut self, model: T) -> Result<T, LoadError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        for (name, (file, stored)) in self.left {
            let found = self.files[file].ty(&stored).unwrap_or_else(|| Type::new(DType::F32, [0usize; 0]));
            self.differences.push(Difference::Superfluous { name, found });
        }
        if self.differences.is_empty() {
            return Ok(model);
        }
        Err(LoadError::Differs { path: self.path, differences: Differences(self.differences) })
    }
    fn take(&mut self, name: String, shape: &[usize]) -> Tensor {
        let dtype = self.dtype.unwrap_or(DType::F32);
        let zeros = || Tensor::zeros(shape, dtype);
        let Some((file, stored)) = self.left.remove(&name) else {
            self.differences.push(Difference::Missing { name, expected: Type::new(dtype, shape) });
            return zeros();
        };
        let array = match self.files[file].array(&stored) {
            Ok(array) => array.expect("the header has this name"),
            Err(error) => {
                self.failed.get_or_insert(error.into());
                return zeros();
            }
        };
        if array.shape()[..] != *shape {
            let expected = Type::new(array.dtype(), shape);
            self.differences.push(Difference::Type { name, expected, found: array.ty().clone() });
            return zeros();
        }
        let tensor = Tensor::from(array);
        match self.dtype {
            Some(dtype) if tensor.dtype().is_float() => self.computed(tensor.cast(dtype)),
            _ => tensor,
        }
    }
    /// Computes a tensor now, so that the memory of its operands is freed.
    fn computed(&mut self, tensor: Tensor) -> Tensor {
        if let Err(error) = tensor.realize() {
            self.failed.get_or_insert(error.into());
        }
        tensor
    }
}

/// Returns the files of the checkpoint in a folder.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let (single, index) = (folder.join("model.safetensors"), folder.join("model.safetensors.index.json"));
    if single.exists() {
        return Ok(vec![single]);
    }
    if !index.exists() {
        return Err(LoadError::NoCheckpoint { path: folder.to_owned() });
    }
    let mut names: Vec<String> = read_json::<Index>(&index)?.weight_map.into_values().collect();
    names.sort();
    names.dedup();
    Ok(names.iter().map(|name| folder.join(name)).collect())
}

/// Reads a JSON file, such as the settings `config.json` of a model.
///
/// # Errors
/// If the file cannot be read, or lacks a setting.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, LoadError> {
    let text = std::fs::read(path).map_err(|source| LoadError::Io { path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|source| LoadError::Json { path: path.to_owned(), source })
}

/// Returns an error unless a setting of the file `path` is `supported`: the only value that the model supports, in
/// backticks.
pub(crate) fn expect_setting(
    path: &Path,
    setting: &'static str,
    found: &str,
    supported: &'static str,
) -> Result<(), LoadError> {
    if found == supported.trim_matches('`') {
        return Ok(());
    }
    Err(LoadError::Unsupported { path: path.to_owned(), setting, found: found.to_owned(), supported })
}

/// The arrays of a checkpoint whose names begin with one prefix.
#[derive(Debug)]
pub struct Part<'a> {
    checkpoint: &'a mut Checkpoint,
    prefix: String,
}

impl Part<'_> {
    /// Returns a part of this part: `at("layer").at(3)` takes arrays from `layer.3`.
    pub fn at(&mut self, name: impl Display) -> Part<'_> {
        let prefix = self.name(name);
        Part { checkpoint: self.checkpoint, prefix }
    }
    /// Returns whether this part has an array of this name.
    pub fn has(&self, name: &str) -> bool {
        self.checkpoint.has(&self.name(name))
    }
    /// Returns the shape of an array that is not yet taken.
    pub fn shape(&self, name: &str) -> Option<Vec<usize>> {
        let (file, stored) = self.checkpoint.left.get(&self.name(name))?;
        Some(self.checkpoint.files[*file].ty(stored)?.shape.to_vec())
    }
    /// Takes an array. The dtype is that of the file, unless [`Checkpoint::with_dtype`] sets another.
    pub fn tensor(&mut self, name: &str, shape: impl AsRef<[usize]>) -> Tensor {
        let name = self.name(name);
        self.checkpoint.take(name, shape.as_ref())
    }
    /// Takes a matrix and transposes it.
    pub fn transposed(&mut self, name: &str, shape: [usize; 2]) -> Tensor {
        let matrix = self.tensor(name, shape).t();
        self.checkpoint.computed(matrix)
    }
    /// Takes a linear layer: `weight`, which PyTorch stores as `[outputs, inputs]`, and `bias`.
    pub fn linear(&mut self, inputs: usize, outputs: usize) -> Linear {
        Linear { bias: Some(self.tensor("bias", [outputs])), ..self.linear_without_bias(inputs, outputs) }
    }
    /// Takes a linear layer that has only a `weight`.
    pub fn linear_without_bias(&mut self, inputs: usize, outputs: usize) -> Linear {
        Linear { weight: self.transposed("weight", [outputs, inputs]), bias: None }
    }
    /// Takes an embedding.
    pub fn embedding(&mut self, count: usize, features: usize) -> Embedding {
        Embedding { weight: self.tensor("weight", [count, features]) }
    }
    /// Takes a layer normalization: `weight` and `bias`.
    pub fn layer_norm(&mut self, features: usize, eps: f64) -> LayerNorm {
        let [weight, bias] = ["weight", "bias"].map(|name| Some(self.tensor(name, [features])));
        LayerNorm { weight, bias, eps }
    }
    /// Takes a root-mean-square normalization.
    pub fn rms_norm(&mut self, features: usize, eps: f64) -> RmsNorm {
        RmsNorm { weight: self.tensor("weight", [features]), eps }
    }
    /// Takes a convolution without a bias, whose `weight` has the shape `[outputs, inputs / groups, ..window]`.
    pub fn conv_without_bias(&mut self, weight: impl AsRef<[usize]>, options: ConvOptions) -> Conv {
        Conv { weight: self.tensor("weight", weight), bias: None, options }
    }
    /// Takes a convolution: `weight`, of the shape `[outputs, inputs / groups, ..window]`, and `bias`.
    pub fn conv(&mut self, weight: impl AsRef<[usize]>, options: ConvOptions) -> Conv {
        let outputs = weight.as_ref()[0];
        Conv { bias: Some(self.tensor("bias", [outputs])), ..self.conv_without_bias(weight, options) }
    }
    fn name(&self, name: impl Display) -> String {
        match (&self.prefix[..], &name.to_string()[..]) {
            ("", name) => name.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, name) => format!("{prefix}.{name}"),
        }
    }
}
