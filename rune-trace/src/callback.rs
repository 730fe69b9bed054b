//! Functions of the user's that programs call while they run.

use crate::function::{ArgRefs, Arguments, Function};
use crate::tensor::apart;
use crate::{Tensor, Tree, name_of};
use rune_ir::op::{Callback, CallbackFn, Identity, VmapMethod};
use rune_ir::{Array, Op, Type};
use rustc_hash::FxHasher;
use std::fmt;
use std::hash::Hasher;
use std::panic::Location;

/// The types of what a callback returns: a [`Type`] for a tensor, tuples, arrays and `Vec`s of such, or a tree, whose leaves count by
/// their types only.
pub trait ResultSpec {
    /// What the callback returns.
    type Tree: Tree;
    /// A tree of tensors of these types, without values.
    fn stand_in(self) -> Self::Tree;
}

/// What a callback may return: a tree, or a `Result` of one, whose error fails the program.
pub trait CallbackOutput<Y> {
    /// The tree, or the message of the error.
    ///
    /// # Errors
    /// That of the callback.
    fn into_result(self) -> Result<Y, String>;
}

impl<Y: Tree> CallbackOutput<Y> for Y {
    fn into_result(self) -> Result<Y, String> {
        Ok(self)
    }
}
impl<Y: Tree, E: fmt::Display> CallbackOutput<Y> for Result<Y, E> {
    fn into_result(self) -> Result<Y, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Has a program call `f` while it runs, in all modes: what is computed by other means than operations can be part of compiled
/// functions and of loops. JAX's `jax.pure_callback`.
///
/// `results` are the types of what `f` returns, which have to be known beforehand. `f` is given the values of `args`, as tensors in
/// the memory of the host.
///
/// ```
/// use rune_trace::{Tensor, pure_callback};
/// let words = |x: &Tensor| -> Result<Tensor, Box<dyn std::error::Error>> {
///     let digits: Vec<String> = x.to_vec::<i32>()?.iter().map(ToString::to_string).collect();
///     Ok(Tensor::scalar(digits.join("").parse::<i32>()?))
/// };
/// let x = Tensor::from([1, 2, 3]);
/// let y = pure_callback(words, Tensor::scalar(0i32).ty(), &x);
/// assert_eq!(y.item::<i32>()?, 123);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
///
/// What `f` returns has to depend on its arguments alone: it is not called where nothing uses its results, once for two calls alike, and
/// perhaps again where [`checkpoint`](crate::checkpoint) computes again. [`io_callback`] is for what does more. Calls of one
/// function that captures nothing with the same arguments are alike; of closures that capture something, each is another one.
///
/// It has no derivative: wrap it into [`custom_jvp`](crate::custom_jvp) or [`custom_vjp`](crate::custom_vjp). For `vmap` see
/// [`pure_callback_with`]. An error of `f`, or a panic, becomes the error of the program; so does a result of other types than announced.
///
/// A program that calls a function of this process cannot be saved, and runs on CPUs only: compiled for other devices it is refused.
///
/// # Panics
/// Differentiating it or batching it, at its line.
#[track_caller]
pub fn pure_callback<'a, X, F, S>(f: F, results: S, args: impl ArgRefs<'a, X>) -> S::Tree
where
    X: Arguments + Send + Sync,
    F: Function<X, Output: CallbackOutput<S::Tree>> + 'static,
    S: ResultSpec<Tree: Send + Sync>,
{
    call::<X, F, S>(CallbackFn::Pure, None, f, results, args.refs(), Location::caller())
}

/// As [`pure_callback`], for `vmap` too: `method` says how all lanes are computed. JAX's `vmap_method`.
///
/// ```
/// use rune_trace::op::VmapMethod;
/// use rune_trace::{DType, Tensor, pure_callback_with, vmap};
/// // Called once, with all rows.
/// let norms = |x: &Tensor| (x * x).sum_axes(-1).sqrt();
/// let norm = move |x: &Tensor| pure_callback_with(VmapMethod::ExpandDims, norms, x.i(0).ty(), x);
/// let rows = Tensor::from([[3.0f32, 4.0], [6.0, 8.0]]);
/// assert_eq!(vmap(norm)(&rows).to_vec::<f32>()?, [5.0, 10.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
///
/// # Panics
/// Differentiating it, at its line.
#[track_caller]
pub fn pure_callback_with<'a, X, F, S>(method: VmapMethod, f: F, results: S, args: impl ArgRefs<'a, X>) -> S::Tree
where
    X: Arguments + Send + Sync,
    F: Function<X, Output: CallbackOutput<S::Tree>> + 'static,
    S: ResultSpec<Tree: Send + Sync>,
{
    call::<X, F, S>(CallbackFn::Pure, Some(method), f, results, args.refs(), Location::caller())
}

/// Has a program call `f` each time it runs, for what it does: reading, writing, counting. JAX's `io_callback`, always ordered.
///
/// It is an effect, as [`debug_print!`](crate::debug_print): never left out, done twice or moved past another effect. Outside of functions
/// that are being traced it is called at once. Its results can be used as any tensors.
///
/// ```
/// use rune_trace::{Tensor, io_callback, make_program};
/// use std::sync::{Arc, Mutex};
/// let log: Arc<Mutex<Vec<f32>>> = Arc::default();
/// let to = log.clone();
/// let note = move |x: &Tensor| x.item::<f32>().map(|x| to.lock().unwrap().push(x));
/// io_callback(note, (), &Tensor::scalar(1.5f32));
/// assert_eq!(*log.lock().unwrap(), [1.5]);
/// ```
///
/// Under `vmap` it is called once for each lane, in order, if an argument differs by lane. A choice or the end of a loop that lanes decide on each for
/// themselves cannot be computed with it inside. All else is as of [`pure_callback`].
///
/// # Panics
/// If it is called at once and fails; where it is differentiated, or cannot be batched.
#[track_caller]
pub fn io_callback<'a, X, F, S>(f: F, results: S, args: impl ArgRefs<'a, X>) -> S::Tree
where
    X: Arguments + Send + Sync,
    F: Function<X, Output: CallbackOutput<S::Tree>> + 'static,
    S: ResultSpec<Tree: Send + Sync>,
{
    call::<X, F, S>(CallbackFn::Io, None, f, results, args.refs(), Location::caller())
}

#[track_caller]
fn call<X, F, S>(
    kind: CallbackFn,
    vmap_method: Option<VmapMethod>,
    f: F,
    results: S,
    args: X::Refs<'_>,
    location: &'static Location<'static>,
) -> S::Tree
where
    X: Arguments + Send + Sync,
    F: Function<X, Output: CallbackOutput<S::Tree>> + 'static,
    S: ResultSpec<Tree: Send + Sync>,
{
    let mut operands = Vec::new();
    X::visit(args, &mut |_, _, leaf| operands.push(leaf.clone()));
    let announced = results.stand_in();
    let (paths, types) =
        announced.leaves_with_paths("result").into_iter().map(|(path, leaf)| (path, leaf.ty().clone())).unzip();
    let structure = hashed(|hasher| {
        X::structure(args, hasher);
        announced.structure(hasher);
    });
    let identity = Identity::of::<F, (X, S::Tree)>(structure);
    let like = X::map(args, &mut |leaf| unknown(leaf.ty()));
    let returned = announced.map(&mut |leaf| leaf.clone());
    let run = move |arrays: &[Array]| -> Result<Vec<Array>, String> {
        let mut arrays = arrays.iter().cloned();
        let args = X::map(like.refs(), &mut |_| Tensor::from(arrays.next().expect("one array for each leaf")));
        let given = f.call(&args).into_result()?;
        if hashed(|hasher| given.structure(hasher)) != hashed(|hasher| announced.structure(hasher)) {
            return Err("it returned a tree of another structure than was announced".to_owned());
        }
        given.leaves().iter().map(|leaf| leaf.to_array().map_err(|error| error.to_string())).collect()
    };
    let run = move |arrays: &[Array]| apart(|| run(arrays));
    let callback = Callback::new(identity, name_of::<F>(), location.into(), paths, run);
    let op = Op::Callback { f: kind, args: operands, callback, results: types, vmap_method };
    returned.with_leaves(Tensor::apply(op))
}

fn hashed(feed: impl FnOnce(&mut FxHasher)) -> u64 {
    let mut hasher = FxHasher::default();
    feed(&mut hasher);
    hasher.finish()
}

/// A tensor that has a type, and nothing else.
fn unknown(ty: &Type) -> Tensor {
    Tensor::param(ty.clone(), None, "a callback")
}

impl ResultSpec for Type {
    type Tree = Tensor;
    fn stand_in(self) -> Tensor {
        unknown(&self)
    }
}
impl ResultSpec for &Type {
    type Tree = Tensor;
    fn stand_in(self) -> Tensor {
        unknown(self)
    }
}
impl<Y: Tree> ResultSpec for &Y {
    type Tree = Y;
    fn stand_in(self) -> Y {
        self.map(&mut |leaf| unknown(leaf.ty()))
    }
}
impl<S: ResultSpec> ResultSpec for Vec<S> {
    type Tree = Vec<S::Tree>;
    fn stand_in(self) -> Vec<S::Tree> {
        self.into_iter().map(S::stand_in).collect()
    }
}
impl<S: ResultSpec, const N: usize> ResultSpec for [S; N] {
    type Tree = [S::Tree; N];
    fn stand_in(self) -> [S::Tree; N] {
        self.map(S::stand_in)
    }
}

macro_rules! tuples {
    ($($($S:ident $i:tt),*;)*) => {$(
        impl<$($S: ResultSpec),*> ResultSpec for ($($S,)*) {
            type Tree = ($($S::Tree,)*);
            #[allow(clippy::unused_unit)]
            fn stand_in(self) -> Self::Tree {
                ($(self.$i.stand_in(),)*)
            }
        }
    )*};
}
tuples! {
    ;
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
}
