//! Recognizes formulas, and imports them as the functions that they compute. By the derivative rules, the derivatives
//! of these formulas would be NaN or differ from JAX's.
//!
//! JAX gives some functions their own derivatives, which exported text does not contain.

use super::converter::{ConvertError, name_of};
use super::scope::Scope;
use crate::ast::Operation;
use rune_ir::op::{BinaryFn, Comparison, UnaryFn};
use rune_ir::{Op, Var};

/// Functions of JAX with their own derivatives, which differ from those of their formulas at singular points.
const OWN_DERIVATIVES: &[&str] =
    &["xlogy", "xlog1py", "sinc", "log_ndtr", "expi", "exp1", "det", "_det", "pinv", "_pinv", "betainc", "gammainc"];

impl<'t> Scope<'_, '_, 't> {
    /// Warns of operations that suggest a derivative that the text does not contain.
    pub(super) fn suspect(&mut self, op: &Operation<'t>) {
        if op.name == "func.call" {
            let name = name_of(op, "callee").unwrap_or_default();
            let base = name
                .rsplit_once('_')
                .filter(|(_, n)| n.bytes().all(|b| b.is_ascii_digit()))
                .map_or(name, |(base, _)| base);
            if OWN_DERIVATIVES.contains(&base) {
                let message = format!(
                    "JAX has a derivative of its own for `{base}`, which the text does not hold; that of the formula may be NaN \
                     where the formula is singular"
                );
                self.cx.warn(op, message);
            }
            return;
        }
        // x + (q - x) equals q, but its derivative should be that of x.
        let (&[a, b], "stablehlo.add") = (op.operands.as_slice(), op.name) else { return };
        for (x, gap) in [(a, b), (b, a)] {
            let Some(difference) = self.definition(gap) else { continue };
            let stopped = self.cx.stops(difference);
            if difference.name == "stablehlo.subtract" && difference.operands.get(1) == Some(&x) && !stopped {
                let (line, _) = crate::error::place(self.cx.text, difference.at);
                let message = format!(
                    "this looks like a straight-through estimator, `x + stop_gradient(q - x)`, but the text does not say where \
                     gradients stop; import with `--stop-gradient {line}` (`Options::stop_gradient`) if it is one"
                );
                self.cx.warn(op, message);
            }
        }
    }

    fn is(&self, x: Var, number: f64) -> bool {
        self.known(x).is_some_and(|known| known.to_f64() == number)
    }
    fn unary(&self, x: Var, f: UnaryFn) -> Option<Var> {
        match self.made.get(&x) {
            Some(Op::Unary { f: found, x }) if *found == f => Some(*x),
            _ => None,
        }
    }
    fn binary(&self, x: Var, f: BinaryFn) -> Option<[Var; 2]> {
        match self.made.get(&x) {
            Some(Op::Binary { f: found, x, y }) if *found == f => Some([*x, *y]),
            _ => None,
        }
    }

    /// Imports `1 / (1 + eˣ)` as the logistic function of `-x`. By the rules, the derivative would be `∞ · 0` if `eˣ`
    /// overflows.
    pub(super) fn logistic(&mut self, x: Var, y: Var) -> Result<Option<Var>, ConvertError> {
        if !self.ty(x).dtype.is_float() || !self.is(x, 1.0) {
            return Ok(None);
        }
        let Some([a, b]) = self.binary(y, BinaryFn::Add) else { return Ok(None) };
        let exp = if self.is(a, 1.0) { b } else { a };
        if !self.is(if exp == b { a } else { b }, 1.0) {
            return Ok(None);
        }
        let Some(argument) = self.unary(exp, UnaryFn::Exp) else { return Ok(None) };
        let x = match self.unary(argument, UnaryFn::Neg) {
            Some(x) => x,
            None => self.one(Op::Unary { f: UnaryFn::Neg, x: argument })?,
        };
        self.one(Op::Unary { f: UnaryFn::Logistic, x }).map(Some)
    }

    /// Imports the maximum with 0 in JAX's `relu`. Its derivative at 0 is 0, but that of `max` would be ½.
    pub(super) fn relu(&mut self, x: Var, y: Var) -> Result<Option<Var>, ConvertError> {
        let x = match (self.relu, self.is(x, 0.0), self.is(y, 0.0)) {
            (true, false, true) => x,
            (true, true, false) => y,
            _ => return Ok(None),
        };
        let results = self.expand(&[x], |xs| xs.iter().map(rune_trace::Tensor::relu).collect())?;
        Ok(results.first().copied())
    }

    /// Imports JAX's `logaddexp`, `ln (eˣ + eʸ)`. Its branch for equal infinities makes the derivatives of the other
    /// branch NaN. JAX's `softplus` has the same form.
    pub(super) fn logaddexp(&mut self, pred: Var, on_true: Var, on_false: Var) -> Result<Option<Var>, ConvertError> {
        let Some(Op::Compare { direction: Comparison::Ne, x: gap, y }) = self.made.get(&pred) else { return Ok(None) };
        let gap = *gap;
        if gap != *y {
            return Ok(None);
        }
        let Some([x, y]) = self.binary(gap, BinaryFn::Sub) else { return Ok(None) };
        let both = |found: Option<[Var; 2]>| match found {
            // The text repeats constants for each use.
            Some([a, b]) => self.same(a, x) && self.same(b, y) || self.same(a, y) && self.same(b, x),
            None => false,
        };
        let Some([max, log]) = self.binary(on_false, BinaryFn::Add) else { return Ok(None) };
        let decay = self.unary(log, UnaryFn::Log1p).and_then(|x| self.unary(x, UnaryFn::Exp));
        let away = decay.and_then(|x| self.unary(x, UnaryFn::Neg)).and_then(|x| self.unary(x, UnaryFn::Abs));
        if !both(self.binary(on_true, BinaryFn::Add)) || !both(self.binary(max, BinaryFn::Max)) || away != Some(gap) {
            return Ok(None);
        }
        let results = self.expand(&[x, y], |xs| vec![xs[0].logaddexp(&xs[1])])?;
        Ok(results.first().copied())
    }

    fn same(&self, x: Var, y: Var) -> bool {
        x == y || self.known(x).is_some_and(|known| self.known(y) == Some(known)) && self.ty(x) == self.ty(y)
    }
}
