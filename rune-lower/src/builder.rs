//! Builds StableHLO operations, in generic form, on typed values.

pub(crate) use crate::value::Val;

use crate::legalize::views::{self, Producers, ViewRole};
use crate::legalize::waits::ReadyCopies;
use crate::legalize::{float8, gpu, levels, sorting, spirv, unsigned, waits};
use crate::tree::{Attribute, Context, Location, Mark, Operation, Region, TensorType, Value};
use crate::value::{Known, depth};
use crate::{attr, known, names};
use rune_ir::op::{Comparison, Literal, ReduceFn};
use rune_ir::{DType, Shape, Type};
use std::cell::RefCell;
use std::rc::Rc;

/// Replacements for elementwise functions that a code generator lacks or computes wrongly. The builder emits a
/// replacement instead of the function. `legalize/` implements this trait.
pub(crate) trait Rewrites {
    /// Returns the replacement for the function `name` of `x`, or `None` if the function needs none.
    fn unary<'c>(&self, b: &Builder<'c>, name: &str, x: &Val<'c>) -> Option<Val<'c>>;
    /// Returns the replacement for the function `name` of `x` and `y`, or `None` if the function needs none.
    fn binary<'c>(&self, b: &Builder<'c>, name: &str, x: &Val<'c>, y: &Val<'c>) -> Option<Val<'c>>;
}

/// Appends operations to one block, at the current location.
pub(crate) struct Builder<'c> {
    pub context: &'c Context,
    pub producers: Rc<Producers>,
    rewrites: Option<&'static dyn Rewrites>,
    arguments: Vec<(Value<'c>, Type)>,
    /// The location of the arguments.
    start: Location,
    operations: RefCell<Vec<Operation>>,
    location: RefCell<Location>,
    pub ready_copies: RefCell<ReadyCopies<'c>>,
}

impl<'c> Builder<'c> {
    /// Returns a builder on a new block with arguments of these types, and the arguments.
    pub fn new(
        context: &'c Context,
        location: Location,
        arguments: &[Type],
        producers: Rc<Producers>,
        rewrites: Option<&'static dyn Rewrites>,
    ) -> (Builder<'c>, Vec<Val<'c>>) {
        let arguments: Vec<_> = arguments.iter().map(|ty| (context.value(), ty.clone())).collect();
        let values = arguments.iter().map(|(raw, ty)| Val::new(*raw, ty.clone())).collect();
        let (start, operations, location) = (location.clone(), RefCell::default(), RefCell::new(location));
        let ready_copies = RefCell::default();
        (Builder { context, producers, rewrites, arguments, start, operations, location, ready_copies }, values)
    }
    /// Returns whether code that IREE compiles wrongly is rewritten (`LowerOptions::defences`).
    pub fn has_defences(&self) -> bool {
        self.producers.has_defences()
    }
    pub fn set_location(&self, location: Location) {
        self.location.replace(location);
    }
    /// Returns a region with this block only.
    pub fn into_region(self) -> Region {
        let arguments = self.arguments.iter().map(|(value, ty)| (value.id, self.context.tensor_type(ty))).collect();
        Region { arguments, operations: self.operations.into_inner(), location: self.start }
    }

    /// Appends an operation.
    pub fn op(
        &self,
        name: &str,
        operands: &[&Val<'c>],
        attributes: &[(&str, Attribute)],
        regions: Vec<Region>,
        results: &[Type],
    ) -> Vec<Val<'c>> {
        let is_misread = |x: &Val<'c>| {
            let misread =
                || gpu::is_misread(self.context, name, x) || spirv::is_misread(self.context, name, x, results);
            self.has_defences() && misread()
        };
        if operands.iter().any(|x| is_misread(x)) {
            let guarded = |x: &&Val<'c>| if is_misread(x) { self.barrier(&[x]).remove(0) } else { (*x).clone() };
            let operands: Vec<_> = operands.iter().map(guarded).collect();
            return self.op(name, &operands.iter().collect::<Vec<_>>(), attributes, regions, results);
        }
        // The operands that another kernel computes.
        let given = if self.has_defences() { spirv::given_operands(self.context, name) } else { 0 };
        let fenced: Vec<_> = operands[..given].iter().map(|x| self.barrier(&[x]).remove(0)).collect();
        let operands: Vec<_> = fenced.iter().chain(operands[given..].iter().copied()).collect();
        let operands = &operands[..];
        let types: Vec<_> = results.iter().map(|ty| self.context.tensor_type(ty)).collect();
        // Constants enter and leave loops and branches through barriers.
        let is_plain = regions.is_empty() || matches!(name, "stablehlo.reduce" | "stablehlo.reduce_window");
        let known = if is_plain { known::of_results(name, operands) } else { Known::Nothing };
        let depth = if regions.is_empty() { depth(name, operands) } else { 0 };
        let raw = self.raw_op(name, &operands.iter().map(|v| v.raw).collect::<Vec<_>>(), attributes, regions, &types);
        if self.context.is_gpu && raw.len() == 1 {
            gpu::note(self.context, name, operands, raw[0]);
            spirv::note(self.context, name, operands, &results[0], raw[0]);
        }
        if raw.len() == 1 {
            waits::note(self.context, name, operands, &results[0], raw[0]);
        }
        if matches!(name, "stablehlo.reshape" | "stablehlo.transpose" | "stablehlo.bitcast_convert")
            && self.context.has(Mark::Strided, operands[0].raw)
        {
            self.context.note(Mark::Strided, raw[0]);
        }
        let values = raw.into_iter().zip(results);
        let mut values: Vec<_> = values.map(|(raw, ty)| Val { known, depth, ..Val::new(raw, ty.clone()) }).collect();
        if self.has_defences() && spirv::is_last(self.context, name) {
            return self.barrier(&values.iter().collect::<Vec<_>>());
        }
        match views::role(name) {
            ViewRole::Opaque => {}
            ViewRole::Producer => return self.produced(values),
            ViewRole::DynamicSlice => values[0].views = self.producers.part(&operands[0].views, values[0].shape()),
            ViewRole::Elementwise => {
                let mut views = self.producers.together(operands.iter().map(|x| &x.views));
                // A conversion of bits may add or remove an axis.
                if operands.iter().all(|x| x.rank() != values[0].rank()) {
                    views = views.recast(values[0].shape());
                }
                values.iter_mut().for_each(|value| value.views = views.clone());
            }
        }
        values
    }
    /// Marks the values as results of a producer, which the compiler fuses with operations that read them. Returns the
    /// values, behind a barrier if an operation reads the producer in two ways.
    pub fn produced(&self, values: Vec<Val<'c>>) -> Vec<Val<'c>> {
        match self.producers.next(values.iter().map(Val::shape)) {
            Some(views) => values.into_iter().zip(views).map(|(x, views)| Val { views, ..x }).collect(),
            None => self.barrier(&values.iter().collect::<Vec<_>>()),
        }
    }
    /// Appends an operation on values of any type, including types that programs do not have.
    pub fn raw_op(
        &self,
        name: &str,
        operands: &[Value<'c>],
        attributes: &[(&str, Attribute)],
        regions: Vec<Region>,
        results: &[TensorType],
    ) -> Vec<Value<'c>> {
        let values: Vec<Value<'c>> = results.iter().map(|_| self.context.value()).collect();
        let mut attributes: Vec<_> = attributes.iter().map(|(n, a)| ((*n).to_owned(), a.clone())).collect();
        attributes.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.operations.borrow_mut().push(Operation {
            name: name.to_owned(),
            operands: operands.iter().map(|x| x.id).collect(),
            attributes,
            regions,
            results: values.iter().zip(results).map(|(value, ty)| (value.id, ty.clone())).collect(),
            location: self.location.borrow().clone(),
        });
        values
    }
    /// Appends an operation with one result and no region.
    pub fn op1(&self, name: &str, operands: &[&Val<'c>], attributes: &[(&str, Attribute)], ty: Type) -> Val<'c> {
        self.op(name, operands, attributes, Vec::new(), &[ty]).remove(0)
    }
    /// Returns a region whose block computes `body` from its arguments.
    pub fn region(&self, arguments: &[Type], body: impl FnOnce(&Builder<'c>, &[Val<'c>]) -> Vec<Val<'c>>) -> Region {
        let location = self.location.borrow().clone();
        let (inner, values) =
            Builder::new(self.context, location, arguments, Rc::clone(&self.producers), self.rewrites);
        let results = body(&inner, &values);
        inner.op("stablehlo.return", &results.iter().collect::<Vec<_>>(), &[], Vec::new(), &[]);
        inner.into_region()
    }

    /// Like [`Builder::region`], for a fallible `body`.
    pub fn try_region<E>(
        &self,
        arguments: &[Type],
        body: impl FnOnce(&Builder<'c>, &[Val<'c>]) -> Result<Vec<Val<'c>>, E>,
    ) -> Result<Region, E> {
        let mut failed = None;
        let region = self.region(arguments, |b, values| {
            body(b, values).unwrap_or_else(|error| {
                failed = Some(error);
                Vec::new()
            })
        });
        failed.map_or(Ok(region), Err)
    }

    /// Returns an array whose elements all equal `literal`.
    pub fn full(&self, literal: Literal, shape: &Shape) -> Val<'c> {
        let ty = Type::new(literal.dtype(), shape.clone());
        let x = self.op1("stablehlo.constant", &[], &[("value", attr::splat(self.context, literal, &ty))], ty);
        Val { known: Known::Splat(Some(literal)), ..x }
    }
    /// Returns an array of the number nearest to `x`, with the type of `like`.
    pub fn number(&self, x: f64, like: &Val<'c>) -> Val<'c> {
        self.full(Literal::from_f64(like.dtype(), x), like.shape())
    }
    /// Returns an array of the number nearest to `x`.
    pub fn number_of(&self, x: f64, dtype: DType, shape: &Shape) -> Val<'c> {
        self.full(Literal::from_f64(dtype, x), shape)
    }
    /// Returns an array constant. All elements are in the text, so the array must be small.
    pub fn dense(&self, array: &rune_ir::Array) -> Val<'c> {
        let x = self.op1("stablehlo.constant", &[], &[("value", attr::dense(self.context, array))], array.ty().clone());
        Val { known: Known::Positions, ..x }
    }
    /// Hides `x` from the compiler's constant folding: a constant goes through a barrier.
    pub fn opaque(&self, x: &Val<'c>) -> Val<'c> {
        if x.known.is_constant() { self.barrier(&[x]).remove(0) } else { x.clone() }
    }

    /// Applies an elementwise function of one operand, with the operand's type.
    pub fn unary(&self, name: &str, x: &Val<'c>) -> Val<'c> {
        let rewritten = self.rewrites.and_then(|rewrites| rewrites.unary(self, name, x));
        rewritten.unwrap_or_else(|| self.op1(name, &[x], &[], x.ty.clone()))
    }
    /// Applies an elementwise function of two operands, with the operands' type.
    pub fn binary(&self, name: &str, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
        debug_assert_eq!(x.ty, y.ty, "{name}");
        let rewritten = self.rewrites.and_then(|rewrites| rewrites.binary(self, name, x, y));
        rewritten.unwrap_or_else(|| self.op1(name, &[x, y], &[], x.ty.clone()))
    }
    pub fn add(&self, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
        self.binary("stablehlo.add", x, y)
    }
    pub fn sub(&self, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
        self.binary("stablehlo.subtract", x, y)
    }
    pub fn mul(&self, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
        self.binary("stablehlo.multiply", x, y)
    }
    pub fn div(&self, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
        self.binary("stablehlo.divide", x, y)
    }
    pub fn max(&self, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
        self.binary("stablehlo.maximum", x, y)
    }
    pub fn min(&self, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
        self.binary("stablehlo.minimum", x, y)
    }
    pub fn and(&self, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
        self.binary("stablehlo.and", x, y)
    }
    pub fn or(&self, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
        self.binary("stablehlo.or", x, y)
    }
    pub fn neg(&self, x: &Val<'c>) -> Val<'c> {
        self.unary("stablehlo.negate", x)
    }
    pub fn abs(&self, x: &Val<'c>) -> Val<'c> {
        self.unary("stablehlo.abs", x)
    }
    /// Returns `x` times a number.
    pub fn mul_n(&self, x: &Val<'c>, y: f64) -> Val<'c> {
        self.mul(x, &self.number(y, x))
    }
    /// Returns `x` plus a number.
    pub fn add_n(&self, x: &Val<'c>, y: f64) -> Val<'c> {
        self.add(x, &self.number(y, x))
    }
    pub fn compare(&self, direction: Comparison, x: &Val<'c>, y: &Val<'c>) -> Val<'c> {
        debug_assert_eq!(x.ty, y.ty, "compare");
        let attributes = [
            ("comparison_direction", attr::direction(self.context, direction)),
            ("compare_type", attr::compare_type(self.context, x.dtype())),
        ];
        self.op1("stablehlo.compare", &[x, y], &attributes, x.ty.with_dtype(DType::Bool))
    }
    /// Compares `x` with a number.
    pub fn compare_n(&self, direction: Comparison, x: &Val<'c>, y: f64) -> Val<'c> {
        self.compare(direction, x, &self.number(y, x))
    }
    pub fn is_nan(&self, x: &Val<'c>) -> Val<'c> {
        self.compare(Comparison::Ne, x, x)
    }
    pub fn select(&self, pred: &Val<'c>, on_true: &Val<'c>, on_false: &Val<'c>) -> Val<'c> {
        debug_assert_eq!(on_true.ty, on_false.ty, "select");
        self.op1("stablehlo.select", &[pred, on_true, on_false], &[], on_true.ty.clone())
    }
    /// Emits StableHLO's conversion, which is undefined for floats out of the range of an integer dtype.
    pub fn convert(&self, x: &Val<'c>, dtype: DType) -> Val<'c> {
        if x.dtype() == dtype {
            return x.clone();
        }
        if x.dtype().is_float8() && !self.context.is_export {
            return self.convert(&float8::decode(self, x), dtype);
        }
        if dtype.is_float8() && !self.context.is_export {
            return float8::encode(self, &self.convert(x, DType::F32), dtype);
        }
        // IREE turns a loop counter into a signless integer, and then rejects its conversion to an unsigned one.
        if dtype.is_unsigned_int() && !x.dtype().is_float() {
            return self.bits(&self.convert(x, dtype.to_signed()), dtype);
        }
        self.op1("stablehlo.convert", &[x], &[], x.ty.with_dtype(dtype))
    }
    /// Reinterprets the bits as another dtype of the same size.
    pub fn bits(&self, x: &Val<'c>, dtype: DType) -> Val<'c> {
        self.op1("stablehlo.bitcast_convert", &[x], &[], x.ty.with_dtype(dtype))
    }

    pub fn reshape(&self, x: &Val<'c>, shape: impl Into<Shape>) -> Val<'c> {
        let ty = x.ty.with_shape(shape);
        if ty == x.ty {
            return x.clone();
        }
        let views = x.views.reshape(x.shape(), &ty.shape);
        Val { views, ..self.op1("stablehlo.reshape", &[x], &[], ty) }
    }
    /// Broadcasts: axis `i` of `x` becomes axis `dims[i]` of `shape`.
    pub fn broadcast(&self, x: &Val<'c>, shape: impl Into<Shape>, dims: &[usize]) -> Val<'c> {
        let ty = x.ty.with_shape(shape);
        if ty == x.ty && dims.iter().enumerate().all(|(i, &dim)| i == dim) {
            return x.clone();
        }
        let attributes = [("broadcast_dimensions", attr::dims(self.context, dims))];
        let views = x.views.broadcast(x.shape(), &ty.shape, dims);
        Val { views, ..self.op1("stablehlo.broadcast_in_dim", &[x], &attributes, ty) }
    }
    pub fn transpose(&self, x: &Val<'c>, permutation: &[usize]) -> Val<'c> {
        if permutation.iter().enumerate().all(|(i, &p)| i == p) {
            return x.clone();
        }
        let shape: Shape = permutation.iter().map(|&p| x.shape()[p]).collect();
        let attributes = [("permutation", attr::dims(self.context, permutation))];
        let views = x.views.transpose(permutation);
        Val { views, ..self.op1("stablehlo.transpose", &[x], &attributes, x.ty.with_shape(shape)) }
    }
    pub fn slice(&self, x: &Val<'c>, start: &[usize], limit: &[usize], strides: &[usize]) -> Val<'c> {
        let shape: Shape = (0..x.rank()).map(|a| (limit[a] - start[a]).div_ceil(strides[a])).collect();
        if shape == *x.shape() {
            return x.clone();
        }
        let attributes = [
            ("start_indices", attr::dims(self.context, start)),
            ("limit_indices", attr::dims(self.context, limit)),
            ("strides", attr::dims(self.context, strides)),
        ];
        let views = x.views.slice(start, limit, strides, &shape);
        let slice = self.op1("stablehlo.slice", &[x], &attributes, x.ty.with_shape(shape));
        if strides.iter().any(|&stride| stride > 1) {
            self.context.note(Mark::Strided, slice.raw);
        }
        Val { views, ..slice }
    }
    /// Returns the elements from `start` to `limit` along one axis.
    pub fn slice_axis(&self, x: &Val<'c>, axis: usize, start: usize, limit: usize) -> Val<'c> {
        let mut from = vec![0; x.rank()];
        let mut to = x.shape().to_vec();
        (from[axis], to[axis]) = (start, limit);
        self.slice(x, &from, &to, &vec![1; x.rank()])
    }
    pub fn concat(&self, xs: &[&Val<'c>], axis: usize) -> Val<'c> {
        if let [x] = xs {
            return (*x).clone();
        }
        let mut shape = xs[0].shape().clone();
        shape.dims_mut()[axis] = xs.iter().map(|x| x.shape()[axis]).sum();
        self.op1(
            "stablehlo.concatenate",
            xs,
            &[("dimension", attr::int(self.context, axis))],
            xs[0].ty.with_shape(shape),
        )
    }
    /// Returns `x` for a reversal or gather, behind a barrier if `x` is a slice with strides. IREE does not compile a
    /// reversal or gather that reads such a slice directly ("unrealized_conversion_cast").
    pub fn not_strided(&self, x: &Val<'c>) -> Val<'c> {
        let is_strided = self.has_defences() && self.context.has(Mark::Strided, x.raw);
        if is_strided { self.barrier(&[x]).remove(0) } else { x.clone() }
    }
    pub fn reverse(&self, x: &Val<'c>, axes: &[usize]) -> Val<'c> {
        if axes.iter().all(|&a| x.shape()[a] <= 1) {
            return x.clone();
        }
        let x = &self.not_strided(x);
        let views = x.views.reverse(axes, x.shape());
        Val {
            views,
            ..self.op1("stablehlo.reverse", &[x], &[("dimensions", attr::dims(self.context, axes))], x.ty.clone())
        }
    }
    pub fn iota(&self, dtype: DType, shape: &Shape, axis: usize) -> Val<'c> {
        // For positions in reductions, IREE allocates shared memory of type `index`, which SPIR-V does not have.
        if self.context.is_spirv && shape.size() > 1 {
            let attributes = [("iota_dimension", attr::int(self.context, 0))];
            let line = self.op1("stablehlo.iota", &[], &attributes, Type::new(dtype, [shape[axis]]));
            return self.broadcast(&self.kernel_barrier(&line), shape, &[axis]);
        }
        let attributes = [("iota_dimension", attr::int(self.context, axis))];
        self.op1("stablehlo.iota", &[], &attributes, Type::new(dtype, shape.clone()))
    }
    /// Pads `x` by `(low, high, interior)` along each axis.
    pub fn pad(&self, x: &Val<'c>, padding: &Val<'c>, config: &[(i64, i64, i64)]) -> Val<'c> {
        if config.iter().all(|&c| c == (0, 0, 0)) {
            return x.clone();
        }
        let size = |(n, &(low, high, interior)): (&usize, &(i64, i64, i64))| {
            let n = *n as i64;
            (low + high + n + (n - 1).max(0) * interior).max(0) as usize
        };
        let shape: Shape = x.shape().iter().zip(config).map(size).collect();
        let list = |f: fn(&(i64, i64, i64)) -> i64| attr::ints(self.context, &config.iter().map(f).collect::<Vec<_>>());
        let attributes = [
            ("edge_padding_low", list(|c| c.0)),
            ("edge_padding_high", list(|c| c.1)),
            ("interior_padding", list(|c| c.2)),
        ];
        self.op1("stablehlo.pad", &[x, padding], &attributes, x.ty.with_shape(shape))
    }
    /// Appends StableHLO's `reduce` of one operand with a binary operation.
    pub fn reduce(&self, x: &Val<'c>, init: Literal, axes: &[usize], f: &str) -> Val<'c> {
        if axes.is_empty() {
            return x.clone();
        }
        if self.has_defences() && levels::is_long(self.context, axes.iter().map(|&a| x.shape()[a]).product()) {
            return levels::reduce(self, x, init, axes, f);
        }
        if self.has_defences() && spirv::loses_nan(self.context, f, x.dtype()) {
            return sorting::extreme(self, x, init, f == "stablehlo.maximum", |x, init| self.reduce(x, init, axes, f));
        }
        if self.has_defences() && gpu::has_wrong_neutral(self.context, f, x.dtype()) {
            return unsigned::in_unsigned_order(self, x, init, |x, init| self.reduce(x, init, axes, f));
        }
        let adds = matches!(f, "stablehlo.add" | "stablehlo.multiply");
        let x = &if adds { self.opaque(&self.summand(x)) } else { x.clone() };
        let scalar = Type::scalar(x.dtype());
        let init = self.full(init, &Shape::scalar());
        let body = self.region(&[scalar.clone(), scalar], |b, v| vec![b.binary(f, &v[0], &v[1])]);
        let attributes = [("dimensions", attr::dims(self.context, axes))];
        let ty = x.ty.with_shape(x.shape().without(axes));
        let reduced = self.op("stablehlo.reduce", &[x, &init], &attributes, vec![body], &[ty]).remove(0);
        // The compiler removes a reduction over axes of size 1, and fuses the operations after it with those before it.
        match axes.iter().all(|&a| x.shape()[a] == 1) {
            true => Val { views: x.views.without(axes), ..reduced },
            false => reduced,
        }
    }
    /// Returns the operand of a sum, behind a barrier if it is negated.
    fn summand(&self, x: &Val<'c>) -> Val<'c> {
        if gpu::is_negated(self.context, x) { self.barrier(&[x]).remove(0) } else { x.clone() }
    }
    /// Returns values that the compiler does not compute in one kernel with what reads them.
    ///
    /// The host waits at an `optimization_barrier` until its operands are computed, so GPUs get barriers of kernels
    /// instead. IREE removes these after it has formed the kernels. They do not hide constants.
    pub fn barrier(&self, xs: &[&Val<'c>]) -> Vec<Val<'c>> {
        if !self.has_defences() || !self.context.is_gpu || xs.iter().any(|x| x.known.is_constant()) {
            return self.schedule_barrier(xs);
        }
        xs.iter().map(|x| self.kernel_barrier(x)).collect()
    }
    /// Returns a value that the compiler for a GPU does not compute in one kernel with what reads it.
    fn kernel_barrier(&self, x: &Val<'c>) -> Val<'c> {
        let barrier = |x: &Val<'c>| self.op1(names::COMPUTE_BARRIER, &[x], &[], x.ty.clone());
        // The operation has no form for unsigned integers.
        if self.has_defences() { unsigned::as_signed(self, x, barrier) } else { x.clone() }
    }
    /// Like [`Builder::barrier`], but the compiler also schedules no kernel across it.
    pub fn schedule_barrier(&self, xs: &[&Val<'c>]) -> Vec<Val<'c>> {
        if !self.has_defences() {
            return xs.iter().map(|x| (*x).clone()).collect();
        }
        self.optimization_barrier(xs)
    }
    /// Like [`Builder::schedule_barrier`], for a barrier of the program. It stays even without defences.
    pub fn optimization_barrier(&self, xs: &[&Val<'c>]) -> Vec<Val<'c>> {
        let ready: Vec<_> = xs.iter().map(|x| waits::ready(self, x)).collect();
        self.barrier_operation(&ready.iter().collect::<Vec<_>>())
    }
    /// Returns `x` behind a barrier that also takes `beside`. The compiler keeps all operands of a barrier. If
    /// a loop carries `x`, only kernels that also read `x` itself may read the result.
    pub fn barrier_beside(&self, x: &Val<'c>, beside: &[&Val<'c>]) -> Val<'c> {
        if !self.has_defences() {
            return x.clone();
        }
        let all: Vec<&Val<'c>> = std::iter::once(x).chain(beside.iter().copied()).collect();
        self.barrier_operation(&all).remove(0)
    }
    fn barrier_operation(&self, xs: &[&Val<'c>]) -> Vec<Val<'c>> {
        let types: Vec<_> = xs.iter().map(|x| x.ty.clone()).collect();
        self.op("stablehlo.optimization_barrier", xs, &[], Vec::new(), &types)
    }
}

/// Returns the binary operation of a reduction.
pub(crate) fn combiner(f: ReduceFn, dtype: DType) -> &'static str {
    match f {
        ReduceFn::Sum => "stablehlo.add",
        ReduceFn::Prod => "stablehlo.multiply",
        ReduceFn::Max if dtype == DType::Bool => "stablehlo.or",
        ReduceFn::Min if dtype == DType::Bool => "stablehlo.and",
        ReduceFn::Max => "stablehlo.maximum",
        ReduceFn::Min => "stablehlo.minimum",
        ReduceFn::And => "stablehlo.and",
        ReduceFn::Or => "stablehlo.or",
    }
}
