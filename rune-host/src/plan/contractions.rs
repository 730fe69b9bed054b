//! Products and convolutions.

use super::Step;
use super::builder::{Builder, Storage, VariableId};
use crate::conv::{Conv, NeedsPermutation};
use crate::products::{Element, Factor, MAX_ROWS, Product, Side};
use crate::view::View;
use rune_ir::op::{BinaryFn, ConvDims, Dims, DotDims};
use rune_ir::{DType, Shape, Type};
use smallvec::SmallVec;

impl Builder {
    /// Adds a product of floats. Reduced float types are converted to `f32`.
    pub(super) fn product(
        &mut self,
        lhs: VariableId,
        rhs: VariableId,
        dims: &DotDims,
        out: DType,
        ty: &Type,
    ) -> Option<VariableId> {
        let wide = match (self.ty(lhs).dtype, out) {
            (DType::F64, _) | (_, DType::F64) => DType::F64,
            (dtype, _) if dtype.is_float() => DType::F32,
            _ => return None,
        };
        if !out.is_float() {
            return None;
        }
        let product = match self.product_of_rows(lhs, rhs, dims, wide) {
            Some(product) => product,
            None => {
                let (lhs, rhs) = (self.convert(lhs, wide)?, self.convert(rhs, wide)?);
                let a = self.factor(lhs, &dims.lhs_batch, &dims.lhs_contract);
                let b = self.factor(rhs, &dims.rhs_batch, &dims.rhs_contract);
                Product::new(a, b, wide)
            }
        };
        let wide_ty = ty.with_dtype(wide);
        let reads = vec![product.lhs.buffer, product.rhs.buffer];
        let ids = self.push_step(reads, &[wide_ty], false, |results| Step::Product { product, buffer: results[0] });
        self.convert(ids[0], out)
    }

    /// Adds a product of a few rows with a matrix of narrow elements, which is read without conversion.
    fn product_of_rows(&mut self, lhs: VariableId, rhs: VariableId, dims: &DotDims, wide: DType) -> Option<Product> {
        if wide != DType::F32 {
            return None;
        }
        let free = |x: VariableId, batch: &Dims, contract: &Dims| {
            let shape = &self.ty(x).shape;
            shape.size() / batch.iter().chain(contract).map(|&a| shape[a]).product::<usize>().max(1)
        };
        let (m, n) = (free(lhs, &dims.lhs_batch, &dims.lhs_contract), free(rhs, &dims.rhs_batch, &dims.rhs_contract));
        let (side, matrix, batch, contract) = if m > n {
            (Side::Left, lhs, &dims.lhs_batch, &dims.lhs_contract)
        } else {
            (Side::Right, rhs, &dims.rhs_batch, &dims.rhs_contract)
        };
        if m.min(n) > MAX_ROWS {
            return None;
        }
        let (narrow, element) = self.narrow(matrix)?;
        let (buffer, view) = self.stored(narrow);
        let matrix = Factor::new(buffer, &view, batch, contract)?;
        if side == Side::Left {
            let rhs = self.convert(rhs, wide)?;
            let rows = self.factor(rhs, &dims.rhs_batch, &dims.rhs_contract);
            return Product::of_rows(matrix, rows, side, element);
        }
        let lhs = self.convert(lhs, wide)?;
        let rows = self.factor(lhs, &dims.lhs_batch, &dims.lhs_contract);
        Product::of_rows(rows, matrix, side, element)
    }

    /// Returns the variable whose narrow elements were widened to `x`, if there is one and it is in a buffer.
    fn narrow(&self, x: VariableId) -> Option<(VariableId, Element)> {
        let x = self.widened.get(&x).copied().unwrap_or(x);
        let (stored, element) = match self.parts_of_bytes.get(&x) {
            Some(&part) => part,
            None => (x, Element::of(self.ty(x).dtype)?),
        };
        matches!(self.variables[stored].storage, Storage::Stored { .. }).then_some((stored, element))
    }

    /// If the result of a binary operation is a part of each byte of an operand, records this.
    pub(super) fn note_parts(&mut self, result: VariableId, f: BinaryFn, x: VariableId, y: VariableId) {
        if self.ty(result).dtype != DType::U8 {
            return;
        }
        if let Some(element) = self.constant(y).and_then(|value| Element::of_bytes(f, value)) {
            self.parts_of_bytes.insert(result, (x, element));
        }
    }

    /// Returns an operand of a product. Copies the operand if its axes are not contiguous within each other.
    pub(super) fn factor(&mut self, x: VariableId, batch: &[usize], contract: &[usize]) -> Factor {
        let (buffer, view) = self.stored(x);
        if let Some(factor) = Factor::new(buffer, &view, batch, contract) {
            return factor;
        }
        let free = (0..view.shape.rank()).filter(|a| !batch.contains(a) && !contract.contains(a));
        let order: SmallVec<[usize; 4]> = batch.iter().copied().chain(free).chain(contract.iter().copied()).collect();
        let shape: Shape = order.iter().map(|&a| view.shape[a]).collect();
        let moved = self.view(x, &self.ty(x).with_shape(shape), |v| Some(v.transpose(&order)));
        let moved = self.dense(moved);
        let rank = order.len();
        let (b, c): (Vec<usize>, Vec<usize>) = ((0..batch.len()).collect(), (rank - contract.len()..rank).collect());
        Factor::new(moved.buffer, &View::dense(&moved.shape), &b, &c)
            .expect("axes in this order lie one within the other")
    }

    /// Adds a convolution of floats. Reduced float types are converted to `f32`.
    pub(super) fn conv(&mut self, lhs: VariableId, rhs: VariableId, dims: &ConvDims, ty: &Type) -> Option<VariableId> {
        if !ty.dtype.is_float() {
            return None;
        }
        let wide = if ty.dtype == DType::F64 { DType::F64 } else { DType::F32 };
        let (mut lhs, mut rhs) = (self.convert(lhs, wide)?, self.convert(rhs, wide)?);
        let mut dims = dims.clone();
        let conv = loop {
            let (x, kernel) = (self.stored(lhs), self.stored(rhs));
            match Conv::new((x.0, &x.1), (kernel.0, &kernel.1), &dims, &ty.shape, wide) {
                Some(Ok(conv)) => break conv,
                Some(Err(NeedsPermutation { permutation })) => {
                    let shape: Shape = permutation.iter().map(|&a| kernel.1.shape[a]).collect();
                    let moved = self.view(rhs, &Type::new(wide, shape), |v| Some(v.transpose(&permutation)));
                    rhs = self.dense_variable(moved);
                    let rank = permutation.len();
                    dims.rhs = [rank - 1, rank - 2].into_iter().chain(0..rank - 2).collect();
                }
                // The images are read backwards.
                None => lhs = self.dense_variable(lhs),
            }
        };
        let layout = conv.layout();
        let shape: Shape = layout.iter().map(|&part| ty.shape[dims.out[part]]).collect();
        let reads = vec![conv.lhs, conv.rhs];
        let laid_out = Type::new(wide, shape);
        let result = self.push_step(reads, &[laid_out], false, |results| Step::Conv { conv, buffer: results[0] })[0];
        let mut permutation: SmallVec<[usize; 4]> = SmallVec::from_elem(0, layout.len());
        layout.iter().enumerate().for_each(|(at, &part)| permutation[dims.out[part]] = at);
        let result = self.view(result, &ty.with_dtype(wide), |v| Some(v.transpose(&permutation)));
        self.convert(result, ty.dtype)
    }
}
