//! The rule of Fourier transforms.

use super::{TypeProblem, elementwise::DTypeSet};
use crate::op::FftFn;
use crate::{Shape, Type};

/// The maximum number of axes of a transform, as in StableHLO.
const MAX_AXES: usize = 3;

pub(super) fn fft(f: FftFn, x: &Type, lengths: &[usize]) -> Result<Type, TypeProblem> {
    let dtype = match f {
        FftFn::Fft | FftFn::Ifft => {
            DTypeSet::Complex.check(x)?;
            x.dtype
        }
        FftFn::Rfft => match x.dtype.complex() {
            Some(dtype) if x.dtype.is_float() => dtype,
            _ => return Err(TypeProblem::operand("an array of f32 or f64 (convert, as with `.cast(DType::F32)`)", x)),
        },
        FftFn::Irfft => {
            DTypeSet::Complex.check(x)?;
            x.dtype.real()
        }
    };
    if lengths.is_empty() || lengths.len() > MAX_AXES || lengths.contains(&0) {
        return Err(TypeProblem::Attribute(format!(
            "needs 1 to {MAX_AXES} `lengths` of at least 1, but got {lengths:?}"
        )));
    }
    let mut taken = Shape::from(lengths);
    let mut given = taken.clone();
    let last = lengths.len() - 1;
    match f {
        FftFn::Fft | FftFn::Ifft => {}
        FftFn::Rfft => given.dims_mut()[last] = lengths[last] / 2 + 1,
        FftFn::Irfft => taken.dims_mut()[last] = lengths[last] / 2 + 1,
    }
    match x.shape.strip_suffix(&taken[..]) {
        Some(batch) => Ok(Type::new(dtype, batch.iter().chain(given.iter()).copied().collect::<Shape>())),
        None => {
            Err(TypeProblem::operand(format!("an array whose last sizes are {taken} for `lengths` {lengths:?}"), x))
        }
    }
}
