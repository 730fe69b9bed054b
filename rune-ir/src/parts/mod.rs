//! Complex numbers as pairs of real ones: a program that computes with the real and the imaginary parts.
//!
//! Vector instructions and compilers know real numbers only. IREE computes products of complex numbers wrongly under data
//! tiling, and GPUs have no complex types. Both engines therefore run programs in this form.

mod emitter;
mod functions;

use crate::op::{Comparison, CumulativeFn, ReduceFn, ScatterMode, UnaryFn};
use crate::program::{Instruction, ProgramBuilder};
use crate::{DType, Op, Program, Type, Value, Var};
use emitter::Emitter;
use functions::{Functions, Parts};
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::Arc;

impl Program {
    /// Returns the program with real arithmetic in place of operations on complex numbers, simplified. Inputs, constants
    /// and outputs keep their types. So do operands and results of Fourier transforms, linear algebra, callbacks, printing
    /// and operations over named axes. `has_f64` says whether the device computes with `f64`.
    ///
    /// Results differ from those of the interpreter by rounding: it computes `c64` with `f64`.
    ///
    /// ```
    /// use rune_ir::op::{BinaryFn, Op};
    /// use rune_ir::{DType, Origin, ProgramBuilder, Type, Var};
    /// let mut b = ProgramBuilder::new("add", vec![Type::new(DType::C64, [2]); 2], vec![]);
    /// let y = b.push(Op::Binary { f: BinaryFn::Add, x: Var(0), y: Var(1) }, Origin::default())?;
    /// let names = |program: &rune_ir::Program| program.instructions().iter().map(|i| i.op.name()).collect::<Vec<_>>();
    /// let program = b.finish(y.to_vec())?;
    /// assert_eq!(names(&program.in_parts(true)), ["real", "imag", "real", "imag", "add", "add", "complex"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn in_parts(&self, has_f64: bool) -> Cow<'_, Program> {
        let mut rewritten = Rewritten { has_f64, complex: FxHashMap::default(), known: FxHashMap::default() };
        match rewritten.has_complex(self) {
            true => Cow::Owned(rewrite(self, Boundary::Whole, &mut rewritten).simplify()),
            false => Cow::Borrowed(self),
        }
    }
}

/// The form of the complex inputs and outputs of a program.
#[derive(Clone, Copy, PartialEq)]
enum Boundary {
    /// One complex value each.
    Whole,
    /// Two real values each.
    Parts,
}

/// The rewritten sub-programs, keyed by the address of the original. The entry keeps the original alive.
struct Rewritten {
    has_f64: bool,
    /// Whether a sub-program has complex values, keyed by its address.
    complex: FxHashMap<*const Program, bool>,
    known: FxHashMap<*const Program, [Arc<Program>; 2]>,
}

impl Rewritten {
    /// Returns whether a program, or a program that it calls, has complex values.
    fn has_complex(&mut self, program: &Program) -> bool {
        if let Some(&known) = self.complex.get(&std::ptr::from_ref(program)) {
            return known;
        }
        let has = (0..program.num_vars() as u32).any(|v| program.ty(Var(v)).dtype.is_complex())
            || program.instructions().iter().any(|i| self.calls_complex(&i.op));
        self.complex.insert(program, has);
        has
    }
    /// Returns whether a sub-program of the operation has complex values.
    fn calls_complex(&mut self, op: &Op) -> bool {
        op.programs().into_iter().any(|(_, inner)| self.has_complex(inner))
    }
    fn sub_program(&mut self, program: &Arc<Program>) -> Arc<Program> {
        if let Some([_, new]) = self.known.get(&Arc::as_ptr(program)) {
            return new.clone();
        }
        let new =
            if self.has_complex(program) { Arc::new(rewrite(program, Boundary::Parts, self)) } else { program.clone() };
        self.known.insert(Arc::as_ptr(program), [program.clone(), new.clone()]);
        new
    }
}

/// The new variables of an old one. Either form of a complex one is made when it is needed first.
#[derive(Clone, Copy, Default)]
struct Renamed {
    whole: Option<Var>,
    parts: Option<Parts>,
}

struct Rewriter<'a> {
    b: Emitter,
    renamed: Vec<Renamed>,
    rewritten: &'a mut Rewritten,
}

fn rewrite(program: &Program, boundary: Boundary, rewritten: &mut Rewritten) -> Program {
    let is_split = |ty: &Type| boundary == Boundary::Parts && ty.dtype.is_complex();
    let of = |ty: &Type| if is_split(ty) { vec![real(ty); 2] } else { vec![ty.clone()] };
    let inputs = program.input_types().iter().flat_map(of).collect();
    let builder = ProgramBuilder::new(program.name(), inputs, program.constants().to_vec());
    let mut renamed = vec![Renamed::default(); program.num_vars()];
    let mut next = (0..).map(Var);
    let mut var = || next.next().expect("variables are numbered");
    let given = program.input_types().iter().chain(program.constants().iter().map(Value::ty));
    for (ty, renamed) in given.zip(&mut renamed) {
        match is_split(ty) {
            true => renamed.parts = Some([var(), var()]),
            false => renamed.whole = Some(var()),
        }
    }
    let mut rewriter = Rewriter { b: Emitter::new(builder, rewritten.has_f64), renamed, rewritten };
    for instruction in program.instructions() {
        rewriter.b.set_origin(&instruction.origin);
        rewriter.instruction(program, instruction);
    }
    let output = |rewriter: &mut Rewriter, v: &Var| match is_split(program.ty(*v)) {
        true => rewriter.parts(*v).to_vec(),
        false => vec![rewriter.whole(*v)],
    };
    let outputs = program.outputs().iter().flat_map(|v| output(&mut rewriter, v)).collect();
    rewriter.b.into_builder().finish(outputs).expect("outputs are renamed")
}

/// Returns the type of a part.
fn real(ty: &Type) -> Type {
    ty.with_dtype(ty.dtype.real())
}

impl Rewriter<'_> {
    /// Returns the complex form of a variable, or the only form of a real one.
    fn whole(&mut self, v: Var) -> Var {
        let renamed = &mut self.renamed[v.index()];
        let (b, parts) = (&self.b, renamed.parts);
        *renamed.whole.get_or_insert_with(|| {
            let [re, im] = parts.expect("operands are assigned");
            b.push(Op::Complex { re, im })
        })
    }
    fn parts(&mut self, v: Var) -> Parts {
        let renamed = &mut self.renamed[v.index()];
        let (b, whole) = (&self.b, renamed.whole);
        *renamed.parts.get_or_insert_with(|| {
            let x = whole.expect("operands are assigned");
            [UnaryFn::Real, UnaryFn::Imag].map(|f| b.unary(f, x))
        })
    }
    /// Returns the operands of a call: the parts of complex ones, and the others.
    fn flat(&mut self, program: &Program, operands: &[Var]) -> Vec<Var> {
        let mut flat = Vec::new();
        for &v in operands {
            match program.ty(v).dtype.is_complex() {
                true => flat.extend(self.parts(v)),
                false => flat.push(self.whole(v)),
            }
        }
        flat
    }
    fn set_parts(&mut self, old: Var, parts: Parts) {
        self.renamed[old.index()].parts = Some(parts);
    }
    fn set_whole(&mut self, old: Var, new: Var) {
        self.renamed[old.index()].whole = Some(new);
    }

    fn instruction(&mut self, program: &Program, instruction: &Instruction) {
        let op = &instruction.op;
        let is_complex = |v: &Var| program.ty(*v).dtype.is_complex();
        let touches = op.operands().into_iter().any(is_complex) || instruction.results().any(|v| is_complex(&v));
        if !touches && !self.rewritten.calls_complex(op) {
            return self.as_it_is(instruction);
        }
        let result = instruction.first;
        let has_parts = instruction.results == 1 && is_complex(&result);
        match op {
            Op::Select { .. }
            | Op::BroadcastInDim { .. }
            | Op::Reshape { .. }
            | Op::Transpose { .. }
            | Op::Slice { .. }
            | Op::Pad { .. }
            | Op::Concatenate { .. }
            | Op::Reverse { .. }
            | Op::DynamicSlice { .. }
            | Op::DynamicUpdateSlice { .. }
            | Op::Gather { .. }
            | Op::Scatter { mode: ScatterMode::Set | ScatterMode::Add, .. }
            | Op::Reduce { f: ReduceFn::Sum, .. }
            | Op::ReduceWindow { .. }
            | Op::Cumulative { f: CumulativeFn::Sum, .. }
            | Op::StopGradient { .. }
            | Op::CheckpointName { .. } => {
                let parts = [0, 1].map(|i| {
                    let op = op.map(|&v| if is_complex(&v) { self.parts(v)[i] } else { self.whole(v) });
                    self.b.push(op)
                });
                self.set_parts(result, parts);
            }
            Op::OptimizationBarrier { xs } => {
                let xs = self.flat(program, xs);
                let barrier = self.b.push_all(Op::OptimizationBarrier { xs });
                self.set_results(program, instruction, &barrier);
            }

            Op::Constant { value } => {
                let parts = value.parts().expect("the constant is complex");
                let parts = parts.map(|value| self.b.push(Op::Constant { value }));
                self.set_parts(result, parts);
            }
            Op::Complex { re, im } => {
                let parts = [self.whole(*re), self.whole(*im)];
                self.set_parts(result, parts);
            }
            Op::Unary { f, x } if has_parts => {
                let parts = self.parts(*x);
                let y = Functions(&self.b).unary(*f, parts);
                self.set_parts(result, y);
            }
            Op::Unary { f: UnaryFn::Abs, x } => {
                let parts = self.parts(*x);
                let y = Functions(&self.b).abs(parts);
                self.set_whole(result, y);
            }
            Op::Unary { f, x } => {
                let [re, im] = self.parts(*x);
                self.set_whole(result, if *f == UnaryFn::Imag { im } else { re });
            }
            Op::IntegerPow { x, y } => {
                let parts = self.parts(*x);
                let y = Functions(&self.b).integer_pow(parts, *y);
                self.set_parts(result, y);
            }
            Op::Binary { f, x, y } => {
                let (x, y) = (self.parts(*x), self.parts(*y));
                let z = Functions(&self.b).binary(*f, x, y);
                self.set_parts(result, z);
            }
            Op::Compare { direction, x, y } => {
                let (x, y) = (self.parts(*x), self.parts(*y));
                let [re, im] = [0, 1].map(|i| self.b.compare(*direction, x[i], y[i]));
                let is = if *direction == Comparison::Eq { self.b.and(re, im) } else { self.b.or(re, im) };
                self.set_whole(result, is);
            }
            Op::Convert { x, dtype } => self.converted(program, result, *x, *dtype),
            Op::Iota { dtype, shape, dimension } => {
                let re = self.b.push(Op::Iota { dtype: dtype.real(), shape: shape.clone(), dimension: *dimension });
                let im = self.b.number(0.0, re);
                self.set_parts(result, [re, im]);
            }
            Op::Reduce { x, axes, .. } => {
                let parts = self.parts(*x);
                let y = Functions(&self.b).product(parts, axes);
                self.set_parts(result, y);
            }
            Op::Cumulative { x, axis, reverse, .. } => {
                let parts = self.parts(*x);
                let y = Functions(&self.b).cumulative_product(parts, *axis, *reverse);
                self.set_parts(result, y);
            }
            // By the real parts, then by the imaginary ones.
            Op::Sort { operands, dimension, num_keys } => {
                let num_keys = self.flat(program, &operands[..*num_keys]).len();
                let operands = self.flat(program, operands);
                let sorted = self.b.push_all(Op::Sort { operands, dimension: *dimension, num_keys });
                self.set_results(program, instruction, &sorted);
            }
            Op::DotGeneral { lhs, rhs, dims, out } => {
                let product = |lhs, rhs| Op::DotGeneral { lhs, rhs, dims: dims.clone(), out: out.real() };
                self.bilinear(result, *lhs, *rhs, product);
            }
            Op::Conv { lhs, rhs, dims } => {
                self.bilinear(result, *lhs, *rhs, |lhs, rhs| Op::Conv { lhs, rhs, dims: dims.clone() });
            }

            Op::Call { args, program: inner }
            | Op::CustomJvp { args, program: inner, .. }
            | Op::CustomVjp { args, program: inner, .. }
            | Op::CustomLinearSolve { args, solve: inner, .. } => {
                let (args, inner) = (self.flat(program, args), self.rewritten.sub_program(inner));
                self.call(program, instruction, Op::Call { args, program: inner });
            }
            Op::Remat { args, program: inner, policy, differentiated } => {
                let (args, inner) = (self.flat(program, args), self.rewritten.sub_program(inner));
                let (policy, differentiated) = (policy.clone(), *differentiated);
                self.call(program, instruction, Op::Remat { args, program: inner, policy, differentiated });
            }
            Op::Case { index, args, branches } => {
                let (index, args) = (self.whole(*index), self.flat(program, args));
                let branches = branches.iter().map(|branch| self.rewritten.sub_program(branch)).collect();
                self.call(program, instruction, Op::Case { index, args, branches });
            }
            Op::While { args, consts, cond, body } => {
                let consts = self.flat(program, &args[..*consts]).len();
                let args = self.flat(program, args);
                let [cond, body] = [cond, body].map(|inner| self.rewritten.sub_program(inner));
                self.call(program, instruction, Op::While { args, consts, cond, body });
            }
            Op::Scan { args, consts, carry, length, reverse, unroll, body } => {
                let start = self.flat(program, &args[..*consts]).len();
                let carry = self.flat(program, &args[*consts..consts + carry]).len();
                let args = self.flat(program, args);
                let (consts, length, reverse, unroll) = (start, *length, *reverse, *unroll);
                let body = self.rewritten.sub_program(body);
                self.call(program, instruction, Op::Scan { args, consts, carry, length, reverse, unroll, body });
            }

            Op::Scatter { .. }
            | Op::Fft { .. }
            | Op::LuSolve { .. }
            | Op::Factor { .. }
            | Op::TriangularSolve { .. }
            | Op::Collective { .. }
            | Op::AxisIndex { .. }
            | Op::AllGather { .. }
            | Op::AllToAll { .. }
            | Op::Ppermute { .. }
            | Op::CustomLinear { .. }
            | Op::DebugPrint { .. }
            | Op::Callback { .. } => self.as_it_is(instruction),
            Op::Clamp { .. }
            | Op::BitcastConvert { .. }
            | Op::ArgReduce { .. }
            | Op::TopK { .. }
            | Op::Threefry2x32 { .. } => unreachable!("type rules refuse `{}` of complex numbers", op.name()),
        }
    }

    /// Appends an operation on whole values.
    fn as_it_is(&mut self, instruction: &Instruction) {
        let op = instruction.op.map(|&v| self.whole(v));
        let results = self.b.push_all(op);
        instruction.results().zip(results).for_each(|(old, new)| self.set_whole(old, new));
    }
    /// Appends an operation whose results have parts.
    fn call(&mut self, program: &Program, instruction: &Instruction, op: Op) {
        let results = self.b.push_all(op);
        self.set_results(program, instruction, &results);
    }
    /// Records the results of an operation on parts.
    fn set_results(&mut self, program: &Program, instruction: &Instruction, results: &[Var]) {
        let mut results = results.iter().copied();
        let mut next = || results.next().expect("each result has its variables");
        for old in instruction.results() {
            match program.ty(old).dtype.is_complex() {
                true => self.set_parts(old, [next(), next()]),
                false => self.set_whole(old, next()),
            }
        }
    }
    /// Appends the complex form of a function that is linear in both operands.
    fn bilinear(&mut self, result: Var, lhs: Var, rhs: Var, product: impl Fn(Var, Var) -> Op) {
        let (lhs, rhs) = (self.parts(lhs), self.parts(rhs));
        let product = |i: usize, j: usize| self.b.push(product(lhs[i], rhs[j]));
        let re = self.b.sub(product(0, 0), product(1, 1));
        let im = self.b.add(product(0, 1), product(1, 0));
        self.set_parts(result, [re, im]);
    }
    fn converted(&mut self, program: &Program, result: Var, x: Var, dtype: DType) {
        if !program.ty(x).dtype.is_complex() {
            let x = self.whole(x);
            let re = self.b.convert(x, dtype.real());
            let im = self.b.number(0.0, re);
            return self.set_parts(result, [re, im]);
        }
        let [re, im] = self.parts(x);
        if dtype.is_complex() {
            let parts = [re, im].map(|part| self.b.convert(part, dtype.real()));
            return self.set_parts(result, parts);
        }
        let mut y = self.b.convert(re, dtype);
        if dtype == DType::Bool {
            y = self.b.or(y, self.b.convert(im, dtype));
        }
        self.set_whole(result, y);
    }
}
