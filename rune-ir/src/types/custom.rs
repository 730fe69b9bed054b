//! Rules of functions with custom derivatives, whose sub-programs must fit each other.

use super::control::call;
use super::{TypeProblem, Types};
use crate::{Program, Type};

pub(super) fn custom_jvp(
    args: &[&Type],
    program: &Program,
    rule: &Program,
    num_args: usize,
    takes_results: bool,
) -> Result<Types, TypeProblem> {
    let results = call(args, program)?;
    let own = arguments(args, num_args)?;
    let given = if takes_results { &results[..] } else { &[] };
    let known = args.len() + given.len();
    let takes: Vec<&Type> = args.iter().copied().chain(given).chain(floats(own.iter().copied())).collect();
    let values = if takes_results { &[] } else { &results[..] };
    let gives: Vec<&Type> = values.iter().chain(floats(&results)).collect();
    signature("rule", rule, &takes, &gives)?;
    let depends = dependent_variables(rule, known);
    match rule.outputs()[..values.len()].iter().position(|v| depends[v.index()]) {
        None => Ok(results),
        Some(i) => Err(TypeProblem::Attribute(format!(
            "has the rule `{}`, whose result {i} depends on a tangent",
            rule.name()
        ))),
    }
}

pub(super) fn custom_vjp(
    args: &[&Type],
    program: &Program,
    forward: &Program,
    backward: &Program,
    num_args: usize,
) -> Result<Types, TypeProblem> {
    let results = call(args, program)?;
    let own = arguments(args, num_args)?;
    let given = forward.output_types();
    let (values, residuals) = given.split_at(results.len().min(given.len()));
    signature("forward program", forward, args, &results.iter().chain(residuals).collect::<Vec<_>>())?;
    debug_assert_eq!(values, &results[..]);
    let takes: Vec<&Type> = residuals.iter().chain(floats(&results)).collect();
    signature("backward program", backward, &takes, &floats(own.iter().copied()).collect::<Vec<_>>())?;
    Ok(results)
}

pub(super) fn custom_linear(xs: &[&Type], backward: &Program) -> Result<Types, TypeProblem> {
    let (takes, gives) = (backward.input_types(), backward.output_types());
    let residuals = xs.len().checked_sub(gives.len()).filter(|n| *n <= takes.len());
    let Some(residuals) = residuals else {
        let (name, xs, gives) = (backward.name(), xs.len(), gives.len());
        return Err(TypeProblem::Attribute(format!(
            "has {xs} operands, and `{name}` takes {} and gives {gives}",
            takes.len()
        )));
    };
    let results = &takes[residuals..];
    if let Some(ty) = results.iter().chain(&gives).find(|ty| !ty.dtype.is_inexact()) {
        return Err(TypeProblem::operand("tangents and cotangents of a float or complex dtype", ty));
    }
    let (tangents, known) = xs.split_at(gives.len());
    signature("backward program", backward, &known.iter().copied().chain(results).collect::<Vec<_>>(), tangents)?;
    Ok(results.into())
}

pub(super) fn custom_linear_solve(
    args: &[&Type],
    matvec: &Program,
    solve: &Program,
    transpose_solve: &Program,
) -> Result<Types, TypeProblem> {
    let Some(&b) = args.last() else { return Err(TypeProblem::Attribute("has no operand".to_owned())) };
    if !b.dtype.is_inexact() {
        return Err(TypeProblem::operand("a right side of a float or complex dtype", b));
    }
    for (what, program) in [("matvec", matvec), ("solve", solve), ("transpose_solve", transpose_solve)] {
        signature(what, program, args, &[b])?;
    }
    Ok([b.clone()].into_iter().collect())
}

/// Returns the operands that are arguments.
fn arguments<'a, 'b>(args: &'b [&'a Type], num_args: usize) -> Result<&'b [&'a Type], TypeProblem> {
    let problem =
        || TypeProblem::Attribute(format!("has {} operands, and {num_args} of them as `num_args`", args.len()));
    args.get(..num_args).ok_or_else(problem)
}

fn floats<'a>(types: impl IntoIterator<Item = &'a Type>) -> impl Iterator<Item = &'a Type> {
    types.into_iter().filter(|ty| ty.dtype.is_inexact())
}

fn signature(what: &str, program: &Program, takes: &[&Type], gives: &[&Type]) -> Result<(), TypeProblem> {
    let list = |types: &[&Type]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (inputs, outputs) = (program.input_types(), program.output_types());
    let differ = |verb: &str, expected: &[&Type], found: Vec<&Type>| {
        let (name, expected, found) = (program.name(), list(expected), list(&found));
        TypeProblem::Attribute(format!("needs a {what} that {verb} ({expected}), and `{name}` {verb} ({found})"))
    };
    if !takes.iter().copied().eq(inputs) {
        return Err(differ("takes", takes, inputs.iter().collect()));
    }
    if !gives.iter().copied().eq(&outputs) {
        return Err(differ("gives", gives, outputs.iter().collect()));
    }
    Ok(())
}

/// Returns, for each variable, whether it depends on an input after the first `known`.
fn dependent_variables(program: &Program, known: usize) -> Vec<bool> {
    let mut depends = vec![false; program.num_vars()];
    (known..program.inputs().len()).for_each(|i| depends[i] = true);
    for instruction in program.instructions() {
        let any = instruction.op.operands().into_iter().any(|v| depends[v.index()]);
        instruction.results().for_each(|v| depends[v.index()] = any);
    }
    depends
}
