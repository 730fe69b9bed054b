//! Where variables are while a plan is made, and how operations get at them.

use super::builder::{Builder, Id, Place, Variable};
use super::cluster::{Cluster, flat};
use super::{Dense, View};
use crate::kernel::{Form, Register};
use rune_ir::Type;

/// Instructions from which on a cluster takes no more.
const LONGEST_CLUSTER: usize = if cfg!(test) { 12 } else { 512 };

impl Builder {
    /// A variable looked at in another way, or a copy where `look` finds none.
    pub(super) fn view(&mut self, x: Id, ty: &Type, look: impl Fn(&View) -> Option<View>) -> Id {
        let place = match &self.variables[x].place {
            Place::Constant(value) => Some(Place::Constant(*value)),
            Place::Stored { buffer, view } => look(view).map(|view| Place::Stored { buffer: *buffer, view }),
            Place::Viewed { base, view } => look(view).map(|view| Place::Viewed { base: *base, view }),
            Place::Lane { .. } => look(&View::dense(&self.shape(x))).map(|view| Place::Viewed { base: x, view }),
            Place::Iota { stride, size } => {
                let dense = look(&View::dense(&self.shape(x)));
                let iota = Place::Iota { stride: *stride, size: *size };
                dense.filter(|v| v.is_dense() && v.shape.size() == self.ty(x).size()).map(|_| iota)
            }
        };
        match place {
            Some(place) => self.variable(ty.clone(), place),
            None => {
                let copy = self.copy(x);
                let view = look(&View::dense(&self.shape(x))).expect("whatever is dense can be reshaped");
                self.variable(ty.clone(), Place::Viewed { base: copy, view })
            }
        }
    }

    /// A variable in a register, in row-major order.
    pub(super) fn copy(&mut self, x: Id) -> Id {
        let (cluster, per_row) = self.home(&[x], self.ty(x).size());
        let register = self.operand(x, cluster, per_row);
        self.clusters[cluster].add(self.position);
        self.variable(self.ty(x).clone(), Place::Lane { cluster, register, per_row })
    }

    /// The first stage in which a variable can be read from memory.
    pub(super) fn ready(&self, id: Id) -> u32 {
        match &self.variables[id].place {
            Place::Stored { buffer, .. } => self.ready[*buffer],
            Place::Lane { cluster, .. } => self.clusters[*cluster].stage + 1,
            Place::Viewed { base, .. } => self.ready(*base),
            Place::Constant(_) | Place::Iota { .. } => 0,
        }
    }

    /// Whether a variable can be had in a cluster.
    pub(super) fn is_available(&self, id: Id, cluster: usize, per_row: bool) -> bool {
        let c = &self.clusters[cluster];
        match &self.variables[id].place {
            Place::Lane { cluster: at, per_row: held, .. } if *at == cluster => *held == per_row,
            Place::Viewed { base, view } => match &self.variables[*base].place {
                Place::Lane { cluster: at, per_row: held, .. } if *at == cluster => {
                    let same = view.is_dense() && view.shape.size() == self.ty(*base).size();
                    if same {
                        *held == per_row
                    } else {
                        *held && !per_row && c.row.is_some_and(|row| is_spread(view, c.size / row, row))
                    }
                }
                Place::Stored { .. }
                | Place::Lane { .. }
                | Place::Viewed { .. }
                | Place::Constant(_)
                | Place::Iota { .. } => self.ready(*base) <= c.stage,
            },
            Place::Stored { .. } | Place::Lane { .. } | Place::Constant(_) | Place::Iota { .. } => {
                self.ready(id) <= c.stage
            }
        }
    }

    /// The cluster that computes on these operands, with results of `size` elements, and whether it does so for each row.
    pub(super) fn home(&mut self, operands: &[Id], size: usize) -> (usize, bool) {
        let mut best: Option<(u32, usize, bool)> = None;
        for &id in operands {
            let Some(cluster) = self.cluster_of(id) else { continue };
            let c = &self.clusters[cluster];
            let per_row = match (c.size == size, c.rows() == Some(size)) {
                (true, _) => false,
                (false, true) => true,
                (false, false) => continue,
            };
            let fits = c.len() < LONGEST_CLUSTER && best.is_none_or(|(stage, ..)| stage < c.stage);
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

    /// The cluster that reduces all `size` elements of `x`; rather one whose rows can be of `row` elements.
    pub(super) fn home_of_reduction(&mut self, x: Id, size: usize, row: Option<usize>) -> usize {
        if let Some(cluster) = self.cluster_of(x) {
            let c = &self.clusters[cluster];
            let fits =
                c.size == size && c.len() < LONGEST_CLUSTER && (row.is_none() || c.row.is_none() || c.row == row);
            if fits && self.is_available(x, cluster, false) {
                return cluster;
            }
        }
        self.cluster_at(size, self.ready(x), row)
    }

    /// The cluster that a variable is computed in.
    pub(super) fn cluster_of(&self, id: Id) -> Option<usize> {
        let base = if let Place::Viewed { base, .. } = &self.variables[id].place { *base } else { id };
        if let Place::Lane { cluster, .. } = self.variables[base].place { Some(cluster) } else { None }
    }

    /// A cluster of this size and stage; rather one whose rows can be of `row` elements.
    pub(super) fn cluster_at(&mut self, size: usize, stage: u32, row: Option<usize>) -> usize {
        let same = self.by_stage.entry((size, stage)).or_default();
        let fits = |c: &Cluster| c.len() < LONGEST_CLUSTER && (row.is_none() || c.row.is_none() || c.row == row);
        if let Some(&cluster) = same.iter().find(|&&c| fits(&self.clusters[c])) {
            return cluster;
        }
        self.clusters.push(Cluster::new(size, stage));
        same.push(self.clusters.len() - 1);
        self.clusters.len() - 1
    }

    /// The register that holds a variable in a cluster where it is available.
    pub(super) fn operand(&mut self, id: Id, cluster: usize, per_row: bool) -> Register {
        let Variable { ty, place } = self.variables[id].clone();
        match place {
            Place::Lane { cluster: at, register, .. } if at == cluster => register,
            Place::Lane { .. } => {
                let (buffer, view) = self.stored(id);
                self.clusters[cluster].load(buffer, &view, ty.dtype, per_row)
            }
            Place::Viewed { base, view } => match self.variables[base].place {
                Place::Lane { cluster: at, register, per_row: held } if at == cluster => match held == per_row {
                    true => register,
                    false => self.clusters[cluster].spread(register, ty.dtype),
                },
                Place::Stored { .. }
                | Place::Lane { .. }
                | Place::Viewed { .. }
                | Place::Constant(_)
                | Place::Iota { .. } => {
                    let (buffer, _) = self.stored(base);
                    self.clusters[cluster].load(buffer, &view, ty.dtype, per_row)
                }
            },
            Place::Stored { buffer, view } => self.clusters[cluster].load(buffer, &view, ty.dtype, per_row),
            Place::Constant(value) => self.clusters[cluster].fill(value),
            Place::Iota { stride, size } => self.clusters[cluster].iota(ty.dtype, stride, size, per_row),
        }
    }

    /// The buffer that a variable lies in, and how.
    pub(super) fn stored(&mut self, id: Id) -> (usize, View) {
        let Variable { ty, place } = self.variables[id].clone();
        match place {
            Place::Stored { buffer, view } => (buffer, view),
            Place::Viewed { base, view } => (self.stored(base).0, view),
            Place::Lane { cluster, register, per_row } => {
                let view = View::dense(&ty.shape);
                if let Some(buffer) = self.clusters[cluster].stored(register, ty.dtype) {
                    return (buffer, view);
                }
                let buffer = self.buffer(flat(ty.dtype, ty.size()), self.clusters[cluster].stage + 1);
                self.clusters[cluster].store(register, ty.dtype, per_row, buffer);
                (buffer, view)
            }
            Place::Constant(_) | Place::Iota { .. } => {
                let copy = self.copy(id);
                self.stored(copy)
            }
        }
    }

    /// A variable as a whole buffer.
    pub(super) fn dense(&mut self, id: Id) -> Dense {
        let shape = self.shape(id);
        let (buffer, view) = self.stored(id);
        if view.is_dense() && shape.size() == self.buffers[buffer].size() {
            return Dense { buffer, shape };
        }
        let copy = self.copy(id);
        Dense { buffer: self.stored(copy).0, shape }
    }

    /// A variable that lies in a buffer of its own, in row-major order.
    pub(super) fn whole(&mut self, id: Id) -> Id {
        let Dense { buffer, shape } = self.dense(id);
        let place = Place::Stored { buffer, view: View::dense(&shape) };
        self.variable(self.ty(id).clone(), place)
    }
}

/// Whether a view repeats each of `rows` elements `row` times.
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
