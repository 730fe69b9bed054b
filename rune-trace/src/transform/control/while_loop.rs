//! Loops of unknown length.

use super::subprogram::{duals, pushed_forward, sub_program};
use crate::Tensor;
use crate::tensor::lax;
use crate::tensor::refuse;
use crate::transform::ProgramExt;
use crate::transform::jvp::Mode;
use crate::transform::tangent::Dual;
use crate::transform::vmap::{BatchAxis, Batched, not_batched, vmap};
use rune_ir::op::ReduceFn;
use rune_ir::program::dependence::{DependenceKind, while_iteration};
use rune_ir::{Op, Program, Type};
use smallvec::SmallVec;
use std::sync::Arc;

/// Carries tangents together with values. A loop that must be linear in the tangents computes the values again, because
/// it keeps no residuals.
pub(in crate::transform) fn jvp(
    args: &[Dual],
    consts: usize,
    cond: &Arc<Program>,
    body: &Arc<Program>,
    mode: Mode,
) -> SmallVec<[Dual; 2]> {
    let (fixed, init) = args.split_at(consts);
    let mut moves: Vec<bool> = args.iter().map(|x| !x.t.is_zero()).collect();
    while_iteration(cond, body, &DependenceKind::Tangents, &mut moves, consts, &true);
    let values = |xs: &[Dual]| xs.iter().map(|x| x.v.clone()).collect::<Vec<_>>();
    let (fixed_values, init_values) = (values(fixed), values(init));
    let plain = || lax::while_loop(cond, body, &fixed_values, &init_values);
    if !moves[consts..].contains(&true) {
        return plain().into_iter().map(Dual::constant).collect();
    }
    if mode == Mode::Linearize
        && let Some(loc) = cond.io_callback().or(body.io_callback())
    {
        refuse!(
            "`io_callback` at {loc} is in a loop of unknown length, which linearization would run twice; use `scan`, or forward mode \
             (`jvp`)"
        );
    }
    // The carry is the values, then the tangents of those that have one.
    let changes = |xs: &[Dual], moves: &[bool]| -> Vec<Tensor> {
        xs.iter().zip(moves).filter(|(_, m)| **m).map(|(x, _)| x.tangent()).collect()
    };
    let fixed_changes = changes(fixed, &moves[..consts]);
    let init_changes = changes(init, &moves[consts..]);
    let both_fixed = [fixed_values.clone(), fixed_changes].concat();
    let both_init = [init_values.clone(), init_changes].concat();
    let (n, dn) = (init.len(), both_fixed.len() - consts);
    // Both programs take the constants, their tangents, the carry and its tangents.
    let types: Vec<Type> = both_fixed.iter().chain(&both_init).map(|x| x.ty().clone()).collect();
    let cond_both = sub_program(cond.name(), types.clone(), |p| {
        let carried = &p[consts + dn..][..n];
        cond.apply(&[&p[..consts], carried].concat())
    });
    let pushed = pushed_forward(body, &moves, &moves[consts..]).0;
    let body_both = sub_program(pushed.name(), types, |p| {
        let (fixed, carried) = p.split_at(consts + dn);
        pushed.apply(&[&fixed[..consts], &carried[..n], &fixed[consts..], &carried[n..]].concat())
    });
    let mut both = lax::while_loop(&cond_both, &body_both, &both_fixed, &both_init);
    let changes = both.split_off(n);
    let values = if mode == Mode::Linearize { plain() } else { both };
    duals(values, &moves[consts..], changes)
}

/// Batches the loop. It runs until all batch elements are done. Those that are done keep their values.
pub(in crate::transform) fn batch(
    args: &[Batched],
    consts: usize,
    cond: &Arc<Program>,
    body: &Arc<Program>,
    batch_axis: &BatchAxis,
) -> SmallVec<[Batched; 2]> {
    let inner = |params: &[Tensor], marks: &[bool]| -> Vec<Batched> {
        params.iter().zip(marks).map(|(p, &mapped)| Batched { t: p.clone(), mapped }).collect()
    };
    let element_types: Vec<Type> = body.input_types().to_vec();
    let types = |marks: &[bool]| -> Vec<Type> {
        element_types
            .iter()
            .zip(marks)
            .map(|(ty, &m)| if m { ty.batched(batch_axis.size) } else { ty.clone() })
            .collect()
    };
    let mut marks: Vec<bool> = args.iter().map(|x| x.mapped).collect();
    // If batch elements end at different times, everything is mapped.
    let differs = while_iteration(cond, body, &batch_axis.dependence(), &mut marks, consts, &true);
    if differs && let Some(loc) = cond.io_callback().or(body.io_callback()) {
        not_batched(loc, "a loop with a mapped condition");
    }
    let holds = sub_program(&format!("{}_vmap", cond.name()), types(&marks), |p| {
        let holds = vmap(cond, batch_axis, inner(p, &marks)).remove(0);
        vec![if differs { holds.broadcast(batch_axis.size) } else { holds.t }]
    });
    let cond_wide = match differs {
        true => sub_program(holds.name(), types(&marks), |p| {
            let (x, axes) = (holds.apply(p).remove(0), [0].into_iter().collect());
            vec![Tensor::apply1(Op::Reduce { f: ReduceFn::Or, x, axes })]
        }),
        false => holds.clone(),
    };
    let body_wide = sub_program(&format!("{}_vmap", body.name()), types(&marks), |p| {
        let next = vmap(body, batch_axis, inner(p, &marks));
        let next =
            next.into_iter().zip(&marks[consts..]).map(|(y, &m)| if m { y.broadcast(batch_axis.size) } else { y.t });
        if !differs {
            return next.collect();
        }
        let goes_on = holds.apply(p).remove(0);
        let keep = |(next, old): (Tensor, &Tensor)| {
            let goes_on = lax::broadcast_in_dim(&goes_on, next.shape().clone(), &[0]);
            lax::select(&goes_on, &next, old)
        };
        next.zip(&p[consts..]).map(keep).collect()
    });
    let wide = |(x, &m): (&Batched, &bool)| if m { x.broadcast(batch_axis.size) } else { x.t.clone() };
    let values: Vec<Tensor> = args.iter().zip(&marks).map(wide).collect();
    let results = lax::while_loop(&cond_wide, &body_wide, &values[..consts], &values[consts..]);
    results.into_iter().zip(&marks[consts..]).map(|(t, &mapped)| Batched { t, mapped }).collect()
}
