//! Operations that move elements.

use super::arguments::{dims, dims_or, ints, number};
use super::converter::{ConvertError, invalid};
use super::scope::Scope;
use crate::ast::Operation;
use rune_ir::op::{Dims, Padding};
use rune_ir::{Op, Shape, Type, Var};

impl Scope<'_, '_, '_> {
    pub(super) fn broadcast_in_dim(&mut self, op: &Operation, x: Var, ty: &Type) -> Result<Var, ConvertError> {
        let places = dims(op, &["broadcast_dimensions", "dims"])?;
        if places.len() != self.ty(x).rank() {
            return invalid(format!("it needs one position per axis of {}", self.ty(x)));
        }
        // The positions may have any order, but rune's are ascending.
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|&i| places[i]);
        let x = match order.is_sorted() {
            true => x,
            false => self.one(Op::Transpose { x, permutation: order.iter().copied().collect() })?,
        };
        if self.ty(x) == ty {
            return Ok(x);
        }
        let dims: Dims = order.iter().map(|&i| places[i]).collect();
        self.one(Op::BroadcastInDim { x, shape: ty.shape.clone(), dims })
    }

    pub(super) fn reshape(&mut self, x: Var, shape: &Shape) -> Result<Var, ConvertError> {
        if self.ty(x).shape == *shape { Ok(x) } else { self.one(Op::Reshape { x, shape: shape.clone() }) }
    }

    pub(super) fn slice(&mut self, op: &Operation, x: Var) -> Result<Var, ConvertError> {
        let start = dims(op, &["start_indices"])?;
        let limit = dims(op, &["limit_indices"])?;
        let strides = dims_or(op, &["strides"], 1, start.len())?;
        self.one(Op::Slice { x, start, limit, strides })
    }

    pub(super) fn pad(&mut self, op: &Operation, x: Var, padding: Var) -> Result<Var, ConvertError> {
        let list = |names: [&str; 2]| Ok::<_, ConvertError>(ints(op, &names)?.unwrap_or_default());
        let low = list(["edge_padding_low", "low"])?;
        let high = list(["edge_padding_high", "high"])?;
        let interior = dims(op, &["interior_padding", "interior"])?;
        if low.len() != interior.len() || high.len() != interior.len() {
            return invalid("its paddings cover different axes");
        }
        let config = low.into_iter().zip(high).zip(interior);
        let config = config.map(|((low, high), interior)| Padding { low, high, interior }).collect();
        self.one(Op::Pad { x, padding, config })
    }

    pub(super) fn iota(&mut self, op: &Operation, ty: &Type) -> Result<Var, ConvertError> {
        let dimension = number(op, &["iota_dimension", "dim"])?;
        self.one(Op::Iota { dtype: ty.dtype, shape: ty.shape.clone(), dimension })
    }
}
