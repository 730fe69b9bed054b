//! Reads and compares cases.

use rune_ir::{Array, Complex64, DType, Element, Shape, with_element};
use rune_trace::Tensor;
use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One line of a file of vectors.
pub struct Case {
    pub function: String,
    pub args: Value,
    pub inputs: Vec<Tensor>,
}

pub fn array(json: &Value) -> Array {
    let dtype: DType = json[0].as_str().unwrap().parse().unwrap();
    let shape: Shape = json[1].as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect();
    let elements = json[2].as_array().unwrap();
    let int = |x: &Value| x.as_i64().unwrap_or_else(|| x.as_u64().unwrap() as i64);
    match dtype {
        DType::C64 | DType::C128 => {
            let part = |i: usize| float(&elements[i]);
            with_element!(dtype, T => Array::from_fn(shape, |i| T::from_complex(Complex64::new(part(2 * i), part(2 * i + 1)))))
        }
        DType::I64 => Array::from_vec(shape, elements.iter().map(int).collect::<Vec<i64>>()),
        DType::U64 => Array::from_vec(shape, elements.iter().map(|x| int(x) as u64).collect::<Vec<u64>>()),
        _ => {
            with_element!(dtype, T => Array::from_vec(shape, elements.iter().map(|x| <T as Element>::from_f64(float(x))).collect()))
        }
    }
}

fn float(x: &Value) -> f64 {
    match x {
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::String(text) => text.parse().unwrap(),
        number => number.as_f64().unwrap(),
    }
}

/// Returns the number of floats of the dtype between two numbers.
fn ulps(dtype: DType, a: f64, b: f64) -> u64 {
    let place = |x: f64| -> i64 {
        let bits = |raw: i64, width: u32| if raw >> (width - 1) & 1 == 1 { -(raw & !(1 << (width - 1))) } else { raw };
        match dtype {
            DType::F16 => bits(half::f16::from_f64(x).to_bits().into(), 16),
            DType::BF16 => bits(half::bf16::from_f64(x).to_bits().into(), 16),
            DType::F32 => bits((x as f32).to_bits().into(), 32),
            _ => {
                let raw = x.to_bits() as i64;
                if raw < 0 { -(raw & i64::MAX) } else { raw }
            }
        }
    };
    place(a).abs_diff(place(b))
}

/// The tolerance between two accurate logarithms. XLA's log1p of f64 has an error of 2e-14.
fn log_tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => 1e-13,
        DType::F16 => 4e-3,
        DType::BF16 => 4e-2,
        _ => 5e-7,
    }
}

/// Returns the greatest difference in units in the last place and the number of differences, or the fault.
pub fn compare(found: &Tensor, expected: &Array, tol: &Value) -> Result<(u64, usize), String> {
    if found.ty() != expected.ty() {
        return Err(format!("is of type {}, and should be of {}", found.ty(), expected.ty()));
    }
    let found = found.to_array().map_err(|e| e.to_string())?;
    if !expected.dtype().is_float() {
        return if found == *expected { Ok((0, 0)) } else { Err(format!("is {found:?}, and should be {expected:?}")) };
    }
    let (mut worst, mut off) = (0, 0);
    let scale = expected.to_f64_vec().iter().filter(|x| x.is_finite()).fold(0.0f64, |m, x| m.max(x.abs()));
    for (i, (a, b)) in found.to_f64_vec().into_iter().zip(expected.to_f64_vec()).enumerate() {
        let distance = if a.is_nan() && b.is_nan() { 0 } else { ulps(expected.dtype(), a, b) };
        let fine = match tol {
            Value::String(_) => (a - b).abs() <= log_tolerance(expected.dtype()) * b.abs().max(1.0),
            tol => {
                let tol = tol.as_f64().unwrap_or(0.0);
                // The error of a sum of products is proportional to its largest terms. Exact zeros and single functions
                // never have a tolerance above 1e-7 here, so larger tolerances belong to such sums.
                let slack = if tol >= 1e-6 && scale.is_finite() { tol * scale } else { 0.0 };
                a == b || distance == 0 || (a - b).abs() <= tol * b.abs() + slack
            }
        };
        if !fine {
            return Err(format!("element {i} is {a:?}, and should be {b:?} ({distance} places off)"));
        }
        worst = worst.max(distance);
        off += usize::from(distance > 0);
    }
    Ok((worst, off))
}

/// A case with its expected results.
pub struct Line {
    pub case: Case,
    pub label: String,
    /// The results, or a part of the error message.
    pub right: Result<Vec<Array>, String>,
    pub tol: Value,
}

pub fn cases(lines: &str) -> impl Iterator<Item = Line> + '_ {
    lines.lines().map(|line| {
        let json: Value = serde_json::from_str(line).unwrap();
        let arrays = |key: &str| json[key].as_array().unwrap().iter().map(array).collect::<Vec<_>>();
        let case = Case {
            function: json["fn"].as_str().unwrap().to_owned(),
            args: json["args"].clone(),
            inputs: arrays("in").into_iter().map(Tensor::from).collect(),
        };
        let types: Vec<String> = case.inputs.iter().map(|x| x.ty().to_string()).collect();
        let label = format!("{} {} of {}", case.function, case.args, types.join(", "));
        let right = match json["error"].as_str() {
            Some(message) => Err(message.to_owned()),
            None => Ok(arrays("out")),
        };
        Line { case, label, right, tol: json["tol"].clone() }
    })
}

/// Returns the message of a panic.
fn panic_message(payload: &(dyn std::any::Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or_default()
}

/// Runs every case, and fails with a list of the wrong ones.
pub fn check(lines: &str, apply: impl Fn(&Case) -> Vec<Tensor>) {
    check_those(lines, |_| true, apply);
}

/// Like [`check`], for the cases that `chosen` selects.
pub fn check_those(lines: &str, chosen: impl Fn(&Case) -> bool, apply: impl Fn(&Case) -> Vec<Tensor>) {
    let (mut wrong, mut worst, mut count) = (Vec::new(), BTreeMap::<String, (u64, usize, usize)>::new(), 0);
    for Line { case, label, right, tol } in cases(lines).filter(|line| chosen(&line.case)) {
        count += 1;
        let found = catch_unwind(AssertUnwindSafe(|| apply(&case)));
        let (found, expected) = match (found, right) {
            (Ok(found), Ok(expected)) => (found, expected),
            (Ok(found), Err(message)) => {
                wrong.push(format!("{label}: is {found:?}, and should tell: {message}"));
                continue;
            }
            (Err(payload), Ok(_)) => {
                wrong.push(format!("{label}: panics with: {}", panic_message(&*payload)));
                continue;
            }
            (Err(payload), Err(message)) => {
                if !panic_message(&*payload).contains(&message) {
                    wrong.push(format!("{label}: panics with: {}\ninstead of: {message}", panic_message(&*payload)));
                }
                continue;
            }
        };
        if found.len() != expected.len() {
            wrong.push(format!("{label}: {} results instead of {}", found.len(), expected.len()));
            continue;
        }
        for (found, expected) in found.iter().zip(&expected) {
            match compare(found, expected, &tol) {
                Ok((places, off)) => {
                    let name = format!("{} {}", case.function, expected.dtype());
                    let entry = worst.entry(name).or_default();
                    *entry = (entry.0.max(places), entry.1 + off, entry.2 + expected.ty().size());
                }
                Err(error) => wrong.push(format!("{label}: {error}")),
            }
        }
    }
    for (name, (places, off, of)) in worst.iter().filter(|(_, (places, ..))| *places > 0) {
        println!("{name}: {off} of {of} numbers are off, by at most {places} places");
    }
    let shown = wrong.len().min(40);
    assert!(wrong.is_empty(), "{} of {count} cases are wrong, as:\n{}", wrong.len(), wrong[..shown].join("\n"));
}
