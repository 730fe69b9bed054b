//! Searches the results of functions for NaN.

use super::ObservedRun;
use crate::ProgramExt;
use crate::call_site::CallSite;
use crate::function::{Arguments, Function};
use crate::{EvalError, Tensor, Tree};
use rune_ir::{Array, NanError, NonFinite, find_nan};

/// Returns a function that computes the same as `f`. If the result holds a NaN, the function returns an error that
/// names the operation that created the NaN.
///
/// ```
/// use rune_trace::{Tensor, debug_nans, grad};
/// let f = |x: &Tensor| (x.sqrt() * 0.0).sum();
/// let x = Tensor::from([1.0f32, 0.0]);
/// assert_eq!(debug_nans(f)(&x)?.item::<f32>()?, 0.0);
/// // The derivative of a root at 0 is infinite, and 0 · ∞ is not a number.
/// let error = debug_nans(grad(f))(&x).unwrap_err().to_string();
/// assert!(error.contains("`div`") || error.contains("`mul`"), "{error}");
/// assert!(error.contains("in the backward pass made [2, f32]"), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The function runs as usual. Its program is interpreted, operation by operation, only if a result holds a NaN. A NaN
/// that does not reach a result, for example because `select` discards it, is not an error. If the environment variable
/// `RUNE_DEBUG_NANS` is set, every value that is read and every result of compiled functions is searched, and reading a
/// NaN is an error. `RUNE_DEBUG_INFS` also searches for infinities.
///
/// # Panics
/// The returned function panics if `f` panics, or if an argument cannot be computed.
#[track_caller]
pub fn debug_nans<'f, X, F>(f: F) -> F::Returning<'f, Result<F::Output, NanError>>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    checked::<X, F>(f, NonFinite::Nan, CallSite::here("debug_nans"))
}

/// Like [`debug_nans`], but also for infinities. An infinity that the function contains, for example in a mask, is not
/// reported.
///
/// ```
/// use rune_trace::{Tensor, debug_infs};
/// let error = debug_infs(|x: &Tensor| x.exp())(&Tensor::scalar(1000.0f32)).unwrap_err();
/// assert!(error.to_string().contains("`exp`"), "{error}");
/// ```
///
/// # Panics
/// Like [`debug_nans`].
#[track_caller]
pub fn debug_infs<'f, X, F>(f: F) -> F::Returning<'f, Result<F::Output, NanError>>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    checked::<X, F>(f, NonFinite::NanOrInf, CallSite::here("debug_infs"))
}

fn checked<'f, X, F>(f: F, bad: NonFinite, place: CallSite) -> F::Returning<'f, Result<F::Output, NanError>>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    F::returning(move |args| {
        place.run_in_closure::<X, _, _>(&f, args, || {
            let watched = ObservedRun::new::<X, F>(&f, args);
            let outputs = watched.program.apply(&watched.inputs);
            let result = watched.output.with_leaves(outputs.iter().cloned());
            // If an enclosing transformation does not know the values, they cannot be searched.
            let fail = |error: EvalError| -> Vec<Array> { place.fail(&error.to_string()) };
            let Some(inputs) = watched.values().unwrap_or_else(|e| Some(fail(e))) else { return Ok(result) };
            let outputs = outputs.iter().map(Tensor::to_array).collect::<Result<Vec<_>, _>>().unwrap_or_else(fail);
            match outputs.iter().any(|y| bad.is_in(y)) {
                true => find_nan(&watched.program, &inputs, bad).map_or(Ok(result), Err),
                false => Ok(result),
            }
        })
    })
}
