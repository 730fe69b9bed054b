//! Tests of long graphs.

use rune::ProgramExt;
use rune::prelude::*;

/// More than any stack of recursive calls can hold.
const LONG: usize = 100_000;

fn chain(x: &Tensor) -> Tensor {
    let mut y = x.clone();
    for _ in 0..LONG {
        y = y * 0.5 + 1.0;
    }
    y
}

#[test]
fn a_long_chain_is_built_and_dropped() {
    let x = Tensor::scalar(1.0f32);
    assert_eq!(chain(&x).item::<f32>().unwrap(), 2.0);
    drop(chain(&x));
}

#[test]
fn a_long_chain_is_traced_transformed_hashed_printed_and_read_back() {
    let program = make_program(chain, &Tensor::scalar(1.0f32)).unwrap();
    assert!(program.instructions().len() >= 2 * LONG);
    let gradient = program.grad(&[0], true).unwrap();
    assert!(gradient.instructions().len() >= 3 * LONG);
    assert_ne!(program.structural_hash(), gradient.structural_hash());
    let text = program.to_string();
    let read: rune::Program = text.parse().unwrap();
    assert_eq!(read.structural_hash(), program.structural_hash());
    assert!(program.simplify().instructions().len() >= 2 * LONG);
    gradient.verify().unwrap();
}
