//! Losses, under Optax's names. They return one loss per example; call `.mean()` for the average.

use rune_ir::DType;
use rune_trace::{Tensor, where_};

/// Returns the cross entropy between `labels`, class probabilities along the last axis, and `logits`: - Σ labels · ln
/// softmax(logits).
///
/// # Panics
/// Panics if the shapes do not broadcast, or if the dtypes differ.
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

/// Returns the cross entropy of `logits` for integer class labels. The labels have the shape of `logits` without the
/// last axis.
///
/// For a label outside the range of classes, the function panics if the label is known, as it is outside `jit` and
/// `vmap`. Otherwise the loss is NaN, which [`debug_nans`](rune_trace::debug_nans) and `RUNE_DEBUG_NANS` find. To
/// exclude examples, give them any class and mask their losses with `where_`.
///
/// # Panics
/// Panics if `labels` is not an integer tensor, if its shape is not that of `logits` without the last axis, or if a
/// known label is not a class.
///
/// ```
/// use rune_nn::nn;
/// use rune_trace::Tensor;
/// let logits = Tensor::from([[0.0f32, 0.0, f32::NEG_INFINITY], [1.0, 50.0, 0.0]]);
/// let loss = nn::softmax_cross_entropy_with_integer_labels(&logits, &Tensor::from([1, 1]));
/// assert_eq!(loss.to_vec::<f32>().unwrap(), [std::f32::consts::LN_2, 0.0]);
/// ```
#[doc(alias = "cross_entropy")]
#[track_caller]
pub fn softmax_cross_entropy_with_integer_labels(logits: &Tensor, labels: &Tensor) -> Tensor {
    let Some((&classes, rest)) = logits.shape().split_last() else {
        refuse!(
            "softmax_cross_entropy_with_integer_labels: logits need an axis of classes, and have type {}",
            logits.ty()
        )
    };
    if !labels.dtype().is_int() || labels.shape()[..] != *rest {
        refuse!(
            "softmax_cross_entropy_with_integer_labels: labels of type {} do not match logits of type {}; they need integers of shape {rest:?}",
            labels.ty(),
            logits.ty()
        );
    }
    expect_classes("softmax_cross_entropy_with_integer_labels", labels, classes);
    // A mask instead of a lookup: the gradient of a lookup is a scatter.
    let is_class = labels.one_hot(classes, DType::Bool);
    let chosen = where_(&is_class, logits, 0.0).sum_axes(-1);
    logits.logsumexp_axes(-1) - where_(is_class.any_axes(-1), chosen, f64::NAN)
}

/// Panics if a known label is not a class.
#[track_caller]
fn expect_classes(name: &str, labels: &Tensor, classes: usize) {
    // A traced tensor has no value yet. If a label cannot be computed, computing the loss reports the error.
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
        "{name}: label {} at {index:?} is not one of the {classes} classes 0 to {}",
        known[at],
        classes as f64 - 1.0
    )
}

/// Returns the binary cross entropy of `logits` for `labels`, which are independent probabilities.
///
/// # Panics
/// Panics if the shapes do not broadcast, or if the dtypes differ.
///
/// ```
/// use rune_nn::nn;
/// use rune_trace::Tensor;
/// let loss = nn::sigmoid_binary_cross_entropy(&Tensor::from([0.0f32, 100.0]), &Tensor::from([1.0f32, 0.0]));
/// assert_eq!(loss.to_vec::<f32>().unwrap(), [std::f32::consts::LN_2, 100.0]);
/// ```
#[doc(alias = "binary_cross_entropy_with_logits")]
#[track_caller]
pub fn sigmoid_binary_cross_entropy(logits: &Tensor, labels: &Tensor) -> Tensor {
    -labels * logits.log_sigmoid() - (1.0 - labels) * (-logits).log_sigmoid()
}

/// Returns the focal loss: [`sigmoid_binary_cross_entropy`] times (1 - p)^`gamma`, where p is the predicted probability
/// of the label (Lin et al., 2017).
///
/// # Panics
/// Panics like [`sigmoid_binary_cross_entropy`].
#[track_caller]
pub fn sigmoid_focal_loss(logits: &Tensor, labels: &Tensor, gamma: f64) -> Tensor {
    let (log_p, log_q) = (logits.log_sigmoid(), (-logits).log_sigmoid());
    let wrong = ((1.0 - labels) * log_p.exp() + labels * log_q.exp()).pow(gamma);
    -(labels * log_p + (1.0 - labels) * log_q) * wrong
}

/// Returns the hinge loss max(0, 1 - prediction · target), for targets -1 and 1.
///
/// # Panics
/// Panics if the shapes do not broadcast, or if the dtypes differ.
#[track_caller]
pub fn hinge_loss(predictions: &Tensor, targets: &Tensor) -> Tensor {
    (1.0 - predictions * targets).relu()
}

/// Returns the squared error.
///
/// # Panics
/// Panics if the shapes differ, because an error that broadcasts is hard to notice.
#[track_caller]
pub fn squared_error(predictions: &Tensor, targets: &Tensor) -> Tensor {
    same_shape("squared_error", predictions, targets);
    (predictions - targets).square()
}

/// Returns half the squared error.
///
/// # Panics
/// Panics like [`squared_error`].
#[track_caller]
pub fn l2_loss(predictions: &Tensor, targets: &Tensor) -> Tensor {
    same_shape("l2_loss", predictions, targets);
    (predictions - targets).square() * 0.5
}

/// Returns the mean squared error, a scalar.
///
/// ```
/// use rune_nn::nn;
/// use rune_trace::Tensor;
/// assert_eq!(nn::mse(&Tensor::from([1.0f32, 2.0]), &Tensor::from([1.0f32, 4.0])).item::<f32>().unwrap(), 2.0);
/// ```
///
/// # Panics
/// Panics like [`squared_error`].
#[doc(alias = "mse_loss")]
#[track_caller]
pub fn mse(predictions: &Tensor, targets: &Tensor) -> Tensor {
    same_shape("mse", predictions, targets);
    (predictions - targets).square().mean()
}

/// Returns the Huber loss: half the squared error up to `delta`, and linear beyond (Huber, 1964).
///
/// ```
/// use rune_nn::nn;
/// use rune_trace::Tensor;
/// let loss = nn::huber_loss(&Tensor::from([0.5f32, 3.0]), &Tensor::from([0.0f32, 0.0]), 1.0);
/// assert_eq!(loss.to_vec::<f32>().unwrap(), [0.125, 2.5]);
/// ```
///
/// # Panics
/// Panics like [`squared_error`].
#[doc(alias = "smooth_l1_loss")]
#[track_caller]
pub fn huber_loss(predictions: &Tensor, targets: &Tensor, delta: f64) -> Tensor {
    same_shape("huber_loss", predictions, targets);
    let error = (predictions - targets).abs();
    let quadratic = error.minimum(delta);
    quadratic.square() * 0.5 + (&error - &quadratic) * delta
}

/// Returns ln cosh of the error: half its square where it is small, linear where it is large.
///
/// # Panics
/// Panics like [`squared_error`].
#[track_caller]
pub fn log_cosh(predictions: &Tensor, targets: &Tensor) -> Tensor {
    same_shape("log_cosh", predictions, targets);
    let error = predictions - targets;
    error.logaddexp(-&error) - std::f64::consts::LN_2
}

/// Returns the cosine of the angle between vectors along the last axis. Squared lengths count as at least `epsilon`.
///
/// # Panics
/// Panics if the shapes do not broadcast, or if the dtypes differ.
#[track_caller]
pub fn cosine_similarity(predictions: &Tensor, targets: &Tensor, epsilon: f64) -> Tensor {
    let (a, b) = (unit(predictions, epsilon), unit(targets, epsilon));
    (a * b).sum_axes(-1)
}

/// Returns 1 minus the cosine similarity of vectors along the last axis.
///
/// # Panics
/// Panics like [`cosine_similarity`].
#[track_caller]
pub fn cosine_distance(predictions: &Tensor, targets: &Tensor, epsilon: f64) -> Tensor {
    1.0 - cosine_similarity(predictions, targets, epsilon)
}

#[track_caller]
fn unit(x: &Tensor, epsilon: f64) -> Tensor {
    x / x.square().sum_keepdims(-1).maximum(epsilon).sqrt()
}

/// Returns the Kullback-Leibler divergence Σ `targets` · (ln `targets` - `log_predictions`) along the last axis
/// (Kullback and Leibler, 1951). `log_predictions` are logarithms of probabilities, and `targets` are probabilities.
/// Targets of 0 contribute nothing.
///
/// # Panics
/// Panics if the shapes do not broadcast, or if the dtypes differ.
#[doc(alias = "kl_div")]
#[track_caller]
pub fn kl_divergence(log_predictions: &Tensor, targets: &Tensor) -> Tensor {
    let none = targets.eq(0.0);
    let log = where_(&none, 0.0, where_(&none, 1.0, targets).log());
    (targets * (log - log_predictions)).sum_axes(-1)
}

/// Smooths class probabilities along the last axis: each becomes (1 - `alpha`) times itself, plus `alpha` divided by
/// the number of classes.
///
/// # Panics
/// Panics if `labels` has rank 0.
#[track_caller]
pub fn smooth_labels(labels: &Tensor, alpha: f64) -> Tensor {
    let Some(&classes) = labels.shape().last() else {
        refuse!("smooth_labels: labels need an axis of classes, and have type {}", labels.ty())
    };
    labels * (1.0 - alpha) + alpha / classes as f64
}

#[track_caller]
fn same_shape(name: &str, predictions: &Tensor, targets: &Tensor) {
    if predictions.shape() != targets.shape() {
        refuse!(
            "{name}: predictions have shape {}, but targets have shape {}; reshape one of them",
            predictions.shape(),
            targets.shape()
        );
    }
}
