//! Tests of the dependencies of each feature of the crate.

use std::process::Command;

/// Returns the dependencies of the root crate with these features.
fn tree(features: &str) -> String {
    dependencies(&["-p", env!("CARGO_PKG_NAME"), "--no-default-features", "--features", features])
}

/// Returns the dependencies of a package.
fn dependencies(package: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "-e", "normal,build"])
        .args(package)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn has(tree: &str, name: &str) -> bool {
    tree.lines().any(|line| line.split([' ', '─']).any(|word| word == name))
}

#[test]
fn the_host_engine_needs_rust_alone() {
    let none = tree("");
    assert!(has(&none, "rune-host") && has(&none, "rune-nn") && has(&none, "rune-stablehlo"), "{none}");
    for native in ["eerie-sys", "bindgen", "cmake", "mpi-sys", "melior", "mlir-sys", "rune-jit-lower", "rune-iree"] {
        assert!(!has(&none, native), "{native} is in\n{none}");
    }
}

#[test]
fn compiling_needs_no_mlir() {
    let iree = tree("iree");
    assert!(has(&iree, "eerie-sys") && has(&iree, "rune-jit-lower"), "{iree}");
    assert!(!has(&iree, "melior") && !has(&iree, "mlir-sys"), "{iree}");
    assert!(has(&tree("melior"), "melior"));
}

#[test]
fn running_needs_neither_melior_nor_the_compiler() {
    for run in [tree("run"), dependencies(&["--manifest-path", "examples/deploy/Cargo.toml"])] {
        assert!(has(&run, "eerie-sys"), "{run}");
        assert!(!has(&run, "melior") && !has(&run, "rune-jit-lower"), "{run}");
    }
}

#[test]
fn training_is_a_feature_of_its_own() {
    assert!(!has(&tree(""), "rune-train") && !has(&tree("iree"), "rune-train"));
    let train = tree("train");
    assert!(has(&train, "rune-train") && !has(&train, "eerie-sys"), "{train}");
}
