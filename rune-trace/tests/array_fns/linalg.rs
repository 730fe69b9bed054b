//! Functions of linear algebra and their derivatives against JAX. `scripts/vectors linalg` writes the vectors.

use super::case::array;
use super::tolerance::{Tolerance, parts};
use rune_trace::fft::{self, Norm};
use rune_trace::linalg::{self, MatrixOrd, PascalKind, Side, Triangular};
use rune_trace::signal::ConvolveMode;
use rune_trace::{Array, CheckOptions, DType, Tensor, check_gradients, grad, jvp, vjp, vmap};
use serde_json::Value;

type Function = fn(&[Tensor]) -> Vec<Tensor>;

pub(super) fn adjoint(a: &Tensor) -> Tensor {
    a.t().conj()
}

pub(super) fn definite(a: &Tensor) -> Tensor {
    a.matmul(adjoint(a)) + Tensor::eye(a.shape()[a.rank() - 2], a.dtype())
}

fn ord(name: &str) -> MatrixOrd {
    match name {
        "Fro" => MatrixOrd::Fro,
        "Nuclear" => MatrixOrd::Nuclear,
        "One" => MatrixOrd::One,
        "MinusOne" => MatrixOrd::MinusOne,
        "Two" => MatrixOrd::Two,
        "MinusTwo" => MatrixOrd::MinusTwo,
        "Inf" => MatrixOrd::Inf,
        "MinusInf" => MatrixOrd::MinusInf,
        _ => panic!("there is no norm `{name}`"),
    }
}

/// Applies the function of a case.
fn apply(name: &str, xs: &[Tensor]) -> Vec<Tensor> {
    if let Some((name, arg)) = name.split_once(' ') {
        return vec![match name {
            "vector_norm" => linalg::vector_norm(&xs[0], arg.parse().unwrap(), 0),
            "matrix_norm" => linalg::matrix_norm(&xs[0], ord(arg)),
            "cond" => linalg::cond(&xs[0], ord(arg)),
            "matrix_power" => linalg::matrix_power(&xs[0], arg.parse().unwrap()),
            _ => panic!("there is no function `{name}`"),
        }];
    }
    let f: Function = match name {
        "cholesky" => |x| vec![linalg::cholesky(&definite(&x[0]))],
        "cho_solve" => |x| vec![linalg::cho_solve(&linalg::cholesky(&definite(&x[0])), &x[1])],
        "triangular_solve" => |x| vec![linalg::triangular_solve(&x[0], &x[1], Triangular::left(true))],
        "triangular_solve_right" => {
            |x| vec![linalg::triangular_solve(&x[0], &x[1], Triangular::right(false).transposed())]
        }
        "solve" => |x| vec![linalg::solve(&x[0], &x[1])],
        "inv" => |x| vec![linalg::inv(&x[0])],
        "det" => |x| vec![linalg::det(&x[0])],
        "slogdet" => |x| linalg::slogdet(&x[0]).into_vec(),
        "lu" => |x| {
            let (p, l, u) = linalg::lu(&x[0]);
            // JAX's permutation is real. Here it has the dtype of the matrix, for products with the factors.
            vec![p.real(), l, u]
        },
        "qr" => |x| linalg::qr(&x[0]).into_vec(),
        "qr_full" => |x| linalg::qr_full(&x[0]).into_vec(),
        "eigvalsh" => |x| vec![linalg::eigvalsh(&x[0])],
        "eigh" => |x| {
            let (w, v) = linalg::eigh(&x[0]);
            let scales = (w / 4.0).exp().cast(v.dtype());
            vec![(&v * scales.unsqueeze(-2)).matmul(adjoint(&v))]
        },
        "svdvals" => |x| vec![linalg::svdvals(&x[0])],
        "svd" => |x| {
            let (u, s, vt) = linalg::svd(&x[0]);
            vec![(&u * s.exp().cast(u.dtype()).unsqueeze(-2)).matmul(&vt)]
        },
        "pinv" => |x| vec![linalg::pinv(&x[0], None)],
        "lstsq" => |x| {
            let found = linalg::lstsq(&x[0], &x[1], None);
            vec![found.solution, found.residuals]
        },
        "matrix_rank" => |x| {
            // The second column is twice the first.
            let first = x[0].i((.., 0..1));
            let x = Tensor::concat(&[first.clone(), first * 2.0, x[0].i((.., 2..))], 1);
            vec![linalg::matrix_rank(&x, None)]
        },
        "norm" => |x| vec![linalg::norm(&x[0])],
        "multi_dot" => |x| vec![linalg::multi_dot(&x.iter().collect::<Vec<_>>())],
        "cross" => |x| vec![linalg::cross(&x[0], &x[1], -1)],
        "kron" => |x| vec![linalg::kron(&x[0], &x[1])],
        // A matrix of rank 3, in any direction.
        "det_singular" => |x| {
            let still = x[0].stop_gradient();
            let rows = still.i(0..3);
            let singular = Tensor::concat(&[rows.clone(), rows.sum_keepdims(0)], 0);
            vec![linalg::det(&(&x[0] - still + singular)) + x[0].sum()]
        },
        "expm" => |x| vec![linalg::expm(&(&x[0] / 4.0))],
        "expm_large" => |x| vec![linalg::expm(&(&x[0] * 4.0))],
        "expm_small" => |x| vec![linalg::expm(&(&x[0] / 1000.0))],
        "expm_frechet" => |x| linalg::expm_frechet(&(&x[0] / 4.0), &x[1]).into_vec(),
        "logm" => |x| vec![linalg::logm(&x[0])],
        "sqrtm" => |x| vec![linalg::sqrtm(&x[0])],
        "eigvals" => |x| vec![linalg::eigvals(&x[0]).sort(-1)],
        "eigvals_pairs" => |x| {
            let pairs = Tensor::from([[1.0f64, -2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 4.0]]);
            vec![linalg::eigvals(&(&x[0] / 8.0 + pairs.cast(x[0].dtype()))).sort(-1)]
        },
        "eig" => |x| {
            let (w, v) = linalg::eig(&x[0]);
            vec![(&v * (w / 4.0).exp().unsqueeze(-2)).matmul(linalg::inv(&v))]
        },
        "eig_sizes" => |x| {
            let n = x[0].shape()[x[0].rank() - 1];
            let diagonal = Tensor::arange(0.0..n as f64, DType::F64).diag(0).cast(x[0].dtype());
            let (w, v) = linalg::eig(&(&x[0] / 8.0 + diagonal));
            vec![v.take_along_axis(&w.argsort(-1).unsqueeze(-2).broadcast_to(v.shape().clone()), -1).abs()]
        },
        "funm" => |x| vec![linalg::funm(&x[0], |w| (w / 4.0).exp())],
        "polar" => |x| linalg::polar(&x[0]).into_vec(),
        "solve_sylvester" => |x| vec![linalg::solve_sylvester(&x[0], &x[1], &x[2])],
        "hessenberg" => |x| linalg::hessenberg(&x[0]).into_vec(),
        "eigh_tridiagonal" => |x| vec![linalg::eigh_tridiagonal(&x[0], &x[1]).0],
        "tridiagonal_solve" => |x| vec![linalg::tridiagonal_solve(&x[0], &(&x[1] / 10.0), &x[2], &x[3])],
        "geqrf" => |x| linalg::geqrf(&x[0]).into_vec(),
        "qr_pivoted" => |x| with_real_order(linalg::qr_pivoted(&x[0])),
        "qr_pivoted_full" => |x| with_real_order(linalg::qr_pivoted_full(&x[0])),
        "qr_pivoted_singular" => |x| {
            let rows = x[0].i((..2, ..));
            let singular = Tensor::concat(&[rows.clone(), rows.sum_keepdims(0)], 0);
            with_real_order(linalg::qr_pivoted_full(&singular)).split_off(1)
        },
        "geqp3" => |x| {
            let (h, order, taus) = linalg::geqp3(&x[0]);
            vec![h, order.cast(x[0].dtype().real()), taus]
        },
        "vector_norm_axes" => |x| {
            [2.0, 1.0, 3.0, f64::INFINITY, f64::NEG_INFINITY]
                .map(|ord| linalg::vector_norm(&x[0], ord, [0, 2]))
                .to_vec()
        },
        "eig_left_sizes" => |x| {
            let n = x[0].shape()[x[0].rank() - 1];
            let diagonal = Tensor::arange(0.0..n as f64, DType::F64).diag(0).cast(x[0].dtype());
            let (w, left, _) = linalg::eig_left(&(&x[0] / 8.0 + diagonal));
            vec![left.take_along_axis(&w.argsort(-1).unsqueeze(-2).broadcast_to(left.shape().clone()), -1).abs()]
        },
        "householder_product" => |x| vec![linalg::householder_product(&x[0], &x[1])],
        "lu_solve" => |x| vec![linalg::lu_solve(&linalg::lu_factor(&x[0]), &x[1], false)],
        "lu_solve_transposed" => |x| vec![linalg::lu_solve(&linalg::lu_factor(&x[0]), &x[1], true)],
        "solve_triangular" => |x| vec![linalg::solve_triangular(&x[0], &x[1], true)],
        "tensorinv" => |x| vec![linalg::tensorinv(&x[0].reshape([6, 2, 3]), 1)],
        "tensorsolve" => |x| vec![linalg::tensorsolve(&x[0].reshape([2, 3, 6]), &x[1])],
        "outer" => |x| vec![linalg::outer(&x[0], &x[1])],
        "vecdot" => |x| vec![linalg::vecdot(&x[0], &x[1], -1)],
        "block_diag" => |x| vec![linalg::block_diag(&[&x[0], &x[1]])],
        "toeplitz" => |x| vec![linalg::toeplitz(&x[0], &x[1])],
        "hankel" => |x| vec![linalg::hankel(&x[0], &x[1])],
        "circulant" => |x| vec![linalg::circulant(&x[0])],
        "convolution_matrix" => |x| {
            let matrix = |mode| linalg::convolution_matrix(&x[0], 5, mode);
            vec![matrix(ConvolveMode::Full), matrix(ConvolveMode::Same), matrix(ConvolveMode::Valid)]
        },
        "fiedler_companion" => |x| vec![linalg::fiedler_companion(&x[0])],
        "qr_multiply_left" => |x| linalg::qr_multiply(&x[0], &x[1], Side::Left).into_vec(),
        "qr_multiply_right" => |x| linalg::qr_multiply(&x[0], &x[1], Side::Right).into_vec(),
        "vander" => |x| vec![linalg::vander(&x[0], 4, false)],
        _ => panic!("there is no function `{name}`"),
    };
    f(xs)
}

/// Returns the results of QR with pivoting, with the order of the columns as floats.
fn with_real_order((q, r, order): (Tensor, Tensor, Tensor)) -> Vec<Tensor> {
    let order = order.cast(r.dtype().real());
    vec![q, r, order]
}

trait IntoVec {
    fn into_vec(self) -> Vec<Tensor>;
}
impl IntoVec for (Tensor, Tensor) {
    fn into_vec(self) -> Vec<Tensor> {
        vec![self.0, self.1]
    }
}
impl IntoVec for (Tensor, Tensor, Tensor) {
    fn into_vec(self) -> Vec<Tensor> {
        vec![self.0, self.1, self.2]
    }
}

/// Returns the operands of the first lane.
fn first_element(elements: &[Tensor]) -> Vec<Tensor> {
    elements.iter().map(|x| x.i(0)).collect()
}

/// Compares results with a tolerance of some dozens of roundings: the matrices are well conditioned, and magnify errors
/// only slightly. Second derivatives have about twice as many.
fn check(what: &str, found: Vec<Tensor>, expected: &Value, wrong: &mut Vec<String>) {
    let expected: Vec<Array> = expected.as_array().unwrap().iter().map(array).collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    let roundings = if what.contains("jvp_vjp") { 1024.0 } else { 256.0 };
    for (k, (x, y)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(x.ty(), y.ty(), "{what}");
        let [x, y] = [&x.to_array().unwrap(), y].map(parts);
        if let Err(why) = Tolerance::Scaled(roundings).check(&x, &y) {
            wrong.push(format!("{what}: result {k} {why}"));
        }
    }
}

#[test]
fn functions_and_their_derivatives_are_those_of_jax() {
    let differentiated = check_lines(include_str!("../data/linalg.jsonl"));
    assert!(differentiated > 100, "{differentiated}");
}

/// The expected results are those of `f64`, rounded. The tolerance counts roundings of `f32`.
#[test]
fn functions_of_single_precision_are_those_of_jax() {
    let differentiated = check_lines(include_str!("../data/linalg_f32.jsonl"));
    assert!(differentiated > 100, "{differentiated}");
}

/// Returns the number of cases with derivatives.
fn check_lines(lines: &str) -> usize {
    let (mut wrong, mut differentiated) = (Vec::new(), 0);
    for line in lines.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let name = row["fn"].as_str().unwrap();
        let tensors = |key: &str| -> Vec<Tensor> {
            row[key].as_array().unwrap().iter().map(|x| Tensor::from_value(array(x))).collect()
        };
        let elements = tensors("in");
        let xs = first_element(&elements);
        let shapes: Vec<String> = xs.iter().map(|x| x.ty().to_string()).collect();
        let title = |what: &str| format!("{what} of {name} of {}", shapes.join(", "));
        let f = |xs: &Vec<Tensor>| apply(name, xs);
        check(&title("value"), f(&xs), &row["out"], &mut wrong);
        if !row["vmap"].is_null() {
            check(&title("vmap"), vmap(f)(&elements), &row["vmap"], &mut wrong);
        }
        if row["ct"].is_null() {
            continue;
        }
        differentiated += 1;
        let (cts, tangents) = (tensors("ct"), tensors("tangent"));
        let back = |xs: &Vec<Tensor>| vjp(f, xs).1(&cts);
        check(&title("vjp"), back(&xs), &row["vjp"], &mut wrong);
        check(&title("jvp"), jvp(f, &xs, &tangents).1, &row["jvp"], &mut wrong);
        if !row["jvp_vjp"].is_null() {
            check(&title("jvp_vjp"), jvp(back, &xs, &tangents).1, &row["jvp_vjp"], &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    differentiated
}

/// Compares derivatives that JAX lacks with finite differences: those of all columns of a singular value decomposition,
/// as far as the columns are determined.
#[test]
fn all_singular_vectors_have_derivatives() {
    for shape in [[4, 2], [2, 4]] {
        let a = Tensor::arange(0.0..8.0, DType::F64).sin().reshape(shape);
        let weights = Tensor::arange(0.0..16.0, DType::F64).cos();
        let f = |a: &Tensor| {
            let (u, s, vt) = linalg::svd_full(a);
            // Only the planes of the additional columns are determined, and everything else up to signs.
            let outer = |x: &Tensor, from: usize| x.i((.., from..)).matmul(x.i((.., from..)).t());
            let (of_u, of_v) = (outer(&u, u.shape()[0] / 2), outer(&vt.t(), vt.shape()[0] / 2));
            let weigh = |x: Tensor| (x.flatten() * weights.i(0..x.size())).sum();
            weigh(of_u) + weigh(of_v) + s.square().sum()
        };
        check_gradients(f, &a, &CheckOptions::default()).unwrap();
    }
}

#[test]
fn matrices_that_are_special() {
    let nan = |x: &Tensor| x.isnan().all().item::<bool>().unwrap();
    let singular = Tensor::from([[1.0f64, 2.0], [2.0, 4.0]]);
    assert!(!linalg::solve(&singular, &Tensor::from([1.0f64, 1.0])).isfinite().any().item::<bool>().unwrap());
    assert_eq!(linalg::det(&Tensor::zeros([4, 4], DType::F64)).item::<f64>().unwrap(), 0.0);
    let (sign, log) = linalg::slogdet(&singular);
    assert_eq!((sign.item::<f64>().unwrap(), log.item::<f64>().unwrap()), (0.0, f64::NEG_INFINITY));
    assert_eq!(linalg::cond(&singular.zeros_like(), MatrixOrd::Two).item::<f64>().unwrap(), f64::INFINITY);
    assert!(nan(&linalg::cholesky(&-Tensor::eye(2, DType::F64)).i(0).i(0)));
    assert!(nan(&linalg::eigh(&(singular.clone() * f64::NAN)).0) && nan(&linalg::svd(&(singular * f64::NAN)).1));
    // Empty matrices give empty results. Their determinant is 1.
    let none = Tensor::zeros([0, 0], DType::F32);
    assert_eq!(linalg::det(&none).item::<f32>().unwrap(), 1.0);
    assert_eq!(*linalg::inv(&none).shape(), [0, 0]);
    assert_eq!(*linalg::pinv(&Tensor::zeros([2, 0], DType::F32), None).shape(), [0, 2]);
    // At rank one, the remaining basis vectors are still orthogonal.
    let one = Tensor::ones([4, 3], DType::F64);
    let (u, s, vt) = linalg::svd_full(&one);
    let far = |x: Tensor, n: usize| (x - Tensor::eye(n, DType::F64)).abs().max().item::<f64>().unwrap();
    assert!(far(u.t().matmul(&u), 4) < 1e-14 && far(vt.matmul(vt.t()), 3) < 1e-14);
    assert!((s.i(0) - 12f64.sqrt()).abs().item::<f64>().unwrap() < 1e-14 && s.i(1).item::<f64>().unwrap() < 1e-14);
}

#[test]
fn many_rows_are_factored_by_blocks() {
    let n = 150;
    let x = Tensor::arange(0.0..(n * n) as f64, DType::F64).square().sin().reshape([n, n]);
    let right = Tensor::arange(0.0..(2 * n) as f64, DType::F64).cos().reshape([n, 2]);
    let far = |x: &Tensor, y: &Tensor| (x - y).abs().max().item::<f64>().unwrap();
    let (p, l, u) = linalg::lu(&x);
    assert!(far(&p.matmul(&l).matmul(&u), &x) < 1e-12);
    let a = definite(&x);
    let l = linalg::cholesky(&a);
    assert!(far(&l.matmul(l.t()), &a) < 1e-11 && far(&l.tril(0), &l) == 0.0);
    for (matrix, solution) in [(&a, linalg::cho_solve(&l, &right)), (&a, linalg::solve(&a, &right))] {
        assert!(far(&matrix.matmul(&solution), &right) < 1e-10);
    }
    let (w, v) = linalg::eigh(&a);
    assert!(far(&(&v * w.unsqueeze(-2)).matmul(v.t()), &a) < 1e-11);
    let (u, s, vt) = linalg::svd(&x);
    assert!(far(&(u * s.unsqueeze(-2)).matmul(&vt), &x) < 1e-11);
    let (q, r) = linalg::qr(&x);
    assert!(far(&q.matmul(&r), &x) < 1e-11);
}

/// Compares derivatives and second derivatives that JAX lacks with finite differences.
#[test]
fn functions_of_matrices_have_derivatives() {
    let options = CheckOptions { rtol: 1e-6, atol: 1e-6, ..CheckOptions::default() };
    let a = Tensor::arange(0.0..9.0, DType::F64).sin().reshape([3, 3]) + Tensor::eye(3, DType::F64) * 3.0;
    let weights = Tensor::arange(0.0..9.0, DType::F64).cos().reshape([3, 3]);
    let weigh = |x: Tensor| (x * &weights).sum();
    check_gradients(|a: &Tensor| weigh(linalg::sqrtm(a)), &a, &options).unwrap();
    check_gradients(|a: &Tensor| weigh(linalg::polar(a).0), &a, &options).unwrap();
    check_gradients(|a: &Tensor| weigh(linalg::hessenberg(a).0) + linalg::hessenberg(a).1.sum(), &a, &options).unwrap();
    let taus = Tensor::from([0.3f64, 0.7]);
    let product = |a: &Tensor, t: &Tensor| weigh(linalg::householder_product(a, t));
    check_gradients(product, (&a, &taus), &options).unwrap();
    // Equal singular values do not divide anything.
    let scaled = Tensor::eye(3, DType::F64) * 2.0;
    check_gradients(|a: &Tensor| weigh(linalg::polar(a).0), &scaled, &options).unwrap();
    // Matrices of rank 3 and 2, with four rows.
    for rank in [3, 2] {
        let row = Tensor::arange(0.0..16.0, DType::F64).sin().reshape([4, 4]).i(0..rank);
        let a = row.t().matmul(&row);
        let turned = Tensor::arange(0.0..16.0, DType::F64).square().cos().reshape([4, 4]);
        let a = turned.matmul(&a);
        let gradient = grad(linalg::det)(&a);
        let expected = linalg::adjugate(&a).t();
        assert!((gradient - &expected).abs().max().item::<f64>().unwrap() < 1e-12);
        let directed =
            |a: &Tensor| (linalg::adjugate(a) * Tensor::arange(0.0..16.0, DType::F64).cos().reshape([4, 4])).sum();
        check_gradients(directed, &a, &options).unwrap();
    }
}

#[test]
fn functions_of_matrices_at_their_edges() {
    let all_nan = |x: &Tensor| x.isnan().all().item::<bool>().unwrap();
    let far = |x: &Tensor, y: &Tensor| (x - y).abs().max().item::<f64>().unwrap();
    let zero = Tensor::zeros([3, 3], DType::F64);
    let eye = Tensor::eye(3, DType::F64);
    assert_eq!(far(&linalg::expm(&zero), &eye), 0.0);
    assert!(all_nan(&linalg::expm(&(&eye * f64::NAN))) && all_nan(&linalg::expm(&(&eye * 1e12))));
    // A stiff matrix: its norm is a million, and it is squared 18 times.
    let stiff = Tensor::from([[-1e6f64, 0.0, 0.0], [1.0, -1.0, 0.0], [0.0, 0.0, 0.0]]);
    let decayed = linalg::expm(&stiff);
    assert!((decayed.i((1, 1)).item::<f64>().unwrap() - (-1f64).exp()).abs() < 1e-9);
    let gradient = grad(|a: &Tensor| linalg::expm(a).i((1, 1)))(&stiff);
    assert!((gradient.i((1, 1)).item::<f64>().unwrap() - (-1f64).exp()).abs() < 1e-9);
    // f32 uses a shorter approximant. The norms in this batch differ.
    let batch = Tensor::stack(&[&eye * 0.1, &eye * 3.0, &eye * 20.0], 0).cast(DType::F32);
    let expected = [0.1f64.exp(), 3f64.exp(), 20f64.exp()];
    for (i, expected) in expected.into_iter().enumerate() {
        let found = f64::from(linalg::expm(&batch).i((i as isize, 0, 0)).item::<f32>().unwrap());
        assert!((found - expected).abs() < 2e-5 * expected, "{found}, {expected}");
    }
    assert!(all_nan(&linalg::sqrtm(&-&eye)));
    assert!(far(&linalg::sqrtm(&(&eye * 1e-8)), &(&eye * 1e-4)) < 1e-18);
    let ill = Tensor::from([[1e8f64, 1.0], [0.0, 1e-6]]);
    let root = linalg::sqrtm(&ill);
    assert!(far(&root.matmul(&root), &ill) < 1e-6);
    for f in [linalg::expm, linalg::logm, linalg::sqrtm, linalg::cho_factor, linalg::adjugate] {
        assert_eq!(*f(&Tensor::zeros([0, 0], DType::F64)).shape(), [0, 0]);
    }
    assert_eq!(linalg::adjugate(&Tensor::from([[5.0f64]])).item::<f64>().unwrap(), 1.0);
    let one = Tensor::from([4.0f64]);
    let b = Tensor::from([[8.0f64, 4.0]]);
    assert_eq!(linalg::tridiagonal_solve(&one, &one, &one, &b).to_vec::<f64>().unwrap(), [2.0, 1.0]);
    for kind in [PascalKind::Symmetric, PascalKind::Lower, PascalKind::Upper] {
        assert_eq!(linalg::pascal(1, kind, DType::F32).to_vec::<f32>().unwrap(), [1.0]);
        assert_eq!(*linalg::pascal(0, kind, DType::F32).shape(), [0, 0]);
        let product = linalg::pascal(6, kind, DType::I64).matmul(linalg::invpascal(6, kind, DType::I64));
        assert_eq!(product.to_vec::<i64>().unwrap(), Tensor::eye(6, DType::I64).to_vec::<i64>().unwrap());
    }
    let hilbert = linalg::hilbert(5, DType::F64).matmul(linalg::invhilbert(5, DType::F64));
    assert!(far(&hilbert, &Tensor::eye(5, DType::F64)) < 1e-10);
    let x = Tensor::from([1.0f64, -2.0, 0.5, 3.0, 4.0]).cast(DType::C128);
    for norm in [Norm::Backward, Norm::Ortho, Norm::Forward] {
        let found = linalg::dft(5, norm, DType::C128).matmul(&x);
        let options = fft::FftOptions { norm, ..fft::FftOptions::default() };
        assert!(far(&found, &fft::fft_with(&x, &options)) < 1e-14);
    }
    let hadamard = linalg::hadamard(8, DType::F64);
    assert_eq!(far(&hadamard.matmul(hadamard.t()), &(Tensor::eye(8, DType::F64) * 8.0)), 0.0);
    let helmert = linalg::helmert(5, DType::F64);
    assert!(far(&helmert.matmul(helmert.t()), &Tensor::eye(5, DType::F64)) < 1e-15);
    // The roots of (x - 1)(x - 2).
    let companion = linalg::companion(&Tensor::from([1.0f64, -3.0, 2.0]));
    assert_eq!((linalg::det(&companion).item::<f64>().unwrap(), companion.trace().item::<f64>().unwrap()), (2.0, 3.0));
}
