//! Tests that JAX's names exist where `docs/names.md` says.

mod public;

use public::Sources;
use std::collections::BTreeSet;
use std::path::Path;

fn sources() -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates =
        [("rune_ir", "rune-ir/src"), ("rune_trace", "rune-trace/src"), ("rune_nn", "rune-nn/src"), ("rune", "src")];
    Sources::read(&crates.map(|(name, folder)| (name, root.join(folder))))
}

/// Public methods of `Tensor` from traits of the standard library. Only the type itself can carry their aliases.
const OF_TRAITS: [&str; 1] = ["Tensor::to_string"];

/// Returns the fault of a row of the table, if it has one. The path has to be public, and rustdoc's search has to find
/// it by the other library's name.
fn problem(sources: &Sources, name: &str, path: &str) -> Option<String> {
    let own = if OF_TRAITS.contains(&path) { "Tensor" } else { path };
    let Some(aliases) = sources.aliases(&format!("rune::{own}")) else {
        return Some(format!("{name}: there is no rune::{path}"));
    };
    let (theirs, ours) = (name.rsplit('.').next().unwrap(), own.rsplit("::").next().unwrap());
    (theirs != ours && !aliases.contains(theirs))
        .then(|| format!("{name}: rune::{path} lacks #[doc(alias = \"{theirs}\")]"))
}

/// Rustdoc's search finds each function under the name that JAX, NumPy or PyTorch gives it.
#[test]
fn names_of_jax_are_where_the_table_says() {
    let sources = sources();
    let table = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/names.md")).unwrap();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in
        table.lines().filter(|line| ["| `jax.", "| `numpy.", "| `torch."].iter().any(|start| line.starts_with(start)))
    {
        let [name, path] = line.split('`').skip(1).step_by(2).collect::<Vec<_>>()[..] else { panic!("{line}") };
        wrong.extend(problem(&sources, name, path));
        count += 1;
    }
    assert!(wrong.is_empty(), "{} rows are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 1_000, "{count}");
}

#[test]
fn rows_that_are_wrong_are_found() {
    let sources = sources();
    for (name, path) in [
        ("jax.numpy.sum", "Tensor::sum"),
        ("jax.lax.rev", "Tensor::flip"),
        ("jax.numpy.linalg.norm", "linalg::norm"),
        ("jax.numpy.fft.rfft", "fft::rfft"),
        ("jax.ops.segment_sum", "segment_sum"),
        ("jax.lax.scatter_add", "At::add"),
        ("jax.nn.initializers.he_normal", "nn::init::he_normal"),
        ("jax.scipy.stats.norm.pdf", "stats::norm::pdf"),
        ("jax.numpy.float32", "DType::F32"),
        ("jax.tree.leaves", "Tree::leaves"),
    ] {
        assert_eq!(problem(&sources, name, path), None);
    }
    for (name, path, why) in [
        ("jax.numpy.gone", "Tensor::gone", "there is no"),
        // It exists under another path.
        ("jax.numpy.linalg.norm", "norm", "there is no"),
        ("jax.scipy.stats.norm.pdf", "norm::pdf", "there is no"),
        ("jax.nn.initializers.he_normal", "nn::he_normal", "there is no"),
        // It is not public.
        ("jax.numpy.abs", "Tensor::apply1", "there is no"),
        ("jax.numpy.ravel", "Tensor::sum", "lacks #[doc(alias = \"ravel\")]"),
        ("jax.lax.reduce_max", "Tensor::max", "lacks"),
    ] {
        assert!(problem(&sources, name, path).is_some_and(|found| found.contains(why)), "{name} {path}");
    }
}

/// A fuzzer rarely writes an operation that is not in its dictionary.
#[test]
fn the_dictionary_of_the_fuzzer_has_the_operations_that_import_knows() {
    fn operations(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                operations(&path, found);
            } else {
                let source = std::fs::read_to_string(&path).unwrap();
                let quoted = source.split('"').skip(1).step_by(2);
                let is_operation = |name: &&str| {
                    let Some((dialect, rest)) = name.split_once('.') else { return false };
                    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
                    ["chlo", "stablehlo"].contains(&dialect) && !rest.is_empty() && rest.bytes().all(plain)
                };
                found.extend(quoted.filter(is_operation).map(str::to_owned));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = BTreeSet::new();
    operations(&root.join("rune-stablehlo/src/convert"), &mut known);
    let dictionary = std::fs::read_to_string(root.join("fuzz/dictionaries/stablehlo.dict")).unwrap();
    let words: BTreeSet<&str> = dictionary.lines().map(|line| line.trim_matches('"')).collect();
    let missing: Vec<&String> = known.iter().filter(|name| !words.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "fuzz/dictionaries/stablehlo.dict lacks {missing:?}");
    assert!(known.len() > 80, "{}", known.len());
}
