//! Averages of gradients, in buckets.

use rune_ir::DType;
use rune_ir::op::AxisName;
use rune_trace::{Tensor, Tree, at_caller, pmean};

/// The default size of a bucket, in bytes.
pub const BUCKET_BYTES: usize = 4 << 20;

/// Returns the mean of each leaf over all ranks, the same on all ranks: [`pmean`] in buckets of [`BUCKET_BYTES`].
///
/// A bucket joins leaves of one dtype to one array, so that many small arrays need one exchange. Buckets begin with the
/// last leaves, because their gradients are known first. They are exchanged while the other gradients are computed (see
/// `docs/distributed.md`).
///
/// ```
/// use rune_distributed::{all_reduce_grads, run_threads, spmd};
/// use rune_trace::Tensor;
/// let means = run_threads(2, |world| {
///     let own = (Tensor::from([world.rank() as f32, 2.0]), Tensor::scalar(4.0f32));
///     let mean = spmd(|g: &(Tensor, Tensor)| all_reduce_grads(g, "hosts"), "hosts")(&own);
///     (mean.0.to_vec::<f32>().unwrap(), mean.1.item::<f32>().unwrap())
/// });
/// assert_eq!(means[1], (vec![0.5, 2.0], 4.0));
/// ```
///
/// # Panics
/// If no enclosing `spmd` or `vmap` has an axis of that name.
#[track_caller]
pub fn all_reduce_grads<T: Tree>(gradients: &T, axis_name: impl Into<AxisName>) -> T {
    let axis_name = axis_name.into();
    at_caller(|| reduce(gradients, &axis_name, BUCKET_BYTES))
}

/// Like [`all_reduce_grads`], but takes the maximum size of a bucket in bytes. A larger leaf has its own bucket.
///
/// # Panics
/// Like [`all_reduce_grads`].
#[track_caller]
pub fn all_reduce_grads_with<T: Tree>(gradients: &T, axis_name: impl Into<AxisName>, bucket_bytes: usize) -> T {
    let axis_name = axis_name.into();
    at_caller(|| reduce(gradients, &axis_name, bucket_bytes))
}

fn reduce<T: Tree>(gradients: &T, axis_name: &AxisName, bucket_bytes: usize) -> T {
    let leaves = gradients.leaves();
    let mut means: Vec<Option<Tensor>> = vec![None; leaves.len()];
    for bucket in buckets(&leaves, bucket_bytes) {
        if let [only] = bucket[..] {
            means[only] = Some(pmean(&leaves[only], axis_name));
            continue;
        }
        let flat: Vec<Tensor> = bucket.iter().map(|&i| leaves[i].reshape([leaves[i].size()])).collect();
        let mean = pmean(&Tensor::concat(&flat, 0), axis_name);
        let mut start = 0;
        for &i in &bucket {
            let end = start + leaves[i].size();
            means[i] = Some(mean.i(start as isize..end as isize).reshape(leaves[i].shape().clone()));
            start = end;
        }
    }
    gradients.with_leaves(means.into_iter().map(|mean| mean.expect("each leaf is in a bucket")))
}

/// Returns the leaves of each bucket, from the last leaf to the first. A bucket has leaves of one dtype. A leaf with
/// `bucket_bytes` or more gets a bucket alone. The small leaves on both sides of it can share another bucket.
pub(crate) fn buckets(leaves: &[Tensor], bucket_bytes: usize) -> Vec<Vec<usize>> {
    let mut closed: Vec<Vec<usize>> = Vec::new();
    // For each dtype, the bucket that still has space.
    let mut open: Vec<(DType, usize, Vec<usize>)> = Vec::new();
    for (i, leaf) in leaves.iter().enumerate().rev() {
        let bytes = leaf.ty().bytes();
        if bytes >= bucket_bytes {
            closed.push(vec![i]);
            continue;
        }
        let place = open.iter().position(|(dtype, ..)| *dtype == leaf.dtype()).unwrap_or_else(|| {
            open.push((leaf.dtype(), 0, Vec::new()));
            open.len() - 1
        });
        let (_, filled, members) = &mut open[place];
        if *filled + bytes > bucket_bytes {
            closed.push(std::mem::take(members));
            *filled = 0;
        }
        *filled += bytes;
        members.push(i);
    }
    closed.extend(open.into_iter().map(|(_, _, members)| members).filter(|members| !members.is_empty()));
    closed
}
