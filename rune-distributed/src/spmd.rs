//! `spmd`: a function that each rank runs on its own arguments.

use crate::World;
use crate::world::current;
use rune_ir::op::{AxisName, NamedAxis};
use rune_trace::{Arguments, Function, Tree, within_axis};

/// Returns a function that each rank calls with its own arguments, as batch element `world.rank()` of the axis
/// `axis_name`. Inside `f`, `axis_index` is the rank, `axis_size` is the number of ranks, and operations over the axis,
/// such as `psum`, exchange arrays between the ranks. This corresponds to JAX's `shard_map`, where each process holds
/// one shard.
///
/// ```
/// use rune_distributed::{run_threads, spmd};
/// use rune_trace::{Tensor, grad, pmean};
/// let loss = |w: &Tensor, x: &Tensor| ((w * x - 1.0).square()).mean();
/// let gradients = run_threads(2, |world| {
///     // Each rank has its part of the batch; all get the gradient of the whole batch.
///     let batch = Tensor::from([1.0f32 + world.rank() as f32, 3.0]);
///     let step = spmd(|w: &Tensor, x: &Tensor| pmean(&grad(loss)(w, x), "hosts"), "hosts");
///     step(&Tensor::scalar(0.5f32), &batch).item::<f32>().unwrap()
/// });
/// assert_eq!(gradients[0], gradients[1]);
/// ```
///
/// The results are those of [`vmap_named`](rune_trace::vmap_named) on the stacked arguments of all ranks: rank `i` gets
/// batch element `i`. This also holds for derivatives inside and outside of `f`, in forward and in reverse mode.
/// Reverse mode outside of `f` differentiates the sum of the results of all ranks by the arguments of this rank. Each
/// rank gives the cotangent of its result. `jit`, `vmap` and `scan` of the function work. `cond` works if all
/// ranks take the same branch.
///
/// All ranks must call the same functions with the same shapes, in the same order. If one rank does not, the others
/// wait for it. With `RUNE_DISTRIBUTED_CHECK=1`, all ranks fail instead, and the error shows the two operations that
/// differ. Outside traced functions, operations over the axis happen immediately, in the order of the code, whether or
/// not their results are read.
///
/// The ranks are those of [`init`](crate::init) or [`run_threads`](crate::run_threads).
///
/// # Panics
/// Panics if neither was called. The returned function panics if an exchange fails.
#[track_caller]
pub fn spmd<'f, X, F>(f: F, axis_name: impl Into<AxisName>) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    match current() {
        Some(world) => spmd_on(&world, f, axis_name),
        None => rune_trace::fail("spmd: no distributed run has begun; call `init` first"),
    }
}

/// Like [`spmd`], over the ranks of `world`.
pub fn spmd_on<'f, X, F>(world: &World, f: F, axis_name: impl Into<AxisName>) -> F::Returning<'f, F::Output>
where
    X: Arguments,
    F: Function<X> + 'f,
    F::Output: Tree,
{
    let axis = NamedAxis::of_ranks(axis_name, world.ranks().clone());
    F::returning(move |args| {
        let args = X::map(args, &mut |leaf| leaf.clone());
        within_axis(axis.clone(), || f.call(&args))
    })
}
