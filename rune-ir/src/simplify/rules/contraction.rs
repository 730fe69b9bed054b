//! Identities of dot products.

use super::{Forward, Rewrite};
use crate::op::{Dims, DotDims};
use crate::{DType, Op, Var};

impl Forward<'_> {
    /// Drops transposes of the operands, because a product names their axes. The free axes must keep their order.
    pub(super) fn dot_general(&self, lhs: Var, rhs: Var, dims: &DotDims, out: DType) -> Rewrite {
        let left = self.without_transpose(lhs, &dims.lhs_batch, &dims.lhs_contract);
        let right = self.without_transpose(rhs, &dims.rhs_batch, &dims.rhs_contract);
        if left.is_none() && right.is_none() {
            return Rewrite::Stays;
        }
        let (lhs, lhs_batch, lhs_contract) =
            left.unwrap_or_else(|| (lhs, dims.lhs_batch.clone(), dims.lhs_contract.clone()));
        let (rhs, rhs_batch, rhs_contract) =
            right.unwrap_or_else(|| (rhs, dims.rhs_batch.clone(), dims.rhs_contract.clone()));
        let dims = Box::new(DotDims { lhs_batch, rhs_batch, lhs_contract, rhs_contract });
        Rewrite::Becomes(Op::DotGeneral { lhs, rhs, dims, out })
    }

    /// Returns the operand of the transpose `x`, with its batch and contracted axes.
    fn without_transpose(&self, x: Var, batch: &[usize], contract: &[usize]) -> Option<(Var, Dims, Dims)> {
        let Some(Op::Transpose { x, permutation }) = self.producer(x) else { return None };
        let stays = |a: &usize| !batch.contains(a) && !contract.contains(a);
        let stay = (0..permutation.len()).filter(stays).map(|a| permutation[a]);
        let there = |axes: &[usize]| axes.iter().map(|&a| permutation[a]).collect();
        stay.is_sorted().then(|| (*x, there(batch), there(contract)))
    }
}
