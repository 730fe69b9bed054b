//! Random branches and loops.

use super::Generator;
use rune_ir::op::{BinaryFn, Comparison, Literal};
use rune_ir::{DType, Op, Origin, Program, ProgramBuilder, Type, Var};
use std::sync::Arc;

/// The maximum number of iterations of a loop.
const MAX_ITERATIONS: usize = 4;

impl Generator {
    /// Returns a random branch or loop on variables of these types. Its programs have this depth.
    pub(super) fn control(&mut self, types: &[Type], depth: u32) -> Op {
        let vars = |g: &mut Generator, most: usize| -> Vec<Var> {
            (0..g.below(most + 1)).map(|_| g.pick_var(types)).collect()
        };
        let typed = |vars: &[Var]| -> Vec<Type> { vars.iter().map(|v| types[v.index()].clone()).collect() };
        match self.below(3) {
            0 => {
                let args = vars(self, 3);
                let outputs: Vec<Type> = (0..1 + self.below(2)).map(|_| self.ty()).collect();
                let branches =
                    (0..1 + self.below(3)).map(|_| self.program_with_outputs("branch", typed(&args), &outputs, depth));
                let branches = branches.collect();
                let scalar = Type::scalar(DType::I32);
                Op::Case { index: self.pick_like(types, Var(0), |t| *t == scalar), args, branches }
            }
            1 => {
                let (consts, mut carried) = (vars(self, 2), vars(self, 2));
                // A counter ends the loop. If no variable can be the counter, the operation is a constant, which a
                // later loop can use as its counter.
                let scalar = Type::scalar(DType::I32);
                let counter = self.pick_like(types, Var(0), |t| *t == scalar);
                if types[counter.index()] != scalar {
                    return Op::Constant { value: Literal::from_f64(DType::I32, self.below(MAX_ITERATIONS) as f64) };
                }
                carried.insert(0, counter);
                let args = [consts.clone(), carried.clone()].concat();
                let cond = self.counter_condition(typed(&args), consts.len());
                let body = self.counter_body(typed(&args), consts.len(), depth);
                Op::While { args, consts: consts.len(), cond, body }
            }
            _ => {
                let (consts, carried, mut xs) = (vars(self, 2), vars(self, 2), vars(self, 2));
                xs.retain(|x| types[x.index()].rank() > 0);
                let length = xs.first().map_or_else(|| self.below(MAX_ITERATIONS), |x| types[x.index()].shape[0]);
                xs.retain(|x| types[x.index()].shape[0] == length);
                let slices = typed(&xs).into_iter().map(|ty| ty.with_shape(&ty.shape[1..]));
                let inputs = typed(&consts).into_iter().chain(typed(&carried)).chain(slices).collect();
                let mut outputs = typed(&carried);
                outputs.extend((0..self.below(3)).map(|_| self.ty()));
                let body = self.program_with_outputs("body", inputs, &outputs, depth);
                let (args, reverse, unroll) = ([&consts[..], &carried, &xs].concat(), self.chance(2), self.below(4));
                Op::Scan { args, consts: consts.len(), carry: carried.len(), length, reverse, unroll, body }
            }
        }
    }

    /// Returns a random program with outputs of these types.
    fn program_with_outputs(&mut self, name: &str, inputs: Vec<Type>, outputs: &[Type], depth: u32) -> Arc<Program> {
        let size = 1 + self.below(5);
        let (mut builder, mut types) = self.instructions(name, inputs, Vec::new(), size, depth);
        let vars = outputs.iter().map(|ty| self.var_of_type(&mut builder, &mut types, ty)).collect();
        Arc::new(builder.finish(vars).expect("outputs are variables"))
    }

    /// Returns a variable of this type, which is new if there is none.
    fn var_of_type(&mut self, builder: &mut ProgramBuilder, types: &mut Vec<Type>, ty: &Type) -> Var {
        let fitting: Vec<usize> = (0..types.len()).filter(|&i| types[i] == *ty).collect();
        if !fitting.is_empty() {
            return Var(self.pick(&fitting) as u32);
        }
        let value = Literal::from_f64(ty.dtype, self.below(5) as f64 / 2.0);
        let x = push(builder, types, Op::Constant { value });
        push(builder, types, Op::BroadcastInDim { x, shape: ty.shape.clone(), dims: Default::default() })
    }

    /// Returns the condition that the counter, input number `at`, is between 0 and some number.
    fn counter_condition(&mut self, inputs: Vec<Type>, at: usize) -> Arc<Program> {
        let mut types = inputs.clone();
        let mut builder = ProgramBuilder::new("cond", inputs, Vec::new());
        let x = Var(at as u32);
        let mut compare = |n: usize, direction| {
            let value = Literal::from_f64(DType::I32, n as f64);
            let y = push(&mut builder, &mut types, Op::Constant { value });
            push(&mut builder, &mut types, Op::Compare { direction, x, y })
        };
        let (low, high) = (compare(0, Comparison::Ge), compare(self.below(MAX_ITERATIONS), Comparison::Lt));
        let both = push(&mut builder, &mut types, Op::Binary { f: BinaryFn::And, x: low, y: high });
        Arc::new(builder.finish(vec![both]).expect("outputs are variables"))
    }

    /// Returns a random program that returns the types of the inputs from `at` on. It increases the first of these.
    fn counter_body(&mut self, inputs: Vec<Type>, at: usize, depth: u32) -> Arc<Program> {
        let carried: Vec<Type> = inputs[at + 1..].to_vec();
        let size = 1 + self.below(5);
        let (mut builder, mut types) = self.instructions("body", inputs, Vec::new(), size, depth);
        let y = push(&mut builder, &mut types, Op::Constant { value: Literal::from_f64(DType::I32, 1.0) });
        let next = push(&mut builder, &mut types, Op::Binary { f: BinaryFn::Add, x: Var(at as u32), y });
        let mut vars = vec![next];
        vars.extend(carried.iter().map(|ty| self.var_of_type(&mut builder, &mut types, ty)));
        Arc::new(builder.finish(vars).expect("outputs are variables"))
    }
}

fn push(builder: &mut ProgramBuilder, types: &mut Vec<Type>, op: Op) -> Var {
    let var = builder.push(op, Origin::default()).expect("the operation is well-typed")[0];
    types.push(builder.ty(var).expect("it was just assigned").clone());
    var
}
