//! Attention.

use super::Linear;
use rune_trace::{DType, Tensor, Tree, random, where_};

/// What attention looks at, besides everything: by default all places see all others.
///
/// ```
/// use rune_nn::nn::Attention;
/// let causal = Attention { is_causal: true, ..Attention::default() };
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Attention<'a> {
    /// Whether each place sees itself and those before it only.
    pub is_causal: bool,
    /// Where this holds, a place is seen: of `bool`, broadcast to [batch, heads, places that look, places looked at].
    pub mask: Option<&'a Tensor>,
    /// Added to the scores, broadcast as the mask.
    pub bias: Option<&'a Tensor>,
    /// What products are multiplied by; else by 1 / √size.
    pub scale: Option<f64>,
}

impl Attention<'_> {
    /// Each place sees itself and those before it only.
    pub fn causal() -> Attention<'static> {
        Attention { is_causal: true, ..Attention::default() }
    }
}

/// For each place that looks, the mean of the values of the places looked at, each weighted by how much its key is like the query, as
/// `jax.nn.dot_product_attention` (Vaswani et al., 2017).
///
/// `query` is of shape [batch, places that look, heads, size], `key` and `value` of [batch, places looked at, heads, size]; these may have
/// fewer heads, each of which then serves several of the query (Ainslie et al., 2023). Weights are computed in `f32` at least.
///
/// # Panics
/// If the shapes do not fit, or the dtypes differ.
///
/// ```
/// use rune_nn::nn::{Attention, dot_product_attention};
/// use rune_trace::{DType, Tensor};
/// let (q, k) = (Tensor::zeros([1, 3, 2, 4], DType::F32), Tensor::zeros([1, 3, 1, 4], DType::F32));
/// let v = Tensor::arange(0..3, DType::F32).reshape([1, 3, 1, 1]).broadcast_to([1, 3, 1, 4]);
/// let y = dot_product_attention(&q, &k, &v, &Attention::causal());
/// assert_eq!(y.i((0, .., 1, 2)).to_vec::<f32>().unwrap(), [0.0, 0.5, 1.0]);
/// ```
#[track_caller]
pub fn dot_product_attention(query: &Tensor, key: &Tensor, value: &Tensor, how: &Attention<'_>) -> Tensor {
    let (&[batch, looking, heads, size], &[_, seen, groups, _]) = (&query.shape()[..], &key.shape()[..]) else {
        does_not_fit(query, key, value)
    };
    let fits = groups > 0 && heads.is_multiple_of(groups) && value.shape()[..3] == key.shape()[..3];
    if !fits || key.shape()[0] != batch || key.shape()[3] != size {
        does_not_fit(query, key, value);
    }
    let shared = heads / groups;
    let q = heads_first(query, [batch, looking, groups, shared, size]);
    let k = heads_first(key, [batch, seen, groups, 1, size]);
    let v = heads_first(value, [batch, seen, groups, 1, value.shape()[3]]);
    let products = q.matmul(&k.swapaxes(-1, -2)).reshape([batch, heads, looking, seen]);
    let wide = if products.dtype().is_half() { products.cast(DType::F32) } else { products };
    let mut scores = wide * how.scale.unwrap_or((size as f64).sqrt().recip());
    if let Some(bias) = how.bias {
        scores = &scores + bias.cast(scores.dtype());
    }
    // No infinity, whose softmax is NaN where a place sees nothing.
    let never = if scores.dtype() == DType::F64 { -0.7 * f64::MAX } else { -0.7 * f64::from(f32::MAX) };
    if let Some(mask) = how.mask {
        scores = where_(mask, &scores, never);
    }
    if how.is_causal {
        scores = where_(Tensor::ones([looking, seen], DType::Bool).tril(0), &scores, never);
    }
    let weights = scores.softmax(-1).cast(value.dtype());
    let y = weights.reshape([batch, groups, shared, looking, seen]).matmul(&v);
    y.permute([0, 3, 1, 2, 4]).reshape([batch, looking, heads, value.shape()[3]])
}

/// Heads before places, and beside each head of the keys those of the queries that it serves.
#[track_caller]
fn heads_first(x: &Tensor, shape: [usize; 5]) -> Tensor {
    x.reshape(shape).permute([0, 2, 3, 1, 4])
}

#[track_caller]
fn does_not_fit(query: &Tensor, key: &Tensor, value: &Tensor) -> ! {
    refuse!(
        "dot_product_attention: query, key and value are [batch, places, heads, size], and of shapes {}, {} and {} they do not fit",
        query.shape(),
        key.shape(),
        value.shape()
    )
}

/// Attention of several heads: queries, keys and values are made by products with weights, and what the heads give goes through one more.
///
/// ```
/// use rune_nn::nn::{Attention, MultiHeadAttention};
/// use rune_trace::{DType, Tensor, random};
/// let layer = MultiHeadAttention::new(&random::key(0), 32, 4);
/// let (x, other) = (Tensor::ones([2, 5, 32], DType::F32), Tensor::ones([2, 9, 32], DType::F32));
/// let y = layer.forward(&x, &x, &Attention::causal());
/// let z = layer.forward(&x, &other, &Attention::default());
/// assert_eq!((y.shape().to_vec(), z.shape().to_vec()), (vec![2, 5, 32], vec![2, 5, 32]));
/// ```
#[derive(Tree, Clone, Debug)]
pub struct MultiHeadAttention {
    /// Of what looks.
    pub query: Linear,
    /// Of what is looked at, to be compared with queries.
    pub key: Linear,
    /// Of what is looked at, to be taken.
    pub value: Linear,
    /// Of all heads together.
    pub output: Linear,
    /// How many there are.
    pub heads: usize,
}

impl MultiHeadAttention {
    /// Heads that share the features among them.
    ///
    /// # Panics
    /// If `key` is no key, or the features are not a multiple of the heads.
    #[track_caller]
    pub fn new(key: &Tensor, features: usize, heads: usize) -> MultiHeadAttention {
        if heads == 0 || !features.is_multiple_of(heads) {
            refuse!("MultiHeadAttention: {heads} heads cannot share {features} features");
        }
        let [q, k, v, output] = random::split_into(key);
        MultiHeadAttention {
            query: Linear::new(&q, features, features),
            key: Linear::new(&k, features, features),
            value: Linear::new(&v, features, features),
            output: Linear::new(&output, features, features),
            heads,
        }
    }
    /// What each place of `x` gets from the places of `context`, which for attention to itself is `x` again. Both are of shape
    /// [batch, places, features].
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, context: &Tensor, how: &Attention<'_>) -> Tensor {
        let q = self.in_heads(&self.query.forward(x));
        let (k, v) = (self.in_heads(&self.key.forward(context)), self.in_heads(&self.value.forward(context)));
        self.joined(&dot_product_attention(&q, &k, &v, how))
    }
    /// Features by heads: of [batch, places, features] what is of [batch, places, heads, size].
    #[track_caller]
    pub fn in_heads(&self, x: &Tensor) -> Tensor {
        let &[batch, places, features] = &x.shape()[..] else {
            refuse!("MultiHeadAttention: takes [batch, places, features], and is given {}", x.ty())
        };
        x.reshape([batch, places, self.heads, features / self.heads])
    }
    /// What the heads give, as one.
    #[track_caller]
    pub fn joined(&self, x: &Tensor) -> Tensor {
        self.output.forward(&x.flatten_axes(-2, -1))
    }
}

/// Turns each pair of features of queries or keys by an angle that grows with the place, so that their products depend on how far apart places
/// are (Su et al., 2021). The pairs are of the first and the second half of the last axis.
///
/// `x` is of shape `[.., places, heads, size]`, `positions` of `[places]` or `[.., places]`; the angles of the pairs are the position, divided by the
/// powers of `base` from 0 up to 1.
///
/// # Panics
/// If the size is odd, or the positions are of another shape.
///
/// ```
/// use rune_nn::nn::rotary_embedding;
/// use rune_trace::{DType, Tensor};
/// let x = Tensor::ones([1, 3, 1, 2], DType::F32);
/// let y = rotary_embedding(&x, &Tensor::arange(0..3, DType::I32), 10_000.0);
/// let (cos, sin) = (1f32.cos(), 1f32.sin());
/// let turned = y.i((0, 1)).flatten().to_vec::<f32>().unwrap();
/// assert!((turned[0] - (cos - sin)).abs() < 1e-6 && (turned[1] - (cos + sin)).abs() < 1e-6);
/// ```
#[track_caller]
pub fn rotary_embedding(x: &Tensor, positions: &Tensor, base: f64) -> Tensor {
    let size = match x.shape()[..] {
        [.., _, _, size] if size.is_multiple_of(2) => size,
        _ => refuse!("rotary_embedding: takes [.., places, heads, an even size], and is given {}", x.ty()),
    };
    let dtype = if x.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
    let steps = Tensor::arange(0..size / 2, dtype) * (-2.0 * base.ln() / size as f64);
    let angles = positions.cast(dtype).unsqueeze(-1).unsqueeze(-1) * steps.exp();
    let (cos, sin) = (angles.cos(), angles.sin());
    let halves = x.cast(dtype).split(2, -1);
    let turned = [&halves[0] * &cos - &halves[1] * &sin, &halves[1] * &cos + &halves[0] * &sin];
    Tensor::concat(&turned, -1).cast(x.dtype())
}
