//! Operations that move elements by computed indices.

use super::arguments::{Fields, dims, fields, word};
use super::converter::{ConvertError, invalid, refused};
use super::fold::Combine;
use super::scope::Scope;
use crate::ast::Operation;
use rune_ir::op::{Dims, GatherDims, ScatterDims, ScatterMode, UnaryFn};
use rune_ir::{Op, Origin, ProgramBuilder, Shape, Type, Var};
use std::sync::Arc;

impl<'m, 't> Scope<'_, 'm, 't> {
    /// Returns indices with their coordinates along the last axis, and a function that maps their other axes to the new
    /// positions.
    fn indices(&mut self, indices: Var, vector: usize) -> Result<(Var, impl Fn(Dims) -> Dims + use<>), ConvertError> {
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

    pub(super) fn gather(&mut self, op: &Operation<'t>, x: Var, indices: Var) -> Result<Var, ConvertError> {
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

    pub(super) fn scatter(&mut self, op: &'m Operation<'t>, operands: &[Var]) -> Result<Option<Var>, ConvertError> {
        let &[x, indices, updates] = operands else {
            return refused("scatters several arrays at once; scatter them one by one");
        };
        let f: Fields = fields(self.cx.text, op, &["scatter_dimension_numbers"])?;
        let mut negated = false;
        let mode = op.regions.first().and_then(|region| {
            let (mut expressions, roots) = self.expressions(region)?;
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
        });
        let (indices, moved) = self.indices(indices, f.number("index_vector_dim")?)?;
        let dims = ScatterDims {
            update_window: f.dims("update_window_dims")?,
            inserted_window: f.dims("inserted_window_dims")?,
            operand_batching: f.dims("input_batching_dims")?,
            indices_batching: moved(f.dims("scatter_indices_batching_dims")?),
            scatter_map: f.dims("scatter_dims_to_operand_dims")?,
        };
        let unique = word(op, &["unique_indices"]) == Some("true");
        let Some(mode) = mode else { return self.scatter_by(op, [x, indices, updates], dims, unique) };
        let updates = if negated { self.one(Op::Unary { f: UnaryFn::Neg, x: updates })? } else { updates };
        self.one(Op::Scatter { x, indices, updates, dims: Box::new(dims), mode, unique }).map(Some)
    }

    /// Imports a scatter by an arbitrary function: reads the elements, applies the function, and writes them back. If
    /// positions may repeat, the updates are applied one after the other.
    fn scatter_by(
        &mut self,
        op: &'m Operation<'t>,
        [x, indices, updates]: [Var; 3],
        dims: ScatterDims,
        unique: bool,
    ) -> Result<Option<Var>, ConvertError> {
        let (window, size) = (self.ty(updates).clone(), self.ty(indices).shape.clone());
        let whole = self.ty(x).clone();
        let in_window = |axis: &usize| dims.update_window.contains(axis);
        let moves: Vec<usize> = (0..window.rank()).filter(|axis| !in_window(axis)).collect();
        // This checks the types before anything is computed.
        let tried = Op::Scatter { x, indices, updates, dims: Box::new(dims.clone()), mode: ScatterMode::Set, unique };
        let set = self.one(tried)?;
        if window.size() == 0 {
            return Ok(Some(set));
        }
        let mut kept = window.shape.iter().enumerate().filter(|(axis, _)| in_window(axis)).map(|(_, &n)| n);
        let inner = |axis: usize| dims.inserted_window.contains(&axis) || dims.operand_batching.contains(&axis);
        let slice_sizes: Dims =
            (0..whole.rank()).map(|axis| if inner(axis) { 1 } else { kept.next().unwrap_or(1) }).collect();
        let gather = |dims: &ScatterDims| GatherDims {
            offset: dims.update_window.clone(),
            collapsed: dims.inserted_window.clone(),
            operand_batching: dims.operand_batching.clone(),
            indices_batching: dims.indices_batching.clone(),
            start_index_map: dims.scatter_map.clone(),
        };
        if unique {
            let Some(Combine { captured, program }) = self.combine(op, &[x], window.size())? else { return Ok(None) };
            let lanes = [window.size()][..].into();
            let old = Op::Gather { x, indices, dims: Box::new(gather(&dims)), slice_sizes };
            let old = self.one(old)?;
            let (old, new) = (self.reshape(old, &lanes)?, self.reshape(updates, &lanes)?);
            let combined = self.one(Op::Call { args: [captured, vec![old, new]].concat(), program })?;
            let updates = self.reshape(combined, &window.shape)?;
            let mode = ScatterMode::Set;
            return self.one(Op::Scatter { x, indices, updates, dims: Box::new(dims), mode, unique }).map(Some);
        }
        // The coordinates along batch axes become explicit, and each position becomes one row of indices.
        let mut columns = Vec::new();
        let column: Shape = size.iter().take(size.rank() - 1).copied().chain([1]).collect();
        for &axis in &dims.indices_batching {
            columns.push(self.one(Op::Iota {
                dtype: self.ty(indices).dtype,
                shape: column.clone(),
                dimension: axis,
            })?);
        }
        columns.push(indices);
        let dimension = size.rank() - 1;
        let indices = self.one(Op::Concatenate { xs: columns, dimension })?;
        let positions: usize = moves.iter().map(|&axis| window.shape[axis]).product();
        let coordinates = dims.operand_batching.len() + dims.scatter_map.len();
        let indices = self.reshape(indices, &[positions, coordinates][..].into())?;
        let permutation = moves.iter().copied().chain((0..window.rank()).filter(in_window)).collect();
        let updates = self.one(Op::Transpose { x: updates, permutation })?;
        let one: Shape = (0..window.rank()).filter(in_window).map(|axis| window.shape[axis]).collect();
        let rows: Shape = [positions].into_iter().chain(one.iter().copied()).collect();
        let updates = self.reshape(updates, &rows)?;
        let mut inserted: Dims = dims.inserted_window.iter().chain(&dims.operand_batching).copied().collect();
        inserted.sort_unstable();
        let dims = ScatterDims {
            update_window: (0..one.rank()).collect(),
            inserted_window: inserted,
            operand_batching: Dims::new(),
            indices_batching: Dims::new(),
            scatter_map: dims.operand_batching.iter().chain(&dims.scatter_map).copied().collect(),
        };
        let Some(Combine { captured, program }) = self.combine(op, &[x], one.size())? else { return Ok(None) };
        let consts = captured.len();
        let mut types: Vec<Type> = captured.iter().map(|&v| self.ty(v).clone()).collect();
        let index = Type::new(self.ty(indices).dtype, [coordinates]);
        types.extend([whole.clone(), index, Type::new(whole.dtype, one.clone())]);
        let mut body = ProgramBuilder::new("scatter", types, Vec::new());
        let own = |i: usize| Var((consts + i) as u32);
        let mut push = |op: Op| Ok::<_, ConvertError>(body.push(op, Origin::default())?[0]);
        let lanes: Shape = [one.size()][..].into();
        let old = Op::Gather { x: own(0), indices: own(1), dims: Box::new(gather(&dims)), slice_sizes };
        let old = push(old)?;
        let old = push(Op::Reshape { x: old, shape: lanes.clone() })?;
        let new = push(Op::Reshape { x: own(2), shape: lanes })?;
        let args = (0..consts).map(|i| Var(i as u32)).chain([old, new]).collect();
        let combined = push(Op::Call { args, program })?;
        let updated = push(Op::Reshape { x: combined, shape: one })?;
        let (x_, indices_, mode) = (own(0), own(1), ScatterMode::Set);
        let written =
            push(Op::Scatter { x: x_, indices: indices_, updates: updated, dims: Box::new(dims), mode, unique: true })?;
        let body = Arc::new(body.finish(vec![written])?);
        let args = [captured, vec![x, indices, updates]].concat();
        self.one(Op::Scan { args, consts, carry: 1, length: positions, reverse: false, unroll: 0, body }).map(Some)
    }
}
