//! Linearizations and transposes of programs.

use rune_ir::Array;
use rune_ir::interpret::interpret;
use rune_testing::Generator;
use rune_trace::ProgramExt;

#[test]
fn the_two_parts_are_the_program_and_its_derivatives() {
    let mut moving = 0;
    for seed in 0..150 {
        let mut random = Generator::new(seed);
        let program = random.program(12);
        let types = program.input_types();
        let by: Vec<usize> = (0..types.len()).filter(|&i| types[i].dtype.is_float()).collect();
        let (forward, linear) = program.linearize(&by).unwrap();
        forward.verify().unwrap();
        linear.verify().unwrap();

        let inputs = random.inputs(&program);
        let tangents: Vec<Array> = by.iter().map(|&i| random.array(&types[i])).collect();
        let mut outputs = interpret(&forward, &inputs).unwrap();
        let residuals = outputs.split_off(program.outputs().len());
        let joined = |a: &[Array], b: &[Array]| a.iter().chain(b).cloned().collect::<Vec<_>>();
        outputs.extend(interpret(&linear, &joined(&tangents, &residuals)).unwrap());
        assert_eq!(outputs, interpret(&program.jvp(&by).unwrap(), &joined(&inputs, &tangents)).unwrap(), "{program}");

        let backward = linear.transpose(&(0..by.len()).collect::<Vec<_>>()).unwrap();
        backward.verify().unwrap();
        let floats = program.output_types().into_iter().filter(|ty| ty.dtype.is_float());
        let cotangents: Vec<Array> = floats.map(|ty| random.array(&ty)).collect();
        let gradients = interpret(&backward, &joined(&residuals, &cotangents)).unwrap();
        let vjp = interpret(&program.vjp(&by).unwrap(), &joined(&inputs, &cotangents)).unwrap();
        assert_eq!(gradients, vjp[program.outputs().len()..], "{program}");
        moving += usize::from(linear.instructions().len() > 1);
    }
    assert!(moving > 50, "only {moving} programs move");
}

#[test]
#[should_panic(expected = "`sin` is not linear in an operand to transpose")]
fn what_is_not_linear_has_no_transpose() {
    let program: rune_ir::Program =
        "def f(x0): # [f32] -> [f32]\n    y0 = rune.sin(x0)\n    return y0\n".parse().unwrap();
    let _ = program.transpose(&[0]);
}
