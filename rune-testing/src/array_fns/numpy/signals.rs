//! Polynomials, signals, segments, images and interpolation.

use super::{ints, result_size, size, sizes};
use rune_trace::image::{self, ResizeMethod};
use rune_trace::interpolate::RegularGridInterpolator;
use rune_trace::ndimage::{self, Order, Outside};
use rune_trace::op::DotDims;
use rune_trace::signal::{self, ConvolveMode, Trend};
use rune_trace::{
    ConvOptions, ConvPadding, Layout, RaggedDotDims, Tensor, segment_max, segment_min, segment_prod, segment_sum,
};
use serde_json::Value;

pub(super) fn apply(function: &str, args: &Value, inputs: &[Tensor]) -> Option<Vec<Tensor>> {
    let x = inputs.first()?;
    let y = inputs.get(1).unwrap_or(x);
    let one = match function {
        "polyval" => x.polyval(y),
        "polyfit" => x.polyfit(y, size(args)),
        "poly2" => match args.as_str().unwrap() {
            "polyadd" => x.polyadd(y),
            "polysub" => x.polysub(y),
            "polymul" => x.polymul(y),
            _ => {
                let (quotient, rest) = x.polydiv(y);
                return Some(vec![quotient, rest]);
            }
        },
        "polyder" => x.polyder(size(args)),
        "polyint" => x.polyint(size(args)),
        "poly" => x.poly(),
        "convolve" => x.convolve(y, mode(args)),
        "correlate" => x.correlate(y, mode(args)),
        "signal" => match args[0].as_str().unwrap() {
            "convolve" => signal::convolve(x, y, mode(&args[1])),
            "correlate" => signal::correlate(x, y, mode(&args[1])),
            "convolve2d" => signal::convolve2d(x, y, mode(&args[1])),
            _ => signal::correlate2d(x, y, mode(&args[1])),
        },
        "detrend" => {
            let trend = if args[0] == "linear" { Trend::Linear } else { Trend::Constant };
            signal::detrend(x, super::int(&args[1]), trend)
        }
        "segment" => match args[0].as_str().unwrap() {
            "sum" => segment_sum(x, y, result_size(&args[1])),
            "prod" => segment_prod(x, y, result_size(&args[1])),
            "max" => segment_max(x, y, result_size(&args[1])),
            _ => segment_min(x, y, result_size(&args[1])),
        },
        "resize_image" => image::resize(x, sizes(&args[1]), method(&args[0]), args[2].as_bool().unwrap()),
        "scale_and_translate" => {
            image::scale_and_translate(x, sizes(&args[1]), ints(&args[2]), y, &inputs[2], method(&args[0]), true)
        }
        "map_coordinates" => {
            let order = if args[0] == 0 { Order::Nearest } else { Order::Linear };
            let outside = match args[1].as_str().unwrap() {
                "constant" => Outside::Constant(args[2].as_f64().unwrap()),
                "nearest" => Outside::Nearest,
                "wrap" => Outside::Wrap,
                "mirror" => Outside::Mirror,
                _ => Outside::Reflect,
            };
            ndimage::map_coordinates(x, &inputs[1..], order, outside)
        }
        "grid" => {
            let order = if args[0] == "nearest" { Order::Nearest } else { Order::Linear };
            let grid = RegularGridInterpolator::new(&inputs[..2], &inputs[2]);
            grid.order(order).fill(args[1].as_f64()).at(&inputs[3])
        }
        "ragged_dot" => x.ragged_dot(y, &inputs[2]),
        "ragged_dot_general" => {
            let axes = |i: usize| sizes(&args[i]).as_slice().into();
            let dot = DotDims { lhs_batch: axes(0), rhs_batch: axes(1), lhs_contract: axes(2), rhs_contract: axes(3) };
            let dims = RaggedDotDims { dot, ragged: size(&args[4]), group: args[5].as_u64().map(|a| a as usize) };
            x.ragged_dot_general(y, &inputs[2], &dims, x.dtype())
        }
        "conv_patches" => {
            let layout = if args[1] == "last" { Layout::ChannelsLast } else { Layout::ChannelsFirst };
            let padding = if args[3] == "SAME" { ConvPadding::Same } else { ConvPadding::Valid };
            let options = ConvOptions::new().layout(layout).padding(padding).strides(size(&args[2]));
            x.conv_patches(&sizes(&args[0]), &options)
        }
        "combine_patches" => {
            let layout = if args[2] == "last" { Layout::ChannelsLast } else { Layout::ChannelsFirst };
            let padding = if args[4] == "SAME" { ConvPadding::Same } else { ConvPadding::Valid };
            let options = ConvOptions::new().layout(layout).padding(padding).strides(size(&args[3]));
            x.combine_patches(&sizes(&args[0]), &sizes(&args[1]), &options)
        }
        _ => return None,
    };
    Some(vec![one])
}

fn mode(json: &Value) -> ConvolveMode {
    match json.as_str().unwrap() {
        "full" => ConvolveMode::Full,
        "same" => ConvolveMode::Same,
        _ => ConvolveMode::Valid,
    }
}

fn method(json: &Value) -> ResizeMethod {
    match json.as_str().unwrap() {
        "nearest" => ResizeMethod::Nearest,
        "linear" => ResizeMethod::Linear,
        "cubic" => ResizeMethod::Cubic,
        "lanczos3" => ResizeMethod::Lanczos3,
        _ => ResizeMethod::Lanczos5,
    }
}
