//! Whether two engines computed the same.

use rune_ir::op::{Op, UnaryFn};
use rune_ir::{Array, DType, Program, Value};
use rune_iree::{Arg, CompileCache};
use rune_trace::storage;
use std::path::{Path, PathBuf};

/// Returns how the results differ, beyond the rounding that engines are free to choose.
///
/// Floats may differ by a part of the greatest magnitude in the array. Where the program compares, rounds or sorts floats, nearly equal ones
/// may fall on either side, so a few elements may differ by any amount. All else is equal.
pub(super) fn difference(program: &Program, expected: &[Value], found: &[Value]) -> Option<String> {
    let jumps = jumps(program);
    expected.iter().zip(found).enumerate().find_map(|(i, (expected, found))| {
        let (Ok(expected), Ok(found)) = (expected.to_host(), found.to_host()) else { return None };
        different_elements(&expected, &found, jumps).map(|what| format!("output {i}, {}: {what}", expected.ty()))
    })
}

fn different_elements(expected: &Array, found: &Array, jumps: bool) -> Option<String> {
    let tolerance = match expected.dtype() {
        DType::F16 => 3e-2,
        DType::BF16 => 1e-1,
        DType::F32 | DType::C64 => 1e-3,
        DType::F64 | DType::C128 => 1e-9,
        DType::Bool
        | DType::I8
        | DType::I16
        | DType::I32
        | DType::I64
        | DType::U8
        | DType::U16
        | DType::U32
        | DType::U64 => 0.0,
    };
    let size = expected.dtype().size();
    let (xs, ys) = (expected.to_complex_vec(), found.to_complex_vec());
    let greatest = xs.iter().map(|x| x.norm()).filter(|x| x.is_finite()).fold(f64::MIN_POSITIVE, f64::max);
    let same = |i: usize| {
        let (x, y) = (xs[i], ys[i]);
        let at = i * size..(i + 1) * size;
        (x.is_nan() && y.is_nan())
            || (x - y).norm() <= tolerance * greatest && tolerance > 0.0
            || expected.bytes()[at.clone()] == found.bytes()[at]
    };
    let mut differ = (0..xs.len()).filter(|&i| !same(i));
    let first = differ.next()?;
    let count = 1 + differ.count();
    let few = if jumps { 1 + xs.len() / 100 } else { 0 };
    let show = |x: &rune_trace::Complex64| {
        if expected.dtype().is_complex() { x.to_string() } else { x.re.to_string() }
    };
    (count > few)
        .then(|| format!("{count} of {} elements, the first {} for {}", xs.len(), show(&ys[first]), show(&xs[first])))
}

/// Whether the program has an operation whose result jumps where a float changes a little.
fn jumps(program: &Program) -> bool {
    program.instructions().iter().any(|instruction| {
        let on_floats = instruction.op.operands().iter().any(|v| program.ty(**v).dtype.is_inexact());
        #[allow(clippy::wildcard_enum_match_arm, reason = "of all other operations results change little by little")]
        let jumps = match &instruction.op {
            Op::Compare { .. }
            | Op::ArgReduce { .. }
            | Op::Sort { .. }
            | Op::TopK { .. }
            | Op::BitcastConvert { .. } => true,
            Op::Convert { dtype, .. } => !dtype.is_inexact(),
            Op::Unary { f, .. } => matches!(
                f,
                UnaryFn::Sign
                    | UnaryFn::Floor
                    | UnaryFn::Ceil
                    | UnaryFn::RoundAfz
                    | UnaryFn::RoundEven
                    | UnaryFn::IsFinite
            ),
            Op::Binary { f, .. } => f.name() == "rem",
            op => op.programs().iter().any(|(_, inner)| self::jumps(inner)),
        };
        jumps && (on_floats || !instruction.op.programs().is_empty())
    })
}

/// Saves a program and the inputs of a call, for `rune-cli diff` and `rune-cli run`. Returns the path of the program.
pub(super) fn save(program: &Program, inputs: &[Arg<'_>]) -> Option<PathBuf> {
    let cache = CompileCache::global().dir().map(Path::to_owned);
    let folder = cache.unwrap_or_else(|| std::env::temp_dir().join("rune")).join("disagreements");
    std::fs::create_dir_all(&folder).ok()?;
    let hash = program.structural_hash().to_string();
    let path = folder.join(format!("{}-{}.json", program.name(), hash.get(..16).unwrap_or(&hash)));
    program.save(&path).ok()?;
    let arrays: Vec<Array> = inputs
        .iter()
        .map(|arg| match arg {
            Arg::Borrow(value) => value.to_host(),
            Arg::Donate(value) => value.to_host(),
        })
        .collect::<Result<_, _>>()
        .ok()?;
    let names: Vec<String> = (0..arrays.len()).map(|i| format!("x{i}")).collect();
    storage::write(path.with_extension("inputs.safetensors"), names.iter().map(String::as_str).zip(&arrays)).ok()?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rune_trace::{Tensor, make_program};

    fn of<const N: usize>(values: [f32; N]) -> Vec<Value> {
        vec![Value::Host(Array::from_slice([N], &values))]
    }

    #[test]
    fn rounding_is_no_difference_and_a_lost_element_is() {
        let smooth = make_program(|x: &Tensor| x.exp(), &Tensor::from([1.0f32, 2.0])).unwrap();
        assert_eq!(difference(&smooth, &of([1.0, 1e-6]), &of([1.0001, 2e-6])), None);
        assert_eq!(difference(&smooth, &of([f32::NAN, 1.0]), &of([f32::NAN, 1.0])), None);
        let said = difference(&smooth, &of([1.0, 4.0]), &of([1.0, f32::NAN])).unwrap();
        assert_eq!(said, "output 0, [2, f32]: 1 of 2 elements, the first NaN for 4");
        assert!(difference(&smooth, &of([-4.0]), &of([-1.0])).is_some());
    }

    #[test]
    fn where_a_program_jumps_single_elements_may_differ() {
        let rounding = make_program(|x: &Tensor| (x * 0.5).round(), &Tensor::from([1.0f32, 2.0])).unwrap();
        assert_eq!(difference(&rounding, &of([1.0, 4.0]), &of([1.0, 3.0])), None);
        assert!(difference(&rounding, &of([1.0, 4.0, 5.0]), &of([0.0, 3.0, 5.0])).is_some());
    }
}
