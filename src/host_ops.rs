//! Operations that compiled code calls in the host process: the interpreter's kernels, and callbacks.

use rune_ir::interpret::eval_op;
use rune_ir::{Array, DType, HostOp, Op, Type};
use rune_iree::{HostCalls, HostFunction};
use std::borrow::Cow;

/// The host functions of one module.
pub(crate) struct HostOps(pub Vec<HostOp>);

impl HostCalls for HostOps {
    fn functions(&self) -> Vec<HostFunction> {
        let function = |h: &HostOp| HostFunction {
            name: h.name.clone(),
            inputs: h.op.operands().into_iter().map(abi_type).chain(token(&h.op)).collect(),
            outputs: h.outputs.iter().map(abi_type).chain(token(&h.op)).collect(),
        };
        self.0.iter().map(function).collect()
    }
    fn is_callback(&self, index: usize) -> bool {
        self.0[index].op.callback().is_some()
    }
    fn call(&self, index: usize, args: &[Array]) -> Result<Vec<Array>, String> {
        let op = &self.0[index].op;
        // Arguments borrow their memory, but a callback may keep its arguments, so it gets copies.
        let kept = self.is_callback(index);
        let mut args = args.iter();
        let on_arrays = op.try_map(|ty| {
            let arg = args.next().ok_or("fewer arguments than operands")?;
            Ok::<_, &str>(match arg.dtype() == ty.dtype && !kept {
                true => Cow::Borrowed(arg),
                false => Cow::Owned(as_dtype(arg, ty.dtype)),
            })
        })?;
        let on_arrays = on_arrays.map(|arg| &**arg);
        let results = match host_kernel_results(&on_arrays) {
            Some(results) => results,
            None => eval_op(&on_arrays).map_err(|e| e.to_string())?,
        };
        let signed = |y: Array| match y.dtype().is_unsigned_int() {
            true => as_dtype(&y, y.dtype().to_signed()),
            false => y,
        };
        Ok(results.into_iter().map(signed).chain(token(op).map(Array::zeros)).collect())
    }
}

/// Returns the results of an operation for which `rune-host` has a fast kernel, else `None`.
fn host_kernel_results(op: &Op<&Array>) -> Option<Vec<Array>> {
    #[allow(clippy::wildcard_enum_match_arm, reason = "the interpreter computes all other operations")]
    match op {
        Op::DotGeneral { lhs, rhs, dims, out } => Some(vec![rune_host::dot_general(lhs, rhs, dims, *out)?]),
        Op::Factor { f, x } => rune_host::factor(*f, x),
        Op::Fft { f, x, lengths } => Some(vec![rune_host::fft(*f, x, lengths)]),
        _ => None,
    }
}

/// Returns a copy with the same bits.
fn as_dtype(array: &Array, dtype: DType) -> Array {
    Array::from_bytes(array.ty().with_dtype(dtype), array.bytes())
}

/// Returns the type with which compiled code passes an array of type `ty`.
fn abi_type(ty: &Type) -> Type {
    ty.with_dtype(ty.dtype.to_signed())
}

/// Returns the type of the token that an operation with effects takes and returns.
fn token(op: &Op<Type>) -> Option<Type> {
    op.has_effects().then(|| Type::scalar(DType::I32))
}
