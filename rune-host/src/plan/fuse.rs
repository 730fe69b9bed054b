//! Instructions of a kernel that become one, so that they go over a tile once.

use crate::kernel::{Instruction, Output, Register, in_pair};
use rune_ir::DType;
use rune_ir::op::{BinaryFn, ReduceFn};

/// Joins an instruction with the one that alone reads its result, where both together are an instruction. Each register is written once.
#[allow(clippy::wildcard_enum_match_arm, reason = "other instructions stay as they are")]
pub(super) fn fuse(code: &mut Vec<(Instruction, bool)>, registers: usize, outputs: &[Output]) {
    let mut reads = vec![0u32; registers];
    for (instruction, _) in code.iter_mut() {
        instruction.registers_mut().0.into_iter().for_each(|x| reads[*x] += 1);
    }
    outputs.iter().for_each(|o| reads[o.register] += 1);
    // Where the register of an instruction that may be joined with a later one is written.
    let mut written: Vec<Option<usize>> = vec![None; registers];
    let mut gone = vec![false; code.len()];
    for at in 0..code.len() {
        let (instruction, per_row) = &code[at];
        if *per_row && !matches!(instruction, Instruction::ReduceRows { .. }) {
            continue;
        }
        let alone = |x: Register| written[x].filter(|_| reads[x] == 1);
        let joined = match *instruction {
            Instruction::ReduceRows { f: ReduceFn::Sum, dtype: DType::F32, half: None, x, d } => written[x]
                .filter(|_| reads[x] == 1)
                .and_then(|before| Some((before, Instruction::SumSquares { x: square(&code[before].0)?, d }))),
            _ => second(instruction).and_then(|(f, x, z, by_row, d)| {
                // Either operand may be the result of the first instruction, if the second may exchange its operands.
                let exchanged = in_pair(f) == Some(true) && !by_row;
                let (before, z) = match (alone(x), alone(z)) {
                    (Some(before), _) => (before, z),
                    (None, Some(before)) if exchanged => (before, x),
                    (None, _) => return None,
                };
                let (first, x, y, y_by_row) = first(&code[before].0)?;
                if y_by_row && by_row {
                    return None;
                }
                Some((before, Instruction::Pair { f: [first, f], x, y, z, by_row: [y_by_row, by_row], d }))
            }),
        };
        if let Some((before, joined)) = joined {
            gone[before] = true;
            code[at].0 = joined;
            continue;
        }
        if let Instruction::Binary { d, .. } | Instruction::BinaryByRow { d, .. } | Instruction::IntegerPow { d, .. } =
            code[at].0
        {
            written[d] = Some(at);
        }
    }
    let mut gone = gone.into_iter();
    code.retain(|_| !gone.next().unwrap_or(false));
}

/// An instruction that may be the second of a pair: function, operands, whether the second has one element for each row, and result.
#[allow(clippy::wildcard_enum_match_arm, reason = "no other instruction is one of a pair")]
fn second(instruction: &Instruction) -> Option<(BinaryFn, Register, Register, bool, Register)> {
    match *instruction {
        Instruction::Binary { f, dtype: DType::F32, x, y, d } if in_pair(f).is_some() => Some((f, x, y, false, d)),
        Instruction::BinaryByRow { f, dtype: DType::F32, x, y, swapped, d } => {
            let exchanges = in_pair(f)?;
            (!swapped || exchanges).then_some((f, x, y, true, d))
        }
        _ => None,
    }
}

/// An instruction that may be the first of a pair: function, operands, and whether the second has one element for each row.
fn first(instruction: &Instruction) -> Option<(BinaryFn, Register, Register, bool)> {
    second(instruction).map(|(f, x, y, by_row, _)| (f, x, y, by_row))
}

/// Returns the register that an instruction squares.
#[allow(clippy::wildcard_enum_match_arm, reason = "no other instruction squares")]
fn square(instruction: &Instruction) -> Option<Register> {
    match *instruction {
        Instruction::Binary { f: BinaryFn::Mul, dtype: DType::F32, x, y, .. } if x == y => Some(x),
        Instruction::IntegerPow { dtype: DType::F32, x, y: 2, .. } => Some(x),
        _ => None,
    }
}
