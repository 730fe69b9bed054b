//! Nodes: values, parameters of traced functions, and results of operations.

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
#[doc(alias = "Array")]
#[doc(alias = "ndarray")]
#[doc(alias = "array_repr")]
#[doc(alias = "array_str")]
#[doc(alias = "array2string")]
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
pub(super) const OF_NAMED_AXIS: u64 = 1;

/// Returns a lower bound for the id of the next node.
pub(super) fn next_id() -> u64 {
    NEXT_ID.load(Ordering::Relaxed)
}

/// Returns the first of `count` ids that no other node has.
pub(super) fn take_ids(count: usize) -> u64 {
    NEXT_ID.fetch_add(count as u64, Ordering::Relaxed)
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
    /// Returns whether this is a literal or a broadcast literal. These are written into programs, and never captured.
    pub fn is_literal(&self) -> bool {
        !self.traced() && self.apply().is_some_and(|apply| apply.is_literal())
    }
    /// Sets the value. The node then forgets its origin, unless a function is being traced through the node, or the
    /// node is a literal. Programs contain literals instead of capturing them.
    pub fn set_value(&self, value: Value) {
        let _ = self.value.set(value);
        if !self.traced() && !self.is_literal() {
            let producer = self.producer.lock().unwrap_or_else(PoisonError::into_inner).take();
            drop(producer); // After the lock is released: this may free a long chain.
        }
    }
}

impl Apply {
    /// Returns whether this operation makes a literal, or broadcasts one.
    pub fn is_literal(&self) -> bool {
        let constant = |op: &Op<Tensor>| matches!(op, Op::Constant { .. });
        if let Op::BroadcastInDim { x, .. } = &self.op {
            return x.0.apply().is_some_and(|a| constant(&a.op));
        }
        constant(&self.op)
    }
}

impl Tensor {
    fn leaf(ty: Type, traced: bool, value: Option<Value>, producer: Option<Producer>) -> Tensor {
        let id = take_ids(1);
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
    /// Returns the shape and dtype.
    #[doc(alias = "typeof")]
    pub fn ty(&self) -> &Type {
        &self.0.ty
    }
    /// Returns the sizes along the axes.
    pub fn shape(&self) -> &Shape {
        &self.0.ty.shape
    }
    /// Returns the dtype of the elements.
    #[doc(alias = "type")]
    pub fn dtype(&self) -> DType {
        self.0.ty.dtype
    }
    /// Returns the number of axes.
    #[doc(alias = "ndim")]
    #[doc(alias = "dim")]
    pub fn rank(&self) -> usize {
        self.0.ty.rank()
    }
    /// Returns the number of elements.
    #[doc(alias = "numel")]
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
    pub(crate) fn producing_op(&self) -> Option<(Op<Tensor>, usize, Origin)> {
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

/// Writes the value, which is computed if it is pending. Traced tensors have only a type.
impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_traced() {
            return write!(f, "Tensor({}, traced)", self.ty());
        }
        match self.value() {
            Ok(value) => write!(f, "Tensor({value:?})"),
            Err(_) => write!(f, "Tensor({}, not computed)", self.ty()),
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
