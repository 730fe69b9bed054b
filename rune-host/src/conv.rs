//! Convolutions, as products of the kernel with matrices of patches. A patch holds the elements under the kernel at one
//! position. The matrices are made block by block.

use crate::products::as_one;
use crate::products::gemm::{Matrix, Real, Target, multiply};
use crate::view::View;
use rayon::prelude::*;
use rune_ir::op::ConvDims;
use rune_ir::{DType, Shape};
use smallvec::SmallVec;

/// The approximate number of elements of a matrix of patches.
const BLOCK: usize = if cfg!(test) { 1 << 5 } else { 1 << 18 };
/// The least number of positions in a block.
const MIN_POSITIONS: usize = if cfg!(test) { 2 } else { 16 };
/// The minimum number of multiplications of a convolution that all threads share.
const PARALLEL_THRESHOLD: usize = if cfg!(test) { 1 << 9 } else { 1 << 23 };
/// The minimum number of positions of one image that each thread computes. Each thread reads the whole kernel, so fewer
/// positions are not worth a thread.
const MIN_POSITIONS_PER_THREAD: usize = if cfg!(test) { 3 } else { 64 };

type Axes = SmallVec<[usize; 4]>;

/// The contiguous axis of the images. Patches are copied along it.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Innermost {
    Features,
    Batch,
    Space,
}

/// The positions of the result where a tap of the kernel meets contiguous elements. At all other positions, the tap
/// meets none.
#[derive(Clone, Copy, Debug)]
struct Run {
    begin: usize,
    end: usize,
    reach: usize,
}

impl Run {
    fn new(reach: &[Option<usize>]) -> Option<Run> {
        let begin = reach.iter().position(Option::is_some).unwrap_or(0);
        let end = reach.iter().rposition(Option::is_some).map_or(begin, |last| last + 1);
        let first = reach.get(begin).copied().flatten().unwrap_or(0);
        let follows = (begin..end).all(|i| reach[i] == Some(first + i - begin));
        follows.then_some(Run { begin, end, reach: first })
    }
}

/// A convolution of two buffers of one dtype, `f32` or `f64`, in which it accumulates.
#[derive(Clone, Debug)]
pub(crate) struct Conv {
    pub lhs: usize,
    pub rhs: usize,
    dtype: DType,
    innermost: Innermost,
    /// The images: the offset of the first element, and the strides along batch and features.
    offset: usize,
    batch_step: usize,
    feature_step: usize,
    /// For each spatial axis, position of the result and tap of the kernel: the offset of the element that they meet,
    /// if any.
    reach: Vec<Vec<Option<usize>>>,
    /// For each tap along the last spatial axis: the positions where it meets contiguous elements, and the offset of
    /// the first. `None` if the elements are not contiguous.
    runs: Vec<Option<Run>>,
    taps: Axes,
    positions: Axes,
    /// The stride from one position to the next in the images, if the kernel has one tap, which meets an element at
    /// every position. The images are then the matrix of patches.
    whole: Option<usize>,
    /// The number of images in a batch group, and the number of batch groups.
    images: usize,
    batch_groups: usize,
    /// The number of input features in a group, and the number of feature groups.
    inputs: usize,
    feature_groups: usize,
    /// The number of output features in a group.
    outputs: usize,
    /// The kernel as a matrix: the offset of the first element, and the strides from one input and one output feature
    /// to the next.
    kernel_offset: usize,
    kernel_steps: [usize; 2],
    /// Whether taps are inner to features in the kernel. Otherwise, features are inner to taps.
    taps_within: bool,
    /// Whether features are the innermost axis of the result. Otherwise, the last spatial axis is.
    features_last: bool,
}

/// The error that the kernel cannot be read in its layout. Holds the permutation of its axes that a copy needs.
pub(crate) struct NeedsPermutation {
    pub permutation: Axes,
}

impl Conv {
    /// Returns the convolution, or the layout of the kernel that it needs. Returns `None` if the images are read
    /// backwards.
    pub(crate) fn new(
        lhs: (usize, &View),
        rhs: (usize, &View),
        dims: &ConvDims,
        result: &Shape,
        dtype: DType,
    ) -> Option<Result<Conv, NeedsPermutation>> {
        let (x, kernel) = (lhs.1, rhs.1);
        let step = |view: &View, axis: usize| {
            if view.shape[axis] == 1 { Some(0) } else { usize::try_from(view.strides[axis]).ok() }
        };
        let size = |view: &View, axis: usize| view.shape[axis];
        let space = 2..dims.lhs.len();
        let (batch_step, feature_step) = (step(x, dims.lhs[0])?, step(x, dims.lhs[1])?);
        let steps: Axes = space.clone().map(|a| step(x, dims.lhs[a])).collect::<Option<_>>()?;
        let taps: Axes = space.clone().map(|a| size(kernel, dims.rhs[a])).collect();
        let positions: Axes = space.clone().map(|a| result[dims.out[a]]).collect();
        let reach = space.clone().map(|a| {
            let n = size(x, dims.lhs[a]);
            let along = |position: usize, tap: usize| {
                let at =
                    (position * dims.strides[a - 2] + tap * dims.rhs_dilation[a - 2]) as i64 - dims.padding[a - 2].0;
                let (at, dilation) = (usize::try_from(at).ok()?, dims.lhs_dilation[a - 2]);
                (at % dilation == 0 && at / dilation < n).then_some(at / dilation * steps[a - 2])
            };
            (0..positions[a - 2])
                .flat_map(|p| (0..taps[a - 2]).map(move |t| (p, t)))
                .map(|(p, t)| along(p, t))
                .collect()
        });
        let reach: Vec<Vec<Option<usize>>> = reach.collect();
        let last = taps.last().copied().unwrap_or(0);
        let along = |tap: usize| -> Vec<Option<usize>> {
            reach.last().map_or_else(Vec::new, |r| r.iter().skip(tap).step_by(last).copied().collect())
        };
        let runs = (0..last).map(|tap| Run::new(&along(tap))).collect();
        let innermost = match (feature_step, batch_step) {
            (1, _) => Innermost::Features,
            (_, 1) => Innermost::Batch,
            _ => Innermost::Space,
        };
        // If features are contiguous, patches are copied feature by feature, and the kernel must have the same order.
        let within: &[bool] = if innermost == Innermost::Features { &[false] } else { &[true, false] };
        let inputs = size(kernel, dims.rhs[1]);
        let matrix = |taps_within: bool| {
            let space = space.clone().map(|a| dims.rhs[a]);
            let axes: Axes = if taps_within {
                [dims.rhs[1]].into_iter().chain(space).collect()
            } else {
                space.chain([dims.rhs[1]]).collect()
            };
            let mut axes = axes
                .into_iter()
                .map(|a| Some((size(kernel, a), step(kernel, a)?)))
                .filter(|a| a.is_none_or(|a| a.0 != 1));
            let Some(first) = axes.next() else { return Some(0) };
            let joined = axes.try_fold(first?, |(n, s), next| {
                let (m, inner) = next?;
                (s == m * inner).then_some((n * m, inner))
            });
            joined.map(|(_, inner)| inner)
        };
        let found = within.iter().find_map(|&taps_within| Some((taps_within, matrix(taps_within)?)));
        let (Some((taps_within, inner)), Some(outer), Ok(kernel_offset)) =
            (found, step(kernel, dims.rhs[0]), usize::try_from(kernel.offset))
        else {
            let space = space.map(|a| dims.rhs[a]);
            return Some(Err(NeedsPermutation { permutation: space.chain([dims.rhs[1], dims.rhs[0]]).collect() }));
        };
        let whole = match innermost {
            Innermost::Batch => None,
            Innermost::Features | Innermost::Space => even_stride(&reach, &taps),
        };
        let features = size(kernel, dims.rhs[0]);
        let groups = dims.feature_groups.max(dims.batch_groups);
        Some(Ok(Conv {
            lhs: lhs.0,
            rhs: rhs.0,
            dtype,
            innermost,
            offset: usize::try_from(x.offset).ok()?,
            batch_step,
            feature_step,
            reach,
            runs,
            taps,
            positions,
            whole,
            images: size(x, dims.lhs[0]) / dims.batch_groups,
            batch_groups: dims.batch_groups,
            inputs,
            feature_groups: dims.feature_groups,
            outputs: features / groups,
            kernel_offset,
            kernel_steps: [inner, outer],
            taps_within,
            features_last: dims.out[1] + 1 == dims.out.len(),
        }))
    }

    /// Returns the axes of the result in the order in which they lie in memory, as indices into [`ConvDims::out`].
    pub(crate) fn layout(&self) -> Axes {
        let space = 2..2 + self.positions.len();
        match (self.features_last, self.innermost) {
            (true, Innermost::Batch) => space.chain([0, 1]).collect(),
            (true, _) => [0].into_iter().chain(space).chain([1]).collect(),
            (false, _) => [0, 1].into_iter().chain(space).collect(),
        }
    }

    /// Returns the number of multiplications, including those with padding.
    pub(crate) fn multiplications(&self) -> u64 {
        let groups = self.feature_groups.max(self.batch_groups);
        let positions = self.positions.iter().product::<usize>() * self.images;
        let depth = self.taps.iter().product::<usize>() * self.inputs;
        [depth, self.outputs, positions, groups].iter().map(|&n| n as u64).product()
    }
    /// Writes the convolution of two buffers.
    pub(crate) fn run(&self, lhs: &[u8], rhs: &[u8], out: &mut [u8]) {
        if self.dtype == DType::F64 { self.multiply::<f64>(lhs, rhs, out) } else { self.multiply::<f32>(lhs, rhs, out) }
    }

    fn multiply<T: Real>(&self, lhs: &[u8], rhs: &[u8], out: &mut [u8]) {
        let (x, kernel, out) = (T::cast_slice(lhs), T::cast_slice(rhs), T::cast_slice_mut(out));
        let depth = self.taps.iter().product::<usize>() * self.inputs;
        let positions: usize = self.positions.iter().product();
        let groups = self.feature_groups.max(self.batch_groups);
        let features = self.outputs * groups;
        let all = self.images * positions;
        // The number of positions whose patches stay in the cache.
        let block = (BLOCK / depth.max(1)).clamp(MIN_POSITIONS, 4096);
        // The number of positions in a contiguous piece of the result: some positions with all features, or one image.
        let each = if self.features_last { block } else { positions };
        let piece = |(i, out): (usize, &mut [T]), patches: &mut Vec<T>, threads: bool| {
            let (start, end) = (i * each, all.min((i + 1) * each));
            for group in 0..groups {
                let feature = group * self.outputs;
                for at in (start..end).step_by(block) {
                    let to = match self.features_last {
                        true => Target { offset: feature, row_step: features, column_step: 1 },
                        false => Target { offset: feature * each + at - start, row_step: 1, column_step: each },
                    };
                    self.piece((x, kernel), (out, to), group, at..end.min(at + block), patches, threads);
                }
            }
        };
        let work = depth.saturating_mul(self.outputs).saturating_mul(all).saturating_mul(groups);
        let pieces = all.div_ceil(each);
        if work >= PARALLEL_THRESHOLD && pieces > 1 {
            let chunks = out.par_chunks_mut(each * features).enumerate();
            chunks.for_each_init(Vec::new, |patches, chunk| piece(chunk, patches, false));
            return;
        }
        if work >= PARALLEL_THRESHOLD && !self.features_last && all >= 2 * MIN_POSITIONS_PER_THREAD {
            let shared = all.div_ceil(rayon::current_num_threads()).max(MIN_POSITIONS_PER_THREAD);
            return self.in_blocks((x, kernel), out, block.min(shared));
        }
        let mut patches = Vec::new();
        out.chunks_mut(each * features)
            .enumerate()
            .for_each(|chunk| piece(chunk, &mut patches, work >= PARALLEL_THRESHOLD));
    }

    /// Computes one image on all threads, each with some positions.
    fn in_blocks<T: Real>(&self, operands: (&[T], &[T]), out: &mut [T], block: usize) {
        let positions: usize = self.positions.iter().product();
        let groups = self.feature_groups.max(self.batch_groups);
        let mut blocks: Vec<Vec<&mut [T]>> = (0..positions.div_ceil(block)).map(|_| Vec::new()).collect();
        for feature in out.chunks_mut(positions) {
            blocks.iter_mut().zip(feature.chunks_mut(block)).for_each(|(block, some)| block.push(some));
        }
        let compute = |(patches, result): &mut (Vec<T>, Vec<T>), (i, rows): (usize, Vec<&mut [T]>)| {
            let range = i * block..positions.min((i + 1) * block);
            let n = range.len();
            result.resize(rows.len() * n, T::ZERO);
            for group in 0..groups {
                let to = Target { offset: group * self.outputs * n, row_step: 1, column_step: n };
                self.piece(operands, (result, to), group, range.clone(), patches, false);
            }
            rows.into_iter().zip(result.chunks_exact(n)).for_each(|(to, from)| to.copy_from_slice(from));
        };
        blocks.into_par_iter().enumerate().for_each_init(Default::default, compute);
    }

    /// Computes one group of the result at some positions, which are counted through all images.
    fn piece<T: Real>(
        &self,
        (x, kernel): (&[T], &[T]),
        (out, to): (&mut [T], Target),
        group: usize,
        range: std::ops::Range<usize>,
        patches: &mut Vec<T>,
        threads: bool,
    ) {
        let depth = self.taps.iter().product::<usize>() * self.inputs;
        let n = range.len();
        let feature = group * self.outputs;
        let [inner, outer] = self.kernel_steps;
        let right = Matrix {
            data: kernel,
            offset: self.kernel_offset + feature * outer,
            rows: depth,
            columns: self.outputs,
            row_step: inner,
            column_step: outer,
        };
        let first = match self.batch_groups > 1 {
            true => self.offset + group * self.images * self.batch_step,
            false => self.offset + group * self.inputs * self.feature_step,
        };
        if let Some(left) = self.images_as_patches(x, first, range.clone()) {
            return multiply(left, right, out, to, threads);
        }
        // Elements in the padding are written too, so the old contents do not matter.
        patches.resize(n * depth, T::ZERO);
        match self.innermost {
            Innermost::Features => self.by_features(x, first, range, patches),
            Innermost::Batch if self.features_last => self.by_images(x, first, range, patches),
            Innermost::Batch | Innermost::Space => self.by_rows(x, first, range, patches, threads),
        }
        let (row_step, column_step) = if self.innermost == Innermost::Features { (depth, 1) } else { (1, n) };
        let left = Matrix { data: &patches[..], offset: 0, rows: n, columns: depth, row_step, column_step };
        multiply(left, right, out, to, threads);
    }

    /// Returns the matrix of patches at some positions as a part of the images, if the images hold that matrix.
    fn images_as_patches<'a, T>(
        &self,
        x: &'a [T],
        first: usize,
        range: std::ops::Range<usize>,
    ) -> Option<Matrix<'a, T>> {
        let row_step = self.whole?;
        let positions: usize = self.positions.iter().product();
        let (image, position) = (range.start / positions, range.start % positions);
        let (rows, columns) = (range.len(), self.inputs);
        let one_image = position + rows <= positions || self.batch_step == positions * row_step;
        let offset = first + image * self.batch_step + position * row_step;
        one_image.then_some(Matrix { data: x, offset, rows, columns, row_step, column_step: self.feature_step })
    }

    /// Returns the offset of the element at a position and a tap.
    fn input_offset(&self, position: &[usize], tap: &[usize]) -> Option<usize> {
        let mut at = 0;
        for (axis, reach) in self.reach.iter().enumerate() {
            at += reach[position[axis] * self.taps[axis] + tap[axis]]?;
        }
        Some(at)
    }

    /// Fills the patches row by row, each with features inner to taps.
    fn by_features<T: Real>(&self, x: &[T], first: usize, range: std::ops::Range<usize>, patches: &mut [T]) {
        let positions: usize = self.positions.iter().product();
        let taps: Vec<Axes> = indices(&self.taps).collect();
        let mut patches = patches.chunks_exact_mut(self.inputs);
        for at in range {
            let (image, position) = (at / positions, unravel(at % positions, &self.positions));
            let from = first + image * self.batch_step;
            for tap in &taps {
                let to = patches.next().expect("a patch for each position");
                match self.input_offset(&position, tap) {
                    Some(reach) => to.copy_from_slice(&x[from + reach..][..self.inputs]),
                    None => to.fill(T::ZERO),
                }
            }
        }
    }

    /// Fills the patches column by column. Positions are counted with the images innermost.
    fn by_images<T: Real>(&self, x: &[T], first: usize, range: std::ops::Range<usize>, patches: &mut [T]) {
        let n = range.len();
        for (tap, input, row) in self.depths() {
            let from = first + input * self.feature_step;
            let mut to = &mut patches[row * n..][..n];
            let (mut place, mut image) = (range.start / self.images, range.start % self.images);
            while !to.is_empty() {
                let (run, rest) = to.split_at_mut(to.len().min(self.images - image));
                match self.input_offset(&unravel(place, &self.positions), &tap) {
                    Some(reach) => run.copy_from_slice(&x[from + reach + image * self.batch_step..][..run.len()]),
                    None => run.fill(T::ZERO),
                }
                (to, image) = (rest, 0);
                place += 1;
            }
        }
    }

    /// Fills the patches column by column, on all threads or only on this one. Positions are counted through each
    /// image.
    fn by_rows<T: Real>(&self, x: &[T], first: usize, range: std::ops::Range<usize>, patches: &mut [T], threads: bool) {
        let n = range.len();
        let positions: usize = self.positions.iter().product();
        let width = self.positions.last().copied().unwrap_or(1);
        let taps: usize = self.taps.iter().product();
        // The rows of positions. Each has its start within the patches and within its row, its length, its image, and
        // its outer position.
        let mut rows = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let column = at % width;
            let length = (range.end - at).min(width - column);
            let mut position = unravel(at % positions, &self.positions);
            position.pop();
            rows.push((at - range.start, column, length, at / positions * self.batch_step, position));
            at += length;
        }
        // For each tap, its position along the last axis, and the rows with the offset of the elements that it meets.
        let met = indices(&self.taps).map(|tap| {
            // All axes except the last have one position along a row.
            let outer = |position: &[usize]| -> Option<usize> {
                let reach = |(axis, p): (usize, &usize)| self.reach[axis][p * self.taps[axis] + tap[axis]];
                position.iter().enumerate().map(reach).sum()
            };
            let met = rows.iter().map(|(to, column, length, image, position)| {
                (*to, *column, *length, outer(position).map(|outer| image + outer))
            });
            (tap.last().copied(), met.collect::<Vec<_>>())
        });
        let met: Vec<_> = met.collect();
        let fill = |(row, to): (usize, &mut [T])| {
            let (t, input) =
                if self.taps_within { (row % taps, row / taps) } else { (row / self.inputs, row % self.inputs) };
            let (tap, rows) = &met[t];
            let from = first + input * self.feature_step;
            for &(start, column, length, reach) in rows {
                let run = &mut to[start..start + length];
                match reach {
                    Some(reach) => self.row(x, from + reach, column, *tap, run),
                    None => run.fill(T::ZERO),
                }
            }
        };
        if threads {
            patches.par_chunks_exact_mut(n).enumerate().with_min_len(taps).for_each(fill);
        } else {
            patches.chunks_exact_mut(n).enumerate().for_each(fill);
        }
    }

    /// Copies the elements that a tap meets along the last spatial axis, from position `column` on.
    #[inline]
    fn row<T: Real>(&self, x: &[T], from: usize, column: usize, tap: Option<usize>, run: &mut [T]) {
        let Some(tap) = tap else {
            run[0] = x[from];
            return;
        };
        if let Some(along) = self.runs[tap] {
            let end = along.end.clamp(column, column + run.len());
            let begin = along.begin.clamp(column, end);
            run[..begin - column].fill(T::ZERO);
            if begin < end {
                let from = from + along.reach + (begin - along.begin);
                run[begin - column..end - column].copy_from_slice(&x[from..from + end - begin]);
            }
            run[end - column..].fill(T::ZERO);
            return;
        }
        let last = self.positions.len() - 1;
        for (i, to) in run.iter_mut().enumerate() {
            let reach = self.reach[last][(column + i) * self.taps[last] + tap];
            *to = reach.map_or(T::ZERO, |reach| x[from + reach]);
        }
    }

    /// Returns each tap and input feature, and its row in the kernel as a matrix.
    fn depths(&self) -> impl Iterator<Item = (Axes, usize, usize)> {
        let taps: usize = self.taps.iter().product();
        indices(&self.taps).enumerate().flat_map(move |(t, tap)| {
            (0..self.inputs).map(move |input| {
                let row = if self.taps_within { input * taps + t } else { t * self.inputs + input };
                (tap.clone(), input, row)
            })
        })
    }
}

/// Returns the stride from one position to the next, if there is one tap, which meets an element at every position, and
/// all strides are equal.
fn even_stride(reach: &[Vec<Option<usize>>], taps: &[usize]) -> Option<usize> {
    if taps.iter().any(|&n| n != 1) {
        return None;
    }
    // With one tap, an axis has one offset for each position.
    let axis = |offsets: &Vec<Option<usize>>| {
        let step = offsets.get(1).copied().flatten().unwrap_or(0);
        let is_even = offsets.iter().enumerate().all(|(i, &offset)| offset == Some(i * step));
        is_even.then_some((offsets.len(), step))
    };
    let axes: Vec<(usize, usize)> = reach.iter().map(axis).collect::<Option<_>>()?;
    as_one(&axes).map(|(_, step)| step)
}

/// Returns all indices of an array of these sizes, in order.
fn indices(sizes: &[usize]) -> impl Iterator<Item = Axes> {
    (0..sizes.iter().product()).map(|i| unravel(i, sizes))
}

fn unravel(mut i: usize, sizes: &[usize]) -> Axes {
    let mut index = Axes::from_elem(0, sizes.len());
    for (at, &n) in index.iter_mut().zip(sizes).rev() {
        *at = i % n;
        i /= n;
    }
    index
}
