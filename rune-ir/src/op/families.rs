//! Families: operations that share every rule except a formula.

use super::Literal;
use crate::DType;
use serde::{Deserialize, Serialize};

macro_rules! family {
    ($(#[$meta:meta])* $family:ident { $($(#[$doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
        pub enum $family {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }
        impl $family {
            /// All of the family.
            pub const ALL: &'static [$family] = &[$($family::$variant),*];
            /// The name in programs.
            pub const fn name(self) -> &'static str {
                match self {
                    $($family::$variant => $name,)*
                }
            }
        }
    };
}

family! {
    /// A function of one number. Floats only, unless said otherwise. Of complex numbers, functions with several values give the
    /// principal one, and their branch cuts are those of C99 and NumPy.
    UnaryFn {
        /// |x|, of signed numbers; wraps for the least integer. Of complex numbers, which it takes too, a float.
        Abs = "abs",
        /// -x, of any number, complex included; wraps.
        Neg = "neg",
        /// -1, 0 or 1 (of unsigned numbers, 0 or 1); -0, 0 and NaN give themselves. Of complex numbers x / |x|, and 0 of 0.
        Sign = "sign",
        /// The greatest whole number not above x.
        Floor = "floor",
        /// The least whole number not below x.
        Ceil = "ceil",
        /// The nearest whole number, halves away from zero.
        RoundAfz = "round_afz",
        /// The nearest whole number, halves to the even one.
        RoundEven = "round_even",
        /// eˣ, of complex numbers too.
        Exp = "exp",
        /// 2ˣ, of complex numbers too.
        Exp2 = "exp2",
        /// eˣ - 1, exact near 0; of complex numbers too.
        Expm1 = "expm1",
        /// ln x, of complex numbers too.
        Log = "log",
        /// ln (1 + x), exact near 0; of complex numbers too.
        Log1p = "log1p",
        /// √x, of complex numbers too.
        Sqrt = "sqrt",
        /// 1 / √x, of complex numbers too.
        Rsqrt = "rsqrt",
        /// ∛x, negative for negative x.
        Cbrt = "cbrt",
        /// sin x, x in radians, of complex numbers too.
        Sin = "sin",
        /// cos x, x in radians, of complex numbers too.
        Cos = "cos",
        /// tan x, x in radians, of complex numbers too.
        Tan = "tan",
        /// tanh x, of complex numbers too.
        Tanh = "tanh",
        /// 1 / (1 + e⁻ˣ), of complex numbers too.
        Logistic = "logistic",
        /// The error function, 2/√π ∫₀ˣ e^(-t²) dt.
        Erf = "erf",
        /// Whether x is neither infinite nor NaN; the result is `bool`.
        IsFinite = "is_finite",
        /// Each bit the other way; of integers and `bool`.
        Not = "not",
        /// The real part, of complex numbers only; a float.
        Real = "real",
        /// The imaginary part, of complex numbers only; a float.
        Imag = "imag",
        /// The complex conjugate, of complex numbers only.
        Conj = "conj",
    }
}

family! {
    /// A function of two numbers of one dtype. Of complex numbers `add`, `sub`, `mul`, `div` and `pow`.
    BinaryFn {
        /// x + y; wraps. Not of `bool`.
        Add = "add",
        /// x - y; wraps. Not of `bool`.
        Sub = "sub",
        /// x · y; wraps. Not of `bool`.
        Mul = "mul",
        /// x / y; of integers toward zero. For integers x / 0 is -1 (all bits set), and the least integer by -1 itself.
        Div = "div",
        /// What is left of x after division by y, of the sign of x (C's `fmod`). For integers x rem 0 is x.
        Rem = "rem",
        /// xʸ. Of integers: wraps; a negative power of 1 is 1, of -1 is ±1, of anything else 0. Of complex numbers e^(y ln x), and
        /// x⁰ is 1.
        Pow = "pow",
        /// The greater; NaN if either is. Of `bool`: or.
        Max = "max",
        /// The lesser; NaN if either is. Of `bool`: and.
        Min = "min",
        /// The angle of the point (y = x operand, x = y operand): arctangent of x / y in the right quadrant. Floats.
        Atan2 = "atan2",
        /// Bitwise and, of integers and `bool`.
        And = "and",
        /// Bitwise or, of integers and `bool`.
        Or = "or",
        /// Bitwise exclusive or, of integers and `bool`.
        Xor = "xor",
        /// x shifted left by y bits, of integers; 0 if y (taken as unsigned) is not below the width.
        ShiftLeft = "shift_left",
        /// x shifted right by y bits filling with the sign bit; all sign if y (as unsigned) is not below the width.
        ShiftRightArithmetic = "shift_right_arithmetic",
        /// x shifted right by y bits filling with zeros; 0 if y (as unsigned) is not below the width.
        ShiftRightLogical = "shift_right_logical",
    }
}

family! {
    /// A relation of two numbers of one dtype. `false` is below `true`. Complex numbers are equal or not, and have no order.
    Comparison {
        /// x = y.
        Eq = "eq",
        /// x ≠ y.
        Ne = "ne",
        /// x < y.
        Lt = "lt",
        /// x ≤ y.
        Le = "le",
        /// x > y.
        Gt = "gt",
        /// x ≥ y.
        Ge = "ge",
    }
}

family! {
    /// A function of any number of elements. Over none it gives its neutral element.
    ReduceFn {
        /// The sum; of numbers, wraps. Neutral: 0.
        Sum = "reduce_sum",
        /// The product; of numbers, wraps. Neutral: 1.
        Prod = "reduce_prod",
        /// The greatest; NaN if any is. Neutral: -∞ or the least integer, `false`.
        Max = "reduce_max",
        /// The least; NaN if any is. Neutral: ∞ or the greatest integer, `true`.
        Min = "reduce_min",
        /// Bitwise and, of integers and `bool`. Neutral: all bits set.
        And = "reduce_and",
        /// Bitwise or, of integers and `bool`. Neutral: 0.
        Or = "reduce_or",
    }
}

impl ReduceFn {
    /// The neutral element, which is the result over no elements.
    ///
    /// ```
    /// use rune_ir::DType;
    /// use rune_ir::op::ReduceFn;
    /// assert_eq!(ReduceFn::Max.neutral(DType::I8).to_f64(), -128.0);
    /// assert_eq!(ReduceFn::Min.neutral(DType::F32).to_f64(), f64::INFINITY);
    /// ```
    pub fn neutral(self, dtype: DType) -> Literal {
        // As `f64` the greatest integers saturate to themselves.
        let extreme = |sign: f64| {
            let bool = dtype == DType::Bool;
            if bool { Literal::new(sign > 0.0) } else { Literal::from_f64(dtype, sign * f64::INFINITY) }
        };
        match self {
            ReduceFn::Sum | ReduceFn::Or => Literal::from_f64(dtype, 0.0),
            ReduceFn::Prod => Literal::from_f64(dtype, 1.0),
            ReduceFn::Max => extreme(-1.0),
            ReduceFn::Min => extreme(1.0),
            ReduceFn::And if dtype.is_signed_int() => Literal::from_f64(dtype, -1.0),
            ReduceFn::And => Literal::from_f64(dtype, f64::INFINITY),
        }
    }
}

family! {
    /// Which extreme is looked for; of numbers.
    ArgFn {
        /// The greatest.
        Max = "argmax",
        /// The least.
        Min = "argmin",
    }
}

family! {
    /// A function of the elements in a window; of numbers, as in [`ReduceFn`].
    WindowFn {
        /// The sum.
        Sum = "reduce_window_sum",
        /// The greatest.
        Max = "reduce_window_max",
        /// The least.
        Min = "reduce_window_min",
    }
}

family! {
    /// A running function; of numbers, as in [`ReduceFn`].
    CumulativeFn {
        /// Running sum.
        Sum = "cumsum",
        /// Running product.
        Prod = "cumprod",
        /// Running maximum.
        Max = "cummax",
        /// Running minimum.
        Min = "cummin",
        /// Running ln Σ eˣ, of floats, without overflow.
        LogSumExp = "cumlogsumexp",
    }
}

family! {
    /// A function of the elements of all lanes; as in [`ReduceFn`].
    CollectiveFn {
        /// The sum; of numbers, wraps.
        Sum = "psum",
        /// The greatest.
        Max = "pmax",
        /// The least.
        Min = "pmin",
    }
}

family! {
    /// A factorisation of each matrix `A`, `m × n`, that lies along the last two axes; `k = min(m, n)`.
    FactorFn {
        /// The lower triangle `L`, with a positive diagonal, of which `L Lᵀ = A`; 0 above. `A` is square and symmetric: what is above its
        /// diagonal is not read. NaN in all of the lower triangle if `A` is not positive definite. One result.
        Cholesky = "cholesky",
        /// `P A = L U`, by elimination with the first greatest element of a column as its pivot. Three results: `U`, with `L`, whose diagonal is 1,
        /// below its diagonal; for each of the first `k` rows, as `i32`, with which one it was exchanged; and for each of `m`, as `i32`, which row
        /// of `A` it is.
        Lu = "lu",
        /// `A = Q R`: `Q`, `m × k` with orthonormal columns, and `R`, `k × n`, 0 below its diagonal. Signs as LAPACK's.
        Qr = "qr",
        /// As `qr`, with all of `Q`, `m × m`, and `R`, `m × n`.
        QrFull = "qr_full",
        /// Of a symmetric `A`, of which what is above the diagonal is not read, the eigenvalues, ascending, and in the columns of a matrix the
        /// eigenvectors, of length 1. Of the elements of each over 0.9 of the greatest magnitude, the first is positive.
        Eigh = "eigh",
        /// `A = U S Vᵀ`: `U`, `m × k`, and `Vᵀ`, `k × n`, of orthonormal columns and rows, and between them the singular values, descending. Signs of the
        /// columns of `U` as those of `eigh`.
        Svd = "svd",
        /// As `svd`, with all of `U`, `m × m`, and of `Vᵀ`, `n × n`; signs of the further rows of `Vᵀ` as those of columns of `U`.
        SvdFull = "svd_full",
    }
}

family! {
    /// A discrete Fourier transform.
    FftFn {
        /// Of complex numbers; Σ xⱼ e^(-2πi jk/n). Not scaled.
        Fft = "fft",
        /// The inverse of `fft`, scaled by 1/n.
        Ifft = "ifft",
        /// `fft` of floats: along the last axis the first n/2 + 1 results, which determine the others. Complex.
        Rfft = "rfft",
        /// The inverse of `rfft`, of floats. It takes n/2 + 1 complex numbers along the last axis, whose length n is that of the result. The imaginary
        /// parts of what belongs to frequency 0 and, for an even n, to frequency n/2, do not count.
        Irfft = "irfft",
    }
}

family! {
    /// A call of a function of the user's.
    CallbackFn {
        /// The results depend on the operands alone. It may be left out, or called once for two calls alike.
        Pure = "pure_callback",
        /// It is called each time, in order among all effects.
        Io = "io_callback",
    }
}
