//! Exchanges of arrays over any transport.
//!
//! A reduction does not use the reduction of the transport: MPI recommends, but does not guarantee, that equal calls
//! give equal bits (MPI 4.0, 6.9.1). Instead, one rank reduces each element in the order of the ranks, with the
//! interpreter's kernel, which accumulates floats in `f64`. The result therefore depends only on the operands and the
//! number of ranks, and it is the same on all ranks.

use crate::transport::Transport;
use rune_ir::interpret::eval_op;
use rune_ir::op::{CollectiveFn, Dims, Exchange, ReduceFn};
use rune_ir::{Array, DType, Op, Shape, Type, array_memory};

/// If the gathered operands have at most this many bytes, a reduction gathers them on all ranks, with one message per
/// rank instead of two.
const SMALL: usize = 64 << 10;

/// Returns the result of an exchange on this rank.
pub(crate) fn run(transport: &mut dyn Transport, rank: usize, exchange: &Exchange, x: &Array) -> Result<Array, String> {
    match exchange {
        // With a single rank, these exchanges change nothing.
        Exchange::Reduce(_) | Exchange::AllToAll if transport.size() == 1 => Ok(x.clone()),
        Exchange::Reduce(f) => reduce(transport, *f, x),
        Exchange::Gather => gather(transport, x),
        Exchange::AllToAll => {
            let mut received = array_memory(x.bytes().len());
            transport.all_to_all(x.bytes(), &mut received)?;
            Ok(Array::from_aligned(x.ty().clone(), received))
        }
        Exchange::Permute(pairs) => {
            let mut received = array_memory(x.bytes().len());
            let to = pairs.iter().find(|pair| pair.0 == rank).map(|pair| (pair.1, x.bytes()));
            match pairs.iter().find(|pair| pair.1 == rank) {
                Some(&(from, _)) => transport.send_receive(to, Some((from, &mut received)))?,
                None => {
                    transport.send_receive(to, None)?;
                    received.fill(0);
                }
            }
            Ok(Array::from_aligned(x.ty().clone(), received))
        }
    }
}

fn gather(transport: &mut dyn Transport, x: &Array) -> Result<Array, String> {
    let mut shape = x.shape().clone();
    shape.dims_mut().insert(0, transport.size());
    if transport.size() == 1 {
        return Ok(x.reshaped(shape));
    }
    let mut all = array_memory(x.bytes().len() * transport.size());
    transport.all_gather(x.bytes(), &mut all)?;
    Ok(Array::from_aligned(Type { shape, dtype: x.dtype() }, all))
}

/// Reduces in three steps: exchanges parts, reduces one part on each rank, and exchanges the results. Each rank sends
/// and receives about twice the bytes of `x`, whatever the number of ranks.
fn reduce(transport: &mut dyn Transport, f: CollectiveFn, x: &Array) -> Result<Array, String> {
    let (size, bytes) = (transport.size(), x.bytes().len());
    if bytes * size <= SMALL {
        return reduced(f, &gather(transport, x)?);
    }
    let (count, width) = (x.ty().size(), x.dtype().size());
    let part = count.div_ceil(size);
    let padded = |length: usize| {
        let mut memory = array_memory(length);
        memory[..bytes].copy_from_slice(x.bytes());
        memory[bytes..].fill(0);
        memory
    };
    let mut received = array_memory(part * size * width);
    match part * size == count {
        true => transport.all_to_all(x.bytes(), &mut received)?,
        false => transport.all_to_all(&padded(part * size * width), &mut received)?,
    }
    let own = reduced(f, &Array::from_aligned(Type::new(x.dtype(), [size, part]), received))?;
    let mut all = array_memory(part * size * width);
    transport.all_gather(own.bytes(), &mut all)?;
    all.truncate(bytes);
    Ok(Array::from_aligned(x.ty().clone(), all))
}

/// Reduces the first axis.
fn reduced(f: CollectiveFn, stacked: &Array) -> Result<Array, String> {
    let f = match f {
        CollectiveFn::Sum => ReduceFn::Sum,
        CollectiveFn::Max => ReduceFn::Max,
        CollectiveFn::Min => ReduceFn::Min,
    };
    let op = Op::Reduce { f, x: stacked, axes: Dims::from_slice(&[0]) };
    eval_op(&op).map_err(|error| error.to_string()).map(|mut results| results.remove(0))
}

/// Returns bytes as an array.
pub(crate) fn bytes_array(bytes: &[u8]) -> Array {
    Array::from_bytes(Type::new(DType::U8, Shape::from([bytes.len()].as_slice())), bytes)
}
