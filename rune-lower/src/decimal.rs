//! Floats in decimal, as MLIR prints them.
//!
//! MLIR prints six digits if they read back as the same number. Otherwise it prints as many digits as any number of the
//! format needs. If these do not suffice, it prints the bits. The digits come from LLVM's `APFloat::toString`, which
//! truncates the exact decimal expansion to slightly more digits than needed, and then rounds half up.

use half::{bf16, f16};
use rune_ir::{DType, F8E4M3FN, F8E5M2};

/// Returns the decimal text of the float with these bits. Returns `None` for infinities and NaNs, which are written as
/// bits.
pub(crate) fn text(dtype: DType, bits: u64) -> Option<String> {
    let format = Format::of(dtype);
    let float = format.split(bits)?;
    let short = scientific(&float, 6);
    if parse(dtype, &short) == bits {
        return Some(short);
    }
    let precision = 2 + format.significand as usize * 59 / 196;
    let long = plain(&float, precision);
    long.contains('.').then_some(long)
}

/// Returns the bits of the number nearest to a text.
#[allow(clippy::wildcard_enum_match_arm, reason = "the last float")]
fn parse(dtype: DType, text: &str) -> u64 {
    match dtype {
        DType::F8E4M3FN => text.parse().map(|x| F8E4M3FN::from_f32(x).to_bits().into()),
        DType::F8E5M2 => text.parse().map(|x| F8E5M2::from_f32(x).to_bits().into()),
        DType::F16 => text.parse().map(|x| f16::from_f64(x).to_bits().into()),
        DType::BF16 => text.parse().map(|x| bf16::from_f64(x).to_bits().into()),
        DType::F32 => text.parse().map(|x: f32| x.to_bits().into()),
        _ => text.parse().map(f64::to_bits),
    }
    .unwrap_or(u64::MAX)
}

/// A binary format of floats.
struct Format {
    /// The number of bits of the significand, including the implicit one.
    significand: u32,
    exponent: u32,
    /// Whether no number has the greatest exponent. If not, only the greatest significand is NaN.
    has_infinity: bool,
}

/// `significand · 2^exponent`.
struct Float {
    negative: bool,
    significand: u64,
    exponent: i32,
}

impl Format {
    #[allow(clippy::wildcard_enum_match_arm, reason = "the last float")]
    fn of(dtype: DType) -> Format {
        let (significand, exponent) = match dtype {
            DType::F8E4M3FN => (4, 4),
            DType::F8E5M2 => (3, 5),
            DType::F16 => (11, 5),
            DType::BF16 => (8, 8),
            DType::F32 => (24, 8),
            _ => (53, 11),
        };
        Format { significand, exponent, has_infinity: dtype != DType::F8E4M3FN }
    }
    /// Returns the parts of a finite float.
    fn split(&self, bits: u64) -> Option<Float> {
        let stored = self.significand - 1;
        let (fraction, biased) = (bits & ((1 << stored) - 1), bits >> stored & ((1 << self.exponent) - 1));
        if biased == (1 << self.exponent) - 1 && (self.has_infinity || fraction == (1 << stored) - 1) {
            return None;
        }
        let bias = (1 << (self.exponent - 1)) - 1 + stored as i32;
        let normal = biased > 0;
        Some(Float {
            negative: bits >> (stored + self.exponent) & 1 == 1,
            significand: if normal { fraction | 1 << stored } else { fraction },
            exponent: biased.max(1) as i32 - bias,
        })
    }
}

impl Float {
    /// Returns at most `precision` digits without trailing zeros, and the power of ten of the last one.
    fn digits(&self, precision: usize) -> (Vec<u8>, i32) {
        let zeros = self.significand.trailing_zeros() as i32;
        let (mut number, exponent) = (BigUint::new(self.significand >> zeros), self.exponent + zeros);
        let mut power = exponent.min(0);
        match exponent {
            0.. => (0..exponent).for_each(|_| number.multiply(2)),
            // n · 2^-e = n · 5^e · 10^-e
            _ => (0..-exponent).for_each(|_| number.multiply(5)),
        }
        let (bits, needed) = (number.bits(), (precision * 196).div_ceil(59));
        for _ in 0..bits.saturating_sub(needed) * 59 / 196 {
            number.divide(10);
            power += 1;
        }
        // `digits` begins with the last digit.
        let mut digits = Vec::new();
        while !number.is_zero() {
            digits.push(number.divide(10) as u8);
        }
        let ends = |digits: &[u8]| digits.iter().take_while(|&&d| d == 0).count();
        if digits.len() > precision {
            let cut = digits.len() - precision;
            let up = digits[cut - 1] >= 5;
            digits.drain(..cut);
            power += cut as i32;
            if up {
                match digits.iter().position(|&d| d != 9) {
                    Some(at) => {
                        digits[..at].fill(0);
                        digits[at] += 1;
                    }
                    None => {
                        power += digits.len() as i32;
                        digits = vec![1];
                    }
                }
            }
        }
        let zeros = ends(&digits);
        digits.drain(..zeros);
        digits.reverse();
        (digits, power + zeros as i32)
    }
    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }
}

fn characters(digits: &[u8]) -> String {
    digits.iter().map(|d| char::from(b'0' + d)).collect()
}

/// Returns text like `-1.250000e+02`, with `precision` digits after the point.
fn scientific(float: &Float, precision: usize) -> String {
    if float.significand == 0 {
        return format!("{}0.{:0<precision$}e+00", float.sign(), "");
    }
    let (digits, power) = float.digits(precision);
    let exponent = power + digits.len() as i32 - 1;
    let sign = if exponent < 0 { '-' } else { '+' };
    let rest = characters(&digits[1..]);
    format!("{}{}.{rest:0<precision$}e{sign}{:02}", float.sign(), digits[0], exponent.unsigned_abs())
}

/// Returns text like `-125`, `0.0125` or `1.25E-5`. It has an exponent if more than three zeros would precede or follow
/// the digits.
fn plain(float: &Float, precision: usize) -> String {
    const MAX_ZEROS: i32 = 3;
    if float.significand == 0 {
        return format!("{}0", float.sign());
    }
    let (digits, power) = float.digits(precision);
    let (sign, count, first) = (float.sign(), digits.len() as i32, power + digits.len() as i32 - 1);
    let is_scientific = match power {
        0.. => power > MAX_ZEROS || count + power > precision as i32,
        _ => -first > MAX_ZEROS,
    };
    if is_scientific {
        let rest = if count == 1 { "0".to_owned() } else { characters(&digits[1..]) };
        let exponent = if first < 0 { '-' } else { '+' };
        return format!("{sign}{}.{rest}E{exponent}{}", digits[0], first.unsigned_abs());
    }
    let all = characters(&digits);
    match power {
        0.. => format!("{sign}{all}{}", "0".repeat(power as usize)),
        _ if first >= 0 => {
            let (whole, rest) = all.split_at((count + power) as usize);
            format!("{sign}{whole}.{rest}")
        }
        _ => format!("{sign}0.{}{all}", "0".repeat((-first - 1) as usize)),
    }
}

/// A natural number of any size, with the least significant word first.
struct BigUint(Vec<u32>);

impl BigUint {
    fn new(n: u64) -> BigUint {
        let mut words = vec![n as u32, (n >> 32) as u32];
        while words.last() == Some(&0) {
            words.pop();
        }
        BigUint(words)
    }
    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
    fn bits(&self) -> usize {
        self.0.last().map_or(0, |word| 32 * self.0.len() - word.leading_zeros() as usize)
    }
    fn multiply(&mut self, by: u32) {
        let mut carry = 0;
        for word in &mut self.0 {
            let product = u64::from(*word) * u64::from(by) + carry;
            (*word, carry) = (product as u32, product >> 32);
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }
    /// Divides by a number, and returns the remainder.
    fn divide(&mut self, by: u32) -> u32 {
        let mut rest = 0;
        for word in self.0.iter_mut().rev() {
            let dividend = rest << 32 | u64::from(*word);
            (*word, rest) = ((dividend / u64::from(by)) as u32, dividend % u64::from(by));
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        rest as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_read_as_mlir_writes_them() {
        let f32_text = |x: f32| text(DType::F32, x.to_bits().into());
        let expected = [
            (0.0, "0.000000e+00"),
            (-0.0, "-0.000000e+00"),
            (1.0, "1.000000e+00"),
            (-2.5, "-2.500000e+00"),
            (0.1, "1.000000e-01"),
            (1.0 / 3.0, "0.333333343"),
            (std::f32::consts::PI, "3.14159274"),
            (1e10, "1.000000e+10"),
            (16_777_215.0, "0x4B7FFFFF"),
            (f32::MAX, "3.40282347E+38"),
            (f32::from_bits(1), "1.401300e-45"),
        ];
        for (x, expected) in expected {
            let found = f32_text(x).unwrap_or_else(|| format!("0x{:08X}", x.to_bits()));
            assert_eq!(found, expected, "{x}");
        }
        assert_eq!(f32_text(f32::NAN), None);
        assert_eq!(f32_text(f32::INFINITY), None);
    }

    /// Every written text reads back as the number, for all exponents.
    #[test]
    fn texts_read_back() {
        for dtype in DType::ALL.into_iter().filter(|dtype| dtype.is_float()) {
            let width = 8 * dtype.size();
            for i in 0..4_000u64 {
                let bits = i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - width);
                if let Some(text) = text(dtype, bits) {
                    assert_eq!(parse(dtype, &text), bits, "{dtype}: {text}");
                }
            }
        }
    }
}
