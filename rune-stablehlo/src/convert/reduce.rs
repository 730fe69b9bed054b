//! Imports reductions, and recognizes their functions, which are regions.

use super::arguments::{dims, dims_or, pairs, word};
use super::converter::{ConvertError, invalid};
use super::elementwise::binary;
use super::expression::Expressions;
use super::scope::Scope;
use crate::ast::Operation;
use rune_ir::op::{ArgFn, CumulativeFn, Dims, Literal, ReduceFn, Window, WindowFn};
use rune_ir::{DType, Op, Var};

/// Returns the reduction by an operation.
fn reduction(name: &str, dtype: DType) -> Option<ReduceFn> {
    let bool = dtype == DType::Bool;
    Some(match name {
        "stablehlo.add" if bool => ReduceFn::Or,
        "stablehlo.multiply" if bool => ReduceFn::And,
        "stablehlo.add" => ReduceFn::Sum,
        "stablehlo.multiply" => ReduceFn::Prod,
        "stablehlo.maximum" => ReduceFn::Max,
        "stablehlo.minimum" => ReduceFn::Min,
        "stablehlo.and" => ReduceFn::And,
        "stablehlo.or" => ReduceFn::Or,
        _ => return None,
    })
}

/// Returns whether `x` is the neutral element. -0 counts as 0.
fn is_neutral(x: Option<Literal>, f: ReduceFn, dtype: DType) -> bool {
    let wanted = f.neutral(dtype);
    x.is_some_and(|x| x == wanted || dtype.is_float() && x.to_f64() == 0.0 && wanted.to_f64() == 0.0)
}

impl<'m, 't> Scope<'_, 'm, 't> {
    /// Imports a reduction as one of rune's reductions for each array, as an extreme with its position, or otherwise
    /// element by element.
    pub(super) fn reduce(&mut self, op: &'m Operation<'t>, operands: &[Var]) -> Result<Option<Vec<Var>>, ConvertError> {
        let n = operands.len() / 2;
        if n == 0 || operands.len() != 2 * n {
            return invalid("it takes arrays and as many initial values");
        }
        let (xs, inits) = operands.split_at(n);
        let axes = dims(op, &["dimensions"])?;
        let mut names: Vec<String> = Vec::new();
        if let Some(name) = word(op, &["applies"]) {
            names.push(name.to_owned());
        } else if let Some((mut e, roots)) = op.regions.first().and_then(|region| self.expressions(region)) {
            if let &[x, positions] = xs
                && let Some(f) = extreme(&mut e, &roots)
                && let Some(results) = self.arg_reduce(f, x, positions, inits, &axes)?
            {
                return Ok(Some(results));
            }
            let pair = |(i, &root): (usize, &u32)| e.pair(root, i as u32, (n + i) as u32).map(str::to_owned);
            names = roots.iter().enumerate().filter_map(pair).collect();
        }
        let functions = xs.iter().zip(&names).map(|(&x, name)| {
            let dtype = self.ty(x).dtype;
            Some((reduction(name, dtype)?, binary(name, dtype)?))
        });
        let Some(functions) = functions.collect::<Option<Vec<_>>>().filter(|f| f.len() == n && names.len() == n) else {
            return self.fold(op, xs, inits, &axes);
        };
        let mut results = Vec::new();
        for ((&x, &init), (f, combine)) in xs.iter().zip(inits).zip(functions) {
            let dtype = self.ty(x).dtype;
            let reduced = self.one(Op::Reduce { f, x, axes: axes.clone() })?;
            if is_neutral(self.known(init), f, dtype) {
                results.push(reduced);
                continue;
            }
            let shape = self.ty(reduced).shape.clone();
            let init = match shape.rank() {
                0 => init,
                _ => self.one(Op::BroadcastInDim { x: init, shape, dims: Dims::new() })?,
            };
            results.push(self.one(Op::Binary { f: combine, x: init, y: reduced })?);
        }
        Ok(Some(results))
    }

    /// Imports an extreme and its position, if `positions` holds the positions along the only axis.
    fn arg_reduce(
        &mut self,
        f: ArgFn,
        x: Var,
        positions: Var,
        inits: &[Var],
        axes: &[usize],
    ) -> Result<Option<Vec<Var>>, ConvertError> {
        let (dtype, index) = (self.ty(x).dtype, self.ty(positions).dtype);
        let plain = match f {
            ArgFn::Max => ReduceFn::Max,
            ArgFn::Min => ReduceFn::Min,
        };
        let &[axis] = axes else { return Ok(None) };
        let starts =
            is_neutral(self.known(inits[0]), plain, dtype) && self.known(inits[1]).is_some_and(|l| l.to_f64() == 0.0);
        if !starts || self.iotas.get(&positions) != Some(&axis) || self.ty(x).shape.get(axis).is_none_or(|&n| n == 0) {
            return Ok(None);
        }
        let value = self.one(Op::Reduce { f: plain, x, axes: axes.into() })?;
        // Booleans are ordered like numbers.
        let x = if dtype == DType::Bool { self.convert(x, DType::U8)? } else { x };
        Ok(Some(vec![value, self.one(Op::ArgReduce { f, x, axis, index })?]))
    }

    /// Imports a window reduction as one of rune's window reductions, as a cumulative function, or otherwise element by
    /// element.
    pub(super) fn reduce_window(
        &mut self,
        op: &'m Operation<'t>,
        operands: &[Var],
    ) -> Result<Option<Vec<Var>>, ConvertError> {
        let n = operands.len() / 2;
        if n == 0 || operands.len() != 2 * n {
            return invalid("it takes arrays and as many initial values");
        }
        let (xs, inits) = operands.split_at(n);
        let (x, init) = (xs[0], inits[0]);
        let ty = self.ty(x).clone();
        let rank = ty.rank();
        let window = Window {
            dimensions: dims(op, &["window_dimensions"])?,
            strides: dims_or(op, &["window_strides"], 1, rank)?,
            padding: pairs(op, &["padding"], rank)?,
            base_dilation: dims_or(op, &["base_dilations"], 1, rank)?,
            window_dilation: dims_or(op, &["window_dilations"], 1, rank)?,
        };
        match self.known_window(op, x, init, &window)? {
            Some(y) if n == 1 => Ok(Some(vec![y])),
            Some(_) | None => self.fold_windows(op, xs, inits, &window),
        }
    }

    fn known_window(
        &mut self,
        op: &Operation<'t>,
        x: Var,
        init: Var,
        window: &Window,
    ) -> Result<Option<Var>, ConvertError> {
        let ty = self.ty(x).clone();
        let running = running_axis(window, &ty.shape);
        let Some((mut e, roots)) = op.regions.first().and_then(|region| self.expressions(region)) else {
            return Ok(None);
        };
        let &[root] = roots.as_slice() else { return Ok(None) };
        let known = self.known(init);
        if let Some((axis, reverse)) = running
            && root == log_add_exp(&mut e)
            && is_neutral(known, ReduceFn::Max, ty.dtype)
        {
            return self.one(Op::Cumulative { f: CumulativeFn::LogSumExp, x, axis, reverse }).map(Some);
        }
        let Some(f) = e.pair(root, 0, 1).and_then(|name| reduction(name, ty.dtype)) else { return Ok(None) };
        if !is_neutral(known, f, ty.dtype) || ty.dtype == DType::Bool {
            return Ok(None);
        }
        let (over, along) = match f {
            ReduceFn::Sum => (Some(WindowFn::Sum), Some(CumulativeFn::Sum)),
            ReduceFn::Max => (Some(WindowFn::Max), Some(CumulativeFn::Max)),
            ReduceFn::Min => (Some(WindowFn::Min), Some(CumulativeFn::Min)),
            ReduceFn::Prod => (None, Some(CumulativeFn::Prod)),
            ReduceFn::And | ReduceFn::Or => (None, None),
        };
        match (running, along, over) {
            (Some((axis, reverse)), Some(f), _) => self.one(Op::Cumulative { f, x, axis, reverse }).map(Some),
            (_, _, Some(f)) => self.one(Op::ReduceWindow { f, x, window: Box::new(window.clone()) }).map(Some),
            _ => Ok(None),
        }
    }
}

/// Returns the axis of a cumulative function, and whether it starts at the end. The window must be as long as the axis,
/// with all padding on one side.
fn running_axis(window: &Window, shape: &[usize]) -> Option<(usize, bool)> {
    let ones = |list: &[usize]| list.iter().all(|&n| n == 1);
    if !ones(&window.strides) || !ones(&window.base_dilation) || !ones(&window.window_dilation) {
        return None;
    }
    let mut long = (0..window.dimensions.len()).filter(|&a| window.dimensions[a] != 1);
    let (axis, None) = (long.next()?, long.next()) else { return None };
    let n = *shape.get(axis)?;
    let others = window.padding.iter().enumerate().all(|(a, &p)| a == axis || p == (0, 0));
    let before = i64::try_from(n).ok()?.checked_sub(1)?;
    match *window.padding.get(axis)? {
        _ if !others || window.dimensions[axis] != n => None,
        padding if padding == (before, 0) => Some((axis, false)),
        padding if padding == (0, before) => Some((axis, true)),
        _ => None,
    }
}

/// Recognizes JAX's reducer of `argmax` and `argmin`: NaN is greatest (least), and the first of equal elements wins.
fn extreme(e: &mut Expressions, roots: &[u32]) -> Option<ArgFn> {
    let (value, position, x, i) = (0, 1, 2, 3);
    for kind in ["FLOAT", "SIGNED", "UNSIGNED", ""] {
        for (f, direction) in [(ArgFn::Max, "GT"), (ArgFn::Min, "LT")] {
            let better = e.compare(direction, kind, value, x);
            let nan = e.compare("NE", kind, value, value);
            let keep = e.op("stablehlo.or", &[better, nan]);
            let equal = e.compare("EQ", kind, value, x);
            for index in ["SIGNED", "UNSIGNED", ""] {
                let first = e.compare("LT", index, position, i);
                let tie = e.op("stablehlo.and", &[equal, first]);
                for keep in [keep, better] {
                    let here = e.op("stablehlo.or", &[keep, tie]);
                    let found =
                        [e.op("stablehlo.select", &[keep, value, x]), e.op("stablehlo.select", &[here, position, i])];
                    if roots == found {
                        return Some(f);
                    }
                }
            }
        }
    }
    None
}

/// Builds ln (eˣ + eʸ) as JAX writes it.
fn log_add_exp(e: &mut Expressions) -> u32 {
    let max = e.op("stablehlo.maximum", &[0, 1]);
    let gap = e.op("stablehlo.subtract", &[0, 1]);
    let nan = e.compare("NE", "FLOAT", gap, gap);
    let sum = e.op("stablehlo.add", &[0, 1]);
    let away = e.op("stablehlo.abs", &[gap]);
    let minus = e.op("stablehlo.negate", &[away]);
    let exp = e.op("stablehlo.exponential", &[minus]);
    let log = e.op("stablehlo.log_plus_one", &[exp]);
    let both = e.op("stablehlo.add", &[max, log]);
    e.op("stablehlo.select", &[nan, sum, both])
}
