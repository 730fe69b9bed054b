//! Transformations of operations as programs, with JAX's expected results.
//!
//! A transformed function is written with the functions for users, and traced. The interpreter and IREE therefore run
//! the same program. `Case.transformed` in `scripts/oracle/ops/core.py` is the equivalent in JAX.

use super::vectors::{Case, cotangent, tangent};
use rune_ir::op::Dims;
use rune_ir::{Array, DType, Element, Program, Type, types, with_element};
use rune_trace::{Tensor, grad, jvp, lax, make_program, vjp, vmap_axes};
use std::fmt;

/// The batch size under `vmap`.
const BATCH_SIZE: usize = 2;

/// A transformation of an operation, or of another transformation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Transform {
    /// Tangents of the results.
    Jvp,
    /// Cotangents of the operands.
    Vjp,
    /// The batched operation, with each axis as the batch axis in turn.
    Vmap,
    /// The gradient of each batch element.
    VmapGrad,
    /// The gradient with respect to mapped and unmapped operands.
    GradVmap,
    /// The tangent of the gradient of a weighted sum of results and their squares.
    JvpGrad,
    /// The gradient of a weighted sum of that gradient.
    GradGrad,
}

use Transform::*;

impl Transform {
    pub const ALL: [Transform; 7] = [Jvp, Vjp, Vmap, VmapGrad, GradVmap, JvpGrad, GradGrad];

    /// Returns the name in the vectors.
    pub fn name(self) -> &'static str {
        match self {
            Jvp => "jvp",
            Vjp => "vjp",
            Vmap => "vmap",
            VmapGrad => "vmap_grad",
            GradVmap => "grad_vmap",
            JvpGrad => "jvp_grad",
            GradGrad => "grad_grad",
        }
    }
}

/// A transformed operation.
pub struct Transformed {
    pub transform: Transform,
    /// The mapped operands, and their batch axes if these differ.
    detail: String,
    pub program: Program,
    pub inputs: Vec<Array>,
    /// JAX's results.
    pub expected: Vec<Array>,
}

impl fmt::Display for Transformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.transform.name(), self.detail)
    }
}

/// Returns a transformation of a case, in each form for which the vectors hold JAX's results.
pub fn transformed(case: &Case, transform: Transform) -> Vec<Transformed> {
    let derivatives = || case.derivatives.as_ref();
    let present = |all: &[Option<Array>]| all.iter().flatten().cloned().collect();
    let expected: Option<Vec<Array>> = match transform {
        Vmap => return vmap_cases(case),
        Jvp => derivatives().map(|d| present(&d.jvp)),
        Vjp => derivatives().map(|d| present(&d.vjp)),
        VmapGrad | GradVmap | JvpGrad | GradGrad => case.transformed.get(transform.name()).cloned(),
    };
    let one = |expected| {
        let (xs, ws) = arguments(case, transform);
        let (program, inputs) = traced(|xs, ws| apply(case, transform, xs, ws), xs, ws);
        Transformed { transform, detail: String::new(), program, inputs, expected }
    };
    expected.map(one).into_iter().collect()
}

/// Returns the program of a function of operands and weights, and its inputs.
fn traced(
    f: impl Fn(&[Tensor], &[Tensor]) -> Vec<Tensor> + Send + Sync,
    xs: Vec<Array>,
    ws: Vec<Array>,
) -> (Program, Vec<Array>) {
    let tensors = |all: &[Array]| -> Vec<Tensor> { all.iter().cloned().map(Tensor::from_value).collect() };
    let f = |xs: &Vec<Tensor>, ws: &Vec<Tensor>| f(xs, ws);
    let program = make_program(f, (&tensors(&xs), &tensors(&ws))).expect("nothing is captured");
    (program, xs.into_iter().chain(ws).collect())
}

/// Returns the operands and the weights: tangents of the float operands, or cotangents of the float results.
fn arguments(case: &Case, transform: Transform) -> (Vec<Array>, Vec<Array>) {
    let types: Vec<Type> = case.inputs.iter().map(|x| x.ty().clone()).collect();
    let results = types::infer(&case.op.map(|&i| &types[i])).expect("cases are well typed");
    let floats = |types: &[Type], of: fn(usize, &Type) -> Array| -> Vec<Array> {
        types.iter().enumerate().filter(|(_, ty)| ty.dtype.is_float()).map(|(k, ty)| of(k, ty)).collect()
    };
    let wide =
        |ty: &Type| ty.with_shape(std::iter::once(BATCH_SIZE).chain(ty.shape.iter().copied()).collect::<Vec<_>>());
    let (mut xs, cotangents) = (case.inputs.clone(), floats(&results, cotangent));
    let ws = match transform {
        Vmap => Vec::new(),
        Jvp => floats(&types, tangent),
        Vjp => cotangents,
        VmapGrad => {
            xs = xs.iter().map(stack_batch).collect();
            cotangents
        }
        GradVmap => {
            xs.iter_mut().step_by(2).for_each(|x| *x = stack_batch(x));
            floats(&results.iter().map(wide).collect::<Vec<_>>(), cotangent)
        }
        JvpGrad => [cotangents, floats(&types, tangent)].concat(),
        GradGrad => [cotangents, floats(&types, cotangent)].concat(),
    };
    (xs, ws)
}

/// Returns the results of `transform` by rune's functions.
fn apply(case: &Case, transform: Transform, xs: &[Tensor], ws: &[Tensor]) -> Vec<Tensor> {
    let floats: Vec<Tensor> = xs.iter().filter(|x| x.dtype().is_float()).cloned().collect();
    let of = |floats: &Vec<Tensor>| results(case, &replace_floats(xs, floats));
    let twice = |floats: &Vec<Tensor>| {
        let cotangents = ws[..ws.len() - floats.len()].to_vec();
        gradient(case, &replace_floats(xs, floats), &cotangents, true)
    };
    match transform {
        Jvp => jvp(of, &floats, &ws.to_vec()).1,
        Vjp => vjp(of, &floats).1(&ws.to_vec()),
        Vmap => unreachable!("the axes are known to `mapped`"),
        VmapGrad => {
            let each = |xs: &Vec<Tensor>, ws: &Vec<Tensor>| gradient(case, xs, ws, false);
            vmap_axes((Some(0), None), 0, each)(&xs.to_vec(), &ws.to_vec())
        }
        GradVmap => {
            let axes: Vec<Option<i64>> = (0..xs.len()).map(|k| (k % 2 == 0).then_some(0)).collect();
            let wide = |xs: &Vec<Tensor>| vmap_axes((axes.clone(),), 0, |xs: &Vec<Tensor>| results(case, xs))(xs);
            grad(|floats: &Vec<Tensor>| inner_product(&wide(&replace_floats(xs, floats)), ws))(&floats)
        }
        JvpGrad => jvp(twice, &floats, &ws[ws.len() - floats.len()..].to_vec()).1,
        GradGrad => grad(|x: &Vec<Tensor>| inner_product(&twice(x), &ws[ws.len() - x.len()..]))(&floats),
    }
}

/// Returns the operands, with `floats` in place of the float ones.
fn replace_floats(xs: &[Tensor], floats: &[Tensor]) -> Vec<Tensor> {
    let mut floats = floats.iter();
    let next = |x: &Tensor| if x.dtype().is_float() { floats.next().expect("as many as there are") } else { x }.clone();
    xs.iter().map(next).collect()
}

/// Returns the float results.
fn results(case: &Case, xs: &[Tensor]) -> Vec<Tensor> {
    let all = Tensor::apply(case.op.map(|&i| xs[i].clone()));
    all.into_iter().filter(|y| y.dtype().is_float()).collect()
}

/// Returns the gradient of the weighted sum of the results y, or, if `curved`, of y + y²/2. The latter gives linear
/// operations a second derivative.
fn gradient(case: &Case, xs: &[Tensor], ws: &[Tensor], curved: bool) -> Vec<Tensor> {
    let floats: Vec<Tensor> = xs.iter().filter(|x| x.dtype().is_float()).cloned().collect();
    let curve = |y: &Tensor| lax::add(y, &lax::mul(&lax::full_like(y, 0.5), &lax::mul(y, y)));
    grad(|floats: &Vec<Tensor>| {
        let ys = results(case, &replace_floats(xs, floats));
        inner_product(&if curved { ys.iter().map(curve).collect() } else { ys }, ws)
    })(&floats)
}

/// Returns the inner product as `f64`.
fn inner_product(xs: &[Tensor], ys: &[Tensor]) -> Tensor {
    assert_eq!(xs.len(), ys.len());
    let products = xs.iter().zip(ys).map(|(x, y)| {
        let sum = lax::reduce_sum(&lax::mul(x, y), &(0..x.rank()).collect::<Vec<_>>());
        lax::convert(&sum, DType::F64)
    });
    products.reduce(|a, b| lax::add(&a, &b)).expect("there is something to differentiate")
}

/// Returns `vmap` for each set of operands in the vectors, with each batch axis. The axes of operands go from the first
/// to the last, and those of results from the last to the first.
fn vmap_cases(case: &Case) -> Vec<Transformed> {
    let Some(expected) = case.transformed.get(Vmap.name()) else { return Vec::new() };
    let n = case.inputs.len();
    let alone = (0..n).map(|i| vec![i]).filter(|_| n > 1);
    let subsets: Vec<Vec<usize>> = std::iter::once((0..n).collect()).chain(alone).collect();
    assert_eq!(expected.len(), subsets.len() * case.outputs.len(), "{}", case.title());
    let mut all = Vec::new();
    for (subset, expected) in subsets.iter().zip(expected.chunks(case.outputs.len())) {
        let last = subset.iter().map(|&i| case.inputs[i].shape().rank()).max().unwrap_or(0);
        for axis in 0..=last {
            let at = |i: usize| axis.min(case.inputs[i].shape().rank());
            let in_axes: Vec<Option<i64>> = (0..n).map(|i| subset.contains(&i).then_some(at(i) as i64)).collect();
            let to: Vec<usize> = case.outputs.iter().map(|y| (last - axis).min(y.shape().rank())).collect();
            let out_axes: Vec<Option<i64>> = to.iter().map(|&a| Some(a as i64)).collect();
            let lie = |(i, x)| if subset.contains(&i) { move_first_axis(&stack_batch(x), at(i)) } else { x.clone() };
            let xs = case.inputs.iter().enumerate().map(lie).collect();
            let one = |xs: &Vec<Tensor>| Tensor::apply(case.op.map(|&i| xs[i].clone())).to_vec();
            let wide = |xs: &[Tensor], _: &[Tensor]| vmap_axes((in_axes.clone(),), out_axes.clone(), one)(&xs.to_vec());
            let (program, inputs) = traced(wide, xs, Vec::new());
            let expected = expected.iter().zip(to).map(|(y, a)| move_first_axis(y, a)).collect();
            let detail = format!(" of operands {subset:?} along axis {axis}");
            all.push(Transformed { transform: Vmap, detail, program, inputs, expected });
        }
    }
    all
}

/// Moves the first axis of `x` to position `to`.
fn move_first_axis(x: &Array, to: usize) -> Array {
    let mut permutation: Dims = (1..x.shape().rank()).collect();
    permutation.insert(to, 0);
    lax::transpose(&Tensor::from_value(x.clone()), &permutation).to_array().expect("an array can be transposed")
}

/// Stacks all batch elements of an operand.
fn stack_batch(x: &Array) -> Array {
    let shape: Vec<usize> = std::iter::once(BATCH_SIZE).chain(x.shape().iter().copied()).collect();
    let bytes: Vec<u8> = (0..BATCH_SIZE).flat_map(|n| batch_element(x, n)).collect();
    Array::from_bytes(x.ty().with_shape(shape), &bytes)
}

/// Returns batch element `n` of an operand: its elements rolled by `n`. Integers are rolled by whole rows, so that
/// index vectors stay together. A single float is increased by `n`, and a single integer is combined with `n` by
/// exclusive or.
fn batch_element(x: &Array, n: usize) -> Vec<u8> {
    with_element!(x.dtype(), T => {
        let mut elements = x.as_slice::<T>().to_vec();
        match elements.as_mut_slice() {
            [] => {}
            [one] if x.dtype().is_float() => *one = T::from_f64(one.to_f64() + n as f64),
            [_] => {
                let mut bytes = T::as_bytes(&elements).to_vec();
                bytes[0] ^= n as u8;
                return bytes;
            }
            all => {
                let row = if x.dtype().is_float() { 1 } else { x.shape()[1..].iter().product() };
                all.rotate_left(n * row % all.len());
            }
        }
        T::as_bytes(&elements).to_vec()
    })
}
