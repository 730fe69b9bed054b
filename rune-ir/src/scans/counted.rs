//! Finds out whether a loop counts, and its number of iterations.

use super::counting::{Counting, Scalar, trip_count};
use crate::op::{BinaryFn, Comparison};
use crate::{Op, Program, Type, Var};

/// A `while`, and the known values of its arguments.
pub(super) struct Loop<'a> {
    pub consts: usize,
    pub cond: &'a Program,
    pub body: &'a Program,
    /// The initial value of each argument, if it is known.
    pub given: Vec<Option<Scalar>>,
}

impl Loop<'_> {
    /// Returns the types of the arguments.
    pub fn types(&self) -> &[Type] {
        self.body.input_types()
    }
    /// Returns whether an argument is the same in all iterations.
    pub fn is_invariant(&self, input: usize) -> bool {
        input < self.consts || self.next(input) == Var(input as u32)
    }
    /// Returns the variable that replaces a part of the carry in the next iteration.
    pub fn next(&self, input: usize) -> Var {
        self.body.outputs()[input - self.consts]
    }
    /// Returns the loop invariants among the inputs of the condition or of the body.
    fn invariants(&self, trip_count: usize) -> Counting {
        let mut counting = Counting::new(trip_count);
        for (i, scalar) in self.given.iter().enumerate() {
            if let Some(scalar) = scalar.filter(|_| self.is_invariant(i)) {
                counting.set(Var(i as u32), &self.types()[i], scalar);
            }
        }
        counting
    }

    /// Returns the number of iterations, if the loop counts.
    pub fn trip_count(&self) -> Option<usize> {
        if self.cond.has_effects() {
            return None;
        }
        let mut counting = self.invariants(1);
        counting.walk(self.cond);
        let Op::Compare { direction, x, y } = producer(self.cond, self.cond.outputs()[0])? else { return None };
        let mirrored = match direction {
            Comparison::Eq | Comparison::Ne => *direction,
            Comparison::Lt => Comparison::Gt,
            Comparison::Le => Comparison::Ge,
            Comparison::Gt => Comparison::Lt,
            Comparison::Ge => Comparison::Le,
        };
        let counter = |v: Var| (self.consts..self.types().len()).contains(&v.index()).then_some(v.index());
        let (counter, direction, bound) = match (counter(*x), counting.number(*y)) {
            (Some(counter), Some(bound)) => (counter, *direction, bound),
            _ => (counter(*y)?, mirrored, counting.number(*x)?),
        };
        let mut counting = self.invariants(1);
        counting.walk(self.body);
        let Scalar::Number { first, step } = self.counter(counter, &counting)? else { return None };
        trip_count(first, step, direction, bound, self.types()[counter].dtype)
    }

    /// Returns the known scalars in each iteration: of the inputs, and of everything that the body computes from them.
    pub fn counting(&self, trip_count: usize) -> Counting {
        let mut counting = self.counters(trip_count);
        counting.walk(self.body);
        counting
    }
    /// Returns the known scalars of the inputs in each iteration.
    pub fn counters(&self, trip_count: usize) -> Counting {
        let mut fixed = self.invariants(1);
        fixed.walk(self.body);
        let mut counting = self.invariants(trip_count);
        for i in self.consts..self.types().len() {
            if let Some(scalar) = self.counter(i, &fixed) {
                counting.set(Var(i as u32), &self.types()[i], scalar);
            }
        }
        counting
    }

    /// Returns the value of a part of the carry that starts at a constant and has a constant step.
    fn counter(&self, input: usize, fixed: &Counting) -> Option<Scalar> {
        if self.is_invariant(input) {
            return None;
        }
        let first = self.given[input]?.constant()?;
        let Op::Binary { f, x, y } = producer(self.body, self.next(input))? else { return None };
        let this = Var(input as u32);
        let (by, sign) = match () {
            () if *f == BinaryFn::Add && *x == this => (*y, 1),
            () if *f == BinaryFn::Add && *y == this => (*x, 1),
            () if *f == BinaryFn::Sub && *x == this => (*y, -1),
            () => return None,
        };
        Some(Scalar::Number { first, step: sign * fixed.number(by)? })
    }
}

/// Returns the operation that has the variable as its only result.
pub(super) fn producer(program: &Program, v: Var) -> Option<&Op> {
    let instructions = program.instructions();
    let at = instructions.binary_search_by_key(&v, |i| i.first).ok()?;
    (instructions[at].results == 1).then_some(&instructions[at].op)
}
