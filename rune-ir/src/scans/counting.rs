//! Static analysis of integer scalars in each iteration of a loop.

use crate::op::{BinaryFn, Comparison, UnaryFn};
use crate::{DType, Op, Program, Type, Var};
use rustc_hash::FxHashMap;

/// A scalar in iteration `t` of a loop, counted from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scalar {
    /// `first + t · step`. It overflows in no iteration.
    Number { first: i128, step: i128 },
    /// A boolean that is the same in all iterations.
    Truth(bool),
}

impl Scalar {
    pub fn fixed(n: i128) -> Scalar {
        Scalar::Number { first: n, step: 0 }
    }
    /// Returns the number, if it is the same in every iteration.
    pub fn constant(self) -> Option<i128> {
        match self {
            Scalar::Number { first, step: 0 } => Some(first),
            Scalar::Number { .. } | Scalar::Truth(_) => None,
        }
    }
}

/// The known scalars of one program, which runs `trip_count` times, at least once.
pub(super) struct Counting {
    trip_count: usize,
    known: FxHashMap<Var, Scalar>,
}

impl Counting {
    pub fn new(trip_count: usize) -> Counting {
        Counting { trip_count, known: FxHashMap::default() }
    }
    pub fn get(&self, v: Var) -> Option<Scalar> {
        self.known.get(&v).copied()
    }
    /// Returns the number of `v`, if it is the same in every iteration.
    pub fn number(&self, v: Var) -> Option<i128> {
        self.get(v)?.constant()
    }
    /// Records the value of `v`, if its dtype can hold the value in all iterations.
    pub fn set(&mut self, v: Var, ty: &Type, scalar: Scalar) {
        if self.fits(ty, scalar) {
            self.known.insert(v, scalar);
        }
    }
    fn fits(&self, ty: &Type, scalar: Scalar) -> bool {
        match scalar {
            _ if ty.rank() != 0 => false,
            Scalar::Truth(_) => ty.dtype == DType::Bool,
            Scalar::Number { .. } => {
                let within = |ends: [i128; 2]| ends.iter().all(|&n| is_in_range(ty.dtype, n));
                ty.dtype.is_int() && self.extremes(scalar).is_some_and(within)
            }
        }
    }
    /// Returns the values of a number in the first and in the last iteration, which are its extremes.
    pub fn extremes(&self, scalar: Scalar) -> Option<[i128; 2]> {
        let Scalar::Number { first, step } = scalar else { return None };
        let last = step.checked_mul(self.trip_count as i128 - 1)?.checked_add(first)?;
        Some([first, last])
    }

    /// Records the results of a program whose inputs are recorded, as far as they are known.
    pub fn walk(&mut self, program: &Program) {
        for instruction in program.instructions().iter().filter(|i| i.results == 1) {
            self.note(&instruction.op, instruction.first, program.ty(instruction.first));
        }
    }
    /// Records the result of an operation with one result, if its operands determine it.
    pub fn note(&mut self, op: &Op, result: Var, ty: &Type) {
        if ty.rank() == 0
            && let Some(scalar) = self.result(op)
        {
            self.set(result, ty, scalar);
        }
    }

    fn result(&self, op: &Op) -> Option<Scalar> {
        #[allow(clippy::wildcard_enum_match_arm, reason = "only these are what counters and indices are made by")]
        match op {
            Op::Constant { value } if value.dtype() == DType::Bool => Some(Scalar::Truth(value.bits() != 0)),
            Op::Constant { value } => value.to_integer().map(Scalar::fixed),
            Op::Unary { f: UnaryFn::Neg, x } => self.combined(Scalar::fixed(0), self.get(*x)?, -1),
            Op::Unary { f: UnaryFn::Not, x } => match self.get(*x)? {
                Scalar::Truth(truth) => Some(Scalar::Truth(!truth)),
                Scalar::Number { .. } => None,
            },
            Op::Binary { f, x, y } => self.binary(*f, self.get(*x)?, self.get(*y)?),
            Op::Compare { direction, x, y } => self.compare(*direction, self.get(*x)?, self.get(*y)?),
            Op::Select { pred, on_true, on_false } => match self.get(*pred)? {
                Scalar::Truth(true) => self.get(*on_true),
                Scalar::Truth(false) => self.get(*on_false),
                Scalar::Number { .. } => None,
            },
            Op::Clamp { min, x, max } => {
                let raised = self.binary(BinaryFn::Max, self.get(*min)?, self.get(*x)?)?;
                self.binary(BinaryFn::Min, raised, self.get(*max)?)
            }
            Op::Convert { x, .. } | Op::Reshape { x, .. } | Op::BroadcastInDim { x, .. } => self.get(*x),
            _ => None,
        }
    }

    fn binary(&self, f: BinaryFn, x: Scalar, y: Scalar) -> Option<Scalar> {
        #[allow(clippy::wildcard_enum_match_arm, reason = "others are not linear in the iteration")]
        match f {
            BinaryFn::Add => self.combined(x, y, 1),
            BinaryFn::Sub => self.combined(x, y, -1),
            BinaryFn::Mul => match (x.constant(), y.constant()) {
                (Some(n), _) => self.combined(Scalar::fixed(0), y, n),
                (_, Some(n)) => self.combined(Scalar::fixed(0), x, n),
                (None, None) => None,
            },
            BinaryFn::Max | BinaryFn::Min => match self.compare(Comparison::Ge, x, y)? {
                Scalar::Truth(greater) if greater == (f == BinaryFn::Max) => Some(x),
                Scalar::Truth(_) | Scalar::Number { .. } => Some(y),
            },
            _ => None,
        }
    }

    /// Returns `x + n y`.
    fn combined(&self, x: Scalar, y: Scalar, n: i128) -> Option<Scalar> {
        let (Scalar::Number { first: a, step: da }, Scalar::Number { first: b, step: db }) = (x, y) else {
            return None;
        };
        let sum = |x: i128, y: i128| y.checked_mul(n)?.checked_add(x);
        Some(Scalar::Number { first: sum(a, b)?, step: sum(da, db)? })
    }

    /// Returns the result of a comparison, if it is the same in all iterations.
    fn compare(&self, direction: Comparison, x: Scalar, y: Scalar) -> Option<Scalar> {
        let ends = self.extremes(self.combined(x, y, -1)?)?;
        // The difference is monotonic. If it has one sign in the first and the last iteration, it has that sign in all.
        let all = |predicate: fn(i128) -> bool| ends.into_iter().all(predicate);
        let zero = all(|d| d == 0);
        let (equal, less, less_or_equal) = (
            known_truth(zero, all(|d| d < 0) || all(|d| d > 0)),
            known_truth(all(|d| d < 0), all(|d| d >= 0)),
            known_truth(all(|d| d <= 0), all(|d| d > 0)),
        );
        let truth = match direction {
            Comparison::Eq => equal,
            Comparison::Ne => equal.map(|truth| !truth),
            Comparison::Lt => less,
            Comparison::Ge => less.map(|truth| !truth),
            Comparison::Le => less_or_equal,
            Comparison::Gt => less_or_equal.map(|truth| !truth),
        };
        truth.map(Scalar::Truth)
    }
}

fn known_truth(holds: bool, fails: bool) -> Option<bool> {
    (holds || fails).then_some(holds)
}

/// Returns whether an integer dtype can hold a number.
pub fn is_in_range(dtype: DType, n: i128) -> bool {
    let bits = 8 * dtype.size();
    let (least, greatest) = match dtype.is_signed_int() {
        true => (-(1i128 << (bits - 1)), (1i128 << (bits - 1)) - 1),
        false => (0, (1i128 << bits) - 1),
    };
    (least..=greatest).contains(&n)
}

/// Returns the number of iterations of a loop whose counter starts at `first`, advances by `step`, and is compared with
/// `bound`. Returns `None` if the loop does not end, or ends only by an overflow.
pub fn trip_count(first: i128, step: i128, direction: Comparison, bound: i128, dtype: DType) -> Option<usize> {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    // Counting down is counting up with the signs reversed.
    let (distance, direction) = match (step > 0, direction) {
        (true, _) => (bound - first, direction),
        (false, Lt) => (first - bound, Gt),
        (false, Le) => (first - bound, Ge),
        (false, Gt) => (first - bound, Lt),
        (false, Ge) => (first - bound, Le),
        (false, Eq | Ne) => (first - bound, direction),
    };
    let stride = step.abs();
    let up_to = |distance: i128| (distance.max(0) + stride - 1) / stride;
    let trip_count = match direction {
        _ if stride == 0 => return None,
        Lt => up_to(distance),
        Le => up_to(distance + 1),
        Ne if distance >= 0 && distance % stride == 0 => distance / stride,
        Eq => i128::from(distance == 0),
        Gt if distance >= 0 => 0,
        Ge if distance > 0 => 0,
        Ne | Gt | Ge => return None,
    };
    let end = trip_count.checked_mul(step)?.checked_add(first)?;
    if is_in_range(dtype, end) { usize::try_from(trip_count).ok() } else { None }
}
