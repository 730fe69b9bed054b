//! Operations whose steps have their own code.

use super::Step;
use super::builder::{Builder, Storage, VariableId};
use crate::kernel::Instruction;
use crate::steps::{
    ArgReduce, AxisSplit, Block, Copies, Cumulative, Gather, InitialFill, Native, ReduceWindow, Scalar, Scatter,
    Slices, Sort, TopK, is_number, is_word,
};
use crate::view::View;
use rune_ir::op::{CumulativeFn, ScatterMode, UnaryFn};
use rune_ir::{DType, Op, Type};

impl Builder {
    /// Returns the results of an operation that has such a step, or `None` if the interpreter must run it.
    #[allow(clippy::wildcard_enum_match_arm, reason = "all other operations are left to the interpreter")]
    pub(super) fn native(&mut self, op: &Op<VariableId>, types: &[Type]) -> Option<Vec<VariableId>> {
        let ty = types.first()?;
        if !is_word(ty.dtype) || op.operands().into_iter().any(|&x| !is_word(self.ty(x).dtype)) {
            return None;
        }
        let size = ty.dtype.size();
        let (native, reads) = match op {
            Op::Threefry2x32 { k0, k1, x0, x1 } => return Some(self.threefry([*k0, *k1, *x0, *x1], ty)),
            Op::Concatenate { xs, dimension } => {
                let (reads, views): (Vec<usize>, Vec<View>) = xs.iter().map(|&x| self.stored(x)).unzip();
                (Native::Copies(Copies::concatenate(size, &views, &ty.shape, *dimension)), reads)
            }
            Op::Pad { x, padding, config } => {
                let (buffer, view) = self.stored(*x);
                let mut reads = vec![buffer];
                let filler = match self.constant(*padding) {
                    Some(bits) => InitialFill::Bits(bits),
                    None => {
                        reads.push(self.dense(*padding).buffer);
                        InitialFill::Operand
                    }
                };
                let copies = Copies::pad(size, &view, filler, &ty.shape, config);
                if !matches!(copies.filler, InitialFill::Operand) {
                    reads.truncate(1);
                }
                (Native::Copies(copies), reads)
            }
            Op::DynamicSlice { x, start_indices, slice_sizes } => {
                let (buffer, view) = self.stored(*x);
                let mut reads = vec![buffer];
                let starts = self.scalars(start_indices, &mut reads, 0);
                (Native::DynamicSlice(Block::slice(size, &view, slice_sizes, starts)), reads)
            }
            Op::DynamicUpdateSlice { x, update, start_indices } => {
                let array = self.dense(*x);
                let (buffer, view) = self.stored(*update);
                let mut reads = vec![array.buffer, buffer];
                // The array is not an operand: the step writes to it.
                let starts = self.scalars(start_indices, &mut reads, 1);
                (Native::DynamicUpdateSlice(Block::update(size, &ty.shape, &view, starts), view.offset), reads)
            }
            Op::Gather { x, indices, dims, slice_sizes } => {
                let index = self.ty(*indices).clone();
                let (x, indices) = (self.dense(*x), self.dense(*indices));
                let slices = Slices::new(&x.shape, &ty.shape, (&index.shape, index.dtype), dims, slice_sizes);
                (Native::Gather(Gather { size, slices }), vec![x.buffer, indices.buffer])
            }
            Op::Scatter { x, indices, updates, dims, mode, unique: _ } => {
                let index = self.ty(*indices).clone();
                let moves = *mode == ScatterMode::Set || ty.dtype == DType::Bool;
                if !moves && !is_number(ty.dtype) {
                    return None;
                }
                let operands = [*x, *indices, *updates].map(|id| self.dense(id));
                let (x, updates) = (&operands[0].shape, &operands[2].shape);
                let scatter = Scatter::new(ty.dtype, x, (&index.shape, index.dtype), updates, dims, *mode);
                (Native::Scatter(scatter), operands.iter().map(|d| d.buffer).collect())
            }
            Op::Cumulative { f, x, axis, reverse } => {
                let defined = if *f == CumulativeFn::LogSumExp { ty.dtype.is_float() } else { true };
                if !is_number(ty.dtype) || !defined {
                    return None;
                }
                let runs = AxisSplit::along(&ty.shape, *axis);
                let cumulative = Cumulative { f: *f, runs, dtype: ty.dtype, reverse: *reverse };
                (Native::Cumulative(cumulative), vec![self.dense(*x).buffer])
            }
            Op::ArgReduce { f, x, axis, index } => {
                let of = self.ty(*x).clone();
                // Positions are computed in 32 bits.
                if !is_number(of.dtype) || !index.is_int() || of.shape[*axis] > u32::MAX as usize {
                    return None;
                }
                let runs = AxisSplit::along(&of.shape, *axis);
                let arg = ArgReduce { f: *f, runs, dtype: of.dtype, index: *index };
                (Native::ArgReduce(arg), vec![self.dense(*x).buffer])
            }
            Op::ReduceWindow { f, x, window } if is_number(ty.dtype) => {
                let reduce = ReduceWindow::new(*f, ty.dtype, window, &self.shape(*x), &ty.shape)?;
                (Native::ReduceWindow(reduce), vec![self.dense(*x).buffer])
            }
            Op::Sort { operands, dimension, num_keys } => {
                let dtypes: Vec<DType> = operands.iter().map(|&x| self.ty(x).dtype).collect();
                let known = dtypes.iter().all(|&d| d == DType::Bool || is_number(d));
                if !known || *num_keys == 0 || ty.shape[*dimension] > u32::MAX as usize {
                    return None;
                }
                let sort = Sort { runs: AxisSplit::along(&ty.shape, *dimension), dtypes, num_keys: *num_keys };
                let reads = operands.iter().map(|&x| self.dense(x).buffer).collect();
                (if operands.len() == 1 { Native::SortSingle(sort) } else { Native::Sort(sort) }, reads)
            }
            Op::TopK { x, k } => {
                let len = self.ty(*x).shape.last().copied().unwrap_or(1);
                if ty.dtype != DType::Bool && !is_number(ty.dtype) || len > i32::MAX as usize {
                    return None;
                }
                (Native::TopK(TopK { dtype: ty.dtype, len, k: *k }), vec![self.dense(*x).buffer])
            }
            _ => return None,
        };
        Some(self.push_step(reads.clone(), types, false, |results| Step::Native { native, reads, results }))
    }

    /// Returns the result of an operation that takes complex numbers apart or makes them of their parts.
    #[allow(clippy::wildcard_enum_match_arm, reason = "all other operations compute")]
    pub(super) fn part_or_whole(&mut self, op: &Op<VariableId>) -> Option<VariableId> {
        match *op {
            Op::Unary { f: UnaryFn::Real, x } => Some(self.part(x, 0)),
            Op::Unary { f: UnaryFn::Imag, x } => Some(self.part(x, 1)),
            Op::Complex { re, im } => {
                let ty = self.ty(re).clone();
                let complex = ty.with_dtype(ty.dtype.complex()?);
                let reads = vec![self.dense(re).buffer, self.dense(im).buffer];
                let native = Native::Interleave(ty.dtype.size());
                let make = |results| Step::Native { native, reads: reads.clone(), results };
                Some(self.push_step(reads.clone(), &[complex], false, make)[0])
            }
            _ => None,
        }
    }

    /// Returns a view of the real parts (0) or the imaginary parts (1) of complex numbers.
    fn part(&mut self, x: VariableId, part: isize) -> VariableId {
        let (buffer, view) = self.stored(x);
        let view = View {
            offset: 2 * view.offset + part,
            strides: view.strides.iter().map(|stride| 2 * stride).collect(),
            shape: view.shape,
        };
        let ty = self.ty(x).with_dtype(self.ty(x).dtype.real());
        self.variable(ty, Storage::Stored { buffer, view })
    }

    /// Returns the bits of a constant.
    pub(super) fn constant(&self, id: VariableId) -> Option<u128> {
        if let Storage::Constant(value) = self.variables[id].storage { Some(value.bits()) } else { None }
    }

    /// Returns the scalars of a step, and appends their buffers to `reads`. The first `skipped` buffers in `reads` are
    /// not operands of the step.
    fn scalars(&mut self, ids: &[VariableId], reads: &mut Vec<usize>, skipped: usize) -> Vec<Scalar> {
        let mut scalar = |&id: &VariableId| {
            let dtype = self.ty(id).dtype;
            if let Storage::Constant(value) = self.variables[id].storage
                && let Some(value) = value.to_integer()
            {
                return Scalar::Known(i64::try_from(value).unwrap_or(i64::MAX));
            }
            let buffer = self.dense(id).buffer;
            let place = reads[skipped..].iter().position(|&b| b == buffer);
            let operand = place.unwrap_or_else(|| {
                reads.push(buffer);
                reads.len() - 1 - skipped
            });
            Scalar::Operand { operand, dtype }
        };
        ids.iter().map(&mut scalar).collect()
    }

    /// Adds the block cipher on each pair of elements to a kernel, and returns both results.
    fn threefry(&mut self, operands: [VariableId; 4], ty: &Type) -> Vec<VariableId> {
        let (cluster, per_row) = self.cluster_for(&operands, ty.size());
        let operands = operands.map(|id| self.operand(id, cluster, per_row));
        let c = &mut self.clusters[cluster];
        c.add(self.position);
        let d = c.push_pair(per_row, |d| Instruction::Threefry {
            key: [operands[0], operands[1]],
            x: [operands[2], operands[3]],
            d,
        });
        d.into_iter().map(|register| self.variable(ty.clone(), Storage::Lane { cluster, register, per_row })).collect()
    }
}
