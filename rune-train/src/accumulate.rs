//! Gradients of large batches, computed in parts.

use rune_trace::{DType, Tensor, Tree, scan, value_and_grad, value_and_grad_aux};

/// Returns a function that computes the mean loss over a batch and the gradient of this mean, like
/// `value_and_grad(loss)`. The function processes `parts` equal parts of the batch one after the other, so it needs
/// memory for one part only. The results are those of `value_and_grad(loss)` up to rounding.
///
/// `loss` returns the mean loss of its batch. Each leaf of the batch is split along its first axis. If items have
/// weights or masks, use [`accumulate_weighted`].
///
/// ```
/// use rune::{prelude::*, train::accumulate};
/// let loss = |w: &Tensor, x: &Tensor| (w * x).square().mean();
/// let (w, x) = (Tensor::scalar(2.0f32), Tensor::from([1.0f32, 2.0, 3.0, 4.0]));
/// let (value, dw) = accumulate(2, loss)(&w, &x);
/// let (whole, dw_whole) = value_and_grad(loss)(&w, &x);
/// assert_eq!((value.item::<f32>()?, dw.item::<f32>()?), (whole.item()?, dw_whole.item()?));
/// # Ok::<(), rune::EvalError>(())
/// ```
///
/// # Panics
/// Panics if `parts` is 0. The returned function panics if a leaf of the batch cannot be split into that many parts.
#[track_caller]
pub fn accumulate<P, B, F>(parts: usize, loss: F) -> impl Fn(&P, &B) -> (Tensor, P) + Send + Sync
where
    P: Tree + Send + Sync,
    B: Tree + Send + Sync,
    F: Fn(&P, &B) -> Tensor + Send + Sync,
{
    assert!(parts > 0, "accumulate: a batch is split into 0 parts, and has to be split into at least 1");
    move |params: &P, batch: &B| {
        let body = |sums: &P, part: &B| {
            let (value, gradient) = value_and_grad(|params: &P| loss(params, part))(params);
            (add_gradient(sums, &gradient), value)
        };
        let (sums, values) = scan(body, &zeros(params), &split_batch("accumulate", parts, batch));
        (values.mean(), divide_sums(&sums, &Tensor::scalar(parts as f32), params))
    }
}

/// Like [`accumulate`], for a `loss` that returns the sum of its losses and the sum of their weights, such as the
/// number of items that a mask selects. The returned function divides the sum of all losses by the sum of all weights,
/// and also returns the gradient of this quotient. Both are correct even if the parts have different weights.
///
/// ```
/// use rune::{prelude::*, train::{accumulate_weighted, data::Batch}};
/// let loss = |w: &Tensor, batch: &Batch<Tensor>| {
///     let losses = (w * &batch.items).square();
///     (batch.sum(&losses), batch.weight(&losses))
/// };
/// let batch = Batch { items: Tensor::from([1.0f32, 2.0, 3.0, 9.0]), mask: Tensor::from([true, true, true, false]) };
/// let (value, _dw) = accumulate_weighted(2, loss)(&Tensor::scalar(1.0f32), &batch);
/// assert_eq!(value.item::<f32>()?, (1.0 + 4.0 + 9.0) / 3.0);
/// # Ok::<(), rune::EvalError>(())
/// ```
///
/// # Panics
/// Like [`accumulate`].
#[track_caller]
pub fn accumulate_weighted<P, B, F>(parts: usize, loss: F) -> impl Fn(&P, &B) -> (Tensor, P) + Send + Sync
where
    P: Tree + Send + Sync,
    B: Tree + Send + Sync,
    F: Fn(&P, &B) -> (Tensor, Tensor) + Send + Sync,
{
    assert!(parts > 0, "accumulate_weighted: a batch is split into 0 parts, and has to be split into at least 1");
    move |params: &P, batch: &B| {
        let body = |sums: &P, part: &B| {
            let ((value, weight), gradient) = value_and_grad_aux(|params: &P| loss(params, part))(params);
            (add_gradient(sums, &gradient), (value, weight))
        };
        let (sums, (values, weights)) = scan(body, &zeros(params), &split_batch("accumulate_weighted", parts, batch));
        let weight = weights.sum();
        (values.sum() / weight.cast(values.dtype()), divide_sums(&sums, &weight, params))
    }
}

/// Returns the dtype in which to add numbers of `dtype`: a sum of many small numbers needs more digits than each
/// number.
fn accumulation_dtype(dtype: DType) -> DType {
    if dtype.is_reduced_float() { DType::F32 } else { dtype }
}

fn zeros<P: Tree>(params: &P) -> P {
    params.map(&mut |leaf| Tensor::zeros(leaf.shape().clone(), accumulation_dtype(leaf.dtype())))
}

fn add_gradient<P: Tree>(sums: &P, gradient: &P) -> P {
    sums.map2(gradient, &mut |sum, g| sum + g.cast(sum.dtype()))
}

fn divide_sums<P: Tree>(sums: &P, by: &Tensor, params: &P) -> P {
    sums.map2(params, &mut |sum, leaf| (sum / by.cast(sum.dtype())).cast(leaf.dtype()))
}

/// Reshapes leaves `[n, …]` to `[parts, n / parts, …]`.
#[track_caller]
fn split_batch<B: Tree>(name: &str, parts: usize, batch: &B) -> B {
    for (path, leaf) in batch.leaves_with_paths("batch") {
        let n = leaf.shape().first().copied();
        assert!(
            n.is_some_and(|n| n.is_multiple_of(parts)),
            "{name}: `{path}` is of type {}, which cannot be split into {parts} equal parts along the first axis",
            leaf.ty()
        );
    }
    batch.map(&mut |leaf| {
        let mut shape = leaf.shape().to_vec();
        shape[0] /= parts;
        shape.insert(0, parts);
        leaf.reshape(shape)
    })
}
