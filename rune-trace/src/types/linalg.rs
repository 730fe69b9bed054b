//! Rules of linear algebra: matrices lie along the last two axes.

use super::{Problem, Types};
use crate::Type;
use crate::op::FactorFn;
use smallvec::smallvec;

/// Of `[…, m, n]` the axes before, `m` and `n`. Half types are refused: their results would be noise, and LAPACK has none.
fn matrices<'a>(what: &str, x: &'a Type) -> Result<(&'a [usize], usize, usize), Problem> {
    if !x.dtype.is_float() || x.dtype.is_half() {
        return Err(Problem::operand(format!("{what} of f32 or f64 (convert others, as with `.cast(DType::F32)`)"), x));
    }
    match x.shape[..] {
        [ref batch @ .., m, n] => Ok((batch, m, n)),
        _ => Err(Problem::operand(format!("{what}, along the last two axes"), x)),
    }
}

fn square<'a>(what: &str, x: &'a Type) -> Result<(&'a [usize], usize), Problem> {
    let (batch, m, n) = matrices(what, x)?;
    if m == n { Ok((batch, n)) } else { Err(Problem::operand(what, x)) }
}

pub(crate) fn factor(f: FactorFn, x: &Type) -> Result<Types, Problem> {
    match f {
        FactorFn::Cholesky => {
            square("square matrices", x)?;
            Ok(smallvec![x.clone()])
        }
    }
}

pub(super) fn triangular_solve(a: &Type, b: &Type, left_side: bool) -> Result<Type, Problem> {
    let (batch, n) = square("square matrices `a`", a)?;
    let (batch_b, rows, columns) = matrices("matrices `b`", b)?;
    solvable(a, b, (batch, n), (batch_b, if left_side { rows } else { columns }))?;
    Ok(b.clone())
}

/// That systems with the matrices `a` may have the right sides `b`.
fn solvable(a: &Type, b: &Type, left: (&[usize], usize), right: (&[usize], usize)) -> Result<(), Problem> {
    if a.dtype != b.dtype {
        return Err(Problem::mixed(&[a, b]));
    }
    if left != right {
        return Err(Problem::Attribute(format!(
            "needs right sides `b` as many and as long as {a} has rows, and is given {b}"
        )));
    }
    Ok(())
}
