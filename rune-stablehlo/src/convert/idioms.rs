//! Recognizes formulas, and imports them as the functions that they compute. By the derivative rules, the derivatives
//! of these formulas would be NaN or differ from JAX's.
//!
//! JAX gives some functions their own derivatives, which exported text does not contain.

use super::converter::{ConvertError, name_of};
use super::scope::Scope;
use crate::ast::Operation;
use rune_ir::op::{BinaryFn, Comparison, Literal, UnaryFn};
use rune_ir::{Op, Program, Var};
use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// Functions of JAX with their own derivatives, which differ from those of their formulas: at singular points, or of
/// bits, integers and random numbers. JAX writes these functions as calls. Other functions with their own derivatives,
/// such as `xlogy`, are only formulas in the text.
const OWN_DERIVATIVES: &[&str] = &[
    "sinc", "i0", "frexp", "log1mexp", "expi", "expn", "sici", "hyp1f1", "hyp2f1", "det", "slogdet", "_pinv", "_gamma",
];

/// A function of JAX whose kinks are recognized by its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kinks {
    None,
    /// `relu`: the derivative at 0 is 0.
    Relu,
    /// `relu6`: the derivatives at 0 and 6 are 0.
    Relu6,
}

impl Kinks {
    pub(super) fn of(function: &str) -> Kinks {
        match base_name(function) {
            "relu" => Kinks::Relu,
            "relu6" => Kinks::Relu6,
            _ => Kinks::None,
        }
    }
}

/// Returns the name of a function without the number that JAX appends if several functions have this name.
fn base_name(name: &str) -> &str {
    name.rsplit_once('_')
        .filter(|(base, n)| !base.is_empty() && !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
        .map_or(name, |(base, _)| base)
}

/// Returns whether a program of three inputs selects by the first among the second and the third, like JAX's `_where`.
fn is_selection(program: &Program) -> bool {
    let [instruction] = program.instructions() else { return false };
    let plain = matches!(instruction.op, Op::Select { pred: Var(0), on_true: Var(1), on_false: Var(2) });
    plain && program.inputs().len() == 3 && *program.outputs() == [Var(3)]
}

impl<'t> Scope<'_, '_, 't> {
    /// Warns of operations that suggest a derivative that the text does not contain.
    pub(super) fn suspect(&mut self, op: &Operation<'t>) {
        if op.name == "func.call" {
            let name = name_of(op, "callee").unwrap_or_default();
            let base = base_name(name);
            if OWN_DERIVATIVES.contains(&base) {
                let message = format!(
                    "JAX has a derivative of its own for `{base}`, which the text does not hold; that of the formula may differ, \
                     or be NaN where the formula is singular"
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

    /// Imports `min(x, 6)` of JAX's `relu6`. Its derivative at 6 is 0. The derivative of `min` there is ½.
    pub(super) fn at_most_6(&mut self, x: Var, y: Var) -> Result<Option<Var>, ConvertError> {
        if self.kinks != Kinks::Relu6 || self.is(x, 6.0) || !self.is(y, 6.0) {
            return Ok(None);
        }
        let results = self.expand(&[x], |xs| vec![rune_trace::where_(xs[0].ge(6), 6, &xs[0])])?;
        Ok(results.first().copied())
    }

    /// Imports `max(x, 0)` of JAX's `relu` and `relu6`. Its derivative at 0 is 0. The derivative of `max` there is ½.
    pub(super) fn relu(&mut self, x: Var, y: Var) -> Result<Option<Var>, ConvertError> {
        let x = match (self.kinks != Kinks::None, self.is(x, 0.0), self.is(y, 0.0)) {
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

    /// Imports JAX's `log_ndtr`, ln Φ(x). By the rules, its derivative would be `∞ · 0` for large x, where a branch that
    /// is not selected takes the logarithm of 0.
    pub(super) fn log_ndtr(&mut self, pred: Var, on_true: Var, on_false: Var) -> Result<Option<Var>, ConvertError> {
        let Some(x) = self.argument_of_log_ndtr(pred, on_true, on_false) else { return Ok(None) };
        let results = self.expand(&[x], |xs| vec![rune_trace::special::log_ndtr(&xs[0])])?;
        Ok(results.first().copied())
    }

    /// Returns the x of this formula of `log_ndtr`, where c and d are constants:
    /// `where (x > c) (-h) (where (x > d) (ln h) (… - ln √2π + ln …))` with `h = ½ where (|w| < …) … …` and
    /// `w = √½ where (x > c) (-x) (max x d)`.
    fn argument_of_log_ndtr(&self, pred: Var, on_true: Var, on_false: Var) -> Option<Var> {
        let [x, _] = self.greater(pred)?;
        let h = self.unary(on_true, UnaryFn::Neg)?;
        let [in_middle, log, tail] = self.selection(on_false)?;
        let [same, d] = self.greater(in_middle)?;
        let [series, _] = self.binary(tail, BinaryFn::Add)?;
        let [_, constant] = self.binary(series, BinaryFn::Sub)?;
        let [near_0, ..] = self.selection(self.scaled(h, 0.5)?)?;
        let w = self.unary(self.less(near_0)?, UnaryFn::Abs)?;
        let [above, negative, bounded] = self.selection(self.scaled(w, FRAC_1_SQRT_2)?)?;
        let [bounded, least] = self.binary(bounded, BinaryFn::Max)?;
        let argument = above == pred && self.unary(negative, UnaryFn::Neg) == Some(x) && bounded == x;
        let parts = same == x && self.unary(log, UnaryFn::Log) == Some(h) && self.same(least, d);
        let half_log_tau = 0.5 * TAU.ln();
        (argument && parts && self.near(constant, half_log_tau)).then_some(x)
    }

    /// Returns x and y if a variable is `x > y`.
    fn greater(&self, x: Var) -> Option<[Var; 2]> {
        match self.made.get(&x) {
            Some(Op::Compare { direction: Comparison::Gt, x, y }) => Some([*x, *y]),
            _ => None,
        }
    }

    /// Returns x if a variable is `x < y`.
    fn less(&self, x: Var) -> Option<Var> {
        match self.made.get(&x) {
            Some(Op::Compare { direction: Comparison::Lt, x, .. }) => Some(*x),
            _ => None,
        }
    }

    /// Returns the condition and both choices if a variable is a selection, or the result of JAX's `_where`.
    fn selection(&self, x: Var) -> Option<[Var; 3]> {
        match self.made.get(&x) {
            Some(Op::Select { pred, on_true, on_false }) => Some([*pred, *on_true, *on_false]),
            Some(Op::Call { args, .. }) => args.as_slice().try_into().ok(),
            _ => None,
        }
    }

    /// Returns whether an operation may be a part of an idiom.
    pub(super) fn is_part(op: &Op) -> bool {
        if let Op::Call { program, .. } = op {
            return is_selection(program);
        }
        matches!(op, Op::Unary { .. } | Op::Binary { .. } | Op::Compare { .. } | Op::Select { .. })
    }

    /// Returns y if a variable is `factor · y`.
    fn scaled(&self, x: Var, factor: f64) -> Option<Var> {
        let [a, b] = self.binary(x, BinaryFn::Mul)?;
        if self.near(a, factor) { Some(b) } else { self.near(b, factor).then_some(a) }
    }

    /// Returns whether a variable is this number, rounded to its dtype.
    fn near(&self, x: Var, number: f64) -> bool {
        self.known(x).is_some_and(|known| Literal::from_f64(known.dtype(), number) == known)
    }

    fn same(&self, x: Var, y: Var) -> bool {
        x == y || self.known(x).is_some_and(|known| self.known(y) == Some(known)) && self.ty(x) == self.ty(y)
    }
}
