use super::*;
use crate::{debug_to, grad, jvp, lax, make_program, name_scope, vmap};
use std::sync::Arc;

fn shown(options: &DebugOptions, run: impl FnOnce(&DebugOptions, &mut Vec<u8>)) -> String {
    let mut shown = Vec::new();
    run(options, &mut shown);
    String::from_utf8(shown).unwrap()
}

fn values() -> DebugOptions {
    DebugOptions::new().columns([Column::Values])
}

fn model(x: &Tensor) -> Tensor {
    let hidden = name_scope("layer1", || {
        let y = x * 2.0;
        name_scope("act", || y.tanh())
    });
    name_scope("layer2", || (&hidden * &hidden).sum())
}

#[test]
fn a_run_is_a_tree_of_scopes() {
    let x = Tensor::from([0.0f32, 1.0]);
    let text = shown(&values(), |options, to| {
        let y = options.debug_to(model, to)(&x).item::<f32>().unwrap();
        assert_eq!(y, model(&x).item::<f32>().unwrap());
    });
    assert_eq!(
        text,
        "\
model(x0)
│   x0                            mean 0.5 std 0.5 in 0 … 1
│ layer1
│ │   z0 = constant()             = 2
│ │   z1 = broadcast_in_dim(z0)   all 2
│ │   z2 = mul(x0, z1)            mean 1 std 1 in 0 … 2
│ │ act
│ │ │   z3 = tanh(z2)             mean 0.482 std 0.482 in 0 … 0.964
│ layer2
│ │   z4 = mul(z3, z3)            mean 0.4647 std 0.4647 in 0 … 0.9293
│ │   y0 = reduce_sum(z4)         = 0.9293
└ return y0
"
    );
}

#[test]
fn columns_are_chosen() {
    let x = Tensor::from([0.0f32, 1.0]);
    let text = shown(&DebugOptions::new(), |options, to| drop(options.debug_to(|x: &Tensor| x.exp(), to)(&x)));
    let line = line!() - 1;
    let operation = text.lines().nth(2).unwrap();
    let milliseconds = operation.split("  ").find_map(|part| part.trim().strip_suffix(" ms")).unwrap();
    assert!(milliseconds.parse::<f64>().is_ok_and(|ms| (0.0..1e4).contains(&ms)), "{operation}");
    assert!(
        operation.starts_with("│   y0 = exp(x0)                  [2, f32] -> [2, f32]                 mean 1.859"),
        "{operation}"
    );
    assert!(operation.contains(&format!("{}:{line}:", file!())), "{operation}");
    let times =
        shown(&DebugOptions::new().columns([]), |options, to| drop(options.debug_to(|x: &Tensor| x.exp(), to)(&x)));
    assert_eq!(times, "f(x0)\n│   x0\n│   y0 = exp(x0)\n└ return y0\n".replace('f', "columns_are_chosen"));
}

#[test]
fn backward_passes_and_tangents_are_marked() {
    let x = Tensor::from([0.5f32, 1.0]);
    let marks = |text: &str| -> String {
        let marked = |line: &str| line.trim_start_matches("│ ").trim_start().chars().next();
        text.lines().filter(|l| l.contains(" = ")).filter_map(marked).filter(|c| "◀∂".contains(*c)).collect()
    };
    let none = DebugOptions::new().columns([]);
    let forward = shown(&none, |options, to| drop(options.debug_to(model, to)(&x)));
    assert_eq!(marks(&forward), "");
    let gradient = shown(&none, |options, to| drop(options.debug_to(grad(model), to)(&x)));
    assert_eq!(
        gradient,
        "\
f(x0)
│   x0
│ ◀ z0 = constant()
│ layer1
│ │   z1 = constant()
│ │   z2 = broadcast_in_dim(z1)
│ │   z3 = mul(x0, z2)
│ │ act
│ │ │   z4 = tanh(z3)
│ │   z5 = constant()
│ │   z6 = broadcast_in_dim(z5)
│ │ act
│ │ │ ∂ z7 = constant()
│ │ │ ∂ z8 = broadcast_in_dim(z7)
│ │ │ ∂ z9 = add(z8, z4)
│ │ │ ∂ z10 = constant()
│ │ │ ∂ z11 = broadcast_in_dim(z10)
│ │ │ ∂ z12 = sub(z11, z4)
│ │ │ ∂ z13 = mul(z9, z12)
│ layer2
│ │ ◀ z14 = broadcast_in_dim(z0)
│ │ ◀ z15 = mul(z14, z4)
│ │ ◀ z16 = mul(z14, z4)
│ │ ◀ z17 = add(z15, z16)
│ layer1
│ │ act
│ │ │ ◀ z18 = mul(z17, z13)
│ │ ◀ y0 = mul(z18, z6)
└ return y0
"
    );
    let tangent = shown(&none, |options, to| {
        let direction = |x: &Tensor| jvp(model, x, &Tensor::from([1.0f32, 0.0])).1;
        drop(options.debug_to(direction, to)(&x));
    });
    assert_eq!(
        tangent,
        "\
backward_passes_and_tangents_are_marked(x0, x1)
│   x0
│   x1
│ layer1
│ │   z0 = constant()
│ │   z1 = broadcast_in_dim(z0)
│ │   z2 = mul(x0, z1)
│ │ ∂ z3 = mul(x1, z1)
│ │ act
│ │ │   z4 = tanh(z2)
│ │ │ ∂ z5 = constant()
│ │ │ ∂ z6 = broadcast_in_dim(z5)
│ │ │ ∂ z7 = add(z6, z4)
│ │ │ ∂ z8 = constant()
│ │ │ ∂ z9 = broadcast_in_dim(z8)
│ │ │ ∂ z10 = sub(z9, z4)
│ │ │ ∂ z11 = mul(z7, z10)
│ │ │ ∂ z12 = mul(z3, z11)
│ layer2
│ │ ∂ z13 = mul(z12, z4)
│ │ ∂ z14 = mul(z12, z4)
│ │ ∂ z15 = add(z13, z14)
│ │ ∂ y0 = reduce_sum(z15)
└ return y0
"
    );
}

#[test]
fn deep_scopes_are_folded_and_others_left_out() {
    let x = Tensor::from([0.0f32, 1.0]);
    let text = shown(&values().max_depth(1), |options, to| drop(options.debug_to(model, to)(&x)));
    assert_eq!(
        text,
        "\
model(x0)
│   x0                            mean 0.5 std 0.5 in 0 … 1
│ layer1
│ │   z0 = constant()             = 2
│ │   z1 = broadcast_in_dim(z0)   all 2
│ │   z2 = mul(x0, z1)            mean 1 std 1 in 0 … 2
│ │ act
│ │ │ … 1 operation
│ layer2
│ │   z4 = mul(z3, z3)            mean 0.4647 std 0.4647 in 0 … 0.9293
│ │   y0 = reduce_sum(z4)         = 0.9293
└ return y0
"
    );
    let text = shown(&values().max_depth(0), |options, to| drop(options.debug_to(model, to)(&x)));
    assert_eq!(
        text,
        "\
model(x0)
│   x0                            mean 0.5 std 0.5 in 0 … 1
│ layer1
│ │ … 4 operations
│ layer2
│ │ … 2 operations
└ return y0
"
    );
    let text = shown(&values().scope("layer1/act"), |options, to| drop(options.debug_to(model, to)(&x)));
    assert_eq!(
        text,
        "\
model(x0)
│   x0                            mean 0.5 std 0.5 in 0 … 1
│ layer1
│ │ act
│ │ │   z3 = tanh(z2)             mean 0.482 std 0.482 in 0 … 0.964
└ return y0
"
    );
    let none = shown(&values().scope("layer"), |options, to| drop(options.debug_to(model, to)(&x)));
    assert_eq!(none.lines().count(), 3, "{none}");
}

#[test]
fn sub_programs_are_shown_inside() {
    let x = Tensor::from([0.0f32, 1.0]);
    let inner = Arc::new(make_program(|x: &Tensor| name_scope("twice", || x + x), &x).unwrap().with_name("g"));
    let f = |x: &Tensor| name_scope("outer", || lax::call(&inner, &lax::call(&inner, &[x.sin()])).remove(0));
    let text = shown(&values(), |options, to| drop(options.debug_to(f, to)(&x)));
    assert_eq!(
        text,
        "\
sub_programs_are_shown_inside(x0)
│   x0                            mean 0.5 std 0.5 in 0 … 1
│ outer
│ │   z0 = sin(x0)                mean 0.4207 std 0.4207 in 0 … 0.8415
│ │ g(x0)
│ │ │ twice
│ │ │ │   y0 = add(x0, x0)        mean 0.8415 std 0.8415 in 0 … 1.683
│ │ └ return y0
│ │   z1 = call(z0)               mean 0.8415 std 0.8415 in 0 … 1.683
│ │ g(x0)
│ │ │ twice
│ │ │ │   y0 = add(x0, x0)        mean 1.683 std 1.683 in 0 … 3.366
│ │ └ return y0
│ │   y0 = call(z1)               mean 1.683 std 1.683 in 0 … 3.366
└ return y0
"
    );
    let folded = shown(&values().max_depth(1), |options, to| drop(options.debug_to(f, to)(&x)));
    assert_eq!(
        folded,
        "\
sub_programs_are_shown_inside(x0)
│   x0                            mean 0.5 std 0.5 in 0 … 1
│ outer
│ │   z0 = sin(x0)                mean 0.4207 std 0.4207 in 0 … 0.8415
│ │ g(x0)
│ │ │ … 1 operation
│ │   z1 = call(z0)               mean 0.8415 std 0.8415 in 0 … 1.683
│ │ g(x0)
│ │ │ … 1 operation
│ │   y0 = call(z1)               mean 1.683 std 1.683 in 0 … 3.366
└ return y0
"
    );
    let gradient = shown(&DebugOptions::new().columns([]), |options, to| {
        drop(options.debug_to(grad(|x: &Tensor| f(x).sum()), to)(&x));
    });
    assert_eq!(
        gradient,
        "\
f(x0)
│   x0
│ ◀ z0 = constant()
│ outer
│ │ ∂ z1 = cos(x0)
│ ◀ z2 = broadcast_in_dim(z0)
│ outer
│ │ g_jvp_transpose(x0)
│ │ │ twice
│ │ │ │ ◀ y0 = add(x0, x0)
│ │ └ return y0
│ │ ◀ z3 = call(z2)
│ │ g_jvp_transpose(x0)
│ │ │ twice
│ │ │ │ ◀ y0 = add(x0, x0)
│ │ └ return y0
│ │ ◀ z4 = call(z3)
│ │ ◀ y0 = mul(z4, z1)
└ return y0
"
    );
}

#[test]
fn it_can_be_transformed() {
    let x = Tensor::from([3.0f32, 4.0]);
    let square = |x: &Tensor| (x * x).sum();
    // Reverse mode knows the arguments, and does not change the output.
    let mut text = Vec::new();
    let y = grad(debug_to(square, &mut text))(&x);
    assert_eq!(y.to_vec::<f32>().unwrap(), [6.0, 8.0]);
    assert!(String::from_utf8(text).unwrap().contains("mean 12.5"));
    // Batch elements are unknown while the function is traced.
    let text = shown(&values(), |options, to| {
        let y = vmap(options.debug_to(|x: &Tensor| x * x, to))(&x);
        assert_eq!(y.to_vec::<f32>().unwrap(), [9.0, 16.0]);
    });
    assert_eq!(
        text,
        "\
it_can_be_transformed(x0)
│   x0                            not known here
│   y0 = mul(x0, x0)
└ return y0
"
    );
    // Host control flow reads the arguments.
    let text = shown(&values(), |options, to| {
        let branch = |x: &Tensor| if x.item::<f32>().unwrap() > 0.0 { x.exp() } else { x.neg() };
        drop(options.debug_to(branch, to)(&Tensor::scalar(-1.0f32)));
    });
    assert!(text.contains("y0 = neg(x0)"), "{text}");
}

#[test]
fn iterations_are_folded() {
    let x = Tensor::scalar(1.0f32);
    let f = |x: &Tensor| crate::while_loop(|x: &Tensor| x.lt(10.0), |x: &Tensor| name_scope("step", || x + x), x);
    let text = shown(&values(), |options, to| drop(options.debug_to(f, to)(&x)));
    assert_eq!(
        text,
        "\
iterations_are_folded(x0)
│   x0                            = 1
│ cond(x0)
│ │   z0 = constant()             = 10
│ │   y0 = lt(x0, z0)             = true
│ └ return y0
│ body(x0)
│ │ step
│ │ │   y0 = add(x0, x0)          = 2
│ └ return y0
│ cond(x0), time 2
│ │   z0 = constant()             = 10
│ │   y0 = lt(x0, z0)             = true
│ └ return y0
│ body(x0), time 2
│ │ step
│ │ │   y0 = add(x0, x0)          = 4
│ └ return y0
│ … cond 3 more times
│ … body 2 more times
│   y0 = while(x0)                = 16
└ return y0
"
    );
    let text = shown(&DebugOptions::new().columns([]).iterations(1), |options, to| drop(options.debug_to(f, to)(&x)));
    assert_eq!(text.lines().filter(|l| l.contains("add(")).count(), 1, "{text}");
}

#[test]
fn the_first_operation_that_makes_a_nan_is_named() {
    use crate::{debug_infs, debug_nans};
    use rune_ir::{NanError, NanOrigin};
    fn by(error: &NanError) -> (&'static str, Option<u32>, Option<&str>) {
        match &*error.made {
            NanOrigin::Operation { op, origin, .. } => {
                (op, origin.loc.as_ref().map(|loc| loc.line), origin.scope.as_deref())
            }
            NanOrigin::Input { .. } | NanOrigin::Unknown => panic!("{error}"),
        }
    }
    let x = Tensor::from([1.0f32, -4.0]);
    // A discarded NaN is not an error, and is not confused with another one.
    let line = line!() + 3;
    let f = |x: &Tensor| {
        let kept = crate::where_(x.gt(0.0), x.sqrt(), 0.0);
        let lost = name_scope("ratio", || (x - x) / (&kept - &kept));
        kept + lost
    };
    let error = debug_nans(f)(&x).unwrap_err();
    assert_eq!(by(&error), ("div", Some(line), Some("ratio")));
    let text = error.to_string();
    assert!(
        text.starts_with("a result of `the_first_operation_that_makes_a_nan_is_named` holds NaN: `div` at "),
        "{text}"
    );
    let end = " in \"ratio\" made [2, f32] (nothing finite, 2 nan) of [2, f32] (all 0), [2, f32] (all 0)";
    assert!(text.ends_with(end), "{text}");
    let fine = debug_nans(|x: &Tensor| crate::where_(x.gt(0.0), x.sqrt(), 0.0))(&x).unwrap();
    assert_eq!(fine.to_vec::<f32>().unwrap(), [1.0, 0.0]);

    // A NaN in the backward pass, although the value is finite.
    let root = |x: &Tensor| crate::where_(x.gt(0.0), x.sqrt(), 0.0).sum();
    let error = debug_nans(grad(root))(&Tensor::from([1.0f32, 0.0])).unwrap_err();
    assert!(error.to_string().contains(" in the backward pass made [2, f32]"), "{error}");

    // Within a loop, the message shows the iteration that made the NaN, with its operands.
    let shrink = |x: &Tensor| crate::fori_loop(0, 5, |_, x: &Tensor| (x - 1.0).sqrt(), x);
    let error = debug_nans(shrink)(&Tensor::scalar(5.0f32)).unwrap_err();
    assert_eq!(by(&error).0, "sqrt");
    assert!(error.to_string().ends_with("made [f32] (nothing finite, 1 nan) of [f32] (= -1)"), "{error}");

    // A NaN that was in an input.
    let error = debug_nans(|x: &Tensor, y: &Tensor| x + y)(&x, &Tensor::scalar(f32::NAN)).unwrap_err();
    assert!(matches!(*error.made, NanOrigin::Input { input: 1, .. }), "{error}");
    // The values of batch elements are unknown, so there is no error here.
    assert!(vmap(|x: &Tensor| debug_nans(|x: &Tensor| x.sqrt())(x).unwrap())(&x).to_vec::<f32>().unwrap()[1].is_nan());

    // Infinities that the function contains are intended.
    let mask = |x: &Tensor| crate::where_(x.gt(0.0), x, f32::NEG_INFINITY);
    assert_eq!(debug_infs(mask)(&x).unwrap().to_vec::<f32>().unwrap(), [1.0, f32::NEG_INFINITY]);
    assert_eq!(by(&debug_infs(|x: &Tensor| mask(x) - mask(x))(&x).unwrap_err()).0, "sub");
    assert_eq!(by(&debug_infs(|x: &Tensor| (x * 100.0).exp())(&x).unwrap_err()).0, "exp");
}
