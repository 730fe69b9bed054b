//! Measures the peak rates of this machine.

use rune_ir::op::DotDims;
use rune_ir::{Array, DType};
use std::time::Instant;

/// The size of the square matrices that are multiplied.
const SIZE: usize = 768;
/// The number of bytes to copy: more than the caches hold.
const BYTES: usize = 1 << 26;

/// The peak rates on all threads of the pool.
#[derive(Clone, Copy, Debug)]
pub(super) struct MachineRates {
    /// `f32` operations per second in a matrix product.
    pub flops: f64,
    /// Bytes that a copy reads and writes per second.
    pub bytes: f64,
}

impl MachineRates {
    /// Measures this machine, in some tens of milliseconds.
    pub fn measure() -> MachineRates {
        let fastest = |times: usize, f: &mut dyn FnMut()| {
            let mut once = || {
                let start = Instant::now();
                f();
                start.elapsed().as_secs_f64()
            };
            (0..times).map(|_| once()).fold(f64::INFINITY, f64::min)
        };
        let matrix = Array::from_fn([SIZE, SIZE], |i| (i % 7) as f32);
        let dims = DotDims {
            lhs_contract: [1].into_iter().collect(),
            rhs_contract: [0].into_iter().collect(),
            ..DotDims::default()
        };
        let product = fastest(5, &mut || {
            std::hint::black_box(crate::dot_general(&matrix, &matrix, &dims, DType::F32));
        });
        let from = vec![1u8; BYTES];
        let mut to = vec![0u8; BYTES];
        let copy = fastest(4, &mut || {
            crate::steps::copy_shared(&from, &mut to);
            std::hint::black_box(&to);
        });
        MachineRates { flops: 2.0 * (SIZE as f64).powi(3) / product, bytes: 2.0 * BYTES as f64 / copy }
    }
}
