//! Iterative solvers against the direct one, their gradients, and their stopping conditions.

use rune_trace::linalg::{self, KrylovOptions};
use rune_trace::{DType, Tensor, cluster, grad, make_program, vmap};

/// Returns a regular matrix, symmetric positive definite if `symmetric`, and a right side.
fn system(n: usize, symmetric: bool) -> (Tensor, Tensor) {
    let number = |i: usize| ((i * 7919 % 101) as f64 - 50.0) / 60.0;
    let a = Tensor::from((0..n * n).map(number).collect::<Vec<f64>>()).reshape([n as isize, n as isize]);
    let eye = Tensor::eye(n, DType::F64);
    let a = if symmetric { a.matmul(a.t()) + eye } else { a + eye * 3.0 };
    (a, Tensor::from((0..n).map(|i| number(i + 3)).collect::<Vec<f64>>()))
}

fn product(a: &Tensor, x: &Tensor) -> Tensor {
    a.matmul(x)
}

type Solver = fn(&Tensor, &Tensor, &KrylovOptions) -> Tensor;
const SOLVERS: [(&str, bool, Solver); 3] = [
    ("cg", true, |a, b, options| linalg::cg(product, a, b, options)),
    ("bicgstab", false, |a, b, options| linalg::bicgstab(product, a, b, options)),
    ("gmres", false, |a, b, options| linalg::gmres(product, a, b, options)),
];

fn distance(x: &Tensor, y: &Tensor) -> f64 {
    (x - y).abs().max().item::<f64>().unwrap()
}

#[test]
fn iterative_solvers_give_the_solution_and_its_gradients() {
    let options = &KrylovOptions { tolerance: 1e-12, restart: 5, ..KrylovOptions::default() };
    for (name, symmetric, solver) in SOLVERS {
        let (a, b) = system(12, symmetric);
        let direct = linalg::solve(&a, &b);
        assert!(distance(&solver(&a, &b, options), &direct) < 1e-9, "{name}");
        let near = &KrylovOptions { start: Some(&direct * 1.001), ..options.clone() };
        assert!(distance(&solver(&a, &b, near), &direct) < 1e-9, "{name} from a start");
        let by_b = grad(|b: &Tensor| solver(&a, b, options).sin().sum())(&b);
        let expected = grad(|b: &Tensor| linalg::solve(&a, b).sin().sum())(&b);
        assert!(distance(&by_b, &expected) < 1e-8, "{name} by the right side");
        let by_a = grad(|a: &Tensor| solver(a, &b, options).sin().sum())(&a);
        let expected = grad(|a: &Tensor| linalg::solve(a, &b).sin().sum())(&a);
        assert!(distance(&by_a, &expected) < 1e-8, "{name} by the matrix");
        let batch = Tensor::stack(&[&b, &(&b * -2.0)], 0);
        let both = vmap(|b: &Tensor| solver(&a, b, options))(&batch);
        assert!(distance(&both.i(1), &(direct * -2.0)) < 1e-9, "{name} of a batch");
    }
}

#[test]
fn iterative_solvers_end() {
    for (name, symmetric, solver) in SOLVERS {
        let (a, b) = system(12, symmetric);
        // A right side of 0 needs no steps. For a singular system, only the maximum number of steps ends the search.
        assert_eq!(distance(&solver(&a, &b.zeros_like(), &KrylovOptions::default()), &b.zeros_like()), 0.0, "{name}");
        let singular = &a.zeros_like();
        let x = solver(singular, &b, &KrylovOptions { max_iterations: Some(3), ..KrylovOptions::default() });
        assert!(x.isfinite().all().item::<bool>().unwrap(), "{name}");
        let loose = KrylovOptions { absolute_tolerance: 1e9, ..KrylovOptions::default() };
        assert_eq!(distance(&solver(&a, &b, &loose), &b.zeros_like()), 0.0, "{name}");
        assert!(make_program(|b: &Tensor| solver(&a, b, &loose), &b).is_ok(), "{name}");
    }
}

#[test]
fn the_nearest_code_is_the_first_of_those_as_near() {
    let x = Tensor::from([[0.0f64, 0.0], [3.0, 4.0]]);
    let (codes, distances) = cluster::vq(&x, &Tensor::from([[1.0f64, 0.0], [0.0, 1.0], [3.0, 0.0]]));
    assert_eq!(codes.to_vec::<i32>().unwrap(), [0, 2]);
    assert_eq!(distances.to_vec::<f64>().unwrap(), [1.0, 4.0]);
}
