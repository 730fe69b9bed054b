//! ResNet (He et al., 2015), as torchvision stores it: 18, 34, 50, 101 and 152 layers.

use crate::checkpoint::{Checkpoint, LoadError, Part};
use rune::nn::{BatchNorm, BatchStatistics, Conv, Linear};
use rune::{ConvOptions, Layout, PoolOptions, Tensor, Tree};
use std::path::Path;

/// A batch normalization with its statistics.
#[derive(Tree, Clone, Debug)]
struct Norm {
    norm: BatchNorm,
    statistics: BatchStatistics,
}

impl Norm {
    fn load(mut part: Part<'_>, channels: usize) -> Norm {
        let mut take = |name: &str| part.tensor(name, [channels]);
        let norm = BatchNorm {
            weight: Some(take("weight")),
            bias: Some(take("bias")),
            // PyTorch's momentum of 0.1 is the weight of the new statistics.
            momentum: 0.9,
            eps: 1e-5,
            layout: Layout::ChannelsFirst,
        };
        Norm { norm, statistics: BatchStatistics { mean: take("running_mean"), variance: take("running_var") } }
    }
}

/// A convolution and its normalization.
#[derive(Tree, Clone, Debug)]
struct ConvNorm {
    conv: Conv,
    norm: Norm,
}

/// The normalization: by the running statistics, or by those of the batch.
type Normalize<'a> = dyn FnMut(&Norm, &Tensor) -> Tensor + 'a;

impl ConvNorm {
    fn load(
        mut part: Part<'_>,
        [conv, norm]: [&str; 2],
        [inputs, outputs]: [usize; 2],
        window: usize,
        stride: usize,
    ) -> ConvNorm {
        let options = ConvOptions::default().strides(stride).padding([window / 2; 2]);
        let conv = part.at(conv).conv_without_bias([outputs, inputs, window, window], options);
        ConvNorm { conv, norm: Norm::load(part.at(norm), outputs) }
    }
    fn run(&self, x: &Tensor, normalize: &mut Normalize<'_>) -> Tensor {
        normalize(&self.norm, &self.conv.forward(x))
    }
}

/// A residual block of two or three convolutions.
#[derive(Tree, Clone, Debug)]
struct Block {
    units: Vec<ConvNorm>,
    /// Maps the input to the shape of the output, if the shapes differ.
    shortcut: Option<ConvNorm>,
}

impl Block {
    /// `channels` are those of the input, of the inner convolutions, and of the output.
    fn load(mut part: Part<'_>, channels: [usize; 3], stride: usize) -> Block {
        let [inputs, inner, outputs] = channels;
        let mut unit = |names, channels, window, stride| ConvNorm::load(part.at(""), names, channels, window, stride);
        let [first, second, third] = [["conv1", "bn1"], ["conv2", "bn2"], ["conv3", "bn3"]];
        let units = if inner == outputs {
            vec![unit(first, [inputs, inner], 3, stride), unit(second, [inner, inner], 3, 1)]
        } else {
            let last = unit(third, [inner, outputs], 1, 1);
            vec![unit(first, [inputs, inner], 1, 1), unit(second, [inner, inner], 3, stride), last]
        };
        let fits = inputs == outputs && stride == 1;
        let shortcut = (!fits).then(|| unit(["downsample.0", "downsample.1"], [inputs, outputs], 1, stride));
        Block { units, shortcut }
    }
    fn run(&self, x: &Tensor, normalize: &mut Normalize<'_>) -> Tensor {
        let mut y = x.clone();
        for (i, unit) in self.units.iter().enumerate() {
            y = unit.run(&if i == 0 { y } else { y.relu() }, normalize);
        }
        let x = self.shortcut.as_ref().map_or_else(|| x.clone(), |unit| unit.run(x, normalize));
        (y + x).relu()
    }
}

/// An image classifier.
#[derive(Tree, Clone, Debug)]
pub struct ResNet {
    stem: ConvNorm,
    blocks: Vec<Block>,
    head: Linear,
}

impl ResNet {
    /// Loads a model from a file. The number of layers and classes follows from the arrays.
    ///
    /// # Errors
    /// If the file cannot be read, or does not hold this model.
    pub fn load(path: impl AsRef<Path>) -> Result<ResNet, LoadError> {
        let mut checkpoint = Checkpoint::open(path)?;
        checkpoint.skip(|name| name.ends_with("num_batches_tracked"));
        let mut root = checkpoint.root();
        // Blocks of three convolutions widen their outputs.
        let wider = if root.has("layer1.0.conv3.weight") { 4 } else { 1 };
        let stem = ConvNorm::load(root.at(""), ["conv1", "bn1"], [3, 64], 7, 2);
        let mut blocks = Vec::new();
        let mut inputs = 64;
        for (stage, inner) in [64, 128, 256, 512].into_iter().enumerate() {
            let mut stage_part = root.at(format!("layer{}", stage + 1));
            for i in 0.. {
                if i > 0 && !stage_part.has(&format!("{i}.conv1.weight")) {
                    break;
                }
                let stride = if i == 0 && stage > 0 { 2 } else { 1 };
                blocks.push(Block::load(stage_part.at(i), [inputs, inner, inner * wider], stride));
                inputs = inner * wider;
            }
        }
        let classes = root.shape("fc.bias").map_or(1000, |shape| shape.iter().product());
        let head = root.at("fc").linear(inputs, classes);
        checkpoint.finish(ResNet { stem, blocks, head })
    }
    /// Returns the logits of the classes, of the shape `[batch, classes]`, for normalized images of the shape `[batch,
    /// 3, height, width]`. Batch normalizations use their running statistics.
    pub fn forward(&self, x: &Tensor) -> Tensor {
        self.run(x, &mut |norm, x| norm.norm.forward(x, &norm.statistics))
    }
    /// Returns the logits, and the model with new running statistics. Batch normalizations use the statistics of the
    /// batch.
    pub fn train(&self, x: &Tensor) -> (Tensor, ResNet) {
        let mut statistics = Vec::new();
        let logits = self.run(x, &mut |norm, x| {
            let (y, next) = norm.norm.train(x, &norm.statistics);
            statistics.push(next);
            y
        });
        let mut model = self.clone();
        for (norm, next) in model.norms().into_iter().zip(statistics) {
            norm.statistics = next;
        }
        (logits, model)
    }
    fn run(&self, x: &Tensor, normalize: &mut Normalize<'_>) -> Tensor {
        let pool = PoolOptions::default().strides(2).padding([1usize; 2]);
        let mut x = self.stem.run(x, normalize).relu().max_pool([3, 3], &pool);
        for block in &self.blocks {
            x = block.run(&x, normalize);
        }
        self.head.forward(&x.mean_axes([2, 3]))
    }
    /// Returns all normalizations, in the order in which they run.
    fn norms(&mut self) -> Vec<&mut Norm> {
        let mut units = vec![&mut self.stem];
        for block in &mut self.blocks {
            units.extend(block.units.iter_mut().chain(&mut block.shortcut));
        }
        units.into_iter().map(|unit| &mut unit.norm).collect()
    }
}
