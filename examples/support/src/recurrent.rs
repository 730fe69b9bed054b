//! A recurrent network over sequences, as one loop in the program.

use rune::prelude::*;

/// The parameters of the input, the hidden state and the output.
#[derive(Tree, Clone)]
pub struct Recurrent {
    pub input: Tensor,
    pub hidden: Tensor,
    pub bias: Tensor,
    pub output: Tensor,
}

impl Recurrent {
    /// Takes one step: returns the next hidden state, and the output.
    pub fn step(&self, h: &Tensor, x: &Tensor) -> (Tensor, Tensor) {
        let h = (x.matmul(&self.input) + h.matmul(&self.hidden) + &self.bias).tanh();
        let y = h.matmul(&self.output);
        (h, y)
    }
    fn initial_state(&self, xs: &Tensor) -> Tensor {
        Tensor::zeros([xs.shape()[1], self.bias.size()], xs.dtype())
    }
    /// Maps `xs: [time, batch, inputs]` to outputs `[time, batch, outputs]`.
    pub fn apply(&self, xs: &Tensor) -> Tensor {
        scan(|h: &Tensor, x: &Tensor| self.step(h, x), &self.initial_state(xs), xs).1
    }
    /// Computes the same with a Rust loop, which puts each step into the program.
    pub fn unrolled(&self, xs: &Tensor) -> Tensor {
        let mut h = self.initial_state(xs);
        let mut ys = Vec::new();
        for x in xs.unstack(0) {
            let (next, y) = self.step(&h, &x);
            h = next;
            ys.push(y);
        }
        Tensor::stack(&ys, 0)
    }
}

/// Returns the mean squared error.
pub fn loss(outputs: &Tensor, targets: &Tensor) -> Tensor {
    (outputs - targets).square().mean()
}
