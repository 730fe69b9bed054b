//! Vector quantization, like `jax.scipy.cluster.vq`.

use super::broadcast::expect_one_dtype;
use super::elementwise::expect_float;
use crate::Tensor;
use crate::tensor::{at_caller, refuse};

/// Returns, for each observation, the position of the nearest code, as `i32`, and its distance. Observations and codes
/// are the rows of matrices, or the elements of vectors.
///
/// # Panics
/// If the dtypes are not floats or differ, the ranks or the numbers of columns differ, or there are no codes.
///
/// ```
/// use rune_trace::{Tensor, cluster};
/// let (codes, distances) = cluster::vq(&Tensor::from([0.5f32, 3.0, 9.0]), &Tensor::from([1.0f32, 8.0]));
/// assert_eq!(codes.to_vec::<i32>()?, [0, 0, 1]);
/// assert_eq!(distances.to_vec::<f32>()?, [0.5, 2.0, 1.0]);
/// # Ok::<(), rune_trace::EvalError>(())
/// ```
#[track_caller]
pub fn vq(observations: &Tensor, codes: &Tensor) -> (Tensor, Tensor) {
    let op = "cluster::vq";
    expect_float(op, observations);
    expect_one_dtype(op, &[observations.dtype(), codes.dtype()]);
    let rank = observations.rank();
    if rank == 0 || rank > 2 || codes.rank() != rank || observations.shape()[1..] != codes.shape()[1..] {
        refuse!("{op}: codes of {} do not fit observations of {}", codes.ty(), observations.ty());
    }
    if codes.shape()[0] == 0 {
        refuse!("{op}: there are no codes in {}", codes.ty());
    }
    at_caller(|| {
        let differences = observations.unsqueeze(1) - codes.unsqueeze(0);
        let squares = differences.square();
        let squares = if rank == 2 { squares.sum_axes(-1) } else { squares };
        let nearest = squares.argmin_axis(1);
        let least = squares.take_along_axis(&nearest.unsqueeze(1), 1).squeeze(1);
        (nearest, least.sqrt())
    })
}
