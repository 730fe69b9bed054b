use rune_ir::DType;
use rune_testing::Generator;
use rune_trace::ProgramExt;
use rune_trace::{
    CheckOptions, Difference, Tensor, Tree, check_gradient, check_gradients, check_jvp, check_vjp, eval_shape,
    finite_diff, finite_diff_jacobian, grad, hvp, jvp, jvp_aux, linear_transpose, linearize, make_program, no_grad,
    vjp, vjp_aux,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

fn scalar(x: f64) -> Tensor {
    Tensor::scalar(x)
}
fn item(x: &Tensor) -> f64 {
    x.item::<f64>().unwrap()
}
fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 5e-7 * expected.abs().max(1.0), "{found}, and should be {expected}");
}
#[track_caller]
fn message<T>(f: impl FnOnce() -> T) -> String {
    let error = catch_unwind(AssertUnwindSafe(f)).err().expect("this panics");
    *error.downcast::<String>().unwrap()
}

type Scalar = Box<dyn Fn(&Tensor) -> Tensor + Send + Sync>;

/// The ways to compute a derivative, and staging, which gives the function itself.
fn by_jvp(f: Scalar) -> Scalar {
    Box::new(move |x| jvp(&*f, x, &scalar(1.0)).1)
}
fn by_vjp(f: Scalar) -> Scalar {
    Box::new(move |x| vjp(&*f, x).1(&scalar(1.0)))
}
fn by_linearize(f: Scalar) -> Scalar {
    Box::new(move |x| linearize(&*f, x).1.call(&scalar(1.0)))
}
fn by_grad(f: Scalar) -> Scalar {
    Box::new(move |x| grad(&*f)(x))
}
fn staged(f: Scalar) -> Scalar {
    Box::new(move |x| make_program(&*f, x).unwrap().apply(std::slice::from_ref(x)).remove(0))
}

#[test]
fn slopes_nesting_matrix() {
    let derivatives: [fn(Scalar) -> Scalar; 4] = [by_jvp, by_vjp, by_linearize, by_grad];
    let plain: fn(Scalar) -> Scalar = |f| f;
    let f = || -> Scalar { Box::new(|x: &Tensor| 2.0 * (2.0 * x).cos()) };
    let x = scalar(3.0);
    assert_near(item(&f()(&x)), 1.920341);
    assert_near(item(&staged(f())(&x)), 1.920341);
    for inside in [plain, staged] {
        for first in derivatives {
            for between in [plain, staged] {
                assert_near(item(&between(first(inside(f())))(&x)), 1.117662);
                for second in derivatives {
                    let twice = || second(between(first(inside(f()))));
                    assert_near(item(&twice()(&x)), -7.681362);
                    assert_near(item(&staged(twice())(&x)), -7.681362);
                    // The third derivative: 16 sin(2x).
                    assert_near(item(&first(twice())(&x)), -4.470648);
                }
            }
        }
    }
}

#[test]
fn the_function_runs_once_and_may_look_at_its_arguments() {
    let runs = AtomicUsize::new(0);
    let f = |x: &Tensor| {
        runs.fetch_add(1, Ordering::Relaxed);
        if x.item::<f64>().unwrap() > 0.0 { x * x } else { -x }
    };
    let (_, dy) = jvp(f, &scalar(3.0), &scalar(1.0));
    assert_eq!(item(&dy), 6.0);
    assert_eq!(item(&jvp(f, &scalar(-3.0), &scalar(1.0)).1), -1.0);
    let (_, pullback) = vjp(f, &scalar(3.0));
    assert_eq!((item(&pullback(&scalar(1.0))), item(&pullback(&scalar(10.0)))), (6.0, 60.0));
    let (_, linear) = linearize(f, &scalar(-3.0));
    assert_eq!((item(&linear.call(&scalar(1.0))), item(&linear.call(&scalar(2.0)))), (-1.0, -2.0));
    assert_eq!(item(&hvp(f, &scalar(3.0), &scalar(1.0))), 2.0);
    assert_eq!(runs.load(Ordering::Relaxed), 5);
}

#[test]
fn trees_go_in_and_out() {
    type Params = Vec<(Tensor, Option<Tensor>)>;
    let f = |params: &Params, n: &Tensor| {
        let sum = params.iter().fold(scalar(0.0), |sum, (w, b)| match b {
            Some(b) => sum + w * b,
            None => sum + w * n.cast(DType::F64),
        });
        (sum, vec![n.clone()])
    };
    let params: Params = vec![(scalar(2.0), Some(scalar(3.0))), (scalar(5.0), None)];
    let n = Tensor::scalar(7i32);
    let tangents: Params = vec![(scalar(1.0), Some(scalar(10.0))), (scalar(100.0), None)];
    // The tangent of the integer is ignored.
    let ((y, ns), (dy, dns)) = jvp(f, (&params, &n), (&tangents, &Tensor::from([1i64, 2])));
    assert_eq!((item(&y), item(&dy)), (41.0, 723.0));
    assert_eq!((ns[0].item::<i32>().unwrap(), dns[0].item::<i32>().unwrap()), (7, 0));
    let (_, pullback) = vjp(f, (&params, &n));
    let (dparams, dn) = pullback(&(scalar(2.0), vec![n.clone()]));
    let found: Vec<f64> = dparams.leaves().iter().map(item).collect();
    assert_eq!((found, dn.item::<i32>().unwrap()), (vec![6.0, 4.0, 14.0], 0));
    let (_, linear) = linearize(f, (&params, &n));
    assert_eq!(item(&linear.call((&tangents, &n)).0), 723.0);
}

#[test]
fn what_is_unused_or_constant_gets_zeros() {
    let f = |x: &Tensor, _: &Tensor| (x * x, scalar(1.0), x.floor());
    let (x, y) = (scalar(3.0), Tensor::from([1.0f64, 2.0]));
    let (_, pullback) = vjp(f, (&x, &y));
    let (dx, dy) = pullback(&(scalar(0.5), scalar(8.0), scalar(8.0)));
    assert_eq!((item(&dx), dy.to_vec::<f64>().unwrap()), (3.0, vec![0.0, 0.0]));
    let (_, (d, constant, steps)) = jvp(f, (&x, &y), (&scalar(1.0), &y));
    assert_eq!((item(&d), item(&constant), item(&steps)), (6.0, 0.0, 0.0));
}

#[test]
fn captured_tensors_belong_to_the_outer_function() {
    // The tangent of (x y)² with respect to y, along x, is 2 x³ y. Its derivative with respect to x is 6 x² y.
    let f = |x: &Tensor| jvp(|y: &Tensor| (x * y).square(), &scalar(2.0), x).1;
    assert_eq!(item(&grad(f)(&scalar(3.0))), 108.0);
    // An outer pullback is linear in its cotangent, and constant for the inner derivative.
    let (_, pullback) = vjp(|x: &Tensor| x * x, &scalar(3.0));
    assert_eq!(item(&grad(|c: &Tensor| pullback(c).square())(&scalar(2.0))), 144.0);
    // A pullback created inside depends on the point.
    let g = |x: &Tensor| vjp(|x: &Tensor| x * x * x, x).1(&scalar(1.0));
    assert_eq!(item(&jvp(g, &scalar(3.0), &scalar(1.0)).1), 18.0);
    // So does a linear function, also through its transpose.
    let g = |x: &Tensor| linearize(|x: &Tensor| x * x * x, x).1.transpose(&scalar(1.0));
    assert_eq!(item(&grad(g)(&scalar(3.0))), 18.0);
}

#[test]
fn auxiliary_results_come_along() {
    let f = |x: &Tensor| (x * x, (x.exp(), vec![Tensor::scalar(1i32)]));
    let x = scalar(3.0);
    let (y, dy, (e, _)) = jvp_aux(f, &x, &scalar(2.0));
    assert_eq!((item(&y), item(&dy), item(&e)), (9.0, 12.0, 3f64.exp()));
    let (y, pullback, (e, ns)) = vjp_aux(f, &x);
    assert_eq!((item(&y), item(&pullback(&scalar(2.0))), item(&e)), (9.0, 12.0, 3f64.exp()));
    assert_eq!(ns[0].item::<i32>().unwrap(), 1);
}

#[test]
fn linear_functions_are_transposed() {
    let a = Tensor::from([[1.0f64, 2.0], [3.0, 4.0]]);
    let f = |x: &Tensor, y: &Tensor| (a.matmul(x) * 2.0 - y, y.sum());
    let x = Tensor::from([0.0f64, 0.0]);
    let (dx, dy) = linear_transpose(f, (&x, &x), &(Tensor::from([1.0f64, 10.0]), scalar(100.0)));
    assert_eq!(dx.to_vec::<f64>().unwrap(), [62.0, 84.0]);
    assert_eq!(dy.to_vec::<f64>().unwrap(), [99.0, 90.0]);
    let nonlinear: [(&str, Scalar); 6] = [
        ("sin", Box::new(|x| x.sin())),
        ("mul", Box::new(|x| x * x)),
        ("div", Box::new(|x| 1.0 / x)),
        ("dot_general", Box::new(|x| x.reshape([1]).dot(x.reshape([1])))),
        ("convert", Box::new(|x| x.cast(DType::I32).cast(DType::F64))),
        ("max", Box::new(|x| x.reshape([1]).max())),
    ];
    for (name, f) in nonlinear {
        let message = message(|| linear_transpose(&*f, &scalar(1.0), &scalar(1.0)));
        let named = message.contains(name) && message.contains("autodiff.rs:");
        assert!(named && message.contains("is not linear in an operand"), "{name}: {message}");
    }
    let unknown = |x: &Tensor| if x.item::<f64>().unwrap() > 0.0 { x.clone() } else { -x };
    let message = message(|| linear_transpose(unknown, &scalar(1.0), &scalar(1.0)));
    assert!(message.contains("`linear_transpose` is tracing"), "{message}");
}

#[test]
fn products_with_the_hessian() {
    // f = Σ x³ y. With respect to x, the diagonal is 6 x y. The mixed derivatives are 3 x².
    let f = |x: &Tensor, y: &Tensor| (x * x * x * y).sum();
    let (x, y) = (Tensor::from([1.0f64, 2.0]), Tensor::from([3.0f64, 4.0]));
    let (v, w) = (Tensor::from([1.0f64, 10.0]), Tensor::from([100.0f64, 0.0]));
    let (hx, hy) = hvp(f, (&x, &y), (&v, &w));
    assert_eq!(hx.to_vec::<f64>().unwrap(), [318.0, 480.0]);
    assert_eq!(hy.to_vec::<f64>().unwrap(), [3.0, 120.0]);
    let hessian = finite_diff_jacobian(|x: &Tensor| grad(f)(x, &y), &x, 1e-4, Difference::Central);
    let product = hessian.matmul(&v).to_vec::<f64>().unwrap();
    let (hx, _) = hvp(f, (&x, &y), (&v, &y.zeros_like()));
    hx.to_vec::<f64>().unwrap().iter().zip(product).for_each(|(&found, expected)| assert_near(found, expected));
}

#[test]
fn no_grad_makes_constants() {
    let f = |x: &Tensor| {
        let (square, n) = no_grad(|| (x * x, Tensor::scalar(2i32)));
        x * square * n.cast(DType::F64)
    };
    assert_eq!(item(&grad(f)(&scalar(3.0))), 18.0);
    assert_eq!(item(&jvp(f, &scalar(3.0), &scalar(1.0)).1), 18.0);
}

#[test]
fn what_does_not_fit_is_told() {
    let f = |x: &Vec<Tensor>| &x[0] * 2.0;
    let x = vec![Tensor::from([1.0f32, 2.0])];
    let panics_with = |f: &dyn Fn(), expected: &str| {
        let message = message(f);
        assert!(message.contains(expected) && message.contains("autodiff.rs:"), "{message}");
    };
    let tangent = "the tangent of `arguments[0][0]` has type [f32], but `arguments[0][0]` has type [2, f32]";
    panics_with(&|| drop(jvp(f, &x, &vec![Tensor::scalar(1.0f32)])), tangent);
    panics_with(&|| drop(linearize(f, &x).1.call(&vec![Tensor::scalar(1.0f32)])), tangent);
    panics_with(&|| drop(jvp(f, &x, &vec![])), "the tangents have another structure than the arguments");
    let cotangent = "the cotangent of `output` has type [2, f64], but `output` has type [2, f32]";
    panics_with(&|| drop(vjp(f, &x).1(&Tensor::from([1.0f64, 2.0]))), cotangent);
    panics_with(&|| drop(hvp(f, &x, &x)), "the function returned a tensor of type [2, f32]");
    let halves = vec![Tensor::from([1.0f32]).cast(DType::F16)];
    let sum = |x: &Vec<Tensor>| x[0].sum();
    panics_with(&|| drop(finite_diff(sum, &halves, 1e-4, Difference::Central)), "a step of 0.0001 from 1 is lost");
}

/// Returns ⟨a, b⟩ over the float leaves, and the sum of the absolute terms.
fn product(a: &[Tensor], b: &[Tensor]) -> (f64, f64) {
    let numbers = |x: &[Tensor]| -> Vec<f64> {
        let float = x.iter().filter(|x| x.dtype().is_float());
        float.flat_map(|x| x.to_array().unwrap().to_f64_vec()).collect()
    };
    let terms: Vec<f64> = numbers(a).iter().zip(numbers(b)).map(|(a, b)| a * b).collect();
    (terms.iter().sum(), terms.iter().map(|t| t.abs()).sum())
}

/// Checks ⟨J v, w⟩ = ⟨v, Jᵀ w⟩ for a random program, and that the linear function equals forward mode. Returns the
/// magnitude of the terms, or `None` if they are not finite.
fn both_modes(seed: u64) -> Option<f64> {
    let mut random = Generator::new(seed);
    random.dtypes = vec![DType::F64, DType::F64, DType::F64, DType::I32];
    random.without = vec!["while"]; // It has no reverse mode.
    random.linear_solves = true;
    let program = random.program(12);
    let of =
        |random: &mut Generator| -> Vec<Tensor> { random.inputs(&program).into_iter().map(Tensor::from).collect() };
    let (xs, vs) = (of(&mut random), of(&mut random));
    let f = |xs: &Vec<Tensor>| program.apply(xs);
    let (ys, dys) = jvp(f, &xs, &vs);
    let ws: Vec<Tensor> = ys.iter().map(|y| random.array(y.ty()).into()).collect();
    let dxs = vjp(f, &xs).1(&ws);
    let linear = linearize(f, &xs).1.call(&vs);
    let ((forward, size), (reverse, other)) = (product(&dys, &ws), product(&vs, &dxs));
    if !(size.is_finite() && other.is_finite()) {
        return None;
    }
    let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (size + other).max(1.0);
    assert!(close(forward, reverse), "{forward} and {reverse} of\n{program}");
    assert!(close(product(&linear, &ws).0, forward), "linearize of\n{program}");
    Some(size)
}

#[test]
fn forward_and_reverse_mode_agree_over_random_programs() {
    let most = std::env::var("RUNE_PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(600);
    let (mut compared, mut moving, mut failed) = (0, 0, Vec::new());
    for seed in 0..most {
        match catch_unwind(|| both_modes(seed)) {
            Ok(size) => {
                compared += usize::from(size.is_some());
                moving += usize::from(size.is_some_and(|size| size > 0.0));
            }
            Err(_) => failed.push(seed),
        }
    }
    println!("{compared} programs compared, {moving} of them with a derivative along the direction");
    assert!(failed.is_empty(), "seeds {failed:?} fail");
    assert!(compared > 300 && moving > 60, "{compared} compared, {moving} moving");
}

#[test]
fn gradients_are_checked() {
    let options = CheckOptions::default();
    let f = |x: &Tensor, p: &(Tensor, Tensor)| ((x * &p.0).sin() + &p.1).square().sum();
    let x = Tensor::from([0.5f64, -1.0, 2.0]);
    let p = (Tensor::from([1.5f64, 0.25, -2.0]), Tensor::scalar(0.5f64));
    let checks = check_gradients(f, (&x, &p), &options).unwrap();
    let found: Vec<_> = checks.iter().map(|c| (c.path.as_str(), c.num_checked, c.passed)).collect();
    assert_eq!(found, [("arguments[0]", 3, true), ("arguments[1][0]", 3, true), ("arguments[1][1]", 1, true)]);
    assert!(checks.iter().all(|c| c.max_abs_error < 1e-6 && c.mean_rel_error <= c.max_rel_error));
    assert_eq!(check_jvp(f, (&x, &p), &options).unwrap().num_checked, 3);
    assert_eq!(check_vjp(f, (&x, &p), &options).unwrap().num_checked, 3);
    for method in [Difference::Central, Difference::Forward, Difference::Backward] {
        let options = CheckOptions { method, ..CheckOptions::default() };
        check_gradients(f, (&x, &p), &options).unwrap();
        check_jvp(f, (&x, &p), &options).unwrap();
        check_vjp(f, (&x, &p), &options).unwrap();
    }
    let single = |x: &Tensor| (x * x).sum();
    check_gradient(single, &Tensor::from([1.0f32, 2.0]), &CheckOptions { eps: 1e-2, ..options }).unwrap();
}

#[test]
fn wrong_gradients_fail_their_check() {
    let wrong = |x: &Tensor| (x * no_grad(|| x.clone())).sum();
    let x = Tensor::from([1.0f64, 0.0, 3.0]);
    let failed = check_gradient(wrong, &x, &CheckOptions::default()).unwrap_err();
    assert_eq!((failed.num_checked, failed.num_failed, failed.passed), (3, 2, false));
    let indices: Vec<usize> = failed.failed_indices.iter().map(|m| m.index).collect();
    assert_eq!(indices, [0, 2]);
    assert_near(failed.failed_indices[1].autodiff, 3.0);
    assert_near(failed.failed_indices[1].finite_difference, 6.0);
    assert_near(failed.max_abs_error, 3.0);
    assert_near(failed.mean_rel_error, 1.0 / 3.0);
    assert!(failed.to_string().starts_with("arguments[0]: 2 of 3 derivatives differ"), "{failed}");
    let options = CheckOptions { indices: Some(vec![1]), ..CheckOptions::default() };
    assert_eq!(check_gradient(wrong, &x, &options).unwrap().num_checked, 1);
    assert_eq!(check_jvp(wrong, &x, &CheckOptions::default()).unwrap_err().num_failed, 3);
    assert_eq!(check_vjp(wrong, &x, &CheckOptions::default()).unwrap_err().num_failed, 3);
    let not_a_number = |x: &Tensor| x.log().sum();
    assert!(check_gradient(not_a_number, &Tensor::from([-1.0f64]), &CheckOptions::default()).is_err());
}

#[test]
fn shapes_are_known_without_values() {
    let f = |x: &Tensor, n: &Tensor| (x.matmul(x), vec![n.clone(), n.cast(DType::F32)]);
    let (x, n) = (Tensor::zeros([4, 4], DType::F32), Tensor::scalar(1i32));
    let (y, ns) = eval_shape(f, (&x, &n));
    let types: Vec<String> = [&y, &ns[0], &ns[1]].iter().map(|t| t.ty().to_string()).collect();
    assert_eq!(types, ["[4, 4, f32]", "[i32]", "[f32]"]);
    // A tensor with only a shape can be used to compute shapes.
    assert_eq!(eval_shape(|y: &Tensor| y.sum(), &y).rank(), 0);
    assert!(y.to_array().unwrap_err().to_string().contains("`eval_shape`"));
}
