//! Tests that tensors print as NumPy's `str` prints arrays. `scripts/vectors printing` writes the vectors.

use half::bf16;
use rune_trace::{Array, DType, F8E4M3FN, F8E5M2, Tensor, Type};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    dtype: String,
    shape: Vec<usize>,
    /// The bytes of some elements, which are repeated.
    elements: String,
    text: String,
    precision: Option<usize>,
}

impl Case {
    fn tensor(&self) -> Tensor {
        let ty = Type::new(self.dtype.parse::<DType>().unwrap(), self.shape.clone());
        let digit = |i: usize| u8::from_str_radix(&self.elements[2 * i..2 * i + 2], 16).unwrap();
        let few: Vec<u8> = (0..self.elements.len() / 2).map(digit).collect();
        let bytes: Vec<u8> = few.iter().copied().cycle().take(ty.bytes()).collect();
        Tensor::from(Array::from_bytes(ty, &bytes))
    }
}

#[test]
fn tensors_print_as_numpy_prints() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for line in include_str!("data/printing.jsonl").lines() {
        let case: Case = serde_json::from_str(line).unwrap();
        let x = case.tensor();
        let text = match case.precision {
            Some(digits) => format!("{x:.digits$}"),
            None => x.to_string(),
        };
        if text != case.text {
            wrong.push(format!("{} {:?}:\n{text}\nNumPy:\n{}", case.dtype, case.shape, case.text));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n\n"));
    assert!(count > 900, "{count}");
}

/// NumPy has neither dtype.
#[test]
fn floats_that_numpy_lacks_print_with_the_digits_that_determine_them() {
    let bf16s = [1.0, 0.1, -2.5, 1e-2, 3.140_625].map(bf16::from_f32);
    assert_eq!(Tensor::from(bf16s).to_string(), "[ 1.    0.1  -2.5   0.01  3.14]");
    assert_eq!(Tensor::from([3e38, 1.0].map(bf16::from_f32)).to_string(), "[3.e+38 1.e+00]");
    assert_eq!(Tensor::scalar(bf16::from_f32(257.0)).to_string(), "256.0");
    let e4m3 = [448.0, 0.5, f32::NAN, -0.0].map(F8E4M3FN::from_f32);
    assert_eq!(Tensor::from(e4m3).to_string(), "[448.    0.5   nan  -0. ]");
    let e5m2 = [128.0, -1.75, f32::INFINITY].map(F8E5M2::from_f32);
    assert_eq!(Tensor::from(e5m2).to_string(), "[128.   -1.8   inf]");
}

#[test]
fn debug_shows_values_also_of_pending_tensors() {
    let x = Tensor::from([1.0f32, 2.0]);
    let y = &x * 2.0;
    assert!(y.is_pending());
    assert_eq!(format!("{y:?}"), format!("{:?}", Tensor::from([2.0f32, 4.0])));
    let looks = |x: &Tensor| {
        assert_eq!(format!("{x:?}"), "Tensor([2, f32], traced)");
        x.clone()
    };
    rune_trace::make_program(looks, &x).unwrap();
}
