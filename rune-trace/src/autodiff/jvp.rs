//! Forward mode for functions.

use super::traced_function::{DerivativeKind, cotangents_like, float_leaves, tangents_of};
use super::{TracedFunction, gradients};
use crate::call_site::CallSite;
use crate::function::{ArgRefs, Arguments, Function};
use crate::tensor::at_caller;
use crate::{Tensor, Tree};
use rune_ir::Transform;

/// Returns the value of `f` at `primals`, and its tangent for the tangents of the arguments: the Jacobian-vector
/// product.
///
/// Pass one argument as `&x`, and several as `(&x, &y)`. The tangents have the structure of the arguments. The tangent
/// of a leaf that is not a float is ignored, and the tangent of such a result is zero. `f` runs once, with its own Rust
/// control flow.
///
/// ```
/// use rune_trace::{Tensor, grad, jvp};
/// let f = |x: &Tensor, y: &Tensor| x * y;
/// let (x, y) = (Tensor::scalar(3.0f32), Tensor::scalar(4.0f32));
/// let (z, dz) = jvp(f, (&x, &y), (&Tensor::scalar(1.0f32), &Tensor::scalar(10.0f32)));
/// assert_eq!((z.item::<f32>().unwrap(), dz.item::<f32>().unwrap()), (12.0, 34.0));
/// // It composes, in any order.
/// let (_, d2) = jvp(grad(|x: &Tensor| x * x * x), &x, &Tensor::scalar(1.0f32));
/// assert_eq!(d2.item::<f32>().unwrap(), 18.0);
/// ```
///
/// # Panics
/// If the tangents do not have the structure and types of the arguments.
#[track_caller]
pub fn jvp<'a, X, F>(f: F, primals: impl ArgRefs<'a, X>, tangents: impl ArgRefs<'a, X>) -> (F::Output, F::Output)
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    let place = CallSite::here("jvp");
    let run = || forward::<X, _, _>(primals.refs(), tangents.refs(), place, |x| (f.call(x), ()));
    let (value, tangent, ()) = at_caller(run);
    (value, tangent)
}

/// Like [`jvp`], for a function with an auxiliary result that is not differentiated. Returns the value, the tangent and
/// the auxiliary result.
///
/// ```
/// use rune_trace::{Tensor, jvp_aux};
/// let x = Tensor::scalar(3.0f32);
/// let (_, dy, doubled) = jvp_aux(|x: &Tensor| (x * x, x + x), &x, &Tensor::scalar(1.0f32));
/// assert_eq!((dy.item::<f32>().unwrap(), doubled.item::<f32>().unwrap()), (6.0, 6.0));
/// ```
///
/// # Panics
/// Like [`jvp`].
#[track_caller]
pub fn jvp_aux<'a, X, F, Y, Aux>(f: F, primals: impl ArgRefs<'a, X>, tangents: impl ArgRefs<'a, X>) -> (Y, Y, Aux)
where
    X: Arguments,
    F: Function<X, Output = (Y, Aux)>,
    Y: Tree,
    Aux: Tree,
{
    let place = CallSite::here("jvp_aux");
    at_caller(|| forward::<X, _, _>(primals.refs(), tangents.refs(), place, |x| f.call(x)))
}

/// Returns the Hessian-vector product of a function with a scalar result and the vector `tangents`. It uses forward
/// mode over reverse mode, so it costs a few calls of the function and never computes the Hessian. The result has the
/// structure of the argument; for several arguments, it is a tuple.
///
/// ```
/// use rune_trace::{Tensor, hvp};
/// let f = |x: &Tensor| (x * x * x).sum();
/// let (x, v) = (Tensor::from([1.0f32, 2.0]), Tensor::from([1.0f32, 10.0]));
/// assert_eq!(hvp(f, &x, &v).to_vec::<f32>().unwrap(), [6.0, 120.0]);
/// ```
///
/// # Panics
/// If the result is not a float scalar, or like [`jvp`].
#[track_caller]
pub fn hvp<'a, X, F>(f: F, primals: impl ArgRefs<'a, X>, tangents: impl ArgRefs<'a, X>) -> X::Plain
where
    X: Arguments,
    F: Function<X, Output = Tensor>,
{
    let (primals, place) = (primals.refs(), CallSite::here("hvp"));
    let by = float_leaves::<X>(primals);
    at_caller(|| {
        let (_, products, ()) = forward::<X, _, _>(primals, tangents.refs(), place, |x| {
            (gradients::<X, ()>(x.refs(), &by, DerivativeKind::RealResults, place, |x| (f.call(x), ())).2, ())
        });
        place.run(Transform::Transpose, || cotangents_like::<X>(primals, &by, products)).plain()
    })
}

pub(crate) fn forward<X: Arguments, Y: Tree, Aux: Tree>(
    primals: X::Refs<'_>,
    tangents: X::Refs<'_>,
    place: CallSite,
    f: impl FnOnce(&X) -> (Y, Aux),
) -> (Y, Y, Aux) {
    let tangents = tangents_of::<X>(primals, tangents, place);
    let run = TracedFunction::new::<X>(primals, &float_leaves::<X>(primals), true, place, f);
    place.run(Transform::Jvp, || run.push_forward(tangents))
}
