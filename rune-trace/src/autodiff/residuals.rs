//! Lists the residuals of a function.

use super::TracedFunction;
use super::traced_function::float_leaves;
use crate::call_site::CallSite;
use crate::function::{ArgRefs, Arguments, Function};
use crate::tensor::at_caller;
use crate::transform::SavedResidual;
use crate::{Tensor, Tree};

/// Returns the residuals that [`vjp`](crate::vjp) of `f` at `primals` keeps from the forward pass until the pullback is
/// called: arguments first, then captured and computed tensors.
///
/// ```
/// use rune_trace::{Tensor, saved_residuals};
/// let x = Tensor::from([1.0f32, 2.0, 3.0]);
/// let kept = saved_residuals(|x: &Tensor| (x.sin() * x).sum(), &x);
/// let bytes: usize = kept.iter().map(|r| r.ty.bytes()).sum();
/// assert_eq!((kept.len(), bytes), (3, 36)); // x, sin x, cos x
/// assert_eq!(kept[0].to_string(), "[3, f32] from the argument arguments[0]");
/// ```
///
/// Tensors that a few cheap operations can compute from other residuals are recomputed instead of kept. The example has
/// no such tensor: `sin` and `cos` are not cheap. `f` runs once, like in `vjp`. No derivative is computed.
#[track_caller]
pub fn saved_residuals<'a, X, F>(f: F, primals: impl ArgRefs<'a, X>) -> Vec<SavedResidual>
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    let args = primals.refs();
    let by = float_leaves::<X>(args);
    let (mut moved, mut others): (Vec<String>, Vec<(Tensor, String)>) = (Vec::new(), Vec::new());
    let mut marks = by.iter();
    X::visit(args, &mut |_, path, leaf| match marks.next() {
        Some(true) => moved.push(path.to_string()),
        _ => others.push((leaf.clone(), path.to_string())),
    });
    let place = CallSite::here("saved_residuals");
    at_caller(|| {
        let run = TracedFunction::new::<X>(args, &by, true, place, |x| (f.call(x), ()));
        run.with_known_trip_counts().residuals(|i, x| match moved.get(i) {
            Some(path) => Some(path.clone()),
            None => others.iter().find(|(leaf, _)| leaf.ptr_eq(x)).map(|(_, path)| path.clone()),
        })
    })
}

/// Prints [`saved_residuals`], one per line.
///
/// ```
/// use rune_trace::{Tensor, print_saved_residuals};
/// print_saved_residuals(|x: &Tensor| x.sin().sum(), &Tensor::from([1.0f32, 2.0]));
/// // [2, f32] output of cos at src/main.rs:2:35
/// ```
#[track_caller]
pub fn print_saved_residuals<'a, X, F>(f: F, primals: impl ArgRefs<'a, X>)
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    for residual in saved_residuals::<X, F>(f, primals) {
        println!("{residual}");
    }
}

#[cfg(test)]
mod tests {
    use crate::{Tensor, saved_residuals};
    use rune_ir::DType;

    /// Returns the types of the residuals; arguments have names.
    fn residuals_of(f: impl Fn(&Tensor, &Tensor) -> Tensor + Send + Sync) -> Vec<String> {
        let (x, y) = (Tensor::ones([4, 8], DType::F32), Tensor::ones([8], DType::F32));
        let shown = |r: String| r.split(" at ").next().unwrap().replace("from the argument arguments", "argument");
        saved_residuals(f, (&x, &y)).iter().map(|r| shown(r.to_string())).collect()
    }

    #[test]
    fn nothing_is_kept_that_others_tell() {
        // A choice is kept as bools, and only once.
        assert_eq!(residuals_of(|x, _| x.relu() * 2.0), ["[4, 8, bool] output of le"]);
        assert_eq!(residuals_of(|x, _| x.relu().relu6()).len(), 3);
        // A constant array is never kept. A broadcast is kept as its operand.
        assert_eq!(residuals_of(|x, _| x * 3.0 + 1.0), Vec::<String>::new());
        assert_eq!(residuals_of(|x, y| x * y), ["[4, 8, f32] argument[0]", "[8, f32] argument[1]"]);
        // A tensor is not kept if it is moved or converted from a kept one, or computed from it in a few steps.
        assert_eq!(residuals_of(|x, _| x.t() * x.t().tril(0)), ["[4, 8, f32] argument[0]"]);
        assert_eq!(residuals_of(|x, _| x.cast(DType::F64) * x.cast(DType::F64)), ["[4, 8, f32] argument[0]"]);
        assert_eq!(residuals_of(|x, _| x.powi(3) + x * x), ["[4, 8, f32] argument[0]"]);
        assert_eq!(residuals_of(|x, _| x.tanh() * x), ["[4, 8, f32] argument[0]", "[4, 8, f32] output of tanh"]);
        assert_eq!(residuals_of(|x, _| x.sigmoid() * x), ["[4, 8, f32] argument[0]", "[4, 8, f32] output of logistic"]);
    }

    #[test]
    fn long_chains_are_cut() {
        let deep = |x: &Tensor, _: &Tensor| (0..40).fold(x.clone(), |y, _| &y * &y);
        let n = residuals_of(deep).len();
        // A residual is kept every few steps, so the backward pass does not recompute all forty.
        assert!((8..=11).contains(&n), "{n}");
    }
}
