//! Recurrent layers. Each one is a single loop in the program.

use super::{Linear, init};
use rune_ir::DType;
use rune_trace::{Caller, Tensor, Tree, random, scan};

/// A gated recurrent unit (Cho et al., 2014), in the variant that applies the reset gate after the matrix product.
///
/// ```
/// use rune_nn::nn::GruCell;
/// use rune_trace::{DType, Tensor, random};
/// let cell = GruCell::new(&random::key(0), 3, 8);
/// let xs = Tensor::ones([20, 2, 3], DType::F32);
/// let (last, all) = cell.forward(&cell.rest([2]), &xs);
/// assert_eq!((last.shape().to_vec(), all.shape().to_vec()), (vec![2, 8], vec![20, 2, 8]));
/// ```
#[doc(alias = "GRUCell")]
#[derive(Tree, Clone, Debug)]
pub struct GruCell {
    /// Maps the input to the reset, update and new gates, side by side: `[inputs, 3 · hidden]`.
    pub input: Linear,
    /// Maps the hidden state to the same gates: `[hidden, 3 · hidden]`.
    pub hidden: Tensor,
    /// The bias of the hidden state, added before the reset: `[hidden]`.
    pub bias: Tensor,
}

impl GruCell {
    /// Creates a cell with weights from [`init::lecun_normal`] and zero biases.
    ///
    /// # Panics
    /// Panics if `key` is not a key.
    #[track_caller]
    pub fn new(key: &Tensor, inputs: usize, hidden: usize) -> GruCell {
        let (input, weight) = gates(key, inputs, hidden, 3);
        GruCell { input, hidden: weight, bias: Tensor::zeros([hidden], DType::F32) }
    }
    /// Returns the initial state, zeros, for a batch of this shape.
    #[track_caller]
    pub fn rest(&self, batch: impl AsRef<[usize]>) -> Tensor {
        zeros(batch.as_ref(), &self.bias)
    }
    /// Takes one step: returns the state after the input `x`, of shape `[.., inputs]`.
    ///
    /// # Panics
    /// Panics if the shapes do not match.
    #[track_caller]
    pub fn step(&self, h: &Tensor, x: &Tensor) -> Tensor {
        let [of_x, of_h] = [self.input.forward(x).split(3, -1), h.matmul(&self.hidden).split(3, -1)];
        let reset = (&of_x[0] + &of_h[0]).sigmoid();
        let update = (&of_x[1] + &of_h[1]).sigmoid();
        let new = (&of_x[2] + reset * (&of_h[2] + &self.bias)).tanh();
        &new + update * (h - &new)
    }
    /// Takes all steps over `xs`, whose first axis is time. Returns the last hidden state and all hidden states.
    ///
    /// # Panics
    /// Panics if the shapes do not match.
    #[track_caller]
    pub fn forward(&self, h: &Tensor, xs: &Tensor) -> (Tensor, Tensor) {
        let caller = Caller::here();
        let step = |h: &Tensor, x: &Tensor| {
            let h = caller.run(|| self.step(h, x));
            (h.clone(), h)
        };
        scan(step, h, xs)
    }
}

/// A long short-term memory cell (Hochreiter and Schmidhuber, 1997).
///
/// ```
/// use rune_nn::nn::LstmCell;
/// use rune_trace::{DType, Tensor, random};
/// let cell = LstmCell::new(&random::key(0), 3, 8);
/// let xs = Tensor::ones([20, 2, 3], DType::F32);
/// let (last, all) = cell.forward(&cell.rest([2]), &xs);
/// assert_eq!((last.cell.shape().to_vec(), all.shape().to_vec()), (vec![2, 8], vec![20, 2, 8]));
/// ```
#[doc(alias = "LSTMCell")]
#[derive(Tree, Clone, Debug)]
pub struct LstmCell {
    /// Maps the input to the input, forget, cell and output gates, side by side: `[inputs, 4 · hidden]`.
    pub input: Linear,
    /// Maps the hidden state to the same gates: `[hidden, 4 · hidden]`.
    pub hidden: Tensor,
}

/// The state of an [`LstmCell`].
#[derive(Tree, Clone, Debug)]
pub struct LstmState {
    /// The hidden state, which is also the output.
    pub hidden: Tensor,
    /// The cell state.
    pub cell: Tensor,
}

impl LstmCell {
    /// Creates a cell with weights from [`init::lecun_normal`] and zero biases.
    ///
    /// # Panics
    /// Panics if `key` is not a key.
    #[track_caller]
    pub fn new(key: &Tensor, inputs: usize, hidden: usize) -> LstmCell {
        let (input, hidden) = gates(key, inputs, hidden, 4);
        LstmCell { input, hidden }
    }
    /// Returns the initial state, zeros, for a batch of this shape.
    #[track_caller]
    pub fn rest(&self, batch: impl AsRef<[usize]>) -> LstmState {
        let hidden = zeros(batch.as_ref(), &self.hidden.i((.., 0)));
        LstmState { cell: hidden.clone(), hidden }
    }
    /// Takes one step: returns the state after the input `x`, of shape `[.., inputs]`.
    ///
    /// # Panics
    /// Panics if the shapes do not match.
    #[track_caller]
    pub fn step(&self, state: &LstmState, x: &Tensor) -> LstmState {
        let gates = (self.input.forward(x) + state.hidden.matmul(&self.hidden)).split(4, -1);
        let (taken, kept, out) = (gates[0].sigmoid(), gates[1].sigmoid(), gates[3].sigmoid());
        let cell = kept * &state.cell + taken * gates[2].tanh();
        LstmState { hidden: out * cell.tanh(), cell }
    }
    /// Takes all steps over `xs`, whose first axis is time. Returns the last state and all hidden states.
    ///
    /// # Panics
    /// Panics if the shapes do not match.
    #[track_caller]
    pub fn forward(&self, state: &LstmState, xs: &Tensor) -> (LstmState, Tensor) {
        let caller = Caller::here();
        let step = |state: &LstmState, x: &Tensor| {
            let state = caller.run(|| self.step(state, x));
            let hidden = state.hidden.clone();
            (state, hidden)
        };
        scan(step, state, xs)
    }
}

#[track_caller]
fn gates(key: &Tensor, inputs: usize, hidden: usize, count: usize) -> (Linear, Tensor) {
    let [a, b] = random::split_into(key);
    let weight = init::lecun_normal().draw(&b, [hidden, count * hidden], DType::F32);
    (Linear::new(&a, inputs, count * hidden), weight)
}

#[track_caller]
fn zeros(batch: &[usize], like: &Tensor) -> Tensor {
    Tensor::zeros([batch, &like.shape()[..]].concat(), like.dtype())
}
