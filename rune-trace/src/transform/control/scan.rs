//! Scans in forward mode and for batches; `scan_transpose.rs` transposes them.

use super::partition::part;
use super::subprogram::{Residual, duals, pushed_forward, split, sub_program};
use crate::Tensor;
use crate::tensor::lax;
use crate::transform::ProgramExt;
use crate::transform::jvp::Mode;
use crate::transform::tangent::Dual;
use crate::transform::vmap::{BatchAxis, Batched, move_axis, vmap};
use rune_ir::program::dependence::{DependenceKind, reached, scan_iteration};
use rune_ir::{Program, Type};
use smallvec::SmallVec;
use std::sync::Arc;

/// A scan with its operands in groups.
pub(in crate::transform) struct Parts<'a, V> {
    /// The constants.
    pub consts: &'a [V],
    /// The initial carry.
    pub init: &'a [V],
    /// The arrays that are read slice by slice.
    pub xs: &'a [V],
    pub body: &'a Arc<Program>,
    pub how: lax::Scan,
}

impl<'a, V> Parts<'a, V> {
    pub fn new(args: &'a [V], consts: usize, carry: usize, body: &'a Arc<Program>, how: lax::Scan) -> Parts<'a, V> {
        let (consts, rest) = args.split_at(consts);
        let (init, xs) = rest.split_at(carry);
        Parts { consts, init, xs, body, how }
    }
    pub fn args(&self) -> impl Iterator<Item = &'a V> {
        self.consts.iter().chain(self.init).chain(self.xs)
    }
    /// Returns the marks of the arguments. Marks of the carry propagate through the iterations.
    pub fn marks(&self, of: impl Fn(&V) -> bool, kind: &DependenceKind) -> Vec<bool> {
        let mut marks: Vec<bool> = self.args().map(of).collect();
        scan_iteration(self.body, kind, &mut marks, self.consts.len(), self.init.len(), &true);
        marks
    }
}

/// Returns the marked items.
pub(super) fn marked<'a, T>(
    items: impl IntoIterator<Item = T> + 'a,
    marks: &'a [bool],
) -> impl Iterator<Item = T> + 'a {
    items.into_iter().zip(marks).filter(|(_, m)| **m).map(|(x, _)| x)
}

pub(in crate::transform) fn jvp(scan: &Parts<Dual>, mode: Mode) -> SmallVec<[Dual; 2]> {
    let (consts, carry) = (scan.consts.len(), scan.init.len());
    let moves = scan.marks(|x| !x.t.is_zero(), &DependenceKind::Tangents);
    // If the carry ever has a tangent, it has one after each iteration.
    let mut instantiate = vec![false; scan.body.outputs().len()];
    instantiate[..carry].copy_from_slice(&moves[consts..consts + carry]);
    let (values, tangents, moving) = match mode {
        Mode::Forward => with_values(scan, &moves, &instantiate),
        Mode::Linearize => linearized(scan, &moves, &instantiate),
    };
    duals(values, &moving, tangents)
}

/// Values, the tangents of those that have one, and whether each has one.
type Moved = (Vec<Tensor>, Vec<Tensor>, Vec<bool>);

/// Carries tangents together with values.
fn with_values(scan: &Parts<Dual>, moves: &[bool], instantiate: &[bool]) -> Moved {
    let (consts, carry) = (scan.consts.len(), scan.init.len());
    let (pushed, moving) = pushed_forward(scan.body, moves, instantiate);
    let both = |duals: &[Dual], moves: &[bool]| -> Vec<Tensor> {
        let values = duals.iter().map(|x| x.v.clone());
        values.chain(marked(duals, moves).map(Dual::tangent)).collect()
    };
    let fixed = both(scan.consts, &moves[..consts]);
    let init = both(scan.init, &moves[consts..consts + carry]);
    let xs = both(scan.xs, &moves[consts + carry..]);
    let slices = xs.iter().map(|x| x.ty().with_shape(&x.shape()[1..]));
    let types: Vec<Type> = fixed.iter().chain(&init).map(|x| x.ty().clone()).chain(slices).collect();
    let stacked = scan.body.outputs().len() - carry;
    let body = sub_program(pushed.name(), types, |p| {
        let (fixed, p) = p.split_at(fixed.len());
        let (carried, slices) = p.split_at(init.len());
        let (c, dc) = fixed.split_at(consts);
        let (k, dk) = carried.split_at(carry);
        let (x, dx) = slices.split_at(scan.xs.len());
        let results = pushed.apply(&[c, k, x, dc, dk, dx].concat());
        // Sorts values and tangents into carry and stacks.
        let (values, tangents) = results.split_at(carry + stacked);
        let (k, y) = values.split_at(carry);
        let (dk, dy) = tangents.split_at(dk.len());
        [k, dk, y, dy].concat()
    });
    let results = lax::scan(&body, &fixed, &init, &xs, scan.how);
    let (carried, stacks) = results.split_at(init.len());
    let (k, dk) = carried.split_at(carry);
    let (y, dy) = stacks.split_at(stacked);
    ([k, y].concat(), [dk, dy].concat(), moving)
}

/// Builds a loop for the values, which stacks the residuals, and a loop that is linear in the tangents.
fn linearized(scan: &Parts<Dual>, moves: &[bool], instantiate: &[bool]) -> Moved {
    let (consts, carry) = (scan.consts.len(), scan.init.len());
    let split = split(scan.body, moves, instantiate);
    let outputs = scan.body.outputs().len();
    let values: Vec<Tensor> = scan.args().map(|x| x.v.clone()).collect();
    // Residuals that depend only on constants are computed once, and not stacked.
    let fixed_only: Vec<bool> = (0..values.len()).map(|i| i >= consts).collect();
    let varies = reached(&split.forward, &DependenceKind::Operands, &fixed_only);
    let fixed_at: Vec<usize> = (outputs..varies.len()).filter(|&i| !varies[i]).collect();
    let given = values.iter().take(consts).cloned().map(Some).chain(vec![None; values.len() - consts]);
    let fixed_values = part(&split.forward, given.collect(), &fixed_at);

    /// The source of a residual of one iteration.
    enum From {
        Fixed(Tensor),
        Xs(Tensor),
        /// A stacked result.
        Stack(usize),
    }
    /// The residuals that an iteration keeps.
    enum Kept {
        Result(usize),
        Carried(usize),
    }
    let mut kept = Vec::new();
    let mut keep = |what| {
        kept.push(what);
        From::Stack(kept.len() - 1)
    };
    let residuals: Vec<From> = split
        .residuals
        .iter()
        .map(|r| match *r {
            Residual::Input(i) if i < consts => From::Fixed(values[i].clone()),
            Residual::Input(i) if i < consts + carry => keep(Kept::Carried(i)),
            Residual::Input(i) => From::Xs(values[i].clone()),
            Residual::Made(i) => match fixed_at.iter().position(|&at| at == outputs + i) {
                Some(at) => From::Fixed(fixed_values[at].clone()),
                None => keep(Kept::Result(outputs + i)),
            },
        })
        .collect();
    let forward = sub_program(split.forward.name(), scan.body.input_types().to_vec(), |p| {
        let mut results = split.forward.apply(p);
        let kept: Vec<Tensor> = kept
            .iter()
            .map(|k| match *k {
                Kept::Result(i) => results[i].clone(),
                Kept::Carried(i) => p[i].clone(),
            })
            .collect();
        results.truncate(outputs);
        results.extend(kept);
        results
    });
    let (fixed, rest) = values.split_at(consts);
    let (init, xs) = rest.split_at(carry);
    let mut results = lax::scan(&forward, fixed, init, xs, scan.how);
    let stacks = results.split_off(outputs);

    let changes = |duals: &[Dual], moves: &[bool]| marked(duals, moves).map(Dual::tangent).collect::<Vec<_>>();
    let mut fixed = changes(scan.consts, &moves[..consts]);
    let init = changes(scan.init, &moves[consts..consts + carry]);
    let mut xs = changes(scan.xs, &moves[consts + carry..]);
    let (dc, dk, dx) = (fixed.len(), init.len(), xs.len());
    if !split.moving.contains(&true) {
        return (results, Vec::new(), split.moving);
    }
    // For each residual, its position among the inputs of an iteration, counted in `fixed` or in `xs`.
    let places: Vec<(bool, usize)> = residuals
        .into_iter()
        .map(|r| match r {
            From::Fixed(t) => {
                fixed.push(t);
                (true, fixed.len() - 1)
            }
            From::Xs(t) => {
                xs.push(t);
                (false, xs.len() - 1)
            }
            From::Stack(i) => {
                xs.push(stacks[i].clone());
                (false, xs.len() - 1)
            }
        })
        .collect();
    let slices = xs.iter().map(|x| x.ty().with_shape(&x.shape()[1..]));
    let types: Vec<Type> = fixed.iter().chain(&init).map(|x| x.ty().clone()).chain(slices).collect();
    let linear = sub_program(split.linear.name(), types, |p| {
        let (fixed, p) = p.split_at(fixed.len());
        let (carried, slices) = p.split_at(dk);
        let residuals = places.iter().map(|&(is_fixed, i)| if is_fixed { fixed[i].clone() } else { slices[i].clone() });
        let changes = [&fixed[..dc], carried, &slices[..dx]].concat();
        split.linear.apply(&changes.into_iter().chain(residuals).collect::<Vec<_>>())
    });
    let tangents = lax::scan(&linear, &fixed, &init, &xs, scan.how);
    (results, tangents, split.moving)
}

/// Batches the loop.
pub(in crate::transform) fn batch(scan: &Parts<Batched>, batch_axis: &BatchAxis) -> SmallVec<[Batched; 2]> {
    let (consts, carry) = (scan.consts.len(), scan.init.len());
    let types = |marks: &[bool]| -> Vec<Type> {
        let inputs = scan.body.input_types().iter().zip(marks);
        inputs.map(|(ty, &m)| if m { ty.batched(batch_axis.size) } else { ty.clone() }).collect()
    };
    let batched_body = |p: &[Tensor], marks: &[bool]| {
        let inner = p.iter().zip(marks).map(|(p, &mapped)| Batched { t: p.clone(), mapped });
        vmap(scan.body, batch_axis, inner.collect())
    };
    let marks = scan.marks(|x| x.mapped, &batch_axis.dependence());
    let carried_marks = &marks[consts..consts + carry];
    let mut mapped = Vec::new();
    let body = sub_program(&format!("{}_vmap", scan.body.name()), types(&marks), |p| {
        let outputs = batched_body(p, &marks);
        mapped = carried_marks.iter().copied().chain(outputs[carry..].iter().map(|y| y.mapped)).collect();
        outputs.into_iter().zip(&mapped).map(|(y, &m)| if m { y.broadcast(batch_axis.size) } else { y.t }).collect()
    });
    let fixed: Vec<Tensor> = scan.consts.iter().map(|x| x.t.clone()).collect();
    let wide = |(x, &m): (&Batched, &bool)| if m { x.broadcast(batch_axis.size) } else { x.t.clone() };
    let init: Vec<Tensor> = scan.init.iter().zip(carried_marks).map(wide).collect();
    // The scanned axis comes first, and then the batch axis.
    let by_position = |x: &Batched| if x.mapped { move_axis(&x.t, 0, 1) } else { x.t.clone() };
    let xs: Vec<Tensor> = scan.xs.iter().map(by_position).collect();
    let results = lax::scan(&body, &fixed, &init, &xs, scan.how);
    let result = |(i, (t, mapped)): (usize, (Tensor, bool))| {
        let t = if mapped && i >= carry { move_axis(&t, 0, 1) } else { t };
        Batched { t, mapped }
    };
    results.into_iter().zip(mapped).enumerate().map(result).collect()
}
