//! Operations that compiled code leaves to the host: the interpreter's kernels.

use rune_iree::{HostCalls, HostFunction};
use rune_trace::interpret::eval_op;
use rune_trace::{Array, HostOp};

/// The host functions of one module.
pub(crate) struct HostOps(pub Vec<HostOp>);

impl HostCalls for HostOps {
    fn functions(&self) -> Vec<HostFunction> {
        let function = |h: &HostOp| HostFunction {
            name: h.name.clone(),
            inputs: h.op.operands().into_iter().cloned().collect(),
            outputs: h.outputs.clone(),
        };
        self.0.iter().map(function).collect()
    }
    fn call(&self, index: usize, args: &[Array]) -> Result<Vec<Array>, String> {
        let mut args = args.iter();
        let op = self.0[index].op.try_map(|_| args.next().ok_or("fewer arguments than operands"))?;
        eval_op(&op).map_err(|e| e.to_string())
    }
}
