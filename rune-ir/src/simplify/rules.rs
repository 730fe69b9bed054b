//! The identities, with one file for each group of operations.

mod contraction;
mod elements;
mod moves;

use super::{Forward, Rewrite};
use crate::op::{Control, Literal};
use crate::{DType, Op, Program, Var};
use std::sync::Arc;

impl Forward<'_> {
    /// Applies the identities to an operation on variables of the new program.
    pub(super) fn rewrite(&mut self, op: &Op) -> Rewrite {
        #[allow(clippy::wildcard_enum_match_arm, reason = "an operation without an identity stays")]
        match op {
            Op::Unary { f, x } => self.unary(*f, *x),
            Op::IntegerPow { x, y } => self.integer_pow(*x, *y),
            Op::Binary { f, x, y } => self.binary(*f, *x, *y),
            Op::Complex { re, im } => self.complex(*re, *im),
            Op::Select { pred, on_true, on_false } => self.select(*pred, *on_true, *on_false),
            Op::Convert { x, dtype } => self.convert(*x, *dtype),
            Op::BitcastConvert { x, dtype } => self.bitcast_convert(*x, *dtype),
            Op::BroadcastInDim { x, shape, dims } => self.broadcast_in_dim(*x, shape, dims),
            Op::Reshape { x, shape } => self.reshape(*x, shape),
            Op::Transpose { x, permutation } => self.transpose(*x, permutation),
            Op::Slice { x, start, limit, strides } => self.slice(*x, start, limit, strides),
            Op::Pad { x, padding: _, config } => self.pad(*x, config),
            Op::Concatenate { xs, dimension } => self.concatenate(xs, *dimension),
            Op::Reverse { x, axes } => self.reverse(*x, axes),
            Op::DynamicSlice { x, start_indices, slice_sizes } => self.dynamic_slice(*x, start_indices, slice_sizes),
            Op::DynamicUpdateSlice { x, update, start_indices: _ } => self.dynamic_update_slice(*x, *update),
            Op::DotGeneral { lhs, rhs, dims, out } => self.dot_general(*lhs, *rhs, dims, *out),
            Op::StopGradient { x } => match self.producer(*x) {
                Some(Op::StopGradient { .. }) => Rewrite::Is(*x),
                _ => Rewrite::Stays,
            },
            _ => match op.control() {
                Some(Control::Case { index, args, branches }) => self.case(*index, args, branches),
                Some(
                    Control::Call { .. }
                    | Control::Remat { .. }
                    | Control::While { .. }
                    | Control::Scan { .. }
                    | Control::CustomJvp { .. }
                    | Control::CustomVjp { .. }
                    | Control::CustomLinear { .. }
                    | Control::CustomLinearSolve { .. },
                ) => self.sub_programs(op),
                None => Rewrite::Stays,
            },
        }
    }

    fn sub_programs(&mut self, op: &Op) -> Rewrite {
        self.programs.rewrite(op).map_or(Rewrite::Stays, Rewrite::Becomes)
    }
    /// A `case` with a known index, or with equal branches, is a call.
    fn case(&mut self, index: Var, args: &[Var], branches: &[Arc<Program>]) -> Rewrite {
        let last = branches.len() - 1;
        let known = self.splat_value(index).map(|i| i.to_array().to_f64_vec()[0].clamp(0.0, last as f64) as usize);
        let equal = branches[1..].iter().all(|b| *b == branches[0]);
        match known.or(equal.then_some(0)) {
            Some(i) => Rewrite::Becomes(Op::Call { args: args.to_vec(), program: branches[i].clone() }),
            None => self.sub_programs(&Op::Case { index, args: args.to_vec(), branches: branches.to_vec() }),
        }
    }
    /// Returns the operation that has a variable as its only result.
    fn producer(&self, v: Var) -> Option<&Op> {
        self.made_by[v.index()].as_ref()
    }
    /// Returns the value of all elements of a variable, if it is known.
    pub(super) fn splat_value(&self, v: Var) -> Option<Literal> {
        self.splats[v.index()]
    }
    /// Returns whether all elements of a variable are `x`, which is not -0.
    fn is_splat_of(&self, v: Var, x: f64) -> bool {
        self.splat_value(v).is_some_and(|known| known == Literal::from_f64(known.dtype(), x))
    }
    fn dtype(&self, v: Var) -> DType {
        self.ty(v).dtype
    }
}
