//! `docs/program-format.md` and `docs/program.schema.json` against the implementation.

mod document;
mod schema;

use rune_trace::Op;
use rune_trace::op::OpSignature;
use std::path::PathBuf;

fn docs(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).join(name)
}

fn signatures() -> Vec<OpSignature> {
    Op::<usize>::signatures()
}
