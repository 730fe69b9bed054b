//! Functions with a custom rule for tangents. Transposing the rule gives reverse mode.

use super::custom::{
    Part, arguments, as_primals, check_rule_result, eager_result, leaves, programs, with_bounded_depth,
};
use crate::call_site::CallSite;
use crate::function::{Arguments, Function};
use crate::tensor::{begin_trace, fresh_params, lax, with_location, with_user_locations};
use crate::{Tensor, Tree, name_of, name_scope};
use rune_ir::Op;

/// Returns `f` with a custom derivative. `rule` takes references to the arguments and to their tangents, each as a
/// tuple, and returns the result and its tangent. Reverse mode transposes the rule, so the tangent must be linear in
/// the tangents of the arguments.
///
/// ```
/// use rune_trace::{Tensor, custom_jvp, grad};
/// // By the rules, the derivative of log(1 + eˣ) is eˣ / (1 + eˣ), which is ∞ / ∞ for great x.
/// let f = |x: &Tensor| x.exp().log1p();
/// let g = custom_jvp(f, |(x,), (dx,)| (f(x), dx * (1.0 - 1.0 / (1.0 + x.exp()))));
/// let x = Tensor::scalar(100.0f32);
/// assert!(grad(f)(&x).item::<f32>()?.is_nan());
/// assert_eq!(grad(g)(&x).item::<f32>()?, 1.0);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
///
/// The returned function is called like `f`, and works under all transformations, in any order. Higher derivatives
/// differentiate the rule. A leaf that is not a float has the tangent zero. The tangent that the rule returns for such
/// a result is ignored. The rule can capture values that are not arguments. The function cannot be differentiated with
/// respect to a tensor that `f` or the rule captures.
///
/// # Panics
/// The returned function panics if the rule returns trees of another structure, or tensors of other types, than `f`, or
/// if a result depends on a tangent. Differentiating it with respect to a captured tensor panics. Reverse mode panics
/// if the tangent that the rule returns is not linear.
#[track_caller]
pub fn custom_jvp<'f, X, F, R>(f: F, rule: R) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X, Output: Tree> + 'f,
    R: for<'a> Fn(X::Refs<'a>, X::Refs<'a>) -> (F::Output, F::Output) + Send + Sync + 'f,
{
    let place = CallSite::here("custom_jvp");
    F::returning(move |args| {
        place.run_in_closure::<X, _, _>(&f, args, || {
            call::<X, F>(&f, args, place, false, |x, _, dx| {
                let (y, dy) = rule(x, dx);
                (Some(y), dy)
            })
        })
    })
}

/// Like [`custom_jvp`], but the rule takes the result, between the arguments and their tangents, and returns only the
/// tangent.
///
/// ```
/// use rune_trace::{Tensor, custom_tangent, grad};
/// let sigmoid = custom_tangent(|x: &Tensor| 1.0 / (1.0 + (-x).exp()), |_, y, (dx,)| dx * y * (1.0 - y));
/// let x = Tensor::scalar(0.0f32);
/// assert_eq!(grad(&sigmoid)(&x).item::<f32>()?, 0.25);
/// assert_eq!(grad(grad(&sigmoid))(&x).item::<f32>()?, 0.0);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
///
/// The result that the rule takes is that of the returned function, so the rule holds for derivatives of any order. If
/// the rule does not use the tangent of an argument, the derivative with respect to it is zero.
///
/// # Panics
/// Like [`custom_jvp`].
#[doc(alias = "defjvps")]
#[track_caller]
pub fn custom_tangent<'f, X, F, R>(f: F, rule: R) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X, Output: Tree> + 'f,
    R: for<'a> Fn(X::Refs<'a>, &F::Output, X::Refs<'a>) -> F::Output + Send + Sync + 'f,
{
    let place = CallSite::here("custom_tangent");
    F::returning(move |args| {
        place.run_in_closure::<X, _, _>(&f, args, || {
            call::<X, F>(&f, args, place, true, |x, y, dx| (None, rule(x, y, dx)))
        })
    })
}

/// Returns the results of `f`. Inside a traced function, they carry the program of the rule.
fn call<X, F>(
    f: &F,
    args: X::Refs<'_>,
    place: CallSite,
    takes_results: bool,
    rule: impl for<'a> Fn(X::Refs<'a>, &F::Output, X::Refs<'a>) -> (Option<F::Output>, F::Output),
) -> F::Output
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    let leaves = leaves::<X>(args);
    if let Some(y) = eager_result::<X, F>(f, args, &leaves) {
        return y;
    }
    let name = name_of::<F>();
    let (y, body) = Part::of::<X, F>(f, args, &leaves, &name, place);

    let rule_name = format!("{name}_jvp");
    let active_trace = begin_trace();
    let primals = as_primals(&leaves, place);
    let results = if takes_results { as_primals(&body.outputs, place) } else { Vec::new() };
    let floats: Vec<Tensor> = leaves.iter().filter(|x| x.dtype().is_inexact()).cloned().collect();
    let tangents = fresh_params(&floats, false, place.transform());
    let mut next = tangents.iter();
    let dx = X::map(args, &mut |x| match x.dtype().is_inexact() {
        true => next.next().expect("one tangent for each leaf of a float dtype").clone(),
        false => lax::full_like(x, 0.0),
    });
    let y_given = y.with_leaves(if takes_results { results.clone() } else { body.outputs.clone() });
    let primals_given = arguments::<X>(args, &primals);
    let (value, dy) = with_bounded_depth(place, || {
        name_scope(&rule_name, || with_user_locations(|| rule(primals_given.refs(), &y_given, dx.refs())))
    });
    let mut outputs = Vec::new();
    if let Some(value) = value {
        check_rule_result(&y, &value, ("result", "result"), true, place);
        outputs = value.leaves();
    }
    check_rule_result(&y, &dy, ("tangent", "result"), false, place);
    let float = |(y, _): &(&Tensor, Tensor)| y.dtype().is_inexact();
    outputs.extend(body.outputs.iter().zip(dy.leaves()).filter(float).map(|(_, dy)| dy));

    let others = results.into_iter().chain(tangents).collect();
    let rule = Part { name: rule_name, operations: active_trace.end(), args: primals, others, outputs };
    let ([program, rule], captured) = programs([body, rule]);
    let num_args = leaves.len();
    let args = leaves.into_iter().chain(captured).collect();
    let op = Op::CustomJvp { args, program, rule, num_args, takes_results };
    match with_location(place.location(), || Tensor::try_apply(op)) {
        Ok(results) => y.with_leaves(results),
        Err(error) => place.fail(&error.to_string()),
    }
}
