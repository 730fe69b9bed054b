//! Random bits.

use crate::builder::{Builder, Val};
use rune_ir::op::Literal;

/// Emits Threefry-2x32 with twenty unrolled rounds of additions, rotations and exclusive ors.
pub(super) fn threefry2x32<'c>(
    b: &Builder<'c>,
    k0: &Val<'c>,
    k1: &Val<'c>,
    x0: &Val<'c>,
    x1: &Val<'c>,
) -> Vec<Val<'c>> {
    const ROTATIONS: [[u32; 4]; 2] = [[13, 15, 26, 6], [17, 29, 16, 24]];
    const PARITY: u32 = 0x1BD1_1BDA;
    let literal = |x: u32| b.full(Literal::new(x), x0.shape());
    let xor = |x: &Val<'c>, y: &Val<'c>| b.binary("stablehlo.xor", x, y);
    let rotate = |x: &Val<'c>, by: u32| {
        let left = b.binary("stablehlo.shift_left", x, &literal(by));
        let right = b.binary("stablehlo.shift_right_logical", x, &literal(32 - by));
        b.or(&left, &right)
    };
    let k2 = xor(&xor(k0, k1), &literal(PARITY));
    let keys = [k0, k1, &k2];
    let (mut x, mut y) = (b.add(x0, k0), b.add(x1, k1));
    for round in 0..5 {
        for by in ROTATIONS[round % 2] {
            x = b.add(&x, &y);
            y = xor(&rotate(&y, by), &x);
        }
        x = b.add(&x, keys[(round + 1) % 3]);
        y = b.add(&b.add(&y, keys[(round + 2) % 3]), &literal(round as u32 + 1));
    }
    vec![x, y]
}
