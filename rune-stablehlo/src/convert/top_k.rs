//! The approximate selection of the greatest elements. On CPUs, it is exact.

use super::arguments::word;
use super::converter::{ConvertError, invalid, refused};
use super::scope::Scope;
use crate::ast::{Attribute, Operation, find};
use rune_ir::Var;
use rune_trace::lax;

impl<'m, 't> Scope<'_, 'm, 't> {
    /// Imports JAX's `approx_max_k` and `approx_min_k`, whose operands are the elements, their positions, and a pair of
    /// initial values.
    pub(super) fn approx_top_k(&mut self, op: &'m Operation<'t>, xs: &[Var]) -> Result<Vec<Var>, ConvertError> {
        let &[x, positions, _, _] = xs else {
            return refused("selects from several arrays at once; select from one and gather the others");
        };
        let Some(Attribute::Dict(entries)) = op.attribute(&["mhlo.backend_config"]) else {
            return invalid("its options are missing");
        };
        let number = |key: &str| match find(entries, &[key]).and_then(Attribute::ints).as_deref() {
            Some(&[n]) => usize::try_from(n).or_else(|_| invalid(format!("its `{key}` is negative"))),
            _ => invalid(format!("its `{key}` is missing")),
        };
        let (k, axis) = (number("top_k")?, number("reduction_dim")?);
        if number("aggregate_to_topk")? == 0 {
            return refused("returns candidates alone; set `aggregate_to_topk`");
        }
        let ty = self.ty(x).clone();
        if ty.shape.get(axis).is_none_or(|&n| k > n) || !ty.dtype.is_float() {
            return invalid(format!("it does not select {k} floats along axis {axis} of {ty}"));
        }
        if self.iotas.get(&positions) != Some(&axis) {
            return refused("returns other positions than those along the axis");
        }
        let Some(least) = self.selects_least(op)? else {
            return refused("selects by a comparison other than GT and LT");
        };
        self.expand(&[x], |xs| {
            let x = xs[0].moveaxis(axis as isize, -1);
            let (values, positions) = lax::top_k(&if least { -x } else { x }, k);
            let values = if least { -values } else { values };
            vec![values.moveaxis(-1, axis as isize), positions.moveaxis(-1, axis as isize)]
        })
    }

    /// Returns whether the comparison of the first two arguments prefers the lesser one.
    fn selects_least(&self, op: &Operation<'t>) -> Result<Option<bool>, ConvertError> {
        let Some(Attribute::List(names)) = op.attribute(&["called_computations"]) else { return Ok(None) };
        let [Attribute::Symbol(name)] = names.as_slice() else { return Ok(None) };
        let (_, function) = self.cx.function(name)?;
        let [body] = function.regions.as_slice() else { return Ok(None) };
        let ([compare, _], [(x, _), (y, _), ..]) = (body.operations.as_slice(), body.arguments.as_slice()) else {
            return Ok(None);
        };
        let operands: Vec<&str> = compare.operands.iter().map(|used| used.name).collect();
        Ok(match word(compare, &["comparison_direction"]) {
            Some("GT") if operands == [*x, *y] => Some(false),
            Some("LT") if operands == [*x, *y] => Some(true),
            _ => None,
        })
    }
}
