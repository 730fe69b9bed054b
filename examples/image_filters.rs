//! Classic image filters as array programs: `cargo run --release --example image_filters`.
//!
//! Writes a test picture, and the results of the filters, to `output/filters/`.

use rune::{ConvOptions, PoolOptions, prelude::*, random, where_};
use rune_examples::picture;
use std::path::Path;

/// Draws a picture `[size, size, 3]`: a disc with a gradient before a checkerboard, with noise.
pub fn draw_picture(size: usize, key: &Tensor) -> Tensor {
    let axis = Tensor::linspace(-1.0, 1.0, size, DType::F32);
    let (y, x) = (axis.unsqueeze(1), axis.unsqueeze(0));
    let squares = ((&x * 4.0).floor() + (&y * 4.0).floor()).remainder(2.0);
    let inside = (x.square() + y.square()).lt(0.4);
    let disc = [&x * 0.5 + 0.5, &y * 0.5 + 0.5 + &x * 0.0, &x * 0.0 + &y * 0.0 + 0.8];
    let channels = disc.map(|c| where_(&inside, c, &squares * 0.6 + 0.2));
    Tensor::stack(&channels, -1) + random::normal(key, [size, size, 3], DType::F32) * 0.05
}

/// Applies a filter of one channel `[height, width]` to each channel of a picture.
pub fn each_channel(filter: impl Fn(&Tensor) -> Tensor + Send + Sync) -> impl Fn(&Tensor) -> Tensor {
    move |picture: &Tensor| vmap_axes(-1, -1, &filter)(picture)
}

/// Convolves a channel with a kernel `[rows, columns]` of odd sizes. The edge is repeated outward.
fn convolved(channel: &Tensor, kernel: &Tensor) -> Tensor {
    let (rows, columns) = (kernel.shape()[0], kernel.shape()[1]);
    let index = |n: usize, k: usize| (Tensor::arange(0..n + k - 1, DType::I32) - (k / 2)).clamp(0, n as i32 - 1);
    let padded = channel.take(&index(channel.shape()[0], rows), 0).take(&index(channel.shape()[1], columns), 1);
    let batch = |x: &Tensor| x.unsqueeze(0).unsqueeze(0);
    batch(&padded).conv(&batch(kernel), &ConvOptions::new()).i((0, 0))
}

/// Blurs a channel with a Gaussian of this standard deviation in pixels: along rows, then along columns.
pub fn gaussian_blur(channel: &Tensor, sigma: f64) -> Tensor {
    let radius = (3.0 * sigma).ceil() as i32;
    let x = Tensor::arange(-radius..radius + 1, DType::F32);
    let kernel = (x.square() * (-0.5 / (sigma * sigma))).softmax(-1);
    convolved(&convolved(channel, &kernel.unsqueeze(0)), &kernel.unsqueeze(1))
}

/// Sharpens a channel by the difference from its blur.
pub fn unsharp_mask(channel: &Tensor, sigma: f64, amount: f64) -> Tensor {
    channel + (channel - gaussian_blur(channel, sigma)) * amount
}

/// Returns the length of the gradient of a channel, computed with Sobel's kernels.
pub fn sobel(channel: &Tensor) -> Tensor {
    let kernel = Tensor::from([[-1.0f32, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]]);
    convolved(channel, &kernel).hypot(convolved(channel, &kernel.t()))
}

/// Replaces each pixel by the median of 3 × 3 pixels.
pub fn median(channel: &Tensor) -> Tensor {
    let shift = |axis: isize, by: i32| {
        move |x: &Tensor| {
            let n = x.shape()[axis as usize] as i32;
            x.take(&(Tensor::arange(0..n, DType::I32) + by).clamp(0, n - 1), axis)
        }
    };
    let rows: Vec<Tensor> = [-1, 0, 1].map(|by| shift(0, by)(channel)).into();
    let window: Vec<Tensor> = rows.iter().flat_map(|row| [-1, 0, 1].map(|by| shift(1, by)(row))).collect();
    Tensor::stack(&window, -1).sort(-1).i((.., .., 4))
}

/// Replaces each pixel by the minimum of 3 × 3 pixels: dark areas grow.
pub fn erode(channel: &Tensor) -> Tensor {
    let batch = channel.unsqueeze(0).unsqueeze(0);
    batch.min_pool(3, &PoolOptions::new().strides(1).padding(rune::ConvPadding::Same)).i((0, 0))
}

fn main() -> anyhow::Result<()> {
    let picture = draw_picture(256, &random::key(0));
    let folder = Path::new("output/filters");
    picture::save(&folder.join("original.png"), &picture)?;
    let write = |name: &str, filtered: Tensor| picture::save(&folder.join(name), &filtered);
    write("blur.png", jit(each_channel(|x| gaussian_blur(x, 3.0)))(&picture))?;
    println!("a blurred picture is in {}", folder.join("blur.png").display());
    write("sharp.png", jit(each_channel(|x| unsharp_mask(x, 2.0, 1.0)))(&picture))?;
    write("edges.png", jit(each_channel(sobel))(&picture))?;
    write("median.png", jit(each_channel(median))(&picture))?;
    write("eroded.png", jit(each_channel(erode))(&picture))?;
    println!("six pictures in {}", folder.display());
    Ok(())
}
