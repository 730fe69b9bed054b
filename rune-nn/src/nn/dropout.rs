//! Dropout.

use rune_trace::{Tensor, Tree, random, where_};

/// Drops each element with probability `rate` during training, and scales the others up so that the mean stays the same
/// (Srivastava et al., 2014).
///
/// ```
/// use rune_nn::nn::Dropout;
/// use rune_trace::{DType, Tensor, random};
/// let (dropout, x) = (Dropout { rate: 0.5 }, Tensor::ones([1000], DType::F32));
/// let y = dropout.forward(&x, Some(&random::key(0)));
/// assert_eq!((y.min().item::<f32>().unwrap(), y.max().item::<f32>().unwrap()), (0.0, 2.0));
/// assert_eq!(dropout.forward(&x, None).min().item::<f32>().unwrap(), 1.0);
/// ```
#[doc(alias = "dropout")]
#[derive(Tree, Clone, Copy, PartialEq, Debug)]
pub struct Dropout {
    /// The probability of dropping an element.
    pub rate: f64,
}

impl Dropout {
    /// Applies dropout to `x` with the random `key`. Without a key, as in inference, returns `x`.
    ///
    /// # Panics
    /// Panics if `rate` is not a probability, or if `key` is not a key.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, key: Option<&Tensor>) -> Tensor {
        if !(0.0..=1.0).contains(&self.rate) {
            refuse!("Dropout: the rate {} is not a probability", self.rate);
        }
        match key {
            Some(_) if self.rate == 1.0 => x.zeros_like(),
            Some(key) if self.rate > 0.0 => {
                let kept = random::bernoulli(key, 1.0 - self.rate, x.shape());
                where_(kept, x / (1.0 - self.rate), 0.0)
            }
            Some(_) | None => x.clone(),
        }
    }
}
