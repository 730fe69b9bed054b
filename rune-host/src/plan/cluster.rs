//! Clusters. Each collects the operations of one kernel while a plan is built.

use super::fuse::fuse;
use super::skips::skip_unneeded;
use crate::kernel::{Form, Input, Instruction, Kernel, Output, Reduction, Register, is_by_row};
use crate::view::View;
use rune_ir::op::Literal;
use rune_ir::{DType, Type};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// The maximum size of the registers of a tile in bytes, so that they stay in the first-level cache.
const TILE_BYTES: usize = 24 << 10;
/// The minimum and the maximum number of elements of a tile, and a divisor of that number. They are small in tests, so
/// that small arrays have several tiles.
const TILE: (usize, usize, usize) = if cfg!(test) { (4, 8, 4) } else { (128, 2048, 64) };
/// The number of elements of a tile, for kernels with at most one instruction, not counting loads of contiguous inputs.
const LARGE_TILE: usize = if cfg!(test) { 12 } else { 1 << 16 };

/// Returns the dtype of elements in registers.
pub(super) fn register_dtype(dtype: DType) -> DType {
    if dtype.is_reduced_float() { DType::F32 } else { dtype }
}

/// The source of a register: the buffer, the access, the dtype, and whether there is one element for each row.
type Load = (usize, isize, SmallVec<[(usize, isize); 4]>, DType, bool);

/// The operations on arrays of one size that can run together.
///
/// A value in a register is either *full*, with one element for each index, or *per row*, with one for each row.
pub(super) struct Cluster {
    /// The number of elements of the index space.
    pub size: usize,
    /// The number of elements of a row, if rows are reduced.
    pub row: Option<usize>,
    /// The stage: the cluster runs after all earlier stages.
    pub stage: u32,
    /// The positions of its operations in the program.
    pub members: Vec<usize>,
    code: Vec<(Instruction, bool)>,
    prologue: Vec<Instruction>,
    /// For each register, whether an instruction of the code writes it to scratch memory.
    registers: Vec<bool>,
    inputs: Vec<Input>,
    pub outputs: Vec<Output>,
    pub reductions: Vec<Reduction>,
    /// The loads, fills and spreads so far.
    loads: FxHashMap<Load, Register>,
    fills: FxHashMap<Literal, Register>,
    iotas: FxHashMap<(DType, usize, usize, bool), Register>,
    spreads: FxHashMap<Register, Register>,
    stores: FxHashMap<(Register, DType), usize>,
}

impl Cluster {
    pub(super) fn new(size: usize, stage: u32) -> Cluster {
        Cluster {
            size,
            row: None,
            stage,
            members: Vec::new(),
            code: Vec::new(),
            prologue: Vec::new(),
            registers: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            reductions: Vec::new(),
            loads: FxHashMap::default(),
            fills: FxHashMap::default(),
            iotas: FxHashMap::default(),
            spreads: FxHashMap::default(),
            stores: FxHashMap::default(),
        }
    }
    /// The position of the last operation.
    pub(super) fn last(&self) -> usize {
        self.members.last().copied().unwrap_or(0)
    }
    /// Adds an operation.
    pub(super) fn add(&mut self, position: usize) {
        if self.last() != position {
            self.members.push(position);
        }
    }
    pub(super) fn len(&self) -> usize {
        self.code.len()
    }
    /// Returns the number of rows, if rows are reduced.
    pub(super) fn rows(&self) -> Option<usize> {
        self.row.map(|row| self.size / row)
    }
    fn register(&mut self, computed: bool) -> Register {
        self.registers.push(computed);
        self.registers.len() - 1
    }
    /// Adds the instruction that `make` creates for a new destination register. Returns that register.
    pub(super) fn push(&mut self, per_row: bool, make: impl FnOnce(Register) -> Instruction) -> Register {
        let d = self.register(true);
        self.code.push((make(d), per_row));
        d
    }
    /// Adds an instruction with two results.
    pub(super) fn push_pair(
        &mut self,
        per_row: bool,
        make: impl FnOnce([Register; 2]) -> Instruction,
    ) -> [Register; 2] {
        let d = [self.register(true), self.register(true)];
        self.code.push((make(d), per_row));
        d
    }
    /// Reduces all of `x` into a buffer.
    pub(super) fn reduce(&mut self, x: Register, reduction: Reduction) {
        self.reductions.push(reduction);
        self.code.push((Instruction::Accumulate { reduction: self.reductions.len() - 1, x }, false));
    }

    /// Loads the elements of a buffer into a register.
    pub(super) fn load(&mut self, buffer: usize, view: &View, dtype: DType, per_row: bool) -> Register {
        let access = view.access();
        let form = access.form();
        let scalar = form == Form::Scalar;
        let key = (buffer, access.offset, access.axes.clone(), dtype, per_row && !scalar);
        if let Some(&register) = self.loads.get(&key) {
            return register;
        }
        self.inputs.push(Input { buffer, size: dtype.size(), access });
        let d = self.register(matches!(form, Form::Strided | Form::Rows(..)));
        let load = Instruction::Load { input: self.inputs.len() - 1, d };
        let push = |cluster: &mut Cluster, instruction| match scalar {
            true => cluster.prologue.push(instruction),
            false => cluster.code.push((instruction, per_row)),
        };
        push(self, load);
        let register = match dtype.is_reduced_float() {
            true => {
                let wide = self.register(!scalar);
                push(self, Instruction::Widen { reduced: dtype, x: d, d: wide });
                wide
            }
            false => d,
        };
        self.loads.insert(key, register);
        register
    }
    /// Fills a register with one number.
    pub(super) fn fill(&mut self, value: Literal) -> Register {
        let value =
            if value.dtype().is_reduced_float() { Literal::from_f64(DType::F32, value.to_f64()) } else { value };
        if let Some(&register) = self.fills.get(&value) {
            return register;
        }
        let d = self.register(false);
        self.prologue.push(Instruction::Fill { value, d });
        self.fills.insert(value, d);
        d
    }
    pub(super) fn iota(&mut self, dtype: DType, stride: usize, size: usize, per_row: bool) -> Register {
        if let Some(&register) = self.iotas.get(&(dtype, stride, size, per_row)) {
            return register;
        }
        let mut register = self.push(per_row, |d| Instruction::Iota { dtype: register_dtype(dtype), stride, size, d });
        if dtype.is_reduced_float() {
            let x = register;
            register = self.push(per_row, |d| Instruction::Round { reduced: dtype, x, d });
        }
        self.iotas.insert((dtype, stride, size, per_row), register);
        register
    }
    /// Repeats each element of a per-row register along its row.
    pub(super) fn spread(&mut self, x: Register, dtype: DType) -> Register {
        if let Some(&register) = self.spreads.get(&x) {
            return register;
        }
        let register = self.push(false, |d| Instruction::Spread { size: register_dtype(dtype).size(), x, d });
        self.spreads.insert(x, register);
        register
    }
    /// Returns the buffer that a register is stored to, if there is one.
    pub(super) fn stored(&self, x: Register, dtype: DType) -> Option<usize> {
        self.stores.get(&(x, dtype)).copied()
    }
    /// Stores a register to a buffer.
    pub(super) fn store(&mut self, x: Register, dtype: DType, per_row: bool, buffer: usize) {
        let written = self.outputs.iter().any(|o| o.register == x);
        let register = match dtype.is_reduced_float() {
            true => self.push(per_row, |d| Instruction::Narrow { reduced: dtype, x, d }),
            // A register is copied if it is read in place, is the same in all tiles, or is already written to an
            // output.
            false if self.registers[x] && !written => x,
            false => self.push(per_row, |d| Instruction::Copy { size: dtype.size(), x, d }),
        };
        self.outputs.push(Output { buffer, register, size: dtype.size(), per_row });
        self.stores.insert((x, dtype), buffer);
    }

    /// Returns the kernel, with only the instructions whose results are stored or reduced.
    pub(super) fn finish(mut self) -> Kernel {
        self.read_rows_in_place();
        self.drop_unneeded();
        fuse(&mut self.code, self.registers.len(), &self.outputs);
        self.drop_unneeded();
        skip_unneeded(&mut self.code, self.registers.len(), &self.inputs, &self.outputs);
        let (mut prologue, mut code) = (self.prologue.split_off(0), self.code.split_off(0));
        let registers = self.allocate(&mut prologue, &mut code);
        let row = self.row.unwrap_or(1);
        // If inputs are only read in place and once, tiles need not stay in the cache, and can be large.
        let is_dense = |input: usize| self.inputs[input].access.form() == Form::Dense;
        let in_place = |i: &Instruction| matches!(*i, Instruction::Load { input, .. } if is_dense(input));
        let others = code.iter().filter(|(instruction, _)| !in_place(instruction)).count();
        let tile = match others <= 1 && prologue.is_empty() {
            true => LARGE_TILE,
            false => (TILE_BYTES / (4 * full_registers(&mut code, registers))).clamp(TILE.0, TILE.1) / TILE.2 * TILE.2,
        };
        let tile = (tile / row).max(1) * row;
        // If an input repeats within each tile, it is the same in all tiles.
        let repeats = |(instruction, _): &(Instruction, bool)| {
            let input = if let Instruction::Load { input, .. } = *instruction { Some(input) } else { None };
            let form = input.map(|input| self.inputs[input].access.form());
            matches!(form, Some(Form::Cyclic(n)) if tile.is_multiple_of(n))
        };
        let (repeated, code): (Vec<_>, Vec<_>) = code.into_iter().partition(repeats);
        prologue.extend(repeated.into_iter().map(|(instruction, _)| instruction));
        let (code, per_row) = code.into_iter().unzip();
        Kernel {
            size: self.size,
            row,
            tile,
            registers,
            inputs: self.inputs,
            prologue,
            code,
            per_row,
            outputs: self.outputs,
            reductions: self.reductions,
        }
    }

    /// Drops instructions whose results are neither stored nor reduced.
    fn drop_unneeded(&mut self) {
        let mut needed = vec![false; self.registers.len()];
        self.outputs.iter().for_each(|o| needed[o.register] = true);
        let mut keep = |instruction: &mut Instruction| {
            let (xs, d) = instruction.registers_mut();
            let wanted = d.is_empty() || d.iter().any(|d| needed[**d]);
            if wanted {
                xs.into_iter().for_each(|x| needed[*x] = true);
            }
            wanted
        };
        self.code = self.code.drain(..).rev().filter_map(|mut i| keep(&mut i.0).then_some(i)).collect();
        self.code.reverse();
        self.prologue = self.prologue.drain(..).rev().filter_map(|mut i| keep(&mut i).then_some(i)).collect();
        self.prologue.reverse();
    }

    /// Lets instructions read per-row operands directly where possible, so that these need not be spread.
    fn read_rows_in_place(&mut self) {
        let mut spread: FxHashMap<Register, Register> = FxHashMap::default();
        for (instruction, _) in &mut self.code {
            if let Instruction::Spread { x, d, .. } = *instruction {
                spread.insert(d, x);
            }
            if let Instruction::Binary { f, dtype, x, y, d } = *instruction
                && is_by_row(f, dtype)
            {
                let (x, y, swapped) = match (spread.get(&x), spread.get(&y)) {
                    (None, Some(&row)) => (x, row, false),
                    (Some(&row), None) => (y, row, true),
                    (None, None) | (Some(_), Some(_)) => continue,
                };
                *instruction = Instruction::BinaryByRow { f, dtype, x, y, swapped, d };
            }
        }
    }

    /// Reuses registers whose values are no longer needed. Returns the number of registers.
    fn allocate(&mut self, prologue: &mut [Instruction], code: &mut [(Instruction, bool)]) -> usize {
        const NEVER: usize = usize::MAX;
        let mut last_use = vec![0; self.registers.len()];
        for (at, (instruction, _)) in code.iter_mut().enumerate() {
            instruction.registers_mut().0.into_iter().for_each(|x| last_use[*x] = at);
        }
        // Outputs are not scratch memory. Registers of the prologue are the same in all tiles.
        self.outputs.iter().for_each(|o| last_use[o.register] = NEVER);
        let mut renamed: Vec<Register> = vec![NEVER; self.registers.len()];
        let (mut free, mut count) = (Vec::new(), 0);
        let mut fresh = || {
            count += 1;
            count - 1
        };
        for instruction in prologue {
            let (xs, d) = instruction.registers_mut();
            xs.into_iter().for_each(|x| *x = renamed[*x]);
            for d in d {
                last_use[*d] = NEVER;
                renamed[*d] = fresh();
                *d = renamed[*d];
            }
        }
        for (at, (instruction, _)) in code.iter_mut().enumerate() {
            let dense = matches!(instruction, Instruction::Load { input, .. } if is_in_place(self.inputs[*input].access.form()));
            let (xs, d) = instruction.registers_mut();
            let mut dead: SmallVec<[Register; 4]> = SmallVec::new();
            for x in xs {
                let new = renamed[*x];
                if last_use[*x] == at && !dead.contains(&new) {
                    dead.push(new);
                }
                *x = new;
            }
            for d in d {
                let own = dense || last_use[*d] == NEVER;
                if dense {
                    last_use[*d] = NEVER;
                }
                renamed[*d] = if own { fresh() } else { free.pop().unwrap_or_else(&mut fresh) };
                *d = renamed[*d];
            }
            free.extend(dead);
        }
        for (instruction, _) in code {
            if let Instruction::Skip { unwritten, .. } = instruction {
                unwritten.iter_mut().for_each(|(d, _)| *d = renamed[*d]);
            }
        }
        for output in &mut self.outputs {
            output.register = renamed[output.register];
        }
        count
    }
}

/// Returns the number of full registers, which hold one element for each index.
fn full_registers(code: &mut [(Instruction, bool)], registers: usize) -> usize {
    let mut full = vec![false; registers];
    for (instruction, per_row) in code {
        if !*per_row {
            instruction.registers_mut().1.into_iter().for_each(|d| full[*d] = true);
        }
    }
    full.iter().filter(|full| **full).count().max(1)
}

/// Returns whether elements can be read in place, so that the register needs no memory.
pub(super) fn is_in_place(form: Form) -> bool {
    matches!(form, Form::Dense | Form::Cyclic(_))
}

/// Returns the type of an array with as many elements as a register.
pub(super) fn flat(dtype: DType, size: usize) -> Type {
    Type::new(dtype, [size])
}
