//! BERT against `transformers`.

use crate::made_up::{Expected, assert_close, data};
use rune::{DType, Tensor};
use rune_models::bert::Bert;
use serde::Deserialize;

#[derive(Deserialize)]
struct Features {
    tokens: Vec<Vec<i32>>,
    mask: Vec<Vec<u8>>,
    features: Vec<f64>,
}

#[test]
fn bert_is_that_of_transformers() {
    let expected: Expected<Features> = data("bert");
    let folder = tempfile::tempdir().unwrap();
    expected.write(folder.path(), DType::F32);
    let model = Bert::load(folder.path()).unwrap();
    let shape = [expected.values.tokens.len(), expected.values.tokens[0].len()];
    let tokens = Tensor::from_vec(shape, expected.values.tokens.concat());
    let mask = Tensor::from_vec(shape, expected.values.mask.concat()).ne(0);
    assert_close(&model.forward(&tokens, &mask), &expected.values.features, 1e-5);
}
