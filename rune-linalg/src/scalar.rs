//! Real and complex numbers.

use faer::traits::ComplexField;
use num_complex::Complex;
use rune_ir::{Array, DType, Shape};

pub(crate) type Complex64 = Complex<f64>;

/// The numbers that matrices are factorized in.
pub(crate) trait Scalar: ComplexField + Copy + Send + Sync {
    fn read(x: &Array) -> Vec<Self>;
    /// Returns an array of a dtype of this kind, real or complex.
    fn write(dtype: DType, shape: Shape, elements: Vec<Self>) -> Array;
    fn real(x: f64) -> Self;
    fn re(self) -> f64;
    fn im(self) -> f64;
    fn magnitude(self) -> f64;
    fn conjugate(self) -> Self;
    fn times(self, other: Self) -> Self;
    fn divided_by(self, divisor: f64) -> Self;
    fn is_finite(self) -> bool {
        self.re().is_finite() && self.im().is_finite()
    }
}

impl Scalar for f64 {
    fn read(x: &Array) -> Vec<f64> {
        if x.dtype() == DType::F64 {
            return x.as_slice().to_vec();
        }
        x.as_slice::<f32>().iter().map(|&x| x.into()).collect()
    }
    fn write(dtype: DType, shape: Shape, elements: Vec<f64>) -> Array {
        if dtype == DType::F64 {
            return Array::from_vec(shape, elements);
        }
        Array::from_vec(shape, elements.into_iter().map(|x| x as f32).collect())
    }
    fn real(x: f64) -> f64 {
        x
    }
    fn re(self) -> f64 {
        self
    }
    fn im(self) -> f64 {
        0.0
    }
    fn magnitude(self) -> f64 {
        self.abs()
    }
    fn conjugate(self) -> f64 {
        self
    }
    fn times(self, other: f64) -> f64 {
        self * other
    }
    fn divided_by(self, divisor: f64) -> f64 {
        self / divisor
    }
}

impl Scalar for Complex64 {
    fn read(x: &Array) -> Vec<Complex64> {
        if x.dtype() == DType::C128 {
            return x.as_slice().to_vec();
        }
        x.as_slice::<Complex<f32>>().iter().map(|x| Complex::new(x.re.into(), x.im.into())).collect()
    }
    fn write(dtype: DType, shape: Shape, elements: Vec<Complex64>) -> Array {
        if dtype == DType::C128 {
            return Array::from_vec(shape, elements);
        }
        let narrow = elements.into_iter().map(|x| Complex::new(x.re as f32, x.im as f32));
        Array::from_vec(shape, narrow.collect())
    }
    fn real(x: f64) -> Complex64 {
        Complex64::new(x, 0.0)
    }
    fn re(self) -> f64 {
        self.re
    }
    fn im(self) -> f64 {
        self.im
    }
    fn magnitude(self) -> f64 {
        self.norm()
    }
    fn conjugate(self) -> Complex64 {
        self.conj()
    }
    fn times(self, other: Complex64) -> Complex64 {
        self * other
    }
    fn divided_by(self, divisor: f64) -> Complex64 {
        self / divisor
    }
}
