//! Nodes: values, parameters of traced functions, and results of operations.

use super::origin;
use rune_ir::types::{self, TypeError};
use rune_ir::{Array, DType, Op, Origin, Shape, Type, Value};
use smallvec::SmallVec;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

/// An immutable array, computed or pending: a handle to a node of a graph. It is cheap to clone.
///
/// Applying an operation computes nothing. It checks shapes and dtypes, and creates a node. Reading an array, for
/// example by [`Tensor::item`] or [`Tensor::to_vec`], computes it, together with its pending operands.
///
/// ```
/// use rune_trace::Tensor;
/// let x = Tensor::from_slice([2], &[1.0f32, 2.0]);
/// let y = &x * &x + 1.0;
/// assert_eq!(y.to_vec::<f32>().unwrap(), [2.0, 5.0]);
/// ```
#[derive(Clone)]
pub struct Tensor(pub(crate) Arc<Node>);

pub(crate) struct Node {
    /// Ids increase in the order of creation: an operand is always older than its users.
    pub id: u64,
    pub ty: Type,
    /// The largest known id of a parameter among the ancestors, or 0 if there is none.
    pub max_param_id: u64,
    /// The length of the chain of pending operations before this one.
    pub depth: u32,
    /// The array, once it is known. For a traced node, it is the value at the known arguments of the parameters.
    pub value: OnceLock<Value>,
    /// The origin of the array. `None` once the value of an untraced node is known.
    pub producer: Mutex<Option<Producer>>,
}

#[derive(Clone)]
pub(crate) enum Producer {
    /// A parameter of a traced function. Host control flow may read the `known` argument.
    Param { known: Option<Tensor>, transform: &'static str },
    /// One result of an operation.
    Result(Arc<Apply>),
}

/// An operation applied to tensors. Its results are the nodes with ids from `id` on.
pub(crate) struct Apply {
    pub id: u64,
    pub op: Op<Tensor>,
    pub origin: Origin,
    pub results: OnceLock<SmallVec<[Weak<Node>; 1]>>,
}

/// The first ids belong to no node: see [`Node::max_param_id`] and [`OF_NAMED_AXIS`].
static NEXT_ID: AtomicU64 = AtomicU64::new(2);

/// A pseudo parameter of all tensors that depend on a batch axis: their values need all batch elements.
const OF_NAMED_AXIS: u64 = 1;

/// Returns a lower bound for the id of the next node.
pub(super) fn next_id() -> u64 {
    NEXT_ID.load(Ordering::Relaxed)
}

impl Node {
    /// Returns whether it depends on a parameter of a traced function, or on a batch axis.
    pub fn traced(&self) -> bool {
        self.max_param_id > 0
    }
    pub fn producer(&self) -> Option<Producer> {
        self.producer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    /// Returns the operation that computes this node.
    pub fn apply(&self) -> Option<Arc<Apply>> {
        match self.producer() {
            Some(Producer::Result(apply)) => Some(apply),
            Some(Producer::Param { .. }) | None => None,
        }
    }
    /// Sets the value. The node forgets its origin, unless a function is being traced through it, or it is a literal,
    /// which programs contain instead of capturing.
    pub fn set_value(&self, value: Value) {
        let _ = self.value.set(value);
        if !self.traced() && !super::trace::literal(self) {
            let producer = self.producer.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(producer); // After the lock is released: this may free a long chain.
        }
    }
}

impl Tensor {
    fn leaf(ty: Type, traced: bool, value: Option<Value>, producer: Option<Producer>) -> Tensor {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let value = value.map_or_else(OnceLock::new, OnceLock::from);
        let max_param_id = if traced { id } else { 0 };
        Tensor(Arc::new(Node { id, ty, max_param_id, depth: 0, value, producer: Mutex::new(producer) }))
    }
    /// Returns a tensor with a known value.
    pub fn from_value(value: impl Into<Value>) -> Tensor {
        let value = value.into();
        Tensor::leaf(value.ty().clone(), false, Some(value), None)
    }
    pub(crate) fn param(ty: Type, known: Option<Tensor>, transform: &'static str) -> Tensor {
        Tensor::leaf(ty, true, None, Some(Producer::Param { known, transform }))
    }
    /// Checks the operands, applies an operation, and returns its results.
    ///
    /// # Errors
    /// If the operation does not take operands of these types.
    ///
    /// # Panics
    /// If it has effects that happen now, and an operand cannot be computed.
    #[track_caller]
    pub fn try_apply(op: Op<Tensor>) -> Result<SmallVec<[Tensor; 2]>, TypeError> {
        rune_ir::work::note();
        super::caller::step();
        let types = types::infer(&op.map(Tensor::ty))?;
        let over_named_axis = op.batch_axis().is_some() || op.programs().iter().any(|(_, p)| !p.axes().is_empty());
        let mut max_param_id = if over_named_axis { OF_NAMED_AXIS } else { 0 };
        let mut depth = 0;
        for t in op.operands() {
            max_param_id = max_param_id.max(t.0.max_param_id);
            if t.0.value.get().is_none() {
                depth = depth.max(t.0.depth + 1);
            }
        }
        // An operation without results also has an id.
        let id = NEXT_ID.fetch_add(types.len().max(1) as u64, Ordering::Relaxed);
        let apply = Arc::new(Apply { id, op, origin: origin::current(), results: OnceLock::new() });
        let nodes: SmallVec<[Tensor; 2]> = (id..)
            .zip(types)
            .map(|(id, ty)| {
                let producer = Mutex::new(Some(Producer::Result(apply.clone())));
                Tensor(Arc::new(Node { id, ty, max_param_id, depth, value: OnceLock::new(), producer }))
            })
            .collect();
        let _ = apply.results.set(nodes.iter().map(|t| Arc::downgrade(&t.0)).collect());
        let happened = match apply.op.has_effects() {
            true => super::effects::applied(&apply, &nodes),
            false if max_param_id == 0 && apply.op.has_ranks() => super::effects::exchanged(&apply, &nodes),
            false => Ok(()),
        };
        if let Err(error) = happened {
            super::fail(&error.to_string());
        }
        super::evaluate::bound_pending(&nodes);
        Ok(nodes)
    }
    /// Like [`Tensor::try_apply`].
    ///
    /// # Panics
    /// At the caller's line, if the operation does not take operands of these types.
    #[track_caller]
    pub fn apply(op: Op<Tensor>) -> SmallVec<[Tensor; 2]> {
        match Tensor::try_apply(op) {
            Ok(results) => results,
            Err(error) => super::fail(&error.to_string()),
        }
    }
    /// Applies an operation with one result, and returns it.
    #[track_caller]
    pub(crate) fn apply1(op: Op<Tensor>) -> Tensor {
        Tensor::apply(op).remove(0)
    }

    /// Returns the shape and dtype.
    pub fn ty(&self) -> &Type {
        &self.0.ty
    }
    /// Returns the sizes along the axes.
    pub fn shape(&self) -> &Shape {
        &self.0.ty.shape
    }
    /// Returns the dtype of the elements.
    pub fn dtype(&self) -> DType {
        self.0.ty.dtype
    }
    /// Returns the number of axes.
    pub fn rank(&self) -> usize {
        self.0.ty.rank()
    }
    /// Returns the number of elements.
    pub fn size(&self) -> usize {
        self.0.ty.size()
    }
    /// Returns whether the tensor depends on a parameter of a traced function, or on a batch axis.
    pub fn is_traced(&self) -> bool {
        self.0.traced()
    }
    /// Returns whether both are handles to one node.
    pub fn ptr_eq(&self, other: &Tensor) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
    pub(crate) fn id(&self) -> u64 {
        self.0.id
    }
    /// Returns the operation that computes this tensor, the index of the result, and the origin. Values and parameters
    /// have none.
    pub(crate) fn made_by(&self) -> Option<(Op<Tensor>, usize, Origin)> {
        self.0.apply().map(|apply| (apply.op.clone(), (self.id() - apply.id) as usize, apply.origin.clone()))
    }
}

/// Returns parameters of these types, one for each argument. If `known`, host control flow may read the arguments.
pub(crate) fn fresh_params(args: &[Tensor], known: bool, transform: &'static str) -> Vec<Tensor> {
    args.iter().map(|a| Tensor::param(a.ty().clone(), known.then(|| a.clone()), transform)).collect()
}

impl From<Array> for Tensor {
    fn from(array: Array) -> Tensor {
        Tensor::from_value(array)
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.value.get() {
            Some(value) if !self.is_traced() => write!(f, "Tensor({value:?})"),
            _ if self.is_traced() => write!(f, "Tensor({}, traced)", self.ty()),
            _ => write!(f, "Tensor({}, pending)", self.ty()),
        }
    }
}

/// Frees chains of any length in a loop. A derived drop would recurse once for each operation.
impl Drop for Apply {
    fn drop(&mut self) {
        let mut rest = Vec::new();
        take_operands(&mut self.op, &mut rest);
        while let Some(tensor) = rest.pop() {
            let Some(node) = Arc::into_inner(tensor.0) else { continue };
            match node.producer.into_inner().unwrap_or_else(PoisonError::into_inner) {
                Some(Producer::Result(apply)) => {
                    if let Some(mut apply) = Arc::into_inner(apply) {
                        take_operands(&mut apply.op, &mut rest);
                    }
                }
                Some(Producer::Param { known, .. }) => rest.extend(known),
                None => {}
            }
        }
    }
}

fn take_operands(op: &mut Op<Tensor>, into: &mut Vec<Tensor>) {
    into.extend(op.operands().into_iter().cloned());
    *op = Op::OptimizationBarrier { xs: Vec::new() };
}
