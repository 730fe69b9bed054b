//! Callbacks: user functions in the process.

use crate::builder::{Builder, Val};
use crate::legalize::unsigned::signed_bits;
use crate::module_lowering::{EmitError, ModuleLowering};
use rune_ir::{Op, Type};

/// Emits a call, and returns its results. A callback with effects takes the token of the previous effect.
pub(super) fn callback<'c>(
    b: &Builder<'c>,
    lowering: &ModuleLowering<'c>,
    op: &Op<Val<'c>>,
    args: &[Val<'c>],
    results: &[Type],
) -> Result<Vec<Val<'c>>, EmitError> {
    if !lowering.calls_host() {
        return Err(EmitError::Unsupported(
            "it calls a function of the process that traced the program, and this module may not; compute the result first and pass it as \
             an argument"
                .to_owned(),
        ));
    }
    let effects = op.has_effects();
    let mut operands: Vec<Val<'c>> = args.iter().map(|x| signed_bits(b, x)).collect();
    operands.extend(effects.then(|| lowering.token(b)));
    let signed: Vec<Type> = results.iter().map(|ty| ty.with_dtype(ty.dtype.to_signed())).collect();
    let call = lowering.host(op.map(|x| x.ty.clone()), &signed);
    let mut given = call.call(b, &operands.iter().collect::<Vec<_>>());
    if effects && let Some(token) = given.pop() {
        lowering.set_token(token);
    }
    let typed = |(y, ty): (Val<'c>, &Type)| if y.dtype() == ty.dtype { y } else { b.bits(&y, ty.dtype) };
    Ok(given.into_iter().zip(results).map(typed).collect())
}
