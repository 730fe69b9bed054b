//! Calls from compiled code to the process that runs it.

use crate::attr;
use crate::builder::{Builder, Val};
use crate::legalize::float8;
use crate::legalize::waits;
use crate::tree::{Function, TensorType};
use rune_ir::{HostOp, Op, Type, types};

/// A function that the module imports as `host.{name}`. It computes `op` on arrays of the given types.
///
/// The module calls it with arrays of the given rank and dtype. On CPU, the runtime provides it as a native VM module
/// named `host`. It must not write to its arguments, which may belong to the caller.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct HostCall {
    /// The name inside the module `host`, such as `f0`.
    pub name: String,
    /// The operation that it computes, with the operands in order.
    pub op: Op<Type>,
    /// The types of the arguments. They are those of the operands, but unsigned integers become signed ones with the
    /// same bits. An operation with effects takes an `i32` token after the arguments, and returns one after its
    /// results, so that it runs after the previous effect.
    pub inputs: Vec<Type>,
    /// The types of the results, converted in the same way.
    pub outputs: Vec<Type>,
}

impl HostCall {
    /// Returns the function's description in the compiled module.
    pub(crate) fn described(&self) -> HostOp {
        let outputs = types::infer(&self.op.map(|ty| ty)).expect("the program was verified");
        HostOp { name: self.name.clone(), op: self.op.clone(), outputs: outputs.into_vec() }
    }
    /// Returns the module's declaration of the function.
    pub(crate) fn declaration(&self) -> Function {
        Function {
            name: format!("host.{}", self.name),
            public: false,
            inputs: self.inputs.iter().map(dynamic).collect(),
            outputs: self.outputs.iter().map(dynamic).collect(),
            body: None,
            reflection: None,
            named: (0, 0),
        }
    }
    /// Emits a call of the function. `operands` have the types of its inputs.
    pub(crate) fn call<'c>(&self, b: &Builder<'c>, operands: &[&Val<'c>]) -> Vec<Val<'c>> {
        let cast = |x, to| b.raw_op("tensor.cast", &[x], &[], Vec::new(), &[to]).remove(0);
        let arguments: Vec<_> = operands
            .iter()
            .map(|x| if x.rank() == 0 { waits::ready(b, x).raw } else { cast(x.raw, dynamic(&x.ty)) })
            .collect();
        let types: Vec<_> = self.outputs.iter().map(dynamic).collect();
        let callee = attr::symbol(b.context, &format!("host.{}", self.name));
        let results = b.raw_op("func.call", &arguments, &[("callee", callee)], Vec::new(), &types);
        let result = |(raw, ty): (_, &Type)| {
            let raw = if ty.rank() == 0 { raw } else { cast(raw, b.context.tensor_type(ty)) };
            Val::new(raw, ty.clone())
        };
        results.into_iter().zip(&self.outputs).map(result).collect()
    }
}

/// Returns the type with unknown sizes, for an imported function.
fn dynamic(ty: &Type) -> TensorType {
    TensorType { ty: ty.with_dtype(float8::held(ty.dtype)), dynamic: true }
}
