//! Conversion of one operation to instructions.

use super::arguments::{dims, exactly, number};
use super::converter::{ConvertError, invalid, name_of, refused, tensor};
use super::scope::Scope;
use super::{constants, elementwise, expand};
use crate::ast::{Attribute, Elements, Operation};
use rune_ir::op::BinaryFn;
use rune_ir::{Op, Var};

impl<'m, 't> Scope<'_, 'm, 't> {
    /// Returns the results of an operation, or `None` if an operand already has a reported error.
    pub(super) fn emit(&mut self, op: &'m Operation<'t>, xs: &[Var]) -> Result<Option<Vec<Var>>, ConvertError> {
        let one = |var: Var| Ok(Some(vec![var]));
        if let Some(f) = elementwise::unary(op.name) {
            let [x] = exactly(xs)?;
            return one(self.one(Op::Unary { f, x })?);
        }
        if let Some(f) = xs.first().and_then(|&x| elementwise::binary(op.name, self.ty(x).dtype)) {
            let [x, y] = exactly(xs)?;
            let idiom = if f == BinaryFn::Div {
                self.logistic(x, y)?
            } else if f == BinaryFn::Max {
                self.relu(x, y)?
            } else if f == BinaryFn::Min {
                self.at_most_6(x, y)?
            } else {
                None
            };
            return one(match idiom {
                Some(var) => var,
                None => self.one(Op::Binary { f, x, y })?,
            });
        }
        match op.name {
            "stablehlo.constant" => one(self.constant(op)?),
            "stablehlo.compare" => {
                let [x, y] = exactly(xs)?;
                one(self.compare(op, x, y)?)
            }
            "stablehlo.complex" => {
                let [re, im] = exactly(xs)?;
                one(self.one(Op::Complex { re, im })?)
            }
            "stablehlo.fft" => {
                let [x] = exactly(xs)?;
                one(self.fft(op, x)?)
            }
            "stablehlo.select" => {
                let [pred, on_true, on_false] = exactly(xs)?;
                if let Some(var) = self.logaddexp(pred, on_true, on_false)? {
                    return one(var);
                }
                if let Some(var) = self.log_ndtr(pred, on_true, on_false)? {
                    return one(var);
                }
                one(self.select(pred, on_true, on_false)?)
            }
            "stablehlo.clamp" => {
                let [min, x, max] = exactly(xs)?;
                one(self.clamp(min, x, max)?)
            }
            "stablehlo.convert" => {
                let ([x], dtype) = (exactly(xs)?, self.output(op, 0, 1)?.dtype);
                one(self.convert(x, dtype)?)
            }
            "stablehlo.bitcast_convert" => {
                let ([x], dtype) = (exactly(xs)?, self.output(op, 0, 1)?.dtype);
                one(self.one(Op::BitcastConvert { x, dtype })?)
            }

            "stablehlo.broadcast_in_dim" => {
                let [x] = exactly(xs)?;
                one(self.broadcast_in_dim(op, x, self.output(op, 0, 1)?)?)
            }
            "stablehlo.reshape" => {
                let [x] = exactly(xs)?;
                one(self.reshape(x, &self.output(op, 0, 1)?.shape)?)
            }
            "stablehlo.transpose" => {
                let ([x], permutation) = (exactly(xs)?, dims(op, &["permutation", "dims"])?);
                one(self.one(Op::Transpose { x, permutation })?)
            }
            "stablehlo.slice" => {
                let [x] = exactly(xs)?;
                one(self.slice(op, x)?)
            }
            "stablehlo.pad" => {
                let [x, padding] = exactly(xs)?;
                one(self.pad(op, x, padding)?)
            }
            "stablehlo.concatenate" => {
                one(self.one(Op::Concatenate { xs: xs.to_vec(), dimension: number(op, &["dimension", "dim"])? })?)
            }
            "stablehlo.reverse" => {
                let ([x], axes) = (exactly(xs)?, dims(op, &["dimensions", "dims"])?);
                one(self.one(Op::Reverse { x, axes })?)
            }
            "stablehlo.iota" => one(self.iota(op, self.output(op, 0, 1)?)?),
            "stablehlo.dynamic_slice" if !xs.is_empty() => {
                let (start_indices, slice_sizes) = (xs[1..].to_vec(), dims(op, &["slice_sizes", "sizes"])?);
                one(self.one(Op::DynamicSlice { x: xs[0], start_indices, slice_sizes })?)
            }
            "stablehlo.dynamic_update_slice" if xs.len() >= 2 => {
                one(self.one(Op::DynamicUpdateSlice { x: xs[0], update: xs[1], start_indices: xs[2..].to_vec() })?)
            }
            "stablehlo.gather" => {
                let [x, indices] = exactly(xs)?;
                one(self.gather(op, x, indices)?)
            }
            "stablehlo.scatter" => Ok(self.scatter(op, xs)?.map(|var| vec![var])),

            "stablehlo.reduce" => self.reduce(op, xs),
            "stablehlo.reduce_window" => self.reduce_window(op, xs),
            "stablehlo.sort" => self.sort(op, xs).map(Some),
            "stablehlo.select_and_scatter" => {
                let [x, source, init] = exactly(xs)?;
                self.select_and_scatter(op, x, source, init).map(Some)
            }

            "stablehlo.dot_general" | "stablehlo.dot" => {
                let ([lhs, rhs], out) = (exactly(xs)?, self.output(op, 0, 1)?.dtype);
                let [lhs, rhs] = self.alike([lhs, rhs], None)?;
                one(if op.name == "stablehlo.dot" {
                    self.dot(lhs, rhs, out)?
                } else {
                    self.dot_general(op, lhs, rhs, out)?
                })
            }
            "stablehlo.convolution" => {
                let ([lhs, rhs], out) = (exactly(xs)?, self.output(op, 0, 1)?.dtype);
                let [lhs, rhs] = self.alike([lhs, rhs], Some(out))?;
                let product = self.convolution(op, lhs, rhs)?;
                one(self.convert(product, out)?)
            }

            "func.call" => self.call(name_of(op, "callee").unwrap_or_default(), xs),
            "stablehlo.composite" => self.composite(op, xs),
            "stablehlo.case" => self.case(op, xs),
            "stablehlo.if" => self.if_(op, xs),
            "stablehlo.while" => self.while_loop(op, xs),
            "stablehlo.optimization_barrier" => self.push(Op::OptimizationBarrier { xs: xs.to_vec() }).map(Some),
            // This only distributes work over devices. It does not change the results.
            "sdy.sharding_constraint" | "sdy.reshard" => Ok(Some(xs.to_vec())),
            "stablehlo.custom_call" => self.custom_call(op, xs),
            _ => match self.expansion(op, op.name, xs)? {
                Some(vars) => Ok(Some(vars)),
                None => refused(expand::why_not(op.name)),
            },
        }
    }

    fn constant(&mut self, op: &Operation) -> Result<Var, ConvertError> {
        let Some(Attribute::Dense(dense)) = op.attribute(&["value"]) else {
            return refused("has no `dense<…>`; write its elements inline");
        };
        let ty = tensor(&dense.ty)?;
        if let Elements::Splat(text) = dense.elements {
            let Some(value) = constants::number(ty.dtype, text) else {
                return invalid(format!("`{text}` is not a valid {}", ty.dtype));
            };
            return self.full(value, ty);
        }
        match self.arrays.get(&dense.at) {
            Some(&var) => Ok(var),
            None => invalid("its array is not available"),
        }
    }

    fn custom_call(&mut self, op: &'m Operation<'t>, xs: &[Var]) -> Result<Option<Vec<Var>>, ConvertError> {
        let name = name_of(op, "name").or_else(|| name_of(op, "call_target_name")).unwrap_or("?");
        if matches!(name, "Sharding" | "xla.sdy.FuncResultSharding") {
            return Ok(Some(xs.to_vec()));
        }
        if name == "ApproxTopK" {
            return self.approx_top_k(op, xs).map(Some);
        }
        if let Some(vars) = self.lapack(op, name, xs)? {
            return Ok(Some(vars));
        }
        if name.contains("python") && name.contains("callback") {
            return refused(format!(
                "calls @{name}, a Python function in the process that exported the file; export the function without \
                 `jax.pure_callback`, `io_callback` and `jax.debug`"
            ));
        }
        refused(format!(
            "calls @{name}, which is machine code outside the file; express its computation by other operations"
        ))
    }
}
