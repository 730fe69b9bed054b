//! Compares each step with the interpreter, on arrays of all dtypes and many shapes, including empty ones and ones with
//! one element.

use crate::Plan;
use crate::tests::wrong;
use rune_ir::op::*;
use rune_ir::{Array, DType, Element, Op, Origin, Program, ProgramBuilder, Shape, Type, Var, with_element};
use rune_testing::Generator;

/// Returns the `n`-th dtype that is not complex, cyclically.
fn real(n: usize) -> DType {
    let all: Vec<DType> = DType::ALL.into_iter().filter(|dtype| !dtype.is_complex()).collect();
    all[n % all.len()]
}

/// Returns the `n`-th integer dtype, cyclically.
fn integer(n: usize) -> DType {
    let all: Vec<DType> = DType::ALL.into_iter().filter(|dtype| dtype.is_int()).collect();
    all[n % all.len()]
}

struct Cases {
    random: Generator,
    /// The number of operations that ran.
    tried: usize,
}

impl Cases {
    fn new(seed: u64) -> Cases {
        let mut random = Generator::new(seed);
        random.extremes = true;
        Cases { random, tried: 0 }
    }
    fn below(&mut self, n: usize) -> usize {
        self.random.below(n)
    }
    /// Returns a shape with at least one axis. One in eight is empty.
    fn shape(&mut self, longest: usize) -> Shape {
        let rank = 1 + self.below(3);
        let mut shape: Shape = (0..rank).map(|_| 1 + self.below(4)).collect();
        let long = self.below(rank);
        shape.dims_mut()[long] = 1 + self.below(longest);
        if self.below(8) == 0 {
            shape.dims_mut()[long] = 0;
        }
        shape
    }
    fn array(&mut self, dtype: DType, shape: impl Into<Shape>) -> Array {
        self.random.array(&Type::new(dtype, shape))
    }
    /// Returns integers from below 0, if the dtype has negative numbers, to above `n`.
    fn positions(&mut self, dtype: DType, shape: impl Into<Shape>, n: usize) -> Array {
        let shape = shape.into();
        let least = if dtype.is_unsigned_int() { 0.0 } else { 2.0 };
        with_element!(dtype, T => Array::from_fn(shape, |_| T::from_f64(self.below(n + 5) as f64 - least)))
    }
    /// Runs the operation on these inputs, if the type rules accept it. With `turned`, the first input is a reversed
    /// view.
    fn run(&mut self, inputs: &[Array], op: impl Fn(&[Var]) -> Op) {
        for turned in [false, true] {
            let types = inputs.iter().map(|x| x.ty().clone()).collect();
            let mut builder = ProgramBuilder::new("case", types, vec![]);
            let mut vars: Vec<Var> = (0..inputs.len() as u32).map(Var).collect();
            if turned {
                let axes: Dims = (0..inputs[0].ty().rank()).collect();
                let back = builder.push(Op::Reverse { x: vars[0], axes }, Origin::default());
                vars[0] = back.expect("these are its axes")[0];
            }
            let Ok(results) = builder.push(op(&vars), Origin::default()) else { return };
            let program: Program = builder.finish(results.to_vec()).expect("a program of its results");
            assert_eq!(wrong(&program, inputs, true), None, "{program}\non {inputs:?}");
            let empty =
                program.output_types().iter().any(|t| t.size() == 0) || inputs.iter().any(|x| x.ty().size() == 0);
            // The interpreter combines and orders floats of 8 bits.
            let float8 = program.output_types().iter().chain(inputs.iter().map(Array::ty)).any(|t| t.dtype.is_float8());
            assert!(empty || float8 || Plan::new(&program).is_native(), "{program}");
            self.tried += 1;
        }
    }
    fn finish(self, least: usize) {
        assert!(self.tried >= least, "only {} cases", self.tried);
    }
}

#[test]
fn sorting_and_selection() {
    let mut cases = Cases::new(1);
    for case in 0..650 {
        let shape = cases.shape(40);
        let (dtype, other) = (real(case), real(cases.below(13)));
        let x = cases.array(dtype, shape.clone());
        let y = cases.array(other, shape.clone());
        let z = Array::from_fn(shape.clone(), |i| i as i32);
        let dimension = cases.below(shape.rank());
        cases.run(std::slice::from_ref(&x), |v| Op::Sort { operands: v.to_vec(), dimension, num_keys: 1 });
        let num_keys = 1 + cases.below(2);
        cases.run(&[x.clone(), y, z], |v| Op::Sort { operands: v.to_vec(), dimension, num_keys });
        let last = *shape.last().expect("there is an axis");
        let k = cases.below(last + 1);
        cases.run(&[x], |v| Op::TopK { x: v[0], k });
    }
    cases.finish(1500);
}

#[test]
fn extremes_and_running_sums() {
    let mut cases = Cases::new(2);
    for case in 0..650 {
        let shape = cases.shape(40);
        let x = cases.array(real(case), shape.clone());
        let axis = cases.below(shape.rank());
        let (f, index) = (cases.random.pick(ArgFn::ALL), integer(cases.below(8)));
        cases.run(std::slice::from_ref(&x), |v| Op::ArgReduce { f, x: v[0], axis, index });
        let (f, reverse) = (cases.random.pick(CumulativeFn::ALL), cases.below(2) == 0);
        cases.run(&[x], |v| Op::Cumulative { f, x: v[0], axis, reverse });
    }
    cases.finish(1500);
}

#[test]
fn windows() {
    let mut cases = Cases::new(3);
    for case in 0..2600 {
        let shape = cases.shape(12);
        let x = cases.array(real(case), shape.clone());
        let rank = shape.rank();
        let mut list = |n: usize| -> Dims { (0..rank).map(|_| 1 + cases.below(n)).collect() };
        let (dimensions, strides, base_dilation, window_dilation) = (list(5), list(3), list(3), list(2));
        let plain = cases.below(2) == 0;
        let ones: Dims = (0..rank).map(|_| 1).collect();
        let padding = (0..rank).map(|_| (cases.below(5) as i64 - 1, cases.below(5) as i64 - 1)).collect();
        let window = match plain {
            true => Window {
                dimensions,
                strides: ones.clone(),
                padding,
                base_dilation: ones.clone(),
                window_dilation: ones,
            },
            false => Window { dimensions, strides, padding, base_dilation, window_dilation },
        };
        let f = cases.random.pick(WindowFn::ALL);
        cases.run(&[x], |v| Op::ReduceWindow { f, x: v[0], window: Box::new(window.clone()) });
    }
    cases.finish(2500);
}

#[test]
fn moves() {
    let mut cases = Cases::new(4);
    for case in 0..1300 {
        let shape = cases.shape(9);
        let dtype = real(case);
        let x = cases.array(dtype, shape.clone());
        let rank = shape.rank();
        // Concatenates the array with one of another size along the axis, and with itself.
        let axis = cases.below(rank);
        let mut longer = shape.clone();
        longer.dims_mut()[axis] = cases.below(4);
        let y = cases.array(dtype, longer);
        cases.run(&[x.clone(), y], |v| Op::Concatenate { xs: vec![v[0], v[1], v[0]], dimension: axis });
        let config: Vec<Padding> = (0..rank)
            .map(|_| Padding {
                low: cases.below(6) as i64 - 2,
                high: cases.below(6) as i64 - 2,
                interior: cases.below(3),
            })
            .collect();
        let padding = cases.array(dtype, Shape::scalar());
        cases.run(&[x.clone(), padding], |v| Op::Pad { x: v[0], padding: v[1], config: config.clone() });
        let sizes: Dims = shape.iter().map(|&n| cases.below(n + 1)).collect();
        let index = integer(cases.below(8));
        let longest = shape.iter().copied().max().unwrap_or(0);
        let mut inputs = vec![x];
        inputs.extend((0..rank).map(|_| cases.positions(index, Shape::scalar(), longest)));
        cases.run(&inputs, |v| Op::DynamicSlice {
            x: v[0],
            start_indices: v[1..].to_vec(),
            slice_sizes: sizes.clone(),
        });
        inputs.push(cases.array(dtype, Shape::from(&sizes[..])));
        cases.run(&inputs, |v| Op::DynamicUpdateSlice {
            x: v[0],
            update: v[rank + 1],
            start_indices: v[1..=rank].to_vec(),
        });
    }
    cases.finish(7000);
}

/// Slices along any axes of an array, with batch axes in both operands, and indices of any rank.
#[test]
fn gathers_and_scatters() {
    let mut cases = Cases::new(5);
    for case in 0..3900 {
        let dtype = real(case);
        let shape = cases.shape(7);
        let rank = shape.rank();
        // Each axis of the array is an axis of the slice, is collapsed, or is a batch axis.
        let kinds: Vec<usize> = (0..rank).map(|_| cases.below(5)).collect();
        let of = |kind: &dyn Fn(usize) -> bool| -> Dims { (0..rank).filter(|&a| kind(kinds[a])).collect() };
        let (collapsed, batching) = (of(&|k| k == 1 || k == 2), of(&|k| k == 3));
        let sizes: Dims = (0..rank)
            .map(|a| if kinds[a] == 0 || kinds[a] == 4 { cases.below(shape[a] + 1) } else { 1.min(shape[a]) })
            .collect();
        let coordinates: Dims = (0..rank).filter(|a| !batching.contains(a) && cases.below(3) > 0).collect();
        let more: Vec<usize> = (0..cases.below(3)).map(|_| 1 + cases.below(5)).collect();
        let along: Vec<usize> = batching.iter().map(|&a| shape[a]).collect();
        let batch = [&along[..], &more].concat();
        let index = integer(cases.below(8));
        let longest = shape.iter().copied().max().unwrap_or(0);
        let indices = cases.positions(index, [&batch[..], &[coordinates.len()]].concat(), longest);
        // The axes of the slice are any axes of the result.
        let window = rank - collapsed.len() - batching.len();
        let mut places: Vec<usize> = (0..batch.len() + window).collect();
        (1..places.len()).for_each(|i| places.swap(i, cases.below(i + 1)));
        let mut offset: Dims = places[..window].into();
        offset.sort_unstable();
        let dims = GatherDims {
            offset,
            collapsed,
            operand_batching: batching.clone(),
            indices_batching: (0..batching.len()).collect(),
            start_index_map: coordinates,
        };
        let x = cases.array(dtype, shape.clone());
        let gather =
            |v: &[Var]| Op::Gather { x: v[0], indices: v[1], dims: Box::new(dims.clone()), slice_sizes: sizes.clone() };
        cases.run(&[x.clone(), indices.clone()], gather);
        let Ok(types) = rune_ir::types::infer(&gather(&[Var(0), Var(1)]).map(|v| [x.ty(), indices.ty()][v.index()]))
        else {
            continue;
        };
        let updates = cases.array(dtype, types[0].shape.clone());
        let modes = [ScatterMode::Set, ScatterMode::Add, ScatterMode::Mul, ScatterMode::Min, ScatterMode::Max];
        let mode = modes[cases.below(5)];
        cases.run(&[x, indices, updates], |v| Op::Scatter {
            x: v[0],
            indices: v[1],
            updates: v[2],
            dims: Box::new(dims.scatter()),
            mode,
            unique: false,
        });
    }
    cases.finish(5000);
}

#[test]
fn quotients_of_integers_and_random_bits() {
    let mut cases = Cases::new(6);
    for case in 0..400 {
        let shape = cases.shape(20);
        let dtype = integer(case);
        let (x, y) = (cases.array(dtype, shape.clone()), cases.array(dtype, shape.clone()));
        let f = [BinaryFn::Div, BinaryFn::Rem, BinaryFn::Pow][cases.below(3)];
        cases.run(&[x, y], |v| Op::Binary { f, x: v[0], y: v[1] });
        let words: Vec<Array> = (0..4).map(|_| cases.array(DType::U32, shape.clone())).collect();
        cases.run(&words, |v| Op::Threefry2x32 { k0: v[0], k1: v[1], x0: v[2], x1: v[3] });
    }
    cases.finish(1200);
}

/// Checks every pair of 8-bit numbers, and pairs of 16 and 32 bits whose quotients are near a whole number.
#[test]
fn quotients_that_are_nearly_whole() {
    let mut cases = Cases::new(7);
    let bytes = |f: &dyn Fn(usize) -> i8| Array::from_fn([1 << 16], f);
    let (x, y) = (bytes(&|i| i as i8), bytes(&|i| (i >> 8) as i8));
    let near = |i: usize, n: i64, most: i64| {
        (i as i64 % 401 * (most / 401) / n.max(1) * n.max(1) + i as i64 % 3 - 1).clamp(0, most)
    };
    let divisor = |i: usize, most: i64| 1 + (i as i64 * 7919) % (most / 3);
    let (most16, most32) = (i64::from(u16::MAX), i64::from(u32::MAX));
    let wide = |i: usize| near(i, divisor(i, most32), most32) as u32;
    let narrow = |i: usize| near(i, divisor(i, most16), most16) as u16;
    let n = [40_001];
    let pairs = [
        [x, y],
        [Array::from_fn(n, narrow), Array::from_fn(n, |i| divisor(i, most16) as u16)],
        [Array::from_fn(n, wide), Array::from_fn(n, |i| divisor(i, most32) as u32)],
        [Array::from_fn(n, |i| wide(i) as i32), Array::from_fn(n, |i| divisor(i, most32) as i32)],
    ];
    for pair in pairs {
        for f in [BinaryFn::Div, BinaryFn::Rem] {
            cases.run(&pair, |v| Op::Binary { f, x: v[0], y: v[1] });
        }
    }
    cases.finish(16);
}
