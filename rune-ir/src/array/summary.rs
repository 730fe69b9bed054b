//! Statistics of arrays.

use crate::{Array, DType, Type};
use std::fmt;

/// Statistics of the elements of an array.
///
/// ```
/// use rune_ir::{Array, Summary};
/// let summary = Summary::of(&Array::from_slice([4], &[1.0f32, 2.0, 6.0, f32::NAN]));
/// assert_eq!((summary.nans, summary.mean, summary.max), (1, 3.0, 6.0));
/// assert_eq!(summary.to_string(), "mean 3 std 2.16 in 1 … 6, 1 nan");
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Summary {
    /// Shape and dtype.
    pub ty: Type,
    /// The number of NaNs.
    pub nans: usize,
    /// The number of infinities.
    pub infs: usize,
    /// The mean of the finite elements. This and the next three are NaN if there are none.
    pub mean: f64,
    /// The standard deviation of the finite elements.
    pub std: f64,
    /// The least finite element.
    pub min: f64,
    /// The greatest finite element.
    pub max: f64,
}

impl Summary {
    /// Returns the statistics of an array.
    pub fn of(array: &Array) -> Summary {
        let elements = array.to_f64_vec();
        let nans = elements.iter().filter(|x| x.is_nan()).count();
        let infs = elements.iter().filter(|x| x.is_infinite()).count();
        let finite = || elements.iter().copied().filter(|x| x.is_finite());
        let count = (elements.len() - nans - infs) as f64;
        let mean = finite().sum::<f64>() / count;
        let std = (finite().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count).sqrt();
        let (min, max) = (finite().fold(f64::NAN, f64::min), finite().fold(f64::NAN, f64::max));
        Summary { ty: array.ty().clone(), nans, infs, mean, std, min, max }
    }
    /// Returns the number of finite elements.
    pub fn finite(&self) -> usize {
        self.ty.size() - self.nans - self.infs
    }
}

/// Prints one line with four digits. It omits counts of 0.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (size, is_bool) = (self.ty.size(), self.ty.dtype == DType::Bool);
        match self.finite() {
            _ if size == 0 => f.write_str("empty")?,
            1 if size == 1 && is_bool => write!(f, "= {}", self.mean != 0.0)?,
            1 if size == 1 => write!(f, "= {}", Short(self.mean))?,
            finite if is_bool => write!(f, "{} of {finite} true", (self.mean * finite as f64).round())?,
            0 => f.write_str("nothing finite")?,
            _ if self.min == self.max => write!(f, "all {}", Short(self.min))?,
            _ => {
                let Summary { mean, std, min, max, .. } = *self;
                write!(f, "mean {} std {} in {} … {}", Short(mean), Short(std), Short(min), Short(max))?;
            }
        }
        for (count, what) in [(self.nans, "nan"), (self.infs, "inf")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// A number for printing: an integer below 10⁶ with all digits, another number with at most four significant digits.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let x = self.0;
        if x == 0.0 || x == x.trunc() && x.abs() < 1e6 {
            return write!(f, "{x}");
        }
        if !(1e-3..1e6).contains(&x.abs()) {
            return write!(f, "{x:.3e}");
        }
        let decimals = (3 - x.abs().log10().floor() as i32).max(0) as usize;
        let text = format!("{x:.decimals$}");
        f.write_str(if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Array;

    #[test]
    fn summaries_on_one_line() {
        let of = |xs: &[f64]| Summary::of(&Array::from_slice([xs.len()], xs)).to_string();
        assert_eq!(of(&[]), "empty");
        assert_eq!(of(&[2.5, 2.5]), "all 2.5");
        assert_eq!(of(&[0.1 + 0.2]), "= 0.3");
        assert_eq!(of(&[f64::NAN]), "nothing finite, 1 nan");
        assert_eq!(of(&[1.0, f64::NEG_INFINITY, f64::NAN]), "all 1, 1 nan, 1 inf");
        assert_eq!(of(&[1e-9, 3e9]), "mean 1.500e9 std 1.500e9 in 1.000e-9 … 3.000e9");
        assert_eq!(of(&[123456.7, -0.012345]), "mean 61728 std 61728 in -0.01235 … 123457");
        assert_eq!(Summary::of(&Array::from_slice([3], &[true, false, true])).to_string(), "2 of 3 true");
        assert_eq!(Summary::of(&Array::scalar(false)).to_string(), "= false");
        assert_eq!(Summary::of(&Array::from_slice([2], &[-3i8, 4])).to_string(), "mean 0.5 std 3.5 in -3 … 4");
    }
}
