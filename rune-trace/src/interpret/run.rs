//! Whole programs.

use super::{InterpretError, eval};
use crate::{Array, Program, Var};

/// The outputs of a program on these inputs.
///
/// # Errors
/// If the inputs are not those the program takes, or a constant cannot be read from its device.
pub fn interpret(program: &Program, inputs: &[Array]) -> Result<Vec<Array>, InterpretError> {
    interpret_owned(program, inputs.to_vec())
}

/// As [`interpret`]; inputs that nothing else holds may be overwritten.
///
/// # Errors
/// As [`interpret`].
pub fn interpret_owned(program: &Program, inputs: Vec<Array>) -> Result<Vec<Array>, InterpretError> {
    check(program, &inputs)?;
    let mut variables = Variables::new(program);
    for (input, array) in program.inputs().zip(inputs) {
        variables.put(input, array);
    }
    let first = program.input_types().len() as u32;
    for (index, constant) in program.constants().iter().enumerate() {
        let var = Var(first + index as u32);
        if variables.uses[var.index()] > 0 {
            let array = constant.to_host().map_err(|reason| InterpretError::Constant {
                program: program.name().to_owned(),
                index,
                reason,
            })?;
            variables.put(var, array);
        }
    }
    // An instruction without results does nothing.
    for instruction in program.instructions().iter().filter(|i| i.results > 0) {
        let ty = program.ty(instruction.first);
        let results = eval(&instruction.op, ty, &mut |&v| variables.take(v))?;
        for (var, array) in instruction.results().zip(results) {
            variables.put(var, array);
        }
    }
    Ok(program.outputs().iter().map(|&v| variables.take(v)).collect())
}

fn check(program: &Program, inputs: &[Array]) -> Result<(), InterpretError> {
    let types = program.input_types();
    if types.len() != inputs.len() {
        let program = program.name().to_owned();
        return Err(InterpretError::InputCount { program, expected: types.len(), found: inputs.len() });
    }
    match types.iter().zip(inputs).position(|(ty, array)| ty != array.ty()) {
        None => Ok(()),
        Some(index) => Err(InterpretError::InputType {
            program: program.name().to_owned(),
            index,
            expected: Box::new(types[index].clone()),
            found: Box::new(inputs[index].ty().clone()),
        }),
    }
}

/// The arrays that are still needed, and how often each will be used: after the last use it is freed, or taken over by
/// the instruction that uses it.
struct Variables {
    arrays: Vec<Option<Array>>,
    uses: Vec<u32>,
}

impl Variables {
    fn new(program: &Program) -> Variables {
        let mut uses = vec![0; program.num_vars()];
        let used = program.instructions().iter().filter(|i| i.results > 0).flat_map(|i| i.op.operands());
        for var in used.chain(program.outputs()) {
            uses[var.index()] += 1;
        }
        Variables { arrays: vec![None; uses.len()], uses }
    }
    fn put(&mut self, var: Var, array: Array) {
        if self.uses[var.index()] > 0 {
            self.arrays[var.index()] = Some(array);
        }
    }
    fn take(&mut self, var: Var) -> Array {
        let (array, uses) = (&mut self.arrays[var.index()], &mut self.uses[var.index()]);
        *uses -= 1;
        let array = if *uses == 0 { array.take() } else { array.clone() };
        array.expect("a program uses variables after they are assigned, and each use is counted")
    }
}
