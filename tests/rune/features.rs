//! What the features of the crate bring in.

use std::process::Command;

#[test]
fn running_needs_neither_melior_nor_the_compiler() {
    let tree = |features: &str| {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "--offline", "-p", "rune", "-e", "normal", "--no-default-features", "--features", features])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let run = tree("run");
    assert!(run.contains("eerie-sys"), "{run}");
    assert!(!run.contains("melior") && !run.contains("rune-lower"), "{run}");
    assert!(tree("compile").contains("melior"));
}
