//! Compares the results of two engines.

use rune_ir::op::{Literal, Op, UnaryFn};
use rune_ir::{Array, Complex64, DType, Instruction, Program, Value, storage};
use rune_iree::{Arg, CompileCache};
use std::path::{Path, PathBuf};

/// Describes the difference between the results of a call on two engines, if it exceeds rounding errors.
///
/// Floats may differ by a fraction of the greatest magnitude in the array. If the program compares, rounds or sorts
/// floats, nearly equal floats can take different branches, so a few elements may differ by any amount. Such elements
/// also change on a single engine if its inputs change slightly: `rerun` runs it on changed inputs. If an element does
/// not change in these runs, its difference is real. Everything else must be equal.
pub(crate) fn difference(
    program: &Program,
    inputs: &[Arg<'_>],
    expected: &[Value],
    found: &[Value],
    rerun: &dyn Fn(Vec<Array>) -> Option<Vec<Array>>,
) -> Option<String> {
    let jumps = has_discontinuity(program);
    let mut doubtful: Vec<DifferingElements> = Vec::new();
    for (output, (expected, found)) in expected.iter().zip(found).enumerate() {
        let (Ok(expected), Ok(found)) = (expected.to_host(), found.to_host()) else { continue };
        let different = different_elements(&expected, &found);
        let few = if jumps { 1 + expected.ty().size() / 100 } else { 0 };
        if different.len() > few {
            return Some(describe(program, output, &expected, &different));
        }
        if !different.is_empty() {
            doubtful.push(DifferingElements { output, expected, different });
        }
    }
    if !doubtful.is_empty() {
        let inputs = inputs.iter().map(|arg| arg.value().to_host()).collect::<Result<Vec<_>, _>>().ok()?;
        remove_ill_conditioned(&mut doubtful, &inputs, rerun);
    }
    let DifferingElements { output, expected, different } =
        doubtful.iter().find(|doubtful| !doubtful.different.is_empty())?;
    Some(describe(program, *output, expected, different))
}

/// An element of an output, and its values on both engines.
struct Element {
    index: usize,
    expected: Complex64,
    found: Complex64,
}

/// The elements of an output that differ, if they are few.
struct DifferingElements {
    output: usize,
    expected: Array,
    different: Vec<Element>,
}

/// Removes the elements that change by about as much if the inputs change slightly.
fn remove_ill_conditioned(
    doubtful: &mut [DifferingElements],
    inputs: &[Array],
    rerun: &dyn Fn(Vec<Array>) -> Option<Vec<Array>>,
) {
    /// The number of runs with changed inputs.
    const PERTURBED_RUNS: u64 = 12;
    if !inputs.iter().any(|input| input.dtype().is_inexact() && input.ty().size() > 0) {
        // Without float inputs, nothing can be changed.
        doubtful.iter_mut().for_each(|doubtful| doubtful.different.clear());
        return;
    }
    for seed in 0..PERTURBED_RUNS {
        let Some(results) = rerun(inputs.iter().map(|input| perturb(input, seed)).collect()) else { return };
        for DifferingElements { output, different, .. } in doubtful.iter_mut() {
            let Some(values) = results.get(*output).map(Array::to_complex_vec) else { continue };
            let moves = |element: &Element| {
                let (before, now) = (element.expected, values[element.index]);
                before.is_nan() != now.is_nan() || (now - before).norm() * 2.0 >= (element.found - before).norm()
            };
            different.retain(|element| !moves(element));
        }
    }
}

/// Returns an input with its floats changed by a fraction of the tolerance.
fn perturb(input: &Array, seed: u64) -> Array {
    if !input.dtype().is_inexact() {
        return input.clone();
    }
    // SplitMix64.
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut unit = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    // Rounding errors have many magnitudes, so the changes do too.
    let part = tolerance(input.dtype()) * 0.1f64.powi(1 + (seed % 3) as i32);
    let size = input.dtype().size();
    let mut bytes = Vec::with_capacity(input.bytes().len());
    for x in input.to_complex_vec() {
        let near = Complex64::new(x.re * (1.0 + part * unit()), x.im * (1.0 + part * unit()));
        bytes.extend_from_slice(&Literal::from_complex(input.dtype(), near).bits().to_le_bytes()[..size]);
    }
    Array::from_bytes(input.ty().clone(), &bytes)
}

/// Describes the differing elements of an output.
fn describe(program: &Program, output: usize, expected: &Array, different: &[Element]) -> String {
    let (ty, named, count) = (expected.ty(), producer_text(program, output), different.len());
    let show = |x: &Complex64| if ty.dtype.is_complex() { x.to_string() } else { x.re.to_string() };
    let first = different.first().map(|e| format!("{} for {}", show(&e.found), show(&e.expected))).unwrap_or_default();
    format!("output {output}, {ty}{named}: {count} of {} elements, the first {first}", ty.size())
}

/// Returns the operation that computes an output, and its line: ` of `exp` at src/main.rs:3:9`. Returns an empty text
/// if the output is an input.
fn producer_text(program: &Program, output: usize) -> String {
    let computes =
        |instruction: &&Instruction| instruction.results().any(|v| Some(&v) == program.outputs().get(output));
    let Some(instruction) = program.instructions().iter().find(computes) else { return String::new() };
    let place = instruction.origin.loc.as_ref().map(|loc| format!(" at {loc}"));
    format!(" of `{}`{}", instruction.op.name(), place.unwrap_or_default())
}

/// Returns the fraction of the greatest magnitude in an array by which engines may differ.
fn tolerance(dtype: DType) -> f64 {
    match dtype {
        DType::F16 => 3e-2,
        DType::BF16 => 1e-1,
        DType::F8E4M3FN => 0.25,
        DType::F8E5M2 => 0.5,
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
    }
}

fn different_elements(expected: &Array, found: &Array) -> Vec<Element> {
    let tolerance = tolerance(expected.dtype());
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
    let element = |index: usize| Element { index, expected: xs[index], found: ys[index] };
    (0..xs.len()).filter(|&i| !same(i)).map(element).collect()
}

/// Returns whether the program has an operation that is not continuous in its floats.
fn has_discontinuity(program: &Program) -> bool {
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
            op => op.programs().iter().any(|(_, inner)| self::has_discontinuity(inner)),
        };
        jumps && (on_floats || !instruction.op.programs().is_empty())
    })
}

/// Saves a program and the inputs of a call, for `rune-cli diff` and `rune-cli run`. Returns the path of the program.
pub(crate) fn save(program: &Program, inputs: &[Arg<'_>]) -> Option<PathBuf> {
    let cache = CompileCache::global().dir().map(Path::to_owned);
    let folder = cache.unwrap_or_else(|| std::env::temp_dir().join("rune")).join("disagreements");
    std::fs::create_dir_all(&folder).ok()?;
    let hash = program.structural_hash().to_string();
    let path = folder.join(format!("{}-{}.json", program.name(), hash.get(..16).unwrap_or(&hash)));
    program.save(&path).ok()?;
    let arrays: Vec<Array> = inputs.iter().map(|arg| arg.value().to_host()).collect::<Result<_, _>>().ok()?;
    let names: Vec<String> = (0..arrays.len()).map(|i| format!("x{i}")).collect();
    storage::write(path.with_extension("inputs.safetensors"), names.iter().map(String::as_str).zip(&arrays)).ok()?;
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rune_host::Plan;
    use rune_trace::{Tensor, make_program};

    fn of<const N: usize>(values: [f32; N]) -> Vec<Value> {
        vec![Value::Host(Array::from_slice([N], &values))]
    }

    /// Returns the difference between the results of `f` for `x` and the results of another engine.
    fn differs<const N: usize>(
        f: impl Fn(&Tensor) -> Tensor + Send + Sync,
        x: [f32; N],
        found: [f32; N],
    ) -> Option<String> {
        let program = make_program(f, &Tensor::from(x)).unwrap();
        let plan = Plan::new(&program);
        let rerun = |inputs: Vec<Array>| plan.run(inputs).ok();
        let expected: Vec<Value> =
            rerun(vec![Array::from_slice([N], &x)]).unwrap().into_iter().map(Value::Host).collect();
        difference(&program, &[Arg::Borrow(&of(x)[0])], &expected, &of(found), &rerun)
    }

    #[test]
    fn rounding_is_no_difference_and_a_lost_element_is() {
        let doubled = |x: &Tensor| x + x;
        assert_eq!(differs(doubled, [0.5, 5e-7], [1.0001, 2e-6]), None);
        assert_eq!(differs(doubled, [f32::NAN, 0.5], [f32::NAN, 1.0]), None);
        let message = differs(doubled, [0.5, 2.0], [1.0, f32::NAN]).unwrap();
        assert!(message.starts_with("output 0, [2, f32] of `add` at src/tiered/agreement.rs:"), "{message}");
        assert!(message.ends_with(": 1 of 2 elements, the first NaN for 4"), "{message}");
        assert!(differs(doubled, [-2.0], [-1.0]).is_some());
    }

    #[test]
    fn where_a_program_jumps_elements_near_the_jump_may_differ() {
        let rounded = |x: &Tensor| x.round();
        // 2.4999 is near a discontinuity, 3.1 is not.
        assert_eq!(differs(rounded, [2.0, 2.499_99], [2.0, 3.0]), None);
        assert!(differs(rounded, [2.0, 3.1], [2.0, 4.0]).is_some());
        assert!(differs(rounded, [2.0, 2.499_99, 5.0], [0.0, 3.0, 5.0]).is_some());
        let largest = |x: &Tensor| rune_trace::grad(|x: &Tensor| (x - x.max()).sum())(x);
        assert!(differs(largest, [0.0, 1.0, 2.0, 3.0], [1.0, 1.0, 1.0, 0.0]).is_some());
    }
}
