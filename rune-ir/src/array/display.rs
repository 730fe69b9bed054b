//! Prints arrays as NumPy's `str` does: see `FloatingFormat` and `_formatArray` in its `numpy/_core/arrayprint.py`.
//!
//! NumPy's options have their defaults: at most 8 digits after the point, lines of 75 characters, and only the first and
//! last 3 elements along each axis of an array of more than 1000 elements. NumPy has no `bf16` and no 8-bit floats. They
//! print by the rules of `f32`, with the shortest digits that determine them.

use super::digits::Number;
use crate::{Array, Complex32, Complex64, DType, Element, F8E4M3FN, F8E5M2, with_element};
use half::{bf16, f16};
use std::fmt;

/// The maximum number of elements of an array that is shown completely.
const SUMMARY_THRESHOLD: usize = 1000;
const EDGE_ITEMS: usize = 3;
const LINE_WIDTH: usize = 75;
/// The most digits after the point.
const PLACES: usize = 8;

/// An array, printed as by NumPy's `str`. With a precision (`{:.3}`), each float has this number of digits after the
/// point, and no exponent.
pub struct Shown<'a>(pub &'a Array);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shown(array) = self;
        let shape = array.shape();
        if array.ty().size() == 0 {
            return f.write_str("[]");
        }
        let shorten = array.ty().size() > SUMMARY_THRESHOLD;
        let mut shown = Vec::new();
        positions(shape, 0, shorten, &mut shown);
        let words = words(array, &shown, f.precision());
        f.write_str(&nested(shape, shorten, &mut words.into_iter(), 1, LINE_WIDTH))
    }
}

/// Whether only the first and last elements along an axis of size `n` are shown.
fn is_cut(n: usize, shorten: bool) -> bool {
    shorten && n > 2 * EDGE_ITEMS
}

/// Adds the positions of the elements that are shown, from the element `start` on.
fn positions(shape: &[usize], start: usize, shorten: bool, found: &mut Vec<usize>) {
    let Some((&n, inner)) = shape.split_first() else { return found.push(start) };
    let step: usize = inner.iter().product();
    let cut = is_cut(n, shorten);
    for i in (0..if cut { EDGE_ITEMS } else { n }).chain(if cut { n - EDGE_ITEMS..n } else { 0..0 }) {
        positions(inner, start + i * step, shorten, found);
    }
}

/// Returns the words of an array, nested in brackets. `indent` stands before each line but the first.
fn nested(
    shape: &[usize],
    shorten: bool,
    words: &mut impl Iterator<Item = String>,
    indent: usize,
    width: usize,
) -> String {
    let Some((&n, inner)) = shape.split_first() else { return words.next().unwrap_or_default() };
    let cut = is_cut(n, shorten);
    let mut items = Vec::new();
    for i in 0..if cut { 2 * EDGE_ITEMS } else { n } {
        if cut && i == EDGE_ITEMS {
            items.push("...".to_owned());
        }
        items.push(nested(inner, shorten, words, indent + 1, width - 1));
    }
    let margin = " ".repeat(indent);
    if !inner.is_empty() {
        return format!("[{}]", items.join(&format!("{}{margin}", "\n".repeat(inner.len()))));
    }
    let (mut text, mut line) = (String::from("["), indent);
    for (i, word) in items.iter().enumerate() {
        if i > 0 {
            text.push(' ');
            line += 1;
        }
        // The bracket at the end needs a place. A word that is too long for any line stands alone.
        if line + word.len() > width - 1 && line > indent {
            text.truncate(text.trim_end().len());
            text = text + "\n" + &margin;
            line = indent;
        }
        text += word;
        line += word.len();
    }
    text + "]"
}

/// Returns the texts of the elements at these positions, aligned with each other.
fn words(array: &Array, shown: &[usize], precision: Option<usize>) -> Vec<String> {
    match array.dtype() {
        DType::Bool => {
            let one = if array.ty().rank() == 0 { "True" } else { " True" };
            let xs = array.as_slice::<bool>();
            shown.iter().map(|&i| if xs[i] { one } else { "False" }.to_owned()).collect()
        }
        DType::I8 | DType::I16 | DType::I32 | DType::I64 | DType::U8 | DType::U16 | DType::U32 | DType::U64 => {
            with_element!(array.dtype(), T => {
                let xs = array.as_slice::<T>();
                let texts: Vec<String> = shown.iter().map(|&i| xs[i].to_string()).collect();
                let width = texts.iter().map(String::len).max().unwrap_or(0);
                texts.into_iter().map(|text| format!("{text:>width$}")).collect()
            })
        }
        DType::F8E4M3FN => real::<F8E4M3FN>(array, shown, precision),
        DType::F8E5M2 => real::<F8E5M2>(array, shown, precision),
        DType::F16 => real::<f16>(array, shown, precision),
        DType::BF16 => real::<bf16>(array, shown, precision),
        DType::F32 => real::<f32>(array, shown, precision),
        DType::F64 => real::<f64>(array, shown, precision),
        DType::C64 => complex(array, shown, precision, |z: Complex32| [z.re, z.im]),
        DType::C128 => complex(array, shown, precision, |z: Complex64| [z.re, z.im]),
    }
}

fn real<T: Element>(array: &Array, shown: &[usize], precision: Option<usize>) -> Vec<String> {
    let xs = array.as_slice::<T>();
    let numbers: Vec<Number> = shown.iter().map(|&i| Number::new(xs[i])).collect();
    match numbers.as_slice() {
        [x] if array.ty().rank() == 0 => vec![scalar::<T>(x, precision, false, "0")],
        _ => {
            let format = Floats::new::<T>(&numbers, precision, false);
            numbers.iter().map(|x| format.word(x)).collect()
        }
    }
}

fn complex<Z: Element, T: Element>(
    array: &Array,
    shown: &[usize],
    precision: Option<usize>,
    parts: impl Fn(Z) -> [T; 2],
) -> Vec<String> {
    let xs = array.as_slice::<Z>();
    let part = |j: usize| -> Vec<Number> { shown.iter().map(|&i| Number::new(parts(xs[i])[j])).collect() };
    let (re, im) = (part(0), part(1));
    match (re.as_slice(), im.as_slice()) {
        ([re], [im]) if array.ty().rank() == 0 => {
            if precision.is_none() && re.value() == 0.0 && !re.is_negative() {
                return vec![scalar::<T>(im, precision, false, "") + "j"];
            }
            let [re, im] = [scalar::<T>(re, precision, false, ""), scalar::<T>(im, precision, true, "")];
            vec![format!("({re}{im}j)")]
        }
        _ => {
            let formats = [Floats::new::<T>(&re, precision, false), Floats::new::<T>(&im, precision, true)];
            let word = |(re, im): (&Number, &Number)| {
                let im = formats[1].word(im);
                let end = im.trim_end().len();
                format!("{}{}j{}", formats[0].word(re), &im[..end], &im[end..])
            };
            re.iter().zip(&im).map(word).collect()
        }
    }
}

/// Returns the sign that is printed.
fn sign(x: &Number, plus: bool) -> &'static str {
    match (x.is_negative(), plus) {
        (true, _) => "-",
        (false, true) => "+",
        (false, false) => "",
    }
}

/// Returns the text of a number that is not finite.
fn special(x: &Number, plus: bool) -> Option<String> {
    if x.value().is_nan() {
        return Some(if plus { "+nan" } else { "nan" }.to_owned());
    }
    x.value().is_infinite().then(|| format!("{}inf", sign(x, plus)))
}

/// Returns an exponent with a sign and at least `digits` digits.
fn exponent(e: i32, digits: usize) -> String {
    format!("{}{:0>digits$}", if e < 0 { '-' } else { '+' }, e.unsigned_abs())
}

/// Returns the power of ten from which arrays and scalars of a dtype have exponents.
fn cutoffs(dtype: DType) -> (f64, f64) {
    match dtype {
        DType::F16 => (1e3, 1e3),
        DType::F64 => (1e8, 1e16),
        DType::F32
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
        | DType::C128 => (1e6, 1e6),
    }
}

/// Returns the text of an array without axes. `whole` are the digits after the point of a whole number.
fn scalar<T: Element>(x: &Number, precision: Option<usize>, plus: bool, whole: &str) -> String {
    // All digits of any number.
    const ALL: usize = 400;
    if let Some(text) = special(x, plus) {
        return text;
    }
    let sign = sign(x, plus);
    if let Some(places) = precision {
        let (before, after) = x.fixed(places);
        return format!("{sign}{before}{}{after}", if places > 0 { "." } else { "" });
    }
    let size = x.value().abs();
    if size == 0.0 || (1e-4..cutoffs(T::DTYPE).1).contains(&size) {
        let (before, after) = x.positional(ALL);
        let after = if after.is_empty() { whole } else { &after };
        return format!("{sign}{before}{}{after}", if after.is_empty() { "" } else { "." });
    }
    let (before, after, e) = x.scientific(ALL);
    format!("{sign}{before}{}{after}e{}", if after.is_empty() { "" } else { "." }, exponent(e, 2))
}

/// How the floats of an array are printed: NumPy's `FloatingFormat`.
struct Floats {
    plus: bool,
    /// The digits after the point, if all numbers have this many.
    fixed: Option<usize>,
    /// The digits of exponents, if numbers have exponents.
    exponent: Option<usize>,
    /// The characters before the point, and after it. Exponents are not counted.
    before: usize,
    after: usize,
}

impl Floats {
    fn new<T: Element>(numbers: &[Number], precision: Option<usize>, plus: bool) -> Floats {
        let finite: Vec<&Number> = numbers.iter().filter(|x| x.value().is_finite()).collect();
        let mut format = Floats { plus, fixed: precision, exponent: None, before: 0, after: 0 };
        // NumPy compares in the dtype.
        let rounded =
            |x: f64| if T::DTYPE == DType::F16 || T::DTYPE == DType::F32 { T::from_f64(x).to_f64() } else { x };
        let sizes = || finite.iter().map(|x| x.value().abs()).filter(|&x| x != 0.0);
        let (min, max) = (sizes().fold(f64::INFINITY, f64::min), sizes().fold(0.0, f64::max));
        let wide = max >= cutoffs(T::DTYPE).0 || min < rounded(1e-4) || rounded(max / min) > 1000.0;
        if precision.is_none() && wide && max > 0.0 {
            let (mut before, mut after, mut digits) = (0, 0, 0);
            for x in &finite {
                let (whole, fraction, e) = x.scientific(PLACES);
                before = before.max(sign(x, plus).len() + whole.len());
                after = after.max(fraction.len());
                digits = digits.max(exponent(e, 2).len() - 1);
            }
            (format.exponent, format.before, format.after) = (Some(digits), before, after);
        } else {
            for x in &finite {
                let (whole, fraction) = format.positional(x);
                format.before = format.before.max(sign(x, plus).len() + whole.len());
                format.after = format.after.max(fraction.len());
            }
        }
        if finite.len() < numbers.len() {
            let negative = plus || numbers.iter().any(|x| x.value() == f64::NEG_INFINITY);
            let rest = format.width() - format.before;
            format.before = format.before.max((3 + usize::from(negative)).saturating_sub(rest));
        }
        format
    }
    fn positional(&self, x: &Number) -> (String, String) {
        self.fixed.map_or_else(|| x.positional(PLACES), |places| x.fixed(places))
    }
    fn width(&self) -> usize {
        self.before + 1 + self.after + self.exponent.map_or(0, |digits| digits + 2)
    }
    fn word(&self, x: &Number) -> String {
        if let Some(text) = special(x, self.plus) {
            return format!("{text:>width$}", width = self.width());
        }
        let (before, after, sign) = (self.before, self.after, sign(x, self.plus));
        match self.exponent {
            Some(digits) => {
                let (whole, fraction, e) = x.fixed_scientific(after);
                let whole = sign.to_owned() + &whole;
                format!("{whole:>before$}.{fraction}e{}", exponent(e, digits))
            }
            None => {
                let (whole, fraction) = self.positional(x);
                let whole = sign.to_owned() + &whole;
                format!("{whole:>before$}.{fraction:<after$}")
            }
        }
    }
}
