//! Matrix products. IREE's products are fast only with data tiling, which is wrong beside masks and broadcasts
//! (docs/iree.md). Without data tiling, a host call is faster, although the call has a cost, and the result is not
//! fused with its users: 1 to 64 rows with 256 × 256 to 8192 × 8192 take 0.06 to 0.67 of the time
//! (docs/performance.md).

use crate::builder::{Builder, Val};
use rune_ir::op::DotDims;
use rune_ir::{DType, Type};

/// The minimum number of multiplications in one matrix. Below it, a host call costs as much as it saves.
const LARGE: usize = 1 << 16;

/// Returns whether a host call computes a product faster than the compiler's code.
pub(crate) fn is_for_host(lhs: &Val<'_>, rhs: &Val<'_>, dims: &DotDims, out: DType) -> bool {
    let floats = matches!(out, DType::F32 | DType::F64) && lhs.dtype() == out && rhs.dtype() == out;
    let sizes = |x: &Val<'_>, axes: &[usize]| axes.iter().map(|&a| x.shape()[a]).product::<usize>();
    let (batch, k) = (sizes(lhs, &dims.lhs_batch), sizes(lhs, &dims.lhs_contract));
    let free = |x: &Val<'_>| x.ty.size().checked_div(batch * k).unwrap_or(0);
    let (m, n) = (free(lhs), free(rhs));
    floats && m.saturating_mul(n).saturating_mul(k) >= LARGE
}

/// Returns whether each element of the product has a single term.
pub(crate) fn is_outer(lhs: &Val<'_>, dims: &DotDims) -> bool {
    dims.lhs_contract.iter().all(|&a| lhs.shape()[a] == 1)
}

/// Emits a product for which [`is_outer`] holds as a multiplication. `ty` is the type of the result.
///
/// IREE also converts such products to multiplications. However, an f16 product after a reduction does not compile
/// ("failed to legalize unresolved source materialization").
pub(crate) fn outer<'c>(b: &Builder<'c>, lhs: &Val<'c>, rhs: &Val<'c>, dims: &DotDims, ty: &Type) -> Val<'c> {
    let shared = dims.lhs_batch.len();
    let wide = |x: &Val<'c>, batch: &[usize], contract: &[usize], first: usize| {
        let free: Vec<usize> = (0..x.rank()).filter(|a| !batch.contains(a) && !contract.contains(a)).collect();
        let order: Vec<usize> = batch.iter().chain(&free).chain(contract).copied().collect();
        let kept: Vec<usize> = order[..shared + free.len()].iter().map(|&a| x.shape()[a]).collect();
        let places: Vec<usize> = (0..shared).chain(first..first + free.len()).collect();
        b.broadcast(&b.reshape(&b.transpose(x, &order), kept), &ty.shape, &places)
    };
    let rows = lhs.rank() - shared - dims.lhs_contract.len();
    let (lhs, rhs) = (
        wide(lhs, &dims.lhs_batch, &dims.lhs_contract, shared),
        wide(rhs, &dims.rhs_batch, &dims.rhs_contract, shared + rows),
    );
    b.mul(&lhs, &rhs)
}
