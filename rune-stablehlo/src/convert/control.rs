//! Calls, branches and loops.

use super::arguments::exactly;
use super::converter::{Callee, ConvertError, Converter, MAX_CALLS, invalid, name_of};
use super::free;
use super::scope::Scope;
use crate::ast::Operation;
use rune_ir::op::{Comparison, Literal};
use rune_ir::{DType, Op, Var};
use std::sync::Arc;

impl Converter<'_, '_> {
    /// Returns the function with this name as a program to call.
    fn callee(&mut self, name: &str) -> Result<Callee, ConvertError> {
        let (name, function) = self.function(name)?;
        match self.done.get(name) {
            Some(Some(callee)) => return Ok(callee.clone()),
            Some(None) => return invalid(format!("@{name} calls itself, but programs cannot recurse")),
            None => {}
        }
        if self.calls >= MAX_CALLS {
            return invalid(format!("calls nest more than {MAX_CALLS} deep"));
        }
        self.done.insert(name, None);
        self.calls += 1;
        let arrays = free::of_function(self, name, 0)?;
        let program = Scope::function(self, function, name, &arrays, false).map_err(ConvertError::Within)?;
        self.calls -= 1;
        let callee = Callee { program: program.map(Arc::new), arrays };
        self.done.insert(name, Some(callee.clone()));
        Ok(callee)
    }
}

impl<'m, 't> Scope<'_, 'm, 't> {
    pub(super) fn call(&mut self, name: &str, xs: &[Var]) -> Result<Option<Vec<Var>>, ConvertError> {
        let callee = self.cx.callee(name)?;
        self.cx.hand(callee.arrays.len())?;
        let arrays = callee.arrays.iter().map(|at| self.arrays.get(at).copied());
        let Some(arrays) = arrays.collect::<Option<Vec<Var>>>() else { return invalid("an array is not available") };
        let Some(program) = callee.program else { return Ok(None) };
        let args: Vec<Var> = xs.iter().copied().chain(arrays).collect();
        let call = Op::Call { args, program };
        if let (&[pred, on_true, on_false], true) = (xs, Self::is_part(&call))
            && let Some(var) = self.log_ndtr(pred, on_true, on_false)?
        {
            return Ok(Some(vec![var]));
        }
        self.push(call).map(Some)
    }

    /// Imports a composite as rune's own operation if there is one, otherwise as its decomposition.
    pub(super) fn composite(&mut self, op: &'m Operation<'t>, xs: &[Var]) -> Result<Option<Vec<Var>>, ConvertError> {
        let name = name_of(op, "name").unwrap_or_default();
        if let Some(vars) = self.expansion(op, name, xs)? {
            return Ok(Some(vars));
        }
        match name_of(op, "decomposition") {
            Some(function) => self.call(function, xs),
            None => invalid("its `decomposition` is missing"),
        }
    }

    pub(super) fn case(&mut self, op: &'m Operation<'t>, xs: &[Var]) -> Result<Option<Vec<Var>>, ConvertError> {
        let [index] = exactly(xs)?;
        let last = op.regions.len() as i64 - 1;
        // StableHLO takes the last branch for any out-of-range index; a program takes the nearest one.
        let inside = self.ranges.get(&index).is_some_and(|&(low, high)| 0 <= low && high <= last);
        let index = if inside {
            index
        } else {
            let bound = self.one(Op::Constant { value: Literal::new(last as i32) })?;
            let zero = self.one(Op::Constant { value: Literal::new(0i32) })?;
            let below = self.one(Op::Compare { direction: Comparison::Lt, x: index, y: zero })?;
            self.one(Op::Select { pred: below, on_true: bound, on_false: index })?
        };
        self.branches(op, index, false)
    }

    pub(super) fn if_(&mut self, op: &'m Operation<'t>, xs: &[Var]) -> Result<Option<Vec<Var>>, ConvertError> {
        let [pred] = exactly(xs)?;
        let index = self.convert(pred, DType::I32)?;
        // The first region is the one for true.
        self.branches(op, index, true)
    }

    fn branches(&mut self, op: &'m Operation<'t>, index: Var, turned: bool) -> Result<Option<Vec<Var>>, ConvertError> {
        let names = vec!["branch"; op.regions.len()];
        let Some((args, programs)) = self.regions(op, &names)? else { return Ok(None) };
        let mut branches: Vec<Arc<_>> = programs.into_iter().map(Arc::new).collect();
        if turned {
            branches.reverse();
        }
        self.push(Op::Case { index, args, branches }).map(Some)
    }

    pub(super) fn while_loop(&mut self, op: &'m Operation<'t>, xs: &[Var]) -> Result<Option<Vec<Var>>, ConvertError> {
        let Some((mut args, programs)) = self.regions(op, &["cond", "body"])? else { return Ok(None) };
        let consts = args.len();
        args.extend_from_slice(xs);
        let [cond, body] = <[_; 2]>::try_from(programs.into_iter().map(Arc::new).collect::<Vec<_>>())
            .or_else(|_| invalid("it needs a condition and a body"))?;
        self.push(Op::While { args, consts, cond, body }).map(Some)
    }
}
