//! Code that the tests of several crates share: random programs and inputs, intact and damaged; test vectors and
//! tolerances; functions under test; and checks of the locations of panics.
//!
//! ```
//! use rune_testing::Generator;
//! let mut random = Generator::new(7);
//! let program = random.program(20);
//! let inputs = random.inputs(&program);
//! assert_eq!(inputs.len(), program.inputs().len());
//! ```

#![allow(missing_docs, reason = "of the tests alone")]

#[allow(clippy::wildcard_enum_match_arm, reason = "of JSON, what is not expected is a wrong vector")]
pub mod array_fns;
pub mod callbacks;
mod control;
pub mod coverage;
pub mod custom;
mod draw;
mod exercise;
pub mod faults;
pub mod functions;
pub mod hostile;
pub mod locations;
mod mutator;
pub mod named_axes;
mod pairs;
#[cfg(target_os = "linux")]
pub mod process;
mod replay;
mod shrink;
mod special_programs;
#[cfg(test)]
mod tests;
pub mod tolerance;
pub mod transforms;
pub mod vectors;

pub use exercise::exercise;
pub use mutator::Mutator;
pub use pairs::{Chain, Operands};
pub use replay::replay;
pub use shrink::shrink;
pub use special_programs::{check_near_interpreter, special_program};

use rune_ir::op::{Literal, NamedAxis};
use rune_ir::{Array, DType, Element, Op, Origin, Program, ProgramBuilder, Shape, Type, Value, Var, with_element};
use std::sync::Arc;

/// Makes well-typed random programs. Equal seeds and settings make equal programs.
#[derive(Clone, Debug)]
pub struct Generator {
    state: u64,
    /// The dtypes of inputs, constants and conversions. Repeated dtypes are more likely.
    pub dtypes: Vec<DType>,
    /// Whether programs have captured constants.
    pub constants: bool,
    /// The maximum nesting depth of sub-programs; 0 for none.
    pub depth: u32,
    /// Whether arrays also hold NaN, infinities, -0 and the extremes of integers.
    pub extremes: bool,
    /// The named axes for collective operations.
    pub axes: Vec<NamedAxis>,
    /// Whether some functions have rules for cotangents, and therefore no forward mode.
    pub custom_vjp: bool,
    /// Whether there are solutions of linear equations.
    pub linear_solves: bool,
    /// The names of excluded operations.
    pub without: Vec<&'static str>,
    /// The maximum number of elements of a variable.
    pub most_elements: usize,
    /// One in this number of operations is a constant, sometimes broadcast to an array.
    pub constant_in: usize,
    /// Variables that are more likely operands than others.
    prefer: Vec<Var>,
}

/// The dtypes of programs with floats of 8 bits.
pub const FLOATS8: [DType; 9] = {
    use DType::*;
    [F8E4M3FN, F8E4M3FN, F8E5M2, F8E5M2, F32, F16, I32, U8, Bool]
};

impl Generator {
    /// Returns a generator of programs over all dtypes except complex ones and floats of 8 bits, mostly `f32`, with
    /// constants and sub-programs.
    pub fn new(seed: u64) -> Generator {
        let mut dtypes: Vec<DType> =
            DType::ALL.into_iter().filter(|dtype| !dtype.is_complex() && !dtype.is_float8()).collect();
        dtypes.extend([DType::F32; 10]);
        dtypes.extend([DType::I32; 3]);
        Generator {
            state: seed,
            dtypes,
            constants: true,
            depth: 2,
            extremes: false,
            axes: Vec::new(),
            custom_vjp: false,
            linear_solves: false,
            without: Vec::new(),
            most_elements: 256,
            constant_in: 12,
            prefer: Vec::new(),
        }
    }

    /// Returns a random number (SplitMix64).
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    /// Returns a random number below `n`, which must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next_u64() % n as u64) as usize
    }
    /// Returns a random item of a nonempty list.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    /// Returns a random type with at most three axes.
    pub fn ty(&mut self) -> Type {
        let rank = self.below(4);
        let shape: Shape = (0..rank).map(|_| self.pick(&[1, 2, 2, 3, 4])).collect();
        let dtypes = std::mem::take(&mut self.dtypes);
        let dtype = self.pick(&dtypes);
        self.dtypes = dtypes;
        Type { dtype, shape }
    }

    /// Returns a random array of this type: small multiples of 1/2, for which most arithmetic is exact.
    pub fn array(&mut self, ty: &Type) -> Array {
        const EXTREMES: [f64; 6] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 1e-300, 1e300];
        let least = if ty.dtype.is_unsigned_int() { 0.0 } else { 8.0 };
        with_element!(ty.dtype, T => Array::from_fn(&ty.shape, |_| {
            let extreme = self.extremes && self.chance(4);
            T::from_f64(if extreme { self.pick(&EXTREMES) } else { (self.below(17) as f64 - least) / 2.0 })
        }))
    }
    fn constant(&mut self) -> Value {
        let ty = self.ty();
        self.array(&ty).into()
    }
    /// Returns random inputs for a program.
    pub fn inputs(&mut self, program: &Program) -> Vec<Array> {
        program.input_types().iter().map(|ty| self.array(ty)).collect()
    }

    /// Returns a random program with at most this number of instructions. It has fewer if an attempt does not
    /// type-check.
    pub fn program(&mut self, instructions: usize) -> Program {
        let inputs = (0..1 + self.below(3)).map(|_| self.ty()).collect();
        self.program_on(inputs, instructions, self.constants, self.depth)
    }

    fn program_on(&mut self, inputs: Vec<Type>, instructions: usize, constants: bool, depth: u32) -> Program {
        let constants = match constants {
            true => (0..self.below(3)).map(|_| self.constant()).collect(),
            false => Vec::new(),
        };
        let (builder, types) = self.instructions("random", inputs, constants, instructions, depth);
        let count = 1 + self.below(3);
        let outputs = (0..count).map(|_| self.pick_var(&types)).collect();
        builder.finish(outputs).expect("outputs are variables")
    }

    /// Returns random instructions, and the types of all variables.
    fn instructions(
        &mut self,
        name: &str,
        inputs: Vec<Type>,
        constants: Vec<Value>,
        instructions: usize,
        depth: u32,
    ) -> (ProgramBuilder, Vec<Type>) {
        let mut types = inputs.clone();
        types.extend(constants.iter().map(|c: &Value| c.ty().clone()));
        let mut builder = ProgramBuilder::new(name, inputs, constants);
        let mut programs: Vec<Arc<Program>> = Vec::new();
        for _ in 0..instructions {
            if types.is_empty() {
                let scalar = Op::Constant { value: Literal::from_f64(DType::F32, 0.5) };
                builder.push(scalar, Origin::default()).expect("a constant is well-typed");
                types.push(Type::scalar(DType::F32));
            }
            if depth > 0 && self.chance(12) {
                let inputs =
                    (0..1 + self.below(2)).map(|_| self.pick_var(&types)).map(|v| types[v.index()].clone()).collect();
                let size = 1 + self.below(4);
                programs.push(Arc::new(self.program_on(inputs, size, false, depth - 1)));
            }
            let origin = Origin::default();
            if self.chance(self.constant_in) {
                // A splat or positions. Results computed from them are constants too.
                let ty = self.pick_var(&types);
                let ty = types[ty.index()].clone();
                let value = self.pick(&[0.0, 1.0, -1.0, 0.5, 2.0]);
                let x = builder.push(Op::Constant { value: Literal::from_f64(ty.dtype, value) }, origin.clone());
                let x = x.expect("a constant is well-typed")[0];
                types.push(Type::scalar(ty.dtype));
                if ty.rank() > 0 {
                    let whole = Op::BroadcastInDim { x, shape: ty.shape.clone(), dims: Default::default() };
                    builder.push(whole, origin.clone()).expect("a scalar goes under any shape");
                    types.push(ty);
                }
            }
            let op =
                if depth > 0 && self.chance(16) { self.control(&types, depth - 1) } else { self.op(&types, &programs) };
            if self.without.contains(&op.name()) {
                continue;
            }
            let most = self.most_elements;
            let small = |ty: &Type| ty.size() <= most;
            let drawn = op.try_map(|v| Ok::<_, ()>(&types[v.index()]));
            let fits = drawn.is_ok_and(|op| rune_ir::types::infer(&op).is_ok_and(|results| results.iter().all(small)));
            if fits && let Ok(vars) = builder.push(op, origin) {
                types.extend(vars.into_iter().filter_map(|v| builder.ty(v).cloned()));
            }
        }
        (builder, types)
    }

    /// Returns a random variable. Later variables are more likely.
    fn pick_var(&mut self, types: &[Type]) -> Var {
        if !self.prefer.is_empty() && self.chance(2) {
            let which = self.below(self.prefer.len());
            return self.prefer[which];
        }
        let n = types.len();
        Var(self.below(n).max(self.below(n)) as u32)
    }
}
