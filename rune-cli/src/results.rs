//! Destinations of results: the standard output, or files.

use crate::interrupt;
use crate::output::{check_folder, print_value};
use crate::program::is_stdin;
use crate::units::plural;
use anyhow::{Context, Result, bail};
use rune::ir::op::Literal;
use rune::{Array, Tensor, storage};
use rune_ir::storage::{npy, npz};
use serde_json::json;
use std::path::{Path, PathBuf};

/// A value of `--output`.
pub enum Destination {
    Printed,
    /// One file per array.
    Folder(PathBuf),
    /// A file with one array.
    Npy(PathBuf),
    /// One file with all arrays.
    Npz(PathBuf),
    Safetensors(PathBuf),
}

impl Destination {
    pub fn of(path: &Path) -> Destination {
        match path.extension().and_then(|e| e.to_str()) {
            _ if is_stdin(path) => Destination::Printed,
            _ if path.is_dir() => Destination::Folder(path.to_owned()),
            Some("npy") => Destination::Npy(path.to_owned()),
            Some("npz") => Destination::Npz(path.to_owned()),
            Some("safetensors") => Destination::Safetensors(path.to_owned()),
            _ => Destination::Folder(path.to_owned()),
        }
    }

    /// Rejects impossible destinations for this number of results before the work.
    pub fn check(&self, program: &str, count: usize) -> Result<()> {
        match self {
            Destination::Printed => Ok(()),
            Destination::Folder(path) if path.exists() && !path.is_dir() => {
                bail!("cannot create the folder {}: there is a file of this name", path.display())
            }
            Destination::Folder(_) => Ok(()),
            Destination::Npy(path) if count != 1 => bail!(
                "{program} has {}, and {} holds one array; write to a folder, or to OUT.npz or OUT.safetensors",
                plural(count, "result"),
                path.display()
            ),
            Destination::Npy(path) | Destination::Npz(path) | Destination::Safetensors(path) => check_folder(path),
        }
    }

    /// Writes all results or none, and reports where they are.
    pub fn write(&self, results: &[Array], json: bool) -> Result<()> {
        let names: Vec<String> = (0..results.len()).map(|i| format!("result{i}")).collect();
        let named = || names.iter().map(String::as_str).zip(results);
        let (path, written, files): (_, _, Vec<String>) = match self {
            Destination::Printed => return print(results, json),
            Destination::Folder(folder) => {
                let paths: Vec<PathBuf> = names.iter().map(|name| folder.join(name).with_extension("npy")).collect();
                let files = paths.iter().map(|path| path.display().to_string()).collect();
                (folder, into_folder(folder, &paths, results), files)
            }
            Destination::Npy(path) => {
                let written = storage::replace(path, |temporary| npy::save(temporary, &results[0]));
                (path, written.map_err(Into::into), vec![path.display().to_string()])
            }
            Destination::Npz(path) => {
                let written = storage::replace(path, |temporary| npz::write(temporary, named()));
                (path, written.map_err(Into::into), input_names(path, &names))
            }
            Destination::Safetensors(path) => {
                (path, storage::write(path, named()).map_err(Into::into), input_names(path, &names))
            }
        };
        written.with_context(|| format!("cannot write {}", path.display()))?;
        for (i, (array, file)) in results.iter().zip(files).enumerate() {
            let ty = array.ty().to_string();
            print_value(json, format!("{file}: {ty}"), json!({ "result": i, "type": ty, "file": file }))?;
        }
        Ok(())
    }
}

/// Returns the names of arrays in a file, as inputs refer to them.
fn input_names(path: &Path, names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("{}:{name}", path.display())).collect()
}

fn into_folder(folder: &Path, paths: &[PathBuf], results: &[Array]) -> Result<()> {
    let is_new = !folder.exists();
    std::fs::create_dir_all(folder)?;
    interrupt::writes_to(folder);
    let written = storage::replace_all(paths, |i, temporary| npy::save(temporary, &results[i]));
    written.inspect_err(|_| {
        if is_new {
            // Removing the folder restores the previous state. If that fails, the error still reports the problem.
            let _ = std::fs::remove_dir(folder);
        }
    })?;
    Ok(())
}

fn print(results: &[Array], json: bool) -> Result<()> {
    for (i, array) in results.iter().enumerate() {
        let text = format!("# result {i}: {}\n{}", array.ty(), Tensor::from_value(array.clone()));
        print_value(json, text, json!({ "result": i, "type": array.ty().to_string(), "elements": elements(array) }))?;
    }
    Ok(())
}

/// Returns the elements in row-major order as JSON. Elements that JSON lacks become strings.
fn elements(array: &Array) -> Vec<serde_json::Value> {
    let (dtype, bytes) = (array.dtype(), array.bytes());
    let element = |bytes: &[u8]| {
        let text = Literal::from_bytes(dtype, bytes).number();
        text.parse().unwrap_or(serde_json::Value::String(text))
    };
    bytes.chunks_exact(dtype.size()).map(element).collect()
}
