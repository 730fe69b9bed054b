//! Matrix products. IREE's are fast only with data tiling, which is wrong beside masks and broadcasts (docs/iree.md).
//! Without it, the process that runs the module is faster, although the call has a cost and the result is not fused
//! with its users: 1 to 64 rows with 256 × 256 to 8192 × 8192 take 0.06 to 0.67 of the time (docs/performance.md).

use crate::builder::Val;
use rune_ir::DType;
use rune_ir::op::DotDims;

/// The minimum number of multiplications in one matrix. Below it, the call costs as much as it saves.
const LARGE: usize = 1 << 16;

/// Returns whether the process computes a product faster than the compiler's code.
pub(crate) fn is_for_host(lhs: &Val<'_>, rhs: &Val<'_>, dims: &DotDims, out: DType) -> bool {
    let floats = matches!(out, DType::F32 | DType::F64) && lhs.dtype() == out && rhs.dtype() == out;
    let sizes = |x: &Val<'_>, axes: &[usize]| axes.iter().map(|&a| x.shape()[a]).product::<usize>();
    let (batch, k) = (sizes(lhs, &dims.lhs_batch), sizes(lhs, &dims.lhs_contract));
    let free = |x: &Val<'_>| x.ty.size().checked_div(batch * k).unwrap_or(0);
    let (m, n) = (free(lhs), free(rhs));
    floats && m.saturating_mul(n).saturating_mul(k) >= LARGE
}
