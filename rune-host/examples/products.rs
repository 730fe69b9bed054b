//! Measures products of a few rows with a square matrix, and with a transposed square matrix: `cargo run --release -p
//! rune-host --example products`. The times are in µs, for 1, 2, 4, 8, 16, 64 and 128 rows.
//!
//! `docs/performance.md` compares them with the compiler's code for the same products.

use rune_ir::op::DotDims;
use rune_ir::{Array, DType};
use std::time::Instant;

fn main() {
    for n in [64, 256, 512, 1000, 1024, 2048, 4096, 8192] {
        for (form, axis) in [("rows", 0), ("columns", 1)] {
            let dims = DotDims {
                lhs_contract: [1].into_iter().collect(),
                rhs_contract: [axis].into_iter().collect(),
                ..DotDims::default()
            };
            let matrix = Array::from_fn([n, n], |i| (i % 7) as f32);
            let times = [1, 2, 4, 8, 16, 64, 128].map(|rows| {
                let x = Array::from_fn([rows, n], |i| (i % 5) as f32);
                let repeats = (20_000_000 / (n * n)).clamp(3, 2000);
                let once = || {
                    let start = Instant::now();
                    for _ in 0..repeats {
                        std::hint::black_box(rune_host::dot_general(&x, &matrix, &dims, DType::F32));
                    }
                    start.elapsed().as_secs_f64() * 1e6 / repeats as f64
                };
                let least = (0..5).map(|_| once()).fold(f64::INFINITY, f64::min);
                format!("{least:.1}")
            });
            println!("{n}, contiguous {form}: {}", times.join(", "));
        }
    }
}
