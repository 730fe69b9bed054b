//! Plots of metrics over steps.

use crate::error::TrainError;
use crate::history::{History, Phase};
use epaint_default_fonts::UBUNTU_LIGHT;
use plotters::coord::Shift;
use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use plotters::style::register_font;
use std::path::Path;

const SIZE: (u32, u32) = (960, 600);
const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const COLORS: [RGBColor; 4] =
    [RGBColor(0x2a, 0x6f, 0xdb), RGBColor(0xd9, 0x48, 0x2b), RGBColor(0x2b, 0x9a, 0x5b), RGBColor(0x8e, 0x4b, 0xb8)];
/// Lines with fewer points have dots.
const DOTTED: usize = 100;

/// A line of a plot.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The name in the legend.
    pub name: String,
    /// Positions on both axes. Points that are not finite are left out.
    pub points: Vec<(f64, f64)>,
}

/// Draws curves to a PNG file. The vertical axis is logarithmic if all values are positive, and the greatest is more
/// than ten times the least.
///
/// ```
/// use rune::train::{Curve, draw_curves};
/// let points = (1..50).map(|x| (f64::from(x), 1.0 / f64::from(x))).collect();
/// let path = std::env::temp_dir().join(format!("rune-curve-{}.png", std::process::id()));
/// draw_curves(&path, "Loss", ("step", "loss"), &[Curve { name: "training".to_owned(), points }])?;
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If there is no finite point, or the file cannot be written.
pub fn draw_curves(path: &Path, title: &str, axes: (&str, &str), curves: &[Curve]) -> Result<(), TrainError> {
    let failed = |reason: String| TrainError::Curve { path: path.to_owned(), reason };
    let curves: Vec<Curve> = curves.iter().map(finite).filter(|curve| !curve.points.is_empty()).collect();
    if curves.is_empty() {
        return Err(failed("there is no finite value to draw".to_owned()));
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|source| TrainError::Io { path: folder.to_owned(), source })?;
    }
    let mut pixels = vec![0; 3 * (SIZE.0 * SIZE.1) as usize];
    draw(&mut pixels, title, axes, &curves).map_err(failed)?;
    // Replaces the file atomically, so that a reader never sees half a picture while training continues.
    rune_trace::storage::replace(path, |temporary| {
        image::save_buffer_with_format(
            temporary,
            &pixels,
            SIZE.0,
            SIZE.1,
            image::ColorType::Rgb8,
            image::ImageFormat::Png,
        )
        .map_err(std::io::Error::other)
    })
    .map_err(|error| failed(error.to_string()))
}

/// Draws a metric of training and evaluation over the steps. Does nothing if there are no points.
pub(crate) fn draw_history(path: &Path, history: &History, metric: &str) -> Result<(), TrainError> {
    let curve = |phase, name: &str| {
        let points = history.series(phase, metric).into_iter().map(|(step, value)| (step as f64, value)).collect();
        finite(&Curve { name: name.to_owned(), points })
    };
    let curves = [curve(Phase::Train, "training"), curve(Phase::Evaluation, "evaluation")];
    if curves.iter().all(|curve| curve.points.is_empty()) {
        return Ok(());
    }
    draw_curves(path, metric, ("step", metric), &curves)
}

fn finite(curve: &Curve) -> Curve {
    let points = curve.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    Curve { name: curve.name.clone(), points }
}

fn draw(pixels: &mut [u8], title: &str, axes: (&str, &str), curves: &[Curve]) -> Result<(), String> {
    // Includes a font, for machines without fonts.
    register_font("sans-serif", FontStyle::Normal, UBUNTU_LIGHT).map_err(|_| "the font is broken".to_owned())?;
    let root = BitMapBackend::with_buffer(pixels, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(|error| error.to_string())?;
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let range = |of: fn(&(f64, f64)) -> f64| {
        points().map(of).fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)))
    };
    let ((first, last), (low, high)) = (range(|p| p.0), range(|p| p.1));
    let across = first..if last > first { last } else { first + 1.0 };
    // Within one power of ten, a logarithmic axis has hardly any labels.
    if low > 0.0 && high > 10.0 * low {
        chart(&root, title, axes, curves, across, (low * 0.8..high * 1.25).log_scale())?;
    } else {
        let margin = if high > low { 0.05 * (high - low) } else { 1.0 };
        chart(&root, title, axes, curves, across, low - margin..high + margin)?;
    }
    root.present().map_err(|error| error.to_string())
}

fn chart<Y>(
    root: &DrawingArea<BitMapBackend<'_>, Shift>,
    title: &str,
    axes: (&str, &str),
    curves: &[Curve],
    across: std::ops::Range<f64>,
    up: Y,
) -> Result<(), String>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
{
    let mut chart = ChartBuilder::on(root)
        .caption(title, ("sans-serif", 30).into_font().color(&INK))
        .margin(24)
        .x_label_area_size(56)
        .y_label_area_size(84)
        .build_cartesian_2d(across, up)
        .map_err(|error| error.to_string())?;
    chart
        .configure_mesh()
        .x_desc(axes.0)
        .y_desc(axes.1)
        .y_labels(24)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| crate::metrics::four_digits(*y))
        .label_style(("sans-serif", 18).into_font().color(&INK))
        .axis_desc_style(("sans-serif", 22).into_font().color(&INK))
        .light_line_style(WHITE)
        .bold_line_style(RGBColor(0xe4, 0xe4, 0xe4))
        .draw()
        .map_err(|error| error.to_string())?;
    for (curve, color) in curves.iter().zip(COLORS.into_iter().cycle()) {
        let points = || curve.points.iter().copied();
        chart
            .draw_series(LineSeries::new(points(), color.stroke_width(3)))
            .map_err(|error| error.to_string())?
            .label(&curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], color.stroke_width(3)));
        if curve.points.len() <= DOTTED {
            chart
                .draw_series(points().map(|point| Circle::new(point, 4, color.filled())))
                .map_err(|error| error.to_string())?;
        }
    }
    if curves.len() > 1 {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.8))
            .label_font(("sans-serif", 18).into_font().color(&INK))
            .draw()
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}
