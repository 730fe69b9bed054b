//! Inlines calls in the bodies of loops.

use super::rewrite::Rewriter;
use crate::{Op, Program, ProgramBuilder, Type, Var};
use std::sync::Arc;

impl Rewriter {
    /// Inlines the calls that take an integer scalar, and returns the resulting program. Such a scalar may be a
    /// counter: JAX calls functions to read and write the rows of a scan. The budget bounds the inlined code, so that a
    /// small file does not become a large program.
    pub(super) fn inlined(&mut self, program: &Arc<Program>) -> Arc<Program> {
        if !program.instructions().iter().any(|i| takes_integer_scalar(&i.op, |v| program.ty(v))) {
            return program.clone();
        }
        let mut builder = ProgramBuilder::new(program.name(), program.input_types().to_vec(), Vec::new());
        let outputs = self.copied(&mut builder, program, program.inputs().collect());
        Arc::new(builder.finish(outputs).expect("outputs are copied"))
    }

    /// Copies a program into `builder`. The recursion is bounded, because calls nest at most `MAX_DEPTH` deep.
    fn copied(&mut self, builder: &mut ProgramBuilder, program: &Program, mut vars: Vec<Var>) -> Vec<Var> {
        for instruction in program.instructions() {
            let op = instruction.op.map(|v| vars[v.index()]);
            let cost = if let Op::Call { program, .. } = &op { program.instructions().len().max(1) } else { 0 };
            let fits = cost <= self.budget && takes_integer_scalar(&op, |v| builder.ty(v).expect("it was copied"));
            if let Op::Call { args, program } = &op
                && fits
            {
                self.budget -= cost;
                vars.extend(self.copied(builder, program, args.clone()));
            } else {
                vars.extend(builder.push(op, instruction.origin.clone()).expect("types stay the same"));
            }
        }
        program.outputs().iter().map(|v| vars[v.index()]).collect()
    }
}

/// Returns whether this is a call that takes an integer scalar.
fn takes_integer_scalar<'a>(op: &Op, ty: impl Fn(Var) -> &'a Type) -> bool {
    let scalar = |v: &Var| ty(*v).rank() == 0 && ty(*v).dtype.is_int();
    matches!(op, Op::Call { args, .. } if args.iter().any(scalar))
}
