//! What reverse mode keeps of a function, for people to look at.

use super::run::floats;
use super::{Place, Run};
use crate::function::{ArgRefs, Arguments, Function};
use crate::transform::SavedResidual;
use crate::{Tensor, Tree};

/// What [`vjp`](crate::vjp) of `f` at `primals` keeps of the forward pass until the pullback is called: arguments first, then what is
/// captured or computed.
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
/// What a few cheap operations make of other residuals is not kept, but computed again: here nothing. `f` is run once, as by `vjp`; no
/// derivative is computed.
#[track_caller]
pub fn saved_residuals<'a, X, F>(f: F, primals: impl ArgRefs<'a, X>) -> Vec<SavedResidual>
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    let args = primals.refs();
    let by = floats::<X>(args);
    let (mut moved, mut others): (Vec<String>, Vec<(Tensor, String)>) = (Vec::new(), Vec::new());
    let mut marks = by.iter();
    X::visit(args, &mut |_, path, leaf| match marks.next() {
        Some(true) => moved.push(path.to_string()),
        _ => others.push((leaf.clone(), path.to_string())),
    });
    let run = Run::new::<X>(args, &by, true, Place::here("saved_residuals"), |x| (f.call(x), ()));
    run.residuals(|i, x| match moved.get(i) {
        Some(path) => Some(path.clone()),
        None => others.iter().find(|(leaf, _)| leaf.ptr_eq(x)).map(|(_, path)| path.clone()),
    })
}

/// Prints [`saved_residuals`], one in a line.
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
