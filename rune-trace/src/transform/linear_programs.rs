//! Linear parts of programs, and transposes of linear programs.

use super::DerivativeError;
use super::linearize::linearize;
use super::programs::marked_to_keep;
use super::transpose::{VariableState, transpose};
use crate::Tensor;
use crate::tensor::{Keep, at_caller, begin_trace, lax, trace, with_origin};
use rune_ir::{Origin, Program, Type};

/// See [`ProgramExt::linearize`](crate::ProgramExt::linearize).
pub(super) fn linearize_program(program: &Program, by: &[usize]) -> Result<(Program, Program), DerivativeError> {
    let marked = marked_to_keep(program, by)?;
    let active_trace = begin_trace();
    let inputs = params(program.input_types(), "linearize");
    let (outputs, linear) = with_origin(&Origin::default(), || linearize(program, &inputs, &marked));
    let mut results = outputs.clone();
    results.extend_from_slice(linear.residuals());
    let forward =
        trace(&format!("{}_forward", program.name()), &inputs, &results, Keep::Recorded(active_trace.end())).close();

    let active_trace = begin_trace();
    let moved: Vec<Type> = inputs.iter().zip(&marked).filter(|(_, m)| **m).map(|(x, _)| x.ty().clone()).collect();
    let tangents = params(&moved, "linearize");
    let crossing: Vec<Type> = linear.residuals().iter().map(|r| r.ty().clone()).collect();
    let residuals = params(&crossing, "linearize");
    let linear = linear.with_residuals(residuals.clone());
    let changes = with_origin(&Origin::default(), || linear.push_forward(&tangents));
    let floats = outputs.iter().zip(changes).filter(|(y, _)| y.dtype().is_inexact());
    let results: Vec<Tensor> = floats.map(|(y, dy)| dy.unwrap_or_else(|| zeros(y.ty()))).collect();
    let params: Vec<Tensor> = tangents.into_iter().chain(residuals).collect();
    let linear =
        trace(&format!("{}_linear", program.name()), &params, &results, Keep::Recorded(active_trace.end())).close();
    Ok((forward, linear))
}

/// See [`ProgramExt::transpose`](crate::ProgramExt::transpose).
#[track_caller]
pub(super) fn transpose_program(program: &Program, by: &[usize]) -> Result<Program, DerivativeError> {
    let marked = marked_to_keep(program, by)?;
    let active_trace = begin_trace();
    let mut params = Vec::new();
    let slots = program.input_types().iter().zip(&marked).map(|(ty, &wanted)| match wanted {
        true => VariableState::wanted(ty.clone()),
        false => {
            params.push(Tensor::param(ty.clone(), None, "transpose"));
            VariableState::Known(params[params.len() - 1].clone())
        }
    });
    let slots: Vec<VariableState> = slots.collect();
    let cotangents = program.output_types().into_iter().map(|ty| {
        let float = ty.dtype.is_inexact();
        float.then(|| {
            params.push(Tensor::param(ty, None, "transpose"));
            params[params.len() - 1].clone()
        })
    });
    let cotangents = cotangents.collect();
    let wanted = program.input_types().iter().zip(&marked).filter(|(_, m)| **m).map(|(ty, _)| ty);
    let transposed = at_caller(|| with_origin(&Origin::default(), || transpose(program, slots, cotangents)));
    let results = transposed.into_iter().zip(wanted);
    let results: Vec<Tensor> = results.map(|(ct, ty)| ct.unwrap_or_else(|| zeros(ty))).collect();
    Ok(trace(&format!("{}_transpose", program.name()), &params, &results, Keep::Recorded(active_trace.end())).close())
}

fn params(types: &[Type], transform: &'static str) -> Vec<Tensor> {
    types.iter().map(|ty| Tensor::param(ty.clone(), None, transform)).collect()
}

fn zeros(ty: &Type) -> Tensor {
    lax::full(ty.dtype, &ty.shape, 0.0)
}
