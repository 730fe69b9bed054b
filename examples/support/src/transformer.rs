//! A transformer block: attention and a two-layer perceptron, each after a normalization and with a residual
//! connection.

use rune::{Cost, prelude::*};

/// The sizes of the block and of its input.
#[derive(Clone, Copy)]
pub struct Sizes {
    pub batch: usize,
    pub tokens: usize,
    pub features: usize,
    pub heads: usize,
}

impl Sizes {
    /// Returns the shapes of the parameters, in the order of the fields of [`Block`], and the shape of the input.
    pub fn shapes(self) -> ([Vec<usize>; 8], Vec<usize>) {
        let d = self.features;
        let parameters =
            [vec![d], vec![d], vec![d], vec![d], vec![d, 3 * d], vec![d, d], vec![d, 4 * d], vec![4 * d, d]];
        (parameters, vec![self.batch, self.tokens, d])
    }
}

/// The parameters.
#[derive(Tree, Clone)]
pub struct Block {
    scale1: Tensor,
    shift1: Tensor,
    scale2: Tensor,
    shift2: Tensor,
    /// The queries, keys and values of all heads, in one product.
    qkv: Tensor,
    out: Tensor,
    up: Tensor,
    down: Tensor,
}

impl Block {
    pub fn new(parameters: [Tensor; 8]) -> Block {
        let [scale1, shift1, scale2, shift2, qkv, out, up, down] = parameters;
        Block { scale1, shift1, scale2, shift2, qkv, out, up, down }
    }
    pub fn apply(&self, x: &Tensor, heads: usize) -> Tensor {
        let x = x + self.attention(&normalized(x, &self.scale1, &self.shift1), heads);
        let inner = normalized(&x, &self.scale2, &self.shift2).matmul(&self.up);
        x + inner.gelu().matmul(&self.down)
    }
    fn attention(&self, x: &Tensor, heads: usize) -> Tensor {
        let [batch, tokens, features] = x.shape()[..] else { panic!("not texts of tokens: {}", x.ty()) };
        let size = features / heads;
        let of_heads = |x: &Tensor| x.reshape([batch, tokens, heads, size]).permute([0, 2, 1, 3]);
        let parts = x.matmul(&self.qkv).split(3, -1);
        let (q, k, v) = (of_heads(&parts[0]), of_heads(&parts[1]), of_heads(&parts[2]));
        let scores = q.matmul(k.permute([0, 1, 3, 2])) * (size as f64).sqrt().recip();
        let read = scores.softmax(-1).matmul(&v);
        read.permute([0, 2, 1, 3]).reshape([batch, tokens, features]).matmul(&self.out)
    }
}

/// Returns the sum of the squared outputs, as a function to differentiate.
pub fn loss(block: &Block, x: &Tensor, heads: usize) -> Tensor {
    let y = block.apply(x, heads);
    (&y * &y).sum()
}

fn normalized(x: &Tensor, scale: &Tensor, shift: &Tensor) -> Tensor {
    let centered = x - x.mean_keepdims(-1);
    let variance = (&centered * &centered).mean_keepdims(-1);
    centered * (variance + 1e-5).rsqrt() * scale + shift
}

/// Returns the costs of the forward pass and of the gradient with respect to the parameters, both as compiled.
pub fn costs(block: &Block, x: &Tensor, heads: usize) -> anyhow::Result<(Cost, Cost)> {
    let forward = make_program(|b: &Block, x: &Tensor| b.apply(x, heads), (block, x))?;
    let gradient = make_program(|b: &Block, x: &Tensor| grad(|b: &Block| loss(b, x, heads))(b), (block, x))?;
    Ok((forward.simplify().cost(), gradient.simplify().cost()))
}
