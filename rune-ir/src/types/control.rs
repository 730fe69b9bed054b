//! Rules of operations that hold programs.

use super::{TypeProblem, Types};
use crate::{DType, Program, Type};
use std::sync::Arc;

pub(super) fn call(args: &[&Type], program: &Program) -> Result<Types, TypeProblem> {
    expect_inputs(program, args)?;
    Ok(program.output_types().into())
}

pub(super) fn case(index: &Type, args: &[&Type], branches: &[Arc<Program>]) -> Result<Types, TypeProblem> {
    if *index != Type::scalar(DType::I32) {
        return Err(TypeProblem::operand(format!("{} as its index", Type::scalar(DType::I32)), index));
    }
    let Some((first, others)) = branches.split_first() else {
        return Err(TypeProblem::Attribute("needs at least one branch, but got none".to_owned()));
    };
    expect_inputs(first, args)?;
    let results = first.output_types();
    for branch in others {
        expect_inputs(branch, args)?;
        expect_outputs(branch, &branch.output_types(), &results, &format!("as `{}` does", first.name()))?;
    }
    Ok(results.into())
}

pub(super) fn while_loop(args: &[&Type], consts: usize, cond: &Program, body: &Program) -> Result<Types, TypeProblem> {
    let carry = args.get(consts..).ok_or_else(|| too_many("consts", consts, args.len()))?;
    expect_inputs(cond, args)?;
    expect_inputs(body, args)?;
    expect_outputs(cond, &cond.output_types(), &[Type::scalar(DType::Bool)], "as its condition")?;
    let carry: Vec<Type> = carry.iter().map(|&ty| ty.clone()).collect();
    expect_outputs(body, &body.output_types(), &carry, "as it takes to carry along")?;
    Ok(carry.into())
}

pub(super) fn scan(
    args: &[&Type],
    consts: usize,
    carry: usize,
    length: usize,
    body: &Program,
) -> Result<Types, TypeProblem> {
    let rest = args.get(consts..).ok_or_else(|| too_many("consts", consts, args.len()))?;
    if rest.len() < carry {
        return Err(too_many("carry", carry, rest.len()));
    }
    let (carried, xs) = rest.split_at(carry);
    let slice = |x: &&Type| match x.shape.split_first() {
        Some((&n, slice)) if n == length => Ok(x.with_shape(slice)),
        Some(_) | None => Err(TypeProblem::operand(format!("arrays with a first axis of size {length} to scan"), x)),
    };
    let slices = xs.iter().map(slice).collect::<Result<Vec<Type>, TypeProblem>>()?;
    let inputs: Vec<&Type> = args[..consts + carry].iter().copied().chain(&slices).collect();
    expect_inputs(body, &inputs)?;
    let outputs = body.output_types();
    let Some((next, stacked)) = outputs.split_at_checked(carry) else {
        return Err(TypeProblem::Attribute(format!(
            "carries {carry} values along, and `{}` gives {}",
            body.name(),
            outputs.len()
        )));
    };
    let carried: Vec<Type> = carried.iter().map(|&ty| ty.clone()).collect();
    expect_outputs(body, next, &carried, "as it takes to carry along")?;
    let stack = |ty: &Type| {
        let stacked = ty.batched(length);
        stacked.check()?;
        Ok(stacked)
    };
    carried.into_iter().map(Ok).chain(stacked.iter().map(stack)).collect()
}

fn too_many(attribute: &str, n: usize, of: usize) -> TypeProblem {
    TypeProblem::Attribute(format!("needs `{attribute}` up to {of}, the number of operands there, but got {n}"))
}

/// Checks that `program` takes arguments of these types.
fn expect_inputs(program: &Program, args: &[&Type]) -> Result<(), TypeProblem> {
    let inputs = program.input_types();
    if args.len() != inputs.len() {
        return Err(TypeProblem::Attribute(format!(
            "of `{}` needs {} arguments, but got {}",
            program.name(),
            inputs.len(),
            args.len()
        )));
    }
    match args.iter().zip(inputs).enumerate().find(|(_, (arg, input))| **arg != *input) {
        Some((i, (arg, input))) => {
            Err(TypeProblem::operand(format!("{input} as argument {i} of `{}`", program.name()), arg))
        }
        None => Ok(()),
    }
}

/// Checks that `program` returns results of these types.
fn expect_outputs(program: &Program, found: &[Type], expected: &[Type], why: &str) -> Result<(), TypeProblem> {
    let list = |types: &[Type]| types.iter().map(Type::to_string).collect::<Vec<_>>().join(", ");
    if found == expected {
        return Ok(());
    }
    Err(TypeProblem::Attribute(format!(
        "needs `{}` to give ({}) {why}, and it gives ({})",
        program.name(),
        list(expected),
        list(found)
    )))
}
