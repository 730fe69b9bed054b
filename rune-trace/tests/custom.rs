//! Functions with custom derivatives: against JAX, and messages about misuse.

use rune_testing::custom;
use rune_trace::ProgramExt;

use rune_trace::{
    Argnum, DType, DerivativeError, Program, Tensor, cond, custom_jvp, custom_tangent, custom_vjp, grad, grad_argnums,
    jvp, linear_transpose, linearize, make_program, scan, vmap_axes,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn scalar(x: f64) -> Tensor {
    Tensor::scalar(x)
}
fn item(x: &Tensor) -> f64 {
    x.item().unwrap()
}

/// Checks that `f` panics with a message that contains these parts.
#[track_caller]
fn panics_with<T>(f: impl FnOnce() -> T, parts: &[&str]) {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { panic!("it does not panic with: {parts:?}") };
    let literal = payload.downcast_ref::<&str>().map(ToString::to_string);
    let message = literal.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap();
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn derivatives_are_those_that_the_rules_give_in_jax() {
    let run = |f: &custom::F<'_>, all: &[&str]| all.iter().map(|what| custom::transformed(what, f)).collect();
    let count = custom::check(include_str!("data/custom.jsonl"), run);
    assert!(count >= 120, "{count}");
}

#[test]
fn rules_are_for_what_rules_do_not_know() {
    let zero = Tensor::from([0.0f64, 0.0]);
    assert!(grad(|x: &Tensor| (x * x).sum().sqrt())(&zero).to_vec::<f64>().unwrap()[0].is_nan());
    assert_eq!(grad(custom::safe_norm)(&zero).to_vec::<f64>().unwrap(), [0.0, 0.0]);
    assert_eq!(item(&grad(|x: &Tensor| x.round())(&scalar(1.3))), 0.0);
    assert_eq!(item(&grad(custom::straight_through)(&scalar(1.3))), 1.0);
}

#[test]
fn outside_of_traced_functions_only_the_function_runs() {
    let f = custom_jvp(|x: &Tensor| x * 2.0, |_, _| panic!("the rule ran"));
    assert_eq!(item(&f(&scalar(1.0))), 2.0);
    panics_with(|| grad(&f)(&scalar(1.0)), &["the rule ran"]);
}

/// If the arguments are known, the function and its rule may read them.
#[test]
fn control_flow_of_rust_runs_inside() {
    let positive = |x: &Tensor| x.item::<f64>().unwrap() > 0.0;
    let f = custom_tangent(
        |x: &Tensor| if positive(x) { x * 2.0 } else { x * 3.0 },
        |(x,), y, (dx,)| if positive(x) && positive(y) { dx * 20.0 } else { dx * 30.0 },
    );
    assert_eq!(item(&grad(&f)(&scalar(1.0))), 20.0);
    assert_eq!(item(&grad(&f)(&scalar(-1.0))), 30.0);
    let square = |x: &Tensor| f(&(x * x));
    assert_eq!(item(&grad(square)(&scalar(-1.0))), -40.0);
    panics_with(|| vmap_axes(0, 0, &f)(&Tensor::from([1.0f64])), &["`vmap` is tracing"]);
    let looks = custom_jvp(|x: &Tensor| x.clone(), |_, (dx,)| (dx.clone(), scalar(dx.item::<f64>().unwrap())));
    panics_with(|| grad(&looks)(&scalar(1.0)), &["`custom_jvp` is tracing"]);
}

#[test]
fn what_does_not_depend_on_the_lane_stays_single() {
    let f = custom_jvp(
        |x: &Tensor, y: &Tensor| (x * y, y * y),
        |(x, y), (dx, dy)| ((x * y, y * y), (x * dy + y * dx, y * dy * 2.0)),
    );
    let (x, y) = (Tensor::from([1.0f64, 2.0]), scalar(3.0));
    let second = vmap_axes((Some(0), None), None, |x: &Tensor, y: &Tensor| f(x, y).1);
    assert_eq!(second(&x, &y).to_vec::<f64>().unwrap(), [9.0]);
    // The tangent of the second result depends on the lane, so the result does too.
    let g = custom_jvp(
        |x: &Tensor, y: &Tensor| (x * y, y * y),
        |(x, y), (dx, dy)| ((x * y, y * y), (x * dy + y * dx, y * dy * 2.0 + dx)),
    );
    let sum = |x: &Tensor, y: &Tensor| vmap_axes((Some(0), None), 0, &g)(x, y).1.sum();
    assert_eq!(grad(sum)(&x, &y).to_vec::<f64>().unwrap(), [1.0, 1.0]);
}

#[test]
fn misuse_is_told_with_the_line_of_the_function() {
    let (x, w) = (scalar(1.0), scalar(2.0));
    let captures = |w: &Tensor| {
        let f = custom_jvp(|x: &Tensor| x * w, |(x,), (dx,)| (x * w, dx * w));
        f(&x)
    };
    let captured = &[
        "custom_jvp at ",
        "custom.rs:",
        "the function or its rule captured a differentiated tensor of type [f64]",
        ".stop_gradient()",
    ];
    panics_with(|| grad(captures)(&w), captured);
    panics_with(|| jvp(captures, &w, &w), captured);
    assert_eq!(item(&grad(|w: &Tensor| captures(&w.stop_gradient()) + w)(&w)), 1.0);
    assert_eq!(item(&captures(&w)), 2.0);

    let square = custom_jvp(|x: &Tensor| x * x, |(x,), (dx,)| (x * x, dx * dx));
    panics_with(|| grad(&square)(&x), &["`mul` at ", "custom.rs:", "_jvp`", "is not linear in an operand"]);
    assert_eq!(item(&jvp(&square, &x, &w).1), 4.0);
    let moved = custom_jvp(|x: &Tensor| x * x, |(x,), (dx,)| (x * dx, dx.clone()));
    panics_with(|| grad(&moved)(&x), &["custom_jvp at ", "custom.rs:", "result 0 depends on a tangent"]);
    let shapes = custom_jvp(|x: &Tensor| x * x, |(x,), (dx,)| (x.reshape([1]), dx.clone()));
    panics_with(
        || grad(&shapes)(&x),
        &["custom_jvp at ", "the result of `result` has type [1, f64], but `result` has type [f64]"],
    );
    let dtypes = custom_tangent(|x: &Tensor| x * x, |_, _, (dx,)| dx.cast(DType::F32));
    panics_with(
        || grad(&dtypes)(&x),
        &["custom_tangent at ", "the tangent of `result` has type [f32], but `result` has type [f64]"],
    );
    let trees = custom_tangent(|x: &Tensor| vec![x.clone()], |_, _, (dx,)| vec![dx.clone(), dx.clone()]);
    panics_with(|| jvp(&trees, &x, &x), &["the tangent that the rule returns has another structure than `result`"]);
    fn endless(x: &Tensor) -> Tensor {
        custom_jvp(|x: &Tensor| x.sin(), |(x,), (dx,)| (endless(x), endless(dx)))(x)
    }
    panics_with(|| grad(endless)(&x), &["custom_jvp at ", "without end", "`custom_tangent`"]);
}

#[test]
fn there_is_no_forward_mode_without_a_rule_for_it() {
    let f = custom_vjp(|x: &Tensor| x * x, |x: &Tensor| (x * x, x.clone()), |x, ct| 2.0 * x * ct);
    let x = scalar(3.0);
    panics_with(
        || jvp(&f, &x, &x),
        &["custom_vjp at ", "custom.rs:", "has no forward mode", "use `custom_jvp` for both"],
    );
    // The function can be linearized, because the linear function can be transposed.
    let (y, linear) = linearize(&f, &x);
    assert_eq!((item(&y), item(&linear.transpose(&scalar(10.0)))), (9.0, 60.0));
    let message = linear.call(&x).item::<f64>().unwrap_err().to_string();
    assert!(message.contains("`custom_vjp` at ") && message.contains("has no forward mode"), "{message}");
    let program = make_program(|x: &Tensor| f(&(x * 2.0)), &x).unwrap();
    assert!(matches!(program.jvp(&[0]), Err(DerivativeError::NoForwardMode { .. })));
    assert!(program.vjp(&[0]).is_ok());
    // Forward mode over reverse mode does not need the rule.
    assert_eq!(item(&jvp(grad(&f), &x, &scalar(1.0)).1), 2.0);
    let again = linear_transpose(|ct: &Tensor| linear.transpose(ct), &x, &x);
    assert_eq!(item(&again), 18.0);
}

#[test]
fn misuse_of_custom_vjp_is_told_with_its_line() {
    let (x, w) = (scalar(1.0), scalar(2.0));
    let captures = |w: &Tensor| {
        let f = custom_vjp(|x: &Tensor| x * 2.0, |x: &Tensor| (x * 2.0, ()), |_, ct| ct * w);
        f(w)
    };
    panics_with(|| grad(captures)(&w), &["custom_vjp at ", "custom.rs:", "the function or its rule captured"]);
    let program = |x: &Tensor, w: &Tensor| custom_tangent(|x: &Tensor| x * w, |_, _, (dx,)| dx * w)(x);
    let program = make_program(program, (&x, &w)).unwrap();
    assert!(matches!(program.jvp(&[0, 1]), Err(DerivativeError::Captured { .. })));
    assert!(matches!(program.vjp(&[1]), Err(DerivativeError::Captured { .. })));
    assert!(program.vjp(&[0]).is_ok());
    let scaled = |x: &Tensor| custom_vjp(|x: &Tensor| x * 2.0, |x: &Tensor| (x * 2.0, ()), |_, ct| ct * &w)(x);
    assert_eq!(item(&grad(scaled)(&x)), 2.0);
    let shapes = custom_vjp(|x: &Tensor| x * 2.0, |x: &Tensor| (x * 2.0, ()), |_, ct| ct.reshape([1]));
    let shape = "the cotangent of `arguments[0]` has type [1, f64], but `arguments[0]` has type [f64]";
    panics_with(|| grad(&shapes)(&x), &["custom_vjp at ", shape]);
    let trees = custom_vjp(|x: &Vec<Tensor>| &x[0] * 2.0, |x: &Vec<Tensor>| (&x[0] * 2.0, ()), |_, _| vec![]);
    let structure = "the cotangent that the rule returns has another structure than `arguments[0]`";
    panics_with(|| grad(&trees)(&vec![x.clone()]), &[structure]);
    let results = custom_vjp(|x: &Tensor| x * 2.0, |x: &Tensor| (x.cast(DType::F32), ()), |_, ct| ct.clone());
    panics_with(|| grad(&results)(&x), &["the result of `result` has type [f32], but `result` has type [f64]"]);
}

/// A result that does not depend on the lane has one cotangent, even if other results depend on the lane.
#[test]
fn cotangents_of_what_all_lanes_share_are_summed_once() {
    let f = |x: &Tensor, y: &Tensor| (x * y, y * y);
    let custom = custom_vjp(
        f,
        |x: &Tensor, y: &Tensor| (f(x, y), (x.clone(), y.clone())),
        |(x, y), (da, db)| (da * y, da * x + 2.0 * db * y),
    );
    let (x, y) = (Tensor::from([1.0f64, 2.0, 4.0]), scalar(3.0));
    let sum = |x: &Tensor, y: &Tensor| {
        let a = vmap_axes((Some(0), None), 0, |x: &Tensor, y: &Tensor| custom(x, y).0)(x, y);
        let b = vmap_axes((Some(0), None), None, |x: &Tensor, y: &Tensor| custom(x, y).1)(x, y);
        a.sum() + b
    };
    let (dx, dy) = grad_argnums((Argnum::<0>, Argnum::<1>), sum)(&x, &y);
    assert_eq!((dx.to_vec::<f64>().unwrap(), item(&dy)), (vec![3.0, 3.0, 3.0], 13.0));
    let both = |x: &Tensor, y: &Tensor| {
        let z = vmap_axes((Some(0), None), 0, |x: &Tensor, y: &Tensor| {
            let (a, b) = custom(x, y);
            a + b
        });
        z(x, y).sum()
    };
    assert_eq!(item(&grad_argnums(Argnum::<1>, both)(&x, &y)), 25.0);
}

/// Rules in loops and branches: the forward pass keeps the residuals, and the backward pass uses them.
#[test]
fn rules_hold_in_loops_and_branches() {
    let double = custom_vjp(|x: &Tensor| x * x, |x: &Tensor| (x * x, x.clone()), |x, ct| 20.0 * x * ct);
    let tangent = custom_tangent(|x: &Tensor| x * x, |(x,), _, (dx,)| 20.0 * x * dx);
    let xs = Tensor::from([1.0f64, 2.0]);
    for (square, second) in [(&double, 2400.0), (&tangent, 16_800.0)] {
        let looped = |x: &Tensor| scan(|c: &Tensor, s: &Tensor| (square(c) * s, c.clone()), x, &xs).0;
        // c₁ = x², c₂ = 2 x⁴. The derivative of each square is ten times the true one.
        assert_eq!(item(&looped(&scalar(1.0))), 2.0);
        assert_eq!(item(&grad(looped)(&scalar(1.0))), 800.0);
        // The forward pass of `custom_vjp` has the true derivative. `custom_tangent` uses the rule everywhere.
        assert_eq!(item(&grad(grad(looped))(&scalar(1.0))), second);
        let chosen = |x: &Tensor| cond(&x.gt(0.0), || square(x), || x.clone());
        assert_eq!(item(&grad(chosen)(&scalar(3.0))), 60.0);
        assert_eq!(item(&grad(chosen)(&scalar(-3.0))), 1.0);
        let lanes = vmap_axes(0, 0, grad(looped))(&Tensor::from([1.0f64, 2.0]));
        assert_eq!(lanes.to_vec::<f64>().unwrap(), [800.0, 6400.0]);
    }
    let forward = |x: &Tensor| scan(|c: &Tensor, s: &Tensor| (tangent(c) * s, c.clone()), x, &xs).0;
    assert_eq!(item(&jvp(forward, &scalar(1.0), &scalar(1.0)).1), 800.0);
    let forward = |x: &Tensor| scan(|c: &Tensor, s: &Tensor| (double(c) * s, c.clone()), x, &xs).0;
    panics_with(|| jvp(forward, &scalar(1.0), &scalar(1.0)), &["has no forward mode"]);
}

/// A linear function with a rule is transposed by its operations, not by the rule.
#[test]
fn linear_functions_are_transposed() {
    let f = custom_tangent(|x: &Tensor| x * 3.0, |_, _, (dx,)| dx * 4.0);
    assert_eq!(item(&linear_transpose(&f, &scalar(1.0), &scalar(10.0))), 30.0);
}

#[test]
fn programs_are_written_read_and_simplified_with_their_rules() {
    let w = Tensor::from([1.0f64, 2.0]);
    let f = custom_jvp(|x: &Tensor| (x + 1.0) * &w * 1.0, |(x,), (dx,)| ((x + 1.0) * &w, dx * &w * 1.0));
    let twice = make_program(|x: &Tensor| f(x) + f(x), &w).unwrap();
    let text = twice.to_string();
    assert!(text.contains("rune.custom_jvp(x0, c0, num_args=1, takes_results=false, program=@"), "{text}");
    let read: Program = text.parse::<Program>().unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(read.to_string(), text);
    let json: Program = serde_json::from_str(&serde_json::to_string(&twice).unwrap()).unwrap();
    assert_eq!(json, twice);
    json.verify().unwrap();
    // Both calls use one program, and no program multiplies by 1.
    let simple = twice.simplify();
    assert_eq!(simple.instructions().len(), 2, "{simple}");
    assert_eq!(simple.to_string().matches("rune.mul").count(), 3, "{simple}");
    let h = custom_vjp(|x: &Tensor| x * &w, |x: &Tensor| (x * &w, ()), |_, ct| ct * &w * 1.0);
    let program = make_program(|x: &Tensor| h(x), &w).unwrap();
    let text = program.to_string();
    assert!(text.contains("rune.custom_vjp(x0, c0, num_args=1, program=@"), "{text}");
    assert_eq!(text.parse::<Program>().unwrap_or_else(|e| panic!("{e}\n{text}")).to_string(), text);
    let json: Program = serde_json::from_str(&serde_json::to_string(&program).unwrap()).unwrap();
    assert_eq!(json, program);
    let gradient = simple.vjp(&[0]).unwrap().simplify();
    gradient.verify().unwrap();
    assert!(!gradient.to_string().contains("custom_jvp"), "{gradient}");
}
