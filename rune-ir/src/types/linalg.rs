//! Rules of linear algebra: the last two axes hold the matrices.

use super::reduction::check_positions;
use super::{TypeProblem, Types};
use crate::op::FactorFn;
use crate::{DType, Shape, Type};
use smallvec::smallvec;

/// Splits `[…, m, n]` into the batch axes, `m` and `n`. Half-precision types are rejected, because the results would be
/// noise. LAPACK does not support them either.
fn matrices<'a>(what: &str, x: &'a Type) -> Result<(&'a [usize], usize, usize), TypeProblem> {
    if !x.dtype.is_inexact() || x.dtype.is_reduced_float() {
        let wanted = format!("{what} of f32, f64, c64 or c128 (convert others, as with `.cast(DType::F32)`)");
        return Err(TypeProblem::operand(wanted, x));
    }
    match x.shape[..] {
        [ref batch @ .., m, n] => Ok((batch, m, n)),
        _ => Err(TypeProblem::operand(format!("{what}, along the last two axes"), x)),
    }
}

fn square<'a>(what: &str, x: &'a Type) -> Result<(&'a [usize], usize), TypeProblem> {
    let (batch, m, n) = matrices(what, x)?;
    if m == n { Ok((batch, n)) } else { Err(TypeProblem::operand(what, x)) }
}

pub(crate) fn factor(f: FactorFn, x: &Type) -> Result<Types, TypeProblem> {
    match f {
        FactorFn::Cholesky => {
            square("square matrices", x)?;
            Ok(smallvec![x.clone()])
        }
        FactorFn::Eigh => {
            let (batch, n) = square("square matrices", x)?;
            Ok(smallvec![Type::new(x.dtype.real(), vector(batch, n)), x.clone()])
        }
        FactorFn::Eig => {
            let (batch, n) = square("square matrices", x)?;
            let complex = x.dtype.complex().expect("matrices have a complex dtype");
            Ok(smallvec![Type::new(complex, vector(batch, n)), Type::new(complex, x.shape.clone())])
        }
        FactorFn::Schur => {
            square("square matrices", x)?;
            Ok(smallvec![x.clone(), x.clone()])
        }
        FactorFn::Lu => {
            let (batch, m, n) = matrices("matrices", x)?;
            check_positions(DType::I32, m)?;
            let positions = |n| Type::new(DType::I32, vector(batch, n));
            Ok(smallvec![x.clone(), positions(m.min(n)), positions(m)])
        }
        FactorFn::Qr | FactorFn::QrFull => {
            let (batch, m, n) = matrices("matrices", x)?;
            let k = if f == FactorFn::QrFull { m } else { m.min(n) };
            Ok(smallvec![x.with_shape(matrix(batch, m, k)), x.with_shape(matrix(batch, k, n))])
        }
        FactorFn::Svd | FactorFn::SvdFull => {
            let (batch, m, n) = matrices("matrices", x)?;
            let k = m.min(n);
            let (columns, rows) = if f == FactorFn::SvdFull { (m, n) } else { (k, k) };
            let values = Type::new(x.dtype.real(), vector(batch, k));
            Ok(smallvec![x.with_shape(matrix(batch, m, columns)), values, x.with_shape(matrix(batch, rows, n))])
        }
    }
}

pub(super) fn triangular_solve(a: &Type, b: &Type, left_side: bool) -> Result<Type, TypeProblem> {
    let (batch, n) = square("square matrices `a`", a)?;
    let (batch_b, rows, columns) = matrices("matrices `b`", b)?;
    expect_solvable(a, b, (batch, n), (batch_b, if left_side { rows } else { columns }))?;
    Ok(b.clone())
}

pub(super) fn lu_solve([a, lu, permutation, b]: [&Type; 4]) -> Result<Type, TypeProblem> {
    let (batch, n) = square("square matrices `a`", a)?;
    if a != lu {
        return Err(TypeProblem::mismatch(&[a, lu]));
    }
    if *permutation != Type::new(DType::I32, vector(batch, n)) {
        return Err(TypeProblem::operand(format!("the permutation of the {n} rows of {a} as i32"), permutation));
    }
    let (batch_b, rows, _) = matrices("matrices `b`", b)?;
    expect_solvable(a, b, (batch, n), (batch_b, rows))?;
    Ok(b.clone())
}

fn vector(batch: &[usize], n: usize) -> Shape {
    batch.iter().copied().chain([n]).collect()
}

fn matrix(batch: &[usize], m: usize, n: usize) -> Shape {
    batch.iter().copied().chain([m, n]).collect()
}

/// Checks that systems with the matrices `a` can have the right sides `b`.
fn expect_solvable(a: &Type, b: &Type, left: (&[usize], usize), right: (&[usize], usize)) -> Result<(), TypeProblem> {
    if a.dtype != b.dtype {
        return Err(TypeProblem::mismatch(&[a, b]));
    }
    if left != right {
        return Err(TypeProblem::Attribute(format!(
            "needs right sides `b` as many and as long as {a} has rows, but got {b}"
        )));
    }
    Ok(())
}
