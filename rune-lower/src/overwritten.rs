//! Analysis of the arguments that a compiled function may overwrite.
//!
//! IREE updates the *caller's* buffer in place if an argument is the destination of an update, a scatter or a sort, and
//! has no later use. This also holds for a reshaped or otherwise moved argument. Barriers do not prevent the update
//! (iree#16168). The caller makes copies, and can omit them for donated buffers.

use rune_ir::op::{BinaryFn, Control, UnaryFn};
use rune_ir::{Op, Program, Var};
use std::sync::Arc;

/// Returns, for each argument of the lowered function (inputs, then constants), whether the function may write to it.
/// The analysis is conservative. `sorts` says whether the compiler sorts, possibly in place. Host functions do not sort
/// in place.
pub(crate) fn overwritten(program: &Program, sorts: bool) -> Vec<bool> {
    let arguments = program.inputs().len() + program.constants().len();
    let mut reaches = analyse(program, sorts, &mut Vec::new());
    reaches.truncate(arguments);
    reaches
}

/// Returns, for each variable, whether its buffer may be the destination of an update. The analysis runs backward: an
/// operand that shares memory with an overwritten result is overwritten too.
fn analyse(program: &Program, sorts: bool, known: &mut Vec<(*const Program, Vec<bool>)>) -> Vec<bool> {
    let mut written = vec![false; program.num_vars()];
    // Whether a variable consists only of literals. The compiler may fold its effect on others (x + 0, x · 1).
    let mut literal = vec![false; program.num_vars()];
    for instruction in program.instructions() {
        let all = instruction.op.operands().into_iter().all(|v| literal[v.index()]);
        instruction.results().for_each(|r| literal[r.index()] = all);
    }
    for instruction in program.instructions().iter().rev() {
        let any = instruction.results().any(|r| written[r.index()]);
        #[allow(clippy::wildcard_enum_match_arm, reason = "the other operations declare it in their table")]
        match &instruction.op {
            Op::DynamicUpdateSlice { x, update, .. } => {
                written[x.index()] = true;
                // An update of the whole array returns the update itself.
                written[update.index()] |= any;
            }
            Op::Scatter { x, updates, .. } => {
                written[x.index()] = true;
                written[updates.index()] |= any;
            }
            Op::Sort { operands, .. } => operands.iter().for_each(|v| written[v.index()] |= any || sorts),
            Op::TopK { x, .. } => written[x.index()] |= any || sorts,
            Op::Binary { f, x, y } if any => {
                let movable = !matches!(f, BinaryFn::Pow | BinaryFn::Atan2 | BinaryFn::Rem);
                written[x.index()] |= movable && (literal[y.index()] || x == y);
                written[y.index()] |= movable && (literal[x.index()] || x == y);
            }
            // Applying one of these functions twice may fold to nothing. All other functions compute new elements.
            Op::Unary { f, x } if any => {
                written[x.index()] |= matches!(f, UnaryFn::Neg | UnaryFn::Not | UnaryFn::Abs | UnaryFn::Sign);
            }
            Op::Unary { .. } | Op::Binary { .. } => {}
            op => match op.control() {
                // Any output may be an input.
                Some(
                    Control::Call { args, program }
                    | Control::Remat { args, program, .. }
                    | Control::CustomJvp { args, program, .. }
                    | Control::CustomVjp { args, program, .. },
                ) => pass(&mut written, args, &[program], any, sorts, known),
                Some(Control::CustomLinearSolve { args, solve, .. }) => {
                    pass(&mut written, args, &[solve], any, sorts, known);
                }
                Some(Control::Case { index: _, args, branches }) => {
                    pass(&mut written, args, &branches.iter().collect::<Vec<_>>(), any, sorts, known);
                }
                // A loop updates its carry in place. A value that it only reads survives for the next iteration, and
                // after the last.
                Some(Control::While { args, consts, cond, body }) => {
                    pass(&mut written, args, &[cond, body], any, sorts, known);
                    args[consts..].iter().for_each(|v| written[v.index()] = true);
                }
                Some(Control::Scan { args, consts, carry, body, .. }) => {
                    pass(&mut written, args, &[body], any, sorts, known);
                    args[consts..consts + carry].iter().for_each(|v| written[v.index()] = true);
                }
                None if op.has_fresh_results() => {}
                // Many operations may fold to nothing: reshapes, trivial slices, reductions over axes of size 1, …
                Some(Control::CustomLinear { .. }) | None => {
                    op.operands().into_iter().for_each(|v| written[v.index()] |= any);
                }
            },
        }
    }
    written
}

/// Marks the arguments that one of the programs may write to. If `any` result is overwritten, also marks the arguments
/// that a program may return.
fn pass(
    written: &mut [bool],
    args: &[Var],
    programs: &[&Arc<Program>],
    any: bool,
    sorts: bool,
    known: &mut Vec<(*const Program, Vec<bool>)>,
) {
    for program in programs {
        let at = known.iter().position(|(p, _)| std::ptr::eq(*p, &***program)).unwrap_or_else(|| {
            let inner = analyse(program, sorts, known);
            known.push((&***program, inner));
            known.len() - 1
        });
        for (i, v) in args.iter().enumerate() {
            written[v.index()] |= any || known[at].1[i];
        }
    }
}
