//! Every layer comes back from a file with its settings.

use rune_nn::nn::{
    BatchNorm, Conv, ConvTranspose, Dropout, GroupNorm, LayerNorm, Linear, Mlp, MultiHeadAttention, RmsNorm,
};
use rune_trace::{ConvOptions, ConvPadding, Layout, Tensor, Tree, random, storage};

#[derive(Tree)]
struct All {
    linear: Linear,
    mlp: Mlp,
    conv: Conv,
    transpose: ConvTranspose,
    attention: MultiHeadAttention,
    norms: (LayerNorm, RmsNorm, GroupNorm, BatchNorm),
    dropout: Dropout,
}

/// Returns layers whose tensor types are the same for every `n`, and whose settings differ.
fn all(n: usize) -> All {
    let key = random::key(n as u64);
    let layout = if n == 0 { Layout::ChannelsFirst } else { Layout::ChannelsLast };
    let padding = if n == 0 { ConvPadding::Same } else { ConvPadding::from([n, 1]) };
    let options = |groups| {
        let kernels = ConvOptions::new().strides([n + 1, 1]).dilations(n + 1).padding(padding.clone());
        ConvOptions { groups, ..kernels }
    };
    let eps = 1e-3 / (n + 1) as f64;
    All {
        linear: Linear::new(&key, 2, 3),
        mlp: Mlp::new(&key, &[2, 4, 1], Tensor::relu),
        conv: Conv::new(&key, 4, 4, [3, 3], options(2)),
        transpose: ConvTranspose::new(&key, 4, 4, [3, 3], options(1)),
        attention: MultiHeadAttention::new(&key, 8, 2 << n),
        norms: (
            LayerNorm { eps, ..LayerNorm::new(4) },
            RmsNorm { eps, ..RmsNorm::new(4) },
            GroupNorm { eps, layout, ..GroupNorm::new(2 << n, 8) },
            BatchNorm { eps, layout, momentum: 0.9 + 0.01 * n as f64, ..BatchNorm::new(4) },
        ),
        dropout: Dropout { rate: 0.25 * n as f64 },
    }
}

#[test]
fn layers_come_back_with_their_settings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("layers.safetensors");
    for (n, m) in [(0, 1), (1, 0), (1, 1)] {
        let saved = all(n);
        storage::save(&file, &saved).unwrap();
        let loaded = storage::load(&file, &all(m)).unwrap();
        assert_eq!(loaded.statics(), saved.statics(), "{n} into {m}");
        for (x, y) in loaded.leaves().iter().zip(saved.leaves()) {
            assert_eq!(x.to_array().unwrap(), y.to_array().unwrap());
        }
    }
}
