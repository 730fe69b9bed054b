use crate::interpret::interpret;
use crate::op::Op;
use crate::testing::Generator;
use crate::{Array, DType, Element, Program, Type, with_element};

const LANES: usize = 3;

/// The arrays one after the other along a new first axis.
fn stack(lanes: &[Array]) -> Array {
    let ty = lanes[0].ty();
    let shape = super::behind(lanes.len(), &ty.shape).collect();
    let bytes: Vec<u8> = lanes.iter().flat_map(|x| x.bytes()).copied().collect();
    Array::from_bytes(Type { dtype: ty.dtype, shape }, &bytes)
}

/// Whether the elements are the same bits; NaN is always as good as any other NaN.
fn same(x: &Array, y: &Array) -> bool {
    let nan = |x: f64, y: f64| x.is_nan() && y.is_nan();
    x.ty() == y.ty()
        && with_element!(x.dtype(), T => {
            let mut pairs = x.as_slice::<T>().iter().zip(y.as_slice::<T>());
            pairs.all(|(&x, &y)| T::as_bytes(&[x]) == T::as_bytes(&[y]) || nan(x.to_f64(), y.to_f64()))
        })
}

/// Checks one program on random lanes, of which some inputs are mapped.
fn check(random: &mut Generator, program: &Program) {
    let types = program.input_types();
    let mapped: Vec<bool> = types.iter().map(|_| random.below(3) > 0).collect();
    let axes: Vec<Option<i64>> = mapped.iter().map(|m| m.then_some(0)).collect();
    let wide = program.vmap(LANES, &axes, &vec![Some(0); program.outputs().len()]).unwrap();
    wide.verify().unwrap_or_else(|e| panic!("{e}\n{program}\n{wide}"));
    let first = random.inputs(program);
    let lanes: Vec<Vec<Array>> = (0..LANES)
        .map(|_| {
            let own = random.inputs(program);
            (0..first.len()).map(|i| if mapped[i] { own[i].clone() } else { first[i].clone() }).collect()
        })
        .collect();
    let column = |of: &[Vec<Array>], i: usize| stack(&of.iter().map(|lane| lane[i].clone()).collect::<Vec<_>>());
    let inputs: Vec<Array> =
        (0..first.len()).map(|i| if mapped[i] { column(&lanes, i) } else { first[i].clone() }).collect();
    let found = interpret(&wide, &inputs).unwrap();
    let expected: Vec<Vec<Array>> = lanes.iter().map(|inputs| interpret(program, inputs).unwrap()).collect();
    for (k, found) in found.iter().enumerate() {
        let expected = column(&expected, k);
        assert!(
            same(found, &expected),
            "result {k}: {found:?} is not {expected:?}\n{program}\nmapped {mapped:?}\n{wide}"
        );
    }
}

/// Bit for bit, but for sums of products, whose order of terms depends on the sizes.
#[test]
fn random_programs_on_lanes_are_those_programs_on_each() {
    let mut random = Generator::new(11);
    random.without.extend(["dot_general", "conv"]);
    for _ in 0..1500 {
        let program = random.program(12);
        check(&mut random, &program);
    }
}

#[test]
fn random_programs_with_extremes() {
    let mut random = Generator::new(12);
    random.extremes = true;
    random.without.extend(["dot_general", "conv"]);
    for _ in 0..500 {
        let program = random.program(12);
        check(&mut random, &program);
    }
}

/// Whole numbers, whose sums of products are exact.
#[test]
fn random_programs_of_integers() {
    let mut random = Generator::new(13);
    random.dtypes = vec![DType::I32, DType::I32, DType::I8, DType::U64, DType::Bool];
    for _ in 0..1000 {
        let program = random.program(12);
        check(&mut random, &program);
    }
}

/// Lanes of images with one kernel are one convolution with more images, and nothing is moved.
#[test]
fn images_are_folded_into_the_batch() {
    let images = crate::Tensor::ones([2, 3, 8, 8], DType::F32);
    let kernel = crate::Tensor::ones([4, 3, 3, 3], DType::F32);
    let f = |x: &crate::Tensor, k: &crate::Tensor| x.conv(k, &crate::ConvOptions::new());
    let wide = crate::make_program(f, (&images, &kernel)).unwrap().vmap(5, &[Some(0), None], &[Some(0)]).unwrap();
    let names: Vec<&str> = wide.instructions().iter().map(|i| i.op.name()).collect();
    assert_eq!(names, ["reshape", "conv", "reshape"]);
    assert!(matches!(&wide.instructions()[1].op, Op::Conv { lhs, .. } if wide.ty(*lhs).shape[0] == 10));
}
