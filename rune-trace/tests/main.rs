//! All tests of this crate, in one binary, which is linked once.

#[path = "array_fns/main.rs"]
mod array_fns;
mod callbacks;
mod checkpoint;
mod complex;
mod coverage;
mod custom;
mod edges;
mod folding;
#[path = "format/main.rs"]
mod format;
#[path = "locations/main.rs"]
mod locations;
mod named_axes;
mod nested;
mod oracle;
mod printing;
#[path = "transforms/main.rs"]
mod transforms;
mod vmap;
mod while_loops;

/// Without this test, a file that is not a module would not be tested.
#[test]
fn every_file_is_a_module() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
    let modules = include_str!("main.rs");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let name = name.strip_suffix(".rs").unwrap_or(&name);
        assert!(name == "data" || name == "main" || modules.contains(&format!("mod {name};")), "`{name}` is no module");
    }
}
