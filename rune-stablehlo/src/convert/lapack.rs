//! The calls of LAPACK that JAX writes for CPUs, as operations of rune with the results that LAPACK gives, `info` included.
//!
//! Matrices lie along the last two axes. LAPACK keeps columns together, and the layouts of a call say so; they do not change
//! which element is where.

use super::arguments::{dims, exactly};
use super::scope::Scope;
use super::{ConvertError, constants, invalid, name_of, refused};
use crate::ast::{Attribute, Operation, Ty, Use, find};
use rune_ir::op::{ArgFn, FactorFn, ReduceFn, Triangular};
use rune_ir::{DType, Op, Shape, Var};
use rune_trace::linalg;
use rune_trace::{Tensor, lax, where_};

/// A routine, without the letter of its dtype.
fn routine(target: &str) -> Option<(&str, char)> {
    let name = target.strip_prefix("lapack_").or_else(|| target.strip_prefix("blas_"))?;
    let name = name.strip_suffix("_ffi").unwrap_or(name);
    let letter = name.chars().next().filter(|c| "sdcz".contains(*c))?;
    Some((&name[1..], letter))
}

/// Returns an option of the call: a number, or the code of a letter, such as 76 for `L`.
fn option(op: &Operation, key: &str) -> Result<i64, ConvertError> {
    // The text of `as_text` has an empty string under the second name too.
    let written = op.attribute(&["mhlo.backend_config"]).or_else(|| op.attribute(&["backend_config"]));
    let entries = if let Some(Attribute::Dict(entries)) = written { entries.as_slice() } else { &[] };
    match find(entries, &[key]).and_then(Attribute::ints).as_deref() {
        Some(&[code]) => Ok(code),
        _ => invalid(format!("its option `{key}` is missing")),
    }
}

fn is(op: &Operation, key: &str, letter: u8) -> Result<bool, ConvertError> {
    Ok(option(op, key)? == i64::from(letter))
}

impl<'m, 't> Scope<'_, 'm, 't> {
    /// Imports a custom call of LAPACK. Returns `None` if it is not one that rune knows.
    pub(super) fn lapack(
        &mut self,
        op: &'m Operation<'t>,
        target: &str,
        xs: &[Var],
    ) -> Result<Option<Vec<Var>>, ConvertError> {
        let Some((name, letter)) = routine(target) else { return Ok(None) };
        let known = ["potrf", "getrf", "gesdd", "syevd", "geqrf", "orgqr", "trsm", "gtsv", "gehrd", "sytrd"];
        if !known.contains(&name) {
            return Ok(None);
        }
        if !matches!(letter, 's' | 'd') {
            return refused(format!("calls @{target} on complex matrices, which rune does not support"));
        }
        let dtype = if letter == 's' { DType::F32 } else { DType::F64 };
        for &x in xs {
            if self.ty(x).dtype != dtype {
                return invalid(format!("@{target} takes {dtype}, but has {}", self.ty(x)));
            }
        }
        let matrices = if name == "gtsv" { &xs[xs.len().saturating_sub(1)..] } else { &xs[..xs.len().min(1)] };
        if matrices.is_empty()
            || matrices.iter().any(|&x| self.ty(x).rank() < 2)
            || !by_columns(op, self.ty(xs[0]).rank())
        {
            return invalid("it takes matrices, whose columns are kept together");
        }
        match name {
            "potrf" => self.potrf(xs, is(op, "uplo", b'L')?),
            "getrf" => self.getrf(xs),
            "gesdd" => self.gesdd(op, xs),
            "syevd" => self.syevd(xs, is(op, "uplo", b'L')?),
            "geqrf" => self.geqrf(op, xs),
            "orgqr" => self.orgqr(op, xs),
            "trsm" => self.trsm(op, xs),
            "gtsv" => self.gtsv(op, xs),
            "gehrd" => self.gehrd(op, xs),
            _ => self.sytrd(op, xs),
        }
        .map(Some)
    }

    /// Returns the matrix, if it is the only operand, and square.
    fn square(&self, xs: &[Var]) -> Result<Var, ConvertError> {
        let [x] = exactly(xs)?;
        let ty = self.ty(x);
        match ty.shape[ty.rank() - 2] == ty.shape[ty.rank() - 1] {
            true => Ok(x),
            false => invalid(format!("it takes square matrices, but has {ty}")),
        }
    }

    /// The other triangle stays as it is. `info` is 1 instead of the order of the first minor that is not positive.
    fn potrf(&mut self, xs: &[Var], lower: bool) -> Result<Vec<Var>, ConvertError> {
        let x = self.square(xs)?;
        self.expand(&[x], |xs| {
            let a = if lower { xs[0].clone() } else { xs[0].t() };
            let n = a.shape()[a.rank() - 1];
            let l = lax::cholesky(&a);
            let own = triangle(n);
            let factor = where_(own, &l, &a);
            let info = match n {
                0 => Tensor::zeros(batch(&a), DType::I32),
                _ => lax::convert(&l.diagonal(0, -2, -1).isnan().any_axes(-1), DType::I32),
            };
            vec![if lower { factor } else { factor.t() }, info]
        })
    }

    /// `info` is the number of the first pivot that is 0, counted from 1.
    fn getrf(&mut self, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let [x] = exactly(xs)?;
        self.expand(&[x], |xs| {
            let [lu, pivots, _] = lax::factor(FactorFn::Lu, &xs[0]);
            let info = first_zero(&lu.diagonal(0, -2, -1));
            vec![lu, pivots + 1, info]
        })
    }

    /// Returns `info` like LAPACK: -4 if the matrix holds NaN.
    fn gesdd(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let [x] = exactly(xs)?;
        if self.used(op, 0) {
            return refused("returns what LAPACK leaves in the matrix, which is not defined");
        }
        let mode = option(op, "mode")?;
        // Without vectors, the results for them hold nothing.
        let empty = [self.output(op, 2, 5)?.clone(), self.output(op, 3, 5)?.clone()];
        self.expand(&[x], |xs| {
            let f = if mode == i64::from(b'A') { FactorFn::SvdFull } else { FactorFn::Svd };
            let [mut u, s, mut vt] = lax::factor(f, &xs[0]);
            if mode == i64::from(b'N') {
                [u, vt] = empty.clone().map(|ty| Tensor::zeros(ty.shape, ty.dtype));
            }
            let info = lax::convert(&xs[0].isnan().any_axes([-2, -1]), DType::I32) * -4;
            vec![xs[0].clone(), s, u, vt, info]
        })
    }

    fn syevd(&mut self, xs: &[Var], lower: bool) -> Result<Vec<Var>, ConvertError> {
        let x = self.square(xs)?;
        self.expand(&[x], |xs| {
            let a = if lower { xs[0].clone() } else { xs[0].t() };
            let [w, v] = lax::factor(FactorFn::Eigh, &a);
            vec![v, w, Tensor::zeros(batch(&a), DType::I32)]
        })
    }

    fn trsm(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let [a, b] = exactly(xs)?;
        let how = Triangular {
            left_side: is(op, "side", b'L')?,
            lower: is(op, "uplo", b'L')?,
            // Real numbers are their own conjugates.
            transpose_a: !is(op, "trans_x", b'N')?,
            unit_diagonal: is(op, "diag", b'U')?,
        };
        self.push(Op::TriangularSolve { a, b, how })
    }

    fn gtsv(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let [l, d, u, b] = exactly(xs)?;
        if (0..3).any(|i| self.used(op, i)) {
            return refused("returns what LAPACK leaves in the diagonals; use the solution alone");
        }
        let (diagonal, sides) = (self.ty(d).clone(), self.ty(b).clone());
        let fits = [l, u].iter().all(|&x| *self.ty(x) == diagonal)
            && sides.rank() == diagonal.rank() + 1
            && sides.shape[..diagonal.rank()] == diagonal.shape[..]
            && sides.size() > 0;
        if !fits {
            return invalid("its diagonals and right sides do not fit");
        }
        self.expand(&[l, d, u, b], |xs| {
            let [l, d, u, b] = xs else { return Vec::new() };
            let x = linalg::tridiagonal_solve(l, d, u, b);
            let info = first_zero(&linalg::tridiagonal_lu(l, d, u).diagonal);
            vec![l.clone(), d.clone(), u.clone(), x, info]
        })
    }

    fn gehrd(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let x = self.square(xs)?;
        if self.ty(x).size() == 0 {
            return invalid("it takes matrices with elements");
        }
        let n = self.ty(x).shape[self.ty(x).rank() - 1];
        if option(op, "low")? != 1 || usize::try_from(option(op, "high")?) != Ok(n) {
            return refused("reduces a part of the matrix");
        }
        self.expand(&[x], |xs| {
            let (h, taus) = linalg::gehrd(&xs[0]);
            vec![h, taus, Tensor::zeros(batch(&xs[0]), DType::I32)]
        })
    }

    /// A Hessenberg form that is symmetric is tridiagonal. What is above the first diagonal beside it is the matrix's.
    fn sytrd(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let x = self.square(xs)?;
        if self.ty(x).size() == 0 {
            return invalid("it takes matrices with elements");
        }
        if !is(op, "uplo", b'L')? {
            return refused("reduces the upper triangle; transpose the matrix and reduce the lower one");
        }
        self.expand(&[x], |xs| {
            let n = xs[0].shape()[xs[0].rank() - 1];
            let (h, taus) = linalg::gehrd(&(xs[0].tril(0) + xs[0].tril(-1).t()));
            let kept = where_(triangle(n), &h, &xs[0]);
            let (d, e) = (h.diagonal(0, -2, -1), h.diagonal(-1, -2, -1));
            vec![kept, d, e, taus, Tensor::zeros(batch(&xs[0]), DType::I32)]
        })
    }

    /// JAX uses the result for `Q`, by `orgqr`, and for `R`, its upper triangle: then these two are computed. Otherwise the
    /// vectors of the reflections are.
    fn geqrf(&mut self, op: &'m Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
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

    fn orgqr(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
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

    /// Returns the number of columns of `Q`, if the results of `geqrf` are used for `Q` and the upper triangle alone.
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

    /// Returns whether `user` selects zeros below the diagonal of `value`, as `jax.numpy.triu` does.
    fn takes_upper(&self, user: &Operation<'t>, value: Use<'t>) -> bool {
        let number = |used: Use<'t>| {
            let mut op = self.definition(used)?;
            if op.name == "stablehlo.broadcast_in_dim" {
                op = self.definition(*op.operands.first()?)?;
            }
            constants::splat(op).map(|number| number.to_f64())
        };
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
            let direction = super::arguments::word(op, &["comparison_direction"])?;
            let sum = self.definition(rows)?;
            let (&[rows, minus_one], "stablehlo.add") = (sum.operands.as_slice(), sum.name) else { return None };
            (direction == "GE" && is_iota(rows, 0) && is_iota(columns, 1) && number(minus_one)? == -1.0).then_some(())
        };
        let (&[pred, zero, other], "stablehlo.select") = (user.operands.as_slice(), user.name) else { return false };
        other == value && zero != value && number(zero) == Some(0.0) && below(pred).is_some()
    }
}

/// Whether the columns of the first operand are kept together, as LAPACK has them.
fn by_columns(op: &Operation, rank: usize) -> bool {
    let Some(Attribute::List(layouts)) = op.attribute(&["operand_layouts"]) else { return true };
    let layout = layouts.first().and_then(Attribute::ints).unwrap_or_default();
    rank < 2 || layout.get(..2) == Some(&[rank as i64 - 2, rank as i64 - 1])
}

fn calls(op: &Operation, name: &str) -> bool {
    let target =
        (op.name == "stablehlo.custom_call").then(|| name_of(op, "name").or_else(|| name_of(op, "call_target_name")));
    target.flatten().and_then(routine).is_some_and(|(found, _)| found == name)
}

/// Whether a slice or padding keeps the first row and column of each matrix where they are.
fn starts_at_corner(op: &Operation) -> bool {
    let zeros = |names: &[&str]| dims(op, names).is_ok_and(|list| list.iter().all(|&n| n == 0));
    let ones = |names: &[&str]| dims(op, names).is_ok_and(|list| list.iter().all(|&n| n == 1));
    match op.name {
        "stablehlo.slice" => zeros(&["start_indices"]) && (op.attribute(&["strides"]).is_none() || ones(&["strides"])),
        _ => zeros(&["edge_padding_low", "low"]) && zeros(&["interior_padding", "interior"]),
    }
}

fn batch(a: &Tensor) -> Shape {
    Shape::from(&a.shape()[..a.rank() - 2])
}

/// Returns a mask of the elements of a matrix on and below its diagonal.
fn triangle(n: usize) -> Tensor {
    lax::iota(DType::I32, [n, n], 0).ge(lax::iota(DType::I32, [n, n], 1))
}

/// Returns the number of the first element that is 0, counted from 1; 0 if there is none.
fn first_zero(diagonal: &Tensor) -> Tensor {
    let axis = diagonal.rank() - 1;
    if diagonal.shape()[axis] == 0 {
        return lax::convert(&lax::reduce(ReduceFn::Sum, diagonal, &[axis]), DType::I32);
    }
    let zeros = lax::convert(&diagonal.eq(0.0), DType::I32);
    let first = lax::arg_reduce(ArgFn::Max, &zeros, axis, DType::I32) + 1;
    where_(lax::reduce(ReduceFn::Max, &zeros, &[axis]).eq(0), 0, first)
}
