//! Runs plans.

use crate::kernel::{Kernel, Source};
use crate::plan::{Dense, Plan, Step};
use rune_ir::interpret::{InterpretError, eval_op, eval_taking};
use rune_ir::{AlignedBytes, Array, Op, Type, array_memory, profile};
use smallvec::SmallVec;
use std::time::Instant;

/// An array, or a part of one, in a buffer.
#[derive(Clone)]
struct Bound {
    array: Array,
    /// The first byte, and the number of bytes.
    start: usize,
    len: usize,
}

impl Bound {
    fn whole(array: Array) -> Bound {
        let len = array.bytes().len();
        Bound { array, start: 0, len }
    }
    fn bytes(&self) -> &[u8] {
        &self.array.bytes()[self.start..self.start + self.len]
    }
    fn is_whole(&self) -> bool {
        self.len == self.array.bytes().len()
    }
    /// Returns the bytes to write to: the memory itself if nothing else holds it, else a copy.
    fn into_memory(self) -> AlignedBytes {
        if self.is_whole() {
            return self.array.into_aligned();
        }
        let mut memory = array_memory(self.len);
        memory.copy_from_slice(self.bytes());
        memory
    }
    /// Returns an array of this type. Copies the bytes if `self` is a part of an array.
    fn into_array(self, ty: &Type) -> Array {
        match self.is_whole() {
            true if self.array.dtype() == ty.dtype => self.array,
            _ => Array::from_bytes(ty.clone(), self.bytes()),
        }
    }
}

/// The contents of the buffers, and the number of remaining reads of each. A small plan needs no heap memory for them.
struct Buffers<'a> {
    plan: &'a Plan,
    bound: SmallVec<[Option<Bound>; 4]>,
    uses: SmallVec<[u32; 16]>,
}

impl Plan {
    /// Returns the outputs on these inputs. Inputs that nothing else holds may be overwritten.
    ///
    /// # Errors
    /// If the inputs do not have the types that the program takes, a constant cannot be read from its device, or an
    /// operation that the interpreter computes fails.
    pub fn run(&self, inputs: Vec<Array>) -> Result<Vec<Array>, InterpretError> {
        self.run_on(inputs).map(SmallVec::into_vec)
    }

    /// Like [`Plan::run`], but needs no list on the heap for the inputs, or for one or two outputs.
    ///
    /// # Errors
    /// Returns an error where [`Plan::run`] does.
    pub fn run_on(&self, inputs: impl IntoIterator<Item = Array>) -> Result<SmallVec<[Array; 2]>, InterpretError> {
        let inputs: SmallVec<[Array; 4]> = inputs.into_iter().collect();
        self.check(&inputs)?;
        self.run_bound(inputs.into_iter().map(Bound::whole).collect())
    }

    fn check(&self, inputs: &[Array]) -> Result<(), InterpretError> {
        if inputs.len() != self.inputs.len() {
            let (expected, found) = (self.inputs.len(), inputs.len());
            return Err(InterpretError::InputCount { program: self.name.clone(), expected, found });
        }
        match self.inputs.iter().zip(inputs).position(|(ty, array)| ty != array.ty()) {
            None => Ok(()),
            Some(index) => Err(InterpretError::InputType {
                program: self.name.clone(),
                index,
                expected: Box::new(self.inputs[index].clone()),
                found: Box::new(inputs[index].ty().clone()),
            }),
        }
    }

    fn run_bound(&self, inputs: SmallVec<[Bound; 4]>) -> Result<SmallVec<[Array; 2]>, InterpretError> {
        let mut buffers = Buffers { plan: self, bound: SmallVec::new(), uses: SmallVec::from_slice(&self.uses) };
        buffers.bound.resize_with(self.buffers.len(), || None);
        let first = inputs.len();
        for (buffer, input) in inputs.into_iter().enumerate() {
            buffers.put_bound(buffer, input);
        }
        for (index, constant) in self.constants.iter().enumerate() {
            if self.uses[first + index] > 0 {
                let array = constant.to_host().map_err(|reason| {
                    let program = self.name.clone();
                    InterpretError::Constant { program, index, reason }
                })?;
                buffers.put(first + index, array);
            }
        }
        if profile::is_on() {
            for (step, label) in self.steps.iter().zip(&self.labels) {
                let start = Instant::now();
                buffers.step(step)?;
                profile::record("step", label.name(), start, self.details(step, label));
            }
        } else {
            for step in &self.steps {
                buffers.step(step)?;
            }
        }
        Ok(self.outputs.iter().map(|output| buffers.take_array(output)).collect())
    }
}

impl Buffers<'_> {
    fn put_bound(&mut self, buffer: usize, bound: Bound) {
        if self.uses[buffer] > 0 {
            self.bound[buffer] = Some(bound);
        }
    }
    fn put(&mut self, buffer: usize, array: Array) {
        self.put_bound(buffer, Bound::whole(array));
    }
    /// Returns the contents of a buffer, and counts a read.
    fn take(&mut self, buffer: usize) -> Bound {
        let (bound, uses) = (&mut self.bound[buffer], &mut self.uses[buffer]);
        *uses -= 1;
        let bound = if *uses == 0 { bound.take() } else { bound.clone() };
        bound.expect("a buffer is kept until it is read for the last time")
    }
    fn take_array(&mut self, dense: &Dense) -> Array {
        let bound = self.take(dense.buffer);
        dense.reshape(bound.into_array(&self.plan.buffers[dense.buffer]))
    }
    fn take_all(&mut self, all: &[Dense]) -> SmallVec<[Bound; 4]> {
        all.iter().map(|d| self.take(d.buffer)).collect()
    }
    fn results(&mut self, buffers: &[usize], arrays: impl IntoIterator<Item = Array>) {
        for (&buffer, array) in buffers.iter().zip(arrays) {
            self.put(buffer, array);
        }
    }

    fn step(&mut self, step: &Step) -> Result<(), InterpretError> {
        match step {
            Step::Kernel(kernel) => self.kernel(kernel),
            Step::Product { product, buffer } => {
                let (lhs, rhs) = (self.take(product.lhs.buffer), self.take(product.rhs.buffer));
                let ty = &self.plan.buffers[*buffer];
                let mut out = array_memory(ty.bytes());
                product.run(lhs.bytes(), rhs.bytes(), &mut out);
                self.put(*buffer, Array::from_aligned(ty.clone(), out));
            }
            Step::Conv { conv, buffer } => {
                let (lhs, rhs) = (self.take(conv.lhs), self.take(conv.rhs));
                let ty = &self.plan.buffers[*buffer];
                let mut out = array_memory(ty.bytes());
                conv.run(lhs.bytes(), rhs.bytes(), &mut out);
                self.put(*buffer, Array::from_aligned(ty.clone(), out));
            }
            Step::Blocks(blocks) => {
                let taken: SmallVec<[Bound; 8]> = blocks.reads.iter().map(|&buffer| self.take(buffer)).collect();
                let reads: SmallVec<[&[u8]; 8]> = taken.iter().map(Bound::bytes).collect();
                let types = &self.plan.buffers;
                let mut results: SmallVec<[AlignedBytes; 4]> =
                    blocks.results.iter().map(|&b| array_memory(types[b].bytes())).collect();
                blocks.run(&reads, &mut results);
                let arrays = blocks.results.iter().zip(results).map(|(&b, m)| Array::from_aligned(types[b].clone(), m));
                self.results(&blocks.results, arrays);
            }
            Step::Native { native, reads, results } => {
                let mut memories: SmallVec<[AlignedBytes; 2]> = SmallVec::new();
                let mut reads = &reads[..];
                if native.is_in_place() {
                    memories.push(self.take(reads[0]).into_memory());
                    reads = &reads[1..];
                }
                let taken: SmallVec<[Bound; 4]> = reads.iter().map(|&buffer| self.take(buffer)).collect();
                let operands: SmallVec<[&[u8]; 4]> = taken.iter().map(Bound::bytes).collect();
                let types = &self.plan.buffers;
                memories.extend(results[memories.len()..].iter().map(|&b| array_memory(types[b].bytes())));
                native.run(&operands, &mut memories);
                let arrays = results.iter().zip(memories).map(|(&b, m)| Array::from_aligned(types[b].clone(), m));
                self.results(results, arrays);
            }
            Step::Evaluate { op, results } => {
                let arrays = if let Op::Factor { f, x } = op {
                    let x = self.take_array(x);
                    let found = crate::factor(*f, &x).map_or_else(|| eval_op(&Op::Factor { f: *f, x: &x }), Ok);
                    SmallVec::from_vec(found?)
                } else if let Op::Fft { f, x, lengths } = op {
                    SmallVec::from_elem(crate::fft(*f, &self.take_array(x), lengths), 1)
                } else {
                    let ty = results.first().map(|(ty, _)| ty);
                    eval_taking(op, ty, |dense| self.take_array(dense))?
                };
                for ((_, buffer), array) in results.iter().zip(arrays) {
                    self.put(*buffer, array);
                }
            }
            Step::Case { index, args, branches, results } => {
                let chosen = self.take_array(index).as_slice::<i32>()[0];
                let chosen = i64::from(chosen).clamp(0, branches.len() as i64 - 1) as usize;
                let args = self.take_all(args);
                let outputs = branches[chosen].run_bound(args)?;
                self.results(results, outputs);
            }
            Step::While { consts, carry, cond, body, results } => {
                let consts = self.take_all(consts);
                let mut carry = self.take_all(carry);
                loop {
                    let holds = cond.run_bound(consts.iter().chain(&carry).cloned().collect())?;
                    if !holds[0].as_slice::<bool>()[0] {
                        break;
                    }
                    // The carry is moved, so that the body may overwrite it.
                    let outputs = body.run_bound(consts.iter().cloned().chain(carry).collect())?;
                    carry = outputs.into_iter().map(Bound::whole).collect();
                }
                for (&buffer, bound) in results.iter().zip(carry) {
                    self.put_bound(buffer, bound);
                }
            }
            Step::Scan { consts, carry, slices, length, reverse, body, results } => {
                let consts = self.take_all(consts);
                let mut carried = self.take_all(carry);
                let slices = self.take_all(slices);
                let stacked = &results[carry.len()..];
                let mut stacks: Vec<_> = stacked.iter().map(|&b| array_memory(self.plan.buffers[b].bytes())).collect();
                for iteration in 0..*length {
                    let position = if *reverse { length - 1 - iteration } else { iteration };
                    let slice = |all: &Bound| {
                        let len = all.len / length;
                        Bound { array: all.array.clone(), start: all.start + position * len, len }
                    };
                    let inputs = consts.iter().cloned().chain(carried).chain(slices.iter().map(slice)).collect();
                    let mut outputs = body.run_bound(inputs)?.into_iter();
                    carried = outputs.by_ref().take(carry.len()).map(Bound::whole).collect();
                    for (stack, other) in stacks.iter_mut().zip(outputs) {
                        let n = other.bytes().len();
                        stack[position * n..][..n].copy_from_slice(other.bytes());
                    }
                }
                for (&buffer, bound) in results.iter().zip(carried) {
                    self.put_bound(buffer, bound);
                }
                for (&buffer, stack) in stacked.iter().zip(stacks) {
                    self.put(buffer, Array::from_aligned(self.plan.buffers[buffer].clone(), stack));
                }
            }
        }
        Ok(())
    }

    fn kernel(&mut self, kernel: &Kernel) {
        let taken: SmallVec<[Bound; 4]> = kernel.inputs.iter().map(|input| self.take(input.buffer)).collect();
        let inputs: SmallVec<[Source<'_>; 8]> = taken.iter().map(|bound| Source::whole(bound.bytes())).collect();
        let memory = |&buffer: &usize| array_memory(self.plan.buffers[buffer].bytes());
        let written: SmallVec<[usize; 8]> = kernel.outputs.iter().map(|o| o.buffer).collect();
        let reduced: SmallVec<[usize; 8]> = kernel.reductions.iter().map(|r| r.buffer).collect();
        let mut outputs: SmallVec<[_; 4]> = written.iter().map(memory).collect();
        let mut totals: SmallVec<[_; 2]> = reduced.iter().map(memory).collect();
        kernel.run(&inputs, &mut outputs, &mut totals);
        drop(inputs);
        for (&buffer, bytes) in written.iter().chain(&reduced).zip(outputs.into_iter().chain(totals)) {
            self.put(buffer, Array::from_aligned(self.plan.buffers[buffer].clone(), bytes));
        }
    }
}
