//! Dot products and convolutions.

use super::arguments::{Fields, dims_of, dims_or, exactly, fields, ints, pairs};
use super::converter::{ConvertError, invalid};
use super::scope::Scope;
use crate::ast::{Attribute, Operation, find};
use rune_ir::op::{ConvDims, Dims, DotDims};
use rune_ir::{DType, Op, Var};
use rune_trace::RaggedDotDims;
use std::cmp::Ordering;

impl<'t> Scope<'_, '_, 't> {
    /// Converts the factors to a common dtype that can hold both, and `out` if it is present.
    pub(super) fn alike(&mut self, factors: [Var; 2], out: Option<DType>) -> Result<[Var; 2], ConvertError> {
        let mut dtype = out.unwrap_or(self.ty(factors[0]).dtype);
        for other in factors.map(|v| self.ty(v).dtype) {
            dtype = match other.size().cmp(&dtype.size()) {
                Ordering::Less => dtype,
                Ordering::Greater => other,
                // Neither half type can hold the other.
                Ordering::Equal if other != dtype && other.is_float() => DType::F32,
                Ordering::Equal => dtype,
            };
        }
        let [lhs, rhs] = factors;
        Ok([self.convert(lhs, dtype)?, self.convert(rhs, dtype)?])
    }

    /// Imports a dot product. The precision is ignored, because products are as exact as their dtype.
    pub(super) fn dot_general(
        &mut self,
        op: &Operation<'t>,
        lhs: Var,
        rhs: Var,
        out: DType,
    ) -> Result<Var, ConvertError> {
        let dims = if op.attribute(&["dot_dimension_numbers"]).is_some() {
            let f: Fields = fields(self.cx.text, op, &["dot_dimension_numbers"])?;
            DotDims {
                lhs_batch: f.dims("lhs_batching_dimensions")?,
                rhs_batch: f.dims("rhs_batching_dimensions")?,
                lhs_contract: f.dims("lhs_contracting_dimensions")?,
                rhs_contract: f.dims("rhs_contracting_dimensions")?,
            }
        } else {
            let pair = |name: &str| match op.attribute(&[name]) {
                None => Ok([Dims::new(), Dims::new()]),
                Some(Attribute::Pair(pair)) => match [pair[0].ints(), pair[1].ints()] {
                    [Some(l), Some(r)] => Ok([dims_of(&l, name)?, dims_of(&r, name)?]),
                    _ => invalid(format!("its `{name}` are not axes")),
                },
                Some(_) => invalid(format!("its `{name}` are not axes of two operands")),
            };
            let [lhs_batch, rhs_batch] = pair("batching_dims")?;
            let [lhs_contract, rhs_contract] = pair("contracting_dims")?;
            DotDims { lhs_batch, rhs_batch, lhs_contract, rhs_contract }
        };
        self.one(Op::DotGeneral { lhs, rhs, dims: Box::new(dims), out })
    }

    /// Imports a dot product of groups. As a composite, it has its axes in a list, in the order of the fields.
    pub(super) fn ragged_dot(&mut self, op: &Operation<'t>, xs: &[Var]) -> Result<Var, ConvertError> {
        let ([lhs, rhs, sizes], out) = (exactly(xs)?, self.output(op, 0, 1)?.dtype);
        const NAME: &str = "ragged_dot_dimension_numbers";
        const FIELDS: [&str; 6] = [
            "lhs_batching_dimensions",
            "rhs_batching_dimensions",
            "lhs_contracting_dimensions",
            "rhs_contracting_dimensions",
            "lhs_ragged_dimensions",
            "rhs_group_dimensions",
        ];
        let mut axes: [Dims; 6] = std::array::from_fn(|_| Dims::new());
        if let Some(Attribute::Dict(entries)) = op.attribute(&["composite_attributes"]) {
            let Some(Attribute::List(lists)) = find(entries, &[NAME]) else {
                return invalid(format!("its `{NAME}` are missing"));
            };
            for ((axes, name), list) in axes.iter_mut().zip(FIELDS).zip(lists) {
                let Some(list) = list.ints() else { return invalid(format!("its `{name}` is not a list of integers")) };
                *axes = dims_of(&list, name)?;
            }
        } else {
            let f: Fields = fields(self.cx.text, op, &[NAME])?;
            for (axes, name) in axes.iter_mut().zip(FIELDS) {
                *axes = f.dims(name)?;
            }
        }
        let [lhs_batch, rhs_batch, lhs_contract, rhs_contract, ragged, group] = axes;
        let (&[ragged], [] | [_]) = (ragged.as_slice(), group.as_slice()) else {
            return invalid("it needs one ragged axis and at most one axis of groups");
        };
        let dot = DotDims { lhs_batch, rhs_batch, lhs_contract, rhs_contract };
        let dims = RaggedDotDims { dot, ragged, group: group.first().copied() };
        let [lhs, rhs] = self.alike([lhs, rhs], None)?;
        if let Err(problem) = dims.check(self.ty(lhs), self.ty(rhs), self.ty(sizes)) {
            return invalid(problem.to_string());
        }
        let kind = |dtype: DType| (dtype.is_complex(), dtype.is_float(), dtype.is_int());
        let dtype = self.ty(lhs).dtype;
        if kind(dtype) != kind(out) {
            return invalid(format!("its result of {out} is not of the kind of {dtype}"));
        }
        let result = self.expand(&[lhs, rhs, sizes], |xs| match xs {
            [lhs, rhs, sizes] => vec![lhs.ragged_dot_general(rhs, sizes, &dims, out)],
            _ => Vec::new(),
        })?;
        match result.as_slice() {
            &[y] => Ok(y),
            _ => invalid("it needs exactly one result"),
        }
    }

    /// Imports `stablehlo.dot`: contracts the last axis of `lhs` with the first of `rhs`.
    pub(super) fn dot(&mut self, lhs: Var, rhs: Var, out: DType) -> Result<Var, ConvertError> {
        let Some(last) = self.ty(lhs).rank().checked_sub(1) else { return invalid("it takes vectors and matrices") };
        let dims = DotDims { lhs_contract: [last][..].into(), rhs_contract: [0][..].into(), ..DotDims::default() };
        self.one(Op::DotGeneral { lhs, rhs, dims: Box::new(dims), out })
    }

    pub(super) fn convolution(&mut self, op: &Operation<'t>, lhs: Var, rhs: Var) -> Result<Var, ConvertError> {
        let Some(Attribute::Opaque { body, .. }) = op.attribute(&["dim_numbers", "dimension_numbers"]) else {
            return invalid("its `dimension_numbers` are missing");
        };
        let rank = self.ty(lhs).rank();
        let layouts: Vec<&str> = body.split(']').map(|part| part.split('[').next_back().unwrap_or_default()).collect();
        let layout = |i: usize, first: &str, second: &str| {
            let names: Vec<&str> = layouts.get(i).copied().unwrap_or_default().split(',').map(str::trim).collect();
            let wanted = [first.to_owned(), second.to_owned()].into_iter();
            let wanted = wanted.chain((0..rank.saturating_sub(2)).map(|i| i.to_string()));
            let places = wanted.map(|name| names.iter().position(|&n| n == name)).collect::<Option<Dims>>();
            match places {
                Some(places) if places.len() == names.len() => Ok(places),
                Some(_) | None => invalid(format!("its `dimension_numbers` {body} do not describe {rank} axes")),
            }
        };
        let (lhs_dims, rhs_dims) = (layout(0, "b", "f")?, layout(1, "o", "i")?);
        let out = layout(2, "b", "f")?;
        let spatial = rank.saturating_sub(2);
        // The window is a separate dictionary, or consists of attributes.
        let window = Operation {
            attributes: match op.attribute(&["window"]) {
                Some(Attribute::Dict(entries)) => entries.clone(),
                Some(_) | None => op.attributes.clone(),
            },
            regions: Vec::new(),
            ..op.clone()
        };
        let reversed = ints(&window, &["window_reversal", "reverse"])?.unwrap_or_default();
        let axes: Dims =
            reversed.iter().zip(rhs_dims.iter().skip(2)).filter(|(r, _)| **r != 0).map(|(_, &a)| a).collect();
        let rhs = if axes.is_empty() { rhs } else { self.one(Op::Reverse { x: rhs, axes })? };
        let groups = |name: &str| match dims_or(op, &[name], 1, 1)?.as_slice() {
            [n] => Ok(*n),
            _ => invalid(format!("its `{name}` is not a number")),
        };
        let dims = ConvDims {
            strides: dims_or(&window, &["window_strides", "stride"], 1, spatial)?,
            padding: pairs(&window, &["padding", "pad"], spatial)?,
            lhs_dilation: dims_or(&window, &["lhs_dilation", "lhs_dilate"], 1, spatial)?,
            rhs_dilation: dims_or(&window, &["rhs_dilation", "rhs_dilate"], 1, spatial)?,
            feature_groups: groups("feature_group_count")?,
            batch_groups: groups("batch_group_count")?,
            lhs: lhs_dims,
            rhs: rhs_dims,
            out,
        };
        self.one(Op::Conv { lhs, rhs, dims: Box::new(dims) })
    }
}
