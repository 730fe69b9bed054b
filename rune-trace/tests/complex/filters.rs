//! The filters of `ndimage` against SciPy. `data/filters.jsonl` has the cases; `scripts/vectors filters` writes it.

use super::cases::check;
use rune_trace::ndimage::{self, Gaussian, Outside};
use rune_trace::{DType, Tensor, grad, vmap};
use serde_json::Value;

const VECTORS: &str = include_str!("../data/filters.jsonl");

fn outside(args: &Value) -> Outside {
    match args["mode"].as_str().unwrap() {
        "constant" => Outside::Constant(args["cval"].as_f64().unwrap()),
        "nearest" => Outside::Nearest,
        "wrap" => Outside::Wrap,
        "mirror" => Outside::Mirror,
        "reflect" => Outside::Reflect,
        other => panic!("no mode is called {other}"),
    }
}

fn apply(name: &str, args: &Value, xs: &[Tensor]) -> Tensor {
    let (x, w, outside) = (&xs[0], xs.last().unwrap(), outside(args));
    let axis = || args["axis"].as_i64().unwrap() as isize;
    let size = || args["size"].as_u64().unwrap() as usize;
    let sizes = || args["sizes"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect::<Vec<_>>();
    let gaussian = || {
        let gaussian = Gaussian::new(args["sigma"].as_f64().unwrap()).order(args["order"].as_u64().unwrap() as usize);
        match (args["truncate"].as_f64(), args["radius"].as_u64()) {
            (Some(deviations), _) => gaussian.truncate(deviations),
            (None, Some(radius)) => gaussian.radius(radius as usize),
            (None, None) => gaussian,
        }
    };
    match name {
        "uniform_filter" => ndimage::uniform_filter(x, sizes(), outside),
        "maximum_filter" => ndimage::maximum_filter(x, sizes(), outside),
        "minimum_filter" => ndimage::minimum_filter(x, sizes(), outside),
        "uniform_filter1d" => ndimage::uniform_filter1d(x, size(), axis(), outside),
        "maximum_filter1d" => ndimage::maximum_filter1d(x, size(), axis(), outside),
        "minimum_filter1d" => ndimage::minimum_filter1d(x, size(), axis(), outside),
        "correlate" => ndimage::correlate(x, w, outside),
        "convolve" => ndimage::convolve(x, w, outside),
        "correlate1d" => ndimage::correlate1d(x, w, axis(), outside),
        "convolve1d" => ndimage::convolve1d(x, w, axis(), outside),
        "gaussian_filter" => ndimage::gaussian_filter(x, gaussian(), outside),
        "gaussian_filter1d" => ndimage::gaussian_filter1d(x, gaussian(), axis(), outside),
        other => panic!("no filter is called {other}"),
    }
}

#[test]
fn filters_agree_with_scipy() {
    // The derivatives of extremes are differences with steps of 1e-5.
    let tolerance = |name: &str| if name.starts_with('m') { 1e-10 } else { 1e-13 };
    let checked = check(VECTORS, tolerance, apply);
    assert!(checked > 350, "{checked}");
}

#[test]
fn filters_work_on_batches_and_have_second_derivatives() {
    let x = Tensor::arange(0..24, DType::F64).reshape([2, 3, 4]).sin();
    let f = |x: &Tensor| ndimage::gaussian_filter(&ndimage::maximum_filter(x, 2, Outside::Wrap), 0.7, Outside::Mirror);
    let batch = vmap(f)(&x);
    for i in 0..2 {
        assert!((batch.i(i) - f(&x.i(i))).abs().max().item::<f64>().unwrap() < 1e-15);
    }
    // The second derivative of a sum of squares of a linear function is constant.
    let energy = |x: &Tensor| ndimage::uniform_filter(x, 3, Outside::Reflect).square().sum();
    let along = |x: &Tensor| (grad(energy)(x) * x.stop_gradient()).sum();
    let (second, first) = (grad(along)(&x), grad(energy)(&x));
    assert!((second - first).abs().max().item::<f64>().unwrap() < 1e-13);
}

#[test]
fn filters_of_nothing_and_of_nan() {
    let none = Tensor::zeros([0, 3], DType::F32);
    assert_eq!(*ndimage::gaussian_filter(&none, 1.0, Outside::Reflect).shape(), [0, 3]);
    assert_eq!(*ndimage::minimum_filter(&none, 3, Outside::Wrap).shape(), [0, 3]);
    let x = Tensor::from([1.0f32, f32::NAN, 3.0, 4.0, 5.0]);
    let y = ndimage::maximum_filter(&x, 3, Outside::Nearest).isnan();
    assert_eq!(y.to_vec::<bool>().unwrap(), [true, true, true, false, false]);
    // A density without width leaves an array as it is.
    let y = ndimage::gaussian_filter(&x.i(2..), 0.0, Outside::Wrap);
    assert_eq!(y.to_vec::<f32>().unwrap(), [3.0, 4.0, 5.0]);
}
