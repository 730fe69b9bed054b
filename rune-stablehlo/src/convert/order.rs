//! Imports sorting, and recognizes the comparison, which is a region.

use super::arguments::number;
use super::converter::{ConvertError, refused};
use super::expression::Expressions;
use super::scope::Scope;
use crate::ast::Operation;
use rune_ir::op::Literal;
use rune_ir::{DType, Op, Type, Var};

/// The maximum number of keys to recognize.
const MAX_KEYS: usize = 8;

impl<'t> Scope<'_, '_, 't> {
    pub(super) fn sort(&mut self, op: &Operation<'t>, operands: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let dimension = if op.attribute(&["dimension"]).is_some() {
            number(op, &["dimension"])?
        } else {
            operands.first().map_or(0, |&x| self.ty(x).rank().saturating_sub(1))
        };
        let types: Vec<Type> = operands.iter().map(|&x| self.ty(x).clone()).collect();
        let found = op.regions.first().and_then(|region| self.expressions(region));
        let order = found.and_then(|(mut e, roots)| match roots.as_slice() {
            &[root] => order(&mut e, root, &types),
            _ => None,
        });
        let Some((num_keys, descending)) = order else {
            return refused("sorts by a comparison that does not compare the first operands in turn, as JAX's does");
        };
        // A stable descending sort is the reversal of an ascending sort of the reversed arrays.
        let reversed = |scope: &mut Self, xs: Vec<Var>| {
            let axes = || [dimension][..].into();
            xs.into_iter()
                .map(|x| scope.one(Op::Reverse { x, axes: axes() }))
                .collect::<Result<Vec<Var>, ConvertError>>()
        };
        let operands = if descending { reversed(self, operands.to_vec())? } else { operands.to_vec() };
        let sorted = self.push(Op::Sort { operands, dimension, num_keys })?;
        if descending { reversed(self, sorted) } else { Ok(sorted) }
    }
}

/// Returns the number of leading operands that a comparison sorts by, and whether it sorts in descending order. It
/// recognizes plain comparisons, and JAX's, in which 0 equals -0 and all NaNs are equal. Complex numbers compare by
/// their real parts, then by their imaginary parts.
fn order(e: &mut Expressions, root: u32, types: &[Type]) -> Option<(usize, bool)> {
    for (direction, descending) in [("LT", false), ("GT", true)] {
        for jax in [true, false] {
            let mut pairs = Vec::new();
            for (i, ty) in types.iter().take(MAX_KEYS).enumerate() {
                let arguments = [2 * i as u32, 2 * i as u32 + 1];
                if ty.dtype.is_complex() {
                    for part in ["stablehlo.real", "stablehlo.imag"] {
                        let parts = arguments.map(|x| e.op(part, &[x]));
                        pairs.push(key(e, parts, ty.dtype.real(), direction, jax));
                    }
                } else {
                    pairs.push(key(e, arguments, ty.dtype, direction, jax));
                }
                let keys = i + 1;
                let Some(((last, _), before)) = pairs.split_last() else { break };
                let found = before.iter().rev().fold(*last, |rest, &(less, equal)| {
                    let further = e.op("stablehlo.and", &[equal, rest]);
                    e.op("stablehlo.or", &[less, further])
                });
                if found == root {
                    return Some((keys, descending));
                }
            }
        }
    }
    None
}

/// Returns whether the first value comes before the second, and whether they are equal.
fn key(e: &mut Expressions, xs: [u32; 2], dtype: DType, direction: &str, jax: bool) -> (u32, u32) {
    let (kind, keys) = match () {
        () if dtype.is_float() && jax => ("TOTALORDER", xs.map(|x| canonical(e, x, dtype))),
        () if dtype.is_float() => ("FLOAT", xs),
        () if dtype.is_signed_int() => ("SIGNED", xs),
        () => ("UNSIGNED", xs),
    };
    (e.compare(direction, kind, keys[0], keys[1]), e.compare("EQ", kind, keys[0], keys[1]))
}

/// Returns a float with only one zero and one NaN.
fn canonical(e: &mut Expressions, x: u32, dtype: DType) -> u32 {
    let zero = e.constant(&Literal::from_f64(dtype, 0.0).to_string());
    let nan = e.constant(&Literal::from_f64(dtype, f64::NAN).to_string());
    let is_zero = e.compare("EQ", "FLOAT", x, zero);
    let one_zero = e.op("stablehlo.select", &[is_zero, zero, x]);
    let is_nan = e.compare("NE", "FLOAT", x, x);
    e.op("stablehlo.select", &[is_nan, nan, one_zero])
}
