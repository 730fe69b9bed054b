//! Loops over the elements of a tile, compiled for each set of vector instructions and chosen when the process runs.

use once_cell::sync::Lazy;
use pulp::{Arch, Simd, WithSimd};

static ARCH: Lazy<Arch> = Lazy::new(Arch::new);

/// Sets each element of `d` to `f` of that of `x`.
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

/// Sets each element of `d` to `f` of those of `x` and `y`.
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

/// Sets each element of `d` to `f` of that of `x` and of the element of `y` for its row of `row` elements.
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

/// Sets each element of `d` to `f` of those of `x`, `y` and `z`.
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

/// The elements combined: in many lanes, which are a few vectors, and then these by halves.
pub(super) fn fold<X: Copy, A: Copy>(x: &[X], neutral: A, up: impl Fn(X) -> A, combine: impl Fn(A, A) -> A) -> A {
    struct Fold<'a, X, A, U, C>(&'a [X], A, U, C);
    impl<X: Copy, A: Copy, U: Fn(X) -> A, C: Fn(A, A) -> A> WithSimd for Fold<'_, X, A, U, C> {
        type Output = A;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> A {
            const LANES: usize = 32;
            let Fold(x, neutral, up, combine) = self;
            let (chunks, rest) = x.as_chunks::<LANES>();
            let mut lanes = [neutral; LANES];
            for chunk in chunks {
                for (lane, &x) in lanes.iter_mut().zip(chunk) {
                    *lane = combine(*lane, up(x));
                }
            }
            let mut total = neutral;
            for &x in rest {
                total = combine(total, up(x));
            }
            // Fixed positions, so that the lanes stay in registers.
            let eight: [A; 8] = std::array::from_fn(|i| {
                combine(combine(lanes[i], lanes[i + 8]), combine(lanes[i + 16], lanes[i + 24]))
            });
            let [a, b, c, d, e, f, g, h] = eight;
            let lanes = combine(combine(combine(a, b), combine(c, d)), combine(combine(e, f), combine(g, h)));
            combine(total, lanes)
        }
    }
    if x.len() < 8 {
        return x.iter().fold(neutral, |total, &x| combine(total, up(x)));
    }
    ARCH.dispatch(Fold(x, neutral, up, combine))
}

/// The sum: of four at a time in `f32`, and of these in `f64`.
pub(super) fn sum_f32(x: &[f32]) -> f64 {
    struct Sum<'a>(&'a [f32]);
    impl WithSimd for Sum<'_> {
        type Output = f64;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> f64 {
            const LANES: usize = 16;
            let (chunks, rest) = self.0.as_chunks::<{ 4 * LANES }>();
            let mut lanes = [0f64; LANES];
            for chunk in chunks {
                for (i, lane) in lanes.iter_mut().enumerate() {
                    let four = (chunk[i] + chunk[i + LANES]) + (chunk[i + 2 * LANES] + chunk[i + 3 * LANES]);
                    *lane += f64::from(four);
                }
            }
            let rest: f64 = rest.iter().map(|&x| f64::from(x)).sum();
            lanes.iter().fold(rest, |sum, x| sum + x)
        }
    }
    ARCH.dispatch(Sum(x))
}

/// Combines each element of `x` into that of `a`.
pub(super) fn accumulate<X: Copy, A: Copy>(a: &mut [A], x: &[X], up: impl Fn(X) -> A, combine: impl Fn(A, A) -> A) {
    struct Accumulate<'a, X, A, U, C>(&'a mut [A], &'a [X], U, C);
    impl<X: Copy, A: Copy, U: Fn(X) -> A, C: Fn(A, A) -> A> WithSimd for Accumulate<'_, X, A, U, C> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) {
            let Accumulate(a, x, up, combine) = self;
            for (a, &x) in a.iter_mut().zip(x) {
                *a = combine(*a, up(x));
            }
        }
    }
    ARCH.dispatch(Accumulate(a, x, up, combine));
}
