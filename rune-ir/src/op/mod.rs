//! The table of operations.
//!
//! Each primitive is declared once, here, with its operands, attributes and meaning. Every other table (type rules,
//! interpreter, forward and transposition rules, lowering, …) is an exhaustive `match` over [`enum@Op`], so that an operation
//! without a rule does not compile. The operands are a type parameter: `Op<Var>` is an instruction of a program,
//! `Op<Tensor>` a node of a graph, `Op<Type>` what the type rules see.

mod attributes;
mod axis_name;
mod callback;
mod families;
mod literal;
mod parts;
mod policy;
#[doc(hidden)]
pub mod template;

pub use attributes::{ConvDims, Dims, DotDims, GatherDims, Padding, ScatterDims, ScatterMode, Triangular, Window};
pub use axis_name::{AxisName, NamedAxis};
pub use callback::{Callback, CallbackError, VmapMethod};
#[doc(hidden)]
pub use callback::{Identity, caught};
pub use families::{
    ArgFn, BinaryFn, CallbackFn, CollectiveFn, Comparison, CumulativeFn, FactorFn, FftFn, ReduceFn, UnaryFn, WindowFn,
};
pub use literal::{InvalidLiteral, Literal};
pub(crate) use parts::attribute;
pub use parts::{Parts, PartsError, Signature};
pub use policy::CheckpointPolicy;

use crate::{DType, Program, Shape, Type};
use rune_ir_derive::Op;
use std::sync::Arc;

/// A variable of a program, by its position: inputs first, then constants, then the results of the instructions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Var(pub u32);

impl Var {
    /// The position, to index with.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An operation on operands of type `V`.
///
/// No operation broadcasts and none promotes: operands of an elementwise operation have one type. `rank` below is that
/// of `x`; an axis is a position below it, never negative.
///
/// An operation with a [`NamedAxis`] is about all lanes of a mapped axis. It means something on each lane only together
/// with the others, so it cannot be computed: batching along the axis of that name puts other operations in its place.
#[derive(Op, Clone, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs, reason = "the doc of an operation tells of its fields")]
pub enum Op<V = Var> {
    /// A known scalar.
    Constant { value: Literal },
    /// `f` of each element.
    Unary {
        #[op(family)]
        f: UnaryFn,
        x: V,
    },
    /// Each element to the power `y`, exactly as repeated multiplication (of the reciprocal, for negative `y`).
    /// Integers take `y ≥ 0` only and wrap.
    IntegerPow { x: V, y: i32 },
    /// `f` of each pair of elements; both operands and the result are of one type.
    Binary {
        #[op(family)]
        f: BinaryFn,
        x: V,
        y: V,
    },
    /// Complex numbers of these real and imaginary parts, both `f32` or both `f64`, of one type.
    Complex { re: V, im: V },
    /// Whether each pair of elements is so related; the result is `bool`. NaN is related to nothing, but `ne` to all.
    Compare {
        #[op(family)]
        direction: Comparison,
        x: V,
        y: V,
    },
    /// Elements of `on_true` where `pred` (`bool`, of the same shape) holds, else of `on_false`.
    Select { pred: V, on_true: V, on_false: V },
    /// `min(max(x, min), max)`, all three of one type (not `bool`, not complex). NaN in any operand gives NaN.
    Clamp { min: V, x: V, max: V },
    /// The elements as another dtype. To an integer: truncates toward zero and saturates (NaN becomes 0) from a float,
    /// wraps from a wider integer. To `bool`: whether not zero. To a float: rounds to nearest even.
    /// From a complex dtype to a real one: the real part, converted. To `bool`: whether either part is not zero.
    Convert { x: V, dtype: DType },
    /// The bits of the elements as another dtype (not to or from `bool` or a complex dtype). Where the sizes differ by a factor `n`, a
    /// last axis of size `n` holds the parts of an element, lowest first: it is added (to a smaller dtype) or taken away.
    BitcastConvert { x: V, dtype: DType },

    /// `x` under `shape`: axis `i` of `x` becomes axis `dims[i]`, which has its size, or any where the size of `x` is 1;
    /// all other axes repeat. `dims` increases strictly.
    BroadcastInDim { x: V, shape: Shape, dims: Dims },
    /// The elements, in row-major order, under another shape of the same size.
    Reshape { x: V, shape: Shape },
    /// Axis `i` of the result is axis `permutation[i]` of `x`.
    Transpose { x: V, permutation: Dims },
    /// Along each axis the elements from `start` up to, not including, `limit`, each `strides`-th (`strides ≥ 1`).
    Slice { x: V, start: Dims, limit: Dims, strides: Dims },
    /// `x` with `padding` around: along each axis `low` elements before, `high` after (negative ones take away) and
    /// `interior` between each two, first done. `padding` is a scalar of the dtype of `x`.
    Pad { x: V, padding: V, config: Vec<Padding> },
    /// The operands, at least one, one after the other along axis `dimension`; all other sizes agree.
    Concatenate { xs: Vec<V>, dimension: usize },
    /// The order of elements along the axes `axes` reversed.
    Reverse { x: V, axes: Dims },
    /// Each element is its position along axis `dimension`. `dtype` is not `bool`; rank is at least 1.
    Iota { dtype: DType, shape: Shape, dimension: usize },
    /// The block of sizes `slice_sizes` that begins at `start_indices` (one integer scalar for each axis, all of one
    /// dtype), which are clamped so that the block lies inside.
    DynamicSlice { x: V, start_indices: Vec<V>, slice_sizes: Dims },
    /// `x` with the block that begins at `start_indices` (clamped likewise) replaced by `update`.
    DynamicUpdateSlice { x: V, update: V, start_indices: Vec<V> },
    /// StableHLO's gather. The last axis of `indices` (integers) holds the coordinates of one slice, of sizes
    /// `slice_sizes`; they are clamped so that the slice lies inside. See [`GatherDims`].
    Gather { x: V, indices: V, dims: Box<GatherDims>, slice_sizes: Dims },
    /// StableHLO's scatter: `x` with the slices of `updates` combined into it, in order. A slice that does not lie wholly inside is
    /// left out. `unique` promises that no two slices overlap. See [`ScatterDims`].
    Scatter { x: V, indices: V, updates: V, dims: Box<ScatterDims>, mode: ScatterMode, unique: bool },

    /// `f` over `axes`, which leave the shape. Half types are accumulated in `f32`.
    Reduce {
        #[op(family)]
        f: ReduceFn,
        x: V,
        axes: Dims,
    },
    /// The position along `axis`, as the integer dtype `index`, of the first greatest (or least) element; the first
    /// NaN where there is one. The axis leaves the shape and is not of size 0.
    ArgReduce {
        #[op(family)]
        f: ArgFn,
        x: V,
        axis: usize,
        index: DType,
    },
    /// `f` over each position of a window; see [`Window`]. Padding holds the neutral element of `f`.
    ReduceWindow {
        #[op(family)]
        f: WindowFn,
        x: V,
        window: Box<Window>,
    },
    /// `f` of all elements along `axis` up to each (from each on, if `reverse`).
    Cumulative {
        #[op(family)]
        f: CumulativeFn,
        x: V,
        axis: usize,
        reverse: bool,
    },

    /// The operands, at least one and of one shape, reordered alike along `dimension`, so that the first `num_keys` of them ascend
    /// lexicographically. NaN comes last, all NaN are equal, and 0 equals -0. A complex key is ordered by its real part, then by its
    /// imaginary part. Stable. As many results as operands.
    Sort { operands: Vec<V>, dimension: usize, num_keys: usize },
    /// The `k` greatest elements along the last axis, descending, and their positions as `i32`; of equal elements the
    /// first comes first; NaN counts as greatest. Two results.
    TopK { x: V, k: usize },

    /// Products of `lhs` and `rhs` summed over the contracted axes. Axes of the result: batch, then what is left of
    /// `lhs`, then of `rhs`. Both operands are of one dtype; the result is of `out` (a float for floats, an integer for integers, a
    /// complex dtype for complex ones).
    /// Half types are accumulated in `f32`. See [`DotDims`].
    DotGeneral { lhs: V, rhs: V, dims: Box<DotDims>, out: DType },
    /// StableHLO's convolution of `lhs` with the kernel `rhs`, which is not flipped. Operands and result are of one dtype; half types
    /// are accumulated in `f32`. See [`ConvDims`].
    Conv { lhs: V, rhs: V, dims: Box<ConvDims> },

    /// StableHLO's Fourier transform along the last axes, whose lengths in time are `lengths`: one to three, each at least 1. Of two or
    /// three axes it is one transform after the other; `rfft` and `irfft` are real along the last.
    Fft {
        #[op(family)]
        f: FftFn,
        x: V,
        lengths: Dims,
    },

    /// A factorisation of each matrix along the last two axes of `x`, of `f32` or `f64`.
    Factor {
        #[op(family)]
        f: FactorFn,
        x: V,
    },
    /// StableHLO's triangular solve: the `X` of `op(a) X = b`, or of `X op(a) = b`, with a matrix `op(a)` that is a triangle of `a`; of the other
    /// triangle nothing is read. A zero on the diagonal divides. Matrices lie along the last two axes, of `f32` or `f64`; all axes before
    /// are the same in both. See [`Triangular`].
    TriangularSolve { a: V, b: V, how: Triangular },
    /// The `X` of `a X = b`, or of `aᵀ X = b` if `transpose`, with square matrices `a`, whose `lu` and `permutation` are those that `lu` gives. These
    /// are used to solve; that they are made of `a` is known to differentiation, which takes them as constants.
    LuSolve { a: V, lu: V, permutation: V, b: V, transpose: bool },

    /// Twenty rounds of the Threefry block cipher with the key `(k0, k1)` on each pair of elements; all operands are `u32`, of one
    /// shape. Two results. (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011.)
    #[op(name = "threefry2x32")]
    Threefry2x32 { k0: V, k1: V, x0: V, x1: V },

    /// `f` over the lanes of `axis`: of the elements that stand at one place in each of them. The same in all lanes.
    Collective {
        #[op(family)]
        f: CollectiveFn,
        x: V,
        axis: NamedAxis,
    },
    /// The position of the lane along `axis`, an `i32` scalar.
    AxisIndex { axis: NamedAxis },
    /// What `x` is in each lane of `axis`, in order along the axis `dimension`, which the result has more. The same in all lanes.
    AllGather { x: V, axis: NamedAxis, dimension: usize },
    /// Each lane gives one part to each: `x` falls into parts along its axis `split`, of the size of `axis`, and lane `i` of the result
    /// is what part `i` is in each lane, in order along an axis `concat`, which takes the place of `split`.
    AllToAll { x: V, axis: NamedAxis, split: usize, concat: usize },
    /// Lane `to` of the result is lane `from` of `x` for each pair `(from, to)`; no lane is in two pairs at the same side. Lanes
    /// that are in none at the right are zero.
    Ppermute { x: V, axis: NamedAxis, pairs: Vec<(usize, usize)> },

    /// `program`, which holds no constants, applied to `args`. As many results as it has outputs.
    Call { args: Vec<V>, program: Arc<Program> },
    /// `branches[index]` applied to `args`. `index` is an `i32` scalar; out of range it is clamped. All branches, of which there is one
    /// at least, take and give the same types, and hold no constants.
    Case { index: V, args: Vec<V>, branches: Vec<Arc<Program>> },
    /// `body` again and again while `cond` holds. `args` are `consts` values that stay the same and then those carried along; `cond` and
    /// `body` take both, and give a `bool` scalar and the values carried next. Results: what is carried in the end.
    While { args: Vec<V>, consts: usize, cond: Arc<Program>, body: Arc<Program> },
    /// `body` once for each of `length` positions, from the last if `reverse`. `args` are `consts` values that stay the same, `carry`
    /// values carried along, and arrays of which `body` takes the slice at the position along the first axis. It takes these three, and gives the
    /// values carried next and then any number of others. Results: what is carried in the end, and the others, stacked along a new first
    /// axis. `unroll` positions are compiled into one turn of a loop; 0 leaves the number to the lowering.
    Scan { args: Vec<V>, consts: usize, carry: usize, length: usize, reverse: bool, unroll: usize, body: Arc<Program> },
    /// `program` applied to `args`, with a derivative of its own. The first `num_args` operands are its arguments, the rest is what it
    /// captured, by which it cannot be differentiated.
    ///
    /// `rule` takes `args`, then the results if it `takes_results`, then the tangents of those arguments that are floats. It gives the
    /// results unless it takes them, and then the tangents of those that are floats; results do not depend on tangents, and
    /// tangents are linear in them.
    CustomJvp { args: Vec<V>, program: Arc<Program>, rule: Arc<Program>, num_args: usize, takes_results: bool },
    /// A call whose derivative keeps what `policy` allows, and computes the rest again. Where that happens (`differentiated`), there is a
    /// barrier before the program, so that it is not merged with what computed the same before.
    Remat { args: Vec<V>, program: Arc<Program>, policy: CheckpointPolicy, differentiated: bool },
    /// `x`, under a name that a [`CheckpointPolicy`] knows.
    CheckpointName { x: V, name: String },
    /// `program` applied to `args`, with a reverse mode of its own. The first `num_args` operands are its arguments, the rest is what it
    /// captured, by which it cannot be differentiated.
    ///
    /// `forward` takes `args`, and gives the results and then any number of residuals. `backward` takes the residuals and the
    /// cotangents of those results that are floats, and gives the cotangents of those arguments that are.
    CustomVjp { args: Vec<V>, program: Arc<Program>, forward: Arc<Program>, backward: Arc<Program>, num_args: usize },
    /// The linear function that has `backward` for its transpose, and that nobody can compute: what becomes of tangents in a `custom_vjp`.
    /// `xs` are the tangents, one for each output of `backward`, and then the residuals, which it takes before the cotangents of
    /// the results.
    CustomLinear { xs: Vec<V>, backward: Arc<Program> },
    /// The operands themselves, kept from being optimised across. As many results as operands.
    OptimizationBarrier { xs: Vec<V> },
    /// `x`, as a constant to differentiation.
    StopGradient { x: V },
    /// Prints `format` with `args` in its places: `{}`, or `{:.3}` for floats with three digits after the point; `{{` and `}}` are
    /// braces. Once for each lane: `lanes` are the sizes of the mapped axes, which all of `args` have in front. An effect: it has no
    /// result, is done each time the program runs, and keeps its place among others.
    DebugPrint { args: Vec<V>, format: String, lanes: Dims },
    /// What a function of the user's gives for `args`: arrays of the types `results`. `vmap_method` is how all lanes are computed; without
    /// one a `pure_callback` cannot be batched. An `io_callback` is an effect, as printing, and is called once for each lane.
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
    /// Whether it is there for what it does, and not for its results alone: it is never left out, done twice or moved past another.
    pub fn has_effects(&self) -> bool {
        matches!(self, Op::DebugPrint { .. } | Op::Callback { f: CallbackFn::Io, .. })
            || self.programs().iter().any(|(_, program)| program.has_effects())
    }
    /// The function of the user's that it calls, and how; not those that its sub-programs call.
    pub fn callback(&self) -> Option<(CallbackFn, &Callback)> {
        if let Op::Callback { f, callback, .. } = self { Some((*f, callback)) } else { None }
    }
}
