//! Runs whole programs.

use super::{InterpretError, NO_RESULT, Results, eval};
use crate::{Array, Instruction, Program, Stopwatch, Var};
use std::time::Duration;

/// Observes a running program, including its sub-programs.
pub trait Observer {
    /// Returns whether the observer observes instructions. If not, `begin`, `before`, `after` and `end` are not called.
    fn observes_instructions(&self) -> bool {
        true
    }
    /// A program starts to run on these inputs. It is the whole program, or a sub-program of the instruction that
    /// started last. The sub-program of a loop starts once per iteration.
    fn begin(&mut self, program: &Program, inputs: &[Array]) {
        let _ = (program, inputs);
    }
    /// An instruction of the program that started last starts.
    fn before(&mut self, instruction: &Instruction, operands: &[Array]) {
        let _ = (instruction, operands);
    }
    /// The instruction has ended. `took` is its time, including all its sub-programs.
    fn after(&mut self, instruction: &Instruction, operands: &[Array], results: &[Array], took: Duration) {
        let _ = (instruction, operands, results, took);
    }
    /// A `while` has ended. Its body ran `trip_count` times. This is called even if no instructions are observed.
    fn loop_ended(&mut self, body: &Program, trip_count: usize) {
        let _ = (body, trip_count);
    }
    /// An instruction prints whole lines.
    fn print(&mut self, text: &str) {
        super::sink::emit(text);
    }
    /// Returns whether to call an `io_callback`. Returns false for an extra run of a program, so that the callback is
    /// called only once.
    fn runs_io_callbacks(&self) -> bool {
        true
    }
    /// The program that started last has ended.
    fn end(&mut self, program: &Program, outputs: &[Array]) {
        let _ = (program, outputs);
    }
}

/// Observes nothing.
pub struct NoObserver;
impl Observer for NoObserver {
    fn observes_instructions(&self) -> bool {
        false
    }
}

/// Returns the outputs of a program on these inputs.
///
/// # Errors
/// If the inputs do not have the types that the program takes, or a constant cannot be read from its device.
pub fn interpret(program: &Program, inputs: &[Array]) -> Result<Vec<Array>, InterpretError> {
    interpret_owned(program, inputs.to_vec())
}

/// Like [`interpret`]. Inputs that nothing else holds may be overwritten.
///
/// # Errors
/// Like [`interpret`].
pub fn interpret_owned(program: &Program, inputs: Vec<Array>) -> Result<Vec<Array>, InterpretError> {
    run(program, inputs, &mut NoObserver)
}

/// Like [`interpret`]. `observer` observes each step.
///
/// # Errors
/// Like [`interpret`].
pub fn interpret_observed(
    program: &Program,
    inputs: &[Array],
    observer: &mut dyn Observer,
) -> Result<Vec<Array>, InterpretError> {
    run(program, inputs.to_vec(), observer)
}

/// Returns the outputs of a program or sub-program.
pub(super) fn run(
    program: &Program,
    inputs: Vec<Array>,
    observer: &mut dyn Observer,
) -> Result<Vec<Array>, InterpretError> {
    check(program, &inputs)?;
    let watched = observer.observes_instructions();
    if watched {
        observer.begin(program, &inputs);
    }
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
    for instruction in program.instructions().iter().filter(|i| has_results_or_effects(i)) {
        let results = match watched {
            true => observed_step(program, instruction, &mut variables, observer)?,
            false => step(program, instruction, &mut variables, observer)?,
        };
        for (var, array) in instruction.results().zip(results) {
            variables.put(var, array);
        }
    }
    let outputs: Vec<Array> = program.outputs().iter().map(|&v| variables.take(v)).collect();
    if watched {
        observer.end(program, &outputs);
    }
    Ok(outputs)
}

fn step(
    program: &Program,
    instruction: &Instruction,
    variables: &mut Variables,
    observer: &mut dyn Observer,
) -> Result<Results, InterpretError> {
    let ty = if instruction.results == 0 { &NO_RESULT } else { program.ty(instruction.first) };
    let results = eval(&instruction.op, ty, &mut |&v| variables.take(v), observer);
    results.map_err(|e| e.at(&instruction.origin))
}

/// Returns whether an instruction has results or effects. Any other instruction is skipped.
fn has_results_or_effects(instruction: &Instruction) -> bool {
    instruction.results > 0 || instruction.op.has_effects()
}

fn observed_step(
    program: &Program,
    instruction: &Instruction,
    variables: &mut Variables,
    observer: &mut dyn Observer,
) -> Result<Results, InterpretError> {
    // A second reference prevents overwriting, so that operands can be observed afterwards.
    let operands: Vec<Array> = instruction.op.operands().into_iter().map(|&v| variables.get(v)).collect();
    observer.before(instruction, &operands);
    let start = Stopwatch::start();
    let results = step(program, instruction, variables, observer)?;
    observer.after(instruction, &operands, &results, start.elapsed());
    Ok(results)
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

/// The arrays that are still needed, and the number of their remaining uses. At its last use, an array is freed, or
/// moves to the instruction that uses it.
struct Variables {
    arrays: Vec<Option<Array>>,
    uses: Vec<u32>,
}

impl Variables {
    fn new(program: &Program) -> Variables {
        let mut uses = vec![0; program.num_vars()];
        let used = program.instructions().iter().filter(|i| has_results_or_effects(i)).flat_map(|i| i.op.operands());
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
    fn get(&self, var: Var) -> Array {
        self.arrays[var.index()].clone().expect("a variable is kept until its last use")
    }
    fn take(&mut self, var: Var) -> Array {
        let (array, uses) = (&mut self.arrays[var.index()], &mut self.uses[var.index()]);
        *uses -= 1;
        let array = if *uses == 0 { array.take() } else { array.clone() };
        array.expect("a program uses variables after they are assigned, and each use is counted")
    }
}
