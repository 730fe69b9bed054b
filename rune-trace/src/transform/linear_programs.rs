//! Linear parts of programs, and transposes of programs that are linear, for those who hold a program and no function.

use super::DerivativeError;
use super::linearize::linearize;
use super::programs::marked_to_keep;
use super::transpose::{Slot, transpose};
use crate::Tensor;
use crate::tensor::{Keep, at_caller, begin_trace, lax, trace, with_origin};
use rune_ir::{Origin, Program, Type};

/// See [`ProgramExt::linearize`](crate::ProgramExt::linearize).
pub(super) fn linearize_program(program: &Program, by: &[usize]) -> Result<(Program, Program), DerivativeError> {
    let marked = marked_to_keep(program, by)?;
    let since = begin_trace();
    let inputs = params(program.input_types(), "linearize");
    let (outputs, linear) = with_origin(&Origin::default(), || linearize(program, &inputs, &marked));
    let mut results = outputs.clone();
    results.extend_from_slice(linear.residuals());
    let forward = trace(&format!("{}_forward", program.name()), &inputs, &results, Keep::Since(since.end())).close();

    let since = begin_trace();
    let moved: Vec<Type> = inputs.iter().zip(&marked).filter(|(_, m)| **m).map(|(x, _)| x.ty().clone()).collect();
    let tangents = params(&moved, "linearize");
    let crossing: Vec<Type> = linear.residuals().iter().map(|r| r.ty().clone()).collect();
    let residuals = params(&crossing, "linearize");
    let linear = linear.with_residuals(residuals.clone());
    let changes = with_origin(&Origin::default(), || linear.push_forward(&tangents));
    let floats = outputs.iter().zip(changes).filter(|(y, _)| y.dtype().is_float());
    let results: Vec<Tensor> = floats.map(|(y, dy)| dy.unwrap_or_else(|| zeros(y.ty()))).collect();
    let params: Vec<Tensor> = tangents.into_iter().chain(residuals).collect();
    let linear = trace(&format!("{}_linear", program.name()), &params, &results, Keep::Since(since.end())).close();
    Ok((forward, linear))
}

/// See [`ProgramExt::transpose`](crate::ProgramExt::transpose).
#[track_caller]
pub(super) fn transpose_program(program: &Program, by: &[usize]) -> Result<Program, DerivativeError> {
    let marked = marked_to_keep(program, by)?;
    let since = begin_trace();
    let mut params = Vec::new();
    let slots = program.input_types().iter().zip(&marked).map(|(ty, &wanted)| match wanted {
        true => Slot::wanted(ty.clone()),
        false => {
            params.push(Tensor::param(ty.clone(), None, "transpose"));
            Slot::Known(params[params.len() - 1].clone())
        }
    });
    let slots: Vec<Slot> = slots.collect();
    let cotangents = program.output_types().into_iter().map(|ty| {
        let float = ty.dtype.is_float();
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
    Ok(trace(&format!("{}_transpose", program.name()), &params, &results, Keep::Since(since.end())).close())
}

fn params(types: &[Type], transform: &'static str) -> Vec<Tensor> {
    types.iter().map(|ty| Tensor::param(ty.clone(), None, transform)).collect()
}

fn zeros(ty: &Type) -> Tensor {
    lax::full(ty.dtype, &ty.shape, 0.0)
}

#[cfg(test)]
mod tests {
    use crate::ProgramExt;
    use rune_ir::Array;
    use rune_ir::interpret::interpret;
    use rune_testing::Generator;

    #[test]
    fn the_two_parts_are_the_program_and_its_derivatives() {
        let mut moving = 0;
        for seed in 0..150 {
            let mut random = Generator::new(seed);
            let program = random.program(12);
            let types = program.input_types();
            let by: Vec<usize> = (0..types.len()).filter(|&i| types[i].dtype.is_float()).collect();
            let (forward, linear) = program.linearize(&by).unwrap();
            forward.verify().unwrap();
            linear.verify().unwrap();

            let inputs = random.inputs(&program);
            let tangents: Vec<Array> = by.iter().map(|&i| random.array(&types[i])).collect();
            let mut outputs = interpret(&forward, &inputs).unwrap();
            let residuals = outputs.split_off(program.outputs().len());
            let joined = |a: &[Array], b: &[Array]| a.iter().chain(b).cloned().collect::<Vec<_>>();
            outputs.extend(interpret(&linear, &joined(&tangents, &residuals)).unwrap());
            assert_eq!(
                outputs,
                interpret(&program.jvp(&by).unwrap(), &joined(&inputs, &tangents)).unwrap(),
                "{program}"
            );

            let backward = linear.transpose(&(0..by.len()).collect::<Vec<_>>()).unwrap();
            backward.verify().unwrap();
            let floats = program.output_types().into_iter().filter(|ty| ty.dtype.is_float());
            let cotangents: Vec<Array> = floats.map(|ty| random.array(&ty)).collect();
            let gradients = interpret(&backward, &joined(&residuals, &cotangents)).unwrap();
            let vjp = interpret(&program.vjp(&by).unwrap(), &joined(&inputs, &cotangents)).unwrap();
            assert_eq!(gradients, vjp[program.outputs().len()..], "{program}");
            moving += usize::from(linear.instructions().len() > 1);
        }
        assert!(moving > 50, "only {moving} programs move");
    }

    #[test]
    #[should_panic(expected = "`sin` is not linear in an operand that is to be transposed")]
    fn what_is_not_linear_has_no_transpose() {
        let program: rune_ir::Program =
            "def f(x0): # [f32] -> [f32]\n    y0 = rune.sin(x0)\n    return y0\n".parse().unwrap();
        let _ = program.transpose(&[0]);
    }
}
