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
            /// All members of the family.
            pub const ALL: &'static [$family] = &[$($family::$variant),*];
            /// Returns the name in programs.
            pub const fn name(self) -> &'static str {
                match self {
                    $($family::$variant => $name,)*
                }
            }
        }
    };
}

family! {
    /// A function of one number. It takes floats only, unless stated otherwise. For complex numbers, functions with
    /// several values give the principal one, and their branch cuts are those of C99 and NumPy.
    UnaryFn {
        /// |x|, for signed numbers. Wraps for the least integer. The result for complex numbers is a float.
        Abs = "abs",
        /// -x, of any number. Wraps.
        Neg = "neg",
        /// The sign: -1, 0 or 1 (of unsigned numbers, 0 or 1). -0, 0 and NaN stay as they are.
        /// For complex numbers, x / |x|, and 0 for 0.
        Sign = "sign",
        /// The greatest integer that is at most x.
        Floor = "floor",
        /// The least integer that is at least x.
        Ceil = "ceil",
        /// The nearest integer; halves round away from zero.
        RoundAfz = "round_afz",
        /// The nearest integer; halves round to the even one.
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
        /// Inverts each bit; of integers and `bool`.
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
    /// A function of two numbers of one dtype. Complex numbers have `add`, `sub`, `mul`, `div` and `pow`.
    BinaryFn {
        /// x + y; wraps. Not of `bool`.
        Add = "add",
        /// x - y; wraps. Not of `bool`.
        Sub = "sub",
        /// x · y; wraps. Not of `bool`.
        Mul = "mul",
        /// x / y; integers round toward zero. For integers, x / 0 is -1 (all bits set), and the least integer by -1 is
        /// itself.
        Div = "div",
        /// The remainder of x / y, with the sign of x (C's `fmod`). For integers, the remainder by 0 is x.
        Rem = "rem",
        /// xʸ. For integers: wraps; a negative power of 1 is 1, of -1 is ±1, and of anything else is 0. For complex
        /// numbers: e^(y ln x), and x⁰ is 1.
        Pow = "pow",
        /// The greater number, or NaN if either is NaN. For `bool`, logical or.
        Max = "max",
        /// The lesser number, or NaN if either is NaN. For `bool`, logical and.
        Min = "min",
        /// The angle of the point whose y coordinate is the operand x, and whose x coordinate is the operand y. Floats.
        Atan2 = "atan2",
        /// Bitwise and, of integers and `bool`.
        And = "and",
        /// Bitwise or, of integers and `bool`.
        Or = "or",
        /// Bitwise exclusive or, of integers and `bool`.
        Xor = "xor",
        /// x shifted left by y bits; of integers. 0 if y (as unsigned) is at least the bit width.
        ShiftLeft = "shift_left",
        /// x shifted right by y bits, filled with the sign bit. All sign bits if y (as unsigned) is at least the bit
        /// width.
        ShiftRightArithmetic = "shift_right_arithmetic",
        /// x shifted right by y bits, filled with zeros. 0 if y (as unsigned) is at least the bit width.
        ShiftRightLogical = "shift_right_logical",
    }
}

family! {
    /// A comparison of two numbers of one dtype. `false` is less than `true`. Complex numbers have no order; they
    /// compare by `eq` and `ne` only.
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
    /// A function of any number of elements. Without elements, it gives its neutral element.
    ReduceFn {
        /// The sum of numbers; wraps. Neutral element: 0.
        Sum = "reduce_sum",
        /// The product of numbers; wraps. Neutral element: 1.
        Prod = "reduce_prod",
        /// The greatest element; NaN if any element is. Neutral element: -∞, the least integer, or `false`.
        Max = "reduce_max",
        /// The least element; NaN if any element is. Neutral element: ∞, the greatest integer, or `true`.
        Min = "reduce_min",
        /// Bitwise and, of integers and `bool`. Neutral element: all bits set.
        And = "reduce_and",
        /// Bitwise or, of integers and `bool`. Neutral element: 0.
        Or = "reduce_or",
    }
}

impl ReduceFn {
    /// Returns the neutral element, which is the result over no elements.
    ///
    /// ```
    /// use rune_ir::DType;
    /// use rune_ir::op::ReduceFn;
    /// assert_eq!(ReduceFn::Max.neutral(DType::I8).to_f64(), -128.0);
    /// assert_eq!(ReduceFn::Min.neutral(DType::F32).to_f64(), f64::INFINITY);
    /// ```
    pub fn neutral(self, dtype: DType) -> Literal {
        // Infinity saturates to the greatest or the least integer.
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
    /// Whether to find the greatest or the least element; of numbers.
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
    /// A cumulative function; of numbers, as in [`ReduceFn`].
    CumulativeFn {
        /// Cumulative sum.
        Sum = "cumsum",
        /// Cumulative product.
        Prod = "cumprod",
        /// Cumulative maximum.
        Max = "cummax",
        /// Cumulative minimum.
        Min = "cummin",
        /// Cumulative ln Σ eˣ, of floats, without overflow.
        LogSumExp = "cumlogsumexp",
    }
}

family! {
    /// A reduction over all batch elements; as in [`ReduceFn`].
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
    /// A factorization of each matrix `A`, `m × n`, along the last two axes; `k = min(m, n)`.
    FactorFn {
        /// The lower triangular `L`, with a positive diagonal, such that `L Lᴴ = A`; 0 above the diagonal. `A` is
        /// square and Hermitian. Only its lower triangle is read, and only the real parts of its diagonal. If `A` is
        /// not positive definite, the whole lower triangle is NaN. One result.
        Cholesky = "cholesky",
        /// `P A = L U`, by elimination. The pivot is the first element of greatest magnitude in its column; complex
        /// numbers compare by the sum of the magnitudes of their parts. Three results: `U`, with `L` below its diagonal
        /// (the diagonal of `L` is 1); for each of the first `k` rows, the row with which it was exchanged, as `i32`;
        /// and the permutation, as `i32`: the index in `A` of each of the `m` rows of `P A`.
        Lu = "lu",
        /// `A = Q R`: `Q`, `m × k`, has orthonormal columns, and `R`, `k × n`, is 0 below its diagonal, which is real.
        /// Signs are LAPACK's.
        Qr = "qr",
        /// Like `qr`, with the complete `Q`, `m × m`, and `R`, `m × n`.
        QrFull = "qr_full",
        /// The eigenvalues of a Hermitian `A`, real and in ascending order, and a matrix whose columns are the
        /// eigenvectors, of length 1. Only the lower triangle of `A` is read, and only the real parts of its diagonal.
        /// The signs are fixed: among the elements of an eigenvector whose magnitude is above 0.9 times the greatest,
        /// the first is real and positive.
        Eigh = "eigh",
        /// `A = U S Vᴴ`: `U`, `m × k`, has orthonormal columns, and `Vᴴ`, `k × n`, orthonormal rows. Between them are
        /// the singular values, real and in descending order. The signs of the columns of `U` are chosen as in `eigh`.
        Svd = "svd",
        /// Like `svd`, with the complete `U`, `m × m`, and `Vᴴ`, `n × n`. The signs of the added rows of `Vᴴ` are
        /// chosen as in `eigh`.
        SvdFull = "svd_full",
        /// The eigenvalues of any square `A`, and a matrix whose columns are eigenvectors of length 1. Both results are
        /// complex. The signs of the vectors are chosen as in `eigh`. The eigenvalues have the order of the Schur form.
        /// If `A` is real, those that are not real come in conjugate pairs, the one with the positive imaginary part
        /// first. Both results are NaN if the iteration does not converge.
        Eig = "eig",
        /// `A = Z T Zᴴ`: the upper triangular `T`, with the eigenvalues on its diagonal, and the unitary `Z`. If `A` is
        /// real, both are real, and `T` has a 2 × 2 block for each pair of complex eigenvalues. The diagonal elements
        /// of such a block are equal, and the other two have opposite signs. Both results are NaN if the iteration does
        /// not converge.
        Schur = "schur",
    }
}

family! {
    /// A discrete Fourier transform.
    FftFn {
        /// The transform of complex numbers: Σ xⱼ e^(-2πi jk/n), not scaled.
        Fft = "fft",
        /// The inverse of `fft`, scaled by 1/n.
        Ifft = "ifft",
        /// The `fft` of floats. Along the last axis, it returns the first n/2 + 1 results, which determine the others.
        /// Complex.
        Rfft = "rfft",
        /// The inverse of `rfft`. It takes n/2 + 1 complex numbers along the last axis, and returns n floats. It
        /// ignores the imaginary parts at frequency 0 and, if n is even, at frequency n/2.
        Irfft = "irfft",
    }
}

family! {
    /// A call of a user function.
    CallbackFn {
        /// The results depend only on the operands. A call whose results are unused may be dropped, and two equal calls
        /// may become one.
        Pure = "pure_callback",
        /// The function is called each time, in order with all other effects.
        Io = "io_callback",
    }
}
