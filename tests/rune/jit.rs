//! Tests of `jit`: when it compiles, what it compiles, and that compiled results agree.

use crate::engine::{is_on_cpu, jit};
use rune::prelude::*;
use rune::{EvalError, linalg};
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Tree, Clone)]
struct Linear {
    weights: Tensor,
    bias: Option<Tensor>,
    #[tree(static)]
    activate: bool,
}

impl Linear {
    fn apply(&self, x: &Tensor) -> Tensor {
        let y = x.matmul(&self.weights);
        let y = match &self.bias {
            Some(bias) => y + bias,
            None => y,
        };
        if self.activate { y.tanh() } else { y }
    }
}

fn layer(bias: bool, activate: bool) -> Linear {
    let weights = Tensor::from([[0.5f32, -1.0], [2.0, 0.25]]);
    Linear { weights, bias: bias.then(|| Tensor::from([0.1f32, -0.2])), activate }
}

fn close(x: &Tensor, y: &Tensor) {
    let (x, y) = (x.to_vec::<f32>().unwrap(), y.to_vec::<f32>().unwrap());
    assert_eq!(x.len(), y.len());
    for (x, y) in x.iter().zip(&y) {
        assert!((x - y).abs() <= 1e-5 * (1.0 + y.abs()), "{x} and {y}");
    }
}

#[test]
fn traces_once_for_one_type_and_again_for_another() {
    let traces = AtomicUsize::new(0);
    let f = jit(|x: &Tensor| {
        traces.fetch_add(1, Ordering::Relaxed);
        x * 2.0
    });
    for _ in 0..3 {
        assert_eq!(f(&Tensor::from([1.0f32, 2.0])).to_vec::<f32>().unwrap(), [2.0, 4.0]);
    }
    assert_eq!((traces.load(Ordering::Relaxed), f.compiled_programs()), (1, 1));
    f(&Tensor::from([1.0f32, 2.0, 3.0]));
    f(&Tensor::from([1.0f64, 2.0]));
    assert_eq!((traces.load(Ordering::Relaxed), f.compiled_programs()), (3, 3));
}

#[test]
fn takes_and_returns_trees_and_compiles_for_each_structure() {
    let step = jit(|layer: &Linear, x: &Tensor| {
        let y = layer.apply(x);
        let updated = Linear { weights: &layer.weights * 0.5, ..layer.clone() };
        (updated, vec![y])
    });
    let x = Tensor::from([[1.0f32, 2.0]]);
    for layer in [layer(true, true), layer(false, true), layer(true, false)] {
        let (updated, ys) = step(&layer, &x);
        assert_eq!(updated.bias.is_some(), layer.bias.is_some());
        assert_eq!(updated.activate, layer.activate);
        close(&updated.weights, &(&layer.weights * 0.5));
        close(&ys[0], &layer.apply(&x));
    }
    assert_eq!(step.compiled_programs(), 3);
}

#[test]
fn captured_tensors_are_constants() {
    let big = Tensor::arange(0.0..100.0, DType::F32);
    let f = jit(|x: &Tensor| (x * &big).sum() + 1.0);
    assert_eq!(f(&Tensor::scalar(2.0f32)).item::<f32>().unwrap(), 9901.0);
    let program = &f.programs()[0];
    assert_eq!(program.inputs().len(), 1);
    assert_eq!(program.constants().len(), 1, "{program}");
}

#[test]
fn composes_with_grad_in_every_order() {
    // f = sin(2x), f' = 2 cos 2x, f'' = -4 sin 2x
    let f = |x: &Tensor| (x * 2.0).sin();
    let x = Tensor::scalar(3.0f32);
    let first = 2.0 * 6.0f32.cos();
    let second = -4.0 * 6.0f32.sin();
    let near = |y: Tensor, expected: f32| {
        let y = y.item::<f32>().unwrap();
        assert!((y - expected).abs() < 1e-5, "{y} and {expected}");
    };
    near(jit(grad(f))(&x), first);
    near(grad(jit(f))(&x), first);
    near(jit(grad(jit(f)))(&x), first);
    near(jit(grad(grad(f)))(&x), second);
    near(grad(jit(grad(f)))(&x), second);
    near(grad(grad(jit(f)))(&x), second);
    near(jit(grad(jit(grad(jit(f)))))(&x), second);
}

#[test]
fn a_jitted_function_may_capture_what_is_being_traced() {
    // d/dx (x · x²): the square is behind jit, and x is captured.
    let f = |x: &Tensor| jit(|y: &Tensor| y * x * x)(x);
    let x = Tensor::scalar(2.0f32);
    assert_eq!(grad(f)(&x).item::<f32>().unwrap(), 12.0);
    assert_eq!(jit(grad(f))(&x).item::<f32>().unwrap(), 12.0);
    // The inner function's argument is known; only its capture is not.
    let g = |x: &Tensor| jit(|y: &Tensor| y * x)(&Tensor::scalar(5.0f32));
    assert_eq!(grad(g)(&x).item::<f32>().unwrap(), 5.0);
}

#[test]
fn arguments_are_not_changed() {
    let x = Tensor::from([1.0f32, 2.0, 3.0, 4.0]);
    let f = jit(|x: &Tensor| x.at(1..2).set(9.0));
    let first = f(&x);
    let second = f(&x);
    assert_eq!(x.to_vec::<f32>().unwrap(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(first.to_vec::<f32>().unwrap(), second.to_vec::<f32>().unwrap());
}

#[test]
fn lower_shows_program_and_code() {
    fn f(x: &Tensor) -> Tensor {
        x * x
    }
    let lowered = jit(f).lower(&Tensor::from([2.0f32])).unwrap();
    let expected = "def f(x0): # [1, f32] -> [1, f32]\n    y0 = rune.mul(x0, x0) # ([1, f32], [1, f32]) -> [1, f32]\n    return y0\n";
    assert_eq!(lowered.program().to_string().trim_end(), expected.trim_end());
    assert!(lowered.code().contains("\"stablehlo.multiply\"(%x0, %x0)"), "{}", lowered.code());
    let compiled = lowered.compile().unwrap();
    assert_eq!(compiled.call(&Tensor::from([3.0f32])).unwrap().item::<f32>().unwrap(), 9.0);
}

#[test]
fn unused_arguments_and_plain_results() -> Result<(), EvalError> {
    let c = Tensor::from([7.0f32]);
    let f = jit(|x: &Tensor, _: &Tensor| (x.clone(), c.clone(), Tensor::zeros([2], DType::I32)));
    let (x, c, z) = f(&Tensor::from([1.0f32]), &Tensor::from([2.0f32]));
    assert_eq!((x.item::<f32>()?, c.item::<f32>()?, z.to_vec::<i32>()?), (1.0, 7.0, vec![0, 0]));
    Ok(())
}

#[test]
fn composes_with_vmap_in_every_order() {
    // The gradient of each example of a small network with a lookup, batched and one by one.
    let weights = Tensor::from([[0.5f32, -1.0], [2.0, 0.25], [0.1, 0.7]]);
    let table = Tensor::from([[1.0f32, 2.0, 3.0], [-1.0, 0.5, 0.0], [0.0, 0.0, 2.0], [4.0, -2.0, 1.0]]);
    let loss = |w: &Tensor, i: &Tensor, y: &Tensor| {
        let x = table.take(i, 0);
        ((x.matmul(w).tanh() - y).powi(2)).sum()
    };
    let (i, y) = (Tensor::from([3i32, 0, 2]), Tensor::from([[0.1f32, 0.2], [0.3, -0.4], [0.0, 1.0]]));
    let each: Vec<Tensor> = (0..3i64).map(|k| grad(loss)(&weights, &i.i(k), &y.i(k))).collect();
    let expected = Tensor::stack(&each, 0);
    let lanes: (Option<i64>, i64, i64) = (None, 0, 0);
    close(&vmap_axes(lanes, 0, grad(loss))(&weights, &i, &y), &expected);
    close(&jit(vmap_axes(lanes, 0, grad(loss)))(&weights, &i, &y), &expected);
    close(&vmap_axes(lanes, 0, jit(grad(loss)))(&weights, &i, &y), &expected);
    close(&jit(vmap_axes(lanes, 0, grad(jit(loss))))(&weights, &i, &y), &expected);
}

#[test]
fn composes_with_forward_and_reverse_mode() {
    // f = sin(2x): f' = 2 cos 2x, f'' = -4 sin 2x, as directional derivatives and pulled back.
    let f = |x: &Tensor| (x * 2.0).sin();
    let x = Tensor::from([3.0f32, 0.5]);
    let v = Tensor::from([1.0f32, -2.0]);
    let value = (&x * 2.0).sin();
    let first = (&x * 2.0).cos() * 2.0 * &v;
    let second = (&x * 2.0).sin() * -4.0 * &v * &v;
    let forward = |x: &Tensor, v: &Tensor| jvp(f, x, v);
    let back = |x: &Tensor, v: &Tensor| vjp(f, x).1(v);
    let (y, dy) = jit(forward)(&x, &v);
    close(&y, &value);
    close(&dy, &first);
    close(&jvp(jit(f), &x, &v).1, &first);
    close(&jit(back)(&x, &v), &first);
    close(&vjp(jit(f), &x).1(&v), &first);
    close(&jit(|x: &Tensor, v: &Tensor| jvp(|x: &Tensor| jvp(jit(f), x, v).1, x, v).1)(&x, &v), &second);
}

#[derive(Tree, Clone)]
enum Activation {
    Identity,
    Scaled { by: Tensor },
    Shifted(Tensor, #[tree(static)] u32),
}

#[test]
fn enums_are_trees_and_each_variant_is_a_structure() {
    let f = jit(|a: &Activation, x: &Tensor| match a {
        Activation::Identity => x.clone(),
        Activation::Scaled { by } => x * by,
        Activation::Shifted(by, times) => (0..*times).fold(x.clone(), |x, _| x + by),
    });
    let x = Tensor::from([1.0f32, 2.0]);
    let by = || Tensor::scalar(3.0f32);
    let cases = [
        (Activation::Identity, [1.0, 2.0]),
        (Activation::Scaled { by: by() }, [3.0, 6.0]),
        (Activation::Shifted(by(), 1), [4.0, 5.0]),
        (Activation::Shifted(by(), 2), [7.0, 8.0]),
    ];
    for (a, expected) in cases {
        assert_eq!(f(&a, &x).to_vec::<f32>().unwrap(), expected);
    }
    assert_eq!(f.compiled_programs(), 4);
}

#[test]
fn order_is_left_to_the_host_and_is_the_same() {
    let order = |x: &Tensor| (x.sort(-1), x.argsort(0), x.top_k(3));
    for dtype in DType::ALL.into_iter().filter(|d| *d != DType::Bool && !d.is_complex()) {
        let x = Tensor::from([[3.0f32, 1.0, 2.0, 3.0], [0.0, 5.0, 5.0, 4.0]]).cast(dtype);
        let lowered = jit(order).lower(&x).unwrap();
        // A GPU sorts without host calls.
        assert_eq!(lowered.code().contains("@host."), is_on_cpu(), "{}", lowered.code());
        let (expected, found) = (order(&x), jit(order)(&x));
        assert_eq!(found.0.to_array().unwrap(), expected.0.to_array().unwrap(), "{dtype}");
        assert_eq!(found.1.to_array().unwrap(), expected.1.to_array().unwrap(), "{dtype}");
        assert_eq!(found.2.0.to_array().unwrap(), expected.2.0.to_array().unwrap(), "{dtype}");
        assert_eq!(found.2.1.to_array().unwrap(), expected.2.1.to_array().unwrap(), "{dtype}");
    }
}

#[test]
fn linear_algebra_is_compiled_with_its_derivatives() {
    let a = Tensor::from([[4.0f64, 1.0, 0.5], [1.0, 5.0, 2.0], [0.5, 2.0, 3.0]]);
    let b = Tensor::from([1.0f64, -2.0, 0.5]);
    let all = |a: &Tensor, b: &Tensor| {
        let (w, v) = linalg::eigh(a);
        let (_, log_det) = linalg::slogdet(a);
        let likelihood = (b * linalg::cho_solve(&linalg::cholesky(a), b)).sum() + log_det;
        let spread = linalg::svdvals(&linalg::qr(a).1).sum() + (v * w.exp().unsqueeze(-2)).square().sum();
        likelihood + spread + linalg::solve(a, b).square().sum() + linalg::pinv(a, None).sum()
    };
    let lowered = jit(all).lower((&a, &b)).unwrap();
    for op in ["cholesky", "triangular_solve", "lu", "lu_solve", "qr", "eigh", "svd"] {
        assert!(lowered.program().instructions().iter().any(|i| i.op.name() == op), "{op}\n{}", lowered.program());
    }
    assert!(lowered.code().contains("@host."), "{}", lowered.code());
    let gradient = grad_argnums((Argnum::<0>, Argnum::<1>), all);
    let (expected, found) = (gradient(&a, &b), jit(&gradient)(&a, &b));
    let far = |x: &Tensor, y: &Tensor| ((x - y).abs().max() / y.abs().max()).item::<f64>().unwrap();
    assert!(far(&found.0, &expected.0) < 1e-11 && far(&found.1, &expected.1) < 1e-11, "{found:?} {expected:?}");
    // Batch elements form a batch of matrices.
    let lanes = Tensor::stack(&[&a, &(&a * 2.0)], 0);
    let wide = jit(vmap_axes((Some(0), None), 0, all))(&lanes, &b);
    for (i, a) in [a.clone(), &a * 2.0].iter().enumerate() {
        assert!(far(&wide.i(i), &all(a, &b)) < 1e-11);
    }
}

/// Successive paddings with and without strides. IREE folds them into one, and once dropped the strides.
#[test]
fn paddings_on_paddings() {
    use rune::ir::op::Padding;
    use rune::lax;
    let zero = || Tensor::scalar(0.0f32);
    let pad = |x: &Tensor, low: i64, high: i64, interior: usize| {
        lax::pad(x, &zero(), vec![Padding { low, high, interior }, Padding::default()])
    };
    let all = |x: &Tensor| {
        let dilated = pad(x, 0, 0, 1);
        vec![
            pad(&dilated, 1, 1, 0),
            pad(&dilated, 2, 0, 0),
            pad(&(&dilated * 2.0), 1, 1, 0),
            pad(&pad(x, 1, 1, 0), 0, 0, 2),
            pad(&dilated, 0, 0, 1),
            pad(&pad(x, -1, 2, 2), 1, -1, 1),
            lax::slice(&dilated, &[1, 0], &[5, 2], &[1, 1]),
            lax::concatenate(&[dilated.clone(), x.clone()], 0),
            lax::pad(
                &dilated,
                &Tensor::scalar(7.0f32),
                vec![Padding { low: 1, high: 1, interior: 0 }, Padding::default()],
            ),
            lax::pad(
                x,
                &zero(),
                vec![Padding { low: 1, high: 2, interior: 1 }, Padding { low: 0, high: 1, interior: 3 }],
            ),
            &dilated + pad(&pad(&x.i(..2), 0, 0, 1), 1, 1, 0),
        ]
    };
    let x = Tensor::from([[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    let program = make_program(all, &x).unwrap();
    let expected = rune::ir::interpret::interpret(&program, &[x.to_array().unwrap()]).unwrap();
    for (found, expected) in jit(all)(&x).iter().zip(&expected) {
        assert_eq!(found.to_array().unwrap(), *expected);
    }
}

/// Returns the warnings that `f` emits.
pub(super) fn warnings(f: impl FnOnce()) -> Vec<String> {
    use std::sync::{Arc, Mutex};
    use tracing::field::{Field, Visit};
    #[derive(Clone, Default)]
    struct Warnings(Arc<Mutex<Vec<String>>>);
    impl Visit for Warnings {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            if field.name() == "message" {
                self.0.lock().unwrap().push(format!("{value:?}"));
            }
        }
    }
    impl tracing::Subscriber for Warnings {
        fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
            *metadata.level() == tracing::Level::WARN
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            event.record(&mut self.clone());
        }
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }
    let warnings = Warnings::default();
    tracing::subscriber::with_default(warnings.clone(), f);
    let messages = warnings.0.lock().unwrap();
    messages.clone()
}

#[derive(Tree, Clone)]
struct Settings {
    x: Tensor,
    step: usize,
    rate: f64,
    name: String,
    #[tree(static)]
    seed: u64,
    learns: bool,
    activation: Activation,
}

#[test]
fn a_static_field_that_changes_is_named_at_the_second_compilation() {
    let settings = || Settings {
        x: Tensor::from([1.0f32, 2.0]),
        step: 0,
        rate: 0.5,
        name: "a".to_owned(),
        seed: 1,
        learns: false,
        activation: Activation::Identity,
    };
    type Change = fn(&mut Settings, usize);
    let changes: [(&str, Change); 4] = [
        ("arguments[0].step: 1 was 0", |s, n| s.step = n),
        ("arguments[0].rate: 2.0 was 1.0", |s, n| s.rate = (n + 1) as f64),
        ("arguments[0].name: \"n1\" was \"n0\"", |s, n| s.name = format!("n{n}")),
        ("arguments[0].seed: 1 was 0", |s, n| s.seed = n as u64),
    ];
    let f = |s: &Settings| &s.x * (s.step as f64 + s.rate);
    for (named, change) in changes {
        let f = jit(f);
        let call = |n: usize| {
            let mut settings = settings();
            change(&mut settings, n);
            f(&settings);
        };
        assert_eq!(warnings(|| call(0)), [""; 0], "{named}");
        assert_eq!(warnings(|| call(0)), [""; 0], "{named}");
        let messages = warnings(|| call(1));
        assert_eq!(messages.len(), 1, "{named}: {messages:?}");
        assert!(messages[0].contains("is compiled again for what is no tensor in its arguments: "), "{messages:?}");
        assert!(messages[0].contains(&format!(" {named};")), "{messages:?}");
        if !named.contains("step") {
            continue;
        }
        // A single warning is enough, until the function was compiled many times.
        assert_eq!(warnings(|| (2..4).for_each(call)), [""; 0], "{named}");
        let many = warnings(|| (4..11).for_each(call));
        let path = named.split(':').next().unwrap();
        assert_eq!(many.len(), 1, "{many:?}");
        assert!(
            many[0].contains("was compiled 11 times") && many[0].contains(&format!("what changes is {path}, last "))
        );
    }
    // A changed flag, variant or type does not suggest more changes.
    let f = jit(f);
    let quiet = warnings(|| {
        f(&settings());
        f(&Settings { learns: true, ..settings() });
        f(&Settings { activation: Activation::Shifted(Tensor::scalar(1.0f32), 1), ..settings() });
        f(&Settings { x: Tensor::from([1.0f32, 2.0, 3.0]), step: 7, ..settings() });
    });
    assert_eq!(quiet, [""; 0]);
    assert_eq!(f.compiled_programs(), 4);
}

#[test]
fn a_compiled_function_names_the_static_field_that_it_was_not_compiled_for() {
    let f = jit(|layer: &Linear, x: &Tensor| layer.apply(x));
    let x = Tensor::from([[1.0f32, 2.0]]);
    let compiled = f.compile((&layer(true, true), &x)).unwrap();
    let error = compiled.call((&layer(true, false), &x)).map(|_: Tensor| ()).unwrap_err().to_string();
    assert!(error.contains("compiled for other arguments: arguments[0].activate: false was true;"), "{error}");
}
