//! Operations that rune expresses by other operations.

use super::arguments::{dims_or, exactly, ints, pairs, word};
use super::constants;
use super::converter::{ConvertError, invalid, refused};
use super::scope::Scope;
use crate::ast::{Attribute, Operation, find};
use rune_ir::op::{BinaryFn, Comparison, Dims, FactorFn, Padding, ReduceFn, Triangular, UnaryFn};
use rune_ir::{DType, Op, Var};
use rune_trace::{Tensor, custom_tangent, lax, special};

/// Returns the tensor function of a CHLO function.
fn function(name: &str) -> Option<fn(&Tensor) -> Tensor> {
    Some(match name {
        "chlo.asin" => Tensor::asin,
        "chlo.acos" => Tensor::acos,
        "chlo.atan" => Tensor::atan,
        "chlo.sinh" => Tensor::sinh,
        "chlo.cosh" => Tensor::cosh,
        "chlo.asinh" => Tensor::asinh,
        "chlo.acosh" => Tensor::acosh,
        "chlo.atanh" => Tensor::atanh,
        "chlo.erf_inv" => Tensor::erf_inv,
        "chlo.erfc" => Tensor::erfc,
        "chlo.lgamma" => Tensor::lgamma,
        "chlo.digamma" => Tensor::digamma,
        "chlo.bessel_i1e" => special::i1e,
        "chlo.is_inf" => Tensor::isinf,
        "chlo.is_pos_inf" => Tensor::isposinf,
        "chlo.is_neg_inf" => Tensor::isneginf,
        _ => return None,
    })
}

type FunctionOfTwo = fn(&Tensor, &Tensor) -> Tensor;

/// Returns the tensor function of a CHLO function of two arrays of one type. Also returns whether it takes integers
/// instead of floats.
fn function_of_two(name: &str) -> Option<(FunctionOfTwo, bool)> {
    Some(match name {
        "chlo.next_after" => (|x, y| x.nextafter(y), false),
        "chlo.zeta" => (|x, y| special::zeta(x, y), false),
        "chlo.polygamma" => (|n, x| special::polygamma(n, x), false),
        "chlo.mulhi" => (|x, y| x.mulhi(y), true),
        _ => return None,
    })
}

/// Returns the reason why an operation is not imported. The text follows the operation's name.
pub(super) fn why_not(name: &str) -> String {
    match name {
        "stablehlo.rng" | "stablehlo.rng_bit_generator" => {
            "is a device-specific random generator; use keys, as `jax.random` does with `threefry2x32`".to_owned()
        }
        "stablehlo.all_reduce"
        | "stablehlo.all_gather"
        | "stablehlo.all_to_all"
        | "stablehlo.reduce_scatter"
        | "stablehlo.collective_permute"
        | "stablehlo.collective_broadcast"
        | "stablehlo.partition_id"
        | "stablehlo.replica_id"
        | "sdy.manual_computation" => "uses several devices; export for one device".to_owned(),
        "stablehlo.tuple" | "stablehlo.get_tuple_element" => "uses tuples; return several values instead".to_owned(),
        _ if name.contains("dynamic") || name.contains("dimension_size") => {
            "uses dynamic shapes; export for arguments of known shapes".to_owned()
        }
        _ => "is not an operation that rune knows".to_owned(),
    }
}

impl<'m, 't> Scope<'_, 'm, 't> {
    /// Expands the operation `name` into others. Returns `None` for any other operation.
    pub(super) fn expansion(
        &mut self,
        op: &'m Operation<'t>,
        name: &str,
        xs: &[Var],
    ) -> Result<Option<Vec<Var>>, ConvertError> {
        if let Some(f) = function(name) {
            let [x] = exactly(xs)?;
            if !self.ty(x).dtype.is_float() {
                return invalid(format!("it takes floats, but has {}", self.ty(x)));
            }
            return self.expand(&[x], |xs| xs.iter().map(f).collect()).map(Some);
        }
        if let Some((f, of_integers)) = function_of_two(name) {
            let [x, y] = exactly(xs)?;
            let dtype = self.ty(x).dtype;
            if self.ty(x) != self.ty(y) || (if of_integers { !dtype.is_int() } else { !dtype.is_float() }) {
                let wanted = if of_integers { "integers" } else { "floats" };
                return invalid(format!("it takes {wanted} of one type, but has {} and {}", self.ty(x), self.ty(y)));
            }
            return self.expand(&[x, y], |xs| xs.chunks_exact(2).map(|pair| f(&pair[0], &pair[1])).collect()).map(Some);
        }
        Ok(Some(match name {
            "chlo.erf" => {
                let [x] = exactly(xs)?;
                vec![self.one(Op::Unary { f: UnaryFn::Erf, x })?]
            }
            "chlo.square" => {
                let [x] = exactly(xs)?;
                vec![self.one(Op::Binary { f: BinaryFn::Mul, x, y: x })?]
            }
            "chlo.top_k" => {
                let [x] = exactly(xs)?;
                let inner = match op.attribute(&["composite_attributes"]) {
                    Some(Attribute::Dict(entries)) => find(entries, &["k"]).and_then(Attribute::ints),
                    _ => ints(op, &["k"])?,
                };
                let Some(&[k]) = inner.as_deref() else { return invalid("its `k` is missing") };
                let Ok(k) = usize::try_from(k) else { return invalid("its `k` is negative") };
                self.push(Op::TopK { x, k })?
            }
            "chlo.ragged_dot" => vec![self.ragged_dot(op, xs)?],
            "stablehlo.cholesky" => {
                let [x] = exactly(xs)?;
                if word(op, &["lower"]) != Some("true") {
                    return refused("asks for the upper triangle; factorize the transpose, and transpose the factor");
                }
                self.push(Op::Factor { f: FactorFn::Cholesky, x })?
            }
            "stablehlo.triangular_solve" => {
                let [a, b] = exactly(xs)?;
                let is = |name| word(op, &[name]) == Some("true");
                let transpose_a = match word(op, &["transpose_a"]) {
                    Some("NO_TRANSPOSE") => false,
                    Some("TRANSPOSE" | "ADJOINT") => true,
                    _ => return invalid("its `transpose_a` is missing"),
                };
                let a = if word(op, &["transpose_a"]) == Some("ADJOINT") { self.conjugated(a)? } else { a };
                let (left_side, lower, unit_diagonal) = (is("left_side"), is("lower"), is("unit_diagonal"));
                let how = Triangular { left_side, lower, transpose_a, unit_diagonal };
                self.push(Op::TriangularSolve { a, b, how })?
            }
            "stablehlo.popcnt" => {
                let [x] = exactly(xs)?;
                vec![self.population_count(x)?]
            }
            "stablehlo.count_leading_zeros" => {
                let [x] = exactly(xs)?;
                vec![self.leading_zeros(x)?]
            }
            "stablehlo.reduce_precision" => {
                let [x] = exactly(xs)?;
                vec![self.reduce_precision(op, x)?]
            }
            _ => return Ok(None),
        }))
    }

    /// Returns integers as unsigned integers with the same bits.
    fn unsigned(&mut self, x: Var) -> Result<(Var, DType), ConvertError> {
        let dtype = match self.ty(x).dtype {
            DType::I8 | DType::U8 => DType::U8,
            DType::I16 | DType::U16 => DType::U16,
            DType::I32 | DType::U32 => DType::U32,
            DType::I64 | DType::U64 => DType::U64,
            DType::Bool
            | DType::F8E4M3FN
            | DType::F8E5M2
            | DType::F16
            | DType::BF16
            | DType::F32
            | DType::F64
            | DType::C64
            | DType::C128 => {
                return invalid(format!("it takes integers, but has {}", self.ty(x)));
            }
        };
        let bits = if self.ty(x).dtype == dtype { x } else { self.one(Op::BitcastConvert { x, dtype })? };
        Ok((bits, dtype))
    }
    /// Applies `f` to an array and a constant with these low bits.
    fn with_bits(&mut self, f: BinaryFn, x: Var, bits: u64) -> Result<Var, ConvertError> {
        let ty = self.ty(x).clone();
        let low = bits & (u64::MAX >> (64 - 8 * ty.dtype.size()));
        let Some(literal) = constants::number(ty.dtype, &low.to_string()) else { return invalid("it takes integers") };
        let y = self.full(literal, &ty)?;
        self.one(Op::Binary { f, x, y })
    }

    /// Counts the set bits: sums neighbouring bits, then pairs, then half bytes, then bytes.
    fn population_count(&mut self, x: Var) -> Result<Var, ConvertError> {
        let original = self.ty(x).dtype;
        let (x, dtype) = self.unsigned(x)?;
        let odd = self.with_bits(BinaryFn::ShiftRightLogical, x, 1)?;
        let odd = self.with_bits(BinaryFn::And, odd, 0x5555_5555_5555_5555)?;
        let x = self.one(Op::Binary { f: BinaryFn::Sub, x, y: odd })?;
        let high = self.with_bits(BinaryFn::ShiftRightLogical, x, 2)?;
        let high = self.with_bits(BinaryFn::And, high, 0x3333_3333_3333_3333)?;
        let low = self.with_bits(BinaryFn::And, x, 0x3333_3333_3333_3333)?;
        let x = self.one(Op::Binary { f: BinaryFn::Add, x: high, y: low })?;
        let high = self.with_bits(BinaryFn::ShiftRightLogical, x, 4)?;
        let x = self.one(Op::Binary { f: BinaryFn::Add, x, y: high })?;
        let x = self.with_bits(BinaryFn::And, x, 0x0f0f_0f0f_0f0f_0f0f)?;
        let x = self.with_bits(BinaryFn::Mul, x, 0x0101_0101_0101_0101)?;
        let x = self.with_bits(BinaryFn::ShiftRightLogical, x, 8 * dtype.size() as u64 - 8)?;
        self.convert(x, original)
    }

    /// Counts the leading zeros: sets all bits below the highest set bit, and counts the unset bits.
    fn leading_zeros(&mut self, x: Var) -> Result<Var, ConvertError> {
        let original = self.ty(x).dtype;
        let (mut x, dtype) = self.unsigned(x)?;
        let mut by = 1;
        while by < 8 * dtype.size() as u64 {
            let below = self.with_bits(BinaryFn::ShiftRightLogical, x, by)?;
            x = self.one(Op::Binary { f: BinaryFn::Or, x, y: below })?;
            by *= 2;
        }
        let x = self.one(Op::Unary { f: UnaryFn::Not, x })?;
        let count = self.population_count(x)?;
        self.convert(count, original)
    }

    /// Rounds floats of at most 32 bits to any precision, and wider floats only to their own precision.
    fn reduce_precision(&mut self, op: &Operation, x: Var) -> Result<Var, ConvertError> {
        let dtype = self.ty(x).dtype;
        let written = word(op, &["format"]).and_then(|format| format.strip_prefix('e')?.split_once('m'));
        let bits = match written {
            Some((e, m)) => [e.parse().ok(), m.parse().ok()],
            None => [ints(op, &["exponent_bits"])?, ints(op, &["mantissa_bits"])?].map(|l| l?.first().copied()),
        };
        let [Some(exponent), Some(mantissa)] = bits else { return invalid("its format is missing") };
        let Some(info) = dtype.finfo().filter(|_| dtype.is_float()) else {
            return invalid(format!("it takes floats, but has {dtype}"));
        };
        let own = (i64::from(info.exponent_bits()), i64::from(info.mantissa_bits));
        match (exponent, mantissa) {
            (e, m) if e >= own.0 && m >= own.1 => Ok(x),
            (8, 7) if dtype == DType::F32 => {
                let half = self.one(Op::Convert { x, dtype: DType::BF16 })?;
                self.one(Op::Convert { x: half, dtype })
            }
            (1.., 0..) if dtype != DType::F64 => {
                let wide = self.convert(x, DType::F32)?;
                let (e, m) = (exponent.min(8) as u32, mantissa.min(23) as u32);
                let rounded = self.expand(&[wide], |xs| {
                    vec![custom_tangent(|x: &Tensor| rounded(x, e, m), |_, _, (dx,)| dx.clone())(&xs[0])]
                })?;
                let &[x] = rounded.as_slice() else { return invalid("it needs exactly one result") };
                self.convert(x, dtype)
            }
            (e, m) => refused(format!("rounds {dtype} to e{e}m{m}, which is not a dtype of rune")),
        }
    }

    /// Imports the gradient of a maximum (or minimum) over windows: each element of `source` goes to the first extreme
    /// of its window.
    pub(super) fn select_and_scatter(
        &mut self,
        op: &Operation<'t>,
        x: Var,
        source: Var,
        init: Var,
    ) -> Result<Vec<Var>, ConvertError> {
        const MOST: usize = 256;
        let ty = self.ty(x).clone();
        let rank = ty.rank();
        let sizes = dims_or(op, &["window_dimensions"], 1, rank)?;
        let strides = dims_or(op, &["window_strides"], 1, rank)?;
        let padding = pairs(op, &["padding"], rank)?;
        let [select, scatter] = op.regions.as_slice() else { return invalid("it needs two regions") };
        let direction = self.expressions(select).and_then(|(mut e, roots)| {
            [("GE", Comparison::Ge), ("LE", Comparison::Le), ("GT", Comparison::Gt), ("LT", Comparison::Lt)]
                .into_iter()
                .find(|(name, _)| {
                    ["FLOAT", "SIGNED", "UNSIGNED", ""].iter().any(|k| roots == [e.compare(name, k, 0, 1)])
                })
        });
        let Some((_, direction)) = direction else { return refused("selects by something other than a comparison") };
        let sums = self.expressions(scatter).is_some_and(|(e, roots)| match roots.as_slice() {
            &[root] => e.pair(root, 0, 1) == Some("stablehlo.add"),
            _ => false,
        });
        if !sums || self.known(init).is_none_or(|l| l.to_f64() != 0.0) {
            return refused("scatters by something other than a sum from 0");
        }
        // Elements in the padding are chosen last.
        let whole = ty;
        let worst = match direction {
            Comparison::Ge | Comparison::Gt => ReduceFn::Max,
            Comparison::Le | Comparison::Lt | Comparison::Eq | Comparison::Ne => ReduceFn::Min,
        };
        let config: Vec<Padding> = padding.iter().map(|&(low, high)| Padding { low, high, interior: 0 }).collect();
        let pads = padding.iter().any(|&p| p != (0, 0));
        if padding.iter().any(|&(low, high)| low < 0 || high < 0) {
            return refused("has negative padding; slice the operand first");
        }
        let x = if pads {
            let padding = self.one(Op::Constant { value: worst.neutral(whole.dtype) })?;
            self.one(Op::Pad { x, padding, config: config.clone() })?
        } else {
            x
        };
        let ty = self.ty(x).clone();
        let positions = sizes.iter().try_fold(1usize, |n, &d| n.checked_mul(d)).filter(|&n| n <= MOST);
        let (Some(positions), source_shape) = (positions, self.ty(source).shape.clone()) else {
            return refused(format!("has windows of more than {MOST} elements"));
        };
        let lists = [&sizes, &strides].into_iter().all(|l| l.len() == rank && !l.contains(&0));
        let reach = |a: usize| source_shape[a].checked_sub(1)?.checked_mul(strides[a])?.checked_add(sizes[a]);
        let fits = lists
            && source_shape.rank() == rank
            && positions > 0
            && (0..rank).all(|a| reach(a).is_some_and(|end| end <= ty.shape[a]))
            && self.ty(source).dtype == ty.dtype
            && ty.dtype != DType::Bool;
        if !fits {
            return invalid("its windows, operand and source do not match");
        }
        // The start of each window.
        let offsets: Vec<Vec<usize>> = (0..positions)
            .map(|mut k| {
                let mut offset = vec![0; rank];
                for a in (0..rank).rev() {
                    offset[a] = k % sizes[a];
                    k /= sizes[a];
                }
                offset
            })
            .collect();
        let results = self.expand(&[x, source], |xs| {
            let [x, source] = xs else { return Vec::new() };
            let end = |offset: &[usize]| -> Vec<usize> {
                (0..rank).map(|a| offset[a] + (source_shape[a] - 1) * strides[a] + 1).collect()
            };
            let at = |offset: &Vec<usize>| lax::slice(x, offset, &end(offset), &strides);
            let position = |k: usize| lax::full(DType::I32, &source_shape, k as f64);
            let (mut best, mut chosen) = (at(&offsets[0]), position(0));
            for (k, offset) in offsets.iter().enumerate().skip(1) {
                let other = at(offset);
                let stays = match direction {
                    Comparison::Ge => lax::ge(&best, &other),
                    Comparison::Le => lax::le(&best, &other),
                    Comparison::Gt => lax::gt(&best, &other),
                    Comparison::Lt | Comparison::Eq | Comparison::Ne => lax::lt(&best, &other),
                };
                best = lax::select(&stays, &best, &other);
                chosen = lax::select(&stays, &chosen, &position(k));
            }
            let zero = lax::full(source.dtype(), &source_shape, 0.0);
            let padding = lax::full(source.dtype(), &[][..].iter().copied().collect(), 0.0);
            let parts = offsets.iter().enumerate().map(|(k, offset)| {
                let part = lax::select(&lax::eq(&chosen, &position(k)), source, &zero);
                let end = end(offset);
                let config = (0..rank).map(|a| Padding {
                    low: offset[a] as i64,
                    high: (ty.shape[a] - end[a]) as i64,
                    interior: strides[a] - 1,
                });
                lax::pad(&part, &padding, config.collect())
            });
            parts.reduce(|sum, part| lax::add(&sum, &part)).into_iter().collect()
        })?;
        let &[x] = results.as_slice() else { return invalid("it needs exactly one result") };
        if !pads {
            return Ok(results);
        }
        let start: Dims = config.iter().map(|p| p.low as usize).collect();
        let limit = start.iter().zip(whole.shape.iter()).map(|(from, n)| from + n).collect();
        Ok(vec![self.one(Op::Slice { x, start, limit, strides: Dims::from_elem(1, rank) })?])
    }
}

/// Rounds `f32` numbers to this many bits of exponent and mantissa: to the nearest number, with halves to even, to
/// infinity above the greatest exponent, and to zero below the least. This is XLA's definition of `ReducePrecision`.
fn rounded(x: &Tensor, exponent: u32, mantissa: u32) -> Tensor {
    let bits = x.bitcast(DType::U32);
    let number = |n: u32| lax::full_like(&bits, f64::from(n));
    let last = 23 - mantissa;
    let mut y = bits.clone();
    if last > 0 {
        let odd = lax::and(&lax::shift_right_logical(&y, &number(last)), &number(1));
        y = lax::add(&lax::add(&y, &odd), &number((1 << (last - 1)) - 1));
        y = lax::and(&y, &number(u32::MAX << last));
    }
    if exponent < 8 {
        let reach = (1 << (exponent - 1)) - 1;
        let (power, sign) = (lax::and(&y, &number(0xff << 23)), lax::and(&bits, &number(1 << 31)));
        let above = lax::gt(&power, &number((127 + reach) << 23));
        let below = lax::le(&power, &number((127 - reach) << 23));
        y = lax::select(&above, &lax::or(&sign, &number(0xff << 23)), &lax::select(&below, &sign, &y));
    }
    lax::select(&x.isnan(), x, &y.bitcast(DType::F32))
}
