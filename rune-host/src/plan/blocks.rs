//! Finds products and kernels that run block by block.
//!
//! Attention is the example: a product writes scores, a kernel their softmax, and another product reads it. If each step
//! runs as a whole, large scores leave the cache between the steps.

use super::{Label, Step};
use crate::blocks::{Blocked, Blocks, Place};
use crate::kernel::Kernel;
use crate::products::{Factor, Product, as_one};
use rune_ir::{DType, Type};
use smallvec::SmallVec;

/// The minimum number of bytes that the steps of a group pass to each other.
const MIN_BYTES: usize = if cfg!(test) { 8 } else { 1 << 20 };
/// The maximum number of these bytes in a block of several matrices.
const MATRICES_BYTES: usize = if cfg!(test) { 64 } else { 256 << 10 };
/// The maximum number of these bytes in a block that is a part of a matrix. Such blocks are larger, because each block
/// packs the right operands again.
const PART_BYTES: usize = if cfg!(test) { 64 } else { 1 << 20 };
/// The maximum number of bytes of one matrix of the first product, if blocks consist of whole matrices.
const MAX_MATRIX_BYTES: usize = if cfg!(test) { 64 } else { 256 << 10 };
/// The maximum number of bytes of one matrix of a right operand, if a block is a part of a matrix.
const MAX_RIGHT_BYTES: usize = if cfg!(test) { 64 } else { 512 << 10 };
/// The minimum number of rows of a block that is a part of a matrix.
const MIN_ROWS: usize = if cfg!(test) { 1 } else { 32 };
/// The minimum number of blocks that are parts of a matrix. It does not depend on the number of threads: the sums of a
/// product may be rounded differently if it has fewer rows, and results must not depend on the threads.
const MIN_PARTS: usize = if cfg!(test) { 2 } else { 16 };
/// The number of steps after the first product that may belong to its group.
const WINDOW: usize = 16;

/// Replaces groups of steps. `uses` is the number of reads of each buffer. The reads within a group no longer count.
pub(super) fn group(steps: &mut Vec<Step>, labels: &mut Vec<Label>, buffers: &[Type], uses: &mut [u32]) {
    let mut at = 0;
    while at < steps.len() {
        if let Some(group) = Group::find(&steps[at..], buffers) {
            at += group.replace(at, steps, labels, buffers, uses);
        }
        at += 1;
    }
}

/// A group of steps. Steps are counted from the first product.
struct Group {
    /// The number of matrices of each product, and the number of rows of each matrix.
    batch: usize,
    matrix_rows: usize,
    /// Whether each block consists of whole matrices. Otherwise each is a part of a matrix.
    whole: bool,
    members: Vec<usize>,
    /// The steps that read a result of a member and do not belong to the group. They run after the group.
    later: Vec<usize>,
    /// The number of rows of a block.
    rows: usize,
}

impl Group {
    /// Returns the group that begins with the first step, if there is one.
    fn find(steps: &[Step], buffers: &[Type]) -> Option<Group> {
        let Some(Step::Product { product, buffer }) = steps.first() else { return None };
        if buffers[*buffer].bytes() < MIN_BYTES / 2 || product.matrix.is_some() {
            return None;
        }
        let (batch, matrix_rows) = (batch_size(&product.lhs), product.lhs.free.0);
        let whole = batch > 1 && buffers[*buffer].bytes() / batch <= MAX_MATRIX_BYTES;
        let mut group = Group { batch, matrix_rows, whole, members: vec![], later: vec![], rows: 0 };
        group.collect(steps, buffers);
        let passed: usize = group.passed(steps).into_iter().map(|b| buffers[b].bytes()).sum();
        group.rows = group.rows_of_block(passed)?;
        // Packing the right operands again for each block must cost less than the cache saves.
        let packed: usize = group.members.iter().map(|&i| right_bytes(&steps[i])).sum();
        if !group.whole && packed * group.count() > passed {
            return None;
        }
        let divides = |b: usize| buffers[b].size().is_multiple_of(group.count());
        let writes = group.members.iter().flat_map(|&i| steps[i].buffers().1);
        (passed >= MIN_BYTES && writes.clone().all(divides)).then_some(group)
    }

    fn count(&self) -> usize {
        self.batch * self.matrix_rows / self.rows
    }

    /// Collects the members, and the steps that come later.
    fn collect(&mut self, steps: &[Step], buffers: &[Type]) {
        let (mut written, mut written_later): (Vec<usize>, Vec<usize>) = (vec![], vec![]);
        for (i, step) in steps.iter().enumerate().take(WINDOW) {
            let (reads, writes) = step.buffers();
            let waits = reads.iter().any(|b| written_later.contains(b));
            if !waits && self.accepts(step, &written, buffers) {
                self.members.push(i);
                written.extend(writes);
            } else if waits || reads.iter().any(|b| written.contains(b)) {
                // Steps with effects stay in their order.
                if !matches!(step, Step::Kernel(_) | Step::Product { .. } | Step::Conv { .. } | Step::Native { .. }) {
                    break;
                }
                self.later.push(i);
                written_later.extend(writes);
            }
        }
        // A step that neither reads from a member nor passes anything to one does not belong to the group.
        loop {
            let passed = self.passed(steps);
            let written: SmallVec<[usize; 16]> = self.members.iter().flat_map(|&i| steps[i].buffers().1).collect();
            let before = self.members.len();
            self.members.retain(|&i| {
                let (reads, writes) = steps[i].buffers();
                writes.iter().any(|b| passed.contains(b)) || reads.iter().any(|b| written.contains(b))
            });
            if self.members.len() == before {
                break;
            }
        }
        let last = self.members.last().copied().unwrap_or(0);
        self.later.retain(|&i| i < last);
    }

    /// Returns the buffers that one member writes and another one reads.
    fn passed(&self, steps: &[Step]) -> SmallVec<[usize; 16]> {
        let reads: SmallVec<[usize; 16]> = self.members.iter().flat_map(|&i| steps[i].buffers().0).collect();
        let writes = self.members.iter().flat_map(|&i| steps[i].buffers().1);
        writes.filter(|b| reads.contains(b)).collect()
    }

    /// Returns whether a step can run block by block after the members, which write the buffers `written`.
    fn accepts(&self, step: &Step, written: &[usize], buffers: &[Type]) -> bool {
        match step {
            Step::Product { product, .. } => self.accepts_product(product, written, buffers),
            Step::Kernel(kernel) => self.accepts_kernel(kernel, written, buffers),
            Step::Conv { .. }
            | Step::Blocks(_)
            | Step::Native { .. }
            | Step::Evaluate { .. }
            | Step::Case { .. }
            | Step::While { .. }
            | Step::Scan { .. } => false,
        }
    }

    fn accepts_product(&self, product: &Product, written: &[usize], buffers: &[Type]) -> bool {
        let Product { lhs, rhs, matrix, .. } = product;
        if matrix.is_some()
            || (batch_size(lhs), lhs.free.0) != (self.batch, self.matrix_rows)
            || !self.whole && matrix_bytes(rhs, product.dtype) > MAX_RIGHT_BYTES
        {
            return false;
        }
        let within_matrix = |factor: &Factor| self.whole && is_within_matrices(factor, buffers[factor.buffer].size());
        let left = !written.contains(&lhs.buffer) || within_matrix(lhs) || is_dense(lhs, buffers[lhs.buffer].size());
        left && (!written.contains(&rhs.buffer) || within_matrix(rhs))
    }

    fn accepts_kernel(&self, kernel: &Kernel, written: &[usize], buffers: &[Type]) -> bool {
        let rows = self.batch * self.matrix_rows;
        let whole_rows = kernel.size.is_multiple_of(rows) && (kernel.size / rows).is_multiple_of(kernel.row);
        whole_rows
            && kernel.reductions.is_empty()
            && kernel.inputs.iter().all(|input| {
                let all = buffers[input.buffer].size();
                let same_index = input.access.offset == 0 && input.access.axes.as_slice() == [(all, 1)];
                !written.contains(&input.buffer) || same_index
            })
    }

    /// Returns the number of rows of a block, if the members pass this number of bytes in total. Returns `None` if there
    /// would be too few blocks.
    fn rows_of_block(&self, bytes: usize) -> Option<usize> {
        let bytes_of_row = bytes / (self.batch * self.matrix_rows);
        if self.whole {
            // Each thread gets a block.
            let most = self.batch / crate::threads().max(2);
            let fits = |n: usize| n == 1 || n * self.matrix_rows * bytes_of_row <= MATRICES_BYTES;
            let matrices = (1..=most).rev().find(|&n| self.batch.is_multiple_of(n) && fits(n));
            return matrices.map(|n| n * self.matrix_rows);
        }
        let most = (self.batch * self.matrix_rows / MIN_PARTS).min(self.matrix_rows);
        let fits = |rows: usize| rows * bytes_of_row <= PART_BYTES;
        (MIN_ROWS..=most).rev().find(|&n| self.matrix_rows.is_multiple_of(n) && fits(n))
    }

    /// Replaces the steps from `first` on. Returns the number of steps before the new one.
    fn replace(
        &self,
        first: usize,
        steps: &mut Vec<Step>,
        labels: &mut Vec<Label>,
        buffers: &[Type],
        uses: &mut [u32],
    ) -> usize {
        let end = first + self.members.last().map_or(0, |last| last + 1);
        let passed = self.passed(&steps[first..]);
        for &i in &self.members {
            steps[first + i].buffers().0.iter().filter(|b| passed.contains(b)).for_each(|&b| uses[b] -= 1);
        }
        let written = self.members.iter().flat_map(|&i| steps[first + i].buffers().1);
        let (locals, results): (Vec<usize>, Vec<usize>) = written.partition(|&b| uses[b] == 0);
        let locals_bytes = locals.iter().map(|&b| buffers[b].bytes() / self.count()).collect();
        let mut places = Places { reads: vec![], written: [&locals[..], &results].concat() };
        let (mut grouped, mut label) = (vec![], Label::default());
        let (mut before, mut after) = (vec![], vec![]);
        for (i, (step, own)) in steps.drain(first..end).zip(labels.drain(first..end)).enumerate() {
            if self.members.contains(&i) {
                grouped.push(self.blocked(step, &mut places));
                label.operations.extend(own.operations);
                label.loc = own.loc.or(label.loc);
            } else if self.later.contains(&i) {
                after.push((step, own));
            } else {
                before.push((step, own));
            }
        }
        let skipped = before.len();
        let blocks = Blocks { count: self.count(), steps: grouped, reads: places.reads, locals: locals_bytes, results };
        before.push((Step::Blocks(blocks), label));
        let (new_steps, new_labels): (Vec<Step>, Vec<Label>) = before.into_iter().chain(after).unzip();
        steps.splice(first..first, new_steps);
        labels.splice(first..first, new_labels);
        skipped
    }

    fn blocked(&self, step: Step, places: &mut Places) -> Blocked {
        #[allow(clippy::wildcard_enum_match_arm, reason = "a group accepts only products and kernels")]
        match step {
            Step::Product { product, buffer } => {
                let [lhs, rhs] = [product.lhs.buffer, product.rhs.buffer].map(|b| places.operand(b));
                Blocked::Product { product, lhs, rhs, rows: self.rows, out: places.result(buffer) }
            }
            Step::Kernel(kernel) => {
                let inputs = kernel.inputs.iter().map(|input| places.operand(input.buffer)).collect();
                let outputs = kernel.outputs.iter().map(|output| places.result(output.buffer)).collect();
                let size = kernel.size / self.count();
                Blocked::Kernel { kernel, inputs, size, outputs }
            }
            _ => unreachable!("a group accepts only products and kernels"),
        }
    }
}

/// The buffers of a group.
struct Places {
    reads: Vec<usize>,
    written: Vec<usize>,
}

impl Places {
    fn operand(&mut self, buffer: usize) -> Place {
        if let Some(written) = self.written.iter().position(|&b| b == buffer) {
            return Place::Written(written);
        }
        self.reads.push(buffer);
        Place::Read(self.reads.len() - 1)
    }
    fn result(&self, buffer: usize) -> usize {
        self.written.iter().position(|&b| b == buffer).expect("members write these buffers")
    }
}

/// Returns the number of bytes of one matrix of an operand.
fn matrix_bytes(factor: &Factor, dtype: DType) -> usize {
    factor.free.0 * factor.contracted.0 * dtype.size()
}

/// Returns the number of bytes of one matrix of the right operand, if the step is a product.
fn right_bytes(step: &Step) -> usize {
    if let Step::Product { product, .. } = step { matrix_bytes(&product.rhs, product.dtype) } else { 0 }
}

fn batch_size(factor: &Factor) -> usize {
    factor.batch.iter().map(|&(size, _)| size).product()
}

/// Returns whether the rows of all matrices are a whole buffer of `size` elements, one after another.
fn is_dense(factor: &Factor, size: usize) -> bool {
    let axes: SmallVec<[(usize, usize); 6]> =
        factor.batch.iter().copied().chain([factor.free, factor.contracted]).collect();
    factor.offset == 0 && as_one(&axes) == Some((size, 1))
}

/// Returns whether the matrices are in equal parts of a buffer of `size` elements, one after another.
fn is_within_matrices(factor: &Factor, size: usize) -> bool {
    let batch = batch_size(factor);
    let each = size / batch;
    let last = |(size, step): (usize, usize)| (size - 1) * step;
    size.is_multiple_of(batch)
        && as_one(&factor.batch) == Some((batch, each))
        && factor.offset + last(factor.free) + last(factor.contracted) < each
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;
    use rune_ir::interpret::interpret;
    use rune_trace::{Array, Tensor, einsum, grad, make_program, where_};

    /// Returns the groups of a plan.
    fn groups(plan: &Plan) -> impl Iterator<Item = &Blocks> {
        plan.steps.iter().filter_map(|step| if let Step::Blocks(blocks) = step { Some(blocks) } else { None })
    }
    /// Returns whether the blocks are parts of matrices.
    fn divides_matrices(blocks: &Blocks) -> bool {
        let divides =
            |step: &Blocked| matches!(step, Blocked::Product { product, rows, .. } if *rows < product.lhs.free.0);
        blocks.steps.iter().any(divides)
    }

    fn numbers(shape: &[usize], seed: usize) -> Array {
        Array::from_fn(shape, |i| ((i * 7 + seed * 5) % 11) as f32 * 0.25 - 1.25)
    }

    /// Chains of two products with kernels around them, and their gradients.
    #[test]
    fn groups_compute_what_the_interpreter_does() {
        let mut state = 3u64;
        let mut below = |n: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % n
        };
        let (mut counts, mut longest) = ([0; 2], 0);
        for seed in 0..600 {
            let [b, h, q, k, d] = [3, 4, 6, 6, 4].map(|most| 1 + below(most));
            // The axes of the operands: heads before or after positions, features before or after those.
            let [left, middle, right] = [0; 3].map(|_| ["bhxd", "bxhd", "bhdx", "hbxd"][below(4)]);
            let form = |layout: &str, x: char| layout.replace('x', &x.to_string());
            let shape = |layout: &str, x: usize| -> Vec<usize> {
                layout
                    .chars()
                    .map(|c| match c {
                        'b' => b,
                        'h' => h,
                        'x' => x,
                        _ => d,
                    })
                    .collect()
            };
            let inputs = [
                numbers(&shape(left, q), 1),
                numbers(&shape(middle, k), 2),
                numbers(&shape(right, k), 3),
                numbers(&[[q, k].to_vec(), vec![b, 1, 1, k], vec![k], vec![b, h, q, 1]][below(4)], 4),
            ];
            let [activation, mask, read, outputs, gradient] = [3, 4, 3, 3, 3].map(&mut below);
            let scores = format!("{},{}->bhqk", form(left, 'q'), form(middle, 'k'));
            let f = |x: &Vec<Tensor>| {
                let scores = einsum(&scores, &[&x[0], &x[1]]) * 0.5;
                let masked = match mask {
                    0 => scores.clone(),
                    1 => &scores + &x[3],
                    2 => where_(x[3].gt(0.0), &scores, -1.0),
                    _ => scores.relu(),
                };
                let weights = match activation {
                    0 => masked.softmax(-1),
                    1 => &masked * 0.25,
                    _ => masked.tanh() - masked.mean_keepdims(-1),
                };
                let read = match read {
                    0 => einsum(&format!("bhqk,{}->bhqd", form(right, 'k')), &[&weights, &x[2]]),
                    1 => einsum(&format!("bhqk,{}->bqhd", form(right, 'k')), &[&weights, &x[2]]).relu(),
                    _ => einsum(&format!("bhqk,{}->bhdk", form(left, 'q')), &[&weights, &x[0]]),
                };
                match outputs {
                    0 => vec![read],
                    1 => vec![read, weights],
                    _ => vec![scores, read],
                }
            };
            let tensors: Vec<Tensor> = inputs.iter().map(|x| Tensor::from_value(x.clone())).collect();
            let program = match gradient {
                0 => make_program(&grad(|x: &Vec<Tensor>| f(x)[0].powi(2).sum()), &tensors),
                _ => make_program(f, &tensors),
            };
            let program = program.unwrap().simplify();
            let plan = Plan::new(&program);
            let (found, expected) = (plan.run(inputs.to_vec()).unwrap(), interpret(&program, &inputs).unwrap());
            // Some derivatives are sums that cancel.
            let largest = expected.iter().flat_map(|y| y.as_slice::<f32>()).fold(1f32, |most, y| most.max(y.abs()));
            for (found, expected) in found.iter().zip(&expected) {
                for (x, y) in found.as_slice::<f32>().iter().zip(expected.as_slice::<f32>()) {
                    let near = (x - y).abs() <= largest * 2f32.powi(-19);
                    assert!(near, "seed {seed}: {x} for {y}, the largest is {largest}\n{program}");
                }
            }
            for blocks in groups(&plan) {
                counts[usize::from(divides_matrices(blocks))] += 1;
                longest = longest.max(blocks.steps.len());
            }
        }
        assert!(counts.iter().all(|&n| n > 30) && longest >= 4, "{counts:?} groups, of up to {longest} steps");
    }
}
