//! Trains the network of the demo, and compiles it for a program without a compiler, such as `examples/deploy`. After
//! `scripts/fetch-digits`: `cargo run --release --example compile_digits [TARGET]`. The default target is the CPU of
//! this machine.
//!
//! Targets are written like `llvm-cpu:x86-64-v3` or `llvm-cpu:generic@aarch64-unknown-linux-gnu`.

use rune::{CompileOptions, Precompiled, Program, Target, prelude::*, random};
use rune_examples::{digits::Digits, mlp};
use std::path::Path;

fn main() -> anyhow::Result<()> {
    let target = std::env::args().nth(1).map_or(Ok(Target::llvm_cpu()), |name| name.parse())?;
    let program = program(&Digits::load(&random::key(0))?)?;
    let compiled = Precompiled::new(&program, &CompileOptions::for_target(target.clone()))?;

    let path = Path::new("output/digits.vmfb");
    std::fs::create_dir_all("output")?;
    compiled.save(path)?;
    println!("{}: {} bytes for {target}, and the weights beside it", path.display(), compiled.bytes().len());
    Ok(())
}

/// Trains a network, and returns the program that classifies the digit in one picture. The program contains the
/// weights.
pub fn program(digits: &Digits) -> anyhow::Result<Program> {
    let (network, _) = digits.train(&random::key(1))?;
    let read = |pixels: &Tensor| mlp::digits(&network, pixels, digits.images.brightest);
    Ok(make_program(read, &digits.images.pixels.i(0))?)
}
