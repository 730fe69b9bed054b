//! Checkpoints of made-up weights, the same as in `scripts/oracle/models.py`.

use rune::{Array, DType, Tensor, storage};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The common part of the files of test data.
#[derive(Deserialize)]
pub struct Expected<T> {
    /// The settings of the model.
    pub config: Option<Value>,
    /// The names and shapes of the model's arrays.
    pub shapes: BTreeMap<String, Vec<usize>>,
    #[serde(flatten)]
    pub values: T,
}

/// Reads a file of test data.
pub fn data<T: DeserializeOwned>(name: &str) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/{name}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Returns the elements of an array, which depend only on its name.
pub fn made_up(name: &str, shape: &[usize]) -> Vec<f32> {
    // The FNV-1a hash.
    let seed =
        name.bytes().fold(0xCBF2_9CE4_8422_2325u64, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
    let fan_in: usize = shape.iter().skip(1).product();
    let element = |i: usize| {
        let x = (i as u64).wrapping_add(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        let u = (x >> 40) as f64 / f64::from(1u32 << 23) - 1.0;
        let y = if shape.len() >= 2 {
            u * (3.0 / fan_in as f64).sqrt()
        } else if name.ends_with("weight") || name.ends_with("running_var") {
            1.0 + 0.5 * u
        } else {
            0.2 * u
        };
        y as f32
    };
    (0..shape.iter().product()).map(element).collect()
}

impl<T> Expected<T> {
    /// Returns the arrays of the model, by name.
    pub fn arrays(&self, dtype: DType) -> BTreeMap<String, Array> {
        let array = |(name, shape): (&String, &Vec<usize>)| {
            let tensor = Tensor::from_vec(&shape[..], made_up(name, shape)).cast(dtype);
            (name.clone(), tensor.to_array().unwrap())
        };
        self.shapes.iter().map(array).collect()
    }
    /// Writes the checkpoint into `folder`, as one file.
    pub fn write(&self, folder: &Path, dtype: DType) {
        let arrays = self.arrays(dtype);
        write_file(&folder.join("model.safetensors"), arrays.iter());
        if let Some(config) = &self.config {
            std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
        }
    }
    /// Writes the checkpoint into `folder`, as several files with an index.
    pub fn write_sharded(&self, folder: &Path, dtype: DType, files: usize) {
        self.write(folder, dtype);
        std::fs::remove_file(folder.join("model.safetensors")).unwrap();
        let arrays = self.arrays(dtype);
        let mut places = BTreeMap::new();
        for shard in 0..files {
            let file = format!("model-{:05}-of-{files:05}.safetensors", shard + 1);
            let within = arrays.iter().enumerate().filter(|(i, _)| i % files == shard).map(|(_, entry)| entry);
            places.extend(within.clone().map(|(name, _)| (name.clone(), file.clone())));
            write_file(&folder.join(file), within);
        }
        let index = serde_json::json!({ "metadata": {}, "weight_map": places });
        std::fs::write(folder.join("model.safetensors.index.json"), index.to_string()).unwrap();
    }
}

fn write_file<'a>(path: &Path, arrays: impl Iterator<Item = (&'a String, &'a Array)>) {
    storage::write(path, arrays.map(|(name, array)| (name.as_str(), array))).unwrap();
}

/// Checks that all elements differ by at most `tolerance` times the largest expected one.
#[track_caller]
pub fn assert_close(found: &Tensor, expected: &[f64], tolerance: f64) {
    let found = found.cast(DType::F64).to_vec::<f64>().unwrap();
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0, |m: f64, e| m.max(e.abs()));
    let apart = found.iter().zip(expected).fold(0.0, |m: f64, (f, e)| m.max((f - e).abs()));
    println!("apart by {:.1e} of {largest:.3}", apart);
    assert!(apart <= tolerance * largest, "apart by {apart:e}, where the largest is {largest:e}");
}
