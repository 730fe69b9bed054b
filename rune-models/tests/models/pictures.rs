//! ResNet against torchvision, and vision transformers against timm and torchvision.

use crate::made_up::{Expected, assert_close, data, made_up};
use rune::{DType, Tensor, Tree, jit};
use rune_models::resnet::ResNet;
use rune_models::vit::Vit;
use serde::Deserialize;

#[derive(Deserialize)]
struct Logits {
    logits: Vec<f64>,
}

fn picture() -> Tensor {
    Tensor::from_vec([1, 3, 224, 224], made_up("picture", &[3 * 224 * 224])) * 5.0f32
}

fn check<M: Tree + Send + Sync>(
    name: &str,
    load: impl Fn(&std::path::Path) -> Result<M, rune_models::LoadError>,
    forward: impl Fn(&M, &Tensor) -> Tensor + Send + Sync,
) {
    let expected: Expected<Logits> = data(name);
    let folder = tempfile::tempdir().unwrap();
    expected.write(folder.path(), DType::F32);
    let model = load(&folder.path().join("model.safetensors")).unwrap();
    assert_close(&jit(forward)(&model, &picture()), &expected.values.logits, 1e-5);
}

#[test]
fn resnet18_is_that_of_torchvision() {
    check("resnet18", |path| ResNet::load(path), ResNet::forward);
}

#[test]
fn resnet50_is_that_of_torchvision() {
    check("resnet50", |path| ResNet::load(path), ResNet::forward);
}

#[test]
fn a_vision_transformer_is_that_of_timm() {
    check("vit_tiny", |path| Vit::load(path), Vit::forward);
}

#[test]
fn a_vision_transformer_is_that_of_torchvision() {
    check("vit_torchvision", |path| Vit::load_with_heads(path, Some(4)), Vit::forward);
}
