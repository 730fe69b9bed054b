//! Everything that a program from a file goes through.

use super::Generator;
use rune_ir::{Op, Program, Type, interpret};
use rune_trace::ProgramExt;
use std::collections::HashMap;

/// The size in bytes above which an accepted program is neither transformed nor run, because that would allocate its
/// arrays.
const MAX_BYTES: usize = 1 << 40;
/// The size in bytes and the number of steps above which a program is not run.
const MAX_STEPS: u64 = 1 << 20;

/// Verifies, writes, reads, simplifies and transforms a program, and runs it if it is small.
///
/// The time depends on the length of the program, and the memory on the sizes of its arrays.
///
/// ```
/// let program = rune_testing::Generator::new(7).program(20);
/// rune_testing::exercise(&program);
/// ```
///
/// # Panics
/// Panics if a step fails that must succeed for every valid program.
pub fn exercise(program: &Program) {
    assert_eq!(program.verify(), Ok(()));
    let read = Program::parse_with(&program.to_string(), program.constants());
    assert_eq!(read.as_ref(), Ok(program), "{program}");
    let json = program.to_json().expect("its constants are on the host");
    assert_eq!(&Program::from_json(&json).unwrap(), program, "{program}");
    program.structural_hash();
    let simple = program.simplify();
    assert_eq!(simple.verify(), Ok(()));
    if bytes(program) < MAX_BYTES {
        for derived in transformed(program) {
            assert_eq!(derived.verify(), Ok(()));
            assert_eq!(derived.simplify().verify(), Ok(()));
        }
    }
    let cost = program.cost();
    let steps = [cost.bytes_written, cost.flops, cost.multiply_adds, iterations(program, &mut HashMap::new())];
    if bytes(program) < MAX_STEPS as usize && steps.iter().all(|&n| n < MAX_STEPS) && !cost.unbounded {
        let inputs = Generator::new(1).inputs(program);
        if let Ok(results) = interpret::interpret(program, &inputs) {
            let types: Vec<_> = results.iter().map(|r| r.ty().clone()).collect();
            assert_eq!(types, program.output_types());
        }
    }
}

/// Returns the greatest size of an input or output in bytes. A derived program holds arrays of several times the size.
fn bytes(program: &Program) -> usize {
    program.input_types().iter().chain(&program.output_types()).map(Type::bytes).max().unwrap_or(0)
}

/// Returns the number of loop iterations and printed batch elements. The cost does not count iterations that do nothing
/// else.
fn iterations(program: &Program, known: &mut HashMap<*const Program, u64>) -> u64 {
    let own = |op: &Op| {
        if let Op::Scan { length, .. } = op {
            return *length as u64;
        }
        if let Op::DebugPrint { batch, .. } = op {
            return batch.iter().fold(1, |n, &d| n.saturating_mul(d as u64));
        }
        1
    };
    if let Some(&iterations) = known.get(&std::ptr::from_ref(program)) {
        return iterations;
    }
    let mut all = 0u64;
    for instruction in program.instructions() {
        let inside = instruction.op.programs().iter().map(|(_, p)| iterations(p, known)).fold(1, u64::saturating_add);
        all = all.saturating_add(own(&instruction.op).saturating_mul(inside));
    }
    known.insert(program, all);
    all
}

/// Returns the program under each transformation that accepts it.
fn transformed(program: &Program) -> Vec<Program> {
    let types = program.input_types();
    let floats: Vec<usize> = (0..types.len()).filter(|&i| types[i].dtype.is_float()).collect();
    let mut all: Vec<Program> = program.jvp(&floats).into_iter().collect();
    let reverse = program.vjp(&floats).ok();
    if let Ok((forward, linear)) = program.linearize(&floats) {
        // Without a reverse mode, the linear part has no transpose either.
        let tangents: Vec<usize> = (0..floats.len()).collect();
        all.extend(reverse.iter().flat_map(|_| linear.transpose(&tangents)));
        all.extend([forward, linear]);
    }
    all.extend(reverse);
    let (inputs, outputs) = (vec![Some(0); types.len()], vec![Some(-1); program.outputs().len()]);
    // One axis of the program's operations over named axes is mapped.
    let lanes = program.axes().iter().next().map(|(name, size)| (name.clone(), *size));
    let size = lanes.as_ref().map_or(3, |(_, size)| *size);
    if bytes(program).saturating_mul(size) < MAX_BYTES {
        all.extend(match lanes {
            Some((name, size)) => program.vmap_named(name, size, &inputs, &outputs),
            None => program.vmap(size, &inputs, &outputs),
        });
    }
    all
}
