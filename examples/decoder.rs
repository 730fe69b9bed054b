//! Text generation with a key-value cache, by a small Llama-like decoder: `cargo run --release --example decoder`.
//!
//! The weights are random, so the tokens mean nothing. The example shows the structure: `prefill` reads the prompt at
//! once, and each `step` reads one token. Caches have a fixed size, so one program serves every position; it overwrites
//! the cache in place, because the call donates it.

use rune::nn::{Embedding, Linear, RmsNorm, rotary_embedding};
use rune::{lax, prelude::*, random, where_};
use std::time::Instant;

/// The sizes of a decoder.
#[derive(Clone, Copy, PartialEq, Hash)]
pub struct Sizes {
    /// The number of different tokens.
    pub tokens: usize,
    /// The number of features of a token.
    pub features: usize,
    /// The number of blocks.
    pub layers: usize,
    /// The number of heads of queries.
    pub heads: usize,
    /// The number of heads of keys and values. Each serves several heads of queries (Ainslie et al., 2023).
    pub key_heads: usize,
    /// The number of positions in the cache.
    pub context: usize,
}

/// A block: attention and a gated perceptron (Shazeer, 2020), each after a normalization.
#[derive(Tree, Clone)]
struct Block {
    norm1: RmsNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    norm2: RmsNorm,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// The keys and values of one block, with the shape `[context, key_heads, size]`.
#[derive(Tree, Clone)]
pub struct Cache {
    keys: Tensor,
    values: Tensor,
}

impl Block {
    fn new(key: &Tensor, sizes: Sizes) -> Block {
        let [q, k, v, o, g, u, d] = random::split_into(key);
        let (n, shared) = (sizes.features, sizes.features / sizes.heads * sizes.key_heads);
        let linear = |key: &Tensor, inputs, outputs| Linear::new(key, inputs, outputs).without_bias();
        Block {
            norm1: RmsNorm::new(n),
            query: linear(&q, n, n),
            key: linear(&k, n, shared),
            value: linear(&v, n, shared),
            output: linear(&o, n, n),
            norm2: RmsNorm::new(n),
            gate: linear(&g, n, 3 * n),
            up: linear(&u, n, 3 * n),
            down: linear(&d, 3 * n, n),
        }
    }
    /// Maps `x: [new, features]`, whose first position is `at`. Reads and extends the cache.
    fn forward(&self, x: &Tensor, at: &Tensor, cache: &Cache, sizes: Sizes) -> (Tensor, Cache) {
        let (new, size) = (x.shape()[0], sizes.features / sizes.heads);
        let positions = at + Tensor::arange(0..new, DType::I32);
        let h = self.norm1.forward(x);
        let in_heads = |linear: &Linear, heads| linear.forward(&h).reshape([new, heads, size]);
        let rotated = |x: &Tensor| rotary_embedding(x, &positions, 10_000.0);
        let q = rotated(&in_heads(&self.query, sizes.heads));
        let k = rotated(&in_heads(&self.key, sizes.key_heads));
        let v = in_heads(&self.value, sizes.key_heads);
        let zero = Tensor::scalar(0i32);
        let write = |old: &Tensor, rows: &Tensor| {
            lax::dynamic_update_slice(old, rows, &[at.clone(), zero.clone(), zero.clone()])
        };
        let cache = Cache { keys: write(&cache.keys, &k), values: write(&cache.values, &v) };

        // The queries of one group share a head of keys: [key_heads, group * new, size] times [key_heads, size,
        // context].
        let group = sizes.heads / sizes.key_heads;
        let grouped = q.reshape([new, sizes.key_heads, group, size]).permute([1, 2, 0, 3]);
        let grouped = grouped.reshape([sizes.key_heads, group * new, size]);
        let scores = grouped.matmul(cache.keys.permute([1, 2, 0])) * (size as f64).sqrt().recip();
        let scores = scores.reshape([sizes.key_heads, group, new, sizes.context]);
        let seen = Tensor::arange(0..sizes.context, DType::I32).le(positions.unsqueeze(1));
        let weights = where_(seen, scores, f32::NEG_INFINITY).softmax(-1);
        let weights = weights.reshape([sizes.key_heads, group * new, sizes.context]);
        let read = weights.matmul(cache.values.permute([1, 0, 2]));
        let read = read.reshape([sizes.key_heads, group, new, size]).permute([2, 0, 1, 3]);
        let x = x + self.output.forward(&read.reshape([new, sizes.features]));

        let h = self.norm2.forward(&x);
        let inner = self.gate.forward(&h).silu() * self.up.forward(&h);
        (&x + self.down.forward(&inner), cache)
    }
}

/// The decoder. Its last layer reuses the token embedding.
#[derive(Tree, Clone)]
pub struct Decoder {
    embedding: Embedding,
    blocks: Vec<Block>,
    norm: RmsNorm,
    #[tree(static, skip)]
    sizes: Sizes,
}

impl Decoder {
    /// Creates a decoder with random weights.
    pub fn new(key: &Tensor, sizes: Sizes) -> Decoder {
        let [a, b] = random::split_into(key);
        let blocks = (0..sizes.layers).map(|i| Block::new(&random::fold_in(&b, i), sizes)).collect();
        let embedding = Embedding::new(&a, sizes.tokens, sizes.features);
        Decoder { embedding, blocks, norm: RmsNorm::new(sizes.features), sizes }
    }
    /// Returns empty caches, one per block.
    pub fn caches(&self) -> Vec<Cache> {
        let Sizes { context, key_heads, features, heads, .. } = self.sizes;
        let empty = Tensor::zeros([context, key_heads, features / heads], DType::F32);
        vec![Cache { keys: empty.clone(), values: empty }; self.blocks.len()]
    }
    /// Reads the tokens `[new]`, the first of which is at position `at`. Returns the logits `[new, tokens]` of the
    /// token after each one, and the extended caches.
    pub fn forward(&self, caches: &[Cache], tokens: &Tensor, at: &Tensor) -> (Tensor, Vec<Cache>) {
        let mut x = self.embedding.forward(tokens);
        let mut extended = Vec::new();
        for (block, cache) in self.blocks.iter().zip(caches) {
            let (y, cache) = block.forward(&x, at, cache, self.sizes);
            x = y;
            extended.push(cache);
        }
        (self.embedding.attend(&self.norm.forward(&x)), extended)
    }
    /// Reads the tokens, and returns the likeliest next one `[1]`, and the extended caches.
    #[allow(clippy::ptr_arg, reason = "a vector is a tree, and a slice is not")]
    pub fn step(caches: &Vec<Cache>, model: &Decoder, tokens: &Tensor, at: &Tensor) -> (Tensor, Vec<Cache>) {
        let (logits, caches) = model.forward(caches, tokens, at);
        (logits.i(-1..).argmax_axis(-1), caches)
    }
}

/// Continues a prompt by `count` tokens. Calls `told` with each token.
pub fn generate(model: &Decoder, prompt: &[i32], count: usize, mut report: impl FnMut(i32)) -> anyhow::Result<()> {
    let step = jit(Decoder::step).donate();
    let (mut token, mut caches) = step(model.caches(), model, &prompt.into(), &Tensor::scalar(0i32));
    for i in 0..count {
        report(token.item::<i32>()?);
        let at = Tensor::scalar((prompt.len() + i) as i32);
        (token, caches) = step(caches, model, &token, &at);
    }
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let sizes = Sizes { tokens: 1000, features: 256, layers: 4, heads: 8, key_heads: 2, context: 256 };
    let model = Decoder::new(&random::key(0), sizes);
    let begin = Instant::now();
    let mut times = Vec::new();
    generate(&model, &[1, 2, 3, 4, 5], 200, |token| {
        if times.is_empty() {
            println!("first token after {:.0?}", begin.elapsed());
        }
        times.push(begin.elapsed());
        print!("{token} ");
    })?;
    let each = (times[199] - times[0]) / 199;
    let parameters = model.leaves().iter().map(Tensor::size).sum::<usize>();
    println!("\n{each:.0?} per later token, with {parameters} parameters");
    Ok(())
}
