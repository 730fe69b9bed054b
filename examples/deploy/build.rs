//! Removes the unwinding tables from the program if panics abort the process.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=no-unwinding.ld");
    let is = |name: &str, value: &str| var(format!("CARGO_CFG_{name}")).is_ok_and(|found| found == value);
    if is("TARGET_OS", "linux") && is("PANIC", "abort") {
        let folder = var("CARGO_MANIFEST_DIR").expect("cargo sets it");
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{folder}/no-unwinding.ld");
    }
}
