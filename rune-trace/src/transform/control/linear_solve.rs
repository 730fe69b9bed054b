//! Solutions of linear equations. Their derivatives are solutions of equations with the same function.

use super::call;
use super::custom::{batched_program, mapped_marks};
use crate::Tensor;
use crate::tensor::lax;
use crate::transform::ProgramExt;
use crate::transform::tangent::{Dual, Tangent};
use crate::transform::transpose::{Cotangents, NotLinear, VariableState};
use crate::transform::vmap::{BatchAxis, Batched};
use rune_ir::{Op, Program};
use smallvec::{SmallVec, smallvec};
use std::sync::Arc;

/// A x = b, so A dx = db - dA x.
pub(in crate::transform) fn jvp(op: &Op<Dual>, args: &[Dual], matvec: &Program) -> SmallVec<[Dual; 2]> {
    let solve = |b: &Tensor| {
        let values = args[..args.len() - 1].iter().map(|x| &x.v).chain([b]).cloned();
        with_args(op, values.collect())
    };
    let (b, params) = args.split_last().expect("the last operand is the right side");
    let x = solve(&b.v);
    let mut right = (!b.t.is_zero()).then(|| b.tangent());
    if params.iter().any(|p| !p.t.is_zero()) {
        let known = Dual { v: x.clone(), t: Tangent::ZERO };
        let inputs: Vec<Dual> = params.iter().chain([&known]).cloned().collect();
        if let Some(change) = call::jvp(matvec, &inputs).into_iter().next().filter(|y| !y.t.is_zero()) {
            let change = change.tangent();
            right = Some(right.map_or_else(|| lax::neg(&change), |db| lax::sub(&db, &change)));
        }
    }
    smallvec![Dual { t: Tangent::new(right.map(|right| solve(&right))), v: x }]
}

/// Returns the result of the operation on other operands.
fn with_args(op: &Op<Dual>, args: Vec<Tensor>) -> Tensor {
    let mut args = args.into_iter();
    Tensor::apply1(op.map(|_| args.next().expect("as many operands")))
}

/// The cotangent of b is A⁻ᵀ ct, where ct is the cotangent of x.
pub(in crate::transform) fn transpose(
    args: &[&VariableState],
    [matvec, solve, transpose_solve]: [&Arc<Program>; 3],
    ct: &Tensor,
    acc: &mut Cotangents,
) -> Result<(), NotLinear> {
    let (b, params) = args.split_last().expect("the last operand is the right side");
    let mut known = params.iter().map(|x| x.known().cloned()).collect::<Result<Vec<_>, _>>()?;
    acc.accumulate(b, || {
        known.push(ct.clone());
        let transposed = matvec.transpose(&[params.len()]).expect("`matvec` is linear in its last input");
        Tensor::apply1(Op::CustomLinearSolve {
            args: known,
            matvec: Arc::new(transposed),
            solve: transpose_solve.clone(),
            transpose_solve: solve.clone(),
        })
    });
    Ok(())
}

/// Batches the solution. The right side is mapped.
pub(in crate::transform) fn batch(
    args: &[Batched],
    programs: [&Arc<Program>; 3],
    batch_axis: &BatchAxis,
) -> Op<Tensor> {
    let (b, params) = args.split_last().expect("the last operand is the right side");
    let marks = [mapped_marks(params), vec![true]].concat();
    let [matvec, solve, transpose_solve] =
        programs.map(|program| batched_program(program, &marks, &[true], batch_axis));
    let args = params.iter().map(|x| x.t.clone()).chain([b.clone().broadcast(batch_axis.size)]).collect();
    Op::CustomLinearSolve { args, matvec, solve, transpose_solve }
}
