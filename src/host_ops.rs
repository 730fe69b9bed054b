//! Operations that compiled code leaves to the host: the interpreter's kernels.

use rune_iree::{HostCalls, HostFunction};
use rune_trace::interpret::eval_op;
use rune_trace::{Array, DType, HostOp, Op, Type};
use std::borrow::Cow;

/// The host functions of one module.
pub(crate) struct HostOps(pub Vec<HostOp>);

impl HostCalls for HostOps {
    fn functions(&self) -> Vec<HostFunction> {
        let function = |h: &HostOp| HostFunction {
            name: h.name.clone(),
            inputs: arguments(&h.op).chain(token(&h.op)).collect(),
            outputs: h.outputs.iter().cloned().chain(token(&h.op)).collect(),
        };
        self.0.iter().map(function).collect()
    }
    fn call(&self, index: usize, args: &[Array]) -> Result<Vec<Array>, String> {
        let mut args = args.iter();
        let op = self.0[index].op.try_map(|ty| {
            let arg = args.next().ok_or("fewer arguments than operands")?;
            Ok::<_, &str>(match arg.dtype() == ty.dtype {
                true => Cow::Borrowed(arg),
                false => Cow::Owned(Array::from_bytes(arg.ty().with_dtype(ty.dtype), arg.bytes())),
            })
        })?;
        let mut results = eval_op(&op.map(|arg| &**arg)).map_err(|e| e.to_string())?;
        results.extend(token(&self.0[index].op).map(Array::zeros));
        Ok(results)
    }
}

/// The types that the operands are passed as.
fn arguments(op: &Op<Type>) -> impl Iterator<Item = Type> {
    op.operands().into_iter().map(|ty| ty.with_dtype(ty.dtype.to_signed()))
}

/// The type of the token that an operation with effects takes and gives.
fn token(op: &Op<Type>) -> Option<Type> {
    op.has_effects().then(|| Type::scalar(DType::I32))
}
