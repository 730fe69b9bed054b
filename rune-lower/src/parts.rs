//! Complex values as pairs of real ones.
//!
//! With IREE 3.13, products of complex numbers are wrong under data tiling, their convolutions do not compile under
//! aggressive fusion, and SPIR-V has no complex types. In modules for IREE, all operations therefore work on the real and
//! the imaginary parts. Only the arguments and results of functions and of host calls are complex.

use crate::builder::{Builder, Val};
use crate::tree::{Id, Region};
use rune_ir::{DType, Type};
use std::collections::HashSet;
use std::rc::Rc;

impl<'c> Builder<'c> {
    /// Returns complex numbers with these parts, the real and the imaginary one.
    pub fn complex(&self, parts: [Val<'c>; 2]) -> Val<'c> {
        let [re, im] = &parts;
        let dtype = re.dtype().complex().expect("parts are f32 or f64");
        // IREE cannot fill a buffer with 128 bits.
        let is_filled = dtype == DType::C128 && re.known.is_constant() && im.known.is_constant();
        let im = if is_filled { &self.barrier(&[im]).remove(0) } else { im };
        let z = self.op1("stablehlo.complex", &[re, im], &[], re.ty.with_dtype(dtype));
        match self.context.is_export {
            true => z,
            false => Val { parts: Some(Rc::new(parts)), ..z },
        }
    }
    /// Returns the real and the imaginary part of complex numbers.
    pub fn parts(&self, z: &Val<'c>) -> [Val<'c>; 2] {
        if let Some(parts) = &z.parts {
            return (**parts).clone();
        }
        ["stablehlo.real", "stablehlo.imag"].map(|name| self.op1(name, &[z], &[], z.ty.with_dtype(z.dtype().real())))
    }
    /// Returns the values. In modules for IREE, complex ones have their parts.
    pub fn with_parts(&self, values: Vec<Val<'c>>) -> Vec<Val<'c>> {
        let split = |x: Val<'c>| match x.dtype().is_complex() && x.parts.is_none() && !self.context.is_export {
            true => Val { parts: Some(Rc::new(self.parts(&x))), ..x },
            false => x,
        };
        values.into_iter().map(split).collect()
    }
}

/// Returns the values, with two parts instead of each complex value that has parts.
pub(crate) fn split<'c>(values: &[Val<'c>]) -> Vec<Val<'c>> {
    let parts = |x: &Val<'c>| x.parts.as_ref().map_or_else(|| vec![x.clone()], |parts| parts.to_vec());
    values.iter().flat_map(parts).collect()
}

/// Returns the types of the values of [`split`]. `complex` says whether complex values are split.
pub(crate) fn split_types(types: &[Type], complex: bool) -> Vec<Type> {
    let parts = |ty: &Type| match complex && ty.dtype.is_complex() {
        true => vec![ty.with_dtype(ty.dtype.real()); 2],
        false => vec![ty.clone()],
    };
    types.iter().flat_map(parts).collect()
}

/// Inverts [`split`] for values of these types.
pub(crate) fn join<'c>(b: &Builder<'c>, values: Vec<Val<'c>>, types: &[Type]) -> Vec<Val<'c>> {
    let mut values = values.into_iter();
    let mut next = || values.next().expect("each type has its values");
    let whole = |ty: &Type| {
        let first = next();
        if first.ty == *ty { first } else { b.complex([first, next()]) }
    };
    types.iter().map(whole).collect()
}

/// Removes complex values that nothing reads, because all their readers take the parts.
pub(crate) fn remove_unused(region: &mut Region) {
    remove_unread(region, &mut HashSet::new());
}

/// Removes unread values from the last operation to the first. `read` holds the values that later operations read.
fn remove_unread(region: &mut Region, read: &mut HashSet<Id>) {
    let mut kept = Vec::new();
    while let Some(mut operation) = region.operations.pop() {
        let is_conversion =
            matches!(operation.name.as_str(), "stablehlo.complex" | "stablehlo.real" | "stablehlo.imag");
        if is_conversion && !operation.results.iter().any(|(id, _)| read.contains(id)) {
            continue;
        }
        operation.regions.iter_mut().for_each(|inner| remove_unread(inner, read));
        read.extend(&operation.operands);
        kept.push(operation);
    }
    kept.reverse();
    region.operations = kept;
}
