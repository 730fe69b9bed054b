//! ZeRO-1: the state of an optimiser, divided among the ranks.
//!
//! This is stage 1 of Rajbhandari et al., "ZeRO: memory optimizations toward training trillion parameter models", 2020.

use rune_ir::DType;
use rune_ir::op::AxisName;
use rune_nn::optim::{GradientTransformation, Params};
use rune_trace::{Tensor, all_gather_tiled, at_caller, axis_index, axis_size, lax, psum_scatter_tiled};

/// An optimiser whose state is divided among the ranks. See [`zero1`].
#[derive(Clone, Debug)]
pub struct Zero1<T> {
    /// The optimiser for the part of a rank.
    pub inner: T,
    /// The axis of the ranks.
    pub axis_name: AxisName,
    /// Whether the gradients are already means over the ranks. If not, each rank passes its own gradients, and receives
    /// only the mean of its part. This exchanges half as many bytes as [`all_reduce_grads`](crate::all_reduce_grads).
    pub averaged: bool,
}

/// Returns an optimiser whose state is divided among the ranks of `axis_name`. Each rank keeps the state for an equal
/// part of all parameters, and computes the updates of this part. All ranks then gather the updates of all parts. With
/// `n` ranks, each rank needs 1/`n` of the memory for the state.
///
/// The parameters of each dtype form one vector, so `inner` must treat each element independently, as `sgd`, `adam` and
/// `adamw` do. Norms of whole tensors, as in `lamb` or `clip_by_global_norm`, would be norms of parts.
///
/// Call `init` and `update` inside [`spmd`](crate::spmd). The gradients are those of each rank. If they are already
/// means, set `averaged`: the updates then equal those of `inner` bit for bit.
///
/// ```
/// use rune_distributed::{run_threads, spmd, zero1};
/// use rune_nn::optim::{self, GradientTransformation};
/// use rune_trace::Tensor;
/// let updated = run_threads(2, |world| {
///     let optimizer = zero1(optim::sgd(0.5), "hosts");
///     let w = Tensor::from([1.0f32, 2.0, 3.0]);
///     let gradient = Tensor::from([0.0f32, 2.0, 4.0 * world.rank() as f32]);
///     let step = spmd(
///         |w: &Tensor, g: &Tensor| w + optimizer.update(g, &optimizer.init(w), w).0,
///         "hosts",
///     );
///     step(&w, &gradient).to_vec::<f32>().unwrap()
/// });
/// assert_eq!(updated, [[1.0, 1.0, 2.0], [1.0, 1.0, 2.0]]);
/// ```
pub fn zero1<T: GradientTransformation>(inner: T, axis_name: impl Into<AxisName>) -> Zero1<T> {
    Zero1 { inner, axis_name: axis_name.into(), averaged: false }
}

impl<T: GradientTransformation> GradientTransformation for Zero1<T> {
    type State<P: Params> = T::State<Vec<Tensor>>;
    #[track_caller]
    fn init<P: Params>(&self, params: &P) -> Self::State<P> {
        at_caller(|| self.inner.init(&self.own_parts(&flatten_by_dtype(&params.leaves()))))
    }
    #[track_caller]
    fn update<P: Params>(&self, gradients: &P, state: &Self::State<P>, params: &P) -> (P, Self::State<P>) {
        at_caller(|| {
            let leaves = gradients.leaves();
            let gradients_of_rank = match self.averaged {
                true => self.own_parts(&flatten_by_dtype(&leaves)),
                false => flatten_by_dtype(&leaves).iter().map(|all| self.own_mean(all)).collect(),
            };
            let params_of_rank = self.own_parts(&flatten_by_dtype(&params.leaves()));
            let (updates, state) = self.inner.update(&gradients_of_rank, state, &params_of_rank);
            let all: Vec<Tensor> = updates.iter().map(|own| all_gather_tiled(own, &self.axis_name, 0)).collect();
            (gradients.with_leaves(split_like(&leaves, &all)), state)
        })
    }
}

impl<T> Zero1<T> {
    /// Pads the vector with zeros, so that all ranks have equal parts.
    fn padded(&self, all: &Tensor) -> (Tensor, usize) {
        let size = axis_size(&self.axis_name);
        let part = all.size().div_ceil(size);
        let missing = part * size - all.size();
        if missing == 0 {
            return (all.clone(), part);
        }
        (Tensor::concat(&[all, &Tensor::zeros([missing], all.dtype())], 0), part)
    }
    /// Returns the part of each vector that belongs to this rank.
    fn own_parts(&self, all: &[Tensor]) -> Vec<Tensor> {
        let own = |all: &Tensor| {
            let (all, part) = self.padded(all);
            let start = axis_index(&self.axis_name) * part as i32;
            lax::dynamic_slice(&all, &[start], &[part])
        };
        all.iter().map(own).collect()
    }
    /// Returns the mean over the ranks of the part that belongs to this rank.
    fn own_mean(&self, all: &Tensor) -> Tensor {
        let (all, _) = self.padded(all);
        let wide = if all.dtype().is_reduced_float() { DType::F32 } else { all.dtype() };
        let sum = psum_scatter_tiled(&all.cast(wide), &self.axis_name, 0);
        (sum / axis_size(&self.axis_name) as f64).cast(all.dtype())
    }
}

/// Returns the dtypes of the leaves, in order of first use.
fn dtypes(leaves: &[Tensor]) -> Vec<DType> {
    let mut dtypes = Vec::new();
    for leaf in leaves {
        if !dtypes.contains(&leaf.dtype()) {
            dtypes.push(leaf.dtype());
        }
    }
    dtypes
}

/// Returns one vector for each dtype, with the elements of all its leaves.
fn flatten_by_dtype(leaves: &[Tensor]) -> Vec<Tensor> {
    let of = |dtype: DType| -> Tensor {
        let parts: Vec<Tensor> =
            leaves.iter().filter(|leaf| leaf.dtype() == dtype).map(|leaf| leaf.reshape([leaf.size()])).collect();
        if let [one] = &parts[..] { one.clone() } else { Tensor::concat(&parts, 0) }
    };
    dtypes(leaves).into_iter().map(of).collect()
}

/// Splits the vectors into tensors with the shapes of `leaves`.
fn split_like(leaves: &[Tensor], vectors: &[Tensor]) -> Vec<Tensor> {
    let dtypes = dtypes(leaves);
    let mut starts = vec![0; dtypes.len()];
    let part = |leaf: &Tensor| {
        let place = dtypes.iter().position(|dtype| *dtype == leaf.dtype()).expect("each leaf has its dtype");
        let start = starts[place];
        starts[place] += leaf.size();
        vectors[place].i(start as isize..starts[place] as isize).reshape(leaf.shape().clone())
    };
    leaves.iter().map(part).collect()
}
