//! Reads test vectors, and compares numbers with them.

use rune_trace::Tensor;
use serde_json::Value;

/// The lines of a file of vectors, as JSON.
pub fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of vectors is JSON")).collect()
}

/// A list of numbers.
pub fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().expect("a list").iter().map(|x| x.as_f64().expect("a number")).collect()
}

/// A shape.
pub fn shape(list: &Value) -> Vec<usize> {
    list.as_array().expect("a list").iter().map(|n| n.as_u64().expect("a size") as usize).collect()
}

/// The numbers that the scripts call `argument`, from -2 to 2.
pub fn argument(seed: usize, shape: &[usize]) -> Tensor {
    let number = |i| ((i * 7919 + seed * 104_729) % 10_007) as f64 / 10_007.0 * 4.0 - 2.0;
    Tensor::from_slice(shape, &(0..shape.iter().product()).map(number).collect::<Vec<f64>>())
}

/// Fails unless each number is within `tolerance` times the greatest expected magnitude (at least 1).
#[track_caller]
pub fn near(what: &str, found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: the number of numbers");
    let greatest = expected.iter().fold(1.0f64, |max, x| max.max(x.abs()));
    for (i, (x, y)) in found.iter().zip(expected).enumerate() {
        assert!((x - y).abs() <= tolerance * greatest, "{what}: number {i} is {x}, and should be {y}");
    }
}
