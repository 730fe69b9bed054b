//! The storage of variables during planning, and the access of operations to it.

use super::Dense;
use super::builder::{Builder, Storage, Variable, VariableId};
use super::cluster::{Cluster, flat};
use crate::kernel::{Form, Register};
use crate::view::View;
use rune_ir::Type;

/// A cluster with this many instructions is full: no more operations are added to it.
const MAX_CLUSTER: usize = if cfg!(test) { 12 } else { 512 };

impl Builder {
    /// Returns a view of a variable, or of a copy if `make_view` returns none.
    pub(super) fn view(&mut self, x: VariableId, ty: &Type, make_view: impl Fn(&View) -> Option<View>) -> VariableId {
        let place = match &self.variables[x].storage {
            Storage::Constant(value) => Some(Storage::Constant(*value)),
            Storage::Stored { buffer, view } => make_view(view).map(|view| Storage::Stored { buffer: *buffer, view }),
            Storage::Viewed { base, view } => make_view(view).map(|view| Storage::Viewed { base: *base, view }),
            Storage::Lane { .. } => {
                make_view(&View::dense(&self.shape(x))).map(|view| Storage::Viewed { base: x, view })
            }
            Storage::Iota { stride, size } => {
                let dense = make_view(&View::dense(&self.shape(x)));
                let iota = Storage::Iota { stride: *stride, size: *size };
                dense.filter(|v| v.is_dense() && v.shape.size() == self.ty(x).size()).map(|_| iota)
            }
        };
        match place {
            Some(place) => self.variable(ty.clone(), place),
            None => {
                let copy = self.copy(x);
                let view = make_view(&View::dense(&self.shape(x))).expect("whatever is dense can be reshaped");
                self.variable(ty.clone(), Storage::Viewed { base: copy, view })
            }
        }
    }

    /// Copies a variable to a register, in row-major order.
    pub(super) fn copy(&mut self, x: VariableId) -> VariableId {
        let (cluster, per_row) = self.cluster_for(&[x], self.ty(x).size());
        let register = self.operand(x, cluster, per_row);
        self.clusters[cluster].add(self.position);
        self.variable(self.ty(x).clone(), Storage::Lane { cluster, register, per_row })
    }

    /// Returns the first stage in which a variable can be read from memory.
    pub(super) fn ready(&self, id: VariableId) -> u32 {
        match &self.variables[id].storage {
            Storage::Stored { buffer, .. } => self.ready[*buffer],
            Storage::Lane { cluster, .. } => self.clusters[*cluster].stage + 1,
            Storage::Viewed { base, .. } => self.ready(*base),
            Storage::Constant(_) | Storage::Iota { .. } => 0,
        }
    }

    /// Returns whether a cluster can use a variable.
    pub(super) fn is_available(&self, id: VariableId, cluster: usize, per_row: bool) -> bool {
        let c = &self.clusters[cluster];
        match &self.variables[id].storage {
            Storage::Lane { cluster: at, per_row: held, .. } if *at == cluster => *held == per_row,
            Storage::Viewed { base, view } => match &self.variables[*base].storage {
                Storage::Lane { cluster: at, per_row: held, .. } if *at == cluster => {
                    let same = view.is_dense() && view.shape.size() == self.ty(*base).size();
                    if same {
                        *held == per_row
                    } else {
                        *held && !per_row && c.row.is_some_and(|row| is_spread(view, c.size / row, row))
                    }
                }
                Storage::Stored { .. }
                | Storage::Lane { .. }
                | Storage::Viewed { .. }
                | Storage::Constant(_)
                | Storage::Iota { .. } => self.ready(*base) <= c.stage,
            },
            Storage::Stored { .. } | Storage::Lane { .. } | Storage::Constant(_) | Storage::Iota { .. } => {
                self.ready(id) <= c.stage
            }
        }
    }

    /// Returns the cluster for an operation on these operands with `size` results, and whether it computes one result
    /// for each row.
    pub(super) fn cluster_for(&mut self, operands: &[VariableId], size: usize) -> (usize, bool) {
        let mut best: Option<(u32, usize, bool)> = None;
        for &id in operands {
            let Some(cluster) = self.cluster_of(id) else { continue };
            let c = &self.clusters[cluster];
            let per_row = match (c.size == size, c.rows() == Some(size)) {
                (true, _) => false,
                (false, true) => true,
                (false, false) => continue,
            };
            let fits = c.len() < MAX_CLUSTER && best.is_none_or(|(stage, ..)| stage < c.stage);
            if fits && operands.iter().all(|&id| self.is_available(id, cluster, per_row)) {
                best = Some((c.stage, cluster, per_row));
            }
        }
        if let Some((_, cluster, per_row)) = best {
            return (cluster, per_row);
        }
        let stage = operands.iter().map(|&id| self.ready(id)).max().unwrap_or(0);
        (self.cluster_at(size, stage, None), false)
    }

    /// Returns the cluster for a reduction of all `size` elements of `x`, in rows of `row` elements if given.
    pub(super) fn cluster_for_reduction(&mut self, x: VariableId, size: usize, row: Option<usize>) -> usize {
        if let Some(cluster) = self.cluster_of(x) {
            let c = &self.clusters[cluster];
            let fits = c.size == size && c.len() < MAX_CLUSTER && (row.is_none() || c.row.is_none() || c.row == row);
            if fits && self.is_available(x, cluster, false) {
                return cluster;
            }
        }
        self.cluster_at(size, self.ready(x), row)
    }

    /// Returns the cluster that computes a variable.
    pub(super) fn cluster_of(&self, id: VariableId) -> Option<usize> {
        let base = if let Storage::Viewed { base, .. } = &self.variables[id].storage { *base } else { id };
        if let Storage::Lane { cluster, .. } = self.variables[base].storage { Some(cluster) } else { None }
    }

    /// Returns a cluster of this size and stage, with rows of `row` elements if given.
    pub(super) fn cluster_at(&mut self, size: usize, stage: u32, row: Option<usize>) -> usize {
        let same = self.by_stage.entry((size, stage)).or_default();
        let fits = |c: &Cluster| c.len() < MAX_CLUSTER && (row.is_none() || c.row.is_none() || c.row == row);
        if let Some(&cluster) = same.iter().find(|&&c| fits(&self.clusters[c])) {
            return cluster;
        }
        self.clusters.push(Cluster::new(size, stage));
        same.push(self.clusters.len() - 1);
        self.clusters.len() - 1
    }

    /// Returns the register of a variable in a cluster that can use it.
    pub(super) fn operand(&mut self, id: VariableId, cluster: usize, per_row: bool) -> Register {
        let Variable { ty, storage: place } = self.variables[id].clone();
        match place {
            Storage::Lane { cluster: at, register, .. } if at == cluster => register,
            Storage::Lane { .. } => {
                let (buffer, view) = self.stored(id);
                self.clusters[cluster].load(buffer, &view, ty.dtype, per_row)
            }
            Storage::Viewed { base, view } => match self.variables[base].storage {
                Storage::Lane { cluster: at, register, per_row: held } if at == cluster => match held == per_row {
                    true => register,
                    false => self.clusters[cluster].spread(register, ty.dtype),
                },
                Storage::Stored { .. }
                | Storage::Lane { .. }
                | Storage::Viewed { .. }
                | Storage::Constant(_)
                | Storage::Iota { .. } => {
                    let (buffer, _) = self.stored(base);
                    self.clusters[cluster].load(buffer, &view, ty.dtype, per_row)
                }
            },
            Storage::Stored { buffer, view } => self.clusters[cluster].load(buffer, &view, ty.dtype, per_row),
            Storage::Constant(value) => self.clusters[cluster].fill(value),
            Storage::Iota { stride, size } => self.clusters[cluster].iota(ty.dtype, stride, size, per_row),
        }
    }

    /// Returns the buffer that holds a variable, and its view.
    pub(super) fn stored(&mut self, id: VariableId) -> (usize, View) {
        let Variable { ty, storage: place } = self.variables[id].clone();
        match place {
            Storage::Stored { buffer, view } => (buffer, view),
            Storage::Viewed { base, view } => (self.stored(base).0, view),
            Storage::Lane { cluster, register, per_row } => {
                let view = View::dense(&ty.shape);
                if let Some(buffer) = self.clusters[cluster].stored(register, ty.dtype) {
                    return (buffer, view);
                }
                let buffer = self.buffer(flat(ty.dtype, ty.size()), self.clusters[cluster].stage + 1);
                self.clusters[cluster].store(register, ty.dtype, per_row, buffer);
                (buffer, view)
            }
            Storage::Constant(_) | Storage::Iota { .. } => {
                let copy = self.copy(id);
                self.stored(copy)
            }
        }
    }

    /// Returns a variable as a whole buffer.
    pub(super) fn dense(&mut self, id: VariableId) -> Dense {
        let shape = self.shape(id);
        let (buffer, view) = self.stored(id);
        // A buffer of complex numbers also holds their parts.
        let has_type = self.buffers[buffer].dtype.size() == self.ty(id).dtype.size();
        if view.is_dense() && has_type && shape.size() == self.buffers[buffer].size() {
            return Dense { buffer, shape };
        }
        let copy = self.copy(id);
        Dense { buffer: self.stored(copy).0, shape }
    }

    /// Returns a variable in a separate buffer, in row-major order.
    pub(super) fn dense_variable(&mut self, id: VariableId) -> VariableId {
        let Dense { buffer, shape } = self.dense(id);
        let place = Storage::Stored { buffer, view: View::dense(&shape) };
        self.variable(self.ty(id).clone(), place)
    }
}

/// Returns whether a view repeats each of `rows` elements `row` times.
fn is_spread(view: &View, rows: usize, row: usize) -> bool {
    let access = view.access();
    access.offset == 0
        && match access.form() {
            Form::Rows(n, times) => (n, times) == (rows, row),
            Form::Scalar => rows == 1 && view.shape.size() == row,
            Form::Dense => row == 1 && view.shape.size() == rows,
            Form::Strided | Form::Cyclic(_) => false,
        }
}
