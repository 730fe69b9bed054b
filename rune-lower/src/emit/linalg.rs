//! Linear algebra, which IREE lacks: it has no `cholesky`, no `triangular_solve` and no custom calls.

use crate::attr;
use crate::builder::{Builder, Val};
use crate::module_lowering::{EmitError, ModuleLowering};
use rune_ir::op::{Comparison, FactorFn, Triangular};
use rune_ir::{DType, Op, Type};

/// Emits a host call that factorizes each matrix with the interpreter's kernels.
pub(super) fn factor<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    op: &Op<Val<'c>>,
    (f, x): (FactorFn, &Val<'c>),
    types: &[&Type],
) -> Result<Vec<Val<'c>>, EmitError> {
    if f == FactorFn::Cholesky && lowering.is_export() {
        let l = b.op1("stablehlo.cholesky", &[x], &[("lower", attr::bool(b.context, true))], x.ty.clone());
        return Ok(vec![lower_triangle(b, &l)]);
    }
    on_host(b, lowering, op, types)
}

pub(super) fn triangular_solve<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    op: &Op<Val<'c>>,
    (matrix, sides, how): (&Val<'c>, &Val<'c>, &Triangular),
    types: &[&Type],
) -> Result<Vec<Val<'c>>, EmitError> {
    if !lowering.is_export() {
        return on_host(b, lowering, op, types);
    }
    let flag = |is| attr::bool(b.context, is);
    let transpose = if how.transpose_a { "TRANSPOSE" } else { "NO_TRANSPOSE" };
    let attributes = [
        ("left_side", flag(how.left_side)),
        ("lower", flag(how.lower)),
        ("unit_diagonal", flag(how.unit_diagonal)),
        ("transpose_a", attr::parse(b.context, &format!("#stablehlo<transpose {transpose}>"))),
    ];
    Ok(vec![b.op1("stablehlo.triangular_solve", &[matrix, sides], &attributes, sides.ty.clone())])
}

/// Returns `x` with 0 above the diagonal. StableHLO leaves these elements undefined.
fn lower_triangle<'c>(b: &Builder<'c>, x: &Val<'c>) -> Val<'c> {
    let (rows, columns) = (x.rank() - 2, x.rank() - 1);
    let place = |axis| b.iota(DType::I32, x.shape(), axis);
    b.select(&b.compare(Comparison::Ge, &place(rows), &place(columns)), x, &b.number(0.0, x))
}

/// Emits the operation as a host call.
pub(super) fn on_host<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    op: &Op<Val<'c>>,
    types: &[&Type],
) -> Result<Vec<Val<'c>>, EmitError> {
    if !lowering.calls_host() {
        return Err(EmitError::Unsupported(
            "the process that runs the program computes it, and this module may not call the process; lower it with `Purpose::Run`, or compute this part before and pass the result"
                .to_owned(),
        ));
    }
    let types: Vec<Type> = types.iter().map(|&t| t.clone()).collect();
    Ok(lowering.host(op.map(|x| x.ty.clone()), &types).call(b, &op.operands()))
}
