//! The peak memory of a plan.

use super::{Plan, Step};
use smallvec::SmallVec;

impl Plan {
    /// Returns the peak number of bytes of inputs, constants and results of steps. A buffer takes memory until its last
    /// read. The operands and the results of a step take memory together, unless the step works in place.
    ///
    /// ```
    /// use rune_host::Plan;
    /// use rune_trace::{DType, Tensor, make_program};
    /// let x = Tensor::zeros(1000, DType::F32);
    /// let sum = make_program(|x: &Tensor| (x * 2.0 + 1.0).sin().sum(), &x).unwrap();
    /// assert_eq!(Plan::new(&sum.simplify()).peak_bytes(), 4004);
    /// ```
    pub fn peak_bytes(&self) -> usize {
        let size = |buffer: usize| self.buffers[buffer].bytes();
        let mut uses = self.uses.clone();
        let given = self.inputs.len() + self.constants.len();
        let mut live: usize = (0..given).filter(|&b| uses[b] > 0).map(size).sum();
        let mut peak = live;
        for step in &self.steps {
            let (reads, writes) = step.buffers();
            let new: usize = writes.iter().copied().map(size).sum();
            let within = match step {
                Step::Case { branches, .. } => branches.iter().map(|b| b.inner_bytes()).max().unwrap_or(0),
                Step::While { cond, body, .. } => cond.inner_bytes().max(body.inner_bytes()),
                Step::Scan { body, .. } => body.inner_bytes(),
                Step::Kernel(_)
                | Step::Product { .. }
                | Step::Conv { .. }
                | Step::Native { .. }
                | Step::Evaluate { .. } => 0,
                Step::Blocks(blocks) => blocks.local_bytes() * blocks.count.min(crate::threads()),
            };
            let in_place = |native: &crate::steps::Native, read: usize| native.is_in_place() && uses[read] == 1;
            let reused = if let Step::Native { native, reads, .. } = step
                && in_place(native, reads[0])
            {
                size(reads[0])
            } else {
                0
            };
            peak = peak.max(live + new - reused + within);
            live += writes.iter().filter(|&&b| uses[b] > 0).map(|&b| size(b)).sum::<usize>();
            for read in reads {
                uses[read] -= 1;
                if uses[read] == 0 {
                    live -= size(read);
                }
            }
        }
        peak
    }

    /// Returns the peak number of bytes without the inputs, which the caller holds.
    fn inner_bytes(&self) -> usize {
        self.peak_bytes().saturating_sub(self.inputs.iter().map(|ty| ty.bytes()).sum())
    }
}

impl Step {
    /// Returns the buffers that the step reads, with repetitions, and those that it writes.
    pub(crate) fn buffers(&self) -> (SmallVec<[usize; 8]>, SmallVec<[usize; 4]>) {
        match self {
            Step::Kernel(kernel) => {
                let outputs = kernel.outputs.iter().map(|o| o.buffer);
                let writes = outputs.chain(kernel.reductions.iter().map(|r| r.buffer)).collect();
                (kernel.inputs.iter().map(|i| i.buffer).collect(), writes)
            }
            Step::Product { product, buffer } => {
                ([product.lhs.buffer, product.rhs.buffer].into_iter().collect(), [*buffer].into_iter().collect())
            }
            Step::Conv { conv, buffer } => {
                ([conv.lhs, conv.rhs].into_iter().collect(), [*buffer].into_iter().collect())
            }
            Step::Blocks(blocks) => (blocks.reads.iter().copied().collect(), blocks.results.iter().copied().collect()),
            Step::Native { reads, results, .. } => (reads.iter().copied().collect(), results.iter().copied().collect()),
            Step::Evaluate { op, results } => {
                let reads = op.operands().into_iter().map(|d| d.buffer).collect();
                (reads, results.iter().map(|&(_, buffer)| buffer).collect())
            }
            Step::Case { index, args, branches: _, results } => {
                (args.iter().chain([index]).map(|d| d.buffer).collect(), results.iter().copied().collect())
            }
            Step::While { consts, carry, results, .. } => {
                (consts.iter().chain(carry).map(|d| d.buffer).collect(), results.iter().copied().collect())
            }
            Step::Scan { consts, carry, slices, results, .. } => {
                let reads = consts.iter().chain(carry).chain(slices);
                (reads.map(|d| d.buffer).collect(), results.iter().copied().collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rune_trace::{DType, Program, Tensor, make_program};

    /// Returns the number of bytes of all results of instructions.
    fn result_bytes(program: &Program) -> usize {
        let results = program.instructions().iter().flat_map(|i| i.results());
        results.map(|var| program.ty(var).bytes()).sum()
    }

    #[test]
    fn a_long_chain_needs_two_arrays() {
        let f = |x: &Tensor| (0..400).fold(x.clone(), |y, _| y * 0.5 + 1.0);
        let program = make_program(f, &Tensor::zeros(4096, DType::F32)).unwrap().simplify();
        let array = 4 * 4096;
        assert!(result_bytes(&program) > 700 * array);
        // There are many kernels, because kernels are short in tests.
        let plan = Plan::new(&program);
        assert!(plan.steps() > 20);
        assert_eq!(plan.peak_bytes(), 2 * array);
    }

    #[test]
    fn a_training_step_needs_its_residuals_and_no_more() {
        const LAYERS: usize = 6;
        let forward = |w: &Vec<Tensor>, x: &Tensor| w.iter().fold(x.clone(), |x, w| x.matmul(w).tanh()).square().mean();
        let step = move |w: &Vec<Tensor>, x: &Tensor| {
            let (loss, gradient) = rune_trace::value_and_grad(forward)(w, x);
            (loss, w.iter().zip(&gradient).map(|(w, g)| w - g * 0.1).collect::<Vec<_>>())
        };
        let weights: Vec<Tensor> = (0..LAYERS).map(|_| Tensor::zeros([32, 32], DType::F32)).collect();
        let program = make_program(step, (&weights, &Tensor::zeros([256, 32], DType::F32))).unwrap().simplify();
        let (weight, activation) = (4 * 32 * 32, 4 * 256 * 32);
        let plan = Plan::new(&program);
        let (peak, all) = (plan.peak_bytes(), plan.buffers.iter().map(|ty| ty.bytes()).sum::<usize>());
        // For each layer, the weights, the new weights, the result and its derivative are kept. Two more arrays are
        // being computed.
        assert!(peak <= LAYERS * 2 * (weight + activation) + 2 * activation, "{peak}");
        assert!(3 * peak <= 2 * all, "{peak} of {all}");
    }

    #[test]
    fn what_is_updated_in_place_needs_no_second_array() {
        let program: Program = "\
def f(x0, x1, x2): # ([1000, f32], [1, f32], [i32]) -> [1000, f32]
    z0 = rune.sin(x0)
    y0 = rune.dynamic_update_slice(z0, x1, x2)
    return y0
"
        .parse()
        .unwrap();
        assert_eq!(Plan::new(&program).peak_bytes(), 2 * 4000 + 8);
    }
}
