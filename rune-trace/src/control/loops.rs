//! Loops with a carry.

use super::closure::{Closure, expect_same_types, programs};
use super::scan::{ScanOptions, scan_with};
use crate::call_site::CallSite;
use crate::tensor::{Caller, at_caller, lax};
use crate::{Tensor, Tree};
use rune_ir::{DType, Type};

/// Applies `body` to the carry, starting with `init`, while `cond` of the carry is true, like JAX's `lax.while_loop`.
///
/// The loop has forward mode. It also has reverse mode if the arguments are known, which they are outside `jit` and
/// [`vmap`](crate::vmap): the loop runs once to count its iterations, and then becomes a [`scan`](crate::scan) of that
/// length, also within other loops. If the arguments are unknown, it has no reverse mode, because the number of
/// residuals is unknown. For gradients there, use `scan`, or [`fori_loop`] with numbers as bounds.
///
/// ```
/// use rune_trace::{Tensor, while_loop};
/// // The greatest power of 3 up to 1000.
/// let x = while_loop(|x: &Tensor| (x * 3).le(1000), |x| x * 3, &Tensor::scalar(1i32));
/// assert_eq!(x.item::<i32>().unwrap(), 729);
/// ```
///
/// ```
/// use rune_trace::{Tensor, grad, while_loop};
/// // x⁴ for x = 3, and x⁷ for x = 2.
/// let f = |x: &Tensor| while_loop(|y: &Tensor| y.lt(80.0), |y| y * x, x);
/// assert_eq!(grad(f)(&Tensor::scalar(3.0f32)).item::<f32>().unwrap(), 4.0 * 27.0);
/// assert_eq!(grad(f)(&Tensor::scalar(2.0f32)).item::<f32>().unwrap(), 7.0 * 64.0);
/// ```
///
/// # Panics
/// If `cond` does not return a `bool` scalar, or `body` does not return a carry of the same structure and types.
#[track_caller]
pub fn while_loop<C: Tree>(cond: impl FnOnce(&C) -> Tensor, body: impl FnOnce(&C) -> C, init: &C) -> C {
    let place = CallSite::here("while_loop");
    at_caller(|| run(cond, body, init, place))
}

fn run<C: Tree>(cond: impl FnOnce(&C) -> Tensor, body: impl FnOnce(&C) -> C, init: &C, place: CallSite) -> C {
    let leaves = init.leaves();
    let types = || leaves.iter().map(|x| x.ty().clone());
    let cond = Closure::run("cond", types(), place, |p| cond(&init.with_leaves(p.iter().cloned())));
    if *cond.output.ty() != Type::scalar(DType::Bool) {
        place.fail(&format!(
            "the condition returned a tensor of type {}, but must return a bool scalar",
            cond.output.ty()
        ));
    }
    let body = [Closure::run("body", types(), place, |p| body(&init.with_leaves(p.iter().cloned())))];
    expect_same_types(init, &body[0].output, place, |path, found| {
        format!("the body must keep the type of the carry, but returns `carry{path}` of {found}")
    });
    let (body, cond, captured) = programs(&body, Some(&cond));
    let cond = cond.expect("the condition was given");
    init.with_leaves(lax::while_loop(&cond, &body[0], &captured, &leaves))
}

/// A bound of a [`fori_loop`]: a number, or an integer scalar that is known only at run time.
#[derive(Clone, Debug)]
pub enum Bound {
    /// A number.
    Known(i64),
    /// An integer scalar.
    Unknown(Tensor),
}

macro_rules! bounds {
    ($($T:ty)*) => {$(
        impl From<$T> for Bound {
            fn from(n: $T) -> Bound {
                Bound::Known(i64::try_from(n).unwrap_or(i64::MAX))
            }
        }
    )*};
}
bounds!(i32 i64 usize u32);
impl From<&Tensor> for Bound {
    fn from(n: &Tensor) -> Bound {
        Bound::Unknown(n.clone())
    }
}
impl From<Tensor> for Bound {
    fn from(n: Tensor) -> Bound {
        Bound::Unknown(n)
    }
}

/// Applies `body` to each number from `lower` up to but not including `upper`, and to the carry, starting with `init`,
/// like JAX's `lax.fori_loop`.
///
/// If the bounds are numbers, the loop is a [`scan`](crate::scan), and has gradients. If they are tensors, the loop is
/// a [`while_loop`], which has gradients if the arguments are known. The counter is an `i32` scalar, or has the dtype
/// of the bounds if these are tensors.
///
/// ```
/// use rune_trace::{Tensor, fori_loop, grad};
/// let power = |x: &Tensor| fori_loop(0, 3, |_, y: &Tensor| y * x, &Tensor::scalar(1.0f32));
/// let x = Tensor::scalar(2.0f32);
/// assert_eq!(power(&x).item::<f32>().unwrap(), 8.0);
/// assert_eq!(grad(power)(&x).item::<f32>().unwrap(), 12.0);
/// ```
///
/// # Panics
/// If `body` does not return a carry of the same structure and types, or if bounds are tensors, but not integer scalars
/// of one dtype.
#[track_caller]
pub fn fori_loop<C: Tree>(
    lower: impl Into<Bound>,
    upper: impl Into<Bound>,
    body: impl FnOnce(&Tensor, &C) -> C,
    init: &C,
) -> C {
    let place = CallSite::here("fori_loop");
    let (lower, upper) = match (lower.into(), upper.into()) {
        (Bound::Known(lower), Bound::Known(upper)) => {
            let length = usize::try_from(upper.saturating_sub(lower)).unwrap_or(0);
            let fits = |n: i64| i32::try_from(n).is_ok();
            if length > 0 && !(fits(lower) && fits(upper)) {
                place.fail(&format!("the counter is an i32, and cannot count from {lower} to {upper}"));
            }
            let options = ScanOptions { length: Some(length), ..ScanOptions::default() };
            let first = lower as f64;
            let counters = lax::iota(DType::I32, [length], 0);
            let counters = lax::add(&counters, &lax::full(DType::I32, counters.shape(), first));
            let step = |carry: &C, i: &Tensor| (body(i, carry), ());
            return at_caller(|| scan_with(options, step, init, &counters)).0;
        }
        (lower, upper) => (lower, upper),
    };
    let dtype = match (&lower, &upper) {
        (Bound::Unknown(t), _) | (_, Bound::Unknown(t)) => t.dtype(),
        (Bound::Known(_), Bound::Known(_)) => DType::I32,
    };
    let scalar = |bound: Bound| match bound {
        Bound::Known(n) => lax::full(dtype, &Type::scalar(dtype).shape, n as f64),
        Bound::Unknown(t) if *t.ty() == Type::scalar(dtype) && dtype.is_int() => t,
        Bound::Unknown(t) => {
            place.fail(&format!("bounds must be integer scalars of one dtype, but one has type {}", t.ty()))
        }
    };
    let caller = Caller::here();
    at_caller(|| {
        let (lower, upper) = (scalar(lower), scalar(upper));
        let one = lax::full_like(&lower, 1.0);
        let carried = run(
            |(i, _): &(Tensor, C)| caller.run(|| lax::lt(i, &upper)),
            |(i, carry)| (caller.run(|| lax::add(i, &one)), body(i, carry)),
            &(lower, init.map(&mut |x| x.clone())),
            place,
        );
        carried.1
    })
}
