//! The array functions against NumPy, SciPy and JAX, and Jacobians against JAX. `scripts/vectors array-fns`,
//! `scripts/vectors integers`, `scripts/vectors jacobians` and `scripts/vectors random-f8` write the vectors.

#![allow(clippy::wildcard_enum_match_arm, reason = "of JSON, what is not expected is a wrong vector")]

mod gradients;
mod jacobians;
mod krylov;
mod linalg;
mod messages;
mod numpy;
mod optimize;
mod origins;
mod random;
mod special;
mod spectral;
use rune_testing::array_fns::{case, functions, integers};
use rune_testing::tolerance;

#[test]
fn functions_give_what_numpy_gives() {
    case::check(include_str!("../data/array_fns.jsonl"), functions::apply);
}

#[test]
fn random_numbers_are_those_of_jax() {
    case::check(include_str!("../data/random.jsonl"), random::apply);
}

#[test]
fn random_numbers_of_8_bits_are_those_of_jax() {
    case::check(include_str!("../data/random_f8.jsonl"), random::apply);
}

#[test]
fn narrow_random_numbers_of_gamma_distributions_are_rounded_wide_ones() {
    use rune_trace::{DType, Tensor, random};
    let (key, a) = (random::key(3), Tensor::from([0.5f32, 1.0, 2.0]));
    let draws: [fn(&Tensor, &Tensor, DType) -> Tensor; 2] = [
        |key, a, dtype| random::gamma(key, a, [20, 3], dtype),
        |key, a, dtype| random::loggamma(key, a, [20, 3], dtype),
    ];
    for dtype in [DType::F8E4M3FN, DType::F8E5M2, DType::F16, DType::BF16] {
        for draw in draws {
            let narrow = draw(&key, &a.cast(dtype), dtype);
            let wide = draw(&key, &a, DType::F32).cast(dtype);
            assert!(narrow.array_equal(&wide).item::<bool>().unwrap(), "{dtype}");
        }
    }
}

#[test]
fn random_numbers_of_distributions_are_those_of_jax() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/distributions.jsonl");
    case::check(&std::fs::read_to_string(path).unwrap(), random::apply);
}

#[test]
fn jacobians_are_those_of_jax() {
    case::check(include_str!("../data/jacobians.jsonl"), jacobians::apply);
}

#[test]
fn functions_take_bool_and_every_integer() {
    case::check(include_str!("../data/integers.jsonl"), integers::apply);
}

const INDEXING: &str = include_str!("../data/indexing.jsonl");

#[test]
fn indices_of_every_dtype_choose_what_jax_chooses() {
    case::check(INDEXING, integers::apply);
}

#[test]
fn indices_choose_the_same_in_each_batch_element() {
    let unknown = |case: &case::Case| case.function == "switch" && case.args == 200;
    case::check_those(INDEXING, |case| !unknown(case), |case| integers::apply_by_lane(case, |_| true));
    let indices = |x: &rune_trace::Tensor| x.dtype().is_int();
    case::check_those(INDEXING, |case| !unknown(case), |case| integers::apply_by_lane(case, indices));
}

#[test]
fn what_indices_choose_has_a_transpose() {
    let linear = |case: &case::Case| match case.function.as_str() {
        "update" => case.args[0] == "add" || case.args[0] == "set",
        "scatter_rows" => case.args == "add",
        "one_hot" | "switch" => false,
        _ => true,
    };
    let mut count = 0;
    for case in case::cases(INDEXING).filter(|case| case.right.is_ok() && linear(&case.case)) {
        let (a, b) = integers::transposed(&case.case);
        assert_eq!(a, b, "{}", case.label);
        count += 1;
    }
    assert!(count > 1000, "{count}");
}

#[test]
fn extremes_of_a_dtype_without_infinities() {
    use rune_trace::{DType, F8E4M3FN, Tensor, random, segment_max, segment_min};
    let x = Tensor::from([1.5f32, f32::NAN, -3.0, 0.0]).cast(DType::F8E4M3FN);
    let number = |x: Tensor| x.item::<F8E4M3FN>().unwrap().to_f32();
    assert_eq!((number(x.nanmax()), number(x.nanmin())), (1.5, -3.0));
    assert_eq!((x.nanargmax(0).item::<i32>().unwrap(), x.nanargmin(0).item::<i32>().unwrap()), (0, 2));
    let (known, ids) = (x.i(2..), Tensor::from([0, 0]));
    let numbers = |x: Tensor| x.cast(DType::F32).to_vec::<f32>().unwrap();
    assert_eq!(numbers(segment_max(&known, &ids, 2)), [0.0, -448.0]);
    assert_eq!(numbers(segment_min(&known, &ids, 2)), [-3.0, 448.0]);
    let drawn = numbers(random::truncated_normal(&random::key(0), [50], DType::F8E4M3FN, -448.0, 448.0));
    assert!(drawn.iter().all(|x| x.is_finite()) && drawn.iter().any(|&x| x < 0.0));
}
