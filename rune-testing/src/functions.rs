//! Kinds of functions, by their names in programs. They say whether the results of two engines can differ, and whether
//! a small difference can become a large one. Tests exclude kinds from random programs by
//! [`Generator::without`](crate::Generator).

/// Functions that engines approximate: their results may differ in the last places.
pub const APPROXIMATED: [&str; 17] = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "rsqrt",
    "cbrt",
    "sin",
    "cos",
    "tan",
    "tanh",
    "logistic",
    "erf",
    "pow",
    "atan2",
    "integer_pow",
    "cumlogsumexp",
];

/// Functions that jump: a small difference in an operand can become a large one.
pub const JUMPING: [&str; 19] = [
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "floor",
    "ceil",
    "round_afz",
    "round_even",
    "sign",
    "convert",
    "bitcast_convert",
    "argmax",
    "argmin",
    "sort",
    "top_k",
    "rem",
    "is_finite",
];

/// Continuous functions whose derivative jumps.
pub const KINKED: [&str; 10] = [
    "abs",
    "max",
    "min",
    "clamp",
    "reduce_max",
    "reduce_min",
    "reduce_window_max",
    "reduce_window_min",
    "cummax",
    "cummin",
];

/// Functions with periods, poles or steep slopes. A small difference in a large operand can become an arbitrary
/// difference.
pub const STEEP: [&str; 5] = ["sin", "cos", "tan", "div", "atan2"];

/// Sums and products. Engines choose the order of rounding.
pub const REORDERED: [&str; 3] = ["dot_general", "reduce_sum", "reduce_prod"];

/// Operations that select by integers or conditions.
pub const SELECTING: [&str; 5] = ["case", "while", "scan", "gather", "scatter"];

/// Operations whose results are integers or booleans, whatever their operands are.
pub const WITHOUT_FLOAT_RESULTS: [&str; 19] = [
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "is_finite",
    "not",
    "and",
    "or",
    "xor",
    "shift_left",
    "shift_right_arithmetic",
    "shift_right_logical",
    "argmax",
    "argmin",
    "threefry2x32",
    "reduce_and",
    "reduce_or",
];

/// Returns the names that are in `kind`, but not in `except`.
pub fn without(kind: &[&'static str], except: &[&str]) -> Vec<&'static str> {
    kind.iter().copied().filter(|name| !except.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_operations() {
        let known = rune_ir::Op::<usize>::names();
        let kinds = [&APPROXIMATED[..], &JUMPING, &KINKED, &STEEP, &REORDERED, &SELECTING, &WITHOUT_FLOAT_RESULTS];
        let unknown: Vec<_> = kinds.concat().into_iter().filter(|name| !known.contains(name)).collect();
        assert_eq!(unknown, [""; 0]);
    }
}
