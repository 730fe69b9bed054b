//! Pictures in PNG files.

use plotters::prelude::*;
use rune::{DType, Tensor};
use std::path::Path;

/// Writes a picture `[height, width, 3]` with values from 0 to 1 to the PNG file `path`.
pub fn save(path: &Path, picture: &Tensor) -> anyhow::Result<()> {
    let &[height, width, 3] = &picture.shape()[..] else {
        anyhow::bail!("a picture has the shape [height, width, 3], and this one is {}", picture.ty());
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let bytes = (picture.clamp(0.0, 1.0) * 255.0).round().cast(DType::U8).to_vec::<u8>()?;
    let root = BitMapBackend::new(path, (width.try_into()?, height.try_into()?)).into_drawing_area();
    for (y, row) in bytes.chunks_exact(3 * width).enumerate() {
        for (x, &[r, g, b]) in row.as_chunks::<3>().0.iter().enumerate() {
            root.draw_pixel((x.try_into()?, y.try_into()?), &RGBColor(r, g, b))?;
        }
    }
    root.present()?;
    Ok(())
}
