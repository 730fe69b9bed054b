//! NumPy's and SciPy's array functions.

use super::at_fault;
use super::from_here;
use super::support::{Seen, Traced};
use rune_trace::image::{self, ResizeMethod};
use rune_trace::interpolate::RegularGridInterpolator;
use rune_trace::ndimage::{self, Gaussian, Order, Outside};
use rune_trace::signal::{self, ConvolveMode, Trend};
use rune_trace::{
    Bins, BitOrder, ConvOptions, DType, RaggedDotDims, Tensor, broadcast_shapes, make_program, op, segment_max,
    segment_min, segment_prod, segment_sum,
};

/// Functions that accept all arguments, or that cannot be called incorrectly.
pub const NEVER: &[&str] = &[
    "interpolate::RegularGridInterpolator::fill",
    "interpolate::RegularGridInterpolator::order",
    "grids::diag_indices",
    "grids::diagflat",
    "grids::fromfunction",
    "grids::tril_indices",
    "grids::triu_indices",
    "names::copy",
    "names::empty_like",
    "names::ravel",
    "nan::nanmax",
    "nan::nanmean",
    "nan::nanmin",
    "nan::nanprod",
    "nan::nanstd",
    "nan::nansum",
    "nan::nanvar",
    "stacking::atleast_1d",
    "stacking::atleast_2d",
    "stacking::atleast_3d",
    "statistics::count_nonzero",
    "statistics::logmeanexp",
];

/// Functions that apply no operations.
pub const NO_OPERATIONS: &[&str] = &[
    "interpolate::RegularGridInterpolator::fill",
    "interpolate::RegularGridInterpolator::new",
    "interpolate::RegularGridInterpolator::order",
    "grids::geomspace",
    "grids::logspace",
    "grids::tril_indices",
    "grids::tril_indices_from",
    "grids::triu_indices",
    "grids::triu_indices_from",
    "names::copy",
    "names::positive",
    "nested::nested",
    "stacking::broadcast_shapes",
    "windows::bartlett",
    "windows::blackman",
    "windows::hamming",
    "windows::hanning",
    "windows::kaiser",
];

#[rustfmt::skip]
pub fn faults(seen: &mut Seen) {
    let (f, n, b) = (&Tensor::zeros([2, 3], DType::F32), &Tensor::zeros([2, 3], DType::I32), &Tensor::zeros([2, 3], DType::Bool));
    let (scalar, cube, v) = (&Tensor::scalar(1.0f32), &Tensor::zeros([2, 3, 4], DType::F32), &Tensor::zeros([3], DType::F32));
    let (k, none) = (&Tensor::zeros([3], DType::I32), &Tensor::zeros([0], DType::F32));

    at_fault!(seen, "names::absolute", b.absolute());
    at_fault!(seen, "names::fabs", b.fabs());
    at_fault!(seen, "names::negative", b.negative());
    at_fault!(seen, "names::rint", n.rint());
    at_fault!(seen, "names::arccos", n.arccos());
    at_fault!(seen, "names::arccosh", n.arccosh());
    at_fault!(seen, "names::arcsin", n.arcsin());
    at_fault!(seen, "names::arcsinh", n.arcsinh());
    at_fault!(seen, "names::arctan", n.arctan());
    at_fault!(seen, "names::arctanh", n.arctanh());
    at_fault!(seen, "names::bitwise_not", f.bitwise_not());
    at_fault!(seen, "names::bitwise_invert", f.bitwise_invert());
    at_fault!(seen, "names::invert", f.invert());
    at_fault!(seen, "names::matrix_transpose", scalar.matrix_transpose());
    at_fault!(seen, "names::swish", n.swish());
    at_fault!(seen, "names::hard_swish", n.hard_swish());
    at_fault!(seen, "names::subtract", f.subtract(n));
    at_fault!(seen, "names::multiply", f.multiply(n));
    at_fault!(seen, "names::power", f.power(n));
    at_fault!(seen, "names::mod_", f.mod_(n));
    at_fault!(seen, "names::fmod", f.fmod(n));
    at_fault!(seen, "names::arctan2", f.arctan2(n));
    at_fault!(seen, "names::bitwise_and", f.bitwise_and(n));
    at_fault!(seen, "names::bitwise_or", f.bitwise_or(n));
    at_fault!(seen, "names::bitwise_xor", f.bitwise_xor(n));
    at_fault!(seen, "names::left_shift", f.left_shift(f));
    at_fault!(seen, "names::right_shift", f.right_shift(f));
    at_fault!(seen, "names::bitwise_left_shift", f.bitwise_left_shift(f));
    at_fault!(seen, "names::bitwise_right_shift", f.bitwise_right_shift(f));
    at_fault!(seen, "names::equal", f.equal(n));
    at_fault!(seen, "names::not_equal", f.not_equal(n));
    at_fault!(seen, "names::less", f.less(n));
    at_fault!(seen, "names::less_equal", f.less_equal(n));
    at_fault!(seen, "names::greater", f.greater(n));
    at_fault!(seen, "names::greater_equal", f.greater_equal(n));
    at_fault!(seen, "names::amax", f.amax(2));
    at_fault!(seen, "names::amin", f.amin(2));
    at_fault!(seen, "names::permute_dims", f.permute_dims([0]));
    at_fault!(seen, "names::cumulative_sum", f.cumulative_sum(2));
    at_fault!(seen, "names::cumulative_prod", f.cumulative_prod(2));
    at_fault!(seen, "names::logical_and", f.logical_and(cube));
    at_fault!(seen, "names::logical_or", f.logical_or(cube));
    at_fault!(seen, "names::logical_xor", f.logical_xor(cube));
    at_fault!(seen, "names::clip", f.clip(n, n));
    at_fault!(seen, "names::positive", b.positive());
    at_fault!(seen, "names::divide", f.divide(cube));
    at_fault!(seen, "names::true_divide", f.true_divide(cube));
    at_fault!(seen, "names::float_power", f.float_power(cube));
    at_fault!(seen, "names::expand_dims", f.expand_dims([0, 0]));
    at_fault!(seen, "names::concatenate", Tensor::concatenate(&[f, scalar], 0));
    at_fault!(seen, "names::identity", Tensor::identity(usize::MAX, DType::F32));
    at_fault!(seen, "names::empty", Tensor::empty([usize::MAX, 8], DType::F32));

    at_fault!(seen, "arithmetic::trunc", n.trunc());
    at_fault!(seen, "arithmetic::around", n.around(1));
    at_fault!(seen, "arithmetic::modf", n.modf());
    at_fault!(seen, "arithmetic::divmod", f.divmod(n));
    at_fault!(seen, "arithmetic::signbit", n.signbit());
    at_fault!(seen, "arithmetic::copysign", f.copysign(n));
    at_fault!(seen, "arithmetic::heaviside", f.heaviside(n));
    at_fault!(seen, "arithmetic::fmax", f.fmax(n));
    at_fault!(seen, "arithmetic::fmin", f.fmin(n));
    at_fault!(seen, "arithmetic::isposinf", n.isposinf());
    at_fault!(seen, "arithmetic::isneginf", n.isneginf());
    at_fault!(seen, "arithmetic::logaddexp2", f.logaddexp2(n));
    at_fault!(seen, "arithmetic::degrees", n.degrees());
    at_fault!(seen, "arithmetic::rad2deg", n.rad2deg());
    at_fault!(seen, "arithmetic::radians", n.radians());
    at_fault!(seen, "arithmetic::deg2rad", n.deg2rad());
    at_fault!(seen, "arithmetic::unwrap", f.unwrap(1.0, 2));
    at_fault!(seen, "arithmetic::allclose", f.allclose(cube, 0.0, 0.0));
    at_fault!(seen, "arithmetic::array_equal", f.array_equal(n));
    at_fault!(seen, "arithmetic::array_equiv", f.array_equiv(n));
    at_fault!(seen, "arithmetic::gcd", f.gcd(f));
    at_fault!(seen, "arithmetic::lcm", f.lcm(f));
    at_fault!(seen, "floats::nextafter", f.nextafter(n));
    at_fault!(seen, "floats::ldexp", f.ldexp(f));
    at_fault!(seen, "floats::frexp", n.frexp());

    at_fault!(seen, "bits::population_count", f.population_count());
    at_fault!(seen, "bits::bitwise_count", f.bitwise_count());
    at_fault!(seen, "bits::clz", f.clz());
    at_fault!(seen, "bits::mulhi", f.mulhi(f));
    at_fault!(seen, "bits::packbits", f.packbits(2, BitOrder::Big));
    at_fault!(seen, "bits::unpackbits", f.unpackbits(0, BitOrder::Big));
    at_fault!(seen, "bits::reduce_xor", f.reduce_xor(0));
    at_fault!(seen, "bits::reduce_precision", f.reduce_precision(0, 1));

    at_fault!(seen, "nan::nansum_axes", f.nansum_axes(2));
    at_fault!(seen, "nan::nansum_keepdims", f.nansum_keepdims(2));
    at_fault!(seen, "nan::nanprod_axes", f.nanprod_axes(2));
    at_fault!(seen, "nan::nanprod_keepdims", f.nanprod_keepdims(2));
    at_fault!(seen, "nan::nanmax_axes", f.nanmax_axes(2));
    at_fault!(seen, "nan::nanmax_keepdims", f.nanmax_keepdims(2));
    at_fault!(seen, "nan::nanmin_axes", f.nanmin_axes(2));
    at_fault!(seen, "nan::nanmin_keepdims", f.nanmin_keepdims(2));
    at_fault!(seen, "nan::nanmean_axes", f.nanmean_axes(2));
    at_fault!(seen, "nan::nanmean_keepdims", f.nanmean_keepdims(2));
    at_fault!(seen, "nan::nanvar_axes", f.nanvar_axes(2));
    at_fault!(seen, "nan::nanvar_keepdims", f.nanvar_keepdims(2));
    at_fault!(seen, "nan::nanstd_axes", f.nanstd_axes(2));
    at_fault!(seen, "nan::nanstd_keepdims", f.nanstd_keepdims(2));
    at_fault!(seen, "nan::nanargmax", f.nanargmax(2));
    at_fault!(seen, "nan::nanargmin", f.nanargmin(2));
    at_fault!(seen, "nan::nancumsum", f.nancumsum(2));
    at_fault!(seen, "nan::nancumprod", f.nancumprod(2));
    at_fault!(seen, "nan::nanquantile", f.nanquantile(2.0, 0));
    at_fault!(seen, "nan::nanpercentile", f.nanpercentile(200.0, 0));
    at_fault!(seen, "nan::nanmedian", f.nanmedian(2));

    at_fault!(seen, "statistics::ptp", b.ptp());
    at_fault!(seen, "statistics::ptp_axes", f.ptp_axes(2));
    at_fault!(seen, "statistics::ptp_keepdims", f.ptp_keepdims(2));
    at_fault!(seen, "statistics::count_nonzero_axes", f.count_nonzero_axes(2));
    at_fault!(seen, "statistics::count_nonzero_keepdims", f.count_nonzero_keepdims(2));
    at_fault!(seen, "statistics::logmeanexp_axes", f.logmeanexp_axes(2));
    at_fault!(seen, "statistics::logmeanexp_keepdims", f.logmeanexp_keepdims(2));
    at_fault!(seen, "statistics::average", f.average(n, 0));
    at_fault!(seen, "statistics::percentile", f.percentile(200.0, 0));
    at_fault!(seen, "statistics::cov", cube.cov(1));
    at_fault!(seen, "statistics::corrcoef", cube.corrcoef());
    at_fault!(seen, "histogram::bincount", f.bincount(3));
    at_fault!(seen, "histogram::bincount_weighted", k.bincount_weighted(f, 3));
    at_fault!(seen, "histogram::digitize", f.digitize(f, false));
    at_fault!(seen, "histogram::histogram_bin_edges", f.histogram_bin_edges(0));
    at_fault!(seen, "histogram::histogram", f.histogram(0));
    at_fault!(seen, "histogram::histogram_weighted", f.histogram_weighted(2, v, false));
    at_fault!(seen, "histogram::histogram2d", f.histogram2d(v, 2, 2));
    at_fault!(seen, "histogram::histogramdd", f.histogramdd(&[Bins::Count(2)]));

    at_fault!(seen, "differences::diff", f.diff(1, 2));
    at_fault!(seen, "differences::ediff1d", b.ediff1d());
    at_fault!(seen, "differences::gradient", f.gradient(1.0, 2));
    at_fault!(seen, "differences::trapezoid", f.trapezoid(cube, 0));
    at_fault!(seen, "differences::interp", f.interp(f, f));

    at_fault!(seen, "choose::nonzero", make_program(|x: &Tensor| x.nonzero(..), f));
    at_fault!(seen, "choose::argwhere", make_program(|x: &Tensor| x.argwhere(..), f));
    at_fault!(seen, "choose::flatnonzero", make_program(|x: &Tensor| x.flatnonzero(..), f));
    at_fault!(seen, "choose::extract", f.extract(cube, ..));
    at_fault!(seen, "choose::compress", f.compress(f, 0, ..));
    at_fault!(seen, "choose::select", Tensor::select(&[b], &[f], n));
    at_fault!(seen, "choose::choose", f.choose(&[f]));
    at_fault!(seen, "choose::put", f.put(f, 0.0));
    at_fault!(seen, "choose::put_along_axis", f.put_along_axis(f, 0.0, 0));
    at_fault!(seen, "sets::unique", make_program(|x: &Tensor| x.unique(..), f));
    at_fault!(seen, "sets::unique_all", make_program(|x: &Tensor| x.unique_all(..).values, f));
    at_fault!(seen, "sets::isin", f.isin(n));
    at_fault!(seen, "sets::union1d", f.union1d(n, ..));
    at_fault!(seen, "sets::intersect1d", f.intersect1d(n, ..));
    at_fault!(seen, "sets::setdiff1d", f.setdiff1d(n, ..));
    at_fault!(seen, "sets::setxor1d", f.setxor1d(n, ..));

    at_fault!(seen, "grids::tril_indices_from", cube.tril_indices_from(0));
    at_fault!(seen, "grids::triu_indices_from", cube.triu_indices_from(0));
    at_fault!(seen, "grids::diag_indices_from", f.diag_indices_from());
    at_fault!(seen, "grids::unravel_index", f.unravel_index([2]));
    at_fault!(seen, "grids::ravel_multi_index", Tensor::ravel_multi_index(&[f], [2]));
    at_fault!(seen, "grids::ix_", Tensor::ix_(&[f]));
    at_fault!(seen, "grids::tri", Tensor::tri(usize::MAX, 8, 0, DType::F32));
    at_fault!(seen, "grids::fill_diagonal", v.fill_diagonal(0.0));
    at_fault!(seen, "grids::vander", f.vander(2, false));
    at_fault!(seen, "grids::logspace", Tensor::logspace(0.0, 1.0, 3, 10.0, DType::I32));
    at_fault!(seen, "grids::geomspace", Tensor::geomspace(0.0, 1.0, 3, DType::F32));
    at_fault!(seen, "windows::blackman", Tensor::blackman(3, DType::I32));
    at_fault!(seen, "windows::bartlett", Tensor::bartlett(3, DType::I32));
    at_fault!(seen, "windows::hamming", Tensor::hamming(3, DType::I32));
    at_fault!(seen, "windows::hanning", Tensor::hanning(3, DType::I32));
    at_fault!(seen, "windows::kaiser", Tensor::kaiser(3, 1.0, DType::I32));
    at_fault!(seen, "nested::nested", rune_trace::tensor![300; DType::U8]);

    at_fault!(seen, "matmul::inner", f.inner(cube));
    at_fault!(seen, "matmul::vecdot", f.vecdot(f, 2));
    at_fault!(seen, "matmul::matvec", f.matvec(scalar));
    at_fault!(seen, "matmul::vecmat", scalar.vecmat(f));

    at_fault!(seen, "stacking::hstack", Tensor::hstack(&[f, cube]));
    at_fault!(seen, "stacking::vstack", Tensor::vstack(&[f, cube]));
    at_fault!(seen, "stacking::dstack", Tensor::dstack(&[f, scalar]));
    at_fault!(seen, "stacking::column_stack", Tensor::column_stack(&[f, cube]));
    at_fault!(seen, "stacking::block", Tensor::block(&[&[f, cube]]));
    at_fault!(seen, "stacking::broadcast_arrays", Tensor::broadcast_arrays(&[f, cube]));
    at_fault!(seen, "stacking::append", f.append(cube, 0));
    at_fault!(seen, "stacking::array_split", f.array_split(0, 0));
    at_fault!(seen, "stacking::hsplit", f.hsplit(2));
    at_fault!(seen, "stacking::vsplit", f.vsplit(3));
    at_fault!(seen, "stacking::dsplit", f.dsplit(2));
    at_fault!(seen, "stacking::delete", f.delete(&[2], 0));
    at_fault!(seen, "stacking::insert", f.insert(3, 0.0, 0));
    at_fault!(seen, "stacking::resize", none.resize([2]));
    at_fault!(seen, "stacking::fliplr", v.fliplr());
    at_fault!(seen, "stacking::flipud", scalar.flipud());
    at_fault!(seen, "stacking::rot90", f.rot90(1, 0, 0));
    at_fault!(seen, "stacking::rollaxis", f.rollaxis(0, 3));
    at_fault!(seen, "stacking::indices", Tensor::indices([2], DType::Bool));
    at_fault!(seen, "stacking::broadcast", f.broadcast(&[usize::MAX, 8]));
    at_fault!(seen, "stacking::broadcast_shapes", broadcast_shapes(&[f.shape().clone(), cube.shape().clone()]));

    at_fault!(seen, "partial_order::partition", f.partition(3, 1));
    at_fault!(seen, "partial_order::argpartition", f.argpartition(3, 1));
    at_fault!(seen, "partial_order::lexsort", Tensor::lexsort(&[f, cube], 0));
    at_fault!(seen, "partial_order::sort_key_val", f.sort_key_val(cube, 0));
    at_fault!(seen, "partial_order::approx_max_k", f.approx_max_k(4));
    at_fault!(seen, "partial_order::approx_min_k", f.approx_min_k(4));

    at_fault!(seen, "polynomial::polyval", v.polyval(n));
    at_fault!(seen, "polynomial::polyfit", v.polyfit(f, 1));
    at_fault!(seen, "polynomial::polyadd", v.polyadd(f));
    at_fault!(seen, "polynomial::polysub", v.polysub(f));
    at_fault!(seen, "polynomial::polymul", v.polymul(f));
    at_fault!(seen, "polynomial::polyder", k.polyder(1));
    at_fault!(seen, "polynomial::polyint", k.polyint(1));
    at_fault!(seen, "polynomial::polydiv", v.polydiv(none));
    at_fault!(seen, "polynomial::poly", k.poly());

    at_fault!(seen, "dynamic::dynamic_slice_in_dim", f.dynamic_slice_in_dim(0, 4, 1));
    at_fault!(seen, "dynamic::dynamic_index_in_dim", f.dynamic_index_in_dim(v, 1));
    at_fault!(seen, "dynamic::dynamic_update_slice_in_dim", f.dynamic_update_slice_in_dim(cube, 0, 1));
    at_fault!(seen, "dynamic::dynamic_update_index_in_dim", f.dynamic_update_index_in_dim(cube, 0, 1));
    at_fault!(seen, "dynamic::slice_in_dim", f.slice_in_dim(0, 9, 1, 1));
    at_fault!(seen, "ragged::ragged_dot", f.ragged_dot(f, k));
    at_fault!(seen, "ragged::ragged_dot_general", f.ragged_dot_general(f, k, &RaggedDotDims::default(), DType::F32));
    at_fault!(seen, "dynamic::conv_patches", f.conv_patches(&[2], &ConvOptions::new()));
    at_fault!(seen, "dynamic::combine_patches", f.combine_patches(&[2], &[2], &ConvOptions::new()));
    at_fault!(seen, "dynamic::combine_patches", f.unsqueeze(0).combine_patches(&[9], &[2], &ConvOptions::new()));

    at_fault!(seen, "signal::convolve", v.convolve(f, ConvolveMode::Full));
    at_fault!(seen, "signal::correlate", v.correlate(f, ConvolveMode::Full));
    at_fault!(seen, "signal::convolve", signal::convolve(v, f, ConvolveMode::Full));
    at_fault!(seen, "signal::correlate", signal::correlate(v, f, ConvolveMode::Full));
    at_fault!(seen, "signal::convolve2d", signal::convolve2d(v, f, ConvolveMode::Full));
    at_fault!(seen, "signal::correlate2d", signal::correlate2d(v, f, ConvolveMode::Full));
    at_fault!(seen, "signal::detrend", signal::detrend(v, 1, Trend::Linear));
    at_fault!(seen, "segment::segment_sum", segment_sum(f, v, 2));
    at_fault!(seen, "segment::segment_prod", segment_prod(f, v, 2));
    at_fault!(seen, "segment::segment_max", segment_max(f, v, 2));
    at_fault!(seen, "segment::segment_min", segment_min(f, v, 2));
    at_fault!(seen, "image::resize", image::resize(f, [2], ResizeMethod::Linear, true));
    at_fault!(seen, "image::scale_and_translate", image::scale_and_translate(f, [2, 3], 0, f, f, ResizeMethod::Linear, true));
    at_fault!(seen, "ndimage::map_coordinates", ndimage::map_coordinates(f, &[], Order::Linear, Outside::Nearest));
    let far = Outside::Reflect;
    at_fault!(seen, "filters::correlate", ndimage::correlate(f, v, far));
    at_fault!(seen, "filters::convolve", ndimage::convolve(k, k, far));
    at_fault!(seen, "filters::correlate1d", ndimage::correlate1d(f, f, 0, far));
    at_fault!(seen, "filters::correlate1d", ndimage::correlate1d(f, v, 2, far));
    at_fault!(seen, "filters::convolve1d", ndimage::convolve1d(f, k, 0, far));
    at_fault!(seen, "filters::uniform_filter", ndimage::uniform_filter(f, [2], far));
    at_fault!(seen, "filters::uniform_filter", ndimage::uniform_filter(k, 2, far));
    at_fault!(seen, "filters::uniform_filter1d", ndimage::uniform_filter1d(f, 0, 0, far));
    at_fault!(seen, "filters::maximum_filter", ndimage::maximum_filter(f, 0, far));
    at_fault!(seen, "filters::minimum_filter", ndimage::minimum_filter(f, [2, 2, 2], far));
    at_fault!(seen, "filters::maximum_filter1d", ndimage::maximum_filter1d(f, 2, 5, far));
    at_fault!(seen, "filters::minimum_filter1d", ndimage::minimum_filter1d(f, 0, 0, far));
    at_fault!(seen, "filters::gaussian_filter", ndimage::gaussian_filter(f, -1.0, far));
    at_fault!(seen, "filters::gaussian_filter", ndimage::gaussian_filter(k, 1.0, far));
    at_fault!(seen, "filters::gaussian_filter1d", ndimage::gaussian_filter1d(f, Gaussian::new(0.0).order(1), 0, far));
    at_fault!(seen, "interpolate::RegularGridInterpolator::new", RegularGridInterpolator::new(&[], v));
    let grid = RegularGridInterpolator::new(std::slice::from_ref(v), v);
    at_fault!(seen, "interpolate::RegularGridInterpolator::at", grid.at(f));
}

#[rustfmt::skip]
pub fn origins(seen: &mut Traced) {
    let x = &Tensor::from([[0.5f32, 0.25, 0.125], [0.5, 0.75, 0.875]]);
    let (n, v) = (&Tensor::from([[1, 0, 1], [2, 1, 3]]), &Tensor::from([0.5f32, 0.75, 0.875]));
    let square = &Tensor::from([[0.5f32, 0.25], [0.125, 0.75]]);

    from_here!(seen, ["names::absolute", "names::fabs", "names::negative", "names::rint", "names::arccos", "names::arccosh", "names::arcsin"], x, |x: &Tensor| x.absolute() + x.fabs() + x.negative() + x.rint() + x.arccos() + x.arccosh() + x.arcsin());
    from_here!(seen, ["names::arcsinh", "names::arctan", "names::arctanh", "names::ravel", "names::matrix_transpose", "names::swish", "names::hard_swish"], x, |x: &Tensor| (x.arcsinh() + x.arctan() + x.arctanh() + x.swish() + x.hard_swish(), x.ravel(), x.matrix_transpose()));
    from_here!(seen, ["names::bitwise_not", "names::bitwise_invert", "names::invert", "names::bitwise_and", "names::bitwise_or", "names::bitwise_xor", "names::left_shift", "names::right_shift", "names::bitwise_left_shift", "names::bitwise_right_shift"], n, |n: &Tensor| n.bitwise_not() + n.bitwise_invert() + n.invert() + n.bitwise_and(n) + n.bitwise_or(n) + n.bitwise_xor(n) + n.left_shift(1) + n.right_shift(1) + n.bitwise_left_shift(1) + n.bitwise_right_shift(1));
    from_here!(seen, ["names::subtract", "names::multiply", "names::power", "names::mod_", "names::fmod", "names::arctan2", "names::divide", "names::true_divide", "names::float_power"], x, |x: &Tensor| x.subtract(1.0).multiply(x).power(x).mod_(2.0).fmod(x).arctan2(x).divide(x).true_divide(2).float_power(2));
    from_here!(seen, ["names::equal", "names::not_equal", "names::less", "names::less_equal", "names::greater", "names::greater_equal", "names::logical_and", "names::logical_or", "names::logical_xor"], x, |x: &Tensor| x.equal(1).logical_and(x.not_equal(1)).logical_or(x.less(1)).logical_xor(x.less_equal(1)) & x.greater(1) & x.greater_equal(1));
    from_here!(seen, ["names::amax", "names::amin", "names::permute_dims", "names::cumulative_sum", "names::cumulative_prod", "names::clip", "names::astype", "names::expand_dims", "names::concatenate"], x, |x: &Tensor| ((x.amax(0), x.amin(0)), x.permute_dims([1, 0]), x.cumulative_sum(0), x.cumulative_prod(0), x.clip(0, 1), x.astype(DType::F64), x.expand_dims(0), Tensor::concatenate(&[x, x], 0)));
    from_here!(seen, ["names::identity", "names::empty", "names::empty_like"], x, |x: &Tensor| (Tensor::identity(2, DType::F32), Tensor::empty([2], DType::F32), x.empty_like()));

    from_here!(seen, ["arithmetic::trunc", "arithmetic::around", "arithmetic::modf", "arithmetic::divmod", "arithmetic::signbit", "arithmetic::copysign", "arithmetic::heaviside", "arithmetic::fmax", "arithmetic::fmin"], x, |x: &Tensor| (x.trunc() + x.around(1) + x.copysign(-1.0) + x.heaviside(0.5) + x.fmax(1.0) + x.fmin(1.0), x.modf(), x.divmod(2.0), x.signbit()));
    from_here!(seen, ["arithmetic::isposinf", "arithmetic::isneginf", "arithmetic::logaddexp2", "arithmetic::degrees", "arithmetic::rad2deg", "arithmetic::radians", "arithmetic::deg2rad"], x, |x: &Tensor| (x.isposinf() & x.isneginf(), x.logaddexp2(x) + x.degrees() + x.rad2deg() + x.radians() + x.deg2rad()));
    from_here!(seen, ["arithmetic::unwrap", "arithmetic::allclose", "arithmetic::array_equal", "arithmetic::array_equiv", "floats::nextafter", "floats::ldexp", "floats::frexp"], x, |x: &Tensor| (x.unwrap(2.0, 0), x.allclose(x, 0.1, 0.1), x.array_equal(x), x.array_equiv(x), x.nextafter(2.0), x.ldexp(n), x.frexp()));
    from_here!(seen, ["arithmetic::gcd", "arithmetic::lcm"], n, |n: &Tensor| (n.gcd(6), n.lcm(4)));
    from_here!(seen, ["bits::population_count", "bits::bitwise_count", "bits::clz", "bits::mulhi", "bits::packbits", "bits::reduce_xor"], n, |n: &Tensor| (n.population_count(), n.bitwise_count(), n.clz(), n.mulhi(n) + n.cast(DType::I64).mulhi(7).cast(DType::I32), n.packbits(0, BitOrder::Big), n.reduce_xor(0)));
    from_here!(seen, ["bits::unpackbits", "bits::reduce_precision"], x, |x: &Tensor| (x.cast(DType::U8).unpackbits(0, BitOrder::Little), x.reduce_precision(5, 2)));

    from_here!(seen, ["nan::nansum", "nan::nansum_axes", "nan::nansum_keepdims", "nan::nanprod", "nan::nanprod_axes", "nan::nanprod_keepdims"], x, |x: &Tensor| (x.nansum(), x.nansum_axes(0), x.nansum_keepdims(0), x.nanprod(), x.nanprod_axes(0), x.nanprod_keepdims(0)));
    from_here!(seen, ["nan::nanmax", "nan::nanmax_axes", "nan::nanmax_keepdims", "nan::nanmin", "nan::nanmin_axes", "nan::nanmin_keepdims"], x, |x: &Tensor| (x.nanmax(), x.nanmax_axes(0), x.nanmax_keepdims(0), x.nanmin(), x.nanmin_axes(0), x.nanmin_keepdims(0)));
    from_here!(seen, ["nan::nanmean", "nan::nanmean_axes", "nan::nanmean_keepdims", "nan::nanvar", "nan::nanvar_axes", "nan::nanvar_keepdims"], x, |x: &Tensor| (x.nanmean(), x.nanmean_axes(0), x.nanmean_keepdims(0), x.nanvar(), x.nanvar_axes(0), x.nanvar_keepdims(0)));
    from_here!(seen, ["nan::nanstd", "nan::nanstd_axes", "nan::nanstd_keepdims", "nan::nanargmax", "nan::nanargmin", "nan::nancumsum", "nan::nancumprod"], x, |x: &Tensor| (x.nanstd(), x.nanstd_axes(0), x.nanstd_keepdims(0), x.nanargmax(0), x.nanargmin(0), x.nancumsum(0), x.nancumprod(0)));
    from_here!(seen, ["nan::nanquantile", "nan::nanpercentile", "nan::nanmedian"], x, |x: &Tensor| (x.nanquantile(0.3, 0), x.nanpercentile(30.0, 0), x.nanmedian(0)));
    from_here!(seen, ["statistics::ptp", "statistics::ptp_axes", "statistics::ptp_keepdims", "statistics::count_nonzero", "statistics::count_nonzero_axes", "statistics::count_nonzero_keepdims", "statistics::logmeanexp", "statistics::logmeanexp_axes", "statistics::logmeanexp_keepdims"], x, |x: &Tensor| (x.ptp() + x.logmeanexp(), x.ptp_axes(0) + x.logmeanexp_axes(0), x.ptp_keepdims(0) + x.logmeanexp_keepdims(0), x.count_nonzero(), x.count_nonzero_axes(0), x.count_nonzero_keepdims(0)));
    from_here!(seen, ["statistics::average", "statistics::percentile", "statistics::cov", "statistics::corrcoef"], x, |x: &Tensor| (x.average(x, 0), x.percentile(30.0, 0), x.cov(1), x.corrcoef()));
    from_here!(seen, ["histogram::bincount", "histogram::bincount_weighted"], n, |n: &Tensor| (n.flatten().bincount(4), n.flatten().bincount_weighted(&n.flatten(), 4)));
    from_here!(seen, ["histogram::digitize", "histogram::histogram_bin_edges", "histogram::histogram", "histogram::histogram_weighted", "histogram::histogram2d", "histogram::histogramdd"], x, |x: &Tensor| (x.digitize(v, true), x.histogram_bin_edges(3), x.histogram((3, 0.0..1.0)), x.histogram_weighted(3, x, true), x.histogram2d(x, 2, 3), x.histogramdd(&[Bins::Count(1), Bins::Count(1), Bins::Count(2)])));
    from_here!(seen, ["differences::diff", "differences::ediff1d", "differences::gradient", "differences::trapezoid", "differences::interp"], x, |x: &Tensor| (x.diff(2, 1), x.ediff1d(), x.gradient(0.5, 1), x.trapezoid(v, 1), x.interp(v, v)));

    from_here!(seen, ["choose::nonzero", "choose::argwhere", "choose::flatnonzero", "choose::extract", "choose::compress"], x, |x: &Tensor| (x.nonzero((4, -1)), x.argwhere(3), x.flatnonzero(2), x.extract(&x.gt(0.3), 3), x.compress(&v.gt(0.6), 1, 3)));
    from_here!(seen, ["choose::select", "choose::put", "choose::put_along_axis"], x, |x: &Tensor| (Tensor::select(&[x.gt(0.3)], &[x], 0.0), x.put(&Tensor::from([1]), 0.0), x.put_along_axis(&n.clamp(0, 1), 0.0, 0)));
    from_here!(seen, ["choose::choose"], n, |n: &Tensor| n.choose(&[x, x, x]));
    from_here!(seen, ["sets::unique", "sets::unique_all", "sets::isin", "sets::union1d", "sets::intersect1d", "sets::setdiff1d", "sets::setxor1d"], x, |x: &Tensor| { let u = x.unique_all(3); (x.unique(3), u.values, u.index, u.inverse, u.counts, x.isin(v), (x.union1d(v, 3), x.intersect1d(v, 3), x.setdiff1d(v, 3), x.setxor1d(v, 3))) });

    from_here!(seen, ["grids::unravel_index", "grids::ravel_multi_index", "grids::ix_"], n, |n: &Tensor| (n.unravel_index([2, 3]), Tensor::ravel_multi_index(&[n, n], [2, 3]), Tensor::ix_(&[n.i(0) + 1, n.i(1)])));
    from_here!(seen, ["grids::diag_indices", "grids::diag_indices_from", "grids::diagflat", "grids::fill_diagonal", "grids::vander", "grids::tri", "grids::fromfunction"], square, |x: &Tensor| (Tensor::diag_indices(2, 2), x.diag_indices_from(), x.diagflat(1), x.fill_diagonal(0.0), x.i(0).vander(3, true), Tensor::tri(2, 3, 0, DType::F32), Tensor::fromfunction([2, 3], |i| i[0].clone())));
    from_here!(seen, ["matmul::inner", "matmul::vecdot", "matmul::matvec", "matmul::vecmat"], x, |x: &Tensor| (x.inner(x), x.vecdot(x, 0), x.matvec(v), v.vecmat(x.t())));
    from_here!(seen, ["stacking::hstack", "stacking::vstack", "stacking::dstack", "stacking::column_stack", "stacking::block", "stacking::broadcast_arrays", "stacking::append"], x, |x: &Tensor| (Tensor::hstack(&[x, x]), Tensor::vstack(&[x, x]), Tensor::dstack(&[x, x]), Tensor::column_stack(&[x, x]), Tensor::block(&[&[x, x]]), Tensor::broadcast_arrays(&[x, v]), x.append(x, 0)));
    from_here!(seen, ["stacking::atleast_1d", "stacking::atleast_2d", "stacking::atleast_3d", "stacking::array_split", "stacking::hsplit", "stacking::vsplit", "stacking::dsplit"], x, |x: &Tensor| (x.sum().atleast_1d(), x.sum().atleast_2d(), x.atleast_3d(), x.array_split(2, 1), x.hsplit(3), x.vsplit(2), x.unsqueeze(0).dsplit(3)));
    from_here!(seen, ["stacking::delete", "stacking::insert", "stacking::resize", "stacking::fliplr", "stacking::flipud", "stacking::rot90", "stacking::rollaxis", "stacking::indices", "stacking::broadcast"], x, |x: &Tensor| (x.delete(&[1], 1), x.insert(1, 0.0, 0), x.resize([7]), x.fliplr() + x.flipud(), x.rot90(1, 0, 1), x.rollaxis(1, 0), Tensor::indices([2, 2], DType::I32), x.broadcast(&[2])));
    from_here!(seen, ["partial_order::partition", "partial_order::argpartition", "partial_order::lexsort", "partial_order::sort_key_val", "partial_order::approx_max_k", "partial_order::approx_min_k"], x, |x: &Tensor| (x.partition(1, 1), x.argpartition(1, 1), Tensor::lexsort(&[x, x], 1), x.sort_key_val(x, 1), x.approx_max_k(2), x.approx_min_k(2)));
    from_here!(seen, ["polynomial::polyval", "polynomial::polyfit", "polynomial::polyadd", "polynomial::polysub", "polynomial::polymul", "polynomial::polyder", "polynomial::polyint", "polynomial::polydiv", "polynomial::poly"], v, |v: &Tensor| (v.polyval(x), v.polyfit(v, 1), v.polyadd(v), v.polysub(v), v.polymul(v), (v.polyder(1), v.polyint(1), v.polydiv(&v.i(..2)), v.poly())));
    from_here!(seen, ["dynamic::dynamic_slice_in_dim", "dynamic::dynamic_index_in_dim", "dynamic::dynamic_update_slice_in_dim", "dynamic::dynamic_update_index_in_dim", "dynamic::slice_in_dim"], x, |x: &Tensor| (x.dynamic_slice_in_dim(x.argmax(), 2, 1), x.dynamic_index_in_dim(0, 0), x.dynamic_update_slice_in_dim(x, 0, 1), x.dynamic_update_index_in_dim(v, 1, 0), x.slice_in_dim(0, 3, 2, 1)));
    from_here!(seen, ["dynamic::combine_patches"], x, |x: &Tensor| x.unsqueeze(0).conv_patches(&[2], &ConvOptions::new()).combine_patches(&[x.shape()[1]], &[2], &ConvOptions::new()));
    from_here!(seen, ["ragged::ragged_dot_general"], x, |x: &Tensor| { let dot = op::DotDims { lhs_contract: [1][..].into(), rhs_contract: [1][..].into(), ..op::DotDims::default() }; (x.ragged_dot_general(x, &Tensor::from([1, 2]), &RaggedDotDims { dot: dot.clone(), ragged: 1, group: None }, DType::F32), x.ragged_dot_general(&x.unsqueeze(0), &Tensor::from([2]), &RaggedDotDims { dot: op::DotDims { rhs_contract: [2][..].into(), ..dot }, ragged: 0, group: Some(0) }, DType::F32)) });
    from_here!(seen, ["ragged::ragged_dot", "dynamic::conv_patches"], x, |x: &Tensor| (x.ragged_dot(&x.t().unsqueeze(0), &Tensor::from([2])), x.unsqueeze(0).conv_patches(&[2], &ConvOptions::new())));
    from_here!(seen, ["signal::convolve", "signal::correlate"], v, |v: &Tensor| (v.convolve(v, ConvolveMode::Same), v.correlate(v, ConvolveMode::Same), signal::convolve(v, v, ConvolveMode::Full), signal::correlate(v, v, ConvolveMode::Full)));
    from_here!(seen, ["signal::convolve2d", "signal::correlate2d", "signal::detrend"], x, |x: &Tensor| (signal::convolve2d(x, x, ConvolveMode::Full), signal::correlate2d(x, x, ConvolveMode::Same), signal::detrend(x, 1, Trend::Linear)));
    from_here!(seen, ["segment::segment_sum", "segment::segment_prod", "segment::segment_max", "segment::segment_min"], x, |x: &Tensor| { let i = &Tensor::from([1, 0]); (segment_sum(x, i, 2), segment_prod(x, i, 2), segment_max(x, i, 2), segment_min(x, i, 2)) });
    from_here!(seen, ["image::resize", "image::scale_and_translate"], x, |x: &Tensor| (image::resize(x, [3, 4], ResizeMethod::Lanczos3, true), image::resize(x, [3, 4], ResizeMethod::Nearest, true), image::scale_and_translate(x, [3, 3], 0, &x.i((0, ..1)), &x.i((0, ..1)), ResizeMethod::Cubic, true)));
    from_here!(seen, ["filters::correlate", "filters::convolve", "filters::correlate1d", "filters::convolve1d"], x, |x: &Tensor| (ndimage::correlate(x, x, Outside::Reflect), ndimage::convolve(x, x, Outside::Constant(1.0)), ndimage::correlate1d(x, v, 0, Outside::Wrap), ndimage::convolve1d(x, v, 1, Outside::Mirror)));
    from_here!(seen, ["filters::uniform_filter", "filters::uniform_filter1d", "filters::maximum_filter", "filters::minimum_filter", "filters::maximum_filter1d", "filters::minimum_filter1d"], x, |x: &Tensor| (ndimage::uniform_filter(x, 2, Outside::Nearest), ndimage::uniform_filter1d(x, 3, 0, Outside::Nearest), ndimage::maximum_filter(x, 3, Outside::Reflect), ndimage::minimum_filter(x, 3, Outside::Reflect), ndimage::maximum_filter1d(x, 2, 0, Outside::Wrap), ndimage::minimum_filter1d(x, 2, 0, Outside::Wrap)));
    from_here!(seen, ["filters::gaussian_filter", "filters::gaussian_filter1d"], x, |x: &Tensor| (ndimage::gaussian_filter(x, 1.0, Outside::Wrap), ndimage::gaussian_filter1d(x, 1.0, 0, Outside::Mirror)));
    from_here!(seen, ["ndimage::map_coordinates", "interpolate::RegularGridInterpolator::at"], x, |x: &Tensor| (ndimage::map_coordinates(x, &[v.clone(), v.clone()], Order::Linear, Outside::Reflect), RegularGridInterpolator::new(std::slice::from_ref(v), v).at(&x.reshape([6, 1]))));
}
