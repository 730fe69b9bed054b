//! Carried values that a barrier takes.
//!
//! A device computes while the host goes on, so the host knows for each carried value when it is ready. Kernels in the
//! body of a loop wait for that, but not barriers: kernels behind a barrier read what the iteration before may not have
//! written yet. The result is silently wrong, or the call fails ("transient buffer has not been committed"). Before a
//! barrier on a value that a kernel of the body computes, the host does wait. Barriers therefore take copies of carried
//! values.

use crate::builder::{Builder, Val};
use crate::tree::{Context, Mark, Value};
use rune_ir::op::Literal;
use rune_ir::{Shape, Type};

/// Records the values that a loop carries.
pub(crate) fn note_carried(context: &Context, values: &[Val]) {
    values.iter().for_each(|x| context.note(Mark::Carried, x.raw));
}

/// Records that a result is a carried value too, if the operation may become nothing.
pub(crate) fn note(context: &Context, name: &str, operands: &[&Val], ty: &Type, result: Value) {
    let may_vanish = matches!(
        name,
        "stablehlo.reshape"
            | "stablehlo.transpose"
            | "stablehlo.broadcast_in_dim"
            | "stablehlo.slice"
            | "stablehlo.dynamic_slice"
            | "stablehlo.pad"
            | "stablehlo.concatenate"
            | "stablehlo.convert"
            | "stablehlo.bitcast_convert"
    );
    if may_vanish && context.has(Mark::Carried, operands[0].raw) && operands[0].ty.bytes() == ty.bytes() {
        context.note(Mark::Carried, result);
    }
}

/// Returns whether `x` is a carried value, for code with defences.
pub(crate) fn is_carried(b: &Builder, x: &Val) -> bool {
    b.has_defences() && b.context.has(Mark::Carried, x.raw)
}

/// The copies of carried values in one block.
#[derive(Default)]
pub(crate) struct ReadyCopies<'c> {
    /// A predicate that is always true, but not known to IREE.
    always: Option<Val<'c>>,
    /// Carried values with their copies.
    copies: Vec<(Value<'c>, Val<'c>)>,
}

/// Returns a value that a barrier can take: `x`, or a copy of it if a loop carries it.
pub(crate) fn ready<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    if !is_carried(b, x) || x.ty.size() == 0 {
        return x.clone();
    }
    let ReadyCopies { always, mut copies } = b.ready_copies.take();
    let always = always.unwrap_or_else(|| b.barrier(&[&b.full(Literal::new(true), &Shape::scalar())]).remove(0));
    let known = copies.iter().find(|(raw, copy)| *raw == x.raw && copy.ty == x.ty).map(|(_, copy)| copy.clone());
    let copy = known.unwrap_or_else(|| {
        // IREE does not know that both values are the same. The kernel waits for the first.
        let copy = b.select(&b.broadcast(&always, x.shape(), &[]), x, &b.barrier_beside(x, &[]));
        copies.push((x.raw, copy.clone()));
        copy
    });
    b.ready_copies.replace(ReadyCopies { always: Some(always), copies });
    copy
}
