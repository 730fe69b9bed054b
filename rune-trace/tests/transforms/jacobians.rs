use rune_ir::DType;
use rune_testing::Generator;
use rune_trace::ProgramExt;
use rune_trace::{
    Argnum, Difference, GenericTree, Tensor, Tree, finite_diff_jacobian, grad, grad_argnums, grad_aux_argnums, hessian,
    hessian_argnums, hessian_aux, hessian_aux_argnums, hvp, jacfwd, jacfwd_argnums, jacfwd_aux, jacfwd_aux_argnums,
    jacrev, jacrev_argnums, jacrev_aux, jacrev_aux_argnums, jvp, make_program, vmap,
};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

fn numbers(x: &Tensor) -> Vec<f64> {
    x.to_array().unwrap().to_f64_vec()
}
fn all_numbers(tree: &impl Tree) -> Vec<f64> {
    tree.leaves().iter().flat_map(numbers).collect()
}
fn greatest(x: &[f64]) -> f64 {
    x.iter().fold(0.0, |m, x| m.max(x.abs()))
}
#[track_caller]
fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let scale = greatest(expected).max(1.0);
    for (i, (x, y)) in found.iter().zip(expected).enumerate() {
        assert!((x - y).abs() <= tolerance * scale, "element {i} is {x} and should be {y}");
    }
}
#[track_caller]
fn message<T>(f: impl FnOnce() -> T) -> String {
    let error = catch_unwind(AssertUnwindSafe(f)).err().expect("this panics");
    *error.downcast::<String>().unwrap()
}
fn vector(n: usize) -> Tensor {
    Tensor::arange(0..n as i64, DType::F64) * 0.3 - 0.7
}

/// A function of three numbers. Its derivatives below are computed by hand.
fn cubic(x: &Tensor) -> Tensor {
    let (a, b, c) = (x.i(0), x.i(1), x.i(2));
    Tensor::stack(&[&a * &b * &c, a.square() * &c], 0)
}

#[test]
fn derivatives_by_hand() {
    let x = Tensor::from([2.0f64, 3.0, 5.0]);
    let rows = [15.0, 10.0, 6.0, 20.0, 0.0, 4.0];
    assert_eq!(numbers(&jacfwd(cubic)(&x)), rows);
    assert_eq!(numbers(&jacrev(cubic)(&x)), rows);
    assert_eq!(*jacrev(cubic)(&x).shape(), [2, 3]);
    let seconds = [0.0, 5.0, 3.0, 5.0, 0.0, 2.0, 3.0, 2.0, 0.0, 10.0, 0.0, 4.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0];
    let h = hessian(cubic)(&x);
    assert_eq!((numbers(&h), h.shape().to_vec()), (seconds.to_vec(), vec![2, 3, 3]));
    // Both modes, in both orders.
    for h in [jacfwd(jacfwd(cubic)), jacrev(jacfwd(cubic)), jacrev(jacrev(cubic))] {
        assert_eq!(numbers(&h(&x)), seconds);
    }
    // The third derivative. `a² c` contributes three by `a, a, c`.
    let third = jacrev(hessian(cubic))(&x);
    assert_eq!(*third.shape(), [2, 3, 3, 3]);
    let of_second: Vec<f64> = numbers(&third.i(1));
    assert_eq!(of_second.iter().filter(|x| **x == 2.0).count(), 3);
    assert_eq!((of_second[2], of_second[6], of_second[18]), (2.0, 2.0, 2.0));
}

#[test]
fn functions_made_of_pieces_are_smooth_where_these_meet() {
    let h = hessian(|x: &Tensor| x.softplus().sum())(&Tensor::from([0.0f64, 2.0]));
    let [_, slope] = [0.0f64, 2.0].map(|x: f64| 1.0 / (1.0 + (-x).exp()));
    close(&numbers(&h), &[0.25, 0.0, 0.0, slope * (1.0 - slope)], 1e-15);
    let pair = |p: &(Tensor, Tensor)| p.0.logaddexp(&p.1);
    let same = Tensor::scalar(3.0f64);
    close(&all_numbers(&jacfwd(pair)(&(same.clone(), same.clone()))), &[0.5, 0.5], 1e-15);
    close(&all_numbers(&hessian(pair)(&(same.clone(), same.clone()))), &[0.25, -0.25, -0.25, 0.25], 1e-15);
    // The fourth derivative of softplus at 0.
    close(&all_numbers(&hessian(hessian(|x: &Tensor| x.softplus()))(&(same * 0.0))), &[-0.125], 1e-15);
}

#[test]
fn any_tree_by_any_tree() {
    type Params = BTreeMap<String, (Tensor, Option<Tensor>)>;
    let f = |p: &Params, n: &Tensor| {
        let ((w, b), (v, _)) = (&p["first"], &p["second"]);
        let y = w.matmul(v) + b.as_ref().unwrap();
        ([y.sin(), y.sum() * n.cast(DType::F64)], Some((vec![v.clone()], 7usize)))
    };
    let w = Tensor::from([[1.0f64, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let (v, b) = (Tensor::from([0.5f64, -0.25]), Tensor::from([0.1f64, 0.2, 0.3]));
    let p = BTreeMap::from([("first".to_owned(), (w, Some(b))), ("second".to_owned(), (v, None))]);
    let n = Tensor::scalar(2i32);
    let check = |([of_y, of_sum], rest): ([Params; 2], Option<(Vec<Params>, usize)>)| {
        let (of_v, count) = rest.unwrap();
        assert_eq!((of_v.len(), count), (1, 7));
        assert!(of_y["second"].1.is_none() && of_v[0]["first"].1.is_some());
        assert_eq!(numbers(&of_v[0]["second"].0), [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(numbers(of_sum["first"].1.as_ref().unwrap()), [2.0, 2.0, 2.0]);
        let shapes = of_y.leaves().iter().chain(&of_sum.leaves()).map(|x| x.shape().to_string()).collect::<Vec<_>>();
        assert_eq!(shapes, ["[3, 3, 2]", "[3, 3]", "[3, 2]", "[3, 2]", "[3]", "[2]"]);
    };
    check(jacfwd(f)(&p, &n));
    check(jacrev(f)(&p, &n));
    let (forward, reverse) = (all_numbers(&jacfwd(f)(&p, &n)), all_numbers(&jacrev(f)(&p, &n)));
    close(&forward, &reverse, 1e-14);
    // Trees without leaves on either side.
    let none = |x: &(Vec<Tensor>, Option<Tensor>)| (x.0.clone(), Tensor::from([1.0f32, 2.0]));
    let (of_list, of_tensor): (Vec<_>, (Vec<Tensor>, Option<Tensor>)) = jacfwd(none)(&(vec![], None));
    assert!(of_list.is_empty() && of_tensor.0.is_empty() && of_tensor.1.is_none());
    let nothing: Vec<Tensor> = jacrev(|_: &Tensor| Vec::<Tensor>::new())(&n.cast(DType::F32));
    assert!(nothing.is_empty());
}

#[derive(Tree, GenericTree)]
struct Affine<T = Tensor> {
    slope: T,
    rest: Vec<Curve<T>>,
    #[tree(static)]
    name: &'static str,
}

#[derive(Tree, GenericTree)]
enum Curve<T> {
    Flat,
    Bent { by: T, offset: Option<T> },
}

#[test]
fn own_structs_and_enums() {
    let bent = Curve::Bent { by: Tensor::scalar(5.0f64), offset: None };
    let line = Affine { slope: Tensor::from([2.0f64, 3.0]), rest: vec![Curve::Flat, bent], name: "line" };
    let f = |line: &Affine| {
        let by = line.rest.iter().find_map(|c| match c {
            Curve::Bent { by, offset: None } => Some(by.clone()),
            Curve::Bent { .. } | Curve::Flat => None,
        });
        (line.slope.square() * by.unwrap()).sum()
    };
    let h: Affine<Affine> = hessian(f)(&line);
    assert_eq!((h.name, h.slope.name), ("line", "line"));
    assert_eq!(numbers(&h.slope.slope), [10.0, 0.0, 0.0, 10.0]);
    let [Curve::Flat, Curve::Bent { by, offset: None }] = &h.rest[..] else { panic!("of another structure") };
    assert_eq!(numbers(&by.slope), [4.0, 6.0]);
    assert_eq!(all_numbers(&by.rest), [0.0]);
}

#[test]
fn argnums_in_any_order() {
    let f = |x: &Tensor, n: &Tensor, y: &(Tensor, Tensor)| {
        let y = x.square() * &y.0 + &y.1 * n.cast(DType::F64);
        (y.clone(), vec![y.sin(), n.clone()])
    };
    let first = |x: &Tensor, n: &Tensor, y: &(Tensor, Tensor)| f(x, n, y).0;
    let (x, n) = (Tensor::from([2.0f64, 3.0]), Tensor::scalar(10i32));
    let y = (Tensor::from([4.0f64, 5.0]), Tensor::scalar(6.0f64));
    let by_x = [16.0, 0.0, 0.0, 30.0];
    let by_y = [4.0, 0.0, 0.0, 9.0, 10.0, 10.0];
    for reversed in [false, true] {
        let ((dy0, dy1), dx) = match reversed {
            false => jacfwd_argnums((Argnum::<2>, Argnum::<0>), first)(&x, &n, &y),
            true => jacrev_argnums((Argnum::<2>, Argnum::<0>), first)(&x, &n, &y),
        };
        assert_eq!((numbers(&dx), [numbers(&dy0), numbers(&dy1)].concat()), (by_x.to_vec(), by_y.to_vec()));
        let (j, aux) = if reversed { jacrev_aux(f)(&x, &n, &y) } else { jacfwd_aux(f)(&x, &n, &y) };
        assert_eq!(
            (numbers(&j), numbers(&aux[0]), numbers(&aux[1])),
            (by_x.to_vec(), numbers(&first(&x, &n, &y).sin()), vec![10.0])
        );
        let ((dx, again), aux) = match reversed {
            false => jacfwd_aux_argnums((Argnum::<0>, Argnum::<0>), f)(&x, &n, &y),
            true => jacrev_aux_argnums((Argnum::<0>, Argnum::<0>), f)(&x, &n, &y),
        };
        assert_eq!((numbers(&dx), numbers(&again), numbers(&aux[1])), (by_x.to_vec(), by_x.to_vec(), vec![10.0]));
    }
    let (((yy, yx), _), (_, xx)) = hessian_argnums((Argnum::<2>, Argnum::<0>), first)(&x, &n, &y);
    assert_eq!(all_numbers(&yy), [0.0; 12]);
    assert_eq!(numbers(&yx), [4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 6.0]);
    assert_eq!(numbers(&xx), [8.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0]);
    let (h, aux) = hessian_aux(f)(&x, &n, &y);
    assert_eq!((numbers(&h), numbers(&aux[1])), (numbers(&xx), vec![10.0]));
    let ((_, (y1y0, _)), _) = hessian_aux_argnums(Argnum::<2>, f)(&x, &n, &y);
    assert_eq!(*y1y0.shape(), [2, 2]);
    // Gradients too: arguments in another order, and one argument twice.
    let g = |x: &Tensor, y: &Tensor| ((x * x * y).sum(), x.clone());
    let (dy, dx) = grad_argnums((Argnum::<1>, Argnum::<0>), |x: &Tensor, y: &Tensor| g(x, y).0)(&x, &y.0);
    assert_eq!((numbers(&dy), numbers(&dx)), (vec![4.0, 9.0], vec![16.0, 30.0]));
    let ((dy, again), aux) = grad_aux_argnums((Argnum::<1>, Argnum::<1>), g)(&x, &y.0);
    assert_eq!((numbers(&dy), numbers(&again), numbers(&aux)), (vec![4.0, 9.0], vec![4.0, 9.0], vec![2.0, 3.0]));
}

#[test]
fn the_function_runs_once_and_may_look_at_its_arguments() {
    let runs = AtomicUsize::new(0);
    let f = |x: &Tensor| {
        runs.fetch_add(1, Ordering::Relaxed);
        if x.i(0).item::<f64>().unwrap() > 0.0 { x * x } else { -x }
    };
    let x = Tensor::from([3.0f64, 4.0]);
    assert_eq!(numbers(&jacfwd(f)(&x)), [6.0, 0.0, 0.0, 8.0]);
    assert_eq!(numbers(&jacrev(f)(&-&x)), [-1.0, 0.0, 0.0, -1.0]);
    assert_eq!(numbers(&hessian(f)(&x)), [2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0]);
    assert_eq!(runs.load(Ordering::Relaxed), 3);
}

#[test]
fn all_rows_are_computed_at_once() {
    let f = |x: &Tensor| x.reshape([-1, 2]).matmul(x.reshape([2, -1])).tanh().sum_axes([0]);
    let count = |f: &dyn Fn(usize) -> rune_ir::Program, n: usize| f(n).instructions().len();
    let programs: [(&str, &dyn Fn(usize) -> rune_ir::Program); 3] = [
        ("jacfwd", &|n| make_program(jacfwd(f), &vector(n)).unwrap()),
        ("jacrev", &|n| make_program(jacrev(f), &vector(n)).unwrap()),
        ("hessian", &|n| make_program(hessian(f), &vector(n)).unwrap()),
    ];
    for (name, program) in programs {
        assert_eq!(count(program, 4), count(program, 40), "{name}");
    }
    // A single result needs no batch.
    let one = make_program(jacrev(|x: &Tensor| f(x).sum()), &vector(4)).unwrap();
    let gradient = make_program(grad(|x: &Tensor| f(x).sum()), &vector(4)).unwrap();
    let work = |p: &rune_ir::Program| {
        let names = p.instructions().iter().map(|i| i.op.name());
        names.filter(|name| !["constant", "reshape", "broadcast_in_dim"].contains(name)).collect::<Vec<_>>()
    };
    assert_eq!(work(&one), work(&gradient));
}

#[test]
fn they_compose() {
    let f = |x: &Tensor| (x.sin() * x.sum()).cumsum(0);
    let xs = Tensor::stack(&[vector(3), vector(3) * 2.0], 0);
    let each = |j: &dyn Fn(&Tensor) -> Tensor| [j(&xs.i(0)), j(&xs.i(1))].iter().flat_map(numbers).collect::<Vec<_>>();
    close(&numbers(&vmap(jacfwd(f))(&xs)), &each(&jacfwd(f)), 1e-14);
    close(&numbers(&vmap(jacrev(f))(&xs)), &each(&jacrev(f)), 1e-14);
    close(&numbers(&vmap(hessian(f))(&xs)), &each(&hessian(f)), 1e-14);
    // Through captured tensors.
    let x = vector(3);
    let determinant = |x: &Tensor| jacrev(|y: &Tensor| (y * x).tanh() + y.sum())(x).square().sum();
    let by_rule = grad(determinant)(&x);
    let by_difference = finite_diff_jacobian(determinant, &x, 1e-5, Difference::Central);
    close(&numbers(&by_rule), &numbers(&by_difference), 1e-8);
    // Inside a batched function, inside a derivative.
    let inner = |x: &Tensor| vmap(|a: &Tensor| jacfwd(|y: &Tensor| y * y * a)(x).sum())(x);
    close(&numbers(&jacrev(inner)(&x)), &numbers(&finite_diff_jacobian(inner, &x, 1e-5, Difference::Central)), 1e-8);
    // A derivative along a direction.
    let (_, along) = jvp(jacrev(f), &x, &Tensor::ones([3], DType::F64));
    close(&numbers(&along), &numbers(&hessian(f)(&x).sum_axes([-1])), 1e-14);
    // In a program.
    let program = make_program(hessian(f), &x).unwrap();
    assert_eq!(numbers(&program.apply(std::slice::from_ref(&x))[0]), numbers(&hessian(f)(&x)));
}

#[test]
fn what_has_no_derivative_is_told() {
    let panics_with = |f: &dyn Fn(), expected: &str| {
        let message = message(f);
        assert!(message.contains(expected) && message.contains("jacobians.rs:"), "{message}");
    };
    let (x, n) = (vector(2), Tensor::scalar(1i32));
    let f = |x: &Vec<Tensor>| (x[0].clone(), vec![x[0].cast(DType::I32)]);
    let output = "`output[1][0]` has type [2, i32], but only floats and complex numbers have derivatives; return it as an auxiliary result";
    panics_with(&|| drop(jacfwd(f)(&vec![x.clone()])), output);
    panics_with(&|| drop(jacrev(f)(&vec![x.clone()])), output);
    panics_with(&|| drop(hessian(f)(&vec![x.clone()])), output);
    let g = |x: &Vec<Tensor>| x[0].clone();
    let argument = "`arguments[0][1]` has type [i32], but only floats and complex numbers have derivatives; pass it as another argument";
    panics_with(&|| drop(jacfwd(g)(&vec![x.clone(), n.clone()])), argument);
    panics_with(&|| drop(jacrev(g)(&vec![x.clone(), n.clone()])), argument);
    panics_with(&|| drop(hessian(g)(&vec![x.clone(), n.clone()])), argument);
    let read = |x: &Tensor| vmap(|x: &Tensor| x * x.item::<f64>().unwrap())(x);
    assert!(message(|| jacrev(read)(&x)).contains("`vmap`"));
}

/// Returns a random program as a function from its float inputs to its float outputs, and these inputs.
fn random_function(seed: u64, size: usize) -> (impl Fn(&Vec<Tensor>) -> Vec<Tensor> + Send + Sync, Vec<Tensor>) {
    let mut random = Generator::new(seed);
    random.dtypes = vec![DType::F64, DType::F64, DType::F64, DType::I32];
    random.without = vec!["while"]; // It has no reverse mode.
    random.linear_solves = true;
    let program = random.program(size);
    let inputs: Vec<Tensor> = random.inputs(&program).into_iter().map(Tensor::from).collect();
    let float = |x: &&Tensor| x.dtype().is_float();
    let floats = inputs.iter().filter(float).cloned().collect();
    let f = move |xs: &Vec<Tensor>| {
        let mut xs = xs.iter();
        let inputs: Vec<Tensor> =
            inputs.iter().map(|x| if float(&x) { xs.next().unwrap().clone() } else { x.clone() }).collect();
        program.apply(&inputs).iter().filter(float).cloned().collect()
    };
    (f, floats)
}

/// Returns the number of random programs in which `compare` finds something to compare. It panics at a difference.
fn over_random_programs(most: u64, compare: impl Fn(u64) -> bool + std::panic::RefUnwindSafe) -> usize {
    let most = std::env::var("RUNE_PROGRAMS").ok().and_then(|n| n.parse().ok()).unwrap_or(most);
    let (mut compared, mut failed) = (0, Vec::new());
    for seed in 0..most {
        match catch_unwind(|| compare(seed)) {
            Ok(something) => compared += usize::from(something),
            Err(_) => failed.push(seed),
        }
    }
    println!("{compared} of {most} programs compared");
    assert!(failed.is_empty(), "seeds {failed:?} fail");
    compared
}

/// Returns the Jacobian, column by column: one `jvp` for each unit vector.
fn by_columns(f: &(impl Fn(&Vec<Tensor>) -> Vec<Tensor> + Send + Sync), xs: &Vec<Tensor>) -> Vec<Vec<f64>> {
    let sizes: Vec<usize> = xs.iter().map(Tensor::size).collect();
    let unit = |leaf: usize, element: usize| -> Vec<Tensor> {
        let one = |i: usize, k: usize| if (i, k) == (leaf, element) { 1.0 } else { 0.0 };
        let leaf = |(i, x): (usize, &Tensor)| {
            let ones: Vec<f64> = (0..x.size()).map(|k| one(i, k)).collect();
            Tensor::from_slice(x.shape().clone(), &ones)
        };
        xs.iter().enumerate().map(leaf).collect()
    };
    let elements = sizes.iter().enumerate().flat_map(|(i, &n)| (0..n).map(move |k| (i, k)));
    elements.map(|(leaf, element)| all_numbers(&jvp(f, xs, &unit(leaf, element)).1)).collect()
}

#[test]
fn both_modes_agree_with_columns_over_random_programs() {
    let compared = over_random_programs(400, |seed| {
        let (f, xs) = random_function(seed, 10);
        if xs.iter().map(Tensor::size).sum::<usize>() > 40 {
            return false;
        }
        let (forward, reverse) = (jacfwd(&f)(&xs), jacrev(&f)(&xs));
        // The columns for each leaf of the result and each argument.
        let columns = by_columns(&f, &xs);
        let rows = forward.iter().map(|by| by.first().map_or(0, |j| j.size() / xs[0].size().max(1)));
        let mut at = 0;
        let mut moving = false;
        for (k, rows) in rows.enumerate() {
            let mut column = 0;
            for (i, x) in xs.iter().enumerate() {
                let expected: Vec<f64> = (at..at + rows)
                    .flat_map(|row| columns[column..column + x.size()].iter().map(move |c| c[row]))
                    .collect();
                column += x.size();
                if expected.iter().all(|x| x.is_finite()) && numbers(&reverse[k][i]).iter().all(|x| x.is_finite()) {
                    close(&numbers(&forward[k][i]), &expected, 1e-12);
                    close(&numbers(&reverse[k][i]), &expected, 1e-10);
                    moving |= greatest(&expected) > 0.0;
                }
            }
            at += rows;
        }
        moving
    });
    assert!(compared > 60, "{compared}");
}

#[test]
fn hessians_of_random_programs_are_symmetric() {
    let compared = over_random_programs(300, |seed| {
        let (f, xs) = random_function(seed, 10);
        let sum = |xs: &Vec<Tensor>| f(xs).iter().fold(Tensor::scalar(0.0f64), |sum, y| sum + y.sin().sum());
        if xs.iter().map(Tensor::size).sum::<usize>() > 40 {
            return false;
        }
        let h = hessian(sum)(&xs);
        let mut moving = false;
        for (i, x) in xs.iter().enumerate() {
            for (j, y) in xs.iter().enumerate() {
                let flat = |h: &Tensor, rows: &Tensor, columns: &Tensor| {
                    h.reshape([rows.size() as i64, columns.size() as i64])
                };
                let (upper, lower) = (flat(&h[i][j], x, y), flat(&h[j][i], y, x).t());
                let (upper, lower) = (numbers(&upper), numbers(&lower));
                if upper.iter().chain(&lower).all(|x| x.is_finite()) {
                    close(&upper, &lower, 1e-10);
                    moving |= greatest(&upper) > 0.0;
                }
            }
        }
        let vs: Vec<Tensor> = xs.iter().map(|x| x.ones_like()).collect();
        let products = hvp(sum, &xs, &vs);
        for (row, product) in h.iter().zip(&products) {
            let sums =
                row.iter().zip(&xs).map(|(h, x)| h.reshape([product.size() as i64, x.size() as i64]).sum_axes([1]));
            let sum = numbers(&sums.reduce(|a, b| a + b).unwrap());
            if sum.iter().all(|x| x.is_finite()) {
                close(&numbers(product), &sum, 1e-9);
            }
        }
        moving
    });
    assert!(compared > 40, "{compared}");
}
