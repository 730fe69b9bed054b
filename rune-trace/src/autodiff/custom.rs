//! The common part of functions with custom derivatives: the function and its rules run on their own parameters, and
//! become sub-programs.

use super::traced_function::same_type;
use crate::call_site::CallSite;
use crate::function::{Arguments, Function};
use crate::tensor::{Keep, TraceRecord, begin_trace, discard_effects_on_none, fresh_params, trace};
use crate::tree::structure_hash;
use crate::{Tensor, Tree, TreePath};
use rune_ir::Program;
use std::cell::Cell;
use std::sync::Arc;

/// The record of what a function did with parameters.
pub(super) struct Part {
    pub name: String,
    pub operations: TraceRecord,
    /// The parameters that replace the leaves of the arguments.
    pub args: Vec<Tensor>,
    /// Further parameters.
    pub others: Vec<Tensor>,
    pub outputs: Vec<Tensor>,
}

impl Part {
    /// Runs `f` on arguments with the leaves `leaves`.
    pub fn of<X, F>(f: &F, args: X::Refs<'_>, leaves: &[Tensor], name: &str, place: CallSite) -> (F::Output, Part)
    where
        X: Arguments,
        F: Function<X, Output: Tree>,
    {
        let active_trace = begin_trace();
        let params = as_primals(leaves, place);
        let y = f.call(&arguments::<X>(args, &params));
        let outputs = y.leaves();
        (y, Part { name: name.to_owned(), operations: active_trace.end(), args: params, others: Vec::new(), outputs })
    }
    /// Returns the captured tensors.
    pub fn captured(&self) -> Vec<Tensor> {
        let params: Vec<Tensor> = self.args.iter().chain(&self.others).cloned().collect();
        trace(&self.name, &params, &self.outputs, Keep::Recorded(self.operations.clone())).captured
    }
    /// Returns the program that takes the arguments, then the captured tensors, then the other parameters.
    pub fn program(&self, captured: &[Tensor]) -> Arc<Program> {
        let params: Vec<Tensor> = self.args.iter().chain(captured).chain(&self.others).cloned().collect();
        Arc::new(trace(&self.name, &params, &self.outputs, Keep::Recorded(self.operations.clone())).program)
    }
}

/// Returns the programs of these parts, and the captured tensors. All programs take the arguments, then everything that
/// any of them captured.
pub(super) fn programs<const N: usize>(parts: [Part; N]) -> ([Arc<Program>; N], Vec<Tensor>) {
    let mut captured: Vec<Tensor> = Vec::new();
    for tensor in parts.iter().flat_map(Part::captured) {
        if !captured.iter().any(|c| c.ptr_eq(&tensor)) {
            captured.push(tensor);
        }
    }
    (parts.each_ref().map(|part| part.program(&captured)), captured)
}

/// Returns the result of `f` if nothing in it is being traced. Its derivative is then never needed.
pub(super) fn eager_result<X, F>(f: &F, args: X::Refs<'_>, leaves: &[Tensor]) -> Option<F::Output>
where
    X: Arguments,
    F: Function<X, Output: Tree>,
{
    let traced = |tensors: &[Tensor]| tensors.iter().any(Tensor::is_traced);
    if traced(leaves) {
        return None;
    }
    discard_effects_on_none(|| {
        let y = f.call(&arguments::<X>(args, leaves));
        if traced(&y.leaves()) { None } else { Some(y) }
    })
}

pub(super) fn leaves<X: Arguments>(args: X::Refs<'_>) -> Vec<Tensor> {
    let mut leaves = Vec::new();
    X::visit(args, &mut |_, _, leaf| leaves.push(leaf.clone()));
    leaves
}

/// Returns parameters in place of tensors. Rust control flow may read them if the tensors are known.
pub(super) fn as_primals(tensors: &[Tensor], place: CallSite) -> Vec<Tensor> {
    fresh_params(tensors, true, place.transform())
}

/// Returns the arguments with these leaves.
pub(super) fn arguments<X: Arguments>(args: X::Refs<'_>, leaves: &[Tensor]) -> X {
    let mut leaves = leaves.iter();
    X::map(args, &mut |_| leaves.next().expect("one tensor for each leaf").clone())
}

/// Checks that the result of a rule for `y` has the structure of `y`, and that its float leaves (or `all` leaves) have
/// the types of those of `y`.
pub(super) fn check_rule_result<Y: Tree>(
    y: &Y,
    given: &Y,
    (what, of): (&str, &'static str),
    all: bool,
    place: CallSite,
) {
    if structure_hash(y) != structure_hash(given) {
        place.fail(&format!("the {what} that the rule returns has another structure than `{of}`"));
    }
    let mut leaves = y.leaves().into_iter();
    given.visit(&mut TreePath::root(of), &mut |path, given| {
        let leaf = leaves.next().expect("trees of one structure have as many leaves");
        if all || leaf.dtype().is_inexact() {
            same_type(&leaf, given, path, what, place);
        }
    });
}

/// Runs a rule. The rule may call its own function, and so run itself again, but only to a bounded depth.
pub(super) fn with_bounded_depth<R>(place: CallSite, rule: impl FnOnce() -> R) -> R {
    /// Each level is a sub-program of the previous level, and the depth of programs is bounded.
    const MAX_RULE_DEPTH: u32 = rune_ir::MAX_DEPTH / 2;
    /// The maximum number of rules within one rule, at any depth.
    const MAX_RULES: u32 = 4096;
    thread_local! {
        static RULES: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
    }
    struct Restore(u32);
    impl Drop for Restore {
        fn drop(&mut self) {
            RULES.set((self.0, if self.0 == 0 { 0 } else { RULES.get().1 }));
        }
    }
    let (depth, count) = RULES.get();
    if depth >= MAX_RULE_DEPTH || count >= MAX_RULES {
        place.fail(
            "the rule calls its own function, which needs the rule again, without end; call the inner function instead, or use `custom_tangent` to get the result",
        );
    }
    let _leave = Restore(depth);
    RULES.set((depth + 1, count + 1));
    rule()
}
