//! Second derivatives: the Jacobian of the Jacobian, in forward mode over reverse mode.

use super::super::traced_function::DerivativeKind;
use super::{First, Jacobian, derivative_function, forward, reverse, without_aux};
use crate::call_site::CallSite;
use crate::function::{Argnums, Arguments, Function};
use crate::{GenericTree, Tree};

/// The second derivatives of a result `Y` with respect to an argument `A`: a Jacobian of a Jacobian. For tensors it is
/// a tensor, and for a pair it is a pair of pairs.
pub type Hessian<Y, A> = Jacobian<Jacobian<Y, A>, A>;

/// Returns a function that computes the Hessian of `f` with respect to its first argument: `jacfwd(jacrev(f))`. The
/// axes are those of the result, if it has any, then twice those of the argument.
///
/// ```
/// use rune_trace::{Tensor, hessian};
/// let f = |x: &Tensor| (x * x * x).sum();
/// assert_eq!(hessian(f)(&Tensor::from([1.0f32, 2.0])).to_vec::<f32>()?, [6.0, 0.0, 0.0, 12.0]);
/// let f = |p: &(Tensor, Tensor)| &p.0 * p.1.square();
/// let ((xx, xy), (yx, yy)) = hessian(f)(&(Tensor::scalar(2.0f32), Tensor::scalar(3.0f32)));
/// let found = [xx, xy, yx, yy].map(|h| h.item::<f32>().unwrap());
/// assert_eq!(found, [0.0, 6.0, 6.0, 4.0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A product of the Hessian with a vector does not need the Hessian: see [`hvp`](crate::hvp).
///
/// # Panics
/// Like [`jacfwd`](crate::jacfwd).
#[track_caller]
pub fn hessian<'f, X, F>(f: F) -> F::Returning<'f, Hessian<F::Output, X::First>>
where
    X: Arguments,
    F: Function<X, Output: GenericTree> + 'f,
    Jacobian<F::Output, X::First>: GenericTree,
{
    derivative_function(
        "hessian",
        First,
        DerivativeKind::RealArguments,
        f,
        without_aux,
        forward_over_reverse,
        |j, ()| j,
    )
}

/// Like [`hessian`], for a function with an auxiliary result that is not differentiated. Returns the Hessian and the
/// auxiliary result.
#[track_caller]
pub fn hessian_aux<'f, X, F, Y: GenericTree, Aux: Tree>(f: F) -> F::Returning<'f, (Hessian<Y, X::First>, Aux)>
where
    X: Arguments,
    F: Function<X, Output = (Y, Aux)> + 'f,
    Jacobian<Y, X::First>: GenericTree,
{
    derivative_function(
        "hessian_aux",
        First,
        DerivativeKind::RealArguments,
        f,
        |y| y,
        forward_over_reverse,
        |j, aux| (j, aux),
    )
}

/// Like [`hessian`], with respect to the arguments `argnums`.
///
/// ```
/// use rune_trace::{Argnum, Tensor, hessian_argnums};
/// let f = |x: &Tensor, y: &Tensor| x * y.square();
/// let ((_, xy), (_, yy)) =
///     hessian_argnums((Argnum::<0>, Argnum::<1>), f)(&Tensor::scalar(2.0f32), &Tensor::scalar(3.0f32));
/// assert_eq!((xy.item::<f32>()?, yy.item::<f32>()?), (6.0, 4.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn hessian_argnums<'f, X, F, S>(argnums: S, f: F) -> F::Returning<'f, Hessian<F::Output, S::Grads>>
where
    X: Arguments,
    F: Function<X, Output: GenericTree> + 'f,
    S: Argnums<X> + 'f,
    Jacobian<F::Output, S::Grads>: GenericTree,
{
    derivative_function(
        "hessian_argnums",
        argnums,
        DerivativeKind::RealArguments,
        f,
        without_aux,
        forward_over_reverse,
        |j, ()| j,
    )
}

/// Like [`hessian_aux`], with respect to the arguments `argnums`.
#[track_caller]
pub fn hessian_aux_argnums<'f, X, F, S, Y: GenericTree, Aux: Tree>(
    argnums: S,
    f: F,
) -> F::Returning<'f, (Hessian<Y, S::Grads>, Aux)>
where
    X: Arguments,
    F: Function<X, Output = (Y, Aux)> + 'f,
    S: Argnums<X> + 'f,
    Jacobian<Y, S::Grads>: GenericTree,
{
    derivative_function(
        "hessian_aux_argnums",
        argnums,
        DerivativeKind::RealArguments,
        f,
        |y| y,
        forward_over_reverse,
        |j, aux| (j, aux),
    )
}

/// Returns the Jacobian in forward mode of the Jacobian in reverse mode.
fn forward_over_reverse<X: Arguments, S: Argnums<X>, Y: GenericTree, Aux: Tree>(
    args: X::Refs<'_>,
    argnums: S,
    by: DerivativeKind,
    place: CallSite,
    f: &dyn Fn(&X) -> (Y, Aux),
) -> (Hessian<Y, S::Grads>, Aux)
where
    Jacobian<Y, S::Grads>: GenericTree,
{
    forward(args, argnums, by, place, &|x: &X| reverse(x.refs(), argnums, DerivativeKind::RealResults, place, f))
}
