//! The block cipher behind random numbers.

use super::map::write;
use crate::Array;

/// Returns both results for each key and counter.
pub(super) fn threefry2x32(k0: &Array, k1: &Array, x0: &Array, x1: &Array) -> [Array; 2] {
    // All lengths are equal and known to the compiler, so it can vectorize.
    let n = x0.ty().size();
    let (k0, k1) = (&k0.as_slice::<u32>()[..n], &k1.as_slice::<u32>()[..n]);
    let (x0s, x1s) = (&x0.as_slice::<u32>()[..n], &x1.as_slice::<u32>()[..n]);
    let mut second = Array::zeros(x1.ty().clone());
    let first = write::<u32>(x0.ty(), |first| {
        let (first, second) = (&mut first[..n], &mut second.make_mut::<u32>()[..n]);
        for i in 0..n {
            (first[i], second[i]) = encrypt([k0[i], k1[i]], [x0s[i], x1s[i]]);
        }
    });
    [first, second]
}

/// Applies twenty rounds, and adds the key after every four.
#[inline(always)]
fn encrypt(key: [u32; 2], [x0, x1]: [u32; 2]) -> (u32, u32) {
    const ROTATIONS: [[u32; 4]; 2] = [[13, 15, 26, 6], [17, 29, 16, 24]];
    const PARITY: u32 = 0x1bd1_1bda;
    let keys = [key[0], key[1], key[0] ^ key[1] ^ PARITY];
    let (mut a, mut b) = (x0.wrapping_add(keys[0]), x1.wrapping_add(keys[1]));
    for round in 0..5 {
        for by in ROTATIONS[round % 2] {
            a = a.wrapping_add(b);
            b = b.rotate_left(by) ^ a;
        }
        a = a.wrapping_add(keys[(round + 1) % 3]);
        b = b.wrapping_add(keys[(round + 2) % 3]).wrapping_add(round as u32 + 1);
    }
    (a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_answers_of_random123() {
        assert_eq!(encrypt([0, 0], [0, 0]), (0x6b20_0159, 0x99ba_4efe));
        assert_eq!(encrypt([!0, !0], [!0, !0]), (0x1cb9_96fc, 0xbb00_2be7));
        let (key, counter) = ([0x1319_8a2e, 0x0370_7344], [0x243f_6a88, 0x85a3_08d3]);
        assert_eq!(encrypt(key, counter), (0xc492_3a9c, 0x483d_f7a0));
        let of = |x: u32| Array::from_slice([1], &[x]);
        let [a, b] = threefry2x32(&of(key[0]), &of(key[1]), &of(counter[0]), &of(counter[1]));
        assert_eq!((a.as_slice::<u32>(), b.as_slice::<u32>()), (&[0xc492_3a9c][..], &[0x483d_f7a0][..]));
    }
}
