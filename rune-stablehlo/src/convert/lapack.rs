//! LAPACK calls that JAX writes for CPUs, as operations of rune. Their results are those of LAPACK, including `info`.
//!
//! The last two axes of an array hold matrices. LAPACK stores matrices by columns, as the layouts of a call say. The
//! layouts do not change the index of an element. The routines for complex matrices have the names of those for real
//! ones, with `un` instead of `or`, and `he` instead of `sy`.

mod reflections;
mod spectral;

use super::arguments::exactly;
use super::converter::{ConvertError, invalid, name_of, refused};
use super::scope::Scope;
use crate::ast::{Attribute, Operation, find};
use rune_ir::op::{ArgFn, FactorFn, ReduceFn, Triangular, UnaryFn};
use rune_ir::{DType, Op, Shape, Var};
use rune_trace::linalg;
use rune_trace::{Tensor, lax, where_};

/// Returns a routine's name without the letter of its dtype, and the dtype.
fn routine(target: &str) -> Option<(&str, DType)> {
    let name = target.strip_prefix("lapack_").or_else(|| target.strip_prefix("blas_"))?;
    let name = name.strip_suffix("_ffi").unwrap_or(name);
    let dtype = match name.chars().next()? {
        's' => DType::F32,
        'd' => DType::F64,
        'c' => DType::C64,
        'z' => DType::C128,
        _ => return None,
    };
    let name = match (dtype.is_complex(), &name[1..]) {
        (true, "ungqr") => "orgqr",
        (true, "heevd") => "syevd",
        (true, "hetrd") => "sytrd",
        (true, "orgqr" | "syevd" | "sytrd") => return None,
        (_, name) => name,
    };
    Some((name, dtype))
}

/// Returns an option of the call: a number, or the code of a letter, such as 76 for `L`.
fn option(op: &Operation, key: &str) -> Result<i64, ConvertError> {
    // JAX's `as_text` also writes an empty string under the second name.
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
    /// Imports a custom call of LAPACK. Returns `None` if rune does not know it.
    pub(super) fn lapack(
        &mut self,
        op: &'m Operation<'t>,
        target: &str,
        xs: &[Var],
    ) -> Result<Option<Vec<Var>>, ConvertError> {
        let Some((name, dtype)) = routine(target) else { return Ok(None) };
        let known = [
            "potrf", "getrf", "gesdd", "syevd", "geqrf", "geqp3", "orgqr", "trsm", "gtsv", "gehrd", "sytrd", "geev",
            "gees",
        ];
        if !known.contains(&name) {
            return Ok(None);
        }
        // The second operand of `geqp3` holds numbers of columns.
        let floats = if name == "geqp3" { &xs[..xs.len().min(1)] } else { xs };
        for &x in floats {
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
            "geqp3" => self.geqp3(op, xs),
            "orgqr" => self.orgqr(op, xs),
            "trsm" => self.trsm(op, xs),
            "gtsv" => self.gtsv(op, xs),
            "gehrd" => self.gehrd(op, xs),
            "geev" => self.geev(op, xs),
            "gees" => self.gees(op, xs),
            _ => self.sytrd(op, xs),
        }
        .map(Some)
    }

    /// Returns the only operand, which must be a square matrix.
    fn square(&self, xs: &[Var]) -> Result<Var, ConvertError> {
        let [x] = exactly(xs)?;
        let ty = self.ty(x);
        match ty.shape[ty.rank() - 2] == ty.shape[ty.rank() - 1] {
            true => Ok(x),
            false => invalid(format!("it takes square matrices, but has {ty}")),
        }
    }

    /// Imports a Cholesky factorization. The other triangle stays unchanged. On failure, `info` is 1, instead of
    /// LAPACK's order of the first minor that is not positive.
    fn potrf(&mut self, xs: &[Var], lower: bool) -> Result<Vec<Var>, ConvertError> {
        let x = self.square(xs)?;
        self.expand(&[x], |xs| {
            let a = if lower { xs[0].clone() } else { adjoint(&xs[0]) };
            let n = a.shape()[a.rank() - 1];
            let l = lax::cholesky(&a);
            let own = lower_triangle_mask(n);
            let factor = where_(own, &l, &a);
            let info = match n {
                0 => Tensor::zeros(batch(&a), DType::I32),
                _ => lax::convert(&l.diagonal(0, -2, -1).real().isnan().any_axes(-1), DType::I32),
            };
            vec![if lower { factor } else { adjoint(&factor) }, info]
        })
    }

    /// Imports an LU factorization. `info` is the number of the first pivot that is 0, counted from 1.
    fn getrf(&mut self, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let [x] = exactly(xs)?;
        self.expand(&[x], |xs| {
            let [lu, pivots, _] = lax::factor(FactorFn::Lu, &xs[0]);
            let info = first_zero(&lu.diagonal(0, -2, -1));
            vec![lu, pivots + 1, info]
        })
    }

    /// Imports a singular value decomposition. As in LAPACK, `info` is -4 if the matrix holds NaN.
    fn gesdd(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let [x] = exactly(xs)?;
        if self.used(op, 0) {
            return refused("returns what LAPACK leaves in the matrix, which is not defined");
        }
        let mode = option(op, "mode")?;
        // Without vectors, the results for them have no meaning.
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

    fn trsm(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let [a, b] = exactly(xs)?;
        let a = if is(op, "trans_x", b'C')? { self.conjugated(a)? } else { a };
        let how = Triangular {
            left_side: is(op, "side", b'L')?,
            lower: is(op, "uplo", b'L')?,
            transpose_a: !is(op, "trans_x", b'N')?,
            unit_diagonal: is(op, "diag", b'U')?,
        };
        self.push(Op::TriangularSolve { a, b, how })
    }

    /// Returns the conjugates of complex numbers. Real numbers stay unchanged.
    pub(in crate::convert) fn conjugated(&mut self, x: Var) -> Result<Var, ConvertError> {
        if self.ty(x).dtype.is_complex() { self.one(Op::Unary { f: UnaryFn::Conj, x }) } else { Ok(x) }
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
}

/// Returns whether the first operand is stored by columns, as in LAPACK.
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

/// Returns the Hermitian transpose.
fn adjoint(a: &Tensor) -> Tensor {
    a.t().conj()
}

fn batch(a: &Tensor) -> Shape {
    Shape::from(&a.shape()[..a.rank() - 2])
}

/// Returns a mask of the elements of a matrix on and below its diagonal.
fn lower_triangle_mask(n: usize) -> Tensor {
    lax::iota(DType::I32, [n, n], 0).ge(lax::iota(DType::I32, [n, n], 1))
}

/// Returns the number of the first element that is 0, counted from 1. Returns 0 if there is none.
fn first_zero(diagonal: &Tensor) -> Tensor {
    let axis = diagonal.rank() - 1;
    if diagonal.shape()[axis] == 0 {
        return lax::convert(&lax::reduce(ReduceFn::Sum, diagonal, &[axis]), DType::I32);
    }
    let zeros = lax::convert(&diagonal.eq(0.0), DType::I32);
    let first = lax::arg_reduce(ArgFn::Max, &zeros, axis, DType::I32) + 1;
    where_(lax::reduce(ReduceFn::Max, &zeros, &[axis]).eq(0), 0, first)
}
