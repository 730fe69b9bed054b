//! Losses, with the names of Optax. None takes an average over examples: write `.mean()` behind it.

use rune_trace::{DType, Tensor, where_};

/// How surprised `logits` are by `labels`, which are probabilities of the classes, of the last axis: - Σ labels · ln softmax(logits).
///
/// # Panics
/// If the shapes do not broadcast, or the dtypes differ.
///
/// ```
/// use rune_nn::nn;
/// use rune_trace::Tensor;
/// let (logits, labels) = (Tensor::from([[0.0f32, 0.0]]), Tensor::from([[0.5f32, 0.5]]));
/// let loss = nn::softmax_cross_entropy(&logits, &labels);
/// assert!((loss.item::<f32>().unwrap() - std::f32::consts::LN_2).abs() < 1e-6);
/// ```
#[track_caller]
pub fn softmax_cross_entropy(logits: &Tensor, labels: &Tensor) -> Tensor {
    -(labels * logits.log_softmax(-1)).sum_axes(-1)
}

/// How surprised `logits` are by the class with the number in `labels`, which lack their last axis.
///
/// The loss of a label that is no class, below 0 or too great, is NaN, which [`debug_nans`](rune_trace::debug_nans) and `RUNE_DEBUG_NANS`
/// find; where labels are known when the function is called, that is outside of `jit` and `vmap`, it panics instead. Where examples are
/// to be left out, give them any class, and leave their losses out with `where_`.
///
/// # Panics
/// If `labels` are no integers, or not of the shape of `logits` without its last axis, or one is known and no class.
///
/// ```
/// use rune_nn::nn;
/// use rune_trace::Tensor;
/// let logits = Tensor::from([[0.0f32, 0.0, f32::NEG_INFINITY], [1.0, 50.0, 0.0]]);
/// let loss = nn::softmax_cross_entropy_with_integer_labels(&logits, &Tensor::from([1, 1]));
/// assert_eq!(loss.to_vec::<f32>().unwrap(), [std::f32::consts::LN_2, 0.0]);
/// ```
#[track_caller]
pub fn softmax_cross_entropy_with_integer_labels(logits: &Tensor, labels: &Tensor) -> Tensor {
    let Some((&classes, rest)) = logits.shape().split_last() else {
        refuse!(
            "softmax_cross_entropy_with_integer_labels: logits have an axis of classes, and are given as {}",
            logits.ty()
        )
    };
    if !labels.dtype().is_int() || labels.shape()[..] != *rest {
        refuse!(
            "softmax_cross_entropy_with_integer_labels: labels of {} do not fit logits of {}; they are integers of shape {rest:?}",
            labels.ty(),
            logits.ty()
        );
    }
    expect_classes("softmax_cross_entropy_with_integer_labels", labels, classes);
    // By a mask and not by a lookup, whose gradient would be a scatter.
    let is_class = labels.one_hot(classes, DType::Bool);
    let chosen = where_(&is_class, logits, 0.0).sum_axes(-1);
    logits.logsumexp_axes(-1) - where_(is_class.any_axes(-1), chosen, f64::NAN)
}

/// Fails if a label is known and no class.
#[track_caller]
fn expect_classes(name: &str, labels: &Tensor, classes: usize) {
    // What a transformation traces has no value yet, and what cannot be computed is told when the loss is.
    if labels.is_traced() {
        return;
    }
    let Ok(known) = labels.to_array() else { return };
    let is_class = |label: &f64| (0.0..classes as f64).contains(label);
    let known = known.to_f64_vec();
    let Some(at) = known.iter().position(|label| !is_class(label)) else { return };
    let (mut index, mut rest) = (Vec::new(), at);
    for &size in labels.shape().iter().rev() {
        index.insert(0, rest % size);
        rest /= size;
    }
    refuse!(
        "{name}: label {} at {index:?} is none of the {classes} classes, which are 0 up to {}",
        known[at],
        classes as f64 - 1.0
    )
}

/// How surprised `logits` are by `labels`, each the probability that something holds: independent of each other.
///
/// # Panics
/// If the shapes do not broadcast, or the dtypes differ.
///
/// ```
/// use rune_nn::nn;
/// use rune_trace::Tensor;
/// let loss = nn::sigmoid_binary_cross_entropy(&Tensor::from([0.0f32, 100.0]), &Tensor::from([1.0f32, 0.0]));
/// assert_eq!(loss.to_vec::<f32>().unwrap(), [std::f32::consts::LN_2, 100.0]);
/// ```
#[track_caller]
pub fn sigmoid_binary_cross_entropy(logits: &Tensor, labels: &Tensor) -> Tensor {
    -labels * logits.log_sigmoid() - (1.0 - labels) * (-logits).log_sigmoid()
}

/// The cross entropy of [`sigmoid_binary_cross_entropy`], which counts less the surer it is: by the power `gamma` of what is left to
/// 1 (Lin et al., 2017).
///
/// # Panics
/// As [`sigmoid_binary_cross_entropy`].
#[track_caller]
pub fn sigmoid_focal_loss(logits: &Tensor, labels: &Tensor, gamma: f64) -> Tensor {
    let (log_p, log_q) = (logits.log_sigmoid(), (-logits).log_sigmoid());
    let wrong = ((1.0 - labels) * log_p.exp() + labels * log_q.exp()).pow(gamma);
    -(labels * log_p + (1.0 - labels) * log_q) * wrong
}

/// max(0, 1 - prediction · target), for targets -1 and 1.
///
/// # Panics
/// If the shapes do not broadcast, or the dtypes differ.
#[track_caller]
pub fn hinge_loss(predictions: &Tensor, targets: &Tensor) -> Tensor {
    (1.0 - predictions * targets).relu()
}

/// The square of the difference.
///
/// # Panics
/// If the shapes differ: an error that broadcasts is hard to see.
#[track_caller]
pub fn squared_error(predictions: &Tensor, targets: &Tensor) -> Tensor {
    same_shape("squared_error", predictions, targets);
    (predictions - targets).square()
}

/// Half the square of the difference.
///
/// # Panics
/// As [`squared_error`].
#[track_caller]
pub fn l2_loss(predictions: &Tensor, targets: &Tensor) -> Tensor {
    same_shape("l2_loss", predictions, targets);
    (predictions - targets).square() * 0.5
}

/// The mean of the squares of all differences, a scalar.
///
/// ```
/// use rune_nn::nn;
/// use rune_trace::Tensor;
/// assert_eq!(nn::mse(&Tensor::from([1.0f32, 2.0]), &Tensor::from([1.0f32, 4.0])).item::<f32>().unwrap(), 2.0);
/// ```
///
/// # Panics
/// As [`squared_error`].
#[track_caller]
pub fn mse(predictions: &Tensor, targets: &Tensor) -> Tensor {
    same_shape("mse", predictions, targets);
    (predictions - targets).square().mean()
}

/// Half the square of the difference up to `delta`, and linear from there on (Huber, 1964).
///
/// ```
/// use rune_nn::nn;
/// use rune_trace::Tensor;
/// let loss = nn::huber_loss(&Tensor::from([0.5f32, 3.0]), &Tensor::from([0.0f32, 0.0]), 1.0);
/// assert_eq!(loss.to_vec::<f32>().unwrap(), [0.125, 2.5]);
/// ```
///
/// # Panics
/// As [`squared_error`].
#[track_caller]
pub fn huber_loss(predictions: &Tensor, targets: &Tensor, delta: f64) -> Tensor {
    same_shape("huber_loss", predictions, targets);
    let error = (predictions - targets).abs();
    let quadratic = error.minimum(delta);
    quadratic.square() * 0.5 + (&error - &quadratic) * delta
}

/// ln cosh of the difference: half its square where it is small, linear where it is large.
///
/// # Panics
/// As [`squared_error`].
#[track_caller]
pub fn log_cosh(predictions: &Tensor, targets: &Tensor) -> Tensor {
    same_shape("log_cosh", predictions, targets);
    let error = predictions - targets;
    error.logaddexp(-&error) - std::f64::consts::LN_2
}

/// The cosine of the angle between vectors along the last axis, whose squared length counts as `epsilon` at least.
///
/// # Panics
/// If the shapes do not broadcast, or the dtypes differ.
#[track_caller]
pub fn cosine_similarity(predictions: &Tensor, targets: &Tensor, epsilon: f64) -> Tensor {
    let (a, b) = (unit(predictions, epsilon), unit(targets, epsilon));
    (a * b).sum_axes(-1)
}

/// 1 less the cosine of the angle between vectors along the last axis.
///
/// # Panics
/// As [`cosine_similarity`].
#[track_caller]
pub fn cosine_distance(predictions: &Tensor, targets: &Tensor, epsilon: f64) -> Tensor {
    1.0 - cosine_similarity(predictions, targets, epsilon)
}

#[track_caller]
fn unit(x: &Tensor, epsilon: f64) -> Tensor {
    x / x.square().sum_keepdims(-1).maximum(epsilon).sqrt()
}

/// How far the distribution with these logarithms is from `targets`, which are probabilities (Kullback and Leibler, 1951), along the
/// last axis. Where a target is 0, nothing counts.
///
/// # Panics
/// If the shapes do not broadcast, or the dtypes differ.
#[track_caller]
pub fn kl_divergence(log_predictions: &Tensor, targets: &Tensor) -> Tensor {
    let none = targets.eq(0.0);
    let log = where_(&none, 0.0, where_(&none, 1.0, targets).log());
    (targets * (log - log_predictions)).sum_axes(-1)
}

/// Probabilities drawn together: each becomes (1 - `alpha`) times itself, plus `alpha` divided by the number of classes, which are
/// the last axis.
///
/// # Panics
/// If `labels` have no axis.
#[track_caller]
pub fn smooth_labels(labels: &Tensor, alpha: f64) -> Tensor {
    let Some(&classes) = labels.shape().last() else {
        refuse!("smooth_labels: labels have an axis of classes, and are given as {}", labels.ty())
    };
    labels * (1.0 - alpha) + alpha / classes as f64
}

#[track_caller]
fn same_shape(name: &str, predictions: &Tensor, targets: &Tensor) {
    if predictions.shape() != targets.shape() {
        refuse!(
            "{name}: predictions of shape {} are held against targets of shape {}; reshape one of them",
            predictions.shape(),
            targets.shape()
        );
    }
}
