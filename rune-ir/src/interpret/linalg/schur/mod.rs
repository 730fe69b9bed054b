//! Schur forms. Reflections reduce a matrix to Hessenberg form. Shifted QR steps then make the Hessenberg matrix
//! triangular.
//!
//! G. Golub and C. Van Loan, "Matrix Computations" (2013), chapters 7.4 and 7.5.

mod complex;
mod real;

use super::field::{Field, dot, greatest, identity};
use super::qr::Reflection;

/// The maximum number of QR steps for one eigenvalue; two or three are usual.
const MAX_STEPS: usize = 64;

/// After this many steps without convergence, one step uses an exceptional shift.
const EXCEPTIONAL_SHIFT_INTERVAL: usize = 10;

/// An element of a matrix that QR steps can make triangular.
pub(super) trait Triangularize: Field {
    /// Makes a Hessenberg matrix (quasi-)triangular, and multiplies `z` by the unitary matrix that does so. Returns
    /// whether the iteration converges.
    fn triangularize(h: &mut [Self], z: &mut [Self], n: usize) -> bool;
}

/// Returns `T` and a unitary `Z` with `A = Z T Zᴴ`. If `A` is complex, `T` is upper triangular. If `A` is real, `T` has
/// a 2 × 2 block for each pair of complex eigenvalues. The two diagonal elements of a block are equal, and its two
/// other elements have opposite signs. `T` and `Z` are NaN if the iteration does not converge.
pub(super) fn schur<T: Triangularize>(a: &[T], n: usize) -> (Vec<T>, Vec<T>) {
    let greatest = greatest(a);
    let nothing = || vec![T::real(f64::NAN); n * n];
    if !greatest.is_finite() {
        return (nothing(), nothing());
    }
    // Scaling keeps squares in range. Scaling by a power of two rounds nothing.
    let scale = if greatest > 0.0 { 2f64.powi(libm::ilogb(greatest)) } else { 1.0 };
    let scaled: Vec<T> = a.iter().map(|x| x.divide_by_real(scale)).collect();
    let (mut h, mut z) = hessenberg(scaled, n);
    if !T::triangularize(&mut h, &mut z, n) {
        return (nothing(), nothing());
    }
    h.iter_mut().for_each(|x| *x = x.scaled(scale));
    (h, z)
}

/// Returns the Hessenberg matrix `Qᴴ A Q`, which is 0 below its first subdiagonal, and `Q`.
pub(super) fn hessenberg<T: Field>(mut a: Vec<T>, n: usize) -> (Vec<T>, Vec<T>) {
    let mut q = identity(n);
    let mut product = vec![T::ZERO; n];
    for k in 0..n.saturating_sub(2) {
        let from = k + 1;
        let column: Vec<T> = (from..n).map(|i| a[i * n + k]).collect();
        let (Reflection { tau, v }, first) = Reflection::of(&column);
        if tau == T::ZERO {
            continue;
        }
        // From the left: A - τ̄ v (vᴴ A).
        product.fill(T::ZERO);
        for (row, v) in a[from * n..].chunks_exact(n).zip(&v) {
            product[from..].iter_mut().zip(&row[from..]).for_each(|(sum, &x)| *sum += v.conj() * x);
        }
        for (row, &v) in a[from * n..].chunks_exact_mut(n).zip(&v) {
            let by = tau.conj() * v;
            row[from..].iter_mut().zip(&product[from..]).for_each(|(x, &sum)| *x -= by * sum);
            row[k] = T::ZERO;
        }
        a[from * n + k] = first;
        // From the right: A - τ (A v) vᴴ.
        for rows in [&mut a, &mut q] {
            for row in rows.chunks_exact_mut(n) {
                let by = tau * dot(&row[from..], &v);
                row[from..].iter_mut().zip(&v).for_each(|(x, v)| *x -= by * v.conj());
            }
        }
    }
    (a, q)
}

/// Returns where the unreduced block that ends before `end` begins. Sets the negligible subdiagonal element above the
/// block to 0.
fn split<T: Field>(h: &mut [T], n: usize, end: usize) -> usize {
    let mut start = end - 1;
    while start > 0 {
        let at = |i: usize, j: usize| h[i * n + j].magnitude();
        let around = at(start - 1, start - 1) + at(start, start);
        // Between two zeros, the element is compared with the matrix, whose greatest element is about 1.
        let around = if around == 0.0 { 1.0 } else { around };
        if at(start, start - 1) <= f64::EPSILON * around {
            h[start * n + start - 1] = T::ZERO;
            break;
        }
        start -= 1;
    }
    start
}
