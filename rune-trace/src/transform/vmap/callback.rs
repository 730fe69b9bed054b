//! Batching of user functions.

use super::{BatchAxis, Batched, prepend};
use crate::Tensor;
use crate::tensor::lax;
use crate::tensor::refuse;
use crate::transform::control::subprogram::sub_program;
use rune_ir::op::{Callback, CallbackFn, VmapMethod};
use rune_ir::{Loc, Op, Shape, Type};
use smallvec::SmallVec;

/// Returns the results for the whole batch. At least one argument is mapped.
pub(super) fn batch(
    f: CallbackFn,
    args: &[Batched],
    callback: &Callback,
    results: &[Type],
    vmap_method: Option<VmapMethod>,
    batch_axis: &BatchAxis,
) -> SmallVec<[Batched; 2]> {
    let call = |args: Vec<Tensor>, results: Vec<Type>| {
        Tensor::apply(Op::Callback { f, args, callback: callback.clone(), results, vmap_method })
    };
    let once = |args: Vec<Tensor>| call(args, results.iter().map(|ty| ty.batched(batch_axis.size)).collect());
    let each = |unroll: usize| -> SmallVec<[Tensor; 2]> {
        let (mapped, fixed): (Vec<&Batched>, Vec<&Batched>) = args.iter().partition(|x| x.mapped);
        let types = fixed.iter().map(|x| x.t.ty().clone()).chain(mapped.iter().map(|x| x.ty()));
        let body = sub_program(callback.name(), types, |params| {
            let (mut fixed_params, mut mapped_params) = (params[..fixed.len()].iter(), params[fixed.len()..].iter());
            let of = |x: &Batched| if x.mapped { mapped_params.next() } else { fixed_params.next() };
            let args = args.iter().map(of).map(|x| x.expect("one parameter for each argument").clone());
            call(args.collect(), results.to_vec()).into_vec()
        });
        let tensors = |xs: Vec<&Batched>| xs.into_iter().map(|x| x.t.clone()).collect::<Vec<_>>();
        let how = lax::Scan { length: batch_axis.size, reverse: false, unroll };
        lax::scan(&body, &tensors(fixed), &[], &tensors(mapped), how).into()
    };
    let expanded = |x: &Batched| {
        let shape: Shape = prepend(1, x.t.shape()).collect();
        if x.mapped { x.t.clone() } else { lax::reshape(&x.t, shape) }
    };
    let all = match (f, vmap_method) {
        (CallbackFn::Io, _) | (CallbackFn::Pure, Some(VmapMethod::Sequential)) => each(0),
        (CallbackFn::Pure, Some(VmapMethod::SequentialUnrolled)) => each(batch_axis.size),
        (CallbackFn::Pure, Some(VmapMethod::ExpandDims)) => once(args.iter().map(expanded).collect()),
        (CallbackFn::Pure, Some(VmapMethod::BroadcastAll)) => {
            once(args.iter().map(|x| x.broadcast(batch_axis.size)).collect())
        }
        (CallbackFn::Pure, None) => refuse!(
            "`pure_callback` at {} is batched by `vmap`, but has no `VmapMethod`; for one call for each batch element, use `pure_callback_with(VmapMethod::Sequential, …)`",
            callback.loc()
        ),
    };
    all.into_iter().map(Batched::mapped).collect()
}

/// Fails for a function that must be called only for some batch elements, if batching would call it for all of them.
pub(in crate::transform) fn not_batched(loc: &Loc, stands: &str) -> ! {
    refuse!(
        "`io_callback` at {loc} is in {stands}, so it would be called for batch elements that do not need it; make the condition the same for all batch elements, or use `pure_callback`"
    )
}
