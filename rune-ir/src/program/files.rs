//! Saving and loading programs, and their serde forms.

use super::Program;
use super::file_error::{JsonError, LoadError, SaveError};
use super::json::Document;
use super::json_lines::lines;
use super::print::INLINE;
use crate::Array;
use crate::storage::{self, StorageError};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::path::Path;

impl Program {
    /// Returns the program as JSON, with one line for each input, constant, sub-program and instruction. It contains
    /// all constants.
    ///
    /// # Errors
    /// If a constant cannot be fetched from its device, or the program calls a function of this process.
    pub fn to_json(&self) -> Result<String, SaveError> {
        Ok(lines(&Document::of(self, usize::MAX)?.0))
    }

    /// Reads a program from JSON text that contains all constants. Everything in the text is checked.
    ///
    /// ```
    /// use rune_ir::Program;
    /// use rune_trace::{Tensor, make_program};
    /// let program = make_program(|x: &Tensor| x * x, &Tensor::scalar(0.0f32))?;
    /// assert_eq!(Program::from_json(&program.to_json()?)?, program);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the text is not a program.
    pub fn from_json(text: &str) -> Result<Program, JsonError> {
        Program::from_json_with(text, &BTreeMap::new())
    }

    /// Like [`Program::from_json`], with the arrays of the `.safetensors` file. The text refers to them by name.
    ///
    /// # Errors
    /// If the text is not a program, or refers to an array that is missing or that has another type or content.
    pub fn from_json_with(text: &str, arrays: &BTreeMap<String, Array>) -> Result<Program, JsonError> {
        Ok(serde_json::from_str::<Document>(text)?.program(arrays)?)
    }

    /// Writes the program as JSON to `path`. Constants of more than [`INLINE`] elements go to a file with the same name
    /// and the extension `.safetensors`, except those of `c128`, which that format lacks.
    ///
    /// # Errors
    /// If a file cannot be written, a constant cannot be fetched from its device, or the program calls a function of
    /// this process.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        let path = path.as_ref();
        let (document, tensors) = Document::of(self, INLINE)?;
        let beside = path.with_extension("safetensors");
        if beside == path {
            return Err(SaveError::Extension(beside));
        }
        let arrays = tensors.iter().map(|(name, array)| (name.as_str(), array));
        // The file of arrays is replaced first, so that the program never refers to missing arrays.
        let paths: &[&Path] = if tensors.is_empty() { &[path] } else { &[&beside, path] };
        Ok(storage::replace_all(paths, |i, temporary| match paths[i] == path {
            true => std::fs::write(temporary, lines(&document)),
            false => storage::write_to(temporary, arrays.clone()),
        })?)
    }

    /// Reads a program that [`Program::save`] wrote, or any other program in this format. Everything in the file is
    /// checked, because the file may come from anywhere.
    ///
    /// # Errors
    /// If a file cannot be read, or is not a program.
    pub fn load(path: impl AsRef<Path>) -> Result<Program, LoadError> {
        let path = path.as_ref();
        let text = std::fs::read(path).map_err(|source| StorageError::Io { path: path.to_owned(), source })?;
        let document: Document =
            serde_json::from_slice(&text).map_err(|source| LoadError::Json { path: path.to_owned(), source })?;
        let beside = path.with_extension("safetensors");
        let tensors = if document.has_tensors() { storage::read(beside)? } else { BTreeMap::new() };
        document
            .program(&tensors)
            .map_err(|source| LoadError::Document { path: path.to_owned(), source: Box::new(source) })
    }
}

/// Serializes like [`Program::save`], with all constants inline.
impl Serialize for Program {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Document::of(self, usize::MAX).map_err(S::Error::custom)?.0.serialize(serializer)
    }
}
impl<'de> Deserialize<'de> for Program {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Program, D::Error> {
        Document::deserialize(deserializer)?.program(&BTreeMap::new()).map_err(D::Error::custom)
    }
}
