//! Operations that move elements by computed indices.

use super::arguments::{Fields, dims, fields, word};
use super::expression::Expressions;
use super::scope::Scope;
use super::{Problem, invalid, refused};
use crate::ast::Operation;
use rune_ir::op::{Dims, GatherDims, ScatterDims, ScatterMode, UnaryFn};
use rune_ir::{Op, Var};

impl<'t> Scope<'_, '_, 't> {
    /// Returns indices with their coordinates along the last axis, and the new positions of their other axes.
    fn indices(&mut self, indices: Var, vector: usize) -> Result<(Var, impl Fn(Dims) -> Dims + use<>), Problem> {
        let ty = self.ty(indices).clone();
        let rank = ty.rank();
        let last = rank.saturating_sub(1);
        let indices = if vector == rank {
            let shape = ty.shape.iter().copied().chain([1]).collect();
            self.one(Op::Reshape { x: indices, shape })?
        } else if vector == last {
            indices
        } else if vector < rank {
            let permutation = (0..rank).filter(|&a| a != vector).chain([vector]).collect();
            self.one(Op::Transpose { x: indices, permutation })?
        } else {
            return invalid(format!("its `index_vector_dim` {vector} is not an axis of {ty}"));
        };
        let moved = move |axes: Dims| axes.into_iter().map(|a| if a > vector { a - 1 } else { a }).collect();
        Ok((indices, moved))
    }

    pub(super) fn gather(&mut self, op: &Operation<'t>, x: Var, indices: Var) -> Result<Var, Problem> {
        let f: Fields = fields(self.cx.text, op, &["dimension_numbers"])?;
        let (indices, moved) = self.indices(indices, f.number("index_vector_dim")?)?;
        let dims_of = GatherDims {
            offset: f.dims("offset_dims")?,
            collapsed: f.dims("collapsed_slice_dims")?,
            operand_batching: f.dims("operand_batching_dims")?,
            indices_batching: moved(f.dims("start_indices_batching_dims")?),
            start_index_map: f.dims("start_index_map")?,
        };
        let slice_sizes = dims(op, &["slice_sizes"])?;
        self.one(Op::Gather { x, indices, dims: Box::new(dims_of), slice_sizes })
    }

    pub(super) fn scatter(&mut self, op: &Operation<'t>, operands: &[Var]) -> Result<Var, Problem> {
        let &[x, indices, updates] = operands else {
            return refused("scatters several arrays at once; scatter them one by one");
        };
        let f: Fields = fields(self.cx.text, op, &["scatter_dimension_numbers"])?;
        let mut negated = false;
        let Some(mode) = op.regions.first().and_then(|region| {
            let (mut expressions, roots) = Expressions::of(region)?;
            let difference = expressions.op("stablehlo.subtract", &[0, 1]);
            match roots.as_slice() {
                // The second argument is the update.
                [1] => Some(ScatterMode::Set),
                &[root] if root == difference => {
                    negated = true;
                    Some(ScatterMode::Add)
                }
                [root] => match expressions.pair(*root, 0, 1)? {
                    "stablehlo.add" => Some(ScatterMode::Add),
                    "stablehlo.multiply" => Some(ScatterMode::Mul),
                    "stablehlo.minimum" => Some(ScatterMode::Min),
                    "stablehlo.maximum" => Some(ScatterMode::Max),
                    _ => None,
                },
                _ => None,
            }
        }) else {
            return refused("combines by a function other than set, add, subtract, multiply, minimum and maximum");
        };
        let (indices, moved) = self.indices(indices, f.number("index_vector_dim")?)?;
        let dims = ScatterDims {
            update_window: f.dims("update_window_dims")?,
            inserted_window: f.dims("inserted_window_dims")?,
            operand_batching: f.dims("input_batching_dims")?,
            indices_batching: moved(f.dims("scatter_indices_batching_dims")?),
            scatter_map: f.dims("scatter_dims_to_operand_dims")?,
        };
        let unique = word(op, &["unique_indices"]) == Some("true");
        let updates = if negated { self.one(Op::Unary { f: UnaryFn::Neg, x: updates })? } else { updates };
        self.one(Op::Scatter { x, indices, updates, dims: Box::new(dims), mode, unique })
    }
}
