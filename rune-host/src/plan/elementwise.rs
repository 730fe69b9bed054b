//! Operations that become instructions of kernels.

use super::builder::{Builder, Storage, VariableId, reduced};
use super::cluster::register_dtype;
use crate::kernel::{Instruction, Reduction, Register};
use crate::view::View;
use rune_ir::op::ReduceFn;
use rune_ir::{DType, Type};
use smallvec::SmallVec;

/// The maximum number of elements of a row that is reduced in registers. Longer rows are reduced piece by piece.
const MAX_ROW: usize = if cfg!(test) { 6 } else { 1 << 13 };

impl Builder {
    /// Adds an instruction on each element. The result is then rounded to `rounded`.
    pub(super) fn elementwise<const N: usize>(
        &mut self,
        ty: &Type,
        operands: &[VariableId; N],
        rounded: Option<DType>,
        make: impl FnOnce([Register; N], Register) -> Instruction,
    ) -> VariableId {
        let (cluster, per_row) = self.cluster_for(operands, ty.size());
        let operands = operands.map(|id| self.operand(id, cluster, per_row));
        let c = &mut self.clusters[cluster];
        c.add(self.position);
        let mut register = c.push(per_row, |d| make(operands, d));
        if let Some(reduced) = rounded {
            let x = register;
            register = c.push(per_row, |d| Instruction::Round { reduced, x, d });
        }
        self.variable(ty.clone(), Storage::Lane { cluster, register, per_row })
    }

    pub(super) fn convert(&mut self, x: VariableId, dtype: DType) -> Option<VariableId> {
        let from = self.ty(x).dtype;
        let ty = self.ty(x).with_dtype(dtype);
        if from == dtype {
            return Some(x);
        }
        let (source, target) = (register_dtype(from), register_dtype(dtype));
        let plain = |[x]: [Register; 1], d| Instruction::Convert { from: source, to: target, x, d };
        Some(match (dtype.is_reduced_float(), from) {
            (true, DType::I64 | DType::U64) => return None,
            (true, from) if from.is_reduced_float() || from == DType::F32 => {
                self.elementwise(&ty, &[x], None, |[x], d| Instruction::Round { reduced: dtype, x, d })
            }
            (true, DType::F64) => {
                self.elementwise(&ty, &[x], None, |[x], d| Instruction::RoundOnce { reduced: dtype, x, d })
            }
            (true, _) => {
                let wide = self.convert(x, DType::F64)?;
                return self.convert(wide, dtype);
            }
            // Reduced float types are already `f32` in registers.
            (false, from) if from.is_reduced_float() && dtype == DType::F32 => {
                self.elementwise(&ty, &[x], None, |[x], d| Instruction::Copy { size: 4, x, d })
            }
            (false, _) => self.elementwise(&ty, &[x], None, plain),
        })
        .inspect(|&wide| {
            if dtype == DType::F32 {
                self.widened.insert(wide, x);
            }
        })
    }

    /// Reinterprets the bits as a dtype of the same size.
    pub(super) fn bitcast(&mut self, x: VariableId, dtype: DType) -> Option<VariableId> {
        let from = self.ty(x).dtype;
        let ty = self.ty(x).with_dtype(dtype);
        if from.size() != dtype.size() {
            return None;
        }
        let size = dtype.size();
        Some(match (from.is_reduced_float(), dtype.is_reduced_float()) {
            (false, false) => self.elementwise(&ty, &[x], None, |[x], d| Instruction::Copy { size, x, d }),
            // A conversion between reduced float types could change the bits of NaN.
            _ => return None,
        })
    }

    pub(super) fn reduce(&mut self, f: ReduceFn, x: VariableId, axes: &[usize], ty: &Type) -> VariableId {
        let shape = self.shape(x);
        let kept: Vec<usize> = (0..shape.rank()).filter(|a| !axes.contains(a)).collect();
        let steps = ty.shape.strides();
        let step = |a: usize| kept.iter().position(|&k| k == a).map_or(0, |i| steps[i]);
        let mut joined: SmallVec<[(usize, usize); 4]> = SmallVec::new();
        for (a, &size) in shape.iter().enumerate().filter(|&(_, &size)| size != 1) {
            match joined.last_mut() {
                Some(last) if last.1 == step(a) * size => *last = (last.0 * size, step(a)),
                _ => joined.push((size, step(a))),
            }
        }
        let row = match joined.as_slice() {
            [(row, 0)] | [(_, 1), (row, 0)] if *row <= MAX_ROW => Some(*row),
            _ => None,
        };
        let dtype = self.ty(x).dtype;
        let cluster = self.cluster_for_reduction(x, shape.size(), row);
        let register = self.operand(x, cluster, false);
        let c = &mut self.clusters[cluster];
        c.add(self.position);
        let (dtype, reduced) = (register_dtype(dtype), reduced(ty));
        if row.is_some() && (c.row.is_none() || c.row == row) {
            c.row = row;
            let register = c.push(true, |d| Instruction::ReduceRows { f, dtype, reduced, x: register, d });
            return self.variable(ty.clone(), Storage::Lane { cluster, register, per_row: true });
        }
        let stage = c.stage;
        let buffer = self.buffer(ty.clone(), stage + 1);
        self.clusters[cluster].reduce(register, Reduction { f, dtype, reduced, axes: joined, buffer, ty: ty.clone() });
        self.variable(ty.clone(), Storage::Stored { buffer, view: View::dense(&ty.shape) })
    }
}
