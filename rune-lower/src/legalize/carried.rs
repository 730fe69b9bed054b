//! Values carried by loops.
//!
//! IREE removes a carried value that the body does not read, and then miscounts the values: the compiler crashes or
//! fails (`while err > tol { (x, err) = (f(x), |f(x) - x|) }`, `(a, b) = (b, f(b))`). It also treats constants that
//! enter a loop, or that the loop stacks, as loop-invariant. Constants therefore go through a barrier. A value that is
//! replaced without being read also does, together with its replacement.

use crate::builder::{Builder, Val};
use rune_ir::Program;

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

/// Returns the next values for `old` in a loop. `read` marks the values that the body reads. An old value that becomes
/// the next value of another one counts as unread, because the operation that reads it may be lowered to nothing.
pub(crate) fn replaced<'c>(b: &Builder<'c>, old: &[Val<'c>], new: Vec<Val<'c>>, read: &[bool]) -> Vec<Val<'c>> {
    let moves_on = |i: usize| new.iter().enumerate().any(|(j, new)| i != j && new.raw == old[i].raw);
    let is_read: Vec<bool> = read.iter().enumerate().map(|(i, &read)| read && !moves_on(i)).collect();
    let replace = |((old, new), read): ((&Val<'c>, Val<'c>), bool)| match read || old.raw == new.raw {
        true => b.opaque(&new),
        false => b.barrier(&[&new, old]).remove(0),
    };
    old.iter().zip(new).zip(is_read).map(replace).collect()
}

/// Returns the initial values of a loop.
pub(crate) fn initial<'c>(b: &Builder<'c>, values: &[Val<'c>]) -> Vec<Val<'c>> {
    values.iter().map(|x| b.opaque(x)).collect()
}
