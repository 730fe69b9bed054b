//! Leaving out at random.

use rune_trace::{Tensor, Tree, random, where_};

/// Leaves each element out with probability `rate` while a network learns, and makes the others larger, so that the mean stays
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
#[derive(Tree, Clone, Copy, PartialEq, Debug)]
pub struct Dropout {
    /// How likely each element is left out.
    pub rate: f64,
}

impl Dropout {
    /// What is left of `x`, drawn with `key`; without a key, as when the network is used, `x` itself.
    ///
    /// # Panics
    /// If `rate` is no probability, or `key` no key.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, key: Option<&Tensor>) -> Tensor {
        if !(0.0..=1.0).contains(&self.rate) {
            refuse!("Dropout: {} is no probability", self.rate);
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
