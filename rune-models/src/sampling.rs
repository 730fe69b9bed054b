//! The choice of the next token from logits.

use rune::{DType, Tensor, Tree, random, where_};

/// The way to choose the next token. The default is the likeliest one.
///
/// ```
/// use rune::{Tensor, random};
/// use rune_models::Sampling;
/// let logits = Tensor::from([1.0f32, 3.0, 2.0, -5.0]);
/// let key = random::key(0);
/// assert_eq!(Sampling::greedy().choose(&logits, &key).item::<i32>()?, 1);
/// let two = Sampling::with_temperature(0.8).top_k(2);
/// assert!([1, 2].contains(&two.choose(&logits, &key).item::<i32>()?));
/// # Ok::<(), rune::EvalError>(())
/// ```
#[derive(Tree, Clone, Debug)]
pub struct Sampling {
    /// The divisor of the logits, a scalar. `None` takes the likeliest token.
    temperature: Option<Tensor>,
    /// Only this many of the likeliest tokens may be chosen (Fan et al., 2018).
    top_k: Option<usize>,
    /// Only the likeliest tokens that together have this probability may be chosen: a scalar (Holtzman et al., 2019).
    top_p: Option<Tensor>,
}

impl Sampling {
    /// Takes the likeliest token.
    pub fn greedy() -> Sampling {
        Sampling { temperature: None, top_k: None, top_p: None }
    }
    /// Draws from the distribution of the logits divided by `temperature`, which is above 0.
    pub fn with_temperature(temperature: f32) -> Sampling {
        Sampling { temperature: Some(Tensor::scalar(temperature)), ..Sampling::greedy() }
    }
    /// Draws from the `k` likeliest tokens. The default temperature is 1.
    #[must_use]
    pub fn top_k(self, k: usize) -> Sampling {
        Sampling { top_k: Some(k), ..self.with_random_draw() }
    }
    /// Draws from the smallest set of tokens that together have the probability `p`. The default temperature is 1.
    #[must_use]
    pub fn top_p(self, p: f32) -> Sampling {
        Sampling { top_p: Some(Tensor::scalar(p)), ..self.with_random_draw() }
    }
    fn with_random_draw(self) -> Sampling {
        Sampling { temperature: self.temperature.or_else(|| Some(Tensor::scalar(1.0f32))), ..self }
    }
    /// Chooses a token, of dtype `i32`, from logits of the shape `[tokens]`.
    pub fn choose(&self, logits: &Tensor, key: &Tensor) -> Tensor {
        let logits = logits.cast(DType::F32);
        let Some(temperature) = &self.temperature else { return logits.argmax_axis(-1).cast(DType::I32) };
        let (logits, tokens) = self.candidates(&(logits / temperature));
        let chosen = random::categorical(key, &logits, -1);
        match tokens {
            Some(tokens) => tokens.take(&chosen, 0).cast(DType::I32),
            None => chosen.cast(DType::I32),
        }
    }
    /// Returns the logits of the tokens that may be chosen, and −∞ for others. If the returned logits are sorted, the
    /// likeliest first, also returns their tokens in this order.
    pub fn candidates(&self, logits: &Tensor) -> (Tensor, Option<Tensor>) {
        let count = logits.size();
        let k = self.top_k.unwrap_or(count).clamp(1, count.max(1));
        if k == count && self.top_p.is_none() {
            return (logits.clone(), None);
        }
        let (logits, tokens) = logits.top_k(k);
        let Some(p) = &self.top_p else { return (logits, Some(tokens)) };
        // A token may be chosen if the likelier ones together have a probability below `p`. The likeliest one always
        // may.
        let probabilities = logits.softmax(-1);
        let likelier = probabilities.cumsum(-1) - &probabilities;
        let first = Tensor::arange(0..k, DType::I32).eq(0);
        (where_(likelier.lt(p).logical_or(first), logits, f32::NEG_INFINITY), Some(tokens))
    }
}
