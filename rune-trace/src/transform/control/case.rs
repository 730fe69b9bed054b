//! Branches: each branch is transformed, and the index selects among the results.

use super::subprogram::{Residual, Split, duals, pulled_back, pushed_forward, split, sub_program, zeros};
use crate::Tensor;
use crate::tensor::lax;
use crate::transform::ProgramExt;
use crate::transform::jvp::Mode;
use crate::transform::tangent::Dual;
use crate::transform::transpose::{Cotangents, VariableState};
use crate::transform::vmap::{BatchAxis, Batched, not_batched, vmap};
use rune_ir::program::dependence::{DependenceKind, reached};
use rune_ir::{DType, Program, Type};
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::sync::Arc;

pub(in crate::transform) fn jvp(
    index: &Dual,
    args: &[Dual],
    branches: &[Arc<Program>],
    mode: Mode,
) -> SmallVec<[Dual; 2]> {
    let moves: Vec<bool> = args.iter().map(|x| !x.t.is_zero()).collect();
    let values: Vec<Tensor> = args.iter().map(|x| x.v.clone()).collect();
    let changes: Vec<Tensor> = args.iter().filter_map(|x| x.t.clone().into_tensor()).collect();
    let outputs = branches[0].outputs().len();
    // An output that has a tangent in one branch has one in all.
    let mut moving_out = vec![false; outputs];
    for branch in branches {
        moving_out.iter_mut().zip(reached(branch, &DependenceKind::Tangents, &moves)).for_each(|(any, m)| *any |= m);
    }
    let (values, changes) = if !moving_out.contains(&true) {
        (lax::case(&index.v, branches, &values), Vec::new())
    } else if mode == Mode::Forward {
        let pushed: Vec<_> = branches.iter().map(|b| pushed_forward(b, &moves, &moving_out).0).collect();
        let mut results = lax::case(&index.v, &pushed, &[values, changes].concat());
        let changes = results.split_off(outputs);
        (results, changes)
    } else {
        let splits: Vec<Split> = branches.iter().map(|b| split(b, &moves, &moving_out)).collect();
        linearized(&index.v, branches, &splits, &values, &changes)
    };
    duals(values, &moving_out, changes)
}

/// The results of a `case` that hold the residuals. All branches share them: for each type, there are as many as the
/// branch with the most residuals of this type needs.
pub(super) struct SharedResiduals {
    pub types: Vec<Type>,
    /// For each branch and each of its residuals, the index of the result.
    pub of: Vec<Vec<usize>>,
}

impl SharedResiduals {
    /// Takes, for each branch, the types of its residuals.
    pub fn new(made: impl Iterator<Item = Vec<Type>>) -> SharedResiduals {
        let mut types: Vec<Type> = Vec::new();
        let of = made.map(|made| {
            let mut free: Vec<bool> = vec![true; types.len()];
            let place = |ty: Type| match (0..free.len()).find(|&i| free[i] && types[i] == ty) {
                Some(i) => {
                    free[i] = false;
                    i
                }
                None => {
                    types.push(ty);
                    free.push(false);
                    types.len() - 1
                }
            };
            made.into_iter().map(place).collect()
        });
        let of = of.collect();
        SharedResiduals { types, of }
    }
}

/// Returns the values, and the tangents of the outputs that have one.
fn linearized(
    index: &Tensor,
    branches: &[Arc<Program>],
    splits: &[Split],
    values: &[Tensor],
    changes: &[Tensor],
) -> (Vec<Tensor>, Vec<Tensor>) {
    let outputs = branches[0].outputs().len();
    let places = SharedResiduals::new(splits.iter().map(Split::residual_types));
    let forward = splits.iter().zip(&places.of).map(|(split, of)| {
        sub_program(split.forward.name(), split.forward.input_types().to_vec(), |params| {
            let mut results = split.forward.apply(params);
            let made = results.split_off(outputs);
            let at = |place: usize| of.iter().position(|&p| p == place);
            let filled = places.types.iter().enumerate().map(|(i, ty)| match at(i) {
                Some(made_at) => made[made_at].clone(),
                None => zeros(ty),
            });
            results.extend(filled);
            results
        })
    });
    let mut results = lax::case(index, &forward.collect::<Vec<_>>(), values);
    let made = results.split_off(outputs);

    let handed: BTreeSet<usize> = splits
        .iter()
        .flat_map(|s| &s.residuals)
        .filter_map(|r| match *r {
            Residual::Input(i) => Some(i),
            Residual::Made(_) => None,
        })
        .collect();
    let handed: Vec<usize> = handed.into_iter().collect();
    let residuals = handed.iter().map(|&i| values[i].clone()).chain(made);
    let args: Vec<Tensor> = changes.iter().cloned().chain(residuals).collect();
    let types: Vec<Type> = args.iter().map(|x| x.ty().clone()).collect();
    let linear = splits.iter().zip(&places.of).map(|(split, of)| {
        sub_program(split.linear.name(), types.clone(), |params| {
            let (changes, residuals) = params.split_at(changes.len());
            let (inputs, made) = residuals.split_at(handed.len());
            let residual = |r: &Residual| match *r {
                Residual::Input(i) => inputs[handed.iter().position(|&h| h == i).expect("it is handed on")].clone(),
                Residual::Made(i) => made[of[i]].clone(),
            };
            let inputs: Vec<Tensor> = changes.iter().cloned().chain(split.residuals.iter().map(residual)).collect();
            split.linear.apply(&inputs)
        })
    });
    let changes = lax::case(index, &linear.collect::<Vec<_>>(), &args);
    (results, changes)
}

/// Transposes a `case` whose branches are linear in the wanted arguments.
pub(in crate::transform) fn transpose(
    index: &VariableState,
    args: &[&VariableState],
    branches: &[Arc<Program>],
    cotangents: &[Option<Tensor>],
    acc: &mut Cotangents,
) {
    let index = index.known_or_none().expect("an index is an integer, and known");
    let known: Vec<Tensor> = args.iter().filter_map(|x| x.known_or_none()).cloned().collect();
    let given: Vec<Tensor> = cotangents.iter().flatten().cloned().collect();
    let inputs: Vec<Tensor> = known.into_iter().chain(given).collect();
    let types: Vec<Type> = inputs.iter().map(|x| x.ty().clone()).collect();
    let wanted: Vec<&VariableState> = args.iter().copied().filter(|x| x.known_or_none().is_none()).collect();
    // Each branch returns a cotangent for each wanted argument. Simplification removes those that are zero in all
    // branches.
    let transposed = branches.iter().map(|branch| {
        sub_program(&format!("{}_transpose", branch.name()), types.clone(), |params| {
            let mut params = params.iter().cloned();
            let known = args.iter().map(|x| x.known_or_none().and_then(|_| params.next())).collect();
            let cts = cotangents.iter().map(|ct| ct.as_ref().and_then(|_| params.next())).collect();
            let results = pulled_back(branch, known, cts);
            results.into_iter().zip(&wanted).map(|(ct, x)| ct.unwrap_or_else(|| zeros(x.ty()))).collect()
        })
    });
    let results = lax::case(index, &transposed.collect::<Vec<_>>(), &inputs);
    for (x, ct) in wanted.into_iter().zip(results) {
        acc.accumulate(x, || ct);
    }
}

/// Batches a `case`. If the index is not mapped, it remains a `case`. Otherwise, all branches are computed, and each
/// batch element selects one.
pub(in crate::transform) fn batch(
    index: &Batched,
    args: &[Batched],
    branches: &[Arc<Program>],
    batch_axis: &BatchAxis,
) -> SmallVec<[Batched; 2]> {
    let types: Vec<Type> = args.iter().map(|x| x.t.ty().clone()).collect();
    let values: Vec<Tensor> = args.iter().map(|x| x.t.clone()).collect();
    let inner = |params: &[Tensor]| -> Vec<Batched> {
        params.iter().zip(args).map(|(p, x)| Batched { t: p.clone(), mapped: x.mapped }).collect()
    };
    // An output is mapped if it is mapped in one branch, or if the index is mapped.
    let marks: Vec<bool> = args.iter().map(|x| x.mapped).collect();
    let mut mapped = vec![index.mapped; branches[0].outputs().len()];
    for branch in branches {
        mapped.iter_mut().zip(reached(branch, &batch_axis.dependence(), &marks)).for_each(|(any, m)| *any |= m);
    }
    let wide = branches.iter().map(|branch| {
        sub_program(&format!("{}_vmap", branch.name()), types.clone(), |params| {
            let outputs = vmap(branch, batch_axis, inner(params));
            outputs.into_iter().zip(&mapped).map(|(y, &m)| if m { y.broadcast(batch_axis.size) } else { y.t }).collect()
        })
    });
    let wide: Vec<Arc<Program>> = wide.collect();
    if index.mapped
        && let Some(loc) = branches.iter().find_map(|branch| branch.io_callback())
    {
        not_batched(loc, "a branch with a mapped index");
    }
    if !index.mapped {
        let results = lax::case(&index.t, &wide, &values);
        return results.into_iter().zip(mapped).map(|(t, mapped)| Batched { t, mapped }).collect();
    }
    // Batch elements that select another branch pass constants to this one. Otherwise its results for them, such as
    // NaN, would affect their derivative, multiplied by 0. (That happens in JAX, jax#1052.)
    let last = wide.len() - 1;
    let clamped = lax::clamp(&index_of(0, index), &index.t, &index_of(last, index));
    let apply = |i: usize| {
        let chosen = lax::eq(&clamped, &index_of(i, index));
        let guarded = args.iter().map(|x| match x.mapped && x.t.dtype().is_inexact() {
            true => {
                let chosen = lax::broadcast_in_dim(&chosen, x.t.shape().clone(), &[0]);
                lax::select(&chosen, &x.t, &lax::stop_gradient(&x.t))
            }
            false => x.t.clone(),
        });
        (lax::call(&wide[i], &guarded.collect::<Vec<_>>()), chosen)
    };
    let mut results = apply(0).0;
    for i in 1..wide.len() {
        let (others, chosen) = apply(i);
        for (result, other) in results.iter_mut().zip(others) {
            let chosen = lax::broadcast_in_dim(&chosen, other.shape().clone(), &[0]);
            *result = lax::select(&chosen, &other, result);
        }
    }
    results.into_iter().map(Batched::mapped).collect()
}

/// Returns the index for all batch elements.
fn index_of(i: usize, index: &Batched) -> Tensor {
    lax::full(DType::I32, index.t.shape(), i as f64)
}
