//! Branches.

use super::closure::{Closure, expect_same_types, programs};
use crate::call_site::CallSite;
use crate::tensor::{at_caller, lax};
use crate::{Tensor, Tree};
use rune_ir::{DType, Type};

/// Returns `on_true()` if `pred` is true, and `on_false()` otherwise, like JAX's `lax.cond`. Only the selected branch
/// is computed. (Under [`vmap`](crate::vmap), both branches are computed if `pred` is mapped.) Both branches are
/// traced. They can use any values around them, and must return trees of the same structure and types.
///
/// `pred` is a scalar: a `bool`, or a number, which is true unless it is 0.
///
/// ```
/// use rune_trace::{Tensor, cond, grad};
/// fn f(x: &Tensor) -> Tensor { cond(&x.gt(0.0), || x * x, || -x) }
/// assert_eq!(f(&Tensor::scalar(3.0f32)).item::<f32>().unwrap(), 9.0);
/// assert_eq!(grad(f)(&Tensor::scalar(3.0f32)).item::<f32>().unwrap(), 6.0);
/// assert_eq!(grad(f)(&Tensor::scalar(-3.0f32)).item::<f32>().unwrap(), -1.0);
/// ```
///
/// # Panics
/// If `pred` is not a scalar, or the branches return different structures or types.
#[track_caller]
pub fn cond<Y: Tree>(pred: &Tensor, on_true: impl FnOnce() -> Y, on_false: impl FnOnce() -> Y) -> Y {
    let place = CallSite::here("cond");
    if pred.rank() != 0 {
        place.fail(&format!(
            "the predicate has type {}, but must be a scalar; `select` selects element by element, `all` and `any` reduce to a scalar",
            pred.ty()
        ));
    }
    at_caller(|| {
        let holds = if pred.dtype() == DType::Bool { pred.clone() } else { lax::ne(pred, &lax::full_like(pred, 0.0)) };
        let closures =
            [Closure::run("on_false", [], place, |_| on_false()), Closure::run("on_true", [], place, |_| on_true())];
        choose(&lax::convert(&holds, DType::I32), &closures, place)
    })
}

/// Returns `branches[index]()`, like JAX's `lax.switch`. The index is clamped to the valid range. Only the selected
/// branch is computed. (Under [`vmap`](crate::vmap), all branches are computed if `index` is mapped.)
///
/// ```
/// use rune_trace::{Tensor, switch};
/// let x = Tensor::scalar(2.0f32);
/// let f = |i: i32| switch(&Tensor::scalar(i), &[&|| x.clone(), &|| &x * &x, &|| x.exp()]);
/// assert_eq!(f(1).item::<f32>().unwrap(), 4.0);
/// assert_eq!(f(7).item::<f32>().unwrap(), 2f32.exp());
/// ```
///
/// # Panics
/// If `index` is not an integer scalar, there is no branch, or the branches return different structures or types.
#[track_caller]
pub fn switch<Y: Tree>(index: &Tensor, branches: &[&dyn Fn() -> Y]) -> Y {
    let place = CallSite::here("switch");
    if index.rank() != 0 || !index.dtype().is_int() {
        place.fail(&format!("the index has type {}, and must be an integer scalar", index.ty()));
    }
    if branches.is_empty() {
        place.fail("there are no branches");
    }
    let run = |(i, f): (usize, &&dyn Fn() -> Y)| Closure::run(&format!("branch_{i}"), [], place, |_| f());
    at_caller(|| {
        let closures: Vec<Closure<Y>> = branches.iter().enumerate().map(run).collect();
        choose(&as_i32(index, branches.len()), &closures, place)
    })
}

/// Converts the index to `i32`. Clamps it before the conversion can lose bits.
fn as_i32(index: &Tensor, branches: usize) -> Tensor {
    let last = i32::try_from(branches - 1).expect("fewer branches than i32 counts") as f64;
    let bound = |x: f64| lax::full(index.dtype(), &Type::scalar(index.dtype()).shape, x);
    // If a narrow dtype cannot hold the index of the last branch, all values of the dtype are less than this index.
    let narrow = index.dtype().size() < 4 && last >= 127.0;
    let clamped = if narrow { index.clone() } else { lax::clamp(&bound(0.0), index, &bound(last)) };
    lax::convert(&clamped, DType::I32)
}

fn choose<Y: Tree>(index: &Tensor, closures: &[Closure<Y>], place: CallSite) -> Y {
    let Closure { name: of_first, output: first, .. } = &closures[0];
    for Closure { name, output, .. } in &closures[1..] {
        expect_same_types(first, output, place, |path, found| {
            format!("`{name}` returns another tree than `{of_first}`: its `result{path}` is of {found}")
        });
    }
    let (branches, _, captured) = programs::<Y, Tensor>(closures, None);
    first.with_leaves(lax::case(index, &branches, &captured))
}
