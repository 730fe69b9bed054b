//! Operations on splats: arrays whose elements are all one known number.
//!
//! The interpreter computes an operation on splats if the result is again a splat. This saves work. It is also
//! necessary: IREE miscounts the vector lanes of reductions over constants that it finds (`docs/iree.md`), so no such
//! reduction may remain.

use super::Forward;
use crate::op::{BinaryFn, DotDims, Literal, ReduceFn};
use crate::{Array, Op, Type, Var, interpret};
use smallvec::{SmallVec, smallvec};

/// The maximum number of elements of all arrays that the interpreter computes with. The reduction of a longer array is
/// c · n or cⁿ, rounded once.
const MAX_EVALUATED: usize = 1 << 14;

type Literals = SmallVec<[Literal; 2]>;

#[allow(clippy::wildcard_enum_match_arm, reason = "an operation that is not here is evaluated, or stays")]
impl Forward<'_> {
    /// Returns the splat value of each result, if the operands determine it.
    pub(super) fn splat_results(&self, op: &Op) -> Option<Literals> {
        if let Op::Iota { dtype, shape, dimension } = op {
            return (shape[*dimension] <= 1).then(|| smallvec![Literal::from_f64(*dtype, 0.0)]);
        }
        // This is the normal form of a splat.
        let written = matches!(op, Op::BroadcastInDim { x, .. } if self.ty(*x).rank() == 0);
        if op.is_unfolded() || written || !op.programs().is_empty() {
            return None;
        }
        if let Some(nan) = self.spreading_nan(op) {
            return Some(smallvec![nan]);
        }
        let operands = op.operands();
        if operands.is_empty() || operands.iter().any(|v| self.splat_value(**v).is_none()) {
            return None;
        }
        self.elementwise(op)
            .or_else(|| self.data_movement(op))
            .or_else(|| self.interpreted(op))
            .or_else(|| self.reduction(op))
    }

    /// Returns the NaN of an operand, if it makes the result NaN for any other operands.
    fn spreading_nan(&self, op: &Op) -> Option<Literal> {
        let spreads = match op {
            Op::Binary { f, .. } => match f {
                BinaryFn::Add | BinaryFn::Sub | BinaryFn::Mul | BinaryFn::Div => true,
                BinaryFn::Rem | BinaryFn::Atan2 | BinaryFn::Max | BinaryFn::Min => true,
                // 1 to the power NaN, and NaN to the power 0, are 1.
                BinaryFn::Pow => false,
                BinaryFn::And | BinaryFn::Or | BinaryFn::Xor => false,
                BinaryFn::ShiftLeft | BinaryFn::ShiftRightArithmetic | BinaryFn::ShiftRightLogical => false,
            },
            Op::Clamp { .. } => true,
            _ => false,
        };
        let is_nan = |x: &Literal| x.dtype().is_float() && x.to_f64().is_nan();
        spreads.then(|| op.operands().into_iter().find_map(|v| self.splat_value(*v).filter(is_nan))).flatten()
    }

    /// Computes one element, which determines all.
    fn elementwise(&self, op: &Op) -> Option<Literals> {
        let elementwise = match op {
            Op::BitcastConvert { x, dtype } => self.ty(*x).dtype.size() == dtype.size(),
            _ => op.is_elementwise(),
        };
        let scalars =
            op.try_map(|v| self.splat_value(*v).map(Literal::to_array).ok_or(())).ok().filter(|_| elementwise)?;
        splats_of(&scalars)
    }

    /// Returns the result of an operation that only moves equal elements.
    fn data_movement(&self, op: &Op) -> Option<Literals> {
        let sources: SmallVec<[Var; 2]> = match op {
            Op::BroadcastInDim { x, .. }
            | Op::Reshape { x, .. }
            | Op::Transpose { x, .. }
            | Op::Slice { x, .. }
            | Op::Reverse { x, .. }
            | Op::DynamicSlice { x, .. }
            | Op::Gather { x, .. } => smallvec![*x],
            Op::Pad { x, padding, .. } => smallvec![*x, *padding],
            Op::Concatenate { xs, .. } => xs.iter().copied().collect(),
            Op::DynamicUpdateSlice { x, update, .. } => smallvec![*x, *update],
            _ => return None,
        };
        let first = self.splat_value(*sources.first()?)?;
        sources.iter().all(|v| self.splat_value(*v) == Some(first)).then(|| smallvec![first])
    }

    /// Lets the interpreter compute small arrays.
    fn interpreted(&self, op: &Op) -> Option<Literals> {
        let results = self.infer_all(op);
        let sizes = op.operands().into_iter().map(|v| self.ty(*v)).chain(&results).map(Type::size);
        if sizes.fold(0, usize::saturating_add) > MAX_EVALUATED {
            return None;
        }
        splats_of(&op.try_map(|v| Ok::<_, ()>(self.splat_value(*v).ok_or(())?.to_array_of(self.ty(*v)))).ok()?)
    }

    /// Computes a long reduction or product, each of whose elements combines equal numbers.
    fn reduction(&self, op: &Op) -> Option<Literals> {
        match op {
            Op::Reduce { f, x, axes } => {
                let (value, shape) = (self.splat_value(*x)?, &self.ty(*x).shape);
                let terms = axes.iter().map(|&a| shape[a]).product::<usize>();
                Some(smallvec![reduce_splat(*f, value, terms)?])
            }
            Op::DotGeneral { lhs, rhs, dims, out } => {
                let terms = dims.lhs_contract.iter().map(|&a| self.ty(*lhs).shape[a]).product::<usize>();
                let vector = |v: Var| {
                    let ty = Type::new(self.ty(v).dtype, [terms]);
                    Some(self.splat_value(v)?.to_array_of(&ty))
                };
                if terms > MAX_EVALUATED {
                    return None;
                }
                let dims = DotDims { lhs_contract: smallvec![0], rhs_contract: smallvec![0], ..DotDims::default() };
                splats_of(&Op::DotGeneral { lhs: vector(*lhs)?, rhs: vector(*rhs)?, dims: Box::new(dims), out: *out })
            }
            _ => None,
        }
    }

    /// Returns the types of the results of an operation.
    pub(super) fn infer_all(&self, op: &Op) -> SmallVec<[Type; 2]> {
        let typed = op.try_map(|&v| Ok::<_, crate::types::TypeError>(self.ty(v)));
        typed.and_then(|typed| crate::types::infer(&typed)).expect("rules keep programs well-typed")
    }
}

/// Reduces `terms` equal numbers by `f`.
fn reduce_splat(f: ReduceFn, value: Literal, terms: usize) -> Option<Literal> {
    let dtype = value.dtype();
    if terms == 0 {
        return Some(f.neutral(dtype));
    }
    match f {
        ReduceFn::Max | ReduceFn::Min | ReduceFn::And | ReduceFn::Or => Some(value),
        ReduceFn::Sum if dtype.is_float() => Some(Literal::from_f64(dtype, value.to_f64() * terms as f64)),
        ReduceFn::Sum if dtype.is_complex() => Some(Literal::from_complex(dtype, value.to_complex() * terms as f64)),
        ReduceFn::Prod if dtype.is_complex() => {
            Some(Literal::from_complex(dtype, value.to_complex().powu(u32::try_from(terms).ok()?)))
        }
        ReduceFn::Sum if dtype.is_int() => {
            let wide = value.to_integer()?.wrapping_mul(terms as i128);
            Some(Literal::from_bytes(dtype, &wide.to_le_bytes()[..dtype.size()]))
        }
        ReduceFn::Prod if dtype.is_float() => {
            let power =
                i32::try_from(terms).map_or_else(|_| value.to_f64().powf(terms as f64), |n| value.to_f64().powi(n));
            Some(Literal::from_f64(dtype, power))
        }
        ReduceFn::Prod if dtype.is_int() => {
            let (mut square, mut result, mut left) = (value.to_integer()? as u128, 1u128, terms);
            while left > 0 {
                if left & 1 == 1 {
                    result = result.wrapping_mul(square);
                }
                (square, left) = (square.wrapping_mul(square), left >> 1);
            }
            Some(Literal::from_bytes(dtype, &result.to_le_bytes()[..dtype.size()]))
        }
        ReduceFn::Sum | ReduceFn::Prod => None,
    }
}

/// Returns the splat value of each result of an operation, if all results are splats.
fn splats_of(op: &Op<Array>) -> Option<Literals> {
    let results = interpret::eval_op(&op.map(|x| x)).ok()?;
    let one = |array: &Array| {
        let size = array.dtype().size();
        let first = array.bytes().get(..size)?;
        array.bytes().chunks_exact(size).all(|x| x == first).then(|| Literal::from_bytes(array.dtype(), first))
    };
    results.iter().map(one).collect()
}
