//! Checked descriptions of a producer's arrays.

use super::abi::{CPU, CUDA_HOST, DLTensor, ROCM_HOST};
use super::{DlpackError, dtype_of, row_major};
use crate::{Shape, Type};

/// An array in the memory of a producer.
pub(super) struct View {
    pub ty: Type,
    /// The first element. Null only if there are none.
    pub first: *const u8,
    /// The stride of each axis, in elements.
    pub strides: Vec<i64>,
    /// Whether elements follow each other in row-major order.
    pub dense: bool,
}

fn malformed<T>(problem: impl Into<String>) -> Result<T, DlpackError> {
    Err(DlpackError::Malformed(problem.into()))
}

/// Returns the list of `n` numbers at `at`.
///
/// # Safety
/// `at` is null, or the address of `n` numbers.
unsafe fn list(at: *const i64, n: usize) -> Option<Vec<i64>> {
    if n == 0 {
        return Some(Vec::new());
    }
    // SAFETY: it is not null here, so by the contract it is the address of `n` numbers.
    (!at.is_null()).then(|| unsafe { std::slice::from_raw_parts(at, n) }.to_vec())
}

/// Reads the description of an array.
///
/// # Safety
/// The shape and the strides are each null, or the address of `ndim` numbers.
pub(super) unsafe fn view(tensor: &DLTensor) -> Result<View, DlpackError> {
    let device = tensor.device.device_type;
    if ![CPU, CUDA_HOST, ROCM_HOST].contains(&device) {
        return Err(DlpackError::Device { kind: device });
    }
    let dtype = dtype_of(tensor.dtype)?;
    let Ok(rank) = usize::try_from(tensor.ndim) else { return malformed(format!("it has {} axes", tensor.ndim)) };
    if rank > crate::MAX_RANK {
        return malformed(format!("it has {rank} axes, more than the {} that an array can have", crate::MAX_RANK));
    }
    // SAFETY: by the contract.
    let Some(sizes) = (unsafe { list(tensor.shape, rank) }) else { return malformed("its shape is null") };
    let mut bytes = dtype.size();
    let mut dims = Vec::with_capacity(rank);
    for &n in &sizes {
        let Ok(n) = usize::try_from(n) else { return malformed(format!("an axis has the size {n}")) };
        dims.push(n);
    }
    if !dims.contains(&0) {
        for &n in &dims {
            match bytes.checked_mul(n).filter(|&b| b <= isize::MAX as usize) {
                Some(product) => bytes = product,
                None => return malformed(format!("the sizes {sizes:?} have more elements than memory can hold")),
            }
        }
    }
    let ty = Type::new(dtype, dims.into_iter().collect::<Shape>());
    // SAFETY: by the contract.
    let given = unsafe { list(tensor.strides, rank) };
    let strides = given.unwrap_or_else(|| row_major(&ty));
    let dense = ty.size() == 0 || {
        let along = |(axis, stride): (usize, i64)| ty.shape[axis] == 1 || strides[axis] == stride;
        row_major(&ty).into_iter().enumerate().all(along)
    };
    if ty.size() > 0 && tensor.data.is_null() {
        return malformed("its memory is null");
    }
    let Ok(offset) = usize::try_from(tensor.byte_offset) else {
        return malformed(format!("its first element is {} bytes into its memory", tensor.byte_offset));
    };
    let first = tensor.data.cast_const().cast::<u8>().wrapping_add(offset);
    if !reach_fits(&ty, &strides) {
        return malformed(format!("its strides {strides:?} lead beyond any memory"));
    }
    Ok(View { ty, first, strides, dense })
}

/// Returns whether the offset of every element in bytes fits into an `isize`.
fn reach_fits(ty: &Type, strides: &[i64]) -> bool {
    if ty.size() == 0 {
        return true;
    }
    let mut reach = 1i64;
    for (&n, &stride) in ty.shape.iter().zip(strides) {
        let along = stride.checked_abs().and_then(|stride| stride.checked_mul(n as i64 - 1));
        match along.and_then(|along| reach.checked_add(along)) {
            Some(sum) => reach = sum,
            None => return false,
        }
    }
    reach.checked_mul(ty.dtype.size() as i64).is_some_and(|bytes| bytes <= isize::MAX as i64)
}

impl View {
    /// Returns the bytes of a dense array.
    ///
    /// # Safety
    /// The memory that the view describes lives for `'a`, and nothing writes to it.
    pub unsafe fn bytes<'a>(&self) -> &'a [u8] {
        if self.ty.size() == 0 {
            return &[];
        }
        // SAFETY: the first element is not null, and the size of a dense array was checked. By the contract, the memory
        // lives and does not change.
        unsafe { std::slice::from_raw_parts(self.first, self.ty.bytes()) }
    }

    /// Returns a copy of the elements in row-major order.
    ///
    /// # Safety
    /// The memory that the view describes lives, and nothing writes to it.
    pub unsafe fn copied(&self) -> Vec<u8> {
        let size = self.ty.dtype.size();
        let mut bytes = Vec::with_capacity(self.ty.bytes());
        let mut index = vec![0usize; self.ty.rank()];
        for _ in 0..self.ty.size() {
            let steps: i64 = index.iter().zip(&self.strides).map(|(&i, &stride)| i as i64 * stride).sum();
            // SAFETY: the offset fits, as was checked. By the contract, it leads to an element.
            let element = unsafe {
                let at = self.first.offset(steps as isize * size as isize);
                std::slice::from_raw_parts(at, size)
            };
            bytes.extend_from_slice(element);
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                if index[axis] < self.ty.shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
        bytes
    }
}
