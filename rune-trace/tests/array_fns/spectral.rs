//! Factors of complex matrices, eigenvalues and Schur forms, checked by their definitions.

use super::linalg::{adjoint, definite};
use rune_trace::{CheckOptions, Complex64, DType, Tensor, check_gradients, complex, grad, linalg};

fn random(shape: [usize; 2], dtype: DType) -> Tensor {
    let n = (shape[0] * shape[1]) as f64;
    let numbers = |by: f64| (Tensor::arange(0.0..n, DType::F64).square() * by).sin().reshape(shape);
    if dtype.is_complex() { complex(numbers(1.3), numbers(0.7)) } else { numbers(1.3) }
}

fn max_difference(x: &Tensor, y: &Tensor) -> f64 {
    (x - y).abs().max().item::<f64>().unwrap()
}

#[test]
fn schur_forms_are_triangular() {
    for n in [1, 2, 3, 5, 40] {
        for dtype in [DType::F64, DType::C128] {
            let a = random([n, n], dtype);
            let eye = Tensor::eye(n, dtype);
            let (t, z) = linalg::schur(&a);
            let far_from = |t: &Tensor, z: &Tensor| {
                let a = a.cast(t.dtype());
                max_difference(&z.matmul(t).matmul(adjoint(z)), &a)
                    .max(max_difference(&z.matmul(adjoint(z)), &eye.cast(t.dtype())))
            };
            assert!(far_from(&t, &z) < 1e-13, "{n} {dtype}: {}", far_from(&t, &z));
            let below = t.tril(-1).abs();
            if dtype.is_complex() {
                assert_eq!(below.sum().item::<f64>().unwrap(), 0.0);
            } else {
                // Blocks of two rows have equal elements on the diagonal, and opposite signs next to it.
                assert_eq!(t.tril(-2).abs().sum().item::<f64>().unwrap(), 0.0);
                let [main, up, down] = [0, 1, -1].map(|k| t.diagonal(k, 0, 1).to_vec::<f64>().unwrap());
                for i in (0..n - 1).filter(|&i| down[i] != 0.0) {
                    assert!(main[i] == main[i + 1] && up[i] * down[i] < 0.0, "{n}: block {i}");
                    assert!(i + 1 == n - 1 || down[i + 1] == 0.0, "{n}: block {i}");
                }
            }
            let (t, z) = linalg::rsf2csf(&t, &z);
            assert!(far_from(&t, &z) < 1e-13 && t.tril(-1).abs().sum().item::<f64>().unwrap() == 0.0);
            let (w, v) = linalg::eig(&a);
            assert!(max_difference(&a.cast(DType::C128).matmul(&v), &(&v * w.unsqueeze(-2))) < 1e-12, "{n} {dtype}");
            assert!(max_difference(&v.abs().square().sum_axes(0), &Tensor::ones([n], DType::F64)) < 1e-14);
        }
    }
}

#[test]
fn factors_of_complex_matrices() {
    for [m, n] in [[1, 1], [3, 3], [5, 3], [3, 5], [80, 80]] {
        let a = random([m, n], DType::C128);
        let eye = |n: usize| Tensor::eye(n, DType::C128);
        let (q, r) = linalg::qr_full(&a);
        assert!(max_difference(&q.matmul(&r), &a) < 1e-12 && max_difference(&adjoint(&q).matmul(&q), &eye(m)) < 1e-13);
        assert_eq!(r.diagonal(0, 0, 1).imag().abs().sum().item::<f64>().unwrap(), 0.0);
        let (u, s, vt) = linalg::svd(&a);
        let columns = adjoint(&u).matmul(&u);
        assert!(max_difference(&(&u * s.cast(DType::C128).unsqueeze(-2)).matmul(&vt), &a) < 1e-12);
        assert!(
            max_difference(&columns, &eye(m.min(n))) < 1e-13
                && max_difference(&vt.matmul(adjoint(&vt)), &eye(m.min(n))) < 1e-13
        );
        let (u, _, vt) = linalg::svd_full(&a);
        assert!(
            max_difference(&adjoint(&u).matmul(&u), &eye(m)) < 1e-13
                && max_difference(&vt.matmul(adjoint(&vt)), &eye(n)) < 1e-13
        );
        let (p, l, u) = linalg::lu(&a);
        assert!(max_difference(&p.matmul(&l).matmul(&u), &a) < 1e-12);
        let gram = definite(&a);
        let l = linalg::cholesky(&gram);
        assert!(max_difference(&l.matmul(adjoint(&l)), &gram) < 1e-11);
        let b = random([m, 2], DType::C128);
        assert!(max_difference(&gram.matmul(linalg::cho_solve(&l, &b)), &b) < 1e-10);
        assert!(max_difference(&gram.matmul(linalg::solve(&gram, &b)), &b) < 1e-10);
        let (w, v) = linalg::eigh(&gram);
        assert!(max_difference(&(&v * w.cast(DType::C128).unsqueeze(-2)).matmul(adjoint(&v)), &gram) < 1e-11);
        assert!(max_difference(&adjoint(&v).matmul(&v), &eye(m)) < 1e-13);
    }
}

#[test]
fn eigenvalues_of_special_matrices() {
    let values = |a: &Tensor| linalg::eig(a).0.to_vec::<Complex64>().unwrap();
    let z = Complex64::new;
    // An exactly conjugate pair.
    let [first, second] = values(&Tensor::from([[1.0f64, -2.0], [3.0, 1.5]]))[..] else { panic!("two eigenvalues") };
    assert!(first.im > 0.0 && first == second.conj());
    // A matrix with a single eigenvector: both eigenvectors found are the same.
    let (w, v) = linalg::eig(&Tensor::from([[2.0f64, 1.0], [0.0, 2.0]]));
    assert_eq!(w.to_vec::<Complex64>().unwrap(), [z(2.0, 0.0); 2]);
    assert!((v.i((0, 1)) - 1.0).abs().item::<f64>().unwrap() < 1e-14);
    // A badly scaled matrix, which balancing corrects.
    let scaled = Tensor::from([[1.0f64, 1e12], [1e-12, 1.0]]);
    let mut found: Vec<f64> = values(&scaled).iter().map(|w| w.re).collect();
    found.sort_by(f64::total_cmp);
    assert!(found[0].abs() < 1e-15 && (found[1] - 2.0).abs() < 1e-15, "{found:?}");
    // Without exceptional shifts, QR steps would cycle here. The eigenvalues are roots of 1.
    let cycle = Tensor::eye(5, DType::F64).roll(1, 0);
    assert!(values(&cycle).iter().all(|w| (w.norm() - 1.0).abs() < 1e-14));
    let cycle = cycle.cast(DType::C128) * Complex64::new(0.0, 1.0);
    assert!(values(&cycle).iter().all(|w| (w.norm() - 1.0).abs() < 1e-14));
    // Near the limits of the range of numbers.
    for size in [1e300f64, 1e-300] {
        let [first, _] = values(&(Tensor::from([[0.0f64, -1.0], [1.0, 0.0]]) * size))[..] else { panic!("two") };
        assert!((first / size - z(0.0, 1.0)).norm() < 1e-14);
    }
    for number in [f64::NAN, f64::INFINITY] {
        let a = Tensor::eye(3, DType::F64) * number;
        assert!(values(&a).iter().all(|w| w.re.is_nan() && w.im.is_nan()));
        assert!(linalg::schur(&a).0.isnan().all().item::<bool>().unwrap());
    }
    for f in [linalg::eig, linalg::schur] {
        assert_eq!(*f(&Tensor::zeros([0, 0], DType::F32)).1.shape(), [0, 0]);
        assert_eq!(*f(&Tensor::zeros([2, 3, 3], DType::F32)).1.shape(), [2, 3, 3]);
    }
    assert_eq!(linalg::eig(&Tensor::zeros([1, 1], DType::F32)).0.dtype(), DType::C64);
}

/// Matrices on the branch cut, where rounding chooses between two roots.
#[test]
fn roots_of_negative_matrices() {
    let a = random([4, 4], DType::C128);
    for negative in [-definite(&a), -Tensor::eye(4, DType::C128), Tensor::zeros([4, 4], DType::C128)] {
        let root = linalg::sqrtm(&negative);
        assert!(max_difference(&root.matmul(&root), &negative) < 1e-12);
        assert!(linalg::eigvals(&root).real().min().item::<f64>().unwrap() > -1e-13);
    }
    // No root is real.
    let real = Tensor::from([[-1.0f64, 0.0], [0.0, 4.0]]);
    assert!(linalg::sqrtm(&real).isnan().any().item::<bool>().unwrap());
    let root = linalg::sqrtm(&real.cast(DType::C128)).abs().diagonal(0, 0, 1);
    assert!(max_difference(&root, &Tensor::from([1.0f64, 2.0])) < 1e-15);
}

/// The length and the phase of eigenvectors also have derivatives.
#[test]
fn eigenvectors_have_derivatives() {
    let weights = random([4, 4], DType::C128);
    let f = |a: &Tensor| (linalg::eig(a).1 * &weights).sum().real();
    let options = CheckOptions { rtol: 1e-6, atol: 1e-6, ..CheckOptions::default() };
    check_gradients(f, &random([4, 4], DType::F64), &options).unwrap();
}

/// Left eigenvectors obey their definition, and their lengths and phases have derivatives.
#[test]
fn left_eigenvectors_are_those_of_the_transpose() {
    for n in [1, 2, 5, 20] {
        for dtype in [DType::F64, DType::C128] {
            let a = random([n, n], dtype);
            let (w, left, right) = linalg::eig_left(&a);
            let (values, vectors) = linalg::eig(&a);
            assert!(max_difference(&w, &values) == 0.0 && max_difference(&right, &vectors) == 0.0);
            let rows = adjoint(&left);
            let off = max_difference(&rows.matmul(a.cast(DType::C128)), &(w.unsqueeze(-1) * &rows));
            assert!(off < 1e-12, "{n} {dtype}: {off}");
            assert!(max_difference(&left.abs().square().sum_axes(0), &Tensor::ones([n], DType::F64)) < 1e-14);
            // The first element that is nearly the greatest one is real and positive.
            let sizes = left.abs().t().to_vec::<f64>().unwrap();
            let elements = left.t().to_vec::<Complex64>().unwrap();
            for (sizes, elements) in sizes.chunks(n).zip(elements.chunks(n)) {
                let greatest = sizes.iter().copied().fold(0.0, f64::max);
                let first = elements[sizes.iter().position(|x| *x > 0.9 * greatest).unwrap()];
                assert!(first.re > 0.0 && first.im.abs() < 1e-15, "{n} {dtype}: {first}");
            }
        }
    }
    assert_eq!(*linalg::eig_left(&Tensor::zeros([2, 0, 0], DType::F32)).1.shape(), [2, 0, 0]);
    let weights = random([4, 4], DType::C128);
    let f = |a: &Tensor| (linalg::eig_left(a).1 * &weights).sum().real();
    let options = CheckOptions { rtol: 1e-6, atol: 1e-6, ..CheckOptions::default() };
    check_gradients(f, &random([4, 4], DType::F64), &options).unwrap();
    let of_parts = |a: &Tensor, b: &Tensor| f(&complex(a, b));
    let a = random([4, 4], DType::C128);
    check_gradients(of_parts, (&a.real(), &a.imag()), &options).unwrap();
}

/// QR with pivoting of matrices of any shape and rank, and of batches whose columns have different orders.
#[test]
fn pivoted_factors_are_those_of_the_matrix_with_exchanged_columns() {
    for [m, n] in [[1, 1], [5, 3], [3, 5], [12, 12]] {
        for dtype in [DType::F64, DType::C128] {
            let full = random([m, n], dtype);
            let rank_one = random([m, 1], dtype).matmul(random([1, n], dtype));
            let batch = Tensor::stack(&[&full, &rank_one, &full.zeros_like(), &full.flip(1)], 0);
            for (all, (q, r, order)) in [(false, linalg::qr_pivoted(&batch)), (true, linalg::qr_pivoted_full(&batch))] {
                let k = if all { m } else { m.min(n) };
                assert_eq!((q.shape().to_vec(), r.shape().to_vec()), (vec![4, m, k], vec![4, k, n]));
                let columns = order.unsqueeze(-2).broadcast_to(batch.shape().clone());
                assert!(max_difference(&q.matmul(&r), &batch.take_along_axis(&columns, -1)) < 1e-13, "{m} {n} {dtype}");
                assert!(max_difference(&adjoint(&q).matmul(&q), &Tensor::eye(k, dtype)) < 1e-13);
                assert_eq!(r.tril(-1).abs().max().item::<f64>().unwrap(), 0.0);
                let ordered = order.sort(-1).to_vec::<i32>().unwrap();
                assert_eq!(ordered, (0..4).flat_map(|_| 0..n as i32).collect::<Vec<_>>());
                let diagonal = r.diagonal(0, -2, -1).abs().to_vec::<f64>().unwrap();
                let rows = m.min(n);
                for (i, sizes) in diagonal.chunks(rows).enumerate() {
                    assert!(
                        sizes.windows(2).all(|x| x[1] <= x[0] * (1.0 + 1e-12) + 1e-14),
                        "{m} {n} {dtype}: {sizes:?}"
                    );
                    assert!(i != 1 || sizes[1..].iter().all(|x| *x < 1e-14), "{m} {n} {dtype}: {sizes:?}");
                }
            }
        }
    }
    for shape in [[0, 3], [3, 0]] {
        let (q, r, order) = linalg::qr_pivoted_full(&Tensor::zeros(shape, DType::F32));
        assert_eq!((q.shape()[0], r.shape().to_vec(), order.size()), (shape[0], shape.to_vec(), shape[1]));
    }
}

#[test]
#[should_panic(expected = "`schur` has no derivative, as in JAX")]
fn schur_forms_have_no_derivative() {
    grad(|a: &Tensor| linalg::schur(a).0.sum())(&random([3, 3], DType::F64));
}

/// Matrices whose logarithms are known.
#[test]
fn logarithms_of_special_matrices() {
    // With one eigenvector, and elements that only the powers of the difference from the identity show to be harmless.
    for beside in [1.0f64, 1e-12, 1e8] {
        let jordan = Tensor::from([[1.0, beside, 0.0], [0.0, 1.0, beside], [0.0, 0.0, 1.0]]);
        let expected = Tensor::from([[0.0, beside, -beside * beside / 2.0], [0.0, 0.0, beside], [0.0, 0.0, 0.0]]);
        let off = max_difference(&linalg::logm(&jordan), &expected);
        assert!(off <= 1e-14 * beside.max(beside * beside), "{beside}: {off}");
    }
    // Near and far from the identity.
    let turn = |angle: f64, size: f64| {
        let (sin, cos) = angle.sin_cos();
        Tensor::from([[cos, -sin], [sin, cos]]) * size
    };
    for (angle, size) in [(1e-9, 1.0), (3.13, 1.0), (1.0, 1e200), (2.0, 1e-200)] {
        let ln = f64::ln(size);
        let expected = Tensor::from([[ln, -angle], [angle, ln]]);
        let off = max_difference(&linalg::logm(&turn(angle, size)), &expected);
        assert!(off < 1e-15 * angle.max(1.0) + 1e-15 * ln.abs(), "{angle}, {size}: {off}");
    }
    // A batch whose matrices need different numbers of roots, in f32.
    let eye = Tensor::eye(2, DType::F32);
    let batch = Tensor::stack(&[&eye, &(&eye * 1e30), &(&eye * 1.001), &-&eye], 0);
    let found = linalg::logm(&batch);
    let expected = [0.0, 1e30f32.ln(), 1.001f32.ln()];
    for (i, expected) in expected.into_iter().enumerate() {
        assert!(
            (found.i((i as isize, 0, 0)).item::<f32>().unwrap() - expected).abs() <= 1e-7 * expected.max(1.0),
            "{i}"
        );
    }
    assert!(found.i(3).isnan().all().item::<bool>().unwrap());
    // A negative real eigenvalue: only the complex logarithm exists. There is none of a singular matrix.
    let negative = Tensor::from([[-1.0f64, 1.0], [0.0, 4.0]]);
    assert!(linalg::logm(&negative).isnan().all().item::<bool>().unwrap());
    let log = linalg::logm(&negative.cast(DType::C128));
    assert!(max_difference(&linalg::expm(&log), &negative.cast(DType::C128)) < 1e-14);
    assert!((log.i((0, 0)).imag() - std::f64::consts::PI).abs().item::<f64>().unwrap() < 1e-15);
    for dtype in [DType::F64, DType::C128] {
        let singular = Tensor::from([[1.0f64, 2.0], [0.0, 0.0]]).cast(dtype);
        assert!(linalg::logm(&singular).isnan().all().item::<bool>().unwrap());
        assert!(linalg::logm(&(singular * f64::INFINITY)).isnan().all().item::<bool>().unwrap());
    }
    let a = random([6, 6], DType::C128);
    assert!(max_difference(&linalg::expm(&linalg::logm(&a)), &a) < 1e-12);
}

/// Derivatives and second derivatives of logarithms, also where there are fewer eigenvectors than rows.
#[test]
fn logarithms_have_derivatives() {
    let options = CheckOptions { rtol: 1e-6, atol: 1e-6, ..CheckOptions::default() };
    let weights = Tensor::arange(0.0..9.0, DType::F64).cos().reshape([3, 3]);
    let loss = |a: &Tensor| (linalg::logm(a) * &weights).sum();
    let jordan = Tensor::from([[2.0f64, 1.0, 0.0], [0.0, 2.0, 1.0], [0.0, 0.0, 2.0]]);
    let far = Tensor::from([[1e3f64, 30.0, 2.0], [-70.0, 5.0, 0.1], [0.3, -0.2, 0.5]]);
    for a in [&jordan, &far] {
        check_gradients(loss, a, &options).unwrap();
    }
    let second = |a: &Tensor| (grad(loss)(a) * weights.sin()).sum();
    check_gradients(second, &jordan, &options).unwrap();
}
