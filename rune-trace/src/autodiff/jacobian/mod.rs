//! Jacobians: a linear function, batched over a basis.

mod hessian;

pub use hessian::{Hessian, hessian, hessian_argnums, hessian_aux, hessian_aux_argnums};

use super::grad::{First, without_aux};
use super::traced_function::{DerivativeKind, DifferentiatedLeaves, TracedFunction};
use crate::call_site::CallSite;
use crate::function::{Argnums, Arguments, Function};
use crate::tensor::{Keep, begin_trace, lax, trace};
use crate::transform::{BatchAxis, Batched, move_axis, vmap};
use crate::{GenericTree, Tensor, Tree, TreePath};
use rune_ir::{DType, Shape, Transform, Type};

/// The Jacobian of a result `Y` with respect to an argument `A`: a tree like `Y` with a tree like `A` in place of each
/// leaf. For two tensors, it is a tensor.
pub type Jacobian<Y, A> = <Y as GenericTree>::Of<A>;

/// Returns a function that computes the Jacobian of `f` with respect to its first argument, in forward mode. The
/// returned function takes the same arguments as `f`. Its result has the structure of the result of `f`, with a tree
/// like the first argument in place of each leaf. The axes of each derivative are those of the result, followed by
/// those of the argument.
///
/// `f` runs once, with its own Rust control flow. The linear part of `f` also runs once, on a batch with one element
/// for each element of the argument. Use `jacfwd` if the argument has fewer elements than the result, and [`jacrev`]
/// otherwise.
///
/// ```
/// use rune_trace::{Tensor, jacfwd};
/// let f = |x: &Tensor| x * x * x;
/// let j = jacfwd(f)(&Tensor::from([1.0f32, 2.0]));
/// assert_eq!(*j.shape(), [2, 2]);
/// assert_eq!(j.to_vec::<f32>()?, [3.0, 0.0, 0.0, 12.0]);
/// // Of a pair, by a list: a pair of lists.
/// let f = |x: &Vec<Tensor>| (&x[0] * &x[1], x[0].sin());
/// let (by_product, _) = jacfwd(f)(&vec![Tensor::scalar(2.0f32), Tensor::scalar(3.0f32)]);
/// assert_eq!((by_product[0].item::<f32>()?, by_product[1].item::<f32>()?), (3.0, 2.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// The returned function panics if a leaf of the first argument or of the result is not a float.
#[track_caller]
pub fn jacfwd<'f, X, F>(f: F) -> F::Returning<'f, Jacobian<F::Output, X::First>>
where
    X: Arguments,
    F: Function<X, Output: GenericTree> + 'f,
{
    derivative_function("jacfwd", First, DerivativeKind::RealArguments, f, without_aux, forward, |j, ()| j)
}

/// Like [`jacfwd`], for a function with an auxiliary result that is not differentiated. Returns the Jacobian and the
/// auxiliary result.
#[track_caller]
pub fn jacfwd_aux<'f, X, F, Y: GenericTree, Aux: Tree>(f: F) -> F::Returning<'f, (Jacobian<Y, X::First>, Aux)>
where
    X: Arguments,
    F: Function<X, Output = (Y, Aux)> + 'f,
{
    derivative_function("jacfwd_aux", First, DerivativeKind::RealArguments, f, |y| y, forward, |j, aux| (j, aux))
}

/// Like [`jacfwd`], with respect to the arguments `argnums`.
#[track_caller]
pub fn jacfwd_argnums<'f, X, F, S>(argnums: S, f: F) -> F::Returning<'f, Jacobian<F::Output, S::Grads>>
where
    X: Arguments,
    F: Function<X, Output: GenericTree> + 'f,
    S: Argnums<X> + 'f,
{
    derivative_function("jacfwd_argnums", argnums, DerivativeKind::RealArguments, f, without_aux, forward, |j, ()| j)
}

/// Like [`jacfwd_aux`], with respect to the arguments `argnums`.
#[track_caller]
pub fn jacfwd_aux_argnums<'f, X, F, S, Y: GenericTree, Aux: Tree>(
    argnums: S,
    f: F,
) -> F::Returning<'f, (Jacobian<Y, S::Grads>, Aux)>
where
    X: Arguments,
    F: Function<X, Output = (Y, Aux)> + 'f,
    S: Argnums<X> + 'f,
{
    derivative_function(
        "jacfwd_aux_argnums",
        argnums,
        DerivativeKind::RealArguments,
        f,
        |y| y,
        forward,
        |j, aux| (j, aux),
    )
}

/// Returns a function that computes the Jacobian of `f` with respect to its first argument, in reverse mode. The result
/// is that of [`jacfwd`], but the batch has one element for each element of the result. Use `jacrev` if the result has
/// fewer elements than the argument.
///
/// ```
/// use rune_trace::{Argnum, Tensor, jacrev, jacrev_argnums};
/// let f = |a: &Tensor, x: &Tensor| a.matmul(x);
/// let (a, x) = (Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]), Tensor::from([5.0f32, 6.0]));
/// assert_eq!(*jacrev(f)(&a, &x).shape(), [2, 2, 2]);
/// assert_eq!(jacrev_argnums(Argnum::<1>, f)(&a, &x).to_vec::<f32>()?, [1.0, 2.0, 3.0, 4.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// Like [`jacfwd`].
#[doc(alias = "jacobian")]
#[track_caller]
pub fn jacrev<'f, X, F>(f: F) -> F::Returning<'f, Jacobian<F::Output, X::First>>
where
    X: Arguments,
    F: Function<X, Output: GenericTree> + 'f,
{
    derivative_function("jacrev", First, DerivativeKind::RealResults, f, without_aux, reverse, |j, ()| j)
}

/// Like [`jacrev`], for a function with an auxiliary result that is not differentiated. Returns the Jacobian and the
/// auxiliary result.
#[track_caller]
pub fn jacrev_aux<'f, X, F, Y: GenericTree, Aux: Tree>(f: F) -> F::Returning<'f, (Jacobian<Y, X::First>, Aux)>
where
    X: Arguments,
    F: Function<X, Output = (Y, Aux)> + 'f,
{
    derivative_function("jacrev_aux", First, DerivativeKind::RealResults, f, |y| y, reverse, |j, aux| (j, aux))
}

/// Like [`jacrev`], with respect to the arguments `argnums`.
#[track_caller]
pub fn jacrev_argnums<'f, X, F, S>(argnums: S, f: F) -> F::Returning<'f, Jacobian<F::Output, S::Grads>>
where
    X: Arguments,
    F: Function<X, Output: GenericTree> + 'f,
    S: Argnums<X> + 'f,
{
    derivative_function("jacrev_argnums", argnums, DerivativeKind::RealResults, f, without_aux, reverse, |j, ()| j)
}

/// Like [`jacrev_aux`], with respect to the arguments `argnums`.
#[track_caller]
pub fn jacrev_aux_argnums<'f, X, F, S, Y: GenericTree, Aux: Tree>(
    argnums: S,
    f: F,
) -> F::Returning<'f, (Jacobian<Y, S::Grads>, Aux)>
where
    X: Arguments,
    F: Function<X, Output = (Y, Aux)> + 'f,
    S: Argnums<X> + 'f,
{
    derivative_function(
        "jacrev_aux_argnums",
        argnums,
        DerivativeKind::RealResults,
        f,
        |y| y,
        reverse,
        |j, aux| (j, aux),
    )
}

/// Like [`jacfwd`], for a holomorphic function with complex arguments and results.
///
/// ```
/// use rune_trace::{Complex32, Tensor, jacfwd_holomorphic, jacrev_holomorphic};
/// let z = Tensor::from([Complex32::new(1.0, 2.0)]);
/// let f = |z: &Tensor| z * z;
/// for j in [jacfwd_holomorphic(f)(&z), jacrev_holomorphic(f)(&z)] {
///     assert_eq!(j.to_vec::<Complex32>()?, [Complex32::new(2.0, 4.0)]);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Panics
/// The returned function panics if a leaf of the first argument or of the result is not complex.
#[track_caller]
pub fn jacfwd_holomorphic<'f, X, F>(f: F) -> F::Returning<'f, Jacobian<F::Output, X::First>>
where
    X: Arguments,
    F: Function<X, Output: GenericTree> + 'f,
{
    derivative_function("jacfwd_holomorphic", First, DerivativeKind::Holomorphic, f, without_aux, forward, |j, ()| j)
}

/// Like [`jacrev`], for a holomorphic function with complex arguments and results. See [`jacfwd_holomorphic`].
///
/// # Panics
/// Like [`jacfwd_holomorphic`].
#[track_caller]
pub fn jacrev_holomorphic<'f, X, F>(f: F) -> F::Returning<'f, Jacobian<F::Output, X::First>>
where
    X: Arguments,
    F: Function<X, Output: GenericTree> + 'f,
{
    derivative_function("jacrev_holomorphic", First, DerivativeKind::Holomorphic, f, without_aux, reverse, |j, ()| j)
}

/// Computes a derivative `J` of the function `f`, and its auxiliary result.
type Derivative<X, S, Y, Aux, J> =
    for<'a, 'b> fn(<X as Arguments>::Refs<'a>, S, DerivativeKind, CallSite, &'b dyn Fn(&X) -> (Y, Aux)) -> (J, Aux);

/// Returns the derivative function of `f`. All functions of this module use it. They differ in the split of the result
/// of `f` into a differentiated and an auxiliary part, in the derivative, and in the result.
#[track_caller]
fn derivative_function<'f, X, F, S, Y, Aux, J, Out>(
    name: &'static str,
    argnums: S,
    by: DerivativeKind,
    f: F,
    split: fn(F::Output) -> (Y, Aux),
    derivative: Derivative<X, S, Y, Aux, J>,
    result: fn(J, Aux) -> Out,
) -> F::Returning<'f, Out>
where
    X: Arguments,
    F: Function<X, Output: 'f> + 'f,
    S: Argnums<X> + 'f,
    Y: GenericTree,
    Aux: Tree,
    J: 'f,
    Out: 'f,
{
    let place = CallSite::here(name);
    F::returning(move |args| {
        place.run_in_closure::<X, _, _>(&f, args, || {
            let (j, aux) = derivative(args, argnums, by, place, &|x| split(f.call(x)));
            result(j, aux)
        })
    })
}

/// Returns the Jacobian by columns: pushes a basis of the arguments forward.
fn forward<X: Arguments, S: Argnums<X>, Y: GenericTree, Aux: Tree>(
    args: X::Refs<'_>,
    argnums: S,
    by: DerivativeKind,
    place: CallSite,
    f: &dyn Fn(&X) -> (Y, Aux),
) -> (Jacobian<Y, S::Grads>, Aux) {
    let chosen = DifferentiatedLeaves::new::<X, S>(args, argnums, by, place);
    let run = TracedFunction::new::<X>(args, &chosen.by, true, place, f);
    let inputs = Blocks::new(run.differentiated_primals().iter().map(Tensor::ty));
    let (value, aux, linear) = run.linearize();
    check_results(&value, by, place);
    let leaves = value.leaves();
    let push_forward = |tangents: &[Tensor]| {
        let outputs = leaves.iter().zip(linear.push_forward(tangents));
        outputs.map(|(y, dy)| dy.unwrap_or_else(|| lax::full_like(y, 0.0))).collect()
    };
    let jacobian = place.run(Transform::Jvp, || {
        let mut columns = on_batch(inputs.size, inputs.basis(), push_forward).into_iter();
        value.map_trees(&mut |y| {
            let columns = move_axis(&columns.next().expect("columns for each leaf"), 0, y.rank());
            chosen.map(args, argnums, &mut |i, x| {
                lax::reshape(&inputs.part(i, &columns, y.rank()), [&y.shape()[..], x.shape()].concat())
            })
        })
    });
    (jacobian, aux)
}

/// Returns the Jacobian by rows: pulls a basis of the results back.
fn reverse<X: Arguments, S: Argnums<X>, Y: GenericTree, Aux: Tree>(
    args: X::Refs<'_>,
    argnums: S,
    by: DerivativeKind,
    place: CallSite,
    f: &dyn Fn(&X) -> (Y, Aux),
) -> (Jacobian<Y, S::Grads>, Aux) {
    let chosen = DifferentiatedLeaves::new::<X, S>(args, argnums, by, place);
    let run = TracedFunction::new::<X>(args, &chosen.by, true, place, f);
    let (value, aux, linear) = run.with_known_trip_counts().linearize();
    check_results(&value, by, place);
    let outputs = Blocks::new(value.leaves().iter().map(Tensor::ty));
    let pull_back = |cotangents: &[Tensor]| {
        let none = aux.leaves().into_iter().map(|_| None);
        linear.transpose(cotangents.iter().cloned().map(Some).chain(none).collect())
    };
    let jacobian = place.run(Transform::Transpose, || {
        let rows = on_batch(outputs.size, outputs.basis(), pull_back);
        let mut blocks = 0..;
        value.map_trees(&mut |y| {
            let block = blocks.next().expect("a range without end");
            chosen.map(args, argnums, &mut |i, x| {
                lax::reshape(&outputs.part(block, &rows[i], 0), [&y.shape()[..], x.shape()].concat())
            })
        })
    });
    (jacobian, aux)
}

fn check_results<Y: Tree>(value: &Y, by: DerivativeKind, place: CallSite) {
    value.visit(&mut TreePath::root("output"), &mut |path, y| by.check_result(path, y, place));
}

/// Returns the results of `f` for a batch of `size` elements, along new first axes. The batch axes of `fronts` are
/// their first axes.
fn on_batch(size: usize, fronts: Vec<Tensor>, f: impl FnOnce(&[Tensor]) -> Vec<Tensor>) -> Vec<Tensor> {
    if size == 1 {
        // A single element needs no batched operations.
        let element: Vec<Tensor> = fronts.iter().map(|x| lax::reshape(x, &x.shape()[1..])).collect();
        return f(&element).iter().map(|y| lax::reshape(y, [&[1], &y.shape()[..]].concat())).collect();
    }
    let active_trace = begin_trace();
    let types = fronts.iter().map(|x| x.ty().with_shape(&x.shape()[1..]));
    let params: Vec<Tensor> = types.map(|ty| Tensor::param(ty, None, "vmap")).collect();
    let outputs = f(&params);
    let traced = trace("f", &params, &outputs, Keep::Recorded(active_trace.end()));
    let mapped = fronts.into_iter().map(Batched::mapped);
    let inputs = mapped.chain(traced.captured.into_iter().map(Batched::unmapped)).collect();
    vmap(&traced.program, &BatchAxis { size, name: None }, inputs).iter().map(|y| y.broadcast(size)).collect()
}

/// Several leaves as one vector. The elements of each leaf are a block of it.
struct Blocks {
    types: Vec<Type>,
    starts: Vec<usize>,
    size: usize,
}

impl Blocks {
    fn new<'a>(types: impl Iterator<Item = &'a Type>) -> Blocks {
        let mut blocks = Blocks { types: types.cloned().collect(), starts: Vec::new(), size: 0 };
        for ty in &blocks.types {
            blocks.starts.push(blocks.size);
            blocks.size += ty.size();
        }
        blocks
    }
    /// Returns leaves whose batch element `k`, along the first axis, is the `k`-th unit vector.
    fn basis(&self) -> Vec<Tensor> {
        let leaf = |(ty, &start): (&Type, &usize)| {
            let shape = [&[self.size], &ty.shape[..]].concat();
            if self.size == 1 {
                return lax::full(ty.dtype, &Shape::from(shape), 1.0);
            }
            let flat = Shape::from([self.size, ty.size()]);
            let [row, column] = [0, 1].map(|axis| lax::iota(DType::I32, flat.clone(), axis));
            let column = lax::add(&column, &lax::full(DType::I32, &flat, start as f64));
            lax::reshape(&lax::convert(&lax::eq(&row, &column), ty.dtype), shape)
        };
        self.types.iter().zip(&self.starts).map(leaf).collect()
    }
    /// Returns the part of `all` along `axis` that belongs to this block.
    fn part(&self, block: usize, all: &Tensor, axis: usize) -> Tensor {
        let size = self.types[block].size();
        if size == self.size {
            return all.clone();
        }
        let (mut start, mut limit) = (vec![0; all.rank()], all.shape().to_vec());
        (start[axis], limit[axis]) = (self.starts[block], self.starts[block] + size);
        lax::slice(all, &start, &limit, &vec![1; all.rank()])
    }
}
