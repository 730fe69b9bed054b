//! The tolerances of all tests.
//!
//! Each tolerance is derived from the possible error of the computation, and never widened to make a test pass. Each
//! entry gives the reason why it is not [`Tolerance::Exact`].

use rune_ir::op::FactorFn;
use rune_ir::{Array, DType, Element, with_element};

/// A way to compare arrays of one type. Any NaN equals any other NaN.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Tolerance {
    /// The same bits.
    Exact,
    /// Equal numbers: 0 is also -0.
    Equal,
    /// The numbers are at most this number of floats apart, and have one sign unless they are 0.
    Ulps(u64),
    /// The numbers differ by at most this multiple of the dtype's precision, times the magnitude of the number or of
    /// the greatest number in the array. This is the error of sums of rounded terms, which can cancel.
    Scaled(f64),
    /// Like `Scaled`, with a magnitude of at least 1, for terms that are subtracted from 1.
    Around1(f64),
}

impl Tolerance {
    /// Returns an error that describes the first element of `found` outside the tolerance.
    pub fn check(self, found: &Array, expected: &Array) -> Result<(), String> {
        match self.failures(found, expected)?.first() {
            None => Ok(()),
            Some(&i) => Err(describe(i, found, expected)),
        }
    }

    /// Returns the indices of the elements of `found` outside the tolerance.
    pub fn failures(self, found: &Array, expected: &Array) -> Result<Vec<usize>, String> {
        if found.ty() != expected.ty() {
            return Err(format!("is of type {}, and should be {}", found.ty(), expected.ty()));
        }
        Ok(with_element!(expected.dtype(), T => self.failing_elements::<T>(found, expected)))
    }

    fn failing_elements<T: Element>(self, found: &Array, expected: &Array) -> Vec<usize> {
        let (found, expected) = (found.as_slice::<T>(), expected.as_slice::<T>());
        let finite = expected.iter().map(|x| x.to_f64().abs()).filter(|x| x.is_finite());
        let greatest = finite.fold(0.0, f64::max);
        let fails = |&i: &usize| {
            let (x, y) = (found[i], expected[i]);
            let both_nan = x.to_f64().is_nan() && y.to_f64().is_nan();
            !both_nan && !self.accepts(x, y, greatest)
        };
        (0..found.len()).filter(fails).collect()
    }

    fn accepts<T: Element>(self, x: T, y: T, greatest: f64) -> bool {
        if T::as_bytes(&[x]) == T::as_bytes(&[y]) {
            return true;
        }
        match self {
            Tolerance::Exact => false,
            Tolerance::Equal => x == y,
            Tolerance::Ulps(n) => x == y || float_distance(x, y) <= n,
            Tolerance::Scaled(n) | Tolerance::Around1(n) => {
                let (x, y) = (x.to_f64(), y.to_f64());
                let least = if matches!(self, Tolerance::Around1(_)) { 1.0 } else { 0.0 };
                x == y || (x - y).abs() <= n * precision(T::DTYPE) * y.abs().max(greatest).max(least)
            }
        }
    }
}

/// Describes element `i` of `found`, and the expected one.
pub fn describe(i: usize, found: &Array, expected: &Array) -> String {
    with_element!(expected.dtype(), T => {
        let (x, y) = (found.as_slice::<T>()[i], expected.as_slice::<T>()[i]);
        let apart = match float_distance(x, y) {
            n if T::DTYPE.is_float() && n < u64::MAX => format!(" ({n} floats apart)"),
            _ => String::new(),
        };
        format!("element {i} is {x:?}, and should be {y:?}{apart}")
    })
}

/// Returns the distance from 1 to the next float.
pub fn precision(dtype: DType) -> f64 {
    dtype.finfo().expect("only floats have a precision").eps
}

/// Returns the number of floats between `x` and `y`, counted through 0 if their signs differ.
fn float_distance<T: Element>(x: T, y: T) -> u64 {
    let ordered = |x: T| {
        let mut raw = [0u8; 8];
        let bytes = T::as_bytes(&[x]).to_vec();
        raw[..bytes.len()].copy_from_slice(&bytes);
        let bits = u64::from_le_bytes(raw) as i128;
        let sign = 1i128 << (8 * bytes.len() - 1);
        if bits & sign != 0 { -(bits ^ sign) } else { bits }
    };
    if x.to_f64().is_nan() || y.to_f64().is_nan() {
        return u64::MAX;
    }
    u64::try_from((ordered(x) - ordered(y)).abs()).unwrap_or(u64::MAX)
}

/// Returns whether an operation only moves elements, or is exactly rounded by IEEE 754.
fn is_exact(op: &str) -> bool {
    matches!(
        op,
        "constant"
            | "abs"
            | "neg"
            | "sign"
            | "floor"
            | "ceil"
            | "round_afz"
            | "round_even"
            | "sqrt"
            | "select"
            | "convert"
            | "bitcast_convert"
            | "broadcast_in_dim"
            | "reshape"
            | "transpose"
            | "slice"
            | "pad"
            | "concatenate"
            | "reverse"
            | "iota"
            | "dynamic_slice"
            | "dynamic_update_slice"
            | "gather"
            | "optimization_barrier"
            | "stop_gradient"
            | "add"
            | "sub"
            | "mul"
            | "div"
            | "rem"
            | "top_k"
            | "real"
            | "imag"
            | "conj"
            | "complex"
    )
}

/// Returns complex numbers as pairs of floats along a new last axis, for comparison. Returns other arrays unchanged.
pub fn parts(x: &Array) -> Array {
    if !x.dtype().is_complex() {
        return x.clone();
    }
    let shape: Vec<usize> = x.shape().iter().copied().chain([2]).collect();
    let parts = x.to_complex_vec().into_iter().flat_map(|z| [z.re, z.im]);
    with_element!(x.dtype().real(), T => Array::from_vec(shape, parts.map(<T as Element>::from_f64).collect()))
}

/// Returns the tolerance between the interpreter and JAX.
///
/// JAX's numbers are computed in f64 and rounded once (see `scripts/vectors ops`), and so are the interpreter's. In
/// dtypes narrower than f64, both are therefore nearly always equal, and at most one float apart.
pub fn interpreter(op: &str, dtype: DType) -> Tolerance {
    let rounded = |in_f64: Tolerance| if dtype == DType::F64 { in_f64 } else { Tolerance::Ulps(1) };
    match op {
        _ if !dtype.is_float() => Tolerance::Exact,
        _ if is_exact(op) || op == "sort" => Tolerance::Exact,
        // The result is one of two elements. The table does not define which of 0 and -0 is greater.
        "max" | "min" | "clamp" | "reduce_max" | "reduce_min" | "reduce_window_max" | "reduce_window_min"
        | "cummax" | "cummin" => Tolerance::Equal,
        // For a function of one number, each `f64` library is within one or two ulps of the exact value.
        "exp" | "exp2" | "expm1" | "log" | "log1p" | "rsqrt" | "cbrt" | "sin" | "cos" | "tan" | "tanh" | "logistic"
        | "erf" | "pow" | "atan2" => rounded(Tolerance::Ulps(4)),
        // These are several multiplications in another order, each rounded once.
        "integer_pow" => rounded(Tolerance::Ulps(8)),
        // These are sums and products of several terms in another order.
        "reduce_prod" | "cumprod" => rounded(Tolerance::Ulps(16)),
        "reduce_sum" | "reduce_window_sum" | "cumsum" | "cumlogsumexp" | "dot_general" | "conv" | "scatter" => {
            rounded(Tolerance::Scaled(16.0))
        }
        // These are like sums of products. The matrices in the cases have few rows and are well conditioned.
        _ if is_linalg(op) => rounded(Tolerance::Scaled(16.0)),
        _ => panic!("say in rune-testing/src/tolerance.rs how far `{op}` may be off"),
    }
}

/// Returns whether an operation is linear algebra, which compiled code leaves to the interpreter's kernels.
fn is_linalg(op: &str) -> bool {
    matches!(op, "triangular_solve" | "lu_solve") || FactorFn::ALL.iter().any(|f| f.name() == op)
}

/// Returns the tolerance between derivatives and those of JAX.
///
/// Derivative rules are programs of several instructions, each of which rounds to the dtype. JAX's expected numbers
/// were computed in f64 and rounded once. The error is therefore that of a dozen roundings, at the greatest magnitude
/// in a sum.
pub fn derivative(op: &str, dtype: DType) -> Tolerance {
    match op {
        // The elements are moved, or summed if several came from one. The sums are of halves, and exact.
        "neg"
        | "sign"
        | "floor"
        | "ceil"
        | "round_afz"
        | "round_even"
        | "select"
        | "bitcast_convert"
        | "reshape"
        | "transpose"
        | "slice"
        | "concatenate"
        | "reverse"
        | "dynamic_slice"
        | "dynamic_update_slice"
        | "optimization_barrier"
        | "stop_gradient"
        | "add"
        | "sub"
        | "abs"
        | "sort"
        | "top_k" => Tolerance::Equal,
        // The derivatives are y (1 - y) and 1 - y², with y rounded.
        "logistic" | "tanh" => Tolerance::Around1(4.0),
        _ if dtype.is_reduced_float() => Tolerance::Scaled(8.0),
        _ => Tolerance::Scaled(16.0),
    }
}

/// Returns the tolerance between a transformed operation and JAX's. `transform` is the name of the transformation in
/// the vectors.
///
/// A batched operation has the tolerance of the operation, except for the sign of 0, which XLA's fusions do not keep. A
/// batched derivative has the tolerance of the derivative. A second derivative has twice as many roundings as a first
/// one; each is in the least precise dtype of the computation.
pub fn transformed(op: &str, transform: &str, dtype: DType, least_precise: DType) -> Tolerance {
    match transform {
        "vmap" if interpreter(op, dtype) == Tolerance::Exact => Tolerance::Equal,
        "vmap" => interpreter(op, dtype),
        "jvp" | "vjp" | "vmap_grad" | "grad_vmap" => derivative(op, dtype),
        _ => {
            let roundings = if least_precise.is_reduced_float() { 4.0 } else { 32.0 };
            Tolerance::Scaled(roundings * precision(least_precise) / precision(dtype))
        }
    }
}

/// Returns the tolerance between compiled code and the interpreter.
pub fn iree(op: &str, dtype: DType) -> Tolerance {
    match op {
        _ if !dtype.is_float() => Tolerance::Exact,
        _ if is_exact(op) => Tolerance::Exact,
        // The result is one of two elements, or has 0 and -0 in any order.
        "max" | "min" | "clamp" | "reduce_max" | "reduce_min" | "reduce_window_max" | "reduce_window_min"
        | "cummax" | "cummin" | "sort" => Tolerance::Equal,
        // IREE uses polynomials, in f32 for half types. The worst of them are off by 4e-6.
        "exp" | "exp2" | "expm1" | "log" | "log1p" | "rsqrt" | "cbrt" | "tanh" | "logistic" | "erf" | "integer_pow" => {
            Tolerance::Ulps(if dtype.is_reduced_float() { 1 } else { 16 })
        }
        // This is e^(y ln x). The exponent of up to 88 is rounded to f32, so each unit of it costs an ulp of the
        // result.
        "pow" => Tolerance::Ulps(if dtype.is_reduced_float() { 1 } else { 88 }),
        "sin" | "cos" | "tan" | "atan2" => Tolerance::Ulps(if dtype.is_reduced_float() { 1 } else { 48 }),
        // These are sums and products of several terms in another order, in f32 for half types.
        "reduce_prod" | "cumprod" | "reduce_sum" | "reduce_window_sum" | "cumsum" | "cumlogsumexp" | "dot_general"
        | "conv" | "scatter" | "fft" | "ifft" | "rfft" | "irfft" => {
            Tolerance::Scaled(if dtype.is_reduced_float() { 1.0 } else { 16.0 })
        }
        _ if is_linalg(op) => Tolerance::Exact,
        _ => panic!("say in rune-testing/src/tolerance.rs how far compiled `{op}` may be off"),
    }
}

/// Returns the tolerance between compiled code and the interpreter for a transformed operation.
///
/// For derivatives, it scales the error of IREE's functions, four of which can be multiplied and summed.
pub fn iree_transformed(op: &str, transform: &str, dtype: DType, least_precise: DType) -> Tolerance {
    match transform {
        "vmap" if iree(op, dtype) == Tolerance::Exact => Tolerance::Equal,
        "vmap" => iree(op, dtype),
        _ if !dtype.is_float() => Tolerance::Exact,
        _ => {
            // Derivatives of linear algebra consist of matrix products.
            let op = if is_linalg(op) { "dot_general" } else { op };
            let ulps = match iree(op, least_precise) {
                Tolerance::Exact | Tolerance::Equal => 4.0,
                Tolerance::Ulps(n) => 4.0 * n as f64,
                Tolerance::Scaled(n) | Tolerance::Around1(n) => 4.0 * n,
            };
            Tolerance::Scaled(ulps * precision(least_precise) / precision(dtype))
        }
    }
}
