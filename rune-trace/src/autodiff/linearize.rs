//! Linearization of functions, and its transpose, which is reverse mode.

use super::TracedFunction;
use super::traced_function::{cotangents_like, cotangents_of, float_leaves, tangents_like, tangents_of};
use crate::Tree;
use crate::call_site::CallSite;
use crate::function::{ArgRefs, Arguments, Function};
use crate::tensor::at_caller;
use crate::transform::Linear;
use rune_ir::Transform;

/// A function from cotangents of the result to cotangents of the arguments.
pub type Pullback<Y, Dx> = Box<dyn Fn(&Y) -> Dx + Send + Sync>;

/// The derivative of a function with arguments `X` and result `Y` at one point: a linear function. [`linearize`]
/// returns it.
pub struct Linearized<X, Y> {
    linear: Linear,
    /// For each leaf of the arguments, whether it is differentiated.
    by: Vec<bool>,
    /// Trees with the structure and types of the arguments and of the result.
    like: (X, Y),
    place: CallSite,
}

impl<X: Arguments, Y: Tree> Linearized<X, Y> {
    fn new(linear: Linear, args: X::Refs<'_>, output: &Y, place: CallSite) -> Self {
        let args_like = X::map(args, &mut |x| place.stand_in(x));
        let like = (args_like, output.map(&mut |y| place.stand_in(y)));
        Linearized { linear, by: float_leaves::<X>(args), like, place }
    }
    /// Returns the tangent of the result for tangents of the arguments, like [`jvp`](crate::jvp), without running the
    /// function again.
    ///
    /// # Panics
    /// If the tangents do not have the structure and types of the arguments.
    #[track_caller]
    pub fn call<'a>(&self, tangents: impl ArgRefs<'a, X>) -> Y {
        at_caller(|| {
            let moved = tangents_of::<X>(self.like.0.refs(), tangents.refs(), self.place);
            self.place.run(Transform::Jvp, || tangents_like(&self.like.1, self.linear.push_forward(&moved)))
        })
    }
    /// Returns the cotangents of the arguments for those of the result, like the pullback of [`vjp`].
    ///
    /// # Panics
    /// If the cotangents do not have the structure and types of the result.
    #[track_caller]
    pub fn transpose(&self, cotangents: &Y) -> X::Plain {
        at_caller(|| self.pull_back(cotangents, 0))
    }
    /// Like [`Linearized::transpose`], for a function with this number of auxiliary results.
    fn pull_back(&self, cotangents: &Y, aux: usize) -> X::Plain {
        let mut cotangents = cotangents_of(&self.like.1, cotangents, self.place);
        cotangents.resize(cotangents.len() + aux, None);
        let pull_back = || cotangents_like::<X>(self.like.0.refs(), &self.by, self.linear.transpose(cotangents));
        self.place.run(Transform::Transpose, pull_back).plain()
    }
}

/// Returns the value of `f` at `primals`, and its derivative there: a linear function that can be called and transposed
/// any number of times.
///
/// ```
/// use rune_trace::{Tensor, linearize};
/// let x = Tensor::from([1.0f32, 2.0]);
/// let (y, linear) = linearize(|x: &Tensor| x * x, &x);
/// assert_eq!(y.to_vec::<f32>().unwrap(), [1.0, 4.0]);
/// assert_eq!(linear.call(&Tensor::from([1.0f32, 1.0])).to_vec::<f32>().unwrap(), [2.0, 4.0]);
/// assert_eq!(linear.call(&Tensor::from([0.0f32, 5.0])).to_vec::<f32>().unwrap(), [0.0, 20.0]);
/// assert_eq!(linear.transpose(&Tensor::from([3.0f32, 0.0])).to_vec::<f32>().unwrap(), [6.0, 0.0]);
/// ```
///
/// `f` runs once, with its own Rust control flow. Arguments are given as for [`jvp`](crate::jvp).
#[track_caller]
pub fn linearize<'a, X, F>(f: F, primals: impl ArgRefs<'a, X>) -> (F::Output, Linearized<X, F::Output>)
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    let place = CallSite::here("linearize");
    let (value, (), linear) = at_caller(|| linearize_at::<X, _, _>(primals.refs(), place, |x| (f.call(x), ())));
    (value, linear)
}

/// Returns the value of `f` at `primals`, and its pullback: a function from cotangents of the result to cotangents of
/// the arguments. These have the structure of the arguments (a tuple for several). The pullback can be called any
/// number of times.
///
/// ```
/// use rune_trace::{Tensor, vjp};
/// let (x, y) = (Tensor::from([1.0f32, 2.0]), Tensor::from([3.0f32, 4.0]));
/// let (z, pullback) = vjp(|x: &Tensor, y: &Tensor| x * y, (&x, &y));
/// assert_eq!(z.to_vec::<f32>().unwrap(), [3.0, 8.0]);
/// let (dx, dy) = pullback(&Tensor::from([1.0f32, 10.0]));
/// assert_eq!(dx.to_vec::<f32>().unwrap(), [3.0, 40.0]);
/// assert_eq!(dy.to_vec::<f32>().unwrap(), [1.0, 20.0]);
/// ```
///
/// Cotangents of results that are not floats are ignored. Arguments that are not floats, or are unused, get zeros. `f`
/// runs once, with its own Rust control flow. Arguments are given as for [`jvp`](crate::jvp).
///
/// # Panics
/// The pullback panics if the cotangents do not have the structure and types of the result.
#[doc(alias = "fwd_and_bwd")]
#[track_caller]
pub fn vjp<'a, X, F, Y>(f: F, primals: impl ArgRefs<'a, X>) -> (Y, Pullback<Y, X::Plain>)
where
    X: Arguments + Send + Sync,
    F: Function<X, Output = Y>,
    Y: Tree + Send + Sync,
{
    let place = CallSite::here("vjp");
    let (value, (), linear) = at_caller(|| linearize_at::<X, _, _>(primals.refs(), place, |x| (f.call(x), ())));
    (value, Box::new(move |ct| linear.transpose(ct)))
}

/// Like [`vjp`], for a function with an auxiliary result that is not differentiated. Returns the value, the pullback
/// and the auxiliary result.
///
/// ```
/// use rune_trace::{Tensor, vjp_aux};
/// let x = Tensor::scalar(3.0f32);
/// let (_, pullback, doubled) = vjp_aux(|x: &Tensor| (x * x, x + x), &x);
/// assert_eq!(pullback(&Tensor::scalar(1.0f32)).item::<f32>().unwrap(), 6.0);
/// assert_eq!(doubled.item::<f32>().unwrap(), 6.0);
/// ```
///
/// # Panics
/// Like [`vjp`].
#[track_caller]
pub fn vjp_aux<'a, X, F, Y, Aux>(f: F, primals: impl ArgRefs<'a, X>) -> (Y, Pullback<Y, X::Plain>, Aux)
where
    X: Arguments + Send + Sync,
    F: Function<X, Output = (Y, Aux)>,
    Y: Tree + Send + Sync,
    Aux: Tree,
{
    let place = CallSite::here("vjp_aux");
    let (value, aux, linear) = at_caller(|| linearize_at::<X, _, _>(primals.refs(), place, |x| f.call(x)));
    let count = aux.leaves().len();
    (value, Box::new(move |ct| linear.pull_back(ct, count)), aux)
}

/// Returns the transpose of a function that is itself linear in its arguments: the cotangents of the arguments for
/// those of the result. Only the types of the arguments matter. A constant that the function adds is ignored.
///
/// ```
/// use rune_trace::{Tensor, linear_transpose};
/// let a = Tensor::from([[1.0f32, 2.0], [3.0, 4.0]]);
/// let x = Tensor::from([0.0f32, 0.0]);
/// let ct = linear_transpose(|x: &Tensor| a.matmul(x), &x, &Tensor::from([1.0f32, 10.0]));
/// assert_eq!(ct.to_vec::<f32>().unwrap(), [31.0, 42.0]);
/// ```
///
/// # Panics
/// If an operation between arguments and result is not linear. The message names it and its line. Also if the
/// cotangents do not have the structure and types of the result.
#[track_caller]
pub fn linear_transpose<'a, X, F>(f: F, primals_like: impl ArgRefs<'a, X>, cotangents: &F::Output) -> X::Plain
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    let (args, place) = (primals_like.refs(), CallSite::here("linear_transpose"));
    at_caller(|| {
        let run = TracedFunction::new::<X>(args, &float_leaves::<X>(args), false, place, |x| (f.call(x), ()));
        let (linear, output) = run.into_linear(place);
        Linearized::<X, _>::new(linear, args, &output, place).pull_back(cotangents, 0)
    })
}

pub(crate) fn linearize_at<X: Arguments, Y: Tree, Aux: Tree>(
    primals: X::Refs<'_>,
    place: CallSite,
    f: impl FnOnce(&X) -> (Y, Aux),
) -> (Y, Aux, Linearized<X, Y>) {
    let run = TracedFunction::new::<X>(primals, &float_leaves::<X>(primals), true, place, f);
    let (value, aux, linear) = run.with_known_trip_counts().linearize();
    let linearized = Linearized::new(linear, primals, &value, place);
    (value, aux, linearized)
}
