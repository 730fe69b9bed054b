//! Random operations on the variables of a program.

use super::Generator;
use rune_ir::op::*;
use rune_ir::{DType, Op, Origin, Program, ProgramBuilder, Shape, Type, Var};
use rune_trace::ProgramExt;
use smallvec::smallvec;
use std::sync::Arc;

impl Generator {
    /// Returns a random operation on variables of these types. It type-checks more often than not.
    pub(super) fn op(&mut self, types: &[Type], programs: &[Arc<Program>]) -> Op {
        // A few draws of each kind of operand keep most operations well-typed.
        let x = self.pick_var(types);
        let ty = types[x.index()].clone();
        let rank = ty.rank();
        let y = self.pick_like(types, x, |t| *t == ty);
        if !self.axes.is_empty() && self.chance(4) {
            return self.axis_op(x, &ty);
        }
        if self.linear_solves && ty.dtype.is_float() && self.chance(16) {
            return linear_solve(y, x, &ty);
        }
        // Complex dtypes add kinds at the end, so programs of real numbers do not change for their seeds.
        let kinds = if self.dtypes.iter().any(|dtype| dtype.is_complex()) { 34 } else { 32 };
        match self.below(kinds) {
            0..4 => Op::Unary { f: self.pick(UnaryFn::ALL), x },
            4..8 => Op::Binary { f: self.pick(BinaryFn::ALL), x, y },
            8 => Op::Constant { value: Literal::from_f64(ty.dtype, self.below(9) as f64 / 2.0 - 1.0) },
            9 => Op::IntegerPow { x, y: self.below(5) as i32 - 1 },
            10 => Op::Compare { direction: self.pick(Comparison::ALL), x, y },
            11 => {
                let mask = ty.with_dtype(DType::Bool);
                Op::Select { pred: self.pick_like(types, x, |t| *t == mask), on_true: x, on_false: y }
            }
            12 => Op::Clamp { min: y, x, max: self.pick_like(types, x, |t| *t == ty) },
            13 => {
                let dtype = self.ty().dtype;
                if self.chance(4) { Op::BitcastConvert { x, dtype } } else { Op::Convert { x, dtype } }
            }
            14 | 15 => self.broadcast(x, &ty),
            16 => Op::Reshape { x, shape: self.factors(ty.size()) },
            17 => Op::Transpose { x, permutation: self.permutation(rank) },
            18 => {
                let (start, limit, strides) = self.block(&ty);
                Op::Slice { x, start, limit, strides }
            }
            19 => {
                let padding = self.pick_like(types, x, |t| *t == Type::scalar(ty.dtype));
                let config = (0..rank).map(|_| self.padding()).collect();
                Op::Pad { x, padding, config }
            }
            20 if rank > 0 => {
                let dimension = self.below(rank);
                Op::Concatenate { xs: vec![x, y, x], dimension }
            }
            21 => Op::Reverse { x, axes: self.axes(rank) },
            22 => {
                let shape = self.ty().shape;
                let dimension = self.below(shape.rank().max(1));
                Op::Iota { dtype: ty.dtype, shape, dimension }
            }
            23 => self.dynamic(types, x, &ty),
            24 => self.gather_or_scatter(types, x, &ty),
            25 => Op::Reduce { f: self.pick(ReduceFn::ALL), x, axes: self.axes(rank) },
            26 if rank > 0 => {
                let axis = self.below(rank);
                match self.chance(2) {
                    true => Op::ArgReduce { f: self.pick(ArgFn::ALL), x, axis, index: DType::I32 },
                    false => Op::Cumulative { f: self.pick(CumulativeFn::ALL), x, axis, reverse: self.chance(2) },
                }
            }
            27 => self.reduce_window(x, &ty),
            28 if rank > 0 => match self.chance(2) {
                true => Op::TopK { x, k: self.below(ty.shape[rank - 1] + 1) },
                false => Op::Sort { operands: vec![x, y], dimension: self.below(rank), num_keys: 1 + self.below(2) },
            },
            29 | 30 => self.dot_general(types, x, &ty),
            31 if !programs.is_empty() => {
                let program = programs[self.below(programs.len())].clone();
                let args: Vec<Var> =
                    program.input_types().iter().map(|i| self.pick_like(types, x, |t| t == i)).collect();
                match self.below(4) {
                    0 if self.custom_vjp && self.chance(2) => with_rule(args, program, custom_vjp),
                    0 => with_rule(args, program, custom_jvp),
                    1 => Op::Remat { args, program, policy: self.policy(), differentiated: self.chance(2) },
                    _ => Op::Call { args, program },
                }
            }
            32 => Op::Complex { re: x, im: y },
            33 if rank > 0 => self.fft(x, &ty),
            _ => match self.below(4) {
                0 => Op::OptimizationBarrier { xs: vec![x, y] },
                1 => Op::StopGradient { x },
                2 => Op::CheckpointName { x, name: self.pick(&["a", "b"]).to_owned() },
                _ => Op::Threefry2x32 { k0: x, k1: y, x0: x, x1: y },
            },
        }
    }

    /// Returns a Fourier transform along the last axes.
    fn fft(&mut self, x: Var, ty: &Type) -> Op {
        let count = (1 + self.below(3)).min(ty.rank());
        let mut lengths: Dims = ty.shape[ty.rank() - count..].into();
        let f = self.pick(FftFn::ALL);
        if let (FftFn::Irfft, Some(last)) = (f, lengths.last_mut()) {
            *last = (2 * *last).saturating_sub(1 + self.below(2)).max(1);
        }
        Op::Fft { f, x, lengths }
    }
    /// Returns an operation over a mapped axis.
    fn axis_op(&mut self, x: Var, ty: &Type) -> Op {
        let which = self.below(self.axes.len());
        let axis = self.axes[which].clone();
        let rank = ty.rank();
        match self.below(6) {
            0 | 1 => Op::Collective { f: self.pick(CollectiveFn::ALL), x, axis },
            2 => Op::AxisIndex { axis },
            3 => Op::AllGather { x, axis, dimension: self.below(rank + 1) },
            4 => {
                let fitting: Vec<usize> = (0..rank).filter(|&a| ty.shape[a] == axis.size).collect();
                let split = if fitting.is_empty() { 0 } else { self.pick(&fitting) };
                Op::AllToAll { x, axis, split, concat: self.below(rank.max(1)) }
            }
            _ => {
                let (from, to) = (self.permutation(axis.size), self.permutation(axis.size));
                let pairs = from.into_iter().zip(to).filter(|_| !self.chance(3)).collect();
                Op::Ppermute { x, axis, pairs }
            }
        }
    }
    /// Returns a variable whose type is `wanted`, or `otherwise`.
    pub(super) fn pick_like(&mut self, types: &[Type], otherwise: Var, wanted: impl Fn(&Type) -> bool) -> Var {
        let found: Vec<Var> = (0..types.len()).filter(|&i| wanted(&types[i])).map(|i| Var(i as u32)).collect();
        if found.is_empty() { otherwise } else { self.pick(&found) }
    }
    fn policy(&mut self) -> CheckpointPolicy {
        let names = vec!["a".to_owned()];
        match self.below(7) {
            0 => CheckpointPolicy::NothingSaveable,
            1 => CheckpointPolicy::EverythingSaveable,
            2 => CheckpointPolicy::DotsSaveable,
            3 => CheckpointPolicy::DotsWithNoBatchDimsSaveable,
            4 => CheckpointPolicy::SaveOnlyTheseNames(names),
            5 => CheckpointPolicy::SaveAnyNamesButThese(names),
            _ => CheckpointPolicy::SaveAnythingExceptTheseNames(names),
        }
    }
    fn axes(&mut self, rank: usize) -> Dims {
        (0..rank).filter(|_| self.chance(2)).collect()
    }
    fn permutation(&mut self, n: usize) -> Dims {
        let mut axes: Dims = (0..n).collect();
        (1..n).for_each(|i| axes.swap(i, self.below(i + 1)));
        axes
    }
    fn padding(&mut self) -> Padding {
        Padding { low: self.below(4) as i64 - 1, high: self.below(4) as i64 - 1, interior: self.below(2) }
    }
    /// Returns a shape with this many elements.
    fn factors(&mut self, mut size: usize) -> Shape {
        let mut dims = Vec::new();
        for d in [2, 3, 4] {
            while size.is_multiple_of(d) && size > 0 && self.chance(2) {
                dims.push(d);
                size /= d;
            }
        }
        dims.push(size);
        Shape::from(dims)
    }
    fn broadcast(&mut self, x: Var, ty: &Type) -> Op {
        let (mut shape, mut dims) = (Vec::new(), Dims::new());
        for &n in ty.shape.iter() {
            if self.chance(3) {
                shape.push(1 + self.below(3));
            }
            dims.push(shape.len());
            shape.push(if n == 1 && self.chance(2) { 3 } else { n });
        }
        if self.chance(2) {
            shape.push(1 + self.below(4));
        }
        Op::BroadcastInDim { x, shape: Shape::from(shape), dims }
    }
    fn block(&mut self, ty: &Type) -> (Dims, Dims, Dims) {
        let start: Dims = ty.shape.iter().map(|&n| self.below(n + 1)).collect();
        let limit = ty.shape.iter().zip(&start).map(|(&n, &from)| from + self.below(n - from + 1)).collect();
        (start, limit, ty.shape.iter().map(|_| 1 + self.below(2)).collect())
    }
    fn dynamic(&mut self, types: &[Type], x: Var, ty: &Type) -> Op {
        let index = self.pick_like(types, x, |t| t.rank() == 0 && t.dtype.is_int());
        let start_indices = vec![index; ty.rank()];
        let fits = |t: &Type| {
            t.dtype == ty.dtype && t.rank() == ty.rank() && t.shape.iter().zip(ty.shape.iter()).all(|(a, b)| a <= b)
        };
        match self.chance(2) {
            true => Op::DynamicSlice {
                x,
                start_indices,
                slice_sizes: ty.shape.iter().map(|&n| self.below(n + 1)).collect(),
            },
            false => Op::DynamicUpdateSlice { x, update: self.pick_like(types, x, fits), start_indices },
        }
    }
    /// Returns rows of `x` by an integer array with one coordinate, or the sum of rows into `x`.
    fn gather_or_scatter(&mut self, types: &[Type], x: Var, ty: &Type) -> Op {
        let indices = self.pick_like(types, x, |t| t.dtype.is_int() && t.rank() > 0 && t.shape[t.rank() - 1] == 1);
        let batch = types[indices.index()].rank().saturating_sub(1);
        let window: Dims = (0..ty.rank().saturating_sub(1)).map(|a| a + batch).collect();
        let of_update = |t: &Type| {
            t.dtype == ty.dtype
                && t.rank() == batch + window.len()
                && t.shape.iter().skip(batch).eq(ty.shape.iter().skip(1))
        };
        if self.chance(2) {
            let updates = self.pick_like(types, x, of_update);
            let (update_window, inserted_window, scatter_map) = (window, smallvec![0], smallvec![0]);
            let dims = Box::new(ScatterDims { update_window, inserted_window, scatter_map, ..ScatterDims::default() });
            let mode = self.pick(&[ScatterMode::Add, ScatterMode::Mul, ScatterMode::Min, ScatterMode::Max]);
            return Op::Scatter { x, indices, updates, dims, mode, unique: false };
        }
        let slice_sizes = ty.shape.iter().enumerate().map(|(a, &n)| if a == 0 { 1 } else { n }).collect();
        let (collapsed, start_index_map) = (smallvec![0], smallvec![0]);
        let dims = Box::new(GatherDims { offset: window, collapsed, start_index_map, ..GatherDims::default() });
        Op::Gather { x, indices, dims, slice_sizes }
    }
    fn reduce_window(&mut self, x: Var, ty: &Type) -> Op {
        let rank = ty.rank();
        let mut sizes = |most: usize| -> Dims { (0..rank).map(|_| 1 + self.below(most)).collect() };
        let (dimensions, strides, base_dilation, window_dilation) = (sizes(3), sizes(2), sizes(2), sizes(2));
        let padding = (0..rank).map(|_| (self.below(2) as i64, self.below(2) as i64)).collect();
        let window = Box::new(Window { dimensions, strides, padding, base_dilation, window_dilation });
        Op::ReduceWindow { f: self.pick(WindowFn::ALL), x, window }
    }
    /// Returns a product that contracts the last axis of `x` with an axis of another variable. If their first axes
    /// agree, these are batch axes.
    fn dot_general(&mut self, types: &[Type], x: Var, ty: &Type) -> Op {
        let (rank, out) = (ty.rank(), ty.dtype);
        let size = ty.shape.last().copied().unwrap_or(0);
        let rhs = self.pick_like(types, x, |t| t.dtype == out && t.shape.contains(&size));
        let other = &types[rhs.index()];
        let mut dims = DotDims::default();
        if let Some(axis) = other.shape.iter().rposition(|&n| n == size).filter(|_| rank > 0) {
            (dims.lhs_contract, dims.rhs_contract) = (smallvec![rank - 1], smallvec![axis]);
            if rank > 1 && axis > 0 && ty.shape[0] == other.shape[0] {
                (dims.lhs_batch, dims.rhs_batch) = (smallvec![0], smallvec![0]);
            }
        }
        Op::DotGeneral { lhs: x, rhs, dims: Box::new(dims), out }
    }
}

/// Returns the solution of 2 x = b, or of -4 x = b where the parameter `p` is negative. All its numbers are exact.
fn linear_solve(p: Var, b: Var, ty: &Type) -> Op {
    let times = |name: &str, factors: [f64; 2]| {
        let mut builder = ProgramBuilder::new(name, vec![ty.clone(), ty.clone()], Vec::new());
        let mut push = |op| builder.push(op, Origin::default()).expect("the operands fit")[0];
        let mut full = |x: f64| {
            let x = push(Op::Constant { value: Literal::from_f64(ty.dtype, x) });
            push(Op::BroadcastInDim { x, shape: ty.shape.clone(), dims: Dims::new() })
        };
        let [zero, on_true, on_false] = [0.0, factors[1], factors[0]].map(&mut full);
        let pred = push(Op::Compare { direction: Comparison::Lt, x: Var(0), y: zero });
        let factor = push(Op::Select { pred, on_true, on_false });
        let product = push(Op::Binary { f: BinaryFn::Mul, x: Var(1), y: factor });
        Arc::new(builder.finish(vec![product]).expect("it returns a variable"))
    };
    let [matvec, solve] = [times("matvec", [2.0, -4.0]), times("solve", [0.5, -0.25])];
    Op::CustomLinearSolve { args: vec![p, b], matvec, transpose_solve: solve.clone(), solve }
}

/// Returns a call of the program with its own derivative as its custom rule, or a plain call if it has no derivative.
fn with_rule(
    args: Vec<Var>,
    program: Arc<Program>,
    rule: impl Fn(&[Var], &Arc<Program>, &[usize]) -> Option<Op>,
) -> Op {
    let types = program.input_types();
    let floats: Vec<usize> = (0..types.len()).filter(|&i| types[i].dtype.is_inexact()).collect();
    rule(&args, &program, &floats).unwrap_or(Op::Call { args, program })
}

fn custom_jvp(args: &[Var], program: &Arc<Program>, floats: &[usize]) -> Option<Op> {
    let rule = Arc::new(program.jvp(floats).ok()?);
    let (args, num_args, program) = (args.to_vec(), args.len(), program.clone());
    Some(Op::CustomJvp { num_args, args, program, rule, takes_results: false })
}

fn custom_vjp(args: &[Var], program: &Arc<Program>, floats: &[usize]) -> Option<Op> {
    program.vjp(floats).ok()?;
    let (forward, linear) = program.linearize(floats).ok()?;
    let backward = linear.transpose(&(0..floats.len()).collect::<Vec<_>>()).ok()?;
    let (args, num_args, program) = (args.to_vec(), args.len(), program.clone());
    Some(Op::CustomVjp { args, program, forward: Arc::new(forward), backward: Arc::new(backward), num_args })
}
