//! Fuses instructions of a kernel, so that they take one pass over a tile.

use crate::kernel::{Instruction, Output, Register, in_pair};
use rune_ir::DType;
use rune_ir::op::{BinaryFn, ReduceFn, UnaryFn};

type Code = [(Instruction, bool)];

/// Fuses instructions. Each register is written once. Registers that nothing reads any more are still written.
pub(super) fn fuse(code: &mut Vec<(Instruction, bool)>, registers: usize, outputs: &[Output]) {
    for pass in [square, normalize, pair] {
        let mut uses = Uses::new(code, registers, outputs);
        pass(code, &mut uses);
        let mut gone = uses.gone.into_iter();
        code.retain(|_| !gone.next().unwrap_or(false));
    }
}

/// The reads and writes of registers.
struct Uses {
    /// The number of reads of each register, including outputs.
    reads: Vec<u32>,
    /// The position of the instruction that writes each register.
    written: Vec<Option<usize>>,
    /// The position of the last instruction that reads each register.
    reader: Vec<Option<usize>>,
    /// The instructions that were fused into another one.
    gone: Vec<bool>,
}

impl Uses {
    fn new(code: &mut Code, registers: usize, outputs: &[Output]) -> Uses {
        let mut uses = Uses {
            reads: vec![0; registers],
            written: vec![None; registers],
            reader: vec![None; registers],
            gone: vec![false; code.len()],
        };
        for (at, (instruction, _)) in code.iter_mut().enumerate() {
            let (xs, d) = instruction.registers_mut();
            for x in xs {
                uses.reads[*x] += 1;
                uses.reader[*x] = Some(at);
            }
            d.into_iter().for_each(|d| uses.written[*d] = Some(at));
        }
        outputs.iter().for_each(|o| uses.reads[o.register] += 1);
        uses
    }
    /// Returns the position of the instruction that writes a register, if the register is read once.
    fn single_use_writer(&self, x: Register) -> Option<usize> {
        self.written[x].filter(|_| self.reads[x] == 1)
    }
    /// Returns the position of the only instruction that reads a register.
    fn next(&self, x: Register) -> Option<usize> {
        self.reader[x].filter(|_| self.reads[x] == 1)
    }
}

/// Fuses the squaring of elements with the sum of the squares of each row.
fn square(code: &mut Code, uses: &mut Uses) {
    for at in 0..code.len() {
        if let Instruction::ReduceRows { f: ReduceFn::Sum, dtype: DType::F32, reduced: None, x, d } = code[at].0
            && let Some(before) = uses.single_use_writer(x)
            && let Some(x) = squared(&code[before].0)
        {
            uses.gone[before] = true;
            code[at].0 = Instruction::SumSquares { x, center: None, d };
        }
    }
}

/// Fuses the subtraction of a center from each row into the instructions that read the difference. The subtraction then
/// needs no pass of its own.
#[allow(clippy::wildcard_enum_match_arm, reason = "other instructions stay as they are")]
fn normalize(code: &mut Code, uses: &mut Uses) {
    for at in 0..code.len() {
        let centered = |x: Register| uses.written[x].and_then(|before| difference(&code[before].0));
        let (last, joined) = match code[at].0 {
            Instruction::SumSquares { x, center: None, d } => match centered(x) {
                Some((x, center)) => (at, Instruction::SumSquares { x, center: Some(center), d }),
                None => continue,
            },
            Instruction::Unary { f: UnaryFn::Exp, dtype: DType::F32, x, d } => match centered(x) {
                Some((x, y)) => (at, Instruction::ExpDifference { x, y, d }),
                None => continue,
            },
            Instruction::BinaryByRow { f, dtype: DType::F32, x, y: by, swapped: false, d }
                if matches!(f, BinaryFn::Mul | BinaryFn::Div) =>
            {
                let Some((x, center)) = centered(x) else { continue };
                let (mut d, mut last, mut others) = (d, at, [None; 2]);
                for (f, other) in [BinaryFn::Mul, BinaryFn::Add].into_iter().zip(&mut others) {
                    let following = uses.next(d).map(|next| (next, &code[next].0));
                    let Some((next, &Instruction::Binary { f: found, dtype: DType::F32, x, y, d: to })) = following
                    else {
                        break;
                    };
                    if found != f {
                        break;
                    }
                    *other = Some(if x == d { y } else { x });
                    uses.gone[last] = true;
                    (last, d) = (next, to);
                }
                let ([scale, shift], divides) = (others, f == BinaryFn::Div);
                (last, Instruction::Normalize { x, center, by, divides, scale, shift, d })
            }
            _ => continue,
        };
        code[last].0 = joined;
    }
}

/// Fuses two functions into one instruction, if nothing else reads the result of the first.
fn pair(code: &mut Code, uses: &mut Uses) {
    for at in 0..code.len() {
        let (instruction, per_row) = &code[at];
        let Some((f, x, z, by_row, d)) = second(instruction).filter(|_| !per_row) else { continue };
        // If the second function commutes, either of its operands may be the result of the first.
        let exchanged = in_pair(f) == Some(true) && !by_row;
        let (before, z) = match (uses.single_use_writer(x), uses.single_use_writer(z)) {
            (Some(before), _) if first(&code[before].0).is_some() => (before, z),
            (_, Some(before)) if exchanged => (before, x),
            (_, _) => continue,
        };
        let Some((first, x, y, y_by_row)) = first(&code[before].0) else { continue };
        if code[before].1 || y_by_row && by_row {
            continue;
        }
        uses.gone[before] = true;
        code[at].0 = Instruction::Pair { f: [first, f], x, y, z, by_row: [y_by_row, by_row], d };
    }
}

/// Returns the parts of an instruction that may be the second of a pair: function, operands, whether the second operand
/// has one element for each row, and result.
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

/// Returns the parts of an instruction that may be the first of a pair: function, operands, and whether the second
/// operand has one element for each row.
fn first(instruction: &Instruction) -> Option<(BinaryFn, Register, Register, bool)> {
    second(instruction).map(|(f, x, y, by_row, _)| (f, x, y, by_row))
}

/// Returns the register that an instruction squares.
#[allow(clippy::wildcard_enum_match_arm, reason = "no other instruction squares")]
fn squared(instruction: &Instruction) -> Option<Register> {
    match *instruction {
        Instruction::Binary { f: BinaryFn::Mul, dtype: DType::F32, x, y, .. } if x == y => Some(x),
        Instruction::IntegerPow { dtype: DType::F32, x, y: 2, .. } => Some(x),
        _ => None,
    }
}

/// Returns the operands of an instruction that subtracts one number from each row.
#[allow(clippy::wildcard_enum_match_arm, reason = "no other instruction centers rows")]
fn difference(instruction: &Instruction) -> Option<(Register, Register)> {
    match *instruction {
        Instruction::BinaryByRow { f: BinaryFn::Sub, dtype: DType::F32, x, y, swapped: false, .. } => Some((x, y)),
        _ => None,
    }
}
