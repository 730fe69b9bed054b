//! Sums of products with elements of narrow dtypes, which are widened to `f32` in registers.

use super::lanes::ARCH;
use bytemuck::{Pod, Zeroable};
use half::{bf16, f16};
use pulp::{Simd, WithSimd};

/// An element that widens to `f32` exactly.
pub(crate) trait Narrow: Pod + Send + Sync {
    fn widen(self) -> f32;
}
impl Narrow for bf16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }
}
impl Narrow for f16 {
    /// Has no branches, so that the compiler can vectorize it.
    #[inline(always)]
    fn widen(self) -> f32 {
        const REBIAS: f32 = f32::from_bits((127 + 112) << 23);
        let bits = u32::from(self.to_bits());
        let (sign, rest) = ((bits & 0x8000) << 16, (bits & 0x7fff) << 13);
        // The multiplication also makes subnormal numbers normal.
        let finite = (f32::from_bits(rest) * REBIAS).to_bits();
        let beyond = rest | 0x7f80_0000;
        f32::from_bits(sign | if bits & 0x7c00 == 0x7c00 { beyond } else { finite })
    }
}
impl Narrow for i8 {
    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from(self)
    }
}
impl Narrow for u8 {
    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from(self)
    }
}

/// Four bits of a byte, from the bit `FIRST` on.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct HalfByte<const FIRST: u32>(u8);
impl<const FIRST: u32> Narrow for HalfByte<FIRST> {
    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from(self.0 >> FIRST & 15)
    }
}

/// The number of elements that are widened at once.
const LANES: usize = 32;

#[inline(always)]
fn widened<T: Narrow>(narrow: &[T; LANES]) -> [f32; LANES] {
    let mut wide = [0.0; LANES];
    for (wide, narrow) in wide.iter_mut().zip(narrow) {
        *wide = narrow.widen();
    }
    wide
}

/// The number of rows that [`add_scaled`] adds at once.
pub(crate) const ROWS_ADDED: usize = 4;

/// Adds rows to `out`. Each row is as long as `out`, and is multiplied by a factor.
pub(crate) fn add_scaled<T: Narrow>(out: &mut [f32], rows: &[&[T]], factors: [f32; ROWS_ADDED]) {
    struct Add<'a, T>(&'a mut [f32], [&'a [T]; ROWS_ADDED], [f32; ROWS_ADDED]);
    impl<T: Narrow> WithSimd for Add<'_, T> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let Add(out, rows, factors) = self;
            let splat = factors.map(|factor| simd.splat_f32s(factor));
            let (chunks, rest) = out.as_chunks_mut::<LANES>();
            let whole = chunks.len() * LANES;
            let parts = rows.map(|row| &row.as_chunks::<LANES>().0[..chunks.len()]);
            for (i, out) in chunks.iter_mut().enumerate() {
                let out = S::as_mut_simd_f32s(out).0;
                for (part, &factor) in parts.iter().zip(&splat) {
                    let wide = widened(&part[i]);
                    for (y, &x) in out.iter_mut().zip(S::as_simd_f32s(&wide).0) {
                        *y = simd.mul_add_e_f32s(factor, x, *y);
                    }
                }
            }
            for (i, y) in rest.iter_mut().enumerate() {
                for (row, factor) in rows.iter().zip(factors) {
                    *y += factor * row[whole + i].widen();
                }
            }
        }
    }
    if let &[a, b, c, d] = rows {
        return ARCH.dispatch(Add(out, [a, b, c, d], factors));
    }
    for (row, factor) in rows.iter().zip(factors) {
        out.iter_mut().zip(*row).for_each(|(y, x)| *y += factor * x.widen());
    }
}

/// Returns the sum of the products of elements.
pub(crate) fn dot<T: Narrow>(x: &[f32], y: &[T]) -> f32 {
    struct Dot<'a, T>(&'a [f32], &'a [T]);
    impl<T: Narrow> WithSimd for Dot<'_, T> {
        type Output = f32;
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> f32 {
            let Dot(x, y) = self;
            let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
            let mut sums = [simd.splat_f32s(0.0); 4];
            for (x, y) in x.iter().zip(y) {
                let wide = widened(y);
                let (x, wide) = (S::as_simd_f32s(x).0, S::as_simd_f32s(&wide).0);
                for (i, (&x, &y)) in x.iter().zip(wide).enumerate() {
                    sums[i % 4] = simd.mul_add_e_f32s(x, y, sums[i % 4]);
                }
            }
            let [a, b, c, d] = sums;
            let sum = simd.reduce_sum_f32s(simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d)));
            let rest: f32 = x_rest.iter().zip(y_rest).map(|(x, y)| x * y.widen()).sum();
            sum + rest
        }
    }
    ARCH.dispatch(Dot(x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_widened_exactly() {
        for bits in 0..=u16::MAX {
            let (x, y) = (f16::from_bits(bits), bf16::from_bits(bits));
            assert!(x.widen().to_bits() == x.to_f32().to_bits() || x.is_nan() && x.widen().is_nan(), "{x:?}");
            assert!(y.widen().to_bits() == y.to_f32().to_bits() || y.is_nan() && y.widen().is_nan(), "{y:?}");
        }
    }
}
