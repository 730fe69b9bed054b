//! Plots of losses.

use epaint_default_fonts::UBUNTU_LIGHT;
use plotters::prelude::*;
use plotters::style::register_font;
use std::path::Path;

const SIZE: (u32, u32) = (960, 600);
const LINE: RGBColor = RGBColor(0x2a, 0x6f, 0xdb);
const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);

/// Plots the loss of each epoch, counted from 1, to the PNG file `path`, with a logarithmic axis.
pub fn draw(path: &Path, title: &str, losses: &[f64]) -> anyhow::Result<()> {
    anyhow::ensure!(losses.iter().all(|l| l.is_finite() && *l > 0.0), "a loss is not a positive number: {losses:?}");
    let range = |f: fn(f64, f64) -> f64, margin: f64| losses.iter().copied().reduce(f).map(|l| l * margin);
    let (Some(low), Some(high)) = (range(f64::min, 0.8), range(f64::max, 1.25)) else {
        anyhow::bail!("no losses to draw");
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Includes a font, for machines without fonts.
    register_font("sans-serif", FontStyle::Normal, UBUNTU_LIGHT).map_err(|_| anyhow::anyhow!("the font is broken"))?;

    let root = BitMapBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let last = losses.len().max(2) as f64;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 30).into_font().color(&INK))
        .margin(24)
        .x_label_area_size(56)
        .y_label_area_size(84)
        .build_cartesian_2d(1.0..last, (low..high).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("epoch")
        .y_desc("loss")
        .x_labels(losses.len().clamp(2, 20))
        .y_labels(24)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| format!("{y:.3}"))
        .label_style(("sans-serif", 18).into_font().color(&INK))
        .axis_desc_style(("sans-serif", 22).into_font().color(&INK))
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(0xe4, 0xe4, 0xe4))
        .draw()?;
    let points = || (1..).map(f64::from).zip(losses.iter().copied());
    chart.draw_series(LineSeries::new(points(), LINE.stroke_width(3)))?;
    chart.draw_series(points().map(|point| Circle::new(point, 4, LINE.filled())))?;
    root.present()?;
    Ok(())
}
