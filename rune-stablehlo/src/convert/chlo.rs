//! CHLO functions that rune lacks, in the StableHLO operations that JAX's export writes (`scripts/vectors chlo`), with
//! custom derivatives. The derivatives of the formulas are inexact, and NaN if an untaken branch is infinite.

use super::arguments::exactly;
use super::scope::Scope;
use super::{ConvertError, Converter, invalid, refused};
use rune_ir::op::{BinaryFn, Literal, UnaryFn};
use rune_ir::{BuildError, DType, Op, Origin, Program, ProgramBuilder, Type, Var};
use rune_trace::ProgramExt;
use std::sync::Arc;

/// A function of one or two numbers.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Chlo {
    Lgamma,
    Digamma,
    Erfc,
    NextAfter,
    Zeta,
}

impl Chlo {
    pub(super) fn named(name: &str) -> Option<Chlo> {
        Some(match name {
            "chlo.lgamma" => Chlo::Lgamma,
            "chlo.digamma" => Chlo::Digamma,
            "chlo.erfc" => Chlo::Erfc,
            "chlo.next_after" => Chlo::NextAfter,
            "chlo.zeta" => Chlo::Zeta,
            _ => return None,
        })
    }
    /// Returns the function of scalars, in `f32` or `f64`.
    fn text(self, double: bool) -> &'static str {
        match (self, double) {
            (Chlo::Lgamma, false) => include_str!("chlo/lgamma.f32.mlir"),
            (Chlo::Lgamma, true) => include_str!("chlo/lgamma.f64.mlir"),
            (Chlo::Digamma, false) => include_str!("chlo/digamma.f32.mlir"),
            (Chlo::Digamma, true) => include_str!("chlo/digamma.f64.mlir"),
            (Chlo::Erfc, false) => include_str!("chlo/erfc.f32.mlir"),
            (Chlo::Erfc, true) => include_str!("chlo/erfc.f64.mlir"),
            (Chlo::NextAfter, false) => include_str!("chlo/next_after.f32.mlir"),
            (Chlo::NextAfter, true) => include_str!("chlo/next_after.f64.mlir"),
            (Chlo::Zeta, false) => include_str!("chlo/zeta.f32.mlir"),
            (Chlo::Zeta, true) => include_str!("chlo/zeta.f64.mlir"),
        }
    }
}

impl Converter<'_, '_> {
    /// Returns the function of arrays of this type, computed in `f32` or `f64`.
    fn chlo(&mut self, f: Chlo, ty: &Type) -> Result<Arc<Program>, ConvertError> {
        if let Some(known) = self.chlo.get(&(f, ty.clone())) {
            return Ok(known.clone());
        }
        let scalars = crate::import(f.text(ty.dtype == DType::F64)).map_err(ConvertError::Within)?;
        let mut program = scalars;
        // Maps the innermost axis first, so that each new axis comes before the others.
        for &n in ty.shape.iter().rev() {
            let axes = vec![Some(0); program.input_types().len()];
            program = program.vmap(n, &axes, &[Some(0)]).or_else(|error| invalid(error.to_string()))?;
        }
        let program = Arc::new(program);
        self.chlo.insert((f, ty.clone()), program.clone());
        Ok(program)
    }
}

impl Scope<'_, '_, '_> {
    pub(super) fn special(&mut self, f: Chlo, xs: &[Var]) -> Result<Var, ConvertError> {
        let x = match f {
            Chlo::Lgamma | Chlo::Digamma | Chlo::Erfc => exactly::<1>(xs)?[0],
            Chlo::NextAfter | Chlo::Zeta => exactly::<2>(xs)?[0],
        };
        let dtype = self.ty(x).dtype;
        if self.ty(x).size() == 0 {
            return Ok(x);
        }
        // Half types use the formulas of `f32`, except for `next_after`.
        let wide = match dtype.size() {
            4 | 8 if dtype.is_float() => dtype,
            2 if dtype.is_float() && f != Chlo::NextAfter => DType::F32,
            _ if dtype.is_float() => {
                return refused(format!("has dtype {dtype}, but only `f32` and `f64` are supported"));
            }
            _ => return invalid(format!("it takes floats, but has {}", self.ty(x))),
        };
        let args = xs.iter().map(|&x| self.convert(x, wide)).collect::<Result<Vec<Var>, _>>()?;
        let ty = self.ty(args[0]).clone();
        let program = self.cx.chlo(f, &ty)?;
        let op = match self.cx.rule(f, &ty)? {
            Some(rule) => Op::CustomJvp { num_args: args.len(), args, program, rule, takes_results: true },
            None => Op::Call { args, program },
        };
        let y = self.one(op)?;
        self.convert(y, dtype)
    }
}

impl Converter<'_, '_> {
    /// Returns the rule for the tangent, a function of the argument, the result and the argument's tangent.
    fn rule(&mut self, f: Chlo, ty: &Type) -> Result<Option<Arc<Program>>, ConvertError> {
        let mut b = Rule::new(ty);
        let x = Var(0);
        let slope = match f {
            Chlo::Lgamma => b.push(Op::Call { args: vec![x], program: self.chlo(Chlo::Digamma, ty)? })?,
            Chlo::Digamma => {
                // The derivative of digamma is ζ(2, x).
                let two = b.full(2.0)?;
                b.push(Op::Call { args: vec![two, x], program: self.chlo(Chlo::Zeta, ty)? })?
            }
            Chlo::Erfc => {
                let square = b.binary(BinaryFn::Mul, x, x)?;
                let minus = b.push(Op::Unary { f: UnaryFn::Neg, x: square })?;
                let exp = b.push(Op::Unary { f: UnaryFn::Exp, x: minus })?;
                let factor = b.full(-std::f64::consts::FRAC_2_SQRT_PI)?;
                b.binary(BinaryFn::Mul, factor, exp)?
            }
            Chlo::NextAfter | Chlo::Zeta => return Ok(None),
        };
        let tangent = b.binary(BinaryFn::Mul, slope, Var(2))?;
        Ok(Some(Arc::new(b.builder.finish(vec![tangent])?)))
    }
}

struct Rule {
    builder: ProgramBuilder,
    ty: Type,
}

impl Rule {
    fn new(ty: &Type) -> Rule {
        Rule { builder: ProgramBuilder::new("rule", vec![ty.clone(); 3], Vec::new()), ty: ty.clone() }
    }
    fn push(&mut self, op: Op) -> Result<Var, BuildError> {
        Ok(self.builder.push(op, Origin::default())?[0])
    }
    fn binary(&mut self, f: BinaryFn, x: Var, y: Var) -> Result<Var, BuildError> {
        self.push(Op::Binary { f, x, y })
    }
    fn full(&mut self, value: f64) -> Result<Var, BuildError> {
        let x = self.push(Op::Constant { value: Literal::from_f64(self.ty.dtype, value) })?;
        let (shape, dims) = (self.ty.shape.clone(), Default::default());
        if shape.rank() == 0 { Ok(x) } else { self.push(Op::BroadcastInDim { x, shape, dims }) }
    }
}
