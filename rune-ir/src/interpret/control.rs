//! Operations that hold programs.

use super::run::{Observer, run as run_program};
use super::{InterpretError, Results};
use crate::array::{ALIGNMENT, AlignedBytes};
use crate::{Array, Program, Type};
use std::sync::Arc;

pub(super) fn case(
    index: &Array,
    args: Vec<Array>,
    branches: &[Arc<Program>],
    observer: &mut dyn Observer,
) -> Result<Results, InterpretError> {
    let last = branches.len() as i64 - 1;
    let chosen = i64::from(index.as_slice::<i32>()[0]).clamp(0, last);
    Ok(run_program(&branches[chosen as usize], args, observer)?.into())
}

pub(super) fn while_loop(
    mut args: Vec<Array>,
    consts: usize,
    cond: &Program,
    body: &Program,
    observer: &mut dyn Observer,
) -> Result<Results, InterpretError> {
    let mut carry = args.split_off(consts);
    let mut trip_count = 0;
    loop {
        let all = |carry: &[Array]| args.iter().chain(carry).cloned().collect::<Vec<_>>();
        let holds = run_program(cond, all(&carry), observer)?;
        if !holds[0].as_slice::<bool>()[0] {
            observer.loop_ended(body, trip_count);
            return Ok(carry.into());
        }
        // The carry is moved, so that the body may overwrite it.
        let inputs = args.iter().cloned().chain(carry).collect();
        carry = run_program(body, inputs, observer)?;
        trip_count += 1;
    }
}

pub(super) fn scan(
    mut args: Vec<Array>,
    consts: usize,
    carry: usize,
    length: usize,
    reverse: bool,
    body: &Program,
    observer: &mut dyn Observer,
) -> Result<Results, InterpretError> {
    let xs = args.split_off(consts + carry);
    let mut carried = args.split_off(consts);
    let stacked = body.output_types().split_off(carry);
    let mut stacks: Vec<AlignedBytes> = stacked
        .iter()
        .map(|ty| {
            let mut bytes = AlignedBytes::with_capacity(ALIGNMENT, ty.bytes() * length);
            bytes.resize(ty.bytes() * length, 0);
            bytes
        })
        .collect();
    for iteration in 0..length {
        let position = if reverse { length - 1 - iteration } else { iteration };
        let slices = xs.iter().map(|x| slice(x, position));
        let inputs = args.iter().cloned().chain(carried).chain(slices).collect();
        let mut outputs = run_program(body, inputs, observer)?;
        let others = outputs.split_off(carry);
        carried = outputs;
        for (stack, other) in stacks.iter_mut().zip(&others) {
            let n = other.bytes().len();
            stack[position * n..][..n].copy_from_slice(other.bytes());
        }
    }
    let stacks = stacks.into_iter().zip(stacked).map(|(bytes, ty)| Array::from_aligned(ty.batched(length), bytes));
    Ok(carried.into_iter().chain(stacks).collect())
}

/// Returns the slice at an index along the first axis.
fn slice(x: &Array, position: usize) -> Array {
    let ty: Type = x.ty().with_shape(&x.shape()[1..]);
    let n = ty.bytes();
    Array::from_bytes(ty, &x.bytes()[position * n..][..n])
}
