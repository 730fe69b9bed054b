//! Skips the instructions of a kernel whose results a tile does not need.
//!
//! A select often takes the same operand for all elements of a tile: few numbers are infinite, and most arguments of a
//! special function are in one of its ranges. The instructions that only compute the other operand are then skipped.
//! They move to a place before the select, behind an [`Instruction::Skip`].

use super::cluster::is_in_place;
use crate::kernel::{Input, Instruction, Output, Register};
use rune_ir::op::{BinaryFn, UnaryFn};
use smallvec::SmallVec;
use std::ops::Range;

/// The minimum cost of instructions that are skipped, in passes over a tile. To look for a lane that needs them costs a
/// fraction of a pass.
const LEAST_COST: u32 = if cfg!(test) { 1 } else { 4 };
/// The maximum number of regions within each other.
const MAX_DEPTH: u32 = 16;

/// The maximum number of instructions that a select moves over. Its operands need registers for longer.
const MAX_DISTANCE: usize = 64;

type Code = Vec<(Instruction, bool)>;
type RegionId = usize;

/// The region of instructions that always run.
const ROOT: RegionId = 0;

/// Instructions that only compute an operand of one group of selects.
struct Region {
    parent: RegionId,
    depth: u32,
    /// The cost of its instructions and those of the regions within it.
    cost: u32,
}

/// Selects with one predicate behind each other, such as those of the real and of the imaginary part.
struct Group {
    selects: Range<usize>,
    /// The regions of the operands for false and for true.
    sides: [RegionId; 2],
}

/// The regions of the code of a kernel.
struct Regions {
    all: Vec<Region>,
    groups: Vec<Group>,
    /// The region of each instruction.
    of: Vec<RegionId>,
    /// The position of the instruction that writes each register.
    written: Vec<Option<usize>>,
}

/// Moves instructions that only one operand of a select needs behind a skip. Each register is written once.
pub(super) fn skip_unneeded(code: &mut Code, registers: usize, inputs: &[Input], outputs: &[Output]) {
    if !code.iter().any(|(instruction, _)| matches!(instruction, Instruction::Select { .. })) {
        return;
    }
    gather(code, registers);
    let groups = groups(code);
    let mut regions = Regions::new(code, groups, registers, inputs, outputs);
    if regions.keep_costly() {
        let mut members = vec![Vec::new(); regions.all.len()];
        regions.of.iter().enumerate().for_each(|(at, &region)| members[region].push(at));
        let mut new = Vec::with_capacity(code.len() + regions.groups.len());
        regions.emit(ROOT, code, &members, &mut new);
        *code = new;
    }
}

/// Moves selects to the next one with the same predicate, unless their results are read before.
fn gather(code: &mut Code, registers: usize) {
    let mut first_read = vec![usize::MAX; registers];
    for (at, (instruction, _)) in code.iter_mut().enumerate().rev() {
        instruction.registers_mut().0.into_iter().for_each(|x| first_read[*x] = at);
    }
    // The place of the next select for each predicate.
    let mut next: Vec<Option<usize>> = vec![None; registers];
    let mut moved: Vec<SmallVec<[usize; 2]>> = vec![SmallVec::new(); code.len()];
    for (at, (instruction, _)) in code.iter().enumerate().rev() {
        let Instruction::Select { pred, d, .. } = *instruction else { continue };
        let place = next[pred].filter(|&place| place - at <= MAX_DISTANCE && first_read[d] > place).unwrap_or(at);
        next[pred] = Some(place);
        moved[place].push(at);
    }
    let is_select = |at: usize| matches!(code[at].0, Instruction::Select { .. });
    let order = (0..code.len()).flat_map(|at| {
        let itself = (!is_select(at)).then_some(at);
        itself.into_iter().chain(moved[at].iter().rev().copied())
    });
    *code = order.map(|at| code[at].clone()).collect();
}

/// Returns the groups of selects.
fn groups(code: &Code) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut results: SmallVec<[Register; 4]> = SmallVec::new();
    for (at, (instruction, per_row)) in code.iter().enumerate() {
        let Instruction::Select { pred, on_true, on_false, d, .. } = *instruction else { continue };
        let joins = groups.last().is_some_and(|group: &Group| {
            let (before, before_per_row) = &code[at - 1];
            let same = matches!(*before, Instruction::Select { pred: other, .. } if other == pred);
            group.selects.end == at && same && before_per_row == per_row
        });
        if joins && !results.contains(&on_true) && !results.contains(&on_false) {
            groups.last_mut().expect("the select joins a group").selects.end += 1;
        } else {
            groups.push(Group { selects: at..at + 1, sides: [ROOT; 2] });
            results.clear();
        }
        results.push(d);
    }
    groups
}

impl Regions {
    fn new(code: &mut Code, groups: Vec<Group>, registers: usize, inputs: &[Input], outputs: &[Output]) -> Regions {
        let root = Region { parent: ROOT, depth: 0, cost: 0 };
        let mut regions =
            Regions { all: vec![root], groups, of: vec![ROOT; code.len()], written: vec![None; registers] };
        // The innermost region that holds all readers of each register.
        let mut needed: Vec<Option<RegionId>> = vec![None; registers];
        outputs.iter().for_each(|o| needed[o.register] = Some(ROOT));
        let mut group = regions.groups.len();
        let mut at = code.len();
        while at > 0 {
            let selects = group.checked_sub(1).map(|g| regions.groups[g].selects.clone());
            if let Some(selects) = selects.filter(|selects| selects.end == at) {
                group -= 1;
                at = selects.start;
                regions.add_group(group, code, &mut needed);
                continue;
            }
            at -= 1;
            let in_place = |i: &Instruction| matches!(*i, Instruction::Load { input, .. } if is_in_place(inputs[input].access.form()));
            // To read in place costs nothing.
            let stays = in_place(&code[at].0);
            let cost = cost(&code[at].0);
            let (xs, ds) = code[at].0.registers_mut();
            ds.iter().for_each(|d| regions.written[**d] = Some(at));
            let region = match stays || ds.is_empty() {
                true => ROOT,
                false => regions.common(ds.iter().map(|d| needed[**d])),
            };
            for x in xs {
                needed[*x] = Some(regions.common([needed[*x], Some(region)]));
            }
            regions.of[at] = region;
            regions.all[region].cost += cost;
        }
        regions
    }

    /// Places a group of selects, and adds the regions of its operands.
    fn add_group(&mut self, group: usize, code: &Code, needed: &mut [Option<RegionId>]) {
        let selects = self.groups[group].selects.clone();
        let parts = |at: usize| {
            let Instruction::Select { pred, on_true, on_false, d, .. } = code[at].0 else {
                unreachable!("a group has selects only")
            };
            (pred, [on_false, on_true], d)
        };
        let region = self.common(selects.clone().map(|at| needed[parts(at).2]));
        let depth = self.all[region].depth + 1;
        if depth <= MAX_DEPTH {
            let first = self.all.len();
            self.all.extend([0, 1].map(|_| Region { parent: region, depth, cost: 0 }));
            self.groups[group].sides = [first, first + 1];
        } else {
            self.groups[group].sides = [region; 2];
        }
        for at in selects {
            let (pred, operands, d) = parts(at);
            self.written[d] = Some(at);
            self.of[at] = region;
            self.all[region].cost += 1;
            needed[pred] = Some(self.common([needed[pred], Some(region)]));
            for (x, side) in operands.into_iter().zip(self.groups[group].sides) {
                needed[x] = Some(self.common([needed[x], Some(side)]));
            }
        }
    }

    /// Returns the innermost region that holds the given ones.
    fn common(&self, regions: impl IntoIterator<Item = Option<RegionId>>) -> RegionId {
        let pair = |mut a: RegionId, mut b: RegionId| {
            while a != b {
                match self.all[a].depth < self.all[b].depth {
                    true => b = self.all[b].parent,
                    false => a = self.all[a].parent,
                }
            }
            a
        };
        regions.into_iter().flatten().reduce(pair).unwrap_or(ROOT)
    }

    /// Dissolves the regions that cost little, and returns whether any is left.
    fn keep_costly(&mut self) -> bool {
        // A region is behind its parent.
        for region in (1..self.all.len()).rev() {
            let Region { parent, cost, .. } = self.all[region];
            self.all[parent].cost += cost;
        }
        let mut kept: Vec<RegionId> = Vec::with_capacity(self.all.len());
        for (region, &Region { parent, cost, .. }) in self.all.iter().enumerate() {
            kept.push(if region == ROOT || cost >= LEAST_COST { region } else { kept[parent] });
        }
        self.of.iter_mut().for_each(|region| *region = kept[*region]);
        for group in &mut self.groups {
            // The region of the selects stands for a side that is not skipped.
            let own = self.of[group.selects.start];
            group.sides = group.sides.map(|side| if kept[side] == side { side } else { own });
        }
        (1..kept.len()).any(|region| kept[region] == region)
    }

    /// Writes the instructions of a region, each group of selects behind the regions of its operands.
    fn emit(&self, region: RegionId, code: &Code, members: &[Vec<usize>], new: &mut Code) {
        for &at in &members[region] {
            let group = self.groups.binary_search_by_key(&at, |group| group.selects.start);
            if let Ok(group) = group {
                let Group { selects, sides } = &self.groups[group];
                for (on, &side) in [false, true].into_iter().zip(sides) {
                    if side != region {
                        self.emit_skipped(on, side, selects.clone(), code, members, new);
                    }
                }
            }
            new.push(code[at].clone());
        }
    }

    fn emit_skipped(
        &self,
        on: bool,
        side: RegionId,
        selects: Range<usize>,
        code: &Code,
        members: &[Vec<usize>],
        new: &mut Code,
    ) {
        let start = new.len();
        let mut predicate = None;
        let mut unwritten = SmallVec::new();
        for at in selects.clone() {
            let Instruction::Select { size, pred, on_true, on_false, .. } = code[at].0 else { continue };
            predicate = Some(pred);
            let x = if on { on_true } else { on_false };
            if self.written[x].is_some_and(|writer| self.of[writer] == side) {
                unwritten.push((x, size));
            }
        }
        let pred = predicate.expect("a group has a select");
        new.push((Instruction::Skip { pred, unless: on, count: 0, unwritten }, code[selects.start].1));
        self.emit(side, code, members, new);
        let skipped = new.len() - start - 1;
        if let Instruction::Skip { count, .. } = &mut new[start].0 {
            *count = skipped;
        }
    }
}

/// Returns the cost of an instruction in passes over a tile, roughly.
fn cost(instruction: &Instruction) -> u32 {
    use Instruction::*;
    match instruction {
        Load { .. } | Iota { .. } | Fill { .. } | Copy { .. } | Widen { .. } | Narrow { .. } | Round { .. } => 1,
        Compare { .. } | Select { .. } | Convert { .. } | ReduceRows { .. } | Spread { .. } | Accumulate { .. } => 1,
        RoundOnce { .. } | BinaryByRow { .. } | Pair { .. } | Clamp { .. } | SumSquares { .. } | Normalize { .. } => 2,
        IntegerPow { .. } => 2,
        ExpDifference { .. } | Threefry { .. } => 8,
        Skip { .. } => 0,
        Unary { f, .. } => match f {
            UnaryFn::Abs
            | UnaryFn::Neg
            | UnaryFn::Sign
            | UnaryFn::Not
            | UnaryFn::Floor
            | UnaryFn::Ceil
            | UnaryFn::RoundAfz
            | UnaryFn::RoundEven
            | UnaryFn::IsFinite
            | UnaryFn::Real
            | UnaryFn::Imag
            | UnaryFn::Conj => 1,
            UnaryFn::Sqrt | UnaryFn::Rsqrt => 4,
            UnaryFn::Exp
            | UnaryFn::Exp2
            | UnaryFn::Expm1
            | UnaryFn::Log
            | UnaryFn::Log1p
            | UnaryFn::Cbrt
            | UnaryFn::Sin
            | UnaryFn::Cos
            | UnaryFn::Tan
            | UnaryFn::Tanh
            | UnaryFn::Logistic
            | UnaryFn::Erf => 8,
        },
        Binary { f, .. } => match f {
            BinaryFn::Add
            | BinaryFn::Sub
            | BinaryFn::Mul
            | BinaryFn::Max
            | BinaryFn::Min
            | BinaryFn::And
            | BinaryFn::Or
            | BinaryFn::Xor
            | BinaryFn::ShiftLeft
            | BinaryFn::ShiftRightArithmetic
            | BinaryFn::ShiftRightLogical => 1,
            BinaryFn::Div => 2,
            BinaryFn::Rem => 4,
            BinaryFn::Pow | BinaryFn::Atan2 => 16,
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::Plan;
    use crate::kernel::Instruction;
    use crate::plan::Step;
    use rune_ir::interpret::interpret;
    use rune_trace::{Array, DType, Tensor, make_program, where_};

    /// Returns the number of instructions that each skip of a plan may skip.
    fn skips(plan: &Plan) -> Vec<usize> {
        let kernels =
            plan.steps.iter().filter_map(|step| if let Step::Kernel(kernel) = step { Some(kernel) } else { None });
        let count = |i: &Instruction| if let Instruction::Skip { count, .. } = i { Some(*count) } else { None };
        kernels.flat_map(|kernel| kernel.code.iter().filter_map(count)).collect()
    }

    /// Compares a function with the interpreter, on numbers of one range for all tiles, for some and for none.
    #[track_caller]
    fn assert_skips(f: fn(&Tensor) -> Vec<Tensor>, expected: &[usize]) {
        let n = 90;
        let program = make_program(f, &Tensor::zeros([n], DType::F64)).unwrap();
        let plan = Plan::new(&program);
        assert_eq!(skips(&plan), expected, "{program}");
        let inputs: [fn(usize) -> f64; 5] = [
            |i| 2.0 + i as f64,
            |i| -2.0 - i as f64,
            |i| i as f64 * 0.5 - 22.0,
            |i| (i as f64).sin() * 3.0,
            |i| if i == 41 { f64::NAN } else { 0.25 },
        ];
        for input in inputs {
            let x = Array::from_fn([n], input);
            let expected = interpret(&program, std::slice::from_ref(&x)).unwrap();
            let bits = |arrays: &[Array]| -> Vec<Vec<u64>> {
                arrays.iter().map(|y| y.as_slice::<f64>().iter().map(|y| y.to_bits()).collect()).collect()
            };
            assert_eq!(bits(&plan.run(vec![x]).unwrap()), bits(&expected), "{program}");
        }
    }

    #[test]
    fn tiles_skip_the_operand_that_no_element_takes() {
        assert_skips(|x| vec![where_(x.gt(1.0), (x * 2.0).sin(), x.cos())], &[1, 2]);
        // An operand that something else reads is always computed.
        assert_skips(
            |x| {
                let y = x.cos();
                vec![where_(x.gt(1.0), x.sin(), &y) + &y]
            },
            &[1],
        );
    }

    #[test]
    fn selects_within_operands_skip_too() {
        assert_skips(
            |x| {
                let inner = where_(x.lt(1.5), x.sin(), x.tanh());
                vec![where_(x.gt(1.0), inner, x.cos())]
            },
            &[1, 6, 1, 1],
        );
    }

    #[test]
    fn selects_with_one_predicate_skip_what_they_share() {
        assert_skips(
            |x| {
                let shared = x.sin();
                let pred = x.gt(1.0);
                vec![where_(&pred, &shared * 2.0, x), where_(&pred, &shared + 1.0, x)]
            },
            &[3],
        );
        // The second select reads the first.
        assert_skips(
            |x| {
                let pred = x.gt(1.0);
                let y = where_(&pred, x.sin(), x);
                vec![where_(&pred, y.cos(), &y)]
            },
            &[1, 1],
        );
    }
}
