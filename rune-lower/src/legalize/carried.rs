//! What loops carry.
//!
//! IREE folds a carried value that the body does not read away, and then disagrees with itself on how many there are: the compiler
//! crashes, or cannot finish (`while err > tol { (x, err) = (f(x), |f(x) - x|) }`, `(a, b) = (b, f(b))`). And it takes constants that
//! go into a loop, or are stacked by it, for the values themselves. So constants go through a barrier, and so does a value that is
//! replaced unread, together with what replaces it.

use crate::builder::{Builder, Val};
use rune_ir::Program;

/// For each input of `body` from `first` on, as many as `count`, whether an instruction of it takes that input.
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

/// What comes after `old` in a loop whose body reads those that `read` marks.
pub(crate) fn replaced<'c>(b: &Builder<'c>, old: &[Val<'c>], new: Vec<Val<'c>>, read: &[bool]) -> Vec<Val<'c>> {
    let replace = |((old, new), &read): ((&Val<'c>, Val<'c>), &bool)| match read || old.raw == new.raw {
        true => b.opaque(&new),
        false => b.barrier(&[&new, old]).remove(0),
    };
    old.iter().zip(new).zip(read).map(replace).collect()
}

/// Values that go into a loop.
pub(crate) fn initial<'c>(b: &Builder<'c>, values: &[Val<'c>]) -> Vec<Val<'c>> {
    values.iter().map(|x| b.opaque(x)).collect()
}
