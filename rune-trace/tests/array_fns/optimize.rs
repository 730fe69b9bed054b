//! Minima, roots and solutions of linear equations, and their derivatives.

use rune_trace::optimize::{Method, MinimizeOptions, minimize};
use rune_trace::{
    Argnum, DType, Tensor, TensorFn, custom_linear_solve, custom_root, fori_loop, grad, grad_argnums, interpret,
    jacrev, jvp, linalg, make_program, vmap, vmap_axes, while_loop,
};

/// Rosenbrock's function of any number of arguments. Its minimum is 0, where all are 1.
fn rosenbrock(x: &Tensor) -> Tensor {
    let n = x.size() as isize;
    let (low, high) = (x.i(..n - 1), x.i(1..));
    ((high - low.square()).square() * 100.0 + (1.0 - low).square()).sum()
}
/// Himmelblau's function. Its four minima are 0.
fn himmelblau(x: &Tensor) -> Tensor {
    let (x, y) = (x.i(0), x.i(1));
    (x.square() + &y - 11.0).square() + (&x + y.square() - 7.0).square()
}
/// Matyas' function. Its minimum is 0 at 0.
fn matyas(x: &Tensor) -> Tensor {
    let (x, y) = (x.i(0), x.i(1));
    (x.square() + y.square()) * 0.26 - x * y * 0.48
}

#[test]
fn minima_of_well_known_functions_are_found() {
    #[allow(clippy::type_complexity, reason = "the name, the function, and its start")]
    let functions: [(&str, fn(&Tensor) -> Tensor, &[f64]); 6] = [
        ("rosenbrock", rosenbrock, &[-1.2, 1.0]),
        ("rosenbrock of 6", rosenbrock, &[-1.0, 2.0, 0.5, 1.5, -0.5, 0.0]),
        ("himmelblau", himmelblau, &[92.0, 0.001]),
        ("himmelblau", himmelblau, &[-2.0, -2.0]),
        ("matyas", matyas, &[100.0, 100.0]),
        ("at the minimum", matyas, &[0.0, 0.0]),
    ];
    for (name, f, start) in functions {
        for method in [Method::Bfgs, Method::Lbfgs(10), Method::Lbfgs(2)] {
            let options = MinimizeOptions::new().method(method).tolerance(1e-8);
            let found = minimize(f, &Tensor::from(start), &options);
            let n = found.iterations.item::<i32>().unwrap();
            assert!(found.success.item::<bool>().unwrap(), "{name} by {method:?} after {n} steps: {found:?}");
            assert_eq!(found.status.item::<i32>().unwrap(), 0, "{name}");
            let value = found.value.item::<f64>().unwrap();
            assert!(value.abs() < 1e-12, "{name} by {method:?}: {value} after {n} steps");
            assert!(n < 200, "{name} by {method:?}: {n} steps");
        }
    }
}

#[test]
fn minima_keep_the_shape_and_dtype() {
    let target = Tensor::from([[1.0f32, -2.0], [3.0, 0.5]]);
    let found = minimize(|x: &Tensor| (x - &target).square().sum(), &target.zeros_like(), &MinimizeOptions::new());
    assert_eq!(found.x.ty(), target.ty());
    assert!((&found.x - &target).abs().max().item::<f32>().unwrap() < 1e-5);
    assert!(found.success.item::<bool>().unwrap());
}

#[test]
fn what_has_no_minimum_is_told() {
    let options = MinimizeOptions::new().max_iterations(5);
    let found = minimize(|x: &Tensor| x.sum(), &Tensor::zeros([2], DType::F64), &options);
    assert!(!found.success.item::<bool>().unwrap());
    assert_ne!(found.status.item::<i32>().unwrap(), 0);
    // If the function is NaN, the search stays where it is.
    let found = minimize(|x: &Tensor| (x.sum() - 1.0).log(), &Tensor::from([1.5f64]), &options);
    assert!(!found.success.item::<bool>().unwrap());
    let found = minimize(rosenbrock, &Tensor::from([-1.2f64, 1.0]), &MinimizeOptions::new().max_iterations(3));
    assert_eq!(found.status.item::<i32>().unwrap(), 1);
    assert_eq!(found.iterations.item::<i32>().unwrap(), 3);
}

#[test]
fn minima_are_found_in_programs_and_on_batches() {
    let solve = |x: &Tensor| minimize(himmelblau, x, &MinimizeOptions::new()).x;
    let starts = Tensor::from([[4.0f64, 3.0], [-3.0, 3.0], [-4.0, -3.0]]);
    let all = vmap(solve)(&starts);
    let program = make_program(solve, &starts.i(1)).unwrap();
    let one = interpret::interpret(&program, &[starts.i(1).to_array().unwrap()]).unwrap();
    for (i, expected) in [[3.0, 2.0], [-2.805_118, 3.131_312], [-3.779_310, -3.283_186]].into_iter().enumerate() {
        let found = all.i(i).to_vec::<f64>().unwrap();
        assert!((found[0] - expected[0]).abs() < 1e-5 && (found[1] - expected[1]).abs() < 1e-5, "{found:?}");
        if i == 1 {
            assert_eq!(one[0].as_slice::<f64>(), found);
        }
    }
}

/// Newton's method for a function of a vector.
fn newton(f: &TensorFn<'_>, x: &Tensor) -> Tensor {
    fori_loop(0, 30, |_, x: &Tensor| x - linalg::solve(&jacrev(|x: &Tensor| f(x))(x), &f(x)), x)
}
/// Solves a linear equation with the matrix of the function.
fn by_matrix(f: &TensorFn<'_>, b: &Tensor) -> Tensor {
    let columns: Vec<Tensor> = Tensor::eye(b.size(), b.dtype()).unstack(0).iter().map(f).collect();
    linalg::solve(&Tensor::stack(&columns, 1), b)
}

#[test]
fn roots_have_the_derivatives_of_what_they_solve() {
    // x³ = a, y³ + x = b.
    let f = |x: &Tensor, p: &Tensor| {
        let first = x.i(0).powi(3) - p.i(0);
        Tensor::stack(&[first, x.i(1).powi(3) + x.i(0) - p.i(1)], 0)
    };
    let root = |p: &Tensor| custom_root(f, &Tensor::ones([2], DType::F64), p, newton, by_matrix);
    let closed = |p: &Tensor| {
        let x = p.i(0).pow(1.0 / 3.0);
        Tensor::stack(&[x.clone(), (p.i(1) - x).pow(1.0 / 3.0)], 0)
    };
    let p = Tensor::from([8.0f64, 29.0]);
    let close = |a: Tensor, b: Tensor, what: &str| {
        let off = (&a - &b).abs().max().item::<f64>().unwrap();
        assert!(off < 1e-10, "{what}: {a}, and should be {b}");
    };
    close(root(&p), closed(&p), "value");
    close(jacrev(root)(&p), jacrev(closed)(&p), "reverse mode");
    let dp = Tensor::from([0.5f64, -1.0]);
    close(jvp(root, &p, &dp).1, jvp(closed, &p, &dp).1, "forward mode");
    close(
        grad(|p: &Tensor| grad(|p: &Tensor| root(p).sum())(p).i(0))(&p),
        grad(|p: &Tensor| grad(|p: &Tensor| closed(p).sum())(p).i(0))(&p),
        "second derivative",
    );
    let batch = Tensor::from([[8.0f64, 29.0], [1.0, 9.0]]);
    close(vmap(root)(&batch), vmap(closed)(&batch), "batch");
    close(
        vmap(grad(|p: &Tensor| root(p).sum()))(&batch),
        vmap(grad(|p: &Tensor| closed(p).sum()))(&batch),
        "gradient of a batch",
    );
}

#[test]
fn linear_equations_have_the_derivatives_of_their_solutions() {
    let a = Tensor::from([[4.0f64, 1.0, 0.5], [0.0, 3.0, 1.0], [1.0, 0.0, 5.0]]);
    let b = Tensor::from([1.0f64, 2.0, 3.0]);
    let own = |a: &Tensor, b: &Tensor| custom_linear_solve(|a: &Tensor, x| a.matmul(x), a, b, by_matrix, by_matrix);
    let weights = Tensor::from([1.0f64, -2.0, 0.5]);
    let found = grad(|x: &(Tensor, Tensor)| (own(&x.0, &x.1) * &weights).square().sum())(&(a.clone(), b.clone()));
    let right =
        grad(|x: &(Tensor, Tensor)| (linalg::solve(&x.0, &x.1) * &weights).square().sum())(&(a.clone(), b.clone()));
    assert!((found.0 - right.0).abs().max().item::<f64>().unwrap() < 1e-12);
    assert!((found.1 - right.1).abs().max().item::<f64>().unwrap() < 1e-12);
    assert!((own(&a, &b) - linalg::solve(&a, &b)).abs().max().item::<f64>().unwrap() < 1e-14);
}

/// The solution by a matrix, as a function of all parameters.
fn solved(p: &(Tensor, Tensor)) -> Tensor {
    custom_linear_solve(|a: &Tensor, x| a.matmul(x), &p.0, &p.1, by_matrix, by_matrix)
}

/// The same, where `matvec` captures its parameters, and the method is not differentiable.
fn solved_by_loop(p: &(Tensor, Tensor)) -> Tensor {
    let richardson = |f: &TensorFn<'_>, b: &Tensor| {
        let unfinished = |x: &Tensor| (b - f(x)).abs().max().gt(1e-13);
        while_loop(unfinished, |x: &Tensor| x + (b - f(x)) * 0.2, &b.zeros_like())
    };
    custom_linear_solve(|_: &(), x| p.0.matmul(x), &(), &p.1, richardson, richardson)
}

fn solved_directly(p: &(Tensor, Tensor)) -> Tensor {
    linalg::solve(&p.0, &p.1)
}

#[test]
fn solutions_have_derivatives_in_every_order_and_batch() {
    let a = Tensor::from([[4.0f64, 1.0, 0.5], [0.0, 3.0, 1.0], [1.0, 0.0, 5.0]]);
    let p = (a, Tensor::from([1.0f64, 2.0, 3.0]));
    let dp = (Tensor::iota([3, 3], 1, DType::F64) * 0.1 + 0.2, Tensor::from([0.5f64, -1.0, 2.0]));
    type Solve = fn(&(Tensor, Tensor)) -> Tensor;
    type Pair = (Tensor, Tensor);
    let all = |f: Solve| -> Vec<Tensor> {
        let loss = move |p: &Pair| (f(p) * Tensor::from([1.0f64, -2.0, 0.5])).square().sum();
        let forward = move |p: &Pair, dp: &Pair| jvp(f, p, dp).1;
        let directional = move |p: &Pair, dp: &Pair| jvp(loss, p, dp).1;
        let reverse = grad(loss)(&p);
        let twice = grad(|p: &Pair| grad(loss)(p).0.sin().sum() + grad(loss)(p).1.square().sum())(&p);
        let (of_forward, of_reverse) =
            (grad(|p: &Pair| directional(p, &dp))(&p), jvp(|p: &Pair| grad(loss)(p), &p, &dp).1);
        let twice_forward = jvp(|p: &Pair| forward(p, &dp), &p, &dp).1;
        let pairs = [reverse, twice, of_forward, of_reverse];
        [f(&p), forward(&p, &dp), twice_forward]
            .into_iter()
            .chain(pairs.into_iter().flat_map(|(x, y)| [x, y]))
            .collect()
    };
    let (right, batch) =
        (all(solved_directly), (Tensor::stack(&[&p.0, &(&p.0 + 1.0)], 0), Tensor::stack(&[&p.1, &dp.1], 0)));
    for (name, f) in [("by a matrix", solved as Solve), ("by a loop", solved_by_loop)] {
        for (i, (x, y)) in all(f).iter().zip(&right).enumerate() {
            let off = (x - y).abs().max().item::<f64>().unwrap();
            assert!(off < 1e-9, "{name}, {i}: {x}, and should be {y}");
        }
        let of_batches = |f: Solve| -> Vec<Tensor> {
            let loss = move |a: &Tensor, b: &Tensor| f(&(a.clone(), b.clone())).sin().sum();
            let matrices =
                vmap_axes((Some(0), None), 0, grad_argnums((Argnum::<0>, Argnum::<1>), loss))(&batch.0, &p.1);
            let sides = vmap_axes((None, Some(0)), 0, grad_argnums((Argnum::<0>, Argnum::<1>), loss))(&p.0, &batch.1);
            let both = vmap(move |p: &Pair| jvp(f, p, p).1)(&batch);
            vec![matrices.0, matrices.1, sides.0, sides.1, both]
        };
        for (i, (x, y)) in of_batches(f).iter().zip(&of_batches(solved_directly)).enumerate() {
            let off = (x - y).abs().max().item::<f64>().unwrap();
            assert!(off < 1e-9, "{name}, batch {i}: {x}, and should be {y}");
        }
    }
}
