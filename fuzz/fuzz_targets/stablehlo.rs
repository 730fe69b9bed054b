#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|data: &[u8]| rune_fuzz::stablehlo(data));

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    rune_fuzz::mutate(data, size, most, seed)
});
