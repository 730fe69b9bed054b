//! The table of operations.
//!
//! Each primitive is declared once, here, with its operands, attributes and meaning. Every table that needs a rule for
//! each operation (type rules, interpreter, derivatives, batching, lowering) is an exhaustive `match` over [`enum@Op`],
//! so an operation without a rule does not compile. The operands are a type parameter: `Op<Var>` is an instruction of a
//! program, `Op<Tensor>` a node of a graph, and `Op<Type>` is what the type rules see.

mod attributes;
mod axis_name;
mod callback;
mod families;
mod literal;
mod parts;
mod policy;
mod properties;
mod ranks;
#[doc(hidden)]
pub mod template;

pub use attributes::{ConvDims, Dims, DotDims, GatherDims, Padding, ScatterDims, ScatterMode, Triangular, Window};
pub use axis_name::{AxisName, NamedAxis};
pub use callback::{Callback, CallbackError, VmapMethod};
#[doc(hidden)]
pub use callback::{Identity, catch_panic};
pub use families::{
    ArgFn, BinaryFn, CallbackFn, CollectiveFn, Comparison, CumulativeFn, FactorFn, FftFn, ReduceFn, UnaryFn, WindowFn,
};
pub use literal::{InvalidLiteral, Literal};
pub(crate) use parts::attribute;
pub use parts::{OpSignature, Parts, PartsError};
pub use policy::CheckpointPolicy;
use properties::integer_pow_cost;
pub use properties::{RecomputeCost, Work};
pub use ranks::{Communicator, Exchange, Ranks};

use crate::{DType, Program, Shape, Type};
use rune_ir_derive::Op;
use std::sync::Arc;

/// A variable of a program, as an index: inputs first, then constants, then the results of the instructions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Var(pub u32);

impl Var {
    /// Returns the index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An operation on operands of type `V`.
///
/// No operation broadcasts or promotes: all operands of an elementwise operation have the same type. In the
/// descriptions below, the rank is that of `x`, and an axis is an index from 0 to the rank - 1.
///
/// An operation with a [`NamedAxis`] works on all batch elements of that axis together. It has no meaning for one batch
/// element alone, so it cannot be computed. Batching along the axis of that name replaces it with other operations.
#[derive(Op, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "the doc of an operation tells of its fields")]
pub enum Op<V = Var> {
    /// A scalar constant.
    #[op(recompute = RecomputeCost::Free, work = Work::Move, fresh)]
    Constant { value: Literal },
    /// Applies `f` to each element.
    #[op(recompute = f.recompute_cost(), flat = f.is_flat(), elementwise)]
    Unary {
        #[op(family)]
        f: UnaryFn,
        x: V,
    },
    /// Raises each element to the power `y`, exactly like repeated multiplication (of the reciprocal, if `y` is
    /// negative). For integers, `y` is at least 0, and the result wraps.
    #[op(recompute = integer_pow_cost(*y), elementwise)]
    IntegerPow { x: V, y: i32 },
    /// Applies `f` to each pair of elements. Both operands and the result have the same type.
    #[op(recompute = f.recompute_cost(), elementwise)]
    Binary {
        #[op(family)]
        f: BinaryFn,
        x: V,
        y: V,
    },
    /// Makes complex numbers from their real and imaginary parts. Both operands have the same type, of dtype `f32` or
    /// `f64`.
    #[op(recompute = RecomputeCost::Cheap, fresh, elementwise)]
    Complex { re: V, im: V },
    /// Compares each pair of elements; the result is `bool`. If an operand is NaN, only `ne` holds.
    #[op(recompute = RecomputeCost::Cheap, fresh, elementwise)]
    Compare {
        #[op(family)]
        direction: Comparison,
        x: V,
        y: V,
    },
    /// Takes the elements of `on_true` where `pred` (`bool`, of the same shape) is true, and of `on_false` elsewhere.
    #[op(recompute = RecomputeCost::Cheap, elementwise)]
    Select { pred: V, on_true: V, on_false: V },
    /// Computes `min(max(x, min), max)`. All three have the same type (neither `bool` nor complex). NaN in any operand
    /// gives NaN.
    #[op(recompute = RecomputeCost::Cheap, elementwise)]
    Clamp { min: V, x: V, max: V },
    /// Converts the elements to another dtype. A float becomes an integer by truncation toward zero, and saturates; NaN
    /// becomes 0. An integer wraps in a narrower one. Conversion to a float rounds to nearest even. Conversion to
    /// `bool` tests whether the element is not zero. A complex number converts to a real dtype by its real part, and to
    /// `bool` by whether either part is not zero.
    #[op(recompute = RecomputeCost::Free, elementwise)]
    Convert { x: V, dtype: DType },
    /// Reinterprets the bits of the elements as another dtype. Neither dtype is `bool` or complex. If the element sizes
    /// differ by a factor `n`, a last axis of size `n` holds the parts of an element, lowest first. A smaller dtype
    /// adds this axis; a larger one removes it.
    #[op(recompute = RecomputeCost::Cheap, work = Work::Move)]
    BitcastConvert { x: V, dtype: DType },

    /// Broadcasts `x` to `shape`. Axis `i` of `x` becomes axis `dims[i]`, which has the same size; an axis of size 1
    /// may become an axis of any size. The elements repeat along all other axes. `dims` increases strictly.
    #[op(recompute = RecomputeCost::Free, work = Work::Move)]
    BroadcastInDim { x: V, shape: Shape, dims: Dims },
    /// Gives the elements another shape of the same size, in row-major order.
    #[op(recompute = RecomputeCost::Free, work = Work::None)]
    Reshape { x: V, shape: Shape },
    /// Permutes the axes: axis `i` of the result is axis `permutation[i]` of `x`.
    #[op(recompute = RecomputeCost::Free, work = Work::Move)]
    Transpose { x: V, permutation: Dims },
    /// Takes, along each axis, every `strides`-th element from `start` up to but not including `limit` (`strides ≥ 1`).
    #[op(recompute = RecomputeCost::Free)]
    Slice { x: V, start: Dims, limit: Dims, strides: Dims },
    /// Pads `x` with the scalar `padding`, which has the dtype of `x`. Along each axis, it first inserts `interior`
    /// elements between every two neighbours, then adds `low` elements before and `high` after. Negative counts remove
    /// elements.
    #[op(work = Work::Move)]
    Pad { x: V, padding: V, config: Vec<Padding> },
    /// Joins one or more operands along axis `dimension`. All other sizes agree.
    #[op(work = Work::Move)]
    Concatenate { xs: Vec<V>, dimension: usize },
    /// Reverses the order of the elements along `axes`.
    #[op(recompute = RecomputeCost::Free, work = Work::Move)]
    Reverse { x: V, axes: Dims },
    /// Each element is its index along axis `dimension`. `dtype` is not `bool`, and the rank is at least 1.
    #[op(recompute = RecomputeCost::Free, work = Work::Move, fresh)]
    Iota { dtype: DType, shape: Shape, dimension: usize },
    /// Takes the block of sizes `slice_sizes` that starts at `start_indices` (one integer scalar for each axis, all of
    /// one dtype). The indices are clamped so that the block lies inside `x`.
    DynamicSlice { x: V, start_indices: Vec<V>, slice_sizes: Dims },
    /// Replaces the block of `x` that starts at `start_indices` with `update`. The indices are clamped as in
    /// `DynamicSlice`.
    DynamicUpdateSlice { x: V, update: V, start_indices: Vec<V> },
    /// StableHLO's gather. The last axis of `indices` (integers) holds the coordinates of one slice of sizes
    /// `slice_sizes`. The coordinates are clamped so that the slice lies inside `x`. See [`GatherDims`].
    Gather { x: V, indices: V, dims: Box<GatherDims>, slice_sizes: Dims },
    /// StableHLO's scatter: combines the slices of `updates` into `x`, in order. It skips a slice that does not lie
    /// completely inside `x`. `unique` promises that no two slices overlap. See [`ScatterDims`].
    Scatter { x: V, indices: V, updates: V, dims: Box<ScatterDims>, mode: ScatterMode, unique: bool },

    /// Reduces `axes` by `f`; the result does not have these axes. Half-precision types accumulate in `f32`.
    Reduce {
        #[op(family)]
        f: ReduceFn,
        x: V,
        axes: Dims,
    },
    /// Returns the index along `axis`, as the integer dtype `index`, of the first greatest (or least) element, or of
    /// the first NaN. The result does not have this axis, and the size of the axis is not 0.
    #[op(fresh)]
    ArgReduce {
        #[op(family)]
        f: ArgFn,
        x: V,
        axis: usize,
        index: DType,
    },
    /// Applies `f` to the elements in each position of a window: see [`Window`]. Padding is the neutral element of `f`.
    ReduceWindow {
        #[op(family)]
        f: WindowFn,
        x: V,
        window: Box<Window>,
    },
    /// Applies `f` to all elements along `axis` up to each position (from each position on, if `reverse`).
    Cumulative {
        #[op(family)]
        f: CumulativeFn,
        x: V,
        axis: usize,
        reverse: bool,
    },

    /// Sorts one or more operands of one shape along `dimension`. All are permuted alike, so that the first `num_keys`
    /// operands ascend lexicographically. Complex numbers compare by their real parts, then by their imaginary parts.
    /// NaN comes last, all NaNs are equal, and 0 equals -0. The sort is stable. There is one result for each operand.
    Sort { operands: Vec<V>, dimension: usize, num_keys: usize },
    /// Returns the `k` greatest elements along the last axis, in descending order, and their indices as `i32`. Of equal
    /// elements, the first comes first. NaN counts as greatest. There are two results.
    TopK { x: V, k: usize },

    /// Sums products of `lhs` and `rhs` over the contracted axes. The axes of the result are the batch axes, then the
    /// other axes of `lhs`, then those of `rhs`. Both operands have the same dtype; the result has the dtype `out` (a
    /// float for floats, an integer for integers, a complex dtype for complex numbers). Half-precision types accumulate
    /// in `f32`. See [`DotDims`].
    #[op(fresh)]
    DotGeneral { lhs: V, rhs: V, dims: Box<DotDims>, out: DType },
    /// StableHLO's convolution of `lhs` with the kernel `rhs`, which is not flipped. Operands and result have the same
    /// dtype. Half-precision types accumulate in `f32`. See [`ConvDims`].
    #[op(fresh)]
    Conv { lhs: V, rhs: V, dims: Box<ConvDims> },

    /// StableHLO's Fourier transform along the last axes. `lengths` are their sizes in the time domain: one to three,
    /// each at least 1. Several axes are transformed one after the other. `rfft` and `irfft` are real along the last
    /// axis only.
    #[op(fresh)]
    Fft {
        #[op(family)]
        f: FftFn,
        x: V,
        lengths: Dims,
    },

    /// Factorizes each matrix along the last two axes of `x`, of `f32`, `f64`, `c64` or `c128`.
    #[op(fresh)]
    Factor {
        #[op(family)]
        f: FactorFn,
        x: V,
    },
    /// StableHLO's triangular solve: finds the `X` of `op(a) X = b`, or of `X op(a) = b`. The matrix `op(a)` is one
    /// triangle of `a`; the other triangle is not read. A zero on the diagonal is a divisor like any other number. The
    /// last two axes hold the matrices, of `f32`, `f64`, `c64` or `c128`; all other axes are batch axes, and are the
    /// same in both operands. See [`Triangular`].
    #[op(fresh)]
    TriangularSolve { a: V, b: V, how: Triangular },
    /// Finds the `X` of `a X = b`, or of `aᵀ X = b` if `transpose`. The matrices `a` are square, and `lu` and
    /// `permutation` are their factors by `lu`. The computation uses the factors. Differentiation uses `a`, and takes
    /// the factors as constants.
    #[op(fresh)]
    LuSolve { a: V, lu: V, permutation: V, b: V, transpose: bool },

    /// Applies twenty rounds of the Threefry block cipher with the key `(k0, k1)` to each pair of elements. All
    /// operands are `u32`, of one shape. There are two results. (Salmon et al., "Parallel random numbers: as easy as 1,
    /// 2, 3", 2011.)
    #[op(name = "threefry2x32", elementwise, fresh)]
    Threefry2x32 { k0: V, k1: V, x0: V, x1: V },

    /// Reduces corresponding elements over all batch elements of `axis` by `f`. The result is the same for all of them.
    Collective {
        #[op(family)]
        f: CollectiveFn,
        x: V,
        axis: NamedAxis,
    },
    /// The index of the batch element along `axis`, an `i32` scalar.
    #[op(recompute = RecomputeCost::Free, work = Work::Move, fresh)]
    AxisIndex { axis: NamedAxis },
    /// Stacks the `x` of all batch elements of `axis` along a new axis `dimension`. The result is the same for all of
    /// them.
    #[op(work = Work::Move)]
    AllGather { x: V, axis: NamedAxis, dimension: usize },
    /// Splits `x` along axis `split`, which has the size of `axis`, into slices without this axis. Sends slice `i` to
    /// batch element `i`. Each batch element stacks the slices that it receives along a new axis `concat`.
    #[op(work = Work::Move)]
    AllToAll { x: V, axis: NamedAxis, split: usize, concat: usize },
    /// Sends `x` from batch element `from` to batch element `to`, for each pair `(from, to)`. A batch element is the
    /// source of at most one pair, and the destination of at most one. Those that receive nothing get zeros.
    #[op(work = Work::Move)]
    Ppermute { x: V, axis: NamedAxis, pairs: Vec<(usize, usize)> },

    /// Calls `program`, which holds no constants, with `args`. There is one result for each output of the program.
    Call { args: Vec<V>, program: Arc<Program> },
    /// Calls `branches[index]` with `args`. `index` is an `i32` scalar; it is clamped to the valid range. There is at
    /// least one branch. All branches have the same input and output types, and hold no constants.
    Case { index: V, args: Vec<V>, branches: Vec<Arc<Program>> },
    /// Repeats `body` while `cond` holds. The first `consts` operands are the same in all iterations; the others are
    /// the initial carry. Both programs take all of these. `cond` returns a `bool` scalar, and `body` returns the next
    /// carry. The results are the final carry.
    While { args: Vec<V>, consts: usize, cond: Arc<Program>, body: Arc<Program> },
    /// Runs `body` once for each of `length` positions, from the last to the first if `reverse`. The first `consts`
    /// operands are the same in all iterations, and the next `carry` operands are the initial carry. The others are
    /// arrays; `body` takes their slices at the current position along the first axis. `body` returns the next carry,
    /// then any number of other values. The results are the final carry, and the other values stacked along a new first
    /// axis. One iteration of the compiled loop covers `unroll` positions; 0 lets the lowering choose.
    Scan { args: Vec<V>, consts: usize, carry: usize, length: usize, reverse: bool, unroll: usize, body: Arc<Program> },
    /// Calls `program`, which has a custom rule for its derivative. The first `num_args` operands are its arguments.
    /// The others are captured values, and cannot be differentiated.
    ///
    /// `rule` takes `args`, then the results if `takes_results`, then the tangents of the float arguments. It returns
    /// the tangents of the float results, preceded by the results unless `takes_results`. The results that it returns
    /// do not depend on tangents, and the tangents that it returns are linear in those that it takes.
    CustomJvp { args: Vec<V>, program: Arc<Program>, rule: Arc<Program>, num_args: usize, takes_results: bool },
    /// A call whose derivative keeps what `policy` allows, and recomputes everything else. In the recomputation
    /// (`differentiated`), a barrier before the program prevents the compiler from merging it with the original
    /// computation.
    Remat { args: Vec<V>, program: Arc<Program>, policy: CheckpointPolicy, differentiated: bool },
    /// Returns `x`, under a name that a [`CheckpointPolicy`] can refer to.
    // A policy refers to the name. Recomputing the operation would lose it.
    #[op(work = Work::None, unfolded)]
    CheckpointName { x: V, name: String },
    /// Calls `program`, which has a custom rule for reverse mode. The first `num_args` operands are its arguments. The
    /// others are captured values, and cannot be differentiated.
    ///
    /// `forward` takes `args`, and returns the results and then any number of residuals. `backward` takes the residuals
    /// and the cotangents of the results that are floats. It returns the cotangents of the arguments that are floats.
    CustomVjp { args: Vec<V>, program: Arc<Program>, forward: Arc<Program>, backward: Arc<Program>, num_args: usize },
    /// The linear function whose transpose is `backward`. `custom_vjp` applies it to tangents. It can be transposed,
    /// but not computed. `xs` are the tangents, one for each output of `backward`, then the residuals. `backward` takes
    /// the residuals, then the cotangents of the results.
    CustomLinear { xs: Vec<V>, backward: Arc<Program> },
    /// The solution x of `matvec(…, x)` = b, where `matvec` is linear in its last input. The last operand is b; all
    /// programs take the others, and then a vector. `solve` takes b and returns x, by any method. `transpose_solve` does
    /// the same for the transpose of `matvec`. The derivative follows from `matvec`: `solve` and `transpose_solve` are
    /// not differentiated.
    CustomLinearSolve { args: Vec<V>, matvec: Arc<Program>, solve: Arc<Program>, transpose_solve: Arc<Program> },
    /// Returns its operands. The compiler does not optimize across it. There is one result for each operand.
    #[op(work = Work::None, unmerged, unfolded)]
    OptimizationBarrier { xs: Vec<V> },
    /// Returns `x`, which differentiation takes as a constant.
    #[op(recompute = RecomputeCost::Free, work = Work::None, unfolded, flat)]
    StopGradient { x: V },
    /// Prints `format` with `args` in its placeholders: `{}`, or `{:.3}` for floats with three digits after the point;
    /// `{{` and `}}` are braces. It prints once for each batch element: `batch` holds the sizes of the batch axes,
    /// which are the first axes of all `args`. It is an effect: it has no result, happens each time the program runs,
    /// and keeps its order among other effects.
    #[op(work = Work::Move, fresh, effect, unfolded)]
    DebugPrint { args: Vec<V>, format: String, batch: Dims },
    /// Calls a user function with `args`; it returns arrays of the types `results`. `vmap_method` says how it is
    /// batched; a `pure_callback` without one cannot be batched. An `io_callback` is an effect, like printing, and is
    /// called once for each batch element.
    #[op(work = Work::Move, fresh, effect = *f == CallbackFn::Io, unfolded)]
    Callback {
        #[op(family)]
        f: CallbackFn,
        args: Vec<V>,
        callback: Callback,
        results: Vec<Type>,
        vmap_method: Option<VmapMethod>,
    },
}

impl<V> Op<V> {
    /// Returns whether the operation has an effect, here or in a sub-program. Simplification never drops, repeats or
    /// reorders effects.
    pub fn has_effects(&self) -> bool {
        self.is_effect() || self.programs().iter().any(|(_, program)| program.has_effects())
    }
    /// Returns the axis of ranks that the operation itself works on: see [`Ranks`].
    pub fn ranks(&self) -> Option<&Ranks> {
        self.axis().and_then(|axis| axis.name.ranks())
    }
    /// Returns the batch axis that the operation itself works on, if a `vmap` must provide it.
    pub fn batch_axis(&self) -> Option<&NamedAxis> {
        self.axis().filter(|axis| axis.name.ranks().is_none())
    }
    /// Returns whether the operation works on an axis of ranks, here or in a sub-program.
    pub fn has_ranks(&self) -> bool {
        self.ranks().is_some() || self.programs().iter().any(|(_, program)| program.has_ranks())
    }
    /// Returns the user function that the operation itself calls, and how; sub-programs are not searched.
    pub fn callback(&self) -> Option<(CallbackFn, &Callback)> {
        if let Op::Callback { f, callback, .. } = self { Some((*f, callback)) } else { None }
    }
}
