//! Applies an index to a shape: a slice, then a gather along the remaining axes.

use super::items::IndexItem;
use crate::array_fns::broadcast::{broadcast, expect_joint_shape};
use crate::tensor::refuse;
use crate::{Tensor, lax};
use rune_ir::op::{Dims, GatherDims, Padding, ScatterDims};
use rune_ir::{Array, DType, Shape};

/// Indices along one axis: `len` of them from `start` in steps of `step`, then reversed if `reversed`.
#[derive(Clone, Copy)]
struct Run {
    start: usize,
    len: usize,
    step: usize,
    reversed: bool,
}

/// The steps of an index: slice, remove the axes of single indices, gather, and add new axes.
pub(super) struct Plan {
    shape: Shape,
    runs: Vec<Run>,
    /// Axes of single indices.
    dropped: Dims,
    /// The index arrays and their axes. The axes are numbered without the dropped ones.
    gathered: Vec<(usize, Tensor)>,
    /// The joint shape of the index arrays.
    joint: Shape,
    /// The position of the axes of the index arrays in the result, without new axes.
    joint_at: usize,
    /// The shape of the result.
    pub result: Shape,
}

impl Plan {
    #[track_caller]
    pub fn new(op: &str, shape: &Shape, items: &[IndexItem]) -> Plan {
        let items = &spread(op, shape, items);
        let mut plan = Plan {
            shape: shape.clone(),
            runs: Vec::new(),
            dropped: Dims::new(),
            gathered: Vec::new(),
            joint: Shape::scalar(),
            joint_at: 0,
            result: Shape::scalar(),
        };
        let arrays = items.iter().any(|item| matches!(item, IndexItem::Tensor(_) | IndexItem::List(_)));
        // Like in NumPy, if there are arrays, single indices count as arrays. If the axes of the arrays are adjacent,
        // they stay where they are. Otherwise, they come first.
        let fancy = |item: &IndexItem| arrays && !matches!(item, IndexItem::Range { .. } | IndexItem::NewAxis);
        let places: Vec<usize> = (0..items.len()).filter(|&i| fancy(&items[i])).collect();
        let adjacent = places.windows(2).all(|w| w[0] + 1 == w[1]);
        // The sizes of the result without those of the arrays, and the number of sizes before the arrays.
        let mut sizes: Vec<usize> = Vec::new();
        let mut insert_at = 0;
        for (i, item) in items.iter().enumerate() {
            let axis = plan.runs.len();
            if adjacent && places.first() == Some(&i) {
                insert_at = sizes.len();
                plan.joint_at = axis - plan.dropped.len();
            }
            match item {
                IndexItem::At(position) => {
                    let start = single(op, *position, axis, shape);
                    plan.runs.push(Run { start, len: 1, step: 1, reversed: false });
                    plan.dropped.push(axis);
                }
                IndexItem::Range { start, stop, step } => {
                    let run = run(*start, *stop, *step, shape[axis]);
                    plan.runs.push(run);
                    sizes.push(run.len);
                }
                IndexItem::NewAxis => sizes.push(1),
                IndexItem::List(positions) => plan.choose(indices_tensor(op, positions, axis, shape)),
                IndexItem::Tensor(index) => {
                    if !index.dtype().is_int() {
                        refuse!(
                            "{op}: an index array has type {}, but indices are integers (to select by booleans, use `where_`)",
                            index.ty()
                        );
                    }
                    plan.choose(index.clone());
                }
                IndexItem::Ellipsis => unreachable!("the ellipsis was spread"),
            }
        }
        let shapes: Vec<&Shape> = plan.gathered.iter().map(|(_, index)| index.shape()).collect();
        if !shapes.is_empty() {
            plan.joint = expect_joint_shape(op, &shapes);
        }
        sizes.splice(insert_at..insert_at, plan.joint.iter().copied());
        plan.result = sizes.as_slice().into();
        plan
    }
    /// Records that `index` selects along the next axis.
    fn choose(&mut self, index: Tensor) {
        let axis = self.runs.len();
        self.runs.push(Run { start: 0, len: self.shape[axis], step: 1, reversed: false });
        self.gathered.push((axis - self.dropped.len(), index));
    }

    /// Returns the slice, with the axes of single indices removed.
    #[track_caller]
    pub fn slice(&self, x: &Tensor) -> Tensor {
        let sliced = if self.selects_all() {
            x.clone()
        } else {
            let starts: Dims = self.runs.iter().map(|r| r.start).collect();
            let limits: Dims = self.runs.iter().map(|r| r.start + r.span()).collect();
            let steps: Dims = self.runs.iter().map(|r| r.step).collect();
            lax::slice(x, &starts, &limits, &steps)
        };
        let flipped = self.flip(&sliced);
        lax::reshape(&flipped, flipped.shape().without(&self.dropped))
    }
    #[track_caller]
    fn flip(&self, x: &Tensor) -> Tensor {
        let axes: Dims = (0..self.runs.len()).filter(|&a| self.runs[a].reversed).collect();
        if axes.is_empty() { x.clone() } else { lax::reverse(x, &axes) }
    }
    /// Returns whether the slice selects all elements, in any order.
    fn selects_all(&self) -> bool {
        self.runs.iter().zip(self.shape.iter()).all(|(r, &n)| r.len == n && r.step == 1)
    }
    /// Returns `x` with `part` in place of the elements that [`Plan::slice`] returns.
    #[track_caller]
    pub fn unslice(&self, x: &Tensor, part: &Tensor) -> Tensor {
        let sizes: Shape = self.runs.iter().map(|r| r.len).collect();
        let part = self.flip(&lax::reshape(part, sizes));
        if self.selects_all() {
            return part;
        }
        if part.size() == 0 {
            return x.clone();
        }
        if self.runs.iter().all(|r| r.step == 1) {
            let mut starts = Vec::with_capacity(self.runs.len());
            for run in &self.runs {
                starts.push(lax::full(DType::I32, &Shape::scalar(), run.start as f64));
            }
            return lax::dynamic_update_slice(x, &part, &starts);
        }
        let gaps: Vec<Padding> = self
            .runs
            .iter()
            .zip(self.shape.iter())
            .map(|(r, &n)| Padding { low: r.start as i64, high: (n - r.start - r.span()) as i64, interior: r.step - 1 })
            .collect();
        let spread = lax::pad(&part, &lax::full(x.dtype(), &Shape::scalar(), 0.0), gaps.clone());
        let mask = lax::full(DType::Bool, part.shape(), 1.0);
        let mask = lax::pad(&mask, &lax::full(DType::Bool, &Shape::scalar(), 0.0), gaps);
        lax::select(&mask, &spread, x)
    }

    /// Returns the index arrays, wrapped and broadcast, if there are any.
    #[track_caller]
    fn indices(&self, x: &Tensor) -> Vec<Tensor> {
        let wide = |d: DType| matches!(d, DType::I64 | DType::U64 | DType::U32);
        let large = self.gathered.iter().any(|(a, i)| wide(i.dtype()) || x.shape()[*a] > i32::MAX as usize);
        let dtype = if large { DType::I64 } else { DType::I32 };
        let mut indices = Vec::with_capacity(self.gathered.len());
        for (axis, index) in &self.gathered {
            let wrapped = wrap(index, dtype, x.shape()[*axis]);
            indices.push(broadcast("index", &wrapped, &self.joint));
        }
        indices
    }
    /// Returns the indices as coordinates along a last axis.
    #[track_caller]
    fn coordinates(&self, x: &Tensor) -> Tensor {
        let mut columns = Vec::new();
        for index in self.indices(x) {
            columns.push(index.unsqueeze(-1));
        }
        if columns.len() == 1 { columns.remove(0) } else { lax::concatenate(&columns, self.joint.rank()) }
    }
    fn axes(&self) -> Dims {
        self.gathered.iter().map(|(axis, _)| *axis).collect()
    }
    /// Returns the axes of the result that do not belong to the index arrays.
    fn window(&self, rank: usize) -> Dims {
        let rest = rank - self.gathered.len();
        (0..rest).map(|a| if a < self.joint_at { a } else { a + self.joint.rank() }).collect()
    }
    fn window_sizes(&self, x: &Tensor) -> Dims {
        let axes = self.axes();
        (0..x.rank()).map(|a| if axes.contains(&a) { 1 } else { x.shape()[a] }).collect()
    }

    /// Returns the elements that the index arrays select from the slice.
    #[track_caller]
    pub fn gather(&self, op: &str, x: &Tensor) -> Tensor {
        if self.gathered.is_empty() {
            return x.clone();
        }
        let none = self.axes().into_iter().find(|&a| x.shape()[a] == 0);
        if let Some(a) = none.filter(|_| self.joint.size() > 0) {
            let left = (0..self.runs.len()).filter(|axis| !self.dropped.contains(axis));
            expect_elements(op, left.clone().nth(a).unwrap_or(a), &self.shape);
        }
        let shape = self.gathered_shape(x.shape());
        if shape.size() == 0 {
            // A slice of an axis without elements has no start index.
            return lax::full(x.dtype(), &shape, 0.0);
        }
        if self.joint.rank() == 0 {
            let indices = self.indices(x);
            let zero = lax::full(indices[0].dtype(), &Shape::scalar(), 0.0);
            let mut starts = vec![zero; x.rank()];
            for (axis, index) in self.axes().into_iter().zip(indices) {
                starts[axis] = index;
            }
            let block = lax::dynamic_slice(x, &starts, &self.window_sizes(x));
            return lax::reshape(&block, block.shape().without(&self.axes()));
        }
        let dims = GatherDims {
            offset: self.window(x.rank()),
            collapsed: self.axes(),
            start_index_map: self.axes(),
            ..GatherDims::default()
        };
        lax::gather(x, &self.coordinates(x), dims, &self.window_sizes(x))
    }
    /// Returns the operands of the scatter that writes where the index arrays select: indices and axes.
    #[track_caller]
    pub fn scatter_operands(&self, x: &Tensor) -> Option<(Tensor, ScatterDims)> {
        if self.gathered.is_empty() {
            return None;
        }
        let dims = ScatterDims {
            update_window: self.window(x.rank()),
            inserted_window: self.axes(),
            scatter_map: self.axes(),
            ..ScatterDims::default()
        };
        Some((self.coordinates(x), dims))
    }
    /// Returns the shape of the result before new axes are added. `x` is the shape of the slice.
    pub fn gathered_shape(&self, x: &Shape) -> Shape {
        let mut rest = x.without(&self.axes());
        rest.dims_mut().insert_from_slice(self.joint_at, &self.joint);
        rest
    }
}

impl Run {
    /// Returns the number of positions from the first index to the last one, both included.
    fn span(&self) -> usize {
        if self.len == 0 { 0 } else { (self.len - 1) * self.step + 1 }
    }
}

/// Panics if the axis has no elements.
#[track_caller]
pub(crate) fn expect_elements(op: &str, axis: usize, shape: &Shape) {
    if shape[axis] == 0 {
        refuse!("{op}: axis {axis} of shape {shape} has no elements to choose from, but the index names some");
    }
}

/// Returns the indices as a tensor. All must be in range.
#[track_caller]
fn indices_tensor(op: &str, positions: &[isize], axis: usize, shape: &Shape) -> Tensor {
    for &position in positions {
        single(op, position, axis, shape);
    }
    Array::from_vec([positions.len()], positions.iter().map(|&p| p as i64).collect::<Vec<i64>>()).into()
}

/// Returns `index` as `dtype`, with negative indices counted from the end of an axis of size `n`.
#[track_caller]
pub(crate) fn wrap(index: &Tensor, dtype: DType, n: usize) -> Tensor {
    let signed = index.dtype().is_signed_int();
    // A value that does not fit into `i64` would become negative. It is out of range, so `n` may replace it.
    let index = if index.dtype() == DType::U64 { &lax::min(index, &lax::full_like(index, n as f64)) } else { index };
    let index = lax::convert(index, dtype);
    if signed { lax::select(&index.lt(0), &(&index + n), &index) } else { index }
}

/// Returns the index with whole axes in place of the ellipsis, or in place of missing parts at the end.
#[track_caller]
fn spread(op: &str, shape: &Shape, items: &[IndexItem]) -> Vec<IndexItem> {
    let taken = items.iter().filter(|i| !matches!(i, IndexItem::NewAxis | IndexItem::Ellipsis)).count();
    let Some(missing) = shape.rank().checked_sub(taken) else {
        refuse!("{op}: an index of {taken} axes is for shape {shape}, which has {}", shape.rank());
    };
    let whole = || std::iter::repeat_n(IndexItem::Range { start: None, stop: None, step: 1 }, missing);
    let mut all = items.to_vec();
    match items.iter().position(|i| matches!(i, IndexItem::Ellipsis)) {
        Some(at) => drop(all.splice(at..=at, whole())),
        None => all.extend(whole()),
    }
    if all.iter().any(|i| matches!(i, IndexItem::Ellipsis)) {
        refuse!("{op}: an index has more than one `Ellipsis`");
    }
    all
}

#[track_caller]
fn single(op: &str, position: isize, axis: usize, shape: &Shape) -> usize {
    let n = shape[axis];
    let at = if position < 0 { position.checked_add_unsigned(n) } else { Some(position) };
    match at.and_then(|p| usize::try_from(p).ok()) {
        Some(p) if p < n => p,
        _ => refuse!("{op}: index {position} is out of range for axis {axis} of shape {shape}"),
    }
}

/// Returns the indices of a range within `n`, by Python's rules: indices out of range are dropped.
fn run(start: Option<isize>, stop: Option<isize>, step: isize, n: usize) -> Run {
    let end = isize::try_from(n).unwrap_or(isize::MAX);
    let clamp = |p: isize, low: isize, high: isize| (if p < 0 { p.saturating_add(end) } else { p }).clamp(low, high);
    let by = step.unsigned_abs();
    if step > 0 {
        let start = start.map_or(0, |p| clamp(p, 0, end));
        let stop = stop.map_or(end, |p| clamp(p, 0, end));
        let len = (stop - start).max(0).unsigned_abs().div_ceil(by);
        return Run { start: if len == 0 { 0 } else { start.unsigned_abs() }, len, step: by, reversed: false };
    }
    let start = start.map_or(end - 1, |p| clamp(p, -1, end - 1));
    let stop = stop.map_or(-1, |p| clamp(p, -1, end - 1));
    let len = (start - stop).max(0).unsigned_abs().div_ceil(by);
    let lowest = if len == 0 { 0 } else { start.unsigned_abs() - (len - 1) * by };
    Run { start: lowest, len, step: by, reversed: true }
}
