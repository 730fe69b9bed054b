//! Dead code elimination.

use crate::{Program, ProgramBuilder, Var};

/// The variables that the outputs of a program depend on.
pub(crate) struct Live {
    /// One entry for each variable.
    pub vars: Vec<bool>,
    /// One entry for each instruction: whether any result is used, or it has effects.
    pub instructions: Vec<bool>,
}

pub(crate) fn live(program: &Program) -> Live {
    live_for(program, &(0..program.outputs().len()).collect::<Vec<_>>())
}

/// Returns the variables and instructions that the outputs with these indices depend on.
fn live_for(program: &Program, outputs: &[usize]) -> Live {
    let mut vars = vec![false; program.num_vars()];
    outputs.iter().for_each(|&i| vars[program.outputs()[i].index()] = true);
    let mut instructions = vec![false; program.instructions().len()];
    for (i, instruction) in program.instructions().iter().enumerate().rev() {
        instructions[i] = instruction.op.has_effects() || instruction.results().any(|v| vars[v.index()]);
        if instructions[i] {
            instruction.op.operands().into_iter().for_each(|v| vars[v.index()] = true);
        }
    }
    Live { vars, instructions }
}

/// Returns which inputs the outputs with these indices depend on.
pub(super) fn needed_inputs(program: &Program, outputs: &[usize]) -> Vec<bool> {
    let mut needed = live_for(program, outputs).vars;
    needed.truncate(program.inputs().len());
    needed
}

/// Returns the program with only the inputs `inputs` and the outputs `outputs`. These outputs depend on no other
/// inputs. The program has no constants.
pub(super) fn rearranged(program: &Program, inputs: &[usize], outputs: &[usize]) -> Program {
    let live = live_for(program, outputs);
    let mut renamed = vec![Var(u32::MAX); program.num_vars()];
    (0..).zip(inputs).for_each(|(new, &old)| renamed[old] = Var(new));
    let types = inputs.iter().map(|&i| program.input_types()[i].clone()).collect();
    let builder = ProgramBuilder::new(program.name(), types, Vec::new());
    let outputs: Vec<Var> = outputs.iter().map(|&i| program.outputs()[i]).collect();
    finish(builder, program, &live, renamed, &outputs)
}

/// Returns the program without unused instructions and constants.
pub(super) fn without_dead(program: &Program) -> Program {
    compact(program, |_| true)
}

/// Like [`without_dead`], and without unused inputs.
pub(super) fn without_dead_inputs(program: &Program) -> Program {
    compact(program, |live| live)
}

fn compact(program: &Program, keeps_input: impl Fn(bool) -> bool) -> Program {
    let live = live(program);
    let mut renamed = vec![Var(u32::MAX); program.num_vars()];
    let mut next = 0;
    let mut keep = |v: usize| {
        renamed[v] = Var(next);
        next += 1;
    };
    let (mut inputs, mut constants) = (Vec::new(), Vec::new());
    for (i, ty) in program.input_types().iter().enumerate() {
        if keeps_input(live.vars[i]) {
            keep(i);
            inputs.push(ty.clone());
        }
    }
    for (i, value) in (program.inputs().len()..).zip(program.constants()) {
        if live.vars[i] {
            keep(i);
            constants.push(value.clone());
        }
    }
    let builder = ProgramBuilder::new(program.name(), inputs, constants);
    finish(builder, program, &live, renamed, program.outputs())
}

/// Adds the live instructions to a program whose inputs and constants are `renamed`.
fn finish(
    mut builder: ProgramBuilder,
    program: &Program,
    live: &Live,
    mut renamed: Vec<Var>,
    outputs: &[Var],
) -> Program {
    for (instruction, _) in program.instructions().iter().zip(&live.instructions).filter(|(_, live)| **live) {
        let Ok(op) = instruction.op.try_map(|v| Ok::<_, std::convert::Infallible>(renamed[v.index()]));
        let results = builder.push(op, instruction.origin.clone()).expect("what is used is kept");
        for (old, new) in instruction.results().zip(results) {
            renamed[old.index()] = new;
        }
    }
    let outputs = outputs.iter().map(|v| renamed[v.index()]).collect();
    builder.finish(outputs).expect("outputs are kept")
}
