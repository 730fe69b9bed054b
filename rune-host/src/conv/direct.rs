//! Convolutions without matrices of patches.
//!
//! An image is padded, and divided into phases: with strides s and t, the phase (i, j) has the elements whose row is i
//! modulo s and whose column is j modulo t. Then each tap of the kernel meets elements of consecutive positions at
//! consecutive places, and only the first place depends on the tap. Positions are counted through the columns that
//! padding adds, whose results are dropped.

use crate::kernel::{OUTPUTS, products_of_positions};
use rayon::prelude::*;
use rune_ir::op::ConvDims;

/// Fewer positions than this are not worth a block of their own.
const FEWEST_POSITIONS: usize = if cfg!(test) { 2 } else { 24 };
/// A block of positions is at most so long. Buffers have that much room at their ends.
const LONGEST_BLOCK: usize = 64;
/// Groups of outputs that a thread computes together find the image in the cache.
const MOST_GROUPS: usize = 4;

/// An axis of space.
#[derive(Clone, Copy, Debug)]
struct Axis {
    /// Elements, and the step from one to the next.
    size: usize,
    step: usize,
    /// The elements added before the first; negative ones are left out.
    padding: i64,
    stride: usize,
    dilation: usize,
    taps: usize,
    /// Positions of the result.
    positions: usize,
}

impl Axis {
    /// Returns the elements of a phase.
    fn of_phase(&self) -> usize {
        ((self.positions - 1) * self.stride + (self.taps - 1) * self.dilation + 1).div_ceil(self.stride)
    }
    /// Returns the phase that a tap meets, and the place in it for the first position.
    fn tap(&self, tap: usize) -> (usize, usize) {
        (tap * self.dilation % self.stride, tap * self.dilation / self.stride)
    }
    /// Returns the element at a place in a phase, unless it is padding.
    fn element(&self, phase: usize, place: usize) -> Option<usize> {
        let at = usize::try_from((place * self.stride + phase) as i64 - self.padding).ok()?;
        (at < self.size).then_some(at)
    }
}

/// A convolution of `f32` over one or two axes of space, in one group, with contiguous kernels.
#[derive(Clone, Debug)]
pub(super) struct Direct {
    /// Rows and columns.
    axes: [Axis; 2],
    inputs: usize,
    outputs: usize,
    images: usize,
    /// The first element of the images, and the steps along batch and features.
    offset: usize,
    batch_step: usize,
    feature_step: usize,
    /// The first element of the kernel, and the step from one output to the next.
    kernel: [usize; 2],
    /// For each input and tap, in the order of the kernel: where the first position meets the divided image.
    places: Vec<usize>,
}

/// What a convolution needs of its operands.
pub(super) struct Operands {
    pub inputs: usize,
    pub outputs: usize,
    pub images: usize,
    pub offset: usize,
    pub batch_step: usize,
    pub feature_step: usize,
    pub kernel: [usize; 2],
}

impl Direct {
    /// Returns the convolution. Returns `None` if it has another number of axes, few positions, or images with gaps.
    /// `space` has the size of each axis, the step, the taps and the positions.
    pub fn new(dims: &ConvDims, space: &[[usize; 4]], operands: Operands) -> Option<Direct> {
        let axis = |i: usize| {
            let [size, step, taps, positions] = space[i];
            let (stride, dilation) = (dims.strides[i], dims.rhs_dilation[i]);
            Axis { size, step, padding: dims.padding[i].0, stride, dilation, taps, positions }
        };
        let line = Axis { size: 1, step: 0, padding: 0, stride: 1, dilation: 1, taps: 1, positions: 1 };
        let axes = match space.len() {
            1 => [line, axis(0)],
            2 => [axis(0), axis(1)],
            _ => return None,
        };
        let enough = axes.iter().map(|axis| axis.positions).product::<usize>() >= FEWEST_POSITIONS;
        if !enough || dims.lhs_dilation.iter().any(|&d| d != 1) {
            return None;
        }
        let Operands { inputs, outputs, images, offset, batch_step, feature_step, kernel } = operands;
        let mut direct =
            Direct { axes, inputs, outputs, images, offset, batch_step, feature_step, kernel, places: Vec::new() };
        let [rows, columns] = direct.axes;
        for input in 0..inputs {
            for (i, j) in (0..rows.taps).flat_map(|i| (0..columns.taps).map(move |j| (i, j))) {
                let ((row_phase, row), (column_phase, column)) = (rows.tap(i), columns.tap(j));
                let phase = (input * rows.stride + row_phase) * columns.stride + column_phase;
                direct.places.push(phase * direct.of_phase() + row * direct.width() + column);
            }
        }
        Some(direct)
    }

    /// Returns the elements of a row of a phase.
    fn width(&self) -> usize {
        self.axes[1].of_phase()
    }
    /// Returns the elements of a phase.
    fn of_phase(&self) -> usize {
        self.axes[0].of_phase() * self.width()
    }
    /// Returns the positions of an image, counted through the columns of a phase.
    fn positions(&self) -> usize {
        (self.axes[0].positions - 1) * self.width() + self.axes[1].positions
    }
    /// Whether images are read as they are.
    fn is_whole(&self) -> bool {
        let [rows, columns] = self.axes;
        let plain = |axis: &Axis| axis.stride == 1 && axis.padding == 0 && axis.of_phase() == axis.size;
        let joined = (rows.size == 1 || rows.step == columns.size) && (columns.size == 1 || columns.step == 1);
        plain(&rows) && plain(&columns) && joined && self.feature_step == self.of_phase()
    }

    /// Writes the result: images of features of positions.
    pub fn run(&self, x: &[f32], kernel: &[f32], out: &mut [f32], shared: bool) {
        let [rows, columns] = self.axes;
        let of_output = rows.positions * columns.positions;
        let depth = self.places.len();
        let groups = self.outputs.div_ceil(OUTPUTS);
        let threads = if shared { rayon::current_num_threads() } else { 1 };
        let each = if threads == 1 { MOST_GROUPS } else { (groups / (2 * threads)).clamp(1, MOST_GROUPS) } * OUTPUTS;
        let mut divided = Vec::new();
        for (image, out) in out.chunks_exact_mut(self.outputs * of_output).enumerate().take(self.images) {
            self.divide(&x[self.offset + image * self.batch_step..], &mut divided);
            let some_outputs = |(i, out): (usize, &mut [f32])| {
                let first = i * each;
                let kernel_of = |output: usize| {
                    let from = self.kernel[0] + output.min(self.outputs - 1) * self.kernel[1];
                    &kernel[from..from + depth]
                };
                let outputs = out.len() / of_output;
                let kernels: Vec<[&[f32]; OUTPUTS]> = (first..first + outputs)
                    .step_by(OUTPUTS)
                    .map(|output| std::array::from_fn(|i| kernel_of(output + i)))
                    .collect();
                let positions = self.positions();
                let mut results = vec![0f32; kernels.len() * OUTPUTS * positions];
                products_of_positions(&divided, &self.places, &kernels, positions, &mut results);
                for (results, out) in results.chunks_exact(positions).zip(out.chunks_exact_mut(of_output)) {
                    let from = results.chunks(self.width());
                    for (to, from) in out.chunks_exact_mut(columns.positions).zip(from) {
                        to.copy_from_slice(&from[..columns.positions]);
                    }
                }
            };
            let parts = each * of_output;
            if threads > 1 {
                out.par_chunks_mut(parts).enumerate().for_each(some_outputs);
            } else {
                out.chunks_mut(parts).enumerate().for_each(some_outputs);
            }
        }
    }

    /// Pads an image and divides it into phases.
    fn divide(&self, x: &[f32], divided: &mut Vec<f32>) {
        let [rows, columns] = self.axes;
        let (of_phase, width) = (self.of_phase(), self.width());
        let size = self.inputs * rows.stride * columns.stride * of_phase;
        divided.clear();
        if self.is_whole() {
            divided.extend_from_slice(&x[..size]);
            divided.resize(size + LONGEST_BLOCK, 0.0);
            return;
        }
        divided.resize(size + LONGEST_BLOCK, 0.0);
        let phases = divided[..size].chunks_exact_mut(of_phase).enumerate();
        for (phase, to) in phases {
            let (column_phase, rest) = (phase % columns.stride, phase / columns.stride);
            let (row_phase, input) = (rest % rows.stride, rest / rows.stride);
            // The places of the first and last element that is no padding.
            let inside = |place: &usize| columns.element(column_phase, *place).is_some();
            let (Some(first), Some(last)) = ((0..width).find(inside), (0..width).rev().find(inside)) else { continue };
            let from = columns.element(column_phase, first).unwrap_or(0) * columns.step;
            for (place, to) in to.chunks_exact_mut(width).enumerate() {
                let Some(row) = rows.element(row_phase, place) else { continue };
                let from = &x[input * self.feature_step + row * rows.step + from..];
                let step = columns.stride * columns.step;
                let to = &mut to[first..=last];
                match step {
                    0 => to.fill(from[0]),
                    1 => to.copy_from_slice(&from[..to.len()]),
                    _ => to.iter_mut().zip(from.iter().step_by(step)).for_each(|(to, &from)| *to = from),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::Step;
    use crate::{Plan, tests::wrong};
    use rune_trace::{Array, ConvOptions, Tensor, make_program};

    /// Small whole numbers, whose sums of products are exact in any order.
    fn numbers(shape: &[usize], of: usize) -> Array {
        Array::from_fn(shape, |i| ((i * 7 + of * 5) % 11) as f32 - 5.0)
    }

    /// Every size, window, stride, dilation and padding that is small, on one axis and two.
    #[test]
    fn convolutions_are_those_of_the_interpreter() {
        let (mut direct, mut all) = (0, 0);
        for case in 0..3usize.pow(6) * 2 {
            let digit = |place: u32| case / 2 / 3usize.pow(place) % 3;
            let (size, window, stride) = ([4, 7, 20][digit(0)], digit(1) + 1, digit(2) + 1);
            let (padding, dilation) = (digit(3) as isize - 1, digit(4) % 2 + 1);
            let ([inputs, outputs], images) = ([[1, 1], [3, 7], [2, 12]][digit(5)], case % 2 + 1);
            let two = case % 2 == 1;
            if size as isize + 2 * padding < ((window - 1) * dilation + 1) as isize {
                continue;
            }
            let options = ConvOptions::new().strides(stride).dilations(dilation);
            let (x, kernel, options) = if two {
                let options = options.padding([(padding, padding + 1), (padding, padding)]);
                (vec![images, inputs, size, 5 + window], vec![outputs, inputs, window, window], options)
            } else {
                let options = options.padding([(padding, padding)]);
                (vec![images, inputs, size], vec![outputs, inputs, window], options)
            };
            let (x, kernel) = (numbers(&x, 1), numbers(&kernel, 2));
            let f = |x: &Tensor, kernel: &Tensor| x.conv(kernel, &options);
            let Ok(program) = make_program(f, (&Tensor::from(x.clone()), &Tensor::from(kernel.clone()))) else {
                continue;
            };
            let program = program.simplify();
            let is_direct = |step: &Step| matches!(step, Step::Conv { conv, .. } if conv.direct.is_some());
            direct += usize::from(Plan::new(&program).steps.iter().any(is_direct));
            all += 1;
            assert_eq!(wrong(&program, &[x, kernel], true), None, "case {case}\n{program}");
        }
        assert!(direct * 10 > all * 8, "only {direct} of {all} are without matrices of patches");
    }
}
