//! Loops over the elements of a tile. Each loop is compiled for several vector instruction sets, and the best one for
//! the processor is chosen at run time.

use once_cell::sync::Lazy;
use pulp::{Arch, Simd, WithSimd};

pub(super) static ARCH: Lazy<Arch> = Lazy::new(Arch::new);

/// Sets each element of `d` to `f` of the element of `x`.
pub(super) fn map<X: Copy, D>(d: &mut [D], x: &[X], f: impl Fn(X) -> D) {
    struct Map<'a, X, D, F>(&'a mut [D], &'a [X], F);
    impl<X: Copy, D, F: Fn(X) -> D> WithSimd for Map<'_, X, D, F> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Map(d, x, f) = self;
            for (d, &x) in d.iter_mut().zip(x) {
                *d = f(x);
            }
        }
    }
    ARCH.dispatch(Map(d, x, f));
}

/// Sets each element of `d` to `f` of the elements of `x` and `y`.
pub(super) fn map2<X: Copy, Y: Copy, D>(d: &mut [D], x: &[X], y: &[Y], f: impl Fn(X, Y) -> D) {
    struct Map<'a, X, Y, D, F>(&'a mut [D], &'a [X], &'a [Y], F);
    impl<X: Copy, Y: Copy, D, F: Fn(X, Y) -> D> WithSimd for Map<'_, X, Y, D, F> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Map(d, x, y, f) = self;
            for ((d, &x), &y) in d.iter_mut().zip(x).zip(y) {
                *d = f(x, y);
            }
        }
    }
    ARCH.dispatch(Map(d, x, y, f));
}

/// Sets each element of `d` to `f` of the element of `x` and of the element of `y` for its row of `row` elements.
pub(super) fn map_rows<X: Copy, Y: Copy, D>(d: &mut [D], x: &[X], y: &[Y], row: usize, f: impl Fn(X, Y) -> D) {
    struct Map<'a, X, Y, D, F>(&'a mut [D], &'a [X], &'a [Y], usize, F);
    impl<X: Copy, Y: Copy, D, F: Fn(X, Y) -> D> WithSimd for Map<'_, X, Y, D, F> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Map(d, x, y, row, f) = self;
            for ((d, x), &y) in d.chunks_exact_mut(row).zip(x.chunks_exact(row)).zip(y) {
                for (d, &x) in d.iter_mut().zip(x) {
                    *d = f(x, y);
                }
            }
        }
    }
    ARCH.dispatch(Map(d, x, y, row, f));
}

/// Sets each element of `d` to `f` of the elements of `x`, `y` and `z`.
pub(super) fn map3<X: Copy, Y: Copy, Z: Copy, D>(d: &mut [D], x: &[X], y: &[Y], z: &[Z], f: impl Fn(X, Y, Z) -> D) {
    struct Map<'a, X, Y, Z, D, F>(&'a mut [D], &'a [X], &'a [Y], &'a [Z], F);
    impl<X: Copy, Y: Copy, Z: Copy, D, F: Fn(X, Y, Z) -> D> WithSimd for Map<'_, X, Y, Z, D, F> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Map(d, x, y, z, f) = self;
            for (((d, &x), &y), &z) in d.iter_mut().zip(x).zip(y).zip(z) {
                *d = f(x, y, z);
            }
        }
    }
    ARCH.dispatch(Map(d, x, y, z, f));
}

/// Sets each element of `d` to `f` of the element of `x`, the element of `y` for its row, and the element of `z`.
pub(super) fn map3_rows<T: Copy>(d: &mut [T], x: &[T], y: &[T], z: &[T], row: usize, f: impl Fn(T, T, T) -> T) {
    struct Map<'a, T, F>(&'a mut [T], [&'a [T]; 3], usize, F);
    impl<T: Copy, F: Fn(T, T, T) -> T> WithSimd for Map<'_, T, F> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Map(d, [x, y, z], row, f) = self;
            let rows = d.chunks_exact_mut(row).zip(x.chunks_exact(row)).zip(z.chunks_exact(row)).zip(y);
            for (((d, x), z), &y) in rows {
                for ((d, &x), &z) in d.iter_mut().zip(x).zip(z) {
                    *d = f(x, y, z);
                }
            }
        }
    }
    ARCH.dispatch(Map(d, [x, y, z], row, f));
}

/// Sets each element of `d` to `f` of the element of `x`, two numbers for its row, and the elements of `y` and `z`.
pub(super) fn map_normalized(
    d: &mut [f32],
    x: &[f32],
    by_row: [&[f32]; 2],
    [y, z]: [&[f32]; 2],
    row: usize,
    f: impl Fn(f32, [f32; 2], [f32; 2]) -> f32,
) {
    struct Map<'a, F>(&'a mut [f32], [&'a [f32]; 3], [&'a [f32]; 2], usize, F);
    impl<F: Fn(f32, [f32; 2], [f32; 2]) -> f32> WithSimd for Map<'_, F> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Map(d, [x, y, z], [a, b], row, f) = self;
            let rows =
                d.chunks_exact_mut(row).zip(x.chunks_exact(row)).zip(y.chunks_exact(row)).zip(z.chunks_exact(row));
            for ((((d, x), y), z), (&a, &b)) in rows.zip(a.iter().zip(b)) {
                for (((d, &x), &y), &z) in d.iter_mut().zip(x).zip(y).zip(z) {
                    *d = f(x, [a, b], [y, z]);
                }
            }
        }
    }
    ARCH.dispatch(Map(d, [x, y, z], by_row, row, f));
}

/// Combines the elements in many lanes, which fill a few vectors, and then the lanes in a tree.
pub(super) fn fold<X: Copy, A: Copy>(
    x: &[X],
    neutral: A,
    to_accumulator: impl Fn(X) -> A,
    combine: impl Fn(A, A) -> A,
) -> A {
    struct Fold<'a, X, A, U, C>(&'a [X], A, U, C);
    impl<X: Copy, A: Copy, U: Fn(X) -> A, C: Fn(A, A) -> A> WithSimd for Fold<'_, X, A, U, C> {
        type Output = A;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> A {
            const LANES: usize = 32;
            let Fold(x, neutral, to_accumulator, combine) = self;
            let (chunks, rest) = x.as_chunks::<LANES>();
            let mut lanes = [neutral; LANES];
            for chunk in chunks {
                for (lane, &x) in lanes.iter_mut().zip(chunk) {
                    *lane = combine(*lane, to_accumulator(x));
                }
            }
            let mut total = neutral;
            for &x in rest {
                total = combine(total, to_accumulator(x));
            }
            // The positions are fixed, so that the lanes stay in registers.
            let eight: [A; 8] = std::array::from_fn(|i| {
                combine(combine(lanes[i], lanes[i + 8]), combine(lanes[i + 16], lanes[i + 24]))
            });
            let [a, b, c, d, e, f, g, h] = eight;
            let lanes = combine(combine(combine(a, b), combine(c, d)), combine(combine(e, f), combine(g, h)));
            combine(total, lanes)
        }
    }
    if x.len() < 8 {
        return x.iter().fold(neutral, |total, &x| combine(total, to_accumulator(x)));
    }
    ARCH.dispatch(Fold(x, neutral, to_accumulator, combine))
}

/// A function of each number of a vector.
pub(super) trait ElementFn {
    fn apply<S: Simd>(&self, simd: S, x: S::f32s) -> S::f32s;
}

/// Returns the number itself.
pub(super) struct Identity;
/// Returns the square of the number, rounded to `f32`.
pub(super) struct Square;
/// Returns the square of the difference of the number from a fixed one. Difference and square are rounded to `f32`.
pub(super) struct SquareOfDifference(pub f32);

impl ElementFn for Identity {
    #[inline(always)]
    fn apply<S: Simd>(&self, _: S, x: S::f32s) -> S::f32s {
        x
    }
}
impl ElementFn for Square {
    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, x: S::f32s) -> S::f32s {
        simd.mul_f32s(x, x)
    }
}
impl ElementFn for SquareOfDifference {
    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, x: S::f32s) -> S::f32s {
        let difference = simd.sub_f32s(x, simd.splat_f32s(self.0));
        simd.mul_f32s(difference, difference)
    }
}

/// Returns the sum of `f` of all elements. Eight numbers at a time are added pairwise in `f32`, and these sums in
/// `f64`. The result does not depend on the length of vectors.
pub(super) fn sum_f32(x: &[f32], f: impl ElementFn) -> f64 {
    struct Sum<'a, F>(&'a [f32], F);
    impl<F: ElementFn> WithSimd for Sum<'_, F> {
        type Output = f64;
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> f64 {
            const LANES: usize = 16;
            let Sum(x, f) = self;
            let stride = LANES * size_of::<f32>() / size_of::<S::f32s>();
            let (chunks, rest) = x.as_chunks::<{ 8 * LANES }>();
            let mut lanes = [0f64; LANES];
            for chunk in chunks {
                let vectors = S::as_simd_f32s(chunk).0;
                let mut eights = [0f32; LANES];
                for (i, eight) in S::as_mut_simd_f32s(&mut eights).0.iter_mut().enumerate() {
                    // Closures would keep vector instructions from being inlined here.
                    let mut x: [S::f32s; 8] = [vectors[i]; 8];
                    for (k, x) in x.iter_mut().enumerate() {
                        *x = f.apply(simd, vectors[i + k * stride]);
                    }
                    for n in [4, 2, 1] {
                        for k in 0..n {
                            x[k] = simd.add_f32s(x[2 * k], x[2 * k + 1]);
                        }
                    }
                    *eight = x[0];
                }
                for (lane, eight) in lanes.iter_mut().zip(eights) {
                    *lane += f64::from(eight);
                }
            }
            let mut total = 0.0;
            for part in rest.chunks(LANES / stride) {
                let mut values = [0f32; LANES];
                let values = &mut values[..part.len()];
                simd.partial_store_f32s(values, f.apply(simd, simd.partial_load_f32s(part)));
                total = values.iter().fold(total, |sum, &x| sum + f64::from(x));
            }
            lanes.iter().fold(total, |sum, x| sum + x)
        }
    }
    ARCH.dispatch(Sum(x, f))
}

#[inline(always)]
fn sum_of_eight(x: impl Fn(usize) -> f32) -> f32 {
    ((x(0) + x(1)) + (x(2) + x(3))) + ((x(4) + x(5)) + (x(6) + x(7)))
}

/// Adds rows of elements to `a`. Eight rows at a time are added pairwise in `f32`, and these sums in `f64`.
pub(super) fn add_rows_f32(a: &mut [f64], x: &[f32]) {
    struct Rows<'a>(&'a mut [f64], &'a [f32]);
    impl WithSimd for Rows<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Rows(a, x) = self;
            let n = a.len();
            let mut blocks = x.chunks_exact(8 * n);
            for block in &mut blocks {
                let rows: [&[f32]; 8] = std::array::from_fn(|row| &block[row * n..][..n]);
                for (i, a) in a.iter_mut().enumerate() {
                    *a += f64::from(sum_of_eight(|row| rows[row][i]));
                }
            }
            for row in blocks.remainder().chunks_exact(n) {
                for (a, &x) in a.iter_mut().zip(row) {
                    *a += f64::from(x);
                }
            }
        }
    }
    ARCH.dispatch(Rows(a, x));
}

/// Combines each element of `x` into the element of `a`.
pub(super) fn accumulate<X: Copy, A: Copy>(
    a: &mut [A],
    x: &[X],
    to_accumulator: impl Fn(X) -> A,
    combine: impl Fn(A, A) -> A,
) {
    struct Accumulate<'a, X, A, U, C>(&'a mut [A], &'a [X], U, C);
    impl<X: Copy, A: Copy, U: Fn(X) -> A, C: Fn(A, A) -> A> WithSimd for Accumulate<'_, X, A, U, C> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Accumulate(a, x, to_accumulator, combine) = self;
            for (a, &x) in a.iter_mut().zip(x) {
                *a = combine(*a, to_accumulator(x));
            }
        }
    }
    ARCH.dispatch(Accumulate(a, x, to_accumulator, combine));
}

/// Encrypts each pair of elements of `x` by the block cipher Threefry-2x32-20 with the key of the pair, and writes the
/// result to `d` (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
pub(super) fn encrypt(key: [&[u32]; 2], x: [&[u32]; 2], d: [&mut [u32]; 2]) {
    struct Encrypt<'a>([&'a [u32]; 2], [&'a [u32]; 2], [&'a mut [u32]; 2]);
    impl WithSimd for Encrypt<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            const ROTATIONS: [[u32; 4]; 2] = [[13, 15, 26, 6], [17, 29, 16, 24]];
            const PARITY: u32 = 0x1bd1_1bda;
            let Encrypt([k0, k1], [x0, x1], [d0, d1]) = self;
            // The compiler must know that all lengths are equal.
            let n = d0.len();
            let (k0, k1, x0, x1, d1) = (&k0[..n], &k1[..n], &x0[..n], &x1[..n], &mut d1[..n]);
            for i in 0..n {
                let keys = [k0[i], k1[i], k0[i] ^ k1[i] ^ PARITY];
                let (mut a, mut b) = (x0[i].wrapping_add(keys[0]), x1[i].wrapping_add(keys[1]));
                for round in 0..5 {
                    for by in ROTATIONS[round % 2] {
                        a = a.wrapping_add(b);
                        b = b.rotate_left(by) ^ a;
                    }
                    a = a.wrapping_add(keys[(round + 1) % 3]);
                    b = b.wrapping_add(keys[(round + 2) % 3]).wrapping_add(round as u32 + 1);
                }
                (d0[i], d1[i]) = (a, b);
            }
        }
    }
    ARCH.dispatch(Encrypt(key, x, d));
}
