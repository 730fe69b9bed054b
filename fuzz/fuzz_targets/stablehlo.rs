#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rune_fuzz::stablehlo(data));
