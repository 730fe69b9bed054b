//! The names of the steps of a plan in profiles, and their work.

mod machine;
mod table;

pub use table::{Profile, Row};

use crate::blocks::Blocked;
use crate::kernel::{Instruction, Kernel};
use crate::plan::{Label, Plan, Step};
use rune_ir::profile::Details;

/// The maximum number of operations in the name of a kernel.
const SHOWN: usize = 6;

impl Label {
    /// Returns the names of the operations. Equal successive ones are named once.
    pub(crate) fn name(&self) -> String {
        let mut names: Vec<&str> = self.operations.clone();
        names.dedup();
        let more = names.len().saturating_sub(SHOWN);
        let mut name = names[..names.len() - more].join(" + ");
        if more > 0 {
            name.push_str(&format!(" + {more} more"));
        }
        name
    }
}

impl Plan {
    /// Returns the known work of a step.
    pub(crate) fn details(&self, step: &Step, label: &Label) -> Details {
        let bytes = |buffers: &mut dyn Iterator<Item = usize>| buffers.map(|b| self.buffers[b].bytes() as u64).sum();
        let types = |buffers: &[usize]| {
            let shown: Vec<String> = buffers.iter().map(|&b| self.buffers[b].to_string()).collect();
            shown.join(", ")
        };
        let (reads, writes) = step.buffers();
        let flops = match step {
            Step::Kernel(kernel) => flops(kernel),
            Step::Blocks(blocks) => blocks.steps.iter().map(flops_of_blocked).sum(),
            Step::Product { product, .. } => 2 * product.multiplications(),
            Step::Conv { conv, .. } => 2 * conv.multiplications(),
            Step::Native { .. } | Step::Evaluate { .. } => 0,
            // The steps inside are separate events.
            Step::Case { .. } | Step::While { .. } | Step::Scan { .. } => {
                return Details { shapes: types(&writes), loc: label.loc.clone(), ..Details::default() };
            }
        };
        Details {
            shapes: types(&writes),
            bytes: bytes(&mut reads.iter().chain(&writes).copied()),
            flops,
            loc: label.loc.clone(),
        }
    }
}

fn flops_of_blocked(step: &Blocked) -> u64 {
    match step {
        Blocked::Product { product, .. } => 2 * product.multiplications(),
        Blocked::Kernel { kernel, .. } => flops(kernel),
    }
}

/// Counts one operation for each element of each instruction that computes, also if tiles skip it.
fn flops(kernel: &Kernel) -> u64 {
    let computes = |instruction: &Instruction| match instruction {
        Instruction::Load { .. }
        | Instruction::Iota { .. }
        | Instruction::Fill { .. }
        | Instruction::Copy { .. }
        | Instruction::Widen { .. }
        | Instruction::Narrow { .. }
        | Instruction::Round { .. }
        | Instruction::RoundOnce { .. }
        | Instruction::Select { .. }
        | Instruction::Convert { .. }
        | Instruction::Spread { .. }
        | Instruction::Skip { .. }
        | Instruction::Threefry { .. } => 0,
        Instruction::Unary { .. }
        | Instruction::IntegerPow { .. }
        | Instruction::Binary { .. }
        | Instruction::BinaryByRow { .. }
        | Instruction::Compare { .. }
        | Instruction::Clamp { .. }
        | Instruction::ReduceRows { .. }
        | Instruction::Accumulate { .. } => 1,
        Instruction::Pair { .. } | Instruction::SumSquares { center: None, .. } | Instruction::ExpDifference { .. } => {
            2
        }
        Instruction::SumSquares { center: Some(_), .. } => 3,
        Instruction::Normalize { scale, shift, .. } => 2 + u64::from(scale.is_some()) + u64::from(shift.is_some()),
    };
    let rows = (kernel.size / kernel.row) as u64;
    let work = |(i, &per_row): (&Instruction, &bool)| {
        let full = !per_row || matches!(i, Instruction::ReduceRows { .. } | Instruction::SumSquares { .. });
        computes(i) * if full { kernel.size as u64 } else { rows }
    };
    kernel.code.iter().zip(&kernel.per_row).map(work).sum()
}
