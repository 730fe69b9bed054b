//! User functions that programs call while they run.

use crate::function::{ArgRefs, Arguments, Function};
use crate::tensor::outside_trace;
use crate::tree::{hashed, structure_hash};
use crate::{Tensor, Tree, name_of};
use rune_ir::op::{Callback, CallbackFn, Identity, VmapMethod};
use rune_ir::{Array, Op, Type};
use std::fmt;
use std::panic::Location;

/// The types of the result of a callback: a [`Type`] for a tensor; tuples, arrays and `Vec`s of them; or a tree, of
/// which only the types of the leaves matter.
pub trait ResultSpec {
    /// The type of the result.
    type Tree: Tree;
    /// Returns a tree of tensors of these types, without values.
    fn stand_in(self) -> Self::Tree;
}

/// The result of a callback: a tree, or a `Result` of one. An error becomes the error of the program.
pub trait CallbackOutput<Y> {
    /// Returns the tree, or the error message.
    ///
    /// # Errors
    /// The error of the callback.
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

/// Lets a program call `f` while it runs. This works in all modes, so compiled functions and loops can contain
/// computations that are not operations. This is JAX's `jax.pure_callback`.
///
/// `results` are the types of the result of `f`, which must be known in advance. `f` gets the values of `args` as
/// tensors in host memory.
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
/// The result of `f` must depend only on its arguments. `f` is not called if its results are unused. Two equal calls
/// may become one, and [`checkpoint`](crate::checkpoint) may call `f` again. Use [`io_callback`] for functions with
/// side effects. Two calls are equal if they have the same arguments and call one function that captures nothing;
/// closures that capture something are always different.
///
/// A callback has no derivative: use [`custom_jvp`](crate::custom_jvp) or [`custom_vjp`](crate::custom_vjp) around it.
/// For `vmap`, see [`pure_callback_with`]. An error or panic of `f` becomes the error of the program. The program also
/// fails if the types of the result are not those in `results`.
///
/// A program that calls a function of this process cannot be saved. On a GPU, each call copies the arguments to the
/// host and the results back.
///
/// # Panics
/// At the line of the callback, if it is differentiated or batched.
#[track_caller]
pub fn pure_callback<'a, X, F, S>(f: F, results: S, args: impl ArgRefs<'a, X>) -> S::Tree
where
    X: Arguments + Send + Sync,
    F: Function<X, Output: CallbackOutput<S::Tree>> + 'static,
    S: ResultSpec<Tree: Send + Sync>,
{
    call::<X, F, S>(CallbackFn::Pure, None, f, results, args.refs(), Location::caller())
}

/// Like [`pure_callback`], but also for `vmap`: `method` determines how a batch is computed, like JAX's `vmap_method`.
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
/// At the line of the callback, if it is differentiated.
#[track_caller]
pub fn pure_callback_with<'a, X, F, S>(method: VmapMethod, f: F, results: S, args: impl ArgRefs<'a, X>) -> S::Tree
where
    X: Arguments + Send + Sync,
    F: Function<X, Output: CallbackOutput<S::Tree>> + 'static,
    S: ResultSpec<Tree: Send + Sync>,
{
    call::<X, F, S>(CallbackFn::Pure, Some(method), f, results, args.refs(), Location::caller())
}

/// Lets a program call `f` each time it runs, for side effects such as reading, writing and counting. This is JAX's
/// `io_callback`, always ordered.
///
/// The call is an effect, like [`debug_print!`](crate::debug_print): it is never dropped, repeated or reordered.
/// Outside traced functions, `f` is called immediately. Its results can be used like any tensors.
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
/// If an argument is mapped, `vmap` calls `f` once for each batch element, in order. The call cannot be inside a branch
/// or loop whose condition is mapped. Everything else is as in [`pure_callback`].
///
/// # Panics
/// If `f` is called immediately and fails, or if the call is differentiated or cannot be batched.
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
        if structure_hash(&given) != structure_hash(&announced) {
            return Err("it returned a tree of another structure than announced".to_owned());
        }
        given.leaves().iter().map(|leaf| leaf.to_array().map_err(|error| error.to_string())).collect()
    };
    let run = move |arrays: &[Array]| outside_trace(|| run(arrays));
    let callback = Callback::new(identity, name_of::<F>(), location.into(), paths, run);
    let op = Op::Callback { f: kind, args: operands, callback, results: types, vmap_method };
    returned.with_leaves(Tensor::apply(op))
}

/// Returns a tensor with only a type.
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
