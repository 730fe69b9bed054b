//! Functions with a custom reverse mode.

use super::custom::{
    Part, arguments, as_primals, check_rule_result, eager_result, leaves, programs, with_bounded_depth,
};
use crate::call_site::CallSite;
use crate::function::{Arguments, Function};
use crate::tensor::{begin_trace, fresh_params, lax, with_location, with_user_locations};
use crate::{Tensor, Tree, name_of, name_scope};
use rune_ir::Op;

/// Returns `f` with a custom reverse mode. `forward` takes the arguments, and returns the result and residuals for
/// `backward`. `backward` takes the residuals and the cotangent of the result, and returns the cotangents of all
/// arguments (a tuple for several).
///
/// ```
/// use rune_trace::{Tensor, custom_vjp, grad};
/// // The identity, through which no cotangent of more than 1 comes back.
/// let clip = custom_vjp(|x: &Tensor| x.clone(), |x: &Tensor| (x.clone(), ()), |_, ct| ct.clamp(-1.0, 1.0));
/// let f = |x: &Tensor| (clip(x) * Tensor::from([0.5f32, 3.0, -7.0])).sum();
/// assert_eq!(grad(f)(&Tensor::from([1.0f32, 1.0, 1.0])).to_vec::<f32>()?, [0.5, 1.0, -1.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
///
/// The returned function is called like `f`, and can be transformed in any order. Higher derivatives differentiate
/// `forward` and `backward`. A result that is not a float has the cotangent zero. The cotangent that `backward` returns
/// for an argument that is not a float is ignored. The function cannot be differentiated with respect to a tensor that
/// one of the three functions captures.
///
/// # Panics
/// The returned function panics if `forward` or `backward` returns a tree of another structure than required, or
/// tensors of other types. It has no rule for forward mode: a forward-mode derivative of it panics, or returns tangents
/// that cannot be read. For a rule for tangents, see [`custom_jvp`](crate::custom_jvp).
#[doc(alias = "custom_gradient")]
#[doc(alias = "Function")]
#[track_caller]
pub fn custom_vjp<'f, X, F, G, R, B>(f: F, forward: G, backward: B) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X, Output: Tree> + 'f,
    G: Function<X, Output = (F::Output, R)> + 'f,
    R: Tree,
    B: Fn(&R, &F::Output) -> X::Plain + Send + Sync + 'f,
{
    let place = CallSite::here("custom_vjp");
    F::returning(move |args| {
        place.run_in_closure::<X, _, _>(&f, args, || call::<X, F, G, R>(&f, &forward, &backward, args, place))
    })
}

fn call<X, F, G, R>(
    f: &F,
    forward: &G,
    backward: &dyn Fn(&R, &F::Output) -> X::Plain,
    args: X::Refs<'_>,
    place: CallSite,
) -> F::Output
where
    X: Arguments,
    F: Function<X, Output: Tree>,
    G: Function<X, Output = (F::Output, R)>,
    R: Tree,
{
    let leaves = leaves::<X>(args);
    if let Some(y) = eager_result::<X, F>(f, args, &leaves) {
        return y;
    }
    let name = name_of::<F>();
    let (y, body) = Part::of::<X, F>(f, args, &leaves, &name, place);
    let float = |x: &&Tensor| x.dtype().is_inexact();

    let name_forward = format!("{name}_fwd");
    let active_trace = begin_trace();
    let params = as_primals(&leaves, place);
    let inner = arguments::<X>(args, &params);
    let (value, residual) = with_bounded_depth(place, || name_scope(&name_forward, || forward.call(&inner)));
    check_rule_result(&y, &value, ("result", "result"), true, place);
    let outputs = value.leaves().into_iter().chain(residual.leaves()).collect();
    let mut forward =
        Part { name: name_forward, operations: active_trace.end(), args: params, others: Vec::new(), outputs };

    let name_backward = format!("{name}_bwd");
    let active_trace = begin_trace();
    let residuals = as_primals(&residual.leaves(), place);
    let floats: Vec<Tensor> = body.outputs.iter().filter(float).cloned().collect();
    let cotangents = fresh_params(&floats, false, place.transform());
    let mut next = cotangents.iter();
    let ct = y.map(&mut |y| match y.dtype().is_inexact() {
        true => next.next().expect("one cotangent for each leaf of a float dtype").clone(),
        false => lax::full_like(y, 0.0),
    });
    let residual = residual.with_leaves(residuals.iter().cloned());
    let given =
        with_bounded_depth(place, || name_scope(&name_backward, || with_user_locations(|| backward(&residual, &ct))));
    let root = if X::COUNT == 1 { "arguments[0]" } else { "arguments" };
    check_rule_result(&arguments::<X>(args, &leaves).plain(), &given, ("cotangent", root), false, place);
    let outputs = leaves.iter().zip(given.leaves()).filter(|(x, _)| float(x)).map(|(_, ct)| ct).collect();
    let backward =
        Part { name: name_backward, operations: active_trace.end(), args: residuals, others: cotangents, outputs };

    // The backward function takes the tensors that it captured as residuals.
    let captured = backward.captured();
    let backward = backward.program(&captured);
    forward.outputs.extend(captured);
    let ([program, forward], captured) = programs([body, forward]);
    let num_args = leaves.len();
    let args = leaves.into_iter().chain(captured).collect();
    let op = Op::CustomVjp { args, program, forward, backward, num_args };
    match with_location(place.location(), || Tensor::try_apply(op)) {
        Ok(results) => y.with_leaves(results),
        Err(error) => place.fail(&error.to_string()),
    }
}
