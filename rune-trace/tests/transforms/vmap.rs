use rune_ir::interpret::{eval_op, interpret};
use rune_ir::op::{CollectiveFn, Dims, NamedAxis, Op, ReduceFn};
use rune_ir::{Array, DType, Element, Program, Type, Var, with_element};
use rune_testing::Generator;
use rune_trace::ProgramExt;
use smallvec::smallvec;

const BATCH: usize = 3;

/// Stacks the arrays along a new first axis.
fn stack(elements: &[Array]) -> Array {
    let ty = elements[0].ty();
    let shape = std::iter::once(elements.len()).chain(ty.shape.iter().copied()).collect();
    let bytes: Vec<u8> = elements.iter().flat_map(|x| x.bytes()).copied().collect();
    Array::from_bytes(Type { dtype: ty.dtype, shape }, &bytes)
}

/// Returns whether the elements have the same bits. Any two NaNs are equal.
fn same(x: &Array, y: &Array) -> bool {
    let nan = |x: f64, y: f64| x.is_nan() && y.is_nan();
    x.ty() == y.ty()
        && with_element!(x.dtype(), T => {
            let mut pairs = x.as_slice::<T>().iter().zip(y.as_slice::<T>());
            pairs.all(|(&x, &y)| T::as_bytes(&[x]) == T::as_bytes(&[y]) || nan(x.to_f64(), y.to_f64()))
        })
}

/// Checks one program on random elements. Some inputs are mapped.
fn check(random: &mut Generator, program: &Program) {
    let types = program.input_types();
    let mapped: Vec<bool> = types.iter().map(|_| random.below(3) > 0).collect();
    let axes: Vec<Option<i64>> = mapped.iter().map(|m| m.then_some(0)).collect();
    let wide = program.vmap(BATCH, &axes, &vec![Some(0); program.outputs().len()]).unwrap();
    wide.verify().unwrap_or_else(|e| panic!("{e}\n{program}\n{wide}"));
    let first = random.inputs(program);
    let elements: Vec<Vec<Array>> = (0..BATCH)
        .map(|_| {
            let own = random.inputs(program);
            (0..first.len()).map(|i| if mapped[i] { own[i].clone() } else { first[i].clone() }).collect()
        })
        .collect();
    let column = |of: &[Vec<Array>], i: usize| stack(&of.iter().map(|element| element[i].clone()).collect::<Vec<_>>());
    let inputs: Vec<Array> =
        (0..first.len()).map(|i| if mapped[i] { column(&elements, i) } else { first[i].clone() }).collect();
    let found = interpret(&wide, &inputs).unwrap();
    let expected: Vec<Vec<Array>> = elements.iter().map(|inputs| interpret(program, inputs).unwrap()).collect();
    for (k, found) in found.iter().enumerate() {
        let expected = column(&expected, k);
        assert!(
            same(found, &expected),
            "result {k}: {found:?} is not {expected:?}\n{program}\nmapped {mapped:?}\n{wide}"
        );
    }
}

/// The results are equal bit for bit, except for sums of products, where the order of terms depends on the sizes.
#[test]
fn random_programs_on_a_batch_are_those_programs_on_each_element() {
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

/// Uses integers, for which sums of products are exact.
#[test]
fn random_programs_of_integers() {
    let mut random = Generator::new(13);
    random.dtypes = vec![DType::I32, DType::I32, DType::I8, DType::U64, DType::Bool];
    for _ in 0..1000 {
        let program = random.program(12);
        check(&mut random, &program);
    }
}

/// Returns the outputs of a program in every element of two mapped axes of sizes `i` and `j`. Lane `(a, b)` has the index
/// `b · i + a`. All elements run in step, so that operations over an axis can read the others.
fn in_step(program: &Program, sizes: [usize; 2], elements: &[Vec<Array>]) -> Vec<Vec<Array>> {
    let mut env: Vec<Vec<Array>> = elements.to_vec();
    for element in &mut env {
        element.extend(program.constants().iter().map(|c| c.to_host().unwrap()));
    }
    for instruction in program.instructions() {
        let results = one_in_step(&instruction.op, sizes, &env);
        env.iter_mut().zip(results).for_each(|(element, results)| element.extend(results));
    }
    env.iter().map(|element| program.outputs().iter().map(|v| element[v.index()].clone()).collect()).collect()
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the others are over no axis")]
fn one_in_step(op: &Op, [i, j]: [usize; 2], env: &[Vec<Array>]) -> Vec<Vec<Array>> {
    if let Op::Call { args, program }
    | Op::Remat { args, program, .. }
    | Op::CustomJvp { args, program, .. }
    | Op::CustomVjp { args, program, .. } = op
    {
        let elements: Vec<Vec<Array>> =
            env.iter().map(|element| args.iter().map(|v| element[v.index()].clone()).collect()).collect();
        return in_step(program, [i, j], &elements);
    }
    let Some(axis) = op.axis() else {
        return env.iter().map(|element| eval_op(&op.map(|v| &element[v.index()])).unwrap()).collect();
    };
    // The elements along the same axis, and the position of an element among them.
    let over_i = axis.name.as_str() == "i";
    let fellows = |element: usize| -> Vec<usize> {
        if over_i {
            (0..i).map(|a| element / i * i + a).collect()
        } else {
            (0..j).map(|b| b * i + element % i).collect()
        }
    };
    let position = |element: usize| if over_i { element % i } else { element / i };
    let one = |op: Op<&Array>| eval_op(&op).unwrap().remove(0);
    let result = |element: usize| {
        let all = |x: &Var| -> Vec<Array> { fellows(element).iter().map(|&l| env[l][x.index()].clone()).collect() };
        match op {
            Op::Collective { f, x, .. } => {
                let f = match f {
                    CollectiveFn::Sum => ReduceFn::Sum,
                    CollectiveFn::Max => ReduceFn::Max,
                    CollectiveFn::Min => ReduceFn::Min,
                };
                one(Op::Reduce { f, x: &stack(&all(x)), axes: smallvec![0] })
            }
            Op::AllGather { x, dimension, .. } => {
                let all = stack(&all(x));
                let mut permutation: Dims = (1..all.ty().rank()).collect();
                permutation.insert(*dimension, 0);
                one(Op::Transpose { x: &all, permutation })
            }
            Op::AllToAll { x, split, concat, .. } => {
                let mut parts = Vec::new();
                for given in all(x) {
                    let mut start: Dims = smallvec![0; given.ty().rank()];
                    let mut limit: Dims = given.shape().iter().copied().collect();
                    (start[*split], limit[*split]) = (position(element), position(element) + 1);
                    let strides = smallvec![1; start.len()];
                    let part = one(Op::Slice { x: &given, start, limit, strides });
                    parts.push(part.reshaped(given.shape().without(&[*split])));
                }
                let all = stack(&parts);
                let mut permutation: Dims = (1..all.ty().rank()).collect();
                permutation.insert(*concat, 0);
                one(Op::Transpose { x: &all, permutation })
            }
            Op::Ppermute { x, pairs, .. } => match pairs.iter().find(|(_, to)| *to == position(element)) {
                Some((from, _)) => all(x)[*from].clone(),
                None => {
                    let ty = env[element][x.index()].ty();
                    Array::from_bytes(ty.clone(), &vec![0; ty.bytes()])
                }
            },
            _ => Array::scalar(position(element) as i32),
        }
    };
    (0..env.len()).map(|element| vec![result(element)]).collect()
}

/// Returns the array with 0 in place of -0.
fn positive_zeros(x: &Array) -> Array {
    with_element!(x.dtype(), T => {
        let one = |&x: &T| if x.to_f64() == 0.0 { T::from_f64(0.0) } else { x };
        Array::from_vec(x.shape().clone(), x.as_slice::<T>().iter().map(one).collect())
    })
}

/// Compares programs over one or two mapped axes with all elements in step. Some inputs are mapped.
#[test]
fn random_programs_over_named_axes_are_all_batch_elements_in_step() {
    let mut over_axes = std::collections::BTreeMap::<&str, usize>::new();
    for seed in 0..3000 {
        let mut random = Generator::new(seed);
        random.without.extend(["case", "while", "scan"]); // Lanes in step cannot go different ways.
        random.without.extend(["dot_general", "conv"]);
        // A sum over elements of an unmapped -0 is -0, but of a mapped one it is 0. Excludes operations that distinguish
        // them.
        random.without.extend(["div", "pow", "integer_pow", "atan2", "rsqrt", "bitcast_convert"]);
        random.extremes = seed % 3 == 0;
        let both = seed % 2 == 0;
        let [i, j] = if both { [2, 3] } else { [3, 1] };
        let named = |name: &str, size| NamedAxis { name: name.into(), size };
        random.axes = if both { vec![named("i", i), named("j", j)] } else { vec![named("i", i)] };
        let program = random.program(14);
        program.instructions().iter().filter(|x| x.op.axis().is_some()).for_each(|x| {
            *over_axes.entry(x.op.name()).or_default() += 1;
        });
        let mapped: Vec<bool> = program.input_types().iter().map(|_| random.below(3) > 0).collect();
        let axes: Vec<Option<i64>> = mapped.iter().map(|m| m.then_some(0)).collect();
        let outputs = vec![Some(0); program.outputs().len()];
        let mut wide = program.vmap_named("i", i, &axes, &outputs).unwrap();
        wide = wide.vmap_named("j", j, &axes, &outputs).unwrap();
        wide.verify().unwrap_or_else(|e| panic!("{e}\n{program}\n{wide}"));
        assert!(wide.axes().is_empty());
        let first = random.inputs(&program);
        let elements: Vec<Vec<Array>> = (0..i * j)
            .map(|_| {
                let own = random.inputs(&program);
                (0..first.len()).map(|k| if mapped[k] { own[k].clone() } else { first[k].clone() }).collect()
            })
            .collect();
        let column = |of: &[Vec<Array>], k: usize| {
            let rows: Vec<Array> = of
                .chunks(i)
                .map(|row| stack(&row.iter().map(|element| element[k].clone()).collect::<Vec<_>>()))
                .collect();
            stack(&rows)
        };
        let inputs: Vec<Array> =
            (0..first.len()).map(|k| if mapped[k] { column(&elements, k) } else { first[k].clone() }).collect();
        let expected = in_step(&program, [i, j], &elements);
        for version in [&wide, &wide.simplify()] {
            for (k, found) in interpret(version, &inputs).unwrap().iter().enumerate() {
                let expected = column(&expected, k);
                assert!(
                    same(&positive_zeros(found), &positive_zeros(&expected)),
                    "seed {seed}, result {k}: {found:?} is not {expected:?}\n{program}\nmapped {mapped:?}\n{wide}"
                );
            }
        }
    }
    println!("{over_axes:?}");
    assert!(over_axes.len() == 7 && over_axes.values().all(|&n| n > 100), "{over_axes:?}");
}

/// Lanes of images with one kernel become one convolution with more images, without transposes.
#[test]
fn images_are_folded_into_the_batch() {
    let images = rune_trace::Tensor::ones([2, 3, 8, 8], DType::F32);
    let kernel = rune_trace::Tensor::ones([4, 3, 3, 3], DType::F32);
    let f = |x: &rune_trace::Tensor, k: &rune_trace::Tensor| x.conv(k, &rune_trace::ConvOptions::new());
    let wide = rune_trace::make_program(f, (&images, &kernel)).unwrap().vmap(5, &[Some(0), None], &[Some(0)]).unwrap();
    let names: Vec<&str> = wide.instructions().iter().map(|i| i.op.name()).collect();
    assert_eq!(names, ["reshape", "conv", "reshape"]);
    assert!(matches!(&wide.instructions()[1].op, Op::Conv { lhs, .. } if wide.ty(*lhs).shape[0] == 10));
}
