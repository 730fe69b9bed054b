//! Tests of NumPy's functions in compiled programs, and of programs in NumPy's style.

use rune::Tier;
use rune::image::{self, ResizeMethod};
use rune::prelude::*;
use rune_testing::array_fns::case;
use rune_testing::array_fns::numpy::apply_to;

#[test]
fn compiled_functions_give_what_jax_gives() {
    let lines = include_str!("../../rune-trace/tests/data/numpy.jsonl");
    let open = [
        "nonzero",
        "argwhere",
        "flatnonzero",
        "extract",
        "compress",
        "unique",
        "unique_all",
        "bincount",
        "set",
        "segment",
    ];
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in case::cases(lines).step_by(7) {
        let case = &line.case;
        // Some of these need values, which a traced function does not have.
        if open.contains(&case.function.as_str()) && case.args.to_string().contains("null") {
            continue;
        }
        let f = jit(|inputs: &Vec<Tensor>| apply_to(&case.function, &case.args, inputs)).tier(Tier::Host);
        let found = f(&case.inputs);
        for (found, expected) in found.iter().zip(line.right.as_ref().unwrap()) {
            if let Err(error) = case::compare(found, expected, &line.tol) {
                wrong.push(format!("{}: {error}", line.label));
            }
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 100, "{count}");
}

/// Returns one row for each pair: the greatest of the clipped sums of neighbors.
fn clipped(x: &Tensor) -> Tensor {
    let pairs = Tensor::concatenate(&[x.expand_dims(0), x.roll(1, 0).expand_dims(0)], 0);
    pairs.sum_axes(0).clip(-1.0, 1.0).amax(0)
}
fn masked_mean(x: &Tensor) -> Tensor {
    let mask = x.greater(0.0).logical_and(x.less_equal(2.0)).logical_or(x.equal(-1.0));
    where_(&mask, x, 0.0).sum() / mask.count_nonzero().astype(x.dtype())
}
fn normalised_histogram(x: &Tensor) -> Tensor {
    let (counts, _) = x.histogram((4, -2.0..2.0));
    &counts / counts.sum()
}
fn moving_average(x: &Tensor) -> Tensor {
    x.convolve(&(Tensor::ones([3], x.dtype()) / 3.0), rune::signal::ConvolveMode::Valid)
}
fn standardised(x: &Tensor) -> Tensor {
    (x - x.nanmean()).true_divide(x.nanstd() + 1e-6)
}
fn features(x: &Tensor) -> Tensor {
    Tensor::hstack(&[x.vander(3, true), Tensor::column_stack(&[x.arctan2(1.0), x.absolute()])])
}
fn upsampled(x: &Tensor) -> Tensor {
    image::resize(&x.reshape([1, -1]), [2, 2 * x.size()], ResizeMethod::Cubic, true)
}
fn positions(x: &Tensor) -> Tensor {
    Tensor::stack(&x.reshape([2, 3]).greater(0.0).nonzero((6, -1)), 1)
}
fn area(x: &Tensor) -> Tensor {
    x.square().trapezoid(0.5, 0) + x.diff(1, 0).power(2.0).sum()
}
fn binned_sums(x: &Tensor) -> Tensor {
    rune::segment_sum(x, &x.digitize(&tensor![-1.0, 0.0, 1.0], false), 4)
}

#[test]
fn programs_of_numpy_habit_are_rust() {
    let x = tensor![-1.0, 0.25, 3.0, -0.5, 1.5, 2.0];
    #[allow(clippy::type_complexity, reason = "a function, and the shape of its argument")]
    let programs: [(fn(&Tensor) -> Tensor, &[usize]); 10] = [
        (clipped, &[]),
        (masked_mean, &[]),
        (normalised_histogram, &[4]),
        (moving_average, &[4]),
        (standardised, &[6]),
        (features, &[6, 5]),
        (upsampled, &[2, 12]),
        (positions, &[6, 2]),
        (area, &[]),
        (binned_sums, &[4]),
    ];
    for (i, (f, shape)) in programs.into_iter().enumerate() {
        let (eager, compiled) = (f(&x), jit(f).tier(Tier::Host)(&x));
        assert_eq!(**eager.shape(), *shape, "program {i}");
        let close = eager.allclose(&compiled, 1e-6, 1e-6).item::<bool>().unwrap();
        assert!(close, "program {i}: {compiled}, and should be {eager}");
    }
    assert_eq!(masked_mean(&x).item::<f32>().unwrap(), 0.6875);
    assert_eq!(binned_sums(&x).to_vec::<f32>().unwrap(), [0.0, -1.5, 0.25, 6.5]);
    assert_eq!(positions(&x).to_vec::<i32>().unwrap(), [0, 1, 0, 2, 1, 1, 1, 2, -1, -1, -1, -1]);
}
