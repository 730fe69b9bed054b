//! Decimal digits of floats, by the rules of NumPy.

use crate::{DType, Element};

/// A float and the shortest decimal number that rounds to it.
pub struct Number {
    value: f64,
    /// The digits of the decimal number, without zeros at the end.
    digits: String,
    /// The power of ten of the first digit.
    exponent: i32,
}

impl Number {
    pub fn new<T: Element>(x: T) -> Number {
        let value = x.to_f64();
        let (digits, exponent) = match T::DTYPE {
            _ if !value.is_finite() => (String::new(), 0),
            DType::F64 => split(&format!("{:e}", value.abs())),
            DType::F32 => split(&format!("{:e}", value.abs() as f32)),
            DType::F16
            | DType::BF16
            | DType::F8E4M3FN
            | DType::F8E5M2
            | DType::Bool
            | DType::I8
            | DType::I16
            | DType::I32
            | DType::I64
            | DType::U8
            | DType::U16
            | DType::U32
            | DType::U64
            | DType::C64
            | DType::C128 => shortest(x),
        };
        Number { value, digits, exponent }
    }
    pub fn value(&self) -> f64 {
        self.value
    }
    pub fn is_negative(&self) -> bool {
        self.value.is_sign_negative()
    }
    /// The digits before and after the point, with at most `places` after it, and no zeros at the end.
    pub fn positional(&self, places: usize) -> (String, String) {
        let count = self.digits.len() as i32;
        if count - 1 - self.exponent > places as i32 {
            let (whole, fraction) = self.fixed(places);
            return (whole, fraction.trim_end_matches('0').to_owned());
        }
        if self.exponent < 0 {
            return ("0".to_owned(), "0".repeat((-self.exponent - 1) as usize) + &self.digits);
        }
        if self.exponent >= count {
            // Whole numbers are exact, although fewer digits may determine them.
            return (format!("{:.0}", self.value.abs()), String::new());
        }
        let (whole, fraction) = self.digits.split_at(self.exponent as usize + 1);
        (whole.to_owned(), fraction.to_owned())
    }
    /// The digits before and after the point, with exactly `places` after it.
    pub fn fixed(&self, places: usize) -> (String, String) {
        let text = format!("{:.places$}", self.value.abs());
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        (whole.to_owned(), fraction.to_owned())
    }
    /// The first digit, at most `places` digits after it without zeros at the end, and the power of ten.
    pub fn scientific(&self, places: usize) -> (String, String, i32) {
        let few = self.digits.len() <= places + 1;
        let rounded = || split(&format!("{:.places$e}", self.value.abs()));
        let (digits, exponent) = if few { (self.digits.clone(), self.exponent) } else { rounded() };
        (digits[..1].to_owned(), digits[1..].to_owned(), exponent)
    }
    /// The first digit, exactly `places` digits after it, and the power of ten. The digits are those of the float, also
    /// where fewer determine it.
    pub fn fixed_scientific(&self, places: usize) -> (String, String, i32) {
        let text = format!("{:.places$e}", self.value.abs());
        let (digits, exponent) = text.split_once('e').expect("scientific notation has an exponent");
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        (whole.to_owned(), fraction.to_owned(), exponent.parse().expect("an exponent is a number"))
    }
}

/// Returns the digits of Rust's scientific notation, without zeros at the end, and the power of ten.
fn split(text: &str) -> (String, i32) {
    let (digits, exponent) = text.split_once('e').expect("scientific notation has an exponent");
    let digits = digits.replace('.', "");
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        digits => digits,
    };
    (digits.to_owned(), exponent.parse().expect("an exponent is a number"))
}

/// Returns the shortest decimal number that rounds to `x`, and of several the nearest.
fn shortest<T: Element>(x: T) -> (String, i32) {
    const ALL: usize = 20;
    let size = x.to_f64().abs();
    if size == 0.0 {
        return ("0".to_owned(), 0);
    }
    // More digits than determine the number, so cutting them rounds down.
    let text = format!("{size:.40e}");
    let (digits, exponent) = text.split_once('e').expect("scientific notation has an exponent");
    let digits = digits.replace('.', "");
    let exponent: i32 = exponent.parse().expect("an exponent is a number");
    for count in 1..ALL {
        let below: u64 = digits[..count].parse().expect("digits are a number");
        let number = |digits: u64| -> f64 {
            format!("{digits}e{}", exponent + 1 - count as i32).parse().expect("this is scientific notation")
        };
        let rounds_to_x = |digits: &u64| T::from_f64(number(*digits)).to_f64().abs() == size;
        let distance = |digits: &u64| (number(*digits) - size).abs();
        let candidates = [below, below + 1].into_iter().filter(rounds_to_x);
        // Of two at the same distance, the even one.
        if let Some(found) = candidates.min_by(|a, b| distance(a).total_cmp(&distance(b)).then((a % 2).cmp(&(b % 2)))) {
            let (digits, more) = (found.to_string(), found.to_string().len() as i32 - count as i32);
            return (digits.trim_end_matches('0').to_owned(), exponent + more);
        }
    }
    split(&text)
}
