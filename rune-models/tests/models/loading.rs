//! Checkpoints that do not hold the model.

use crate::made_up::{Expected, data};
use rune::{Array, DType, storage};
use rune_models::gpt2::Gpt2;
use serde_json::Value;

type Any = Expected<std::collections::BTreeMap<String, Value>>;

#[test]
fn all_differences_are_reported_together() {
    let expected: Any = data("gpt2");
    let folder = tempfile::tempdir().unwrap();
    expected.write(folder.path(), DType::F32);
    let path = folder.path().join("model.safetensors");
    let mut arrays = storage::read(&path).unwrap();
    arrays.remove("transformer.h.1.ln_1.bias");
    let square = arrays["transformer.h.0.attn.c_proj.weight"].clone();
    arrays.insert("transformer.h.0.attn.c_attn.weight".to_owned(), square);
    arrays.insert("more".to_owned(), Array::from_slice([1], &[0i64]));
    // Older files hold such arrays, which the model does not need.
    arrays.insert("transformer.h.0.attn.bias".to_owned(), Array::from_slice([1], &[1u8]));
    storage::write(&path, arrays.iter().map(|(name, array)| (name.as_str(), array))).unwrap();
    let error = Gpt2::load(folder.path()).unwrap_err().to_string();
    let expected = format!(
        "{} does not hold this model:\n  `h.0.attn.c_attn.weight` is of type [32, 32, f32] in the file, and of \
         [32, 96, f32] in the tree\n  `h.1.ln_1.bias` of type [32, f32] is missing\n  `more` of type [1, i64] is in the \
         file and not in the tree",
        folder.path().display()
    );
    assert_eq!(error, expected);
}

#[test]
fn folders_without_a_checkpoint_and_wrong_settings_are_errors() {
    let expected: Any = data("gpt2");
    let folder = tempfile::tempdir().unwrap();
    let error = || Gpt2::load(folder.path()).unwrap_err().to_string();
    assert!(error().contains("has neither `model.safetensors` nor"), "{}", error());
    expected.write(folder.path(), DType::F32);
    let config = folder.path().join("config.json");
    std::fs::write(&config, "{\"vocab_size\": 96}").unwrap();
    assert!(error().contains("missing field `n_positions`"), "{}", error());
    let mut settings = expected.config.clone().unwrap();
    settings["activation_function"] = "relu".into();
    std::fs::write(&config, settings.to_string()).unwrap();
    assert!(error().ends_with("`activation_function` is relu, and the model supports `gelu_new`"), "{}", error());
    std::fs::remove_file(&config).unwrap();
    assert!(error().contains("config.json: No such file"), "{}", error());
}

/// A truncated file is reported as truncated, not as a missing array.
#[test]
fn damaged_files_are_errors() {
    let expected: Any = data("gpt2");
    let folder = tempfile::tempdir().unwrap();
    expected.write(folder.path(), DType::F32);
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    for length in [0, 7, 100, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let error = Gpt2::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is not a safetensors file that rune can read"), "{length} bytes: {error}");
    }
    expected.write_sharded(folder.path(), DType::F32, 2);
    std::fs::remove_file(&path).ok();
    std::fs::remove_file(folder.path().join("model-00002-of-00002.safetensors")).unwrap();
    let error = Gpt2::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("model-00002-of-00002.safetensors: No such file"), "{error}");
}
