use crate::ProgramExt;
use crate::{
    Tensor, custom_jvp, debug_print, debug_to, grad, hvp, jvp, lax, linearize, make_program, vjp, vmap, vmap_axes,
};
use rune_ir::interpret::capture_debug;
use rune_ir::{Array, DType, Op, Program};
use std::sync::Arc;

fn printed(f: impl FnOnce()) -> String {
    capture_debug(f).1
}

fn cube(x: &Tensor) -> Tensor {
    debug_print!("x = {x}");
    let y = x * x * x;
    debug_print!("y = {y:.1}");
    y
}

#[test]
fn formats_are_those_of_println() {
    let x = Tensor::from([1.25f32, -2.0]);
    let (name, half) = ("loss", 0.5);
    let text = printed(|| {
        debug_print!("no places");
        debug_print!("{{}} {x} {:.1} {x:.2}", &x + 1.0);
        debug_print!("{1} {0} {1}, {last}", x.sum(), x.dtype(), last = x.max());
        debug_print!("{name} of {:.2} in step {}", half, 7usize,);
    });
    let expected =
        "no places\n{} [ 1.25 -2.  ] [ 2.2 -1.0] [ 1.25 -2.00]\nf32 -0.75 f32, 1.25\nloss of 0.50 in step 7\n";
    assert_eq!(text, expected);
}

#[test]
fn derivatives_print_values_once() {
    let x = Tensor::scalar(2.0f32);
    let both = "x = 2.0\ny = 8.0\n";
    assert_eq!(printed(|| drop(cube(&x))), both);
    assert_eq!(printed(|| drop(grad(cube)(&x))), both);
    assert_eq!(printed(|| drop(grad(grad(cube))(&x))), both);
    assert_eq!(printed(|| drop(jvp(cube, &x, &x))), both);
    assert_eq!(printed(|| drop(hvp(cube, &x, &x))), both);
    assert_eq!(printed(|| drop(vjp(cube, &x).1(&x))), both);
    let text = printed(|| {
        let (_, linear) = linearize(cube, &x);
        linear.call(&x);
        linear.call(&x);
        linear.transpose(&x);
    });
    assert_eq!(text, both);
}

#[test]
fn batch_elements_print_one_after_the_other() {
    let x = Tensor::from([1.0f32, 2.0]);
    assert_eq!(printed(|| drop(vmap(cube)(&x))), "x = 1.0\nx = 2.0\ny = 1.0\ny = 8.0\n");
    assert_eq!(printed(|| drop(vmap(grad(cube))(&x))), "x = 1.0\nx = 2.0\ny = 1.0\ny = 8.0\n");
    let rows = Tensor::from([[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let pair = |x: &Tensor, y: &Tensor| {
        debug_print!("{x} {y}");
        debug_print!("{y}");
        x * y
    };
    // A value that is the same for all batch elements is printed once.
    let text = printed(|| drop(vmap_axes((Some(0), None), 0, pair)(&x, &Tensor::scalar(7.0f32))));
    assert_eq!(text, "1.0 7.0\n2.0 7.0\n7.0\n");
    let nested = printed(|| {
        drop(vmap(vmap(|x: &Tensor| {
            debug_print!("{x:.0}");
            x.clone()
        }))(&rows))
    });
    assert_eq!(nested, "1\n2\n3\n4\n5\n6\n");
    let columns = printed(|| {
        drop(vmap_axes(1, 0, |x: &Tensor| {
            debug_print!("{x:.0}");
            x.sum()
        })(&rows))
    });
    assert_eq!(columns, "[1. 4.]\n[2. 5.]\n[3. 6.]\n");
    assert_eq!(printed(|| drop(vmap(cube)(&Tensor::zeros(0, DType::F32)))), "");
}

#[test]
fn reading_a_value_on_the_way_prints_nothing_twice() {
    let x = Tensor::scalar(2.0f32);
    let inner = Arc::new(make_program(cube, &x).unwrap());
    let f = |x: &Tensor| {
        let y = lax::call(&inner, std::slice::from_ref(x)).remove(0);
        if y.item::<f32>().unwrap() > 0.0 { y } else { -y }
    };
    assert_eq!(printed(|| drop(grad(f)(&x))), "x = 2.0\ny = 8.0\n");
    // Outside of any function, a call happens immediately, and once.
    let text = printed(|| {
        let y = f(&x);
        assert_eq!(y.item::<f32>().unwrap() + y.item::<f32>().unwrap(), 16.0);
    });
    assert_eq!(text, "x = 2.0\ny = 8.0\n");
    let mut shown = Vec::new();
    assert_eq!(printed(|| drop(grad(debug_to(cube, &mut shown))(&x))), "x = 2.0\ny = 8.0\n");
    assert!(String::from_utf8(shown).unwrap().contains("debug_print(x0)"));
}

#[test]
fn what_is_traced_and_not_run_prints_nothing() {
    let x = Tensor::scalar(2.0f32);
    let text = printed(|| {
        let program = make_program(cube, &x).unwrap();
        assert!(program.has_effects());
        let panics = std::panic::catch_unwind(|| {
            grad(|x: &Tensor| -> Tensor {
                cube(x);
                panic!("on the way")
            })(&Tensor::scalar(1.0f32))
        });
        assert!(panics.is_err());
        // None of its effects remain for the next trace.
        grad(|x: &Tensor| x * x)(&x).item::<f32>().unwrap();
    });
    assert_eq!(text, "");
}

#[test]
fn programs_keep_their_prints() {
    let f = |x: &Tensor| {
        debug_print!("unused {:.1} \"quoted\" {{", x * 2.0);
        debug_print!("again");
        debug_print!("again");
        let same = make_program(cube, &Tensor::scalar(1.0f32)).unwrap().with_name("cube");
        let same = Arc::new(same);
        lax::call(&same, std::slice::from_ref(x));
        lax::call(&same, std::slice::from_ref(x));
        x + 1.0
    };
    let program = make_program(f, &Tensor::scalar(3.0f32)).unwrap();
    let expected = "unused 6.0 \"quoted\" {\nagain\nagain\nx = 3.0\ny = 27.0\nx = 3.0\ny = 27.0\n";
    let run = |program: &Program| {
        printed(|| {
            let y = rune_ir::interpret::interpret(program, &[Array::scalar(3.0f32)]).unwrap();
            assert_eq!(y, [Array::scalar(4.0f32)]);
        })
    };
    assert_eq!(run(&program), expected);
    assert_eq!(run(&program.simplify()), expected);
    assert_eq!(run(&program.simplify().simplify()), expected);
    let read = Program::parse(&program.to_string()).unwrap();
    assert_eq!((run(&read), &read), (expected.to_owned(), &program));
    let json: Program = serde_json::from_str(&serde_json::to_string(&program).unwrap()).unwrap();
    assert_eq!((run(&json), &json), (expected.to_owned(), &program));
    // The same effects in another order are another program.
    let swapped = Program::parse(&program.to_string().replace("unused {:.1}", "used {:.1}")).unwrap();
    assert_ne!(swapped.structural_hash(), program.structural_hash());
    let pushed = program.jvp(&[0]).unwrap();
    assert_eq!(pushed.instructions().iter().filter(|i| matches!(i.op, Op::DebugPrint { .. })).count(), 3);
}

#[test]
fn malformed_prints_are_refused() {
    let program = |args: &str, attributes: &str| {
        let separator = if args.is_empty() { "" } else { ", " };
        let text = format!(
            "def f(x0): # [2, f32] -> ()\n    () = rune.debug_print({args}{separator}{attributes})\n    return\n"
        );
        Program::parse(&text).map(|p| p.to_string()).map_err(|e| e.to_string())
    };
    let fails = |args: &str, attributes: &str, message: &str| {
        let error = program(args, attributes).unwrap_err();
        assert!(error.contains(message), "{error}");
    };
    assert!(program("x0", r#"format="{}", batch=[2]"#).is_ok());
    fails("x0", r#"format="", batch=[]"#, "has 0 placeholders in its format, but got 1 operands");
    fails("", r#"format="{}", batch=[]"#, "has 1 placeholders in its format, but got 0 operands");
    fails("x0", r#"format="{:?}", batch=[]"#, "has `{:?}` in its format, not `{}` or `{:.3}`");
    fails("x0", r#"format="{:.999}", batch=[]"#, "has `{:.999}` in its format");
    fails("x0", r#"format="{} }", batch=[]"#, "has a lone `}`");
    fails("", r#"format="", batch=[3]"#, "batch axes, but got no operands");
    fails("x0", r#"format="{}", batch=[3]"#, "operands whose first sizes are [3]");
    fails("x0", r#"format="{}", batch=[2, 1]"#, "operands whose first sizes are [2, 1]");
}

#[test]
fn functions_with_rules_print_once() {
    let x = Tensor::scalar(2.0f32);
    let with_rule = || custom_jvp(cube, |(x,): (&Tensor,), (dx,): (&Tensor,)| (cube(x), dx * x * x * 3.0));
    let both = "x = 2.0\ny = 8.0\n";
    assert_eq!(printed(|| drop(with_rule()(&x))), both);
    assert_eq!(printed(|| drop(grad(with_rule())(&x))), both);
    // Only running the function shows that it captures a traced tensor.
    let captures = |w: &Tensor| {
        let w = w.stop_gradient();
        let f = custom_jvp(|x: &Tensor| cube(x) * &w, |(x,): (&Tensor,), (dx,): (&Tensor,)| (x * &w, dx * &w));
        f(&x)
    };
    assert_eq!(printed(|| drop(grad(captures)(&Tensor::scalar(1.0f32)))), both);
}
