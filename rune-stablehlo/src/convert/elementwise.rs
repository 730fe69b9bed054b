//! Elementwise functions.

use super::arguments::{dims, word};
use super::constants;
use super::converter::{ConvertError, invalid};
use super::scope::Scope;
use crate::ast::Operation;
use rune_ir::op::{BinaryFn, Comparison, FftFn, UnaryFn};
use rune_ir::{DType, Op, Var};

/// Returns the unary function of an operation.
pub(super) fn unary(name: &str) -> Option<UnaryFn> {
    Some(match name {
        "stablehlo.abs" => UnaryFn::Abs,
        "stablehlo.negate" => UnaryFn::Neg,
        "stablehlo.sign" => UnaryFn::Sign,
        "stablehlo.floor" => UnaryFn::Floor,
        "stablehlo.ceil" => UnaryFn::Ceil,
        "stablehlo.round_nearest_afz" => UnaryFn::RoundAfz,
        "stablehlo.round_nearest_even" => UnaryFn::RoundEven,
        "stablehlo.exponential" => UnaryFn::Exp,
        "stablehlo.exponential_minus_one" => UnaryFn::Expm1,
        "stablehlo.log" => UnaryFn::Log,
        "stablehlo.log_plus_one" => UnaryFn::Log1p,
        "stablehlo.sqrt" => UnaryFn::Sqrt,
        "stablehlo.rsqrt" => UnaryFn::Rsqrt,
        "stablehlo.cbrt" => UnaryFn::Cbrt,
        "stablehlo.sine" => UnaryFn::Sin,
        "stablehlo.cosine" => UnaryFn::Cos,
        "stablehlo.tan" | "chlo.tan" => UnaryFn::Tan,
        "stablehlo.tanh" => UnaryFn::Tanh,
        "stablehlo.logistic" => UnaryFn::Logistic,
        "chlo.erf" => UnaryFn::Erf,
        "stablehlo.is_finite" => UnaryFn::IsFinite,
        "stablehlo.not" => UnaryFn::Not,
        "stablehlo.real" => UnaryFn::Real,
        "stablehlo.imag" => UnaryFn::Imag,
        "chlo.conj" => UnaryFn::Conj,
        _ => return None,
    })
}

/// Returns the binary function of an operation. For booleans, the sum is `or` and the product is `and`.
pub(super) fn binary(name: &str, dtype: DType) -> Option<BinaryFn> {
    let bool = dtype == DType::Bool;
    Some(match name {
        "stablehlo.add" if bool => BinaryFn::Or,
        "stablehlo.multiply" if bool => BinaryFn::And,
        "stablehlo.add" => BinaryFn::Add,
        "stablehlo.subtract" => BinaryFn::Sub,
        "stablehlo.multiply" => BinaryFn::Mul,
        "stablehlo.divide" => BinaryFn::Div,
        "stablehlo.remainder" => BinaryFn::Rem,
        "stablehlo.power" => BinaryFn::Pow,
        "stablehlo.maximum" => BinaryFn::Max,
        "stablehlo.minimum" => BinaryFn::Min,
        "stablehlo.atan2" => BinaryFn::Atan2,
        "stablehlo.and" => BinaryFn::And,
        "stablehlo.or" => BinaryFn::Or,
        "stablehlo.xor" => BinaryFn::Xor,
        "stablehlo.shift_left" => BinaryFn::ShiftLeft,
        "stablehlo.shift_right_arithmetic" => BinaryFn::ShiftRightArithmetic,
        "stablehlo.shift_right_logical" => BinaryFn::ShiftRightLogical,
        _ => return None,
    })
}

impl Scope<'_, '_, '_> {
    pub(super) fn compare(&mut self, op: &Operation, x: Var, y: Var) -> Result<Var, ConvertError> {
        let direction = match word(op, &["comparison_direction"]) {
            Some("EQ") => Comparison::Eq,
            Some("NE") => Comparison::Ne,
            Some("LT") => Comparison::Lt,
            Some("LE") => Comparison::Le,
            Some("GT") => Comparison::Gt,
            Some("GE") => Comparison::Ge,
            _ => return invalid("its direction is not one of EQ, NE, LT, LE, GT and GE"),
        };
        if word(op, &["compare_type"]) == Some("TOTALORDER") && self.ty(x).dtype.is_float() {
            let (x, y) = (self.ordered_bits(x)?, self.ordered_bits(y)?);
            return self.one(Op::Compare { direction, x, y });
        }
        self.one(Op::Compare { direction, x, y })
    }

    /// Returns integers in the total order of floats: -NaN, -∞, …, -0, 0, …, ∞, NaN.
    fn ordered_bits(&mut self, x: Var) -> Result<Var, ConvertError> {
        let (dtype, greatest) = match self.ty(x).dtype.size() {
            1 => (DType::I8, i64::from(i8::MAX)),
            2 => (DType::I16, i64::from(i16::MAX)),
            4 => (DType::I32, i64::from(i32::MAX)),
            _ => (DType::I64, i64::MAX),
        };
        let bits = self.one(Op::BitcastConvert { x, dtype })?;
        let ty = self.ty(bits).clone();
        // The magnitude of a negative float is inverted, because a smaller magnitude is greater.
        let Some(width) = constants::number(dtype, &(8 * dtype.size() - 1).to_string()) else {
            return invalid("its dtype has no order");
        };
        let Some(magnitude) = constants::number(dtype, &greatest.to_string()) else {
            return invalid("its dtype has no order");
        };
        let width = self.full(width, &ty)?;
        let sign = self.one(Op::Binary { f: BinaryFn::ShiftRightArithmetic, x: bits, y: width })?;
        let magnitude = self.full(magnitude, &ty)?;
        let flip = self.one(Op::Binary { f: BinaryFn::And, x: sign, y: magnitude })?;
        self.one(Op::Binary { f: BinaryFn::Xor, x: bits, y: flip })
    }

    pub(super) fn fft(&mut self, op: &Operation, x: Var) -> Result<Var, ConvertError> {
        let f = match word(op, &["fft_type", "type"]) {
            Some("FFT") => FftFn::Fft,
            Some("IFFT") => FftFn::Ifft,
            Some("RFFT") => FftFn::Rfft,
            Some("IRFFT") => FftFn::Irfft,
            _ => return invalid("its type is not one of FFT, IFFT, RFFT and IRFFT"),
        };
        self.one(Op::Fft { f, x, lengths: dims(op, &["fft_length", "length"])? })
    }

    pub(super) fn select(&mut self, pred: Var, on_true: Var, on_false: Var) -> Result<Var, ConvertError> {
        let pred = self.spread(pred, on_true)?;
        self.one(Op::Select { pred, on_true, on_false })
    }

    pub(super) fn clamp(&mut self, min: Var, x: Var, max: Var) -> Result<Var, ConvertError> {
        let bounds = [min, max].map(|v| self.known(v).filter(|l| l.dtype().is_int()).map(|l| l.to_f64() as i64));
        let (min, max) = (self.spread(min, x)?, self.spread(max, x)?);
        let clamped = self.one(Op::Clamp { min, x, max })?;
        if let [Some(low), Some(high)] = bounds {
            self.ranges.insert(clamped, (low, high));
        }
        Ok(clamped)
    }

    /// Broadcasts a scalar to the shape of `like`; returns other arrays unchanged.
    fn spread(&mut self, x: Var, like: Var) -> Result<Var, ConvertError> {
        let shape = self.ty(like).shape.clone();
        if self.ty(x).rank() > 0 || shape.rank() == 0 {
            return Ok(x);
        }
        self.one(Op::BroadcastInDim { x, shape, dims: Default::default() })
    }

    pub(super) fn convert(&mut self, x: Var, dtype: DType) -> Result<Var, ConvertError> {
        let from = self.ty(x).dtype;
        if from == dtype {
            return Ok(x);
        }
        let converted = self.one(Op::Convert { x, dtype })?;
        if from == DType::Bool && dtype.is_int() {
            self.ranges.insert(converted, (0, 1));
        }
        Ok(converted)
    }
}
