//! Short chains of operations, because operations that are correct alone can be wrong together.

use super::Generator;
use rune_ir::op::{BinaryFn, ConvDims, Literal, UnaryFn};
use rune_ir::{DType, Op, Origin, Program, ProgramBuilder, Shape, Type, Var};
use smallvec::{SmallVec, smallvec};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Operations that cannot be compiled alone, or that are host calls.
const EXCLUDED: [&str; 4] = ["call", "remat", "custom_jvp", "custom_vjp"];
/// The number of random operations that are tried to find those that can extend a chain.
const DRAWS: usize = 4000;

/// A program of operations, each of which takes a result of the previous one.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The names of the operations.
    pub names: Vec<&'static str>,
    /// The program; its results are those of the last operation.
    pub program: Program,
}

/// The sources of operands that are not results of the previous operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operands {
    /// Arguments, and values computed from them.
    Arguments,
    /// Arguments and constants.
    Mixed,
    /// Constants that the compiler only discovers after unrolling a loop.
    Unrolled,
}

/// The operations of a chain so far, and the types of its variables. A new operation does not renumber the variables.
#[derive(Clone)]
struct Start {
    names: Vec<&'static str>,
    ops: Vec<Op>,
    types: Vec<Type>,
    /// The results of the last operation.
    last: SmallVec<[Var; 2]>,
}

impl Generator {
    /// Returns chains of two operations over arrays of type `ty`. For each of `firsts` first operations, there is one
    /// chain for each drawn operation that can follow it.
    pub fn pairs(&mut self, ty: &Type, operands: Operands, firsts: usize) -> Vec<Chain> {
        let pool = self.pool(ty, operands);
        let firsts = self.some_extensions(&pool, firsts);
        let chains = firsts.into_iter().flat_map(|first| self.extensions(&first).into_values()).collect::<Vec<_>>();
        chains.iter().map(|chain| chain.finish(ty, operands, &pool)).collect()
    }

    /// Returns at most `most` chains that extend `start` by one operation.
    fn some_extensions(&mut self, start: &Start, most: usize) -> Vec<Start> {
        let mut all: Vec<Start> = self.extensions(start).into_values().collect();
        while all.len() > most {
            let which = self.below(all.len());
            all.swap_remove(which);
        }
        all
    }

    /// Returns chains of three operations whose second one is a reduction, contraction or cumulative function. For each
    /// first and second operation, there are `each` third ones.
    pub fn triples(&mut self, ty: &Type, operands: Operands, firsts: usize, each: usize) -> Vec<Chain> {
        let pool = self.pool(ty, operands);
        let mut chains = Vec::new();
        for first in self.some_extensions(&pool, firsts) {
            let seconds = self.extensions(&first).into_iter().filter(|(name, _)| is_contraction(name));
            for (_, second) in seconds.collect::<Vec<_>>() {
                chains
                    .extend(self.some_extensions(&second, each).iter().map(|third| third.finish(ty, operands, &pool)));
            }
        }
        chains
    }

    /// Returns the initial variables. They have the type `ty`, or types that operations combine with it.
    fn pool(&mut self, ty: &Type, operands: Operands) -> Start {
        let mut inputs = inputs(ty);
        let mut ops: Vec<Op> = Vec::new();
        let mut types = std::mem::take(&mut inputs);
        let mut push = |op: Op, ty: Type| {
            ops.push(op);
            types.push(ty);
            Var(types.len() as u32 - 1)
        };
        if operands != Operands::Unrolled {
            let computed = if ty.dtype == DType::Bool {
                Op::Unary { f: UnaryFn::Not, x: Var(0) }
            } else {
                Op::Binary { f: BinaryFn::Mul, x: Var(0), y: Var(1) }
            };
            push(computed, ty.clone());
        }
        if operands == Operands::Mixed {
            for (dtype, shape) in
                [(ty.dtype, ty.shape.clone()), (DType::Bool, ty.shape.clone()), (ty.dtype, Shape::scalar())]
            {
                let value = Literal::from_f64(dtype, self.pick(&[0.0, 1.0, 2.0, 0.5]));
                let x = push(Op::Constant { value }, Type::scalar(dtype));
                if shape.rank() > 0 {
                    push(Op::BroadcastInDim { x, shape: shape.clone(), dims: smallvec![] }, Type::new(dtype, shape));
                }
            }
        }
        Start { names: Vec::new(), ops, types, last: SmallVec::new() }
    }

    /// Returns the chains with one more operation, by its name. The operation takes a result of the previous one.
    fn extensions(&mut self, start: &Start) -> BTreeMap<&'static str, Start> {
        let mut found = BTreeMap::new();
        for _ in 0..DRAWS {
            self.prefer = start.last.iter().copied().collect();
            let op = if self.chance(24) { self.conv(&start.types) } else { self.op(&start.types, &[]) };
            let follows = start.last.is_empty() || op.operands().iter().any(|v| start.last.contains(v));
            let name = op.name();
            if !follows || op.operands().is_empty() || EXCLUDED.contains(&name) || self.without.contains(&name) {
                continue;
            }
            if found.contains_key(name) {
                continue;
            }
            let typed = op.try_map(|v| Ok::<_, ()>(&start.types[v.index()]));
            let Some(results) = typed.ok().and_then(|typed| rune_ir::types::infer(&typed).ok()) else { continue };
            if results.iter().any(|t| t.size() > self.most_elements || t.size() == 0) {
                continue;
            }
            let mut next = start.clone();
            let first = next.types.len() as u32;
            next.last = (first..first + results.len() as u32).map(Var).collect();
            next.types.extend(results);
            next.ops.push(op);
            next.names.push(name);
            found.insert(name, next);
        }
        self.prefer.clear();
        found
    }

    /// Returns a convolution of one variable with another.
    fn conv(&mut self, types: &[Type]) -> Op {
        let lhs = self.pick_var(types);
        let ty = types[lhs.index()].clone();
        let spatial = ty.rank().saturating_sub(2);
        let rhs = self.pick_like(types, lhs, |t| t.dtype == ty.dtype && t.rank() == ty.rank());
        let places = || (0..spatial + 2).collect();
        let mut sizes = |most: usize| (0..spatial).map(|_| 1 + self.below(most)).collect();
        let (strides, lhs_dilation, rhs_dilation) = (sizes(3), sizes(2), sizes(2));
        let padding = (0..spatial).map(|_| (self.below(3) as i64, self.below(3) as i64)).collect();
        let (feature_groups, batch_groups) = (1, 1);
        let dims = ConvDims {
            lhs: places(),
            rhs: places(),
            out: places(),
            strides,
            padding,
            lhs_dilation,
            rhs_dilation,
            feature_groups,
            batch_groups,
        };
        Op::Conv { lhs, rhs, dims: Box::new(dims) }
    }
}

/// Returns the types of arguments that fit arrays of one type.
fn inputs(ty: &Type) -> Vec<Type> {
    let dtype = ty.dtype;
    let mut turned: Vec<usize> = ty.shape.to_vec();
    turned.reverse();
    let mut types = vec![
        ty.clone(),
        ty.clone(),
        ty.with_dtype(DType::Bool),
        Type::new(dtype, turned),
        Type::scalar(dtype),
        Type::scalar(DType::I32),
        Type::new(DType::I32, [3, 1]),
        Type::new(DType::U32, ty.shape.clone()),
    ];
    // A kernel with the same number of features, and rows of a scatter.
    if ty.rank() > 2 {
        let kernel: Vec<usize> = ty
            .shape
            .iter()
            .enumerate()
            .map(|(a, &n)| {
                if a == 0 {
                    2
                } else if a == 1 {
                    n
                } else {
                    n.min(2)
                }
            })
            .collect();
        types.push(Type::new(dtype, kernel));
    }
    if ty.rank() > 0 {
        let rows: Vec<usize> = std::iter::once(3).chain(ty.shape.iter().skip(1).copied()).collect();
        types.push(Type::new(dtype, rows));
    }
    types
}

fn is_contraction(name: &str) -> bool {
    ["reduce", "arg", "dot", "conv", "cum", "sort", "top_k"].iter().any(|start| name.starts_with(start))
        && name != "convert"
}

impl Start {
    fn finish(&self, ty: &Type, operands: Operands, pool: &Start) -> Chain {
        let inputs = inputs(ty);
        let program = |name: &str| {
            let mut builder = ProgramBuilder::new(name, inputs.clone(), Vec::new());
            for op in &self.ops {
                builder.push(op.clone(), Origin::default()).expect("it was checked when it was drawn");
            }
            builder.finish(self.last.to_vec()).expect("results are variables")
        };
        debug_assert!(self.ops.len() > pool.ops.len());
        let program = match operands {
            Operands::Arguments | Operands::Mixed => program("chain"),
            Operands::Unrolled => unrolled(program("body")),
        };
        Chain { names: self.names.clone(), program }
    }
}

/// Returns a program of the first input of `body`. It runs the body in a loop of two iterations, with constants as all
/// inputs.
fn unrolled(body: Program) -> Program {
    let types = body.input_types().to_vec();
    let mut builder = ProgramBuilder::new("unrolled", vec![types[0].clone()], Vec::new());
    let mut push = |op: Op| builder.push(op, Origin::default()).expect("constants are well-typed")[0];
    // The first input is a constant too, so the body sees no arguments.
    let constants: Vec<Var> = types
        .iter()
        .enumerate()
        .map(|(i, ty)| {
            let x = push(Op::Constant { value: Literal::from_f64(ty.dtype, [1.0, 2.0, 1.0][i % 3]) });
            push(Op::BroadcastInDim { x, shape: ty.shape.clone(), dims: smallvec![] })
        })
        .collect();
    let consts = constants.len();
    let scan =
        Op::Scan { args: constants, consts, carry: 0, length: 2, reverse: false, unroll: 0, body: Arc::new(body) };
    let results = builder.push(scan, Origin::default()).expect("the body takes the types of the constants");
    builder.finish(results.to_vec()).expect("results are variables")
}
