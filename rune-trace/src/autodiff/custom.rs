//! What functions with derivatives of their own have in common: the function and its rules, each run on parameters of its own
//! and written down as a sub-program.

use super::run::same_type;
use crate::call_site::Place;
use crate::function::{Arguments, Function};
use crate::tensor::{Applied, Keep, begin_trace, fresh_params, tentatively, trace};
use crate::{Tensor, Tree, TreePath};
use rune_ir::Program;
use rustc_hash::FxHasher;
use std::cell::Cell;
use std::hash::Hasher;
use std::sync::Arc;

/// What a function did with parameters.
pub(super) struct Part {
    pub name: String,
    pub did: Applied,
    /// The parameters in the place of the leaves of the arguments.
    pub args: Vec<Tensor>,
    /// Further parameters.
    pub others: Vec<Tensor>,
    pub outputs: Vec<Tensor>,
}

impl Part {
    /// What `f` does with arguments whose leaves are `leaves`, and what it returns.
    pub fn of<X, F>(f: &F, args: X::Refs<'_>, leaves: &[Tensor], name: &str, place: Place) -> (F::Output, Part)
    where
        X: Arguments,
        F: Function<X, Output: Tree>,
    {
        let since = begin_trace();
        let params = as_primals(leaves, place);
        let y = f.call(&arguments::<X>(args, &params));
        let outputs = y.leaves();
        (y, Part { name: name.to_owned(), did: since.end(), args: params, others: Vec::new(), outputs })
    }
    /// The tensors that it used and that were there before.
    pub fn captured(&self) -> Vec<Tensor> {
        let params: Vec<Tensor> = self.args.iter().chain(&self.others).cloned().collect();
        trace(&self.name, &params, &self.outputs, Keep::Since(self.did.clone())).captured
    }
    /// The program that takes the arguments, then what is captured, then the rest.
    pub fn program(&self, captured: &[Tensor]) -> Arc<Program> {
        let params: Vec<Tensor> = self.args.iter().chain(captured).chain(&self.others).cloned().collect();
        Arc::new(trace(&self.name, &params, &self.outputs, Keep::Since(self.did.clone())).program)
    }
}

/// The programs of these parts, which all take the arguments and then what any of them captured; and that.
pub(super) fn programs<const N: usize>(parts: [Part; N]) -> ([Arc<Program>; N], Vec<Tensor>) {
    let mut captured: Vec<Tensor> = Vec::new();
    for tensor in parts.iter().flat_map(Part::captured) {
        if !captured.iter().any(|c| c.ptr_eq(&tensor)) {
            captured.push(tensor);
        }
    }
    (parts.each_ref().map(|part| part.program(&captured)), captured)
}

/// What `f` returns, if nothing in it is being traced: then nobody will ask for its derivative.
pub(super) fn untraced<X, F>(f: &F, args: X::Refs<'_>, leaves: &[Tensor]) -> Option<F::Output>
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    let traced = |tensors: &[Tensor]| tensors.iter().any(Tensor::is_traced);
    if traced(leaves) {
        return None;
    }
    tentatively(|| {
        let y = f.call(&arguments::<X>(args, leaves));
        if traced(&y.leaves()) { None } else { Some(y) }
    })
}

pub(super) fn leaves<X: Arguments>(args: X::Refs<'_>) -> Vec<Tensor> {
    let mut leaves = Vec::new();
    X::visit(args, &mut |_, _, leaf| leaves.push(leaf.clone()));
    leaves
}

/// Parameters in the place of known tensors, which Rust control flow may look at where those are known.
pub(super) fn as_primals(tensors: &[Tensor], place: Place) -> Vec<Tensor> {
    fresh_params(tensors, true, place.transform())
}

/// The arguments with these leaves.
pub(super) fn arguments<X: Arguments>(args: X::Refs<'_>, leaves: &[Tensor]) -> X {
    let mut leaves = leaves.iter();
    X::map(args, &mut |_| leaves.next().expect("one tensor for each leaf").clone())
}

/// That what a rule gives for `y` has its structure, and its types for those leaves that are of a float dtype, or for `all`.
pub(super) fn like<Y: Tree>(y: &Y, given: &Y, (what, of): (&str, &'static str), all: bool, place: Place) {
    let structure = |tree: &Y| {
        let mut hasher = FxHasher::default();
        tree.structure(&mut hasher);
        hasher.finish()
    };
    if structure(y) != structure(given) {
        place.fail(&format!("the {what} that the rule gives is of another structure than `{of}`"));
    }
    let mut leaves = y.leaves().into_iter();
    given.visit(&mut TreePath::root(of), &mut |path, given| {
        let leaf = leaves.next().expect("trees of one structure have as many leaves");
        if all || leaf.dtype().is_inexact() {
            same_type(&leaf, given, path, what, place);
        }
    });
}

/// Runs a rule, in which the function that it is for may be called, and so the rule run again; but not without end.
pub(super) fn bounded<R>(place: Place, rule: impl FnOnce() -> R) -> R {
    /// Each level is a sub-program of the one before, and those nest no deeper than programs may.
    const DEEPEST: u32 = rune_ir::MAX_DEPTH / 2;
    /// Rules within one rule, however deep.
    const MOST: u32 = 4096;
    thread_local! {
        static RULES: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
    }
    struct Leave(u32);
    impl Drop for Leave {
        fn drop(&mut self) {
            RULES.set((self.0, if self.0 == 0 { 0 } else { RULES.get().1 }));
        }
    }
    let (depth, count) = RULES.get();
    if depth >= DEEPEST || count >= MOST {
        place.fail(
            "the rule calls the function that it is for, which needs its rule, and so on without end; let it call what is wrapped, or \
             give it the result by `custom_tangent`",
        );
    }
    let _leave = Leave(depth);
    RULES.set((depth + 1, count + 1));
    rule()
}
