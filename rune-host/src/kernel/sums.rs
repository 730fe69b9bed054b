//! Sums of products with elements of `f32` and of narrow dtypes, which are widened to `f32` in registers.

use super::lanes::ARCH;
use bytemuck::{Pod, Zeroable};
use half::{bf16, f16};
use pulp::{Simd, WithSimd};
use rune_ir::{F8E4M3FN, F8E5M2};

/// An element that widens to `f32` exactly, or is `f32`.
pub(crate) trait Narrow: Pod + Send + Sync {
    fn widen(self) -> f32;
}
impl Narrow for f32 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self
    }
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
impl Narrow for F8E4M3FN {
    #[inline(always)]
    fn widen(self) -> f32 {
        self.to_f32()
    }
}
impl Narrow for F8E5M2 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self.to_f32()
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

/// The maximum number of rows that [`dots`] multiplies at once. Their sums fit the vector registers.
pub(crate) const ROWS_MULTIPLIED: usize = 4;

/// Returns the dot products of some rows with `y`. All have the same length.
pub(crate) fn dots<T: Narrow, const ROWS: usize>(rows: [&[f32]; ROWS], y: &[T]) -> [f32; ROWS] {
    struct Dots<'a, T, const ROWS: usize>([&'a [f32]; ROWS], &'a [T]);
    impl<T: Narrow, const ROWS: usize> WithSimd for Dots<'_, T, ROWS> {
        type Output = [f32; ROWS];
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> [f32; ROWS] {
            let Dots(rows, y) = self;
            let (y, y_rest) = y.as_chunks::<LANES>();
            let whole = y.len() * LANES;
            let mut chunks: [&[[f32; LANES]]; ROWS] = [&[]; ROWS];
            for (chunks, row) in chunks.iter_mut().zip(rows) {
                *chunks = &row.as_chunks::<LANES>().0[..y.len()];
            }
            let mut sums = [[simd.splat_f32s(0.0); 2]; ROWS];
            for (i, y) in y.iter().enumerate() {
                let wide = widened(y);
                let wide = S::as_simd_f32s(&wide).0;
                for (sums, x) in sums.iter_mut().zip(&chunks) {
                    for (j, (&x, &y)) in S::as_simd_f32s(&x[i]).0.iter().zip(wide).enumerate() {
                        sums[j % 2] = simd.mul_add_e_f32s(x, y, sums[j % 2]);
                    }
                }
            }
            // Closures over vectors are not inlined.
            let mut products = [0.0; ROWS];
            for ((product, [even, odd]), row) in products.iter_mut().zip(sums).zip(rows) {
                *product = simd.reduce_sum_f32s(simd.add_f32s(even, odd));
                for (x, y) in row[whole..].iter().zip(y_rest) {
                    *product += x * y.widen();
                }
            }
            products
        }
    }
    ARCH.dispatch(Dots(rows, y))
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
