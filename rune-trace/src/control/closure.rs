//! Traces closures into sub-programs.

use crate::call_site::CallSite;
use crate::tensor::{Keep, TraceRecord, begin_trace, trace, with_user_locations};
use crate::tree::structure_hash;
use crate::{Tensor, Tree};
use rune_ir::{Program, Type};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The record of what a closure did with its parameters.
pub(super) struct Closure<Y> {
    pub name: String,
    operations: TraceRecord,
    params: Vec<Tensor>,
    /// The result.
    pub output: Y,
}

impl<Y: Tree> Closure<Y> {
    /// Runs the user function `f` on parameters of these types.
    pub fn run(
        name: &str,
        types: impl IntoIterator<Item = Type>,
        place: CallSite,
        f: impl FnOnce(&[Tensor]) -> Y,
    ) -> Self {
        let active_trace = begin_trace();
        let params: Vec<Tensor> = types.into_iter().map(|ty| place.opaque_param(ty)).collect();
        let output = with_user_locations(|| f(&params));
        Closure { name: name.to_owned(), operations: active_trace.end(), params, output }
    }
    /// Returns the captured tensors.
    fn captured(&self) -> Vec<Tensor> {
        trace(&self.name, &self.params, &self.output.leaves(), Keep::Recorded(self.operations.clone())).captured
    }
    /// Returns the program, which takes the captured tensors and then the parameters.
    fn program(&self, captured: &[Tensor]) -> Arc<Program> {
        let inputs = [captured, &self.params].concat();
        let traced = trace(&self.name, &inputs, &self.output.leaves(), Keep::Recorded(self.operations.clone()));
        debug_assert!(traced.captured.is_empty(), "all that the closures captured is handed on");
        Arc::new(traced.program)
    }
}

/// Returns the closures as programs. Each takes all tensors that any of them captured, and then its parameters.
pub(super) fn programs<Y: Tree, Z: Tree>(
    closures: &[Closure<Y>],
    other: Option<&Closure<Z>>,
) -> (Vec<Arc<Program>>, Option<Arc<Program>>, Vec<Tensor>) {
    let mut seen = FxHashSet::default();
    let of_others = other.map(Closure::captured).unwrap_or_default();
    let all = closures.iter().flat_map(Closure::captured).chain(of_others);
    let captured: Vec<Tensor> = all.filter(|t| seen.insert(t.id())).collect();
    let programs = closures.iter().map(|c| c.program(&captured)).collect();
    (programs, other.map(|c| c.program(&captured)), captured)
}

/// Fails unless two trees have the same structure, with leaves of the same types.
pub(super) fn expect_same_types<T: Tree>(
    first: &T,
    second: &T,
    place: CallSite,
    what: impl Fn(&str, String) -> String,
) {
    if structure_hash(first) != structure_hash(second) {
        place.fail(&what("", "another structure".to_owned()));
    }
    let theirs = second.leaves();
    for ((path, mine), theirs) in first.leaves_with_paths("").into_iter().zip(theirs) {
        if mine.ty() != theirs.ty() {
            place.fail(&what(&path, format!("type {} instead of {}", theirs.ty(), mine.ty())));
        }
    }
}
