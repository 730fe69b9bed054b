//! Values carried by loops.
//!
//! IREE removes a carried value that the body does not read, and then miscounts the values: the compiler crashes or
//! fails (`while err > tol { (x, err) = (f(x), |f(x) - x|) }`, `(a, b) = (b, f(b))`). Therefore, if the body replaces a
//! value without reading it, the old and the new value go through one barrier. IREE also treats constants as
//! loop-invariant, if they enter a loop or if the loop stacks them. Therefore, constants go through a barrier too.
//!
//! A body may pass a carried value on to another one (`(a, b) = (b, -a)`). IREE may then drop the operation that
//! computes the initial value: the results are silently 0, or a call fails with "ref is null". Loops whose condition
//! depends on data fail in the same way if two initial values share a buffer. Such loops carry copies.

use crate::builder::{Builder, Val};
use crate::legalize::waits;
use rune_ir::op::Literal;
use rune_ir::{Program, Shape};

/// Returns, for each of the `count` inputs of `body` from `first` on, whether an instruction reads it.
pub(crate) fn read_by(body: &Program, first: usize, count: usize) -> Vec<bool> {
    let mut read = vec![false; body.inputs().len()];
    for instruction in body.instructions() {
        for v in instruction.op.operands() {
            if let Some(read) = read.get_mut(v.index()) {
                *read = true;
            }
        }
    }
    read[first..first + count].to_vec()
}

/// Returns the next values for `old` in a loop that takes a fixed number of iterations. `read` marks the values that the
/// body reads.
pub(crate) fn replaced<'c>(b: &Builder<'c>, old: &[Val<'c>], new: Vec<Val<'c>>, read: &[bool]) -> Vec<Val<'c>> {
    let is_passed_on = |i: usize| new.iter().enumerate().any(|(j, new)| i != j && new.raw == old[i].raw);
    // On GPUs, IREE frees a carried buffer after each iteration, even if it is also the buffer of an equal constant.
    let is_freed = b.context.is_gpu && new.iter().any(|new| new.known.is_constant());
    if is_freed || (0..old.len()).any(is_passed_on) {
        return copied(b, old, new);
    }
    let replace = |((old, new), &read): ((&Val<'c>, Val<'c>), &bool)| match read || old.raw == new.raw {
        true => b.opaque(&new),
        false => b.barrier_beside(&waits::ready(b, &new), &[old]),
    };
    old.iter().zip(new).zip(read).map(replace).collect()
}

/// Returns copies of the next values for `old` in a loop. The old values go through the barriers of the copies.
pub(crate) fn copied<'c>(b: &Builder<'c>, old: &[Val<'c>], new: Vec<Val<'c>>) -> Vec<Val<'c>> {
    if !b.has_defences() {
        return new;
    }
    let copies = Copies::new(b);
    old.iter().zip(new).map(|(old, new)| copies.copy(b, &new, &[old])).collect()
}

/// Makes copies that IREE does not remove, for code with defences. A copy is a select between a value and the same value
/// behind a barrier. IREE removes the barrier only after it has decided which operations get a separate buffer.
pub(crate) struct Copies<'c> {
    /// A predicate that is always true, but not known to IREE.
    chosen: Val<'c>,
}

impl<'c> Copies<'c> {
    pub(crate) fn new(b: &Builder<'c>) -> Copies<'c> {
        Copies { chosen: b.barrier(&[&b.full(Literal::new(true), &Shape::scalar())]).remove(0) }
    }
    /// Returns a copy of `x`. Its barrier also takes `beside`. IREE keeps all operands of a barrier.
    pub(crate) fn copy(&self, b: &Builder<'c>, x: &Val<'c>, beside: &[&Val<'c>]) -> Val<'c> {
        b.select(&self.chosen, &b.opaque(x), &b.barrier_beside(x, beside))
    }
}

/// Returns the values that enter a loop of a fixed length.
pub(crate) fn initial<'c>(b: &Builder<'c>, values: &[Val<'c>]) -> Vec<Val<'c>> {
    values.iter().map(|x| b.opaque(x)).collect()
}

/// Returns all values that enter a loop whose condition depends on data.
///
/// IREE merges equal barriers. It then looks for the size of a constant that enters two such loops, and may find it in
/// the wrong loop ("operand does not dominate this use"). Therefore, each loop has one barrier, which also takes the
/// values that are not constant, so that the barriers of two loops differ. In loops of a fixed length, such a barrier
/// makes calls fail ("indirect buffer reference slot 0 is out range").
///
/// On GPUs, IREE frees the initial buffers after the first iteration, even if they are also those of other values. Each
/// loop therefore starts from copies. So does a loop that starts from two constants, because equal constants share a
/// buffer, and calls then fail ("binding table slot requires a buffer but none was provided").
pub(crate) fn initial_of_while<'c>(b: &Builder<'c>, values: &[Val<'c>]) -> Vec<Val<'c>> {
    let is_constant = |x: &Val<'c>| x.known.is_constant();
    let share_buffer = values.iter().filter(|x| is_constant(x)).count() > 1;
    if (b.context.is_gpu || share_buffer) && b.has_defences() {
        let (opaque, copies) = (b.barrier(&values.iter().collect::<Vec<_>>()), Copies::new(b));
        return opaque.iter().map(|x| copies.copy(b, x, &[])).collect();
    }
    if !values.iter().any(is_constant) {
        return values.to_vec();
    }
    let opaque = b.barrier(&values.iter().collect::<Vec<_>>());
    values.iter().zip(opaque).map(|(x, opaque)| if is_constant(x) { opaque } else { x.clone() }).collect()
}
