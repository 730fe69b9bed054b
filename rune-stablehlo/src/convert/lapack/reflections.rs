//! LAPACK calls for orthogonal factors, as products of reflections.

use super::{batch, calls};
use crate::ast::{Operation, Ty, Use};
use crate::convert::arguments::{dims, exactly};
use crate::convert::constants;
use crate::convert::converter::{ConvertError, invalid, refused};
use crate::convert::scope::Scope;
use rune_ir::op::FactorFn;
use rune_ir::{DType, Shape, Var};
use rune_trace::{Tensor, lax, linalg};

impl<'m, 't> Scope<'_, 'm, 't> {
    /// Imports a QR factorization. If its results are only used for `Q`, by `orgqr`, and for `R`, the upper triangle,
    /// then `Q` and `R` are computed. Otherwise the vectors of the reflections are.
    pub(super) fn geqrf(&mut self, op: &'m Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let [x] = exactly(xs)?;
        let ty = self.ty(x).clone();
        let (m, n) = (ty.shape[ty.rank() - 2], ty.shape[ty.rank() - 1]);
        let Some(columns) = self.only_q_and_r(op, (m, n)) else {
            return self.expand(&[x], |xs| {
                let (h, taus) = linalg::geqrf(&xs[0]);
                vec![h, taus]
            });
        };
        let full = columns > n;
        let results = self.expand(&[x], |xs| {
            let [q, r] = lax::factor(if full { FactorFn::QrFull } else { FactorFn::Qr }, &xs[0]);
            let missing = m - r.shape()[r.rank() - 2];
            let mut below = vec![(0, 0); r.rank()];
            below[r.rank() - 2].1 = missing as isize;
            let taus: Shape = batch(&xs[0]).iter().copied().chain([m.min(n)]).collect();
            vec![r.pad(&below, 0.0), Tensor::zeros(taus, r.dtype()), q]
        })?;
        let &[r, taus, q] = results.as_slice() else { return invalid("it needs two results") };
        self.reflections.insert(taus, q);
        Ok(vec![r, taus])
    }

    /// Imports a QR factorization with pivoting. All columns must be free: their numbers at the start are 0.
    pub(super) fn geqp3(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let [x, columns] = exactly(xs)?;
        let (ty, numbers) = (self.ty(x), self.ty(columns));
        let (rank, n) = (ty.rank(), ty.shape[ty.rank() - 1]);
        let fits = numbers.rank() + 1 == rank
            && numbers.shape[..rank - 2] == ty.shape[..rank - 2]
            && numbers.shape[rank - 2] == n
            && numbers.dtype == DType::I32;
        if !fits {
            return invalid("its matrices and numbers of columns do not fit");
        }
        if op.operands.get(1).and_then(|&used| self.number(used)) != Some(0.0) {
            return refused("keeps columns at the start; only numbers that are the constant 0 are supported");
        }
        self.expand(&[x], |xs| {
            let (h, order, taus) = linalg::geqp3(&xs[0]);
            vec![h, order + 1, taus]
        })
    }

    pub(super) fn orgqr(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let [a, taus] = exactly(xs)?;
        if let Some(&q) = self.reflections.get(&taus) {
            let shape = self.output(op, 0, 1)?.shape.clone();
            return match self.ty(q).shape == shape {
                true => Ok(vec![q]),
                false => invalid("its result has another shape than the factor"),
            };
        }
        let (ty, factors) = (self.ty(a).clone(), self.ty(taus).clone());
        let (m, n) = (ty.shape[ty.rank() - 2], ty.shape[ty.rank() - 1]);
        let fits = factors.rank() + 1 == ty.rank()
            && factors.shape[..factors.rank() - 1] == ty.shape[..ty.rank() - 2]
            && factors.shape[factors.rank() - 1] <= n
            && m >= n;
        if !fits {
            return invalid("its matrices and factors do not fit");
        }
        self.expand(&[a, taus], |xs| vec![linalg::householder_product(&xs[0], &xs[1])])
    }

    /// Returns the number of columns of `Q`, if the results of `geqrf` are only used for `Q` and the upper triangle.
    fn only_q_and_r(&self, op: &Operation<'t>, (m, n): (usize, usize)) -> Option<usize> {
        let factored = self.result(op, 0)?;
        let taus = self.result(op, 1)?;
        let mut columns = None;
        let mut q = |user: &Operation<'t>| {
            let Some(Ty::Tensor(ty)) = user.outputs.last() else { return false };
            let found = *ty.shape.last().unwrap_or(&0);
            let is_q = calls(user, "orgqr") && user.operands.get(1) == Some(&taus);
            let same = columns.replace(found).is_none_or(|other| other == found);
            is_q && same && (found == m || found == m.min(n))
        };
        let mut pending = vec![(factored, true)];
        while let Some((value, cut)) = pending.pop() {
            for user in self.users(value)? {
                let moves = cut
                    && matches!(user.name, "stablehlo.slice" | "stablehlo.pad")
                    && user.operands.first() == Some(&value);
                if moves && starts_at_corner(user) {
                    pending.push((self.result(user, 0)?, false));
                } else if !(self.takes_upper(user, value) || user.operands.first() == Some(&value) && q(user)) {
                    return None;
                }
            }
        }
        for user in self.users(taus)? {
            if !calls(user, "orgqr") || user.operands.get(1) != Some(&taus) {
                return None;
            }
        }
        Some(columns.unwrap_or(m.min(n)))
    }

    /// Returns the number in a constant, if all its elements are equal.
    fn number(&self, used: Use<'t>) -> Option<f64> {
        let mut op = self.definition(used)?;
        if op.name == "stablehlo.broadcast_in_dim" {
            op = self.definition(*op.operands.first()?)?;
        }
        constants::splat(op).map(|number| number.to_f64())
    }

    /// Returns whether `user` replaces elements below the diagonal of `value` by zeros, like `jax.numpy.triu`.
    fn takes_upper(&self, user: &Operation<'t>, value: Use<'t>) -> bool {
        let is_iota = |used: Use<'t>, axis: usize| {
            let iota = |op: &&Operation<'t>| {
                op.name == "stablehlo.iota"
                    && dims(op, &["iota_dimension", "dim"]).is_ok_and(|dim| dim.as_slice() == [axis])
                    && matches!(op.outputs.last(), Some(Ty::Tensor(ty)) if ty.rank() == 2)
            };
            self.definition(used).filter(iota).is_some()
        };
        let below = |used: Use<'t>| {
            let mut op = self.definition(used)?;
            if op.name == "stablehlo.broadcast_in_dim" {
                let axes = dims(op, &["broadcast_dimensions", "dims"]).ok()?;
                let Some(Ty::Tensor(ty)) = op.outputs.last() else { return None };
                if *axes != [ty.rank().checked_sub(2)?, ty.rank() - 1] {
                    return None;
                }
                op = self.definition(*op.operands.first()?)?;
            }
            let (&[rows, columns], "stablehlo.compare") = (op.operands.as_slice(), op.name) else { return None };
            let direction = crate::convert::arguments::word(op, &["comparison_direction"])?;
            let sum = self.definition(rows)?;
            let (&[rows, minus_one], "stablehlo.add") = (sum.operands.as_slice(), sum.name) else { return None };
            (direction == "GE" && is_iota(rows, 0) && is_iota(columns, 1) && self.number(minus_one)? == -1.0)
                .then_some(())
        };
        let (&[pred, zero, other], "stablehlo.select") = (user.operands.as_slice(), user.name) else { return false };
        other == value && zero != value && self.number(zero) == Some(0.0) && below(pred).is_some()
    }
}

/// Returns whether a slice or padding keeps the first row and column of each matrix in place.
fn starts_at_corner(op: &Operation) -> bool {
    let zeros = |names: &[&str]| dims(op, names).is_ok_and(|list| list.iter().all(|&n| n == 0));
    let ones = |names: &[&str]| dims(op, names).is_ok_and(|list| list.iter().all(|&n| n == 1));
    match op.name {
        "stablehlo.slice" => zeros(&["start_indices"]) && (op.attribute(&["strides"]).is_none() || ones(&["strides"])),
        _ => zeros(&["edge_padding_low", "low"]) && zeros(&["interior_padding", "interior"]),
    }
}
