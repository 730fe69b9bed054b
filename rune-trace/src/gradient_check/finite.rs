//! Derivatives by finite differences, independent of all rules.

use crate::Tensor;
use crate::call_site::CallSite;
use crate::function::{ArgRefs, Arguments, Function};
use crate::tensor::{at_caller, with_user_locations};
use rune_ir::{Array, Element, with_element};

/// The points of a finite difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Difference {
    /// `(f(x + eps) - f(x - eps)) / (2 eps)`, whose error is proportional to eps².
    #[default]
    Central,
    /// `(f(x + eps) - f(x)) / eps`.
    Forward,
    /// `(f(x) - f(x - eps)) / eps`.
    Backward,
}

impl Difference {
    /// Returns both points, as multiples of eps.
    pub(super) fn offsets(self) -> (f64, f64) {
        match self {
            Difference::Central => (1.0, -1.0),
            Difference::Forward => (1.0, 0.0),
            Difference::Backward => (0.0, -1.0),
        }
    }
}

/// Returns the gradient of a function with a scalar result by finite differences. `f` is called twice for each element
/// of the arguments. The result has the structure of the argument; for several arguments, it is a tuple. For leaves
/// that are not floats, it is zero.
///
/// ```
/// use rune_trace::{Difference, Tensor, finite_diff};
/// let x = Tensor::from([1.0f64, 2.0]);
/// let dx = finite_diff(|x: &Tensor| (x * x).sum(), &x, 1e-4, Difference::Central);
/// assert!((dx.to_vec::<f64>().unwrap()[1] - 4.0).abs() < 1e-6);
/// ```
///
/// # Panics
/// If the result is not a scalar, a value cannot be read, or a step of `eps` is lost in rounding.
#[track_caller]
pub fn finite_diff<'a, X, F>(f: F, at: impl ArgRefs<'a, X>, eps: f64, method: Difference) -> X::Plain
where
    X: Arguments,
    F: Function<X, Output = Tensor>,
{
    let (args, place) = (at.refs(), CallSite::here("finite_diff"));
    let f = |x: &X| vec![scalar(&f.call(x), place)];
    let mut leaf = 0;
    let mut gradient = |x: &Tensor| {
        let all: Vec<usize> = (0..if x.dtype().is_float() { x.size() } else { 0 }).collect();
        let slopes: Vec<f64> = slopes::<X>(&f, args, leaf, &all, (eps, method), place).concat();
        leaf += 1;
        match x.dtype().is_float() {
            true => tensor(&slopes, x.shape().to_vec(), x),
            false => crate::lax::full_like(x, 0.0),
        }
    };
    at_caller(|| X::map(args, &mut gradient)).plain()
}

/// Returns the Jacobian of a function of one tensor by finite differences. Its axes are those of the result, then those
/// of `x`.
///
/// ```
/// use rune_trace::{Difference, Tensor, finite_diff_jacobian};
/// let x = Tensor::from([1.0f64, 2.0, 3.0]);
/// let j = finite_diff_jacobian(|x: &Tensor| x * x, &x, 1e-4, Difference::Central);
/// assert_eq!(j.ty().to_string(), "[3, 3, f64]");
/// assert!((j.i((2, 2)).item::<f64>().unwrap() - 6.0).abs() < 1e-6);
/// ```
///
/// # Panics
/// If `x` or the result is not a float, or like [`finite_diff`].
#[track_caller]
pub fn finite_diff_jacobian(
    f: impl Fn(&Tensor) -> Tensor + Send + Sync,
    x: &Tensor,
    eps: f64,
    method: Difference,
) -> Tensor {
    let place = CallSite::here("finite_diff_jacobian");
    let y = crate::eval_shape(&f, x);
    if !x.dtype().is_float() || !y.dtype().is_float() {
        place.fail(&format!("the function takes {} to {}, and only floats have derivatives", x.ty(), y.ty()));
    }
    let all: Vec<usize> = (0..x.size()).collect();
    let results = |x: &(Tensor,)| numbers(&with_user_locations(|| f(&x.0)), place);
    let columns = at_caller(|| slopes::<(Tensor,)>(&results, (x,), 0, &all, (eps, method), place));
    let rows: Vec<f64> = (0..y.size()).flat_map(|i| columns.iter().map(move |c| c[i])).collect();
    tensor(&rows, y.shape().iter().chain(x.shape().iter()).copied().collect(), &y)
}

/// Returns the finite differences of the numbers that `f` returns, for these elements of a leaf of the arguments.
pub(super) fn slopes<X: Arguments>(
    f: &dyn Fn(&X) -> Vec<f64>,
    args: X::Refs<'_>,
    leaf: usize,
    elements: &[usize],
    (eps, method): (f64, Difference),
    place: CallSite,
) -> Vec<Vec<f64>> {
    let (high, low) = method.offsets();
    let slope = |&element: &usize| {
        let (up, to) = shifted::<X>(args, leaf, element, high * eps, place);
        let (down, from) = shifted::<X>(args, leaf, element, low * eps, place);
        if to == from {
            place.fail(&format!("a step of {eps} from {to} is lost in the rounding of the dtype; give a greater one"));
        }
        // The step after rounding.
        f(&up).iter().zip(f(&down)).map(|(up, down)| (up - down) / (to - from)).collect()
    };
    elements.iter().map(slope).collect()
}

/// Returns the arguments with one element changed, and that element.
fn shifted<X: Arguments>(args: X::Refs<'_>, leaf: usize, element: usize, by: f64, place: CallSite) -> (X, f64) {
    let (mut position, mut moved) = (0, f64::NAN);
    let args = X::map(args, &mut |x| {
        position += 1;
        if position - 1 != leaf {
            return x.clone();
        }
        let mut array = host(x, place);
        with_element!(x.dtype(), T => {
            let x = &mut array.make_mut::<T>()[element];
            *x = T::from_f64(x.to_f64() + by);
            moved = x.to_f64();
        });
        array.into()
    });
    (args, moved)
}

fn host(x: &Tensor, place: CallSite) -> Array {
    x.to_array().unwrap_or_else(|error| place.fail(&error.to_string()))
}

/// Returns the elements of a tensor.
pub(super) fn numbers(x: &Tensor, place: CallSite) -> Vec<f64> {
    host(x, place).to_f64_vec()
}

/// Returns the only element of a result.
pub(super) fn scalar(y: &Tensor, place: CallSite) -> f64 {
    if y.rank() != 0 {
        place.fail(&format!("the function returned a tensor of type {}, and only a scalar has a gradient", y.ty()));
    }
    numbers(y, place)[0]
}

/// Returns numbers as a tensor with the dtype of `like`.
fn tensor(numbers: &[f64], shape: Vec<usize>, like: &Tensor) -> Tensor {
    with_element!(like.dtype(), T => Array::from_fn(shape, |i| T::from_f64(numbers[i]))).into()
}
