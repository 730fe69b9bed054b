//! One strict function for each primitive: no broadcasting, no promotion, and no negative axes.
//!
//! Rules of transformations use these functions. Their names are those of `jax.lax` and of the text form of programs;
//! the variants of [`Op`] describe them. Each panics at the caller's line if the types do not fit.

use super::Tensor;
use rune_ir::op::{
    ArgFn, BinaryFn, CheckpointPolicy, CollectiveFn, Comparison, ConvDims, CumulativeFn, Dims, DotDims, FactorFn,
    FftFn, GatherDims, Literal, NamedAxis, Padding, ReduceFn, ScatterDims, ScatterMode, Triangular, UnaryFn, Window,
    WindowFn,
};
use rune_ir::{DType, Op, Program, Shape};
use std::sync::Arc;

macro_rules! unary {
    ($($(#[$doc:meta])* $name:ident = $f:ident,)*) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $name(x: &Tensor) -> Tensor {
            Tensor::apply1(Op::Unary { f: UnaryFn::$f, x: x.clone() })
        }
    )*};
}
unary! {
    /// [`UnaryFn::Abs`].
    abs = Abs,
    /// [`UnaryFn::Neg`].
    neg = Neg,
    /// [`UnaryFn::Sign`].
    sign = Sign,
    /// [`UnaryFn::Floor`].
    floor = Floor,
    /// [`UnaryFn::Ceil`].
    ceil = Ceil,
    /// [`UnaryFn::RoundAfz`].
    round_afz = RoundAfz,
    /// [`UnaryFn::RoundEven`].
    round_even = RoundEven,
    /// [`UnaryFn::Exp`].
    exp = Exp,
    /// [`UnaryFn::Exp2`].
    exp2 = Exp2,
    /// [`UnaryFn::Expm1`].
    expm1 = Expm1,
    /// [`UnaryFn::Log`].
    log = Log,
    /// [`UnaryFn::Log1p`].
    log1p = Log1p,
    /// [`UnaryFn::Sqrt`].
    sqrt = Sqrt,
    /// [`UnaryFn::Rsqrt`].
    rsqrt = Rsqrt,
    /// [`UnaryFn::Cbrt`].
    cbrt = Cbrt,
    /// [`UnaryFn::Sin`].
    sin = Sin,
    /// [`UnaryFn::Cos`].
    cos = Cos,
    /// [`UnaryFn::Tan`].
    tan = Tan,
    /// [`UnaryFn::Tanh`].
    tanh = Tanh,
    /// [`UnaryFn::Logistic`].
    logistic = Logistic,
    /// [`UnaryFn::Erf`].
    erf = Erf,
    /// [`UnaryFn::IsFinite`].
    is_finite = IsFinite,
    /// [`UnaryFn::Not`].
    not = Not,
    /// [`UnaryFn::Real`].
    real = Real,
    /// [`UnaryFn::Imag`].
    imag = Imag,
    /// [`UnaryFn::Conj`].
    conj = Conj,
}

macro_rules! binary {
    ($($(#[$doc:meta])* $name:ident = $variant:ident $field:ident $family:ident::$f:ident,)*) => {$(
        $(#[$doc])*
        #[track_caller]
        pub fn $name(x: &Tensor, y: &Tensor) -> Tensor {
            Tensor::apply1(Op::$variant { $field: $family::$f, x: x.clone(), y: y.clone() })
        }
    )*};
}
binary! {
    /// [`BinaryFn::Add`].
    add = Binary f BinaryFn::Add,
    /// [`BinaryFn::Sub`].
    sub = Binary f BinaryFn::Sub,
    /// [`BinaryFn::Mul`].
    mul = Binary f BinaryFn::Mul,
    /// [`BinaryFn::Div`].
    div = Binary f BinaryFn::Div,
    /// [`BinaryFn::Rem`].
    rem = Binary f BinaryFn::Rem,
    /// [`BinaryFn::Pow`].
    pow = Binary f BinaryFn::Pow,
    /// [`BinaryFn::Max`].
    max = Binary f BinaryFn::Max,
    /// [`BinaryFn::Min`].
    min = Binary f BinaryFn::Min,
    /// [`BinaryFn::Atan2`].
    atan2 = Binary f BinaryFn::Atan2,
    /// [`BinaryFn::And`].
    and = Binary f BinaryFn::And,
    /// [`BinaryFn::Or`].
    or = Binary f BinaryFn::Or,
    /// [`BinaryFn::Xor`].
    xor = Binary f BinaryFn::Xor,
    /// [`BinaryFn::ShiftLeft`].
    shift_left = Binary f BinaryFn::ShiftLeft,
    /// [`BinaryFn::ShiftRightArithmetic`].
    shift_right_arithmetic = Binary f BinaryFn::ShiftRightArithmetic,
    /// [`BinaryFn::ShiftRightLogical`].
    shift_right_logical = Binary f BinaryFn::ShiftRightLogical,
    /// [`Comparison::Eq`].
    eq = Compare direction Comparison::Eq,
    /// [`Comparison::Ne`].
    ne = Compare direction Comparison::Ne,
    /// [`Comparison::Lt`].
    lt = Compare direction Comparison::Lt,
    /// [`Comparison::Le`].
    le = Compare direction Comparison::Le,
    /// [`Comparison::Gt`].
    gt = Compare direction Comparison::Gt,
    /// [`Comparison::Ge`].
    ge = Compare direction Comparison::Ge,
}

/// [`Op::Constant`].
#[track_caller]
pub fn constant(value: Literal) -> Tensor {
    Tensor::apply1(Op::Constant { value })
}
/// Returns an array of `shape` whose elements are all the number `x`, rounded to `dtype`.
#[track_caller]
pub fn full(dtype: DType, shape: &Shape, x: f64) -> Tensor {
    broadcast_in_dim(&constant(Literal::from_f64(dtype, x)), shape.clone(), &[])
}
/// Returns an array like `x` whose elements are all the number `value`.
#[track_caller]
pub fn full_like(x: &Tensor, value: f64) -> Tensor {
    full(x.dtype(), x.shape(), value)
}
/// [`Op::Complex`].
#[track_caller]
pub fn complex(re: &Tensor, im: &Tensor) -> Tensor {
    Tensor::apply1(Op::Complex { re: re.clone(), im: im.clone() })
}
/// [`Op::Fft`].
#[track_caller]
pub fn fft(f: FftFn, x: &Tensor, lengths: &[usize]) -> Tensor {
    Tensor::apply1(Op::Fft { f, x: x.clone(), lengths: lengths.into() })
}
/// [`Op::IntegerPow`].
#[track_caller]
pub fn integer_pow(x: &Tensor, y: i32) -> Tensor {
    Tensor::apply1(Op::IntegerPow { x: x.clone(), y })
}
/// [`Op::Select`].
#[track_caller]
pub fn select(pred: &Tensor, on_true: &Tensor, on_false: &Tensor) -> Tensor {
    Tensor::apply1(Op::Select { pred: pred.clone(), on_true: on_true.clone(), on_false: on_false.clone() })
}
/// [`Op::Clamp`].
#[track_caller]
pub fn clamp(min: &Tensor, x: &Tensor, max: &Tensor) -> Tensor {
    Tensor::apply1(Op::Clamp { min: min.clone(), x: x.clone(), max: max.clone() })
}
/// [`Op::Convert`]; returns `x` itself if it has this dtype.
#[track_caller]
pub fn convert(x: &Tensor, dtype: DType) -> Tensor {
    if x.dtype() == dtype { x.clone() } else { Tensor::apply1(Op::Convert { x: x.clone(), dtype }) }
}
/// [`Op::BitcastConvert`].
#[track_caller]
pub fn bitcast_convert(x: &Tensor, dtype: DType) -> Tensor {
    Tensor::apply1(Op::BitcastConvert { x: x.clone(), dtype })
}
/// [`Op::BroadcastInDim`]; returns `x` itself if nothing changes.
#[track_caller]
pub fn broadcast_in_dim(x: &Tensor, shape: impl Into<Shape>, dims: &[usize]) -> Tensor {
    let shape = shape.into();
    if shape == *x.shape() {
        return x.clone();
    }
    Tensor::apply1(Op::BroadcastInDim { x: x.clone(), shape, dims: dims.into() })
}
/// [`Op::Reshape`]; returns `x` itself if it has this shape.
#[track_caller]
pub fn reshape(x: &Tensor, shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    if shape == *x.shape() { x.clone() } else { Tensor::apply1(Op::Reshape { x: x.clone(), shape }) }
}
/// [`Op::Transpose`]; returns `x` itself if the axes stay in order.
#[track_caller]
pub fn transpose(x: &Tensor, permutation: &[usize]) -> Tensor {
    if permutation.len() == x.rank() && permutation.iter().enumerate().all(|(i, &a)| i == a) {
        return x.clone();
    }
    Tensor::apply1(Op::Transpose { x: x.clone(), permutation: permutation.into() })
}
/// [`Op::Slice`].
#[track_caller]
pub fn slice(x: &Tensor, start: &[usize], limit: &[usize], strides: &[usize]) -> Tensor {
    let (start, limit, strides): (Dims, Dims, Dims) = (start.into(), limit.into(), strides.into());
    Tensor::apply1(Op::Slice { x: x.clone(), start, limit, strides })
}
/// [`Op::Pad`].
#[track_caller]
pub fn pad(x: &Tensor, padding: &Tensor, config: Vec<Padding>) -> Tensor {
    Tensor::apply1(Op::Pad { x: x.clone(), padding: padding.clone(), config })
}
/// [`Op::Concatenate`].
#[track_caller]
pub fn concatenate(xs: &[Tensor], dimension: usize) -> Tensor {
    Tensor::apply1(Op::Concatenate { xs: xs.to_vec(), dimension })
}
/// [`Op::Reverse`].
#[track_caller]
pub fn reverse(x: &Tensor, axes: &[usize]) -> Tensor {
    Tensor::apply1(Op::Reverse { x: x.clone(), axes: axes.into() })
}
/// [`Op::Iota`].
#[track_caller]
pub fn iota(dtype: DType, shape: impl Into<Shape>, dimension: usize) -> Tensor {
    Tensor::apply1(Op::Iota { dtype, shape: shape.into(), dimension })
}
/// [`Op::DynamicSlice`].
#[track_caller]
pub fn dynamic_slice(x: &Tensor, start_indices: &[Tensor], slice_sizes: &[usize]) -> Tensor {
    let (start_indices, slice_sizes) = (start_indices.to_vec(), slice_sizes.into());
    Tensor::apply1(Op::DynamicSlice { x: x.clone(), start_indices, slice_sizes })
}
/// [`Op::DynamicUpdateSlice`].
#[track_caller]
pub fn dynamic_update_slice(x: &Tensor, update: &Tensor, start_indices: &[Tensor]) -> Tensor {
    let start_indices = start_indices.to_vec();
    Tensor::apply1(Op::DynamicUpdateSlice { x: x.clone(), update: update.clone(), start_indices })
}
/// [`Op::Gather`].
#[track_caller]
pub fn gather(x: &Tensor, indices: &Tensor, dims: GatherDims, slice_sizes: &[usize]) -> Tensor {
    let (dims, slice_sizes) = (Box::new(dims), slice_sizes.into());
    Tensor::apply1(Op::Gather { x: x.clone(), indices: indices.clone(), dims, slice_sizes })
}
/// [`Op::Scatter`].
#[track_caller]
pub fn scatter(
    x: &Tensor,
    indices: &Tensor,
    updates: &Tensor,
    dims: ScatterDims,
    mode: ScatterMode,
    unique: bool,
) -> Tensor {
    let (x, indices, updates) = (x.clone(), indices.clone(), updates.clone());
    Tensor::apply1(Op::Scatter { x, indices, updates, dims: Box::new(dims), mode, unique })
}
/// [`Op::Reduce`]; returns `x` itself if there are no axes.
#[track_caller]
pub fn reduce(f: ReduceFn, x: &Tensor, axes: &[usize]) -> Tensor {
    if axes.is_empty() { x.clone() } else { Tensor::apply1(Op::Reduce { f, x: x.clone(), axes: axes.into() }) }
}
/// [`ReduceFn::Sum`]; returns `x` itself if there are no axes.
#[track_caller]
pub fn reduce_sum(x: &Tensor, axes: &[usize]) -> Tensor {
    reduce(ReduceFn::Sum, x, axes)
}
/// [`Op::ArgReduce`].
#[track_caller]
pub fn arg_reduce(f: ArgFn, x: &Tensor, axis: usize, index: DType) -> Tensor {
    Tensor::apply1(Op::ArgReduce { f, x: x.clone(), axis, index })
}
/// [`Op::ReduceWindow`].
#[track_caller]
pub fn reduce_window(f: WindowFn, x: &Tensor, window: Window) -> Tensor {
    Tensor::apply1(Op::ReduceWindow { f, x: x.clone(), window: Box::new(window) })
}
/// [`Op::Cumulative`].
#[track_caller]
pub fn cumulative(f: CumulativeFn, x: &Tensor, axis: usize, reverse: bool) -> Tensor {
    Tensor::apply1(Op::Cumulative { f, x: x.clone(), axis, reverse })
}
/// [`Op::Sort`].
#[track_caller]
pub fn sort(operands: &[Tensor], dimension: usize, num_keys: usize) -> Vec<Tensor> {
    Tensor::apply(Op::Sort { operands: operands.to_vec(), dimension, num_keys }).into_vec()
}
/// [`Op::TopK`]; returns values and indices.
#[track_caller]
pub fn top_k(x: &Tensor, k: usize) -> (Tensor, Tensor) {
    let mut results = Tensor::apply(Op::TopK { x: x.clone(), k });
    let positions = results.remove(1);
    (results.remove(0), positions)
}
/// [`Op::DotGeneral`].
#[track_caller]
pub fn dot_general(lhs: &Tensor, rhs: &Tensor, dims: DotDims, out: DType) -> Tensor {
    Tensor::apply1(Op::DotGeneral { lhs: lhs.clone(), rhs: rhs.clone(), dims: Box::new(dims), out })
}
/// [`Op::Conv`].
#[track_caller]
pub fn conv_general_dilated(lhs: &Tensor, rhs: &Tensor, dims: ConvDims) -> Tensor {
    Tensor::apply1(Op::Conv { lhs: lhs.clone(), rhs: rhs.clone(), dims: Box::new(dims) })
}
/// [`Op::Factor`], for a factorization with this number of results.
#[track_caller]
pub fn factor<const N: usize>(f: FactorFn, x: &Tensor) -> [Tensor; N] {
    let results = Tensor::apply(Op::Factor { f, x: x.clone() }).into_vec();
    results.try_into().unwrap_or_else(|_| panic!("`{}` has not {N} results", f.name()))
}
/// [`FactorFn::Cholesky`].
#[track_caller]
pub fn cholesky(x: &Tensor) -> Tensor {
    Tensor::apply1(Op::Factor { f: FactorFn::Cholesky, x: x.clone() })
}
/// [`Op::LuSolve`], for a matrix, its factors and its permutation.
#[track_caller]
pub fn lu_solve([a, lu, permutation]: [&Tensor; 3], b: &Tensor, transpose: bool) -> Tensor {
    let (a, lu, permutation, b) = (a.clone(), lu.clone(), permutation.clone(), b.clone());
    Tensor::apply1(Op::LuSolve { a, lu, permutation, b, transpose })
}
/// [`Op::TriangularSolve`].
#[track_caller]
pub fn triangular_solve(a: &Tensor, b: &Tensor, how: Triangular) -> Tensor {
    Tensor::apply1(Op::TriangularSolve { a: a.clone(), b: b.clone(), how })
}
/// [`Op::Threefry2x32`].
#[track_caller]
pub fn threefry2x32(key: [&Tensor; 2], x: [&Tensor; 2]) -> [Tensor; 2] {
    let [k0, k1] = key.map(Clone::clone);
    let [x0, x1] = x.map(Clone::clone);
    let mut results = Tensor::apply(Op::Threefry2x32 { k0, k1, x0, x1 });
    let second = results.remove(1);
    [results.remove(0), second]
}
/// [`Op::Call`].
#[track_caller]
pub fn call(program: &Arc<Program>, args: &[Tensor]) -> Vec<Tensor> {
    Tensor::apply(Op::Call { args: args.to_vec(), program: program.clone() }).into_vec()
}
/// [`Op::Case`], for programs; [`switch`](crate::switch) takes closures.
#[track_caller]
pub fn case(index: &Tensor, branches: &[Arc<Program>], args: &[Tensor]) -> Vec<Tensor> {
    Tensor::apply(Op::Case { index: index.clone(), args: args.to_vec(), branches: branches.to_vec() }).into_vec()
}
/// [`Op::While`], for programs; [`while_loop`](crate::while_loop) takes closures. `consts` stay the same, and `init` is
/// the initial carry.
#[track_caller]
pub fn while_loop(cond: &Arc<Program>, body: &Arc<Program>, consts: &[Tensor], init: &[Tensor]) -> Vec<Tensor> {
    let args = [consts, init].concat();
    Tensor::apply(Op::While { args, consts: consts.len(), cond: cond.clone(), body: body.clone() }).into_vec()
}
/// [`Op::Scan`], for programs; [`scan`](crate::scan) takes closures. `consts` stay the same, `init` is the initial carry,
/// and `xs` are read slice by slice.
#[track_caller]
pub fn scan(body: &Arc<Program>, consts: &[Tensor], init: &[Tensor], xs: &[Tensor], how: Scan) -> Vec<Tensor> {
    let Scan { length, reverse, unroll } = how;
    let args = [consts, init, xs].concat();
    let (consts, carry) = (consts.len(), init.len());
    Tensor::apply(Op::Scan { args, consts, carry, length, reverse, unroll, body: body.clone() }).into_vec()
}
/// The positions of a [`scan`]: see [`Op::Scan`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Scan {
    /// The number of positions.
    pub length: usize,
    /// Whether it starts with the last position.
    pub reverse: bool,
    /// The number of positions in one iteration of the compiled loop. 0 lets the lowering choose.
    pub unroll: usize,
}
/// [`Op::Remat`].
#[track_caller]
pub fn remat(program: &Arc<Program>, args: &[Tensor], policy: &CheckpointPolicy, differentiated: bool) -> Vec<Tensor> {
    let (args, program, policy) = (args.to_vec(), program.clone(), policy.clone());
    Tensor::apply(Op::Remat { args, program, policy, differentiated }).into_vec()
}
/// [`Op::CheckpointName`].
#[track_caller]
pub fn checkpoint_name(x: &Tensor, name: &str) -> Tensor {
    Tensor::apply1(Op::CheckpointName { x: x.clone(), name: name.to_owned() })
}
/// [`Op::OptimizationBarrier`].
#[track_caller]
pub fn optimization_barrier(xs: &[Tensor]) -> Vec<Tensor> {
    if xs.is_empty() { Vec::new() } else { Tensor::apply(Op::OptimizationBarrier { xs: xs.to_vec() }).into_vec() }
}
/// [`Op::StopGradient`].
#[track_caller]
pub fn stop_gradient(x: &Tensor) -> Tensor {
    Tensor::apply1(Op::StopGradient { x: x.clone() })
}

/// [`Op::Collective`].
#[track_caller]
pub fn collective(f: CollectiveFn, x: &Tensor, axis: &NamedAxis) -> Tensor {
    Tensor::apply1(Op::Collective { f, x: x.clone(), axis: axis.clone() })
}

/// [`Op::AxisIndex`].
#[track_caller]
pub fn axis_index(axis: &NamedAxis) -> Tensor {
    Tensor::apply1(Op::AxisIndex { axis: axis.clone() })
}

/// [`Op::AllGather`].
#[track_caller]
pub fn all_gather(x: &Tensor, axis: &NamedAxis, dimension: usize) -> Tensor {
    Tensor::apply1(Op::AllGather { x: x.clone(), axis: axis.clone(), dimension })
}

/// [`Op::AllToAll`].
#[track_caller]
pub fn all_to_all(x: &Tensor, axis: &NamedAxis, split: usize, concat: usize) -> Tensor {
    Tensor::apply1(Op::AllToAll { x: x.clone(), axis: axis.clone(), split, concat })
}

/// [`Op::Ppermute`].
#[track_caller]
pub fn ppermute(x: &Tensor, axis: &NamedAxis, pairs: Vec<(usize, usize)>) -> Tensor {
    Tensor::apply1(Op::Ppermute { x: x.clone(), axis: axis.clone(), pairs })
}
