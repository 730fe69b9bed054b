//! Tests that simplification keeps results.

use proptest::prelude::*;
use rune_ir::{Array, Element, Program, interpret, with_element};
use rune_testing::Generator;

/// Returns the body of the simplified program as lines without types.
fn simple(text: &str) -> Vec<String> {
    let program: Program = text.parse().unwrap();
    let text = program.simplify().to_string();
    text.lines().skip(1).map(|l| l.split(" #").next().unwrap().trim().to_owned()).collect()
}

fn of_f32(body: &str) -> Vec<String> {
    simple(&format!("def f(x0): # [2, 3, f32] -> [2, 3, f32]\n{body}"))
}

#[test]
fn identities_of_elements() {
    let zero = |z: &str, f: &str| {
        of_f32(&format!(
            " z0 = rune.constant(value=\"{z}:f32\")\n z1 = rune.broadcast_in_dim(z0, dims=[], shape=[2, 3])\n \
             y0 = rune.{f}\n return y0"
        ))
    };
    assert_eq!(zero("-0.0", "add(x0, z1)"), ["return x0"]);
    assert_eq!(zero("-0.0", "add(z1, x0)"), ["return x0"]);
    assert_eq!(zero("0.0", "add(x0, z1)").len(), 4);
    assert_eq!(zero("0.0", "sub(x0, z1)"), ["return x0"]);
    assert_eq!(zero("-0.0", "sub(x0, z1)").len(), 4);
    assert_eq!(zero("1.0", "mul(z1, x0)"), ["return x0"]);
    assert_eq!(zero("0.0", "mul(z1, x0)").len(), 4);
    assert_eq!(zero("1.0", "pow(x0, z1)"), ["return x0"]);
    assert_eq!(of_f32(" z0 = rune.neg(x0)\n z1 = rune.neg(z0)\n return z1"), ["return x0"]);
    assert_eq!(
        of_f32(" z0 = rune.convert(x0, dtype=\"f64\")\n z1 = rune.convert(z0, dtype=\"f32\")\n return z1"),
        ["return x0"]
    );
    assert_eq!(
        of_f32(" z0 = rune.convert(x0, dtype=\"f16\")\n z1 = rune.convert(z0, dtype=\"f32\")\n return z1").len(),
        3
    );
    assert_eq!(
        simple("def f(x0): # [2, i32] -> [2, i32]\n z0 = rune.sub(x0, x0)\n z1 = rune.add(x0, z0)\n return z1"),
        ["return x0"]
    );
}

#[test]
fn identities_of_moves() {
    assert_eq!(
        of_f32(
            " z0 = rune.transpose(x0, permutation=[1, 0])\n z1 = rune.transpose(z0, permutation=[1, 0])\n return z1"
        ),
        ["return x0"]
    );
    assert_eq!(
        of_f32(" z0 = rune.reshape(x0, shape=[6])\n z1 = rune.reshape(z0, shape=[2, 3])\n return z1"),
        ["return x0"]
    );
    assert_eq!(
        of_f32(" z0 = rune.reverse(x0, axes=[0, 1])\n y0 = rune.reverse(z0, axes=[0])\n return y0"),
        ["y0 = rune.reverse(x0, axes=[1])", "return y0"]
    );
    assert_eq!(
        of_f32(
            " z0 = rune.constant(value=\"7:i32\")\n z1 = rune.constant(value=\"-7:i32\")\n \
             z2 = rune.dynamic_slice(x0, z0, z1, slice_sizes=[1, 3])\n \
             y0 = rune.broadcast_in_dim(z2, dims=[0, 1], shape=[2, 3])\n return y0"
        ),
        [
            "z0 = rune.slice(x0, start=[1, 0], limit=[2, 3], strides=[1, 1])",
            "y0 = rune.broadcast_in_dim(z0, shape=[2, 3], dims=[0, 1])",
            "return y0"
        ]
    );
}

#[test]
fn what_is_known_is_computed_and_what_is_there_is_used() {
    assert_eq!(
        simple(
            "def f(x0): # [f32] -> [f32]\n z0 = rune.constant(value=\"3.0:f32\")\n z1 = rune.mul(z0, z0)\n \
             z2 = rune.add(x0, z1)\n z3 = rune.add(z1, x0)\n y0 = rune.mul(z2, z3)\n return y0"
        ),
        ["z0 = rune.constant(value=\"9.0:f32\")", "z1 = rune.add(x0, z0)", "y0 = rune.mul(z1, z1)", "return y0"]
    );
}

#[test]
fn nothing_is_merged_across_a_barrier() {
    let text = " z0 = rune.sin(x0)\n z1 = rune.optimization_barrier(x0)\n z2 = rune.sin(z1)\n \
                z3 = rune.optimization_barrier(x0)\n z4 = rune.sin(z3)\n z5 = rune.mul(z0, z2)\n \
                y0 = rune.mul(z5, z4)\n return y0";
    assert_eq!(of_f32(text).len(), 8);
}

#[test]
fn loops_carry_and_stack_only_what_is_used() {
    // Of the carried values, the first is the result, the second feeds it, the third feeds nothing, and the fourth is
    // invariant. Of the stacked values, one is a slice of a scanned array, two are equal, and one is unused.
    let scan = simple(
        "def f(x0, x1): # ([f32], [5, f32]) -> ([f32], [f32], [5, f32], [5, f32], [5, f32])
    def body(x0, x1, x2, x3, x4): # ([f32], [f32], [f32], [f32], [f32]) -> ([f32], [f32], [f32], [f32], [f32], [f32], [f32], [f32])
        z0 = rune.add(x0, x1)
        z1 = rune.mul(x1, x3)
        z2 = rune.sin(x2)
        z3 = rune.cos(x4)
        z4 = rune.exp(x4)
        return z0, z1, z2, x3, x4, z3, z3, z4
    z0, z1, z2, z3, z4, z5, z6, z7 = rune.scan(x0, x0, x0, x0, x1, consts=0, carry=4, length=5, reverse=false, unroll=0, body=@body)
    return z0, z3, z4, z5, z6
",
    );
    assert_eq!(
        scan,
        [
            "def body(x0, x1, x2, x3):",
            "y0 = rune.add(x1, x2)",
            "y1 = rune.mul(x2, x0)",
            "y2 = rune.cos(x3)",
            "return y0, y1, y2",
            "y0, z0, y1 = rune.scan(x0, x0, x0, x1, consts=1, carry=2, length=5, reverse=false, unroll=0, body=@body)",
            "return y0, x0, x1, y1, y1",
        ]
    );
}

#[test]
fn what_a_loop_sets_to_a_constant_and_does_not_read_is_that_constant() {
    let scan = |length: usize| {
        simple(&format!(
            "def f(x0, x1, x2): # ([f32], [f32], [{length}, f32]) -> ([f32], [f32], [{length}, f32])
    def body(x0, x1, x2, x3): # ([f32], [f32], [f32], [f32]) -> ([f32], [f32], [f32])
        z0 = rune.mul(x2, x3)
        return x0, x0, z0
    z0, z1, z2 = rune.scan(x0, x1, x1, x2, consts=1, carry=2, length={length}, reverse=false, unroll=0, body=@body)
    return z0, z1, z2
"
        ))
    };
    // The body reads the second part of the carry, so the first iteration needs its initial value.
    assert_eq!(
        scan(5),
        [
            "def body(x0, x1, x2):",
            "y0 = rune.mul(x1, x2)",
            "return x0, y0",
            "y0, y1 = rune.scan(x0, x1, x2, consts=1, carry=1, length=5, reverse=false, unroll=0, body=@body)",
            "return x0, y0, y1",
        ]
    );
    // Without iterations, the results are the initial values.
    assert!(!scan(0).last().is_some_and(|last| last.starts_with("return x0,")), "{:?}", scan(0));
}

#[test]
fn what_a_loop_does_not_change_is_a_constant() {
    let of = |y1: &str| {
        simple(&format!(
            "def f(x0, x1, x2): # ([i32], [2, f32], [i32]) -> ([i32], [2, f32], [i32])
    def cond(x0, x1, x2): # ([i32], [2, f32], [i32]) -> [bool]
        y0 = rune.lt(x0, x2)
        return y0
    def body(x0, x1, x2): # ([i32], [2, f32], [i32]) -> ([i32], [2, f32], [i32])
        z0 = rune.add(x0, x2)
        z1 = rune.add(x1, x1)
        return z0, {y1}, x2
    z0, z1, z2 = rune.while(x0, x1, x2, consts=0, cond=@cond, body=@body)
    return z0, z1, z2"
        ))
    };
    let last = |lines: Vec<String>| lines[lines.len() - 2..].to_vec();
    let all = last(of("z1"));
    assert_eq!(all, ["y0, y1 = rune.while(x2, x0, x1, consts=1, cond=@cond, body=@body)", "return y0, y1, x2"]);
    assert_eq!(last(of("x1")), ["y0 = rune.while(x2, x0, consts=1, cond=@cond, body=@body)", "return y0, x1, x2"]);
    // A loop that changes nothing ends at once or never. One part of the carry remains.
    let idle = simple(
        "def f(x0, x1): # ([i32], [i32]) -> ([i32], [i32])
    def cond(x0, x1): # ([i32], [i32]) -> [bool]
        y0 = rune.lt(x0, x1)
        return y0
    def body(x0, x1): # ([i32], [i32]) -> ([i32], [i32])
        return x0, x1
    z0, z1 = rune.while(x0, x1, consts=0, cond=@cond, body=@body)
    return z0, z1",
    );
    assert_eq!(last(idle), ["y0 = rune.while(x1, x0, consts=1, cond=@cond, body=@body)", "return y0, x1"]);
}

#[test]
fn a_choice_that_is_known_is_a_call() {
    let case = simple(
        "def f(x0): # [f32] -> [f32]
    def first(x0): # [f32] -> [f32]
        z0 = rune.sin(x0)
        return z0
    def second(x0): # [f32] -> [f32]
        z0 = rune.cos(x0)
        return z0
    z0 = rune.constant(value=\"7:i32\")
    z1 = rune.case(z0, x0, branches=@first, branches=@second)
    return z1
",
    );
    assert_eq!(
        case,
        ["def second(x0):", "y0 = rune.cos(x0)", "return y0", "y0 = rune.call(x0, program=@second)", "return y0"]
    );
}

#[test]
fn sub_programs_lose_what_they_do_not_use() {
    let body = simple(
        "def f(x0, x1): # ([2, f32], [2, f32]) -> ([2, f32], [2, f32])\n \
         def g(x0, x1): # ([2, f32], [2, f32]) -> [2, f32]\n  z0 = rune.sin(x0)\n  y0 = rune.cos(x1)\n  return y0\n \
         z0 = rune.exp(x0)\n y0 = rune.call(z0, x1, program=@g)\n y1 = rune.call(x0, x1, program=@g)\n return y0, y1",
    );
    assert_eq!(
        body,
        ["def g(x0):", "y0 = rune.cos(x0)", "return y0", "y0 = rune.call(x1, program=@g)", "return y0, y0"]
    );
}

#[test]
fn long_and_deep_programs_take_linear_time() {
    let mut text = "def f(x0): # [f32] -> [f32]\n".to_owned();
    for i in 0..100_000 {
        text += &format!(" x{} = rune.{}(x{i})\n", i + 1, if i % 2 == 0 { "neg" } else { "sin" });
    }
    let program: Program = (text + " return x100000").parse().unwrap();
    assert_eq!(program.simplify().instructions().len(), 100_000);
}

/// Returns whether two arrays are equal bit for bit, except for payloads of NaN.
fn same(a: &Array, b: &Array) -> bool {
    a.ty() == b.ty()
        && with_element!(a.dtype(), T => a.as_slice::<T>().iter().zip(b.as_slice::<T>()).all(|(x, y)| {
            rune_ir::op::Literal::new(*x) == rune_ir::op::Literal::new(*y) || x.to_f64().is_nan() && y.to_f64().is_nan()
        }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn results_stay_the_same(seed in any::<u64>(), size in 0usize..60) {
        let mut random = Generator::new(seed);
        random.extremes = seed.is_multiple_of(2);
        let program = random.program(size);
        let simple = program.simplify();
        prop_assert_eq!(simple.verify(), Ok(()));
        // A known number takes up to two instructions.
        prop_assert!(simple.instructions().len() <= 2 * program.instructions().len());
        let again = simple.simplify();
        prop_assert_eq!(&again, &simple, "{}\n{}", simple, again);
        let inputs = random.inputs(&program);
        if let Ok(results) = interpret::interpret(&program, &inputs) {
            for (a, b) in results.iter().zip(&interpret::interpret(&simple, &inputs).unwrap()) {
                prop_assert!(same(a, b), "{}\n{}\n{:?}\n{:?}", program, simple, a, b);
            }
        }
    }
}
