//! Text generation: reads the prompt at once, then one token at a time.

use crate::key_values::{KeyValueSizes, KeyValues};
use crate::sampling::Sampling;
use rune::{EvalError, Tensor, Tree, jit, random};

/// A language model that reads tokens from left to right.
pub trait Decoder: Tree + Send + Sync {
    /// Returns the largest number of positions.
    fn context(&self) -> usize;
    /// Returns the sizes of the keys and values that the model keeps.
    fn key_values(&self) -> KeyValueSizes;
    /// Reads tokens of the shape `[batch, new]`. The first ones are at position `at`, an `i32`. Returns their features,
    /// of the shape `[batch, new, features]`, and the extended keys and values.
    fn read(&self, tokens: &Tensor, at: &Tensor, past: &[KeyValues]) -> (Tensor, Vec<KeyValues>);
    /// Returns the logits of the token after each position, of the shape `[.., tokens]`.
    fn logits(&self, features: &Tensor) -> Tensor;

    /// Returns the logits of the token after each position, for whole texts of the shape `[batch, positions]`.
    fn forward(&self, tokens: &Tensor) -> Tensor {
        let (batch, positions) = (tokens.shape()[0], tokens.shape()[1]);
        let empty = self.key_values().empty(batch, positions);
        self.logits(&self.read(tokens, &Tensor::scalar(0i32), &empty).0)
    }
}

/// The input of a step, besides the model and the past.
#[derive(Tree, Clone, Debug)]
struct Input {
    /// Has the shape `[1, new]`.
    tokens: Tensor,
    /// The position of the first token.
    at: Tensor,
    /// The number of tokens that count. The others are padding.
    count: Tensor,
    sampling: Sampling,
    key: Tensor,
}

/// Reads tokens, and chooses the next one, of the shape `[1, 1]`.
#[allow(clippy::ptr_arg, reason = "a vector is a tree, and a slice is not")]
fn step<M: Decoder>(past: &Vec<KeyValues>, model: &M, input: &Input) -> (Tensor, Vec<KeyValues>) {
    let (features, past) = model.read(&input.tokens, &input.at, past);
    // Only the logits of the last token, because the vocabulary is large.
    let last = features.i(0).take(&(&input.count - 1), 0);
    let token = input.sampling.choose(&model.logits(&last), &input.key);
    (token.reshape([1, 1]), past)
}

type Step<M> = dyn Fn(Vec<KeyValues>, &M, &Input) -> (Tensor, Vec<KeyValues>) + Send + Sync;

/// The least number of positions for keys and values, and the least number of tokens to read at once.
const MIN_LENGTH: usize = 16;

/// A language model that continues prompts.
///
/// Prompts, and the space for keys and values, are padded to powers of two. A few programs therefore serve all lengths,
/// and short texts do not pay for a long context.
pub struct Generator<M> {
    model: M,
    step: Box<Step<M>>,
}

impl<M: Decoder> Generator<M> {
    /// Creates a generator.
    pub fn new(model: M) -> Generator<M> {
        let step = jit(step::<M>).donate();
        Generator { model, step: Box::new(move |past, model, input| step(past, model, input)) }
    }
    /// Returns the model.
    pub fn model(&self) -> &M {
        &self.model
    }
    /// Continues a prompt until the context is full. Each step of the iterator returns one token. `seed` determines the
    /// random choices.
    ///
    /// # Panics
    /// If the prompt is empty, or is longer than the context of the model.
    pub fn continue_from(&self, prompt: &[u32], sampling: &Sampling, seed: u64) -> Generation<'_, M> {
        let context = self.model.context();
        assert!(!prompt.is_empty(), "continue_from: the prompt has no token; start with the token that begins texts");
        assert!(
            prompt.len() <= context,
            "continue_from: the prompt has {} tokens, and the model reads {context}",
            prompt.len()
        );
        let room = prompt.len().next_power_of_two().max(MIN_LENGTH);
        let mut tokens: Vec<i32> = prompt.iter().map(|&token| token.cast_signed()).collect();
        tokens.resize(room, 0);
        Generation {
            generator: self,
            past: self.model.key_values().empty(1, room),
            next: Tensor::from_vec([1, room], tokens),
            read: 0,
            unread: prompt.len(),
            sampling: sampling.clone(),
            key: random::key(seed),
        }
    }
}

/// A text that is being generated, as an iterator over its tokens.
pub struct Generation<'a, M> {
    generator: &'a Generator<M>,
    past: Vec<KeyValues>,
    /// The tokens to read next, of the shape `[1, new]`.
    next: Tensor,
    /// The number of tokens read so far.
    read: usize,
    /// The number of tokens to read next. The rest of `next` is padding.
    unread: usize,
    sampling: Sampling,
    key: Tensor,
}

impl<M: Decoder> Iterator for Generation<'_, M> {
    type Item = Result<u32, EvalError>;

    fn next(&mut self) -> Option<Result<u32, EvalError>> {
        let end = self.read + self.unread;
        if end > self.generator.model.context() {
            return None;
        }
        if self.past[0].positions() < end {
            self.past = self.past.iter().map(|layer| layer.padded_to(end.next_power_of_two())).collect();
        }
        let scalar = |n: usize| Tensor::scalar(n as i32);
        let input = Input {
            tokens: self.next.clone(),
            at: scalar(self.read),
            count: scalar(self.unread),
            sampling: self.sampling.clone(),
            key: random::fold_in(&self.key, end),
        };
        let (token, past) = (self.generator.step)(std::mem::take(&mut self.past), &self.generator.model, &input);
        (self.next, self.past, self.read, self.unread) = (token, past, end, 1);
        Some(self.next.item::<i32>().map(i32::cast_unsigned))
    }
}
