//! Reverse mode for functions: `grad` and its variants.

use super::gradients;
use super::traced_function::{DerivativeKind, DifferentiatedLeaves};
use crate::call_site::CallSite;
use crate::function::{Argnums, Arguments, Function};
use crate::{Tensor, Tree};

/// Returns the gradient function of a function with a scalar result, with respect to its first argument. The gradient
/// function takes the same arguments as `f`, and its result has the structure of the first argument.
///
/// ```
/// use rune_trace::{Tensor, grad};
/// fn f(x: &Tensor) -> Tensor { x * x * x + x * x }
/// let x = Tensor::scalar(2.0f32);
/// assert_eq!(grad(f)(&x).item::<f32>().unwrap(), 16.0);
/// assert_eq!(grad(grad(grad(f)))(&x).item::<f32>().unwrap(), 6.0);
/// ```
///
/// The function runs once for each call, with its own Rust control flow; it may read values, for example by
/// [`Tensor::item`].
///
/// # Panics
/// The returned function panics if the result is not a float scalar, or if a leaf of the first argument is neither a
/// float nor complex.
#[doc(alias = "backward")]
#[track_caller]
pub fn grad<'f, X, F>(f: F) -> F::Returning<'f, X::First>
where
    X: Arguments,
    F: Function<X, Output = Tensor> + 'f,
{
    gradient_function("grad", First, DerivativeKind::RealResults, f, without_aux, |_, (), dx| dx)
}

/// Returns the derivative function of a holomorphic function with a complex scalar result, with respect to its first
/// argument, which is complex.
///
/// [`grad`] takes functions with a real result and real or complex arguments. For a complex argument `x + iy`, it
/// returns `∂f/∂x - i ∂f/∂y`, like JAX. To descend, step against the conjugate of this gradient.
///
/// ```
/// use rune_trace::{Complex32, Tensor, grad, grad_holomorphic};
/// let z = Tensor::scalar(Complex32::new(1.0, 2.0));
/// assert_eq!(grad_holomorphic(|z: &Tensor| z * z)(&z).item::<Complex32>()?, Complex32::new(2.0, 4.0));
/// let square = |z: &Tensor| z.real().square() + z.imag().square();
/// assert_eq!(grad(square)(&z).item::<Complex32>()?, Complex32::new(2.0, -4.0));
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
///
/// # Panics
/// The returned function panics if the result is not a complex scalar, or a leaf of the first argument is not complex.
#[track_caller]
pub fn grad_holomorphic<'f, X, F>(f: F) -> F::Returning<'f, X::First>
where
    X: Arguments,
    F: Function<X, Output = Tensor> + 'f,
{
    gradient_function("grad_holomorphic", First, DerivativeKind::Holomorphic, f, without_aux, |_, (), dx| dx)
}

/// Like [`grad_holomorphic`], but returns the value and the derivative. The value is not computed twice.
///
/// # Panics
/// Like [`grad_holomorphic`].
#[track_caller]
pub fn value_and_grad_holomorphic<'f, X, F>(f: F) -> F::Returning<'f, (Tensor, X::First)>
where
    X: Arguments,
    F: Function<X, Output = Tensor> + 'f,
{
    gradient_function("value_and_grad_holomorphic", First, DerivativeKind::Holomorphic, f, without_aux, |y, (), dx| {
        (y, dx)
    })
}

/// Like [`grad`], but returns the value and the gradient. The value is not computed twice.
///
/// ```
/// use rune_trace::{Tensor, value_and_grad};
/// let (y, dx) = value_and_grad(|x: &Tensor| (x * x).sum())(&Tensor::from_slice([2], &[1.0f32, 2.0]));
/// assert_eq!(y.item::<f32>().unwrap(), 5.0);
/// assert_eq!(dx.to_vec::<f32>().unwrap(), [2.0, 4.0]);
/// ```
///
/// # Panics
/// Like [`grad`].
#[track_caller]
pub fn value_and_grad<'f, X, F>(f: F) -> F::Returning<'f, (Tensor, X::First)>
where
    X: Arguments,
    F: Function<X, Output = Tensor> + 'f,
{
    gradient_function("value_and_grad", First, DerivativeKind::RealResults, f, without_aux, |y, (), dx| (y, dx))
}

/// Like [`grad`], for a function with an auxiliary result that is not differentiated. Returns the gradient and the
/// auxiliary result.
#[track_caller]
pub fn grad_aux<'f, X, F, Aux: Tree>(f: F) -> F::Returning<'f, (X::First, Aux)>
where
    X: Arguments,
    F: Function<X, Output = (Tensor, Aux)> + 'f,
{
    gradient_function("grad_aux", First, DerivativeKind::RealResults, f, |y| y, |_, aux, dx| (dx, aux))
}

/// Like [`value_and_grad`], for a function with an auxiliary result that is not differentiated. Returns `((value, aux),
/// gradient)`, like JAX with `has_aux`.
#[track_caller]
pub fn value_and_grad_aux<'f, X, F, Aux: Tree>(f: F) -> F::Returning<'f, ((Tensor, Aux), X::First)>
where
    X: Arguments,
    F: Function<X, Output = (Tensor, Aux)> + 'f,
{
    gradient_function("value_and_grad_aux", First, DerivativeKind::RealResults, f, |y| y, |y, aux, dx| ((y, aux), dx))
}

/// Like [`grad`], with respect to the arguments `argnums`.
///
/// ```
/// use rune_trace::{Argnum, Tensor, grad_argnums};
/// let f = |x: &Tensor, y: &Tensor| x * x + y * y;
/// let (dx, dy) = grad_argnums((Argnum::<0>, Argnum::<1>), f)(&Tensor::scalar(3.0f32), &Tensor::scalar(4.0f32));
/// assert_eq!((dx.item::<f32>().unwrap(), dy.item::<f32>().unwrap()), (6.0, 8.0));
/// ```
#[track_caller]
pub fn grad_argnums<'f, X, F, S>(argnums: S, f: F) -> F::Returning<'f, S::Grads>
where
    X: Arguments,
    F: Function<X, Output = Tensor> + 'f,
    S: Argnums<X> + 'f,
{
    gradient_function("grad_argnums", argnums, DerivativeKind::RealResults, f, without_aux, |_, (), grads| grads)
}

/// Like [`grad_aux`], with respect to the arguments `argnums`.
#[track_caller]
pub fn grad_aux_argnums<'f, X, F, S, Aux: Tree>(argnums: S, f: F) -> F::Returning<'f, (S::Grads, Aux)>
where
    X: Arguments,
    F: Function<X, Output = (Tensor, Aux)> + 'f,
    S: Argnums<X> + 'f,
{
    gradient_function("grad_aux_argnums", argnums, DerivativeKind::RealResults, f, |y| y, |_, aux, grads| (grads, aux))
}

/// Like [`value_and_grad`], with respect to the arguments `argnums`.
#[track_caller]
pub fn value_and_grad_argnums<'f, X, F, S>(argnums: S, f: F) -> F::Returning<'f, (Tensor, S::Grads)>
where
    X: Arguments,
    F: Function<X, Output = Tensor> + 'f,
    S: Argnums<X> + 'f,
{
    gradient_function("value_and_grad_argnums", argnums, DerivativeKind::RealResults, f, without_aux, |y, (), grads| {
        (y, grads)
    })
}

/// Like [`value_and_grad_aux`], with respect to the arguments `argnums`.
#[track_caller]
pub fn value_and_grad_aux_argnums<'f, X, F, S, Aux: Tree>(
    argnums: S,
    f: F,
) -> F::Returning<'f, ((Tensor, Aux), S::Grads)>
where
    X: Arguments,
    F: Function<X, Output = (Tensor, Aux)> + 'f,
    S: Argnums<X> + 'f,
{
    gradient_function(
        "value_and_grad_aux_argnums",
        argnums,
        DerivativeKind::RealResults,
        f,
        |y| y,
        |y, aux, grads| ((y, aux), grads),
    )
}

/// Returns the derivative function of `f`. All functions of this module use it. `split` divides the result of `f` into
/// value and auxiliary result, and `result` selects what to return.
#[track_caller]
fn gradient_function<'f, X, F, S, Aux, Out>(
    name: &'static str,
    argnums: S,
    by: DerivativeKind,
    f: F,
    split: fn(F::Output) -> (Tensor, Aux),
    result: fn(Tensor, Aux, S::Grads) -> Out,
) -> F::Returning<'f, Out>
where
    X: Arguments,
    F: Function<X, Output: 'f> + 'f,
    S: Argnums<X> + 'f,
    Aux: Tree,
    Out: 'f,
{
    let place = CallSite::here(name);
    F::returning(move |args| {
        place.run_in_closure::<X, _, _>(&f, args, || {
            let chosen = DifferentiatedLeaves::new(args, argnums, by, place);
            let (value, aux, gradients) = gradients::<X, Aux>(args, &chosen.by, by, place, |x| split(f.call(x)));
            let grads = chosen.map(args, argnums, &mut |i, _| gradients[i].clone());
            result(value, aux, grads)
        })
    })
}

/// Splits a result without an auxiliary part.
pub(super) fn without_aux<Y>(value: Y) -> (Y, ()) {
    (value, ())
}

/// Selects the first argument of any function for differentiation.
#[derive(Clone, Copy)]
pub(super) struct First;

impl<X: Arguments> Argnums<X> for First {
    type Grads = X::First;
    fn positions(self) -> Vec<usize> {
        vec![0]
    }
    fn map(self, args: X::Refs<'_>, f: &mut dyn FnMut(&Tensor) -> Tensor) -> X::First {
        X::map_first(args, f)
    }
}
