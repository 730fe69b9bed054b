//! Calls that show whether compiled code reads memory that is not its own, or changes its arguments.
//!
//! Each argument lies in the middle of a larger block. A call is made twice, with other bytes around the arguments: NaN in every type of
//! floats, then numbers near 1. A result that is not the same to the bit depends on them.

use rune_trace::{ALIGNMENT, Array, HostMemory, Value};
use std::sync::Arc;

/// So many bytes stand on either side of an argument.
const AROUND: usize = 4096;
/// What they are: all of it NaN, or numbers near 1.
const FILLS: [u8; 2] = [0xff, 0x3f];

/// An array in the middle of other bytes.
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

/// `x` in the middle of bytes `fill`.
fn guarded(x: &Array, fill: u8) -> Array {
    let length = x.bytes().len();
    let mut block = vec![fill; length + 2 * AROUND + ALIGNMENT];
    let start = AROUND + block[AROUND..].as_ptr().align_offset(ALIGNMENT);
    block[start..start + length].copy_from_slice(x.bytes());
    Array::from_foreign(x.ty().clone(), Arc::new(Guarded { block, start, length }))
}

/// What `call` gives for `inputs`, whatever lies beside them. Fails if the call changes one of them: expected values are
/// computed from the same arrays.
pub fn call(inputs: &[Array], call: impl Fn(&[Value]) -> Result<Vec<Array>, String>) -> Result<Vec<Array>, String> {
    let mut first: Option<Vec<Array>> = None;
    for fill in FILLS {
        let arguments: Vec<Array> = inputs.iter().map(|x| guarded(x, fill)).collect();
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
