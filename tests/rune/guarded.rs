//! Guarded calls. They detect whether compiled code reads foreign memory or changes its arguments.
//!
//! Each argument is in the middle of a larger block. The code is called twice, with different bytes around the
//! arguments: NaN in every float type, then numbers near 1. If the results are not bit-equal, they depend on these
//! bytes.

use rune_trace::{ALIGNMENT, Array, HostMemory, Value};
use std::sync::Arc;

/// The number of bytes on each side of an argument.
const GUARD_BYTES: usize = 4096;
/// The bytes on both sides: NaN, or numbers near 1.
const FILLS: [u8; 2] = [0xff, 0x3f];

/// An array surrounded by other bytes.
struct Guarded {
    block: Vec<u8>,
    start: usize,
    length: usize,
}

// SAFETY: `block` is private and is not changed, so `bytes` returns the same slice each time.
#[allow(unsafe_code, reason = "`HostMemory` is a contract that its implementations keep")]
unsafe impl HostMemory for Guarded {
    fn bytes(&self) -> &[u8] {
        &self.block[self.start..self.start + self.length]
    }
}

/// Surrounds `x` by the bytes `fill`.
fn with_guards(x: &Array, fill: u8) -> Array {
    let length = x.bytes().len();
    let mut block = vec![fill; length + 2 * GUARD_BYTES + ALIGNMENT];
    let start = GUARD_BYTES + block[GUARD_BYTES..].as_ptr().align_offset(ALIGNMENT);
    block[start..start + length].copy_from_slice(x.bytes());
    Array::from_foreign(x.ty().clone(), Arc::new(Guarded { block, start, length }))
}

/// Returns the results of `call` for `inputs`. Fails if they depend on the memory around the inputs, or if the call
/// changes an input. Expected values are computed from the inputs.
pub fn call(inputs: &[Array], call: impl Fn(&[Value]) -> Result<Vec<Array>, String>) -> Result<Vec<Array>, String> {
    let mut first: Option<Vec<Array>> = None;
    for fill in FILLS {
        let arguments: Vec<Array> = inputs.iter().map(|x| with_guards(x, fill)).collect();
        let values: Vec<Value> = arguments.iter().cloned().map(Value::from).collect();
        let results = call(&values)?;
        if let Some(i) = inputs.iter().zip(&arguments).position(|(before, after)| before.bytes() != after.bytes()) {
            return Err(format!("the call changes its argument {i}"));
        }
        let Some(first) = &first else {
            first = Some(results);
            continue;
        };
        if let Some(i) = first.iter().zip(&results).position(|(x, y)| x.bytes() != y.bytes()) {
            return Err(format!(
                "result {i} depends on memory that is not of the arguments: {:?}, then {:?}",
                first[i], results[i]
            ));
        }
    }
    Ok(first.expect("there is a first call"))
}
