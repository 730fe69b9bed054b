//! Convolutions.

use super::gemm::{Gemm, Matrix};
use super::map::write;
use super::number::{Number, Ring, with_kind};
use super::shape::transpose;
use super::window::WindowAxis;
use super::{InterpretError, undefined};
use crate::op::{ConvDims, Dims};
use crate::{Array, Type};

/// Convolves `lhs` with `rhs`: for each image and group, it computes the product of the kernel and a matrix of patches.
/// Floats accumulate in `f64`, and are rounded once.
pub(super) fn conv(lhs: Array, rhs: Array, dims: &ConvDims, ty: &Type) -> Result<Array, InterpretError> {
    if ty.size() == 0 {
        // If one axis is empty, another may be larger than any memory.
        return Ok(Array::zeros(ty.clone()));
    }
    with_kind!(ty.dtype,
        float T => Ok(patches::<T>(lhs, rhs, dims, ty, |x| x.to_f64_vec())),
        int T => Ok(patches::<T>(lhs, rhs, dims, ty, |x| x.as_slice::<T>().to_vec())),
        complex T => Ok(patches::<T>(lhs, rhs, dims, ty, |x| x.as_slice::<T>().iter().map(|x| x.to_accumulator()).collect())),
        bool => Err(undefined("conv", ty.dtype)))
}

fn patches<T: Number<Accumulator: Gemm>>(
    lhs: Array,
    rhs: Array,
    dims: &ConvDims,
    ty: &Type,
    to_accumulator: impl Fn(&Array) -> Vec<T::Accumulator>,
) -> Array {
    // The axes of the images are batch, features and space. Those of the kernel are output features, input features and
    // space.
    let (lhs, rhs) = (transpose(lhs, &dims.lhs), transpose(rhs, &dims.rhs));
    let shape: crate::Shape = dims.out.iter().map(|&a| ty.shape[a]).collect();
    let (features, positions): (usize, usize) = (shape[1], shape[2..].iter().product());
    let table = sources(&lhs.shape()[2..], &rhs.shape()[2..], &shape[2..], dims);
    let image: usize = lhs.shape()[2..].iter().product();
    let (inputs, depth) = (rhs.shape()[1], rhs.shape()[1] * rhs.shape()[2..].iter().product::<usize>());
    let groups = dims.feature_groups.max(dims.batch_groups);
    let (x, kernel) = (to_accumulator(&lhs), to_accumulator(&rhs));
    let mut out = vec![T::Accumulator::ZERO; ty.size()];
    let block = features / groups * positions;
    if depth > 0 {
        let mut columns = vec![T::Accumulator::ZERO; depth * positions];
        for (at, out) in out.chunks_exact_mut(block).enumerate() {
            let (n, group) = (at / groups, at % groups);
            let (n, first) = if dims.batch_groups > 1 { (group * shape[0] + n, 0) } else { (n, group * inputs) };
            let from = (n * lhs.shape()[1] + first) * image;
            columns_of(&x[from..from + inputs * image], image, &table, &mut columns);
            let kernel = &kernel[group * features / groups * depth..][..features / groups * depth];
            let a = Matrix { data: kernel, row: depth, col: 1 };
            let b = Matrix { data: &columns, row: positions, col: 1 };
            T::Accumulator::gemm(features / groups, depth, positions, a, b, out);
        }
    }
    let out = write(&ty.with_shape(shape), |to: &mut [T]| {
        to.iter_mut().zip(&out).for_each(|(to, &x)| *to = T::from_accumulator(x));
    });
    let mut order = Dims::from_elem(0, ty.rank());
    dims.out.iter().enumerate().for_each(|(from, &to)| order[to] = from);
    transpose(out, &order)
}

/// Returns, for each element of the kernel and each position of the result, the index of the element of the image that
/// is multiplied. `None` means that there is no such element.
fn sources(image: &[usize], kernel: &[usize], out: &[usize], dims: &ConvDims) -> Vec<Option<usize>> {
    let mut table = vec![Some(0)];
    let (mut taps, mut positions) = (1, 1);
    for (a, &n) in image.iter().enumerate() {
        let axis = WindowAxis {
            n,
            stride: dims.strides[a],
            low: dims.padding[a].0,
            base_dilation: dims.lhs_dilation[a],
            window_dilation: dims.rhs_dilation[a],
        };
        let along: Vec<Vec<Option<usize>>> =
            (0..kernel[a]).map(|tap| (0..out[a]).map(|window| axis.source(window, tap)).collect()).collect();
        let mut next = Vec::with_capacity(table.len() * kernel[a] * out[a]);
        for tap in 0..taps {
            for along in &along {
                for before in &table[tap * positions..(tap + 1) * positions] {
                    next.extend(along.iter().map(|at| Some((*before)? * n + (*at)?)));
                }
            }
        }
        (taps, positions, table) = (taps * kernel[a], positions * out[a], next);
    }
    table
}

/// Fills the matrix of patches: one row for each input feature and element of the kernel, and one column for each
/// position.
fn columns_of<T: Ring>(images: &[T], size: usize, table: &[Option<usize>], columns: &mut [T]) {
    for (i, columns) in columns.chunks_exact_mut(table.len().max(1)).enumerate() {
        let image = &images[i * size..(i + 1) * size];
        for (to, from) in columns.iter_mut().zip(table) {
            *to = from.map_or(T::ZERO, |from| image[from]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DType;
    use smallvec::smallvec;

    fn line(strides: usize, padding: (i64, i64), lhs_dilation: usize, rhs_dilation: usize) -> ConvDims {
        ConvDims {
            lhs: smallvec![0, 1, 2],
            rhs: smallvec![0, 1, 2],
            out: smallvec![0, 1, 2],
            strides: smallvec![strides],
            padding: vec![padding],
            lhs_dilation: smallvec![lhs_dilation],
            rhs_dilation: smallvec![rhs_dilation],
            feature_groups: 1,
            batch_groups: 1,
        }
    }

    fn of(lhs: &Array, rhs: &Array, dims: &ConvDims) -> Vec<i32> {
        let space = dims.spatial_output(lhs.shape(), rhs.shape()).unwrap();
        let batch = lhs.shape()[0] / dims.batch_groups;
        let ty = Type::new(DType::I32, [batch, rhs.shape()[0], space[0]]);
        conv(lhs.clone(), rhs.clone(), dims, &ty).unwrap().as_slice::<i32>().to_vec()
    }

    #[test]
    fn steps_padding_and_both_dilations() {
        let (x, k) = (Array::from_slice([1, 1, 4], &[1, 2, 3, 4]), Array::from_slice([1, 1, 2], &[1, 10]));
        assert_eq!(of(&x, &k, &line(1, (0, 0), 1, 1)), [21, 32, 43]);
        assert_eq!(of(&x, &k, &line(2, (1, 1), 1, 1)), [10, 32, 4]);
        assert_eq!(of(&x, &k, &line(1, (-1, 0), 1, 2)), [42]);
        assert_eq!(of(&x, &k, &line(1, (0, 0), 2, 1)), [1, 20, 2, 30, 3, 40]);
    }

    #[test]
    fn groups_of_features_and_of_images() {
        let mut dims = line(1, (0, 0), 1, 1);
        let (x, k) = (Array::from_slice([1, 2, 1], &[3, 5]), Array::from_slice([2, 1, 1], &[1, 10]));
        dims.feature_groups = 2;
        assert_eq!(of(&x, &k, &dims), [3, 50]);
        dims.feature_groups = 1;
        dims.batch_groups = 2;
        assert_eq!(of(&x.reshaped([2, 1, 1]), &k, &dims), [3, 50]);
    }
}
