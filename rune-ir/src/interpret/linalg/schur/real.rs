//! QR steps with pairs of shifts, for real matrices: J. Francis, "The QR transformation, part 2" (1962).

use super::{EXCEPTIONAL_SHIFT_INTERVAL, MAX_STEPS, Triangularize, split};
use crate::interpret::linalg::qr::Reflection;
use crate::interpret::linalg::triangular::two_rows;

impl Triangularize for f64 {
    /// Makes a Hessenberg matrix triangular, except for blocks of two rows, and multiplies `z` by the orthogonal matrix
    /// that does so. Returns whether the iteration converges.
    fn triangularize(h: &mut [f64], z: &mut [f64], n: usize) -> bool {
        let (mut end, mut steps) = (n, 0);
        while end > 1 {
            let start = split(h, n, end);
            if end - start <= 2 {
                if end - start == 2 {
                    standardize(h, z, n, start);
                }
                (end, steps) = (start, 0);
                continue;
            }
            if steps == MAX_STEPS {
                return false;
            }
            steps += 1;
            step(h, z, n, (start, end), steps % EXCEPTIONAL_SHIFT_INTERVAL == 0);
        }
        true
    }
}

/// Returns the sum and the product of two shifts: the eigenvalues of the last two rows of the block.
fn shifts(h: &[f64], n: usize, end: usize, exceptional: bool) -> (f64, f64) {
    let at = |i: usize, j: usize| h[(end - i) * n + end - j];
    if exceptional {
        // An exceptional shift is not an eigenvalue. It ends a cycle of the iteration.
        let size = at(1, 2).abs() + at(2, 3).abs();
        return (1.5 * size, size * size);
    }
    (at(2, 2) + at(1, 1), at(2, 2) * at(1, 1) - at(2, 1) * at(1, 2))
}

/// One QR step: a first reflection begins to eliminate the first column of the product of the shifted matrices, and
/// more reflections restore the Hessenberg form.
fn step(h: &mut [f64], z: &mut [f64], n: usize, (start, end): (usize, usize), exceptional: bool) {
    let (sum, product) = shifts(h, n, end, exceptional);
    let at = |i: usize, j: usize| h[(start + i) * n + start + j];
    let mut x = vec![
        at(0, 0) * at(0, 0) + at(0, 1) * at(1, 0) - sum * at(0, 0) + product,
        at(1, 0) * (at(0, 0) + at(1, 1) - sum),
        at(1, 0) * at(2, 1),
    ];
    for k in start..end - 1 {
        let size = (end - k).min(3);
        if k > start {
            x = (k..k + size).map(|i| h[i * n + k - 1]).collect();
        }
        let (Reflection { tau, v }, first) = Reflection::of(&x[..size]);
        if k > start {
            (k..k + size).for_each(|i| h[i * n + k - 1] = 0.0);
            h[k * n + k - 1] = first;
        }
        if tau == 0.0 {
            continue;
        }
        let rows = &mut h[k * n..(k + size) * n];
        for j in k..n {
            let by = tau * v.iter().enumerate().map(|(i, v)| v * rows[i * n + j]).sum::<f64>();
            v.iter().enumerate().for_each(|(i, v)| rows[i * n + j] -= by * v);
        }
        for rows in [&mut h[..(k + 4).min(end) * n], &mut *z] {
            for row in rows.chunks_exact_mut(n) {
                let row = &mut row[k..k + size];
                let by = tau * row.iter().zip(&v).map(|(x, v)| x * v).sum::<f64>();
                row.iter_mut().zip(&v).for_each(|(x, v)| *x -= by * v);
            }
        }
    }
}

/// Rotates the rows and columns `p` and `p + 1`, so that each of their diagonal elements is a real eigenvalue, or the
/// real part of a complex pair.
fn standardize(h: &mut [f64], z: &mut [f64], n: usize, p: usize) {
    let block = |h: &[f64]| [h[p * n + p], h[p * n + p + 1], h[(p + 1) * n + p], h[(p + 1) * n + p + 1]];
    let [a, b, c, d] = block(h);
    let half = 0.5 * (a - d);
    let mut is_real = half * half + b * c >= 0.0;
    if !is_real {
        // The rotation by the angle θ for which (a - d) cos 2θ + (b + c) sin 2θ is 0.
        let (sum, length) = (b + c, (b + c).hypot(a - d));
        if length > 0.0 {
            let cosine = (0.5 * (1.0 + sum.abs() / length)).sqrt();
            let sine = -(a - d).copysign((a - d) * sum) / (2.0 * length * cosine);
            rotate(h, z, n, p, (cosine, sine));
        }
        let [a, b, c, d] = block(h);
        let mean = 0.5 * (a + d);
        (h[p * n + p], h[(p + 1) * n + p + 1]) = (mean, mean);
        // Rounding may make a pair of nearly equal eigenvalues real.
        is_real = b * c >= 0.0;
    }
    let [a, b, c, d] = block(h);
    if is_real && c != 0.0 {
        let half = 0.5 * (a - d);
        let root = (half * half + b * c).max(0.0).sqrt();
        // (z, c) is an eigenvector of the eigenvalue d + z.
        let z_value = half + root.copysign(half);
        let length = z_value.hypot(c);
        rotate(h, z, n, p, (z_value / length, c / length));
        h[(p + 1) * n + p] = 0.0;
    }
}

/// Rotates the rows and columns `p` and `p + 1` of `h`, and the columns of `z`.
fn rotate(h: &mut [f64], z: &mut [f64], n: usize, p: usize, (cosine, sine): (f64, f64)) {
    let (upper, lower) = two_rows(h, n, p, p + 1);
    for (x, y) in upper[p..].iter_mut().zip(&mut lower[p..]) {
        (*x, *y) = (cosine * *x + sine * *y, cosine * *y - sine * *x);
    }
    for rows in [&mut h[..(p + 2) * n], z] {
        for row in rows.chunks_exact_mut(n) {
            let (x, y) = (row[p], row[p + 1]);
            (row[p], row[p + 1]) = (cosine * x + sine * y, cosine * y - sine * x);
        }
    }
}
