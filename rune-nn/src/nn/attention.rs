//! Attention.

use super::Linear;
use rune_ir::DType;
use rune_trace::{Tensor, Tree, random, where_};

/// Options of attention. By default, every query position attends to every key position.
///
/// ```
/// use rune_nn::nn::Attention;
/// let causal = Attention { is_causal: true, ..Attention::default() };
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Attention<'a> {
    /// Whether each position attends only to itself and earlier positions.
    pub is_causal: bool,
    /// A mask with dtype `bool`: a query attends only to key positions where it is `true`. Broadcasts to
    /// `[batch, heads, query positions, key positions]`.
    pub mask: Option<&'a Tensor>,
    /// A bias to add to the scores. Broadcasts like the mask.
    pub bias: Option<&'a Tensor>,
    /// The factor of the scores. The default is 1 / √size.
    pub scale: Option<f64>,
}

impl Attention<'_> {
    /// Returns options with which each position attends only to itself and earlier positions.
    pub fn causal() -> Attention<'static> {
        Attention { is_causal: true, ..Attention::default() }
    }
}

/// Computes scaled dot-product attention, like `jax.nn.dot_product_attention` (Vaswani et al., 2017). For each query
/// position, the result is the weighted mean of the values. The weights are the softmax of the products of the query
/// with the keys.
///
/// `query` has the shape `[batch, query positions, heads, size]`; `key` and `value` have `[batch, key positions, heads,
/// size]`. `key` and `value` may have fewer heads; each of them then serves several heads of the query (Ainslie et al.,
/// 2023). The softmax is computed in at least `f32`.
///
/// # Panics
/// Panics if the shapes do not match, or if the dtypes differ.
///
/// ```
/// use rune_nn::nn::{Attention, dot_product_attention};
/// use rune_trace::{DType, Tensor};
/// let (q, k) = (Tensor::zeros([1, 3, 2, 4], DType::F32), Tensor::zeros([1, 3, 1, 4], DType::F32));
/// let v = Tensor::arange(0..3, DType::F32).reshape([1, 3, 1, 1]).broadcast_to([1, 3, 1, 4]);
/// let y = dot_product_attention(&q, &k, &v, &Attention::causal());
/// assert_eq!(y.i((0, .., 1, 2)).to_vec::<f32>().unwrap(), [0.0, 0.5, 1.0]);
/// ```
#[doc(alias = "scaled_dot_product_attention")]
#[track_caller]
pub fn dot_product_attention(query: &Tensor, key: &Tensor, value: &Tensor, how: &Attention<'_>) -> Tensor {
    let (&[batch, looking, heads, size], &[_, seen, groups, _]) = (&query.shape()[..], &key.shape()[..]) else {
        fail_shapes(query, key, value)
    };
    let fits = groups > 0 && heads.is_multiple_of(groups) && value.shape()[..3] == key.shape()[..3];
    if !fits || key.shape()[0] != batch || key.shape()[3] != size {
        fail_shapes(query, key, value);
    }
    let shared = heads / groups;
    // Queries that share a head of keys are rows of one product.
    let rows = query.reshape([batch, looking, groups, shared, size]).permute([0, 2, 3, 1, 4]);
    let rows = rows.reshape([batch, groups, shared * looking, size]);
    let products = rows.matmul(key.permute([0, 2, 3, 1])).reshape([batch, heads, looking, seen]);
    let products32 = if products.dtype().is_reduced_float() { products.cast(DType::F32) } else { products };
    let mut scores = products32 * how.scale.unwrap_or((size as f64).sqrt().recip());
    if let Some(bias) = how.bias {
        scores = &scores + bias.cast(scores.dtype());
    }
    // Not infinity: if a position attends to nothing, the softmax of infinities is NaN.
    let never = if scores.dtype() == DType::F64 { -0.7 * f64::MAX } else { -0.7 * f64::from(f32::MAX) };
    if let Some(mask) = how.mask {
        scores = where_(mask, &scores, never);
    }
    if how.is_causal {
        scores = where_(Tensor::ones([looking, seen], DType::Bool).tril(0), &scores, never);
    }
    let weights = scores.softmax(-1).cast(value.dtype());
    let y = weights.reshape([batch, groups, shared * looking, seen]).matmul(value.permute([0, 2, 1, 3]));
    let y = y.reshape([batch, groups, shared, looking, value.shape()[3]]);
    y.permute([0, 3, 1, 2, 4]).reshape([batch, looking, heads, value.shape()[3]])
}

#[track_caller]
fn fail_shapes(query: &Tensor, key: &Tensor, value: &Tensor) -> ! {
    refuse!(
        "dot_product_attention: query, key and value need matching shapes [batch, positions, heads, size], and have {}, {} and {}",
        query.shape(),
        key.shape(),
        value.shape()
    )
}

/// Multi-head attention: linear layers compute the queries, keys and values, and another one combines the heads.
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
#[doc(alias = "MultiheadAttention")]
#[derive(Tree, Clone, Debug)]
pub struct MultiHeadAttention {
    /// The layer that computes the queries.
    pub query: Linear,
    /// The layer that computes the keys.
    pub key: Linear,
    /// The layer that computes the values.
    pub value: Linear,
    /// The layer that combines the heads.
    pub output: Linear,
    /// The number of heads.
    pub heads: usize,
}

impl MultiHeadAttention {
    /// Creates a layer whose heads share the features equally.
    ///
    /// # Panics
    /// Panics if `key` is not a key, or if `features` is not a multiple of `heads`.
    #[track_caller]
    pub fn new(key: &Tensor, features: usize, heads: usize) -> MultiHeadAttention {
        if heads == 0 || !features.is_multiple_of(heads) {
            refuse!("MultiHeadAttention: {features} features cannot be divided among {heads} heads");
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
    /// Lets each position of `x` attend to the positions of `context`. For self-attention, pass `x` as `context`. Both
    /// have the shape `[batch, positions, features]`, and the result has the shape of `x`.
    ///
    /// # Panics
    /// Panics if the shapes do not match.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, context: &Tensor, how: &Attention<'_>) -> Tensor {
        let q = self.in_heads(&self.query.forward(x));
        let (k, v) = (self.in_heads(&self.key.forward(context)), self.in_heads(&self.value.forward(context)));
        self.joined(&dot_product_attention(&q, &k, &v, how))
    }
    /// Splits the features into heads: `[batch, positions, features]` to `[batch, positions, heads, size]`.
    #[track_caller]
    pub fn in_heads(&self, x: &Tensor) -> Tensor {
        let &[batch, places, features] = &x.shape()[..] else {
            refuse!("MultiHeadAttention: takes [batch, positions, features], and got {}", x.ty())
        };
        x.reshape([batch, places, self.heads, features / self.heads])
    }
    /// Joins the heads into one axis of features.
    #[track_caller]
    pub fn joined(&self, x: &Tensor) -> Tensor {
        self.output.forward(&x.flatten_axes(-2, -1))
    }
}

/// Applies rotary position embedding to queries or keys: rotates each pair of features by an angle that grows with the
/// position. The product of a query and a key then depends on the distance between their positions (Su et al., 2021). A
/// pair consists of one feature of the first half of the last axis, and one of the second half.
///
/// `x` has the shape `[.., positions, heads, size]`, and `positions` has `[positions]` or `[.., positions]`. The angle
/// of a pair is the position divided by a power of `base`, with exponents from 0 up to 1.
///
/// # Panics
/// Panics if the size is odd, or if `positions` has another shape.
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
        [.., _, _, size] if size % 2 == 0 => size,
        _ => refuse!("rotary_embedding: takes [.., positions, heads, an even size], and got {}", x.ty()),
    };
    let steps = Tensor::arange(0..size / 2, angle_dtype(x)) * (-2.0 * base.ln() / size as f64);
    rotary_embedding_with(x, positions, &steps.exp())
}

/// Like [`rotary_embedding`], but takes the frequency of each pair: the angle between adjacent positions. `frequencies`
/// has the shape `[size / 2]`.
///
/// # Panics
/// Panics if the size is not twice the number of frequencies, or if `positions` has another shape.
///
/// ```
/// use rune_nn::nn::{rotary_embedding, rotary_embedding_with};
/// use rune_trace::{DType, Tensor};
/// let (x, positions) = (Tensor::ones([1, 3, 1, 4], DType::F32), Tensor::arange(0..3, DType::I32));
/// let turned = rotary_embedding_with(&x, &positions, &Tensor::from([1.0f32, 0.01]));
/// assert!((turned - rotary_embedding(&x, &positions, 10_000.0)).abs().max().item::<f32>().unwrap() < 1e-6);
/// ```
#[track_caller]
pub fn rotary_embedding_with(x: &Tensor, positions: &Tensor, frequencies: &Tensor) -> Tensor {
    if !matches!(x.shape()[..], [.., _, _, size] if size == 2 * frequencies.size()) {
        let size = 2 * frequencies.size();
        refuse!("rotary_embedding_with: these frequencies are for [.., positions, heads, {size}], and got {}", x.ty());
    }
    let dtype = angle_dtype(x);
    let angles = positions.cast(dtype).unsqueeze(-1).unsqueeze(-1) * frequencies.cast(dtype);
    let (cos, sin) = (angles.cos(), angles.sin());
    let halves = x.cast(dtype).split(2, -1);
    let turned = [&halves[0] * &cos - &halves[1] * &sin, &halves[1] * &cos + &halves[0] * &sin];
    Tensor::concat(&turned, -1).cast(x.dtype())
}

/// Returns the dtype for computing the angles of `x`.
fn angle_dtype(x: &Tensor) -> DType {
    if x.dtype() == DType::F64 { DType::F64 } else { DType::F32 }
}
