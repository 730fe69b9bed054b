//! Reductions by arbitrary functions. As in StableHLO, a function takes the accumulator and the next element.

use super::arguments::word;
use super::converter::{ConvertError, invalid, refused};
use super::elementwise::binary;
use super::scope::Scope;
use crate::ast::Operation;
use rune_ir::op::{Dims, Padding, Window};
use rune_ir::{Op, Origin, Program, ProgramBuilder, Shape, Type, Var};
use rune_trace::ProgramExt;
use std::sync::Arc;

/// The maximum number of window positions to process one by one.
const MOST: usize = 256;

/// A function of the accumulator and the next element with its captures. It processes many elements at once.
pub(super) struct Combine {
    pub captured: Vec<Var>,
    pub program: Arc<Program>,
}

impl<'m, 't> Scope<'_, 'm, 't> {
    /// Converts a region on scalars to a function of `lanes` elements. Returns `None` if it contains something that
    /// rune does not support.
    pub(super) fn combine(
        &mut self,
        op: &'m Operation<'t>,
        xs: &[Var],
        lanes: usize,
    ) -> Result<Option<Combine>, ConvertError> {
        if let Some(name) = word(op, &["applies"]) {
            let ty = Type::new(self.ty(xs[0]).dtype, [lanes]);
            let Some(f) = binary(name, ty.dtype) else { return refused(format!("applies `{name}`")) };
            let mut builder = ProgramBuilder::new("combine", vec![ty.clone(), ty], Vec::new());
            let result = builder.push(Op::Binary { f, x: Var(0), y: Var(1) }, Origin::default())?;
            let program = Arc::new(builder.finish(result.to_vec())?);
            return Ok(Some(Combine { captured: Vec::new(), program }));
        }
        let Some((captured, mut programs)) = self.regions(op, &["combine"])? else { return Ok(None) };
        let (Some(program), true) = (programs.pop(), programs.is_empty()) else {
            return invalid("it needs exactly one region");
        };
        let own = 2 * xs.len();
        let count = [captured.len() + own, xs.len()];
        let found = [program.input_types().len(), program.outputs().len()];
        if found != count || program.input_types()[captured.len()..].iter().any(|ty| ty.rank() > 0) {
            return invalid(format!("its region is not a function from {own} scalars to {}", xs.len()));
        }
        let axes = [vec![None; captured.len()], vec![Some(0); own]].concat();
        match program.vmap(lanes, &axes, &vec![Some(0); xs.len()]) {
            Ok(program) => Ok(Some(Combine { captured, program: Arc::new(program) })),
            Err(error) => invalid(error.to_string()),
        }
    }

    /// Broadcasts `init`.
    fn everywhere(&mut self, init: Var, shape: &Shape) -> Result<Var, ConvertError> {
        if shape.rank() == 0 {
            return Ok(init);
        }
        self.one(Op::BroadcastInDim { x: init, shape: shape.clone(), dims: Dims::new() })
    }

    /// Reduces one element after the other, for all results at once.
    pub(super) fn fold(
        &mut self,
        op: &'m Operation<'t>,
        xs: &[Var],
        inits: &[Var],
        axes: &[usize],
    ) -> Result<Option<Vec<Var>>, ConvertError> {
        let whole = self.ty(xs[0]).shape.clone();
        if axes.iter().any(|&a| a >= whole.rank()) || xs.iter().any(|&x| self.ty(x).shape != whole) {
            return invalid("its arrays differ in shape, or its axes are out of range");
        }
        let kept: Vec<usize> = (0..whole.rank()).filter(|a| !axes.contains(a)).collect();
        let shape: Shape = kept.iter().map(|&a| whole[a]).collect();
        if whole.size() == 0 {
            return inits.iter().map(|&x| self.everywhere(x, &shape)).collect::<Result<Vec<Var>, _>>().map(Some);
        }
        let (lanes, length) = (shape.size(), axes.iter().map(|&a| whole[a]).product());
        let Some(Combine { captured, program }) = self.combine(op, xs, lanes)? else { return Ok(None) };
        let consts = captured.len();
        let mut args = captured;
        for &init in inits {
            args.push(self.everywhere(init, &[lanes][..].into())?);
        }
        for &x in xs {
            let permutation: Dims = axes.iter().copied().chain(kept.iter().copied()).collect();
            let x = self.one(Op::Transpose { x, permutation })?;
            args.push(self.reshape(x, &[length, lanes][..].into())?);
        }
        let carry = inits.len();
        let op = Op::Scan { args, consts, carry, length, reverse: false, unroll: 0, body: program };
        let folded = self.push(op)?;
        folded.into_iter().map(|y| self.reshape(y, &shape)).collect::<Result<Vec<Var>, _>>().map(Some)
    }

    /// Applies a function to windows, one position after the other.
    pub(super) fn fold_windows(
        &mut self,
        op: &'m Operation<'t>,
        xs: &[Var],
        inits: &[Var],
        window: &Window,
    ) -> Result<Option<Vec<Var>>, ConvertError> {
        let shape = self.output(op, 0, xs.len())?.shape.clone();
        let rank = shape.rank();
        let lists = [&window.dimensions, &window.strides, &window.base_dilation, &window.window_dilation];
        let same = xs.iter().all(|&x| self.ty(x).shape == self.ty(xs[0]).shape);
        if !same || self.ty(xs[0]).rank() != rank || lists.iter().any(|l| l.len() != rank || l.contains(&0)) {
            return invalid("its windows, arrays and results do not match");
        }
        let positions = window.dimensions.iter().try_fold(1usize, |n, &d| n.checked_mul(d));
        let Some(positions) = positions.filter(|&n| n <= MOST) else {
            return refused(format!("applies a custom function to windows of more than {MOST} elements"));
        };
        if shape.size() == 0 {
            return inits.iter().map(|&x| self.everywhere(x, &shape)).collect::<Result<Vec<Var>, _>>().map(Some);
        }
        let lanes = [shape.size()][..].into();
        let Some(Combine { captured, program }) = self.combine(op, xs, shape.size())? else { return Ok(None) };
        let mut padded = Vec::new();
        let mut so_far = Vec::new();
        for (&x, &init) in xs.iter().zip(inits) {
            let config = window.padding.iter().zip(&window.base_dilation);
            let config = config.map(|(&(low, high), &dilation)| Padding { low, high, interior: dilation - 1 });
            padded.push(self.one(Op::Pad { x, padding: init, config: config.collect() })?);
            so_far.push(self.everywhere(init, &lanes)?);
        }
        for position in 0..positions {
            let mut rest = position;
            let (mut start, mut limit) = (Dims::from_elem(0, rank), Dims::from_elem(0, rank));
            for a in (0..rank).rev() {
                let within = (rest % window.dimensions[a]).checked_mul(window.window_dilation[a]);
                let reach = (shape[a] - 1).checked_mul(window.strides[a]).and_then(|n| n.checked_add(1));
                let end = within.zip(reach).and_then(|(from, n)| Some((from, from.checked_add(n)?)));
                // The type rule rejects positions outside the array.
                let Some(ends) = end else { return invalid("its windows are larger than any array") };
                (start[a], limit[a]) = ends;
                rest /= window.dimensions[a];
            }
            let mut args = [captured.clone(), so_far].concat();
            for &x in &padded {
                let (start, limit, strides) = (start.clone(), limit.clone(), window.strides.clone());
                let x = self.one(Op::Slice { x, start, limit, strides })?;
                args.push(self.reshape(x, &lanes)?);
            }
            so_far = self.push(Op::Call { args, program: program.clone() })?;
        }
        so_far.into_iter().map(|y| self.reshape(y, &shape)).collect::<Result<Vec<Var>, _>>().map(Some)
    }
}
